"""What does the thread show, as of when?

A frame is one look at the thread (now, or as of a moment by either clock): an in-memory DuckDB over the manifest's
segments and the unsealed tail. Relations are built when a question needs them, and again when what they draw on
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES
from smilecurve.thread.derive import CHUNK_SQL, DERIVED, Before, derive, derive_nothing, source_of
from smilecurve.thread.finding import Finder, in_order
from smilecurve.thread.laid import Laid
from smilecurve.thread.laying import (
    STATE,
    corrected,
    lay_events,
    lay_old_state,
    lay_state,
    lay_whole_state,
    states_sql,
    withdraw,
)
from smilecurve.thread.relations import INTERNAL, INTERNAL_LAZY, LAZY, VIEWS, cast_to, needed_by
from smilecurve.thread.segments import Segment, Segments, parted
from smilecurve.thread.steps import sql_text
from smilecurve.thread.summing import WITH_STATES, lay_no_sums, lay_sums, moves_of
from smilecurve.thread.tail import ends_of, tail_events

if TYPE_CHECKING:
    from smilecurve.thread.segments import Key
    from smilecurve.thread.shelf import Shelf

__all__ = ["LAZY", "Clock", "Frame"]

T = TypeVar("T")
Clock = Literal["record", "event"]
_DERIVED_FROM_TAIL: Mapping[str, str] = {
    "unit": "unit, machine from new_unit", "lot": "lot, code from new_lot", "lot_at": "code, lot from new_lot",
    "swap": "unit, since, pos, kind, component, part, lot, removed from new_swap", "fit": "lot, unit from new_fit",
    "twin": "unit, lot from new_twin", "correction": "pos, corrects from new_correction",
    "failure": "unit, since, pos, part, lot from new_failure",
    "slot": "slot, component, part from new_slot",
    "edge": "lot, slot, inside, since from new_edge", "config": "config, slot from new_config",
    "build": "unit, config from new_build", "made_of": "lot, unit, slot from new_link",
    "made_in": "unit, slot, lot, since from new_link",
    "stay": "unit, since, kind, status, place, market, holder, until, pos from new_stay",
}  # fmt: skip

_UNIT = pa.schema([("unit", pa.int32()), ("machine", pa.string())])
_LOT_AT = pa.schema([("code", pa.string()), ("lot", pa.int32())])
_LAST = pa.schema([("unit", pa.int32()), ("last_at", pa.timestamp("us"))])


MANY = 500_000
"""Machines from which on their states stay in the files, and every question reads the columns it needs."""


class Frame:
    """One look at the thread; every relation a view may name is built here on demand. Not for two threads at once."""

    def __init__(
        self,
        segments: Segments,
        shelf: Shelf,
        now: Callable[[], datetime],
        finder: Finder,
        *,
        as_of: datetime | None = None,
        clock: Clock = "record",
    ) -> None:
        self.segments = segments
        self.ledger = segments.ledger
        self.shelf = shelf
        self.now = now
        self.finder = finder
        self.as_of = as_of
        self.clock = clock
        self._con = Laid(str(segments.root / "spill"))
        self._due: tuple[pa.Table, bool] | None = None
        self.live: list[Segment] = []
        self._change = -1
        self._position = ""
        self._built: dict[str, str] = {}
        self._taken = ""
        self._tail = False
        self._units = _UNIT.empty_table()
        self._kept: dict[str, object] = {}
        self._kinds: dict[str, str] = {}

    def refresh(self) -> None:
        """Take in what was committed since the last look."""
        change = self.ledger.change()
        if change == self._change:
            return
        with self.ledger.reading() as read:
            change = self.ledger.change(read)
            live = self.segments.live(read)
            ends, told = ends_of(read), ends_of(read, "kind <> 'decision'")
            taken = f"{live[-1].id if live else 0}/{ends[0]}/{ends[1]}/{ends[2]}"
            position = f"{live[-1].id if live else 0}/{told[1]}/{told[2]}"
            if taken != self._taken:
                self._take(live, tail_events(read), derived=position != self._position)
        self._taken = taken
        self._change, self._position = change, position

    @property
    def position(self) -> str:
        """Which events this frame sees."""
        return self._position

    def _take(self, live: list[Segment], tail: pa.Table, *, derived: bool) -> None:
        """Know the segments and the tail; `derived` off when only decisions were told, from which nothing follows."""
        self.live = live
        self._due = (tail, derived or (self._due is not None and self._due[1]))
        if derived:
            self._kept.clear()
            self._tail = self.as_of is not None or pc.any(pc.not_equal(tail.column("kind"), "decision")).as_py() is True

    @property
    def con(self) -> Laid:
        """The engine, with the tail laid beside the segments."""
        if self._due is not None:
            due, self._due = self._due, None
            try:
                self._lay_due(*due)
            except BaseException:
                self._due = due
                raise
        return self._con

    def _lay_due(self, tail: pa.Table, derived: bool) -> None:
        self._con.register("incoming", tail)
        self._con.execute(CHUNK_SQL.replace("table chunk", "table tail")).fetchall()
        self._con.unregister("incoming")
        if derived:
            (self._now if self.as_of is None else self._then)(self._paths(self.live))

    @property
    def at_rest(self) -> bool:
        """Is every event sealed, and none taken back, so that the files alone say what is so?"""
        return not self._tail and not any(s.tbl == "correction" for s in self.live)

    def _now(self, sealed: Mapping[str, list[str]]) -> None:
        """The derived tables and states as sealed, and what the tail adds to them."""
        con = self.con
        lay_events(con, sealed["event"], "tail")
        con.execute("create or replace temp view chunk as select * from tail").fetchall()
        if not self._tail:
            derive_nothing(con, sealed["edge"])
        else:
            derive(con, self._before())
        mine = corrected(con, "new_correction")
        taken = corrected(con, source_of("correction", sealed["correction"])) if sealed["correction"] else []
        withdraw(con, sealed["event"], "tail", mine + taken)
        self._lay(sealed, "event_raw")
        states = states_sql(self.segments, self.live)
        if not self._tail:
            lay_old_state(con, states)
            lay_no_sums(con, sealed)
            return
        again = con.execute("select distinct w.machine from withdrawn w where w.machine is not null").fetchall()
        con.execute(
            "create or replace temp view told as"
            " select c.* from tail c where c.pos not in (select w.pos from withdrawn w)"
        ).fetchall()
        found = [str(row[0]) for row in again] if mine else []
        lay_state(con, states, "told", found, kind="view", last=self._last_told(found))
        lay_sums(con, sealed)

    def _before(self) -> Before:
        """What the sealed chunks say of the machines and lots that the tail names, and of places and configurations."""
        named = """
          select t.machine from tail t where t.machine is not null
          union select t.lot from tail t where t.lot is not null
          union select p.c.lot from (select unnest(t.components) as c from tail t where t.components is not null) p
          where p.c.lot is not null"""
        names = [str(row[0]) for row in self.con.execute(named).fetchall()]
        self._units = self.finder.rows(self.live, "unit", "machine", names, _UNIT)
        self.lay("unit_sealed", self._units)
        self.lay("lot_sealed", self.finder.rows(self.live, "lot_at", "code", names, _LOT_AT))
        before = Before.of(self.segments, self.live)
        known = {"unit": "(select * from unit_sealed)", "lot_at": "(select * from lot_sealed)"}
        return replace(before, sources={**before.sources, **known})

    def _last_told(self, again: list[str]) -> str:
        """Until when the sealed states of the machines in the tail, and of those to look at again, know of them."""
        if again:
            more = self.finder.rows(self.live, "unit", "machine", again, _UNIT)
            self._units = pa.concat_tables([self._units, more]).group_by(_UNIT.names).aggregate([])
            self.lay("unit_sealed", self._units)
        units = self._units.column("unit").to_numpy()
        self.lay("state_last", self.finder.newest(self.live, "state", "unit", units, _LAST))
        return "select l.unit, l.last_at from state_last l"

    def _then(self, sealed: Mapping[str, list[str]]) -> None:
        """Everything afresh from the events that were heard of, or had happened, by then."""
        con = self.con
        lay_events(con, sealed["event"], "tail")
        column = "event_time" if self.clock == "event" else "record_time"
        assert self.as_of is not None
        moment = self.as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        con.execute(
            "create or replace temp view event_then as"
            f" select * from event_raw where {column} <= timestamp '{moment}';"
            "create or replace temp view chunk as select * from event_then"
        ).fetchall()
        derive(con, Before())
        withdraw(con, (), "event_then", corrected(con, "new_correction"), of="event_then")
        self._lay({}, "event_then")
        lay_whole_state(con)
        lay_sums(con, {})

    def _paths(self, live: list[Segment]) -> dict[str, list[str]]:
        return {t: self.segments.paths(s for s in live if s.tbl == t) for t in ("event", *DERIVED, *WITH_STATES)}

    def _lay(self, sealed: Mapping[str, list[str]], raw: str) -> None:
        """The derived tables, sealed and of the tail, and the events that still stand."""
        con = self.con
        for tbl, names in _DERIVED_FROM_TAIL.items():
            rest = source_of(tbl, sealed.get(tbl, ()))
            con.execute(
                f"create or replace temp view all_{tbl} as select * from {rest} s union all select {names}"
            ).fetchall()
        base, more = (source_of("stay", self.segments.paths(files)) for files in parted(self.sealed, "stay"))
        moves = source_of("moves", self.segments.paths(moves_of(self.sealed)))
        con.execute(
            f"create or replace temp view stay_base as select * from {base} s;"
            f"create or replace temp view stay_more as select s.unit from {more} s"
            " union all select n.unit from new_stay n;"
            f"create or replace temp view moves_sealed as select * from {moves} s;"
            f"create or replace temp view event_seen as select e.* from {raw} e"
        ).fetchall()
        if con.execute("select count(*) from withdrawn where kind = 'assembling' and machine is null").fetchall()[0][0]:
            con.execute(sql_text("steps/edge_here.sql")).fetchall()

    def version(self, name: str) -> str:
        """What a relation is made of: positions of events and versions of tables, as text."""
        spec = TABLES.get(name)
        if name == "unit_base":
            return (
                f"state:{[s.file for s in self.sealed if s.tbl == 'state'] if self.as_of is None else self._position}"
            )
        if spec is None:
            if name in INTERNAL:
                return f"{self._position}|{self._day()}|" + "|".join(self.version(n) for n in needed_by(INTERNAL[name]))
            return self._position
        if spec.origin in ("given", "decided"):
            return self.shelf.version(spec, self._moment())
        if name == "decisions":
            return str(self._change)
        return f"{self._position}|{self._day()}|" + "|".join(self.version(n) for n in self.needs(name))

    def needs(self, name: str) -> tuple[str, ...]:
        """The relations a seen table is read from."""
        return needed_by(f"views/{name}.sql")

    def _moment(self) -> datetime | None:
        return self.as_of if self.clock == "record" else None

    def _day(self) -> str:
        return (self.as_of or self.now()).astimezone(UTC).date().isoformat()

    def ensure(self, name: str) -> str:
        """Build a relation if it is not there or out of date; returns its version."""
        version = self.version(name)
        if self._built.get(name) == version:
            return version
        spec = TABLES.get(name)
        if spec is None:
            self._ensure_internal(name)
        elif spec.origin in ("given", "decided"):
            self._set_out(spec)
        elif name == "decisions":
            self._register(spec, self.shelf.decisions(self._moment()))
        else:
            self._see(spec)
        self._built[name] = version
        return version

    def ensure_all(self, *names: str) -> None:
        """Build several relations."""
        for name in names:
            self.ensure(name)

    @property
    def sealed(self) -> list[Segment]:
        """The segments whose derived tables this frame stands on: none as of a moment, where all is derived afresh."""
        return self.live if self.as_of is None else []

    def lay(self, name: str, rows: pa.Table) -> None:
        """Lay rows beside the relations, for the next question."""
        self.con.register(name, rows)

    def unsealed(self, tbl: str, column: str, wanted: Iterable[Key] | np.ndarray, kinds: pa.Schema) -> pa.Table:
        """The unsealed rows whose `column` is one of the wanted: of a derived table or of the events."""
        if not self._tail:
            return kinds.empty_table()
        self.lay("wanted", pa.table({"key": pa.array(in_order(wanted), kinds.field(column).type)}))
        told = "* from tail" if tbl == "event" else _DERIVED_FROM_TAIL[tbl]
        columns = ", ".join(f"n.{c}" for c in kinds.names)
        here = f"n.{column} in (select w.key from wanted w)"
        return self.table(f"select {columns} from (select {told}) n where {here}").cast(kinds)

    def states(self, units: np.ndarray, kinds: pa.Schema) -> pa.Table:
        """The states of units as of the last seal, and found afresh where something happened since."""
        if self.as_of is not None:
            self.ensure("unit_fresh")
            self.lay("wanted", pa.table({"key": units}))
            columns = ", ".join(f"n.{c}" for c in kinds.names)
            fresh = f"select {columns} from unit_fresh n where n.unit in (select w.key from wanted w)"
            return self.table(fresh).cast(kinds)
        if not self._tail:
            return self.finder.newest(self.live, "state", "unit", units, kinds)
        touched = self.keep("touched", lambda: self.table("select t.unit from touched t").column("unit").to_numpy())
        changed = np.isin(units, touched, kind="sort")
        sealed = self.finder.newest(self.live, "state", "unit", units[~changed], kinds)
        return pa.concat_tables([sealed, self._states_afresh(units[changed], kinds)]) if changed.any() else sealed

    def _states_afresh(self, units: np.ndarray, kinds: pa.Schema) -> pa.Table:
        """The states of a few units that something happened to since the last seal: as `state_new` has them."""
        self.lay("wanted", pa.table({"key": units}))
        self.lay("state_of", self.finder.newest(self.live, "state", "unit", units, STATE))
        columns = ", ".join(f"n.{c}" for c in kinds.names)
        body = sql_text("steps/state.sql")
        return self.table(f"""
          with state_was as (
            select s.* from state_of s where s.unit in (select t.unit from touched t where not t.afresh)),
          unit_named as (select u.* from temp.unit_named u where u.unit in (select w.key from wanted w)),
          life as (select e.* from temp.life e where e.machine in (select u.machine from unit_named u))
          select {columns} from ({body}) n""").cast(kinds)

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for the events that this frame sees."""
        if name not in self._kept:
            self._kept[name] = make()
        return cast("T", self._kept[name])

    def _set_out(self, spec: Spec) -> None:
        path = self.shelf.file(spec, self._moment())
        if path is None:
            self._register(spec, spec.empty())
        else:
            import pyarrow.parquet as pq

            columns = cast_to(spec, pq.read_schema(path).names)
            self._create(spec.name, f"select {columns} from read_parquet('{path}') t", "table")

    def _register(self, spec: Spec, rows: pa.Table) -> None:
        self.con.register("laid", rows)
        self._create(spec.name, f"select {cast_to(spec)} from laid t", "table")
        self.con.unregister("laid")

    def _see(self, spec: Spec) -> None:
        for needed in self.needs(spec.name):
            self.ensure(needed)
        body = sql_text(f"views/{spec.name}.sql")
        lazy = spec.name in VIEWS
        order = "" if lazy or not spec.key else " order by " + ", ".join(f'"{k}"' for k in spec.key)
        self._create(spec.name, f"select {cast_to(spec)} from ({body}) t{order}", "view" if lazy else "table")

    def _ensure_internal(self, name: str) -> None:
        if name == "today":
            self._create(name, f"select date '{self._day()}' as day", "table")
        elif name in INTERNAL:
            for needed in needed_by(INTERNAL[name]):
                self.ensure(needed)
            apart = name == "unit_base" and sum(s.rows for s in self.sealed if s.tbl == "state") > MANY
            kind = "view" if name in INTERNAL_LAZY or apart else "table"
            self._create(name, sql_text(INTERNAL[name]), kind)

    def _create(self, name: str, sql: str, kind: str) -> None:
        before = self._kinds.get(name, kind)
        if before != kind:
            self.con.drop(before, name)
        self.con.execute(f'create or replace temp {kind} "{name}" as {sql}').fetchall()
        self._kinds[name] = kind

    def table(self, sql: str, values: list[object] | None = None) -> pa.Table:
        """The rows of a query as Arrow."""
        return self.con.table(sql, values or ())

    def close(self) -> None:
        """Let the memory go."""
        self._con.close()
