"""Compiled inner loops of solve.packing: station loads of a partial plan, and a layered search over partial plans.

A partial plan is the set of tasks already placed in the first k stations, kept as bits in 64-bit words. Layer k holds
the partial plans of k full stations. Nothing is cut as long as the layer stays within its width: then the search is a
proof.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from smilecurve.solve._packing_pool import Floats, Ints, bit, keep_best, rebuild, slot_of

FOUND, EXHAUSTED, CUT = 1, 0, -1


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
def _replaceable(
    chosen: Ints,
    depth: int,
    inside: NDArray[np.bool_],
    waiting: Ints,
    room: int,
    times: Ints,
    stronger_at: Ints,
    stronger: Ints,
) -> bool:
    """Say whether one task of the load could give way to a harder one (Jackson 1956): then the load is not needed."""
    for at in range(depth):
        task = chosen[at]
        for position in range(stronger_at[task], stronger_at[task + 1]):
            other = stronger[position]
            if waiting[other] == 0 and not inside[other] and times[other] - times[task] <= room:
                return True
    return False


@njit(cache=True)
def search(
    times: Ints,
    succ_at: Ints,
    succ: Ints,
    preds: Ints,
    stronger_at: Ints,
    stronger: Ints,
    must: Ints,
    value: Floats,
    rank: Ints,
    takt: int,
    target: int,
    width: int,
    loads_each: int,
    budget: int,
) -> tuple[int, Ints, int]:
    """Look for a plan of at most `target` stations, station by station; return (FOUND|EXHAUSTED|CUT, stations, loads
    tried).

    `value` rates tasks (a partial plan is better the less value is left), `rank` lists them by it, `must[k]` holds
    the tasks that cannot wait for a station after k, `stronger` the tasks that Jackson's rule prefers to a task.
    """
    n = times.size
    words = must.shape[1]
    capacity = 4 * width + 4
    buckets = 16
    while buckets < 2 * capacity:
        buckets *= 2
    table = np.full(buckets, -1, np.int64)
    layers = np.zeros((target + 1, width, words), np.int64)
    parents = np.zeros((target + 1, width), np.int64)
    layer_keys = np.zeros((width, 3), np.int64)
    pool_words = np.zeros((capacity, words), np.int64)
    pool_keys = np.zeros((capacity, 3), np.int64)
    pool_score = np.zeros(capacity, np.float64)
    pool_parent = np.zeros(capacity, np.int64)
    halves, sixths = weights_of(times, takt)
    layer_keys[0, 0] = times.sum()
    layer_keys[0, 1] = halves.sum()
    layer_keys[0, 2] = sixths.sum()
    layer_score = np.zeros(width, np.float64)
    layer_score[0] = value.sum()
    waiting = np.zeros(n, np.int64)
    inside = np.zeros(n, np.bool_)
    queue = np.zeros(n + 1, np.int64)
    chosen = np.zeros(n + 1, np.int64)
    cursor = np.zeros(n + 2, np.int64)
    length = np.zeros(n + 2, np.int64)
    fresh = np.zeros(words, np.int64)
    count, cut, work = 1, False, 0
    for level in range(1, target + 1):
        left = target - level
        size = 0
        for at in range(buckets):
            table[at] = -1
        for row in range(count):
            if work >= budget:
                cut = True
                break
            parent = layers[level - 1, row]
            for task in range(n):
                inside[task] = bit(parent, task)
                waiting[task] = preds[task]
            for task in range(n):
                if inside[task]:
                    for position in range(succ_at[task], succ_at[task + 1]):
                        waiting[succ[position]] -= 1
            tail = 0
            for at in range(n):
                task = rank[at]
                if not inside[task] and waiting[task] == 0:
                    queue[tail] = task
                    tail += 1
            depth, room, tried = 0, takt, 0
            rest, rest2, rest3 = layer_keys[row, 0], layer_keys[row, 1], layer_keys[row, 2]
            score = layer_score[row]
            cursor[0], length[0] = 0, tail
            opened = True
            while True:
                picked = -1
                for at in range(cursor[depth], length[depth]):
                    if times[queue[at]] <= room:
                        picked = at
                        break
                if picked >= 0:
                    task = queue[picked]
                    cursor[depth] = picked + 1
                    chosen[depth] = task
                    inside[task] = True
                    room -= times[task]
                    rest -= times[task]
                    rest2 -= halves[task]
                    rest3 -= sixths[task]
                    score -= value[task]
                    tail = length[depth]
                    for position in range(succ_at[task], succ_at[task + 1]):
                        follower = succ[position]
                        waiting[follower] -= 1
                        if waiting[follower] == 0:
                            queue[tail] = follower
                            tail += 1
                    depth += 1
                    cursor[depth], length[depth] = picked + 1, tail
                    opened = True
                    continue
                if opened and depth > 0:
                    work += 1
                    tried += 1
                    if rest <= left * takt and rest2 <= 2 * left and rest3 <= 6 * left:
                        full = True
                        for at in range(length[depth]):
                            if not inside[queue[at]] and times[queue[at]] <= room:
                                full = False
                                break
                        if full and not _replaceable(
                            chosen, depth, inside, waiting, room, times, stronger_at, stronger
                        ):
                            for index in range(words):
                                fresh[index] = parent[index]
                            for at in range(depth):
                                fresh[chosen[at] >> 6] |= np.int64(1) << (chosen[at] & 63)
                            possible = True
                            for index in range(words):
                                if must[level, index] & ~fresh[index] != 0:
                                    possible = False
                                    break
                            if possible:
                                at = slot_of(table, fresh, pool_words)
                                if table[at] < 0:
                                    table[at] = size
                                    for index in range(words):
                                        pool_words[size, index] = fresh[index]
                                    pool_keys[size, 0] = rest
                                    pool_keys[size, 1] = rest2
                                    pool_keys[size, 2] = rest3
                                    pool_score[size] = score
                                    pool_parent[size] = row
                                    size += 1
                                    if rest == 0 and rest2 == 0 and _whole(fresh, n):
                                        return FOUND, _stations(layers, parents, fresh, row, level, n), work
                                    if size == capacity:
                                        size = keep_best(pool_words, pool_keys, pool_score, pool_parent, size, width)
                                        rebuild(table, pool_words, size)
                                        cut = True
                opened = False
                if tried >= loads_each or work >= budget:
                    cut = True
                    break
                if depth == 0:
                    break
                depth -= 1
                task = chosen[depth]
                inside[task] = False
                room += times[task]
                rest += times[task]
                rest2 += halves[task]
                rest3 += sixths[task]
                score += value[task]
                for position in range(succ_at[task], succ_at[task + 1]):
                    waiting[succ[position]] += 1
        if size == 0:
            break
        if size > width:
            size = keep_best(pool_words, pool_keys, pool_score, pool_parent, size, width)
            cut = True
        for row in range(size):
            for index in range(words):
                layers[level, row, index] = pool_words[row, index]
            for index in range(3):
                layer_keys[row, index] = pool_keys[row, index]
            parents[level, row], layer_score[row] = pool_parent[row], pool_score[row]
        count = size
    return (CUT if cut else EXHAUSTED), np.zeros(0, np.int64), work


@njit(cache=True)
def _whole(words: Ints, n: int) -> bool:
    """Say whether every task is placed."""
    placed = 0
    for task in range(n):
        placed += bit(words, task)
    return placed == n


@njit(cache=True)
def _stations(layers: Ints, parents: Ints, last: Ints, row: int, level: int, n: int) -> Ints:
    """Read the station of each task back through the layers."""
    station = np.full(n, level - 1, np.int64)
    words = last.copy()
    for back in range(level - 1, 0, -1):
        words = layers[back, row]
        for task in range(n):
            if bit(words, task):
                station[task] = back - 1
        row = parents[back, row]
    return station
