"""What does the next piece still save, when so many lie there that nearly all who ask are served?

Method    demand while a piece is under way is Poisson; piece n serves when n or more are asked for (Sherbrooke 2004)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["next_savings"]


def next_savings(stock: Ints, fill: Floats, there: Ints, most: int) -> Floats:
    """Return what pieces there + 1 .. there + most save, as shares of what piece `stock` saved: (places, most).

    stock    planned pieces; fill: the chance that one asking finds a piece with them, so that piece `stock` is missed
             with 1 - fill. 0 where nothing is planned or nothing is ever missed.

    >>> next_savings(np.array([1]), np.array([0.3679]), np.array([1]), 2).round(3).tolist()  # .264, .080 of .632
    [[0.418, 0.127]]
    """
    from scipy.special import gammainc, gammaincinv

    missed = 1.0 - fill
    known = (stock > 0) & (missed > 0) & (fill > 0)
    base, chance = np.where(known, stock, 1), np.where(known, missed, 0.5)
    mean = gammaincinv(base, chance)
    number = np.maximum(np.maximum(there, stock), 1)[:, None] + np.arange(1, most + 1)
    saved = gammainc(number, mean[:, None]) / chance[:, None]
    return np.where(known[:, None], saved, 0.0)
