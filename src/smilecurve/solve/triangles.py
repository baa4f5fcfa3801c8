"""What is still to come in a claims triangle, and how far off may that be?

The chain-ladder method with Mack's distribution-free standard error ("Distribution-free calculation of the standard
error of chain ladder reserve estimates", ASTIN Bulletin 23, 1993): it holds the chance of the process and the doubt
about the factors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["ChainLadder", "chain_ladder"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChainLadder:
    """Factors from one age to the next; by origin: ultimate, still to come, its standard error; and in total."""

    factor: Floats
    ultimate: Floats
    to_come: Floats
    error: Floats
    total: float
    total_error: float


def chain_ladder(triangle: npt.ArrayLike) -> ChainLadder:
    """Complete a cumulative triangle (origins, ages); cells not yet known are NaN.

    The last variance is extrapolated as Mack does: the smallest of what the two before it let expect.

    Every origin doubles from its first age to its second:

    >>> chain_ladder([[10.0, 20.0], [15.0, float("nan")]]).to_come.tolist()
    [0.0, 15.0]
    """
    c = np.asarray(triangle, np.float64)
    origins, ages = c.shape
    known = np.isfinite(c)
    if not known[:, 0].all() or np.any(np.diff(known.astype(int), axis=1) > 0):
        raise ValueError("a triangle needs a first age in every row, and no gap before an age that is known")
    both = known[:, :-1] & known[:, 1:]
    base = np.where(both, c[:, :-1], 0.0)
    weight = base.sum(axis=0)
    factor = np.divide(np.where(both, c[:, 1:], 0.0).sum(axis=0), weight, out=np.ones(ages - 1), where=weight > 0)
    ratio = np.divide(c[:, 1:], c[:, :-1], out=np.ones((origins, ages - 1)), where=both & (base > 0))
    count = both.sum(axis=0)
    square = (base * (ratio - factor) ** 2).sum(axis=0)
    variance = np.divide(square, count - 1, out=np.full(ages - 1, np.nan), where=count > 1)
    _last_variances(variance)
    full = c.copy()
    for age in range(ages - 1):
        full[:, age + 1] = np.where(known[:, age + 1], c[:, age + 1], full[:, age] * factor[age])
    last = known.sum(axis=1) - 1
    latest = c[np.arange(origins), last]
    relative = np.where(factor > 0, variance / np.maximum(factor, 1e-300) ** 2, 0.0)
    shared = np.divide(relative, weight, out=np.zeros(ages - 1), where=weight > 0)
    open_ages = np.arange(ages - 1) >= last[:, None]
    own = np.where(open_ages, relative / np.maximum(full[:, :-1], 1e-300) + shared, 0.0).sum(axis=1)
    error = full[:, -1] * np.sqrt(own)
    total = error**2
    for k in range(origins):
        others = full[k + 1 :, -1].sum()
        total[k] += full[k, -1] * others * 2.0 * (shared * open_ages[k]).sum()
    to_come = full[:, -1] - latest
    return ChainLadder(factor, full[:, -1], to_come, error, float(to_come.sum()), float(np.sqrt(total.sum())))


def _last_variances(variance: Floats) -> None:
    """Fill the variances of ages that only one origin has reached."""
    for age in range(variance.size):
        if not np.isfinite(variance[age]):
            before = variance[max(age - 2, 0) : age]
            if before.size == 2 and before[0] > 0:
                variance[age] = min(before[1] ** 2 / before[0], before[0], before[1])
            else:
                variance[age] = before[-1] if before.size else 0.0
