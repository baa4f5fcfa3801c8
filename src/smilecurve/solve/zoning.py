"""How few stations, or how short a takt, when tasks have rules - and how few tasks must move for it?

Rules: some tasks must stay, some belong together, some keep apart, some need a side of the machine, a skill or a tool
that only some stations have; a station gives so much of each of several kinds (the work of each model, strain on its
worker); stations may stand side by side; left and right of a station may be worked at the same time. First the stations
in use (or the takt) are made small, then, at that, the tasks that leave their old station. Without rules the first step
is solve.packing; all else is a constraint program (OR-Tools CP-SAT, one worker, a limit in its deterministic time, so
that the same input gives the same plan), started from the best of many quick plans.

Sources: assignment restrictions, Scholl, Fliedner & Boysen (2010), EJOR 200:688-701; two-sided lines, Bartholdi (1993),
IJPR 31:2447-2461; parallel stations, Bard (1989), IJPR 27:1005-1018.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from smilecurve.solve._zoning_clock import Limit
from smilecurve.solve._zoning_fill import quick_plan, standing
from smilecurve.solve._zoning_job import BOTH, NO_LAYOUT, Ints, Job, Layout, Rules, column, contract
from smilecurve.solve._zoning_model import Model, starts_in_turn
from smilecurve.solve._zoning_moves import few_moves, likest
from smilecurve.solve._zoning_squeeze import needs, squeezed, standing_over
from smilecurve.solve.packing import fewest_stations, shortest_takt

__all__ = ["ZonedPacking", "Zones", "pace_in_zones", "pack_in_zones", "thrift_in_zones"]


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Zones:
    """Rules by task, -1 or an empty array where there is none.

    fixed: the place a task must stay at, from 0; together: tasks with one number share a station; apart: tasks with
    one number never do; old: the place a task stands at today; side: 0 either, 1 left, 2 right of the machine.
    sides, by place: 0 one worker reaches all, 1 left only, 2 right only, 3 both, worked at the same time by two.
    allowed: tasks x places (skills, tools). loads: kinds x tasks, caps: kinds x places: what a task takes of a worker
    besides time, and the most a worker gives. copies: most stations side by side at each place.
    """

    fixed: ArrayLike = field(default_factory=_none)
    together: ArrayLike = field(default_factory=_none)
    apart: ArrayLike = field(default_factory=_none)
    old: ArrayLike = field(default_factory=_none)
    side: ArrayLike = field(default_factory=_none)
    sides: ArrayLike = field(default_factory=_none)
    allowed: ArrayLike = field(default_factory=_none)
    loads: ArrayLike = field(default_factory=_none)
    caps: ArrayLike = field(default_factory=_none)
    copies: ArrayLike = 1

    def filled(self, n: int, places: int) -> Rules:
        """Give every column in full, for n tasks and so many places; places beyond those described bind nothing."""
        allowed, loads, caps = np.asarray(self.allowed), np.asarray(self.loads), np.asarray(self.caps)
        anywhere = np.ones((n, places), np.bool_)
        wide = min(places, allowed.shape[1]) if allowed.ndim == 2 else 0
        anywhere[:, :wide] = allowed[:, :wide] if wide else True
        kinds = loads.reshape(-1, n).astype(np.int64) if loads.size else np.zeros((0, n), np.int64)
        limits = np.repeat(np.maximum(kinds.sum(axis=1, keepdims=True), 1), places, axis=1)
        wide = min(places, caps.shape[1]) if caps.ndim == 2 else 0
        limits[:, :wide] = caps[:, :wide] if wide else limits[:, :wide]
        sides = np.zeros(places, np.int64)
        given = np.asarray(self.sides, dtype=np.int64)[:places]
        sides[: given.size] = given
        fixed, together, apart, old = (column(v, n) for v in (self.fixed, self.together, self.apart, self.old))
        side = column(self.side, n, 0)
        beside = np.ones(places, np.int64)
        most = np.asarray(self.copies, dtype=np.int64)
        beside[: most.size if most.ndim else places] = most[:places] if most.ndim else most
        return Rules(fixed, together, apart, old, side, sides, anywhere, kinds, limits, beside)


@dataclass(frozen=True)
class ZonedPacking:
    """A plan under rules; `station` is empty when none was found, and `impossible` says that none exists.

    station[i] is the place of task i, side[i] 0 or, at a place worked from both sides, 0 left and 1 right, start[i]
    when it starts there; copies, by place, the stations side by side; stations how many are in use, of which no plan
    uses fewer than lower_bound; moved counts the tasks that left their old place, of which no plan of as many stations
    at this takt has fewer than moved_bound; takt is the one planned for, takt_bound one that cannot be beaten.
    """

    station: Ints
    side: Ints
    start: Ints
    copies: Ints
    stations: int
    lower_bound: int
    moved: int
    moved_bound: int
    takt: int
    takt_bound: int
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
    until: float | None = None,
) -> ZonedPacking:
    """Pack the tasks into few stations at `places` under the rules, then keep as many as found at their old place.

    times, arcs, takt as in solve.packing; without rules more than `places` may be used; with `enough`, that many
    stations may be used if this keeps more tasks in place; patience is the deterministic time of each constraint
    program, or until the CPU time of this process at which to stop.

    >>> plan = pack_in_zones([4, 4, 4], [(0, 1)], 8, Zones(apart=[1, -1, 1], old=[1, 1, 0]), places=3)
    >>> plan.stations, plan.moved                     # 12 of work: two stations; all may stay where they stand
    (2, 0)
    """
    job, old = _job(times, arcs, takt, zones, places)
    limit = Limit(patience, seed, until)
    if job.clash:
        return _nothing(takt, 0, impossible=True)
    free = fewest_stations(job.times, job.arcs, takt, seed=seed) if _simple(job) else None
    bound = max(_counted(job), free.lower_bound if free else 0)
    plan = standing(job)
    if not (plan.whole and job.stations(plan) <= max(bound, enough)):
        if free and job.plain:
            if free.stations > places:
                more = {"places": free.stations, "enough": enough, "seed": seed, "patience": patience}
                return pack_in_zones(times, arcs, takt, zones, **more, until=until)  # type: ignore[arg-type]
            used = max(free.stations, min(enough, places))
            plan = _closest(job, likest(job, free.station, used), used, limit)
        else:
            plan, bound, impossible = _few_under_rules(job, plan, bound, enough, limit)
            if not plan.whole:
                return _nothing(takt, bound, impossible)
    used = max(job.stations(plan), min(enough, int(job.beside.sum())))
    plan, moved_bound = few_moves(job, plan, used, limit)
    return _told(job, plan, old, bound, moved_bound, takt)


def pace_in_zones(
    times: ArrayLike,
    arcs: ArrayLike,
    zones: Zones,
    *,
    places: int,
    stations: int = 0,
    seed: int = 0,
    patience: float = 0.8,
    until: float | None = None,
) -> ZonedPacking:
    """Find the shortest takt of `stations` stations (default: one a place), then keep tasks at their old place.

    >>> pace_in_zones([6, 2, 5, 7], [(0, 1)], Zones(apart=[1, 1, -1, -1]), places=2).takt       # 6 + 5 and 2 + 7
    11
    """
    length = np.asarray(times, dtype=np.int64)
    stations, whole = stations or places, max(int(length.sum()), 1)
    job, old = _job(times, arcs, whole, zones, places)
    limit = Limit(patience, seed, until)
    if job.clash:
        return _nothing(0, 0, impossible=True)
    if job.plain:
        found = shortest_takt(job.times, job.arcs, stations, seed=seed)
        takt, takt_bound = found.takt, found.lower_bound
        job = replace(job, takt=takt)
        plan = likest(job, found.station, stations)
    else:
        plan, takt, takt_bound, impossible = _short_under_rules(job, stations, limit)
        if not plan.whole:
            return _nothing(0, takt_bound, impossible)
        job = replace(job, takt=takt)
    stay = standing(job)
    if stay.whole and job.stations(stay) <= stations:
        plan, moved_bound = stay, 0
    else:
        plan, moved_bound = few_moves(job, plan, max(stations, job.stations(plan)), limit)
    return replace(_told(job, plan, old, _counted(job), moved_bound, takt), takt_bound=min(takt_bound, takt))


def thrift_in_zones(
    times: ArrayLike,
    arcs: ArrayLike,
    takt: int,
    zones: Zones,
    *,
    places: int,
    seed: int = 0,
    patience: float = 0.8,
) -> tuple[ZonedPacking, int]:
    """Find the stations and the takt, not above `takt`, whose product is least; give the plan and a bound on it.

    Numbers of stations whose bound shows that they cannot win are left out.

    >>> plan, bound = thrift_in_zones([6, 2, 5, 7, 1, 2, 3], [(0, 1), (1, 5)], 14, Zones(), places=5)
    >>> plan.stations, plan.takt, bound                   # 26 of work: 2 stations of 13 waste nothing
    (2, 13, 26)
    """
    best = pack_in_zones(times, arcs, takt, zones, places=places, seed=seed, patience=patience)
    if best.station.size == 0:
        return best, 0
    length, hands = np.asarray(times, dtype=np.int64), 1 + int((np.asarray(zones.sides) == BOTH).any())
    work, floor, worth = int(length.sum()), 1 << 60, best.stations * best.takt
    job = _job(times, arcs, takt, zones, places)[0]
    for stations in range(best.lower_bound, max(best.stations, int(job.beside.sum())) + 1):
        least = stations * max(-(-work // (stations * hands)), -(-int(length.max()) // int(np.max(zones.copies))))
        if least >= worth:
            floor = min(floor, least)
            continue
        wide = max(places, stations) if job.plain else places
        plan = pace_in_zones(times, arcs, zones, places=wide, stations=stations, seed=seed, patience=patience)
        floor = min(floor, stations * plan.takt_bound if plan.station.size else least)
        if plan.station.size and plan.takt <= takt and plan.stations * plan.takt < worth:
            best, worth = plan, plan.stations * plan.takt
    return best, min(floor, worth)


def _job(times: ArrayLike, arcs: ArrayLike, takt: int, zones: Zones, places: int) -> tuple[Job, Ints]:
    length = np.asarray(times, dtype=np.int64)
    rules = zones.filled(length.size, places)
    return contract(length, np.asarray(arcs, dtype=np.int64).reshape(-1, 2), int(takt), places, rules), rules.old


def _simple(job: Job) -> bool:
    """Say whether solve.packing bounds the job: one worker a station, no block longer than the takt."""
    return job.copies == 1 and not job.two_sided and int(job.times.max(initial=0)) <= job.takt


def _counted(job: Job) -> int:
    """Bound the stations by the work: the places with most workers first."""
    work = int(job.times.sum())
    if job.copies > 1:
        return -(-work // (job.takt * int(job.sides.max(initial=1))))
    room = np.cumsum(np.sort(job.sides)[::-1]) * job.takt
    return min(int(np.searchsorted(room, work)) + 1, job.places + 1) if work else 1


def _few_under_rules(job: Job, plan: Layout, bound: int, enough: int, limit: Limit) -> tuple[Layout, int, bool]:
    """Look for few stations under the rules: many quick plans, then the constraint program; say if none exists."""
    wanted = max(bound, enough)
    if bound <= job.places:
        plan = _closest(job, plan, max(wanted, np.unique(standing_over(job).place).size), limit)
    plan = quick_plan(job, wanted, np.random.default_rng(limit.seed), plan)
    if plan.whole and job.stations(plan) <= wanted:
        return plan, bound, False
    found = Model(job, int(job.beside.sum())).few_stations(bound, plan, limit.part(0.5))
    return (found.plan if found.plan.whole else plan), max(bound, found.bound), found.impossible


def _closest(job: Job, plan: Layout, stations: int, limit: Limit) -> Layout:
    """Give today's plan brought under the takt where that needs no more stations and moves fewer tasks than `plan`."""
    today = standing_over(job)
    if job.copies > 1 or not today.whole:
        return plan
    found = squeezed(job, today, stations, limit.part(0.3))
    return found if found.whole and not (plan.whole and job.moves(plan) <= job.moves(found)) else plan


def _short_under_rules(job: Job, stations: int, limit: Limit) -> tuple[Layout, int, int, bool]:
    """Look for a short takt under the rules: quick plans at takts halved between bound and plan, then the program.

    Give the plan, its takt, a bound on the takt, and whether there is no plan at all.
    """
    low = max(-(-int(job.times.sum()) // (stations * int(job.sides.max()))), -(-int(job.times.max()) // job.copies), 1)
    high, best = job.takt, NO_LAYOUT
    if job.copies == 1 and (today := standing_over(job)).whole and np.unique(today.place).size <= stations:
        best, high = _paced(job, today, stations, low, limit)
    floor, rng = low, np.random.default_rng(limit.seed)
    while floor < high:
        middle = (floor + high) // 2
        at = replace(job, takt=middle)
        plan = quick_plan(at, stations, rng, NO_LAYOUT, rounds=20)
        if plan.whole and at.stations(plan) <= stations:
            best, high = plan, middle
        else:
            floor = middle + 1
    found = Model(replace(job, takt=high), stations, (low, high)).short_takt(best, limit.part(0.5))
    if found.plan.whole:
        return found.plan, found.value, max(low, found.bound), False
    return best, high, max(low, found.bound), found.impossible


def _paced(job: Job, plan: Layout, stations: int, low: int, limit: Limit) -> tuple[Layout, int]:
    """Bring a plan to ever shorter takts, each half way to what cannot be beaten; give the plan and its takt."""
    takt = int(needs(job, plan).max())
    for _ in range(12):
        goal = (low + takt) // 2
        found = squeezed(replace(job, takt=goal), plan, stations, limit.part(0.1)) if goal < takt else NO_LAYOUT
        if found.whole:
            plan, takt = found, int(needs(job, found).max())
        elif goal < takt:
            low = goal + 1
    return plan, takt


def _nothing(takt: int, bound: int, impossible: bool) -> ZonedPacking:
    none = np.zeros(0, np.int64)
    return ZonedPacking(none, none, none, none, 0, bound, 0, 0, takt, 0, impossible)


def _closed_up(job: Job, plan: Layout) -> Layout:
    """Leave no empty place between used ones, where nothing stands there today and the rules allow it."""
    closer = replace(plan, place=np.unique(plan.place, return_inverse=True)[1].astype(np.int64))
    return closer if not job.kept.any() and job.holds(closer) else plan


def _told(job: Job, plan: Layout, old: Ints, bound: int, moved_bound: int, takt: int) -> ZonedPacking:
    """Tell a plan of blocks as one of tasks."""
    plan = _closed_up(job, plan)
    station, copies = plan.place[job.part], job.copies_of(plan)
    count = int(copies.sum())
    moved = int(((old >= 0) & (old != station)).sum())
    start = plan.start if job.two_sided else starts_in_turn(job, plan)
    return ZonedPacking(
        station,
        plan.side[job.part],
        start[job.part] + job.within,
        copies,
        count,
        min(bound, count),
        moved,
        min(moved_bound, moved),
        takt,
        takt,
    )
