"""Packings against brute force on tiny cases, and the laws of stable loads."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.containers import cost_bound, pack_all
from smilecurve.solve.loading import Boxes, Packing, Room, count_bound, fits, pack_room, volume_bound


def _stands(boxes: Boxes, room: Room, got: Packing) -> None:
    low, high = got.corner, got.corner + got.extent
    assert (low >= 0).all()
    assert (high <= np.array(room.sides)).all()
    assert (np.sort(got.extent, axis=1) == np.sort(boxes.size[got.kind], axis=1)).all()
    for a, b in product(range(len(low)), repeat=2):
        if a < b:
            assert (np.minimum(high[a], high[b]) <= np.maximum(low[a], low[b])).any(), "two boxes overlap"
    for a in range(len(low)):
        if low[a, 2] == 0:
            continue
        assert not boxes.floor[got.kind[a]]
        held = 0
        for b in range(len(low)):
            across = np.minimum(high[a, :2], high[b, :2]) - np.maximum(low[a, :2], low[b, :2])
            if high[b, 2] == low[a, 2] and (across > 0).all():
                assert boxes.bears[got.kind[b]]
                held += int(across.prod())
        assert held == got.extent[a, 0] * got.extent[a, 1], "a box hangs in the air"
    used = got.used(len(boxes.size))
    assert (used <= boxes.quantity).all()
    assert boxes.mass @ used <= room.payload + 1e-6
    assert got.volume == pytest.approx(float(boxes.volume @ used))
    assert got.volume <= got.bound + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_every_box_stands_inside_apart_and_supported(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = int(rng.integers(1, 5))
    boxes = Boxes.of(
        rng.integers(1, 9, (kinds, 3)),
        rng.integers(1, 12, kinds),
        rng.integers(0, 20, kinds),
        rng.random((kinds, 3)) < 0.6,
        rng.random(kinds) < 0.7,
        rng.random(kinds) < 0.3,
    )
    room = Room(20, 10, 10, float(rng.integers(50, 400)))
    _stands(boxes, room, pack_room(boxes, room, tries=6, seed=seed))


def _brute(sizes: list[tuple[int, int]], room: tuple[int, int]) -> int:
    """The greatest area of flat boxes (each may turn) on a floor, by trying every place."""
    best = 0

    def go(place: int, taken: frozenset[tuple[int, int]], area: int) -> None:
        nonlocal best
        best = max(best, area)
        if place == len(sizes):
            return
        go(place + 1, taken, area)
        for a, b in {sizes[place], sizes[place][::-1]}:
            for x, y in product(range(room[0] - a + 1), range(room[1] - b + 1)):
                cells = frozenset(product(range(x, x + a), range(y, y + b)))
                if not cells & taken:
                    go(place + 1, taken | cells, area + a * b)

    go(0, frozenset(), 0)
    return best


@pytest.mark.parametrize("seed", range(8))
def test_tiny_floors_meet_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = [(int(a), int(b)) for a, b in rng.integers(1, 4, (4, 2))]
    best = _brute(sizes, (4, 3))
    boxes = Boxes.of([[a, b, 1] for a, b in sizes], [1] * 4)
    got = pack_room(boxes, Room(4, 3, 1), tries=200)
    assert got.volume <= best <= got.bound
    assert got.volume >= best - 1


def test_volume_bound_with_payload_by_hand() -> None:
    """Payload 6: two light cubes (mass 1, volume 8) and 4/5 of a heavy one (mass 5, volume 10) would weigh 6: 16 + 8."""
    boxes = Boxes.of([[2, 2, 2], [5, 2, 1]], [2, 1], [1.0, 5.0])
    assert volume_bound(boxes, Room(10, 10, 10, 6.0)) == pytest.approx(24.0)


def test_count_bound_by_row_and_by_floor() -> None:
    """Width 3 of 4 and height 3 of 4: five boxes of length 5 stand in a row: 25 / 12 -> 3 rooms, though volume asks 2."""
    boxes = Boxes.of([[5, 3, 3]], [5])
    assert count_bound(boxes, Room(12, 4, 4)) == 3
    flat = Boxes.of([[2, 2, 1]], [7], bears=False, floor=True)
    assert count_bound(flat, Room(4, 4, 4)) == 2


def test_what_fits_nowhere_is_left() -> None:
    boxes = Boxes.of([[9, 9, 9], [1, 1, 1]], [1, 2])
    assert fits(boxes, Room(5, 5, 5)).tolist() == [False, True]
    got = pack_all(boxes, [Room(5, 5, 5)], [1.0])
    assert got.left.tolist() == [1, 0]
    assert got.cost == 1.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000))
def test_all_boxes_travel_and_the_bound_holds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = int(rng.integers(1, 5))
    boxes = Boxes.of(rng.integers(1, 7, (kinds, 3)), rng.integers(1, 9, kinds), rng.integers(1, 20, kinds))
    rooms, cost = [Room(12, 8, 8, 200.0), Room(6, 8, 8, 150.0)], np.array([1.0, 0.6])
    got = pack_all(boxes, rooms, cost, tries=4, seed=seed)
    used = sum((p.used(kinds) for p in got.packing), np.zeros(kinds, int))
    assert (used + got.left == boxes.quantity).all()
    assert got.bound <= got.cost + 1e-9
    assert got.bound == cost_bound(boxes, rooms, cost)
    for place, packing in zip(got.room, got.packing, strict=True):
        _stands(boxes, rooms[place], packing)


def test_bound_of_a_mixed_fleet_against_all_choices() -> None:
    """Eight cubes of side 2: a big room (4 x 4 x 4, price 1.5) holds all, small ones (4 x 4 x 2, price 1) half: 1.5."""
    boxes, rooms = Boxes.of([[2, 2, 2]], [8]), [Room(4, 4, 2), Room(4, 4, 4)]
    got = pack_all(boxes, rooms, [1.0, 1.5])
    assert got.cost == got.bound == 1.5


def test_row_bound_raised_to_whole_rooms() -> None:
    """Five boxes of length 4 in rows of 12 (price 1) or 14 (1.5): 5 x 4 / 12 = 1.67, and rooms add up to 1, 1.5, 2."""
    boxes = Boxes.of([[40, 20, 23]], [5], bears=False, floor=True)
    assert cost_bound(boxes, [Room(120, 23, 24), Room(140, 23, 24)], [1.0, 1.5]) == 2.0
