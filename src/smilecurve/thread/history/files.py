"""Columns of one table into Parquet files: the texts of a group of rows are named once in that group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from smilecurve.thread.history.columns import Coded
from smilecurve.thread.segments import ROW_GROUP, ROW_GROUPS, Segment, Segments, number_key

__all__ = ["Column", "Lists", "Target", "narrowed", "write"]

_WIDE = 16
_SHORT = 64
_PLAIN = frozenset({"machine"})
"""Columns whose texts are written one by one: sorted serials lie closer so than as a dictionary."""


class Lists:
    """A column of lists of texts: row i holds the codes from ends[i] to ends[i + 1]; none where `there` is false."""

    def __init__(self, ends: np.ndarray, there: np.ndarray, flat: Coded) -> None:
        self.ends = ends
        self.there = there
        self.flat = flat

    def group(self, a: int, b: int) -> pa.Array:
        """Some rows as Arrow."""
        ends = self.ends[a : b + 1]
        first, last = int(ends[0]), int(ends[-1])
        if first == last:
            return pa.nulls(b - a, pa.list_(pa.dictionary(pa.int32(), pa.string())))
        flat = narrowed(self.flat.codes[first:last], self.flat.names)
        offsets = pa.array((ends - first).astype(np.int32))
        return pa.ListArray.from_arrays(offsets, flat, mask=pa.array(~self.there[a:b]))


Column: TypeAlias = Coded | Lists | np.ndarray | tuple[np.ndarray, np.ndarray] | pa.Array


class Target:
    """Where the files of one chunk go."""

    def __init__(self, segments: Segments, chunk: int, span: tuple[int, int], first_chunk: int = 0) -> None:
        self.segments = segments
        self.chunk = chunk
        self.span = span
        self.first_chunk = first_chunk or chunk


def write(
    target: Target, tbl: str, columns: Mapping[str, tuple[Column, pa.DataType]], sort: str, rows: int, a_file: int
) -> list[Segment]:
    """Write rows (sorted by the column `sort`) as files of at most `a_file` rows."""
    return [_file(target, tbl, columns, sort, (first, min(first + a_file, rows))) for first in range(0, rows, a_file)]


def _file(
    target: Target,
    tbl: str,
    columns: Mapping[str, tuple[Column, pa.DataType]],
    sort: str,
    part: tuple[int, int],
) -> Segment:
    import pyarrow.parquet as pq

    first, last = part
    draft = target.segments.draft(tbl, target.chunk, "parquet")
    group = ROW_GROUPS.get(tbl, ROW_GROUP)
    numbers = [n for n, (_, kind) in columns.items() if pa.types.is_integer(kind) or pa.types.is_timestamp(kind)]
    listed = {n for n, (_, kind) in columns.items() if pa.types.is_list(kind)}
    named = [f"{n}.list.element" if n in listed else n for n in columns if n not in numbers and n not in _PLAIN]
    schema = pa.schema([(n, _stored(column, kind, plain=n in _PLAIN)) for n, (column, kind) in columns.items()])
    with pq.ParquetWriter(
        draft,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=named,
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        store_schema=False,
    ) as writer:
        for a in range(first, last, group):
            b = min(a + group, last)
            cells = [_group(column, kind, a, b, plain=n in _PLAIN) for n, (column, kind) in columns.items()]
            writer.write_table(pa.table(cells, schema=schema), row_group_size=group)
    return target.segments.publish(
        draft, tbl, target.chunk, last - first, _ends(columns[sort][0], first, last), target.span, target.first_chunk
    )


def _stored(column: Column, kind: pa.DataType, *, plain: bool) -> pa.DataType:
    if isinstance(column, Coded):
        return pa.dictionary(pa.int32(), pa.string()) if len(column.names) and not plain else pa.string()
    return pa.list_(pa.dictionary(pa.int32(), pa.string())) if isinstance(column, Lists) else kind


def _group(column: Column, kind: pa.DataType, a: int, b: int, *, plain: bool) -> pa.Array:
    if isinstance(column, Coded):
        if plain and len(column.names):
            return texts_of(column.codes[a:b], column.names)
        return narrowed(column.codes[a:b], column.names) if len(column.names) else pa.nulls(b - a, pa.string())
    if isinstance(column, Lists):
        return column.group(a, b)
    if isinstance(column, pa.Array):
        return column.slice(a, b - a)
    values, there = column if isinstance(column, tuple) else (column, None)
    cells = pa.array(values[a:b], mask=None if there is None else ~there[a:b])
    if cells.type == kind:
        return cells
    return cells.view(kind) if cells.type.bit_width == kind.bit_width else cells.cast(kind)


def texts_of(codes: np.ndarray, names: pa.Array) -> pa.Array:
    """The texts of codes."""
    return names.take(pa.array(codes, mask=codes < 0 if len(codes) and int(codes.min()) < 0 else None))


def narrowed(codes: np.ndarray, names: pa.Array) -> pa.DictionaryArray:
    """Codes over only those names that they use; a short list of names is left as it is.

    >>> narrowed(np.array([7, -1, 7], np.int32), pa.array([str(i) for i in range(100)])).dictionary.to_pylist()
    ['7']
    """
    n = len(codes)
    lo, hi = (int(codes.min()), int(codes.max())) if n else (-1, -1)
    mask = codes < 0 if lo < 0 else None
    if len(names) <= _SHORT or hi < 0:
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), names if hi >= 0 else names.slice(0, 0))
    lo = int(codes[~mask].min()) if mask is not None else lo
    if hi - lo > _WIDE * n:
        used, place = np.unique(codes, return_inverse=True)
        shift = int(used[0] < 0)
        narrow, some = (place.ravel() - shift).astype(np.int32), names.take(pa.array(used[shift:]))
    else:
        there = np.zeros(hi - lo + 1, dtype=bool)
        there[(codes if mask is None else codes[~mask]) - lo] = True
        if there.all():
            narrow, some = codes - np.int32(lo), names.slice(lo, hi - lo + 1)
        else:
            move = np.cumsum(there, dtype=np.int32) - np.int32(1)
            narrow = move[codes - lo] if mask is None else move[np.maximum(codes - lo, 0)]
            some = names.take(pa.array(np.flatnonzero(there) + lo))
    return pa.DictionaryArray.from_arrays(pa.array(narrow, mask=mask), some)


def _ends(column: Column, first: int, last: int) -> tuple[str | None, str | None]:
    if isinstance(column, Coded):
        codes = column.codes[first:last]
        codes = codes[codes >= 0]
        return (str(column.names[int(codes[0])]), str(column.names[int(codes[-1])])) if len(codes) else (None, None)
    if isinstance(column, pa.Array):
        return str(column[first]), str(column[last - 1])
    assert isinstance(column, np.ndarray)
    return number_key(int(column[first])), number_key(int(column[last - 1]))
