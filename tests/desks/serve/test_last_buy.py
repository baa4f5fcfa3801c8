"""serve.last_buy: the last order of a part whose supplier stops."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.last_buy import plan_last_buys
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn_claims import CONFIG_PARTS, SERVICE_COHORTS
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.serve_last_buys import LAST_BUYS
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, SPARE_DEMAND
from smilecurve.terms.tables.supply import PARTS

DAY = date(2026, 1, 5)


def stopped(part: str = "P", **more: object) -> dict[str, object]:
    base = {"part": part, "last_order": DAY, "price": 10.0, "currency": "CNY", "service_until": date(2026, 2, 4)}
    return base | {"emergency_price": 50.0, "repairable": None, "machines_year": None, "built_until": None} | more


def part(name: str = "P", **more: object) -> dict[str, object]:
    base = {"part": name, "name": name, "system": "s", "source": "buy", "lead_days": 0, "lot_least": 1.0}
    return base | {"lot_multiple": 1.0, "scrap": 0.0, "cost": 10.0, "currency": "CNY", "spare": True} | more


def cohort(machines: int, started: date = DAY, ended: date | None = None, **more: object) -> dict[str, object]:
    base = {"config": "1", "model": "m", "family": "f", "market": "ID", "climate": "hot", "channel": "dealer"}
    times = {"line": "L", "built": started, "shipped": started, "started": started, "ended": ended}
    return base | times | {"machines": machines} | more


def life(shape: float, scale: float, failures: int = 10_000, **more: object) -> dict[str, object]:
    base = {"part": "P", "family": "f", "climate": "hot", "shape": shape, "scale_months": scale, "shape_low": shape,
            "shape_high": shape, "b10_months": 1.0, "b10_low": 1.0, "b10_high": 1.0, "rate_year": 12.0 / scale,
            "components": 100, "failures": failures, "pooled": 0.0, "against_others": 1.0, "reason": "r"}  # fmt: skip
    return base | more


def run(
    buys: list[dict[str, object]],
    cohorts: list[dict[str, object]],
    lives: list[dict[str, object]] | None = None,
    parts: list[dict[str, object]] | None = None,
    stock: int = 0,
    used: list[dict[str, object]] | None = None,
    **options: object,
) -> Decision:
    return plan_last_buys(
        LAST_BUYS.rows(buys),
        PARTS.rows(parts if parts is not None else [part()]),
        SERVICE_COHORTS.rows(cohorts),
        CONFIG_PARTS.rows([{"config": "1", "part": "P", "supplier": "S", "places": 1, "safety": False}]),
        DEPOT_STOCKS.rows([{"depot": "HQ", "part": "P", "on_hand": stock}] if stock else []),
        SPARE_DEMAND.rows(used or []),
        part_life=None if lives is None else PART_LIFE.rows(lives),
        **options,
    )


def test_by_hand() -> None:
    """100 new machines, one month to serve, a life of 24.49 months on average, nobody leaves: 100 x (1 - e^(-1/24.49)) = 4.

    Too few costs 50 - 10 = 40, too many 10: the least number that is enough with a chance of 40 / 50. Poisson of mean 4:
    at most 5 with 0.785, at most 6 with 0.889. Two on hand: four to order.
    """
    scale = -1 / math.log(1 - 0.04)
    got = run([stopped()], [cohort(100)], [life(1.0, scale)], stock=2, holding=0.0, scrap=0.0, unsure=0.0)
    row = got.rows.to_pylist()[0]
    assert row["demand"] == pytest.approx(4.0)
    assert (row["machines"], row["on_hand"], row["buy"], row["reason"]) == (100, 2, 4, "buy")
    assert row["enough"] == pytest.approx(0.889, abs=1e-3)
    assert row["spend"] == 40.0
    assert plan_last_buys.sentence(row) == (
        "order 4 by 2026-01-05: 100 machines hold it, 4 needed until 2026-02-04 (2 to 7), 2 on hand; enough with a "
        "chance of 89%"
    )
    assert got.status == "best"


def test_meets_published_results() -> None:
    """The newsvendor (Arrow, Harris & Marschak 1951): without keeping costs the chance of enough just passes the ratio.

    And the renewal theorem (Blackwell 1948): old machines need one piece a mean life, whatever the shape.
    """
    for dear in (15.0, 30.0, 100.0, 1000.0):
        asked = stopped(emergency_price=dear, service_until=date(2031, 1, 5))
        row = run([asked], [cohort(300)], [life(1.0, 120.0)], holding=0.0, scrap=0.0).rows.to_pylist()[0]
        assert row["enough"] >= (dear - 10) / dear
        fewer = run([asked], [cohort(300)], [life(1.0, 120.0)], holding=0.0, scrap=0.0, stock=row["buy"] - 1)
        assert fewer.rows.to_pylist()[0]["buy"] == 1, "one piece less is not enough with that chance"
    old = cohort(200, date(1991, 1, 7))
    for shape in (1.0, 2.0, 3.0):
        mean = 24.0 * math.gamma(1 + 1 / shape)
        until = stopped(service_until=DAY + timedelta(days=round(60 * 30.4375)))
        row = run([until], [old, cohort(1, DAY, DAY)], [life(shape, 24.0)]).rows.to_pylist()[0]
        leaves = row["machines_left"] / 201
        assert row["demand"] == pytest.approx(200 * 60 / mean * (1 + leaves) / 2, rel=0.05)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_holds_its_laws(seed: int) -> None:
    """More machines, longer service, dearer lacks and machines to come never buy fewer; stock and repairs never more."""
    draw = np.random.default_rng(seed)
    start = DAY - timedelta(days=int(draw.integers(100, 2000)))
    base = [cohort(int(draw.integers(20, 400)), start), cohort(5, start, DAY - timedelta(days=7))]
    lives = [life(float(draw.uniform(0.7, 3)), float(draw.uniform(20, 200)), int(draw.integers(0, 80)))]
    asked = {"service_until": DAY + timedelta(days=int(draw.integers(200, 3000)))}

    def bought(cohorts: list[dict[str, object]] = base, stock: int = 0, **more: object) -> dict[str, object]:
        got = run([stopped(**(asked | more))], cohorts, lives, stock=stock)
        assert got.proof.against <= got.proof.value + 1e-9
        row = got.rows.to_pylist()[0]
        assert plan_last_buys.sentence(row)
        assert row["expected_cost"] == pytest.approx(
            row["spend"] + row["keep_cost"] + row["lack_cost"] - 0.1 * 10 * row["left_over"], abs=1e-6
        )
        assert row["lacking"] - row["left_over"] == pytest.approx(row["demand"] - stock - row["buy"], abs=1e-6)
        return row

    first = bought()
    assert bought([*base, cohort(50, start, model="n")])["buy"] >= first["buy"]
    assert bought(emergency_price=80.0)["buy"] >= first["buy"]
    assert bought(repairable=0.4)["demand"] == pytest.approx(0.6 * first["demand"])
    assert bought(stock=5)["buy"] == max(first["buy"] - 5, 0)
    more = bought(machines_year=60.0, built_until=DAY + timedelta(days=400))
    assert more["demand"] > first["demand"]
    assert (more["machines_to_come"], more["machines_left"] > first["machines_left"]) == (pytest.approx(65.0), True)


def test_machines_that_leave_need_fewer_and_past_use_stands_in_for_a_life() -> None:
    start, until = DAY - timedelta(days=1000), date(2031, 1, 5)
    stay = run([stopped(service_until=until)], [cohort(100, start), cohort(1, DAY)], [life(1.0, 60.0)])
    gone = [cohort(100, start), cohort(1, DAY), cohort(200, start, DAY - timedelta(days=300))]
    leave = run([stopped(service_until=until)], gone, [life(1.0, 60.0)])
    before, after = stay.rows.to_pylist()[0], leave.rows.to_pylist()[0]
    assert before["machines"] == after["machines"] == 101
    assert after["machines_left"] < 0.5 * before["machines_left"]
    assert after["demand"] < before["demand"]
    used = {"depot": "HQ", "part": "P", "climate": "hot", "used": 20, "years": 1.0, "machines": 101}
    past = run([stopped(service_until=until)], gone[:2], used=[used]).rows.to_pylist()[0]
    assert past["demand"] == pytest.approx(before["demand"] * 20.5 / 101 * 60 / 12, rel=1e-3)


def test_what_need_not_be_bought_says_why() -> None:
    rows = {
        "idle": run([stopped()], [], [life(1.0, 20.0)]),
        "enough": run([stopped()], [cohort(100)], [life(1.0, 20.0)], stock=40),
        "later": run([stopped(emergency_price=9.0)], [cohort(100)], [life(1.0, 20.0)]),
    }
    for reason, got in rows.items():
        row = got.rows.to_pylist()[0]
        assert (row["reason"], row["buy"]) == (reason, 0)
        assert plan_last_buys.sentence(row).startswith("order none")
    lots = run([stopped()], [cohort(100)], [life(1.0, 20.0)], [part(lot_least=50.0, lot_multiple=25.0)])
    assert lots.status == "good"
    assert lots.rows.to_pylist()[0]["buy"] in (0, 50)
    assert run([], [cohort(100)]).rows.num_rows == 0


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([stopped("X"), stopped(service_until=DAY), stopped("Q", machines_year=5.0)], [], parts=[part(), part("Q")])
    assert sorted(b.what for b in refused.value.breaches) == [
        "P must serve until 2026-01-05, which is not after its last order on 2026-01-05",
        "Q goes into 5 machines a year without an end",
        "part X is not known",
    ]
    with pytest.raises(DataRejected, match="last buys are priced in CNY, EUR"):
        run([stopped(), stopped("Q", currency="EUR")], [], parts=[part(), part("Q")])
    with pytest.raises(OptionRejected) as options:
        run([stopped()], [], holding=-0.1, scrap=2.0)
    assert [b.what for b in options.value.breaches] == [
        "holding of -0.1 is below 0",
        "scrap of 2 is more than the price",
    ]
