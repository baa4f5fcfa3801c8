"""Few moves: a constraint program on the whole line for the bound, on a few stations at a time where it is large."""

from __future__ import annotations

import numpy as np

from smilecurve.solve._zoning_clock import Limit
from smilecurve.solve._zoning_job import Bools, Ints, Job, Layout
from smilecurve.solve._zoning_model import Model
from smilecurve.solve.packing import plan_like

WINDOWS = ((4, 2), (8, 4), (14, 5))
"""Widths of the windows in places, and steps between them."""


def few_moves(job: Job, plan: Layout, stations: int, limit: Limit) -> tuple[Layout, int]:
    """Move few tasks, in at most so many stations, from a plan that holds; give the plan and a bound on the moves."""
    if job.moves(plan) == 0:
        return plan, 0
    whole = Model(job, stations).few_moves(plan, limit.part(0.4))
    best, bound = _better(job, plan, whole.plan), whole.bound
    if job.moves(best) <= bound:
        return best, bound
    before = job.moves(best)
    best = _by_windows(job, best, stations, limit.part(0.4), bound)
    if before > job.moves(best) > bound:
        again = Model(job, stations).few_moves(best, limit.part(0.6))
        best, bound = _better(job, best, again.plan), max(bound, again.bound)
    return best, bound


def _better(job: Job, plan: Layout, other: Layout) -> Layout:
    return other if other.whole and job.moves(other) < job.moves(plan) else plan


def _by_windows(job: Job, plan: Layout, stations: int, limit: Limit, bound: int) -> Layout:
    """Replan a few neighbouring places at a time, with the blocks that came from there, until nothing gets better."""
    for width, stride in WINDOWS:
        better = True
        while better and not limit.spent:
            before = job.moves(plan)
            spots = range(0, max(job.places - width, 0) + stride, stride)
            for begin in spots:
                if job.moves(plan) <= bound or limit.spent:
                    return plan
                near = job.only(_near(job, plan, begin, begin + width))
                share = Limit(limit.patience / len(spots), limit.seed, limit.until)
                found = Model(near, stations).few_moves(plan, share if limit.until is None else share.part(0.2))
                plan = _better(job, plan, found.plan)
            better = limit.until is not None and job.moves(plan) < before
    return plan


def _near(job: Job, plan: Layout, begin: int, end: int) -> Bools:
    """Say where each block may go: where it stands now; from and into the window also home and anywhere inside it."""
    rows = np.arange(plan.place.size)
    allowed = np.zeros((rows.size, job.places), np.bool_)
    home = job.kept > 0
    inside = (plan.place >= begin) & (plan.place < end)
    allowed[inside, begin:end] = True
    allowed[inside] |= home[inside]
    strays = ~inside & home[:, begin:end].any(axis=1)
    allowed[strays] |= home[strays]
    allowed[rows, plan.place] = True
    return allowed


def likest(job: Job, station: Ints, stations: int) -> Layout:
    """Look for a plan of so many stations that resembles today's: pulled to the old order, the best kept.

    For jobs in which nothing but time and order rules.
    """
    old = np.where(job.kept.sum(axis=1) > 0, job.kept.argmax(axis=1), job.places)
    pulls = (0.5, 2.0, 8.0, 30.0) if job.kept.any() else ()
    plans = [station, *(plan_like(job.times, job.arcs, job.takt, stations, old, pull=pull) for pull in pulls)]
    nothing = np.zeros(station.size, np.int64)
    aligned = [Layout(_aligned(plan, job.kept, job.places), nothing, nothing) for plan in plans if plan.size]
    return min(aligned, key=job.moves)


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
