"""A compiled sort that costs little to compile."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
#: gaps of Ciura (2001), continued by a factor of 2.25
GAPS = (25_000, 11_000, 4_800, 2_100, 930, 301, 132, 57, 23, 10, 4, 1)


@njit(cache=True)
def sort_first(values: Floats, count: int) -> None:
    """Sorts the first `count` values in place, rising (Shell 1959)."""
    for gap in GAPS:
        for place in range(gap, count):
            value, other = values[place], place
            while other >= gap and values[other - gap] > value:
                values[other] = values[other - gap]
                other -= gap
            values[other] = value
