"""Falling curves against quadratic programming by hand, intervals against the coverage they promise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.valuing import conformal_limit, falling_curve, fit_values, predict_values


def test_isotonic_example_of_the_r_manual() -> None:
    """R, help(isoreg): y = 1 0 4 3 3 5 4 2 0 gives 0.5 0.5 3 3 3 3 3 3 3 (rising; mirrored here)."""
    y = np.array([1.0, 0, 4, 3, 3, 5, 4, 2, 0])
    got = falling_curve(np.arange(9.0), -y).y
    assert (-got).tolist() == pytest.approx([0.5, 0.5, 3, 3, 3, 3, 3, 3, 3])


@settings(max_examples=30, deadline=None)
@given(y=st.lists(st.floats(-5, 5), min_size=1, max_size=6))
def test_falling_curve_is_the_best_of_all_block_fits(y: list[float]) -> None:
    """The least-squares falling fit is constant on blocks: try every cut into blocks."""
    values = np.array(y)
    best = np.inf
    for cuts in itertools.product((False, True), repeat=len(y) - 1):
        block = np.concatenate([[0], np.cumsum(cuts)]).astype(int)
        means = np.bincount(block, values) / np.bincount(block)
        if (np.diff(means) <= 1e-12).all():
            best = min(best, float(((values - means[block]) ** 2).sum()))
    got = falling_curve(np.arange(float(len(y))), values).y
    assert (np.diff(got) <= 1e-12).all()
    assert float(((values - got) ** 2).sum()) == pytest.approx(best, abs=1e-9)


def test_interval_covers_new_sales_as_often_as_promised() -> None:
    """Lei et al. 2018: coverage between share and share + 1 / (n + 1), on average over samples."""
    draw = np.random.default_rng(7)
    hits = []
    for _ in range(400):
        errors = draw.standard_t(3, 20)
        hits.append(draw.standard_t(3) <= conformal_limit(errors, 0.8))
    assert 0.8 - 3 * 0.02 <= np.mean(hits) <= 0.8 + 1 / 21 + 3 * 0.02


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_prices_fall_with_age_and_use_and_follow_the_group(seed: int) -> None:
    draw = np.random.default_rng(seed)
    n = 400
    model, age, hours = draw.integers(0, 3, n), draw.uniform(0, 10, n), draw.uniform(0, 9000, n)
    log = np.array([10.0, 11.0, 12.0])[model] - 0.12 * age - 5e-5 * hours + draw.normal(0, 0.1, n)
    got = fit_values(np.exp(log), (model,), (age, hours), sizes=(4,))
    ages = np.linspace(0, 12, 25)
    for curve in got.curves:
        assert (np.diff(curve.at(ages)) <= 1e-12).all()
    one = predict_values(got, (np.array([0, 1, 2]),), (np.full(3, 3.0), np.full(3, 3000.0)))
    assert np.diff(np.log(one)) == pytest.approx([1.0, 1.0], abs=0.12)
    new = predict_values(got, (np.array([3, -1]),), (np.full(2, 3.0), np.full(2, 3000.0)))
    assert new[0] == new[1]
    assert got.low < 0 < got.high
    assert min(got.covered) >= 0.75


def test_refuses_prices_that_have_no_logarithm() -> None:
    with pytest.raises(ValueError, match="prices must be above 0"):
        fit_values(np.array([0.0]), (), (np.array([1.0]),), sizes=())
    with pytest.raises(ValueError, match="no sale is left to fit"):
        fit_values(np.array([1.0]), (), (np.array([1.0]),), sizes=(), held=np.array([True]))
