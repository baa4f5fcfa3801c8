"""Compiled relaxation of solve.sequencing: the least excess of one option when nothing else counts."""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._sequencing_kernels import Ints


@njit(cache=True)
def least_excess(before: Ints, slots: int, wanted: int, at_most: int, out_of: int, open_end: int) -> int:
    """Least weighted-by-one excess of one option alone: `wanted` units with it in `slots`, after the units `before`.

    Exact by dynamic programming over (last out_of - 1 slots, units placed). Windows as in ratio_change.
    """
    far = np.int64(1) << 40
    patterns = 1 << max(out_of - 1, 0)
    mask = patterns - 1
    dp = np.empty((wanted + 1, patterns), np.int64)
    fresh = np.empty((wanted + 1, patterns), np.int64)
    for placed in range(wanted + 1):
        for pattern in range(patterns):
            dp[placed, pattern] = far
    start = np.int64(0)
    for slot in range(before.size):
        start = ((start << 1) | before[slot]) & mask
    dp[0, start] = 0
    total = slots + (out_of - 1 if open_end == 1 else 0)
    ones = np.zeros(patterns, np.int64)
    for pattern in range(patterns):
        ones[pattern] = ones[pattern >> 1] + (pattern & 1)
    for slot in range(total):
        for placed in range(wanted + 1):
            for pattern in range(patterns):
                fresh[placed, pattern] = far
        counted = before.size + slot + 1 >= out_of
        for placed in range(min(wanted, slot) + 1):
            for pattern in range(patterns):
                cost = dp[placed, pattern]
                if cost >= far:
                    continue
                for take in range(2):
                    if placed + take > wanted or (take == 1 and slot >= slots):
                        continue
                    more = max(0, ones[pattern] + take - at_most) if counted else 0
                    then = ((pattern << 1) | take) & mask
                    if cost + more < fresh[placed + take, then]:
                        fresh[placed + take, then] = cost + more
        dp, fresh = fresh, dp
    least = far
    for pattern in range(patterns):
        least = min(least, dp[wanted, pattern])
    return int(least)
