"""serve.availability: stock value against what is met, and where we stand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.availability import draw_stock_curve
from smilecurve.solve.echelon import Network, shortfall
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, DEPOTS, SPARE_DEMAND, SPARE_MONTHS
from smilecurve.terms.tables.supply import PARTS


def part(name: str, cost: float = 100.0, **more: object) -> dict[str, object]:
    base = {"part": name, "name": name, "system": "s", "source": "buy", "lead_days": 0, "lot_least": 0.0,
            "lot_multiple": 1.0, "scrap": 0.0, "cost": cost, "currency": "CNY", "spare": True}  # fmt: skip
    return base | more


def depot(name: str, parent: str | None, days: float) -> dict[str, object]:
    return {"depot": name, "name": name, "market": "CN", "latitude": 0.0, "longitude": 0.0, "parent": parent,
            "resupply_days": days}  # fmt: skip


def run(
    depots: list[dict[str, object]], parts: list[dict[str, object]], rates: dict[tuple[str, str], float],
    stocks: dict[tuple[str, str], int] | None = None, **options: object,
) -> Decision:  # fmt: skip
    """`rates`: pieces a year by part and depot, as 100 machines whose life says so."""
    demands = [{"depot": d, "part": p, "climate": "hot", "used": 0, "years": 1.0, "machines": 100}
               for p, d in rates]  # fmt: skip
    lives = [{"part": p, "family": "f", "climate": "hot", "shape": 1.0, "scale_months": 9.0, "shape_low": 1.0,
              "shape_high": 1.0, "b10_months": 1.0, "b10_low": 1.0, "b10_high": 1.0, "rate_year": r / 100,
              "components": 100, "failures": 9, "pooled": 0.0, "against_others": 1.0, "reason": "r"}
             for p, r in {p: r for (p, _), r in rates.items()}.items()]  # fmt: skip
    held = [{"depot": d, "part": p, "on_hand": n} for (p, d), n in (stocks or {}).items()]
    return draw_stock_curve(
        DEPOTS.rows(depots), DEPOT_STOCKS.rows(held), PARTS.rows(parts), SPARE_DEMAND.rows(demands), SPARE_MONTHS.empty(),
        CAMPAIGN_MACHINES.rows([]), MARKETS.rows([]), part_life=PART_LIFE.rows(lives), **options,
    )  # fmt: skip


ONE = [depot("HQ", None, 2.0)]
HALF_A_DAY = 0.5 * 365.25


def test_by_hand() -> None:
    """Half a piece a day, two days away: Poisson(1). 0, 1, 2, 3, 4 pieces meet 0, .368, .736, .920, .981; backorders 1,
    .368, .104, .023. Three on hand of 100 each: 300 meet 92.0 %; 300 + price x (.5 x .080) bounds it from below.
    """
    got = run(ONE, [part("P")], {("P", "HQ"): HALF_A_DAY}, {("P", "HQ"): 3})
    here, *curve = got.rows.to_pylist()
    assert (here["step"], here["reason"], here["value"]) == (0, "here", 300.0)
    assert here["fill"] == pytest.approx(0.920, abs=1e-3)
    assert here["machines_waiting"] == pytest.approx(0.023, abs=1e-3)
    assert here["wait_days"] == pytest.approx(0.023 / 0.5, abs=1e-3)
    met = {row["value"]: row["fill"] for row in curve}
    poisson = {0.0: 0.0, 100.0: 0.368, 200.0: 0.736, 300.0: 0.920, 400.0: 0.981, 500.0: 0.996}
    for value, fill in met.items():
        assert fill == pytest.approx(poisson.get(value, 0.9994), abs=1e-3)
    assert 200.0 in met
    assert got.proof.value == 300.0
    assert 200.0 < got.proof.against <= 300.0
    step = next(row for row in curve if row["value"] == 200.0)
    assert (step["next_part"], step["next_depot"]) == ("P", "HQ")
    assert step["next_saves"] == pytest.approx((met[200.0 + step["next_cost"]] - met[200.0]) * HALF_A_DAY, rel=1e-6)


def test_meets_published_results() -> None:
    """Sherbrooke (2004), chapter 2: items of pipelines 1 (5,000 each) and 4 (1,000 each): backorders of every stock."""
    first, second = (1.0, 0.368, 0.104, 0.023, 0.004), (4.0, 3.018, 2.110, 1.348, 0.782, 0.410, 0.195, 0.085, 0.034)
    rates = {("A", "HQ"): 10.0, ("B", "HQ"): 40.0}
    got = run([depot("HQ", None, 36.525)], [part("A", 5000.0), part("B", 1000.0)], rates, steps=60)
    seen = 0
    for row in got.rows.to_pylist()[1:]:
        fits = [a + b for (i, a), (j, b) in itertools.product(enumerate(first), enumerate(second))
                if 5000.0 * i + 1000.0 * j == row["value"]]  # fmt: skip
        if row["value"] <= 8000.0:  # beyond, stocks of more pieces than the table has
            assert min(abs(row["machines_waiting"] - late) for late in fits) < 2e-3
            seen += 1
    assert seen >= 4


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_holds_its_laws(seed: int) -> None:
    """More value never meets less; no stock of less value than the bound meets as much as what is on hand (all stocks of
    up to 4 pieces a place, what HQ's own customers need kept apart); rows and depots may come in any order."""
    draw = np.random.default_rng(seed)
    depots = [depot("HQ", None, float(draw.integers(1, 9))), depot("D", "HQ", float(draw.integers(1, 9)))]
    parts = [part("P", float(draw.integers(10, 90)))]
    rates = {("P", "HQ"): float(draw.uniform(5, 60)), ("P", "D"): float(draw.uniform(5, 60))}
    rates = dict.fromkeys(rates, rates["P", "HQ"])
    stocks = {("P", "HQ"): int(draw.integers(0, 4)), ("P", "D"): int(draw.integers(0, 4))}
    got = run(depots, parts, rates, stocks)
    here, *curve = got.rows.to_pylist()
    assert (np.diff([r["value"] for r in curve]) > 0).all()
    assert (np.diff([r["fill"] for r in curve]) >= -1e-9).all()
    assert all(draw_stock_curve.sentence(r) for r in (here, *curve))
    days = np.r_[[d["resupply_days"] for d in depots], 0.0]
    rate = rates["P", "HQ"] / 365.25
    net = Network(np.array([[0.0, rate, rate]]), np.zeros(1), days, np.ones(1), np.array([-1, 0, 0]))
    for levels in itertools.product(range(5), repeat=3):
        met = 1 - shortfall(net, np.array([levels])).unfilled.sum() / (2 * rate)
        if met >= here["fill"]:
            assert sum(levels) * parts[0]["cost"] >= got.proof.against - 1e-6
    assert run(depots[::-1], parts, dict(reversed(rates.items())), stocks).rows.equals(got.rows)


def test_refuses_bad_data() -> None:
    with pytest.raises(OptionRejected, match="1 steps make no curve"):
        run(ONE, [part("P")], {("P", "HQ"): 5.0}, steps=1)
    with pytest.raises(OptionRejected, match=r"spread of 0\.5 is below 1"):
        run(ONE, [part("P")], {("P", "HQ"): 5.0}, spread=0.5)
    with pytest.raises(DataRejected, match="2 depots have no parent"):
        run([depot("A", None, 1.0), depot("B", None, 1.0)], [part("P")], {("P", "A"): 5.0})
    nothing = run(ONE, [part("P")], {})
    assert (nothing.status, nothing.rows.num_rows, nothing.proof.by) == ("best", 0, "nothing is asked for")
