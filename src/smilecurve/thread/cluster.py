"""How are the thread's questions answered beyond one machine? By Apache Spark, over the same sealed files.

The SQL is the thread's own: a view or question is read from its file, the few words that Spark writes otherwise are
put in its own (`DIALECT`), and the files of the manifest are laid under it as the relations that it names. What is not
sealed is not there, so a thread with a tail is refused. For volume over years: one machine is quicker in process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.thread import LOT_MACHINES, STORY
from smilecurve.thread.derive import DERIVED, SUMS, connect
from smilecurve.thread.gate import conditions, ordering, scope_condition
from smilecurve.thread.laying import NO_STATES
from smilecurve.thread.questions import question
from smilecurve.thread.relations import INTERNAL, INTERNAL_LAZY, cast_to, named_in
from smilecurve.thread.segments import Segment, parted
from smilecurve.thread.steps import sql_text
from smilecurve.thread.store import Thread
from smilecurve.thread.summing import moves_of
from smilecurve.thread.tail import count_tail

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["DIALECT", "Cluster", "spark_session", "spoken"]

_DAY = r"(\w+\.\w+|cast\(\w+\.\w+ as date\)|greatest\(\w+\.\w+, least\(\w+\.\w+, \w+\.\w+\)\))"
DIALECT: tuple[tuple[str, str], ...] = (
    (_DAY + r" - (\w+\.started|date '[0-9-]+')", r"datediff(\1, \2)"),
    (r"generate_series\((\d+), (\d+)\) as (\w)\((\w+)\)", r"(select explode(sequence(\1, \2)) as \4) \3"),
    (r"\bunnest\(", "explode("),
    (r"(?<![\w.:])(\d+\.\d+)(?![\w.])", r"\1D"),
    (r"\btimestamptz\b", "timestamp"),
    (r"\bvarchar\b", "string"),
)
"""What Spark says otherwise: days between dates, rows of a series, lists as rows, floating point, names of types."""
_EVENTS = """
select e.pos, coalesce(e.event_id, concat(e.source, '#', e.seq)) as event_id, e.kind, e.event_time, e.record_time,
       e.source, e.seq, e.machine, e.part, e.component, e.lot, e.place, e.market, e.party, e.ref, e.code, e.disposition,
       e.quantity, e.amount, e.currency, e.corrects, e.details,
       transform(e.components, c -> named_struct('component', get_json_object(c, '$[0]'),
         'part', get_json_object(c, '$[1]'), 'lot', get_json_object(c, '$[2]'))) as components
from event_file e"""
_GONE = """
select o.lot, s.slot, l.lot as inside
from (select w.lot as whole, coalesce(w.c.component, w.c.part) as component, w.c.part as part, w.c.lot as lot
      from (select x.lot, unnest(x.components) as c from withdrawn x
            where x.kind = 'assembling' and x.machine is null and x.components is not null) w) g
join all_lot o on o.code = g.whole
join all_lot l on l.code = g.lot
join all_slot s on s.component = g.component and s.part = g.part"""
_LAID: Mapping[str, str] = {
    "event_raw": _EVENTS,
    "edge_here": "select e.lot, e.slot, e.inside, e.since from all_edge e where not exists (select 1 from edge_gone g"
    " where g.lot = e.lot and g.slot = e.slot and g.inside = e.inside)",
    "edge_gone": _GONE,
    "event_seen": "select e.* from event_raw e",
    "withdrawn": "select e.pos, e.kind, e.machine, e.lot, e.components from event_raw e"
    " where e.event_id in (select c.corrects from all_correction c where c.corrects is not null)",
    "event": "select e.* from event_raw e where e.pos not in (select w.pos from withdrawn w)",
    "touched": "select s.machine from state_before s where false",
    "state_new": "select s.* from state_before s where false",
}


_STAYS = frozenset({"stay_base", "stay_more"})
_SUMS = {f"{t}_{when}": t for t in SUMS for when in ("sealed", "new")}
_OWN = frozenset({"today", "event_file", "state_before"}) | _STAYS | _SUMS.keys()


def spoken(sql: str) -> str:
    """The thread's SQL as Spark says it.

    >>> spoken("select cast(x as varchar), u.day - u.started from y")
    'select cast(x as string), datediff(u.day, u.started) from y'
    """
    for ours, theirs in DIALECT:
        sql = re.sub(ours, theirs, sql)
    return sql


def spark_session(master: str = "local[2]", **settings: str) -> SparkSession:
    """A Spark session that reads SQL and time as the thread writes them; on a cluster, name its master."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("smilecurve")
    own = {
        "spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true", "spark.ui.enabled": "false",
    }  # fmt: skip
    for name, value in {**own, **settings}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class Cluster:
    """One look at the sealed thread through Spark; `root`: the thread's folder as the cluster sees it (path or URL)."""

    def __init__(self, thread: Thread, spark: SparkSession, *, root: str = "") -> None:
        with thread.ledger.reading() as con:
            tail = count_tail(con)
        if tail:
            raise OptionRejected(Breach(f"{tail:,} events are not sealed", "thread", "run `smile seal` first"))
        self.thread = thread
        self.spark = spark
        self.root = root or str(thread.folder.resolve())
        self.live = thread.segments.live()
        self._built: set[str] = set()

    def view(self, spec: Spec, *, scope: Scope = MAKER, where: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of a table that the scope may see, in the order of its key."""
        gate = scope_condition(spec, scope) & conditions(spec, where)
        for name in (spec.name, *gate.needs):
            self._ensure(name)
        sql = f'select t.* from "{spec.name}" t where {gate.sql}{ordering(spec, ())}'
        return spec.only(self.spark.sql(sql, args=list(gate.values)).toArrow())

    def containment(self, lot: str, *, scope: Scope = MAKER) -> pa.Table:
        """The machines that hold a lot at any level, and where they are."""
        return self.view(LOT_MACHINES, scope=scope, where={"lot": lot})

    def story(self, machine: str, *, scope: Scope = MAKER) -> pa.Table:
        """One machine's whole life in order."""
        return self.view(STORY, scope=scope, where={"machine": machine}).sort_by(
            [("event_time", "ascending"), ("record_time", "ascending")]
        )

    def ask(self, name: str, **values: datetime) -> pa.Table:
        """The answer to one of the thread's questions; for the maker."""
        sql = question(name, **values)
        self._needed(sql)
        found: pa.Table = self.spark.sql(spoken(sql)).toArrow()
        return found

    def _needed(self, sql: str) -> None:
        for name in named_in(sql):
            if name in TABLES or name in INTERNAL or name in _LAID or name in _OWN or name.startswith("all_"):
                self._ensure(name)

    def _ensure(self, name: str) -> None:
        """Lay a relation under its name, and what it is read from before it."""
        if name in self._built:
            return
        self._built.add(name)
        spec = TABLES.get(name)
        if name == "today":
            day = self.thread.clock().astimezone(UTC).date()
            self._lay(name, self.spark.sql(f"select date '{day}' as day"))
        elif name == "inside":
            self._close()
        elif name == "event_file":
            self._lay(name, self._files(s for s in self.live if s.tbl == "event"))
        elif name == "state_before":
            self._lay(name, self._states())
        elif name in _STAYS:
            base, more = parted(self.live, "stay")
            self._lay(name, self._derived("stay", base if name == "stay_base" else more))
        elif name in _SUMS:
            tbl = _SUMS[name]
            counted = moves_of(self.live) if tbl == "moves" else [s for s in self.live if s.tbl == tbl]
            self._lay(name, self._derived(tbl, counted if name.endswith("sealed") else []))
        elif name.startswith("all_"):
            self._lay(name, self._derived(name.removeprefix("all_")))
        elif name in _LAID:
            self._read(name, _LAID[name])
        elif spec is None:
            self._read(name, sql_text(INTERNAL[name]))
        elif spec.origin == "seen":
            body = sql_text(f"views/{name}.sql")
            self._read(name, f"select {cast_to(spec)} from ({body}) t")
        else:
            self._given(spec)

    def _read(self, name: str, sql: str) -> None:
        self._needed(sql)
        rows = self.spark.sql(spoken(sql))
        kept = name == "withdrawn" or (name in INTERNAL and name not in INTERNAL_LAZY)
        self._lay(name, rows.localCheckpoint() if kept else rows)  # found once, as the engine in process keeps tables

    def _lay(self, name: str, rows: DataFrame) -> None:
        rows.createOrReplaceTempView(name)

    def _files(self, segments: Iterable[Segment]) -> DataFrame:
        return self.spark.read.parquet(*(f"{self.root}/{s.file}" for s in segments))

    def _derived(self, tbl: str, files: Sequence[Segment] | None = None) -> DataFrame:
        """A derived table as sealed, or these files of it."""
        columns = [c.strip().split(" ") for c in {**DERIVED, **SUMS}[tbl].split(",")]
        files = [s for s in self.live if s.tbl == tbl] if files is None else files
        if files:
            return self._files(files).select([name for name, _ in columns])
        nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns)
        return self.spark.sql(spoken(f"select {nulls} where false"))

    def _states(self) -> DataFrame:
        """The last state of every machine: the newest chunk that wrote one counts."""
        found = self.spark.sql(spoken(NO_STATES))
        for chunk in sorted({s.chunk for s in self.live if s.tbl == "state"}):
            newer = self._files(s for s in self.live if s.tbl == "state" and s.chunk == chunk).select(found.columns)
            found = found.join(newer, "unit", "left_anti").unionByName(newer)
        return found

    def _close(self) -> None:
        """Lots within lots: a small graph, closed in memory by the thread's own SQL."""
        self._read("edge", sql_text(INTERNAL["edge"]))
        edges = self.spark.table("edge").toArrow()
        con = connect()
        try:
            con.register("edge", edges)
            inside = con.sql(sql_text(INTERNAL["inside"])).to_arrow_table()
        finally:
            con.close()
        self._lay("inside", self.spark.createDataFrame(inside))

    def _given(self, spec: Spec) -> None:
        """A given or decided table in the version that holds."""
        file = self.thread.shelf.file(spec)
        if file is None:
            self._lay(spec.name, self.spark.createDataFrame(spec.empty()))
            return
        rows = self.spark.read.parquet(f"{self.root}/{file.relative_to(self.thread.folder)}")
        rows.createOrReplaceTempView("laid")
        self._lay(spec.name, self.spark.sql(spoken(f"select {cast_to(spec, rows.columns)} from laid t")))
