"""Which number has this machine, lot or place? Numbers are given in the order of first use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.thread.history.columns import Coded

__all__ = ["Lots", "Slots", "Units", "raised", "rising"]

Name = TypeVar("Name", str, tuple[str, str])


def rising(names: pa.Array) -> bool:
    """Do texts strictly rise?

    >>> rising(pa.array(["a", "b"])), rising(pa.array(["a", "a"]))
    (True, False)
    """
    return len(names) < 2 or bool(pc.all(pc.less(names.slice(0, len(names) - 1), names.slice(1))).as_py())


def raised(column: Coded) -> Coded:
    """The same column over names that rise, each once."""
    names = pc.unique(column.names).sort()
    place = pc.index_in(column.names, names).to_numpy().astype(np.int32)
    return Coded(np.append(place, np.int32(-1))[column.codes], names)


def _begins(names: pa.Array, start: pa.Array) -> bool:
    """Do names begin with those of another array? The same memory needs no look at the texts."""
    same = names.offset == start.offset and [_address(b) for b in names.buffers()] == [
        _address(b) for b in start.buffers()
    ]
    return same or bool(names.slice(0, len(start)).equals(start))


def _address(buffer: pa.Buffer | None) -> int:
    return buffer.address if buffer is not None else 0


class Units:
    """Machines by serial. A dictionary of serials that only grows from part to part is looked up once."""

    def __init__(self, before: pa.Array) -> None:
        self._before = before
        self.count = len(before)
        self.old = len(before)
        self._given: list[pa.Array] = []
        self._ends = [pc.min_max(before).as_py()] if len(before) else []
        self._last = pa.array([], pa.string())
        self._ids = np.zeros(0, np.int32)

    def settled(self, machine: Coded) -> Coded:
        """The same column over names that rise, each once."""
        names, known = machine.names, len(self._last)
        if len(names) >= known and _begins(names, self._last):
            if rising(names.slice(max(known - 1, 0))):
                return machine
        elif rising(names):
            return machine
        return raised(machine)

    def numbers(self, machine: Coded, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The unit of every name (-1 where it has none yet and is not used), and the names that are new.

        used: codes in the order of first use. New ones get the next numbers in that order.
        """
        names, known = machine.names, len(self._last)
        if len(names) >= known and _begins(names, self._last):
            more = names.slice(known)
            ids = np.concatenate([self._ids, self._look_up(more, beyond=True)])
        else:
            ids = self._look_up(names, beyond=False)
        new = used[ids[used] < 0]
        ids[new] = np.arange(self.count, self.count + len(new), dtype=np.int32)
        fresh = names.take(pa.array(new))
        self.count += len(new)
        if len(fresh):
            self._given.append(fresh)
            self._ends.append(pc.min_max(fresh).as_py())
        self._last, self._ids = names, ids
        return ids, fresh

    def _look_up(self, names: pa.Array, *, beyond: bool) -> np.ndarray:
        """Numbers of names; `beyond`: names after all that this session gave, so that those before it matter alone."""
        if not len(names):
            return np.zeros(0, np.int32)
        told = [self._before] if beyond else [self._before, *self._given]
        there = [t for t in told if len(t)]
        if not there:
            return np.full(len(names), -1, np.int32)
        found = pc.index_in(names, pa.chunked_array(there).combine_chunks())
        numbers: np.ndarray = pc.fill_null(found, -1).to_numpy().astype(np.int32)
        return numbers

    def names(self) -> pa.Array:
        """Every serial in the order of its number."""
        if len(self._given) > 1:
            self._given = [pa.concat_arrays(self._given)]
        if self._given and not len(self._before):
            return self._given[0]
        return pa.concat_arrays([self._before, *self._given])

    def in_range(self, texts: pa.Array) -> pa.Array:
        """The texts that can be serials: those within the least and greatest of them."""
        if not self._ends or not len(texts):
            return texts.slice(0, 0)
        lo, hi = min(e["min"] for e in self._ends), max(e["max"] for e in self._ends)
        return texts.filter(pc.and_(pc.greater_equal(texts, lo), pc.less_equal(texts, hi)))


class Lots:
    """Lots by code."""

    def __init__(self, before: Iterable[str]) -> None:
        self.number: dict[str, int] = {code: n for n, code in enumerate(before)}

    def take_in(self, told: Iterable[tuple[int, str]]) -> list[str]:
        """Give numbers to codes with the position of their first use; returns the new ones in order."""
        return _numbered(self.number, told)

    def numbers(self, names: pa.Array) -> np.ndarray:
        """The lot of every name, -1 where it has none."""
        return np.array([self.number.get(name, -1) for name in names.to_pylist()], np.int32)


class Slots:
    """Places by component and part."""

    def __init__(self, before: Iterable[tuple[str, str]]) -> None:
        self.number: dict[tuple[str, str], int] = {pair: n for n, pair in enumerate(before)}

    def take_in(self, told: Iterable[tuple[int, tuple[str, str]]]) -> list[tuple[str, str]]:
        """Give numbers to places with the position of their first use; returns the new ones in order."""
        return _numbered(self.number, told)


def _numbered(number: dict[Name, int], told: Iterable[tuple[int, Name]]) -> list[Name]:
    """Number what has no number yet, in order of first use; returns the new ones in that order."""
    first: dict[Name, int] = {}
    for at, name in told:
        if name not in number and at < first.get(name, 1 << 62):
            first[name] = at
    fresh = sorted(first, key=lambda name: (first[name], name))
    for name in fresh:
        number[name] = len(number)
    return fresh
