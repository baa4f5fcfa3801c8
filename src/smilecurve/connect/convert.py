"""Which rows of a file keep their table's contract, and what is wrong with each of the others?

Columns are converted whole: each distinct value once, then taken back to its rows. Every breach of a row is listed;
a row with one breach or more is rejected, the others are loaded. good + rejected = rows in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.checks import check_columns, check_keys, check_needs, check_spans
from smilecurve.connect.dates import read_dates
from smilecurve.connect.events import finish_events
from smilecurve.connect.loaded import Fault, Loaded, Raw, gather_rejected
from smilecurve.connect.mapping import ColumnMap, Mapping
from smilecurve.connect.marks import ask, settle_marks
from smilecurve.connect.meters import check_meters
from smilecurve.connect.numerals import Parsed, read_numbers
from smilecurve.connect.read import read_file
from smilecurve.connect.sense import check_events, check_text
from smilecurve.connect.units import factor
from smilecurve.connect.wordings import read_codes, read_flags, read_json_cells, read_markets
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.event import KINDS
from smilecurve.terms.table import Field, Spec

__all__ = ["convert", "open_file", "read_column"]

_FREE = ("record_time", "source", "event_id")


@dataclass(frozen=True, slots=True)
class _Plan:
    """One column of the target: its field, how it is mapped, and the file's column ("" if none)."""

    field: Field
    how: ColumnMap
    source: str


def open_file(path: str | Path, mapping: Mapping, *, head: bool = False) -> Raw:
    """The file as the mapping says it is written."""
    return read_file(
        path,
        encoding=mapping.encoding or None,
        delimiter=mapping.delimiter or None,
        sheet=mapping.sheet or None,
        header_line=mapping.header_line,
        head=head,
    )


def convert(source: str | Path | Raw, mapping: Mapping) -> Loaded:
    """Turn a file into rows of a table or events, and every other row into its breaches.

    Raises:
        DataRejected: the file as a whole cannot be loaded (a required column is missing, a decimal mark or day order
            cannot be told); every such breach at once.
    """
    raw = source if isinstance(source, Raw) else open_file(source, mapping)
    spec = mapping.spec
    plans, breaches = _plan(raw, mapping, spec)
    questions = ask(raw, mapping, {p.field.name: p.source for p in plans})
    breaches += [
        Breach(f"{q.column}: {q.what}", f"{raw.file}: {q.column}", f"choose {' or '.join(q.choices)} in the mapping")
        for q in questions
    ]
    if breaches:
        raise DataRejected(breaches)
    marks = settle_marks(raw, mapping, {p.field.name: p.source for p in plans})
    columns: dict[str, pa.Array] = {}
    faults: list[Fault] = []
    for plan in plans:
        values, found = _column(raw, plan, mapping, marks)
        columns[plan.field.name] = values
        faults += found
    written = {plan.field.name: plan.source or plan.field.name for plan in plans}
    unread = list(faults)
    faults += check_columns(spec, columns, raw, unread, written, _FREE if mapping.target == "events" else ())
    faults += check_spans(spec, columns, raw, faults, written)
    if mapping.target == "events":
        faults += check_needs(columns, raw, unread, written)
        faults += check_events(columns, raw, unread, written)
        faults += check_meters(columns, raw, faults, written)
    faults += check_text(spec, columns, raw, written)
    faults += check_keys(spec, columns, raw, faults, written)
    return _divide(raw, _settled(raw, mapping, plans, marks), spec, columns, faults)


def _settled(raw: Raw, mapping: Mapping, plans: list[_Plan], marks: dict[str, tuple[str, str]]) -> Mapping:
    """The mapping with the decimal marks and date formats that the whole file settled: mended rows are read by it."""
    columns = dict(mapping.columns)
    for plan in plans:
        decimal, form = marks[plan.field.name]
        if plan.source and plan.field.type in ("number", "whole"):
            typed = raw.rows.column(plan.source).type != pa.string()
            columns[plan.field.name] = replace(plan.how, decimal="." if typed else decimal)
        elif plan.source and plan.field.type in ("date", "moment"):
            columns[plan.field.name] = replace(plan.how, date=form)
    return replace(mapping, columns=columns)


def _plan(raw: Raw, mapping: Mapping, spec: Spec) -> tuple[list[_Plan], list[Breach]]:
    plans: list[_Plan] = []
    breaches: list[Breach] = []
    there = {" ".join(name.split()).casefold(): name for name in raw.rows.column_names}
    for f in spec.fields:
        how = mapping.columns.get(f.name, ColumnMap())
        if f.name == "kind" and mapping.kind and not how.source:
            how = ColumnMap(constant=mapping.kind)
        wanted = [name for name in (how.source, *how.aliases) if name]
        found = next((there[n.strip().casefold()] for n in wanted if n.strip().casefold() in there), "")
        if wanted and not found and how.constant is None and (raw.rows.num_columns or not f.optional):
            what = f"{raw.file} lacks the column {wanted[0]} for {spec.name}.{f.name} ({f.meaning})"
            breaches.append(
                Breach(what, raw.file, "add the column, or map another one of: " + ", ".join(raw.rows.column_names))
            )
        given = found or how.constant is not None or how.default is not None
        if not given and not wanted and not f.optional and not (mapping.target == "events" and f.name in _FREE):
            what = f"{raw.file} lacks the column {f.name} of {spec.name} ({f.meaning})"
            breaches.append(Breach(what, raw.file, "map one of the file's columns to it, or give a constant"))
        if how.unit and factor(how.unit, f.unit) is None:
            what = f"{how.unit} cannot become {f.unit or 'a number without a unit'} in {spec.name}.{f.name}"
            breaches.append(Breach(what, f"mapping: columns.{f.name}", "name a unit of the same kind"))
        if given:
            plans.append(_Plan(f, how, found))
    if mapping.target == "events" and not mapping.kind and not mapping.columns.get("kind"):
        breaches.append(Breach("the kind of event is not named", "mapping: kind", f"use one of {', '.join(KINDS)}"))
    return plans, breaches


def _column(raw: Raw, plan: _Plan, mapping: Mapping, marks: dict[str, tuple[str, str]]) -> tuple[pa.Array, list[Fault]]:
    f, how = plan.field, plan.how
    decimal, form = marks[f.name]
    count = raw.rows.num_rows
    if not plan.source:
        told = how.constant if how.constant is not None else how.default
        parsed = read_column(pa.array([told], pa.string()), f, how, ".", form, mapping.zone)
        _refuse_constant(parsed, f, str(told))
        return pa.repeat(parsed.values[0], count), []
    column = raw.rows.column(plan.source)
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    ready = _typed(column, f, how)
    if ready is not None:
        return _with_default(ready, f, how, form, mapping.zone), []
    decimal = "." if column.type != pa.string() else decimal
    parsed = _read_distinct(_as_text(column), f, how, decimal, form, mapping.zone)
    values = _with_default(parsed.values, f, how, form, mapping.zone)
    if not parsed.fault.any():
        return values, []
    fault, found = parsed.fault, []
    for k, (reason, hint) in enumerate(parsed.words, 1):
        rows = np.flatnonzero(fault == k)
        if len(rows):
            found.append(Fault(rows, plan.source, column.take(pa.array(rows)).cast(pa.string()), reason, hint))
    return values, found


def _read_distinct(texts: pa.Array, f: Field, how: ColumnMap, decimal: str, form: str, zone: str) -> Parsed:
    """Read each distinct text once, unless nearly all are distinct."""
    head = texts.slice(0, 20_000)
    if f.type in ("number", "whole") and len(pc.unique(head)) * 2 > len(head):
        return read_column(texts, f, how, decimal, form, zone)
    if f.type in ("code", "text") and not (f.among or how.codes or how.prefix):
        return read_column(texts, f, how, decimal, form, zone)
    keys = texts.dictionary_encode()
    parsed = read_column(keys.dictionary, f, how, decimal, form, zone)
    if not parsed.fault.any():
        return Parsed(parsed.values.take(keys.indices), np.zeros(len(texts), np.int8), parsed.words)
    fault = parsed.fault[pc.fill_null(keys.indices, 0).to_numpy(zero_copy_only=False)]
    fault[pc.is_null(keys.indices).to_numpy(zero_copy_only=False)] = 0
    return Parsed(parsed.values.take(keys.indices), fault, parsed.words)


def _refuse_constant(parsed: Parsed, f: Field, told: str) -> None:
    if parsed.fault[0]:
        reason, hint = parsed.words[parsed.fault[0] - 1]
        raise DataRejected(Breach(f"{f.name} {told} {reason}", f"mapping: columns.{f.name}", hint))


def _with_default(values: pa.Array, f: Field, how: ColumnMap, form: str, zone: str) -> pa.Array:
    if how.default is None or not values.null_count:
        return values
    parsed = read_column(pa.array([how.default], pa.string()), f, how, ".", form, zone)
    _refuse_constant(parsed, f, how.default)
    return pc.fill_null(values, parsed.values[0])


def _typed(column: pa.Array, f: Field, how: ColumnMap) -> pa.Array | None:
    """The column as it is, where the file's type already says what it means."""
    kind = column.type
    if kind == f.arrow and f.type in ("flag", "date", "moment"):
        return column
    if pa.types.is_timestamp(kind) and f.type == "date":
        return pc.floor_temporal(column, unit="day").cast(pa.timestamp("us")).cast(pa.date32())
    if (pa.types.is_timestamp(kind) or pa.types.is_date(kind)) and f.type == "moment":
        moments = column.cast(pa.timestamp("us", tz=getattr(kind, "tz", None)))
        return moments.cast(f.arrow) if getattr(kind, "tz", None) else pc.assume_timezone(moments, "UTC")
    if pa.types.is_integer(kind) and f.type == "whole" and not how.unit:
        return column.cast(pa.int64(), safe=False)
    return None


def _as_text(column: pa.Array) -> pa.Array:
    if column.type == pa.string():
        return column
    if pa.types.is_floating(column.type):
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
        shown = pc.if_else(whole, column, None).cast(pa.int64(), safe=False).cast(pa.string())
        return pc.if_else(pc.is_nan(column), None, pc.coalesce(shown, column.cast(pa.string())))
    return column.cast(pa.string())


def read_column(texts: pa.Array, f: Field, how: ColumnMap, decimal: str, form: str, zone: str) -> Parsed:
    """Distinct texts of one column as values of its field, with what is wrong with each."""
    if f.type in ("number", "whole"):
        return read_numbers(texts, f, decimal, how.unit)
    if f.type in ("date", "moment"):
        return read_dates(texts, f, form, zone)
    if f.type == "flag":
        return read_flags(texts, f, how.codes)
    if f.type in ("market", "currency"):
        return read_markets(texts, f, how.codes)
    if f.type == "json":
        return read_json_cells(texts)
    return read_codes(texts, f, how.codes, how.prefix)


def _divide(raw: Raw, mapping: Mapping, spec: Spec, columns: dict[str, pa.Array], faults: list[Fault]) -> Loaded:
    count = raw.rows.num_rows
    keep = np.ones(count, bool)
    for fault in faults:
        keep[fault.rows] = False
    built = {
        f.name: (columns[f.name] if f.name in columns else pa.nulls(count, f.arrow)).cast(f.arrow) for f in spec.fields
    }
    rows = pa.table(built).filter(pa.array(keep))
    rejected = gather_rejected(raw, faults)
    good = int(keep.sum())
    if mapping.target == "events":
        return Loaded("events", None, finish_events(rows, raw.file), good, rejected, raw.notes, mapping.recipe)
    return Loaded(spec.name, rows.cast(spec.schema), None, good, rejected, raw.notes, mapping.recipe)
