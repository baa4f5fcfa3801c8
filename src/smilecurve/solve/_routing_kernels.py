"""What does a route cost, and where does one more visit cost least? (compiled part of `routing`)

Routes with time windows, skills, van stock and at most one stop at the depot. A working time is the shortest span
in which its visits can be done; segments are joined in constant time (Vidal et al., Computers & OR 40(1), 2013).

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


class Case(NamedTuple):
    """What does not change: travel, windows, skills, parts, costs."""

    travel: Floats
    early: Floats
    late: Floats
    service: Floats
    start: Floats
    end: Floats
    able: Flags
    tooled: Flags
    extra: Floats
    need: Ints
    van: Ints
    penalty: Floats
    choices: Floats
    near: Ints
    per_travel: float
    per_work: float
    depot: bool


class Plan(NamedTuple):
    """The routes, and for each position the segment from home to it and from it to home."""

    node: Ints
    length: Ints
    at: Ints
    head: Floats
    tail: Floats
    used: Ints
    stop: Ints
    cost: Floats


@inner
def empty_plan(n: int, k: int, parts: int, longest: int) -> Plan:
    """Routes without a visit."""
    return Plan(
        np.full((k, longest), -1, np.int64),
        np.zeros(k, np.int64),
        np.full(n, -1, np.int64),
        np.zeros((k, longest + 2, 3)),
        np.zeros((k, longest + 2, 3)),
        np.zeros((k, parts), np.int64),
        np.full(k, -1, np.int64),
        np.zeros(k),
    )


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
def span_at(segments: Floats, k: int, i: int) -> tuple[float, float, float]:
    """The segment stored for position i of a route: span, earliest and latest start."""
    return segments[k, i, 0], segments[k, i, 1], segments[k, i, 2]


@inner
def refresh(case: Case, plan: Plan, k: int) -> None:
    """Recompute segments, van use, depot stop and cost of one route."""
    n, size, home = case.early.shape[0] - 1, plan.length[k], case.early.shape[0] + k
    parts = case.need.shape[1]
    plan.stop[k] = -1
    for p in range(parts):
        plan.used[k, p] = 0
    plan.head[k, 0, 0], plan.head[k, 0, 1], plan.head[k, 0, 2] = 0.0, case.start[k], case.end[k]
    last, drive, extra, fits = home, 0.0, 0.0, True
    for i in range(size):
        v = plan.node[k, i]
        h = span_at(plan.head, k, i)
        ok, t, e, late = join(h[0], h[1], h[2], case.service[v], case.early[v], case.late[v], case.travel[last, v])
        fits = fits and ok
        plan.head[k, i + 1, 0], plan.head[k, i + 1, 1], plan.head[k, i + 1, 2] = t, e, late
        drive += case.travel[last, v]
        last = v
        if v < n:
            extra += case.extra[k, v]
        if v == n:
            plan.stop[k] = i
        elif plan.stop[k] < 0:
            for p in range(parts):
                plan.used[k, p] += case.need[v, p]
    plan.tail[k, size, 0], plan.tail[k, size, 1], plan.tail[k, size, 2] = 0.0, case.start[k], case.end[k]
    ahead = home
    for i in range(size - 1, -1, -1):
        v = plan.node[k, i]
        s = span_at(plan.tail, k, i + 1)
        _, t, e, late = join(case.service[v], case.early[v], case.late[v], s[0], s[1], s[2], case.travel[v, ahead])
        plan.tail[k, i, 0], plan.tail[k, i, 1], plan.tail[k, i, 2] = t, e, late
        ahead = v
    plan.cost[k] = 0.0
    if size:
        h = span_at(plan.head, k, size)
        ok, span, _, _ = join(h[0], h[1], h[2], 0.0, case.start[k], case.end[k], case.travel[last, home])
        plan.cost[k] = case.per_travel * (drive + case.travel[last, home]) + case.per_work * span + extra
        if not (fits and ok):
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
def route_price(case: Case, plan: Plan, k: int, drive: float, span: float) -> float:
    """What a route costs more than now when its drive grows by `drive` and its span becomes `span`."""
    size = plan.length[k]
    old = 0.0
    if size:
        h, home = span_at(plan.head, k, size), case.early.shape[0] + k
        _, old, _, _ = join(
            h[0], h[1], h[2], 0.0, case.start[k], case.end[k], case.travel[plan.node[k, size - 1], home]
        )
    return case.per_travel * drive + case.per_work * (span - old)


@inner
def best_insertion(case: Case, plan: Plan, k: int, v: int, blink: float) -> tuple[float, int]:
    """The cheapest place of a visit in one route without a new depot stop: added cost, position."""
    home, size = case.early.shape[0] + k, plan.length[k]
    carried = from_van(case, plan, k, v)
    if not carried and plan.stop[k] < 0:
        return FAR, -1
    first = 0 if carried else plan.stop[k] + 1
    best, where = FAR, -1
    for i in range(first, size + 1):
        if blink > 0.0 and np.random.random() < blink:
            continue
        a, b, h, s = (
            place_of(plan, k, i - 1, home),
            place_of(plan, k, i, home),
            span_at(plan.head, k, i),
            span_at(plan.tail, k, i),
        )
        ok, t, e, late = join(h[0], h[1], h[2], case.service[v], case.early[v], case.late[v], case.travel[a, v])
        if not ok:
            break
        ok, span, _, _ = join(t, e, late, s[0], s[1], s[2], case.travel[v, b])
        if not ok:
            continue
        drive = case.travel[a, v] + case.travel[v, b] - (case.travel[a, b] if size else 0.0)
        price = route_price(case, plan, k, drive, span) + case.extra[k, v]
        if price < best:
            best, where = price, i
    return best, where


@inner
def best_with_stop(case: Case, plan: Plan, k: int, v: int) -> tuple[float, int, int]:
    """The cheapest way to add a depot stop and, after it, the visit: added cost, positions of stop and visit."""
    n, home, size = case.early.shape[0] - 1, case.early.shape[0] + k, plan.length[k]
    best, stop, where = FAR, -1, -1
    for a in range(size + 1):
        last, after = place_of(plan, k, a - 1, home), place_of(plan, k, a, home)
        h = span_at(plan.head, k, a)
        ok, t, e, late = join(h[0], h[1], h[2], case.service[n], case.early[n], case.late[n], case.travel[last, n])
        if not ok:
            break
        bare = -(case.travel[last, after] if size else 0.0)
        drive, here = case.travel[last, n], n
        for b in range(a, size + 1):
            ahead, s = place_of(plan, k, b, home), span_at(plan.tail, k, b)
            ok, t2, e2, l2 = join(t, e, late, case.service[v], case.early[v], case.late[v], case.travel[here, v])
            if not ok:
                break
            ok, span, _, _ = join(t2, e2, l2, s[0], s[1], s[2], case.travel[v, ahead])
            if ok:
                rest = drive + case.travel[here, v] + case.travel[v, ahead] + bare
                price = route_price(case, plan, k, rest, span) + case.extra[k, v]
                if price < best:
                    best, stop, where = price, a, b + 1
            if b == size:
                break
            w = plan.node[k, b]
            ok, t, e, late = join(t, e, late, case.service[w], case.early[w], case.late[w], case.travel[here, w])
            if not ok:
                break
            drive += case.travel[here, w]
            bare -= case.travel[w, place_of(plan, k, b + 1, home)]
            here = w
    return best, stop, where
