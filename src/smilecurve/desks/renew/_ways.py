"""Which ways are open to returned machines of a family, what do they take, and what is there of it?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.renew._worth import Worth
from smilecurve.terms.errors import Breach

__all__ = ["GRADES", "Inspection", "Way", "Yard", "read_yard", "valued"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
GRADES = ("A", "B", "C", "D")
OF_NEW = ("restock", "part_out", "scrap")


@dataclass(frozen=True)
class Way:
    """One route or level of refurbishing: shares of the price new, hours with those for each grade raised, parts."""

    route: str
    level: str | None
    cost: float
    cost_step: float
    gain: float
    after: str | None
    worst: str
    oldest: float
    takes: Mapping[str, float]
    steps: Mapping[str, float]
    parts: Mapping[str, float]

    def raised(self, grade: int) -> int:
        """Grades a machine of this condition is raised."""
        return max(grade - GRADES.index(self.after), 0) if self.after else 0


@dataclass(frozen=True)
class Inspection:
    """Price in its currency, what it takes, and the chance of each finding (columns) given the true grade (rows)."""

    price: float
    currency: str
    takes: Mapping[str, float]
    finds: Floats


@dataclass(frozen=True)
class Yard:
    """Ways and inspection by family, and what there is of the places, hours and parts that they take, by name."""

    ways: Mapping[object, list[Way]]
    looks: Mapping[object, Inspection]
    supply: Mapping[str, float]


def read_yard(tables: Mapping[str, pa.Table | None], priced: set[str], weeks: float) -> tuple[Yard, list[Breach]]:
    """Read what is open and what there is in these weeks; and every breach among the tables."""
    rows = {name: [] if table is None else table.to_pylist() for name, table in tables.items()}
    found = _breaches(rows, priced)
    supply: dict[str, float] = {}
    for row in rows["workshop_hours"]:
        name = f"workshop {row['workshop']}"
        part = min(max(weeks - (row["week"] - 1), 0.0), 1.0)
        supply[name] = supply.get(name, 0.0) + part * row["hours"]
    supply |= {f"part {row['part']}": row["pieces"] for row in rows["part_budgets"]}
    ways: dict[object, list[Way]] = defaultdict(list)
    levelled = {row["family"] for row in rows["refurbish_levels"]}
    for row in sorted(rows["return_routes"], key=lambda r: str(r["route"])):
        place = f"{row['family']} {row['route']}"
        supply[place] = float(np.floor(row["per_week"] * weeks))
        if row["route"] == "refurbish" and row["family"] in levelled:
            continue
        takes = {place: 1.0} | _hours(row)
        ways[row["family"]].append(
            Way(row["route"], None, row["cost_share"], 0.0, row["yield_share"], row["grade_after"],
                row["grade_worst"] or "D", np.inf if row["age_most"] is None else row["age_most"], takes, {}, {})
        )  # fmt: skip
    for row in sorted(rows["refurbish_levels"], key=lambda r: str(r["level"])):
        ways[row["family"]].append(_level(row, rows["refurbish_parts"], supply, weeks))
    for some in ways.values():
        some.sort(key=lambda way: (way.route, way.level or ""))
    return Yard(ways, _looks(rows), supply), found


def _hours(row: Row) -> dict[str, float]:
    return {f"workshop {row['workshop']}": float(str(row["hours"]))} if row["workshop"] and row["hours"] else {}


def _level(row: Row, parts: Sequence[Row], supply: dict[str, float], weeks: float) -> Way:
    family, level = row["family"], str(row["level"])
    takes = _hours(row)
    shared = f"{family} refurbish"
    if shared in supply:
        takes[shared] = 1.0
    if row["per_week"] is not None:
        own = f"{family} refurbish {level}"
        supply[own] = float(np.floor(float(str(row["per_week"])) * weeks))
        takes[own] = 1.0
    kit = {str(p["part"]): float(str(p["quantity"])) for p in parts if p["family"] == family and p["level"] == level}
    takes |= {f"part {part}": count for part, count in kit.items() if f"part {part}" in supply}
    steps = {f"workshop {row['workshop']}": float(str(row["hours_step"] or 0.0))} if row["workshop"] else {}
    return Way(
        "refurbish", level, float(str(row["cost_share"])), float(str(row["cost_step"] or 0.0)),
        float(str(row["yield_share"])), str(row["grade_after"]), "D", np.inf, takes, steps, kit,
    )  # fmt: skip


def _looks(rows: Mapping[str, list[Row]]) -> dict[object, Inspection]:
    found: dict[object, Inspection] = {}
    for row in rows["return_inspections"]:
        finds = np.eye(4)
        mine = [r for r in rows["grade_confusion"] if r["family"] == row["family"]]
        for grade in {str(r["grade"]) for r in mine}:
            finds[GRADES.index(grade)] = 0.0
        for r in mine:
            finds[GRADES.index(str(r["grade"])), GRADES.index(str(r["found"]))] = float(str(r["share"]))
        found[row["family"]] = Inspection(float(str(row["price"])), str(row["currency"]), _hours(row), finds)
    return found


def _breaches(rows: Mapping[str, list[Row]], priced: set[str]) -> list[Breach]:
    """What the tables name that another one lacks."""
    open_shops = {row["workshop"] for row in rows["workshop_hours"]}
    levels = {(row["family"], row["level"]) for row in rows["refurbish_levels"]}
    found: list[Breach] = []
    for table in ("return_routes", "refurbish_levels", "return_inspections"):
        for i, row in enumerate(rows[table]):
            if row["workshop"] and row["hours"] and row["workshop"] not in open_shops:
                found.append(
                    Breach(f"workshop {row['workshop']} has no hours", f"{table}.workshop, row {i + 1}",
                           "give its hours in workshop_hours", table, i, "workshop", str(row["workshop"]))
                )  # fmt: skip
    for i, row in enumerate(rows["refurbish_parts"]):
        if row["part"] not in priced:
            found.append(
                Breach(f"part {row['part']} has no cost", f"refurbish_parts.part, row {i + 1}",
                       "add it to parts with its cost", "refurbish_parts", i, "part", str(row["part"]))
            )  # fmt: skip
        if (row["family"], row["level"]) not in levels:
            found.append(
                Breach(f"{row['family']} has no level {row['level']}", f"refurbish_parts.level, row {i + 1}",
                       "add it to refurbish_levels", "refurbish_parts", i, "level", str(row["level"]))
            )  # fmt: skip
    sums: dict[tuple[object, object], float] = defaultdict(float)
    for row in rows["grade_confusion"]:
        sums[row["family"], row["grade"]] += float(str(row["share"]))
    return found + [
        Breach(f"shares of what is found on {grade} of {family} add up to {total:g}", "grade_confusion.share",
               "make them add up to 1", "grade_confusion", None, "share", f"{total:g}")
        for (family, grade), total in sums.items() if abs(total - 1) > 1e-6
    ]  # fmt: skip


def valued(machine: Row, ways: Sequence[Way], worth: Worth) -> tuple[Floats, Floats]:
    """Worth (low, middle, high; true grade; way) and cost of work (true grade; way) in the currency of the machine.

    NaN where the worth is not known. Worse than a way is open to, a machine is worth what it is as it stands.
    """
    new, age = float(str(machine["price_new"])), float(str(machine["age_months"]))
    market = None if machine["market"] is None else str(machine["market"])
    known = {g: worth.at(str(machine["model"]), market, g, age) for g in GRADES}
    gain, cost = np.full((3, 4, len(ways)), np.nan), np.zeros((4, len(ways)))
    for j, way in enumerate(ways):
        for g, grade in enumerate(GRADES):
            fits = g <= GRADES.index(way.worst)
            shares = (
                (1.0, 1.0, 1.0) if way.route in OF_NEW and fits else known[way.after if way.after and fits else grade]
            )
            if shares is not None:
                gain[:, g, j] = new * way.gain * np.array(shares)
            cost[g, j] = new * (way.cost + way.cost_step * way.raised(g))
    return gain, cost
