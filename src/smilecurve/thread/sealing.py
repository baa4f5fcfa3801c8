"""When does the tail come to rest, and is what rests what happened?

Sealing sorts the tail into a chunk of immutable segments and derives what follows from it. The manifest rows and the
deletion of the tail are one transaction: a crash before it leaves orphan files, a crash after it nothing to do.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.event import EVENT_SCHEMA
from smilecurve.thread.derive import CHUNK_SQL, SORTS, Before, connect, derive
from smilecurve.thread.known import Known, digests_of, is_loose
from smilecurve.thread.ledger import Ledger, Pen, bump
from smilecurve.thread.segments import Segment, Segments
from smilecurve.thread.stating import write_states
from smilecurve.thread.summing import WITH_STATES, write_sums
from smilecurve.thread.tail import count_tail, drop_rows, drop_tail, reserve, tail_events, unpack

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Made", "Rebuilt", "Sealer", "is_numbered", "write_chunk"]

_EVENT_SQL = """
select pos, case when event_id = concat(source, '#', seq) then null else event_id end as event_id, kind, event_time,
       record_time, source, seq, machine, part, component, lot, place, market, party, ref, code, disposition, quantity,
       amount, currency, corrects, details,
       list_transform(components, lambda c: cast(to_json([c.component, c.part, c.lot]) as varchar)) as components
from chunk order by machine nulls last, event_time, pos"""


@dataclass(frozen=True, slots=True)
class Made:
    """A chunk that is written and not part of the thread yet; whole: of these tables its files replace older ones."""

    chunk: int
    span: tuple[int, int]
    segments: list[Segment]
    runs: list[tuple[str, int, int]]
    whole: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: are the derived tables equal to the stored ones, and which are not?"""

    equal: bool
    differing: tuple[str, ...]
    chunks: int


def write_chunk(
    segments: Segments, con: DuckDBPyConnection, live: Sequence[Segment], chunk: int, span: tuple[int, int]
) -> tuple[list[Segment], tuple[str, ...]]:
    """Write the derived chunk in `con` beside the segments before it; of which tables does it hold the rows of all?"""
    made = [segments.write(con, _EVENT_SQL, "event", chunk, sort="machine", span=span)]
    made += [segments.write(con, sql, tbl, chunk, sort=by, span=span) for tbl, (sql, by) in SORTS.items()]
    states, whole = write_states(segments, con, live, chunk, span)
    made += [*states, *write_sums(segments, con, live, chunk, span, whole=whole)]
    return [s for s in made if s is not None], WITH_STATES if whole else ()


class Sealer:
    """Seals, loads and rebuilds one thread's chunks."""

    def __init__(self, ledger: Ledger, segments: Segments) -> None:
        self.ledger = ledger
        self.segments = segments
        self.known = Known(segments)

    def seal(self) -> int:
        """Bring the whole tail to rest; returns how many events."""
        with self.segments.sealing():
            return self.seal_tail()

    def seal_tail(self) -> int:
        """Bring the whole tail to rest while the lock of sealing is held."""
        with self.ledger.reading() as con:
            events = tail_events(con)
        if not events.num_rows:
            return 0
        first, last = int(events["pos"][0].as_py()), int(events["pos"][-1].as_py())
        made = self._write(events, (first, last))
        with self.ledger.writing() as con:
            self.commit(con, made)
            drop_tail(con, first, last)
        return int(events.num_rows)

    def load(self, events: pa.Table) -> tuple[int, int]:
        """Bring identified, checked events straight to rest; returns how many were new, and the position."""
        with self.segments.sealing():
            self.seal_tail()
            with self.ledger.writing() as con:
                self.known.refresh(con)
                fresh = self._unknown(events)
                first = reserve(con, fresh.num_rows)
            if not fresh.num_rows:
                return 0, first - 1
            last = first + fresh.num_rows - 1
            made = self._write(_positioned(fresh, first), (first, last))
            with self.ledger.writing() as con:
                self.commit(con, made)
                self._drop_repeats(con, fresh)
            return fresh.num_rows, last

    def _unknown(self, events: pa.Table) -> pa.Table:
        """The first of each event that is not sealed yet."""
        numbered = is_numbered(events)
        keep = np.zeros(events.num_rows, dtype=bool)
        if not numbered.all():
            others = np.flatnonzero(~numbered)
            digests = digests_of(events.column("event_id").take(pa.array(others)))
            keep[others] = _firsts(digests) & ~self.known.hashed(digests)
        if numbered.any():
            seqs = pc.fill_null(events.column("seq"), -1).to_numpy(zero_copy_only=False)
            sources = events.column("source")
            for source in pc.unique(sources.filter(pa.array(numbered))).to_pylist():
                mine = np.flatnonzero(numbered & pc.equal(sources, source).to_numpy(zero_copy_only=False))
                new = np.zeros(len(mine), dtype=bool)
                new[np.unique(seqs[mine], return_index=True)[1]] = True
                for lo, hi in self.known.runs(source):
                    new &= (seqs[mine] < lo) | (seqs[mine] > hi)
                if self.known.any_hashed:
                    new &= ~self.known.hashed(digests_of(events.column("event_id").take(pa.array(mine))))
                keep[mine] = new
        return events if keep.all() else events.filter(pa.array(keep))

    def _drop_repeats(self, con: Pen, fresh: pa.Table) -> None:
        """Take from the tail what another process appended meanwhile and this load holds too."""
        if not count_tail(con):
            return
        told = set(fresh.column("event_id").to_pylist())
        unpack(con, lambda source, lo, hi: any(f"{source}#{n}" in told for n in range(lo, hi + 1)))
        tail = con.execute("select pos, event_id from event").fetchall()
        drop_rows(con, [pos for pos, event_id in tail if event_id in told])

    def _write(self, rows: pa.Table, span: tuple[int, int]) -> Made:
        chunk = self.ledger.number("select value from counter where name = 'chunk'") + 1
        con = connect(spill=str(self.segments.root / "spill"))
        try:
            con.register("incoming", rows)
            con.execute(CHUNK_SQL).fetchall()
            con.unregister("incoming")
            live = self.segments.live()
            derive(con, Before.of(self.segments, live))
            made, whole = write_chunk(self.segments, con, live, chunk, span)
            runs, digests = _identities(con)
            ids = self.segments.write_ids(digests, chunk, span)
        finally:
            con.close()
        return Made(chunk, span, made + ([ids] if ids else []), runs, whole)

    def commit(self, con: Pen, made: Made) -> None:
        """Make a written chunk part of the thread, inside a ledger transaction."""
        con.executemany(
            "update segment set replaced_at = ? where tbl = ? and replaced_at is null",
            [(int(time.time()), tbl) for tbl in made.whole],
        )
        self.segments.enlist(con, made.segments)
        con.executemany(
            "insert into span (chunk, source, lo, hi) values (?, ?, ?, ?)", [(made.chunk, *run) for run in made.runs]
        )
        con.execute("insert into sealed (chunk, first_pos, last_pos) values (?, ?, ?)", (made.chunk, *made.span))
        con.execute("update counter set value = ? where name = 'chunk'", (made.chunk,))
        bump(con, "change")

    def rebuild(self) -> Rebuilt:
        """Derive every chunk again from its events and compare with the stored tables row by row."""
        from smilecurve.thread.rebuilding import rebuilt

        with self.segments.sealing():
            chunks, differing = rebuilt(self.segments)
        return Rebuilt(not differing, tuple(differing), chunks)


def _firsts(digests: np.ndarray) -> np.ndarray:
    """Which columns of (2, n) stand there for the first time."""
    order = np.lexsort((digests[1], digests[0]))
    ranked = digests[:, order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (ranked[:, 1:] != ranked[:, :-1]).any(axis=0)
    mask = np.zeros(len(order), dtype=bool)
    mask[order[first]] = True
    return mask


def is_numbered(events: pa.Table) -> np.ndarray:
    """Which events have the id that their source and number make?"""
    own = pc.binary_join_element_wise(events.column("source"), events.column("seq").cast(pa.string()), "#")
    same = pc.fill_null(pc.equal(events.column("event_id"), own), False)
    return np.asarray(same.to_numpy(zero_copy_only=False), dtype=bool)


def _positioned(events: pa.Table, first: int) -> pa.Table:
    columns: dict[str, pa.ChunkedArray | pa.Array] = {"pos": pa.array(np.arange(first, first + events.num_rows))}
    for name in EVENT_SCHEMA.names:
        column = events.column(name)
        if name in ("event_time", "record_time"):
            columns[name.replace("time", "us")] = column.cast(pa.int64())
        else:
            columns[name] = column
    return pa.table(columns)


def _identities(con: DuckDBPyConnection) -> tuple[list[tuple[str, int, int]], np.ndarray]:
    """Runs of numbers by source where a source counts without many gaps, and the hashes of every other id."""
    runs = con.execute("""
      select source, min(seq), max(seq), count(*) from (
        select source, seq, seq - row_number() over (partition by source order by seq) as island
        from chunk where event_id = concat(source, '#', seq)) s group by source, island order by 1, 2""").fetchall()
    events: dict[str, int] = {}
    islands: dict[str, int] = {}
    for source, _, _, n in runs:
        events[source] = events.get(source, 0) + n
        islands[source] = islands.get(source, 0) + 1
    loose = {s for s, n in islands.items() if is_loose(n, events[s])}
    rest = con.execute(
        "select event_id from chunk"
        " where event_id is distinct from concat(source, '#', seq) or list_contains(?, source)",
        [sorted(loose)],
    ).fetchall()
    digests = digests_of([str(r[0]) for r in rest])
    return [(s, lo, hi) for s, lo, hi, _ in runs if s not in loose], digests[:, np.argsort(digests[0])]
