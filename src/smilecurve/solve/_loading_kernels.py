"""Compiled search of solve.loading: maximal spaces with supported floors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MOST_SPACES = 4000
#: the order in which a block of equal boxes grows along x, y, z
GROWTH = np.array([[0, 1], [1, 0], [0, 2], [2, 0], [1, 2], [2, 1]], np.int64)


@njit(cache=True)
def _nearer(a: Ints, b: Ints, sides: Ints) -> bool:
    """Does space `a` lie nearer to a lower corner of the room than `b`? Distances are compared from the least."""
    first, second = np.empty(3, np.int64), np.empty(3, np.int64)
    for axis in range(2):
        first[axis] = min(a[axis], sides[axis] - a[3 + axis])
        second[axis] = min(b[axis], sides[axis] - b[3 + axis])
    first[2], second[2] = a[2], b[2]
    first.sort()
    second.sort()
    for axis in range(3):
        if first[axis] != second[axis]:
            return bool(first[axis] < second[axis])
    return bool((a[3] - a[0]) * (a[4] - a[1]) * (a[5] - a[2]) > (b[3] - b[0]) * (b[4] - b[1]) * (b[5] - b[2]))


@njit(cache=True)
def _inside(a: Ints, b: Ints) -> bool:
    return bool(a[0] >= b[0] and a[1] >= b[1] and a[2] >= b[2] and a[3] <= b[3] and a[4] <= b[4] and a[5] <= b[5])


@njit(cache=True)
def _add(spaces: Ints, count: int, begin: int, one: Ints) -> int:
    """Adds a space unless it is empty or lies inside another from `begin` on; drops those inside it."""
    if one[3] <= one[0] or one[4] <= one[1] or one[5] <= one[2]:
        return count
    place = begin
    while place < count:
        if _inside(one, spaces[place]):
            return count
        if _inside(spaces[place], one):
            count -= 1
            spaces[place] = spaces[count]
        else:
            place += 1
    if count < len(spaces):
        spaces[count] = one
        count += 1
    return count


@njit(cache=True)
def _carve(spaces: Ints, count: int, block: Ints, bears: bool, spare: Ints) -> int:
    """Takes `block` out of all spaces; the floor of what remains is the old floor, or the top of the block."""
    kept = 0
    for place in range(count):
        one = spaces[place]
        if not (
            one[0] < block[3]
            and block[0] < one[3]
            and one[1] < block[4]
            and block[1] < one[4]
            and one[2] < block[5]
            and block[2] < one[5]
        ):
            kept = _add(spare, kept, 0, one)
            continue
        piece = np.empty(6, np.int64)
        for axis in range(2):
            piece[:] = one
            piece[3 + axis] = min(one[3 + axis], block[axis])
            kept = _add(spare, kept, 0, piece)
            piece[:] = one
            piece[axis] = max(one[axis], block[3 + axis])
            kept = _add(spare, kept, 0, piece)
        if bears:
            for axis in range(2):
                piece[axis], piece[3 + axis] = max(one[axis], block[axis]), min(one[3 + axis], block[3 + axis])
            piece[2], piece[5] = block[5], one[5]
            kept = _add(spare, kept, 0, piece)
    spaces[:kept] = spare[:kept]
    return kept


@njit(cache=True)
def _block(
    space: Ints,
    sizes: Ints,
    left: Ints,
    mass: Floats,
    ways: Flags,
    bears: Flags,
    floor: Flags,
    way_axes: Ints,
    payload: float,
    by_fit: bool,
    chance: float,
) -> Ints:
    """The best block of equal boxes for this space: kind, way, and boxes along x, y, z (kind -1: nothing fits).

    By volume, or by fit: how close it comes to the walls, closest first. `chance` blurs every comparison.
    """
    best, found = -1.0, np.array([-1, 0, 0, 0, 0], np.int64)
    room, many = np.empty(3, np.int64), np.empty(3, np.int64)
    for axis in range(3):
        room[axis] = space[3 + axis] - space[axis]
    for kind in range(len(sizes)):
        most = left[kind]
        if most > 0 and mass[kind] > 0.0:
            most = min(most, int((payload + 1e-9) / mass[kind]))
        if most <= 0 or (floor[kind] and space[2] > 0):
            continue
        for way in range(6):
            if not ways[kind, way]:
                continue
            edge = sizes[kind][way_axes[way]]
            if edge[0] > room[0] or edge[1] > room[1] or edge[2] > room[2]:
                continue
            for growth in range(len(GROWTH)):
                if (floor[kind] or not bears[kind]) and (GROWTH[growth, 0] == 2 or GROWTH[growth, 1] == 2):
                    continue
                many[:] = 1
                first, second = GROWTH[growth, 0], GROWTH[growth, 1]
                many[first] = min(most, room[first] // edge[first])
                many[second] = min(most // many[first], room[second] // edge[second])
                volume = float(edge[0] * edge[1] * edge[2]) * many[0] * many[1] * many[2]
                worth = volume
                if by_fit:
                    gap = min(room[0] - edge[0] * many[0], room[1] - edge[1] * many[1], room[2] - edge[2] * many[2])
                    worth = 1.0 / (1.0 + gap) + volume * 1e-3 / (float(room[0]) * room[1] * room[2])
                if chance > 0.0:
                    worth *= 1.0 - chance * np.random.random()
                if worth > best:
                    best = worth
                    found[0], found[1] = kind, way
                    found[2:] = many
    return found


@njit(cache=True)
def _pack(
    sizes: Ints,
    quantity: Ints,
    mass: Floats,
    ways: Flags,
    bears: Flags,
    floor: Flags,
    sides: Ints,
    payload: float,
    way_axes: Ints,
    by_fit: bool,
    chance: float,
    spaces: Ints,
    spare: Ints,
    placed: Ints,
) -> tuple[float, int]:
    """One packing into `placed` (kind, corner, extents); returns its volume and the number of boxes."""
    left = quantity.copy()
    spaces[0, :3], spaces[0, 3:] = 0, sides
    count, boxes, volume = 1, 0, 0.0
    block = np.empty(6, np.int64)
    while count > 0:
        near = 0
        for place in range(1, count):
            if _nearer(spaces[place], spaces[near], sides):
                near = place
        space = spaces[near].copy()
        got = _block(space, sizes, left, mass, ways, bears, floor, way_axes, payload, by_fit, chance)
        if got[0] < 0:
            count -= 1
            spaces[near] = spaces[count]
            continue
        kind, edge = got[0], sizes[got[0]][way_axes[got[1]]]
        for axis in range(3):
            length = edge[axis] * got[2 + axis]
            block[axis] = space[axis]
            if axis < 2 and sides[axis] - space[3 + axis] < space[axis]:
                block[axis] = space[3 + axis] - length
            block[3 + axis] = block[axis] + length
        for x in range(got[2]):
            for y in range(got[3]):
                for z in range(got[4]):
                    placed[boxes, 0] = kind
                    placed[boxes, 1] = block[0] + x * edge[0]
                    placed[boxes, 2] = block[1] + y * edge[1]
                    placed[boxes, 3] = block[2] + z * edge[2]
                    placed[boxes, 4:7] = edge
                    boxes += 1
        many = got[2] * got[3] * got[4]
        left[kind] -= many
        payload -= many * mass[kind]
        volume += float(edge[0] * edge[1] * edge[2]) * many
        count = _carve(spaces, count, block, bears[kind], spare)
    return volume, boxes


@njit(cache=True)
def search(
    sizes: Ints,
    quantity: Ints,
    mass: Floats,
    ways: Flags,
    bears: Flags,
    floor: Flags,
    sides: Ints,
    payload: float,
    way_axes: Ints,
    tries: int,
    seed: int,
    bound: float,
) -> tuple[float, Ints]:
    """The fullest of `tries` packings: its volume and its boxes."""
    np.random.seed(seed)
    most = 0
    for kind in range(len(quantity)):
        most += quantity[kind]
    spaces, spare = np.empty((MOST_SPACES, 6), np.int64), np.empty((MOST_SPACES, 6), np.int64)
    placed, best = np.empty((most, 7), np.int64), np.empty((most, 7), np.int64)
    least, kept = -1.0, 0
    for attempt in range(tries):
        by_fit = attempt % 2 == 1
        chance = 0.0 if attempt < 2 else np.random.random() * 0.8
        volume, boxes = _pack(
            sizes, quantity, mass, ways, bears, floor, sides, payload, way_axes, by_fit, chance, spaces, spare, placed
        )
        if volume > least:
            least, kept = volume, boxes
            best[:boxes] = placed[:boxes]
        if least >= bound - 1e-6:
            break
    return least, best[:kept].copy()
