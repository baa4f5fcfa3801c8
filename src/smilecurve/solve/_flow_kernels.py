"""Compiled recursion of solve.flow: when each machine leaves each station of a serial line with finite buffers."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True)
def run_line(service: Floats, repair: Floats, buffers: Ints, warm: int) -> Floats:
    """Pass the jobs through the line; return per station busy, starved, blocked, down time after `warm` jobs, then
    the span.

    service[station, job] and repair[station, job] are times; buffers[k] places between stations k and k + 1. Job n
    leaves station j when it is done there and job n - buffers[j] - 1 has left station j + 1 (blocking after service).
    Row j of the answer: busy, starved, blocked, down, last departure minus the departure of the last warm-up job.
    """
    stations, jobs = service.shape
    left = np.zeros((stations, jobs))
    spent = np.zeros((stations, 5))
    for job in range(jobs):
        arrived = 0.0
        for station in range(stations):
            free = left[station, job - 1] if job > 0 else 0.0
            start = max(arrived, free)
            done = start + service[station, job] + repair[station, job]
            leave = done
            if station < stations - 1:
                ahead = job - buffers[station] - 1
                if ahead >= 0:
                    leave = max(leave, left[station + 1, ahead])
            left[station, job] = leave
            if job >= warm:
                spent[station, 0] += service[station, job]
                spent[station, 1] += start - free
                spent[station, 2] += leave - done
                spent[station, 3] += repair[station, job]
            arrived = leave
    for station in range(stations):
        spent[station, 4] = left[station, jobs - 1] - (left[station, warm - 1] if warm > 0 else 0.0)
    return spent
