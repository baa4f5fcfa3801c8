"""Which name does a row have that depends on nothing but its content?

Each cell is hashed with the name of its column: texts by BLAKE2b, numbers by their bits through SplitMix64 (Steele,
Lea and Flood 2014). The cells of a row are summed in two lanes of 64 bits, so that the order of columns and empty
columns do not matter. Equal rows are counted; the count goes into the name.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["name_rows"]

Lanes = NDArray[np.uint64]


def name_rows(rows: pa.Table) -> pa.Array:
    """`row:` and 32 hexadecimal digits for each row, no two alike.

    >>> a, b = name_rows(pa.table({"part": ["A", "A"]})).to_pylist()
    >>> a == name_rows(pa.table({"lot": pa.nulls(1, pa.string()), "part": ["A"]}))[0].as_py(), a == b
    (True, False)
    """
    lanes = np.zeros((2, rows.num_rows), np.uint64)
    for name in rows.column_names:
        column = rows.column(name).combine_chunks()
        if column.null_count < len(column):
            lanes += _hash_column(name, column)
    again = _count_again(lanes)
    if again.any():
        lanes += np.where(again > 0, _mix(np.vstack([again, again]) + _salts("(again)")), np.uint64(0))
    return _hex(lanes)


def _salts(name: str) -> Lanes:
    """Two numbers that stand for a column."""
    return np.frombuffer(blake2b(name.encode(), digest_size=16).digest(), "<u8").astype(np.uint64).reshape(2, 1)


def _mix(values: Lanes) -> Lanes:
    """The finaliser of SplitMix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hash_column(name: str, column: pa.Array) -> Lanes:
    kind = column.type
    if pa.types.is_nested(kind):
        column = pa.array([None if v is None else repr(v) for v in column.to_pylist()], pa.string())
    elif pa.types.is_timestamp(kind) or pa.types.is_integer(kind):
        return _hash_bits(name, column.cast(pa.int64()))
    elif pa.types.is_floating(kind):
        return _hash_bits(name, pc.add(column.cast(pa.float64()), 0.0))
    keys = column.cast(pa.string()).dictionary_encode()
    salt = name.encode() + b"\x1f"
    told = keys.dictionary.cast(pa.binary()).to_pylist()
    digests = b"".join([blake2b(salt + text, digest_size=16).digest() for text in told])
    table = np.frombuffer(digests, "<u8").astype(np.uint64).reshape(len(told), 2).T
    hashed = table[:, pc.fill_null(keys.indices, 0).to_numpy(zero_copy_only=False)]
    return _without_nulls(hashed, column)


def _hash_bits(name: str, column: pa.Array) -> Lanes:
    filled = pc.fill_null(column, pa.scalar(0, column.type))
    bits = filled.to_numpy(zero_copy_only=False).view(np.uint64)
    return _without_nulls(_mix(np.vstack([bits, bits]) + _salts(name)), column)


def _without_nulls(hashed: Lanes, column: pa.Array) -> Lanes:
    if column.null_count:
        hashed[:, column.is_null().to_numpy(zero_copy_only=False)] = 0
    return hashed


def _count_again(lanes: Lanes) -> Lanes:
    """For each row, how many equal rows stand before it."""
    count = lanes.shape[1]
    again = np.zeros(count, np.uint64)
    if count < 2 or len(np.unique(lanes[0])) == count:
        return again
    order = np.lexsort((lanes[1], lanes[0]))
    ranked = lanes[:, order]
    begins = np.concatenate([[True], (ranked[:, 1:] != ranked[:, :-1]).any(axis=0)])
    starts = np.maximum.accumulate(np.where(begins, np.arange(count), 0))
    again[order] = (np.arange(count) - starts).astype(np.uint64)
    return again


def _hex(lanes: Lanes) -> pa.Array:
    count = lanes.shape[1]
    digits = np.ascontiguousarray(lanes.T.astype(">u8")).tobytes().hex().encode()
    out = np.empty((count, 36), np.uint8)
    out[:, :4] = np.frombuffer(b"row:", np.uint8)
    out[:, 4:] = np.frombuffer(digits, np.uint8).reshape(count, 32)
    offsets = np.arange(0, 36 * (count + 1), 36, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(out.tobytes())])
