"""Which routes are better than these? (compiled part of `routing`)

Slack induction by string removals (Christiaens and Vanden Berghe, Transportation Science 54(2), 2020): strings of
visits are taken out of neighbouring routes and put back one by one where they cost least, under simulated annealing.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._routing_kernels import (
    EPSILON,
    FAR,
    Case,
    Flags,
    Floats,
    Ints,
    Memo,
    Plan,
    from_van,
    inner,
    look,
    look_round,
    refresh,
)
from smilecurve.solve._routing_pool import Pool, keep_route

NOWHERE = np.int64(-1)
"""No route or place; of a fixed type, so that nothing is compiled twice for a literal."""
BLINK = 0.02
"""Chance that a route is passed over when a visit is put back."""
CUTS = 5.0
"""Visits taken out on average; 10 in the paper, for routes without skills."""
KEPT = 8.0
"""Routes of plans up to so many times the heat above the present one are remembered."""


@inner
def put(plan: Plan, k: int, i: int, v: int) -> None:
    """Write a node into a route before position i."""
    for j in range(plan.length[k], i, -1):
        plan.node[k, j] = plan.node[k, j - 1]
    plan.node[k, i] = v
    plan.length[k] += 1


@inner
def recreate(case: Case, plan: Plan, memo: Memo, order: Ints, count: int, blink: float) -> None:
    """Insert the visits in this order where they cost least; one dearer than its penalty mostly stays out.

    With chance `blink` a route is passed over.
    """
    n, shifts, later = case.penalty.shape[0], plan.length.shape[0], memo.later
    for o in range(count):
        v = order[o]
        best, route, waiting = case.penalty[v], int(NOWHERE), int(NOWHERE) + 1
        if blink > 0.0 and np.random.random() < 0.1:
            best = FAR
        for k in range(shifts):
            if not case.able[k, v] or plan.length[k] + 2 > plan.node.shape[1]:
                continue
            if blink > 0.0 and np.random.random() < blink:
                continue
            price, round_trip = look(case, plan, memo, k, v)
            if round_trip:
                later[waiting] = k
                waiting += 1
            elif price < best - EPSILON:
                best, route = price, k
        for i in range(waiting):
            price = look_round(case, plan, memo, later[i], v, best)
            if price < best - EPSILON:
                best, route = price, later[i]
        if route < 0:
            continue
        where, stop = memo.place[v, route], memo.stop[v, route]
        if stop >= 0:
            put(plan, route, stop, n)
        put(plan, route, where, v)
        plan.at[v] = route
        refresh(case, plan, memo, route)


@inner
def drop_stop(case: Case, plan: Plan, memo: Memo, k: int, out: Ints, count: int, force: bool) -> int:
    """Take out the depot stop that a route no longer needs, or with force also the visits that need it; the count."""
    n = case.penalty.shape[0]
    if plan.stop[k] < 0:
        return count
    plan.used[k] = 0
    write = 0
    for i in range(plan.length[k]):
        v = plan.node[k, i]
        if v == n:
            continue
        if not from_van(case, plan, k, v):
            if not force:
                refresh(case, plan, memo, k)
                return count
            out[count] = v
            count += 1
            plan.at[v] = -1
            continue
        for p in range(case.need.shape[1]):
            plan.used[k, p] += case.need[v, p]
        if force:
            plan.node[k, write] = v
            write += 1
    if not force:
        for i in range(plan.stop[k], plan.length[k] - 1):
            plan.node[k, i] = plan.node[k, i + 1]
        write = plan.length[k] - 1
    plan.length[k] = write
    refresh(case, plan, memo, k)
    return count


@inner
def cut_string(case: Case, plan: Plan, memo: Memo, k: int, c: int, most: int, out: Ints, count: int) -> int:
    """Take a string of visits around c out of a route, half the time sparing some inside it; the new count."""
    n, size, at = case.penalty.shape[0], plan.length[k], 0
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
    write, stop_inside = first, False
    for i in range(first, size):
        v = plan.node[k, i]
        inside = i < first + whole and not (keep_from <= i < keep_from + spare)
        if inside and v != n:
            out[count] = v
            count += 1
            plan.at[v] = -1
        else:
            stop_inside = stop_inside or (inside and v == n)
            plan.node[k, write] = v
            write += 1
    plan.length[k] = write
    refresh(case, plan, memo, k)
    force = np.random.random() < (0.5 if stop_inside else 0.05)
    return int(drop_stop(case, plan, memo, k, out, count, force))


@inner
def ruin(case: Case, plan: Plan, memo: Memo, out: Ints, touched: Flags) -> int:
    """Take strings out of neighbouring routes; what is out already stays in the list of visits to insert."""
    n, count, served, routes = case.penalty.shape[0], int(NOWHERE) + 1, 0, 0
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
    strings = 1 + int(np.random.random() * max(1.0, 4.0 * CUTS / (1.0 + most) - 1.0))
    seed, cut = int(np.random.random() * n), 0
    for j in range(-1, case.near.shape[1]):
        c = seed if j < 0 else case.near[seed, j]
        k = plan.at[c]
        if k >= 0 and not touched[k]:
            touched[k] = True
            count = cut_string(case, plan, memo, k, c, most, out, count)
            cut += 1
            if cut >= strings:
                break
    return count


@inner
def arrange(case: Case, out: Ints, count: int, key: Floats) -> None:
    """Order the visits to insert: by chance, by width of the window, by penalty, by skills, or by latest start."""
    rule = np.random.random()
    for i in range(count):
        v = out[i]
        key[i] = np.random.random()
        if 0.30 <= rule < 0.50:
            key[i] = case.late[0, v] - case.early[0, v]
        elif 0.50 <= rule < 0.65:
            key[i] = -case.penalty[v]
        elif 0.65 <= rule < 0.80:
            key[i] += case.choices[v]
        elif rule >= 0.80:
            key[i] = case.late[0, v]
    for i in range(1, count):
        v, value, j = out[i], key[i], i - 1
        while j >= 0 and key[j] > value:
            out[j + 1], key[j + 1] = out[j], key[j]
            j -= 1
        out[j + 1], key[j + 1] = v, value


@inner
def copy_routes(source: Plan, goal: Plan, which: Flags) -> None:
    """Copy the marked routes and where each visit is."""
    for k in range(which.shape[0]):
        if not which[k]:
            continue
        goal.length[k], goal.stop[k], goal.cost[k] = source.length[k], source.stop[k], source.cost[k]
        goal.stamp[k] = source.stamp[k]
        for j in range(source.told.shape[1]):
            goal.told[k, j] = source.told[k, j]
        for i in range(source.length[k]):
            goal.node[k, i] = source.node[k, i]
        for p in range(source.used.shape[1]):
            goal.used[k, p] = source.used[k, p]
        for i in range(source.length[k] + 1):
            for j in range(3):
                goal.head[k, i, j], goal.tail[k, i, j] = source.head[k, i, j], source.tail[k, i, j]
    for v in range(source.at.shape[0]):
        goal.at[v] = source.at[v]


@inner
def total_cost(case: Case, plan: Plan) -> float:
    """Cost of all routes and of the visits left out."""
    cost = 0.0
    for k in range(plan.cost.shape[0]):
        cost += plan.cost[k]
    for v in range(case.penalty.shape[0]):
        if plan.at[v] < 0:
            cost += case.penalty[v]
    return float(cost)


@inner
def settle(case: Case, plan: Plan, memo: Memo, out: Ints, key: Floats) -> None:
    """Read the routes as they stand, empty those that do not hold, and insert what is out."""
    n, shifts, count = case.penalty.shape[0], plan.length.shape[0], int(NOWHERE) + 1
    plan.at[:] = -1
    for k in range(shifts):
        refresh(case, plan, memo, k)
        if plan.cost[k] >= FAR:
            plan.length[k] = 0
            refresh(case, plan, memo, k)
        for i in range(plan.length[k]):
            if plan.node[k, i] != n:
                plan.at[plan.node[k, i]] = k
    for v in range(n):
        if plan.at[v] < 0:
            out[count] = v
            count += 1
    arrange(case, out, count, key)
    recreate(case, plan, memo, out, count, 0.0)


@njit(cache=True)
def anneal(
    case: Case, plan: Plan, keep: Plan, best: Plan, memo: Memo, pool: Pool, least: float,
    rounds: int, hot: float, cold: float, seed: int,
) -> float:  # fmt: skip
    """Ruin and recreate `plan` under simulated annealing; the cost of the best plan, which is written to `best`.

    least   cost of `best` as it is given, FAR if it is not a plan yet
    """
    np.random.seed(seed)
    n, shifts = case.penalty.shape[0], case.start.shape[0]
    everything, out, key = np.ones(shifts, np.bool_), np.zeros(n, np.int64), np.zeros(n)
    settle(case, plan, memo, out, key)
    copy_routes(plan, keep, everything)
    now = total_cost(case, plan)
    if now < least - EPSILON:
        least = now
        copy_routes(plan, best, everything)
    heat, cooling = hot, (cold / hot) ** (1.0 / max(rounds, 1))
    touched = np.zeros(shifts, np.bool_)
    for _ in range(rounds):
        touched[:] = False
        count = ruin(case, plan, memo, out, touched)
        arrange(case, out, count, key)
        recreate(case, plan, memo, out, count, BLINK)
        for i in range(count):
            if plan.at[out[i]] >= 0:
                touched[plan.at[out[i]]] = True
        cost = total_cost(case, plan)
        if cost < now + KEPT * heat:
            for k in range(shifts):
                if touched[k]:
                    keep_route(case, plan, pool, k)
        if cost < now - heat * np.log(max(np.random.random(), 1e-300)):
            now = cost
            copy_routes(plan, keep, touched)
            if cost < least - EPSILON:
                least = cost
                copy_routes(plan, best, everything)
        else:
            copy_routes(keep, plan, touched)
        heat *= cooling
    return float(least)
