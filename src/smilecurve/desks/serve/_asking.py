"""Ask something, guide the owner through a cure and hear whether it helped, or act?

A guide that does not help costs the guiding and rules its cause nearly out; the plan goes on from there, as after an
answer. Questions are asked where they save enough against the best plan without any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.serve._evidence import ANSWERS, Learned

__all__ = ["Asking", "plan_steps"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Asking:
    """One row a ticket: belief, the question to ask (-1: none) and what it saves, the cause to guide through (-1: none)
    and the best act of those left, what the plan costs on average, how many questions and guides it still takes, and
    the cost of knowing the cause.
    """

    belief: Floats
    question: Ints
    saving: Floats
    attempt: Ints
    action: Ints
    expected_cost: Floats
    asked: Floats
    bound: Floats


def plan_steps(
    known: Learned, prior: Floats, heard: Ints, question_cost: float, remote_cost: float, cost: Floats, least: float
) -> Asking:
    """Plan the next step of tickets that share causes.

    prior  (causes,); heard (tickets, questions and attempts) as `Learned.heard` codes them
    cost   (causes, acts); least: share of the cost of the best plan without questions that asking must save
    """
    from smilecurve.solve.questioning import plan_questions

    count, tries = len(known.questions), len(known.attempts)
    likelihood = np.concatenate([known.likelihood, known.attempt_chances()])
    ask = np.full((count + tries, len(ANSWERS)), question_cost)
    ask[count:] = np.array([0.0, remote_cost, remote_cost])
    whole = plan_questions(prior, likelihood, heard, ask, cost)
    silent, guided = _silent(whole.belief, likelihood[count:], heard[:, count:], ask[count:], cost)
    saved = silent - whole.expected_cost
    asks = (whole.question >= 0) & (whole.question < count) & (saved >= least * np.abs(silent))
    follows = asks | (whole.question >= count)
    attempt = np.where(follows, whole.question - count, guided)
    return Asking(
        whole.belief,
        np.where(asks, whole.question, -1),
        saved,
        np.array([known.attempts[a] if a >= 0 else -1 for a in attempt], dtype=np.int64),
        whole.action,
        np.where(follows, whole.expected_cost, silent),
        np.where(follows, whole.asked, 0.0),
        whole.bound,
    )


def _silent(belief: Floats, chances: Floats, tried: Ints, ask: Floats, cost: Floats) -> tuple[Floats, Ints]:
    """What the best plan without questions costs, and the attempt it begins with (-1: none), one a ticket."""
    from smilecurve.solve.questioning import plan_questions

    value, first = (belief @ cost).min(axis=1), np.full(len(belief), -1, dtype=np.int64)
    _, at, which = np.unique(np.hstack([belief, tried]), axis=0, return_index=True, return_inverse=True)
    for i, one in enumerate(at):
        left = np.flatnonzero(tried[one] < 0)
        if len(left):
            got = plan_questions(belief[one], chances[left], np.full((1, len(left)), -1), ask[left], cost)
            mine = which.reshape(-1) == i
            value[mine] = got.expected_cost[0]
            first[mine] = left[got.question[0]] if got.question[0] >= 0 else -1
    return value, first
