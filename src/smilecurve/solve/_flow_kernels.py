"""Compiled recursion of solve.flow: when each machine leaves each station of a serial line with finite buffers.

Times are drawn for a few jobs at a time (see _flow_noise) and passed through the line; of every station only the
departures that may still hold somebody up are kept, in a ring of one more than the places before it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from smilecurve.solve._flow_noise import exponential_of, noise_of, stream_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK = 32


@njit(cache=True, no_cpython_wrapper=True)
def _draw(
    work: Floats, models: Ints, kind: Ints, spread: Floats, samples: Floats, first_sample: Ints, stop_rate: Floats,
    repair: Floats, seed: int, run: int, life: Floats, stops: Ints, begin: int, count: int, hold: Floats, spent: Floats
) -> None:  # fmt: skip
    """Draw how long each station holds `count` jobs from `begin` on, working and standing; `life` is the working time
    to its next stop.
    """
    for j in range(work.shape[1]):
        if models.size == 1 and kind[j] == 0 and stop_rate[j] == 0.0:
            if begin == 0:
                hold[:, j] = work[models[0], j]
            spent[j, 0] += count * hold[0, j]
            continue
        serve, fail = stream_of(seed, run, j, 0), stream_of(seed, run, j, 1)
        own = samples[first_sample[j] : first_sample[j + 1]]
        if stop_rate[j] > 0.0 and begin == 0:
            life[j] = exponential_of(fail, 0) / stop_rate[j]
        for k in range(count):
            time, down = work[models[(begin + k) % models.size], j], 0.0
            if kind[j] > 0:
                time *= noise_of(kind[j], spread[j], serve, begin + k, own)
            if stop_rate[j] > 0.0:
                life[j] -= time
                while life[j] < 0.0:
                    down += repair[j] * exponential_of(fail, 2 * stops[j] + 1)
                    stops[j] += 1
                    life[j] += exponential_of(fail, 2 * stops[j]) / stop_rate[j]
            hold[k, j] = time + down
            spent[j, 0] += time
            spent[j, 3] += down


@njit(cache=True, no_cpython_wrapper=True)
def _pass(hold: Floats, begin: int, end: int, first: Ints, at: Ints, ring: Floats, left: Floats, spent: Floats) -> None:
    """Pass jobs on: station j keeps job n until job n - places[j] - 1 has left station j + 1, blocked after service."""
    last = left.size - 1
    for job in range(begin, end):
        arrived = 0.0
        for j in range(last):
            free = left[j]
            start = max(arrived, free)
            leave = max(start + hold[job, j], ring[at[j + 1]])
            left[j] = leave
            ring[at[j]] = leave
            at[j] = at[j] + 1 if at[j] + 1 < first[j + 1] else first[j]
            spent[j, 1] += start - free
            arrived = leave
        spent[last, 1] += max(arrived - left[last], 0.0)
        left[last] = max(arrived, left[last]) + hold[job, last]
        ring[at[last]] = left[last]
        at[last] = at[last] + 1 if at[last] + 1 < first[last + 1] else first[last]


@njit(cache=True, no_cpython_wrapper=True)
def _rings(places: Ints) -> Ints:
    """Where the ring of each station begins."""
    first = np.zeros(places.size + 2, np.int64)
    first[1] = 1
    for j in range(places.size):
        first[j + 2] = first[j + 1] + places[j] + 1
    return first


@njit(cache=True)
def run_serial(
    work: Floats, models: Ints, kind: Ints, spread: Floats, samples: Floats, first_sample: Ints, stop_rate: Floats,
    repair: Floats, places: Ints, seed: int, run: int, warm: int, jobs: int
) -> Floats:  # fmt: skip
    """Pass warm + jobs through the line; give per station busy, starved, blocked, down and span after the warm-up.

    work[model, station]: mean times; models: the model of each job, repeated; places[k]: places between stations k and
    k + 1. The span is the departure of the last job minus that of the last warm-up job.
    """
    stations = work.shape[1]
    first = _rings(places)
    at, ring = first[:stations].copy(), np.zeros(first[stations])
    spent, left, begun = np.zeros((stations, 5)), np.zeros(stations), np.zeros(stations)
    life, stops, hold = np.full(stations, np.inf), np.zeros(stations, np.int64), np.zeros((CHUNK, stations))
    begin = 0
    while begin < warm + jobs:
        if begin == warm:
            spent[:] = 0.0
            begun[:] = left
        count = min(CHUNK, (warm if begin < warm else warm + jobs) - begin)
        _draw(
            work, models, kind, spread, samples, first_sample, stop_rate, repair, seed, run, life, stops, begin, count,
            hold, spent,
        )  # fmt: skip
        _pass(hold, 0, count, first, at, ring, left, spent)
        begin += count
    spent[:, 4] = left - begun
    spent[:, 2] = np.maximum(spent[:, 4] - spent[:, 0] - spent[:, 1] - spent[:, 3], 0.0)
    return spent


@njit(cache=True)
def draw_serial(
    work: Floats, models: Ints, kind: Ints, spread: Floats, samples: Floats, first_sample: Ints, stop_rate: Floats,
    repair: Floats, seed: int, run: int, jobs: int
) -> Floats:  # fmt: skip
    """Draw the times [job, station] once, to pass them through many lines that differ in places alone."""
    stations = work.shape[1]
    hold, spent = np.zeros((jobs, stations)), np.zeros((stations, 5))
    life, stops = np.full(stations, np.inf), np.zeros(stations, np.int64)
    _draw(
        work, models, kind, spread, samples, first_sample, stop_rate, repair, seed, run, life, stops, 0, jobs, hold,
        spent,
    )  # fmt: skip
    return hold


@njit(cache=True)
def pass_serial(hold: Floats, places: Ints, warm: int) -> float:
    """Pass drawn jobs through the line; give the mean time between departures after the warm-up."""
    jobs, stations = hold.shape
    first = _rings(places)
    at, ring = first[:stations].copy(), np.zeros(first[stations])
    left, spent = np.zeros(stations), np.zeros((stations, 5))
    _pass(hold, 0, warm, first, at, ring, left, spent)
    begun = left[stations - 1]
    _pass(hold, warm, jobs, first, at, ring, left, spent)
    return float((left[stations - 1] - begun) / (jobs - warm))
