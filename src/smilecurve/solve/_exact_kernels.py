"""Pipelines down a tree of places without approximation, compiled: laws are convolved and thinned (Graves 1985)."""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._echelon_kernels import opening, wholes


@njit(cache=True)
def poisson_row(mean, most):  # type: ignore[no-untyped-def]
    """Poisson probabilities from 0 until the rest is below 1e-13, at most `most`."""
    found = np.zeros(most + 1)
    if mean <= 0.0:
        found[0] = 1.0
        return found[:1]
    k, p, a, b = opening(mean, mean)
    total = 0.0
    while k <= most:
        found[k] = p
        total += p
        if k > mean and (1.0 - total < 1e-13 or p < 1e-18):
            break
        k += 1
        p *= (a + b * (k - 1)) / k
    return found[: min(k, most) + 1]


@njit(cache=True)
def thinned(chances, share):  # type: ignore[no-untyped-def]
    """Each of a random number of pieces is kept with this chance: the distribution of how many are."""
    n = len(chances)
    kept = np.zeros(n)
    for count in range(n - 1, -1, -1):
        for k in range(min(n - 1 - count, n - 2), -1, -1):
            kept[k + 1] += kept[k] * share
            kept[k] *= 1.0 - share
        kept[0] += chances[count]
    return kept


@njit(cache=True)
def exact_part(stock, resupply, end, load, transit, waits, late, owed, empty):  # type: ignore[no-untyped-def]
    """`missed_part` of a part asked for in single pieces, without approximation.

    `waits`: law of what the first place waits for besides its own resupply; `late[place]` becomes that of what it owes.
    """
    places, most = late.shape[0], late.shape[1] - 1
    whole = np.zeros(places)
    wholes(end, load, whole)
    owed[:] = 0.0
    empty[:] = 0.0
    parent = np.full(places, -1)
    late[:] = 0.0
    late[:, 0] = 1.0
    long = np.zeros(places, dtype=np.int64)
    for node in range(places):
        child = node + 1
        while child < end[node]:
            parent[child] = node
            child = end[child]
        if whole[node] <= 0.0:
            continue
        if node == 0:
            moving = poisson_row(whole[0] * (resupply + transit[0]), most)
        else:
            above = parent[node]
            waits = thinned(late[above, : long[above]], whole[node] / whole[above])
            moving = poisson_row(whole[node] * transit[node], most)
        under_way = np.zeros(min(len(waits) + len(moving) - 1, most + 1))
        for i in range(len(waits)):
            for j in range(min(len(moving), len(under_way) - i)):
                under_way[i + j] += waits[i] * moving[j]
        s = stock[node]
        short = max(len(under_way) - s, 1)
        long[node] = short
        late[node, 1:short] = under_way[s + 1 : s + short]
        late[node, 0] = max(1.0 - late[node, 1:short].sum(), 0.0)
        on_time = under_way[: min(s, len(under_way))].sum()
        for count in range(1, short):
            owed[node] += count * late[node, count]
        empty[node] = max(1.0 - on_time, 0.0)


@njit(cache=True)
def exact_parts(stock, resupply, end, loads, transit, most, owed, empty):  # type: ignore[no-untyped-def]
    """`exact_part` of every part."""
    for part in range(len(resupply)):
        late = np.zeros((len(end), most[part] + 1))
        exact_part(stock[part], resupply[part], end, loads[part], transit, np.ones(1), late, owed[part], empty[part])
