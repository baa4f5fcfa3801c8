"""Which parts does a machine of each family hold, and what are those made of?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.supply import BOM, PARTS, SUPPLIERS
from smilecurve.worlds.chance import Floats, Ints
from smilecurve.worlds.maker import Maker

__all__ = ["Catalogue", "Inside", "build_catalogue", "chain_tables"]


@dataclass(frozen=True, slots=True)
class Inside:
    """One part inside another: its place, the part, how many."""

    component: str
    part: int
    quantity: float
    repair_need: float | None = None


@dataclass(frozen=True)
class Catalogue:
    """Parts by number; `at[component, family]` is the part at a place (-1: the family has no such place)."""

    records: list[dict[str, object]]
    codes: list[str]
    lot_days: Floats
    at: Ints
    inside: dict[int, list[Inside]]
    cost: Floats

    def part(self, code: str) -> int:
        """The number of a part code."""
        return self.codes.index(code)


def build_catalogue(maker: Maker) -> Catalogue:
    """Every part of a maker: one number a family for the parts at a place, common ones for materials."""
    found: dict[str, dict[str, object]] = {}
    families = maker.families
    at = np.full((len(maker.components), len(families)), -1, np.int64)
    order: list[str] = []

    def number(code: str, row: dict[str, str], cost: float) -> int:
        if code not in found:
            found[code] = _record(code, row, cost)
            order.append(code)
        return order.index(code)

    for c, row in enumerate(maker.components.records):
        for f, (family, suffix) in enumerate(families):
            if row[f"cost_{family}"]:
                at[c, f] = number(f"{row['code']}-{suffix}", row, float(row[f"cost_{family}"]))
    inside: dict[int, list[Inside]] = {}
    base = [order[i] for i in range(len(order))]
    queue = list(base)
    while queue:
        parent = queue.pop(0)
        bare, _, suffix = parent.partition("-")
        factor = float(str(found[parent]["factor"]))
        for row in maker.subparts.records:
            if row["parent"] != bare:
                continue
            classed = row["classed"] == "1" and suffix != ""
            known = len(order)
            code = f"{row['code']}-{suffix}" if classed else row["code"]
            child = number(code, row, float(row["cost"]) * (factor if classed else 1.0))
            if len(order) > known:
                found[code]["factor"] = factor
                queue.append(code)
            quantity = float(row["quantity"]) * (factor if not classed and float(row["quantity"]) > 20 else 1.0)
            inside.setdefault(order.index(parent), []).append(
                Inside(row["component"], child, round(quantity, 1), _given(row, "repair_need"))
            )
    records = [found[code] for code in order]
    lot_days = np.array([float(str(r["lot_days"])) for r in records])
    cost = np.array([float(str(r["cost"])) for r in records])
    return Catalogue(records, order, lot_days, at, inside, cost)


def _record(code: str, row: dict[str, str], cost: float) -> dict[str, object]:
    """One row of `parts`, with its days a lot and the size factor that its own insides follow."""
    reference = next((float(row[k]) for k in ("cost_medium_excavator", "cost_generator") if row.get(k)), cost)
    whole_piece = row["source"] == "buy" and cost >= 100
    return {
        "part": code,
        "name": row["name"],
        "system": row["system"],
        "source": row["source"],
        "supplier": row["supplier"] or None,
        "lead_days": int(row["lead_days"]),
        "lot_least": 1.0 if row["source"] == "make" else (10.0 if whole_piece else 200.0),
        "lot_multiple": 1.0 if whole_piece or row["source"] == "make" else 50.0,
        "scrap": 0.01 if row["source"] == "make" else 0.002,
        "cost": round(cost, 2),
        "currency": "CNY",
        "mass_kg": float(row["mass_kg"]),
        "spare": row.get("spare", "0") == "1",
        "safety": row.get("safety", "0") == "1",
        "repair_share": _given(row, "repair_share"),
        "repair_days": _given(row, "repair_days"),
        "lot_days": row["lot_days"],
        "factor": cost / reference,
    }


def _given(row: dict[str, str], column: str) -> float | None:
    return float(row[column]) if row.get(column) else None


def chain_tables(maker: Maker, parts: Catalogue) -> dict[str, pa.Table]:
    """The tables `parts`, `bom` and `suppliers`; a model is a part too."""
    models = [_model_part(r) for r in maker.models.records]
    lines: list[dict[str, object]] = []
    for m, row in enumerate(maker.models.records):
        for c, component in enumerate(maker.components.texts("component")):
            part = int(parts.at[c, maker.model_family[m]])
            if part >= 0:
                lines.append({"parent": row["model"], "component": component, "part": parts.codes[part], "quantity": 1})
    for parent, insides in parts.inside.items():
        lines += [
            {
                "parent": parts.codes[parent],
                "component": i.component,
                "part": parts.codes[i.part],
                "quantity": i.quantity,
                "repair_need": i.repair_need,
            }
            for i in insides
        ]
    suppliers: list[dict[str, object]] = [
        {"supplier": f"S{i + 1:02d}", "name": r["name"], "market": r["market"]}
        for i, r in enumerate(maker.suppliers.records)
    ]
    return {
        "parts": PARTS.rows(models + parts.records),
        "bom": BOM.rows(lines),
        "suppliers": SUPPLIERS.rows(suppliers),
    }


def _model_part(row: dict[str, str]) -> dict[str, object]:
    return {
        "part": row["model"],
        "name": row["name"],
        "system": "machine",
        "source": "make",
        "lead_days": 1,
        "lot_least": 1.0,
        "lot_multiple": 1.0,
        "scrap": 0.0,
        "cost": round(float(row["price"]) * 0.62, 2),
        "currency": "CNY",
        "mass_kg": float(row["mass_kg"]),
        "spare": False,
    }
