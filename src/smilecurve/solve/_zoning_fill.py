"""Quick plans under rules: station after station is filled in many random orders, and the best plan is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._zoning_job import NO_LAYOUT, Bools, Ints, Job, Layout

Floats = NDArray[np.float64]


def standing(job: Job) -> Layout:
    """Give today's plan if every block has one old place and it holds, else an empty one."""
    whole = (job.kept > 0).sum(axis=1) == 1
    if not whole.all():
        return NO_LAYOUT
    stays = job.only(job.kept > 0)
    plan = filled(stays, job.kept.argmax(axis=1).astype(np.float64))
    return plan if plan.whole and job.holds(plan) else NO_LAYOUT


def quick_plan(job: Job, enough: int, rng: np.random.Generator, start: Layout, rounds: int = 100) -> Layout:
    """Try many random orders; best is the fewest stations above `enough`, then the fewest tasks moved.

    Every other order follows today's plan.
    """
    n, best = job.times.size, start
    worth = (max(job.stations(best), enough), job.moves(best)) if best.whole else (1 << 40, 0)
    last = latest(job)
    old = np.minimum(np.where(job.kept.sum(axis=1) > 0, job.kept.argmax(axis=1), last), last)
    for turn in range(rounds):
        shaken = 2.0 * rng.random(n) * rng.random()
        weight = (last if turn % 2 else old) - job.times / max(job.takt, 1) * rng.random() - shaken
        plan = filled(job, weight)
        if plan.whole and job.holds(plan):
            found = max(job.stations(plan), enough), job.moves(plan)
            if found < worth:
                best, worth = plan, found
    return best


def filled(job: Job, weight: Floats) -> Layout:
    """Fill the places in turn with the fitting block of least weight, at the side that is free first.

    Empty when a block found no place. A place is given more stations side by side only for a block that needs them.
    """
    n = job.times.size
    place, side, start = (np.full(n, -1, np.int64) for _ in range(3))
    waits = np.bincount(job.arcs[:, 1], minlength=n)
    behind = [job.arcs[job.arcs[:, 0] == block, 1] for block in range(n)]
    for at in range(job.places):
        for copies in range(1, int(job.beside[at]) + 1):
            _fill(job, at, copies, weight, (place, side, start), waits, behind)
            if (place == at).any():
                break
        if (place >= 0).all():
            return Layout(place, side, start)
    return NO_LAYOUT


def _fill(
    job: Job, at: int, copies: int, weight: Floats, plan: tuple[Ints, Ints, Ints], waits: Ints, behind: list[Ints]
) -> None:
    """Put blocks at one place until none fits."""
    place, side, start = plan
    room = np.repeat(job.limits(job.takt)[:, at : at + 1] * copies, 2, axis=1)
    clock = np.zeros(2, np.int64)
    ready = np.zeros(place.size, np.int64)
    free = (place < 0) & job.open[:, at, :].any(axis=1)
    while True:
        waiting = np.flatnonzero(free & (waits == 0) & (place < 0))
        begin = np.maximum(ready[waiting, None], clock[None, :])
        fits = job.open[waiting, at, :] & (job.loads[:, waiting, None] <= room[:, None, :]).all(axis=0)
        fits &= begin + job.times[waiting, None] <= job.takt * copies
        able = fits.any(axis=1)
        if not able.any():
            return
        pick = int(np.where(able, weight[waiting], np.inf).argmin())
        block, where = int(waiting[pick]), int(np.where(fits[pick], begin[pick], np.iinfo(np.int64).max).argmin())
        place[block], side[block], start[block] = at, where, begin[pick, where]
        clock[where] = start[block] + job.times[block]
        room[:, where] -= job.loads[:, block]
        free &= ~job.apart[block]
        waits[behind[block]] -= 1
        ready[behind[block]] = np.maximum(ready[behind[block]], clock[where])


def latest(job: Job) -> Floats:
    """Give the last place each block may stand at, from where it may stand and the blocks behind it."""
    anywhere: Bools = np.asarray(job.open.any(axis=2))
    last: Floats = (job.places - 1 - anywhere[:, ::-1].argmax(axis=1)).astype(np.float64)
    tail = job.times / max(job.takt, 1)
    for _ in range(job.times.size):
        ahead = last[job.arcs[:, 1]] - 0.5 * tail[job.arcs[:, 1]]
        lower = last.copy()
        np.minimum.at(lower, job.arcs[:, 0], ahead)
        if (lower == last).all():
            break
        last = lower
    return last
