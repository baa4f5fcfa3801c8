"""Which identity does an event from a file have, so that the same file twice changes nothing?

An event that the file does not number is named after its content and its count among equal rows of the file: two equal
rows are two events, the same export loaded again is the same events.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.naming import name_rows
from smilecurve.terms.event import COMPONENTS_TYPE, EVENT_SCHEMA, KINDS

__all__ = ["events_of", "finish_events"]

_NOT_CONTENT = ("event_id", "record_time", "source", "seq")


def events_of(records: list[dict[str, object]]) -> pa.Table:
    """Events from records; columns a record lacks are empty."""
    return pa.table(
        {f.name: pa.array([r.get(f.name) for r in records], f.type) for f in EVENT_SCHEMA}, schema=_open_schema()
    )


def _open_schema() -> pa.Schema:
    """The event schema with the columns that the thread fills left open."""
    return pa.schema([f.with_nullable(True) for f in EVENT_SCHEMA])


def finish_events(rows: pa.Table, file: str) -> pa.Table:
    """Events with their component lists, their source and an identity each."""
    rows = _with_components(rows)
    source = pc.fill_null(rows.column("source"), file)
    rows = rows.set_column(rows.column_names.index("source"), "source", source)
    ids = rows.column("event_id")
    if ids.null_count:
        ids = pc.coalesce(ids, name_rows(rows.drop_columns(list(_NOT_CONTENT))))
    rows = rows.set_column(rows.column_names.index("event_id"), "event_id", ids)
    return rows.select(EVENT_SCHEMA.names).cast(_open_schema())


def _with_components(rows: pa.Table) -> pa.Table:
    """Kinds that need a list of components get the row's component, part and lot as a list of one."""
    listed = [kind.name for kind in KINDS.values() if "components" in kind.needs]
    here = pc.is_in(rows.column("kind"), pa.array(listed)).combine_chunks()
    if rows.num_rows == 0 or not pc.any(here).as_py():
        return rows.append_column("components", pa.nulls(rows.num_rows, COMPONENTS_TYPE))
    triple = pa.StructArray.from_arrays(
        [rows.column(c).combine_chunks() for c in ("component", "part", "lot")],
        fields=list(COMPONENTS_TYPE.value_type),
    )
    offsets = pa.array(range(rows.num_rows + 1), pa.int32())
    lists = pc.if_else(here, pa.ListArray.from_arrays(offsets, triple, type=COMPONENTS_TYPE), None)
    for column in ("component", "part", "lot"):
        kept = pc.if_else(here, None, rows.column(column))
        rows = rows.set_column(rows.column_names.index(column), column, kept)
    return rows.append_column("components", lists)
