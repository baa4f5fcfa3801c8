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
    Plan,
    best_insertion,
    best_with_stop,
    empty_plan,
    from_van,
    inner,
    refresh,
)

NOWHERE = np.int64(-1)
"""No route or place; of a fixed type, so that nothing is compiled twice for a literal."""


@inner
def put(plan: Plan, k: int, i: int, v: int) -> None:
    """Write a node into a route before position i."""
    for j in range(plan.length[k], i, -1):
        plan.node[k, j] = plan.node[k, j - 1]
    plan.node[k, i] = v
    plan.length[k] += 1


@inner
def recreate(case: Case, plan: Plan, order: Ints, count: int, blink: float) -> None:
    """Insert the visits in this order where they cost least; one dearer than its penalty mostly stays out."""
    n, shifts = case.penalty.shape[0], plan.length.shape[0]
    for o in range(count):
        v = order[o]
        best, route, where, stop = case.penalty[v], int(NOWHERE), int(NOWHERE), int(NOWHERE)
        if blink > 0.0 and np.random.random() < 0.1:
            best = FAR
        for k in range(shifts):
            if not case.able[k, v] or plan.length[k] + 2 > plan.node.shape[1]:
                continue
            price, i = best_insertion(case, plan, k, v, blink)
            if price < best - EPSILON:
                best, route, where, stop = price, k, i, -1
            if case.depot and plan.stop[k] < 0 and not from_van(case, plan, k, v):
                price, a, b = best_with_stop(case, plan, k, v)
                if price < best - EPSILON:
                    best, route, where, stop = price, k, b, a
        if route < 0:
            continue
        if stop >= 0:
            put(plan, route, stop, n)
        put(plan, route, where, v)
        plan.at[v] = route
        refresh(case, plan, route)


@inner
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


@inner
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


@inner
def ruin(case: Case, plan: Plan, out: Ints, touched: Flags) -> int:
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


@inner
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


@inner
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
            if cost < least - EPSILON:
                least = cost
                copy_routes(plan, best, everything)
        else:
            copy_routes(keep, plan, touched)
        heat *= cooling
    return best, least
