"""What is kept of every machine while a history comes in: one number each, in as few bytes as it takes.

A column takes no room before something is told, grows where it lies, and is read back for some machines at a time: so
memory is the bytes of what was told, never twice that.
"""

from __future__ import annotations

import ctypes
import sys

import numpy as np
import pyarrow as pa

from smilecurve.thread.history.columns import Coded

__all__ = ["Kept", "Texts", "give_back"]


def give_back() -> None:
    """Return freed memory to the system: without it the free room of many parts adds up in the process."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


class Kept:
    """One number a machine; `none` where nothing was told.

    >>> kept = Kept("int32", -1)
    >>> kept.upto(3)[[0, 2]] = [7, 9]
    >>> kept.at(np.array([0, 1, 5])).tolist()
    [7, -1, -1]
    """

    def __init__(self, kind: str, none: float) -> None:
        self._none = none
        self._cells = np.zeros(0, kind)

    def upto(self, units: int) -> np.ndarray:
        """The cells of so many machines, to be set; hold no view of them: they move when they grow."""
        known = len(self._cells)
        if units > known:
            self._cells.resize(units, refcheck=False)
            self._cells[known:] = self._none
        return self._cells

    def at(self, units: np.ndarray) -> np.ndarray:
        """The numbers of some machines."""
        known = len(self._cells)
        if not len(units) or int(units.max()) < known:
            found: np.ndarray = self._cells[units]
            return found
        told = np.full(len(units), self._none, self._cells.dtype)
        there = units < known
        told[there] = self._cells[units[there]]
        return told

    def set(self, units: np.ndarray, values: np.ndarray | int, of: int) -> None:
        """The numbers of some of the first `of` machines, the last one told of each."""
        if len(units):
            self.upto(of)[units] = values


class Texts:
    """Texts of one column over all parts: the codes of a part, moved, are codes here."""

    def __init__(self) -> None:
        self._parts: list[pa.Array] = []
        self._starts = [0]

    def base(self, names: pa.Array) -> int:
        """Where the names of a part stand; a dictionary that grew takes the place of what it was."""
        if self._parts:
            last = self._parts[-1]
            if len(names) >= len(last) and names.slice(0, len(last)).equals(last):
                self._parts[-1] = names
                self._starts[-1] = self._starts[-2] + len(names)
                return self._starts[-2]
        self._parts.append(names)
        self._starts.append(self._starts[-1] + len(names))
        return self._starts[-2]

    def coded(self, codes: np.ndarray) -> Coded:
        """Codes (-1 where there is none) over the names that they use alone, in the same order."""
        told = codes >= 0
        if not told.any():
            return Coded(np.full(len(codes), -1, np.int32), pa.array([], pa.string()))
        lo = int(codes[told].min())
        there = np.zeros(int(codes.max()) - lo + 1, dtype=bool)
        there[codes[told] - lo] = True
        place = np.cumsum(there, dtype=np.int32) - np.int32(1)
        return Coded(
            np.where(told, place[np.maximum(codes - lo, 0)], np.int32(-1)), self._named(np.flatnonzero(there) + lo)
        )

    def _named(self, used: np.ndarray) -> pa.Array:
        """The names of codes that rise."""
        ends = np.searchsorted(used, self._starts)
        return pa.concat_arrays([
            part.take(pa.array(used[a:b] - start))
            for part, start, a, b in zip(self._parts, self._starts, ends, ends[1:], strict=False)
            if b > a
        ])  # fmt: skip
