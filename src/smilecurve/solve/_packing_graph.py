"""The order of tasks as a graph, for solve.packing: which task follows which, and a first plan that always exists."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]


def shape_arcs(arcs: ArrayLike) -> Ints:
    """Shape the arcs as unique rows (before, after)."""
    pairs = np.asarray(arcs, dtype=np.int64).reshape(-1, 2)
    return np.unique(pairs, axis=0) if pairs.size else pairs


def topological(n: int, arcs: Ints) -> list[int]:
    """Order the tasks so that each follows its predecessors; raise ValueError on a circle."""
    after: list[list[int]] = [[] for _ in range(n)]
    waiting = np.bincount(arcs[:, 1], minlength=n).tolist()
    for before, later in arcs.tolist():
        after[before].append(later)
    order = [task for task in range(n) if waiting[task] == 0]
    for task in order:
        for later in after[task]:
            waiting[later] -= 1
            if waiting[later] == 0:
                order.append(later)
    if len(order) < n:
        raise ValueError("the arcs run in a circle")
    return order


def followers(n: int, arcs: Ints) -> NDArray[np.bool_]:
    """Mark ahead[i, j] when task j comes somewhere after task i."""
    ahead = np.zeros((n, n), np.bool_)
    after: list[list[int]] = [[] for _ in range(n)]
    for before, later in arcs.tolist():
        after[before].append(later)
    for task in reversed(topological(n, arcs)):
        for later in after[task]:
            ahead[task] |= ahead[later]
            ahead[task, later] = True
    return ahead


def one_by_one(times: Ints, arcs: Ints, takt: int) -> Ints:
    """Fill stations in a plain order: a first plan that always exists."""
    station = np.zeros(times.size, np.int64)
    at, load = 0, 0
    for task in topological(times.size, arcs):
        if load + int(times[task]) > takt:
            at, load = at + 1, 0
        load += int(times[task])
        station[task] = at
    return station
