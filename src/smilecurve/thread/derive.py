"""What follows from a chunk of events: ids, links, lots within lots, configurations, stays?

One derivation serves the sealed chunks (its tables are written as segments) and the unsealed tail (its tables stay in
memory), so that an event counts the same before and after sealing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from smilecurve.thread.steps import sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["CHUNK_SQL", "DERIVED", "SORTS", "connect", "derive", "source_of"]

DERIVED: Mapping[str, str] = {
    "unit": "unit integer, machine varchar",
    "lot": "lot integer, code varchar",
    "slot": "slot smallint, component varchar, part varchar",
    "edge": "lot integer, slot smallint, inside integer, since timestamp",
    "config": "config integer, slot smallint",
    "build": "unit integer, config integer",
    "made_of": "lot integer, unit integer, slot smallint",
    "made_in": "unit integer, slot smallint, lot integer, since timestamp",
    "stay": "unit integer, since timestamp, kind varchar, status varchar, place varchar, market varchar, "
    "holder varchar, until timestamp, pos bigint",
}
"""The derived tables and their columns."""

SORTS: Mapping[str, tuple[str, str]] = {
    "unit": ("select unit, machine from new_unit order by unit", "unit"),
    "lot": ("select lot, code from new_lot order by lot", "lot"),
    "slot": ("select slot, component, part from new_slot order by slot", "slot"),
    "edge": ("select lot, slot, inside, since from new_edge order by lot, slot, inside", "lot"),
    "config": ("select config, slot from new_config order by config, slot", "config"),
    "build": ("select unit, config from new_build order by unit, config", "unit"),
    "made_of": ("select lot, unit, slot from new_link order by lot, unit, slot", "lot"),
    "made_in": ("select unit, slot, lot, since from new_link order by unit, slot, lot", "unit"),
    "stay": (
        "select unit, since, kind, status, place, market, holder, until, pos from new_stay order by unit, since, pos",
        "unit",
    ),
}
"""How each derived table of a chunk is read in its order, and the column it is sorted by."""

CHUNK_SQL = """
create or replace temp table chunk as
select pos, event_id, kind, make_timestamp(event_us) as event_time, make_timestamp(record_us) as record_time,
       source, seq, machine, part, component, lot, place, market, party, ref, code, disposition, quantity, amount,
       currency, corrects, details, components
from incoming"""
"""Take the registered Arrow table `incoming` (times as microseconds) as the chunk."""

_BEFORE = ("unit", "lot", "slot", "edge", "config")
_INSIDE = """
create or replace temp table inside_here as
with recursive down(lot, slot, inside, level) as (
  select e.lot, e.slot, e.inside, 1 from edge_here e
  union
  select d.lot, e.slot, e.inside, d.level + 1 from down d join edge_here e on e.lot = d.inside where d.level < 12)
select lot, slot, inside, min(level) as level from down group by lot, slot, inside"""


def connect(*, memory: str = "6GB", spill: str = "") -> DuckDBPyConnection:
    """A DuckDB of our own, in memory, in UTC."""
    import duckdb

    con = duckdb.connect(":memory:")
    con.execute(f"set timezone = 'UTC'; set memory_limit = '{memory}'; set preserve_insertion_order = true").fetchall()
    if spill:
        con.execute(f"set temp_directory = '{spill}'").fetchall()
    return con


def source_of(tbl: str, paths: Sequence[str]) -> str:
    """A derived table's sealed rows as a SQL source; an empty one of the right columns where there are no files."""
    if paths:
        listed = ", ".join(f"'{p}'" for p in paths)
        return f"(select * from read_parquet([{listed}]))"
    columns = [c.strip().split(" ") for c in DERIVED[tbl].split(",")]
    nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns)
    return f"(select {nulls} where false)"


def derive(con: DuckDBPyConnection, before: Mapping[str, Sequence[str]]) -> None:
    """Build the new_* tables from `chunk` and the sealed files before it."""
    for tbl in _BEFORE:
        con.execute(
            f"create or replace temp view {tbl}_before as select * from {source_of(tbl, before.get(tbl, ()))} s"
        ).fetchall()
    con.execute(sql_text("steps/derive.sql")).fetchall()
    con.execute(
        "create or replace temp view edge_here as select * from edge_before union all select * from new_edge"
    ).fetchall()
    con.execute(_INSIDE).fetchall()
    con.execute(sql_text("steps/configure.sql")).fetchall()
