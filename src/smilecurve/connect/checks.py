"""Which values break their column's limits, which rows repeat a key, which events lack what their kind needs?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.loaded import Fault, Raw
from smilecurve.terms.event import KINDS
from smilecurve.terms.table import Field, Spec

__all__ = ["check_columns", "check_keys", "check_needs", "check_spans", "shown", "unread"]


def check_columns(
    spec: Spec,
    columns: Mapping[str, pa.Array],
    raw: Raw,
    found: Sequence[Fault],
    written: Mapping[str, str],
    free: Sequence[str],
) -> list[Fault]:
    """Empty cells where a value must stand, and values outside their limits; `free` columns may be empty.

    `found` are the cells that could not be read: they are not called empty on top.
    """
    faults: list[Fault] = []
    for f in spec.fields:
        if f.name not in columns:
            continue
        values, source = columns[f.name], written[f.name]
        if not f.optional and f.name not in free and values.null_count:
            rows = _blank(values, unread(found, source))
            faults.append(
                Fault(rows, source, pa.nulls(len(rows), pa.string()), "is empty", f"give {_kind(f)}: {f.meaning}")
            )
        for mask, reason in _outside(f, values):
            rows = np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))
            if len(rows):
                unit = f" {f.unit}" if f.unit and f.unit != "currency" else ""
                told = shown(raw, source, values, rows)
                faults.append(Fault(rows, source, told, reason, f"keep it {f.limits}{unit}"))
    return faults


def check_spans(
    spec: Spec, columns: Mapping[str, pa.Array], raw: Raw, found: Sequence[Fault], written: Mapping[str, str]
) -> list[Fault]:
    """Rows that end before, or when, they start; cells of which something is said already are left out."""
    faults: list[Fault] = []
    for first, last in spec.spans:
        if first not in columns or last not in columns:
            continue
        over = pc.fill_null(pc.less_equal(columns[last], columns[first]), False).to_numpy(zero_copy_only=False)
        said = np.concatenate([unread(found, written[first]), unread(found, written[last])])
        rows = np.setdiff1d(np.flatnonzero(over), said)
        if len(rows):
            told = shown(raw, written[last], columns[last], rows)
            reason = f"does not lie after {written[first]}"
            faults.append(Fault(rows, written[last], told, reason, f"give a {last} after the {first}, or correct that"))
    return faults


def _kind(f: Field) -> str:
    return {"date": "a date", "moment": "a date and time", "whole": "a whole number", "flag": "true or false"}.get(
        f.type, f"a {f.type}"
    )


def _blank(values: pa.Array, but: np.ndarray) -> np.ndarray:
    """Rows without a value, but for those whose cell holds something that could not be read."""
    null = values.is_null().to_numpy(zero_copy_only=False)
    null[but] = False
    blank: np.ndarray = np.flatnonzero(null)
    return blank


def unread(faults: Sequence[Fault], source: str) -> np.ndarray:
    """Rows of which something is said already in this column."""
    hit = [fault.rows for fault in faults if fault.column == source]
    return np.concatenate(hit) if hit else np.empty(0, np.int64)


def _outside(f: Field, values: pa.Array) -> list[tuple[pa.Array, str]]:
    found = []
    if f.least is not None:
        found.append((pc.less(values, pa.scalar(f.least, values.type)), f"is below {f.least:g}"))
    if f.most is not None:
        found.append((pc.greater(values, pa.scalar(f.most, values.type)), f"is above {f.most:g}"))
    if f.type == "number" and f.least is None and f.most is None:
        found.append((pc.invert(pc.is_finite(values)), "is not finite"))
    return found


def shown(raw: Raw, source: str, values: pa.Array, rows: np.ndarray) -> pa.Array:
    """What stands in these rows of the file; of a column that the file has not, the values."""
    cells = raw.rows.column(source) if source in raw.rows.column_names else values
    taken = cells.take(pa.array(rows)).cast(pa.string())
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def check_needs(
    columns: Mapping[str, pa.Array], raw: Raw, found: Sequence[Fault], written: Mapping[str, str]
) -> list[Fault]:
    """Events that lack a column which their kind cannot do without."""
    kinds = columns["kind"]
    faults: list[Fault] = []
    for kind in pc.unique(kinds).to_pylist():
        if kind is None:
            continue
        here = pc.fill_null(pc.equal(kinds, kind), False).to_numpy(zero_copy_only=False)
        for need in KINDS[kind].needs:
            for column in ("part", "lot") if need == "components" else (need,):
                missing = np.ones(raw.rows.num_rows, bool)
                if column in columns:
                    missing[:] = False
                    missing[_blank(columns[column], unread(found, written[column]))] = True
                rows = np.flatnonzero(here & missing)
                reason = f"is empty, but an event {kind} needs it"
                hint = f"give the {column}: {KINDS[kind].meaning}"
                faults.append(Fault(rows, written.get(column, column), pa.nulls(len(rows), pa.string()), reason, hint))
    return faults


def check_keys(
    spec: Spec, columns: Mapping[str, pa.Array], raw: Raw, faults: Sequence[Fault], written: Mapping[str, str]
) -> list[Fault]:
    """Rows that repeat the key of an earlier row that stands."""
    keys = [k for k in spec.key if k in columns]
    if len(keys) < len(spec.key) or raw.rows.num_rows < 2:
        return []
    stands = np.ones(raw.rows.num_rows, bool)
    for fault in faults:
        stands[fault.rows] = False
    at = np.flatnonzero(stands)
    table = pa.table({k: columns[k] for k in keys}).take(pa.array(at)).append_column("_at", pa.array(at))
    table = table.filter(pc.is_valid(table.column(keys[0])))
    first = table.group_by(keys, use_threads=False).aggregate([("_at", "min"), ("_at", "count")])
    if first.num_rows == table.num_rows:
        return []
    twice = first.filter(pc.greater(first.column("_at_count"), 1))
    again = table.join(twice.drop_columns(["_at_count"]), keys, join_type="inner").sort_by("_at")
    again = again.filter(pc.not_equal(again.column("_at"), again.column("_at_min")))
    rows = again.column("_at").to_numpy()
    lines = raw.lines.take(again.column("_at_min").combine_chunks()).cast(pa.string())
    reason = pc.binary_join_element_wise("repeats the key of line", lines, " ")
    keyed = pc.binary_join_element_wise(*[again.column(k).combine_chunks().cast(pa.string()) for k in keys], " | ")
    named = ", ".join(written[k] for k in keys)
    return [Fault(rows, named, keyed, reason, "keep one of the two rows, or give this one its own key")]
