"""Compiled chance of solve.flow: a draw is a function of its stream and its number, never of what was drawn before.

So job n meets the same luck at station j whatever the buffers, crews or stops around it: two lines compared with the
same seed differ by the change alone (common random numbers). Source: SplitMix64, Steele, Lea & Flood (2014),
OOPSLA; gamma by Marsaglia & Tsang (2000), ACM TOMS 26:363-372.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIXED, EXPONENTIAL, GAMMA, LOGNORMAL, SAMPLED = 0, 1, 2, 3, 4
STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
S11, S27, S30, S31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
UNIT = 1.0 / 9007199254740992.0


@njit(cache=True, no_cpython_wrapper=True)
def mixed(z: np.uint64) -> np.uint64:
    """Scatter 64 bits."""
    z = (z ^ (z >> S30)) * FIRST
    z = (z ^ (z >> S27)) * SECOND
    return np.uint64(z ^ (z >> S31))


@njit(cache=True, no_cpython_wrapper=True)
def stream_of(seed: int, run: int, station: int, purpose: int) -> np.uint64:
    """Give the key of the stream of one station in one run for one purpose."""
    key = mixed(np.uint64(seed) + STEP)
    key = mixed(key ^ (np.uint64(run) * STEP))
    key = mixed(key ^ (np.uint64(station + 1) * SECOND))
    return np.uint64(mixed(key ^ (np.uint64(purpose + 1) * FIRST)))


@njit(cache=True, no_cpython_wrapper=True)
def unit_of(key: np.uint64, number: int) -> float:
    """Draw `number` of a stream, even in (0, 1)."""
    return float((float(mixed(key + np.uint64(number) * STEP) >> S11) + 0.5) * UNIT)


@njit(cache=True, no_cpython_wrapper=True)
def exponential_of(key: np.uint64, number: int) -> float:
    """Draw `number` of a stream, exponential of mean 1."""
    return float(-np.log(unit_of(key, number)))


@njit(cache=True, no_cpython_wrapper=True)
def noise_of(kind: int, spread: float, key: np.uint64, number: int, samples: Floats) -> float:
    """Draw `number` of a stream: a factor of mean 1 of the kind; spread: shape of the gamma, sigma of the lognormal."""
    if kind == EXPONENTIAL:
        return float(-np.log(unit_of(key, number)))
    if kind == SAMPLED:
        return float(samples[int(unit_of(key, number) * samples.size)])
    own = mixed(key + np.uint64(number) * STEP)
    if kind == LOGNORMAL:
        return float(np.exp(spread * _normal_of(own, 0) - 0.5 * spread * spread))
    shape = spread if spread >= 1.0 else spread + 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    draw = 0
    while True:
        x = _normal_of(own, draw)
        v = 1.0 + c * x
        draw += 3
        if v > 0.0:
            v = v * v * v
            if unit_of(own, draw - 1) < 1.0 - 0.0331 * x * x * x * x:
                break
            if np.log(unit_of(own, draw - 1)) < 0.5 * x * x + d - d * v + d * np.log(v):
                break
    lift = 1.0 if spread >= 1.0 else unit_of(own, draw) ** (1.0 / spread)
    return float(d * v * lift / spread)


@njit(cache=True, no_cpython_wrapper=True)
def _normal_of(key: np.uint64, number: int) -> float:
    """Draw a standard normal from two draws of a stream (Box & Muller 1958)."""
    return float(np.sqrt(-2.0 * np.log(unit_of(key, number))) * np.cos(2.0 * np.pi * unit_of(key, number + 1)))
