"""On which day can each order be ready if nothing is given away twice, and on which day does it arrive?

Orders are served in the order given. Each takes what is reserved for it, then finished pieces, then slots on a line
for which the parts are there: an available-to-promise and capable-to-promise walk (Ball, Chen & Zhao 2004, "Available
to promise", in Handbook of Quantitative Supply Chain Analysis). Arrival odds come from stratified draws shared by all
orders (common random numbers), so that two promises differ by their orders, never by luck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: what made an order ready no sooner, in :attr:`Ready.binding`
STOCK, RECEIPT, CAPACITY, MATERIAL = 0, 1, 2, 3
#: ready day of an order that does not fit into the horizon
NEVER = -1


@dataclass(frozen=True)
class Lots:
    """Quantities by owner and day: pieces of pool (or component) `of` that can be used from `day` on."""

    start: Ints
    day: Ints
    quantity: Floats

    @staticmethod
    def of(owners: int, of: npt.ArrayLike, day: npt.ArrayLike, quantity: npt.ArrayLike) -> Lots:
        """From flat arrays in any order; `owners` counts the pools."""
        owner, days = np.asarray(of, np.int64), np.asarray(day, np.int64)
        turn = np.lexsort((days, owner))
        start = np.searchsorted(owner[turn], np.arange(owners + 1)).astype(np.int64)
        return Lots(start, days[turn], np.asarray(quantity, np.float64)[turn])


@dataclass(frozen=True)
class Orders:
    """What is asked: `pools` lists for each order the pools it may use, its own first (-1 = none)."""

    item: Ints
    quantity: Floats
    target_day: Ints
    pools: Ints


@dataclass(frozen=True)
class Plant:
    """What can be built: free slots a line and day, the lines and parts of each item, and when more parts can come."""

    free: Floats
    item_lines: tuple[Ints, Ints]
    build_days: Ints
    kit: tuple[Ints, Ints, Floats]
    parts: Lots
    part_again_day: Ints


@dataclass(frozen=True)
class Ready:
    """Per order: ready day (NEVER if none), pieces by source, what binds, the part that comes last (-1 none).

    `alone_day` is the ready day if this order were the only one: no sequence of orders can beat it.
    """

    day: Ints
    from_stock: Floats
    from_receipts: Floats
    built: Floats
    binding: Ints
    last_part: Ints
    alone_day: Ints
    used_slots: Floats


def promise_ready(orders: Orders, pools: Lots, plant: Plant) -> Ready:
    """The day each order is ready, in the order given, and the day it could be ready if it were alone.

    Days count from today = 0. A piece available on or before today is stock. An order is ready on its `target_day`
    where it can be, else on the first later day by which finished pieces plus buildable pieces reach its quantity. It
    takes the latest pieces and slots that still make that day, which leaves earlier ones to others. Slots of day d give
    pieces on day d + build_days. A part is there from its lots, or on `part_again_day` in any quantity.

    Two machines in stock, one slot a day: the second order for two waits for days 0 and 1.

    >>> plant = Plant(np.ones((1, 9)), (np.array([0, 1]), np.array([0])), np.array([0]),
    ...     (np.array([0, 0]), np.array([], int), np.array([])), Lots.of(0, [], [], []), np.array([], int))
    >>> orders = Orders(np.zeros(2, int), np.array([2.0, 2.0]), np.zeros(2, int), np.zeros((2, 1), int))
    >>> promise_ready(orders, Lots.of(1, [0], [0], [2.0]), plant).day.tolist()
    [0, 1]
    """
    from smilecurve.solve._promising_kernels import walk

    def arguments() -> tuple[object, ...]:
        return (
            (orders.item, orders.quantity, orders.target_day, orders.pools),
            (pools.start, pools.day, pools.quantity.copy()),
            plant.free.copy(),
            plant.item_lines,
            plant.build_days,
            plant.kit,
            (plant.parts.start, plant.parts.day, plant.parts.quantity.copy()),
            plant.part_again_day,
        )

    day, stock, receipts, built, binding, part, slots = walk(*arguments(), True)
    alone = walk(*arguments(), False)[0]
    return Ready(day, stock, receipts, built, binding, part, alone, slots)


@dataclass(frozen=True)
class Lanes:
    """Ways to the buyer: transit p50 and p95 in days, days between departures, the first, closed from and until."""

    days_p50: Floats
    days_p95: Floats
    every_days: Ints
    first_day: Ints
    closed_from: Ints
    closed_until: Ints


@dataclass(frozen=True)
class Arrival:
    """Per row: the day of departure without slip, and the days held with chance 50, 80 and 95 %."""

    departs: Ints
    p50: Floats
    p80: Floats
    p95: Floats


def promise_arrival(
    ready_day: npt.ArrayLike,
    slip_days: npt.ArrayLike,
    lane: npt.ArrayLike,
    lanes: Lanes,
    *,
    cutoff_days: int = 0,
    draws: int = 1000,
    seed: int = 1,
) -> Arrival:
    """Arrival odds of consignments ready on `ready_day` that take `lane`.

    Readiness slips by slip_days * |z| (half-normal, 0 = certain); the consignment must stand at the port `cutoff_days`
    before one of the departures first_day + k * every_days that lie outside [closed_from, closed_until); transit is
    lognormal through p50 and p95. Quantiles are order statistics, never interpolated to an earlier day.

    Ready on day 3, ships leave on days 0, 7, 14 ..., 30 days at sea in the middle and always:

    >>> lanes = Lanes(*(np.array([v]) for v in (30.0, 30.0)), *(np.array([v]) for v in (7, 0, 0, 0)))
    >>> got = promise_arrival([3], [0.0], [0], lanes)
    >>> int(got.departs[0]), round(float(got.p50[0]), 9)
    (7, 37.0)
    """
    from scipy.special import ndtri

    from smilecurve.solve._promising_kernels import arrive

    strata = (np.arange(draws) + 0.5) / draws
    transit = ndtri(strata)
    slip = np.abs(ndtri(np.random.default_rng(seed).permutation(strata)))
    rows = np.ascontiguousarray(lane, np.int64)
    sigma = (np.log(lanes.days_p95) - np.log(lanes.days_p50)) / float(ndtri(0.95))
    departs, found = arrive(
        np.ascontiguousarray(ready_day, np.float64) + cutoff_days,
        np.ascontiguousarray(slip_days, np.float64),
        rows,
        (np.log(lanes.days_p50), sigma),
        (lanes.every_days, lanes.first_day, lanes.closed_from, lanes.closed_until),
        transit,
        slip,
        np.array([0.5, 0.8, 0.95]),
    )
    return Arrival(departs, found[:, 0], found[:, 1], found[:, 2])
