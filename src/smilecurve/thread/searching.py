"""Where is the thing with this code?"""

from __future__ import annotations

import pyarrow as pa

from smilecurve.terms.scope import Scope
from smilecurve.terms.table import Spec
from smilecurve.terms.tables.market import SALES_ORDERS
from smilecurve.terms.tables.serve_tickets import TICKETS
from smilecurve.terms.tables.supply import PARTS
from smilecurve.terms.tables.thread import LOT_MACHINES, MACHINES
from smilecurve.thread.gate import Condition
from smilecurve.thread.viewing import Viewer

__all__ = ["search"]

_SCHEMA = pa.schema([("kind", pa.string()), ("code", pa.string()), ("said", pa.string())])
_WHERE: tuple[tuple[str, Spec, str, str, str], ...] = (
    (
        "machine",
        MACHINES,
        "machine",
        "coalesce(t.model, '') || ' ' || coalesce(t.status, '') || ' ' || coalesce(t.market, '')",
        "",
    ),
    ("sales_order", SALES_ORDERS, "sales_order", "t.model || ' ' || t.market || ' ' || coalesce(t.party, '')", ""),
    ("ticket", TICKETS, "ticket", "t.machine || ' ' || t.symptom", ""),
    ("part", PARTS, "part", "t.name", " or lower(t.name) like ? escape '!'"),
)


def search(viewer: Viewer, text: str, *, scope: Scope, limit: int) -> pa.Table:
    """Codes (and names of parts) that hold the text, what starts with it first; each kind through its own gate."""
    wanted = text.strip().lower()
    if not wanted:
        return _SCHEMA.empty_table()
    escaped = wanted.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    found = [
        _in_table(viewer, kind, spec, (column, said, more), (f"%{escaped}%", f"{escaped}%"), scope, limit)
        for kind, spec, column, said, more in _WHERE
    ]
    found.insert(1, _lots(viewer, f"%{escaped}%", scope, limit))
    return pa.concat_tables([f.cast(_SCHEMA) for f in found]).slice(0, limit)


def _in_table(
    viewer: Viewer, kind: str, spec: Spec, shown: tuple[str, str, str], likes: tuple[str, str], scope: Scope, limit: int
) -> pa.Table:
    column, said, more = shown
    anywhere, start = likes
    condition = Condition(f"(lower(t.{column}) like ? escape '!'{more})", (anywhere, anywhere) if more else (anywhere,))
    first = f"case when lower(t.{column}) like '{_quoted(start)}' escape '!' then 0 else 1 end"
    tail = f" order by {first}, t.{column} limit {int(limit)}"
    return viewer.select(spec, scope, condition, tail, what=f"'{kind}' as kind, t.{column} as code, {said} as said")


def _lots(viewer: Viewer, like: str, scope: Scope, limit: int) -> pa.Table:
    """Lots: the maker sees every code; others only lots of machines they see, found through containment's own gate."""
    if scope.role == "maker":
        source = "(select distinct l.code as lot from lot_code l)"
        condition = Condition("lower(t.lot) like ? escape '!'", (like,), ("lot_code",))
        return viewer.select(
            LOT_MACHINES,
            scope,
            condition,
            f" order by t.lot limit {int(limit)}",
            what="'lot' as kind, t.lot as code, 'lot' as said",
            source=source,
        )
    condition = Condition("lower(t.lot) like ? escape '!'", (like,))
    return viewer.select(
        LOT_MACHINES,
        scope,
        condition,
        f" group by t.lot order by t.lot limit {int(limit)}",
        what="'lot' as kind, t.lot as code, 'in ' || count(*) || ' machines' as said",
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
