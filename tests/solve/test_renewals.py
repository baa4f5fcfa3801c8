"""Failures of places whose component is replaced: the renewal equation against its known ends and against chance."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.renewals import failures_by_age


def test_lives_without_ageing_fail_evenly_for_ever():
    """A step of hazard 0.1 ends 1 - exp(-0.1) of lives, in every step: a replacement is as good as what it replaces."""
    found = failures_by_age([0.1 * np.arange(1, 60)])[0]
    assert found == pytest.approx(np.full(59, -np.expm1(-0.1)))


def test_old_places_fail_once_a_mean_life():
    """Weibull life of shape 3, mean 20 steps, told at the end of its step: 1 / 20.5 a step (Blackwell's theorem)."""
    scale = 20.0 / 0.8929795
    found = failures_by_age([(np.arange(1, 401) / scale) ** 3])[0]
    assert found[-50:] == pytest.approx(np.full(50, 1.0 / 20.5), rel=1e-4)


def test_places_that_are_watched_fail_as_foretold():
    rng = np.random.default_rng(5)
    ends = np.cumsum(30.0 * rng.weibull(2.0, (40_000, 6)), axis=1)
    told = np.histogram(ends, np.arange(0.0, 61.0, 1.0))[0] / 40_000
    found = failures_by_age([(np.arange(1, 61) / 30.0) ** 2])[0]
    assert found[:60].reshape(6, 10).sum(axis=1) == pytest.approx(told.reshape(6, 10).sum(axis=1), rel=0.05)
