"""What does a line with finite buffers really give?

Machines pass stations in order, or along a tree where feeders join the main line; between two stations there is room
for a few; a station that is done but finds no room keeps its machine (blocking after service); a first station never
lacks work, the last never lacks room. Stations may have several posts side by side, stop and wait for a repairer, send
machines back, and keep hours of their own. `throughput` simulates with a 95 % interval; `exact_throughput`
(solve.flow_exact) solves tiny exponential lines as a Markov chain; `decomposed` (solve.flow_decomposition) estimates
long lines at once.

Sources: the recursion of departures, Muth (1979), Management Science 25:1192-1196; control variates, Lavenberg & Welch
(1981), Management Science 27:322-335.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._flow_figures import Figures, spread_out
from smilecurve.solve._flow_running import Estimate, controlled, interval, replicate

__all__ = ["Estimate", "Flow", "Line", "difference", "throughput"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A line by figures a station (a single figure holds for all); times in any unit.

    mean: time a machine, [station] or [model, station] with `sequence` the models in build order, repeated. buffers:
    places behind each station (the last may be left out). cv: standard deviation over mean of the work, gamma or
    lognormal by `kind` (0 = always the same, gamma of 1 = exponential). samples: measured times of a station in place
    of the distribution (their shape counts, the mean stays). stop_rate: stops a unit of working time, of any time where
    `timed`; repair: mean of an exponential repair. posts: side by side. to: the station each hands to, -1 = out; by
    default the next. crew: number of the crew that repairs, -1 = always somebody; people: repairers of each crew.
    fails: share of machines that fail here and go back to station `back`, or into a bay beside the station for `bay`
    on average, one after the other, and then to `back`. hours[group]: times of opening and closing in turn within a
    `cycle`; group: of each station, -1 = always open.
    """

    mean: ArrayLike
    buffers: ArrayLike
    cv: ArrayLike = 0.0
    stop_rate: ArrayLike = 0.0
    repair: ArrayLike = 0.0
    kind: Literal["gamma", "lognormal"] = "gamma"
    samples: Mapping[int, ArrayLike] = field(default_factory=dict)
    sequence: ArrayLike | None = None
    posts: ArrayLike = 1
    to: ArrayLike | None = None
    timed: ArrayLike = False
    crew: ArrayLike = -1
    people: ArrayLike = ()
    fails: ArrayLike = 0.0
    back: ArrayLike = 0
    bay: ArrayLike = 0.0
    group: ArrayLike = -1
    hours: ArrayLike = ()
    cycle: float = 0.0

    @cached_property
    def figures(self) -> Figures:
        """The line spread to one figure a station; ValueError says all that is wrong with it."""
        names = ("stop_rate", "repair", "posts", "timed", "crew", "fails", "back", "bay", "group")
        by_station = {name: getattr(self, name) for name in names}
        return spread_out(
            self.mean, self.buffers, self.sequence, self.cv, self.kind, self.samples, by_station, self.to, self.people,
            self.hours, self.cycle,
        )  # fmt: skip


@dataclass(frozen=True)
class Flow:
    """Jobs a unit of time with its 95 % interval, the limit no buffer can lift it above, and where the time goes.

    busy, starved, blocked, down, unattended (stopped, no repairer there), shut: shares of the time of each station that
    add up to 1. `runs` holds one rate a replication; plain: the rate without control variates.
    """

    rate: float
    low: float
    high: float
    limit: float
    busy: Floats
    starved: Floats
    blocked: Floats
    down: Floats
    unattended: Floats
    shut: Floats
    runs: Floats
    plain: float


def throughput(line: Line, *, jobs: int = 4_000, warm: int = 1_000, replications: int = 10, seed: int = 0) -> Flow:
    """Simulate the line and give its rate with a 95 % interval over replications; the same seed gives the same figures.

    >>> steady = Line(mean=[2.0, 4.0], buffers=[0])           # no variation: the slower station sets the pace
    >>> round(throughput(steady, jobs=400, warm=100, replications=2).rate, 6)
    0.25
    """
    figures = line.figures
    runs = replicate(figures, jobs, warm, replications, seed)
    found = controlled(runs)
    slowest = figures.slowest
    limit = 1.0 / slowest if slowest > 0 else float("inf")
    low, high = 1.0 / (found.mean + found.half), 1.0 / max(found.mean - found.half, 1e-300)
    busy, starved, blocked, down, unattended, shut = runs.shares.mean(axis=0).T
    plain = 1.0 / float(runs.cycles.mean())
    return Flow(
        1.0 / found.mean, low, high, limit, busy, starved, blocked, down, unattended, shut, 1.0 / runs.cycles, plain
    )  # fmt: skip


def difference(
    line: Line, other: Line, *, jobs: int = 4_000, warm: int = 1_000, replications: int = 10, seed: int = 0
) -> Estimate:
    """Give by how much the rate of `other` lies above that of `line`, both with the same luck (common random numbers).

    >>> two = Line(mean=[1.0, 1.0], buffers=[0], cv=1.0)
    >>> difference(two, Line(mean=[1.0, 1.0], buffers=[1], cv=1.0)).mean > 0.05     # exactly 3/4 - 2/3
    True
    """
    before, after = (replicate(each.figures, jobs, warm, replications, seed).cycles for each in (line, other))
    return interval(1.0 / after - 1.0 / before)
