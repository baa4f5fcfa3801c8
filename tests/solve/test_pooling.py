"""Lives of sparse strata: finite, borrowed from their group, and worth borrowing."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.lives import exact_lives
from smilecurve.solve.pooling import pooled_weibull, relative_hazard
from smilecurve.solve.survival import fit_weibull


def fleet(seed, strata=60, n=60, shape=2.0):
    rng = np.random.default_rng(seed)
    scale = rng.lognormal(np.log(60), 0.3, strata)
    ages = scale[:, None] * rng.weibull(shape, (strata, n))
    end = rng.uniform(1, 30, (strata, n))
    lives = exact_lives(
        np.minimum(ages, end).ravel(), (ages <= end).ravel(), stratum=np.repeat(np.arange(strata), n), strata=strata
    )
    return lives, scale


def test_borrowing_brings_sparse_strata_nearer_the_truth():
    lives, scale = fleet(4)
    alone = fit_weibull(lives)
    pooled = pooled_weibull(lives, np.zeros(60, int))
    true = scale * (-np.log(0.9)) ** 0.5
    ok = alone.settled
    tenth = alone.scale * (-np.log(0.9)) ** (1 / alone.shape)
    error = lambda v: float(np.sqrt(np.mean(np.log(v[ok] / true[ok]) ** 2)))  # noqa: E731
    assert error(pooled.life) < 0.8 * error(tenth)
    assert pooled.borrowed.min() > 0.3


def test_intervals_cover_as_often_as_they_say():
    lives, scale = fleet(9, strata=300)
    pooled = pooled_weibull(lives, np.zeros(300, int))
    true = scale * (-np.log(0.9)) ** 0.5
    assert 0.84 <= np.mean((pooled.life_low <= true) & (true <= pooled.life_high)) <= 0.96


def test_everything_is_finite_whatever_is_missing():
    lives = exact_lives(
        [5.0, 9.0, 7.0, 7.0, 3.0, 4.0], [False, False, True, True, True, False], stratum=[0, 0, 1, 1, 2, 2], strata=4
    )
    pooled = pooled_weibull(lives, [0, 1, 2, 3])
    for values in (pooled.shape, pooled.scale, pooled.life, pooled.life_low, pooled.life_high, pooled.borrowed):
        assert np.isfinite(values).all()
    assert (pooled.life_low <= pooled.life).all()
    assert (pooled.life <= pooled.life_high).all()


def test_a_group_of_one_keeps_its_own_maximum_likelihood():
    lives, _ = fleet(5, strata=1, n=500)
    assert pooled_weibull(lives, [0]).shape[0] == pytest.approx(fit_weibull(lives).shape[0], rel=1e-9)


def test_stratum_without_failures_borrows_its_rate():
    rng = np.random.default_rng(1)
    ages = 50 * rng.weibull(1.5, 2000)
    rich = np.minimum(ages, 40), ages <= 40
    age, failed = np.r_[rich[0], [2.0, 3.0]], np.r_[rich[1], [False, False]]
    stratum = np.r_[np.arange(2000) % 20, [20, 20]]
    pooled = pooled_weibull(exact_lives(age, failed, stratum=stratum), np.zeros(21, int))
    assert pooled.life[20] == pytest.approx(50 * (-np.log(0.9)) ** (1 / 1.5), rel=0.25)
    alone = pooled_weibull(exact_lives([2.0, 3.0], [False, False]), [0])
    assert alone.life_low[0] < pooled.life_low[20]


def test_relative_hazard_is_fair_to_age_and_drawn_to_one():
    """Twice the failures at the same ages is about 2 against 1; an old stratum is not worse for being old."""
    cell = np.tile([0, 1], 3)
    stratum = np.repeat([0, 1, 2], 2)
    at_risk = np.array([1e4, 1e3, 1e4, 1e3, 1e3, 1e4])
    failed = at_risk * np.array([0.01, 0.1, 0.01, 0.1, 0.01, 0.1])
    ratio, low = relative_hazard(cell, stratum, [0, 0, 0], at_risk, failed)
    assert ratio == pytest.approx([1.0, 1.0, 1.0], abs=1e-6)
    failed[:2] *= 2
    ratio, low = relative_hazard(cell, stratum, [0, 0, 0], at_risk, failed)
    assert ratio[0] > 1.4
    assert low[0] > 1.3
    assert ratio[1] < 1.0


def test_every_life_says_how_it_was_found():
    """Own with plenty, shared in a group, stated below three failures with nobody to borrow from, a limit without any."""
    rng = np.random.default_rng(2)
    ages = 30 * rng.weibull(2.0, 60)
    age = np.r_[ages, [5.0, 9.0, 9.0], [4.0, 6.0], ages[:20], ages[20:40]]
    failed = np.r_[np.ones(60), [1, 1, 0], [0, 0], np.ones(40)].astype(bool)
    stratum = np.r_[np.zeros(60, int), [1] * 3, [2] * 2, [3] * 20, [4] * 20]
    pooled = pooled_weibull(exact_lives(age, failed, stratum=stratum), [0, 1, 2, 3, 3])
    assert pooled.method.tolist() == ["own", "stated", "limit", "shared", "shared"]
    assert pooled.borrowed[0] == 0.0
    assert 0.5 < pooled.borrowed[1] <= 1.0
    assert pooled.shape_low[1] < 1.0 < pooled.shape_high[1]
