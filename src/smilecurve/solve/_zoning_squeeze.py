"""From today's plan to one that holds a shorter takt: places that need too much are replanned with neighbours.

Each step is a small constraint program on a few neighbouring places and the emptiest ones; what is needed beyond the
takt, summed over the places, only falls.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from smilecurve.solve._zoning_clock import Limit
from smilecurve.solve._zoning_fill import standing
from smilecurve.solve._zoning_job import NO_LAYOUT, Bools, Ints, Job, Layout
from smilecurve.solve._zoning_model import Model

WIDTHS = ((3, 0.02), (5, 0.06), (8, 0.2), (12, 0.5))
"""Places replanned at once and the deterministic time for it, more when narrow ones do not help."""
EMPTIEST = 2
"""Places with most time left, wherever they are, that each step may use as well."""


def needs(job: Job, plan: Layout) -> Ints:
    """Give the time each place needs a machine: its work, or on two sides when the last block there ends."""
    if not job.two_sided:
        return np.bincount(plan.place, weights=job.times, minlength=job.places).astype(np.int64)
    ends = np.zeros(job.places, np.int64)
    np.maximum.at(ends, plan.place, plan.start + job.times)
    return ends


def squeezed(job: Job, plan: Layout, stations: int, limit: Limit) -> Layout:
    """Bring a plan that needs more than the takt below it in at most so many stations; empty where that fails.

    For jobs without stations side by side.
    """
    over, left = _over(job, plan), max(limit.patience, 0.1)
    while over.any() and not limit.spent and (left > 0 or limit.until is not None):
        better, work = _step(job, plan, stations, limit, left)
        if not better.whole:
            return NO_LAYOUT
        plan, over, left = better, _over(job, better), left - work
    return plan if not over.any() and job.holds(plan) and job.stations(plan) <= stations else NO_LAYOUT


def standing_over(job: Job) -> Layout:
    """Give today's plan if it keeps every rule but the takt, else an empty one."""
    return standing(replace(job, takt=max(int(job.times.sum()), 1)))


def _over(job: Job, plan: Layout) -> Ints:
    return np.maximum(needs(job, plan) - job.takt, 0)


def _step(job: Job, plan: Layout, stations: int, limit: Limit, left: float) -> tuple[Layout, float]:
    """Replan around one of the places that need too much, the worst first; empty where no window helps.

    Give the deterministic time as well; beyond what is left, no other window is tried.
    """
    over, work = _over(job, plan), 0.0
    worst = [int(at) for at in np.argsort(-over, kind="stable") if over[at] > 0]
    for width, patience in WIDTHS:
        for at in worst[:4]:
            begin = min(max(at - width // 2, 0), max(job.places - width, 0))
            near = job.only(_near(job, plan, begin, begin + width))
            model = Model(near, max(stations, np.unique(plan.place).size), over=int(over.max()))
            found = model.little_over(plan, Limit(patience, limit.seed, limit.until))
            work += found.work + 0.01
            if found.plan.whole and _over(job, found.plan).sum() < over.sum():
                return found.plan, work
            if (work > left and limit.until is None) or limit.spent:
                return NO_LAYOUT, work
    return NO_LAYOUT, work


def _near(job: Job, plan: Layout, begin: int, end: int) -> Bools:
    """Say where each block may go: inside the window, home, or to the emptiest places; all others stay."""
    allowed = np.zeros((plan.place.size, job.places), np.bool_)
    inside = (plan.place >= begin) & (plan.place < end)
    allowed[inside, begin:end] = True
    allowed[np.ix_(inside, np.argsort(needs(job, plan), kind="stable")[:EMPTIEST])] = True
    allowed[inside] |= job.kept[inside] > 0
    allowed[np.arange(plan.place.size), plan.place] = True
    return allowed
