"""What shall we do with each returned machine: refurbish, resell as it is, part out, lease or scrap?

Reads     returns, return_routes, residual_values, currency_rates
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

from smilecurve.desks.renew._money import worth_in
from smilecurve.desks.renew._worth import Worth
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.renew import RESIDUAL_VALUES, RETURN_PLAN, RETURN_ROUTES, RETURNS

__all__ = ["route_returns"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
KEPT = ("rma", "machine", "model", "market", "partner", "holder", "grade", "age_months", "currency")
OF_NEW = ("part_out", "scrap")


@dataclass(frozen=True)
class _Margins:
    """Margin of each machine (row) by each route (column): low, middle, high; -inf where it cannot be taken."""

    routes: list[Row]
    low: Floats
    middle: Floats
    high: Floats


@desk(
    "renew.route_return",
    question="What shall we do with each returned machine: refurbish, resell as it is, part out, lease or scrap?",
    reads=(RETURNS, RETURN_ROUTES, RESIDUAL_VALUES, CURRENCY_RATES),
    decides=RETURN_PLAN,
    needs=("returns", "return_routes"),
    reasons={
        "best": "{route} brings {margin:.0f} {currency} ({margin_low:.0f} to {margin_high:.0f}), {next_route} would "
        "bring {next_margin:.0f}",
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
    currency_rates: pa.Table,
    *,
    weeks: float = 4.0,
    currency: str = "CNY",
) -> Decision:
    """Decide the route of every returned machine.

    weeks   weeks whose places are planned. A machine that finds no place at all waits: it has no row, and `waiting` in
            the figures counts it.
    Margin = yield x worth - cost; worth is the residual value at the grade it leaves with, or the price new for parting
    out and scrap. Rows keep the currency of their machine; `currency` is that of the whole margin.
    """
    if weeks <= 0:
        raise OptionRejected(Breach(f"weeks of {weeks:g} gives no place", "weeks", "give more than 0"))
    machines = sorted(returns.to_pylist(), key=lambda row: str(row["rma"]))
    rates = worth_in([str(row["currency"]) for row in machines], currency, currency_rates)
    routes: dict[object, list[Row]] = defaultdict(list)
    for route in sorted(return_routes.to_pylist(), key=lambda row: str(row["route"])):
        routes[route["family"]].append(route)
    groups: dict[object, list[Row]] = defaultdict(list)
    for machine in machines:
        groups[machine["family"]].append(machine)
    worth, rows, value, bound, clash = Worth(residual_values), [], 0.0, 0.0, []
    figures = {"returns": float(len(machines)), "waiting": 0.0}
    for family, some in groups.items():
        margins = _margins(some, routes[family], worth)
        rate = np.array([rates[str(machine["currency"])] for machine in some])
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


def _margins(machines: Sequence[Row], routes: list[Row], worth: Worth) -> _Margins:
    found = np.full((3, len(machines), len(routes)), -np.inf)
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
                found[:, i, j] = [new * (gain * share - cost) for share in shares]
    return _Margins(routes, found[0], found[1], found[2])


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
