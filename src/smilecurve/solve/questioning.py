"""In which order should which questions be asked, given every answer so far, until an act costs least?

Method    backward induction over every set of answers to the open questions (Raiffa, Decision Analysis, 1968); of more
          questions than MOST, those worth most alone
Proof     the exact optimum over all adaptive orders of the questions planned with; a plan of fewer questions can be
          carried out, so its cost is never too low
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.diagnosis import update_belief

__all__ = ["MOST", "Questioning", "plan_questions"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST = 7
_EPSILON = 1e-9


@dataclass(frozen=True)
class Questioning:
    """One row a case: belief, the best act now and its cost, the question to ask first (-1: none), what the whole
    plan costs, how many questions it still asks on average, and the cost of knowing the cause.
    """

    belief: Floats
    action: Ints
    action_cost: Floats
    question: Ints
    expected_cost: Floats
    asked: Floats
    bound: Floats


def plan_questions(
    prior: Floats,
    likelihood: Floats,
    answers: Ints,
    question_cost: Floats,
    action_cost: Floats,
    least_saving: float = 0.0,
) -> Questioning:
    """Plan for every case which question comes next, if any does.

    prior          (causes,)
    likelihood     (questions, answers, causes): chance of the answer given the cause
    answers        (cases, questions), -1 where not asked
    question_cost  (questions,) cost of asking, or (questions, answers) where it depends on what is answered
    action_cost    (causes, actions) cost when that is the cause
    least_saving   share of the best act's cost that the plan must save, or nothing is asked

    >>> like = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    >>> got = plan_questions(np.array([0.5, 0.5]), like, np.array([[-1]]), np.array([1.0]),
    ...                      np.array([[0.0, 10.0], [10.0, 0.0]]))
    >>> got.question.tolist(), got.expected_cost.tolist(), got.asked.tolist()
    ([0], [1.0], [1.0])
    """
    ask = np.broadcast_to(question_cost if question_cost.ndim == 2 else question_cost[:, None], likelihood.shape[:2])
    belief = update_belief(prior, likelihood, answers)
    costs = belief @ action_cost
    now = costs.min(axis=1)
    first = np.full(len(belief), -1, dtype=np.int64)
    value, asked = now.copy(), np.zeros(len(belief))
    patterns, which = np.unique(answers, axis=0, return_inverse=True)
    whole = _induced(prior, likelihood, ask, action_cost) if 0 < answers.shape[1] <= MOST else None
    for i, pattern in enumerate(patterns):
        mine = np.flatnonzero(which.reshape(-1) == i)
        left = np.flatnonzero(pattern < 0)
        if not len(left):
            continue
        found = whole.after(pattern) if whole else None
        if found is None:
            left = _best_alone(belief[mine[0]], likelihood, left, ask, action_cost)
            tree = _induced(belief[mine[0]], likelihood[left], ask[left], action_cost)
            q, cost, count = tree.after(np.full(len(left), -1)) or (-1, 0.0, 0.0)
            found = int(left[q]) if q >= 0 else -1, cost, count
        q, cost, count = found
        if q >= 0 and now[mine[0]] - cost >= least_saving * abs(now[mine[0]]):
            first[mine], value[mine], asked[mine] = q, cost, count
    return Questioning(
        belief,
        np.asarray(costs.argmin(axis=1), dtype=np.int64),
        now,
        first,
        value,
        asked,
        np.asarray(belief @ action_cost.min(axis=1), dtype=np.float64),
    )


def _best_alone(belief: Floats, likelihood: Floats, left: Ints, ask: Floats, act: Floats) -> Ints:
    """The MOST questions that save most when asked alone, in their order."""
    if len(left) <= MOST:
        return left
    joint = belief[None, None, :] * likelihood[left]
    after = (joint @ act).min(axis=2).sum(axis=1) + (joint.sum(axis=2) * ask[left]).sum(axis=1)
    return np.sort(left[np.argsort(after, kind="stable")[:MOST]])


@dataclass(frozen=True)
class _Tree:
    """Every set of answers as one number: its chance, what to ask next (-1: nothing), what follows costs and asks."""

    place: Ints
    mass: Floats
    choice: Ints
    value: Floats
    asked: Floats

    def after(self, pattern: Ints) -> tuple[int, float, float] | None:
        """Question, cost and questions asked after these answers (-1: open); None where they cannot all be given."""
        at = int((self.place * (pattern + 1)).sum())
        if self.mass[at] <= _EPSILON:
            return None
        return int(self.choice[at]), float(self.value[at] / self.mass[at]), float(self.asked[at] / self.mass[at])


def _induced(belief: Floats, likelihood: Floats, ask: Floats, act: Floats) -> _Tree:
    """The best plan after every set of answers, by backward induction.

    A set tells of each question, as a digit, whether it is open (0) or which answer came (1, 2, ...).
    """
    questions, said = likelihood.shape[:2]
    digit = said + 1
    weight = belief[None, :]
    digits = np.zeros((1, 0), dtype=np.int64)
    for q in range(questions):
        open_or_said = np.concatenate([np.ones((1, len(belief))), likelihood[q]])
        weight = (weight[:, None, :] * open_or_said[None, :, :]).reshape(-1, len(belief))
        digits = np.concatenate(
            [np.repeat(digits, digit, axis=0), np.tile(np.arange(digit), len(digits))[:, None]], axis=1
        )
    place = digit ** np.arange(questions - 1, -1, -1)
    mass = weight.sum(axis=1)
    value, asked = (weight @ act).min(axis=1), np.zeros(len(weight))
    choice = np.full(len(weight), -1, dtype=np.int64)
    known = (digits > 0).sum(axis=1)
    for level in range(questions - 1, -1, -1):
        states = np.flatnonzero(known == level)
        for q in range(questions):
            here = states[digits[states, q] == 0]
            after = here[:, None] + place[q] * np.arange(1, digit)[None, :]
            cost = (mass[after] * ask[q] + value[after]).sum(axis=1)
            better = cost < value[here] - _EPSILON * np.maximum(mass[here], _EPSILON)
            at = here[better]
            value[at], choice[at] = cost[better], q
            asked[at] = mass[at] + asked[after[better]].sum(axis=1)
    return _Tree(place, mass, choice, value, asked)
