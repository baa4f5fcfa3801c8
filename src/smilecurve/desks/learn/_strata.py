"""Which rows of a table belong together?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.table import Spec

__all__ = ["Strata", "days_of", "doubles", "floats", "in_order", "strata_of", "texts"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Strata:
    """The distinct values of some columns, sorted, and the stratum of each row."""

    names: tuple[tuple[str, ...], ...]
    of: Ints

    @property
    def count(self) -> int:
        """The number of strata."""
        return len(self.names)

    def total(self, values: npt.ArrayLike) -> Floats:
        """Sum of the rows' values in each stratum."""
        return np.bincount(self.of, np.asarray(values, np.float64), self.count).astype(np.float64)

    def column(self, place: int) -> list[str]:
        """One of the columns, one value a stratum."""
        return [name[place] for name in self.names]

    def groups(self, place: int) -> Ints:
        """The group each stratum belongs to by one of the columns, numbered in sorted order."""
        return np.unique(np.array(self.column(place), dtype=object), return_inverse=True)[1].astype(np.int64)


def texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of codes without empty cells."""
    return pc.fill_null(column, "")


def strata_of(rows: pa.Table, *columns: str) -> Strata:
    """Number the distinct values of `columns`, in sorted order.

    >>> found = strata_of(pa.table({"part": ["b", "a", "b"]}), "part")
    >>> found.names, found.of.tolist()
    ((('a',), ('b',)), [1, 0, 1])
    """
    joined = pc.binary_join_element_wise(*(texts(rows.column(c)) for c in columns), "\x1f")
    found = pc.dictionary_encode(joined.combine_chunks())
    words = np.array(found.dictionary.to_pylist(), dtype=object)
    order = np.argsort(words)
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    names = tuple(tuple(str(words[i]).split("\x1f")) for i in order)
    return Strata(names, place[found.indices.to_numpy(zero_copy_only=False)].astype(np.int64))


def floats(rows: pa.Table, column: str) -> Floats:
    """A column of numbers; empty cells are NaN."""
    return np.asarray(rows.column(column).to_numpy(zero_copy_only=False), np.float64)


def days_of(column: pa.ChunkedArray) -> Ints:
    """Days of a column of dates since 1970; a great number where empty."""
    days = pc.fill_null(column.combine_chunks().cast(pa.int32()), 2**31 - 1)
    return np.asarray(days.to_numpy(zero_copy_only=False), np.int64)


def in_order(rows: pa.Table, spec: Spec) -> pa.Table:
    """The rows sorted by their key, so that sums come out the same whatever order they arrived in."""
    return rows.sort_by([(k, "ascending") for k in spec.key])


def doubles(failures: pa.Table) -> float:
    """Claims that were left out because the same part of the same machine was claimed within three days before."""
    return float(pc.sum(failures.column("doubled"), min_count=0).as_py())
