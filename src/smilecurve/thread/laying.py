"""How do sealed events, the tail, corrections and machine states lie beside each other?

Sealing and reading see the same relations: `event_raw` (all events), `withdrawn` (those a later correction took back),
`event` (the rest), and each machine's state: the last snapshot, afresh for the machines that were touched since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smilecurve.thread.steps import sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["EVENTS_SQL", "STATE_SQL", "corrected", "lay_events", "lay_state", "withdraw"]

_STATE = (
    "unit integer, machine varchar, model varchar, line varchar, work_order varchar, sales_order varchar, built date,"
    " status varchar, since timestamp, place varchar, market varchar, holder varchar, channel varchar, partner varchar,"
    " started date, start_source varchar, hours double, failures bigint, grade varchar, price_new double,"
    " price_currency varchar, ended date, rma varchar, returned date, return_place varchar, return_why varchar"
)
EVENTS_SQL = "select * replace (coalesce(event_id, concat(source, '#', seq)) as event_id) from read_parquet({})"
"""Sealed events; ids that follow from source and number are not stored."""
STATE_SQL = """
select s.* from state_before s where not exists (select 1 from touched t where t.machine = s.machine)
union all
select n.* from state_new n order by unit"""
_FEW = 300


def lay_events(con: DuckDBPyConnection, paths: Sequence[str], unsealed: str) -> None:
    """`event_raw`: sealed and unsealed events."""
    sealed = EVENTS_SQL.format(list(paths)) + " union all by name " if paths else ""
    con.execute(f"create or replace temp view event_raw as {sealed} select * from {unsealed}").fetchall()


def corrected(con: DuckDBPyConnection, source: str) -> list[str]:
    """The ids of events that the corrections in a relation take back."""
    rows = con.execute(
        f"select distinct w.corrects from {source} w"
        " where w.kind = 'error_declaration' and w.corrects is not null order by 1"
    ).fetchall()
    return [str(row[0]) for row in rows]


def withdraw(con: DuckDBPyConnection, raw: str, ids: Sequence[str]) -> None:
    """`withdrawn` and `event`: withdrawn events are in no view but the story."""
    con.execute(
        "create or replace temp table withdrawn as"
        f" select e.pos, e.kind, e.machine, e.lot, e.components from {raw} e where "
        + (f"e.event_id in ({', '.join('?' for _ in ids)})" if ids else "false"),
        list(ids),
    ).fetchall()
    without = " where e.pos not in (select w.pos from withdrawn w)" if ids else ""
    con.execute(f"create or replace temp view event as select e.* from {raw} e{without}").fetchall()


def lay_state(con: DuckDBPyConnection, snapshot: Sequence[str], touched: str | None) -> None:
    """`state_before`, `touched`, `state_new`; without `touched` every state is found afresh."""
    columns = ", ".join(f"cast(null as {c.split()[1]}) as {c.split()[0]}" for c in _STATE.split(", "))
    before = (
        f"select * from read_parquet({list(snapshot)})" if snapshot and touched else f"select {columns} where false"
    )
    con.execute(f"create or replace temp view state_before as {before}").fetchall()
    if not touched:
        con.execute("create or replace temp table touched (machine varchar)").fetchall()
        con.execute("create or replace temp view life as select e.* from event e").fetchall()
    else:
        con.execute(
            "create or replace temp table touched as"
            f" select distinct machine from ({touched}) t where machine is not null"
        ).fetchall()
        some = con.execute(f"select machine from touched order by 1 limit {_FEW + 1}").fetchall()
        names = ", ".join("'" + str(row[0]).replace("'", "''") + "'" for row in some)
        listed = names if 0 < len(some) <= _FEW else "select t.machine from touched t"
        con.execute(
            f"create or replace temp view life as select e.* from event e where e.machine in ({listed})"
        ).fetchall()
    con.execute(
        "create or replace temp view unit_named as"
        " select unit, machine from unit_before union all select unit, machine from new_unit"
    ).fetchall()
    con.execute("create or replace temp view state_new as " + sql_text("steps/state.sql").rstrip()).fetchall()
