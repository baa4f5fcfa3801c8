"""Is this a sound event, and which one is it?

Events come as Arrow tables or as records. Here they get every column, their identity and a check that lists all
breaches. Identity: the sender's `event_id`; else `source#seq`; else the hash of the canonical content (every column
that says what happened, without source and record time), so that the same thing told twice is one event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.errors import Breach
from smilecurve.terms.event import COMPONENTS_TYPE, EVENT_SCHEMA, EVENTS, KINDS, SPENT

__all__ = [
    "COLUMNS",
    "CONTENT",
    "PAIR",
    "RECORD",
    "UNIT",
    "arranged",
    "as_table",
    "breaches_of",
    "content_ids",
    "identified",
]

COLUMNS = tuple(EVENT_SCHEMA.names)
CONTENT = tuple(c for c in COLUMNS if c not in ("event_id", "record_time", "source", "seq", "components"))
_KEYLESS = replace(EVENTS, key=())
UNIT, RECORD, PAIR = "\x1f", "\x1e", "\x1d"


def as_table(events: pa.Table | Sequence[Mapping[str, object]]) -> tuple[pa.Table, list[Breach]]:
    """The events as an Arrow table, with the breaches of cells that no Arrow type could take (set to empty)."""
    if isinstance(events, pa.Table):
        return events, []
    found: list[Breach] = []
    columns: dict[str, pa.Array] = {}
    unknown = {name for record in events for name in record} - set(COLUMNS)
    found += [
        Breach(f"an event has no column {n}", f"events.{n}", "put it into details", "events", None, n)
        for n in sorted(unknown)
    ]
    for f in EVENT_SCHEMA:
        cells = [_plain(f.name, record.get(f.name)) for record in events]
        try:
            columns[f.name] = pa.array(cells, f.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
            columns[f.name] = _cell_by_cell(f, cells, found)
    return pa.table(columns), found


def _plain(name: str, value: object) -> object:
    """A cell as Arrow takes it: ISO times become moments, mappings become JSON."""
    if name in ("event_time", "record_time") and isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if name in ("event_time", "record_time") and isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if name == "details" and isinstance(value, Mapping):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if value else None
    if name == "components" and isinstance(value, Sequence) and not isinstance(value, str):
        return list(value) or None
    return value


def _cell_by_cell(f: pa.Field, cells: list[object], found: list[Breach]) -> pa.Array:
    kept: list[object] = []
    for row, cell in enumerate(cells):
        try:
            pa.array([cell], f.type)
            kept.append(cell)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
            kept.append(None)
            found.append(_breach(row, f.name, str(cell), "cannot be read", f"write a {f.type}"))
    return pa.array(kept, f.type)


def arranged(events: pa.Table, *, source: str, now: datetime) -> pa.Table:
    """Every column in order and type; absent record times are `now`, absent sources are `source`."""
    columns: list[pa.ChunkedArray | pa.Array] = []
    n = events.num_rows
    for f in EVENT_SCHEMA:
        if f.name not in events.column_names:
            column = pa.nulls(n, f.type)
        else:
            column = events.column(f.name)
            if column.type != f.type:
                column = _cast(column, f.type)
        if f.name == "record_time" and column.type == f.type:
            column = pc.fill_null(column, pa.scalar(now, f.type))
        if f.name == "source" and column.type == f.type:
            column = pc.fill_null(column, source or "local")
        columns.append(column)
    return pa.table(columns, names=list(COLUMNS))


def _cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    try:
        if pa.types.is_timestamp(column.type) and column.type.tz is None and pa.types.is_timestamp(wanted):
            column = pc.assume_timezone(column.cast(pa.timestamp("us")), "UTC")
        return column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return column


def breaches_of(events: pa.Table) -> list[Breach]:
    """Every breach of arranged events: columns by contract, what each kind needs, money, JSON objects, components."""
    checked = events.set_column(0, "event_id", pc.fill_null(events.column("event_id").cast(pa.string()), "-"))
    found = _KEYLESS.breaches(checked)
    if any(events.schema.field(f.name).type != f.type for f in EVENT_SCHEMA if f.name != "components"):
        return found
    return found + _needs(events) + _money(events) + _details(events) + _components(events)


def _needs(events: pa.Table) -> list[Breach]:
    found: list[Breach] = []
    kinds = events.column("kind")
    for name in pc.unique(kinds).to_pylist():
        if name not in KINDS:
            continue
        of_kind = pc.equal(kinds, name)
        for column in KINDS[name].needs:
            for row in pc.indices_nonzero(pc.and_(of_kind, pc.is_null(events.column(column)))).to_pylist():
                said = f"is empty, but {name} needs it"
                found.append(_breach(row, column, "", said, f"give the {column} of the {name}"))
    return found


def _money(events: pa.Table) -> list[Breach]:
    """Amounts of no currency, and less than nothing asked for or spent."""
    amount = events.column("amount")
    if amount.null_count == len(amount):
        return []
    lacking = pc.and_(pc.is_valid(amount), pc.is_null(events.column("currency")))
    below = pc.and_(pc.is_in(events.column("kind"), pa.array(SPENT)), pc.less(amount, 0.0))
    found = [
        _breach(row, "currency", "", "is empty beside an amount", "give the currency of the amount")
        for row in pc.indices_nonzero(lacking).to_pylist()
    ]
    do = "give what is asked for or spent; withdraw what was booked in error"
    return found + [
        _breach(row, "amount", f"{amount[row].as_py():g}", "is below 0", do)
        for row in pc.indices_nonzero(pc.fill_null(below, False)).to_pylist()
    ]


def _details(events: pa.Table) -> list[Breach]:
    found: list[Breach] = []
    column = events.column("details")
    if column.null_count == len(column):
        return found
    sound: dict[str, bool] = {}
    for row, value in enumerate(column.to_pylist()):
        if value is not None:
            if value not in sound:
                sound[value] = _is_object(value)
            if not sound[value]:
                found.append(_breach(row, "details", value, "is not a JSON object", 'write e.g. {"due": "2023-05-01"}'))
    return found


def _is_object(value: str) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False


def _components(events: pa.Table) -> list[Breach]:
    column = events.column("components")
    if column.null_count == len(column):
        return []
    if column.type != COMPONENTS_TYPE:
        return [_breach(0, "components", str(column.type), "is not a list of component, part, lot", "list them so")]
    column = column.combine_chunks()
    flat = pc.list_flatten(column)
    bad = pc.or_(pc.is_null(pc.struct_field(flat, "lot")), pc.is_null(pc.struct_field(flat, "part")))
    rows = pc.unique(pc.filter(pc.list_parent_indices(column), bad)).to_pylist()
    return [
        _breach(row, "components", "", "lack a part or a lot", "name the part and lot of every component")
        for row in rows
    ]


def identified(events: pa.Table) -> pa.Table:
    """Arranged events with an id each: the sender's, else source#seq, else the hash of the content."""
    given = events.column("event_id")
    if given.null_count == 0:
        return events
    numbered = pc.binary_join_element_wise(events.column("source"), events.column("seq").cast(pa.string()), "#")
    ids = pc.coalesce(given, numbered)
    if ids.null_count:
        lacking = pc.indices_nonzero(pc.is_null(ids))
        hashes = pa.array(content_ids(events.take(lacking)), pa.string())
        ids = pc.replace_with_mask(ids.combine_chunks(), pc.is_null(ids).combine_chunks(), hashes)
    return events.set_column(0, "event_id", ids)


def content_ids(events: pa.Table) -> list[str]:
    """The hash of each event's canonical content: 32 hexadecimal digits."""
    texts: list[pa.ChunkedArray | pa.Array] = []
    for name in CONTENT:
        column = events.column(name)
        if pa.types.is_floating(column.type):
            column = pa.chunked_array([c.view(pa.int64()) for c in column.chunks], pa.int64())
        elif pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        texts.append(pc.fill_null(column.cast(pa.string()), ""))
    texts.append(_components_text(events.column("components")))
    joined = pc.binary_join_element_wise(*texts, UNIT).to_pylist()
    return [blake2b(text.encode(), digest_size=16).hexdigest() for text in joined]


def _components_text(column: pa.ChunkedArray) -> pa.Array:
    column = column.combine_chunks()
    if column.null_count == len(column):
        return pa.array([""] * len(column), pa.string())
    flat = pc.list_flatten(column)
    parts = [pc.fill_null(pc.struct_field(flat, f), "") for f in ("component", "part", "lot")]
    joined = pc.binary_join_element_wise(*parts, RECORD)
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array([0, *counts.cumsum().tolist()], pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, joined), PAIR)


def _breach(row: int, column: str, value: str, what: str, do: str) -> Breach:
    said = f"{column} {value} {what}" if value else f"{column} {what}"
    return Breach(said, f"events.{column}, row {row + 1}", do, "events", row, column, value)
