"""What changes of colour and units out of place cost together at least: a chain of slots, each with a price on colours.

Each slot takes a colour at the least any unit of that colour costs there, and pays for a change. That every colour is
taken as often as there are units of it is not asked but priced (Lagrangian relaxation, prices by subgradient steps of
Polyak's length; Held, Wolfe & Crowder (1974), Mathematical Programming 6:62-88). Prices are whole numbers, so every
bound counts exactly.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._sequencing_kernels import Facts, Ints, cost_there

ROUNDS = 300
PATIENCE = 8


def together_bound(facts: Facts, order: Ints, fixed: int) -> int:
    """Bound colour changes and places of the slots behind the fixed ones, as one sum."""
    if fixed == order.size:
        return 0
    colours, kind = np.unique(facts.colour[order[fixed:]], return_inverse=True)
    place = _cheapest(facts, order, fixed, kind, colours.size)
    goes_on = colours == facts.colour[order[fixed - 1]] if fixed else np.ones(colours.size, bool)
    at_first = np.where(goes_on, 0, facts.colour_weight)
    return int(_priced(place, np.bincount(kind), at_first, facts.colour_weight))


@njit(cache=True)
def _cheapest(facts: Facts, order: Ints, fixed: int, kind: Ints, colours: int) -> Ints:
    """What a slot costs at least with a unit of a colour: (colours, slots behind the fixed ones)."""
    found = np.full((colours, order.size - fixed), np.iinfo(np.int64).max // 4)
    for at in range(kind.size):
        for slot in range(fixed, order.size):
            cost = cost_there(facts, order[fixed + at], slot)
            found[kind[at], slot - fixed] = min(found[kind[at], slot - fixed], cost)
    return found


@njit(cache=True)
def _priced(place: Ints, many: Ints, at_first: Ints, change: int) -> int:
    """Raise the bound by prices on the colours: dearer where too many slots take one, until no step helps."""
    colours, slots = place.shape
    price = np.zeros(colours)
    kept = price.copy()
    whole = np.zeros(colours, np.int64)
    came = np.empty((slots, colours), np.int64)
    best, length, stale = np.int64(0), 1.0, 0
    for _ in range(ROUNDS):
        cost = np.empty(colours, np.int64)
        for colour in range(colours):
            whole[colour] = np.int64(np.round(price[colour]))
            cost[colour] = at_first[colour] + place[colour, 0] - whole[colour]
        for slot in range(1, slots):
            cheapest = np.argmin(cost)
            least = cost[cheapest] + change
            for colour in range(colours):
                stays = cost[colour] <= least
                came[slot, colour] = colour if stays else cheapest
                cost[colour] = min(cost[colour], least) + place[colour, slot] - whole[colour]
        here = np.argmin(cost)
        bound = cost[here] + (whole * many).sum()
        missing = many.copy()
        for slot in range(slots - 1, -1, -1):
            missing[here] -= 1
            here = came[slot, here] if slot else here
        if bound > best:
            best, stale = bound, 0
            kept[:] = price
        else:
            stale += 1
            if stale == PATIENCE:
                length, stale = 0.6 * length, 0
                price[:] = kept
        off = (missing * missing).sum()
        if off == 0:
            break
        price += length * (2 * best - bound + change) / off * missing
    return int(best)
