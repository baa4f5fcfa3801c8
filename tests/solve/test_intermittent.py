"""solve.intermittent: the law of lead-time totals of sparse series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import nbinom

from smilecurve.solve.intermittent import Totals, foretell_totals

LEVELS = np.array([0.5, 0.75, 0.9, 0.95, 0.99])


def drawn(seed: int, series: int, periods: int, lumps: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gamma rates that stay as they are, totals with this variance over mean; the rates."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(0.4, 1.5, series) + 1e-3
    if lumps == 1.0:
        return draw.poisson(rate[:, None], (series, periods)).astype(float), rate
    return draw.negative_binomial((rate / (lumps - 1))[:, None], 1 / lumps, (series, periods)).astype(float), rate


def test_quantiles_of_one_law_are_those_of_the_negative_binomial() -> None:
    mean, variance = np.array([[0.3], [5.0], [2000.0]]), np.array([[0.9], [5.5], [9000.0]])
    one = Totals(np.ones((3, 1)), mean, variance, np.ones(1), np.ones(1))
    share = mean / variance
    assert one.quantiles(LEVELS).tolist() == nbinom.ppf(LEVELS[None, :], mean * share / (1 - share), share).tolist()
    assert one.mean.tolist() == mean[:, 0].tolist()
    assert one.variance == pytest.approx(variance[:, 0])


@pytest.mark.parametrize("lumps", [1.0, 3.0])
def test_what_is_said_comes_true_as_often_as_said(lumps: float) -> None:
    """4,000 series: each quantile holds in as many cases as it says, the size of lumps is found."""
    sold, _ = drawn(3, 4_000, 36, lumps)
    got, came = foretell_totals(sold[:, :33], 3), sold[:, 33:].sum(axis=1)
    quantiles = got.quantiles(LEVELS)
    over = (came[:, None] <= quantiles).mean(axis=0)
    strictly = (came[:, None] < quantiles).mean(axis=0)
    assert (over >= LEVELS - 0.02).all()
    assert (strictly <= LEVELS + 0.02).all()
    assert got.mean.mean() == pytest.approx(came.mean(), rel=0.05)
    busy = sold[:, :33].mean(axis=1) > 1
    assert np.median(got.spread[busy]) == pytest.approx(lumps, rel=0.3)


def test_a_rate_that_fell_is_forgotten_and_one_that_stays_is_not() -> None:
    still, _ = drawn(5, 300, 36)
    draw = np.random.default_rng(6)
    fell = np.concatenate([draw.poisson(4.0, (300, 24)), draw.poisson(0.2, (300, 12))], axis=1).astype(float)
    got = foretell_totals(np.concatenate([still, fell]), 3)
    assert got.mean[300:].mean() < 1.5, "0.6 in three months, not the 8.2 of the whole past"
    steady = foretell_totals(still, 3)
    assert np.corrcoef(steady.mean, still.mean(axis=1))[0, 1] > 0.95
    assert (steady.weights @ steady.keeps).mean() > (got.weights @ got.keeps)[300:].mean()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), span=st.integers(1, 6))
def test_holds_its_laws(seed: int, span: int) -> None:
    """Weights are shares; quantiles never fall; series may stand in any order; what is not known takes nothing away."""
    sold, _ = drawn(seed, 12, 18)
    got = foretell_totals(sold, span)
    assert got.weights.sum(axis=1) == pytest.approx(np.ones(12))
    assert (np.diff(got.quantiles(LEVELS), axis=1) >= 0).all()
    assert (got.variance >= got.mean - 1e-9).all()
    turned = foretell_totals(sold[::-1], span)
    assert turned.mean[::-1] == pytest.approx(got.mean, rel=1e-9)
    later = np.concatenate([np.full((12, 2), np.nan), sold], axis=1)
    assert np.isfinite(foretell_totals(later, span).mean).all()


def test_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="a span of 9 periods is not between 1 and half of the 12 known"):
        foretell_totals(np.zeros((2, 12)), 9)
    with pytest.raises(ValueError, match="fewer than 0 pieces"):
        foretell_totals(np.full((2, 12), -1.0), 3)
    with pytest.raises(ValueError, match="levels must rise"):
        foretell_totals(np.zeros((2, 12)), 3).quantiles([0.9, 0.5])
