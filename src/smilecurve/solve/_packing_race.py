"""The search of solve.packing as a whole: many quick constructions first, then branch, bound and remember.

Short lines are searched to the end, from the front and from the back in turn; on long ones, where the end is out of
reach, constructions go on with weights near those that did best.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from smilecurve.solve._packing_loads import BACKWARD, FORWARD, new_room
from smilecurve.solve._packing_pool import CUT, WORK, Floats, Ints, Pool, new_pool
from smilecurve.solve._packing_remember import (
    EXHAUSTED,
    FOUND,
    FULL,
    remember,
)
from smilecurve.solve._packing_sides import Lineup, Weights, draw, read_back

SHORT = 300
"""Lines of up to so many tasks are searched to the end."""
PASSES = 60
"""Constructions before a short line is searched."""
PICKS = 5_000
"""Tasks picked at most for a station in a construction."""
CHUNK = 50_000
"""Tasks picked before the clock is read and the other end has its turn."""
KEPT = 10
"""Loads kept of each partial plan where a plan like another is looked for."""
MEMORY = 400_000_000
"""Bytes of the partial plans of one search."""


class Effort:
    """What a search may spend: tasks picked for a station, or CPU seconds of this thread."""

    def __init__(self, picks: int, seconds: float | None = None) -> None:
        self.picks, self.done = picks, 0
        self.until = None if seconds is None else time.thread_time() + seconds

    def left(self) -> int:
        """Give the picks that may still be made before the next look at the clock."""
        if self.until is None:
            return max(self.picks - self.done, 0)
        return 0 if time.thread_time() >= self.until else CHUNK * 20

    def part(self, share: float) -> Effort:
        """Set a share of what is left aside; the picks made with it must be told with `spend`."""
        if self.until is None:
            return Effort(int(self.left() * share))
        return Effort(0, max(self.until - time.thread_time(), 0.0) * share)

    def spend(self, picks: int) -> None:
        """Count picks that were made."""
        self.done += picks


@dataclass
class Race:
    """A search for a plan of `goal` stations, or of as few as can be: the best plan, and whether it is proved best."""

    lineup: Lineup
    station: Ints
    stations: int
    goal: int
    rng: np.random.Generator
    proved: bool = False
    elite: list[tuple[int, Weights]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Say whether there is nothing more to look for."""
        return self.proved or self.stations <= self.goal

    def run(self, effort: Effort) -> None:
        """Search until the goal, a proof or the end of the effort."""
        short = self.lineup.job.times.size <= SHORT
        self.construct(effort, PASSES if short else None)
        if short:
            self.exhaust(effort)
            self.construct(effort, None)

    def construct(self, effort: Effort, passes: int | None) -> None:
        """Fill stations one by one with the best load, with other weights each time."""
        n = self.lineup.job.times.size
        room = new_room(n, 1)
        done = 0
        while not self.over and effort.left() and (passes is None or done < passes):
            done += 1
            weights = draw(self.rng, self._good() if self.rng.random() < min(done / 40, 0.6) else None)
            pool, target = self._pool(3 * n), self.stations - 1
            sides, left = self.lineup.weighted(weights), effort.left()
            picks = PICKS if effort.until is not None else min(PICKS, max(left // (8 * self.stations), 20))
            budget = left if effort.until is None else 2 * PICKS * self.stations
            status, row = remember(self.lineup.job, sides, pool, room, target, weights.mode, (1, picks), budget)
            effort.spend(int(pool.tally[WORK]) + n)
            if status == FOUND:
                self._take(pool, row)
                self.elite.append((self.stations, weights))

    def exhaust(self, effort: Effort) -> None:
        """Search from both ends in turn until nothing is left to try; that is a proof when nothing was cut."""
        n, times = self.lineup.job.times.size, self.lineup.job.times
        value = np.asarray(times - 0.02 * float(times.mean()), dtype=np.float64)
        sides, room = self.lineup.valued((value, value)), new_room(n, 0)
        capacity = MEMORY // (8 * ((n + 63) // 64) + 8 * 13)
        capacity = min(capacity, effort.left() + 2) if effort.until is None else capacity
        pools = {mode: self._pool(capacity) for mode in (FORWARD, BACKWARD)}
        while pools and not self.over:
            for mode in list(pools):
                left, pool = effort.left(), pools[mode]
                if self.over or not left:
                    return
                before = int(pool.tally[WORK])
                status, row = remember(
                    self.lineup.job, sides, pool, room, self.stations - 1, mode, (0, left), min(left, CHUNK)
                )
                effort.spend(int(pool.tally[WORK]) - before + 1)
                if status == FOUND:
                    self._take(pool, row)
                elif status in (EXHAUSTED, FULL):
                    self.proved = status == EXHAUSTED and not pool.tally[CUT]
                    del pools[mode]
                    if self.proved:
                        return

    def _good(self) -> Weights | None:
        """Give weights that did well lately."""
        best = self.elite[-6:]
        return best[int(self.rng.integers(len(best)))][1] if best else None

    def _pool(self, capacity: int) -> Pool:
        return new_pool(self.lineup.job.times.size, self.stations, capacity, self.lineup.whole)

    def _take(self, pool: Pool, row: int) -> None:
        self.station = read_back(pool, row, self.lineup.job.times.size)
        self.stations = int(self.station.max()) + 1


def first_plan(lineup: Lineup, value: Floats, stations: int, picks: int) -> Ints:
    """Look from the front for a plan of at most `stations`, the loads of most value first; empty if none was found."""
    n = lineup.job.times.size
    pool = new_pool(n, stations, min(picks, 200_000) + 2, lineup.whole)
    none = np.zeros(n + 1, np.int64)
    front, back = lineup.valued((value, value))
    sides = front._replace(harder_at=none), back._replace(harder_at=none)
    status, row = remember(lineup.job, sides, pool, new_room(n, KEPT), stations, FORWARD, (KEPT, PICKS), picks)
    return read_back(pool, row, n) if status == FOUND else np.zeros(0, np.int64)
