"""What follows from a chunk of events: ids, links, lots within lots, configurations, swaps, stays?

One derivation serves the sealed chunks (its tables are written as segments) and the unsealed tail (its tables stay in
memory), so that an event counts the same before and after sealing. It costs what the chunk holds: of everything before
it reads the names, lots and places that the chunk itself names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from smilecurve.thread.segments import Segment, Segments
from smilecurve.thread.steps import sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "CHUNK_SQL",
    "DERIVED",
    "SORTS",
    "SUMS",
    "Answer",
    "Before",
    "Engine",
    "connect",
    "derive",
    "derive_nothing",
    "source_of",
]

DERIVED: Mapping[str, str] = {
    "unit": "unit integer, machine varchar",
    "lot": "lot integer, code varchar",
    "lot_at": "code varchar, lot integer",
    "slot": "slot smallint, component varchar, part varchar",
    "edge": "lot integer, slot smallint, inside integer, since timestamp",
    "config": "config integer, slot smallint",
    "build": "unit integer, config integer",
    "made_of": "lot integer, unit integer, slot smallint",
    "made_in": "unit integer, slot smallint, lot integer, since timestamp",
    "swap": "unit integer, since timestamp, pos bigint, kind varchar, component varchar, part varchar, lot varchar, "
    "removed varchar",
    "fit": "lot integer, unit integer",
    "failure": "unit integer, since timestamp, pos bigint, part varchar, lot varchar",
    "twin": "unit integer, lot integer",
    "correction": "pos bigint, corrects varchar",
    "stay": "unit integer, since timestamp, kind varchar, status varchar, place varchar, market varchar, "
    "holder varchar, until timestamp, pos bigint",
}
"""The derived tables and their columns."""

SUMS: Mapping[str, str] = {
    "exposure": "config integer, model varchar, market varchar, started date, ended date, machines bigint",
    "failing": "unit integer, part varchar, failed date, model varchar, market varchar, started date, ended date, "
    "machines bigint",
    "moves": "day date, status varchar, place varchar, machines bigint",
}
"""Counts of machines, the count last; rows add up over seals, and may be below zero."""

SORTS: Mapping[str, tuple[str, str]] = {
    "unit": ("select unit, machine from new_unit order by machine", "machine"),
    "lot": ("select lot, code from new_lot order by lot", "lot"),
    "lot_at": ("select code, lot from new_lot order by code", "code"),
    "slot": ("select slot, component, part from new_slot order by slot", "slot"),
    "edge": ("select lot, slot, inside, since from new_edge order by lot, slot, inside", "lot"),
    "config": ("select config, slot from new_config order by config, slot", "config"),
    "build": ("select unit, config from new_build order by unit, config", "unit"),
    "made_of": ("select lot, unit, slot from new_link order by lot, unit, slot", "lot"),
    "made_in": ("select unit, slot, lot, since from new_link order by unit, slot, lot", "unit"),
    "swap": (
        "select unit, since, pos, kind, component, part, lot, removed from new_swap order by unit, since, pos",
        "unit",
    ),
    "fit": ("select lot, unit from new_fit order by lot, unit", "lot"),
    "failure": ("select unit, since, pos, part, lot from new_failure order by unit, since, pos", "unit"),
    "twin": ("select unit, lot from new_twin order by unit, lot", "unit"),
    "correction": ("select pos, corrects from new_correction order by pos", "pos"),
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

_NEEDED = ("unit", "lot_at", "slot", "edge", "config")
_INSIDE = """
create or replace temp table inside_here as
with recursive down(lot, slot, inside, level) as (
  select e.lot, e.slot, e.inside, 1 from edge_here e where e.lot in (select k.lot from new_link k)
  union
  select d.lot, e.slot, e.inside, d.level + 1 from down d join edge_here e on e.lot = d.inside where d.level < 12)
select lot, slot, inside, min(level) as level from down group by lot, slot, inside"""


class Answer(Protocol):
    """The rows of a statement."""

    def fetchall(self) -> list[Any]:
        """All of them."""


class Engine(Protocol):
    """What takes SQL: a DuckDB, or one in which views are laid when they are needed."""

    def execute(self, query: str, parameters: Any = None, /) -> Answer:
        """Do what a text of statements says; the rows of the last one."""


@dataclass(frozen=True, slots=True)
class Before:
    """What stood before a chunk: the derived tables as SQL sources, and how many units, lots and slots there were."""

    sources: Mapping[str, str] = field(default_factory=dict)
    units: int = 0
    lots: int = 0
    slots: int = 0

    @classmethod
    def of(cls, segments: Segments, live: Iterable[Segment]) -> Before:
        """The sealed chunks as what stood before."""
        found = list(live)
        count = {t: sum(s.rows for s in found if s.tbl == t) for t in ("unit", "lot", "slot")}
        sources = {t: source_of(t, segments.paths(s for s in found if s.tbl == t)) for t in _NEEDED}
        return cls(sources, count["unit"], count["lot"], count["slot"])


def connect(*, memory: str = "4GB", spill: str = "") -> DuckDBPyConnection:
    """A DuckDB of our own, in memory, in UTC."""
    import duckdb

    con = duckdb.connect(":memory:")
    con.execute(
        f"set timezone = 'UTC'; set memory_limit = '{memory}'; set preserve_insertion_order = true;"
        " set parquet_metadata_cache = true"
    ).fetchall()
    if spill:
        con.execute(f"set temp_directory = '{spill}'").fetchall()
    return con


def source_of(tbl: str, paths: Sequence[str]) -> str:
    """A derived table's sealed rows as a SQL source; an empty one of the right columns where there are no files."""
    if paths:
        listed = ", ".join(f"'{p}'" for p in paths)
        return f"(select * from read_parquet([{listed}]))"
    columns = [c.strip().split(" ") for c in {**DERIVED, **SUMS}[tbl].split(",")]
    nulls = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns)
    return f"(select {nulls} where false)"


def derive_nothing(con: Engine, edges: Sequence[str]) -> None:
    """The new_* tables of a chunk in which nothing happens: empty ones; `edges` are the files of lots within lots."""
    columns = {
        **{t: c for t, c in DERIVED.items() if t not in ("lot_at", "made_of", "made_in")}, "link": DERIVED["made_in"],
    }  # fmt: skip
    con.execute(
        ";".join(f"create or replace temp table new_{t} ({c})" for t, c in columns.items())
        + f"; create or replace temp view edge_before as select * from {source_of('edge', edges)} s;"
        " create or replace temp view edge_here as select * from edge_before union all select * from new_edge"
    ).fetchall()


def derive(con: Engine, before: Before) -> None:
    """Build the new_* tables from `chunk` and what stood before it."""
    for tbl in _NEEDED:
        source = before.sources.get(tbl) or source_of(tbl, ())
        con.execute(f"create or replace temp view {tbl}_before as select * from {source} s").fetchall()
    con.execute(
        "create or replace temp table known as"
        f" select {before.units} as units, {before.lots} as lots, {before.slots} as slots"
    ).fetchall()
    con.execute(sql_text("steps/derive.sql")).fetchall()
    con.execute(
        "create or replace temp view edge_here as select * from edge_before union all select * from new_edge"
    ).fetchall()
    con.execute(_INSIDE).fetchall()
    con.execute(sql_text("steps/configure.sql")).fetchall()
