"""The shortest takt of a number of stations, for solve.packing: takts between a bound and a plan are tried.

A takt at which the search finds no plan to its very end raises the bound; one at which it gives up is left open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smilecurve.solve._packing_pool import Ints
from smilecurve.solve._packing_race import Effort, Race
from smilecurve.solve._packing_sides import Order

GLANCE = 8
"""Constructions at a takt while the first plan is looked for."""
SHARE = 0.15
"""Share of the effort left that the search at one takt may take."""


@dataclass
class Takts:
    """What is known of a number of stations: no takt below `low` fits, `plan` fits at `high`."""

    order: Order
    stations: int
    seed: int
    low: int
    high: int
    plan: Ints

    @classmethod
    def of(cls, order: Order, stations: int, seed: int, least: int = 1) -> Takts:
        """Begin with the counting bounds, no takt below `least`, and everything in one station."""
        times = order.times
        low = max(int(times.max()), -(-int(times.sum()) // stations), least)
        high = max(int(times.sum()), low)
        top = high
        while low < top:
            middle = (low + top) // 2
            if max(order.at(middle).bounds.values()) > stations:
                low = middle + 1
            else:
                top = middle
        return cls(order, stations, seed, low, high, np.zeros(times.size, np.int64))

    def shorten(self, effort: Effort) -> None:
        """Bring plan and bound together as far as the effort goes."""
        self._glance(effort)
        shut = self.low - 1
        while max(self.low, shut + 1) < self.high and effort.left():
            takt = (max(self.low, shut + 1) + self.high - 1) // 2
            if not self._settles(takt, effort, SHARE):
                shut = takt
        while self.low < min(shut, self.high) and effort.left():
            takt = (self.low + min(shut, self.high) - 1) // 2
            if not self._settles(takt, effort, SHARE):
                shut = takt
        while self.low < self.high and effort.left():
            self._settles(self.high - 1, effort, 1.0)

    def _glance(self, effort: Effort) -> None:
        """Find a first plan with a few constructions at takts further and further from the bound, then nearer."""
        step, bottom = 0, self.low
        while bottom + step < self.high and effort.left() and not self._settles(bottom + step, effort, SHARE, GLANCE):
            bottom, step = bottom + step + 1, 2 * step + 1
        while bottom < self.high and effort.left():
            middle = (bottom + self.high - 1) // 2
            if not self._settles(middle, effort, SHARE, GLANCE):
                bottom = middle + 1

    def _settles(self, takt: int, effort: Effort, share: float, passes: int | None = None) -> bool:
        """Look for a plan at this takt; say whether one was found, or proved not to be."""
        part = effort.part(share)
        missing = self.plan, self.stations + 1
        race = Race(self.order.at(takt), *missing, goal=self.stations, rng=np.random.default_rng(self.seed))
        if passes:
            race.construct(part, passes)
        else:
            race.run(part)
        effort.spend(part.done)
        if race.stations <= self.stations:
            self.plan = race.station
            self.high = max(int(np.bincount(race.station, weights=self.order.times).max()), self.low)
        elif race.proved:
            self.low = takt + 1
        return race.stations <= self.stations or race.proved
