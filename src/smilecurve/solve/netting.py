"""Which orders, for which item, when and how many, does this demand ask through the bill of materials?

Material requirements planning after Orlicky (1975): items are worked in low-level-code order, so that all demand for an
item is known when its turn comes. Each item is netted by date against stock and receipts, shortages become lot-sized
orders, and the same walk pegs every supply to the demand it serves, first come first served.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: kinds of supply in :attr:`Explosion.peg_supply_kind`
STOCK, RECEIPT, PLANNED = 0, 1, 2
#: end of time for a BOM line that never ends
FOREVER = np.int64(2**62)


class CycleFound(ValueError):
    """The bill of materials contains itself; `path` lists the items of one cycle, first item repeated at the end."""

    def __init__(self, path: list[int]) -> None:
        super().__init__("the bill of materials contains itself: " + " -> ".join(map(str, path)))
        self.path = path


@dataclass(frozen=True)
class Items:
    """What is known of each item; all arrays have one entry an item."""

    on_hand: Floats
    lead_days: Ints
    lot_min: Floats
    lot_multiple: Floats
    scrap: Floats

    @staticmethod
    def of(
        count: int,
        on_hand: npt.ArrayLike = 0.0,
        lead_days: npt.ArrayLike = 0,
        lot_min: npt.ArrayLike = 0.0,
        lot_multiple: npt.ArrayLike = 0.0,
        scrap: npt.ArrayLike = 0.0,
    ) -> Items:
        """Items from scalars or arrays; a scalar holds for every item."""

        def full(values: npt.ArrayLike) -> Floats:
            return np.ascontiguousarray(np.broadcast_to(np.asarray(values, np.float64), count))

        days = np.ascontiguousarray(np.broadcast_to(np.asarray(lead_days, np.int64), count))
        return Items(full(on_hand), days, full(lot_min), full(lot_multiple), full(scrap))


@dataclass(frozen=True)
class Bom:
    """One entry a line: `parent` needs `quantity` of `child` if its order is released in [from_day, until_day)."""

    parent: Ints
    child: Ints
    quantity: Floats
    from_day: Ints
    until_day: Ints

    @staticmethod
    def of(
        parent: npt.ArrayLike,
        child: npt.ArrayLike,
        quantity: npt.ArrayLike,
        from_day: npt.ArrayLike | None = None,
        until_day: npt.ArrayLike | None = None,
    ) -> Bom:
        """Lines without dates are always in effect."""
        parents = np.ascontiguousarray(parent, np.int64)
        lines = len(parents)
        start = np.full(lines, -FOREVER) if from_day is None else np.ascontiguousarray(from_day, np.int64)
        end = np.full(lines, FOREVER) if until_day is None else np.ascontiguousarray(until_day, np.int64)
        return Bom(
            parents, np.ascontiguousarray(child, np.int64), np.ascontiguousarray(quantity, np.float64), start, end
        )


@dataclass(frozen=True)
class Dated:
    """Quantities of items on days: demands or receipts."""

    item: Ints
    day: Ints
    quantity: Floats

    @staticmethod
    def of(item: npt.ArrayLike = (), day: npt.ArrayLike = (), quantity: npt.ArrayLike = ()) -> Dated:
        """Arrays of one length, in any order."""
        return Dated(
            np.ascontiguousarray(item, np.int64),
            np.ascontiguousarray(day, np.int64),
            np.ascontiguousarray(quantity, np.float64),
        )


@dataclass(frozen=True)
class Explosion:
    """Planned orders, every need they raise, and which supply serves which need.

    A need is a row of the given demands (`need_order` = -1, `need_demand` = its row) or what planned order
    `need_order` takes of a component on its release day. A peg joins a supply (kind, id: item for stock, row for a
    receipt, order for a planned order) to a need.
    """

    level: Ints
    order_item: Ints
    order_quantity: Floats
    order_yield: Floats
    order_release: Ints
    order_due: Ints
    need_item: Ints
    need_day: Ints
    need_quantity: Floats
    need_order: Ints
    need_demand: Ints
    peg_supply_kind: Ints
    peg_supply: Ints
    peg_need: Ints
    peg_quantity: Floats
    stock_left: Floats
    receipt_left: Floats
    order_left: Floats
    bound_quantity: Floats

    def planned_quantity(self, items: int) -> Floats:
        """Planned yield of each item."""
        return np.bincount(self.order_item, self.order_yield, items).astype(np.float64)

    def first_need(self) -> Ints:
        """For each planned order the demand row at the end of its first peg, followed upwards to the top; -1 if none.

        Orders of one level come after those above them, so one forward pass is enough.
        """
        from smilecurve.solve._netting_kernels import follow_up

        pegs = (self.peg_supply_kind, self.peg_supply, self.peg_need)
        up: Ints = follow_up(len(self.order_item), *pegs, self.need_order, self.need_demand)
        return up


def low_level_codes(items: int, parent: npt.ArrayLike, child: npt.ArrayLike) -> Ints:
    """Level of every item: 0 is used in nothing, otherwise one below its deepest parent; raises CycleFound.

    >>> low_level_codes(4, [0, 0, 1], [1, 2, 2]).tolist()
    [0, 1, 2, 0]
    """
    from smilecurve.solve._netting_kernels import cycle_among, levels_of

    parents, children = np.ascontiguousarray(parent, np.int64), np.ascontiguousarray(child, np.int64)
    level: Ints
    level, seen = levels_of(items, parents, children)
    if seen < items:
        raise CycleFound([int(item) for item in cycle_among(level, parents, children)])
    return level


def explode(items: Items, bom: Bom, demands: Dated, receipts: Dated | None = None, *, bound: bool = True) -> Explosion:
    """Planned orders at every level with pegging, and per item the least quantity any plan must add.

    Days are integers on any origin; releases before today are kept as they fall and mean "should have started then".
    A lot starts max(lot_min, shortage / (1 - scrap)) units rounded up to lot_multiple (0 = no rounding) and yields
    (1 - scrap) of them. All shortages of one item on one day share one order.

    `bound_quantity` is the yield planned without lot sizes: just-in-time orders of exactly the shortage keep the
    cumulative supply of every item pointwise least, so no plan that meets all needs in time adds less (while no BOM
    line begins or ends within the plan).

    Two of B in each A, 3 B on hand, lots of five: A 4 on day 9 (lead 2) asks 8 B on day 7; short 5, one lot.

    >>> got = explode(Items.of(2, [0, 3], [2, 1], [0, 5]), Bom.of([0], [1], [2]), Dated.of([0], [9], [4]))
    >>> got.order_item.tolist(), got.order_quantity.tolist(), got.order_release.tolist()
    ([0, 1], [4.0, 5.0], [7, 6])
    """
    from smilecurve.solve._netting_kernels import run

    count = len(items.on_hand)
    level = low_level_codes(count, bom.parent, bom.child)
    turn = np.argsort(level, kind="stable").astype(np.int64)
    by_parent = np.argsort(bom.parent, kind="stable")
    start = np.searchsorted(bom.parent[by_parent], np.arange(count + 1)).astype(np.int64)
    lines = (
        start,
        bom.child[by_parent],
        bom.quantity[by_parent],
        bom.from_day[by_parent],
        bom.until_day[by_parent],
    )
    given = receipts or Dated.of()
    by_item = np.lexsort((given.day, given.item)).astype(np.int64)
    at = np.searchsorted(given.item[by_item], np.arange(count + 1)).astype(np.int64)
    supply = (at, given.day[by_item], given.quantity[by_item])
    want = (demands.item, demands.day, demands.quantity)

    def walk(least: Floats, multiple: Floats) -> Explosion:
        lots = (items.lead_days, least, multiple, items.scrap)
        item, size, *rest, receipt_left, order_left = run(turn, lines, supply, want, items.on_hand, lots)
        kind, source = rest[7], rest[8]
        source[kind == RECEIPT] = by_item[source[kind == RECEIPT]]
        back = np.empty_like(receipt_left)
        back[by_item] = receipt_left
        made: tuple[Any, ...] = (item, size, size * (1.0 - items.scrap[item]), *rest, back, order_left, np.zeros(0))
        return Explosion(level, *made)

    found = walk(items.lot_min, items.lot_multiple)
    if not bound:
        return found
    least = walk(np.zeros(count), np.zeros(count))
    return replace(found, bound_quantity=least.planned_quantity(count))
