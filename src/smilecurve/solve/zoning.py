"""How few stations hold the tasks when some must stay, some belong together and some must keep apart, with few moves?

First the number of stations in use is made small, then, at that number, the number of tasks that leave their old
station. Without rules the first step is solve.packing; with rules both steps are constraint programs (OR-Tools CP-
SAT, one worker, a limit in its deterministic time), so that the same input gives the same plan.

Sources: assignment restrictions in line balancing, Scholl, Fliedner & Boysen (2010), EJOR 200:688-701.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._zoning_job import Ints, Job, column, contract, moves_of
from smilecurve.solve._zoning_model import Model
from smilecurve.solve.packing import fewest_stations, plan_like


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Zones:
    """Rules by task, -1 or an empty array where there is none.

    fixed: the station a task must stay at, from 0; together: tasks with one number share a station; apart: tasks with
    one number never do; old: the station a task stands at today.
    """

    fixed: ArrayLike = field(default_factory=_none)
    together: ArrayLike = field(default_factory=_none)
    apart: ArrayLike = field(default_factory=_none)
    old: ArrayLike = field(default_factory=_none)


@dataclass(frozen=True)
class ZonedPacking:
    """A plan under rules; `station` is empty when none was found, and `impossible` says that none exists.

    stations counts the stations in use, of which no plan uses fewer than lower_bound; moved counts the tasks that
    left their old station, of which no plan of as many stations has fewer than moved_bound.
    """

    station: Ints
    stations: int
    lower_bound: int
    moved: int
    moved_bound: int
    impossible: bool = False


def pack_in_zones(
    times: ArrayLike,
    arcs: ArrayLike,
    takt: int,
    zones: Zones,
    *,
    places: int,
    enough: int = 0,
    seed: int = 0,
    patience: float = 0.8,
) -> ZonedPacking:
    """Pack the tasks into few of `places` stations under the rules, then keep as many as found at their old station.

    times, arcs, takt as in solve.packing; without rules more than `places` may be used; with `enough`, that many
    stations may be used if this keeps more tasks in place; patience is the deterministic time of each constraint
    program.

    >>> plan = pack_in_zones([4, 4, 4], [(0, 1)], 8, Zones(apart=[1, -1, 1], old=[1, 1, 0]), places=3)
    >>> plan.stations, plan.moved                     # 12 of work: two stations; all may stay where they stand
    (2, 0)
    """
    length = np.asarray(times, dtype=np.int64)
    columns = [column(v, length.size) for v in (zones.fixed, zones.together, zones.apart, zones.old)]
    job = contract(length, np.asarray(arcs, dtype=np.int64).reshape(-1, 2), takt, places, columns)
    nothing = np.zeros(0, np.int64)
    if job.clash:
        return ZonedPacking(nothing, 0, 0, 0, 0, impossible=True)
    free = fewest_stations(job.times, job.arcs, takt, seed=seed)
    ruled, bound, stay = bool((job.fixed >= 0).any() or job.apart.any()), free.lower_bound, job.old_plan()
    if stay.size and np.unique(stay).size <= max(bound, enough):
        plan = stay
    elif ruled:
        plan, bound, impossible = _few_under_rules(job, bound, enough, seed, patience)
        if plan.size == 0:
            return ZonedPacking(nothing, 0, bound, 0, 0, impossible)
    elif free.stations > places:
        return pack_in_zones(times, arcs, takt, zones, places=free.stations, enough=enough, seed=seed)
    else:
        plan = _likest(job, free.station, max(free.stations, min(enough, places)))
    used = max(int(np.unique(plan).size), min(enough, places))
    moved_bound = 0
    if moves_of(plan, job.kept) > 0:
        near = stay.size > 0 and np.unique(stay).size <= used
        plan, moved_bound = (stay, 0) if near else Model(job).few_moves(plan, used, seed, patience)
    station = plan[job.part]
    count, old = int(np.unique(station).size), columns[3]
    moved = int(((old >= 0) & (old != station)).sum())
    return ZonedPacking(station, count, min(bound, count), moved, min(moved_bound, moved))


def _few_under_rules(job: Job, bound: int, enough: int, seed: int, patience: float) -> tuple[Ints, int, bool]:
    """Look for few stations under the rules: many quick plans, then the constraint program; say if none exists."""
    plan = _quick_plan(job, max(bound, enough), np.random.default_rng(seed))
    if plan.size and np.unique(plan).size <= max(bound, enough):
        return plan, bound, False
    model = Model(job)
    better, proved = model.few_stations(bound, plan, seed, patience)
    return (better if better.size else plan), max(bound, proved), model.impossible


def _quick_plan(job: Job, enough: int, rng: np.random.Generator, rounds: int = 100) -> Ints:
    """Fill station by station in many random orders that keep the rules; return the best plan, or an empty one.

    Every other order follows today's plan. Best is the fewest stations above `enough`, then the fewest tasks moved.
    """
    n, best = job.times.size, job.old_plan()
    least = (max(np.unique(best).size, enough) if best.size else job.places + 1, 0)
    last = _latest(job)
    old = np.minimum(np.where(job.kept.sum(axis=1) > 0, job.kept.argmax(axis=1), last), last)
    for turn in range(rounds):
        weight = (last if turn % 2 else old) - 0.002 * job.times * rng.random() - 2.0 * rng.random(n) * rng.random()
        plan = _filled(job, weight)
        if (plan >= 0).all() and job.holds(plan):
            worth = max(int(np.unique(plan).size), enough), moves_of(plan, job.kept)
            if worth < least:
                best, least = plan, worth
    return best


def _filled(job: Job, weight: NDArray[np.float64]) -> Ints:
    """Fill the stations in turn with the fitting task of least weight; -1 for tasks that found no place."""
    plan = np.full(job.times.size, -1, np.int64)
    for place in range(job.places):
        room = job.takt
        while True:
            waiting = np.zeros(plan.size, np.bool_)
            waiting[job.arcs[plan[job.arcs[:, 0]] < 0, 1]] = True
            fits = (plan < 0) & ~waiting & (job.times <= room) & ((job.fixed < 0) | (job.fixed == place))
            fits &= ~job.apart[:, plan == place].any(axis=1)
            if not fits.any():
                break
            task = int(np.where(fits, weight, np.inf).argmin())
            plan[task] = place
            room -= int(job.times[task])
    return plan


def _latest(job: Job) -> NDArray[np.float64]:
    """Give the last station each task may stand at, from the tasks behind it and those that are fixed."""
    last = np.where(job.fixed >= 0, job.fixed, job.places - 1).astype(np.float64)
    tail = job.times / job.takt
    for _ in range(job.times.size):
        ahead = last[job.arcs[:, 1]] - 0.5 * tail[job.arcs[:, 1]]
        lower = last.copy()
        np.minimum.at(lower, job.arcs[:, 0], ahead)
        if (lower == last).all():
            break
        last = lower
    return last


def _likest(job: Job, station: Ints, stations: int) -> Ints:
    """Look for a plan of so many stations that resembles today's: pulled to the old order, the best kept."""
    old = np.where(job.kept.sum(axis=1) > 0, job.kept.argmax(axis=1), job.places)
    pulls = (0.5, 2.0, 8.0, 30.0) if job.kept.any() else ()
    plans = [station, *(plan_like(job.times, job.arcs, job.takt, stations, old, pull=pull) for pull in pulls)]
    aligned = [_aligned(plan, job.kept, job.places) for plan in plans if plan.size]
    return min(aligned, key=lambda plan: moves_of(plan, job.kept))


def _aligned(station: Ints, stands: Ints, places: int) -> Ints:
    """Lay the stations of a plan, in order, on those of the line so that most tasks stay where they stand."""
    used = int(station.max(initial=-1)) + 1
    width = max(places, used)
    kept = np.zeros((used, width), np.int64)
    np.add.at(kept[:, : stands.shape[1]], station, stands)
    best = np.full((used + 1, width + 1), -(1 << 40), np.int64)
    best[0] = 0
    for row in range(1, used + 1):
        for spot in range(row, width + 1):
            best[row, spot] = max(best[row, spot - 1], best[row - 1, spot - 1] + kept[row - 1, spot - 1])
    where, spot = np.zeros(used, np.int64), width
    for row in range(used, 0, -1):
        while spot > row and best[row, spot - 1] == best[row, spot]:
            spot -= 1
        spot -= 1
        where[row - 1] = spot
    return where[station]
