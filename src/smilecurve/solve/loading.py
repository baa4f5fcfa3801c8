"""Which boxes go into which container, and where, so that every box stands fully supported and the payload holds?

Blocks of equal boxes are placed corner by corner into maximal empty spaces whose floors are wholly supported, many
times with chance, and the fullest packing stays (Parreno, Alvarez-Valdes, Oliveira & Tamarit 2008, "A maximal-space
algorithm for the container loading problem"). Lengths are whole numbers in any unit (millimetres, say), so that
nothing rounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: the six ways a box (l, w, h) can stand: which of its edges lies along x, y, z
WAYS: tuple[tuple[int, int, int], ...] = ((0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1), (1, 2, 0), (2, 1, 0))


@dataclass(frozen=True)
class Boxes:
    """Kinds of boxes: size[n, 3], how many of each, mass of one, which WAYS[n, 6] it may stand.

    `bears`: others may stand on it; `floor`: it stands on the floor of the room and nowhere else.
    """

    size: Ints
    quantity: Ints
    mass: Floats
    ways: Flags
    bears: Flags
    floor: Flags

    @staticmethod
    def of(
        size: npt.ArrayLike,
        quantity: npt.ArrayLike,
        mass: npt.ArrayLike = 0.0,
        upright: npt.ArrayLike | None = None,
        bears: npt.ArrayLike = True,
        floor: npt.ArrayLike = False,
    ) -> Boxes:
        """`upright`[n, 3] tells which edges may be vertical (default: the height alone)."""
        sizes = np.ascontiguousarray(size, np.int64).reshape(-1, 3)
        kinds = len(sizes)
        up = np.array([[False, False, True]] * kinds) if upright is None else np.asarray(upright, np.bool_)
        ways = np.array([[up[kind, way[2]] for way in WAYS] for kind in range(kinds)], np.bool_).reshape(kinds, 6)
        return Boxes(
            sizes,
            np.array(np.broadcast_to(np.asarray(quantity, np.int64), kinds)),
            np.array(np.broadcast_to(np.asarray(mass, np.float64), kinds)),
            ways,
            np.array(np.broadcast_to(np.asarray(bears, np.bool_), kinds)),
            np.array(np.broadcast_to(np.asarray(floor, np.bool_), kinds)),
        )

    def left(self, used: Ints) -> Boxes:
        """The same kinds with `used` of each taken away."""
        return replace(self, quantity=self.quantity - used)

    @property
    def volume(self) -> Floats:
        """Volume of one of each kind."""
        length, width, height = self.size.T.astype(np.float64)
        return np.asarray(length * width * height, np.float64)


@dataclass(frozen=True)
class Room:
    """The inside of a container and what it may carry."""

    length: int
    width: int
    height: int
    payload: float = float("inf")

    @property
    def sides(self) -> tuple[int, int, int]:
        """Length, width, height."""
        return (self.length, self.width, self.height)

    @property
    def volume(self) -> float:
        """Inner volume."""
        return float(self.length) * self.width * self.height


@dataclass(frozen=True)
class Packing:
    """One container: per box its kind, corner (x, y, z) and extents; the volume reached and what cannot be beaten."""

    kind: Ints
    corner: Ints
    extent: Ints
    volume: float
    bound: float

    def used(self, kinds: int) -> Ints:
        """Boxes of each kind in this container."""
        return np.bincount(self.kind, minlength=kinds).astype(np.int64)


def _ways_inside(boxes: Boxes, room: Room) -> tuple[Ints, Flags]:
    """The extents of each kind in each way, and the ways that are allowed and fit into the room."""
    turned = boxes.size[:, np.array(WAYS)]
    return turned, np.asarray((turned <= np.array(room.sides)).all(axis=2) & boxes.ways, np.bool_)


def fits(boxes: Boxes, room: Room) -> Flags:
    """Which kinds fit into the empty room at all, by size in one of their ways and by mass."""
    return np.asarray(_ways_inside(boxes, room)[1].any(axis=1) & (boxes.mass <= room.payload), np.bool_)


def volume_bound(boxes: Boxes, room: Room) -> float:
    """The most volume one container can hold: its own, all that fits, or what the payload lets in by the ratio of both.

    >>> volume_bound(Boxes.of([[2, 2, 2]], [3], 5.0), Room(4, 4, 4, 10.0))
    16.0
    """
    able = fits(boxes, room)
    volume, mass = (boxes.volume * boxes.quantity)[able], (boxes.mass * boxes.quantity)[able]
    light_first = np.argsort(-np.divide(volume, mass, out=np.full(len(mass), np.inf), where=mass > 0), kind="stable")
    left, total = room.payload, 0.0
    for kind in light_first:
        part = 1.0 if mass[kind] <= left else left / mass[kind]
        total += volume[kind] * part
        left -= mass[kind] * part
    return float(min(room.volume, total))


def pack_room(boxes: Boxes, room: Room, *, tries: int = 200, seed: int = 1) -> Packing:
    """The fullest of `tries` packings of one container (the first is made without chance).

    Four cubes of side 2 fill a 4 x 4 x 2 room:

    >>> got = pack_room(Boxes.of([[2, 2, 2]], [5]), Room(4, 4, 2), tries=1)
    >>> got.volume, got.bound
    (32.0, 32.0)
    """
    from smilecurve.solve._loading_kernels import search

    volume, placed = search(
        boxes.size,
        boxes.quantity,
        boxes.mass,
        boxes.ways,
        boxes.bears,
        boxes.floor,
        np.array(room.sides, np.int64),
        float(room.payload),
        np.array(WAYS, np.int64),
        tries,
        seed,
        volume_bound(boxes, room),
    )
    return Packing(placed[:, 0], placed[:, 1:4], placed[:, 4:7], volume, volume_bound(boxes, room))


def count_bound(boxes: Boxes, room: Room) -> int:
    """Containers needed at the least: by volume, mass, floor and along each axis (Martello, Pisinger & Vigo 2000).

    Boxes of which no two fit beside each other across two axes stand in a row along the third; boxes that stand on the
    floor and bear nothing share no more than the floor. Kinds that do not fit at all are left out.

    >>> count_bound(Boxes.of([[5, 3, 3]], [4]), Room(12, 4, 4))
    2
    """
    return int(np.ceil(float((room_shares(boxes, room) @ boxes.quantity).max(initial=0.0)) - 1e-9))


def room_shares(boxes: Boxes, room: Room) -> Floats:
    """Ways to share a room out: shares[way, kind] of one box, such that no load of the room has more than 1 in any way.

    By volume, by mass, by both in parts, by floor, and two along each axis; 0 for kinds that do not fit.
    """
    turned, inside = _ways_inside(boxes, room)
    able = inside.any(axis=1) & (boxes.mass <= room.payload)
    high = np.iinfo(np.int64).max // 4
    extent = np.where(inside[:, :, None], turned, high).min(axis=1)
    sides = np.array(room.sides)
    by_volume, by_mass = boxes.volume / room.volume, boxes.mass / room.payload
    tallest = np.where(inside, turned[:, :, 2], 1).max(axis=1)
    flat = boxes.floor & ~boxes.bears
    ways = [part * by_volume + (1.0 - part) * by_mass for part in np.linspace(0.0, 1.0, 9)]
    ways.append(np.where(flat, boxes.volume / tallest / (float(room.length) * room.width), 0.0))
    wide = 2 * extent > sides
    for axis in range(3):
        alone = wide[:, [other for other in range(3) if other != axis]].all(axis=1)
        ways.append(np.where(alone, extent[:, axis] / float(sides[axis]), 0.0))
        ways.append(np.where(alone & wide[:, axis], 1.0, 0.0))
    return np.asarray(np.where(able, np.array(ways), 0.0), np.float64)
