"""How few stations hold these tasks, or how short a takt do these stations allow?

Tasks have a time and a partial order; a station holds tasks whose times add up to at most the takt; a task may stand
in the station of its predecessor or later (the simple assembly line balancing problems 1 and 2). The answer carries a
lower bound.

Sources: bounds LB1-LB3 and station limits, Scholl & Becker (2006), EJOR 168:666-693; maximal loads, Hoffmann (1963)
with the weights of Sternatz (2014), EJOR 235:740-754; preferred tasks, Jackson (1956); the rating of partial plans,
Sewell & Jacobson (2012), INFORMS J. Computing 24:433-442.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._packing_graph import followers, one_by_one, shape_arcs

Ints = NDArray[np.int64]
ProofKind = Literal["bound", "search", "open"]


@dataclass(frozen=True)
class Packing:
    """A plan of stations and what cannot be beaten.

    station[i] is the station of task i, from 0; `stations` how many are used; `lower_bound` no plan uses fewer;
    `proof` how we know: "bound" (a counting bound meets the plan), "search" (nothing better was left to try), "open"
    (a gap remains).
    """

    station: Ints
    stations: int
    lower_bound: int
    bound_name: str
    proof: ProofKind
    work: int

    @property
    def gap(self) -> float:
        """Give the share of the stations that could still be saved; 0 when the plan is proved best."""
        return (self.stations - self.lower_bound) / self.stations if self.stations else 0.0


@dataclass(frozen=True)
class TaktPacking:
    """The shortest takt found for a number of stations, in the unit of the times, and a takt that cannot be beaten."""

    station: Ints
    takt: int
    lower_bound: int
    proof: ProofKind


def station_bounds(times: ArrayLike, takt: int) -> dict[str, int]:
    """Bound the number of stations from below: LB1 by work, LB2 by halves, LB3 by thirds of the takt.

    >>> station_bounds([6, 5, 5, 4, 3], 10)   # 23/10; 6, 5, 5 -> 1 + 2 halves; 6, 5, 5, 4 -> 4 halves
    {'LB1': 3, 'LB2': 2, 'LB3': 2}
    """
    from smilecurve.solve._packing_kernels import weights_of

    work = np.asarray(times, dtype=np.int64)
    halves, sixths = weights_of(work, int(takt))
    sums = {"LB1": (int(work.sum()), int(takt)), "LB2": (int(halves.sum()), 2), "LB3": (int(sixths.sum()), 6)}
    return {name: -(-total // unit) for name, (total, unit) in sums.items()}


def fewest_stations(
    times: ArrayLike, arcs: ArrayLike, takt: int, *, seed: int = 0, tries: int = 300_000, at_most: int | None = None
) -> Packing:
    """Pack the tasks into as few stations as found; the same input, seed and tries give the same plan.

    times: whole numbers, one a task; arcs: rows (before, after) of task numbers; takt in the unit of the times.
    `tries` limits the station loads looked at. With `at_most`, stop as soon as a plan of that many stations is known.
    Raises ValueError when a task is longer than the takt or the arcs run in a circle.

    >>> fewest_stations([6, 2, 5, 7, 1, 2, 3], [(0, 1), (1, 5), (2, 6), (3, 6)], 10).stations   # 26 of work -> 3
    3
    """
    length = np.ascontiguousarray(times, dtype=np.int64)
    pairs = shape_arcs(arcs)
    takt = int(takt)
    if length.size and int(length.max()) > takt:
        raise ValueError("a task is longer than the takt")
    if length.size == 0:
        return Packing(np.zeros(0, np.int64), 0, 0, "LB1", "bound", 0)
    ahead = followers(length.size, pairs)
    bounds = station_bounds(length, takt)
    bounds["tails"] = max(_tail_bounds(length, ahead, takt))
    name = max(bounds, key=lambda key: bounds[key])
    first = one_by_one(length, pairs, takt)
    best = Packing(first, int(first.max()) + 1, bounds[name], name, "open", 0)
    sides = (_Side(length, pairs, ahead, takt), _Side(length, pairs[:, ::-1], np.ascontiguousarray(ahead.T), takt))
    best = _race(best, sides, np.random.default_rng(seed), tries, max(best.lower_bound, at_most or 0))
    return replace(best, proof="bound") if best.stations == best.lower_bound and best.proof == "open" else best


def plan_like(
    times: ArrayLike, arcs: ArrayLike, takt: int, stations: int, rank: ArrayLike, *, pull: float, tries: int = 100_000
) -> Ints:
    """Look for a plan of at most `stations` that takes the tasks in about the order of `rank`; empty if none was found.

    rank: a number a task, small ones early; pull: how much an early rank outweighs the length of a task.

    >>> plan_like([5, 5, 5, 5], [], 10, 2, [3, 1, 0, 2], pull=9.0).tolist()     # ranks 0 and 1 first, 2 and 3 then
    [1, 0, 0, 1]
    """
    from smilecurve.solve._packing_kernels import FOUND, search

    length, pairs = np.ascontiguousarray(times, dtype=np.int64), shape_arcs(arcs)
    side = _Side(length, pairs, followers(length.size, pairs), takt)
    order = np.asarray(rank, dtype=np.float64)
    value = length * (1.0 + pull * (1.0 - order / max(float(order.max(initial=0.0)), 1.0)))
    arrays = (
        side.times,
        side.succ_at,
        side.succ,
        side.preds,
        side.stronger_at[:1].repeat(length.size + 1),
        side.stronger,
    )
    first = np.argsort(-value, kind="stable")
    status, station, _ = search(*arrays, side.must(stations), value, first, takt, stations, 300, 1_000, tries)
    return station if status == FOUND else np.zeros(0, np.int64)


def shortest_takt(
    times: ArrayLike, arcs: ArrayLike, stations: int, *, seed: int = 0, tries: int = 100_000
) -> TaktPacking:
    """Find the shortest takt at which the tasks fit into this many stations, by halving between a bound and a plan.

    >>> shortest_takt([6, 2, 5, 7, 1, 2, 3], [(0, 1), (1, 5), (2, 6), (3, 6)], 3).takt   # 26 of work -> at least 9
    9
    """
    length = np.ascontiguousarray(times, dtype=np.int64)
    first = _first_takt(length, stations)
    low, proved, high = first, first, max(int(length.sum()), first)
    plan = np.zeros(length.size, np.int64)
    while low < high:
        middle = (low + high) // 2
        found = fewest_stations(length, arcs, middle, seed=seed, tries=tries, at_most=stations)
        if found.stations <= stations:
            plan, high = found.station, int(np.bincount(found.station, weights=length).max())
        else:
            low = middle + 1
            if found.lower_bound > stations:
                proved = max(proved, low)
    proved = min(proved, high)
    return TaktPacking(plan, high, proved, "open" if proved < high else "bound" if first == high else "search")


_STEPS = ((1, 200, 12), (30, 200, 4), (300, 1_000, 2), (3_000, 10_000, 2), (30_000, 100_000, 2), (150_000, 10**9, 2))
"""Widths, loads tried for each partial plan, and rounds of the search, from quick to exhaustive."""


def _race(best: Packing, sides: tuple[_Side, _Side], rng: np.random.Generator, tries: int, goal: int) -> Packing:
    """Search from both ends of the line in turn, wider and wider, until proved, at the goal, or out of tries."""
    for width, loads, rounds in _STEPS:
        for turn in range(rounds):
            if best.stations <= goal or best.proof == "search" or best.work >= tries:
                return best
            best = _improve(best, sides[turn % 2], rng, (width, loads, tries), goal, backward=turn % 2 == 1)
    return best


class _Side:
    """The tasks seen from one end of the line: arrays the compiled search reads."""

    def __init__(self, times: Ints, arcs: Ints, ahead: NDArray[np.bool_], takt: int) -> None:
        n = times.size
        self.times, self.takt, self.ahead = times, takt, ahead
        order = np.lexsort((arcs[:, 1], arcs[:, 0]))
        self.succ = np.ascontiguousarray(arcs[order, 1])
        self.succ_at = np.concatenate(([0], np.cumsum(np.bincount(arcs[:, 0], minlength=n)))).astype(np.int64)
        self.preds = np.bincount(arcs[:, 1], minlength=n).astype(np.int64)
        self.stronger_at, self.stronger = _stronger(times, ahead)
        self.tails = np.array(_tail_bounds(times, ahead, takt), dtype=np.int64)
        self.weight = ahead @ times + times
        self.follows = ahead.sum(axis=1)

    def value(self, rng: np.random.Generator, plain: bool) -> NDArray[np.float64]:
        """Rank the tasks: their time less a little each, or also the work and the number of tasks behind them."""
        mean = float(self.times.mean())
        if plain:
            return np.asarray(self.times - 0.02 * mean, dtype=np.float64)
        draw = rng.random(3)
        behind = draw[0] * 0.05 * self.weight + draw[1] * 0.1 * mean * self.follows
        shaken = self.times * (1 + 0.05 * rng.random(self.times.size))
        return np.asarray(shaken + behind - 0.1 * draw[2] * mean, dtype=np.float64)

    def must(self, target: int) -> Ints:
        """For each number of filled stations, the tasks that no later station may hold, as bits."""
        n = self.times.size
        words = np.zeros((target + 1, (n + 63) // 64), np.uint64)
        for task in range(n):
            last = max(target + 1 - int(self.tails[task]), 0)
            words[last:, task >> 6] |= np.uint64(1 << (task & 63))
        return words.view(np.int64)


def _improve(
    best: Packing, side: _Side, rng: np.random.Generator, limits: tuple[int, int, int], goal: int, *, backward: bool
) -> Packing:
    """Ask for one station less, again and again, until the search fails, proves there is none, or the goal is met."""
    from smilecurve.solve._packing_kernels import EXHAUSTED, FOUND, search

    width, loads, tries = limits
    value = side.value(rng, plain=width > 1 and rng.random() < 0.7)
    rank = np.argsort(-value, kind="stable")
    while best.stations > goal and best.work < tries:
        target = best.stations - 1
        arrays = (side.times, side.succ_at, side.succ, side.preds, side.stronger_at, side.stronger, side.must(target))
        status, station, work = search(*arrays, value, rank, side.takt, target, width, loads, tries - best.work)
        best = replace(best, work=best.work + int(work))
        if status == FOUND:
            used = int(station.max()) + 1
            best = replace(best, station=used - 1 - station if backward else station, stations=used)
        elif status == EXHAUSTED:
            return replace(best, lower_bound=best.stations, bound_name="search", proof="search")
        else:
            return best
    return best


def _tail_bounds(times: Ints, ahead: NDArray[np.bool_], takt: int) -> list[int]:
    """Bound, for each task, the stations from its own to the end of the line: LB1-LB3 of the task and all behind it."""
    from smilecurve.solve._packing_kernels import weights_of

    halves, sixths = weights_of(times, takt)
    stack = np.stack((times, halves, sixths), axis=1)
    sums = ahead.astype(np.int64) @ stack + stack
    return [int(bound) for bound in np.max(-(-sums // np.array([takt, 2, 6])), axis=1)]


def _stronger(times: Ints, ahead: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """List, for each task, the unrelated tasks at least as long whose followers include all of its own (Jackson
    1956).
    """
    n = times.size
    starts, found = [0], []
    number = np.arange(n)
    for task in range(n):
        behind = ahead[task]
        holds = ahead[:, behind].all(axis=1) & (times >= times[task]) & ~behind & ~ahead[:, task]
        strict = (times > times[task]) | (ahead.sum(axis=1) > behind.sum()) | (number < task)
        rows = np.flatnonzero(holds & strict & (number != task))
        found.append(rows)
        starts.append(starts[-1] + rows.size)
    return np.array(starts, dtype=np.int64), np.concatenate(found).astype(np.int64)


def _first_takt(times: Ints, stations: int) -> int:
    """Give the shortest takt the counting bounds allow."""
    takt = max(int(times.max(initial=0)), -(-int(times.sum()) // stations), 1)
    while max(station_bounds(times, takt).values()) > stations:
        takt += 1
    return takt
