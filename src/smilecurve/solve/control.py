"""Is this process still the one it was?

X-bar and R charts over many characteristics at once: centre lines, three-sigma limits, the Western Electric rules as
a named set, and the capability against a specification. The constants d2 and d3 are computed for any subgroup size.

Sources: Shewhart (1931); Western Electric, Statistical Quality Control Handbook (1956); Tippett (1925), Biometrika
17:364-387 for the law of the range; Montgomery, Introduction to Statistical Quality Control.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WESTERN_ELECTRIC = {
    1: "one point beyond three sigma",
    2: "two of three points beyond two sigma on one side",
    3: "four of five points beyond one sigma on one side",
    4: "eight points in a row on one side of the centre",
}
RANGE_RULE = 5
"""Number given to a range above its own upper limit; it is judged on the R chart, not on the X-bar chart."""


@dataclass(frozen=True)
class Charts:
    """Limits of one X-bar and R chart a row; sigma is the spread of single pieces, mean range over d2."""

    centre: Floats
    lower: Floats
    upper: Floats
    sigma: Floats
    range_centre: Floats
    range_lower: Floats
    range_upper: Floats


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


def charts(
    means: Floats,
    ranges: Floats,
    pieces: int,
    base: NDArray[np.bool_] | None = None,
    constants: tuple[float, float] | None = None,
    range_of: int | None = None,
) -> Charts:
    """Set the limits of many charts at once from their subgroup means and ranges.

    means, ranges: (charts, subgroups), NaN where a chart has fewer subgroups; base marks the subgroups limits are set
    from (default all); constants replaces the computed d2 and d3, to follow a printed table; range_of: pieces a range
    is taken over where that is not the subgroup (2 for the moving range of single pieces). Raises ValueError when a
    chart has no subgroup to set limits from.

    >>> found = charts(np.array([[10.0, 12.0]]), np.array([[2.326, 2.326]]), 5)
    >>> round(float(found.upper[0]), 2)           # 11 + 3 * 1 / sqrt(5)
    12.34
    """
    use = np.isfinite(means) if base is None else base & np.isfinite(means)
    count = use.sum(axis=1)
    if (count == 0).any():
        raise ValueError("a chart has no subgroup to set its limits from")
    d2, d3 = constants or range_constants(range_of or pieces)
    centre = np.where(use, means, 0.0).sum(axis=1) / count
    ranged = use & np.isfinite(ranges)
    middle = np.where(ranged, ranges, 0.0).sum(axis=1) / np.maximum(ranged.sum(axis=1), 1)
    sigma = middle / d2
    reach = 3.0 * sigma / np.sqrt(pieces)
    low, high = np.maximum(middle - 3.0 * d3 * sigma, 0.0), middle + 3.0 * d3 * sigma
    return Charts(centre, centre - reach, centre + reach, sigma, middle, low, high)


def western_electric(means: Floats, limits: Charts, pieces: int) -> NDArray[np.bool_]:
    """Mark where each Western Electric rule fires: (rules 1..4, charts, subgroups), at the point that completes the
    pattern.

    A run does not reach across a missing subgroup (NaN). A mean within rounding (1e-12) of the centre lies on it.

    >>> flat = Charts(*(np.array([v]) for v in (0.0, -3.0, 3.0, 1.0, 0.0, 0.0, 0.0)))
    >>> points = np.array([[2.1, 0.5, 2.2, 3.5]])     # third: 2 of 3 beyond 2 sigma; fourth: beyond 3 sigma
    >>> [np.flatnonzero(rule[0]).tolist() for rule in western_electric(points, flat, 1)]
    [[3], [2, 3], [], []]
    """
    step = (limits.sigma / np.sqrt(pieces))[:, None]
    centre = limits.centre[:, None]
    apart = np.where(np.abs(means - centre) <= 1e-12 * np.abs(centre), 0.0, means - centre)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.where(apart == 0.0, 0.0, apart / step)
    fired = np.zeros((4, *means.shape), dtype=np.bool_)
    for side in (away, -away):
        fired[0] |= side > 3.0
        fired[1] |= (side > 2.0) & (_in_last(side > 2.0, 3) >= 2)
        fired[2] |= (side > 1.0) & (_in_last(side > 1.0, 5) >= 4)
        fired[3] |= _in_last(side > 0.0, 8) >= 8
    return fired


def capability(centre: Floats, sigma: Floats, lower_spec: Floats, upper_spec: Floats) -> Floats:
    """Give Cpk: the distance from the centre to the nearer specification limit over three sigma; NaN without any limit.

    >>> capability(np.array([10.0]), np.array([1.0]), np.array([4.0]), np.array([19.0])).tolist()   # min(6, 9) / 3
    [2.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        below, above = (centre - lower_spec) / (3.0 * sigma), (upper_spec - centre) / (3.0 * sigma)
    return np.fmin(below, above)


@lru_cache(maxsize=4)
def chance_alarms(points: int = 200_000, seed: int = 0) -> float:
    """Give the share of points at which any Western Electric rule fires while nothing has changed, by simulation.

    Runs are not restarted after a signal, as on a chart that is read every day. The seed makes it repeatable.

    >>> 0.01 < chance_alarms() < 0.03
    True
    """
    draws = np.random.default_rng(seed).standard_normal((20, points // 20))
    zero, one = np.zeros(20), np.ones(20)
    known = Charts(zero, zero - 3.0, zero + 3.0, one, zero, zero, zero)
    return float(western_electric(draws, known, 1).any(axis=0).mean())


def _in_last(mark: NDArray[np.bool_], window: int) -> Ints:
    """Count the marks among the last `window` subgroups of each chart."""
    total = np.cumsum(mark, axis=1, dtype=np.int64)
    total[:, window:] -= total[:, :-window].copy()
    return total
