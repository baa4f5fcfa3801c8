"""What does the plan say of each machine: worth, cost, margin with its limits, and why?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.renew._assigning import Assigned, Harvest
from smilecurve.desks.renew._chances import Case
from smilecurve.desks.renew._ways import GRADES

__all__ = ["plan_rows"]

Floats = NDArray[np.float64]
KEPT = ("rma", "machine", "model", "market", "partner", "holder", "grade", "age_months", "why", "currency")


def plan_rows(
    cases: Sequence[Case], plan: Assigned, rates: Mapping[str, float], harvest: Harvest
) -> list[dict[str, object]]:
    """Return a row for each machine that does not wait; margins add up to the value of the plan."""
    rows = []
    for case, way, then in zip(cases, plan.way, plan.then, strict=True):
        if way == -1:
            continue
        rate = rates[str(case.machine["currency"])]
        inside = harvest.inside.get(str(case.machine["model"]), {})
        extra = {
            name: sum(q * (each[p] - harvest.floor[p]) for p, q in inside.items()) / rate
            for name, each in (("now", plan.each), ("next", plan.next_each))
        }
        row = {name: case.machine[name] for name in KEPT}
        if way == -2:
            row |= _looked(case, then, extra)
        else:
            row |= _direct(case, way, extra)
        rows.append(row)
    return rows


def _parts(case: Case, extra: float) -> Floats:
    """What the wanted parts add to each way."""
    return np.array([extra if way.route == "part_out" else 0.0 for way in case.ways])


def _direct(case: Case, way: int, extra: Mapping[str, float]) -> dict[str, object]:
    added = _parts(case, extra["now"])[way]
    margin = float(case.margin(case.chance)[way]) + added
    parts = [(g, way, w) for g, w in enumerate(case.chance) if w > 0]
    row = _sums(case, parts, added, margin)
    best, other = _rival(case, extra["next"], way)
    route = case.ways[way].route
    full = other is not None and other > margin + 1e-9
    reason = "only" if other is None else "full" if full else "best" if margin >= 0 else "least_loss"
    if reason == "best" and route == "part_out" and added > 0 and other is not None and margin - added < other:
        reason = "parts"
    return row | {
        "route": route,
        "level": case.ways[way].level,
        "margin": margin,
        "next_route": best,
        "next_margin": other,
        "inspection_price": case.price if case.look is not None else None,
        "inspection_gain": _gain(case, extra["next"]),
        "reason": reason,
    }


def _looked(case: Case, then: list[int], extra: Mapping[str, float]) -> dict[str, object]:
    findings = [z for z, weight in enumerate(case.found) if weight.sum() > 0]
    added = _parts(case, extra["now"])
    plans = dict(zip(findings, then, strict=True))
    parts = [(g, way, w) for z, way in plans.items() for g, w in enumerate(case.found[z]) if w > 0]
    extra_sum = float(sum(added[way] * case.found[z].sum() for z, way in plans.items()))
    margin = sum(float(case.margin(case.found[z])[way]) for z, way in plans.items()) + extra_sum - case.price
    best, other = _rival(case, extra["next"], -1)
    gain = margin + case.price - (other if other is not None else 0.0)
    ifs = {f"if_{GRADES[z].lower()}": _named(case, way) for z, way in plans.items()}
    return (
        _sums(case, parts, extra_sum, margin, case.price)
        | ifs
        | {
            "route": "inspect",
            "margin": margin,
            "next_route": best,
            "next_margin": other,
            "inspection_price": case.price,
            "inspection_gain": gain,
            "reason": "inspect" if gain > case.price - 1e-9 else "inspect_full",
        }
    )


def _named(case: Case, way: int) -> str:
    return case.ways[way].route + (f" {case.ways[way].level}" if case.ways[way].level else "")


def _sums(
    case: Case, parts: list[tuple[int, int, float]], added: float, margin: float, price: float = 0.0
) -> dict[str, object]:
    """Expected worth and costs over (true grade, way, chance), and the limits of the margin."""
    from smilecurve.solve.mixing import mixed_quantile

    weight = np.array([[w for _, _, w in parts]])
    gain = np.array([case.gain[:, g, way] for g, way, _ in parts]).T
    cost = np.array([[case.cost[g, way] for g, way, _ in parts]])
    kit = np.array([case.parts[way] for _, way, _ in parts])
    low, middle, high = (gain[k][None, :] - cost - price + added for k in range(3))
    return {
        "worth": float((weight[0] * gain[1]).sum()) + added,
        "parts_worth": added if added else None,
        "cost": float((weight * (cost - kit)).sum()),
        "parts_cost": float((weight[0] * kit).sum()),
        "margin_low": min(float(mixed_quantile(weight, low, middle, high, 0.1)[0]), margin),
        "margin_high": max(float(mixed_quantile(weight, low, middle, high, 0.9)[0]), margin),
    }


def _rival(case: Case, extra: float, but: int) -> tuple[str | None, float | None]:
    """The best other way now, and what it would bring."""
    margins = np.where(case.open, case.margin(case.chance) + _parts(case, extra), -np.inf)
    if but >= 0:
        margins[but] = -np.inf
    if not len(margins) or not np.isfinite(margins.max()):
        return None, None
    best = int(margins.argmax())
    return case.ways[best].route, float(margins[best])


def _gain(case: Case, extra: float) -> float | None:
    """What a look would bring before its price if there were room for everything; None where there is none."""
    if case.look is None:
        return None
    added = _parts(case, extra)
    after = sum(
        float(np.where(case.after[z], case.margin(row) + row.sum() * added, -np.inf).max())
        for z, row in enumerate(case.found)
        if row.sum() > 0
    )
    return after - float(np.where(case.open, case.margin(case.chance) + added, -np.inf).max())
