"""Compiled plans of a flexible shop: by rules of dispatching, and by an order given; and what they cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]

EARLIEST_DUE, LEAST_SLACK, APPARENT_COST, SHORTEST, MOST_WORK, FIRST_COME = range(6)
RULES = (EARLIEST_DUE, LEAST_SLACK, APPARENT_COST, SHORTEST, MOST_WORK, FIRST_COME)
FAR = np.int64(1) << 50


class Floor(NamedTuple):
    """A shop as arrays: operations first[j]..first[j+1]-1 are those of job j in order.

    Way k of operation o (ways[o] <= k < ways[o+1]) is done at way_place[k] in way_time[k]. setup[table, from, to] is
    the time to change a place whose table[place] >= 0. Place p is closed shut[p]..shut[p+1]-1 of (begin, end), in
    order and apart. stands: what a place is set up for at first, from free[p] on.
    """

    first: Ints
    job: Ints
    family: Ints
    ways: Ints
    way_place: Ints
    way_time: Ints
    release: Ints
    due: Ints
    deadline: Ints
    weight: Ints
    table: Ints
    setup: NDArray[np.int64]
    shut: Ints
    begin: Ints
    end: Ints
    stands: Ints
    late_weight: int
    miss_weight: int


@njit(cache=True, no_cpython_wrapper=True)
def _change(floor: Floor, place: int, before: int, after: int) -> int:
    """The time to set a place up from one family for another."""
    table = floor.table[place]
    return int(floor.setup[table, before, after]) if table >= 0 and before >= 0 else 0


@njit(cache=True, no_cpython_wrapper=True)
def _fit(floor: Floor, place: int, free: int, ready: int, setup: int, time: int) -> int:
    """The earliest start of an operation with its setup right before it, both clear of closed times."""
    at, long = max(free, ready - setup), setup + time
    low, high = floor.shut[place], floor.shut[place + 1]
    last = high
    while low < high:
        middle = (low + high) // 2
        if floor.end[middle] > at:
            high = middle
        else:
            low = middle + 1
    while low < last and floor.begin[low] < at + long:
        at = max(at, floor.end[low])
        low += 1
    return int(at + setup)


@njit(cache=True)
def decode(floor: Floor, order: Ints, way: Ints, start: Ints, setup: Ints) -> int:
    """Plan the operations one by one in this order, each as early as its place and job allow; return the cost."""
    places = floor.table.size
    free, stands = np.zeros(places, np.int64), floor.stands.copy()
    ready = floor.release.copy()
    for at in range(order.size):
        o = order[at]
        place, time, j = floor.way_place[way[o]], floor.way_time[way[o]], floor.job[o]
        setup[o] = _change(floor, place, stands[place], floor.family[o])
        start[o] = _fit(floor, place, free[place], ready[j], setup[o], time)
        ready[j] = free[place] = start[o] + time
        stands[place] = floor.family[o]
    return int(_cost(floor, ready))


@njit(cache=True, no_cpython_wrapper=True)
def _cost(floor: Floor, done: Ints) -> int:
    """Weighted lateness, deadlines missed and the end of all work."""
    cost, longest = np.int64(0), np.int64(0)
    for j in range(done.size):
        longest = max(longest, done[j])
        cost += floor.late_weight * floor.weight[j] * max(0, done[j] - floor.due[j])
        cost += floor.miss_weight * max(0, done[j] - floor.deadline[j])
    return int(cost + longest)


@njit(cache=True, no_cpython_wrapper=True)
def _urgency(
    floor: Floor, rule: int, j: int, o: int, start: int, time: int, setup: int, left: int, mean: float
) -> float:
    """How soon a rule wants an operation: the least goes first."""
    due = min(floor.due[j], floor.deadline[j])
    if rule == EARLIEST_DUE:
        return float(due)
    if rule == LEAST_SLACK:
        return float((due - start - left) / (floor.first[j + 1] - o))
    if rule == APPARENT_COST:
        slack = max(0.0, float(due - start - left))
        worth = floor.weight[j] / max(time, 1) * np.exp(-slack / (2.0 * mean)) * np.exp(-setup / (0.5 * mean))
        return float(-worth)
    if rule == SHORTEST:
        return float(time + setup)
    if rule == MOST_WORK:
        return -float(left)
    return float(start - setup)


@njit(cache=True)
def dispatch(floor: Floor, rule: int, order: Ints, way: Ints) -> None:
    """Write an order and ways: whoever could be done first names the place, the rule names the operation there.

    Giffler & Thompson (1960) with setups, closed times and ways to choose from.
    """
    jobs, places = floor.release.size, floor.table.size
    free, stands = np.zeros(places, np.int64), floor.stands.copy()
    ready, after = floor.release.copy(), floor.first[:-1].copy()
    left = np.zeros(jobs, np.int64)
    total = np.int64(0)
    for o in range(floor.job.size):
        least = FAR
        for k in range(floor.ways[o], floor.ways[o + 1]):
            least = min(least, floor.way_time[k])
        left[floor.job[o]] += least
        total += least
    mean = max(1.0, total / max(floor.job.size, 1))
    best = np.full(jobs, -1)
    start, finish, change = np.zeros(jobs, np.int64), np.full(jobs, FAR), np.zeros(jobs, np.int64)
    touched = np.int64(-1)
    for at in range(order.size):
        soonest, where = FAR, np.int64(-1)
        for j in range(jobs):
            o = after[j]
            if o == floor.first[j + 1]:
                continue
            stale = best[j] < 0
            for k in range(floor.ways[o], floor.ways[o + 1]):
                stale = stale or floor.way_place[k] == touched
            if stale:
                finish[j] = FAR
                for k in range(floor.ways[o], floor.ways[o + 1]):
                    place = floor.way_place[k]
                    setup = _change(floor, place, stands[place], floor.family[o])
                    begin = _fit(floor, place, free[place], ready[j], setup, floor.way_time[k])
                    if begin + floor.way_time[k] < finish[j]:
                        best[j], start[j], finish[j], change[j] = k, begin, begin + floor.way_time[k], setup
            if finish[j] < soonest:
                soonest, where = finish[j], floor.way_place[best[j]]
        chosen, least_urgent = -1, np.inf
        for j in range(jobs):
            o = after[j]
            if o == floor.first[j + 1] or floor.way_place[best[j]] != where or start[j] - change[j] >= soonest:
                continue
            time = floor.way_time[best[j]]
            urgency = _urgency(floor, rule, j, o, start[j], time, change[j], left[j], mean)
            if chosen < 0 or urgency < least_urgent:
                chosen, least_urgent = j, urgency
        o = after[chosen]
        order[at], way[o] = o, best[chosen]
        touched = np.int64(where)
        free[where] = ready[chosen] = finish[chosen]
        stands[where] = floor.family[o]
        left[chosen] -= floor.way_time[best[chosen]]
        after[chosen] += 1
        best[chosen], finish[chosen] = -1, FAR


class Stretch(NamedTuple):
    """Operations low..high-1 of an order that are searched, and what weighs behind them.

    jobs: those with operations there; rest: their shortest work behind it; press: what a second later costs by place.
    """

    low: int
    high: int
    jobs: Ints
    rest: Ints
    press: NDArray[np.float64]


@njit(cache=True)
def stretch(floor: Floor, order: Ints, way: Ints, low: int, high: int, late: NDArray[np.bool_], ahead: int) -> Stretch:
    """A stretch of an order; the next `ahead` operations of late jobs press on their place."""
    jobs = np.unique(floor.job[order[low:high]])
    rest, press = np.zeros(jobs.size, np.int64), np.zeros(floor.table.size)
    number, seen = np.full(floor.release.size, -1), np.zeros(floor.table.size, np.int64)
    for k in range(jobs.size):
        number[jobs[k]] = k
    for at in range(high, order.size):
        o = order[at]
        place, j = floor.way_place[way[o]], floor.job[o]
        if number[j] >= 0:
            rest[number[j]] += floor.way_time[way[o]]
        if seen[place] < ahead:
            seen[place] += 1
            if late[j]:
                press[place] += 0.3 * floor.late_weight * floor.weight[j]
    return Stretch(low, high, jobs, rest, press)


@njit(cache=True, no_cpython_wrapper=True)
def _run(floor: Floor, order: Ints, way: Ints, low: int, high: int, free: Ints, stands: Ints, ready: Ints) -> None:
    """Plan part of an order on from what places and jobs are at."""
    for at in range(low, high):
        o = order[at]
        place, time, j = floor.way_place[way[o]], floor.way_time[way[o]], floor.job[o]
        setup = _change(floor, place, stands[place], floor.family[o])
        ready[j] = free[place] = _fit(floor, place, free[place], ready[j], setup, time) + time
        stands[place] = floor.family[o]


@njit(cache=True, no_cpython_wrapper=True)
def _worth(floor: Floor, part: Stretch, ready: Ints, free: Ints) -> float:
    """What a stretch costs: lateness of its jobs as far as it is sure, its end, and how long it holds the places."""
    cost, longest = 0.0, np.int64(0)
    for k in range(part.jobs.size):
        j = part.jobs[k]
        done = ready[j] + part.rest[k]
        longest = max(longest, done)
        cost += floor.late_weight * floor.weight[j] * max(0, done - floor.due[j])
        cost += floor.miss_weight * max(0, done - floor.deadline[j])
    for p in range(free.size):
        cost += part.press[p] * free[p]
    return float(cost + longest)


@njit(cache=True, no_cpython_wrapper=True)
def _shift(floor: Floor, order: Ints, low: int, high: int, reach: int) -> tuple[int, int]:
    """Put one operation, drawn by chance, up to `reach` places earlier or later than it stands, within its job."""
    here = low + int(np.random.random() * (high - low))
    goal = here + int((2.0 * np.random.random() - 1.0) * reach)
    goal = min(max(goal, low), high - 1)
    o, at = order[here], here
    j = floor.job[o]
    while at > goal and floor.job[order[at - 1]] != j:
        order[at] = order[at - 1]
        at -= 1
    while at < goal and floor.job[order[at + 1]] != j:
        order[at] = order[at + 1]
        at += 1
    order[at] = o
    return here, at


@njit(cache=True, no_cpython_wrapper=True)
def _back(order: Ints, here: int, at: int) -> None:
    """Undo a shift."""
    o = order[at]
    while at < here:
        order[at] = order[at + 1]
        at += 1
    while at > here:
        order[at] = order[at - 1]
        at -= 1
    order[here] = o


@njit(cache=True)
def anneal(floor: Floor, order: Ints, way: Ints, part: Stretch, moves: int, seed: int, hot: float, cold: float) -> None:
    """Improve a stretch of an order and its ways in place by so many shifts and changes, cooling from hot to cold."""
    np.random.seed(seed)
    low, high = part.low, part.high
    free, stands, ready = np.zeros(floor.table.size, np.int64), floor.stands.copy(), floor.release.copy()
    _run(floor, order, way, 0, low, free, stands, ready)
    free0, stands0, ready0 = free.copy(), stands.copy(), ready.copy()
    _run(floor, order, way, low, high, free, stands, ready)
    cost = _worth(floor, part, ready, free)
    least, best, chosen = cost, order[low:high].copy(), way.copy()
    cooling, heat = (cold / hot) ** (1.0 / max(moves, 1)), hot
    reach = max(4, min((high - low) // 2, 4 * floor.table.size))
    for _ in range(moves):
        heat *= cooling
        o = order[low + int(np.random.random() * (high - low))]
        old, many = way[o], floor.ways[o + 1] - floor.ways[o]
        here = at = -1
        if many > 1 and np.random.random() < 0.3:
            way[o] = floor.ways[o] + int(np.random.random() * many)
        else:
            here, at = _shift(floor, order, low, high, reach)
            if here == at:
                continue
        free[:], stands[:] = free0, stands0
        for k in range(part.jobs.size):
            ready[part.jobs[k]] = ready0[part.jobs[k]]
        _run(floor, order, way, low, high, free, stands, ready)
        fresh = _worth(floor, part, ready, free)
        if fresh <= cost or np.random.random() < np.exp((cost - fresh) / heat):
            cost = fresh
            if cost < least:
                least = cost
                best[:], chosen[:] = order[low:high], way
        elif here >= 0:
            _back(order, here, at)
        else:
            way[o] = old
    order[low:high], way[:] = best, chosen


@njit(cache=True)
def alone(floor: Floor) -> Ints:
    """When each operation could end at the earliest if its job had the shop to itself, set up for it."""
    ends = np.zeros(floor.job.size, np.int64)
    for j in range(floor.release.size):
        ready = floor.release[j]
        for o in range(floor.first[j], floor.first[j + 1]):
            least = FAR
            for k in range(floor.ways[o], floor.ways[o + 1]):
                time = floor.way_time[k]
                least = min(least, _fit(floor, floor.way_place[k], 0, ready, 0, time) + time)
            ready = least
            ends[o] = ready
    return ends
