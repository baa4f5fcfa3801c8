"""The plan of questions against the exact optimum over every order, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.diagnosis import plan_cost
from smilecurve.solve.questioning import MOST, Floats, plan_questions

NOBODY = -1


def case(seed: int, questions: int, causes: int, actions: int) -> tuple[Floats, Floats, Floats, Floats]:
    draw = np.random.default_rng(seed)
    prior = draw.dirichlet(np.ones(causes))
    likelihood = draw.dirichlet(np.ones(3), size=(questions, causes)).transpose(0, 2, 1)
    return prior, likelihood, draw.uniform(0, 2, questions), draw.uniform(0, 30, (causes, actions))


def one_ahead(prior: Floats, like: Floats, ask: Floats, act: Floats) -> float:
    """What acting costs at once, or after the one question that pays best."""
    after = [cost + sum(((prior * row) @ act).min() for row in rows) for cost, rows in zip(ask, like, strict=True)]
    return float(min((prior @ act).min(), *after))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), questions=st.integers(1, 4), causes=st.integers(2, 5))
def test_the_plan_is_the_best_of_all_orders(seed: int, questions: int, causes: int) -> None:
    prior, like, ask, act = case(seed, questions, causes, 3)
    got = plan_questions(prior, like, np.full((1, questions), NOBODY), ask, act)
    assert got.expected_cost[0] == pytest.approx(plan_cost(prior, like, ask, act))
    assert got.bound[0] - 1e-9 <= got.expected_cost[0] <= one_ahead(prior, like, ask, act) + 1e-9
    assert (got.question[0] == NOBODY) == (got.asked[0] == 0)


def test_two_questions_that_only_pay_together_are_asked() -> None:
    """Exclusive or: neither answer alone tells the cause, both do. One step ahead sees no worth in either."""
    first, second = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0])
    like = np.stack([np.stack([yes, 1 - yes]) for yes in (first, second)])
    act = np.array([[0.0, 20.0], [20.0, 0.0], [20.0, 0.0], [0.0, 20.0]])
    none, ask = np.full((1, 2), NOBODY), np.ones(2)
    assert one_ahead(np.full(4, 0.25), like, ask, act) == 10.0
    got = plan_questions(np.full(4, 0.25), like, none, ask, act)
    assert (got.question[0], got.expected_cost[0], got.asked[0]) == (0, 2.0, 2.0)
    after = plan_questions(np.full(4, 0.25), like, np.array([[1, NOBODY]]), ask, act)
    assert (after.question[0], after.expected_cost[0]) == (1, 1.0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_cost_that_depends_on_the_answer_is_weighed_by_its_chance(seed: int) -> None:
    """One question with a cost for each answer, by hand; and a cost that is alike for all answers changes nothing."""
    prior, like, ask, act = case(seed, 3, 4, 3)
    none = np.full((1, 3), NOBODY)
    alike = plan_questions(prior, like, none, np.repeat(ask[:, None], 3, axis=1), act)
    assert alike.expected_cost[0] == pytest.approx(plan_questions(prior, like, none, ask, act).expected_cost[0])
    paid = np.random.default_rng(seed + 1).uniform(0, 9, (1, 3))
    asked = sum((prior @ row) * paid[0, a] + ((prior * row) @ act).min() for a, row in enumerate(like[0]))
    got = plan_questions(prior, like[:1], none[:, :1], paid, act)
    assert got.expected_cost[0] == pytest.approx(min(asked, (prior @ act).min()))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_the_answers_leave_costs_on_average_what_was_planned(seed: int) -> None:
    prior, like, ask, act = case(seed, 3, 4, 3)
    got = plan_questions(prior, like, np.full((1, 3), NOBODY), ask, act)
    q = int(got.question[0])
    if q == NOBODY:
        return
    after = np.full((3, 3), NOBODY)
    after[:, q] = [0, 1, 2]
    left = plan_questions(prior, like, after, ask, act)
    chance = like[q] @ prior
    assert ask[q] + chance @ left.expected_cost == pytest.approx(got.expected_cost[0])
    assert chance @ left.asked + 1 == pytest.approx(got.asked[0])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_one_more_question_never_costs_more(seed: int) -> None:
    """Also where there are more questions than are planned with at once."""
    prior, like, ask, act = case(seed, MOST + 2, 3, 3)
    none = np.full((1, MOST + 2), NOBODY)
    many = plan_questions(prior, like, none, ask, act)
    few = plan_questions(prior, like[:2], none[:, :2], ask[:2], act)
    assert many.bound[0] - 1e-9 <= many.expected_cost[0] <= one_ahead(prior, like, ask, act) + 1e-9
    more = plan_questions(prior, like[:3], none[:, :3], ask[:3], act)
    assert more.expected_cost[0] <= few.expected_cost[0] + 1e-9
