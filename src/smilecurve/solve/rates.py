"""By which factor do two event rates differ, and how sure is that?

Given their sum, one of two Poisson counts is binomial, so the interval is exact (Przyborowski & Wilenski 1940;
Clopper & Pearson 1934).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["rate_limits", "rate_ratio"]

Floats = npt.NDArray[np.float64]


def rate_ratio(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    base_events: npt.ArrayLike,
    base_exposure: npt.ArrayLike,
    *,
    confidence: float = 0.90,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Rate over base rate with its exact two-sided interval, and the one-sided chance of such a rise by luck.

    Returns (ratio, low, high, p). Breast cancer after fluoroscopy (Boice & Monson 1977): 41 cases in 28,010
    woman-years against 15 in 19,017.

    >>> [round(float(v), 3) for v in rate_ratio(41, 28010, 15, 19017, confidence=0.95)[:3]]
    [1.856, 1.006, 3.609]
    """
    from scipy.special import betainc, betaincinv

    y1, n1, y0, n0 = (np.asarray(v, np.float64) for v in (events, exposure, base_events, base_exposure))
    tail = 0.5 * (1.0 - confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (y1 / n1) / (y0 / n0)
        low = np.where(y1 > 0, betaincinv(np.maximum(y1, 1e-9), y0 + 1.0, tail), 0.0)
        high = np.where(y0 > 0, betaincinv(y1 + 1.0, np.maximum(y0, 1e-9), 1.0 - tail), 1.0)
        odds_low, odds_high = low / (1.0 - low) * n0 / n1, high / (1.0 - high) * n0 / n1
        p = np.where(y1 > 0, betainc(np.maximum(y1, 1e-9), y0 + 1.0, n1 / (n1 + n0)), 1.0)
    return ratio, odds_low, odds_high, p


def rate_limits(
    events: npt.ArrayLike, exposure: npt.ArrayLike, *, confidence: float = 0.90
) -> tuple[Floats, Floats, Floats]:
    """Rate with its exact two-sided Poisson interval (Garwood 1936).

    >>> [round(float(v), 3) for v in rate_limits(10, 1.0, confidence=0.95)]
    [10.0, 4.795, 18.39]
    """
    from scipy.special import gammaincinv

    y, n = np.asarray(events, np.float64), np.asarray(exposure, np.float64)
    tail = 0.5 * (1.0 - confidence)
    low = np.where(y > 0, gammaincinv(np.maximum(y, 1e-9), tail), 0.0)
    high = gammaincinv(y + 1.0, 1.0 - tail)
    return y / n, low / n, high / n
