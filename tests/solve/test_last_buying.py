"""solve.last_buying: how many pieces at the last chance to order them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.last_buying import buy_last, needed_by_month


def simulated(needed: list[float], doubt: float, held: int, seed: int, **money: float) -> float:
    """Cost of `held` pieces over many lives, played out month by month."""
    draw = np.random.default_rng(seed)
    lives = 60_000
    factor = draw.gamma(1 / doubt**2, doubt**2, lives) if doubt else np.ones(lives)
    used = np.cumsum(draw.poisson(factor[:, None] * np.array(needed)[None, :]), axis=1)
    left = np.maximum(held - used, 0)
    short = np.maximum(used[:, -1] - held, 0)
    cost = money["holding"] * left.sum(axis=1) + money["lacking"] * short - money["scrap"] * left[:, -1]
    return float(cost.mean()) + money["price"] * held


def test_the_cost_is_what_lives_played_out_cost_and_no_other_quantity_costs_less() -> None:
    needed, money = [3.0, 2.0, 1.0, 0.5], {"price": 10.0, "holding": 0.4, "lacking": 45.0, "scrap": 2.0}
    got = buy_last(needed, 0.4, **money)
    assert got.cost == pytest.approx(simulated(needed, 0.4, got.buy, 1, **money), rel=0.01)
    costs = [simulated(needed, 0.4, held, 1, **money) for held in range(30)]
    assert min(costs) == pytest.approx(got.cost, rel=0.01)
    assert got.cost == got.bound


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_holds_its_laws(seed: int) -> None:
    """Bought one more or one less costs no less; lots cost more, never less; doubt and dear lack never buy fewer."""
    draw = np.random.default_rng(seed)
    needed = draw.uniform(0, 4, draw.integers(1, 40)).tolist()
    price = float(draw.uniform(1, 100))
    money = {
        "price": price,
        "holding": price * float(draw.uniform(0, 0.03)),
        "scrap": price * float(draw.uniform(0, 0.5)),
    }
    lack, doubt, have = price * float(draw.uniform(1.1, 8)), float(draw.uniform(0, 0.6)), int(draw.integers(0, 20))
    got = buy_last(needed, doubt, lacking=lack, on_hand=have, **money)
    assert got.low <= sum(needed) + 3 * np.sqrt(sum(needed) + (doubt * sum(needed)) ** 2) + 1
    assert got.low <= got.high
    for other in (got.buy - 1, got.buy + 1):
        if other >= 0:
            held = buy_last(needed, doubt, lacking=lack, on_hand=have + other, **money)
            assert held.cost + price * other >= got.cost - 1e-6 * max(got.cost, 1)
    lots = buy_last(needed, doubt, lacking=lack, on_hand=have, lot_least=10, lot_multiple=5, **money)
    assert lots.cost >= lots.bound - 1e-9
    assert lots.bound == pytest.approx(got.cost)
    assert lots.buy == 0 or (lots.buy >= 10 and lots.buy % 5 == 0)
    assert buy_last(needed, doubt, lacking=2 * lack, on_hand=have, **money).buy >= got.buy
    assert got.lacking - got.left == pytest.approx(sum(needed) - have - got.buy, abs=1e-6)


def test_machines_leave_and_come() -> None:
    rate = np.full(100, 0.1)
    all_stay = needed_by_month(rate, [5], [10], np.ones(12))
    leaving = needed_by_month(rate, [5], [10], 0.9 ** np.arange(12))
    assert all_stay.sum() == pytest.approx(12.0)
    assert leaving == pytest.approx(1.0 * 0.9 ** np.arange(12))
    late = needed_by_month(rate, [-6], [10], 0.9 ** np.arange(12))
    assert late[:6].sum() == 0
    assert late[6:] == pytest.approx(0.9 ** np.arange(6))


def test_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="scrap must bring at most"):
        buy_last([1.0], 0.1, price=1.0, holding=0.0, lacking=5.0, scrap=2.0)
    with pytest.raises(ValueError, match="no month"):
        buy_last([], 0.1, price=1.0, holding=0.0, lacking=5.0, scrap=0.0)
    nothing = buy_last([0.0], 0.1, price=1.0, holding=0.0, lacking=5.0, scrap=0.0)
    assert (nothing.buy, nothing.cost, nothing.enough) == (0, 0.0, 1.0)
