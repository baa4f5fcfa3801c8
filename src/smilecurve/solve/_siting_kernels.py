"""Interchange of open sites, compiled (Whitaker, INFOR 21(2), 1983; Resende and Werneck, EJOR 174(1), 2006).

`begin`, `who`, `cost`: for each site, the customers it would serve for less than `far` and what each would cost.
`first`, `second`: the cheapest and next open site of each customer (-1: none, at cost `far`).
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def nearest(is_open, begin, who, cost, far, first, second, one, two):  # type: ignore[no-untyped-def]
    """The cheapest two open sites of every customer."""
    first[:] = -1
    second[:] = -1
    one[:] = far
    two[:] = far
    for site in range(len(is_open)):
        if not is_open[site]:
            continue
        for at in range(begin[site], begin[site + 1]):
            i, c = who[at], cost[at]
            if c < one[i]:
                second[i], two[i] = first[i], one[i]
                first[i], one[i] = site, c
            elif c < two[i]:
                second[i], two[i] = site, c


@njit(cache=True)
def best_swap(is_open, opening, begin, who, cost, first, one, two, loss, more, free):  # type: ignore[no-untyped-def]
    """The change that saves most: (saved, site to open or -1, site to close or -1); `free`: the number may change."""
    sites = len(is_open)
    loss[:] = 0.0
    for i in range(len(first)):
        if first[i] >= 0:
            loss[first[i]] += two[i] - one[i]
    best, inside, outside = 1e-9, -1, -1
    for site in range(sites):
        if is_open[site]:
            if free and opening[site] - loss[site] > best:
                best, inside, outside = opening[site] - loss[site], -1, site
            continue
        gain = -opening[site]
        more[:] = 0.0
        for at in range(begin[site], begin[site + 1]):
            i, c = who[at], cost[at]
            if c < one[i]:
                gain += one[i] - c
                if first[i] >= 0:
                    more[first[i]] += two[i] - one[i]
            elif c < two[i] and first[i] >= 0:
                more[first[i]] += two[i] - c
        if free and gain > best:
            best, inside, outside = gain, site, -1
        for closing in range(sites):
            if is_open[closing]:
                saved = gain + opening[closing] - loss[closing] + more[closing]
                if saved > best:
                    best, inside, outside = saved, site, closing
    return best if inside >= 0 or outside >= 0 else 0.0, inside, outside


@njit(cache=True)
def descend(is_open, opening, begin, who, cost, far, free):  # type: ignore[no-untyped-def]
    """Interchange until nothing saves; returns what the sites and the service cost."""
    customers, sites = len(far), len(is_open)
    first, second = np.empty(customers, np.int64), np.empty(customers, np.int64)
    one, two = np.empty(customers), np.empty(customers)
    loss, more = np.empty(sites), np.empty(sites)
    while True:
        nearest(is_open, begin, who, cost, far, first, second, one, two)
        saved, inside, outside = best_swap(is_open, opening, begin, who, cost, first, one, two, loss, more, free)
        if saved <= 0.0:
            return one.sum() + opening[is_open].sum()
        if inside >= 0:
            is_open[inside] = True
        if outside >= 0:
            is_open[outside] = False


@njit(cache=True)
def roam(is_open, opening, begin, who, cost, far, free, rounds, most, seed):  # type: ignore[no-untyped-def]
    """Variable neighbourhood search: shake by k swaps, descend, keep what is better (Hansen and Mladenovic 1997)."""
    np.random.seed(seed)
    best = descend(is_open, opening, begin, who, cost, far, free)
    kept = is_open.copy()
    k = 1
    for _ in range(rounds):
        is_open[:] = kept
        inside, outside = np.nonzero(is_open)[0], np.nonzero(~is_open)[0]
        swaps = min(k, len(inside), len(outside))
        np.random.shuffle(inside)
        np.random.shuffle(outside)
        for swap in range(swaps):
            is_open[inside[swap]] = False
            is_open[outside[swap]] = True
        value = descend(is_open, opening, begin, who, cost, far, free)
        if value < best - 1e-9:
            best, k = value, 1
            kept[:] = is_open
        else:
            k = k + 1 if k < most else 1
    is_open[:] = kept
    return best
