"""What does a route cost, and where does one more visit cost least? (compiled part of `routing`)

Routes with time windows, skills, van stock and at most one stop at the depot. A working time is the shortest span
in which its visits can be done; segments are joined in constant time (Vidal et al., Computers & OR 40(1), 2013).
What a visit costs in a route is remembered until that route changes.

Locations: visits 0..n-1, the depot n, the home of shift k at n + 1 + k. The depot is node n of a route.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
FAR = 1e30
EPSILON = 1e-7
inner = njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Compiles functions that only compiled functions call: less to compile."""
SPAN, DRIVE, BUSY, OVER, DETOUR = range(5)
"""Columns of `Plan.told`: span, drive, drive and work, time over the regular end, least way round by the depot."""


class Case(NamedTuple):
    """What does not change: travel, windows of each shift (shifts, visits + depot), skills, parts, costs."""

    travel: Floats
    pace: Floats
    early: Floats
    late: Floats
    service: Floats
    start: Floats
    end: Floats
    regular: Floats
    able: Flags
    tooled: Flags
    shelved: Flags
    extra: Floats
    need: Ints
    van: Ints
    penalty: Floats
    choices: Ints
    near: Ints
    per_travel: float
    per_work: float
    per_over: float
    depot: bool


class Plan(NamedTuple):
    """The routes, for each position the segment from home to it and from it to home, and what each route is worth.

    stamp[k] names the content of route k: two equal stamps are equal routes.
    """

    node: Ints
    length: Ints
    at: Ints
    head: Floats
    tail: Floats
    used: Ints
    stop: Ints
    told: Floats
    cost: Floats
    stamp: Ints


class Memo(NamedTuple):
    """What a visit costs in a route (visits, shifts), at which place, with a depot stop where, of which stamp."""

    price: Floats
    place: Ints
    stop: Ints
    stamp: Ints
    later: Ints
    clock: Ints


@inner
def join(
    t1: float, e1: float, l1: float, t2: float, e2: float, l2: float, go: float
) -> tuple[bool, float, float, float]:
    """Join two segments (span, earliest start, latest start) by a drive; False when the second comes too late."""
    delta = t1 + go
    if e1 + delta > l2 + EPSILON:
        return False, 0.0, 0.0, 0.0
    wait = max(e2 - delta - l1, 0.0)
    return True, t1 + t2 + go + wait, max(e2 - delta, e1) - wait, min(l2 - delta, l1)


@inner
def go(case: Case, k: int, a: int, b: int) -> float:
    """Hours that shift k drives from one location to another."""
    return float(case.travel[a, b] * case.pace[k])


@inner
def refresh(case: Case, plan: Plan, memo: Memo, k: int) -> None:
    """Recompute segments, van use, depot stop and cost of one route, and give it a new stamp."""
    n, size, home = case.penalty.shape[0], plan.length[k], case.penalty.shape[0] + 1 + k
    memo.clock[0] += 1
    plan.stamp[k], plan.stop[k], plan.used[k] = memo.clock[0], -1, 0
    head, tail, told = plan.head[k], plan.tail[k], plan.told[k]
    t, e, late = 0.0, case.start[k], case.end[k]
    head[0, 0], head[0, 1], head[0, 2] = t, e, late
    last, extra, fits, detour = home, 0.0, True, FAR
    drive, work = 0.0, 0.0
    for i in range(size + 1):
        v = plan.node[k, i] if i < size else home
        way = go(case, k, last, v)
        drive += way
        detour = min(detour, go(case, k, last, n) + go(case, k, n, v) - way)
        if i == size:
            ok, t, e, late = join(t, e, late, 0.0, case.start[k], case.end[k], way)
            fits = fits and ok
            break
        ok, t, e, late = join(t, e, late, case.service[v], case.early[k, v], case.late[k, v], way)
        fits = fits and ok
        head[i + 1, 0], head[i + 1, 1], head[i + 1, 2] = t, e, late
        work += case.service[v]
        last = v
        if v == n:
            plan.stop[k] = i
            continue
        extra += case.extra[k, v]
        if plan.stop[k] < 0 or not case.shelved[v]:
            for p in range(case.need.shape[1]):
                plan.used[k, p] += case.need[v, p]
    span, over = t, max(e + t - case.regular[k], 0.0)
    t, e, late = 0.0, case.start[k], case.end[k]
    tail[size, 0], tail[size, 1], tail[size, 2] = t, e, late
    ahead = home
    for i in range(size - 1, -1, -1):
        v = plan.node[k, i]
        _, t, e, late = join(case.service[v], case.early[k, v], case.late[k, v], t, e, late, go(case, k, v, ahead))
        tail[i, 0], tail[i, 1], tail[i, 2] = t, e, late
        ahead = v
    told[SPAN], told[DRIVE], told[BUSY], told[OVER], told[DETOUR] = span, drive, drive + work, over, detour
    plan.cost[k] = 0.0
    if size:
        plan.cost[k] = case.per_travel * drive + case.per_work * span + case.per_over * over + extra
        if not fits:
            plan.cost[k] = FAR


@inner
def from_van(case: Case, plan: Plan, k: int, v: int) -> bool:
    """Can this shift do one more visit with its own tools and the parts left in its van?"""
    for p in range(case.need.shape[1]):
        if plan.used[k, p] + case.need[v, p] > case.van[k, p]:
            return False
    return bool(case.tooled[k, v])


@inner
def place_of(plan: Plan, k: int, i: int, home: int) -> int:
    """The location at position i of a route; home before and after it."""
    return plan.node[k, i] if 0 <= i < plan.length[k] else home


@inner
def dearer(case: Case, plan: Plan, k: int, way: float, span: float, start: float) -> float:
    """What a route costs more than now when it drives `way` more and takes `span` from `start` on."""
    told = plan.told[k]
    over = max(start + span - case.regular[k], 0.0) - told[OVER]
    return float(case.per_travel * way + case.per_work * (span - told[SPAN]) + case.per_over * over)


@inner
def best_insertion(case: Case, plan: Plan, k: int, v: int, first: int) -> tuple[float, int]:
    """The cheapest place of a visit in one route from position `first` on, without a new depot stop."""
    home, size = case.penalty.shape[0] + 1 + k, plan.length[k]
    head, tail = plan.head[k], plan.tail[k]
    best, where = FAR, -1
    service, early, late = case.service[v], case.early[k, v], case.late[k, v]
    for i in range(first, size + 1):
        a, b = place_of(plan, k, i - 1, home), place_of(plan, k, i, home)
        there, on = go(case, k, a, v), go(case, k, v, b)
        ok, t, e, last = join(head[i, 0], head[i, 1], head[i, 2], service, early, late, there)
        if not ok:
            break
        ok, span, e, _ = join(t, e, last, tail[i, 0], tail[i, 1], tail[i, 2], on)
        if not ok:
            continue
        way = there + on - (go(case, k, a, b) if size else 0.0)
        price = dearer(case, plan, k, way, span, e) + case.extra[k, v]
        if price < best:
            best, where = price, i
    return best, where


@inner
def best_with_stop(case: Case, plan: Plan, k: int, v: int) -> tuple[float, int, int]:
    """The cheapest way to add a depot stop and, after it, the visit: added cost, positions of visit and stop."""
    n, home, size = case.penalty.shape[0], case.penalty.shape[0] + 1 + k, plan.length[k]
    head, tail = plan.head[k], plan.tail[k]
    best, stop, where = FAR, -1, -1
    for a in range(size + 1):
        last, after = place_of(plan, k, a - 1, home), place_of(plan, k, a, home)
        ok, t, e, late = join(head[a, 0], head[a, 1], head[a, 2], case.service[n], case.early[k, n], case.late[k, n],
                              go(case, k, last, n))  # fmt: skip
        if not ok:
            break
        bare = -(go(case, k, last, after) if size else 0.0)
        drive, here = go(case, k, last, n), n
        for b in range(a, size + 1):
            ahead, s = place_of(plan, k, b, home), tail[b]
            there, on = go(case, k, here, v), go(case, k, v, ahead)
            ok, t2, e2, l2 = join(t, e, late, case.service[v], case.early[k, v], case.late[k, v], there)
            if not ok:
                break
            ok, span, begin, _ = join(t2, e2, l2, s[0], s[1], s[2], on)
            if ok:
                price = dearer(case, plan, k, drive + there + on + bare, span, begin) + case.extra[k, v]
                if price < best:
                    best, stop, where = price, a, b + 1
            if b == size:
                break
            w = plan.node[k, b]
            ok, t, e, late = join(t, e, late, case.service[w], case.early[k, w], case.late[k, w], go(case, k, here, w))
            if not ok:
                break
            drive += go(case, k, here, w)
            bare -= go(case, k, w, place_of(plan, k, b + 1, home))
            here = w
    return best, where, stop


@inner
def look(case: Case, plan: Plan, memo: Memo, k: int, v: int) -> tuple[float, bool]:
    """What a visit costs more in a route at best, remembered; True when only `look_round` knows."""
    if memo.stamp[v, k] == plan.stamp[k]:
        return float(memo.price[v, k]), False
    price, where = FAR, -1
    if from_van(case, plan, k, v):
        price, where = best_insertion(case, plan, k, v, 0)
    elif case.depot and case.shelved[v]:
        if plan.stop[k] < 0:
            return FAR, True
        price, where = best_insertion(case, plan, k, v, plan.stop[k] + 1)
    memo.price[v, k], memo.place[v, k], memo.stop[v, k], memo.stamp[v, k] = price, where, -1, plan.stamp[k]
    return float(price), False


@inner
def look_round(case: Case, plan: Plan, memo: Memo, k: int, v: int, limit: float) -> float:
    """What a visit costs more in a route at best by a new stop at the depot; FAR when it cannot be below `limit`."""
    told = plan.told[k]
    longer = max(told[BUSY] + told[DETOUR] + case.service[v] - told[SPAN], 0.0)
    if case.per_travel * told[DETOUR] + case.per_work * longer + case.extra[k, v] >= limit:
        return FAR
    price, where, stop = best_with_stop(case, plan, k, v)
    memo.price[v, k], memo.place[v, k], memo.stop[v, k], memo.stamp[v, k] = price, where, stop, plan.stamp[k]
    return float(price)
