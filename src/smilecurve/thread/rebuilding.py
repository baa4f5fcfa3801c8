"""Do the derived tables still follow from the events?

Everything is derived again from the events alone, chunk after chunk, in a database of its own that knows nothing of the
stored tables; then each stored table is compared, by hash, with what came out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smilecurve.thread.derive import DERIVED, SORTS, Before, connect, derive, source_of
from smilecurve.thread.laying import (
    STATE_COLUMNS,
    corrected,
    events_sql,
    lay_events,
    lay_whole_state,
    states_sql,
    withdraw,
)
from smilecurve.thread.segments import Segment, Segments
from smilecurve.thread.summing import BY_STATE, count_afresh, moves_sql, told_sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["rebuilt"]

_HASH = (
    "select count(*), md5(coalesce(string_agg(md5(t::varchar), '' order by n), ''))"
    " from (select t, row_number() over () as n from ({}) t)"
)


def rebuilt(segments: Segments) -> tuple[int, list[str]]:
    """Derive every chunk and every state again; returns how many chunks, and the tables that differ from the stored."""
    live = segments.live()
    spans = segments.spans()
    if not spans:
        return 0, []
    con = connect(spill=str(segments.root / "spill"))
    try:
        for tbl, columns in DERIVED.items():
            con.execute(f"create temp table again_{tbl} (chunk integer, n bigint, {columns})").fetchall()
        for chunk, first, last in spans:
            _derive_again(con, segments, live, (chunk, first, last))
        differing = [d for tbl in SORTS for d in _differing(con, segments, live, tbl)]
        differing += _state_differs(con, segments, live)
    finally:
        con.close()
    return len(spans), differing


def _derive_again(con: DuckDBPyConnection, segments: Segments, live: list[Segment], span: tuple[int, int, int]) -> None:
    chunk, first, last = span
    files = [s for s in live if s.tbl == "event" and s.first_chunk <= chunk <= s.chunk]
    con.execute(
        f"create or replace temp table chunk as select * from ({events_sql(segments.paths(files))}) e"
        f" where e.pos between {first} and {last} order by e.pos"
    ).fetchall()
    found = con.execute(
        "select (select count(*) from again_unit), (select count(*) from again_lot), (select count(*) from again_slot)"
    ).fetchall()[0]
    names = {t: ", ".join(c.strip().split(" ")[0] for c in columns.split(",")) for t, columns in DERIVED.items()}
    sources = {t: f"(select {names[t]} from again_{t})" for t in DERIVED}
    derive(con, Before(sources, *(int(n) for n in found)))
    for tbl, (sql, _) in SORTS.items():
        con.execute(
            f"insert into again_{tbl} select {chunk}, row_number() over (), {names[tbl]} from ({sql}) t"
        ).fetchall()


def _differing(con: DuckDBPyConnection, segments: Segments, live: list[Segment], tbl: str) -> list[str]:
    """The chunks (or merged chunks) whose stored rows of a table are not what was derived again."""
    found: list[str] = []
    names = ", ".join(c.strip().split(" ")[0] for c in DERIVED[tbl].split(","))
    order = SORTS[tbl][0].partition(" order by ")[2]
    for lo, hi in segments.groups(live, tbl):
        files = segments.paths(s for s in live if s.tbl == tbl and lo <= s.chunk <= hi)
        stored = f"select {names} from {source_of(tbl, files)} s order by {order}"
        again = f"select {names} from again_{tbl} a where a.chunk between {lo} and {hi}"
        if tbl == "stay":
            again = (
                f"select {names.replace('until', 'lead(since) over (partition by unit order by since, pos) as until')}"
                f" from ({again}) a"
            )
        if not _same(con, stored, f"select {names} from ({again}) a order by {order}"):
            found.append(f"{tbl}, chunk {lo}" + (f" to {hi}" if hi > lo else ""))
    return found


def _state_differs(con: DuckDBPyConnection, segments: Segments, live: list[Segment]) -> list[str]:
    paths = segments.paths(s for s in live if s.tbl == "event")
    con.execute(
        "create or replace temp view unit_before as select unit, machine from again_unit;"
        "create or replace temp table new_unit (unit integer, machine varchar);"
        f"create or replace temp view nothing as {events_sql(paths)} limit 0"
    ).fetchall()
    lay_events(con, paths, "nothing")
    withdraw(con, paths, "nothing", corrected(con, "again_correction"))
    lay_whole_state(con)
    columns = ", ".join(STATE_COLUMNS)
    stored = f"select {columns} from ({states_sql(segments, live)}) s order by unit"
    differing = [] if _same(con, stored, f"select {columns} from state_new order by unit") else ["state"]
    return differing + _sums_differ(con, segments, live)


def _sums_differ(con: DuckDBPyConnection, segments: Segments, live: list[Segment]) -> list[str]:
    """The counts that are not what the states and stays that were derived again add up to."""
    for tbl in ("build", "failure", "config", "slot"):
        con.execute(f"create or replace temp view all_{tbl} as select * from again_{tbl}").fetchall()
    count_afresh(con, "select * from state_new")
    found = []
    for tbl in BY_STATE:
        stored = source_of(tbl, segments.paths(s for s in live if s.tbl == tbl))
        if not _same(con, told_sql(tbl, stored), told_sql(tbl, f"{tbl}_counted")):
            found.append(tbl)
    for lo, hi in segments.groups(live, "stay"):
        stays, moves = (
            source_of(t, segments.paths(s for s in live if s.tbl == t and lo <= s.chunk <= hi))
            for t in ("stay", "moves")
        )
        if not _same(con, told_sql("moves", moves), moves_sql(stays)):
            found.append(f"moves, chunk {lo}" + (f" to {hi}" if hi > lo else ""))
    return found


def _same(con: DuckDBPyConnection, stored: str, again: str) -> bool:
    hashes = [con.execute(_HASH.format(sql)).fetchall() for sql in (stored, again)]
    return bool(hashes[0] == hashes[1])
