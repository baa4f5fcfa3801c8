"""What is counted once, so that a question about the whole fleet need not look at every machine?

Machines in service by configuration, model, market and days; what failed first on each of them; and how many came to
and left a place on a day. Every seal writes what it changed, by the same SQL that brings the counts forward to the
tail; with the states of all machines it writes the counts whole. They are counts: added up, they say what is so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from smilecurve.thread.derive import DERIVED, SUMS, Engine, connect, source_of
from smilecurve.thread.laying import corrected, events_sql, lay_events, states_sql, withdraw
from smilecurve.thread.segments import Segment, Segments, parted
from smilecurve.thread.steps import sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "BY_STATE",
    "WITH_STATES",
    "count_afresh",
    "lay_no_sums",
    "lay_sums",
    "moves_afresh",
    "moves_of",
    "moves_sql",
    "sums_afresh",
    "told_sql",
    "write_moves",
    "write_sums",
]

BY_STATE = ("exposure", "failing")
"""Counts that follow from the states of machines."""
WITH_STATES = ("state", *BY_STATE)
"""What is written whole from time to time, and only what a seal changed in between."""
_AT_ONCE = 1_000_000
_STATE = "s.unit, s.model, s.market, s.started, s.ended"
_DRAWN_ON = ("build", "failure", "config", "slot")


def told_sql(tbl: str, source: str) -> str:
    """A count, added up and in its order."""
    *keys, n = (c.strip().split(" ")[0] for c in SUMS[tbl].split(","))
    by = ", ".join(keys)
    return (
        f"select {by}, cast(sum({n}) as bigint) as {n} from {source} s group by {by} having sum({n}) <> 0"
        f" order by {', '.join(f'{k} nulls last' for k in keys)}"
    )


def lay_sealed(con: Engine, files: Mapping[str, Sequence[str]]) -> None:
    """`exposure_sealed`, `failing_sealed`: as of the last seal."""
    for tbl in BY_STATE:
        con.execute(
            f"create or replace temp view {tbl}_sealed as select * from {source_of(tbl, files.get(tbl, ()))} s"
        ).fetchall()


def lay_no_sums(con: Engine, files: Mapping[str, Sequence[str]]) -> None:
    """The counts as sealed, where nothing was told since."""
    lay_sealed(con, files)
    for tbl in BY_STATE:
        con.execute(f"create or replace temp view {tbl}_new as select * from {source_of(tbl, ())} s").fetchall()


def lay_sums(con: Engine, files: Mapping[str, Sequence[str]]) -> None:
    """The counts as sealed and, `exposure_new` and `failing_new`, what changes them.

    Draws on the states (`state_before`, `touched`, `state_new`), on new_build, on `withdrawn` and on all_build,
    all_failure, all_config, all_slot.
    """
    lay_sealed(con, files)
    builds = source_of("build", files.get("build", ()))
    con.execute(f"create or replace temp view build_before as select * from {builds} s").fetchall()
    con.execute(sql_text("steps/changed.sql")).fetchall()
    con.execute(sql_text("steps/sums.sql")).fetchall()


def write_sums(
    segments: Segments,
    con: DuckDBPyConnection,
    live: Sequence[Segment],
    chunk: int,
    span: tuple[int, int],
    *,
    whole: bool,
) -> list[Segment | None]:
    """The counts after the chunk in `con`: what it changed, or, with the states of all machines, all of them."""
    files = {t: segments.paths(s for s in live if s.tbl == t) for t in (*BY_STATE, *_DRAWN_ON)}
    for tbl in _DRAWN_ON:
        con.execute(
            f"create or replace temp view all_{tbl} as select * from {source_of(tbl, files[tbl])} s"
            f" union all select {_columns(tbl)} from new_{tbl}"
        ).fetchall()
    lay_sums(con, files)
    made = []
    for tbl in BY_STATE:
        source = f"(select * from {tbl}_sealed union all select * from {tbl}_new)" if whole else f"{tbl}_new"
        made.append(_write(segments, con, tbl, source, chunk, span))
    return [*made, write_moves(segments, con, "new_stay", chunk, span)]


def write_moves(
    segments: Segments, con: DuckDBPyConnection, stays: str, chunk: int, span: tuple[int, int]
) -> Segment | None:
    """How many machines came to and left a place on each day, by the stays of one seal."""
    return segments.write(con, moves_sql(stays), "moves", chunk, span=span)


def moves_sql(stays: str) -> str:
    """The same as SQL, in order."""
    return told_sql("moves", f"({sql_text('steps/moves.sql').format(stays=stays)})")


def moves_of(live: Sequence[Segment]) -> list[Segment]:
    """The moves by the stays of the largest seal (`parted`)."""
    base, _ = parted(live, "stay")
    seal = {(s.first_chunk, s.chunk) for s in base}
    return [s for s in live if s.tbl == "moves" and (s.first_chunk, s.chunk) in seal]


def sums_afresh(segments: Segments, live: Sequence[Segment], chunk: int, span: tuple[int, int]) -> list[Segment]:
    """The counts of all machines from the states and builds at rest, some machines at a time."""
    con = connect(spill=str(segments.root / "spill"))
    try:
        events = segments.paths(s for s in live if s.tbl == "event")
        taken = segments.paths(s for s in live if s.tbl == "correction")
        con.execute(f"create or replace temp view nothing as {events_sql(events)} limit 0").fetchall()
        lay_events(con, events, "nothing")
        withdraw(con, events, "nothing", corrected(con, f"read_parquet({taken})") if taken else [])
        for tbl in _DRAWN_ON:
            source = source_of(tbl, segments.paths(s for s in live if s.tbl == tbl))
            con.execute(f"create or replace temp view all_{tbl} as select * from {source} s").fetchall()
        count_afresh(con, states_sql(segments, live))
        made = [_write(segments, con, tbl, f"{tbl}_counted", chunk, span) for tbl in BY_STATE]
    finally:
        con.close()
    return [s for s in made if s is not None]


def moves_afresh(
    segments: Segments, stays: Sequence[Segment], chunks: tuple[int, int], span: tuple[int, int]
) -> list[Segment]:
    """The moves by the stays of one seal, or of the first to the last chunk of several that count as one."""
    con = connect(spill=str(segments.root / "spill"))
    try:
        made = write_moves(segments, con, source_of("stay", segments.paths(stays)), chunks[1], span)
    finally:
        con.close()
    return [replace(made, first_chunk=chunks[0])] if made else []


def count_afresh(con: Engine, states: str) -> None:
    """`exposure_counted`, `failing_counted`: from all `states`, `withdrawn`, all_build and the others."""
    con.execute(
        f"create or replace temp view state_all as {states};"
        + ";".join(f"create or replace temp table {t}_counted ({SUMS[t]})" for t in BY_STATE)
        + f"; create or replace temp view build_before as select * from {source_of('build', ())} s"
    ).fetchall()
    lay_sealed(con, {})
    last = int(con.execute("select coalesce(max(unit), -1) from state_all").fetchall()[0][0])
    for first in range(0, last + 1, _AT_ONCE):
        near = f"select {_STATE} from state_all s where s.unit between {first} and {first + _AT_ONCE - 1}"
        con.execute(
            f"create or replace temp table state_come as {near};"
            "create or replace temp view state_left as select s.* from state_come s where false;"
            "create or replace temp view changed as select s.unit from state_come s"
        ).fetchall()
        con.execute(sql_text("steps/sums.sql")).fetchall()
        for tbl in BY_STATE:
            con.execute(f"insert into {tbl}_counted select * from {tbl}_new").fetchall()


def _write(
    segments: Segments, con: DuckDBPyConnection, tbl: str, source: str, chunk: int, span: tuple[int, int]
) -> Segment | None:
    return segments.write(con, told_sql(tbl, source), tbl, chunk, span=span)


def _columns(tbl: str) -> str:
    return ", ".join(c.strip().split(" ")[0] for c in DERIVED[tbl].split(","))
