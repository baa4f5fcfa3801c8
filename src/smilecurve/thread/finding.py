"""Which sealed rows are of these few machines, or of these few lots?

A question about little reads little: the manifest tells which files can hold the wanted, the footer of each file which
groups of rows, and of those only the columns asked for are read. Footers and groups once read are kept, for files never
change; what is kept is bounded. The answer costs what it says, not what the thread holds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.thread.segments import Key, Segment, Segments, pruned
from smilecurve.thread.unpacking import Unpacked, copied, packed, spread

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile, Statistics

__all__ = ["Finder", "between", "in_order", "once", "without"]

_KEPT_BYTES = 512_000_000
_OPEN_FILES = 2048
_LONG = 64
"""Texts from this length on may stand cut short in a footer, so that they bound nothing."""


class Finder:
    """Reads few rows of many sealed files. Not for two threads at once."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._open: OrderedDict[str, _File] = OrderedDict()
        self._kept: OrderedDict[tuple[str, int, tuple[str, ...]], _Group] = OrderedDict()
        self._bytes = 0
        self._copies: dict[str, Unpacked | None] = {}

    def rows(
        self, live: Iterable[Segment], tbl: str, column: str, wanted: Iterable[Key] | np.ndarray, kinds: pa.Schema
    ) -> pa.Table:
        """The rows of a table whose sort column is one of the wanted, with the columns of `kinds`, that column too."""
        keys = in_order(wanted)
        found: list[pa.Table] = []
        taken: list[pa.RecordBatch] = []
        for segment in pruned(live, tbl, keys) if len(keys) else ():
            copy = self._unpacked(segment)
            if copy is not None and copy.holds(kinds.names):
                there = copy.of(keys)
                taken += [there] if there is not None else []
                continue
            file = self._file(segment)
            for n, a, b in file.holding(column, keys):
                part = self._group(file, n, kinds, column).of(column, keys[a:b])
                if part.num_rows:
                    found.append(part)
        return _joined([packed(taken, kinds), *found] if taken else found, kinds)

    def newest(self, live: Iterable[Segment], tbl: str, column: str, wanted: np.ndarray, kinds: pa.Schema) -> pa.Table:
        """The rows of the newest chunk that says anything of each of the wanted: what a later chunk says replaces."""
        by_chunk: dict[int, list[Segment]] = {}
        for s in live:
            if s.tbl == tbl:
                by_chunk.setdefault(s.chunk, []).append(s)
        left, told = wanted, [kinds.empty_table()]
        for chunk in sorted(by_chunk, reverse=True):
            told.append(self.rows(by_chunk[chunk], tbl, column, left, kinds))
            left = without(left, told[-1].column(column).to_numpy())
        return pa.concat_tables(told)

    def whole(self, live: Iterable[Segment], tbl: str, kinds: pa.Schema) -> pa.Table:
        """Every row of a small table."""
        files = [self._file(s) for s in pruned(live, tbl)]
        return _joined([self._group(f, n, kinds, "").table for f in files for n in range(f.count)], kinds)

    def _unpacked(self, segment: Segment) -> Unpacked | None:
        """The unpacked copy of a file, if there is one."""
        if not copied(segment.tbl, segment.rows):
            return None
        if segment.file not in self._copies:
            self._copies[segment.file] = None
            with suppress(OSError, pa.ArrowInvalid):
                self._copies[segment.file] = Unpacked(self._segments.copy(segment.file))
        return self._copies[segment.file]

    def _file(self, segment: Segment) -> _File:
        file = self._open.get(segment.file)
        if file is None:
            file = self._open[segment.file] = _File(segment.file, str(self._segments.path(segment.file)))
            while len(self._open) > _OPEN_FILES:
                self._open.popitem(last=False)
        self._open.move_to_end(segment.file)
        return file

    def _group(self, file: _File, number: int, kinds: pa.Schema, column: str) -> _Group:
        key = (file.file, number, tuple(kinds.names))
        group = self._kept.get(key)
        if group is None:
            group = self._kept[key] = _Group(file.read(number, kinds), column)
            self._bytes += group.bytes
            while self._bytes > _KEPT_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].bytes
        else:
            self._kept.move_to_end(key)
        return group

    def close(self) -> None:
        """Let go of files and rows."""
        self._open.clear()
        self._kept.clear()
        self._copies.clear()
        self._bytes = 0


class _Group:
    """A group of rows of a file, sorted by one of its columns."""

    def __init__(self, table: pa.Table, column: str) -> None:
        self.table = table
        self.bytes = int(table.nbytes)
        numbers = bool(column) and pa.types.is_integer(table.column(column).type)
        self._sorted = table.column(column).to_numpy() if numbers else None

    def of(self, column: str, keys: Sequence[Key] | np.ndarray) -> pa.Table:
        """The rows that hold one of the keys, which are in order."""
        if self._sorted is None:
            cells = self.table.column(column)
            if len(keys) == 1:
                return self.table.filter(pc.equal(cells, pa.scalar(keys[0], cells.type)))
            return self.table.filter(pc.is_in(cells, value_set=pa.array(keys, cells.type)))
        wanted = np.asarray(keys, self._sorted.dtype)
        a, b = np.searchsorted(self._sorted, wanted, "left"), np.searchsorted(self._sorted, wanted, "right")
        there = a < b
        if not there.any():
            return self.table.slice(0, 0)
        a, b = a[there], b[there]
        if (a[1:] == b[:-1]).all():
            return self.table.slice(int(a[0]), int(b[-1] - a[0]))
        return self.table.take(pa.array(spread(a, b)))


class _Bounds:
    """Numbers of groups of rows, and between what a column lies in each; None where the footer does not tell."""

    def __init__(self, groups: list[int], ends: list[tuple[Key, Key] | None]) -> None:
        self._groups = groups
        self._ends = ends
        told = [e for e in ends if e is not None]
        self._least, self._greatest = [e[0] for e in told], [e[1] for e in told]
        self._rising = len(told) == len(ends) and all(
            column == sorted(column) for column in (self._least, self._greatest)
        )

    def holding(self, keys: Sequence[Key] | np.ndarray) -> list[tuple[int, int, int]]:
        """The groups that can hold one of the keys (in order), each with its slice of them; rising groups are found
        from key to key, and what lies between is not looked at.

        >>> _Bounds([0, 1, 3], [(1, 4), (5, 9), (9, 12)]).holding([9, 40])
        [(1, 0, 1), (3, 0, 1)]
        """
        found: list[tuple[int, int, int]] = []
        if not self._rising:
            for group, ends in zip(self._groups, self._ends, strict=True):
                a, b = (0, len(keys)) if ends is None else (bisect_left(keys, ends[0]), bisect_right(keys, ends[1]))
                if a < b:
                    found.append((group, a, b))
            return found
        a, n = 0, 0
        while a < len(keys) and (n := bisect_left(self._greatest, keys[a], n)) < len(self._groups):
            a = bisect_left(keys, self._least[n], a)
            b = bisect_right(keys, self._greatest[n], a)
            if a < b:
                found.append((self._groups[n], a, b))
                a = b - 1 if keys[b - 1] == self._greatest[n] else b
                n += 1
        return found


class _File:
    """One Parquet file, its footer read once."""

    def __init__(self, file: str, path: str) -> None:
        import pyarrow.parquet as pq

        self.file = file
        self._parquet: ParquetFile = pq.ParquetFile(path, memory_map=True)
        self._footer = self._parquet.metadata
        self._names = self._footer.schema.names
        self._kinds = self._parquet.schema_arrow
        self._bounds: dict[str, _Bounds] = {}

    @property
    def count(self) -> int:
        """How many groups of rows there are."""
        return int(self._footer.num_row_groups)

    def _told(self, number: int, column: str) -> Statistics | None:
        return self._footer.row_group(number).column(self._names.index(column)).statistics

    def bounds(self, column: str) -> _Bounds:
        """Between what a column lies in each group of rows that holds any cell of it."""
        if column not in self._bounds:
            at = self._names.index(column)
            groups = [self._footer.row_group(n) for n in range(self.count)]
            told = [(n, g.num_rows, g.column(at).statistics) for n, g in enumerate(groups)]
            there = [(n, between(s)) for n, rows, s in told if s is None or not s.has_null_count or s.null_count < rows]
            self._bounds[column] = _Bounds([n for n, _ in there], [ends for _, ends in there])
        return self._bounds[column]

    def holding(self, column: str, keys: Sequence[Key] | np.ndarray) -> list[tuple[int, int, int]]:
        """The groups of rows that can hold one of the keys (in order), each with its slice of them."""
        return self.bounds(column).holding(keys)

    def read(self, number: int, kinds: pa.Schema) -> pa.Table:
        """One group of rows; columns without any cell are not looked at."""
        rows = int(self._footer.row_group(number).num_rows)
        stats = {n: self._told(number, n) for n in kinds.names}
        empty = {n for n, s in stats.items() if s is not None and s.has_null_count and s.null_count == rows}
        names = [n for n in kinds.names if n not in empty]
        there = self._parquet.read_row_group(number, columns=names, use_threads=False)
        columns = [pa.nulls(rows, f.type) if f.name in empty else there.column(f.name).cast(f.type) for f in kinds]
        return pa.table(columns, schema=kinds)


def in_order(wanted: Iterable[Key] | np.ndarray) -> Sequence[Key] | np.ndarray:
    """The wanted, each once, in order."""
    return once(wanted) if isinstance(wanted, np.ndarray) else sorted(set(wanted))


def once(numbers: np.ndarray) -> np.ndarray:
    """Numbers in order, each once.

    >>> once(np.array([5, 3, 5])).tolist()
    [3, 5]
    """
    ranked = np.sort(numbers)
    first = np.ones(len(ranked), dtype=bool)
    first[1:] = ranked[1:] != ranked[:-1]
    return ranked[first]


def without(numbers: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The numbers that are not among the others."""
    kept: np.ndarray = numbers[~np.isin(numbers, others, kind="sort")] if len(others) else numbers
    return kept


def _joined(tables: list[pa.Table], kinds: pa.Schema) -> pa.Table:
    return pa.concat_tables(tables) if tables else kinds.empty_table()


def between(told: Statistics | None) -> tuple[Key, Key] | None:
    """Between what a column lies in a group of rows; None where the footer does not tell."""
    if told is None or not told.has_min_max:
        return None
    lo, hi = told.min, told.max
    return None if isinstance(hi, str) and max(len(lo), len(hi)) >= _LONG else (lo, hi)
