"""What is in this machine, and where did this lot go? Down and up through every level.

Both ways take two steps: first the few ids that the question needs, from tables that lie in memory; then only the files
and row groups of links that can hold them. The answer costs what it says, not what the thread holds.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from smilecurve.terms.scope import Scope
from smilecurve.terms.table import Spec
from smilecurve.thread.gate import Condition, ordering
from smilecurve.thread.reader import Frame
from smilecurve.thread.segments import number_key, pruned
from smilecurve.thread.steps import sql_text
from smilecurve.thread.viewing import Viewer

__all__ = ["components", "containment", "links"]


def components(viewer: Viewer, machine: str, *, as_of: datetime | None, scope: Scope, spec: Spec) -> pa.Table:
    """As built and as maintained, level by level."""
    with viewer.looking(as_of) as frame:
        frame.ensure_all("within", "slot", "lot_code", "unit_name", "fitted", "closed", "unlinked")
        found = frame.con.execute("select u.unit from unit_name u where u.machine = ?", [machine]).fetchall()
        units = [int(row[0]) for row in found]
        source = sql_text("steps/components_of.sql").format(
            links=links(frame, "made_in", "unit", units), units=_listed(units)
        )
        order = ordering(spec, ("level", "within", "component", "since"))
        return viewer.select(spec, scope, Condition(), order, source=f"({source})", as_of=as_of)


def containment(viewer: Viewer, lot: str, *, as_of: datetime | None, scope: Scope, spec: Spec) -> pa.Table:
    """The machines that hold a lot at any level, with what is known of each now."""
    with viewer.looking(as_of) as frame:
        frame.ensure_all("inside", "lot_code", "fitted", "closed", "unlinked", "unit")
        found = frame.con.execute(
            "select l.lot from lot_code l where l.code = $1"
            " union select i.lot from inside i join lot_code l on l.lot = i.inside where l.code = $1",
            [lot],
        ).fetchall()
        lots = [int(row[0]) for row in found]
        source = sql_text("steps/machines_of.sql").format(
            links=links(frame, "made_of", "lot", lots), lots=_listed(lots), lot="'" + lot.replace("'", "''") + "'"
        )
        return viewer.select(spec, scope, Condition(), ordering(spec, ()), source=f"({source})", as_of=as_of)


def links(frame: Frame, tbl: str, column: str, ids: list[int]) -> str:
    """The links of a few lots or units as a SQL source, from the files that can hold them alone."""
    wanted = _listed(ids)
    segments = frame.sealed_links
    files = {s.file: s for i in ids for s in pruned(segments, tbl, number_key(i), number_key(i))}
    columns = "k.unit, k.slot, k.lot" + (", k.since" if tbl == "made_in" else "")
    sources = [f"select {columns} from new_link k where k.{column} in ({wanted})"]
    if files:
        paths = frame.segments.paths(files.values())
        sources.append(f"select {columns} from read_parquet({paths}) k where k.{column} in ({wanted})")
    return (
        f"(select {columns} from ({' union all '.join(sources)}) k where not exists"
        " (select 1 from unlinked u where u.unit = k.unit and u.slot = k.slot and u.lot = k.lot))"
    )


def _listed(ids: list[int]) -> str:
    return ", ".join(str(i) for i in ids) or "-1"
