"""How many containers of which kinds carry these boxes at the least cost?

Containers are filled one after another: every kind of container is packed with what is left, and the one that carries
most for its cost is taken (a cost-effectiveness rule as for set covering, Chvatal 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.solve.loading import Boxes, Packing, Room, fits, pack_room, room_needs

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


def shares(boxes: Boxes, rooms: Sequence[Room], cost: Floats, by_volume: float) -> Floats:
    """The least cost one box of each kind bears if `by_volume` of a room's cost is spread by volume, the rest by mass.

    No load of a room bears more than its cost, so that the sum over all boxes is never above what a plan costs.
    """
    least = np.full(len(boxes.size), np.inf)
    for room, price in zip(rooms, cost, strict=True):
        part = by_volume * boxes.volume / room.volume + (1.0 - by_volume) * boxes.mass / room.payload
        least = np.where(fits(boxes, room), np.minimum(least, price * part), least)
    return np.where(np.isfinite(least), least, 0.0)


def cost_bound(boxes: Boxes, rooms: Sequence[Room], cost: npt.ArrayLike) -> float:
    """What the boxes cost at the least, in any plan.

    The greatest of: every box bears its cheapest share of a container by volume and mass; the boxes cannot do without
    one container that takes the most demanding of them; with one kind of container, count_bound of them.

    >>> cost_bound(Boxes.of([[2, 2, 2]], [5]), [Room(4, 4, 2), Room(4, 4, 4)], [1.0, 1.5])
    1.0
    """
    prices = np.asarray(cost, np.float64)
    bounds = [float(shares(boxes, rooms, prices, part) @ boxes.quantity) for part in np.linspace(0.0, 1.0, 11)]
    able = np.array([fits(boxes, room) for room in rooms])
    wanted = (boxes.quantity > 0) & able.any(axis=0)
    if wanted.any():
        dearest = np.where(able[:, wanted], prices[:, None], np.inf).min(axis=0)
        bounds.append(float(dearest.max()))
        bounds.append(_least_of_needs(boxes, rooms, prices))
    return max(bounds)


def _least_of_needs(boxes: Boxes, rooms: Sequence[Room], prices: Floats) -> float:
    """The kinds that only one room takes need whole containers of it."""
    able = np.array([fits(boxes, room) for room in rooms])
    total = 0.0
    for place, room in enumerate(rooms):
        only = able[place] & (able.sum(axis=0) == 1)
        mine = boxes.left(np.where(only, 0, boxes.quantity))
        total += float(prices[place]) * float(np.ceil(max(room_needs(mine, room)) - 1e-9))
    return total


def pack_all(boxes: Boxes, rooms: Sequence[Room], cost: npt.ArrayLike, *, tries: int = 60, seed: int = 1) -> Loads:
    """Containers until nothing is left that fits.

    Five cubes of side 2 take one 4 x 4 x 2 room and one more:

    >>> got = pack_all(Boxes.of([[2, 2, 2]], [5]), [Room(4, 4, 2)], [1.0], tries=1)
    >>> len(got.room), got.cost, got.bound
    (2, 2.0, 2.0)
    """
    prices = np.asarray(cost, np.float64)
    worth = np.maximum(shares(boxes, rooms, prices, 1.0), shares(boxes, rooms, prices, 0.0))
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
        rest = rest.left(best.used(len(boxes.size)))
        taken.append(choice)
        packings.append(best)
        paid += float(prices[choice])
    return Loads(taken, packings, rest.quantity, paid, cost_bound(boxes, rooms, prices))
