"""What can promises draw on: machines ready or planned, free slots, parts for new ones? Days count from today."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.supply._chain import Closures, Floats, Ints, days_from, floats, places, usable_stock

if TYPE_CHECKING:
    from smilecurve.solve.promising import Lots, Plant

__all__ = ["Planned", "machine_pools", "part_lots", "planned_machines", "plant_of"]


@dataclass(frozen=True)
class Planned:
    """Work orders that will give a machine: the rows not on hold and the day each leaves the line."""

    rows: pa.Table
    day: Ints


def planned_machines(work_orders: pa.Table, build_sequence: pa.Table | None, today: date) -> Planned:
    """Work orders on their due day, later by the last sequence, tomorrow at the soonest; those on hold give nothing."""
    late: dict[str, int] = {}
    held: set[str] = set()
    if build_sequence is not None:
        for row in build_sequence.select(["work_order", "late_days", "held"]).to_pylist():
            late[row["work_order"]] = row["late_days"]
            if row["held"]:
                held.add(row["work_order"])
    codes = work_orders.column("work_order").to_pylist()
    rows = work_orders.filter(pa.array([c not in held for c in codes], pa.bool_()))
    shift = np.array([late.get(c, 0) for c in codes if c not in held], np.int64)
    return Planned(rows, np.maximum(days_from(rows.column("due"), today) + shift, 1))


def machine_pools(
    sales_orders: pa.Table,
    parts: pa.Table,
    stocks: pa.Table,
    receipts: pa.Table,
    ship_units: pa.Table,
    planned: Planned,
    today: date,
) -> tuple[Lots, Ints]:
    """Machines as lots of pools, and each order's pools: reserved for it, for its market and model, for its model."""
    from smilecurve.solve.promising import Lots

    orders = sales_orders.select(["sales_order", "market", "model"]).to_pylist()
    number: dict[tuple[str, ...], int] = {}
    for row in orders:
        for key in ((row["sales_order"],), (row["market"], row["model"]), ("", row["model"])):
            number.setdefault(key, len(number))
    pools = np.array(
        [[number[r["sales_order"],], number[r["market"], r["model"]], number["", r["model"]]] for r in orders], np.int64
    ).reshape(-1, 3)
    found: list[tuple[int, int, float]] = []

    def put(sales_order: str | None, market: str | None, model: str, day: int, quantity: float) -> None:
        key = (sales_order,) if sales_order else (market or "", model)
        if key in number:
            found.append((number[key], day, quantity))

    for unit in ship_units.select(["sales_order", "market", "model"]).to_pylist():
        put(unit["sales_order"], unit["market"], unit["model"], 0, 1.0)
    work = planned.rows.select(["sales_order", "market", "model"]).to_pylist()
    for unit, day in zip(work, planned.day.tolist(), strict=True):
        put(unit["sales_order"], unit["market"], unit["model"], day, 1.0)
    for lot in stocks.select(["part", "quantity"]).to_pylist():
        put(None, None, lot["part"], 0, lot["quantity"])
    due = days_from(receipts.column("due"), today)
    for lot, day in zip(receipts.select(["part", "quantity"]).to_pylist(), due.tolist(), strict=True):
        put(None, None, lot["part"], max(day, 0), lot["quantity"])
    of, day, quantity = zip(*found, strict=True) if found else ((), (), ())
    return Lots.of(len(number), of, day, quantity), pools


def part_lots(
    parts: pa.Table,
    stocks: pa.Table,
    receipts: pa.Table,
    closed: Closures,
    needed: Floats,
    on_hold: set[tuple[str, str]],
    today: date,
) -> Lots:
    """Usable parts on hand and coming, less what work orders need, which takes the earliest."""
    from smilecurve.solve.promising import Lots

    free, _ = usable_stock(parts, stocks, on_hold)
    of, quantity = places(receipts.column("part"), parts.column("part")), floats(receipts.column("quantity"))
    known = of >= 0
    due = np.maximum(closed.after(of[known], days_from(receipts.column("due"), today)[known]), 0)
    here = np.flatnonzero(free > 0)
    lots = Lots.of(
        parts.num_rows,
        np.concatenate([here, of[known]]),
        np.concatenate([np.zeros(len(here), np.int64), due]),
        np.concatenate([free[here], quantity[known]]),
    )
    before = np.concatenate([[0.0], np.cumsum(lots.quantity)])
    owner = np.repeat(np.arange(parts.num_rows), np.diff(lots.start))
    reached = before[1:] - before[lots.start[owner]] - needed[owner]
    return Lots(lots.start, lots.day, np.clip(reached, 0.0, lots.quantity))


def plant_of(
    parts: pa.Table,
    bom: pa.Table,
    capacities: pa.Table,
    planned: Planned,
    lots: Lots,
    closed: Closures,
    models: list[str],
    today: date,
    horizon_days: int,
    days_a_week: int,
) -> Plant:
    """Free slots, kits of direct components and the day more of each part can come, for the models asked for."""
    from smilecurve.solve.promising import Plant

    lead = floats(parts.column("lead_days")).astype(np.int64)
    item = places(pa.chunked_array([pa.array(models, pa.string())]), parts.column("part"))
    start, part, quantity = [0], list[int](), list[float]()
    kits = kits_of(parts, bom)
    for place in item.tolist():
        for child, pieces in sorted(kits.get(place, {}).items()):
            part.append(child)
            quantity.append(pieces)
        start.append(len(part))
    kit = (np.array(start), np.array(part, np.int64), np.array(quantity))
    free, lines = _free_slots(capacities, planned, models, today, horizon_days, days_a_week)
    return Plant(free, lines, lead[item], kit, lots, _again(parts, bom, closed, lead))


def kits_of(parts: pa.Table, bom: pa.Table) -> dict[int, dict[int, float]]:
    """Pieces of each direct component of every parent."""
    kits: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    parent, child = (places(bom.column(c), parts.column("part")) for c in ("parent", "part"))
    for place, other, pieces in zip(parent.tolist(), child.tolist(), bom.column("quantity").to_pylist(), strict=True):
        kits[place][other] += pieces
    return kits


def _again(parts: pa.Table, bom: pa.Table, closed: Closures, lead: Ints) -> Ints:
    """The day more of each part can be there with nothing below it in stock: lead times added up through all levels."""
    from smilecurve.solve.netting import low_level_codes

    parent, child = (places(bom.column(c), parts.column("part")) for c in ("parent", "part"))
    level = low_level_codes(parts.num_rows, parent, child)
    everything = np.arange(parts.num_rows)
    day = closed.after(everything, lead)
    for depth in range(int(level.max(initial=0)) - 1, -1, -1):
        here = level[parent] == depth
        below = np.zeros(parts.num_rows, np.int64)
        np.maximum.at(below, parent[here], day[child[here]])
        day = np.where(level == depth, np.maximum(day, below + lead), day)
    return day


def _free_slots(
    capacities: pa.Table, planned: Planned, models: list[str], today: date, horizon_days: int, days_a_week: int
) -> tuple[Floats, tuple[Ints, Ints]]:
    """Slots a line and day that no work order holds, and the lines that can build each model."""
    lines = sorted(set(capacities.column("line").to_pylist()))
    per_day = {r["line"]: r["per_day"] for r in capacities.to_pylist()}
    works = np.array([(today + timedelta(days=d)).weekday() < days_a_week for d in range(horizon_days)])
    free = np.array([np.where(works, per_day[line], 0.0) for line in lines]).reshape(-1, horizon_days)
    taken = pc.index_in(planned.rows.column("line"), value_set=pa.array(lines, pa.string()))
    for place in range(len(lines)):
        mine = planned.day[np.asarray(pc.fill_null(pc.equal(taken, place), False).to_numpy(), np.bool_)]
        load = np.bincount(np.minimum(mine, horizon_days - 1), minlength=horizon_days).astype(np.float64)
        backlog = 0.0
        for day in range(horizon_days):
            wanted = load[day] + backlog
            backlog = max(0.0, wanted - free[place, day])
            free[place, day] = max(0.0, free[place, day] - wanted)
    able = [(r["model"], lines.index(r["line"])) for r in capacities.to_pylist()]
    by_model = [sorted({place for m, place in able if m == model}) for model in models]
    start = np.concatenate([[0], np.cumsum([len(b) for b in by_model])]).astype(np.int64)
    return free, (start, np.array([p for b in by_model for p in b], np.int64))
