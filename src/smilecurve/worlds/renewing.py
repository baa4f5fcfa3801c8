"""How are returned machines looked at, refurbished and inspected by an example maker?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.renew_grades import GRADING_ITEMS, GRADING_RULES
from smilecurve.terms.tables.renew_routes import (
    GRADE_CONFUSION,
    PART_BUDGETS,
    REFURBISH_LEVELS,
    REFURBISH_PARTS,
    RETURN_INSPECTIONS,
    WORKSHOP_HOURS,
)
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.maker import Maker

__all__ = ["ITEMS", "second_life_tables"]

ITEMS = (
    ("engine", "Engine or motor", 30.0, "D", True),
    ("drive", "Drive and gears", 25.0, "D", False),
    ("hydraulics", "Hydraulics, pumps and hoses", 20.0, "C", False),
    ("frame", "Frame and welds", 15.0, "D", True),
    ("looks", "Paint and covers", 10.0, None, True),
)
RULES = (("A", 84.0), ("B", 63.0), ("C", 38.0))
LEVELS = (("light", 0.04, 0.01, "B", 6.0, 3.0, 6), ("full", 0.075, 0.02, "A", 18.0, 8.0, 3))
CONFUSION = ((0.9, 0.1, 0.0, 0.0), (0.06, 0.86, 0.08, 0.0), (0.0, 0.08, 0.86, 0.06), (0.0, 0.0, 0.1, 0.9))
GRADES = ("A", "B", "C", "D")
WEEKS, WEEK_HOURS, PIECES = 8, 90.0, 8.0
LOOK_SHARE, LOOK_HOURS = 0.006, 2.0


def second_life_tables(maker: Maker, parts: Catalogue) -> dict[str, pa.Table]:
    """Items and rules of grading, levels of refurbishing with hours and parts, paid inspections."""
    families = [family for family, _ in maker.families]
    price, of = maker.models.numbers("price"), maker.models.texts("family")
    middle = {f: float(np.median([p for p, g in zip(price, of, strict=True) if g == f])) for f in families}
    kits = {family: _kit(parts, f) for f, family in enumerate(families)}
    shop = f"{maker.plant}-REFURBISH"
    return {
        "grading_items": GRADING_ITEMS.rows(
            [
                {"family": f, "item": i, "name": name, "weight": weight, "at_best": worst, "photo": photo}
                for f in families
                for i, name, weight, worst, photo in ITEMS
            ]
        ),
        "grading_rules": GRADING_RULES.rows(
            [{"family": f, "grade": g, "least_points": points} for f in families for g, points in RULES]
        ),
        "refurbish_levels": REFURBISH_LEVELS.rows(
            [
                {"family": f, "level": level, "cost_share": cost, "cost_step": step, "yield_share": 1.0,
                 "grade_after": grade, "workshop": shop, "hours": hours, "hours_step": more, "per_week": week}
                for f in families
                for level, cost, step, grade, hours, more, week in LEVELS
            ]
        ),
        "refurbish_parts": REFURBISH_PARTS.rows(
            [
                {"family": f, "level": level, "part": part, "quantity": 1.0}
                for f in families
                for k, (level, *_) in enumerate(LEVELS)
                for part in kits[f][: k + 1]
            ]
        ),
        "part_budgets": PART_BUDGETS.rows(
            [{"part": part, "pieces": PIECES} for part in sorted({part for kit in kits.values() for part in kit})]
        ),
        "workshop_hours": WORKSHOP_HOURS.rows(
            [{"workshop": shop, "week": week, "hours": WEEK_HOURS} for week in range(1, WEEKS + 1)]
        ),
        "return_inspections": RETURN_INSPECTIONS.rows(
            [
                {"family": f, "price": round(LOOK_SHARE * middle[f], 0), "currency": "CNY", "workshop": shop,
                 "hours": LOOK_HOURS}
                for f in families
            ]
        ),
        "grade_confusion": GRADE_CONFUSION.rows(
            [
                {"family": f, "grade": GRADES[g], "found": GRADES[z], "share": share}
                for f in families
                for g, row in enumerate(CONFUSION)
                for z, share in enumerate(row)
                if share
            ]
        ),
    }  # fmt: skip


def _kit(parts: Catalogue, family: int) -> list[str]:
    """The two cheapest spares of a family."""
    mine = [int(p) for p in parts.at[:, family] if p >= 0 and parts.records[int(p)]["spare"]]
    return [parts.codes[p] for p in sorted(set(mine), key=lambda p: (float(parts.cost[p]), parts.codes[p]))[:2]]
