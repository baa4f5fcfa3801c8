"""Why is this row as it is?

A row's own reason first; then the decision it stands in, the rows of earlier decisions that share its codes, and last
the inspections it was decided from, or the events that speak of the same machine, lot, order or ticket.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.loop.registry import author
from smilecurve.terms.errors import Breach, NotFound, OptionRejected
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["Because", "why"]

MOST_ROWS = 5
MOST_EVENTS = 8
NAMES = {"machine": "machine", "lot": "lot", "held_lot": "lot", "ticket": "ref", "claim": "ref", "rma": "ref"}
NAMES |= {"sales_order": "ref", "work_order": "ref", "demand": "ref", "visit": "machine"}
INSPECTED = {
    "lot_verdicts": ({"part": "part", "lot": "lot"}, "inspected"),
    "control_signals": ({"code": "characteristic"}, "measured"),
}
"""Tables decided from inspections: which columns name theirs, and until when they count."""
FIRST = {"claim_forecast": ({"past": False}, ("-weeks", "-expected"))}
"""Tables of many rows a code: which of them tell most, and in which order."""


@dataclass(frozen=True, slots=True)
class Because:
    """One step of the explanation: how deep, where it comes from, what it says, and the key to look further."""

    depth: int
    source: str
    said: str
    key: str


def why(thread: Thread, name: str, key: str, *, scope: Scope = MAKER, depth: int = 3) -> list[Because]:
    """Explain one row of a decided table; `key` is its key (parts joined by `/`), or any code that stands in it.

    Raises NotFound when no row has that key, OptionRejected when nobody decides the table.
    """
    spec = table(name)
    if author(spec) is None:
        raise OptionRejected(Breach(f"{name} is not decided by a desk", "table", "ask about a decided table"))
    rows = _rows(thread, spec, key, scope)
    if not rows:
        raise NotFound(Breach(f"{name} has no row {key}", "key", f"see `smile show {name}`"))
    found: list[Because] = []
    _explain(thread, spec, rows[0], 0, depth, scope, found, set())
    return found


def _rows(thread: Thread, spec: Spec, key: str, scope: Scope) -> list[dict[str, object]]:
    parts = key.split("/")
    rows = thread.view(spec, scope=scope).to_pylist()
    if len(parts) == len(spec.key):
        exact = [r for r in rows if [str(r[k]) for k in spec.key] == parts]
        if exact:
            return exact
    return [r for r in rows if key in {str(r[k]) for k in (*spec.key, *spec.columns)}]


def _explain(
    thread: Thread,
    spec: Spec,
    row: dict[str, object],
    at: int,
    depth: int,
    scope: Scope,
    found: list[Because],
    seen: set[str],
) -> None:
    d = author(spec)
    key = "/".join(str(row[k]) for k in spec.key)
    if d is None or f"{spec.name}:{key}" in seen:
        return
    seen.add(f"{spec.name}:{key}")
    found.append(Because(at, f"{spec.name} {key}", d.sentence(row), key))
    last_of = {"desk": d.contract.name}
    decided = thread.view(table("decisions"), scope=scope, where=last_of, order=("-number",), limit=1).to_pylist()
    for last in decided:
        basis = json.loads(last["basis"])
        gap = "" if last["gap"] is None else f", gap {last['gap']:.1%}"
        inputs = ", ".join(basis.get("inputs", {})) or "no inputs"
        said = f"{d.contract.name} decided {last['rows']} rows: {last['proof']}{gap}; from {inputs}"
        found.append(Because(at + 1, f"decision {last['decision']}", said, str(last["decision"])))
    if at < depth:
        for upstream in (*d.contract.reads, *d.contract.feedback):
            _follow(thread, upstream, row, at + 1, depth, scope, found, seen)
    if spec.name in INSPECTED:
        _inspections(thread, spec, row, at + 1, scope, found)
    else:
        _events(thread, row, at + 1, scope, found, seen)


def _follow(
    thread: Thread,
    upstream: Spec,
    row: dict[str, object],
    at: int,
    depth: int,
    scope: Scope,
    found: list[Because],
    seen: set[str],
) -> None:
    """Rows of an earlier decision whose key stands in this row."""
    deciding = [upstream] if author(upstream) else [table(t) for t in upstream.draws]
    for spec in deciding:
        where = {k: v for k in spec.key if (v := row.get(k, row.get(f"held_{k}"))) is not None}
        telling = [k for k in spec.key if k in where]
        if not telling or (len(telling) < len(spec.key) and len(spec.key) < 3):
            where = {k: row[f"held_{k}"] for k in spec.columns if row.get(f"held_{k}") is not None}
            if not where:
                continue
        only, order = FIRST.get(spec.name, ({}, ()))
        rows = thread.view(spec, scope=scope, where=where | only, order=order, limit=MOST_ROWS)
        for other in rows.to_pylist():
            _explain(thread, spec, other, at, depth, scope, found, seen)


def _events(
    thread: Thread, row: dict[str, object], at: int, scope: Scope, found: list[Because], seen: set[str]
) -> None:
    """The latest events that name the same thing."""
    for column, names in NAMES.items():
        value = row.get(column)
        if value is None or f"{names}={value}" in seen:
            continue
        seen.add(f"{names}={value}")
        spec = table("events")
        rows = thread.view(spec, scope=scope, where={names: value}, order=("-event_time",), limit=MOST_EVENTS)
        found += [_told(event, at) for event in rows.to_pylist()]


def _inspections(
    thread: Thread, spec: Spec, row: dict[str, object], at: int, scope: Scope, found: list[Because]
) -> None:
    """The latest inspections that the row was decided from."""
    names, until = INSPECTED[spec.name]
    where = {column: row[name] for column, name in names.items()} | {"kind": "inspecting"}
    rows = thread.view(table("events"), scope=scope, where=where, order=("-event_time",))
    counted = rows.filter(pc.less_equal(rows["event_time"], pa.scalar(row[until], rows["event_time"].type)))
    found += [_told(event, at) for event in counted.slice(0, MOST_EVENTS).to_pylist()]


def _told(event: dict[str, object], at: int) -> Because:
    """An event in words; of a sampled lot also how many pieces were looked at."""
    details = json.loads(str(event["details"] or "{}"))
    sampled = {k: details[k] for k in ("sample", "sampled", "lot_size") if details.get(k) is not None}
    columns = {k: event[k] for k in ("machine", "part", "lot", "market", "code", "quantity") if event[k] is not None}
    told = ", ".join(f"{k} {value}" for k, value in (columns | sampled).items())
    said = f"{event['event_time']:%Y-%m-%d} {event['kind']}: {told}"
    return Because(at, f"event {event['event_id']}", said, str(event["event_id"]))
