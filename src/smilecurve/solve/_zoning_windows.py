"""The first and the last place each block may stand at: from its own places, and from the work before and behind it."""

from __future__ import annotations

import numpy as np

from smilecurve.solve._packing_graph import followers
from smilecurve.solve._zoning_job import Bools, Ints, Job


def windows(job: Job, takt: int) -> tuple[Ints, Ints]:
    """Give the first and last place of each block that a plan at this takt can use; first > last where none."""
    n = job.times.size
    anywhere: Bools = np.asarray(job.open.any(axis=2))
    ahead = followers(n, job.arcs).astype(np.int64)
    room = np.cumsum(job.sides * job.beside) * takt
    back = np.cumsum((job.sides * job.beside)[::-1]) * takt
    before, behind = ahead.T @ job.times + job.times, ahead @ job.times + job.times
    first = np.maximum(np.searchsorted(room, before), anywhere.argmax(axis=1))
    last = job.places - 1 - np.searchsorted(back, behind)
    last = np.minimum(last, job.places - 1 - anywhere[:, ::-1].argmax(axis=1))
    for _ in range(n):
        was = int(first.sum() - last.sum())
        np.maximum.at(first, job.arcs[:, 1], first[job.arcs[:, 0]])
        np.minimum.at(last, job.arcs[:, 0], last[job.arcs[:, 1]])
        if int(first.sum() - last.sum()) == was:
            break
    return first.astype(np.int64), last.astype(np.int64)
