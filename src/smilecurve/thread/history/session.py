"""How does a long history come in at once?

Part after part, each a table of numbered events in the order of machine and time, each later than the part before. What
a part says is written as it comes and is no part of the thread yet; when the session ends well, everything counts in
one commit, and when it does not, nothing does. What comes out is what `load` would have made of the same parts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.thread.derive import connect, source_of
from smilecurve.thread.history.columns import Part, part_of
from smilecurve.thread.history.files import Target
from smilecurve.thread.history.judging import judged
from smilecurve.thread.history.keeping import give_back
from smilecurve.thread.history.linking import Configs, Nest, links_of, paired, pieces_of, places_of
from smilecurve.thread.history.lives import States, Stays
from smilecurve.thread.history.naming import Lots, Slots, Units
from smilecurve.thread.history.numbering import Numbers
from smilecurve.thread.history.writing import Writer, write_states
from smilecurve.thread.known import digests_of
from smilecurve.thread.laying import NO_STATES, corrected, events_sql, lay_events, lay_state, withdraw
from smilecurve.thread.sealing import Made, Sealer
from smilecurve.thread.segments import Segment
from smilecurve.thread.shelf import micros
from smilecurve.thread.summing import BY_STATE, moves_afresh, sums_afresh
from smilecurve.thread.tail import drop_rows, reserve, unpack

if TYPE_CHECKING:
    from types import TracebackType

    from duckdb import DuckDBPyConnection

__all__ = ["History"]


class History:
    """One history being taken in; a context that commits at its end."""

    def __init__(self, sealer: Sealer, *, source: str, now: Callable[[], datetime]) -> None:
        self._sealer = sealer
        self._source = source
        self._now = now
        self._stack = ExitStack()
        self._made: list[Segment] = []
        self._ended: list[Segment] = []
        self._spans: list[tuple[int, int, int]] = []
        self._latest = int(np.iinfo(np.int64).min)
        self.added = 0
        self.repeated = 0
        self.cpu = 0.0
        self.links_cpu = 0.0

    def __enter__(self) -> History:
        self._stack.enter_context(self._sealer.segments.sealing())
        try:
            self._begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _begin(self) -> None:
        self._sealer.seal_tail()
        segments = self._sealer.segments
        self._live = segments.live()
        con = connect(spill=str(segments.root / "spill"))
        try:
            found = {t: _rows(con, self._source_of(t), columns) for t, columns in _NEEDED.items()}
        finally:
            con.close()
        rows = {t: [c.to_pylist() for c in table.columns] for t, table in found.items() if t != "unit"}
        self._units = Units(found["unit"].column("machine").combine_chunks().cast(pa.string()))
        self._old = np.zeros(self._units.old, dtype=bool)
        self._lots = Lots(rows["lot"][1])
        self._codes = [pa.array(rows["lot"][1], pa.string())]
        self._slots = Slots(zip(rows["slot"][1], rows["slot"][2], strict=True))
        self._nest = Nest(zip(*rows["edge"], strict=True))
        self._configs = Configs(zip(*rows["config"], strict=True))
        self._stays, self._states = Stays(), States()
        with self._sealer.ledger.writing() as con2:
            self._sealer.known.refresh(con2)
            self._chunk = int(con2.execute("select value from counter where name = 'chunk'").fetchall()[0][0])
        self._numbers = Numbers(self._sealer.known)

    def _source_of(self, tbl: str) -> str:
        return source_of(tbl, self._sealer.segments.paths(s for s in self._live if s.tbl == tbl))

    def add(self, events: pa.Table) -> int:
        """Take in the next part; returns how many of its events are new.

        DataRejected with every breach where it is not sound, not numbered or not in order. Texts may be dictionaries;
        serials that grow from part to part as one dictionary are looked up once.
        """
        part = self._part(events)
        judged(events, part, self._latest)
        if not part.rows:
            return 0
        fresh = self._numbers.fresh(part)
        if not fresh.all():
            self.repeated += int((~fresh).sum())
            if not fresh.any():
                return 0
            part = self._part(events.filter(pa.array(fresh)))
        self._latest = int(part.event_time.max())
        with self._sealer.ledger.writing() as con:
            first = reserve(con, part.rows)
        self._chunk += 1
        self._spans.append((self._chunk, first, first + part.rows - 1))
        self._numbers.take(part, self._chunk)
        self._write(part, first)
        self.added += part.rows
        give_back()
        return part.rows

    def _part(self, events: pa.Table) -> Part:
        part = part_of(events, source=self._source, now_us=micros(self._now()))
        return replace(part, texts={**part.texts, "machine": self._units.settled(part.texts["machine"])})

    def _write(self, part: Part, first: int) -> None:
        """Every table that the part says something of."""
        began = time.process_time()
        writer = Writer(Target(self._sealer.segments, self._chunk, (first, first + part.rows - 1)))
        machine = part.texts["machine"]
        ids, fresh = self._units.numbers(machine, _order_of_use(machine.codes))
        # without a machine the code is -1, which finds the -1 at the end
        unit_of = np.append(ids, np.int32(-1))[machine.codes]
        if self._units.old:
            self._old[unit_of[(unit_of >= 0) & (unit_of < self._units.old)]] = True
        new = np.arange(self._units.count - len(fresh), self._units.count, dtype=np.int32)
        writer.units(fresh, new)
        swaps = _by_unit(part, unit_of, part.of_kind("installing", "replacing", "removing"))
        failures = part.of_kind("failure")
        failures = _by_unit(part, unit_of, failures[part.texts["part"].codes[failures] >= 0])
        linked = time.process_time()
        self._link(writer, part, unit_of, first, swaps, (fresh, new))
        self.links_cpu += time.process_time() - linked
        writer.swaps(part, swaps, unit_of[swaps], first)
        writer.failures(part, failures, unit_of[failures], first)
        writer.corrections(part, first)
        writer.events(part, first)
        self._states.add(part, unit_of, self._units.count)
        stays = Writer(writer.target)
        stays.stays(self._stays.add(part, unit_of, first, self._units.count), self._stays)
        self._made += writer.made
        self._ended += stays.made
        self.cpu += time.process_time() - began

    def _link(
        self,
        writer: Writer,
        part: Part,
        unit_of: np.ndarray,
        first: int,
        swaps: np.ndarray,
        fresh: tuple[pa.Array, np.ndarray],
    ) -> None:
        """Lots, places, links, lots within lots, configurations."""
        codes = paired(part.pieces)
        rows = part.of_kind("assembling")
        rows = rows[part.pieces.there[rows]] if part.pieces is not None else rows[:0]
        built, nested = rows[unit_of[rows] >= 0], rows[unit_of[rows] < 0]
        nested = nested[part.texts["lot"].codes[nested] >= 0]
        making = np.sort(np.concatenate([built, nested]))
        lots = self._lots.take_in(_lots_told(part, making, first, self._lots))
        at = self._lots.numbers(part.pieces.lot.names) if part.pieces is not None else np.zeros(0, np.int32)
        fitted = swaps[(part.texts["lot"].codes[swaps] >= 0) & ~np.isin(swaps, part.of_kind("removing"))]
        table, places = places_of(part, codes, first, self._slots, making, fitted)
        writer.lots(lots, len(self._lots.number) - len(lots))
        writer.slots(places, len(self._slots.number) - len(places))
        writer.pairs("twin", ("unit", "lot"), self._twins(*fresh, lots))
        held = [self._lots.number[str(t)] for t in part.texts["lot"].at(fitted).texts()]
        writer.pairs("fit", ("lot", "unit"), list(zip(held, unit_of[fitted].tolist(), strict=True)))
        writer.edges(self._nest.add(part, codes, nested, table, self._lots))
        links = links_of(part, codes, built, unit_of[built], table, at)
        writer.links(links)
        units, configs, new = self._configs.add(links, self._nest)
        writer.pairs("config", ("config", "slot"), new)
        writer.builds(units, configs)

    def _twins(self, names: pa.Array, numbers: np.ndarray, lots: list[str]) -> list[tuple[int, int]]:
        """Units and lots of the same name, where one of the two is new."""
        found: list[tuple[int, int]] = []
        self._codes.append(pa.array(lots, pa.string()))
        if len(names):
            ends = pc.min_max(names).as_py()
            for codes in self._codes:
                near = codes.filter(pc.and_(pc.greater_equal(codes, ends["min"]), pc.less_equal(codes, ends["max"])))
                at = pc.index_in(near, names)
                for code, place in zip(near.to_pylist(), at.to_pylist(), strict=True):
                    if place is not None:
                        found.append((int(numbers[place]), self._lots.number[code]))
        near = self._units.in_range(self._codes[-1])
        if len(near):
            at = pc.index_in(near, self._units.names())
            found += [
                (place, self._lots.number[code])
                for code, place in zip(near.to_pylist(), at.to_pylist(), strict=True)
                if place is not None
            ]
        return found

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if kind is None and self._spans:
                self._end()

    def _end(self) -> None:
        """The stays that are still open, every state, and the commit."""
        began = time.process_time()
        segments, spans = self._sealer.segments, self._spans
        chunk, span = spans[-1][0], (spans[0][1], spans[-1][2])
        target = Target(segments, chunk, span)
        rest = Writer(target)
        rest.open_stays(self._stays, self._units.count)
        stays = [replace(s, chunk=chunk, first_chunk=spans[0][0], first_pos=span[0], last_pos=span[1])
                 for s in self._ended + rest.made]  # fmt: skip
        again = self._again()
        keep = np.ones(self._units.count, dtype=bool)
        keep[: self._units.old] = False
        names = self._units.names()
        if again:
            found = pc.fill_null(pc.index_in(pa.array(again, pa.string()), names), -1).to_numpy()
            keep[found[found >= 0]] = False
        made = [*self._made, *stays, *write_states(target, self._states, names, np.flatnonzero(keep))]
        made += self._found_again(again, target, made)
        made += self._sums(target, stays, made)
        ids = [i for _, listed in self._numbers.loose for i in listed]
        if ids:
            digests = digests_of(ids)
            file = segments.write_ids(digests[:, np.argsort(digests[0])], chunk, span)
            made += [file] if file else []
        self.cpu += time.process_time() - began
        with self._sealer.ledger.writing() as con:
            for number, first, last in spans[:-1]:
                con.execute("insert into sealed (chunk, first_pos, last_pos) values (?, ?, ?)", (number, first, last))
            con.executemany("insert into span (chunk, source, lo, hi) values (?, ?, ?, ?)", self._numbers.spans)
            self._sealer.commit(con, Made(chunk, (spans[-1][1], spans[-1][2]), made, [], BY_STATE))
            unpack(con, self._numbers.meets)
            told = con.execute("select pos, event_id, source, seq from event where seq is not null").fetchall()
            drop_rows(con, [p for p, i, s, n in told if i == f"{s}#{n}" and self._numbers.said(s, n)])

    def _sums(self, target: Target, stays: list[Segment], made: list[Segment]) -> list[Segment]:
        """The counts of all machines, and who came and left where by these stays."""
        segments, first = target.segments, self._spans[0][0]
        found = sums_afresh(segments, [*self._live, *made], target.chunk, target.span)
        return found + moves_afresh(segments, stays, (first, target.chunk), target.span)

    def _again(self) -> list[str]:
        """Machines whose state is found from all their events: known before, or with an event that was taken back."""
        names = self._units.names()
        again = set(names.take(pa.array(np.flatnonzero(self._old))).to_pylist())
        taken = self._sealer.segments.paths(s for s in [*self._live, *self._made] if s.tbl == "correction")
        if taken:
            con = self._looking(self._made)
            try:
                withdraw(con, self._events(), "nothing", corrected(con, f"read_parquet({taken})"))
                rows = con.execute("select distinct machine from withdrawn where machine is not null").fetchall()
            finally:
                con.close()
            again |= {str(row[0]) for row in rows}
        return sorted(again)

    def _events(self) -> list[str]:
        return self._sealer.segments.paths(s for s in [*self._live, *self._made] if s.tbl == "event")

    def _looking(self, made: list[Segment]) -> DuckDBPyConnection:
        """A database that sees the events, units and corrections so far."""
        segments = self._sealer.segments
        con = connect(spill=str(segments.root / "spill"))
        units = segments.paths(s for s in [*self._live, *made] if s.tbl == "unit")
        con.execute(
            f"create or replace temp view unit_before as select * from {source_of('unit', units)} s;"
            "create or replace temp table new_unit (unit integer, machine varchar);"
            f"create or replace temp view nothing as {events_sql(self._events())} limit 0"
        ).fetchall()
        lay_events(con, self._events(), "nothing")
        return con

    def _found_again(self, again: list[str], target: Target, made: list[Segment]) -> list[Segment]:
        if not again:
            return []
        taken = target.segments.paths(s for s in [*self._live, *made] if s.tbl == "correction")
        con = self._looking(made)
        try:
            withdraw(con, self._events(), "nothing", corrected(con, f"read_parquet({taken})") if taken else [])
            lay_state(con, NO_STATES, "nothing", again)
            sql = "select n.* from state_new n order by n.unit"
            file = target.segments.write(con, sql, "state", target.chunk, sort="unit", span=target.span)
        finally:
            con.close()
        return [file] if file else []


def _by_unit(part: Part, unit_of: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Those of the rows that tell of a machine, sorted by unit, time and position."""
    rows = rows[unit_of[rows] >= 0]
    return rows[np.lexsort((rows, part.event_time[rows], unit_of[rows]))]


def _order_of_use(codes: np.ndarray) -> np.ndarray:
    """The codes that occur, each once, in order; they are sorted, -1 last."""
    codes = codes[codes >= 0]
    once = np.ones(len(codes), dtype=bool)
    once[1:] = np.diff(codes) != 0
    return codes[once]


def _lots_told(part: Part, rows: np.ndarray, first: int, lots: Lots) -> list[tuple[int, str]]:
    """Codes of lots that have no number yet, with the position of their first use."""
    told: list[tuple[int, str]] = []
    if part.pieces is not None and len(rows):
        p = part.pieces
        names = p.lot.names.to_pylist()
        unknown = np.array([name not in lots.number for name in names])
        if unknown.any():
            where = pieces_of(p, rows)
            codes = p.lot.codes[where]
            at = np.full(len(names), -1, np.int64)
            at[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
            for code in np.flatnonzero(unknown & (at >= 0)).tolist():
                flat = int(at[code]) + where.start if isinstance(where, slice) else int(where[at[code]])
                told.append((first + int(np.searchsorted(p.ends, flat, side="right")) - 1, names[code]))
    column = part.texts["lot"]
    lotted = np.flatnonzero(column.codes >= 0)
    some, at = np.unique(column.codes[lotted], return_index=True)
    texts = column.names.take(pa.array(some)).to_pylist()
    return told + [(first + int(row), text) for row, text in zip(lotted[at].tolist(), texts, strict=True)]


def _rows(con: DuckDBPyConnection, source: str, columns: str) -> pa.Table:
    return con.sql(f"select {columns} from {source} s order by 1").to_arrow_table()


_NEEDED = {
    "unit": "unit, machine", "lot": "lot, code", "slot": "slot, component, part", "edge": "lot, slot, inside",
    "config": "config, slot",
}  # fmt: skip
