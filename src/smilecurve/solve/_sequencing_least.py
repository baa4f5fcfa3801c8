"""Compiled relaxation of solve.sequencing: the least excess of one option when nothing else counts."""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._sequencing_kernels import Ints


@njit(cache=True)
def least_excess(held: Ints, first: int, n: int, wanted: int, at_most: int, out_of: int, ends: Ints) -> int:
    """Bound the excess of one option alone over the windows that end in slots ends[0]..ends[1].

    A window with c units holds c - at_most pairs of units that are at_most units apart, so the excess is a sum over
    such pairs. They form at_most chains; the least of each chain by itself, by dynamic programming over slots, adds up
    to a bound. held: slots of the units before `first`; `wanted` units stand behind it, before slot n.
    """
    total, far = np.int64(0), np.int64(1) << 40
    for pair in range(held.size - at_most):
        total += _windows_with(held[pair], held[pair + at_most], out_of, ends)
    here, then = np.empty(n, np.int64), np.empty(n, np.int64)
    for chain in range(min(at_most, wanted)):
        back = held.size + chain - at_most
        for slot in range(n):
            cost = _windows_with(held[back], slot, out_of, ends) if back >= 0 else np.int64(0)
            here[slot] = cost if first + chain <= slot <= n - wanted + chain else far
        for unit in range(chain + at_most, wanted, at_most):
            least = far
            then[:] = far
            for slot in range(first + unit, n - wanted + unit + 1):
                if slot >= out_of:
                    least = min(least, here[slot - out_of])
                then[slot] = least
                for prior in range(max(slot - out_of + 1, 0), slot - at_most + 1):
                    if here[prior] < then[slot]:
                        then[slot] = min(then[slot], here[prior] + _windows_with(prior, slot, out_of, ends))
            here, then = then, here
        total += here.min()
    return int(total)


@njit(cache=True)
def _windows_with(left: int, right: int, out_of: int, ends: Ints) -> int:
    """How many windows that end within `ends` hold both slots."""
    return int(max(0, min(left + out_of - 1, ends[1]) - max(right, ends[0]) + 1))
