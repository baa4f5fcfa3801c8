"""How is a whole amount split by weights so that the parts add up to it exactly?

Largest remainders (Hamilton 1792): every part gets the floor of its quota, the units left over go to the largest
remainders. No part is further than one unit from its quota, and no other split has a smaller sum of absolute
deviations.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["split_exactly"]

Ints = npt.NDArray[np.int64]


def split_exactly(amount: npt.ArrayLike, weight: npt.ArrayLike, group: npt.ArrayLike) -> Ints:
    """Whole parts of each group's whole `amount`, by non-negative weights; one part an entry of weight and group.

    amount: one whole number a group (may be negative); weights all 0 in a group count as equal. Ties go to the first
    entry.

    >>> split_exactly([100, -5], [1, 1, 1, 3, 1], [0, 0, 0, 1, 1]).tolist()
    [34, 33, 33, -4, -1]
    """
    whole, share, of = np.asarray(amount, np.int64), np.asarray(weight, np.float64), np.asarray(group, np.int64)
    if np.any(share < 0):
        raise ValueError("weights must not be negative")
    total = np.bincount(of, share, whole.size)
    share = np.where(total[of] > 0, share, 1.0)
    total = np.bincount(of, share, whole.size)
    quota = np.abs(whole)[of] * (share / total[of])
    part = np.floor(quota).astype(np.int64)
    rest = np.abs(whole) - np.bincount(of, part, whole.size).astype(np.int64)
    order = np.lexsort((np.arange(of.size), -np.round(quota - part, 9), of))
    first = np.searchsorted(of[order], np.arange(whole.size))
    place = np.arange(of.size) - first[of[order]]
    part[order[place < rest[of[order]]]] += 1
    return np.asarray(part * np.sign(whole)[of], np.int64)
