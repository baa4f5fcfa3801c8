"""On which day does each open order reach its buyer, with which odds, and what holds it back?

Reads     sales_orders, markets, parts, bom, suppliers, stocks, receipts, work_orders, ship_units, capacities, lanes,
          lot_holds (lots on hold are no stock)
Feedback  suspect_lots (lots on hold are no stock), build_sequence (machines on hold, machines that leave late)
Decides   promises
Proof     machine-days ready after the day needed, against the same if every order were alone
Method    available and capable to promise, then draws of slip, sailing and transit (solve.promising)
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from smilecurve.desks.supply._chain import (
    Closures,
    Flags,
    Floats,
    Ints,
    cycles,
    dates,
    days_from,
    floats,
    lots_on_hold,
    places,
    unknown_parts,
)
from smilecurve.desks.supply._lanes import Ways, best_ways, ways_of
from smilecurve.desks.supply._plant import kits_of, machine_pools, part_lots, planned_machines, plant_of
from smilecurve.terms.decision import Clash, Decision, Proof, Status
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.line import BUILD_SEQUENCE, WORK_ORDERS
from smilecurve.terms.tables.line_quality import LOT_HOLDS
from smilecurve.terms.tables.market import MARKETS, SALES_ORDERS
from smilecurve.terms.tables.ship import LANES, SHIP_UNITS
from smilecurve.terms.tables.supply import BOM, CAPACITIES, PARTS, PROMISES, RECEIPTS, STOCKS, SUPPLIERS

if TYPE_CHECKING:
    from smilecurve.solve.promising import Ready

__all__ = ["promise_orders"]

#: machines to be built later than this slip no more than those built then: they can still be started sooner
SLIP_MOST_DAYS = 30
#: 80 of 100 half-normal draws lie below this
SLIP_P80 = 1.2815516

REASONS = {
    "late": "{late_days} days after {wanted}: held back by {binding}; ready {ready}, there by {p80} with chance 80 %",
    "waits_for_sailing": "ready {ready}, the next ship sails {sails}; there by {p80} with chance 80 %",
    "waits_for_material": "{binding_part} comes last: ready {ready}, there by {p80} with chance 80 %",
    "waits_for_capacity": "first free slots: ready {ready}, there by {p80} with chance 80 %",
    "planned": "leaves the line by {ready} as planned; there by {p80} with chance 80 %",
    "from_stock": "{from_stock} of {quantity} stand ready; there by {p80} with chance 80 %",
}


@desk(
    "supply.promise",
    question="On which day does each open order reach its buyer, with which odds, and what holds it back?",
    reads=(
        SALES_ORDERS,
        MARKETS,
        PARTS,
        BOM,
        SUPPLIERS,
        STOCKS,
        RECEIPTS,
        WORK_ORDERS,
        SHIP_UNITS,
        CAPACITIES,
        LANES,
        LOT_HOLDS,
    ),
    decides=PROMISES,
    reasons=REASONS,
    feedback=(SUSPECT_LOTS, BUILD_SEQUENCE),
    needs=("sales_orders", "parts"),
)
def promise_orders(
    sales_orders: pa.Table,
    markets: pa.Table,
    parts: pa.Table,
    bom: pa.Table,
    suppliers: pa.Table,
    stocks: pa.Table,
    receipts: pa.Table,
    work_orders: pa.Table,
    ship_units: pa.Table,
    capacities: pa.Table,
    lanes: pa.Table,
    lot_holds: pa.Table | None = None,
    *,
    today: date,
    horizon_days: int = 365,
    days_a_week: int = 6,
    cutoff_days: int = 2,
    slip_share: float = 0.1,
    seed: int = 1,
    suspect_lots: pa.Table | None = None,
    build_sequence: pa.Table | None = None,
) -> Decision:
    """A promise for every order with open machines, first ordered first served; no machine, slot or part goes twice.

    today: day 0. horizon_days: how far slots are looked for. days_a_week: working days, from Monday. cutoff_days: days
    before sailing by which a machine must be at the port. slip_share: machines still to build slip by |z| times this
    share of the days until they are ready (of 30 at the most). seed: of the draws. Orders that cannot be promised are
    named in the clash.
    """
    from smilecurve.solve.promising import NEVER, Orders, promise_ready

    _refuse(parts, bom, sales_orders, lanes)
    asked = sales_orders.filter(pa.array(floats(sales_orders.column("open_quantity")) > 0)).sort_by(
        [("ordered", "ascending"), ("sales_order", "ascending")]
    )
    planned = planned_machines(work_orders, build_sequence, today)
    closed = Closures.of(parts, suppliers, today)
    on_hold = lots_on_hold(suspect_lots, lot_holds)
    lots = part_lots(parts, stocks, receipts, closed, _needed(parts, bom, work_orders), on_hold, today)
    models = sorted(set(asked.column("model").to_pylist()))
    plant = plant_of(parts, bom, capacities, planned, lots, closed, models, today, horizon_days, days_a_week)
    pools, of = machine_pools(asked, parts, stocks, receipts, ship_units, planned, today)
    ways = ways_of(lanes, markets, asked, today)
    wanted = days_from(asked.column("wanted"), today, otherwise=-1)
    target = np.maximum(0, wanted - cutoff_days - ways.quickest)
    target = np.maximum(0, target - np.ceil(SLIP_P80 * _slip(target, slip_share)).astype(np.int64))
    item = places(asked.column("model"), pa.array(models, pa.string()))
    quantity = floats(asked.column("open_quantity"))
    ready = promise_ready(Orders(item, quantity, target, of), pools, plant)
    able = (ready.day != NEVER) & ways.reached
    rows = _rows(asked, parts, ready, ways, wanted, target, able, today, (cutoff_days, slip_share, seed))
    return _decided(asked, rows, ready, target, quantity, able, ways.reached)


def _refuse(parts: pa.Table, bom: pa.Table, sales_orders: pa.Table, lanes: pa.Table) -> None:
    uses = [("bom", bom, "parent"), ("bom", bom, "part"), ("sales_orders", sales_orders, "model")]
    found = unknown_parts(parts, uses)
    found += [] if found else cycles(parts, bom)
    low, high = floats(lanes.column("days_p50")), floats(lanes.column("days_p95"))
    for row in np.flatnonzero((high < low) | (low <= 0)).tolist():
        said = (
            f"lane {lanes.column('lane')[row].as_py()} takes {low[row]:g} days in the middle and {high[row]:g} at p95"
        )
        at = f"lanes.days_p95, row {row + 1}"
        found.append(Breach(said, at, "give 0 < days_p50 <= days_p95", "lanes", row, "days_p95", f"{high[row]:g}"))
    if found:
        raise DataRejected(found)


def _needed(parts: pa.Table, bom: pa.Table, work_orders: pa.Table) -> Floats:
    """Pieces of each part that work orders not yet on the line will take."""
    needed = np.zeros(parts.num_rows)
    model = places(work_orders.column("model"), parts.column("part"))
    kits = kits_of(parts, bom)
    for place, machines in zip(*np.unique(model[model >= 0], return_counts=True), strict=True):
        for child, pieces in kits.get(int(place), {}).items():
            needed[child] += machines * pieces
    return needed


def _slip(day: Ints, slip_share: float) -> Floats:
    """How many days readiness may slip (half-normal scale): a share of the days until then, of a month at the most."""
    return np.asarray(slip_share * np.minimum(day, SLIP_MOST_DAYS), np.float64)


def _rows(
    asked: pa.Table,
    parts: pa.Table,
    ready: Ready,
    ways: Ways,
    wanted: Ints,
    target: Ints,
    able: Flags,
    today: date,
    odds: tuple[int, float, int],
) -> pa.Table:
    from smilecurve.solve.promising import MATERIAL, RECEIPT, STOCK

    chosen = np.flatnonzero(able)
    day, binding, due = ready.day[chosen], ready.binding[chosen], wanted[chosen]
    slip = np.where(binding == STOCK, 0.0, _slip(day, odds[1]))
    way = best_ways(ways, chosen, day, slip, due, cutoff_days=odds[0], seed=odds[2])
    late = np.where(due >= 0, np.maximum(0, way.p80 - due), 0)
    sailing = ((way.departs - day > day) | ((late > 0) & (day <= target[chosen]))) & ~way.none
    holds = np.select([sailing, binding == MATERIAL, binding != STOCK], ["sailing", "material", "capacity"], "stock")
    reason = np.select(
        [late > 0, sailing, binding == MATERIAL, binding == RECEIPT, binding != STOCK],
        ["late", "waits_for_sailing", "waits_for_material", "planned", "waits_for_capacity"],
        "from_stock",
    )
    last = ready.last_part[chosen]
    mine = asked.take(pa.array(chosen))
    columns = {
        "sales_order": mine.column("sales_order"),
        "model": mine.column("model"),
        "market": mine.column("market"),
        "quantity": floats(mine.column("open_quantity")),
        "wanted": mine.column("wanted"),
        "ready": dates(day, today),
        "sails": pa.array(dates(way.departs, today).to_pylist(), pa.date32(), mask=way.none),
        **{name: dates(getattr(way, name), today) for name in ("p50", "p80", "p95")},
        "from_stock": ready.from_stock[chosen].astype(np.int64),
        "late_days": late,
        "binding": holds.tolist(),
        "binding_part": parts.column("part").take(pa.array(last, pa.int64(), mask=last < 0)),
        "lane": way.lane,
        "reason": reason.tolist(),
    }
    return PROMISES.only(pa.table({f.name: columns[f.name] for f in PROMISES.fields}))


def _decided(
    asked: pa.Table,
    rows: pa.Table,
    ready: Ready,
    target: Ints,
    quantity: Floats,
    able: Flags,
    reached: Flags,
) -> Decision:
    codes, markets = asked.column("sales_order").to_pylist(), asked.column("market").to_pylist()
    clash = tuple(
        Clash(f"{codes[i]} has no day: no slot within the horizon", f"capacities, {codes[i]}", "add capacity or parts")
        if reached[i]
        else Clash(f"{codes[i]} has no day: no lane reaches {markets[i]}", f"lanes, {markets[i]}", "open a lane")
        for i in np.flatnonzero(~able).tolist()
    )
    value = float(quantity[able] @ np.maximum(0, ready.day - target)[able])
    bound = float(quantity[able] @ np.maximum(0, ready.alone_day - target)[able])
    best = value <= bound + 1e-9
    proof = Proof("optimal" if best else "bound", value, bound, "machine-days late at readiness", "every order alone")
    late = floats(rows.column("late_days"))
    amount, currencies = floats(asked.column("amount"))[able], set(asked.column("currency").to_pylist())
    worth = Money(float(amount[late > 0].sum()), currencies.pop()) if len(currencies) == 1 else None
    status: Status = "none" if codes and not able.any() else "best" if best else "good"
    figures = {"orders": float(len(codes)), "late_orders": float((late > 0).sum()), "late_days": float(late.sum())}
    headline = int(np.argmax(late * np.maximum(amount, 1.0))) if len(late) else None
    return Decision(rows, proof, status, clash, worth, headline, figures)
