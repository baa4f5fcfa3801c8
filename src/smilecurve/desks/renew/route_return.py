"""What shall we do with each returned machine: restock, resell, refurbish, part out, lease or scrap it, or look first?

Reads     returns, return_routes, residual_values, bom, parts, currency_rates, machine_grades, refurbish_levels,
          refurbish_parts, part_budgets, workshop_hours, return_inspections, grade_confusion; feedback spare_stock
Decides   return_plan
Proof     the whole margin against what no plan exceeds: the dual bound of the integer program, or the Lagrangian value
Method    one way a machine, or a paid look and a way for each finding, under places, workshop hours and part budgets;
          parts taken for spares are worth less the more there are: see solve.disposing
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from smilecurve.desks.renew._assigning import Harvest, assigned
from smilecurve.desks.renew._chances import Case, case_of
from smilecurve.desks.renew._dismantling import piece_worth, pieces_inside
from smilecurve.desks.renew._plan_rows import plan_rows
from smilecurve.desks.renew._ways import Yard, read_yard
from smilecurve.desks.renew._worth import Worth
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.money import Money, worth_in
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.renew import RESIDUAL_VALUES, RETURN_PLAN, RETURN_ROUTES, RETURNS
from smilecurve.terms.tables.renew_grades import MACHINE_GRADES
from smilecurve.terms.tables.renew_routes import (
    GRADE_CONFUSION,
    PART_BUDGETS,
    REFURBISH_LEVELS,
    REFURBISH_PARTS,
    RETURN_INSPECTIONS,
    WORKSHOP_HOURS,
)
from smilecurve.terms.tables.serve_stock import SPARE_STOCK
from smilecurve.terms.tables.supply import BOM, PARTS

__all__ = ["route_returns"]

Row = Mapping[str, object]


@desk(
    "renew.route_return",
    question="What shall we do with each returned machine: refurbish, resell as it is, part out, lease or scrap?",
    reads=(
        RETURNS,
        RETURN_ROUTES,
        RESIDUAL_VALUES,
        BOM,
        PARTS,
        CURRENCY_RATES,
        MACHINE_GRADES,
        REFURBISH_LEVELS,
        REFURBISH_PARTS,
        PART_BUDGETS,
        WORKSHOP_HOURS,
        RETURN_INSPECTIONS,
        GRADE_CONFUSION,
    ),
    feedback=(SPARE_STOCK,),
    decides=RETURN_PLAN,
    needs=("returns", "return_routes"),
    reasons={
        "best": "{route} brings {margin:.0f} {currency} ({margin_low:.0f} to {margin_high:.0f}), {next_route} would "
        "bring {next_margin:.0f}",
        "parts": "spares are short: its parts bring {margin:.0f} {currency}, {next_route} only {next_margin:.0f}",
        "only": "{route} is all that can be done with it: {margin:.0f} {currency}",
        "full": "{next_route} would bring {next_margin:.0f} {currency}, but what it takes goes to machines that "
        "need it more: {route} brings {margin:.0f}",
        "least_loss": "everything costs money: {route} costs least, {margin:.0f} {currency}",
        "inspect": "look first: that costs {inspection_price:.0f} {currency} and is expected to bring "
        "{inspection_gain:.0f}, in all {margin:.0f} ({margin_low:.0f} to {margin_high:.0f}) against {next_margin:.0f} "
        "for {next_route}",
        "inspect_full": "look first for {inspection_price:.0f} {currency}: {next_route} would bring {next_margin:.0f}, "
        "but what it takes goes to machines that need it more; after the look it is {margin:.0f}",
    },
    version="2",
)
def route_returns(
    returns: pa.Table,
    return_routes: pa.Table,
    residual_values: pa.Table,
    bom: pa.Table,
    parts: pa.Table,
    currency_rates: pa.Table,
    machine_grades: pa.Table | None = None,
    refurbish_levels: pa.Table | None = None,
    refurbish_parts: pa.Table | None = None,
    part_budgets: pa.Table | None = None,
    workshop_hours: pa.Table | None = None,
    return_inspections: pa.Table | None = None,
    grade_confusion: pa.Table | None = None,
    *,
    spare_stock: pa.Table | None = None,
    weeks: float = 4.0,
    reuse: float = 0.5,
    currency: str = "CNY",
) -> Decision:
    """Decide the way of every returned machine.

    weeks   weeks whose places and hours are planned. A machine that finds none at all waits: it has no row, and
            `waiting` in the figures counts it.
    reuse   share of what a spare costs new that the same piece out of a returned machine is worth
    Margin = yield x worth - cost. Worth is the residual value at the grade it leaves with, averaged over what its grade
    may be (`machine_grades`), or the price new for restocking, parting out and scrap. Places, hours and parts hold on
    average over what inspections find. Rows keep the currency of their machine; `currency` is that of the whole margin.
    """
    _check_options(weeks, reuse)
    given = {
        "return_routes": return_routes, "refurbish_levels": refurbish_levels, "refurbish_parts": refurbish_parts,
        "part_budgets": part_budgets, "workshop_hours": workshop_hours, "return_inspections": return_inspections,
        "grade_confusion": grade_confusion,
    }  # fmt: skip
    machines = sorted(returns.to_pylist(), key=lambda row: str(row["rma"]))
    priced = parts.to_pylist()
    yard, breaches = read_yard(given, {p["part"] for p in priced}, weeks)
    used = [str(row["currency"]) for row in (*machines, *priced)] + [look.currency for look in yard.looks.values()]
    try:
        rates = worth_in(used, currency, currency_rates)
    except DataRejected as refused:
        raise DataRejected([*breaches, *refused.breaches]) from None
    if breaches:
        raise DataRejected(breaches)
    cost = {p["part"]: p["cost"] * rates[p["currency"]] for p in priced}
    harvest = _harvest(machines, yard, cost, bom, spare_stock, reuse)
    shares = {} if machine_grades is None else {row["rma"]: row for row in machine_grades.to_pylist()}
    cases = _cases(machines, yard, Worth(residual_values), shares, cost, rates)
    plan = assigned(cases, rates, yard.supply, harvest)
    rows = plan_rows(cases, plan, rates, harvest)
    value = sum(rates[str(row["currency"])] * float(str(row["margin"])) for row in rows)
    bound = max(plan.bound, value)
    figures = {"returns": float(len(machines)), "waiting": float(plan.way.count(-1))}
    for row in rows:
        figures[str(row["route"])] = figures.get(str(row["route"]), 0.0) + 1
    return Decision(
        rows=RETURN_PLAN.rows(rows),
        proof=Proof("bound", value, bound, currency, "dual bound of the integer program over all machines"),
        status="none" if machines and not rows else "best" if bound <= value + 1e-6 * abs(value) + 1e-6 else "good",
        clash=tuple(_waiting(cases, plan.way, weeks)),
        worth=Money(value, currency),
        headline=max(range(len(rows)), key=lambda i: abs(float(str(rows[i]["margin"]))), default=None),
        figures=figures,
    )


def _check_options(weeks: float, reuse: float) -> None:
    found = []
    if weeks <= 0:
        found.append(Breach(f"weeks of {weeks:g} gives no place", "weeks", "give more than 0"))
    if not 0 <= reuse <= 1:
        found.append(Breach(f"reuse of {reuse:g} is not a share", "reuse", "give 0 to 1"))
    if found:
        raise OptionRejected(found)


def _harvest(
    machines: list[dict[str, object]], yard: Yard, cost: dict[str, float], bom: pa.Table,
    spare_stock: pa.Table | None, reuse: float,
) -> Harvest:  # fmt: skip
    """Wanted parts in these machines; beyond need a piece fetches the least share that parting out yields."""
    worth = piece_worth(spare_stock, cost, reuse)
    lots = [way.gain for some in yard.ways.values() for way in some if way.route == "part_out"]
    floor = {part: min(lots, default=0.0) * cost[part] for part in worth}
    return Harvest(pieces_inside({str(m["model"]) for m in machines}, bom, set(worth)), worth, floor)


def _cases(
    machines: list[dict[str, object]], yard: Yard, worth: Worth, shares: Mapping[str, Row], cost: dict[str, float],
    rates: Mapping[str, float],
) -> list[Case]:  # fmt: skip
    found = []
    for machine in machines:
        rate, look = rates[str(machine["currency"])], yard.looks.get(machine["family"])
        price = look.price * rates[look.currency] / rate if look else 0.0
        ways = yard.ways.get(machine["family"], [])
        own = {part: cost[part] / rate for way in ways for part in way.parts}
        found.append(case_of(machine, ways, worth, shares.get(str(machine["rma"])), look, price, own))
    return found


def _waiting(cases: list[Case], way: list[int], weeks: float) -> list[Clash]:
    some: dict[str, list[int]] = {}
    for case, chosen in zip(cases, way, strict=True):
        count = some.setdefault(str(case.machine["family"]), [0, 0])
        count[0] += chosen == -1
        count[1] += 1
    return [
        Clash(
            f"{waits} of {all_of} returned machines of {family} find no place in {weeks:g} weeks",
            "return_routes.per_week",
            "add places, or plan more weeks",
        )
        for family, (waits, all_of) in some.items()
        if waits
    ]
