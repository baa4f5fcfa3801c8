"""How wide does a small sample of standard normal values spread?

The constants d2, d3 and c4 of control charts, computed for any sample size where printed tables stop at 25.

Source: Tippett (1925), Biometrika 17:364-387 for the law of the range.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, sqrt

import numpy as np

__all__ = ["deviation_constant", "range_constants"]


@lru_cache(maxsize=64)
def range_constants(pieces: int) -> tuple[float, float]:
    """Give d2 and d3: mean and standard deviation of the range of `pieces` standard normal values.

    >>> [round(value, 3) for value in range_constants(5)]     # the tables say 2.326 and 0.864
    [2.326, 0.864]
    """
    from scipy.special import ndtr

    if pieces < 2:
        raise ValueError("a range needs at least two pieces")
    nodes, weights = np.polynomial.legendre.leggauss(240)
    x, w = 8.5 * nodes, 8.5 * weights
    below = ndtr(x)
    mean = float(w @ (1.0 - (1.0 - below) ** pieces - below**pieces))
    gap = 8.5 * (nodes + 1.0)
    between = np.maximum(ndtr(x[:, None] + gap[None, :]) - below[:, None], 0.0)
    outside = ndtr(x[:, None] + gap[None, :])
    joint = 1.0 - outside**pieces - (1.0 - below[:, None]) ** pieces + between**pieces
    square = 2.0 * float(w @ joint @ w)
    return mean, float(np.sqrt(square - mean * mean))


def deviation_constant(pieces: int) -> float:
    """Give c4: the mean of the standard deviation of `pieces` standard normal values.

    >>> round(deviation_constant(5), 4)                        # the tables say 0.9400
    0.94
    """
    if pieces < 2:
        raise ValueError("a standard deviation needs at least two pieces")
    return sqrt(2.0 / (pieces - 1)) * exp(lgamma(pieces / 2.0) - lgamma((pieces - 1) / 2.0))
