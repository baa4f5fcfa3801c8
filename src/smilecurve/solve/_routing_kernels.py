"""Which change of the technicians' routes is better? (compiled part of `routing`)

Slack induction by string removals (Christiaens and Vanden Berghe, Transportation Science 54(2), 2020) on routes with
time windows, skills, van stock and at most one stop at the depot. A route's working time is the shortest span in which
its visits can be done; segments are joined in constant time (Vidal et al., Computers & OR 40(1), 2013).

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
_FAR = 1e30
_EPSILON = 1e-7


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


@njit(cache=True)
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


@njit(cache=True)
def join(
    t1: float, e1: float, l1: float, t2: float, e2: float, l2: float, go: float
) -> tuple[bool, float, float, float]:
    """Join two segments (span, earliest start, latest start) by a drive; False when the second comes too late."""
    delta = t1 + go
    if e1 + delta > l2 + _EPSILON:
        return False, 0.0, 0.0, 0.0
    wait = max(e2 - delta - l1, 0.0)
    return True, t1 + t2 + go + wait, max(e2 - delta, e1) - wait, min(l2 - delta, l1)


@njit(cache=True)
def span_at(segments: Floats, k: int, i: int) -> tuple[float, float, float]:
    """The segment stored for position i of a route: span, earliest and latest start."""
    return segments[k, i, 0], segments[k, i, 1], segments[k, i, 2]


@njit(cache=True)
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
            plan.cost[k] = _FAR


@njit(cache=True)
def from_van(case: Case, plan: Plan, k: int, v: int) -> bool:
    """Can this shift do one more visit with its own tools and the parts left in its van?"""
    for p in range(case.need.shape[1]):
        if plan.used[k, p] + case.need[v, p] > case.van[k, p]:
            return False
    return bool(case.tooled[k, v])


@njit(cache=True)
def place_of(plan: Plan, k: int, i: int, home: int) -> int:
    """The location at position i of a route; home before and after it."""
    return plan.node[k, i] if 0 <= i < plan.length[k] else home


@njit(cache=True)
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


@njit(cache=True)
def best_insertion(case: Case, plan: Plan, k: int, v: int, blink: float) -> tuple[float, int]:
    """The cheapest place of a visit in one route without a new depot stop: added cost, position."""
    home, size = case.early.shape[0] + k, plan.length[k]
    carried = from_van(case, plan, k, v)
    if not carried and plan.stop[k] < 0:
        return _FAR, -1
    first = 0 if carried else plan.stop[k] + 1
    best, where = _FAR, -1
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


@njit(cache=True)
def best_with_stop(case: Case, plan: Plan, k: int, v: int) -> tuple[float, int, int]:
    """The cheapest way to add a depot stop and, after it, the visit: added cost, positions of stop and visit."""
    n, home, size = case.early.shape[0] - 1, case.early.shape[0] + k, plan.length[k]
    best, stop, where = _FAR, -1, -1
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


@njit(cache=True)
def put(plan: Plan, k: int, i: int, v: int) -> None:
    """Write a node into a route before position i."""
    for j in range(plan.length[k], i, -1):
        plan.node[k, j] = plan.node[k, j - 1]
    plan.node[k, i] = v
    plan.length[k] += 1


@njit(cache=True)
def recreate(case: Case, plan: Plan, order: Ints, count: int, blink: float) -> None:
    """Insert the visits in this order where they cost least; one dearer than its penalty mostly stays out."""
    n, shifts = case.penalty.shape[0], plan.length.shape[0]
    for o in range(count):
        v = order[o]
        best, route, where, stop = case.penalty[v], -1, -1, -1
        if blink > 0.0 and np.random.random() < 0.1:
            best = _FAR
        for k in range(shifts):
            if not case.able[k, v] or plan.length[k] + 2 > plan.node.shape[1]:
                continue
            price, i = best_insertion(case, plan, k, v, blink)
            if price < best - _EPSILON:
                best, route, where, stop = price, k, i, -1
            if case.depot and plan.stop[k] < 0 and not from_van(case, plan, k, v):
                price, a, b = best_with_stop(case, plan, k, v)
                if price < best - _EPSILON:
                    best, route, where, stop = price, k, b, a
        if route < 0:
            continue
        if stop >= 0:
            put(plan, route, stop, n)
        put(plan, route, where, v)
        plan.at[v] = route
        refresh(case, plan, route)


@njit(cache=True)
def drop_stop(case: Case, plan: Plan, k: int) -> None:
    """Take the depot stop out of a route whose visits no longer need it."""
    n, stop = case.early.shape[0] - 1, plan.stop[k]
    if stop < 0:
        return
    for i in range(plan.length[k]):
        if plan.node[k, i] != n and not case.tooled[k, plan.node[k, i]]:
            return
    for p in range(case.need.shape[1]):
        total = 0
        for i in range(plan.length[k]):
            if plan.node[k, i] != n:
                total += case.need[plan.node[k, i], p]
        if total > case.van[k, p]:
            return
    for j in range(stop, plan.length[k] - 1):
        plan.node[k, j] = plan.node[k, j + 1]
    plan.length[k] -= 1
    refresh(case, plan, k)


@njit(cache=True)
def cut_string(case: Case, plan: Plan, k: int, c: int, most: int, out: Ints, count: int) -> int:
    """Take a string of visits around c out of a route, half the time sparing some inside it; the new count."""
    n, size, at = case.early.shape[0] - 1, plan.length[k], 0
    while plan.node[k, at] != c:
        at += 1
    cut = min(size, 1 + int(np.random.random() * most))
    spare = 0
    if cut > 1 and np.random.random() < 0.5:
        while cut + spare < size and np.random.random() > 0.01 and np.random.random() < 0.5:
            spare += 1
    whole = cut + spare
    first = max(0, min(at - int(np.random.random() * whole), size - whole))
    keep_from = first + int(np.random.random() * (cut + 1)) if spare else size
    write = first
    for i in range(first, size):
        v = plan.node[k, i]
        inside = i < first + whole and not (keep_from <= i < keep_from + spare)
        if inside and v != n:
            out[count] = v
            count += 1
            plan.at[v] = -1
        else:
            plan.node[k, write] = v
            write += 1
    plan.length[k] = write
    refresh(case, plan, k)
    drop_stop(case, plan, k)
    return count


@njit(cache=True)
def ruin(case: Case, plan: Plan, out: Ints, touched: Flags) -> int:
    """Take strings out of neighbouring routes; what is out already stays in the list of visits to insert."""
    n, count, served, routes = case.penalty.shape[0], 0, 0, 0
    for v in range(n):
        if plan.at[v] < 0:
            out[count] = v
            count += 1
        else:
            served += 1
    for k in range(plan.length.shape[0]):
        routes += plan.length[k] > 0
    if not served:
        return count
    most = max(1, min(10, int(served / routes)))
    strings = 1 + int(np.random.random() * max(1.0, 40.0 / (1.0 + most) - 1.0))
    seed, cut = int(np.random.random() * n), 0
    for j in range(-1, case.near.shape[1]):
        c = seed if j < 0 else case.near[seed, j]
        k = plan.at[c]
        if k >= 0 and not touched[k]:
            touched[k] = True
            count = cut_string(case, plan, k, c, most, out, count)
            cut += 1
            if cut >= strings:
                break
    return count


@njit(cache=True)
def arrange(case: Case, out: Ints, count: int, key: Floats) -> None:
    """Order the visits to insert: by chance, by width of the window, by penalty, by skills, or by latest start."""
    rule = np.random.random()
    for i in range(count):
        v = out[i]
        key[i] = np.random.random()
        if 0.30 <= rule < 0.50:
            key[i] = case.late[v] - case.early[v]
        elif 0.50 <= rule < 0.65:
            key[i] = -case.penalty[v]
        elif 0.65 <= rule < 0.80:
            key[i] += case.choices[v]
        elif rule >= 0.80:
            key[i] = case.late[v]
    for i in range(1, count):
        v, value, j = out[i], key[i], i - 1
        while j >= 0 and key[j] > value:
            out[j + 1], key[j + 1] = out[j], key[j]
            j -= 1
        out[j + 1], key[j + 1] = v, value


@njit(cache=True)
def copy_routes(source: Plan, goal: Plan, which: Flags) -> None:
    """Copy the marked routes and where each visit is."""
    for k in range(which.shape[0]):
        if not which[k]:
            continue
        goal.length[k], goal.stop[k], goal.cost[k] = source.length[k], source.stop[k], source.cost[k]
        for i in range(source.length[k]):
            goal.node[k, i] = source.node[k, i]
        for p in range(source.used.shape[1]):
            goal.used[k, p] = source.used[k, p]
        for i in range(source.length[k] + 1):
            for j in range(3):
                goal.head[k, i, j], goal.tail[k, i, j] = source.head[k, i, j], source.tail[k, i, j]
    for v in range(source.at.shape[0]):
        goal.at[v] = source.at[v]


@njit(cache=True)
def total_cost(case: Case, plan: Plan) -> float:
    """Cost of all routes and of the visits left out."""
    cost = 0.0
    for k in range(plan.cost.shape[0]):
        cost += plan.cost[k]
    for v in range(case.penalty.shape[0]):
        if plan.at[v] < 0:
            cost += case.penalty[v]
    return float(cost)


@njit(cache=True)
def search(case: Case, longest: int, rounds: int, hot: float, cold: float, seed: int) -> tuple[Plan, float]:
    """Simulated annealing over ruin and recreate; the best plan seen and its cost."""
    np.random.seed(seed)
    n, shifts = case.penalty.shape[0], case.start.shape[0]
    plan = empty_plan(n, shifts, case.van.shape[1], longest)
    keep = empty_plan(n, shifts, case.van.shape[1], longest)
    best = empty_plan(n, shifts, case.van.shape[1], longest)
    everything, out, key = np.ones(shifts, np.bool_), np.arange(n), np.zeros(n)
    for k in range(shifts):
        refresh(case, plan, k)
    arrange(case, out, n, key)
    recreate(case, plan, out, n, 0.0)
    copy_routes(plan, keep, everything)
    copy_routes(plan, best, everything)
    now = least = total_cost(case, plan)
    heat = hot
    cooling = (cold / hot) ** (1.0 / max(rounds, 1))
    for _ in range(rounds):
        touched = np.zeros(shifts, np.bool_)
        count = ruin(case, plan, out, touched)
        arrange(case, out, count, key)
        recreate(case, plan, out, count, 0.01)
        for i in range(count):
            if plan.at[out[i]] >= 0:
                touched[plan.at[out[i]]] = True
        cost = total_cost(case, plan)
        if cost < now - heat * np.log(max(np.random.random(), 1e-300)):
            now = cost
            copy_routes(plan, keep, touched)
            if cost < least - _EPSILON:
                least = cost
                copy_routes(plan, best, everything)
        else:
            copy_routes(keep, plan, touched)
        heat *= cooling
    return best, least
