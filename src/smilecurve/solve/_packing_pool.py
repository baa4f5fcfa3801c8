"""Compiled pool of partial plans of solve.packing: task sets as bits, kept once each, the best kept when space runs
out.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@njit(cache=True)
def bit(words: Ints, task: int) -> bool:
    """Say whether the task's bit is set."""
    return bool((words[task >> 6] >> (task & 63)) & 1 == 1)


@njit(cache=True)
def copy_row(words: Ints, keys: Ints, score: Floats, parent: Ints, row: int, to: int) -> None:
    """Copy one partial plan of the pool to another row."""
    for index in range(words.shape[1]):
        words[to, index] = words[row, index]
    for index in range(keys.shape[1]):
        keys[to, index] = keys[row, index]
    score[to] = score[row]
    parent[to] = parent[row]


@njit(cache=True)
def keep_best(words: Ints, keys: Ints, score: Floats, parent: Ints, size: int, width: int) -> int:
    """Keep the `width` partial plans of least score, in the order they were found."""
    low, high = score[0], score[0]
    for row in range(size):
        low, high = min(low, score[row]), max(high, score[row])
    for _ in range(50):
        middle = low + (high - low) / 2
        below = 0
        for row in range(size):
            if score[row] <= middle:
                below += 1
        if below >= width:
            high = middle
        else:
            low = middle
    kept = 0
    for row in range(size):
        if score[row] <= high and kept < width:
            copy_row(words, keys, score, parent, row, kept)
            kept += 1
    return kept


@njit(cache=True)
def slot_of(table: Ints, words: Ints, pool_words: Ints) -> int:
    """Find the table slot of this set of tasks: its own, or the free one where it belongs."""
    mixed = np.int64(1469598103934665603)
    for word in words:
        mixed = (mixed ^ word) * np.int64(1099511628211)
        mixed ^= mixed >> 29
    mask = table.size - 1
    at = mixed & mask
    while table[at] >= 0:
        same = True
        for index in range(words.size):
            if pool_words[table[at], index] != words[index]:
                same = False
                break
        if same:
            return int(at)
        at = (at + 1) & mask
    return int(at)


@njit(cache=True)
def rebuild(table: Ints, pool_words: Ints, size: int) -> None:
    """Enter the first `size` partial plans of the pool into an empty table."""
    for at in range(table.size):
        table[at] = -1
    for row in range(size):
        table[slot_of(table, pool_words[row], pool_words)] = row
