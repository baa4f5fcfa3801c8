"""serve.spares: stock of every spare at every depot, what moves and what is bought."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.spares import stock_spares
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn_claims import CLAIM_FORECAST
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, DEPOTS, SPARE_DEMAND, SPARE_MONTHS
from smilecurve.terms.tables.serve_tickets import TICKET_TRIAGE
from smilecurve.terms.tables.supply import BOM, PARTS


def depot(name: str, parent: str | None, days: float) -> dict[str, object]:
    return {"depot": name, "name": name, "market": "CN", "latitude": 0.0, "longitude": 0.0, "parent": parent,
            "resupply_days": days}  # fmt: skip


def part(name: str, cost: float = 100.0, **more: object) -> dict[str, object]:
    base = {"part": name, "name": name, "system": "s", "source": "buy", "lead_days": 0, "lot_least": 0.0}
    return base | {"lot_multiple": 1.0, "scrap": 0.0, "cost": cost, "currency": "CNY", "spare": True} | more


def demand(depot: str, part: str, used: int, machines: int, **more: object) -> dict[str, object]:
    base = {"depot": depot, "part": part, "climate": "hot", "used": used, "years": 1.0, "machines": machines}
    return base | more


def life(part: str, rate: float, **more: object) -> dict[str, object]:
    base = {"part": part, "family": "f", "climate": "hot", "shape": 1.0, "scale_months": 9.0, "shape_low": 1.0,
            "shape_high": 1.0, "b10_months": 1.0, "b10_low": 1.0, "b10_high": 1.0, "rate_year": rate,
            "components": 100, "failures": 9, "pooled": 0.0, "against_others": 1.0, "reason": "r"}  # fmt: skip
    return base | more


def run(
    depots: list[dict[str, object]],
    parts: list[dict[str, object]],
    demands: list[dict[str, object]],
    stocks: list[dict[str, object]] | None = None,
    lives: list[dict[str, object]] | None = None,
    campaign: list[dict[str, object]] | None = None,
    forecast: list[dict[str, object]] | None = None,
    bom: list[dict[str, object]] | None = None,
    months: list[dict[str, object]] | None = None,
    triage: list[dict[str, object]] | None = None,
    **options: object,
) -> Decision:
    return stock_spares(
        DEPOTS.rows(depots),
        DEPOT_STOCKS.rows(stocks or []),
        PARTS.rows(parts),
        SPARE_DEMAND.rows(demands),
        SPARE_MONTHS.rows(months or []),
        CAMPAIGN_MACHINES.rows(campaign or []),
        MARKETS.rows(
            [
                {
                    "market": "ID",
                    "name": "Indonesia",
                    "region": "r",
                    "climate": "hot",
                    "currency": "IDR",
                    "latitude": 0.0,
                    "longitude": 0.0,
                    "home": False,
                    "depot": "HOT",
                }
            ]
        ),
        BOM.rows(bom or []),
        claim_forecast=None if forecast is None else CLAIM_FORECAST.rows(forecast),
        ticket_triage=None if triage is None else TICKET_TRIAGE.rows(triage),
        part_life=None if lives is None else PART_LIFE.rows(lives),
        **options,
    )


TWO = [depot("HQ", None, 0.0), depot("FIELD", "HQ", 36.525)]


def test_by_hand() -> None:
    """100 machines, 0.1 failures a year each, resupplied in a tenth of a year: one piece under way on average.

    Poisson(1): a stock of 1, 2, 3 meets 0.368, 0.736, 0.920 of what is asked for. 90 % take 3. One lies there, four at
    HQ: two move. Backorders with 3: 1 - (0.632 + 0.264 + 0.080) = 0.023.
    """
    stocks = [{"depot": "HQ", "part": "P", "on_hand": 4}, {"depot": "FIELD", "part": "P", "on_hand": 1}]
    got = run(TWO, [part("P")], [demand("FIELD", "P", 0, 100)], stocks, [life("P", 0.1)], fill=0.9)
    rows = {row["depot"]: row for row in got.rows.to_pylist()}
    row = rows["FIELD"]
    assert (row["target"], row["on_hand"], row["move_in"], row["move_from"], row["buy"]) == (3, 1, 2, "HQ", 0)
    assert row["demand_year"] == pytest.approx(10.0)
    assert (row["fill_before"], row["fill"]) == (pytest.approx(0.368, abs=1e-3), pytest.approx(0.920, abs=1e-3))
    assert row["backorders"] == pytest.approx(0.023, abs=1e-3)
    assert (got.proof.value, got.status) == (300.0, "good")
    assert row["reason"] == "rising"
    assert stock_spares.sentence(rows["HQ"]) == ("hold 0 here to feed the other depots: 4 on hand, bring 0, order 0")


def test_meets_published_results() -> None:
    """Sherbrooke (2004), chapter 2: backorders of pipelines 1 and 4 for stock 0, 1, 2, ..."""
    table = {"A": (1.0, 0.368, 0.104, 0.023, 0.004),
             "B": (4.0, 3.018, 2.110, 1.348, 0.782, 0.410, 0.195, 0.085, 0.034)}  # fmt: skip
    seen = set()
    for fill in (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97):
        got = run(
            TWO,
            [part("A", 5000.0), part("B", 1000.0)],
            [demand("FIELD", "A", 0, 100), demand("FIELD", "B", 0, 100)],
            lives=[life("A", 0.1), life("B", 0.4)],
            fill=fill,
        )
        for row in got.rows.to_pylist():
            if row["depot"] == "FIELD" and row["target"] < len(table[row["part"]]):
                assert row["backorders"] == pytest.approx(table[row["part"]][row["target"]], abs=6e-4)
                seen.add((row["part"], row["target"]))
    assert len(seen) >= 8


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), bases=st.integers(1, 3), parts=st.integers(1, 4))
def test_holds_its_laws(seed: int, bases: int, parts: int) -> None:
    """The fill asked for is reached, moves come from real surplus, stock adds up, a harder life never needs less money."""
    draw = np.random.default_rng(seed)
    depots = [depot("HQ", None, 20.0), *(depot(f"D{i}", "HQ", float(draw.integers(2, 20))) for i in range(bases))]
    names = [f"P{i}" for i in range(parts)]
    items = [part(n, float(draw.integers(10, 500)), lead_days=int(draw.integers(0, 40))) for n in names]
    demands = [
        demand(d["depot"], n, int(draw.integers(0, 9)), int(draw.integers(1, 90))) for d in depots for n in names
    ]
    stocks = [{"depot": d["depot"], "part": n, "on_hand": int(draw.integers(0, 9))} for d in depots for n in names]
    got = run(depots, items, demands, stocks, fill=0.9)
    assert got.figures["fill"] >= 0.9 - 1e-9
    assert got.proof.against <= got.proof.value
    rows = got.rows.to_pylist()
    assert got.proof.value == pytest.approx(sum(row["cost"] for row in rows))
    for n in names:
        mine = {row["depot"]: row for row in rows if row["part"] == n}
        for row in mine.values():
            assert stock_spares.sentence(row)
            assert row["on_hand"] + row["move_in"] + row["buy"] >= row["target"]
            given_away = sum(r["move_in"] for r in mine.values() if r["move_from"] == row["depot"])
            assert row["on_hand"] - given_away >= min(row["target"], row["on_hand"])
    base = [life(n, 0.2) for n in names]
    harder = [life(n, 0.4) for n in names]
    assert (
        run(depots, items, demands, stocks, harder).proof.against
        >= run(depots, items, demands, stocks, base).proof.against - 1e-6
    )
    assert run(depots[::-1], items[::-1], demands[::-1], stocks[::-1], fill=0.9).rows.equals(got.rows)


def test_past_use_is_shrunk_and_the_life_of_a_part_moves_stock() -> None:
    """Same use everywhere; then the part's life in hot markets is ten times harder: stock moves there by itself."""
    depots = [depot("HQ", None, 30.0), depot("COLD", "HQ", 5.0), depot("HOT", "HQ", 5.0)]
    demands = [demand("COLD", "PUMP", 4, 100, climate="cold"), demand("HOT", "PUMP", 4, 100)]
    stocks = [{"depot": "COLD", "part": "PUMP", "on_hand": 6}]
    calm = {r["depot"]: r for r in run(depots, [part("PUMP")], demands, stocks).rows.to_pylist()}
    assert calm["HOT"]["demand_year"] == calm["HOT"]["demand_before"] == pytest.approx(4.0)
    young = [row | {"mean_age_months": 6.0} for row in demands]
    twice = {r["depot"]: r for r in run(depots, [part("PUMP")], young, stocks).rows.to_pylist()}
    assert twice["HOT"]["demand_before"] == pytest.approx(8.0), "four pieces in half a year each"
    lives = [life("PUMP", 0.4), life("PUMP", 0.04, climate="cold")]
    after = {r["depot"]: r for r in run(depots, [part("PUMP")], demands, stocks, lives).rows.to_pylist()}
    assert after["HOT"]["demand_year"] == pytest.approx(40.0)
    assert after["HOT"]["target"] > calm["HOT"]["target"]
    assert (after["HOT"]["reason"], after["HOT"]["move_from"]) == ("rising", "COLD")


def foretold(part: str, market: str | None, expected: float, weeks: int, **more: object) -> dict[str, object]:
    base = {"level": "market", "part": part, "market": market, "week": date(2023, 7, 3), "weeks": weeks, "past": False}
    bands = dict.fromkeys(("low80", "high80", "low95", "high95"), expected)
    return base | {"machines": 100.0, "expected": expected, "reason": "foretold"} | bands | more


def test_failures_foretold_are_what_stock_is_held_for() -> None:
    """4 a year by past use; 10 foretold in 26 weeks in Indonesia: 10 / 26 x 52.18 = 20.07 a year, 2 elsewhere: 4.01."""
    depots = [depot("HQ", None, 30.0), depot("HOT", "HQ", 5.0)]
    told = [
        foretold("PUMP", "ID", 10.0, 26),
        foretold("PUMP", None, 2.0, 26),
        foretold("PUMP", "ID", 0.4, 1),
        foretold("PUMP", None, 12.0, 26, level="part"),
    ]
    demands = [demand("HOT", "PUMP", 4, 100), demand("HOT", "SEAL", 4, 100)]
    got = run(depots, [part("PUMP"), part("SEAL")], demands, lives=[life("PUMP", 0.5)], forecast=told)
    rows = {(r["part"], r["depot"]): r for r in got.rows.to_pylist()}
    pump, seal = rows["PUMP", "HOT"], rows["SEAL", "HOT"]
    assert pump["demand_year"] == pump["foretold"] == pytest.approx(20.07, abs=0.01)
    assert rows["PUMP", "HQ"]["foretold"] == pytest.approx(4.01, abs=0.01)
    assert pump["reason"] == "foretold"
    assert (seal["foretold"], seal["reason"]) == (None, "buy")
    assert stock_spares.sentence(seal).endswith("of 4.0 a year; no failures foretold, by its life or past use")
    stocks = [{"depot": "HOT", "part": "PUMP", "on_hand": pump["target"]}]
    enough = run(depots, [part("PUMP")], demands[:1], stocks, forecast=told).rows.to_pylist()
    assert [r["reason"] for r in enough if r["depot"] == "HOT"] == ["enough_foretold"]


def test_machines_of_a_suspect_lot_bring_their_parts_near_them() -> None:
    """Five wait in Indonesia, one is done, one still stands in stock: five pieces on top of the stock for the fill."""
    depots = [depot("HQ", None, 30.0), depot("HOT", "HQ", 5.0)]
    demands = [demand("HOT", "PUMP", 4, 100)]
    waiting = [
        {
            "machine": f"M{i}",
            "model": "X",
            "part": "PUMP",
            "lot": "L7",
            "market": "ID",
            "status": "customer",
            "done": i == 5,
        }
        for i in range(6)
    ]
    waiting.append(waiting[0] | {"machine": "M9", "status": "stock"})
    calm = {r["depot"]: r for r in run(depots, [part("PUMP")], demands).rows.to_pylist()}
    stocks = [{"depot": "HQ", "part": "PUMP", "on_hand": 20}]
    got = {r["depot"]: r for r in run(depots, [part("PUMP")], demands, stocks, campaign=waiting).rows.to_pylist()}
    assert got["HOT"]["target"] == calm["HOT"]["target"] + 5
    assert (got["HOT"]["campaign"], got["HOT"]["reason"], got["HOT"]["move_from"]) == (5, "campaign", "HQ")
    assert got["HOT"]["fill"] == calm["HOT"]["fill"]


def test_open_tickets_ask_for_the_parts_they_likely_need() -> None:
    """0.8 + 0.5 + 0.4 of a second part are 1.7 pumps for Indonesia, two on top; a ticket told twice counts once."""
    depots, demands = [depot("HQ", None, 30.0), depot("HOT", "HQ", 5.0)], [demand("HOT", "PUMP", 4, 100)]
    calm = {r["depot"]: r for r in run(depots, [part("PUMP")], demands).rows.to_pylist()}

    def ticket(name: str, **more: object) -> dict[str, object]:
        base = {"ticket": name, "machine": "M", "market": "ID", "symptom": "s", "cause": "c", "probability": 0.8,
                "step": "visit", "expected_cost": 9.0, "currency": "CNY", "reason": "clear"}  # fmt: skip
        return base | more

    told = [
        ticket("A", part="PUMP", part_probability=0.8),
        ticket("B", part="PUMP", part_probability=0.5),
        ticket("C", part="SEAL", part_probability=0.6, second_part="PUMP", second_probability=0.4),
        ticket("D", part="PUMP", part_probability=0.8, duplicate_of="A"),
    ]
    got = {r["depot"]: r for r in run(depots, [part("PUMP")], demands, triage=told).rows.to_pylist()}
    assert got["HOT"]["ticket_need"] == pytest.approx(1.7)
    assert got["HOT"]["target"] == calm["HOT"]["target"] + 2
    assert got["HOT"]["reason"] == "tickets"
    assert stock_spares.sentence(got["HOT"]).startswith("open tickets need 1.7 on average: hold ")
    assert (got["HQ"]["ticket_need"], got["HQ"]["target"]) == (None, calm["HQ"]["target"])
    assert got["HOT"]["fill"] == calm["HOT"]["fill"]


def test_cheap_parts_are_bought_in_whole_lots() -> None:
    """10 a year at 1 each, 18 an order, a tenth kept a year: sqrt(2 x 18 x 10 / 0.1) = 60, at most a year's 10.

    The dear part at 500: sqrt(2 x 18 x 10 / 50) = 2.7, three. What is met is as much, the proof holds, orders are whole.
    """
    depots = [depot("HQ", None, 30.0), depot("FIELD", "HQ", 20.0)]
    items = [part("BOLT", 1.0), part("PUMP", 500.0)]
    demands = [demand("FIELD", "BOLT", 0, 100), demand("FIELD", "PUMP", 0, 100)]
    lives = [life("BOLT", 0.1), life("PUMP", 0.1)]
    single = run(depots, items, demands, lives=lives)
    got = run(depots, items, demands, lives=lives, order_cost=18.0, holding=0.1)
    tops = {r["part"]: r for r in got.rows.to_pylist() if r["depot"] == "HQ"}
    assert {p: r["lot"] for p, r in tops.items()} == {"BOLT": 10, "PUMP": 3}
    assert got.figures["fill"] >= single.figures["fill"] - 1e-9
    for name, row in tops.items():
        before = next(r for r in single.rows.to_pylist() if (r["part"], r["depot"]) == (name, "HQ"))
        assert row["target"] <= before["target"]
        assert row["reorder_point"] == row["target"] - 1
        bought = sum(r["buy"] for r in got.rows.to_pylist() if r["part"] == name)
        assert bought % row["lot"] == 0
    assert got.proof.value == pytest.approx(sum(r["cost"] for r in got.rows.to_pylist()))
    assert got.proof.against <= got.proof.value
    assert all(r["lot"] is None for r in single.rows.to_pylist())


def test_stock_is_held_for_the_busiest_weeks_ahead() -> None:
    """26 weeks that rise from 1 to 3.5 by 0.1: 58.5 in all, 117.4 a year; resupply takes six weeks.

    The last six bring 3.0 to 3.5, 19.5 in all: 19.5 / 6 x 52.18 = 169.6 a year. Falling weeks are met at once: the
    first six are the same. A market told without its weeks keeps the pace of all.
    """
    depots = [depot("HQ", None, 14.0), depot("HOT", "HQ", 14.0)]
    pumps = [part("PUMP", lead_days=14)]
    demands = [demand("HOT", "PUMP", 4, 100)]
    rising = [1.0 + 0.1 * k for k in range(26)]
    for weeks, pace in ((rising, 169.6), (rising[::-1], 169.6), ([2.25] * 26, 117.4), ([], 117.4)):
        told = [foretold("PUMP", "ID", sum(rising), 26)]
        told += [foretold("PUMP", "ID", x, 1, week=date(2023, 7, 3) + timedelta(weeks=k)) for k, x in enumerate(weeks)]
        rows = {r["depot"]: r for r in run(depots, pumps, demands, forecast=told).rows.to_pylist()}
        assert rows["HOT"]["demand_year"] == rows["HOT"]["foretold"] == pytest.approx(pace, abs=0.1)


def test_missed_pieces_are_flown_in() -> None:
    """One piece under way on average and three on the shelf: Erlang loses 1 / 6 / (1 + 1 + 1 / 2 + 1 / 6) = 1 / 16.

    10 a year: 0.625 flown at 80 each.
    """
    lives = [life("P", 0.1)]
    still = run(TWO, [part("P")], [demand("FIELD", "P", 0, 100)], lives=lives, fill=0.9)
    got = run(TWO, [part("P")], [demand("FIELD", "P", 0, 100)], lives=lives, fill=0.9, fly_days=2.0, fly_cost=80.0)
    row = next(r for r in got.rows.to_pylist() if r["depot"] == "FIELD")
    assert row["target"] == 3
    assert (row["flown_year"], row["flown_cost"]) == pytest.approx((0.625, 50.0))
    assert got.figures["flown_cost"] == pytest.approx(50.0)
    assert all(r["flown_year"] is None for r in still.rows.to_pylist())


def test_depots_of_a_pool_help_each_other_out() -> None:
    """Two depots like the one flown to: what both lack is Erlang's loss of two pieces under way at six on the shelves.

    1/6 of 2^6 / 5! over 1 + 2 + 2 + 4/3 + 2/3 + 4/15 + 4/45 = 0.0121 of 20 a year are flown, 1.0 of them; fewer come
    from the other depot than were flown before. A depot that stands alone in its pool changes nothing.
    """
    far = [depot("HQ", None, 0.0), *(depot(n, "HQ", 36.525) | {"lateral_pool": "X", "lateral_days": 3.0} for n in "AB")]
    demands, lives = [demand(d, "P", 0, 100) for d in "AB"], [life("P", 0.1)]
    asked = {"lives": lives, "fill": 0.9, "fly_days": 2.0, "fly_cost": 80.0}
    alone = run([{**d, "lateral_pool": str(d["depot"])} for d in far], [part("P")], demands, **asked)
    got = run(far, [part("P")], demands, lateral_cost=10.0, **asked)
    mine, before = ({r["depot"]: r for r in found.rows.to_pylist()} for found in (got, alone))
    assert [mine[d]["target"] for d in "AB"] == [before[d]["target"] for d in "AB"] == [3, 3]
    for name in "AB":
        row = mine[name]
        assert row["flown_year"] == pytest.approx(10.0 * 0.0121, abs=1e-3)
        assert 0.0 < row["lateral_year"] < before[name]["flown_year"]
        assert row["lateral_year"] == pytest.approx(row["lent_year"])
        assert row["lateral_cost"] == pytest.approx(10.0 * row["lateral_year"])
        assert row["waiting_pool"] == pytest.approx(row["lateral_year"] * 3 / 365.25)
        assert row["fill_pool"] == pytest.approx(1 - 0.0121, abs=1e-4)
    assert got.figures["fill_pool"] == pytest.approx(1 - 0.0121, abs=1e-4)
    assert got.figures["waiting_spared"] > 0
    assert all(r["lateral_year"] is None for r in before.values())
    assert "fill_pool" not in alone.figures
    assert alone.rows.equals(run(TWO[:1] + [depot(n, "HQ", 36.525) for n in "AB"], [part("P")], demands, **asked).rows)


def test_assemblies_are_repaired_with_parts_of_their_own() -> None:
    """Ten pumps a year break, all are repaired in 18 days, each needs a seal that takes half a year: five seals on order.

    Without a seal every repair waits 182.6 days more. The shop keeps seals at 5 rather than pumps at 1,000 more, and the
    whole costs less than without seals; a seal nobody asks for otherwise is a row because repairs do.
    """
    items = [
        part("PUMP", 1000.0, lead_days=365, repair_share=1.0, repair_days=18.0),
        part("SEAL", 5.0, lead_days=183),
    ]
    lines = [{"parent": "PUMP", "component": "seal", "part": "SEAL", "quantity": 1.0, "repair_need": 1.0}]
    asked = {"lives": [life("PUMP", 0.1)], "fill": 0.9}
    got = run(TWO, items, [demand("FIELD", "PUMP", 0, 100)], bom=lines, **asked)
    rows = {(r["part"], r["depot"]): r for r in got.rows.to_pylist()}
    seal, pump = rows["SEAL", "HQ"], rows["PUMP", "HQ"]
    assert seal["repair_demand_year"] == pytest.approx(10.0)
    assert seal["target"] >= seal["for_repairs"] > 5
    assert seal["reason"] == "repairs"
    assert stock_spares.sentence(seal).startswith(
        f"hold {seal['target']} here, {seal['for_repairs']} of them for repairs"
    )
    assert 18.0 <= pump["repair_days"] < 40.0
    assert got.figures["fill"] >= 0.9
    dear = run(TWO, [items[0], {**items[1], "cost": 1e7}], [demand("FIELD", "PUMP", 0, 100)], bom=lines, **asked)
    bare = next(r for r in dear.rows.to_pylist() if (r["part"], r["depot"]) == ("PUMP", "HQ"))
    assert bare["repair_days"] == pytest.approx(18 + 183, abs=0.1)
    assert sum(r["target"] for r in dear.rows.to_pylist() if r["part"] == "PUMP") > sum(
        r["target"] for r in got.rows.to_pylist() if r["part"] == "PUMP"
    )
    assert got.proof.against <= got.proof.value == pytest.approx(sum(r["cost"] for r in got.rows.to_pylist()))
    plain = run(TWO, [part("PUMP", 1000.0, lead_days=365)], [demand("FIELD", "PUMP", 0, 100)], bom=lines, **asked)
    assert all(r["repair_days"] is None and r["for_repairs"] is None for r in plain.rows.to_pylist())
    with pytest.raises(DataRejected, match="A, B are repaired with each other"):
        run(
            TWO,
            [part(n, repair_share=0.5) for n in "AB"],
            [demand("FIELD", "A", 1, 10)],
            bom=[
                {"parent": a, "component": "c", "part": b, "quantity": 1.0, "repair_need": 1.0} for a, b in ("AB", "BA")
            ],
        )


def test_lumps_are_learned_from_months_of_use() -> None:
    """Twelve parts are used piece by piece, one twelve at a time: as many a year, but only its months are uneven.

    It is asked for in lumps, so that as many on the shelf meet less; too short a past, or too few pieces, teach nothing.
    """
    draw = np.random.default_rng(5)
    names = [f"P{i:02d}" for i in range(13)]
    months: list[dict[str, object]] = []
    for i in range(37):  # and one month more, which may not be over
        for name in names:
            used = 12 * int(draw.poisson(0.1)) if name == "P12" else int(draw.poisson(1.2))
            if used:
                day = date(2020 + i // 12, i % 12 + 1, 1)
                months.append({"depot": "FIELD", "part": name, "month": day, "used": used})
    items, demands = [part(n) for n in names], [demand("FIELD", n, 0, 144) for n in names]
    lives = [life(n, 0.1) for n in names]
    got = {r["part"]: r for r in run(TWO, items, demands, lives=lives, months=months).rows.to_pylist()
           if r["depot"] == "FIELD"}  # fmt: skip
    assert {n for n in names if got[n]["lumps"]} == {"P12"}
    assert 4.0 < got["P12"]["lumps"] <= 15.0
    assert got["P12"]["fill"] < got["P00"]["fill"] or got["P12"]["target"] > got["P00"]["target"]
    early = [m for m in months if m["month"] < date(2020, 12, 1)]
    for few in (early, []):
        rows = run(TWO, items, demands, lives=lives, months=few).rows.to_pylist()
        assert all(r["lumps"] is None for r in rows)


def test_refuses_bad_data() -> None:
    with pytest.raises(OptionRejected) as both:
        run(TWO, [part("P")], [], order_cost=-1.0, holding=-0.5)
    assert [b.what for b in both.value.breaches] == ["order_cost of -1 is below 0", "holding of -0.5 is below 0"]
    with pytest.raises(DataRejected) as refused:
        run([depot("A", None, 1.0), depot("B", None, 1.0), depot("C", "Z", 1.0)], [part("P")], [])
    assert [b.what for b in refused.value.breaches] == ["2 depots have no parent (A, B)", "depot Z is not known"]
    with pytest.raises(DataRejected, match="depot A resupplies itself"):
        run([depot("HQ", None, 1.0), depot("A", "B", 1.0), depot("B", "A", 1.0)], [part("P")], [])
    with pytest.raises(DataRejected, match="spares are priced in CNY, EUR"):
        run(TWO, [part("P"), part("Q", currency="EUR")], [demand("HQ", "P", 1, 1), demand("HQ", "Q", 1, 1)])
    pooled = [
        depot("HQ", None, 1.0) | {"lateral_pool": "X", "lateral_days": 1.0},
        depot("A", "HQ", 1.0) | {"lateral_pool": "X"},
    ]
    with pytest.raises(DataRejected) as apart:
        run(pooled, [part("P")], [])
    assert [b.what for b in apart.value.breaches] == [
        "depot HQ of pool X feeds other depots",
        "depot A of pool X does not say in how many days a piece comes from it",
    ]
    with pytest.raises(OptionRejected, match="fill of 1 is not a share below 1"):
        run(TWO, [part("P")], [], fill=1.0)
