"""A rise is seen soon, a quiet stratum stays quiet, and the evidence is the ratio it claims to be."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import integrate, stats

from smilecurve.solve.detection import (
    WEEKS_A_YEAR,
    alarm_level,
    discoveries,
    drift,
    excess_variation,
    gamma_baseline,
    rise_evidence,
    rise_week,
)

COAL = [
    4, 5, 4, 0, 1, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3, 2,
    2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 0, 2,
    3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]  # fmt: skip  # British coal mine disasters a year, 1851-1961: Jarrett, Biometrika 66, 1979


def counts(rng, strata, weeks, mean, *, size=None, ratio=1.0, since=0):
    """Weekly counts with gamma rates around `mean`; from `since` on `ratio` times as many."""
    expected = np.repeat(rng.gamma(20.0, mean / 20.0, strata)[:, None], weeks, axis=1)
    expected[:, since:] *= ratio
    if size is not None:
        expected = expected * rng.gamma(size, 1.0 / size, expected.shape)
    return rng.poisson(expected).astype(float), np.ones((strata, weeks))


def test_coal_mine_disasters_change_where_it_is_published():
    """The rate fell after 1891 (41 years), from 3.1 to 0.9 a year (Carlin, Gelfand & Smith 1992); read backwards it rises."""
    assert sum(COAL) == 191
    week, gain = rise_week([COAL[::-1]], np.ones((1, len(COAL))))
    assert 1962 - 1 - int(week[0]) == 1891
    assert np.mean(COAL[:41]) == pytest.approx(3.1, abs=0.05)
    assert np.mean(COAL[41:]) == pytest.approx(0.9, abs=0.05)
    assert gain[0] > 30


def test_change_point_equals_trying_every_week():
    rng = np.random.default_rng(5)
    y, n = rng.poisson(2.0, (30, 12)).astype(float), rng.uniform(0.5, 2.0, (30, 12))
    week, gain = rise_week(y, n)
    for s in range(30):
        best, at = 0.0, -1
        for j in range(1, 12):
            rates = y[s, :j].sum() / n[s, :j].sum(), y[s, j:].sum() / n[s, j:].sum()
            if rates[1] > rates[0]:
                mean = np.r_[np.full(j, rates[0]), np.full(12 - j, rates[1])] * n[s]
                flat = y[s].sum() / n[s].sum() * n[s]
                llr = stats.poisson.logpmf(y[s], mean).sum() - stats.poisson.logpmf(y[s], flat).sum()
                if llr > best + 1e-12:
                    best, at = llr, j
        assert week[s] == at
        assert gain[s] == pytest.approx(best, abs=1e-9)


def test_evidence_is_the_sum_of_marginal_likelihood_ratios():
    """By integrating the rate out numerically, window by window."""
    y, n = np.array([1, 0, 2, 1, 4, 6.0]), np.array([1, 1, 1.5, 1, 1, 1.2])
    a, b, ratios = 2.0, 2.5, (2.0, 4.0)
    found = rise_evidence(y[None], n[None], a, b, window=3, weeks=1, least=1.0, ratios=ratios)[0, 0]
    total = 0.0
    for start in (5, 4, 3):
        prior = stats.gamma(a + y[:start].sum(), scale=1 / (b + n[:start].sum()))

        def marginal(r, start=start, prior=prior):
            f = lambda x: prior.pdf(x) * np.prod(stats.poisson.pmf(y[start:], r * x * n[start:]))  # noqa: E731
            return integrate.quad(f, 0, 30, limit=200)[0]

        total += np.mean([marginal(r) for r in ratios]) / marginal(1.0)
    assert found == pytest.approx(total, rel=1e-6)


def test_evidence_is_worth_no_more_than_its_windows_when_nothing_rises():
    """All outcomes of three weeks at once: the mean of the evidence under no change is at most one a window."""
    a, b = 3.0, 2.0
    mean = 0.0
    for outcome in product(range(40), repeat=2):
        chance = stats.nbinom.pmf(outcome[0], a, b / (b + 1))
        chance *= stats.nbinom.pmf(outcome[1], a + outcome[0], (b + 1) / (b + 2))
        if chance > 1e-12:
            y = np.array([[*outcome]], float)
            mean += chance * rise_evidence(y, np.ones((1, 2)), a, b, window=1, least=0.0, ratios=(2.0, 3.0))[0, 0]
    assert 0.2 < mean <= 1.0 + 1e-9


@pytest.mark.parametrize(("mean", "size"), [(0.3, None), (2.0, None), (20.0, None), (2.0, 5.0), (20.0, 5.0)])
def test_false_alarms_stay_within_the_bound(mean, size):
    """At a level of 20 strata-years a false alarm: Poisson by theorem, with excess variation by tempering."""
    rng = np.random.default_rng(17)
    strata, history, watched = 600, 104, 104
    level = alarm_level(5000.0)
    y, n = counts(rng, strata, history + watched, mean, size=size)
    group = np.zeros(strata, int)
    shape, rate = gamma_baseline(y[:, :history].sum(1), n[:, :history].sum(1), group)
    excess = excess_variation(y[:, :history], n[:, :history], group)
    evidence = rise_evidence(y, n, shape, rate, inverse_size=excess, weeks=watched)
    alarms = (evidence >= level).any(axis=1).sum()
    allowed = strata * watched / level
    assert alarms <= allowed + 2 * np.sqrt(allowed)


@pytest.mark.parametrize(("mean", "share", "median"), [(2.0, 0.95, 7), (10.0, 0.99, 3), (60.0, 0.99, 2)])
def test_a_threefold_rate_is_found_within_13_weeks(mean, share, median):
    """At 100 false alarms in 100,000 strata-years."""
    rng = np.random.default_rng(23)
    history, strata = 104, 300
    y, n = counts(rng, strata, history + 13, mean, ratio=3.0, since=history)
    group = np.zeros(strata, int)
    shape, rate = gamma_baseline(y[:, :history].sum(1), n[:, :history].sum(1), group)
    hit = rise_evidence(y, n, shape, rate, weeks=13) >= alarm_level(100.0)
    assert hit.any(axis=1).mean() >= share
    assert np.median(np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, 99)) <= median


def test_level_of_one_alarm_in_a_thousand_years():
    assert alarm_level(100.0, 1e5) == pytest.approx(1000 * WEEKS_A_YEAR)


def test_gamma_baseline_recovers_the_law_of_the_rates():
    rng = np.random.default_rng(2)
    rates = rng.gamma(4.0, 0.5 / 4.0, 3000)
    n = rng.uniform(50, 150, 3000)
    shape, rate = gamma_baseline(rng.poisson(rates * n), n, np.zeros(3000, int))
    assert shape[0] == pytest.approx(4.0, rel=0.1)
    assert shape[0] / rate[0] == pytest.approx(0.5, rel=0.03)


def test_groups_without_events_or_spread_have_a_baseline_too():
    shape, rate = gamma_baseline([0, 0, 10, 10], [50.0, 50.0, 100.0, 100.0], [0, 0, 1, 1])
    assert shape == pytest.approx([0.5, 0.5, 10.0, 10.0])
    assert rate[0] == 100.0
    assert shape[2] / rate[2] == pytest.approx(0.1)


def test_excess_variation_recovers_the_size_and_forgives_a_bad_stratum():
    rng = np.random.default_rng(12)
    y, n = counts(rng, 400, 104, 8.0, size=4.0)
    y[0, 60:] *= 20
    assert excess_variation(y, n, np.zeros(400, int))[0] == pytest.approx(0.25, rel=0.15)
    y, n = counts(rng, 400, 104, 8.0)
    assert excess_variation(y, n, np.zeros(400, int))[0] < 0.01


def test_drift_sees_an_ageing_fleet_and_nothing_in_a_steady_one():
    rng = np.random.default_rng(4)
    weeks = np.arange(104)
    ageing = rng.poisson(5.0 * np.exp(0.008 * weeks), (50, 104))
    steady = rng.poisson(5.0, (50, 104))
    slope = drift(np.vstack([ageing, steady]), np.ones((100, 104)), np.repeat([0, 1], 50))
    assert slope[0] == pytest.approx(0.008, rel=0.1)
    assert slope[99] < 0.001


def test_discoveries_leave_open_issues_alone():
    evidence = [500.0, 90.0, 45.0, 1.0]
    assert discoveries(evidence, 0.1).tolist() == [True, True, True, False]
    assert discoveries(evidence, 0.1, eligible=[False, True, True, True]).tolist() == [False, True, True, False]


def test_broken_tables_are_refused():
    with pytest.raises(ValueError, match="strata by weeks of one size"):
        rise_evidence([[1.0]], [[1.0, 2.0]], 1.0, 1.0)
    with pytest.raises(ValueError, match="must not be negative"):
        rise_evidence([[-1.0]], [[1.0]], 1.0, 1.0)
