"""Compiled bounds of job shops."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@njit(cache=True)
def one_place_bound(head: Ints, time: Ints, tail: Ints) -> int:
    """The least length on one equipment when work may be broken off (Jackson 1955): at any time the longest tail."""
    n = head.size
    left, order = time.copy(), np.argsort(head)
    now, longest, at, done = np.int64(0), np.int64(0), 0, 0
    while done < n:
        chosen, far = -1, np.int64(-1)
        while at < n and head[order[at]] <= now:
            at += 1
        for k in range(at):
            w = order[k]
            if left[w] > 0 and tail[w] > far:
                chosen, far = w, tail[w]
        if chosen < 0:
            while at < n and left[order[at]] == 0:
                at += 1
            if at == n:
                break
            now = max(now, head[order[at]])
            continue
        until = now + left[chosen]
        if at < n and head[order[at]] < until:
            until = head[order[at]]
        left[chosen] -= until - now
        now = until
        if left[chosen] == 0:
            done += 1
            longest = max(longest, now + tail[chosen])
    return int(longest)
