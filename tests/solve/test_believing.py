"""Counts of closed tickets, what answers are worth, and the interval of a belief, against draws and known laws."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from smilecurve.solve.believing import (
    belief_interval,
    best_memory,
    best_softening,
    guess_worth,
    pool_counts,
    sibling_strength,
    soften_chances,
)

NOTHING_TOLD = np.zeros((0, 2, 2)), np.zeros((1, 0), np.int64)


def test_two_causes_without_answers_have_the_interval_of_the_beta_law() -> None:
    for a, b in ((3.0, 1.0), (40.0, 8.0), (0.7, 0.4)):
        low, high = belief_interval(np.array([[a, b]]) / (a + b), np.array([a, b]), *NOTHING_TOLD)
        assert low[0] == pytest.approx(beta.ppf(0.05, a, b), rel=1e-6)
        assert high[0] == pytest.approx(beta.ppf(0.95, a, b), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_interval_holds_nine_of_ten_beliefs_drawn_from_the_counts(seed: int) -> None:
    """Shares and chances drawn from their own laws, the belief worked out anew for each: 90 % lie within."""
    draw = np.random.default_rng(seed)
    causes, questions, draws = 5, 3, 20_000
    alpha = draw.uniform(2, 40, causes)
    told = draw.uniform(2, 30, (questions, causes, 2))
    answers = draw.integers(0, 2, (1, questions))
    share = draw.dirichlet(alpha, draws)
    yes = draw.beta(told[:, :, 0], told[:, :, 1], (draws, questions, causes))
    chance = np.where(answers[0][None, :, None] == 0, yes, 1 - yes)
    drawn = share * chance.prod(axis=1)
    drawn /= drawn.sum(axis=1, keepdims=True)
    mean = (told / told.sum(axis=2, keepdims=True))[np.arange(questions), :, answers[0]].prod(axis=0)
    belief = (alpha * mean / (alpha * mean).sum())[None, :]
    low, high = belief_interval(belief, alpha, told, answers)
    top = drawn[:, belief[0].argmax()]
    assert ((top >= low[0]) & (top <= high[0])).mean() == pytest.approx(0.9, abs=0.04)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), more=st.floats(1.1, 50.0))
def test_more_tickets_alike_narrow_the_interval(seed: int, more: float) -> None:
    draw = np.random.default_rng(seed)
    alpha, told = draw.uniform(0.3, 30, 4), draw.uniform(0.3, 30, (2, 4, 2))
    answers = draw.integers(-1, 2, (1, 2))
    belief = draw.dirichlet(np.ones(4))[None, :]
    few, many = (belief_interval(belief, k * alpha, k * told, answers) for k in (1.0, more))
    assert many[0][0] >= few[0][0] - 1e-9
    assert many[1][0] <= few[1][0] + 1e-9
    assert few[0][0] <= belief.max() <= few[1][0]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_own_tickets_weigh_more_as_they_grow(seed: int) -> None:
    """A group's shares go from its siblings' to its own, and nothing is lost: every own ticket stands in full."""
    draw = np.random.default_rng(seed)
    weight, others, own = draw.uniform(0, 5, 3), draw.integers(0, 50, 3), draw.dirichlet(np.ones(3))
    away = []
    for n in (0, 10, 100, 1000, 100_000):
        alpha = pool_counts(weight, np.array([n * own, others]), 40.0)[0]
        assert alpha.sum() <= n + 40.0 + 1e-9
        away.append(float(np.abs(alpha / alpha.sum() - own).max()))
    assert all(a >= b - 1e-12 for a, b in pairwise(away))
    assert away[-1] < 1e-3


def test_like_groups_pull_harder_than_unlike_ones() -> None:
    draw = np.random.default_rng(4)
    mean = np.array([0.5, 0.3, 0.2])
    found = []
    for spread in (3.0, 300.0):
        shares = draw.dirichlet(spread * mean, 30)
        counts = np.array([draw.multinomial(60, share) for share in shares], dtype=float)
        found.append(sibling_strength(np.ones(3), counts, 60.0))
    assert found[0] < 8.0 < 100.0 < found[1]
    assert sibling_strength(np.ones(3), np.array([[5.0, 1.0, 0.0]]), 60.0) == 60.0


@pytest.mark.parametrize("copies", [1, 3])
def test_answers_that_are_told_three_times_are_believed_a_third(copies: int) -> None:
    """One question asked under three names: each counts a third; three questions of their own count in full."""
    draw = np.random.default_rng(9)
    n, yes = 4000, np.array([0.8, 0.3])
    cause = draw.integers(0, 2, n)
    kinds = np.arange(3) // copies if copies == 3 else np.arange(3)
    said = (draw.random((n, 3)) >= yes[cause][:, None]).astype(np.int64)[:, kinds]
    told = np.array([[[((cause == c) & (said[:, q] == a)).sum() for a in (0, 1)] for c in (0, 1)] for q in range(3)])
    share = np.broadcast_to(np.bincount(cause).astype(float), (n, 2))
    power = best_softening(share, told.astype(float), said, cause, np.ones(n))
    assert power == pytest.approx(1 / 3 if copies == 3 else 1.0, abs=0.12)


def test_softened_odds_are_a_power_of_the_odds() -> None:
    yes = np.array([0.5, 0.8, 0.02])
    for power in (0.4, 1.0, 1.2):
        soft = soften_chances(yes, power)
        assert soft / (1 - soft) == pytest.approx((yes / (1 - yes)) ** power)


def test_steady_shares_are_remembered_and_drifting_ones_forgotten() -> None:
    draw = np.random.default_rng(2)
    day = np.arange(1500.0)
    steady = (draw.random(1500) < 0.3).astype(np.int64)
    drifting = (draw.random(1500) < day / 1500).astype(np.int64)
    assert best_memory(np.ones(2), day, steady) == 0.0
    assert 60.0 <= best_memory(np.ones(2), day, drifting) <= 480.0
    assert best_memory(np.ones(2), np.zeros(0), np.zeros(0, np.int64)) == 0.0


def test_guesses_that_were_wrong_weigh_little_and_right_ones_what_they_say() -> None:
    weight = np.array([9.0, 8.0, 3.0])
    assert guess_worth(weight, np.zeros(3)) == 1.0
    assert guess_worth(weight, 20 * weight) == 1.0
    assert guess_worth(weight, np.array([10.0, 20.0, 970.0])) < 0.3
