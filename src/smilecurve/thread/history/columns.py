"""The columns of one part of a history, as whole numbers over the texts they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.event import EVENT_SCHEMA

__all__ = ["Coded", "Part", "Pieces", "coded", "part_of"]

_TEXTS = tuple(f.name for f in EVENT_SCHEMA if pa.types.is_string(f.type))
_NOTHING = pa.array([], pa.string())


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts: `codes` (int32, -1 where there is none) into `names`."""

    codes: np.ndarray
    names: pa.Array

    def at(self, rows: np.ndarray) -> Coded:
        """Some of its rows."""
        return Coded(self.codes[rows], self.names)

    def texts(self) -> list[str | None]:
        """The texts themselves, row by row; for few rows."""
        at = pa.array(self.codes, pa.int32(), mask=self.codes < 0)
        return list(self.names.take(at).to_pylist())


@dataclass(frozen=True, slots=True)
class Pieces:
    """The components of a part: row i lists the pieces from ends[i] to ends[i + 1]; `there` where it lists any."""

    ends: np.ndarray
    there: np.ndarray
    component: Coded
    part: Coded
    lot: Coded


@dataclass(frozen=True, slots=True)
class Part:
    """Events in order: times and numbers as arrays (`known` where they stand), texts as codes, components as pieces."""

    rows: int
    texts: Mapping[str, Coded]
    event_time: np.ndarray
    record_time: np.ndarray
    seq: np.ndarray
    numbers: Mapping[str, tuple[np.ndarray, np.ndarray]]
    pieces: Pieces | None
    kinds: Mapping[str, np.ndarray]

    def of_kind(self, *names: str) -> np.ndarray:
        """The rows of some kinds, in order."""
        found = [n for n in names if n in self.kinds]
        if not found:
            return np.zeros(0, np.int64)
        if len(found) == 1:
            return self.kinds[found[0]]
        kind = self.texts["kind"]
        wanted = np.array([n in found for n in kind.names.to_pylist()] + [False])
        return np.flatnonzero(wanted[kind.codes])


def part_of(events: pa.Table, *, source: str, now_us: int) -> Part:
    """A table of events (columns of EVENT_SCHEMA, most may be absent, texts plain or as dictionaries) as a part."""
    n = events.num_rows
    empty = np.full(n, -1, np.int32)
    texts = {t: coded(events.column(t)) if t in events.column_names else Coded(empty, _NOTHING) for t in _TEXTS}
    texts["source"] = _filled(texts["source"], source or "local")
    numbers = {}
    for name in ("quantity", "amount"):
        if name in events.column_names:
            column = events.column(name).combine_chunks().cast(pa.float64())
            numbers[name] = (pc.fill_null(column, 0.0).to_numpy(), pc.is_valid(column).to_numpy(zero_copy_only=False))
        else:
            numbers[name] = (np.zeros(n), np.zeros(n, dtype=bool))
    return Part(
        n,
        texts,
        _times(events, "event_time", np.iinfo(np.int64).min),
        _times(events, "record_time", now_us),
        _whole(events, "seq"),
        numbers,
        _pieces(events),
        _by_kind(texts["kind"]),
    )


def coded(column: pa.ChunkedArray | pa.Array) -> Coded:
    """A column of texts as codes."""
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    codes = column.indices.cast(pa.int32())
    codes = pc.fill_null(codes, -1) if codes.null_count else codes
    names = column.dictionary
    return Coded(codes.to_numpy(), names if names.type == pa.string() else names.cast(pa.string()))


def _filled(column: Coded, text: str) -> Coded:
    lacking = column.codes < 0
    if not lacking.any():
        return column
    names = pa.concat_arrays([column.names, pa.array([text])])
    return Coded(np.where(lacking, np.int32(len(names) - 1), column.codes), names)


def _times(events: pa.Table, name: str, absent: int) -> np.ndarray:
    if name not in events.column_names:
        return np.full(events.num_rows, absent, np.int64)
    column = events.column(name)
    if pa.types.is_timestamp(column.type) and column.type.tz is None:
        column = pc.assume_timezone(column.cast(pa.timestamp("us")), "UTC")
    column = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).combine_chunks()
    found: np.ndarray = pc.fill_null(column, absent).to_numpy()
    return found


def _whole(events: pa.Table, name: str) -> np.ndarray:
    if name not in events.column_names:
        return np.full(events.num_rows, -1, np.int64)
    found: np.ndarray = pc.fill_null(events.column(name).cast(pa.int64()).combine_chunks(), -1).to_numpy()
    return found


def _by_kind(kind: Coded) -> Mapping[str, np.ndarray]:
    """The rows of each kind, in order; those of no kind under the empty name."""
    if len(kind.names) > 60_000:
        kind = coded(kind.names.take(pa.array(kind.codes, pa.int32(), mask=kind.codes < 0)))
    order = np.argsort((kind.codes + 1).astype(np.uint16), kind="stable")
    ends = np.cumsum(np.bincount(kind.codes + 1, minlength=len(kind.names) + 1))
    names = ["", *kind.names.to_pylist()]
    starts = np.concatenate([[0], ends[:-1]])
    found: dict[str, np.ndarray] = {}
    for name, a, b in zip(names, starts.tolist(), ends.tolist(), strict=True):
        if b > a:
            there = found.get(str(name))
            found[str(name)] = order[a:b] if there is None else np.sort(np.concatenate([there, order[a:b]]))
    return found


def _pieces(events: pa.Table) -> Pieces | None:
    if "components" not in events.column_names:
        return None
    column = events.column("components")
    if column.null_count == len(column):
        return None
    column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    ends = np.concatenate([[0], np.cumsum(pc.fill_null(pc.list_value_length(column), 0).to_numpy())]).astype(np.int64)
    flat = column.flatten()
    component, part, lot = (coded(pc.struct_field(flat, f)) for f in ("component", "part", "lot"))
    return Pieces(ends, np.diff(ends) > 0, component, part, lot)
