"""Which condition, A to D, is each returned machine in, and how sure is that?

Reads     graded_items, grading_items, grading_rules
Decides   machine_grades
Proof     mean log-likelihood of later sales, out of sample, beside that of the rules alone
Method    points and caps by rules kept as rows, then what machines with such points were sold for and whether they
          failed: see solve.grading
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.renew._price_levels import beyond_age
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.renew_grades import GRADED_ITEMS, GRADING_ITEMS, GRADING_RULES, MACHINE_GRADES

__all__ = ["grade_returns"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
GRADES = ("A", "B", "C", "D")
KEPT = ("rma", "machine", "model", "family", "market", "partner", "holder")


@dataclass(frozen=True)
class _Marked:
    """One machine: its first row, points, grade by the rules, grade it is capped at (0: none), and what is missing."""

    row: Row
    points: float
    rule: int
    cap: int
    worst: str | None
    items_missing: int
    photos_missing: int


@desk(
    "renew.grade",
    question="Which condition, A to D, is each returned machine in, and how sure is that?",
    reads=(GRADED_ITEMS, GRADING_ITEMS, GRADING_RULES),
    decides=MACHINE_GRADES,
    needs=("graded_items", "grading_items", "grading_rules"),
    reasons={
        "rules": "{points:.0f} points make it {rule_grade}; {sales_seen} later sales are too few to say more",
        "agreed": "{points:.0f} points make it {rule_grade}, and {sales_seen} later sales agree: {sure:.0%} sure",
        "sales": "{points:.0f} points would make it {rule_grade}; what {sales_seen} such machines were sold for makes "
        "it {grade}, {sure:.0%} sure",
        "kept": "{points:.0f} points make it {rule_grade}, {sure:.0%} sure; {sales_seen} sales say nothing better",
        "capped": "{worst_item} makes it {capped} at best: {grade}, {sure:.0%} sure",
        "incomplete": "{items_missing} items and {photos_missing} photos are missing: {grade} for now, {sure:.0%} sure",
    },
)
def grade_returns(
    graded_items: pa.Table, grading_items: pa.Table, grading_rules: pa.Table, *, least_sales: int = 30
) -> Decision:
    """Decide the condition of every returned machine that waits.

    least_sales   machines of a family sold after grading from which on their prices are asked; they count where they
                  foretell other sales better than the rules do
    Points: 100 less what each item looked at costs by its wear, as a share of the weights looked at. Chances are
    those of the true condition; the grade is the most likely one.
    """
    if least_sales < 1:
        raise OptionRejected(Breach(f"least_sales of {least_sales} is below 1", "least_sales", "give 1 or more"))
    least = _rules(grading_rules)
    items: dict[object, dict[object, Row]] = defaultdict(dict)
    for row in grading_items.to_pylist():
        items[row["family"]][row["item"]] = row
    by_rma: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(graded_items.to_pylist(), key=lambda r: (str(r["rma"]), str(r["item"]))):
        by_rma[str(row["rma"])].append(row)
    _check(by_rma, items, least)
    families: dict[str, list[_Marked]] = defaultdict(list)
    for found in by_rma.values():
        family = str(found[0]["family"])
        families[family].append(_marked(found, items[family], least[family]))
    rows: list[dict[str, object]] = []
    told = ruled = 0.0
    for family, marked in sorted(families.items()):
        some, likely, by_rules = _graded(marked, least[family], least_sales)
        rows += some
        told, ruled = told + likely, ruled + by_rules
    rows.sort(key=lambda r: str(r["rma"]))
    return Decision(
        rows=MACHINE_GRADES.rows(rows),
        proof=Proof("statistical", told, ruled, "log-likelihood", "later sales out of sample, beside the rules alone"),
        status="good",
        headline=min(range(len(rows)), key=lambda i: float(str(rows[i]["sure"])), default=None),
        figures={
            "machines": float(len(rows)),
            "sales_seen": float(sum(_sold(m) for some in families.values() for m in some)),
            "sure": float(np.mean([float(str(r["sure"])) for r in rows])) if rows else 0.0,
        }
        | {g: float(sum(r["grade"] == g for r in rows)) for g in GRADES},
    )


def _rules(rules: pa.Table) -> dict[str, Floats]:
    """Points that A, B and C ask for, by family; refused where one is missing or they do not fall."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rules.to_pylist():
        found[row["family"]][row["grade"]] = row["least_points"]
    breaches = []
    for family, least in found.items():
        given = [least[g] for g in GRADES[:3] if g in least]
        if len(given) < 3 or given != sorted(given, reverse=True):
            breaches.append(
                Breach(f"rules of {family} do not give falling points for A, B and C", "grading_rules.least_points",
                       "give all three, A the most", "grading_rules", None, "least_points")
            )  # fmt: skip
    if breaches:
        raise DataRejected(breaches)
    return {family: np.array([least[g] for g in GRADES[:3]]) for family, least in found.items()}


def _check(
    by_rma: Mapping[str, list[Row]], items: Mapping[object, Mapping[object, Row]], least: Mapping[str, Floats]
) -> None:
    unknown = {(str(r["family"]), str(r["item"])) for some in by_rma.values() for r in some}
    breaches = [
        Breach(f"item {item} of {family} is not one that is graded", "graded_items.item",
               "add it to grading_items", "graded_items", None, "item", item)
        for family, item in sorted(unknown) if item not in items.get(family, {})
    ]  # fmt: skip
    breaches += [
        Breach(f"{family} has no grading rules", "grading_rules.family", "give points for A, B and C",
               "grading_rules", None, "family", family)
        for family in sorted({family for family, _ in unknown} - set(least))
    ]  # fmt: skip
    if breaches:
        raise DataRejected(breaches)


def _marked(found: Sequence[Row], items: Mapping[object, Row], least: Floats) -> _Marked:
    looked = {row["item"]: row for row in found}
    weight = {item: float(str(items[item]["weight"])) for item in items}
    lost = {item: weight[item] * float(str(row["wear"])) for item, row in looked.items()}
    seen, whole = sum(weight[item] for item in looked), sum(weight.values())
    points = max(100.0 - sum(lost.values()) * (whole / seen if seen else 1.0), 0.0)
    caps = {item: GRADES.index(str(items[item]["at_best"])) for item, row in looked.items()
            if items[item]["at_best"] and float(str(row["wear"])) >= 1.0}  # fmt: skip
    cap = max(caps.values(), default=0)
    counts: Mapping[object, float] = caps or {item: cost for item, cost in lost.items() if cost > 0}
    worst = max(counts, key=lambda item: counts[item], default=None)
    photos = sum(bool(items[item]["photo"]) and not row["photo"] for item, row in looked.items())
    rule = max(int((points < least).sum()), cap)
    return _Marked(found[0], points, rule, cap, None if worst is None else str(worst), len(items) - len(looked), photos)


def _sold(marked: _Marked) -> bool:
    return marked.row["sold_share"] is not None and float(str(marked.row["sold_share"])) > 0


def _graded(marked: Sequence[_Marked], least: Floats, least_sales: int) -> tuple[list[dict[str, object]], float, float]:
    """Rows of one family and the log-likelihood of its sales, as calibrated and by the rules."""
    from smilecurve.solve.grading import calibrate, chances, rule_chances

    sold, waits = [m for m in marked if _sold(m)], [m for m in marked if m.row["waits"]]
    points, cap = np.array([m.points for m in waits]), np.array([m.cap for m in waits], dtype=np.int64)
    told = ruled = 0.0
    basis = "rules"
    chance = rule_chances(np.array([m.rule for m in waits], dtype=np.int64))
    chance = np.where(np.arange(4) >= cap[:, None], chance, 0.0)
    chance = chance / chance.sum(axis=1, keepdims=True)
    if len(sold) >= least_sales:
        rule = np.array([m.rule for m in sold], dtype=np.int64)
        failed = np.array([np.nan if m.row["failed"] is None else float(bool(m.row["failed"])) for m in sold])
        price = beyond_age([m.row for m in sold], rule)
        model = calibrate(np.array([m.points for m in sold]), rule, price, failed, least)
        told, ruled = max(model.told, model.ruled) * len(sold), model.ruled * len(sold)
        basis = "sales" if model.told > model.ruled else "kept"
        if basis == "sales":
            chance = chances(model, points, cap)
    return [_row(m, c, len(sold), basis) for m, c in zip(waits, chance, strict=True)], told, ruled


def _row(marked: _Marked, chance: Floats, sales: int, basis: str) -> dict[str, object]:
    grade = int(chance.argmax())
    missing = marked.items_missing or marked.photos_missing
    capped = marked.cap > 0 and grade == marked.cap
    agreed = "agreed" if basis == "sales" and grade == marked.rule else basis
    return (
        {name: marked.row[name] for name in KEPT}
        | {f"share_{g.lower()}": float(share) for g, share in zip(GRADES, chance, strict=True)}
        | {
            "points": marked.points,
            "rule_grade": GRADES[marked.rule],
            "grade": GRADES[grade],
            "sure": float(chance[grade]),
            "worst_item": marked.worst,
            "capped": GRADES[marked.cap] if marked.cap else None,
            "items_missing": marked.items_missing,
            "photos_missing": marked.photos_missing,
            "sales_seen": sales,
            "reason": "incomplete" if missing else "capped" if capped else agreed,
        }
    )
