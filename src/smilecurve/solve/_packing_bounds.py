"""Compiled bounds of solve.packing: what the times alone, and the tasks behind a task, ask of stations.

Sources: LB1-LB3 and the tails of the one-machine relaxation (LB4), Scholl & Becker (2006), EJOR 168:666-693; L2,
Martello & Toth (1990), Discrete Applied Mathematics 28:59-70; preferred tasks, Jackson (1956), Management Science 2.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@njit(cache=True)
def weights_of(times: Ints, takt: int) -> tuple[Ints, Ints]:
    """Give each task its weight in LB2 (halves of a station) and in LB3 (sixths of a station)."""
    halves = np.zeros(times.size, np.int64)
    sixths = np.zeros(times.size, np.int64)
    for task in range(times.size):
        if 2 * times[task] > takt:
            halves[task] = 2
        elif 2 * times[task] == takt:
            halves[task] = 1
        third = 3 * times[task]
        if third > 2 * takt:
            sixths[task] = 6
        elif third == 2 * takt:
            sixths[task] = 4
        elif third > takt:
            sixths[task] = 3
        elif third == takt:
            sixths[task] = 2
    return halves, sixths


@njit(cache=True)
def bins_of(falling: Ints, count: int, takt: int) -> int:
    """Bound the stations of `count` times, longest first, without any order: the L2 of Martello and Toth, LB1 in it."""
    total, halves = 0, 0
    for at in range(count):
        total += falling[at]
        if 2 * falling[at] > takt:
            halves += 1
    best = max(-(-total // takt), halves)
    small, spare, wide, at = 0, 0, halves, halves
    while at < count and falling[at] > 0:
        least = falling[at]
        while at < count and falling[at] == least:
            small += least
            at += 1
        while wide > 0 and falling[wide - 1] <= takt - least:
            wide -= 1
            spare += takt - falling[wide]
        if small > spare:
            best = max(best, halves + -(-(small - spare) // takt))
    return best


@njit(cache=True)
def tails_of(times: Ints, order: Ints, ahead: Flags, takt: int) -> Ints:
    """Bound, for each task, the stations from its own to the end of the line; `order` lists the tasks from the last.

    The larger of the one-machine relaxation of all tasks behind it and of the bounds without order.
    """
    n = times.size
    falling = np.argsort(-times)
    halves, sixths = weights_of(times, takt)
    tail = np.zeros(n, np.int64)
    stations = np.zeros(n, np.int64)
    ends, work, own = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for task in order:
        count, held, two, three = 0, 0, halves[task], sixths[task]
        for other in falling:
            if ahead[task, other] or other == task:
                own[held] = times[other]
                held += 1
            if ahead[task, other]:
                ends[count] = tail[other]
                work[count] = times[other]
                two += halves[other]
                three += sixths[other]
                count += 1
        least, done = 0, 0
        for at in np.argsort(-ends[:count]):
            done += work[at]
            least = max(least, done + ends[at])
        most = max(-(-two // 2), -(-three // 6), bins_of(own, held, takt))
        least = max(least, (most - 1) * takt)
        if least % takt + times[task] > takt:
            least += takt - least % takt
        tail[task] = least
        stations[task] = -(-(least + times[task]) // takt)
    return stations


@njit(cache=True)
def harder_tasks(times: Ints, ahead: Flags) -> tuple[Ints, Ints]:
    """List, for each task, the unrelated tasks at least as long whose followers include all of its own (Jackson)."""
    n = times.size
    words = (n + 63) // 64
    behind = np.zeros((n, words), np.int64)
    for task in range(n):
        for other in range(n):
            if ahead[task, other]:
                behind[task, other >> 6] |= np.int64(1) << (other & 63)
    starts = np.zeros(n + 1, np.int64)
    found = np.empty(n, np.int64)
    size = 0
    for task in range(n):
        for other in range(n):
            if other == task or times[other] < times[task] or ahead[task, other] or ahead[other, task]:
                continue
            holds, same = True, True
            for index in range(words):
                holds = holds and behind[task, index] & ~behind[other, index] == 0
                same = same and behind[task, index] == behind[other, index]
            if holds and (times[other] > times[task] or not same or other < task):
                if size == found.size:
                    found = np.concatenate((found, np.empty(size, np.int64)))
                found[size] = other
                size += 1
        starts[task + 1] = size
    return starts, found[:size].copy()
