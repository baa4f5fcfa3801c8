"""How is one row among millions read at once, wherever it lies?

Files at rest are packed in groups of rows, and a question about a thousand scattered machines would unpack a thousand
groups. So tables that are asked so have an unpacked copy of a few columns beside the large ones of their files, mapped
into memory: rows are found by halving and taken where they lie. A copy holds nothing that its file does not: without
it the file is read, and it can be thrown away.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["UNPACKED", "Unpacked", "copied", "copy_of", "packed", "spread", "unpack"]

UNPACKED = {
    "unit": ("machine", "unit"),
    "state": ("unit", "machine", "model", "status", "place", "market", "holder", "partner", "last_at"),
    "swap": ("unit", "since", "pos", "kind", "component", "part", "lot", "removed"),
}
"""Tables of which there are unpacked copies, and what is copied: first the column that a file is sorted by."""
LEAST = 10_000
"""Rows from which on a file has a copy."""
_FEW = 32_000
_WIDE = 48


def copied(tbl: str, rows: int) -> bool:
    """Has a file of so many rows of a table a copy?"""
    return tbl in UNPACKED and rows >= LEAST


def copy_of(root: Path, file: str) -> Path:
    """Where the unpacked copy of a file of the manifest lies, if there is one."""
    return (root / "unpacked" / Path(file).relative_to("segments")).with_suffix(".arrow")


def unpack(path: Path, tbl: str, copy: Path) -> bool:
    """Write the unpacked copy of a file; where it cannot be written there is none."""
    import pyarrow.parquet as pq

    key, *_ = UNPACKED[tbl]
    rows = pq.ParquetFile(path, memory_map=True).read(columns=list(UNPACKED[tbl]), use_threads=False)
    columns = {name: _unpacked(rows.column(name), key=name == key) for name in UNPACKED[tbl]}
    if any(column is None for column in columns.values()):
        return False
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    draft = copy.with_name(f"{copy.name}.{os.getpid()}.part")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with open(draft, "wb") as sink:
            with pa.ipc.new_file(sink, batch.schema) as writer:
                writer.write_batch(batch)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(draft, copy)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        return False
    return True


def _unpacked(column: pa.ChunkedArray, *, key: bool) -> pa.Array | None:
    """A column as it is copied: few texts as a dictionary, texts to be found by as bytes of one width."""
    cells = column.combine_chunks()
    if key and cells.null_count:
        return None
    if not pa.types.is_string(cells.type):
        return cells
    if key:
        return _wide(cells)
    named = cells.dictionary_encode()
    if len(named.dictionary) > _FEW or len(named.dictionary) * 4 > len(cells):
        return cells
    codes = named.indices.cast(pa.int8() if len(named.dictionary) < 128 else pa.int16())
    return pa.DictionaryArray.from_arrays(codes, named.dictionary)


def _wide(texts: pa.Array) -> pa.Array | None:
    """Texts as bytes of one width, in order; None where they are too long, out of order or hold what fills up."""
    wide = max(int(pc.max(pc.binary_length(texts)).as_py() or 1), 1)
    if wide > _WIDE or pc.any(pc.match_substring(texts, "\0")).as_py():
        return None
    cells = pc.cast(texts, pa.binary()).to_numpy(zero_copy_only=False).astype(f"S{wide}")
    if (cells[1:] < cells[:-1]).any():
        return None
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(wide), len(cells), [None, pa.py_buffer(cells)])


class Unpacked:
    """The unpacked copy of one file."""

    def __init__(self, path: Path) -> None:
        with pa.memory_map(str(path)) as source:
            self._rows = pa.ipc.open_file(source).get_batch(0)
        self._names = frozenset(self._rows.schema.names)
        key = self._rows.column(0)
        self._wide = pa.types.is_fixed_size_binary(key.type)
        self._key: np.ndarray = (
            np.frombuffer(key.buffers()[1], f"S{key.type.byte_width}", len(key)) if self._wide else key.to_numpy()
        )

    def holds(self, names: Collection[str]) -> bool:
        """Are these columns among those that are copied?"""
        return self._names.issuperset(names)

    def of(self, keys: Sequence[int | str] | np.ndarray) -> pa.RecordBatch | None:
        """The rows that hold one of the keys, which are in order; as they are copied."""
        if not len(self._key):
            return None
        if self._wide:
            first, last = bytes(self._key[0]).decode(), bytes(self._key[-1]).decode()
            keys = keys[bisect_left(keys, first) : bisect_right(keys, last)]
            told = [t for t in (str(k).encode() for k in keys) if len(t) <= self._key.itemsize and b"\0" not in t]
            wanted = np.array(told, self._key.dtype)
        else:
            wanted = np.asarray(keys, self._key.dtype)
        a, b = np.searchsorted(self._key, wanted, "left"), np.searchsorted(self._key, wanted, "right")
        there = a < b
        a, b = a[there], b[there]
        if not len(a):
            return None
        if (a[1:] == b[:-1]).all():
            return self._rows.slice(int(a[0]), int(b[-1] - a[0]))
        return self._rows.take(pa.array(spread(a, b)))


def packed(found: Sequence[pa.RecordBatch], kinds: pa.Schema) -> pa.Table:
    """Rows of copies as the table says them."""
    return pa.table([_packed([rows.column(f.name) for rows in found], f.type) for f in kinds], schema=kinds)


def _packed(cells: list[pa.Array], kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_fixed_size_binary(cells[0].type):
        texts = [[c.rstrip(b"\0").decode() for c in some.to_pylist()] for some in cells]
        return pa.chunked_array(texts, kind)
    if len({c.type for c in cells}) == 1:
        return pa.chunked_array(cells).cast(kind)
    return pa.chunked_array([c.cast(kind) for c in cells], kind)


def spread(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The numbers of every run from a up to b, one run after the other.

    >>> spread(np.array([3, 9]), np.array([5, 10])).tolist()
    [3, 4, 9]
    """
    long = b - a
    if not len(long):
        return np.zeros(0, np.int64)
    told: np.ndarray = np.arange(long.sum()) + np.repeat(a - (np.cumsum(long) - long), long)
    return told
