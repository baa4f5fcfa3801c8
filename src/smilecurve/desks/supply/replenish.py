"""Where along the chain does safety stock lie, how much of it, and in which lots are parts ordered?

Reads     parts, bom, demand_forecast
Decides   safety_stocks
Proof     yearly holding cost of the safety stock against the least of any service times
Method    guaranteed service: see solve.guaranteed; lots by Harris (1913)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.supply._chain import cycles, unknown_parts
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.market import DEMAND_FORECAST
from smilecurve.terms.tables.supply import BOM, PARTS, SAFETY_STOCKS

__all__ = ["replenish_parts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = Mapping[str, object]
MONTH_DAYS = 365.25 / 12
P90 = 1.2815515655446004

REASONS = {
    "decouples": "promises at once: {safety_stock:.1f} cover what {net_days} days can ask for beyond {demand_day:.2f} "
    "a day",
    "shortens": "waits {inbound_days} and takes {lead_days} days, promises {outbound_days}: {safety_stock:.1f} cover "
    "{net_days} days",
    "passes": "holds nothing: delivers after {outbound_days} days; stock lies cheaper elsewhere",
    "steady": "nothing varies: no safety stock",
}


@desk(
    "supply.replenish",
    question="Where along the chain does safety stock lie, how much, and in which lots are parts ordered?",
    reads=(PARTS, BOM, DEMAND_FORECAST),
    decides=SAFETY_STOCKS,
    needs=("parts", "demand_forecast"),
    reasons=REASONS,
)
def replenish_parts(
    parts: pa.Table,
    bom: pa.Table,
    demand_forecast: pa.Table,
    *,
    service: float = 0.95,
    promise_days: int = 0,
    holding: float = 0.3,
    order_cost: float = 200.0,
    pool: float = 2.0,
) -> Decision:
    """Decide the service time and safety stock of every part that goes into machines that are asked for.

    service        chance that demand over a span stays within what is covered
    promise_days   days a machine may take from the order; holding: yearly cost of holding stock, of its value
    order_cost     of one order, in the parts' currency, for the lots
    pool           2: demands of different parents are independent, 1: they move together
    """
    _limits(service, promise_days, holding, order_cost, pool)
    uses = [("bom", bom, "parent"), ("bom", bom, "part"), ("demand_forecast", demand_forecast, "model")]
    bad = unknown_parts(parts, uses)
    bad += [] if bad else cycles(parts, bom)
    if bad:
        raise DataRejected(bad)
    rows = {str(r["part"]): r for r in parts.to_pylist()}
    mean, spread, names = _demand(demand_forecast, bom)
    if not names:
        count = float(demand_forecast.num_rows)
        return Decision(SAFETY_STOCKS.empty(), Proof("bound", count, count, "rows", "no machine is asked for"), "best")
    at = {name: k for k, name in enumerate(names)}
    links, pieces = _links(bom, at)
    currency = one_currency((str(rows[n]["currency"]) for n in names), _mixed)
    from scipy.stats import norm

    from smilecurve.solve.guaranteed import Chain, place_safety, pooled_spread
    from smilecurve.solve.netting import low_level_codes

    z = float(norm.ppf(service))
    sigma = pooled_spread(spread, links, pieces, pool)
    level = low_level_codes(len(names), links[:, 1], links[:, 0])
    needed = _needed(level, links, pieces, mean)
    cost = np.array([float(str(rows[n]["cost"])) for n in names])
    lead = np.array([int(str(rows[n]["lead_days"])) for n in names])
    is_end = ~np.isin(np.arange(len(names)), links[:, 0]) | (mean > 0)
    chain = Chain(lead, holding * cost, z * sigma, links, np.where(is_end, promise_days, -1))
    found = place_safety(chain)
    lots = np.sqrt(2 * order_cost * needed * 365.25 / np.maximum(holding * cost, 1e-9))
    decided = [
        _row(rows[name], int(level[k]), found.inbound[k], found.outbound[k], needed[k], sigma[k], found.stock[k],
             _lot(rows[name], float(lots[k])), found.cost[k], currency)
        for k, name in enumerate(names)
    ]  # fmt: skip
    everywhere = float((chain.holding * chain.bound * np.sqrt(lead)).sum())
    return Decision(
        rows=SAFETY_STOCKS.rows(decided),
        proof=Proof("bound", found.value, found.least, currency, "least yearly holding cost of any service times"),
        status="best" if found.value - found.least <= 1e-6 * max(found.value, 1.0) else "good",
        worth=Money(everywhere - found.value, currency),
        headline=max(range(len(decided)), key=lambda k: float(found.cost[k])),
        figures={
            "cost_year": found.value,
            "cost_year_everywhere": everywhere,
            "value": float((found.stock * cost).sum()),
            "stages_with_stock": float((found.stock > 0).sum()),
            "stages": float(len(names)),
        },
    )


def _limits(service: float, promise_days: int, holding: float, order_cost: float, pool: float) -> None:
    bad = []
    if not 0.5 <= service < 1:
        bad.append(Breach(f"service of {service:g} is not from 0.5 to below 1", "service", "ask for 0.9 to 0.99"))
    for name, value, least in (
        ("promise_days", promise_days, 0),
        ("holding", holding, 0),
        ("order_cost", order_cost, 0),
    ):
        if value < least:
            bad.append(Breach(f"{name} of {value:g} is below {least}", name, f"give {least} or more"))
    if not 1 <= pool <= 2:
        bad.append(Breach(f"pool of {pool:g} is not from 1 to 2", "pool", "give 1 (together) to 2 (independent)"))
    if bad:
        raise OptionRejected(bad)


def _demand(forecast: pa.Table, bom: pa.Table) -> tuple[Floats, Floats, list[str]]:
    """Mean and spread a day of every part that something asked for is made of, and their names, in order."""
    month: dict[tuple[str, object], tuple[float, float]] = {}
    for r in forecast.to_pylist():
        mean, variance = month.get((str(r["model"]), r["month"]), (0.0, 0.0))
        wide = (float(r["p90"]) - float(r["p10"])) / (2 * P90)
        month[str(r["model"]), r["month"]] = (mean + float(r["p50"]), variance + wide**2)
    models = sorted({model for (model, _), told in month.items() if told[0] > 0})
    inside: dict[str, list[str]] = {}
    for parent, part in zip(bom.column("parent").to_pylist(), bom.column("part").to_pylist(), strict=True):
        inside.setdefault(parent, []).append(part)
    reached, waiting = set(models), list(models)
    while waiting:
        for part in inside.get(waiting.pop(), ()):
            if part not in reached:
                reached.add(part)
                waiting.append(part)
    names = sorted(reached)
    mean_day, spread_day = np.zeros(len(names)), np.zeros(len(names))
    for model in models:
        told = [v for (m, _), v in month.items() if m == model]
        k = names.index(model)
        mean_day[k] = float(np.mean([m for m, _ in told])) / MONTH_DAYS
        spread_day[k] = float(np.sqrt(np.mean([v for _, v in told]) / MONTH_DAYS))
    return mean_day, spread_day, names


def _links(bom: pa.Table, at: Mapping[str, int]) -> tuple[Ints, Floats]:
    """Supplier and consumer of every use of a part, and the pieces in one consumer."""
    uses: dict[tuple[int, int], float] = {}
    columns = (bom.column(c).to_pylist() for c in ("parent", "part", "quantity"))
    for parent, part, quantity in zip(*columns, strict=True):
        if parent in at and part in at:
            key = at[part], at[parent]
            uses[key] = uses.get(key, 0.0) + quantity
    links = np.array(sorted(uses), dtype=np.int64).reshape(-1, 2)
    return links, np.array([uses[i, j] for i, j in links.tolist()])


def _needed(level: Ints, links: Ints, pieces: Floats, mean: Floats) -> Floats:
    """Pieces needed a day of every part, from the machines down."""
    needed = mean.copy()
    for consumer in np.argsort(level, kind="stable").tolist():
        mine = links[:, 1] == consumer
        np.add.at(needed, links[mine, 0], pieces[mine] * needed[consumer])
    return needed


def _mixed(names: Sequence[str]) -> Breach:
    said = f"parts are priced in {', '.join(names)}"
    return Breach(said, "parts.currency", "price all parts in one currency", "parts")


def _lot(part: Row, best: float) -> float:
    """The lot that balances ordering and holding, as the part may be ordered."""
    least, multiple = float(str(part["lot_least"])), float(str(part["lot_multiple"]))
    wanted = max(best, least, 1.0)
    return float(np.ceil(wanted / multiple - 1e-9) * multiple) if multiple > 0 else wanted


def _row(
    part: Row, level: int, inbound: int, outbound: int, needed: float, sigma: float, stock: float, lot: float,
    cost: float, currency: str,
) -> dict[str, object]:  # fmt: skip
    lead = int(str(part["lead_days"]))
    row: dict[str, object] = {
        "part": part["part"],
        "source": part["source"],
        "level": level,
        "lead_days": lead,
        "inbound_days": int(inbound),
        "outbound_days": int(outbound),
        "net_days": int(inbound) + lead - int(outbound),
        "demand_day": float(needed),
        "spread_day": float(sigma),
        "safety_stock": float(stock),
        "lot": lot,
        "cost_year": float(cost),
        "currency": currency,
    }
    return row | {"reason": _reason(row)}


def _reason(row: Row) -> str:
    if not row["net_days"]:
        return "passes"
    if not row["spread_day"]:
        return "steady"
    return "shortens" if row["outbound_days"] else "decouples"
