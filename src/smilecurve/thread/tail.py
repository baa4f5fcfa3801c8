"""What is acknowledged and not at rest yet?

Events lie in the tail as rows or, where a batch is numbered by its sources, as one block: its columns packed as Arrow,
and the runs of numbers in it. An id stands in the tail once: an index keeps those of rows apart, runs never meet, and
each is asked for the other in the transaction that adds anything. Positions rise with every event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.event import COMPONENTS_TYPE, EVENT_SCHEMA
from smilecurve.thread.ledger import NEXT_POSITION, Pen, Row

__all__ = [
    "COLUMN_TYPES",
    "FEWEST",
    "TAIL_COLUMNS",
    "Block",
    "Run",
    "absent_from_blocks",
    "block_of",
    "count_tail",
    "drop_rows",
    "drop_tail",
    "ends_of",
    "lay_block",
    "lay_rows",
    "listed",
    "meets_tail",
    "next_position",
    "numbered_id",
    "pieces_of",
    "reserve",
    "runs_of",
    "tail_events",
    "tail_table",
    "unpack",
]

TAIL_COLUMNS = (
    "pos", "event_id", "kind", "event_time", "record_time", "source", "seq", "machine", "part", "component", "lot",
    "place", "market", "party", "ref", "code", "disposition", "quantity", "amount", "currency", "corrects", "details",
    "components",
)  # fmt: skip
Run: TypeAlias = tuple[str, int, int]
"""A source, and its least and greatest number of a run without a gap."""
_INSERT = (
    f"insert into event ({', '.join(TAIL_COLUMNS)}) values ({', '.join('?' * len(TAIL_COLUMNS))})"
    " on conflict (event_id) do nothing"
)
_TIMES = ("event_time", "record_time")
FEWEST = 64
_LONG = 8
_LATEST = 10**18
COLUMN_TYPES = {
    n: pa.int64() if n == "pos" or n in _TIMES else COMPONENTS_TYPE if n == "components" else EVENT_SCHEMA.field(n).type
    for n in TAIL_COLUMNS
}


@dataclass(frozen=True, slots=True)
class Block:
    """A batch of events as it is kept: their number, the runs of their numbers, their columns."""

    events: int
    runs: Sequence[Run]
    body: bytes


def next_position(con: Pen) -> int:
    """The position of the next event."""
    return int(con.execute(NEXT_POSITION).fetchall()[0][0])


def reserve(con: Pen, events: int) -> int:
    """Keep the next so many positions for events that are not in the tail; returns the first of them."""
    first = next_position(con)
    con.execute("update counter set value = ? where name = 'position'", (first + events,))
    return first


def count_tail(con: Pen) -> int:
    """How many events are not sealed."""
    blocks = "select coalesce(sum(last_pos - first_pos + 1), 0) from block"
    return int(con.execute(f"select (select count(*) from event) + ({blocks})").fetchall()[0][0])


def ends_of(con: Pen, where: str = "true") -> tuple[int | None, int | None, int]:
    """First and last position and number of the events in the tail; `where`: only those of the rows, and every block.

    A block holds no decision and nothing else that a thread tells of itself.
    """
    parts = f"""
      select min(first_pos) as first, max(last_pos) as last, sum(last_pos - first_pos + 1) as n from block
      union all select min(pos), max(pos), count(*) from event where {where}"""
    first, last, n = con.execute(f"select min(s.first), max(s.last), sum(s.n) from ({parts}) s").fetchall()[0]
    return first, last, int(n)


def lay_rows(con: Pen, rows: Sequence[Row], first: int) -> int:
    """Put events (without position) into the tail as rows; returns how many had an id that no row has."""
    before = con.total_changes
    con.executemany(_INSERT, [(first + n, *row) for n, row in enumerate(rows)])
    return con.total_changes - before


def lay_block(con: Pen, block: Block, first: int) -> None:
    """Put a batch that meets nothing into the tail."""
    values = (first, first + block.events - 1, block.body)
    con.execute("insert into block (first_pos, last_pos, body) values (?, ?, ?)", values)
    con.executemany(
        "insert into block_run (source, lo, hi, first_pos) values (?, ?, ?, ?)", [(*run, first) for run in block.runs]
    )


def block_of(events: int, columns: Callable[[], Mapping[str, pa.Array]], runs: Sequence[Run]) -> Block | None:
    """A batch as a block; None where it is too small, or its numbers skip too much to be worth one."""
    if events < FEWEST or not runs or len(runs) * _LONG > events or max(hi for _, _, hi in runs) >= _LATEST:
        return None
    told = {name: cells for name, cells in columns().items() if cells.null_count < len(cells)}
    table = pa.table({n: c if c.type == COLUMN_TYPES[n] else c.cast(COLUMN_TYPES[n]) for n, c in told.items()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    return Block(events, runs, sink.getvalue().to_pybytes())


def runs_of(sources: Sequence[str], seqs: np.ndarray) -> list[Run]:
    """The runs of numbers by source; none where a number stands twice.

    >>> runs_of(["a", "a", "b", "a"], np.array([7, 6, 1, 9]))
    [('a', 6, 7), ('a', 9, 9), ('b', 1, 1)]
    >>> runs_of(["a", "a"], np.array([7, 7]))
    []
    """
    if not len(seqs):
        return []
    names = sorted(set(sources))
    rank = {name: n for n, name in enumerate(names)}
    place = (
        np.fromiter(map(rank.__getitem__, sources), np.int64, len(sources)) if len(names) > 1 else np.zeros_like(seqs)
    )
    if not _rising(place, seqs):
        order = np.lexsort((seqs, place))
        place, seqs = place[order], seqs[order]
    same, steps = place[1:] == place[:-1], np.diff(seqs)
    if (same & (steps == 0)).any():
        return []
    breaks = np.flatnonzero(~same | (steps != 1))
    starts, ends = [0, *(breaks + 1)], [*breaks, len(seqs) - 1]
    told = zip(place[starts].tolist(), seqs[starts].tolist(), seqs[ends].tolist(), strict=True)
    return [(names[at], lo, hi) for at, lo, hi in told]


def _rising(place: np.ndarray, seqs: np.ndarray) -> bool:
    """Do the numbers of every source follow each other, one source after the other?"""
    steps = np.diff(place)
    return bool(((steps > 0) | ((steps == 0) & (np.diff(seqs) >= 0))).all())


def numbered_id(event_id: str) -> tuple[str, int] | None:
    """Source and number of an id that a number made, or could have made.

    >>> numbered_id("station 4#12"), numbered_id("station 4#012"), numbered_id("mine")
    (('station 4', 12), None, None)
    """
    source, mark, number = event_id.rpartition("#")
    if not mark or not number.isascii() or not number.isdigit() or (number[0] == "0" and number != "0"):
        return None
    return (source, int(number)) if len(number) < len(str(_LATEST)) else None


def meets_tail(con: Pen, runs: Iterable[Run]) -> bool:
    """Does the tail hold any of these numbers, as a row or in a block?"""
    for source, lo, hi in runs:
        sql = "select 1 from block_run where source = ? and hi >= ? and lo <= ? limit 1"
        if con.execute(sql, (source, lo, hi)).fetchall():
            return True
        for a, b in _as_wide(lo, hi):
            sql = "select event_id from event where event_id between ? and ?"
            for (event_id,) in con.execute(sql, (f"{source}#{a}", f"{source}#{b}")).fetchall():
                told = numbered_id(event_id)
                if told is not None and told[0] == source and lo <= told[1] <= hi:
                    return True
    return False


def _as_wide(lo: int, hi: int) -> list[tuple[int, int]]:
    """A range of numbers cut where they get a digit more, so that texts are in the order of numbers.

    >>> _as_wide(7, 123)
    [(7, 9), (10, 99), (100, 123)]
    """
    widths = range(len(str(lo)), len(str(hi)) + 1)
    return [(max(lo, 10 ** (w - 1) if w > 1 else 0), min(hi, 10**w - 1)) for w in widths]


def absent_from_blocks(con: Pen, ids: Sequence[str]) -> list[bool] | None:
    """Which of the ids lie in no block; None where there are no blocks."""
    if not con.execute("select 1 from block limit 1").fetchall():
        return None
    told = [numbered_id(i) for i in ids]
    spread: dict[str, tuple[int, int]] = {}
    for source, n in filter(None, told):
        lo, hi = spread.get(source, (n, n))
        spread[source] = (min(lo, n), max(hi, n))
    sql = "select lo, hi from block_run where source = ? and hi >= ? and lo <= ? order by hi"
    runs = {s: np.array(con.execute(sql, (s, lo, hi)).fetchall(), np.int64) for s, (lo, hi) in spread.items()}

    def absent(source: str, n: int) -> bool:
        mine = runs[source]
        at = int(np.searchsorted(mine[:, 1], n)) if len(mine) else 0
        return at == len(mine) or int(mine[at, 0]) > n

    return [pair is None or absent(*pair) for pair in told]


def tail_events(con: Pen) -> pa.Table:
    """Everything in the tail as Arrow, by position; times as microseconds."""
    rows = con.execute(f"select {', '.join(TAIL_COLUMNS)} from event order by pos").fetchall()
    blocks = con.execute("select first_pos, body from block order by first_pos").fetchall()
    if not blocks:
        return tail_table(rows)
    events = pa.concat_tables([tail_table(rows), *(_unpacked(int(first), body) for first, body in blocks)])
    pos = events.column("pos").to_numpy()
    return events if (np.diff(pos) > 0).all() else events.take(pa.array(np.argsort(pos)))


def tail_table(rows: Sequence[Row]) -> pa.Table:
    """Rows of the tail as Arrow, times as microseconds."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(TAIL_COLUMNS)
    return _named({
        name: pa.array([pieces_of(c) for c in cells] if name == "components" else cells, COLUMN_TYPES[name])
        for name, cells in zip(TAIL_COLUMNS, columns, strict=True)
    })  # fmt: skip


def pieces_of(cell: object) -> list[dict[str, str | None]] | None:
    """The components of an event as Arrow has them, from what a row keeps."""
    if cell is None:
        return None
    return [dict(zip(("component", "part", "lot"), p, strict=True)) for p in json.loads(str(cell))]


def _unpacked(first: int, body: bytes) -> pa.Table:
    table = pa.ipc.open_stream(body).read_all()
    n = table.num_rows
    ids = pc.binary_join_element_wise(table.column("source"), table.column("seq").cast(pa.string()), "#")
    told = {**{c: table.column(c) for c in table.column_names}, "event_id": ids}
    told["pos"] = pa.array(np.arange(first, first + n))
    return _named({name: told[name] if name in told else pa.nulls(n, COLUMN_TYPES[name]) for name in TAIL_COLUMNS})


def _named(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    return pa.table({n.replace("time", "us") if n in _TIMES else n: cells for n, cells in columns.items()})


def unpack(con: Pen, wanted: Callable[[str, int, int], bool]) -> None:
    """Make rows of every block of which a run (source, least and greatest number) is wanted."""
    runs = con.execute("select source, lo, hi, first_pos from block_run").fetchall()
    for first in sorted({int(p) for source, lo, hi, p in runs if wanted(str(source), int(lo), int(hi))}):
        ((body,),) = con.execute("select body from block where first_pos = ?", (first,)).fetchall()
        _drop_blocks(con, first, first)
        columns = _unpacked(first, body).columns
        cells = [c.to_pylist() for c in columns[:-1]] + [[listed(c) for c in columns[-1].to_pylist()]]
        con.executemany(_INSERT, list(zip(*cells, strict=True)))


def listed(components: Sequence[Mapping[str, str | None]] | None) -> str | None:
    """The components of an event as a row keeps them."""
    if not components:
        return None
    triples = [[c["component"], c["part"], c["lot"]] for c in components]
    return json.dumps(triples, ensure_ascii=False, separators=(",", ":"))


def drop_tail(con: Pen, first: int, last: int) -> None:
    """Take the events of these positions out of the tail; no position is given twice."""
    reserve(con, 0)
    con.execute("delete from event where pos between ? and ?", (first, last))
    _drop_blocks(con, first, last)


def drop_rows(con: Pen, positions: Iterable[int]) -> None:
    """Take single rows out of the tail."""
    reserve(con, 0)
    con.executemany("delete from event where pos = ?", [(p,) for p in positions])


def _drop_blocks(con: Pen, first: int, last: int) -> None:
    con.execute("delete from block_run where first_pos between ? and ?", (first, last))
    con.execute("delete from block where first_pos between ? and ?", (first, last))
