"""Does the small-machine maker sell what was published of its belt, and can what was planted be found?

Every figure stands with its source in docs/worlds.md.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from smilecurve.worlds import World, small_machines

Revenue = dict[tuple[str, str, str, str], dict[str, object]]
ON_AMAZON = ("amazon", "amazon_business")


def units_by(sales: pa.Table, key: str) -> dict[tuple[str, str], int]:
    """New machines sold by year and key."""
    new = sales.filter(pc.not_equal(sales["channel"], "second_hand"))
    new = new.append_column("year", pc.strftime(new["month"], "%Y"))
    rows = new.group_by(["year", key]).aggregate([("quantity", "sum")]).to_pylist()
    return {(r["year"], r[key]): r["quantity_sum"] for r in rows}


def test_sells_14_million_units_a_year_at_scale_1(small_world: World, small_views: dict[str, pa.Table]) -> None:
    units = units_by(small_views["sales"], "currency")
    assert set(units) == {(y, "CNY") for y in ("2022", "2023", "2024")}
    assert {round(n / small_world.scale) for n in units.values()} == {14_000_000}


def test_storage_rises_while_generators_below_2_kw_fall(small_world: World, small_views: dict[str, pa.Table]) -> None:
    models = small_world.tables["models"].to_pylist()
    low = [m["model"] for m in models if m["family"] == "generator" and m["rating"] < 2000]
    by_model, by_family = units_by(small_views["sales"], "model"), units_by(small_views["sales"], "family")
    small = [sum(by_model[y, m] for m in low) for y in ("2022", "2023", "2024")]
    storage = [by_family[y, "storage"] for y in ("2022", "2023", "2024")]
    assert small[0] > small[1] > small[2]
    assert storage[0] < storage[1] < storage[2]
    assert storage[2] - storage[0] > 0.8 * (small[0] - small[2])


@pytest.mark.parametrize("market", ["FR", "ES", "IT"])
def test_business_buyers_hold_more_than_a_tenth_of_amazon(small_views: dict[str, pa.Table], market: str) -> None:
    sales = small_views["sales"]
    rows = sales.filter(
        pc.and_(
            pc.and_(pc.equal(sales["market"], market), pc.is_in(sales["channel"], pa.array(ON_AMAZON))),
            pc.equal(pc.year(sales["month"]), 2024),
        )
    )
    business = rows.filter(pc.equal(rows["channel"], "amazon_business"))
    assert set(business["buyer"].to_pylist()) == {"business"}
    assert pc.sum(business["amount"]).as_py() / pc.sum(rows["amount"]).as_py() > 0.10
    assert pc.sum(business["quantity"]).as_py() / pc.sum(rows["quantity"]).as_py() > 0.10


def test_amazon_sells_above_40_million_and_its_business_grows_above_a_fifth(
    small_world: World, small_revenue: Revenue
) -> None:
    private = small_revenue["channel", "amazon", "2024", "all"]
    business = small_revenue["channel", "amazon_business", "2024", "all"]
    assert (private["amount"] + business["amount"]) / small_world.scale > 40e6
    assert business["growth"] > 0.20
    assert business["growth"] == pytest.approx(0.26, abs=0.001)


def test_sells_by_every_channel_and_in_every_family(small_views: dict[str, pa.Table]) -> None:
    sales = small_views["sales"]
    assert set(sales["channel"].to_pylist()) == {"oem", "dealer", *ON_AMAZON, "second_hand"}
    assert set(sales["family"].to_pylist()) == {"tiller", "generator", "storage"}
    assert len(pc.unique(sales["market"])) > 130


def test_units_hold_at_another_scale() -> None:
    world = small_machines(scale=0.0003)
    sales = world.events.filter(pc.equal(world.events["kind"], "retail_selling"))
    new = sales.filter(pc.is_null(sales["disposition"]))
    machines = pc.count_distinct(new.filter(pc.equal(pc.year(new["event_time"]), 2023))["machine"]).as_py()
    assert machines == 4200


def test_cells_reach_storage_units_through_packs(small_world: World) -> None:
    made = small_world.events.filter(pc.equal(small_world.events["kind"], "assembling"))
    inner = pc.list_flatten(made["components"]).combine_chunks()
    parent = pc.list_parent_indices(made["components"])
    packs = made["lot"].take(parent).filter(pc.equal(inner.field("part"), "CEL"))
    cells = made["lot"].take(parent).filter(pc.equal(inner.field("part"), "PWD"))
    machines = made["machine"].take(parent).filter(pc.is_in(inner.field("lot"), packs.combine_chunks()))
    assert cells.length() > 10
    stored = pc.sum(pc.match_substring_regex(pc.drop_null(made["machine"]), "^(PS|WS)")).as_py()
    assert pc.count_distinct(machines).as_py() == stored


def test_the_planted_pack_lot_fails_in_the_heat_of_the_last_ten_weeks(small_world: World) -> None:
    planted, markets = small_world.planted, small_world.tables["markets"]
    hot = markets.filter(pc.equal(markets["climate"], "hot"))["market"].combine_chunks()
    failures = small_world.events.filter(pc.equal(small_world.events["kind"], "failure"))
    of_lot = failures.filter(pc.equal(failures["lot"], planted["lot"]))
    late = pc.greater(of_lot["event_time"], small_world.now - timedelta(weeks=11))
    there = pc.sum(pc.and_(late, pc.is_in(of_lot["market"], hot))).as_py()
    assert 15 <= there <= 60
    assert there >= 0.75 * of_lot.num_rows


def test_second_hand_prices_fall_with_age(small_world: World) -> None:
    events = small_world.events
    sold = events.filter(pc.equal(events["kind"], "retail_selling"))
    again = sold.filter(pc.fill_null(pc.equal(sold["disposition"], "second_hand"), False))
    first = sold.filter(pc.is_null(sold["disposition"]))
    day = dict(zip(first["machine"].to_pylist(), first["event_time"].to_pylist(), strict=True))
    price = dict(
        zip(
            small_world.tables["models"]["model"].to_pylist(),
            small_world.tables["models"]["price"].to_pylist(),
            strict=True,
        )
    )
    rows = again.select(["machine", "event_time", "amount", "part"]).to_pylist()
    age = np.array([(r["event_time"] - day[r["machine"]]).days for r in rows])
    share = np.array([r["amount"] / price[r["part"]] for r in rows])
    assert len(rows) > 300
    assert share.max() < 1.1
    assert np.median(share[age < 200]) > np.median(share[age > 500]) + 0.1
