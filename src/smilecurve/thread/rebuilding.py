"""Do the derived tables still follow from the events?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smilecurve.thread.derive import DERIVED, SORTS, connect, derive, source_of
from smilecurve.thread.laying import EVENTS_SQL, STATE_SQL, corrected, lay_events, lay_state, withdraw
from smilecurve.thread.segments import Segment, Segments

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
    chunks = sorted({s.chunk for s in live if s.tbl == "event"})
    differing: list[str] = []
    for chunk in chunks:
        con = connect(spill=str(segments.root / "spill"))
        try:
            differing += _chunk_differs(con, segments, live, chunk)
        finally:
            con.close()
    if chunks:
        con = connect(spill=str(segments.root / "spill"))
        try:
            differing += _state_differs(con, segments, live)
        finally:
            con.close()
    return len(chunks), differing


def _chunk_differs(con: DuckDBPyConnection, segments: Segments, live: list[Segment], chunk: int) -> list[str]:
    events = segments.paths(s for s in live if s.tbl == "event" and s.chunk == chunk)
    con.execute(f"create temp table chunk as {EVENTS_SQL.format(events)}").fetchall()
    derive(con, {t: segments.paths(s for s in live if s.tbl == t and s.chunk < chunk) for t in DERIVED})
    found = []
    for tbl, (sql, _) in SORTS.items():
        stored = segments.paths(s for s in live if s.tbl == tbl and s.chunk == chunk)
        if not _same(con, f"select * from {source_of(tbl, stored)} s", sql):
            found.append(f"{tbl}, chunk {chunk}")
    return found


def _state_differs(con: DuckDBPyConnection, segments: Segments, live: list[Segment]) -> list[str]:
    paths = {t: segments.paths(s for s in live if s.tbl == t) for t in ("event", "unit", "state")}
    con.execute(
        f"create temp view unit_before as select * from {source_of('unit', paths['unit'])} s;"
        "create temp table new_unit (unit integer, machine varchar);"
        f"create temp view nothing as {EVENTS_SQL.format(paths['event'])} limit 0"
    ).fetchall()
    lay_events(con, paths["event"], "nothing")
    withdraw(con, "event_raw", corrected(con, "event_raw"))
    lay_state(con, (), None)
    stored = (
        f"select * from read_parquet({paths['state'][-1:]})" if paths["state"] else "select * from state_new limit 0"
    )
    return [] if _same(con, stored, STATE_SQL) else ["state"]


def _same(con: DuckDBPyConnection, stored: str, again: str) -> bool:
    hashes = [con.execute(_HASH.format(sql)).fetchall() for sql in (stored, again)]
    return bool(hashes[0] == hashes[1])
