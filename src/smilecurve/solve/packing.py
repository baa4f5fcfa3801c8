"""How few stations hold these tasks, how short a takt do these stations allow, and which of both wastes least?

Tasks have a time and a partial order; a station holds tasks whose times add up to at most the takt; a task may stand
in the station of its predecessor or later (the simple assembly line balancing problems 1, 2 and E). The answer carries
a lower bound.

Sources: bounds LB1-LB4, Scholl & Becker (2006), EJOR 168:666-693; L2, Martello & Toth (1990), Discrete Applied
Mathematics 28:59-70; maximal loads, Hoffmann (1963), from both ends, Fleszar & Hindi (2003), EJOR 145:606-620, in many
weightings, Sternatz (2014), EJOR 235:740-754; preferred tasks, Jackson (1956); branch, bound and remember, Sewell &
Jacobson (2012), INFORMS J. Computing 24:433-442, and Morrison, Sewell & Jacobson (2014), EJOR 236:403-409.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._packing_graph import one_by_one, shape_arcs

if TYPE_CHECKING:
    from smilecurve.solve._packing_race import Effort
    from smilecurve.solve._packing_sides import Lineup

Ints = NDArray[np.int64]
ProofKind = Literal["bound", "search", "open"]


@dataclass(frozen=True)
class Packing:
    """A plan of stations and what cannot be beaten.

    station[i] is the station of task i, from 0; `stations` how many are used; `lower_bound` no plan uses fewer;
    `proof` how we know: "bound" (a counting bound meets the plan), "search" (nothing better was left to try), "open"
    (a gap remains); `work` the tasks picked on the way.
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


@dataclass(frozen=True)
class EfficientPacking:
    """The plan of least stations x takt found, and a product that cannot be beaten in the range of takts asked for.

    `work` is the tasks picked on the way.
    """

    station: Ints
    stations: int
    takt: int
    product: int
    lower_bound: int
    proof: ProofKind
    work: int


def station_bounds(times: ArrayLike, takt: int) -> dict[str, int]:
    """Bound the number of stations from below: LB1 by work, LB2 by halves, LB3 by thirds of the takt.

    >>> station_bounds([6, 5, 5, 4, 3], 10)   # 23/10; 6, 5, 5 -> 1 + 2 halves; 6, 5, 5, 4 -> 4 halves
    {'LB1': 3, 'LB2': 2, 'LB3': 2}
    """
    from smilecurve.solve._packing_bounds import weights_of

    work = np.asarray(times, dtype=np.int64)
    halves, sixths = weights_of(work, int(takt))
    sums = {"LB1": (int(work.sum()), int(takt)), "LB2": (int(halves.sum()), 2), "LB3": (int(sixths.sum()), 6)}
    return {name: -(-total // unit) for name, (total, unit) in sums.items()}


def fewest_stations(
    times: ArrayLike,
    arcs: ArrayLike,
    takt: int,
    *,
    seed: int = 0,
    tries: int = 2_000_000,
    at_most: int | None = None,
    seconds: float | None = None,
) -> Packing:
    """Pack the tasks into as few stations as found; the same input, seed and tries give the same plan.

    times: whole numbers, one a task; arcs: rows (before, after) of task numbers; takt in the unit of the times.
    `tries` limits the work, in tasks picked for a station; `seconds`, if given, the CPU time of this thread instead.
    With `at_most`, stop as soon as a plan of that many stations is known.
    Raises ValueError when a task is longer than the takt or the arcs run in a circle.

    >>> fewest_stations([6, 2, 5, 7, 1, 2, 3], [(0, 1), (1, 5), (2, 6), (3, 6)], 10).stations   # 26 of work -> 3
    3
    """
    from smilecurve.solve._packing_race import Effort
    from smilecurve.solve._packing_sides import Order

    length, pairs = np.ascontiguousarray(times, dtype=np.int64), shape_arcs(arcs)
    takt = int(takt)
    if length.size and int(length.max()) > takt:
        raise ValueError("a task is longer than the takt")
    if length.size == 0:
        return Packing(np.zeros(0, np.int64), 0, 0, "LB1", "bound", 0)
    effort = Effort(tries, seconds)
    return _pack(Order.of(length, pairs).at(takt), pairs, at_most or 0, effort, seed)


def plan_like(
    times: ArrayLike, arcs: ArrayLike, takt: int, stations: int, rank: ArrayLike, *, pull: float, tries: int = 100_000
) -> Ints:
    """Look for a plan of at most `stations` that takes the tasks in about the order of `rank`; empty if none was found.

    rank: a number a task, small ones early; pull: how much an early rank outweighs the length of a task.

    >>> plan_like([5, 5, 5, 5], [], 10, 2, [3, 1, 0, 2], pull=9.0).tolist()     # ranks 0 and 1 first, 2 and 3 then
    [1, 0, 0, 1]
    """
    from smilecurve.solve._packing_race import first_plan
    from smilecurve.solve._packing_sides import Order

    length, order = np.ascontiguousarray(times, dtype=np.int64), np.asarray(rank, dtype=np.float64)
    value = length * (1.0 + pull * (1.0 - order / max(float(order.max(initial=0.0)), 1.0)))
    lineup = Order.of(length, shape_arcs(arcs)).at(int(takt))
    return first_plan(lineup, value, stations, tries)


def shortest_takt(
    times: ArrayLike,
    arcs: ArrayLike,
    stations: int,
    *,
    seed: int = 0,
    tries: int = 4_000_000,
    seconds: float | None = None,
) -> TaktPacking:
    """Find the shortest takt at which the tasks fit into this many stations, by halving between a bound and a plan.

    `tries` limits the work over all takts; `seconds`, if given, the CPU time of this thread instead.

    >>> shortest_takt([6, 2, 5, 7, 1, 2, 3], [(0, 1), (1, 5), (2, 6), (3, 6)], 3).takt   # 26 of work -> at least 9
    9
    """
    from smilecurve.solve._packing_race import Effort
    from smilecurve.solve._packing_sides import Order
    from smilecurve.solve._packing_takts import Takts

    length, pairs = np.ascontiguousarray(times, dtype=np.int64), shape_arcs(arcs)
    if length.size == 0:
        return TaktPacking(np.zeros(0, np.int64), 1, 1, "bound")
    takts = Takts.of(Order.of(length, pairs), stations, seed)
    counted = takts.low
    takts.shorten(Effort(tries, seconds))
    return TaktPacking(takts.plan, takts.high, takts.low, _proof(takts.high, takts.low, counted))


def best_efficiency(
    times: ArrayLike,
    arcs: ArrayLike,
    takts: tuple[int, int],
    *,
    seed: int = 0,
    tries: int = 4_000_000,
    seconds: float | None = None,
) -> EfficientPacking:
    """Find stations and takt of least product, the takt between two limits: the line that is idle least.

    takts: the shortest and the longest takt allowed; the others as in `shortest_takt`.
    Raises ValueError when a task is longer than the longest takt.

    >>> plan = best_efficiency([6, 2, 5, 7, 1, 2, 3], [(0, 1), (1, 5), (2, 6), (3, 6)], (7, 15))
    >>> plan.stations, plan.takt                               # 26 of work: 2 x 13 has no idle time at all
    (2, 13)
    """
    from smilecurve.solve._packing_race import Effort
    from smilecurve.solve._packing_sides import Order
    from smilecurve.solve._packing_takts import Takts

    length, pairs = np.ascontiguousarray(times, dtype=np.int64), shape_arcs(arcs)
    low, high = int(takts[0]), int(takts[1])
    if length.size == 0 or int(length.max()) > high:
        raise ValueError("no tasks, or a task is longer than the longest takt")
    effort, floor = Effort(tries, seconds), max(low, int(length.max()))
    order = Order.of(length, pairs)
    packed = [_pack(order.at(takt), pairs, 0, effort.part(0.1), seed) for takt in (high, floor)]
    effort.spend(sum(plan.work for plan in packed))
    counts = range(packed[0].lower_bound, packed[1].stations + 1)
    rows = sorted((Takts.of(order, m, seed, low) for m in counts), key=lambda one: one.stations * one.low)
    counted = rows[0].stations * rows[0].low
    best = min((_loaded(plan.station, length, low) for plan in packed), key=lambda one: one.product)
    for left, one in enumerate(rows):
        if one.stations * one.low < best.product:
            part = effort.part(1.0 / (len(rows) - left))
            one.shorten(part)
            effort.spend(part.done)
            found = _loaded(one.plan, length, low)
            best = found if one.high <= high and found.product < best.product else best
    bound = min([best.product, *(one.stations * one.low for one in rows if one.low <= high)])
    return replace(best, lower_bound=bound, proof=_proof(best.product, bound, counted), work=effort.done)


def _loaded(station: Ints, times: Ints, least: int) -> EfficientPacking:
    """Rate a plan by the stations it uses times its longest station."""
    load = np.bincount(station, weights=times)
    takt = max(int(load.max()), least)
    return EfficientPacking(station, load.size, takt, load.size * takt, 0, "open", 0)


def _proof(found: int, bound: int, counted: int) -> ProofKind:
    """Say how we know that nothing is better: by counting, by a search to the end, or not at all."""
    return "open" if bound < found else "bound" if counted == found else "search"


def _pack(lineup: Lineup, arcs: Ints, goal: int, effort: Effort, seed: int) -> Packing:
    """Search for few stations at one takt."""
    from smilecurve.solve._packing_race import Race

    name = max(lineup.bounds, key=lambda key: lineup.bounds[key])
    bound, times = lineup.bounds[name], lineup.job.times
    first = one_by_one(times, arcs, lineup.job.takt)
    race = Race(lineup, first, int(first.max()) + 1, max(bound, goal), np.random.default_rng(seed))
    race.run(effort)
    if race.proved and race.stations > bound:
        return Packing(race.station, race.stations, race.stations, "search", "search", effort.done)
    return Packing(race.station, race.stations, bound, name, _proof(race.stations, bound, bound), effort.done)
