"""How many containers of which kinds carry these boxes at the least cost?

Containers are filled one after another: every kind of container is packed with what is left, and the one that carries
most for its cost is taken (a cost-effectiveness rule as for set covering, Chvatal 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.solve.loading import Boxes, Packing, Room, fits, pack_room, room_shares

__all__ = ["Loads", "cost_bound", "pack_all"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Loads:
    """The containers taken (index of the room and its packing), boxes left over, cost and the cost no plan can beat."""

    room: list[int]
    packing: list[Packing]
    left: Ints
    cost: float
    bound: float


def cost_bound(boxes: Boxes, rooms: Sequence[Room], cost: npt.ArrayLike) -> float:
    """What the boxes cost at the least, in any plan.

    Every room's cost is shared out among the boxes in one of the ways of `room_shares`, so that no load bears more
    than its room costs; a box bears at least its least share over the rooms that take it. The way of each room is
    chosen to make the sum great, and the sum is raised to the next cost that whole rooms can add up to. The boxes also
    cost at least one room that takes the most demanding of them.

    >>> cost_bound(Boxes.of([[2, 2, 2]], [5]), [Room(4, 4, 2), Room(4, 4, 4)], [1.0, 1.5])
    1.0
    """
    prices = np.asarray(cost, np.float64)
    able = np.array([fits(boxes, room) for room in rooms]).reshape(len(rooms), len(boxes.size))
    wanted = (boxes.quantity > 0) & able.any(axis=0)
    if not wanted.any():
        return 0.0
    dearest = np.where(able[:, wanted], prices[:, None], np.inf).min(axis=0).max()
    shared = [np.where(a, p * room_shares(boxes, r), np.inf) for a, r, p in zip(able, rooms, prices, strict=True)]
    return next_sum(max(_best_shares(shared, boxes.quantity * wanted), float(dearest)), prices)


def _best_shares(shared: list[Floats], quantity: Ints) -> float:
    """The greatest sum over boxes of the least share, one way a room, improved room by room."""

    def total(ways: Sequence[int]) -> float:
        least = np.min([one[way] for one, way in zip(shared, ways, strict=True)], axis=0)
        return float(np.where(quantity > 0, least, 0.0) @ quantity)

    count = len(shared[0])
    chosen = max(([way] * len(shared) for way in range(count)), key=total)
    for place in range(len(shared)):
        chosen = max(([*chosen[:place], way, *chosen[place + 1 :]] for way in range(count)), key=total)
    return total(chosen)


def next_sum(least: float, prices: Floats) -> float:
    """The least sum of whole rooms not below `least` (prices in ten-thousandths; not sought beyond 200 rooms' cost).

    >>> next_sum(1.7, np.array([1.0, 1.5]))
    2.0
    """
    whole = np.rint(prices * 10_000).astype(np.int64)
    if (np.abs(whole - prices * 10_000) > 1e-6).any() or least > 200 * float(prices.min()):
        return least
    step = int(np.gcd.reduce(whole))
    units, first = (whole // step).tolist(), int(np.ceil(least * 10_000 / step - 1e-6))
    reached = [True] + [False] * (first + max(units))
    for sums in range(1, len(reached)):
        reached[sums] = any(unit <= sums and reached[sums - unit] for unit in units)
    return reached.index(True, first) * step / 10_000


def pack_all(boxes: Boxes, rooms: Sequence[Room], cost: npt.ArrayLike, *, tries: int = 60, seed: int = 1) -> Loads:
    """Containers until nothing is left that fits; a packing is repeated as often as the boxes left allow.

    Five cubes of side 2 take one 4 x 4 x 2 room and one more:

    >>> got = pack_all(Boxes.of([[2, 2, 2]], [5]), [Room(4, 4, 2)], [1.0], tries=1)
    >>> len(got.room), got.cost, got.bound
    (2, 2.0, 2.0)
    """
    prices = np.asarray(cost, np.float64)
    worth = _worth(boxes, rooms, prices)
    rest, taken, packings, paid = boxes, list[int](), list[Packing](), 0.0
    while True:
        best, most, choice = None, 0.0, -1
        for place, room in enumerate(rooms):
            able = fits(rest, room)
            if not (able & (rest.quantity > 0)).any():
                continue
            packing = pack_room(rest.left(np.where(able, 0, rest.quantity)), room, tries=tries, seed=seed)
            gain = float(worth @ packing.used(len(boxes.size))) / float(prices[place])
            if gain > most * (1.0 + 1e-9):
                best, most, choice = packing, gain, place
        if best is None:
            break
        used = best.used(len(boxes.size))
        times = int((rest.quantity[used > 0] // used[used > 0]).min())
        rest = rest.left(times * used)
        taken += [choice] * times
        packings += [best] * times
        paid += times * float(prices[choice])
    return Loads(taken, packings, rest.quantity, paid, cost_bound(boxes, rooms, prices))


def _worth(boxes: Boxes, rooms: Sequence[Room], prices: Floats) -> Floats:
    """What it saves to have one box of each kind loaded: its greatest share of the room that takes it cheapest."""
    least = np.full(len(boxes.size), np.inf)
    for room, price in zip(rooms, prices, strict=True):
        least = np.where(fits(boxes, room), np.minimum(least, price * room_shares(boxes, room).max(axis=0)), least)
    return np.where(np.isfinite(least), least, 0.0)
