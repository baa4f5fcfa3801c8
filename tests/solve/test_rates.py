"""Rates and their ratio: published intervals and coverage."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.rates import rate_limits, rate_ratio


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
