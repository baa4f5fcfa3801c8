"""How does an event come in, and when is it acknowledged?

The acknowledgement is the commit. An event whose id is in the tail or in a sealed chunk already is acknowledged again
and adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import cast

import numpy as np
import pyarrow as pa

from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.thread.commits import Commits
from smilecurve.thread.incoming import COLUMNS, arranged, as_table, breaches_of, identified
from smilecurve.thread.known import Known, digests_of
from smilecurve.thread.ledger import Pen, Row
from smilecurve.thread.sealing import Sealer, is_numbered
from smilecurve.thread.shelf import micros
from smilecurve.thread.tail import (
    COLUMN_TYPES,
    FEWEST,
    TAIL_COLUMNS,
    Block,
    absent_from_blocks,
    block_of,
    count_tail,
    lay_block,
    lay_rows,
    listed,
    meets_tail,
    next_position,
    pieces_of,
    runs_of,
)
from smilecurve.thread.tidying import Tidied, tidied

__all__ = ["Acked", "append_events", "insert_events", "load_events"]

_FEW = 50_000
_SELDOM = 1024


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
    commits: Commits,
    sealer: Sealer,
    events: pa.Table | Sequence[Mapping[str, object]],
    *,
    source: str,
    now: datetime,
    refuse: bool,
) -> Acked:
    """Check, identify and commit events to the tail."""
    batch: Batch | None = None
    breaches: list[Breach] = []
    if not isinstance(events, pa.Table) and len(events) <= _FEW:
        sound = tidied(events, source=source, now_us=micros(now))
        batch = _of_records(sound, packed=commits.ledger.blocks) if sound else None
    if batch is None:
        table, breaches = _sound(events, source=source, now=now, refuse=refuse)
        batch = _of_table(table, packed=commits.ledger.blocks)
    known = sealer.known
    added, position, tail = commits.carry_out(lambda con: insert_events(con, known, batch))
    return Acked(added, len(batch.ids) - added, position, tuple(batch.ids), tuple(breaches), tail)


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


@dataclass(frozen=True, slots=True)
class Batch:
    """Identified events on their way into the tail: as a block if they are fit for one, and as rows."""

    ids: Sequence[str]
    block: Block | None
    rows: Callable[[], list[Row]]


def _of_records(sound: Tidied, *, packed: bool) -> Batch:
    columns = sound.columns
    ids = cast("Sequence[str]", columns["event_id"])

    def arrays() -> dict[str, pa.Array]:
        plain = {c: columns[c] for c in sound.told if c not in ("event_id", "components")}
        found = {c: pa.array(cells, COLUMN_TYPES[c]) for c, cells in plain.items()}
        if "components" in sound.told:
            found["components"] = pa.array([pieces_of(c) for c in columns["components"]], COLUMN_TYPES["components"])
        return found

    block = None
    if packed and sound.numbered and len(ids) >= FEWEST:
        runs = runs_of(cast("Sequence[str]", columns["source"]), np.array(columns["seq"], np.int64))
        block = block_of(len(ids), arrays, runs)
    return Batch(ids, block, sound.rows)


def _of_table(table: pa.Table, *, packed: bool) -> Batch:
    block = None
    if packed and table.num_rows >= FEWEST and is_numbered(table).all():
        runs = runs_of(table.column("source").to_pylist(), table.column("seq").to_numpy())
        block = block_of(table.num_rows, lambda: {c: table.column(c) for c in COLUMNS if c != "event_id"}, runs)
    return Batch(table.column("event_id").to_pylist(), block, lambda: _rows(table))


def _rows(table: pa.Table) -> list[Row]:
    """Rows of the tail (without position) of identified events."""
    columns: list[list[object]] = []
    for name in TAIL_COLUMNS[1:]:
        column = table.column(name)
        if name in ("event_time", "record_time"):
            columns.append(column.cast(pa.int64()).to_pylist())
        elif name == "components":
            columns.append([listed(c) for c in column.to_pylist()])
        else:
            columns.append(column.to_pylist())
    return list(zip(*columns, strict=True))


def insert_events(con: Pen, known: Known, batch: Batch) -> tuple[int, int, int]:
    """Put a batch into the tail inside a ledger transaction; returns how many were new, last position and tail."""
    known.refresh(con)
    first = next_position(con)
    block = batch.block
    if block is not None and not _met(con, known, batch.ids, block):
        lay_block(con, block, first)
        added, last = block.events, first + block.events - 1
    else:
        fresh = _fresh(con, known, batch.rows())
        added = lay_rows(con, fresh, first) if fresh else 0
        last = first + len(fresh) - 1 if added == len(fresh) else next_position(con) - 1
    return added, last, count_tail(con) if first % _SELDOM < added else 0


def _met(con: Pen, known: Known, ids: Sequence[str], block: Block) -> bool:
    """Was any event of the block known before?"""
    if any(known.meets(*run) for run in block.runs):
        return True
    return (known.any_hashed and bool(known.hashed(digests_of(list(ids))).any())) or meets_tail(con, block.runs)


def _fresh(con: Pen, known: Known, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that are neither sealed nor in a block."""
    if any(known.runs(str(source)) for source in {row[_SOURCE] for row in rows}):
        rows = [row for row in rows if not _sealed_number(known, row)]
    if rows and known.any_hashed:
        sealed = known.hashed(digests_of([str(row[0]) for row in rows]))
        rows = [row for row, there in zip(rows, sealed.tolist(), strict=True) if not there]
    absent = absent_from_blocks(con, [str(row[0]) for row in rows])
    return rows if absent is None else list(compress(rows, absent))


def _sealed_number(known: Known, row: Row) -> bool:
    source, seq = row[_SOURCE], row[_SEQ]
    if seq is None or row[0] != f"{source}#{seq}":
        return False
    return known.numbered(str(source), int(seq))


_SOURCE, _SEQ = TAIL_COLUMNS.index("source") - 1, TAIL_COLUMNS.index("seq") - 1
assert set(TAIL_COLUMNS[1:]) == set(COLUMNS)
