"""Figures of a line, one a station, as the kernels want them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIXED, EXPONENTIAL, GAMMA, LOGNORMAL, SAMPLED = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Figures:
    """A line spread to one figure a station; see `solve.flow.Line`. work[model, station]; the rest [station]."""

    work: Floats
    models: Ints
    kind: Ints
    spread: Floats
    samples: Floats
    first_sample: Ints
    stop_rate: Floats
    repair: Floats
    places: Ints
    posts: Ints
    to: Ints
    timed: Ints
    crew: Ints
    people: Ints
    fails: Floats
    back: Ints
    bay: Floats
    hours: Floats
    group: Ints
    cycle: float

    @property
    def stations(self) -> int:
        """How many stations there are."""
        return int(self.places.size)

    @property
    def mean(self) -> Floats:
        """Mean work of each station over the sequence."""
        weight = np.bincount(self.models, minlength=self.work.shape[0]) / self.models.size
        return np.asarray(weight @ self.work)

    @property
    def serial(self) -> bool:
        """Is this one chain of single posts with stops while working alone, which the recursion handles?"""
        chain = np.array_equal(self.to, np.append(np.arange(1, self.stations), -1))
        single = bool((self.posts == 1).all()) and not self.timed.any() and not self.fails.any()
        return chain and single and bool((self.group < 0).all()) and self._enough_people()

    @property
    def open_share(self) -> Floats:
        """Share of the clock each station has hours."""
        share = np.ones(self.stations)
        for group, turns in enumerate(self.hours):
            share[self.group == group] = float((turns[1::2] - turns[::2]).sum()) / self.cycle
        return share

    @property
    def visits(self) -> Floats:
        """How often a machine passes each station, with what goes back."""
        visits = np.ones(self.stations)
        for station in np.flatnonzero(self.fails > 0).tolist():
            again = self.fails[station] / (1.0 - self.fails[station])
            loop = station
            visits[loop] += again
            if self.bay[station] > 0:
                continue
            loop = int(self.back[station])
            while loop not in (station, -1):
                visits[loop] += again
                loop = int(self.to[loop])
        return visits

    @property
    def slowest(self) -> float:
        """Time a machine at the slowest station with its own stops and hours: no buffer beats it."""
        return float(np.max(self.load * (1.0 + self.stop_rate * self.repair)))

    @property
    def load(self) -> Floats:
        """Time a machine at each station over its posts and hours, without stops."""
        return np.asarray(self.mean * self.visits / self.posts / self.open_share)

    def with_places(self, places: Ints) -> Figures:
        """The same line with other places."""
        return replace(self, places=places)

    def _enough_people(self) -> bool:
        stops = (self.crew >= 0) & (self.stop_rate > 0)
        return all(int(self.posts[stops & (self.crew == c)].sum()) <= n for c, n in enumerate(self.people.tolist()))


def spread_out(
    mean: ArrayLike, buffers: ArrayLike, sequence: ArrayLike | None, cv: ArrayLike, kind: str,
    samples: Mapping[int, ArrayLike], by_station: Mapping[str, ArrayLike], to: ArrayLike | None, people: ArrayLike,
    hours: ArrayLike, cycle: float,
) -> Figures:  # fmt: skip
    """Spread a line's figures to one a station; ValueError says all that is wrong with them."""
    work = np.atleast_2d(np.asarray(mean, dtype=np.float64))
    stations = work.shape[1]
    models = np.arange(work.shape[0]) if sequence is None else np.asarray(sequence, np.int64).reshape(-1)
    wide = {name: np.broadcast_to(np.asarray(value, np.float64), (stations,)) for name, value in by_station.items()}
    spreads = np.broadcast_to(np.asarray(cv, np.float64), (stations,))
    places = np.asarray(buffers, np.int64).reshape(-1)
    if places.size == stations - 1:
        places = np.append(places, 0)
    chain = np.append(np.arange(1, stations), -1)
    turns = (
        np.asarray(hours, np.float64).reshape(-1, np.asarray(hours).shape[-1]) if np.size(hours) else np.zeros((0, 2))
    )
    wrong = _faults(work, places, models, spreads, wide, turns, cycle)
    if wrong:
        raise ValueError("; ".join(wrong))
    kinds, spread, drawn, first = _chance(spreads, kind, samples, stations)
    onward = chain if to is None else np.asarray(to, np.int64)

    def whole(name: str) -> Ints:
        return wide[name].astype(np.int64, "C")

    def real(name: str) -> Floats:
        return wide[name].astype(np.float64, "C")

    figures = Figures(
        work=work.astype(np.float64, "C"), models=models.astype(np.int64), kind=kinds, spread=spread, samples=drawn,
        first_sample=first, stop_rate=real("stop_rate"), repair=real("repair"), places=places, posts=whole("posts"),
        to=onward, timed=whole("timed"), crew=whole("crew"), people=np.asarray(people, np.int64).reshape(-1),
        fails=real("fails"), back=whole("back"), bay=real("bay"), hours=turns, group=whole("group"), cycle=cycle,
    )  # fmt: skip
    _refuse_shape(figures)
    return figures


def _faults(
    work: Floats, places: Ints, models: Ints, cv: Floats, wide: Mapping[str, Floats], turns: Floats, cycle: float
) -> list[str]:
    """Everything that is wrong with the figures themselves."""
    stations = work.shape[1]
    checks = [
        (stations == 0, "a line needs a station"),
        (places.size != stations, "a line of m stations has m - 1 buffers"),
        (bool((places < 0).any()), "a buffer has 0 places or more"),
        (not bool(np.isfinite(work).all() and (work >= 0).all()), "times are finite and not negative"),
        (bool(stations) and not bool((work > 0).any()), "no station has any work"),
        (models.size == 0 or bool(((models < 0) | (models >= work.shape[0])).any()), "the sequence names other models"),
        (not bool((np.isfinite(cv) & (cv >= 0)).all()), "a coefficient of variation is 0 or more"),
        (bool((wide["stop_rate"] < 0).any()), "a stop rate is 0 or more"),
        (bool(((wide["stop_rate"] > 0) & ~(wide["repair"] > 0)).any()), "a station that stops needs a repair time"),
        (bool((wide["posts"] < 1).any()), "a station has 1 post or more"),
        (bool(((wide["fails"] < 0) | (wide["fails"] >= 1)).any()), "a share that goes back lies in 0 to below 1"),
        (bool(turns.size) and not (cycle > 0 and bool((np.diff(turns) >= 0).all()) and bool((turns <= cycle).all())),
         "hours rise within their cycle"),
    ]  # fmt: skip
    return [said for broken, said in checks if broken]


def _refuse_shape(figures: Figures) -> None:
    """Refuse a line that goes round or has no way out, and a machine that goes back to no station before."""
    stations = figures.stations
    if (figures.to >= stations).any() or (figures.to < 0).sum() != 1:
        raise ValueError("exactly one station hands out of the line")
    for start in range(stations):
        at, steps = start, 0
        while at >= 0 and steps <= stations:
            at, steps = int(figures.to[at]), steps + 1
        if at >= 0:
            raise ValueError("the line goes round in a circle")
    if ((figures.back < 0) | (figures.back >= stations)).any():
        raise ValueError("a machine goes back to a station of the line")


def _chance(
    cv: Floats, kind: str, samples: Mapping[int, ArrayLike], stations: int
) -> tuple[Ints, Floats, Floats, Ints]:
    """Kind and spread of the factor each station's work varies by; measured times count by their shape alone."""
    kinds = np.where(cv > 0, LOGNORMAL if kind == "lognormal" else GAMMA, FIXED).astype(np.int64)
    if kind == "gamma":
        kinds[cv == 1.0] = EXPONENTIAL
    safe = np.where(cv > 0, cv, 1.0)
    spread = np.sqrt(np.log1p(safe**2)) if kind == "lognormal" else 1.0 / safe**2
    parts = [np.asarray(samples.get(j, ()), np.float64).reshape(-1) for j in range(stations)]
    for j, own in enumerate(parts):
        if own.size:
            kinds[j] = SAMPLED
            parts[j] = own / own.mean()
    first = np.concatenate(([0], np.cumsum([own.size for own in parts]))).astype(np.int64)
    drawn = np.concatenate([*parts, np.zeros(1)])
    return kinds, spread, drawn, first
