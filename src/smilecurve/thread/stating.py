"""How are machine states kept at rest without writing every machine anew at every seal?

A chunk writes the states that it changed. From time to time, when those add up, it writes the states of all machines,
and the older files are replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smilecurve.thread.laying import corrected, lay_events, lay_state, states_sql, withdraw
from smilecurve.thread.segments import Segment, Segments

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["STATES_A_FILE", "write_states"]

STATES_A_FILE = 1_000_000
_SMALL = 200_000
_FILES = 24
_ALL_SQL = """
select s.* from state_before s where not exists (select 1 from touched t where t.machine = s.machine)
union all
select n.* from state_new n"""


def write_states(
    segments: Segments, con: DuckDBPyConnection, live: Sequence[Segment], chunk: int, span: tuple[int, int]
) -> tuple[list[Segment | None], bool]:
    """The states after the chunk in `con`, as new segments: those it changed, or all of them when that is due.

    The flag says which: all of them replace every older file.
    """
    paths = segments.paths(s for s in live if s.tbl == "event")
    taken = segments.paths(s for s in live if s.tbl == "correction")
    lay_events(con, paths, "chunk")
    mine = corrected(con, "new_correction")
    ids = mine + (corrected(con, f"read_parquet({taken})") if taken else [])
    withdraw(con, paths, "chunk", ids)
    again = (
        con.execute("select distinct w.machine from withdrawn w where w.machine is not null").fetchall() if mine else []
    )
    con.execute(
        "create or replace temp view told as select c.* from chunk c where c.pos not in (select w.pos from withdrawn w)"
    ).fetchall()
    lay_state(con, states_sql(segments, live), "told", [str(r[0]) for r in again])
    before = sum(s.rows for s in live if s.tbl == "state")
    chunks = {s.chunk for s in live if s.tbl == "state"}
    gone, changed = con.execute(
        "select count(*) filter (where n.machine is null), count(*)"
        " from touched t left join state_new n on n.machine = t.machine"
    ).fetchall()[0]
    base = max((sum(s.rows for s in live if s.tbl == "state" and s.chunk == c) for c in chunks), default=0)
    if before <= _SMALL or gone or len(chunks) >= _FILES or (before - base + changed) * 4 > base:
        return _all(segments, con, chunk, span), True
    some = "select n.* from state_new n order by n.unit"
    return [segments.write(con, some, "state", chunk, sort="unit", span=span)], False


def _all(segments: Segments, con: DuckDBPyConnection, chunk: int, span: tuple[int, int]) -> list[Segment | None]:
    con.execute(f"create or replace temp view state_all as {_ALL_SQL}").fetchall()
    last = int(con.execute("select coalesce(max(unit), -1) from state_all").fetchall()[0][0])
    return [
        segments.write(
            con,
            f"select s.* from state_all s where s.unit between {first} and {first + STATES_A_FILE - 1} order by s.unit",
            "state", chunk, sort="unit", span=span,
        )
        for first in range(0, last + 1, STATES_A_FILE)
    ]  # fmt: skip
