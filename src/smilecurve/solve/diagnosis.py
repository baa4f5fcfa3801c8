"""Which cause do the answers point to, and is one more question worth its cost?

Method    Bayes' rule over causes with Dirichlet counts; one-step expected value of sample information
          (Raiffa, Decision Analysis, 1968; Heckerman, Breese and Rommelse, Decision-theoretic
          troubleshooting, CACM 38(3), 1995)
Proof     no plan costs less than knowing the cause: sum over causes of chance x cheapest action;
          `plan_cost` is the exact optimum over all orders of questions, for small cases
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Diagnosis", "diagnose", "learn_shares", "plan_cost", "update_belief"]

_EPSILON = 1e-12


@dataclass(frozen=True)
class Diagnosis:
    """One row a case: what is likely, what to do now, what to ask first, and the floor of the cost."""

    belief: Floats
    action: Ints
    action_cost: Floats
    question: Ints
    question_value: Floats
    expected_cost: Floats
    bound: Floats


def learn_shares(pseudo: Floats, counts: Floats) -> Floats:
    """Return the posterior mean shares of Dirichlet pseudo-counts plus counts, along the last axis.

    Raises ValueError when a row has no count at all, neither pseudo nor seen.

    >>> learn_shares(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.75, 0.25]
    """
    total = pseudo + counts
    mass = total.sum(axis=-1, keepdims=True)
    if (mass <= 0).any() or (total < 0).any():
        raise ValueError("shares need counts that are not negative and not all zero")
    return np.asarray(total / mass, dtype=np.float64)


def update_belief(prior: Floats, likelihood: Floats, answers: Ints) -> Floats:
    """Return P(cause | answers), one row a case.

    prior       (cases, causes) or (causes,)
    likelihood  (questions, answers, causes): chance of the answer given the cause
    answers     (cases, questions), -1 where not asked
    Answers that no cause allows leave the prior as it was.

    >>> like = np.array([[[0.9, 0.2], [0.1, 0.8]]])
    >>> update_belief(np.array([0.5, 0.5]), like, np.array([[0]])).round(4).tolist()
    [[0.8182, 0.1818]]
    """
    cases, questions = answers.shape
    start = np.broadcast_to(prior, (cases, likelihood.shape[2])).astype(np.float64)
    weight = start.copy()
    for q in range(questions):
        asked = answers[:, q] >= 0
        weight[asked] *= likelihood[q, answers[asked, q]]
    mass = weight.sum(axis=1, keepdims=True)
    known = mass[:, 0] > _EPSILON
    weight[~known] = start[~known]
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float64)


def diagnose(prior: Floats, likelihood: Floats, answers: Ints, question_cost: Floats, action_cost: Floats) -> Diagnosis:
    """Decide for every case the cheapest action now and the question that pays best, if any does.

    question_cost  (questions,) cost of asking; action_cost (causes, actions) cost when that is the cause
    question       -1 where no question pays; `question_value` is its expected saving less its cost
    expected_cost  of asking that one question (if it pays) and then acting; never below `bound`

    >>> like = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    >>> got = diagnose(np.array([0.5, 0.5]), like, np.array([[-1]]), np.array([1.0]),
    ...                np.array([[0.0, 10.0], [10.0, 0.0]]))
    >>> got.question.tolist(), got.question_value.tolist(), got.expected_cost.tolist()
    ([0], [4.0], [1.0])
    """
    belief = update_belief(prior, likelihood, answers)
    costs = belief @ action_cost
    now = costs.min(axis=1)
    best, value = np.full(len(belief), -1, dtype=np.int64), np.zeros(len(belief))
    for q in range(likelihood.shape[0]):
        joint = belief[:, None, :] * likelihood[q][None, :, :]
        after = (joint @ action_cost).min(axis=2).sum(axis=1)
        gain = np.where(answers[:, q] >= 0, -np.inf, now - after - question_cost[q])
        better = gain > np.maximum(value, _EPSILON)
        best[better], value[better] = q, gain[better]
    return Diagnosis(
        belief=belief,
        action=np.asarray(costs.argmin(axis=1), dtype=np.int64),
        action_cost=now,
        question=best,
        question_value=value,
        expected_cost=now - value,
        bound=np.asarray(belief @ action_cost.min(axis=1), dtype=np.float64),
    )


def plan_cost(belief: Floats, likelihood: Floats, question_cost: Floats, action_cost: Floats) -> float:
    """Return the least expected cost over every adaptive order of questions (exact, exponential).

    belief (causes,); the other shapes as in `diagnose`. For up to about six questions.

    >>> like = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    >>> plan_cost(np.array([0.5, 0.5]), like, np.array([1.0]), np.array([[0.0, 9.0], [9.0, 0.0]]))
    1.0
    """

    def least(weight: Floats, left: tuple[int, ...]) -> float:
        cost = float((weight @ action_cost).min())
        for q in left:
            rest = tuple(other for other in left if other != q)
            ask = float(weight.sum() * question_cost[q])
            ask += sum(least(weight * row, rest) for row in likelihood[q] if (weight * row).any())
            cost = min(cost, ask)
        return cost

    return least(belief, tuple(range(likelihood.shape[0])))
