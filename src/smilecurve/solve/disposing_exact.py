"""Which of all plans earns most: the referee of `disposing` for a dozen units.

Method    dynamic program over every plan: plans that used and yielded the same are one state, the best of them is kept
Proof     nothing is left out: pieces beyond the last tranche, which are worth nothing, count as one
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.disposing import Goods, Options

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["best_of_all"]


def best_of_all(options: Options, capacity: Floats, goods: Goods, *, grain: float = 1.0) -> float:
    """Return what the best of all plans earns; -inf where none keeps the capacities.

    grain    every quantity taken or yielded, capacity and tranche is a multiple of it
    """
    most = np.rint(np.r_[np.floor(capacity / grain + 1e-9), goods.size.sum(axis=1) / grain]).astype(np.int64)
    caps, shape = len(capacity), most + 1
    steps = np.rint(np.hstack([options.takes.toarray(), options.yields.toarray()]) / grain).astype(np.int64)
    best = np.full(int(shape.prod()), -np.inf)
    best[0] = 0.0
    for unit in np.unique(options.unit):
        at = np.flatnonzero(np.isfinite(best))
        where = np.stack(np.unravel_index(at, shape)) if len(shape) else np.zeros((0, len(at)), np.int64)
        then = np.full_like(best, -np.inf)
        for chosen in _ways(options, int(unit)):
            to = where + steps[chosen].sum(axis=0)[:, None]
            fits = (to[:caps] <= most[:caps, None]).all(axis=0)
            to[caps:] = np.minimum(to[caps:], most[caps:, None])
            code = np.ravel_multi_index(tuple(to[:, fits]), shape) if len(shape) else np.zeros(fits.sum(), np.int64)
            np.maximum.at(then, code, best[at[fits]] + options.gain[chosen].sum())
        best = then
    at = np.flatnonzero(np.isfinite(best))
    if not len(at):
        return -np.inf
    pieces: Floats = np.zeros((0, len(at)))
    if len(goods.size):
        pieces = np.stack(np.unravel_index(at, shape))[caps:] * np.float64(grain)
    return max(float(best[a] + goods.value(pieces[:, k]).sum()) for k, a in enumerate(at.tolist()))


def _ways(options: Options, unit: int) -> list[Ints]:
    """Every way of a unit: one option at once, or one for each finding."""
    at = np.flatnonzero(options.unit == unit)
    branch = options.branch[at]
    direct = [np.array([k]) for k in at[branch == 0]]
    findings = [at[branch == b].tolist() for b in np.unique(branch[branch > 0])]
    return direct + ([np.array(some) for some in itertools.product(*findings)] if findings else [])
