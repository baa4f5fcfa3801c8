"""How do the decisions differ before and after a change, in the figures that people watch?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.loop.registry import desk, desks
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["DIFFERENCE", "NO_PLAN", "Standing", "differences"]

NO_PLAN = "no plan fits: "
DIFFERENCE = pa.schema(
    [
        ("desk", pa.string()),
        ("table", pa.string()),
        ("rows", pa.int64()),
        ("changed", pa.int64()),
        ("added", pa.int64()),
        ("removed", pa.int64()),
        ("figure", pa.string()),
        ("before", pa.float64()),
        ("after", pa.float64()),
        ("example", pa.string()),
    ]
)
FIGURES: Mapping[str, tuple[str, ...]] = {
    "line.balance": ("stations", "tasks_moved", "efficiency"),
    "line.sequence": ("late", "windows_overfilled", "overload_s", "held", "before_parts"),
    "line.simulate": ("cycle_s", "machines_a_day", "pace"),
    "line.shops": ("late", "late_h", "setup_h"),
    "line.control": ("signals", "lots_to_hold"),
    "line.sample": ("rejected", "waiting"),
}
"""Figures of a decision that people watch, the one that tells most first."""
SUMS: Mapping[str, str] = {
    "planned_orders": "late_days",
    "promises": "late_days",
    "demand_forecast": "p50",
    "revenue": "amount",
    "quotes": "landed",
    "load_plan": "volume_fill",
    "spare_stock": "target",
    "service_routes": "travel_km",
    "claim_decisions": "paid",
    "return_plan": "margin",
    "residual_values": "value",
    "lease_offers": "rate",
    "design_backlog": "saving",
    "suspect_lots": "machines",
}
"""Where a desk has no such figures: the column whose sum is watched."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A desk's decision as it stands: its rows, its figures, and why no plan fits."""

    rows: pa.Table
    figures: Mapping[str, float]
    clash: str

    @staticmethod
    def all_of(thread: Thread) -> dict[str, Standing]:
        """Every desk's."""
        return {name: Standing.of(thread, name) for name in desks()}

    @staticmethod
    def of(thread: Thread, name: str) -> Standing:
        """One desk's."""
        rows = thread.view(desk(name).contract.decides)
        last = thread.view(table("decisions"), where={"desk": name}, order=("-number",), limit=1).to_pylist()
        basis = json.loads(last[0]["basis"]) if last else {}
        none = bool(last) and last[0]["status"] == "none"
        clash = "; ".join(c["what"] for c in basis.get("clash", [])) if none else ""
        return Standing(rows, {} if none else basis.get("figures", {}), clash)


def differences(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> pa.Table:
    """For each decision that changed how many rows did, and each figure people watch that differs."""
    records = [row for name in before for row in _compared(name, before[name], after[name])]
    return pa.Table.from_pylist(records, schema=DIFFERENCE)


def _compared(name: str, was: Standing, now: Standing) -> list[dict[str, object]]:
    """The rows of one decision: a figure each, the first in any case; the example is one changed row in words."""
    d = desk(name)
    spec = d.contract.decides
    old = {tuple(r[k] for k in spec.key): r for r in was.rows.to_pylist()}
    new = {tuple(r[k] for k in spec.key): r for r in now.rows.to_pylist()}
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    changed = [k for k in new.keys() & old.keys() if new[k] != old[k]]
    if not (added or removed or changed or now.clash):
        return []
    first = min(map(str, changed)) if changed else min(map(str, added)) if added else ""
    row = next((new[k] for k in (*changed, *added) if str(k) == first), None)
    counts: dict[str, object] = {
        "desk": name,
        "table": spec.name,
        "rows": now.rows.num_rows,
        "changed": len(changed),
        "added": len(added),
        "removed": len(removed),
        "example": f"{NO_PLAN}{now.clash}" if now.clash else d.sentence(row) if row else "",
    }
    told = _watched(name, was, now)
    kept = [told[0], *(figure for figure in told[1:] if figure[1] != figure[2])]
    return [counts | {"figure": figure, "before": then, "after": here} for figure, then, here in kept]


def _watched(name: str, was: Standing, now: Standing) -> list[tuple[str, float | None, float | None]]:
    """The figures that people watch, before and after; none where no plan fits."""
    known = [f for f in FIGURES.get(name, ()) if f in was.figures or f in now.figures]
    if known:
        return [(f, was.figures.get(f), now.figures.get(f)) for f in known]
    column = SUMS.get(desk(name).contract.decides.name)
    return [(column or "rows", _sum(was.rows, column), _sum(now.rows, column))]


def _sum(rows: pa.Table, column: str | None) -> float:
    return float(rows.num_rows) if column is None else float(pc.sum(rows.column(column)).as_py() or 0)
