"""When equipment stands: breaks laid out as far as a plan can reach, for line.shops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

Row = dict[str, object]
FAR = 1 << 50


@dataclass(frozen=True)
class Calendar:
    """Breaks (equipment, begin, end) in seconds; `again`: equipment whose breaks never cease."""

    rows: list[tuple[int, int, int]]
    again: frozenset[int]


def calendar(rows: list[Row], place: dict[object, int], zero: datetime, work: int) -> Calendar:
    """Lay breaks out as far as `work` seconds one after the other can reach; what is over by `zero` is left out."""
    once: list[tuple[int, int, int]] = []
    often: list[tuple[int, int, int, int]] = []
    for row in rows:
        p = place[row["equipment"]]
        begin, end = (
            round((when - zero).total_seconds()) for name in ("begin", "end") if isinstance(when := row[name], datetime)
        )
        if row["every_h"] is None:
            if end > 0:
                once.append((p, max(begin, 0), end))
        else:
            often.append((p, begin, end - begin, max(round(float(str(row["every_h"])) * 3600), 1)))
    shut = np.zeros(len(place))
    for p, _, long, every in often:
        shut[p] += long / every
    open_share = max(1.0 - float(shut.max(initial=0.0)), 0.05)
    longest = max((every for _, _, _, every in often), default=0)
    until = max((end for _, _, end in once), default=0) + int(2 * work / open_share) + 3 * longest
    for p, begin, long, every in often:
        first = begin + max(0, -(-(-begin - long) // every)) * every
        once += [(p, max(at, 0), at + long) for at in range(first, until, every) if at + long > 0]
    return Calendar(sorted(once), frozenset(p for p, _, _, _ in often))


def longest_open(breaks: Calendar, place: int) -> int:
    """The longest time in a row that equipment runs; without end where its breaks cease."""
    if place not in breaks.again:
        return FAR
    longest = free = 0
    for p, begin, end in breaks.rows:
        if p == place:
            longest = max(longest, begin - free)
            free = max(free, end)
    return longest
