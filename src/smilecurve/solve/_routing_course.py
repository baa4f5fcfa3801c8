"""How long is searched, how hot, and when are routes chosen anew? (part of `routing`)"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from smilecurve.solve._routing_kernels import FAR, Case, Ints, Memo, Plan
from smilecurve.solve._routing_pool import Pool, choose_routes, open_pool
from smilecurve.solve._routing_search import anneal

__all__ = ["Course", "search"]

CHUNK = 400
"""Tries between two looks at the clock."""
NODES = 200
"""Nodes of the branch and bound that chooses routes."""
LONGEST = 40
"""Longest route that is remembered."""


class Course(NamedTuple):
    """Tries (or CPU seconds of this thread), heat at first and at last, cooled `stages` times."""

    rounds: int
    seconds: float | None
    hot: float
    cold: float
    stages: int
    seed: int


def empty_plan(case: Case, longest: int) -> Plan:
    """Routes without a visit."""
    n, k = len(case.penalty), len(case.start)
    return Plan(
        np.full((k, longest), -1, np.int64),
        np.zeros(k, np.int64),
        np.full(n, -1, np.int64),
        np.zeros((k, longest + 2, 3)),
        np.zeros((k, longest + 2, 3)),
        np.zeros((k, case.need.shape[1]), np.int64),
        np.full(k, -1, np.int64),
        np.zeros((k, 5)),
        np.zeros(k),
        np.zeros(k, np.int64),
    )


def search(case: Case, longest: int, course: Course, begin: tuple[Ints, Ints] | None = None) -> tuple[Plan, float]:
    """Anneal in stages, each from the best choice among all routes seen; the best plan and its cost.

    begin   shifts and nodes (-1 after the last) of routes to begin with
    """
    n, shifts = len(case.penalty), len(case.start)
    plan, keep, best = (empty_plan(case, longest) for _ in range(3))
    memo = Memo(
        np.zeros((n, shifts)), np.zeros((n, shifts), np.int64), np.zeros((n, shifts), np.int64),
        np.full((n, shifts), -1, np.int64), np.zeros(shifts, np.int64), np.zeros(1, np.int64),
    )  # fmt: skip
    pool = open_pool(n, shifts, min(longest, LONGEST) if course.stages > 1 else 0)
    if begin is not None:
        lay(plan, *begin)
    least, seed, started = FAR, course.seed, time.thread_time()
    for stage in range(course.stages):
        hot = course.hot if stage == 0 else np.sqrt(course.hot * course.cold)
        least, seed = cool(case, plan, keep, best, memo, pool, least, course, stage, hot, seed, started)
        if stage + 1 == course.stages:
            break
        left = None if course.seconds is None else course.seconds - (time.thread_time() - started)
        chosen = None if left is not None and left <= 0 else choose_routes(
            pool, case.penalty, shifts, least, NODES, left
        )  # fmt: skip
        lay(plan, *(chosen or (np.arange(shifts), np.where(np.arange(longest) < best.length[:, None], best.node, -1))))
    return best, least


def cool(
    case: Case, plan: Plan, keep: Plan, best: Plan, memo: Memo, pool: Pool, least: float,
    course: Course, stage: int, hot: float, seed: int, started: float,
) -> tuple[float, int]:  # fmt: skip
    """One stage from hot to cold; with a limit of time in chunks, whose heat follows the clock."""
    if course.seconds is None:
        rounds = course.rounds // course.stages
        return anneal(case, plan, keep, best, memo, pool, least, rounds, hot, course.cold, seed), seed + 1
    share = course.seconds / course.stages
    while True:
        done = (time.thread_time() - started - share * stage) / share
        if done >= 1.0:
            return least, seed
        heat = float(hot * (course.cold / hot) ** max(done, 0.0))
        least = anneal(case, plan, keep, best, memo, pool, least, CHUNK, heat, heat, seed)
        seed += 1


def lay(plan: Plan, shift: Ints, node: Ints) -> None:
    """Write these routes into the plan."""
    plan.length[:] = 0
    for k, stops in zip(shift, node, strict=True):
        size = int((stops >= 0).sum())
        plan.node[k, :size] = stops[:size]
        plan.length[k] = size
