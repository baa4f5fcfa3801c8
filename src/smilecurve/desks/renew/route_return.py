"""What shall we do with each returned machine: refurbish, resell as it is, part out, lease or scrap?

Reads     returns, return_routes, residual_values, bom, parts, currency_rates; feedback spare_stock
Decides   return_plan
Proof     the whole margin against the dual bound of the assignment
Method    one route a machine under the places of each route: see solve.assigning
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.renew._harvest import harvest_worth
from smilecurve.desks.renew._worth import Worth
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money, worth_in
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.renew import RESIDUAL_VALUES, RETURN_PLAN, RETURN_ROUTES, RETURNS
from smilecurve.terms.tables.serve_stock import SPARE_STOCK
from smilecurve.terms.tables.supply import BOM, PARTS

__all__ = ["route_returns"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
KEPT = ("rma", "machine", "model", "market", "partner", "holder", "grade", "age_months", "currency")
OF_NEW = ("part_out", "scrap")


@dataclass(frozen=True)
class _Margins:
    """Margin of each machine (row) by each route (column): low, middle, high; -inf where it cannot be taken.

    harvested: machines whose wanted parts are worth more than parting out usually yields.
    """

    routes: list[Row]
    low: Floats
    middle: Floats
    high: Floats
    harvested: NDArray[np.bool_]


@desk(
    "renew.route_return",
    question="What shall we do with each returned machine: refurbish, resell as it is, part out, lease or scrap?",
    reads=(RETURNS, RETURN_ROUTES, RESIDUAL_VALUES, BOM, PARTS, CURRENCY_RATES),
    feedback=(SPARE_STOCK,),
    decides=RETURN_PLAN,
    needs=("returns", "return_routes"),
    reasons={
        "best": "{route} brings {margin:.0f} {currency} ({margin_low:.0f} to {margin_high:.0f}), {next_route} would "
        "bring {next_margin:.0f}",
        "parts": "spares are short: its parts bring {margin:.0f} {currency}, {next_route} only {next_margin:.0f}",
        "only": "{route} is all that can be done with it: {margin:.0f} {currency}",
        "full": "{next_route} would bring {next_margin:.0f} {currency}, but its places go to machines that need them "
        "more: {route} brings {margin:.0f}",
        "least_loss": "everything costs money: {route} costs least, {margin:.0f} {currency}",
    },
)
def route_returns(
    returns: pa.Table,
    return_routes: pa.Table,
    residual_values: pa.Table,
    bom: pa.Table,
    parts: pa.Table,
    currency_rates: pa.Table,
    *,
    spare_stock: pa.Table | None = None,
    weeks: float = 4.0,
    reuse: float = 0.5,
    currency: str = "CNY",
) -> Decision:
    """Decide the route of every returned machine.

    weeks   weeks whose places are planned. A machine that finds no place at all waits: it has no row, and `waiting` in
            the figures counts it.
    reuse   share of what wanted spares cost new that the same parts out of a returned machine are worth
    Margin = yield x worth - cost; worth is the residual value at the grade it leaves with, or the price new for parting
    out and scrap. Where `spare_stock` orders parts that the model holds, parting out yields at least those. Rows keep
    the currency of their machine; `currency` is that of the whole margin.
    """
    if weeks <= 0:
        raise OptionRejected(Breach(f"weeks of {weeks:g} gives no place", "weeks", "give more than 0"))
    if not 0 <= reuse <= 1:
        raise OptionRejected(Breach(f"reuse of {reuse:g} is not a share", "reuse", "give 0 to 1"))
    machines = sorted(returns.to_pylist(), key=lambda row: str(row["rma"]))
    used = [str(row["currency"]) for row in machines] + parts.column("currency").to_pylist()
    rates = worth_in(used, currency, currency_rates)
    harvest = harvest_worth({str(row["model"]) for row in machines}, bom, parts, spare_stock, rates)
    routes: dict[object, list[Row]] = defaultdict(list)
    for route in sorted(return_routes.to_pylist(), key=lambda row: str(row["route"])):
        routes[route["family"]].append(route)
    groups: dict[object, list[Row]] = defaultdict(list)
    for machine in machines:
        groups[machine["family"]].append(machine)
    worth, rows, value, bound, clash = Worth(residual_values), [], 0.0, 0.0, []
    figures = {"returns": float(len(machines)), "waiting": 0.0}
    for family, some in groups.items():
        rate = np.array([rates[str(machine["currency"])] for machine in some])
        wanted = np.array([reuse * harvest.get(str(machine["model"]), 0.0) for machine in some]) / rate
        margins = _margins(some, routes[family], worth, wanted)
        got, upper = _assign(some, margins, rate, weeks)
        rows += got
        value, bound = (
            value + sum(rates[str(row["currency"])] * float(str(row["margin"])) for row in got),
            bound + upper,
        )
        if len(got) < len(some):
            figures["waiting"] += len(some) - len(got)
            said = (
                f"{len(some) - len(got)} of {len(some)} returned machines of {family} find no place in {weeks:g} weeks"
            )
            clash.append(Clash(said, "return_routes.per_week", "add places, or plan more weeks"))
    for row in rows:
        figures[str(row["route"])] = figures.get(str(row["route"]), 0.0) + 1
    rows.sort(key=lambda row: str(row["rma"]))
    return Decision(
        rows=RETURN_PLAN.rows(rows),
        proof=Proof("bound", value, max(bound, value), currency, "dual bound of the integer program, family by family"),
        status="none" if machines and not rows else "best" if bound <= value + 1e-6 * abs(value) + 1e-6 else "good",
        clash=tuple(clash),
        worth=Money(value, currency),
        headline=max(range(len(rows)), key=lambda i: abs(float(str(rows[i]["margin"]))), default=None),
        figures=figures,
    )


def _margins(machines: Sequence[Row], routes: list[Row], worth: Worth, wanted: Floats) -> _Margins:
    found = np.full((3, len(machines), len(routes)), -np.inf)
    harvested = np.zeros(len(machines), dtype=np.bool_)
    for i, machine in enumerate(machines):
        new, age = float(str(machine["price_new"])), float(str(machine["age_months"]))
        market = None if machine["market"] is None else str(machine["market"])
        for j, route in enumerate(routes):
            grade = str(route["grade_after"] or machine["grade"])
            if route["route"] in OF_NEW:
                shares: tuple[float, float, float] | None = (1.0, 1.0, 1.0)
            else:
                shares = worth.at(str(machine["model"]), market, grade, age)
            if shares is not None:
                gain, cost = float(str(route["yield_share"])), float(str(route["cost_share"]))
                least = wanted[i] if route["route"] == "part_out" else 0.0
                harvested[i] |= least > new * gain * shares[1]
                found[:, i, j] = [max(new * gain * share, least) - new * cost for share in shares]
    return _Margins(routes, found[0], found[1], found[2], harvested)


def _assign(
    machines: Sequence[Row], margins: _Margins, rate: Floats, weeks: float
) -> tuple[list[dict[str, object]], float]:
    """The rows of one family and the margin (at these rates) that no plan of as many machines exceeds.

    Waiting is a route of its own at a loss larger than any that a place can cause, so that nobody waits by choice.
    """
    from smilecurve.solve.assigning import assign_choices

    n, k = margins.middle.shape
    if not k:
        return [], 0.0
    worth = margins.middle * rate[:, None]
    known = worth[np.isfinite(worth)]
    wait = -1.0 - 2.0 * float(np.abs(known).max(initial=0.0))
    gain = np.column_stack([worth, np.full(n, wait)])
    need = np.zeros((n, k + 1, k))
    need[:, np.arange(k), np.arange(k)] = 1.0
    places = np.array([np.floor(float(str(route["per_week"])) * weeks) for route in margins.routes])
    got = assign_choices(gain, need, places)
    rows = []
    for i, machine in enumerate(machines):
        j = int(got.choice[i])
        if j == k:
            continue
        others = np.where(np.arange(k) == j, -np.inf, margins.middle[i])
        best = int(others.argmax()) if k > 1 else -1
        other = float(others[best]) if best >= 0 and np.isfinite(others[best]) else None
        margin = float(margins.middle[i, j])
        full = other is not None and other > margin + 1e-9
        reason = "only" if other is None else "full" if full else "best" if margin >= 0 else "least_loss"
        if margins.harvested[i] and margins.routes[j]["route"] == "part_out" and reason == "best":
            reason = "parts"
        rows.append(
            {name: machine[name] for name in KEPT}
            | {
                "route": margins.routes[j]["route"],
                "margin": margin,
                "margin_low": float(margins.low[i, j]),
                "margin_high": float(margins.high[i, j]),
                "next_route": margins.routes[best]["route"] if other is not None else None,
                "next_margin": other,
                "reason": reason,
            }
        )
    return rows, got.bound - wait * (n - len(rows))
