"""Compiled memory of solve.packing: partial plans kept once each, with the most promising of a level at hand.

A partial plan is the set of tasks already placed, as bits in 64-bit words. A hash table finds it again, a pairing heap
for each number of filled stations gives the one of least score.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
inner = njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Compiles functions that only compiled functions call: less to compile."""
NONE = -1
START = np.int64(0)
"""Zero of a fixed type, so that nothing is compiled twice for a literal."""


class Pool(NamedTuple):
    """Partial plans by number: their tasks, filled stations, key, where they came from, and their heap.

    key: what is left in LB1 (time), LB2 (halves) and LB3 (sixths), and the stations filled at the front.
    """

    words: Ints
    level: Ints
    key: Ints
    score: Floats
    parent: Ints
    child: Ints
    sibling: Ints
    root: Ints
    table: Ints
    tally: Ints


FRONT = 3
SIZE, TURN, CUT, WORK = 0, 1, 2, 3
"""Places in Pool.tally: partial plans held, level whose turn it is, whether anything was left out, loads looked at."""


def new_pool(n: int, levels: int, capacity: int, key: tuple[int, int, int]) -> Pool:
    """Make a memory for partial plans of n tasks in up to `levels` stations that holds the empty plan, of this key."""
    words, slots = (n + 63) // 64, 1 << (2 * capacity - 1).bit_length()
    pool = Pool(
        words=np.empty((capacity, words), np.int64),
        level=np.empty(capacity, np.int64),
        key=np.empty((capacity, 4), np.int64),
        score=np.empty(capacity, np.float64),
        parent=np.empty(capacity, np.int64),
        child=np.empty(capacity, np.int64),
        sibling=np.empty(capacity, np.int64),
        root=np.full(levels + 1, NONE, np.int64),
        table=np.zeros(slots, np.int64),
        tally=np.array([1, 0, 0, 0], np.int64),
    )
    pool.words[0], pool.key[0], pool.score[0], pool.level[0] = 0, (*key, 0), 0.0, 0
    pool.parent[0], pool.child[0], pool.sibling[0], pool.root[0] = NONE, NONE, NONE, 0
    return pool


@inner
def bit(words: Ints, task: int) -> bool:
    """Say whether the task's bit is set."""
    return bool((words[task >> 6] >> (task & 63)) & 1 == 1)


@inner
def slot_of(pool: Pool, words: Ints) -> int:
    """Find the table slot of this set of tasks: its own, or the free one where it belongs."""
    mixed = np.int64(1469598103934665603)
    for word in words:
        mixed = (mixed ^ word) * np.int64(1099511628211)
        mixed ^= mixed >> 29
    mask = pool.table.size - 1
    at = mixed & mask
    while pool.table[at] > 0:
        same = True
        for index in range(words.size):
            if pool.words[pool.table[at] - 1, index] != words[index]:
                same = False
                break
        if same:
            return int(at)
        at = (at + 1) & mask
    return int(at)


@inner
def _join(pool: Pool, one: int, two: int) -> int:
    """Make one heap of two."""
    if one < 0:
        return two
    if two < 0:
        return one
    if pool.score[two] < pool.score[one]:
        one, two = two, one
    pool.sibling[two] = pool.child[one]
    pool.child[one] = two
    return one


@inner
def push(pool: Pool, row: int) -> None:
    """Enter a partial plan into the heap of its level."""
    pool.child[row] = NONE
    pool.sibling[row] = NONE
    level = pool.level[row]
    pool.root[level] = _join(pool, pool.root[level], row)


@inner
def pop(pool: Pool, level: int) -> int:
    """Take the partial plan of least score out of the heap of its level."""
    row = pool.root[level]
    pairs, at = NONE, pool.child[row]
    while at >= 0:
        other = pool.sibling[at]
        if other >= 0:
            then = pool.sibling[other]
            pool.sibling[at], pool.sibling[other] = NONE, NONE
            at, other = _join(pool, at, other), then
        else:
            other = NONE
        pool.sibling[at] = pairs
        pairs, at = at, other
    joined = NONE
    while pairs >= 0:
        then = pool.sibling[pairs]
        pool.sibling[pairs] = NONE
        joined = _join(pool, joined, pairs)
        pairs = then
    pool.root[level] = joined
    return int(row)
