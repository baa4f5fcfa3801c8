"""Which lot of a part is in use on a day?

Each part comes in two streams of lots that follow one another evenly; a few pieces come from the lot before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from smilecurve.worlds.booking import EventBook, joined, kit_lists, taken
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import Floats, Ints, chance
from smilecurve.worlds.maker import Maker

__all__ = ["Lots", "book_lots", "lay_lots"]

EARLY = 150.0


@dataclass(frozen=True)
class Lots:
    """Every lot: its name, part and first day; lots of one part stand together, two streams interleaved."""

    names: pa.Array
    part: Ints
    first: Floats
    offset: Ints
    count: Ints
    begin: Floats
    step: Floats
    planted: int

    def at(self, part: Ints, day: Floats, rng: np.random.Generator, mixed: float = 0.04) -> Ints:
        """The lot in use of each part on each day (-1 where there is no part)."""
        safe = np.maximum(part, 0)
        turn = np.floor((day - self.begin[safe]) / self.step[safe]).astype(np.int64)
        turn -= rng.random(len(part)) < mixed
        turn = np.clip(turn, 0, self.count[safe] - 1)
        lot = self.offset[safe] + 2 * turn + (rng.random(len(part)) < 0.5)
        return np.where(part < 0, -1, lot)

    def newest(self, part: int, day: float) -> int:
        """The lot of the first stream in use on a day."""
        turn = int((day - self.begin[part]) // self.step[part])
        return int(self.offset[part]) + 2 * min(turn, int(self.count[part]) - 1)


def lay_lots(maker: Maker, parts: Catalogue) -> Lots:
    """Lots of every part from before the first day to the present, named in the order of their first day."""
    rng = chance(maker.seed, "lots")
    n = len(parts.codes)
    step = parts.lot_days * rng.uniform(0.85, 1.15, n)
    begin = maker.start - EARLY - step * rng.random(n)
    count = np.ceil((maker.today + 5 - begin) / step).astype(np.int64)
    part = np.repeat(np.arange(n), 2 * count)
    offset = np.cumsum(2 * count) - 2 * count
    within = np.arange(len(part)) - offset[part]
    first = begin[part] + step[part] * (within // 2)
    rank = np.empty(len(part), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(part))
    flaws = maker.flaws
    names = _names(rank, flaws.lot)
    planted = len(part)
    return Lots(
        pa.concat_arrays([names, pa.array([flaws.lot])]),
        np.append(part, parts.part(flaws.part)),
        np.append(first, maker.today - 340.0),
        offset,
        count,
        begin,
        step,
        planted,
    )


def _names(rank: Ints, reserved: str) -> pa.Array:
    """Lot names such as 3F07, in order of rank; past 23,400 a letter follows. The reserved name is skipped."""
    letters = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ"[:24]))
    per = 10 * 24 * 100
    digit, letter, pair = int(reserved[0]), int(np.flatnonzero(letters == reserved[1])[0]), int(reserved[2:])
    rank = rank + (rank >= (digit * 24 + letter) * 100 + pair)
    over, within = rank // per, rank % per
    tail = taken(["", *letters.tolist()], over)
    head = taken([str(d) for d in range(10)], within // 2400)
    middle = taken(letters.tolist(), (within // 100) % 24)
    return joined(head, middle, taken([f"{i:02d}" for i in range(100)], within % 100), tail)


def book_lots(book: EventBook, maker: Maker, parts: Catalogue, lots: Lots, used: Ints) -> Ints:
    """Book how every used lot was made of other lots, level by level; gives all lots used."""
    rng = chance(maker.seed, "lots of lots")
    seen = np.zeros(len(lots.part), bool)
    level = np.unique(used)
    while len(level):
        seen[level] = True
        below: list[Ints] = []
        for part in np.unique(lots.part[level]):
            insides = parts.inside.get(int(part), [])
            whole = level[lots.part[level] == part]
            if not insides:
                continue
            made = np.maximum(
                lots.first[whole] - 4.0 + rng.random(len(whole)), maker.start + rng.random(len(whole)) * 0.3
            )
            inner = np.tile([i.part for i in insides], len(whole))
            lot = lots.at(inner, np.repeat(lots.first[whole] - 6.0, len(insides)), rng)
            kits = kit_lists([i.component for i in insides], taken(parts.codes, inner), lots.names.take(pa.array(lot)))
            book.add(
                "assembling",
                "shops",
                made,
                part=parts.codes[int(part)],
                lot=lots.names.take(pa.array(whole)),
                place=f"{maker.plant}-SHOPS",
                components=kits,
            )
            below.append(lot)
        level = np.unique(np.concatenate(below)) if below else np.array([], np.int64)
        level = level[~seen[level]]
    return np.flatnonzero(seen)
