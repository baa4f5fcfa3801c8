"""Which stock meets a fill at least cost, repairs and lots included, and what does it miss?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from smilecurve.solve.echelon import Missed, Network
    from smilecurve.solve.indenture import Repairs
    from smilecurve.solve.stocking import Stock

__all__ = ["Planned", "plan_shelves"]

Ints = NDArray[np.int64]
TIGHTER = 4


@dataclass(frozen=True)
class Planned:
    """The stock, what it misses, and the networks with what repairs ask for and with what they wait for.

    single   the stock before parts are ordered in lots
    """

    plan: Stock
    missed: Missed
    asked: Network
    slow: Network
    single: Ints
    repairs: Repairs | None

    def evaluate(self, stock: Ints) -> Missed:
        """What another stock would miss, without lots."""
        return _evaluated(self.asked, stock, self.repairs)


def plan_shelves(network: Network, fill: float, repairs: Repairs | None, lots: Ints) -> Planned:
    """Decide the stock for this fill, of the model a little more where the exact evaluation finds it too hopeful."""
    asked = network if repairs is None else repairs.asking(network)
    allowed = (1 - fill) * float(network.rate.sum())
    target = allowed
    first, slow = _stocked(network, target, repairs)
    plan, missed = first, _evaluated(asked, first.stock, repairs)
    for _ in range(TIGHTER):
        if not plan.reached or missed.unfilled.sum() <= allowed:
            break
        target *= 0.9999 * allowed / float(missed.unfilled.sum())
        plan, slow = _stocked(network, target, repairs)
        missed = _evaluated(asked, plan.stock, repairs)
    single, plan = plan.stock, replace(plan, bound=min(first.bound, plan.cost))
    if (lots > 1).any():
        plan, missed = _in_lots(asked, plan, missed, lots)
    return Planned(plan, missed, asked, slow, single, repairs)


def _stocked(network: Network, target: float, repairs: Repairs | None) -> tuple[Stock, Network]:
    if repairs is None:
        from smilecurve.solve.stocking import plan_stock

        return plan_stock(network, target=target), network
    from smilecurve.solve.indenture import plan_repairs

    return plan_repairs(network, repairs, target=target)


def _evaluated(asked: Network, stock: Ints, repairs: Repairs | None) -> Missed:
    """What is missed with this stock: exactly where pieces are asked for one by one."""
    if repairs is None:
        from smilecurve.solve.echelon import told_shortfall

        return told_shortfall(asked, stock)
    from smilecurve.solve.indenture import exact_repairs

    return exact_repairs(asked, stock, repairs, asked=True)


def _in_lots(network: Network, plan: Stock, missed: Missed, lots: Ints) -> tuple[Stock, Missed]:
    """The same stock where the first place orders in lots: as low as they allow; its cost is that of mean positions."""
    from smilecurve.solve.lots import lot_shortfall, lower_for_lots

    some = np.nonzero(lots > 1)[0]
    few, stock = network.only(some), plan.stock.copy()
    stock[some] = lower_for_lots(few, stock[some], lots[some])
    got = lot_shortfall(few, stock[some], lots[some])
    late, empty = missed.late.copy(), missed.empty.copy()
    late[some], empty[some] = got.late, got.empty
    found = replace(missed, late=late, empty=empty)
    cost = float((network.cost * (stock.sum(axis=1) + (lots - 1) / 2)).sum())
    return replace(plan, stock=stock, cost=cost, missed=float(found.unfilled.sum()), bound=min(plan.bound, cost)), found
