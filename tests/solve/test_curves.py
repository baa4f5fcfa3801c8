"""Shares failed without a law: published examples, brute force, and each estimate as a case of another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.curves import aalen_johansen, kaplan_meier, nelson_aalen, turnbull

FREIREICH = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_kaplan_meier_of_freireich_leukaemia():
    """6-MP arm of Freireich et al. 1963 (Gehan 1965): S(6) .857, S(10) .753, S(23) .448, standard errors .076 .096 .135."""
    failed, alive = FREIREICH
    age, share, error = kaplan_meier(failed + alive, [True] * 9 + [False] * 12)
    assert age.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert share.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert error.round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]


def test_nelson_aalen_of_the_same():
    """3/21 + 1/17 + 1/15 + 1/12 + 1/11 + 1/7 + 1/6, the variance with the squares of the units at risk."""
    failed, alive = FREIREICH
    _, hazard, error = nelson_aalen(failed + alive, [True] * 9 + [False] * 12)
    died, at_risk = np.array([3, 1, 1, 1, 1, 1, 1]), np.array([21, 17, 15, 12, 11, 7, 6])
    assert hazard == pytest.approx(np.cumsum(died / at_risk))
    assert error == pytest.approx(np.sqrt(np.cumsum(died / at_risk**2)))


def test_late_entries_are_at_risk_from_their_entry_on():
    """At age 3 the units entered at 0 and 2 are at risk, the one that enters at 3 is not yet."""
    age, alive, _ = kaplan_meier([3.0, 5.0, 6.0], [True, True, False], entry=[0.0, 2.0, 3.0])
    assert age.tolist() == [3.0, 5.0]
    assert alive.tolist() == pytest.approx([1 / 2, 1 / 4])


lives = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=25)


@given(lives)
@settings(max_examples=60, deadline=None)
def test_shares_of_all_modes_and_the_survivors_add_up_to_one(rows):
    age, mode, weight = (np.array(v) for v in zip(*rows, strict=True))
    if not mode.any():
        return
    at, share, error = aalen_johansen(age, mode, weight)
    _, alive, _ = kaplan_meier(age, mode > 0, weight)
    assert share.sum(axis=0) + alive == pytest.approx(np.ones(at.size))
    assert np.all(np.diff(share, axis=1) >= -1e-12)
    assert np.all(error >= 0)


def test_one_mode_alone_is_kaplan_meier_with_its_greenwood_error():
    failed, alive = FREIREICH
    at = failed + alive
    _, share, error = aalen_johansen(at, [1] * 9 + [0] * 12)
    _, survive, greenwood = kaplan_meier(at, [True] * 9 + [False] * 12)
    assert share[0] == pytest.approx(1 - survive)
    assert error[0] == pytest.approx(greenwood, rel=1e-9)


def test_error_of_a_mode_is_what_resampling_shows():
    rng = np.random.default_rng(4)
    n = 400

    def sample():
        one, two, end = rng.weibull(0.8, n) * 30, rng.weibull(3.0, n) * 20, rng.uniform(5, 40, n)
        first = np.minimum(one, two)
        return np.minimum(first, end), np.where(first > end, 0, np.where(one < two, 1, 2))

    found = []
    for _ in range(200):
        age, share, error = aalen_johansen(*sample())
        k = np.searchsorted(age, 15.0) - 1
        found.append((share[0, k], error[0, k]))
    shares, errors = np.array(found).T
    assert errors.mean() == pytest.approx(shares.std(), rel=0.12)


def test_turnbull_of_right_censored_lives_is_kaplan_meier():
    failed, alive = FREIREICH
    law = turnbull(failed + alive, failed + [np.inf] * 12)
    age, survive, _ = kaplan_meier(failed + alive, [True] * 9 + [False] * 12)
    assert law.failed_by(age) == pytest.approx(1 - survive, abs=1e-6)
    assert law.rise < 1e-6


def test_turnbull_of_breast_cosmesis():
    """Radiotherapy alone, Finkelstein & Wolfe 1985: mass in (4,5] .046, (6,7] .033, (7,8] .089, (11,12] .071, .093,
    .082, .121, and the rest beyond 46 months (Klein & Moeschberger 2003, section 5.2)."""
    low = [45, 25, 37, 6, 46, 0, 0, 26, 18, 46, 46, 24, 46, 27, 36, 7, 36, 5, 17, 46, 19, 7, 36, 17, 37, 37, 24, 0, 40, 32, 4, 17, 33, 15, 46, 19, 11, 11, 37, 22, 38, 34, 46, 5, 36, 46]  # fmt: skip
    high = [np.inf, 37, np.inf, 10, np.inf, 5, 7, 40, np.inf, np.inf, np.inf, np.inf, np.inf, 34, np.inf, 16, 44, 11, np.inf, np.inf, 35, 14, 48, 25, 44, np.inf, np.inf, 8, np.inf, np.inf, 11, 25, np.inf, np.inf, np.inf, 26, 15, 18, np.inf, np.inf, np.inf, np.inf, np.inf, 12, np.inf, np.inf]  # fmt: skip
    law = turnbull(low, high)
    assert law.failed_by([5.0, 7.0, 8.0, 12.0]) == pytest.approx([0.046, 0.080, 0.168, 0.239], abs=2e-3)
    assert law.rise < 1e-5


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4), st.booleans()), min_size=2, max_size=12))
@settings(max_examples=30, deadline=None)
def test_turnbull_cannot_be_improved(rows):
    """Moving mass between any two of its intervals never makes the lives likelier (no late entries)."""
    low = np.array([r[0] for r in rows], float)
    high = np.array([np.inf if r[2] else r[0] + r[1] for r in rows])
    law = turnbull(low, high)

    def loglik(mass):
        inside = [(mass * ((law.lower >= a) & (law.upper <= b))).sum() for a, b in zip(low, high, strict=True)]
        return np.sum(np.log(np.maximum(inside, 1e-300)))

    here = loglik(law.mass)
    assert here == pytest.approx(law.loglik, abs=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = 0.99 * law.mass + 0.01 * rng.dirichlet(np.ones(law.mass.size))
        assert loglik(other) <= here + 1e-4
    assert law.mass.sum() == pytest.approx(1.0)


def test_turnbull_with_exact_and_late_lives():
    law = turnbull([2.0, 3.0, 4.0], [2.0, 3.0, 4.0], entry=[0.0, 0.0, 2.5])
    _, alive, _ = kaplan_meier([2.0, 3.0, 4.0], [True] * 3, entry=[0.0, 0.0, 2.5])
    assert law.failed_by([2.0, 3.0, 4.0]) == pytest.approx(1 - alive, abs=1e-6)
