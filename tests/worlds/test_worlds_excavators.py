"""Does the excavator maker sell what was published, and can what was planted in it be found?

Every figure stands with its source in docs/worlds.md.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from smilecurve.worlds import World, excavators

Revenue = dict[tuple[str, str, str, str], dict[str, object]]


def of(world: World, *kinds: str) -> pa.Table:
    """The events of some kinds that were not withdrawn."""
    events = world.events
    gone = pc.is_in(events["event_id"], pc.drop_null(events["corrects"]).combine_chunks())
    return events.filter(pc.and_(pc.is_in(events["kind"], pa.array(kinds)), pc.invert(gone)))


def test_overseas_revenue_of_2022_is_as_published(excavator_world: World, excavator_revenue: Revenue) -> None:
    row = excavator_revenue["overseas", "overseas", "2022", "all"]
    assert row["amount"] / excavator_world.scale == pytest.approx(9.992e9, abs=1)
    assert row["growth"] == pytest.approx(0.726, abs=1e-7)


def test_first_quarter_of_2023_grew_as_published(excavator_revenue: Revenue) -> None:
    assert excavator_revenue["overseas", "overseas", "2023Q1", "all"]["growth"] == pytest.approx(1.23, abs=1e-7)


@pytest.mark.parametrize("market", ["ID", "IN", "AE", "SA", "TR"])
def test_five_markets_more_than_doubled_in_2022(excavator_revenue: Revenue, market: str) -> None:
    assert excavator_revenue["market", market, "2022", "overseas"]["growth"] > 1.0


def test_one_exhibition_brought_the_published_orders(excavator_world: World, excavator_revenue: Revenue) -> None:
    row = excavator_revenue["exhibition", "CICEE-2023", "order_book", "all"]
    assert row["amount"] / excavator_world.scale == pytest.approx(2.54e9, abs=1)


def test_sells_in_more_than_130_markets(excavator_views: dict[str, pa.Table]) -> None:
    sales = excavator_views["sales"]
    abroad = sales.filter(pc.invert(sales["home"]))
    assert len(pc.unique(abroad["market"])) > 130


@pytest.mark.parametrize("scale", [0.01, 0.02])
def test_published_sums_hold_at_any_scale(scale: float) -> None:
    world = excavators(scale=scale)
    sales = of(world, "retail_selling")
    abroad = sales.filter(pc.not_equal(sales["market"], "CN"))
    year = pc.year(abroad["event_time"]).to_numpy()
    quarter = year * 10 + pc.quarter(abroad["event_time"]).to_numpy()
    amount = abroad["amount"].to_numpy() / scale
    assert amount[year == 2022].sum() == pytest.approx(9.992e9, abs=1)
    assert amount[year == 2022].sum() / amount[year == 2021].sum() == pytest.approx(1.726, abs=1e-6)
    assert amount[quarter == 20231].sum() / amount[quarter == 20221].sum() == pytest.approx(2.23, abs=1e-6)
    orders = of(world, "sales_order")
    won = orders.filter(pc.fill_null(pc.equal(orders["place"], "CICEE-2023"), False))
    assert pc.sum(won["amount"]).as_py() / scale == pytest.approx(2.54e9, abs=1)


def test_wrong_sales_are_withdrawn_and_would_change_the_sum(excavator_world: World) -> None:
    events = excavator_world.events
    corrected = events.filter(pc.equal(events["kind"], "error_declaration"))
    assert corrected.num_rows > 5
    booked = events.filter(pc.equal(events["kind"], "retail_selling"))
    assert pc.sum(booked["amount"]).as_py() > 1.001 * pc.sum(of(excavator_world, "retail_selling")["amount"]).as_py()


def test_a_takt_of_360_s_stands_in_30_stations(excavator_world: World) -> None:
    line = excavator_world.tables["lines"].to_pylist()[0]
    tasks = excavator_world.tables["tasks"]
    work = np.bincount(tasks["station"].to_numpy(), tasks["time_s"].to_numpy())[1:]
    assert (line["takt_s"], line["stations"], line["slots_per_day"]) == (360.0, 30, 240)
    assert tasks.num_rows == 150
    assert len(work) == 30
    assert work.max() <= 360.0
    assert work.sum() > 29 * 360.0  # no 29 stations could do it
    station = dict(zip(tasks["task"].to_pylist(), tasks["station"].to_pylist(), strict=True))
    for arc in excavator_world.tables["precedence"].to_pylist():
        assert station[arc["before"]] <= station[arc["after"]]


def test_model_times_weigh_to_the_standard_time(excavator_world: World) -> None:
    tables = excavator_world.tables
    standard = dict(zip(tables["tasks"]["task"].to_pylist(), tables["tasks"]["time_s"].to_pylist(), strict=True))
    share = {"ZE15": 0.10, "ZE35": 0.12, "ZE60": 0.18, "ZE75": 0.14, "ZE135": 0.14, "ZE205": 0.20}
    share |= {"ZE335": 0.08, "ZE490": 0.04}
    found: dict[str, float] = {}
    for row in tables["task_times"].to_pylist():
        found[row["task"]] = found.get(row["task"], 0.0) + share[row["model"]] * row["time_s"]
    assert found
    for task, time in found.items():
        assert time == pytest.approx(standard[task], abs=0.02)


def test_the_planted_lot_fails_in_the_heat_of_the_last_ten_weeks(excavator_world: World) -> None:
    planted = excavator_world.planted
    hot = excavator_world.tables["markets"].filter(pc.equal(excavator_world.tables["markets"]["climate"], "hot"))
    failures = of(excavator_world, "failure")
    failures = failures.filter(pc.equal(failures["part"], planted["part"]))
    in_heat = pc.is_in(failures["market"], hot["market"].combine_chunks())
    late = pc.greater(failures["event_time"], excavator_world.now - timedelta(weeks=11))
    of_lot = pc.equal(failures["lot"], planted["lot"])
    there = pc.and_(pc.and_(in_heat, late), of_lot)
    assert 15 <= pc.sum(there).as_py() <= 45
    assert pc.sum(there).as_py() >= 0.75 * pc.sum(of_lot).as_py()
    others = pc.and_(pc.and_(in_heat, late), pc.invert(of_lot))
    assert pc.sum(there).as_py() > pc.sum(others).as_py()


def test_the_planted_lot_is_in_the_field_the_store_the_yard_and_tomorrows_kits(excavator_world: World) -> None:
    lot = excavator_world.planted["lot"]
    stocks = excavator_world.tables["stocks"]
    assert pc.sum(stocks.filter(pc.equal(stocks["lot"], lot))["quantity"]).as_py() > 0

    def holders(kind: str, column: str) -> list[str]:
        events = of(excavator_world, kind)
        lots = pc.list_flatten(events["components"]).combine_chunks().field("lot")
        owner = events[column].take(pc.list_parent_indices(events["components"]))
        return [o for o in owner.filter(pc.equal(lots, lot)).to_pylist() if o]

    assert len(holders("picking", "ref")) == 11
    held = set(holders("assembling", "machine"))
    assert len(held) >= 60
    shipped = set(of(excavator_world, "shipping")["machine"].to_pylist())
    assert held - shipped
    sold = of(excavator_world, "retail_selling")
    assert len(held & set(sold["machine"].to_pylist())) >= 60


def test_the_weak_part_wears_out_early_in_all_its_lots(excavator_world: World) -> None:
    failures = of(excavator_world, "failure")
    weak = failures.filter(pc.equal(failures["part"], excavator_world.planted["weak_part"]))
    counts = pc.value_counts(failures["part"]).to_pylist()
    assert max(counts, key=lambda c: c["counts"])["values"] == excavator_world.planted["weak_part"]
    by_lot = np.array([c["counts"] for c in pc.value_counts(weak["lot"]).to_pylist()])
    assert len(by_lot) > 40
    assert by_lot.max() < 0.1 * by_lot.sum()


def test_steel_reaches_machines_through_three_levels(excavator_world: World) -> None:
    made = of(excavator_world, "assembling")
    inner = pc.list_flatten(made["components"]).combine_chunks()
    parent = pc.list_parent_indices(made["components"])
    machine, lot = made["machine"].take(parent), made["lot"].take(parent)
    tubes = set(lot.filter(pc.equal(inner.field("part"), "STT")).to_pylist())
    cylinders = set(lot.filter(pc.is_in(inner.field("lot"), pa.array(sorted(tubes)))).to_pylist()) - {None}
    machines = machine.filter(pc.is_in(inner.field("lot"), pa.array(sorted(cylinders))))
    assert tubes
    assert cylinders
    assert pc.count_distinct(machines).as_py() > 1000


def test_the_smile_has_high_ends_and_a_low_assembly(excavator_views: dict[str, pa.Table]) -> None:
    money = excavator_views["stage_money"]
    for year in ("2021", "2022"):
        rows = money.filter(pc.equal(money["year"], year))
        value, cost = rows["value"].to_numpy(), rows["cost"].to_numpy()
        stage = np.array(rows["stage"].to_pylist())
        added = {s: float((value - cost)[stage == s].sum()) for s in np.unique(stage)}
        new = [s for s in added if s != "second_life"]
        assert min(new, key=added.__getitem__) == "assembly"
        assert added["design"] > 3 * added["assembly"]
        assert added["service"] > 3 * added["assembly"]


def test_the_stages_add_up_to_the_sales_of_every_year_and_family(excavator_views: dict[str, pa.Table]) -> None:
    money, sales = excavator_views["stage_money"], excavator_views["sales"]
    earned = money.group_by(["year", "family"]).aggregate([("value", "sum")]).to_pylist()
    sold = sales.append_column("year", pc.strftime(sales["month"], "%Y"))
    booked = {
        (r["year"], r["family"]): r["amount_sum"]
        for r in sold.group_by(["year", "family"]).aggregate([("amount", "sum")]).to_pylist()
    }
    assert len(earned) == 12
    for row in earned:
        assert row["value_sum"] == pytest.approx(booked[row["year"], row["family"]], abs=0.005)


def test_one_quote_request_lacks_a_rate(excavator_world: World) -> None:
    tables = excavator_world.tables
    rated = set(tables["currency_rates"]["currency"].to_pylist())
    asked = tables["quote_requests"]["target_currency"].to_pylist()
    assert [c for c in asked if c not in rated] == ["LAK"]
