"""solve.lots: orders in lots at the first place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.echelon import Network, exact_shortfall
from smilecurve.solve.echelon_events import played_shortfall
from smilecurve.solve.lots import economic_lots, lot_shortfall, lower_for_lots


def drawn(seed: int, parts: int) -> tuple[Network, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    rate = np.c_[np.zeros(parts), draw.uniform(0.02, 0.3, (parts, 2))]
    net = Network(rate, draw.uniform(5, 30, parts), np.r_[0.0, draw.uniform(2, 9, 2)], draw.uniform(1, 50, parts))
    return net, draw.integers(0, 6, (parts, 3)), draw.integers(1, 9, parts)


def test_lots_played_out_miss_what_was_reckoned() -> None:
    """Orders of four parts played out for 400,000 days: the backorders and shares unfilled of every place."""
    net, stock, lots = drawn(2, 4)
    seen = played_shortfall(net, stock, days=400_000, seed=9, lots=lots)
    told = lot_shortfall(net, stock, lots)
    assert seen.late == pytest.approx(told.late, rel=0.04, abs=0.005)
    assert seen.empty == pytest.approx(told.empty, abs=0.01)
    single = exact_shortfall(net, stock)
    assert (np.abs(single.late - told.late).max(axis=1) > 0.1).sum() >= 3, "lots are seen in the figures"


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_holds_its_laws(seed: int) -> None:
    """A lot of one changes nothing; larger lots miss less; the lowered stock misses no more and one less would."""
    net, stock, lots = drawn(seed, 3)
    one = exact_shortfall(net, stock)
    assert lot_shortfall(net, stock, np.ones(3, np.int64)).late == pytest.approx(one.late)
    larger = lot_shortfall(net, stock, lots)
    assert (larger.late <= one.late + 1e-9).all()
    low = lower_for_lots(net, stock, lots)
    assert (low[:, 1:] == stock[:, 1:]).all()
    assert (low <= stock).all()
    missed = lot_shortfall(net, low, lots).unfilled.sum(axis=1)
    assert (missed <= one.unfilled.sum(axis=1) + 1e-9).all()
    for part in range(3):
        if low[part, 0] > max(stock[part, 0] - lots[part] + 1, 0):
            lower = low.copy()
            lower[part, 0] -= 1
            assert lot_shortfall(net, lower, lots).unfilled[part].sum() > one.unfilled[part].sum()


def test_lots_are_the_economic_ones() -> None:
    demand, cost = np.array([400.0, 400.0, 3.0, 0.0]), np.array([2.0, 800.0, 2.0, 2.0])
    lots = economic_lots(demand, cost, order_cost=50.0, holding=0.1)
    assert lots.tolist() == [400, 22, 3, 1], "447 are more than a year needs; sqrt(2 x 50 x 400 / 80); a year's; none"
    assert economic_lots(demand, cost, order_cost=0.0, holding=0.1).tolist() == [1, 1, 1, 1]
