"""What does each further step of spare stock buy in availability, and where do we stand?

Reads     depots, depot_stocks, parts, spare_demand, spare_months, campaign_machines, markets; feedback claim_forecast,
          part_life
Decides   stock_curve
Proof     value of what is on hand against the least value of any stock that meets as much
Method    the best stock at a row of prices of a piece not met: see solve.stocking
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._shelves import DAYS, FEEDBACK, NEEDS, READS, Shelves, read_shelves
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.serve_stock import STOCK_CURVE

if TYPE_CHECKING:
    from smilecurve.solve.echelon import Missed, Network

__all__ = ["draw_stock_curve"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAID = "{value:.0f} {currency} meet {fill:.1%}, {machines_waiting:.1f} machines wait"
REASONS = {
    "here": "on hand: " + SAID + "; as much could be met with {least_value:.0f}",
    "step": SAID + "; next {next_pieces} of {next_part}, most at {next_depot}, for {next_cost:.0f}: {next_saves:.1f} a "
    "year more are met",
    "end": SAID + "; the last step looked at",
}


@desk(
    "serve.availability",
    question="What does each further step of spare stock buy in availability?",
    reads=READS,
    feedback=FEEDBACK,
    decides=STOCK_CURVE,
    needs=NEEDS,
    reasons=REASONS,
)
def draw_stock_curve(
    depots: pa.Table,
    depot_stocks: pa.Table,
    parts: pa.Table,
    spare_demand: pa.Table,
    spare_months: pa.Table,
    campaign_machines: pa.Table,
    markets: pa.Table,
    *,
    claim_forecast: pa.Table | None = None,
    part_life: pa.Table | None = None,
    steps: int = 20,
    spread: float = 1.0,
) -> Decision:
    """Draw the value of stock against what it meets, and say where what is on hand stands.

    steps    points of the curve, at prices of a piece not met that rise by equal shares from the first that holds a
             piece to the one that meets 99.9 %
    spread   variance over mean of demand at least, as in serve.spares
    """
    if not 2 <= steps <= 200:
        raise OptionRejected(Breach(f"{steps} steps make no curve", "steps", "give 2 to 200"))
    shelves = read_shelves(
        depots,
        depot_stocks,
        parts,
        spare_demand,
        spare_months,
        campaign_machines,
        markets,
        claim_forecast,
        part_life,
        spread,
    )
    held = float(shelves.on_hand.sum())
    if not shelves.wanted or not shelves.demand.any():
        nothing = Proof("bound", held, held, "pieces", "nothing is asked for")
        return Decision(STOCK_CURVE.empty(), nothing, "best")
    from smilecurve.solve.echelon import told_shortfall
    from smilecurve.solve.stocking import price_stock

    network = shelves.network()
    cost, rate = network.cost, float(network.rate.sum())
    value = float((shelves.on_hand.sum(axis=1) * cost).sum())
    priced = [(price, price_stock(network, price, "unfilled")) for price in _prices(network, steps).tolist()]
    like = min(priced, key=lambda found: abs(found[1].cost - value))[1]
    here = told_shortfall(network, shelves.parted(like.stock))
    least = max(0.0, *(float(point.bound - price * here.unfilled.sum()) for price, point in priced))
    points: list[tuple[float, Ints, Missed]] = []
    for _, point in priced:
        if not points or point.cost > points[-1][0]:
            points.append((point.cost, point.stock, told_shortfall(network, point.stock)))
    rows = [_row(0, value, here, rate, shelves.currency) | {"least_value": least, "reason": "here"}]
    for k, (worth, stock, missed) in enumerate(points):
        row = _row(k + 1, worth, missed, rate, shelves.currency)
        more = _next(shelves, cost, stock, missed, *points[k + 1][1:]) if k + 1 < len(points) else {"reason": "end"}
        rows.append(row | more)
    return Decision(
        rows=STOCK_CURVE.rows(rows),
        proof=Proof("bound", value, min(least, value), shelves.currency, "least value of a stock that meets as much"),
        status="best" if value <= least else "good",
        worth=Money(max(value - least, 0.0), shelves.currency),
        headline=0,
        figures={
            "fill": 1 - float(here.unfilled.sum()) / rate,
            "machines_waiting": float(here.backorders.sum()),
            "fill_same_value": float(np.interp(value, [p[0] for p in points], [_fill(p[2], rate) for p in points])),
            "value": value,
        },
    )


def _prices(network: Network, steps: int) -> Floats:
    """Prices of a piece a day not met: from where the first piece pays to where 99.9 % are met."""
    from smilecurve.solve.stocking import price_stock

    rate = float(network.rate.sum())
    asked = network.cost[network.rate.any(axis=1)]
    low = float(np.maximum(asked.min(), 1e-6)) / float(network.rate.max())
    high = low
    for _ in range(60):
        high *= 4.0
        if price_stock(network, high, "unfilled").missed <= 0.001 * rate:
            break
    return np.geomspace(low, high, steps)


def _fill(missed: Missed, rate: float) -> float:
    return min(max(1 - float(missed.unfilled.sum()) / rate, 0.0), 1.0)


def _row(step: int, value: float, missed: Missed, rate: float, currency: str) -> dict[str, object]:
    late = float(missed.backorders.sum())
    return {
        "step": step,
        "value": value,
        "fill": _fill(missed, rate),
        "machines_waiting": late,
        "wait_days": late / rate,
        "currency": currency,
    }


def _next(shelves: Shelves, cost: Floats, stock: Ints, missed: Missed, more: Ints, after: Missed) -> dict[str, object]:
    """The part whose pieces until the next step save most for their money."""
    added = shelves.folded(more - stock)
    saved = (missed.unfilled - after.unfilled).sum(axis=1) * DAYS
    paid = added.sum(axis=1) * cost
    part = int(np.where(paid > 0, saved / np.maximum(paid, 1e-9), -np.inf).argmax())
    return {
        "next_part": shelves.wanted[part]["part"],
        "next_depot": shelves.places.names[int(added[part].argmax())],
        "next_pieces": int(added[part].sum()),
        "next_cost": float(paid[part]),
        "next_saves": float(saved[part]),
        "reason": "step",
    }
