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
def _distance(one: Ints, sides: Ints) -> tuple[int, int, int]:
    """How far a space lies from the nearest lower corner of the room along each axis, the least first."""
    a = min(one[0], sides[0] - one[3])
    b = min(one[1], sides[1] - one[4])
    c = one[2]
    if a > b:
        a, b = b, a
    if b > c:
        b, c = c, b
    if a > b:
        a, b = b, a
    return a, b, c


@njit(cache=True)
def _nearer(a: Ints, b: Ints, sides: Ints) -> bool:
    """Does space `a` lie nearer to a lower corner of the room than `b`? The larger one where both are as near."""
    first, second = _distance(a, sides), _distance(b, sides)
    if first != second:
        return bool(first < second)
    return bool((a[3] - a[0]) * (a[4] - a[1]) * (a[5] - a[2]) > (b[3] - b[0]) * (b[4] - b[1]) * (b[5] - b[2]))


@njit(cache=True)
def _copy(source: Ints, target: Ints) -> None:
    for place in range(len(source)):
        target[place] = source[place]


@njit(cache=True)
def _edges(size: Ints, way: Ints, edge: Ints) -> None:
    """Writes the extents along x, y, z of a box that stands in one of the ways."""
    for axis in range(3):
        edge[axis] = size[way[axis]]


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
            _copy(spaces[count], spaces[place])
        else:
            place += 1
    if count < len(spaces):
        _copy(one, spaces[count])
        count += 1
    return count


@njit(cache=True)
def _carve(spaces: Ints, count: int, block: Ints, bears: bool, spare: Ints) -> int:
    """Takes `block` out of all spaces; the floor of what remains is the old floor, or the top of the block."""
    kept = 0
    piece = np.empty(6, np.int64)
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
        for axis in range(2):
            _copy(one, piece)
            piece[3 + axis] = min(one[3 + axis], block[axis])
            kept = _add(spare, kept, 0, piece)
            _copy(one, piece)
            piece[axis] = max(one[axis], block[3 + axis])
            kept = _add(spare, kept, 0, piece)
        if bears:
            for axis in range(2):
                piece[axis], piece[3 + axis] = max(one[axis], block[axis]), min(one[3 + axis], block[3 + axis])
            piece[2], piece[5] = block[5], one[5]
            kept = _add(spare, kept, 0, piece)
    for place in range(kept):
        _copy(spare[place], spaces[place])
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
    best, found = -1.0, np.full(5, -1, np.int64)
    room, many, edge = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(3, np.int64)
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
            _edges(sizes[kind], way_axes[way], edge)
            if edge[0] > room[0] or edge[1] > room[1] or edge[2] > room[2]:
                continue
            for growth in range(len(GROWTH)):
                if (floor[kind] or not bears[kind]) and (GROWTH[growth, 0] == 2 or GROWTH[growth, 1] == 2):
                    continue
                many[0] = many[1] = many[2] = 1
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
                    found[2], found[3], found[4] = many[0], many[1], many[2]
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
    for axis in range(3):
        spaces[0, axis], spaces[0, 3 + axis] = 0, sides[axis]
    count, boxes, volume = 1, 0, 0.0
    block, space, edge = np.empty(6, np.int64), np.empty(6, np.int64), np.empty(3, np.int64)
    while count > 0:
        near = 0
        for place in range(1, count):
            if _nearer(spaces[place], spaces[near], sides):
                near = place
        _copy(spaces[near], space)
        got = _block(space, sizes, left, mass, ways, bears, floor, way_axes, payload, by_fit, chance)
        if got[0] < 0:
            count -= 1
            _copy(spaces[count], spaces[near])
            continue
        kind = got[0]
        _edges(sizes[kind], way_axes[got[1]], edge)
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
                    placed[boxes, 4], placed[boxes, 5], placed[boxes, 6] = edge[0], edge[1], edge[2]
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
            for row in range(boxes):
                _copy(placed[row], best[row])
        if least >= bound - 1e-6:
            break
    return least, best[:kept].copy()
