"""Compiled reading of control charts for solve.control_rules: which patterns end at each point."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bits = NDArray[np.uint16]
NEAR = 1e-9
"""Distances in sigmas that differ by less than this are equal."""


@njit(cache=True)
def patterns(z: Floats, asked: int) -> Bits:
    """Mark, at each point of each chart, the patterns it completes, as bits in the order of control_rules.PATTERNS.

    z: (charts, points) in sigmas from the centre, NaN where nothing was measured: no pattern reaches across. asked: the
    bits wanted.
    """
    charts, points = z.shape
    found = np.zeros((charts, points), np.uint16)
    for chart in range(charts):
        far = np.zeros(2, np.int64)
        off = np.zeros(2, np.int64)
        side = np.zeros(2, np.int64)
        rising = falling = turning = close = wide = 0
        before, step_before = np.nan, 0
        for point in range(points):
            at = z[chart, point]
            if np.isnan(at):
                far[:] = (far << 1) & 7
                off[:] = (off << 1) & 31
                side[:] = 0
                rising = falling = turning = close = wide = 0
                before, step_before = np.nan, 0
                continue
            bits = 1 if abs(at) > 3.0 + NEAR else 0
            for s in range(2):
                here = at if s == 0 else -at
                far[s] = ((far[s] << 1) | (1 if here > 2.0 + NEAR else 0)) & 7
                off[s] = ((off[s] << 1) | (1 if here > 1.0 + NEAR else 0)) & 31
                side[s] = side[s] + 1 if here > NEAR else 0
                if far[s] & 1 and far[s] != 1:
                    bits |= 2
                if off[s] & 1 and _ones(off[s]) >= 4:
                    bits |= 4
                if side[s] >= 8:
                    bits |= 8
                if side[s] >= 9:
                    bits |= 16
            step = 0
            if not np.isnan(before):
                step = 1 if at > before + NEAR else (-1 if at < before - NEAR else 0)
            rising = rising + 1 if step > 0 else 0
            falling = falling + 1 if step < 0 else 0
            turning = 0 if step == 0 else (turning + 1 if step == -step_before else 1)
            close = close + 1 if abs(at) < 1.0 - NEAR else 0
            wide = wide + 1 if abs(at) > 1.0 + NEAR else 0
            if rising >= 5 or falling >= 5:
                bits |= 32
            if turning >= 13:
                bits |= 64
            if close >= 15:
                bits |= 128
            if wide >= 8:
                bits |= 256
            before, step_before = at, step
            found[chart, point] = bits & asked
    return found


@njit(cache=True)
def _ones(bits: int) -> int:
    count = 0
    while bits:
        count += bits & 1
        bits >>= 1
    return count


@njit(cache=True)
def sums(z: Floats, slack: float) -> tuple[Floats, Floats]:
    """Run the two one-sided cumulative sums of each chart (Page 1954); NaN points leave them as they are."""
    charts, points = z.shape
    above, below = np.zeros((charts, points)), np.zeros((charts, points))
    for chart in range(charts):
        high = low = 0.0
        for point in range(points):
            at = z[chart, point]
            if not np.isnan(at):
                high = max(0.0, high + at - slack)
                low = max(0.0, low - at - slack)
            above[chart, point], below[chart, point] = high, low
    return above, below


@njit(cache=True)
def smooth(means: Floats, centre: Floats, weight: float) -> tuple[Floats, NDArray[np.int64]]:
    """Smooth each chart exponentially from its centre; beside it how many points each value rests on."""
    charts, points = means.shape
    found = np.zeros((charts, points))
    rests = np.zeros((charts, points), np.int64)
    for chart in range(charts):
        value, count = centre[chart], 0
        for point in range(points):
            at = means[chart, point]
            if not np.isnan(at):
                value = weight * at + (1.0 - weight) * value
                count += 1
            found[chart, point], rests[chart, point] = value, count
    return found, rests
