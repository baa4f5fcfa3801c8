"""Rates and their ratio: published intervals and coverage."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.rates import matched_rate_ratio, power_to_see, rate_limits, rate_ratio


def test_fluoroscopy_of_boice_and_monson():
    """Boice & Monson, J. Natl. Cancer Inst. 59, 1977; exact interval as in Rothman & Greenland, Modern Epidemiology."""
    ratio, low, high, p = (float(v) for v in rate_ratio(41, 28010, 15, 19017, confidence=0.95))
    assert ratio == pytest.approx(1.8558, abs=1e-4)
    assert low == pytest.approx(1.0057, abs=1e-4)
    assert high == pytest.approx(3.6093, abs=1e-4)
    assert p == pytest.approx(0.0238, abs=2e-4)


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.689), (1, 0.025, 5.572), (5, 1.623, 11.668), (30, 20.241, 42.827)]
)
def test_poisson_limits_of_garwood(events: int, low: float, high: float):
    """Garwood, Biometrika 28, 1936: 95 % limits, as printed in Pearson & Hartley's table 40."""
    found = [float(v) for v in rate_limits(events, 1.0, confidence=0.95)]
    assert found[1:] == pytest.approx([low, high], abs=2e-3)


def test_ratio_interval_covers_at_least_as_often_as_it_says():
    rng = np.random.default_rng(6)
    y1, y0 = rng.poisson(12.0, 4000), rng.poisson(8.0, 4000)
    _, low, high, _ = rate_ratio(y1, 100.0, np.maximum(y0, 0), 100.0, confidence=0.9)
    assert np.mean((low <= 1.5) & (high >= 1.5)) >= 0.9


def test_nothing_seen_gives_open_ends():
    ratio, low, high, p = rate_ratio([0, 3], [10.0, 10.0], [3, 0], [10.0, 10.0])
    assert ratio.tolist() == [0.0, np.inf]
    assert low[0] == 0.0
    assert high[1] == np.inf
    assert p[0] == 1.0


def test_one_stratum_is_the_plain_ratio_and_many_equal_ones_are_their_sum():
    for y1, n1, y0, n0 in ((41, 28010, 15, 19017), (3, 10.0, 9, 12.0), (0, 5.0, 4, 5.0)):
        ratio, low, high, _ = rate_ratio(y1, n1, y0, n0)
        found = matched_rate_ratio([y1], [n1], [y0], [n0])
        assert (found.ratio, found.low, found.high) == pytest.approx((float(ratio), float(low), float(high)), rel=1e-6)
        split = matched_rate_ratio([y1, 0, 0], [n1 / 3] * 3, [0, y0, 0], [n0 / 3] * 3)
        assert (split.low, split.high) == pytest.approx((float(low), float(high)), rel=1e-6)


def test_matched_limits_hold_where_the_mix_of_ages_differs():
    """90 % limits cover at least 90 % of 300 draws, though old machines fail ten times as often and few are new."""
    rng = np.random.default_rng(5)
    rate, lived, base = np.array([0.01, 0.1]), np.array([900.0, 20.0]), np.array([500.0, 2000.0])
    inside = 0
    for _ in range(300):
        after, before = rng.poisson(0.6 * rate * lived), rng.poisson(rate * base)
        found = matched_rate_ratio(after, lived, before, base)
        inside += found.low <= 0.6 <= found.high
    assert inside >= 0.88 * 300


def test_power_is_the_share_of_draws_that_show_it():
    rng = np.random.default_rng(6)
    shown = sum(rate_ratio(y, 30.0, 60, 60.0)[2] < 1.0 for y in rng.poisson(0.5 * 30.0, 400))
    assert power_to_see(60, 30.0, 0.5) == pytest.approx(shown / 400, abs=0.06)
    assert power_to_see(0, 30.0, 0.5) == 0.0
