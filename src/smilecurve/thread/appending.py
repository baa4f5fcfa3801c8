"""How does an event come in, and when is it acknowledged?

The acknowledgement is the commit. An event whose id is in the tail or in a sealed chunk already is acknowledged again
and adds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.thread.incoming import COLUMNS, arranged, as_table, breaches_of, identified
from smilecurve.thread.known import digests_of
from smilecurve.thread.ledger import Ledger, Pen, Row, bump
from smilecurve.thread.sealing import TAIL_COLUMNS, Sealer
from smilecurve.thread.shelf import micros
from smilecurve.thread.tidying import tidied

__all__ = ["Acked", "append_events", "insert_events", "load_events"]

_INSERT = (
    f"insert into event ({', '.join(TAIL_COLUMNS)}) values ({', '.join('?' * len(TAIL_COLUMNS))})"
    " on conflict (event_id) do nothing"
)
_FEW = 50_000


@dataclass(frozen=True, slots=True)
class Acked:
    """What became of events that were taken in: all of them are safe.

    added: new ones; repeated: known before; position: of the last event of the thread; event_ids: in the order given;
    breaches: of rows left out (only with `refuse` off); tail: unsealed events, counted now and then (0 between).
    """

    added: int
    repeated: int
    position: int
    event_ids: tuple[str, ...] = ()
    breaches: tuple[Breach, ...] = ()
    tail: int = 0


def append_events(
    ledger: Ledger,
    sealer: Sealer,
    events: pa.Table | Sequence[Mapping[str, object]],
    *,
    source: str,
    now: datetime,
    refuse: bool,
) -> Acked:
    """Check, identify and commit events to the tail."""
    rows: list[Row] | None = None
    breaches: list[Breach] = []
    if not isinstance(events, pa.Table) and len(events) <= _FEW:
        rows = tidied(events, source=source, now_us=micros(now))
    if rows is None:
        table, breaches = _sound(events, source=source, now=now, refuse=refuse)
        rows = _rows(table)
    with ledger.writing() as con:
        added, position, tail = insert_events(con, sealer, rows)
    ids = tuple(str(row[0]) for row in rows)
    return Acked(added, len(rows) - added, position, ids, tuple(breaches), tail)


def load_events(
    sealer: Sealer, events: pa.Table | Sequence[Mapping[str, object]], *, source: str, now: datetime, refuse: bool
) -> Acked:
    """Check, identify and bring events straight to rest."""
    table, breaches = _sound(events, source=source, now=now, refuse=refuse)
    added, position = sealer.load(table)
    return Acked(added, table.num_rows - added, position, (), tuple(breaches))


def _sound(
    events: pa.Table | Sequence[Mapping[str, object]], *, source: str, now: datetime, refuse: bool
) -> tuple[pa.Table, list[Breach]]:
    """The sound events, identified; DataRejected with every breach if some are not and `refuse` is on."""
    table, breaches = as_table(events)
    table = arranged(table, source=source, now=now)
    unread = {(b.row, b.column) for b in breaches}
    breaches = breaches + [b for b in breaches_of(table) if (b.row, b.column) not in unread]
    if breaches and (refuse or any(b.row is None for b in breaches)):
        raise DataRejected(breaches)
    if breaches:
        bad = {b.row for b in breaches}
        table = table.filter(pa.array([row not in bad for row in range(table.num_rows)]))
        table = arranged(table, source=source, now=now)
    return identified(table), breaches


def _rows(table: pa.Table) -> list[Row]:
    """Ledger rows (without position) of identified events."""
    columns: list[list[object]] = []
    for name in TAIL_COLUMNS[1:]:
        column = table.column(name)
        if name in ("event_time", "record_time"):
            columns.append(column.cast(pa.int64()).to_pylist())
        elif name == "components":
            columns.append([_listed(c) for c in column.to_pylist()])
        else:
            columns.append(column.to_pylist())
    return list(zip(*columns, strict=True))


def _listed(components: list[Mapping[str, str | None]] | None) -> str | None:
    if not components:
        return None
    triples = [[c["component"], c["part"], c["lot"]] for c in components]
    return json.dumps(triples, ensure_ascii=False, separators=(",", ":"))


def insert_events(con: Pen, sealer: Sealer, rows: Sequence[Row]) -> tuple[int, int, int]:
    """Put identified rows into the tail inside a ledger transaction; returns how many were new, position and tail."""
    sealer.known.refresh(con)
    counting = {str(s) for s in {row[_SOURCE] for row in rows} if sealer.known.runs(str(s))}
    fresh = [row for row in rows if not _sealed_number(sealer, row)] if counting else list(rows)
    if fresh and sealer.known.any_hashed:
        known = sealer.known.hashed(digests_of([str(row[0]) for row in fresh]))
        fresh = [row for row, sealed in zip(fresh, known.tolist(), strict=True) if not sealed]
    first = bump(con, "position", len(fresh)) if fresh else last_position(con) + 1
    before = con.total_changes
    con.executemany(_INSERT, [(first + n, *row) for n, row in enumerate(fresh)])
    added = con.total_changes - before
    if added:
        bump(con, "change")
    tail = _tail(con) if first % 1024 < len(fresh) else 0
    return added, first + len(fresh) - 1, tail


def last_position(con: Pen) -> int:
    """The position of the last event."""
    return int(con.execute("select value from counter where name = 'position'").fetchall()[0][0]) - 1


def _tail(con: Pen) -> int:
    """How many events are not sealed; looked at now and then only, for it counts them."""
    return int(con.execute("select count(*) from event").fetchall()[0][0])


def _sealed_number(sealer: Sealer, row: Row) -> bool:
    source, seq = row[_SOURCE], row[_SEQ]
    if seq is None or row[0] != f"{source}#{seq}":
        return False
    return sealer.known.numbered(str(source), int(seq))


_SOURCE, _SEQ = TAIL_COLUMNS.index("source") - 1, TAIL_COLUMNS.index("seq") - 1
assert set(TAIL_COLUMNS[1:]) == set(COLUMNS)
