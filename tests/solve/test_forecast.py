"""Forecasts against a published worked example, real monthly sales and their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.forecast import METHODS, candidates, forecast_series, scaled_error, smooth_level

# Saudi Arabian oil production 1996-2013, millions of tonnes; levels of simple exponential smoothing with alpha = 0.8339 and
# first level 446.5868: Hyndman & Athanasopoulos, "Forecasting: principles and practice", 2nd ed. (2018), table 7.1.
OIL = [445.36, 453.20, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43]
OIL += [521.28, 508.95, 488.89, 509.87, 456.72, 473.82, 525.95, 549.83, 542.34]
LEVELS = [445.57, 451.93, 454.00, 427.63, 451.32, 442.20, 428.02, 476.54, 496.46]
LEVELS += [517.15, 510.31, 492.45, 506.98, 465.07, 472.36, 517.05, 544.39, 542.68]


def test_smoothing_meets_the_published_levels() -> None:
    np.testing.assert_allclose(smooth_level(OIL, 0.8339, 446.5868), LEVELS, atol=0.01)


def test_published_alpha_is_the_least_squares_one() -> None:
    def squares(alpha: float) -> float:
        levels = np.concatenate([[446.5868], smooth_level(OIL, alpha, 446.5868)])
        return float(((np.array(OIL) - levels[:-1]) ** 2).sum())

    grid = np.arange(0.01, 1.0, 0.01)
    assert grid[np.argmin([squares(a) for a in grid])] == pytest.approx(0.83, abs=0.011)


def test_row_nought_is_the_seasonal_naive() -> None:
    assert candidates()[0].tolist() == [0, 0, 0, 0]
    assert METHODS[0] == "seasonal_naive"


def test_intermittent_by_hand() -> None:
    """0, 0, 4: chance 1/3, size 4; then 0 with a = 0.1: chance 0.3; forecast 0.3 x 4 = 1.2."""
    from smilecurve.solve._forecast_kernels import ahead

    out = np.empty(2)
    ahead(np.array([0.0, 0.0, 4.0, 0.0]), 4, 12, np.array([6.0, 0.1, 0.1, 0.0]), out)
    assert out.tolist() == pytest.approx([1.2, 1.2])


def test_damped_trend_by_hand() -> None:
    """10, 12 with a = 0.5, b = 0.2, p = 0.9: error 2, level 11, slope 0.2; next 11 + 0.18, then + 0.162."""
    from smilecurve.solve._forecast_kernels import ahead

    out = np.empty(2)
    ahead(np.array([10.0, 12.0]), 2, 12, np.array([3.0, 0.5, 0.2, 0.9]), out)
    assert out.tolist() == pytest.approx([11.18, 11.342])


def test_growth_by_hand() -> None:
    """Season of 2: 10, 20, 11, 22 grew by 1.1; the next two are 12.1 and 24.2."""
    from smilecurve.solve._forecast_kernels import ahead

    out = np.empty(2)
    ahead(np.array([10.0, 20.0, 11.0, 22.0]), 4, 2, np.array([5.0, 2.0, 1.0, 0.0]), out)
    assert out.tolist() == pytest.approx([12.1, 24.2])


def test_a_level_series_is_not_forecast_by_its_noise() -> None:
    rng = np.random.default_rng(3)
    past = 100 + rng.normal(0, 10, (40, 48))
    got = forecast_series(past, 12)
    assert np.nanmean(got.ratio) < 0.85
    assert abs(got.middle.mean() - 100) < 3


def test_seasons_are_found() -> None:
    rng = np.random.default_rng(4)
    shape = 100 + 60 * np.sin(np.arange(60) * 2 * np.pi / 12)
    got = forecast_series(shape[:48] + rng.normal(0, 3, (10, 48)), 12)
    assert np.abs(got.middle - shape[48:]).mean() < 5


def test_bands_hold_about_what_they_say() -> None:
    rng = np.random.default_rng(5)
    whole = rng.poisson(20, (300, 60)).astype(float)
    got = forecast_series(whole[:, :48], 12)
    inside = (whole[:, 48:] >= got.low) & (whole[:, 48:] <= got.high)
    assert 0.7 < inside.mean() < 0.92


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(st.floats(0, 1e6), st.just(float("nan"))), min_size=1, max_size=40),
    st.integers(1, 12),
)
def test_any_history_gives_ordered_finite_bands(history: list[float], horizon: int) -> None:
    got = forecast_series([history], horizon)
    assert np.isfinite(got.middle).all()
    assert (got.low <= got.middle + 1e-6).all()
    assert (got.middle <= got.high + 1e-6).all()
    assert (got.low >= 0).all()
    assert np.isnan(got.ratio[0]) or got.ratio[0] <= 1.0 + 1e-9


def test_scaled_error_of_the_naive_itself_is_one_in_sample() -> None:
    past = np.array([1.0, 3.0, 2.0, 5.0])
    assert scaled_error(past[1:], past[:-1], past, season=1) == pytest.approx(1.0)
