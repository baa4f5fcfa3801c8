"""Where in a line do buffer places pay?

A `PlaceTrial` draws the luck of a line once and tries any places against it: one more place behind each station, a
place for one station after the other, and the best way to lay out a number of places: one after the other where it
helps most, then single places moved as long as that helps.

Source: Hillier & So (1991), Queueing Systems 9:235-255; the moves, Gershwin & Schor (2000), Annals of OR 93:117-144.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._flow_running import interval, replicate
from smilecurve.solve.flow import Line

__all__ = ["Layout", "PlaceTrial"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Places behind each station (0 behind the way out), the rate they gave in the search and the rate before."""

    places: Ints
    rate: float
    before: float
    tried: int


class PlaceTrial:
    """A line's luck, drawn once, against which any places are tried (common random numbers).

    >>> trial = PlaceTrial(Line(mean=[1.0, 1.0, 1.0, 1.0], buffers=[0, 0, 0], cv=1.0), jobs=20_000)
    >>> trial.lay_out(1).places.tolist()                       # the middle place is the best one
    [0, 1, 0, 0]
    """

    def __init__(self, line: Line, *, jobs: int = 2_000, warm: int = 500, replications: int = 4, seed: int = 0) -> None:
        self.figures, self.how = line.figures, (jobs, warm, replications, seed)
        self.stands = self.figures.places
        self.gaps: Ints = np.flatnonzero(self.figures.to >= 0)
        self.known: dict[tuple[int, ...], Floats] = {}
        self.drawn = [self._draw(run) for run in range(replications)] if self.figures.serial else []

    def gains(self) -> tuple[Floats, Floats]:
        """Gain of rate by one more place behind each station that hands on, and half its 95 % interval."""
        before = 1.0 / self._cycles(self.stands)
        found = [interval(1.0 / self._cycles(_moved(self.stands, gap)) - before) for gap in self.gaps.tolist()]
        return np.array([each.mean for each in found]), np.array([each.half for each in found])

    def in_turn(self, most: int) -> tuple[Ints, Floats]:
        """Give up to `most` stations a place one after the other, each next where it then pays most, none twice.

        Returns the stations in turn, and the rate as it stands and after each of them.
        """
        places, left = self.stands, self.gaps.tolist()
        turn: list[int] = []
        rates = [1.0 / self._cycle(places)]
        while left and len(turn) < most:
            best = min((self._cycle(_moved(places, gap)), gap) for gap in left)[1]
            places = _moved(places, best)
            left.remove(best)
            turn.append(best)
            rates.append(1.0 / self._cycle(places))
        return np.array(turn, np.int64), np.array(rates)

    def lay_out(self, more: int, *, wide: int = 5) -> Layout:
        """Lay out up to `more` places beyond those of the line, as far as they help; try the `wide` best moves."""
        places = self.stands
        for _ in range(more):
            added = min((_moved(places, gap) for gap in self.gaps.tolist()), key=self._cycle, default=places)
            if self._cycle(added) >= self._cycle(places) * (1.0 - 1e-9):
                break
            places = added
        better = more > 0 and self.gaps.size > 1
        while better:
            found = min(self._moves(places, wide), key=self._cycle, default=places)
            better = self._cycle(found) < self._cycle(places) * (1.0 - 1e-9)
            places = found if better else places
        return Layout(places, 1.0 / self._cycle(places), 1.0 / self._cycle(self.stands), len(self.known))

    def _moves(self, places: Ints, wide: int) -> list[Ints]:
        """Take a place away where it is missed least and give it where one more pays most."""
        gaps = self.gaps.tolist()
        free = [gap for gap in gaps if places[gap] > self.stands[gap]]
        least = sorted(free, key=lambda gap: self._cycle(_moved(places, gap, -1)))[:wide]
        most = sorted(gaps, key=lambda gap: self._cycle(_moved(places, gap)))[:wide]
        return [_moved(_moved(places, take, -1), give) for take in least for give in most if take != give]

    def _draw(self, run: int) -> Floats:
        from smilecurve.solve._flow_kernels import draw_serial

        f, (jobs, warm, _, seed) = self.figures, self.how
        drawn: Floats = draw_serial(
            f.work, f.models, f.kind, f.spread, f.samples, f.first_sample, f.stop_rate, f.repair, seed, run, jobs + warm
        )
        return drawn

    def _cycles(self, places: Ints) -> Floats:
        """Mean time between departures with these places, a replication each."""
        from smilecurve.solve._flow_kernels import pass_serial

        key = tuple(places.tolist())
        if key not in self.known:
            if self.drawn:
                cut = np.ascontiguousarray(places[:-1])
                self.known[key] = np.array([pass_serial(hold, cut, self.how[1]) for hold in self.drawn])
            else:
                self.known[key] = replicate(self.figures.with_places(places), *self.how).cycles
        return self.known[key]

    def _cycle(self, places: Ints) -> float:
        return float(self._cycles(places).mean())


def _moved(places: Ints, gap: int, by: int = 1) -> Ints:
    changed = places.copy()
    changed[gap] += by
    return changed
