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


STEPS = 5
"""Steps of a station in which tasks are measured, from halves on (Fekete and Schepers 2001, Math. Programming 91)."""
THRESHOLDS = 4
"""Limits between long and short tasks that are kept (Martello and Toth 1990)."""


def measures_of(times: Ints, takt: int) -> tuple[Ints, Ints]:
    """Weigh each task in several ways in which no station holds more than a known weight; return weights and limits.

    A row a task: its time; what it takes of LB2 (halves), LB3 (sixths) and of finer steps; its time when long tasks
    count as a whole station and short ones not at all, at the limits between both that bound the whole line best.
    """
    columns, limits = [times], [takt]
    for step in range(1, STEPS + 1):
        scaled = times * (step + 1)
        columns.append(np.where(scaled % takt == 0, scaled // takt * step, scaled // takt * (step + 1)))
        limits.append(step * (step + 1))
    short = np.unique(times[2 * times <= takt])
    cut = [np.where(times > takt - p, takt, np.where(times < p, 0, times)) for p in short[short > 0]]
    order = sorted(range(len(cut)), key=lambda at: -int(cut[at].sum()))[:THRESHOLDS]
    columns += [cut[at] for at in order]
    limits += [takt] * len(order)
    return np.ascontiguousarray(np.stack(columns, axis=1), dtype=np.int64), np.array(limits, dtype=np.int64)


@njit(cache=True)
def bins_of(falling: Ints, count: int, takt: int) -> int:
    """Bound the stations of `count` times, longest first, without any order.

    The L2 of Martello and Toth, LB1 in it; and how many stations the tasks longer than a third take, of which no
    station holds more than two: exact by joining the longest with the shortest.
    """
    total, halves = 0, 0
    for at in range(count):
        total += falling[at]
        if 2 * falling[at] > takt:
            halves += 1
    last, first, pairs = np.int64(0), np.int64(0), np.int64(0)
    while last < count and 3 * falling[last] > takt:
        last += 1
    while first < last:
        if falling[first] + falling[last - 1] <= takt:
            last -= 1
        first += 1
        pairs += 1
    best = max(int(-(-total // takt)), halves, int(pairs))
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
            best = max(best, int(halves + -(-(small - spare) // takt)))
    return best


@njit(cache=True)
def tails_of(times: Ints, order: Ints, ahead: Flags, weights: Ints, falling: Ints, takt: int) -> Ints:
    """Bound, for each task, the stations from its own to the end of the line.

    The larger of the one-machine relaxation of all tasks behind it and of the bounds without order. `order` lists the
    tasks from the last, `falling` from the longest, `weights` holds their halves and sixths of LB2 and LB3.
    """
    n = times.size
    tail = np.zeros(n, np.int64)
    stations = np.zeros(n, np.int64)
    own, late = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for done in range(n):
        task = order[done]
        least, work, held, two, three = 0, 0, np.int64(0), weights[0, task], weights[1, task]
        for at in range(done):
            other = late[at]
            if ahead[task, other]:
                work += times[other]
                least = max(least, work + tail[other])
                two += weights[0, other]
                three += weights[1, other]
        for other in falling:
            if ahead[task, other] or other == task:
                own[held] = times[other]
                held += 1
        most = max(-(-two // 2), -(-three // 6), bins_of(own, held, takt))
        least = max(least, (most - 1) * takt)
        if least % takt + times[task] > takt:
            least += takt - least % takt
        tail[task] = least
        stations[task] = -(-(least + times[task]) // takt)
        at = done
        while at > 0 and tail[late[at - 1]] < least:
            late[at] = late[at - 1]
            at -= 1
        late[at] = task
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
    starts, found = np.zeros(n + 1, np.int64), np.zeros(0, np.int64)
    for known in range(2):
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
                    if known:
                        found[size] = other
                    size += 1
            starts[task + 1] = size
        if not known:
            found = np.zeros(size, np.int64)
    return starts, found
