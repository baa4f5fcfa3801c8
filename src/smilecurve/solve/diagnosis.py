"""Which cause do the answers point to, and what would the best of all orders of questions cost?

Method    Bayes' rule over causes (Heckerman, Breese and Rommelse, Decision-theoretic troubleshooting, CACM 38(3), 1995)
Proof     `plan_cost` is the exact optimum over all orders of questions, for small cases: the referee of
          solve.questioning
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["plan_cost", "update_belief"]

_EPSILON = 1e-12


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


def plan_cost(belief: Floats, likelihood: Floats, question_cost: Floats, action_cost: Floats) -> float:
    """Return the least expected cost over every adaptive order of questions (exact, exponential).

    belief (causes,); likelihood (questions, answers, causes); question_cost (questions,); action_cost (causes,
    actions). For up to about six questions.

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
