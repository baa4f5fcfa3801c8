"""What must be made or bought, when, at every level, and for whom?

Reads     parts, bom, suppliers, stocks, receipts, sales_orders, work_orders, ship_units, demand_forecast, lanes,
          lot_holds (lots on hold are no stock)
Feedback  suspect_lots (lots on hold are no stock), spare_stock (what depots must buy),
          claim_forecast (pieces for campaigns)
Decides   planned_orders
Proof     cost of the planned pieces against the cost without lot sizes, which no plan that meets all needs can beat
Method    material requirements planning with pegging (solve.netting)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.supply._asked import Asked, ask, ask_spares
from smilecurve.desks.supply._chain import (
    Closures,
    cycles,
    dates,
    days_from,
    floats,
    lots_on_hold,
    places,
    unknown_parts,
    usable_stock,
)
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.learn_claims import CLAIM_FORECAST
from smilecurve.terms.tables.line import WORK_ORDERS
from smilecurve.terms.tables.line_quality import LOT_HOLDS
from smilecurve.terms.tables.market import DEMAND_FORECAST, SALES_ORDERS
from smilecurve.terms.tables.serve_stock import SPARE_STOCK
from smilecurve.terms.tables.ship import LANES, SHIP_UNITS
from smilecurve.terms.tables.supply import BOM, PARTS, PLANNED_ORDERS, RECEIPTS, STOCKS, SUPPLIERS

if TYPE_CHECKING:
    from smilecurve.solve.netting import Explosion

__all__ = ["explode_demand"]

REASONS = {
    "late": "should have started {late_days} days ago: {quantity:g} {part} for {demand}, due {due}",
    "supplier_closed": "{supplier} delivers nothing on the day {demand} needs it: {quantity:g} {part} come on {due}",
    "held_stock": "{quantity:g} {part} for {demand} by {due}: lots on hand are on hold",
    "for_sales_order": "{quantity:g} of {order_quantity:g} {part} serve sales order {demand}: start {start}, due {due}",
    "for_forecast": "{quantity:g} of {order_quantity:g} {part} serve the forecast {demand}: start {start}, due {due}",
    "for_spares": "{quantity:g} of {order_quantity:g} {part} go to depot {demand} as spares: start {start}, due {due}",
    "for_campaign": "{quantity:g} of {order_quantity:g} {part} go to {demand} for machines of suspect lots: "
    "start {start}, due {due}",
    "for_parent": "{quantity:g} of {order_quantity:g} {part} go into {demand}: start {start}, due {due}",
}


@desk(
    "supply.explode",
    question="What must be made or bought, when, at every level, and for whom?",
    reads=(
        PARTS,
        BOM,
        SUPPLIERS,
        STOCKS,
        RECEIPTS,
        SALES_ORDERS,
        WORK_ORDERS,
        SHIP_UNITS,
        DEMAND_FORECAST,
        LANES,
        LOT_HOLDS,
    ),
    decides=PLANNED_ORDERS,
    reasons=REASONS,
    feedback=(SUSPECT_LOTS, SPARE_STOCK, CLAIM_FORECAST),
    needs=("parts", "bom"),
)
def explode_demand(
    parts: pa.Table,
    bom: pa.Table,
    suppliers: pa.Table,
    stocks: pa.Table,
    receipts: pa.Table,
    sales_orders: pa.Table,
    work_orders: pa.Table,
    ship_units: pa.Table,
    demand_forecast: pa.Table,
    lanes: pa.Table,
    lot_holds: pa.Table | None = None,
    *,
    today: date,
    horizon_days: int = 120,
    suspect_lots: pa.Table | None = None,
    spare_stock: pa.Table | None = None,
    claim_forecast: pa.Table | None = None,
) -> Decision:
    """Planned orders, one row for each demand they serve.

    today: day from which lateness counts. horizon_days: months of forecast that begin within these days are planned.
    Machines that wait for a ship and work orders not yet on the line are supply of their model. Raises DataRejected for
    codes that parts does not list, a part that loses all its pieces and a bill of material that contains itself.
    """
    from smilecurve.solve.netting import Bom, Dated, Items, explode

    _refuse(parts, bom, sales_orders, work_orders)
    asked = ask(parts, bom, sales_orders, work_orders, demand_forecast, lanes, today, horizon_days)
    ask_spares(asked, parts, spare_stock, claim_forecast)
    free, held = usable_stock(parts, stocks, lots_on_hold(suspect_lots, lot_holds))
    closed = Closures.of(parts, suppliers, today)
    codes = parts.column("part")
    waiting = places(ship_units.column("model"), codes)
    on_hand = free + np.bincount(waiting[waiting >= 0], minlength=len(free))
    items = Items.of(
        parts.num_rows,
        on_hand,
        floats(parts.column("lead_days")),
        floats(parts.column("lot_least")),
        floats(parts.column("lot_multiple")),
        floats(parts.column("scrap")),
    )
    lines = bom.group_by(["parent", "part"]).aggregate([("quantity", "sum")])
    tree = Bom.of(
        places(lines.column("parent"), codes), places(lines.column("part"), codes), floats(lines.column("quantity_sum"))
    )
    demands = Dated.of(asked.part, asked.day, asked.quantity)
    found = explode(items, tree, demands, Dated.of(*_incoming(parts, receipts, work_orders, closed, today)))
    rows = _Rows(parts, asked, found, closed, held, today).table()
    return _decided(parts, found, rows)


def _refuse(parts: pa.Table, bom: pa.Table, sales_orders: pa.Table, work_orders: pa.Table) -> None:
    uses = [("bom", bom, "parent"), ("bom", bom, "part")]
    found = unknown_parts(
        parts, [*uses, ("sales_orders", sales_orders, "model"), ("work_orders", work_orders, "model")]
    )
    for row in np.flatnonzero(floats(parts.column("scrap")) >= 1.0).tolist():
        said = f"part {parts.column('part')[row].as_py()} loses all its pieces (scrap 1)"
        at = f"parts.scrap, row {row + 1}"
        found.append(Breach(said, at, "keep scrap below 1", "parts", row, "scrap", "1"))
    found = found or cycles(parts, bom)
    if found:
        raise DataRejected(found)


def _incoming(
    parts: pa.Table, receipts: pa.Table, work_orders: pa.Table, closed: Closures, today: date
) -> tuple[list[int], list[int], list[float]]:
    """Receipts, moved behind their supplier's closure, and work orders as receipts of their model."""
    part, quantity = places(receipts.column("part"), parts.column("part")), floats(receipts.column("quantity"))
    known = part >= 0
    day = closed.after(part[known], days_from(receipts.column("due"), today)[known])
    model, done = places(work_orders.column("model"), parts.column("part")), days_from(work_orders.column("due"), today)
    return (
        [*part[known].tolist(), *model.tolist()],
        [*np.maximum(day, 0).tolist(), *np.maximum(done, 0).tolist()],
        [*quantity[known].tolist(), *[1.0] * len(model)],
    )


@dataclass(frozen=True)
class _Rows:
    """The decided rows: one for each peg of a planned order."""

    parts: pa.Table
    asked: Asked
    found: Explosion
    closed: Closures
    held: np.ndarray[tuple[int], np.dtype[np.float64]]
    today: date

    def table(self) -> pa.Table:
        """All columns of planned_orders."""
        from smilecurve.solve.netting import PLANNED

        found, parts = self.found, self.parts
        chosen = np.flatnonzero(found.peg_supply_kind == PLANNED)
        order, need = found.peg_supply[chosen], found.peg_need[chosen]
        part = found.order_item[order]
        bought = np.asarray(pc.equal(parts.column("source"), "buy").to_numpy(), np.bool_)[part]
        moved = np.where(bought, self.closed.before(part, found.order_due[order]), found.order_due[order])
        start = moved - floats(parts.column("lead_days")).astype(np.int64)[part]
        late = np.maximum(0, -start) + np.maximum(0, moved - found.order_due[order])
        cost = floats(parts.column("cost"))[part] * found.peg_quantity[chosen]
        names = pa.array(_order_names(found, parts, self.today), pa.string())
        demand = found.need_demand[need]
        above = found.need_order[need]
        asked = pa.concat_arrays([pa.array(self.asked.code, pa.string()), names])
        kinds = np.array([*self.asked.kind, "parent"])[np.where(above >= 0, -1, demand)]
        reason = np.select(
            [moved != found.order_due[order], late > 0, self.held[part] > 0],
            ["supplier_closed", "late", "held_stock"],
            np.char.add("for_", kinds),
        )
        columns = {
            "planned_order": names.take(pa.array(order)),
            "demand": asked.take(pa.array(np.where(above >= 0, len(self.asked.code) + above, demand))),
            "demand_kind": kinds.tolist(),
            "part": parts.column("part").take(pa.array(part)),
            "source": parts.column("source").take(pa.array(part)),
            "supplier": parts.column("supplier").take(pa.array(part)),
            "level": found.level[part],
            "quantity": found.peg_quantity[chosen],
            "order_quantity": found.order_quantity[order],
            "start": dates(start, self.today),
            "due": dates(moved, self.today),
            "late_days": late,
            "cost": cost,
            "currency": parts.column("currency").take(pa.array(part)),
            "reason": reason.tolist(),
        }
        arrays = {f.name: columns[f.name] for f in PLANNED_ORDERS.fields}
        return PLANNED_ORDERS.only(pa.table(arrays))


def _order_names(found: Explosion, parts: pa.Table, today: date) -> list[str]:
    """`P-PUMP-230814`: part and the day it is needed name a planned order, so that its name outlives the run."""
    days = pc.strftime(dates(found.order_due, today), "%y%m%d")
    part = parts.column("part").take(pa.array(found.order_item)).combine_chunks()
    joined: list[str] = pc.binary_join_element_wise("P", part, days, "-").to_pylist()
    return joined


def _decided(parts: pa.Table, found: Explosion, rows: pa.Table) -> Decision:
    currencies = pc.unique(parts.column("currency")).to_pylist()
    same = len(currencies) == 1
    price = floats(parts.column("cost")) if same else np.ones(parts.num_rows)
    value, bound = float(price @ found.planned_quantity(parts.num_rows)), float(price @ found.bound_quantity)
    best = value <= bound * (1 + 1e-9)
    unit = f"{currencies[0]} planned" if same else "pieces planned"
    proof = Proof("optimal" if best else "bound", value, bound, unit, "cumulative netting without lot sizes")
    late = floats(rows.column("late_days"))
    weight = late * floats(rows.column("cost"))
    return Decision(
        rows,
        proof,
        "best" if best else "good",
        worth=Money(float(np.sum(floats(rows.column("cost"))[late > 0])), currencies[0]) if same else None,
        headline=int(np.argmax(weight)) if len(weight) else None,
        figures={
            "planned_orders": float(len(found.order_item)),
            "late_orders": float(pc.count_distinct(rows.filter(pa.array(late > 0)).column("planned_order")).as_py()),
            "value": value,
        },
    )
