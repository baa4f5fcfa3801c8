"""Which lots hold this lot, and what sits inside these, level by level?

Lots within lots are a small graph. It is kept as two sorted arrays, by what is inside and by what holds it, and walked
a level at a time; a lot that is reached again, as in a circle, ends there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from smilecurve.thread.unpacking import spread

__all__ = ["DEEPEST", "Inside", "Levels"]

DEEPEST = 12


class Inside(NamedTuple):
    """What sits inside a lot: in which place of which lot directly, and how many levels down."""

    lot: int
    slot: int
    inside: int
    holder: int
    level: int


class Levels:
    """The edges of lots within lots: lot (the whole), slot, inside; arrays of one length."""

    def __init__(self, lot: np.ndarray, slot: np.ndarray, inside: np.ndarray) -> None:
        up = np.argsort(inside, kind="stable")
        self._inside, self._whole = inside[up], lot[up]
        down = np.argsort(lot, kind="stable")
        self._lot, self._slot, self._part = lot[down], slot[down], inside[down]

    def holding(self, lot: int) -> list[int]:
        """The lot itself and every lot that holds it at any level.

        >>> Levels(np.array([1, 2]), np.array([0, 0]), np.array([7, 1])).holding(7)
        [1, 2, 7]
        """
        found, last = np.array([lot]), np.array([lot])
        for _ in range(DEEPEST):
            last = np.setdiff1d(self._whole[_runs(self._inside, last)], found)
            if not len(last):
                break
            found = np.union1d(found, last)
        return [int(n) for n in found]

    def within(self, lots: Iterable[int]) -> list[Inside]:
        """What sits inside each of the lots, at every level."""
        found: list[Inside] = []
        for lot in sorted(set(lots)):
            seen, last = np.array([lot]), np.array([lot])
            for level in range(1, DEEPEST + 2):
                rows = _runs(self._lot, last)
                if not len(rows):
                    break
                told = zip(self._slot[rows].tolist(), self._part[rows].tolist(), self._lot[rows].tolist(), strict=True)
                found += [Inside(lot, slot, inside, holder, level) for slot, inside, holder in told]
                last = np.setdiff1d(self._part[rows], seen)
                seen = np.union1d(seen, last)
        return found


def _runs(sorted_by: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The places of the rows that hold one of the wanted, in order of the wanted."""
    return spread(np.searchsorted(sorted_by, wanted, "left"), np.searchsorted(sorted_by, wanted, "right"))
