"""Spreads by their quantiles, fleets by what their factors say in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from smilecurve.solve.residuals import Z90, exposure, spread_of


def spread(*ends: tuple[float, float, float]):
    return spread_of(*(np.array(some) for some in zip(*ends, strict=True)))


def test_the_mean_is_that_of_many_draws_and_of_a_log_normal() -> None:
    even = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    lopsided = spread((60.0, 100.0, 110.0))
    assert lopsided.mean[0] == pytest.approx(np.mean(lopsided.at(even)), rel=1e-4)
    deviation = np.log(1.25) / Z90
    assert spread((80.0, 100.0, 125.0)).mean[0] == pytest.approx(100.0 * np.exp(deviation**2 / 2))
    assert spread((0.0, 0.0, 0.0)).mean[0] == 0.0
    assert spread((80.0, 100.0, np.inf)).at(np.array([2.0]))[0] == 100.0


def test_a_fleet_of_one_kind_loses_what_the_closed_form_says() -> None:
    """Log-normal m exp(s f) with f the shared factor alone: the worst twentieth fetch m exp(s^2/2) N(z - s) / 0.05."""
    deviation = np.log(1.25) / Z90
    got = exposure(spread((80.0, 100.0, 125.0)), np.ones(1), np.array([100.0]), ["A"], together=1.0, alike=0.0)
    worst = 100.0 * np.exp(deviation**2 / 2) * norm.cdf(norm.ppf(0.05) - deviation) / 0.05
    assert got.shortfall == pytest.approx(100.0 - worst, rel=2e-3)
    assert got.bound == pytest.approx(got.shortfall)
    assert got.low[0] == pytest.approx(80.0, rel=2e-3)
    assert got.high[0] == pytest.approx(125.0, rel=2e-3)


def test_own_luck_cancels_out_and_shared_luck_does_not() -> None:
    own = exposure(
        spread((80.0, 100.0, 125.0)), np.array([400.0]), np.array([40_000.0]), ["A"], together=0.0, alike=0.0
    )
    assert own.high[0] - own.low[0] == pytest.approx(2 * Z90 * 20 * 100 * 0.177, rel=0.05)
    assert own.shortfall < 0
    assert exposure(spread((80.0, 100.0, 125.0)), np.ones(1), np.ones(1), ["A"]).loss_share[0] > 0.1


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(0, 30), min_size=2, max_size=5),
    more=st.integers(1, 50),
    together=st.floats(0.0, 0.5),
    alike=st.floats(0.0, 0.5),
)
def test_more_in_one_place_never_charges_less_there(
    counts: list[int], more: int, together: float, alike: float
) -> None:
    """Convex: a group that grows adds no less by one more; the fleet never exceeds its bound; order changes nothing."""
    n = len(counts)
    prices = spread(*[(40.0 + 5 * i, 60.0 + 5 * i, 70.0 + 9 * i) for i in range(n)])
    names = [f"M{i}" for i in range(n)]

    def run(count: list[int], order: list[int]):
        pick = np.array(order)
        some = spread_of(*(prices.at(np.array([z]))[pick] for z in (-Z90, 0.0, Z90)))
        machines = np.array(count, dtype=float)[pick]
        return exposure(some, machines, machines * some.mean, [names[i] for i in order], together=together, alike=alike)

    base = run(counts, list(range(n)))
    grown = run([counts[0] + more, *counts[1:]], list(range(n)))
    assert grown.loss_share[0] >= base.loss_share[0] - 1e-9
    assert base.shortfall <= base.bound + 1e-6
    assert base.loss.sum() == pytest.approx(base.shortfall)
    back = run(counts, list(range(n))[::-1])
    assert back.loss[::-1] == pytest.approx(base.loss)
    assert back.high[::-1] == pytest.approx(base.high)


def test_shares_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="no shares"):
        exposure(spread((1.0, 2.0, 3.0)), np.ones(1), np.ones(1), ["A"], together=0.8, alike=0.3)
