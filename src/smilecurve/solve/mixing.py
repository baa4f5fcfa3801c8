"""Between which limits does a sum of chances lie, each known by its tenth, half and nine tenths?

Method    each chance a normal law of two halves through its three points; the mixture's quantile by halving
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

__all__ = ["mixed_quantile"]

TENTH = 1.2815515655446004
HALVINGS = 50


def mixed_quantile(weight: Floats, low: Floats, middle: Floats, high: Floats, share: float) -> Floats:
    """Return the quantile `share` of each row's mixture; weights of a row add up to 1, all (rows, parts).

    >>> at = np.array([[8.0]]), np.array([[10.0]]), np.array([[13.0]])
    >>> [mixed_quantile(np.ones((1, 1)), *at, share).round(6).tolist() for share in (0.1, 0.5, 0.9)]
    [[8.0], [10.0], [13.0]]
    """
    from scipy.special import ndtr

    used = weight > 0
    down = np.where(used, np.maximum(middle - low, 1e-12) / TENTH, 1.0)
    up = np.where(used, np.maximum(high - middle, 1e-12) / TENTH, 1.0)
    at = np.where(used, middle, 0.0)
    left = np.where(used, at - 8 * down, np.inf).min(axis=1, initial=np.inf)
    right = np.where(used, at + 8 * up, -np.inf).max(axis=1, initial=-np.inf)
    for _ in range(HALVINGS):
        half = (left + right) / 2
        off = half[:, None] - at
        below = (weight * ndtr(np.where(off < 0, off / down, off / up))).sum(axis=1) < share
        left, right = np.where(below, half, left), np.where(below, right, half)
    return np.asarray((left + right) / 2)
