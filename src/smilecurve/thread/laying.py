"""How do sealed events, the tail, corrections and machine states lie beside each other?

Sealing and reading see the same relations: `event_raw` (all events), `withdrawn` (those a later correction took back),
`event` (the rest), and each machine's state: what the last seals wrote, brought forward by what was told since. A
machine of which something older than its state is told, or taken back, is found afresh from all its events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pyarrow as pa

from smilecurve.thread.derive import Engine
from smilecurve.thread.segments import Segment, Segments
from smilecurve.thread.steps import sql_text

__all__ = [
    "NO_STATES",
    "STATE",
    "STATE_COLUMNS",
    "corrected",
    "events_sql",
    "lay_events",
    "lay_old_state",
    "lay_state",
    "lay_whole_state",
    "states_sql",
    "withdraw",
]

_STATE = (
    "unit integer, machine varchar, model varchar, line varchar, work_order varchar, sales_order varchar, built date,"
    " status varchar, since timestamp, place varchar, market varchar, holder varchar, channel varchar, partner varchar,"
    " started date, start_source varchar, hours double, failures bigint, grade varchar, price_new double,"
    " price_currency varchar, ended date, rma varchar, returned date, return_place varchar, return_why varchar,"
    " last_at timestamp"
)
STATE_COLUMNS = tuple(c.split()[0] for c in _STATE.split(", "))
"""The columns of a machine's state, in order; `last_at` is the time of its latest event."""
_TYPES = {
    "integer": pa.int32(), "bigint": pa.int64(), "varchar": pa.string(), "double": pa.float64(), "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}  # fmt: skip
STATE = pa.schema([(c.split()[0], _TYPES[c.split()[1]]) for c in _STATE.split(", ")])
"""The same in Arrow."""
NO_STATES = "select " + ", ".join(f"cast(null as {c.split()[1]}) as {c.split()[0]}" for c in _STATE.split(", "))
NO_STATES += " where false"
"""No machine has a state yet."""
_PIECES = (
    "list_transform(components, lambda c: {'component': c ->> '$[0]', 'part': c ->> '$[1]', 'lot': c ->> '$[2]'})"
    " as components"
)
_NUMBER = re.compile(r"#([0-9]{1,18})$")
_FEW = 300


def events_sql(paths: Sequence[str]) -> str:
    """Sealed events; ids that follow from source and number are not stored, components are JSON arrays."""
    return (
        f"select * replace (coalesce(event_id, concat(source, '#', seq)) as event_id, {_PIECES})"
        f" from read_parquet({list(paths)})"
    )


def lay_events(con: Engine, paths: Sequence[str], unsealed: str) -> None:
    """`event_raw`: sealed and unsealed events."""
    sealed = events_sql(paths) + " union all by name " if paths else ""
    con.execute(f"create or replace temp view event_raw as {sealed} select * from {unsealed}").fetchall()


def corrected(con: Engine, source: str) -> list[str]:
    """The ids of events that the corrections in a relation take back."""
    rows = con.execute(f"select distinct w.corrects from {source} w where w.corrects is not null order by 1").fetchall()
    return [str(row[0]) for row in rows]


def withdraw(con: Engine, paths: Sequence[str], unsealed: str, ids: Sequence[str], *, of: str = "event_raw") -> None:
    """`withdrawn` and `event` (`of` without them): withdrawn events are in no view but the story."""
    columns = "e.pos, e.kind, e.machine, e.lot, e.components"
    found = [f"select {columns} from {unsealed} e where e.event_id in (select i.id from taken_back i)"]
    if ids and paths:
        numbers = sorted({int(m[1]) for m in map(_NUMBER.search, ids) if m})
        stored = f"(select * replace ({_PIECES}) from read_parquet({list(paths)}))"
        found.append(f"select {columns} from {stored} e where e.event_id in (select i.id from taken_back i)")
        if numbers:
            near = f"e.seq in ({', '.join(map(str, numbers))})" if len(numbers) <= _FEW else "e.seq is not null"
            found.append(
                f"select {columns} from {stored} e where e.event_id is null and {near}"
                " and concat(e.source, '#', e.seq) in (select i.id from taken_back i)"
            )
    con.execute("create or replace temp table taken_back (id varchar)").fetchall()
    if ids:
        con.execute("insert into taken_back select unnest(?)", [list(ids)]).fetchall()
    con.execute(f"create or replace temp table withdrawn as {' union all '.join(found)}").fetchall()
    without = " where e.pos not in (select w.pos from withdrawn w)" if ids else ""
    con.execute(f"create or replace temp view event as select e.* from {of} e{without}").fetchall()


def states_sql(segments: Segments, live: Iterable[Segment]) -> str:
    """The last state of every machine as of the last seal: the newest chunk that wrote one counts."""
    chunks: dict[int, list[str]] = {}
    for s in live:
        if s.tbl == "state":
            chunks.setdefault(s.chunk, []).append(str(segments.path(s.file)))
    if not chunks:
        return NO_STATES
    told: list[str] = []
    newer: list[str] = []
    for chunk in sorted(chunks, reverse=True):
        less = f" where s.unit not in (select unit from read_parquet({newer}))" if newer else ""
        told.append(f"select s.* from read_parquet({chunks[chunk]}) s{less}")
        newer += chunks[chunk]
    return " union all ".join(told)


def lay_state(
    con: Engine, before: str, told: str, again: Sequence[str], *, kind: str = "table", last: str = ""
) -> None:
    """`touched` and `state_new`: the states that events in `told` change, and those of the machines to look at `again`.

    before: SQL of the states so far; told: a relation of standing events; last: SQL of unit and last_at of those states
    alone that can be met, where it is known; the relation unit_named names units.
    """
    con.execute(f"create or replace temp view state_before as {before}").fetchall()
    con.execute("create or replace temp table again (machine varchar)").fetchall()
    if again:
        con.execute("insert into again select distinct unnest(?)", [list(again)]).fetchall()
    con.execute(f"""
      create or replace temp table met as
      select m.machine, min(m.at) as first_at from (
        select e.machine, e.event_time as at from {told} e where e.machine is not null
        union all select a.machine, null from again a) m group by m.machine;
      create or replace temp table unit_named as
      select n.unit, n.machine from new_unit n union all
      select b.unit, b.machine from unit_before b where b.machine in (select m.machine from met m);
      create or replace temp table touched as
      select m.machine, n.unit, coalesce(m.first_at < b.last_at, false) or a.machine is not null as afresh
      from met m join unit_named n on n.machine = m.machine
      left join (select s.unit, s.last_at from ({last or "select * from state_before"}) s
                 where s.unit in (select u.unit from unit_named u)) b
        on b.unit = n.unit
      left join again a on a.machine = m.machine;
      create or replace temp view state_was as
      select s.* from state_before s where s.unit in (select t.unit from touched t where not t.afresh)""").fetchall()
    afresh = con.execute(f"select machine from touched where afresh order by 1 limit {_FEW + 1}").fetchall()
    life = f"select e.* from {told} e where e.machine in (select t.machine from touched t where not t.afresh)"
    if afresh:
        names = ", ".join("'" + str(row[0]).replace("'", "''") + "'" for row in afresh)
        listed = names if len(afresh) <= _FEW else "select t.machine from touched t where t.afresh"
        life += f" union all select e.* from event e where e.machine in ({listed})"
    con.execute(f"create or replace temp view life as {life}").fetchall()
    _found(con, kind)


def lay_old_state(con: Engine, before: str) -> None:
    """The states so far, where nothing was told since."""
    con.execute(
        f"create or replace temp view state_before as {before};"
        "create or replace temp table touched (machine varchar, unit integer, afresh boolean)"
    ).fetchall()
    _set_out(con, "table", NO_STATES)


def lay_whole_state(con: Engine) -> None:
    """Every state from all events alone."""
    con.execute(f"""
      create or replace temp view state_before as {NO_STATES};
      create or replace temp view state_was as {NO_STATES};
      create or replace temp table touched (machine varchar, unit integer, afresh boolean);
      create or replace temp view life as select e.* from event e;
      create or replace temp view unit_named as
      select unit, machine from unit_before union all select unit, machine from new_unit""").fetchall()
    _found(con, "table")


def _found(con: Engine, kind: str) -> None:
    _set_out(con, kind, sql_text("steps/state.sql"))


def _set_out(con: Engine, kind: str, sql: str) -> None:
    """`state_new`: found once for all who ask (a table), or afresh by each (a view)."""
    if kind == "table":
        con.execute(f"create or replace temp table state_kept as {sql}").fetchall()
        sql = "select k.* from state_kept k"
    con.execute(f"create or replace temp view state_new as {sql}").fetchall()
