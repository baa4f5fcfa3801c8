"""Baselines recover the law they are learnt from, and forgive a stratum that has a problem."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.baselines import excess_variation, gamma_baseline, learn, week_echo


def counts(rng, strata, weeks, mean, *, size=None):
    """Weekly counts with gamma rates around `mean`."""
    expected = np.repeat(rng.gamma(20.0, mean / 20.0, strata)[:, None], weeks, axis=1)
    if size is not None:
        expected = expected * rng.gamma(size, 1.0 / size, expected.shape)
    return rng.poisson(expected).astype(float), np.ones((strata, weeks))


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
    assert excess_variation(y, n, np.zeros(400, int))[0][5] == pytest.approx(0.25, rel=0.15)
    y, n = counts(rng, 400, 104, 8.0)
    assert excess_variation(y, n, np.zeros(400, int))[0].max() < 0.02


def test_strata_that_differ_in_variation_keep_their_own():
    rng = np.random.default_rng(13)
    y = np.vstack([counts(rng, 200, 104, 30.0, size=s)[0] for s in (4.0, 25.0)])
    found, error = excess_variation(y, np.ones_like(y), np.zeros(400, int))
    assert found[:200].mean() == pytest.approx(0.25, rel=0.15)
    assert found[200:].mean() == pytest.approx(0.04, rel=0.5)
    assert 0 < error[0] < 0.1


def test_bad_weeks_that_hang_together_are_seen():
    rng = np.random.default_rng(3)
    wave = rng.normal(size=(300, 80))
    for k in range(1, 80):
        wave[:, k] = 0.5 * wave[:, k - 1] + np.sqrt(0.75) * wave[:, k]
    y = rng.poisson(20.0 * np.exp(0.4 * wave - 0.08)).astype(float)
    n, group = np.ones_like(y), np.zeros(300, int)
    excess, _ = excess_variation(y, n, group)
    assert week_echo(y, n, excess, group)[0] == pytest.approx(0.5, abs=0.1)
    y, n = counts(rng, 300, 80, 20.0, size=6.0)
    assert week_echo(y, n, excess_variation(y, n, group)[0], group)[0] < 0.12


def test_a_history_that_is_not_yet_heard_in_full_is_not_taken_for_a_fall():
    """Half is heard in the week itself: the last week's 10 of 20 are as usual."""
    known = np.full((1, 30), 20.0)
    known[0, -1] = 10.0
    base = learn(known, np.ones((1, 30)), [0], cdf=[[0.5, 1.0]])
    assert base.shape[0] / base.rate[0] == pytest.approx(20.0, rel=1e-9)


def test_broken_tables_are_refused():
    with pytest.raises(ValueError, match="strata by weeks of one size"):
        learn([[1.0]], [[1.0, 2.0]], [0])
    with pytest.raises(ValueError, match="must not be negative"):
        learn([[-1.0]], [[1.0]], [0])


def test_what_was_silent_for_long_is_immune_and_the_others_are_as_if_it_were_not_there():
    """Two strata with 10 events in 100, three silent ones in 200: the law of the two is gamma(10, 100).

    Their rates agree: of k = 2 strata with 20 events the spread is one standard error, sqrt(2 / 2) x 2 / 20 = 0.1, so
    shape 10 around 0.1. Joined with the own events: gamma(20, 200). Were a silent one alive, it would be so by (100 / 300)^10.
    """
    known = np.repeat([1.0, 1.0, 0.0, 0.0, 0.0], 10).reshape(5, 10)
    exposure = np.repeat([10.0, 10.0, 20.0, 20.0, 20.0], 10).reshape(5, 10)
    base = learn(known, exposure, np.zeros(5, int), immune=[False, False, True, True, True])
    assert base.shape[:2] == pytest.approx([20.0, 20.0], rel=1e-4)
    assert base.rate[:2] == pytest.approx([200.0, 200.0], rel=1e-4)
    assert (base.shape / base.rate)[2:].max() < 1e-6
    open_ = learn(known, exposure, np.zeros(5, int))
    assert (open_.shape / open_.rate)[2] > 1e-3, "without immunity the silent ones keep a rate"


def test_a_silent_stratum_has_the_mean_and_variance_of_its_mixture():
    """Half immune, else gamma(2, 1), silent for an exposure of 1: alive with (1/4) / (1 + 1/4) = 0.2, then gamma(2, 2).

    Mean 0.2 x 1 = 0.2; mean square 0.2 x 1.5 = 0.3, variance 0.26: gamma(0.04 / 0.26, 0.2 / 0.26). The mixture that is
    learnt from a world of that kind comes near it.
    """
    rng = np.random.default_rng(4)
    strata = 40_000
    rate = rng.gamma(2.0, 1.0, strata) * (rng.random(strata) < 0.5)
    known = rng.poisson(rate).astype(float)[:, None]
    base = learn(known, np.ones_like(known), np.zeros(strata, int), immune=np.ones(strata, bool))
    silent = known[:, 0] == 0
    assert base.shape[silent][0] == pytest.approx(0.04 / 0.26, rel=0.15)
    assert base.rate[silent][0] == pytest.approx(0.2 / 0.26, rel=0.15)
    assert rate[silent].mean() == pytest.approx((base.shape / base.rate)[silent][0], rel=0.1)


def test_a_group_without_events_has_no_immune_strata_and_one_alone_borrows_half_an_event():
    """Alone with 10 events in 100: the law of its group would be gamma(7.07, 70.7), it counts as gamma(0.5, 5)."""
    nothing, lived = np.zeros((3, 5)), np.ones((3, 5))
    quiet = learn(nothing, lived, np.zeros(3, int), immune=[True] * 3)
    assert quiet.shape == pytest.approx(learn(nothing, lived, np.zeros(3, int)).shape)
    alone = learn(np.ones((1, 10)), np.full((1, 10), 10.0), [0], immune=[False])
    assert (alone.shape[0], alone.rate[0]) == pytest.approx((10.5, 105.0))
