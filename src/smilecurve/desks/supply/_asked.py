"""What is asked of the chain: sales orders, forecast net of them, spares, and parts of work orders on the line."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from smilecurve.desks.supply._chain import days_from, floats, lane_days, places

__all__ = ["Asked", "ask", "ask_spares"]


@dataclass
class Asked:
    """Demands in lists of one length: code, kind, part (its place in `parts`), day from today, quantity."""

    code: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    part: list[int] = field(default_factory=list)
    day: list[int] = field(default_factory=list)
    quantity: list[float] = field(default_factory=list)

    def add(self, code: str, kind: str, part: int, day: int, quantity: float) -> None:
        """One demand; nought is not asked."""
        if part >= 0 and quantity > 0:
            self.code.append(code)
            self.kind.append(kind)
            self.part.append(part)
            self.day.append(day)
            self.quantity.append(quantity)


def ask(
    parts: pa.Table,
    bom: pa.Table,
    sales_orders: pa.Table,
    work_orders: pa.Table,
    demand_forecast: pa.Table,
    lanes: pa.Table,
    today: date,
    horizon_days: int,
) -> Asked:
    """All demands. A sales order is needed so early that four of five reach the buyer by the wanted day."""
    asked, codes = Asked(), parts.column("part")
    transit = lane_days(lanes)
    wanted = days_from(sales_orders.column("wanted"), today)
    model = places(sales_orders.column("model"), codes)
    for row, order in enumerate(sales_orders.select(["sales_order", "market", "open_quantity"]).to_pylist()):
        day = max(0, int(wanted[row] - np.ceil(transit.get(order["market"], 0.0))))
        asked.add(order["sales_order"], "sales_order", int(model[row]), day, float(order["open_quantity"]))
    _ask_forecast(asked, parts, sales_orders, demand_forecast, today, horizon_days)
    _ask_for_line(asked, parts, bom, work_orders, today)
    return asked


def _ask_forecast(
    asked: Asked, parts: pa.Table, sales_orders: pa.Table, demand_forecast: pa.Table, today: date, horizon_days: int
) -> None:
    """The middle of the forecast, less what is on order for the same model, market and month, summed over markets.

    Due in the middle of what is left of the month, and never sooner than the model can be made.
    """
    ordered: dict[tuple[str, str, date], float] = defaultdict(float)
    for order in sales_orders.select(["model", "market", "wanted", "open_quantity"]).to_pylist():
        if order["wanted"] is not None:
            ordered[order["model"], order["market"], order["wanted"].replace(day=1)] += order["open_quantity"]
    left: dict[tuple[str, date], float] = defaultdict(float)
    for row in demand_forecast.select(["model", "market", "month", "p50"]).to_pylist():
        month = row["month"].replace(day=1)
        length = monthrange(month.year, month.month)[1]
        ahead = (month - today).days
        if ahead > horizon_days or ahead + length <= 0:
            continue
        still = min(1.0, (ahead + length) / length)
        left[row["model"], month] += max(0.0, row["p50"] * still - ordered[row["model"], row["market"], month])
    names = sorted(left)
    place = places(pa.chunked_array([pa.array([m for m, _ in names], pa.string())]), parts.column("part"))
    lead = floats(parts.column("lead_days"))
    for row, (model, month) in enumerate(names):
        ends = (month - today).days + monthrange(month.year, month.month)[1] - 1
        middle = (max(0, (month - today).days) + ends) // 2
        day = max(middle, int(lead[place[row]]) if place[row] >= 0 else 0)
        asked.add(f"{model}:{month:%Y-%m}", "forecast", int(place[row]), day, float(round(left[model, month])))


def ask_spares(asked: Asked, parts: pa.Table, spare_stock: pa.Table | None, forecast: pa.Table | None) -> None:
    """What depots must buy, pieces for campaigns apart, and the campaign pieces that no depot is stocked with.

    Those are the ones for machines in the yard, and those for the field of parts that stand in no `spare_stock`. All
    are wanted as soon as the lead time allows.
    """
    needs: dict[tuple[str, str, str], float] = defaultdict(float)
    stocked: set[str] = set()
    if spare_stock is not None:
        for depot, part, buy, for_campaign in _cells(spare_stock, "depot", "part", "buy", "campaign"):
            stocked.add(part)
            campaign = min(buy, for_campaign or 0)
            needs[depot, part, "spares"] += buy - campaign
            needs[depot, part, "campaign"] += campaign
    if forecast is not None:
        for level, part, expected in _cells(forecast, "level", "part", "expected"):
            if level == "yard" or (level == "campaign" and part not in stocked):
                needs["yard" if level == "yard" else "field", part, "campaign"] += expected
    row_of = {code: row for row, code in enumerate(parts.column("part").to_pylist())}
    lead = floats(parts.column("lead_days"))
    for (place, part, kind), pieces in needs.items():
        row = row_of.get(part, -1)
        code = f"{place}:{part}" if kind == "spares" else f"{place}:{part}:campaign"
        asked.add(code, kind, row, int(lead[row]) if row >= 0 else 0, float(pieces))


def _cells(table: pa.Table, *columns: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table.column(c).to_pylist() for c in columns), strict=True)


def _ask_for_line(asked: Asked, parts: pa.Table, bom: pa.Table, work_orders: pa.Table, today: date) -> None:
    """The parts that work orders not yet on the line will take, on the day they start."""
    codes, lead = parts.column("part"), floats(parts.column("lead_days"))
    kit: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    child = places(bom.column("part"), codes)
    for row, line in enumerate(bom.select(["parent", "quantity"]).to_pylist()):
        kit[line["parent"]][int(child[row])] += line["quantity"]
    due, model = days_from(work_orders.column("due"), today), places(work_orders.column("model"), codes)
    for row, order in enumerate(work_orders.select(["work_order", "model"]).to_pylist()):
        start = max(0, int(due[row] - (lead[model[row]] if model[row] >= 0 else 0)))
        for part, quantity in kit[order["model"]].items():
            asked.add(order["work_order"], "parent", part, start, quantity)
