"""Failures to come: the bearing cage of the book, bands that hold, sums that add up."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from smilecurve.solve.baselines import Baseline
from smilecurve.solve.lives import exact_lives
from smilecurve.solve.outlook import count_band, failing_next, predicted
from smilecurve.solve.survival import fit_weibull


def test_bearing_cages_of_the_next_300_hours(shared_data: Path):
    """5.058 failures among 1,697 units at risk (Meeker & Escobar 1998, table 12.1)."""
    with (shared_data / "learn" / "smrd" / "bearingcage.csv").open() as file:
        rows = list(csv.DictReader(file))
    hours, count = (np.array([float(r[c]) for r in rows]) for c in ("hours", "count"))
    failed = np.array([r["event"] == "Failed" for r in rows])
    fit = fit_weibull(exact_lives(hours, failed, weight=count))
    chance = failing_next(hours, 300.0, np.exp(fit.log_shape[0]), np.exp(fit.log_scale[0]))
    assert (count * ~failed * chance).sum() == pytest.approx(5.058, abs=0.0005)


def test_without_ageing_age_means_nothing():
    assert failing_next([0.0, 5.0, 5000.0], 10.0, 1.0, 100.0) == pytest.approx(-np.expm1(-0.1))


def test_a_known_rate_without_excess_is_poisson():
    base = Baseline(*(np.array([v]) for v in (4e8, 2e8, 0.0, 0.0, 0.0)), np.ones((1, 1)), np.zeros(1, np.int64))
    mean, inverse = predicted(base, np.full((1, 10), 3.0))
    assert mean[0] == pytest.approx(60.0)
    assert [v[0] for v in count_band(mean, inverse, 0.95)] == list(stats.poisson.ppf([0.025, 0.975], 60.0))


def test_the_sum_over_weeks_holds_their_common_variation():
    """By simulation: gamma rate, lognormal weeks that hang together."""
    rng = np.random.default_rng(8)
    shape, rate, excess, echo, weeks = 40.0, 4.0, 0.15, 0.5, 12
    wave, paths = rng.normal(size=40_000), []
    usual = rng.gamma(shape, 1 / rate, 40_000)
    for _ in range(weeks):
        wave = echo * wave + np.sqrt(1 - echo**2) * rng.normal(size=wave.size)
        wide = np.sqrt(np.log1p(excess))
        paths.append(rng.poisson(usual * np.exp(wide * wave - wide**2 / 2)))
    total = np.sum(paths, axis=0)
    base = Baseline(*(np.array([v]) for v in (shape, rate, excess, 0.0, echo)), np.ones((1, 1)), np.zeros(1, np.int64))
    mean, inverse = predicted(base, np.ones((1, weeks)))
    assert mean[0] == pytest.approx(total.mean(), rel=0.01)
    assert mean[0] + inverse[0] * mean[0] ** 2 == pytest.approx(total.var(), rel=0.06)
    low, high = count_band(mean, inverse, 0.80)
    assert ((total >= low[0]) & (total <= high[0])).mean() == pytest.approx(0.80, abs=0.02)
