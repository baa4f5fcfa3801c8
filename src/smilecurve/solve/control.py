"""Where do the limits of a process stand?

Charts of means with ranges or standard deviations, of single pieces with moving ranges, of shares, counts and rates,
and Laney's charts for large samples, many at once. Limits come from a base period and are then frozen.

Sources: Shewhart (1931); Montgomery, Introduction to Statistical Quality Control; Laney (2002), Quality Engineering
14:531-537 for p' and u'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.control_constants import deviation_constant, range_constants

__all__ = ["Charts", "Counted", "charts", "counted", "distance", "laney", "moving_ranges"]

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Spread = Literal["range", "deviation"]


@dataclass(frozen=True)
class Charts:
    """Limits of one chart of means and its chart of spreads a row; sigma is the spread of single pieces."""

    centre: Floats
    lower: Floats
    upper: Floats
    sigma: Floats
    spread_centre: Floats
    spread_lower: Floats
    spread_upper: Floats


@dataclass(frozen=True)
class Counted:
    """One chart of counts a row: what is plotted, its centre, the step of one sigma there, and the limits."""

    value: Floats
    centre: Floats
    step: Floats
    lower: Floats
    upper: Floats


def moving_ranges(values: Floats) -> Floats:
    """Give the distance of each single piece to the one before, NaN at the first.

    >>> moving_ranges(np.array([[10.0, 12.0, 9.0]])).tolist()
    [[nan, 2.0, 3.0]]
    """
    ranges = np.full(values.shape, np.nan)
    ranges[:, 1:] = np.abs(np.diff(values, axis=1))
    return ranges


def charts(
    means: Floats,
    spreads: Floats,
    pieces: int,
    base: Marks | None = None,
    *,
    spread: Spread = "range",
    constants: tuple[float, float] | None = None,
    range_of: int | None = None,
) -> Charts:
    """Set the limits of many charts at once from their subgroup means and ranges (or standard deviations).

    means, spreads: (charts, subgroups), NaN where a chart has fewer subgroups; base marks the subgroups limits are set
    from (default all); constants replaces the computed mean and deviation of the spread (d2 and d3; c4 and its own),
    to follow a printed table; range_of: pieces a range is taken over where that is not the subgroup (2 for the moving
    range of single pieces). Raises ValueError when a chart has no subgroup to set limits from.

    >>> found = charts(np.array([[10.0, 12.0]]), np.array([[2.326, 2.326]]), 5)
    >>> round(float(found.upper[0]), 2)           # 11 + 3 * 1 / sqrt(5)
    12.34
    """
    use = _used(means, base)
    if spread == "range":
        middle, apart = constants or range_constants(range_of or pieces)
    else:
        c4 = deviation_constant(pieces)
        middle, apart = constants or (c4, float(np.sqrt(1.0 - c4 * c4)))
    centre = _mean(means, use)
    level = _mean(spreads, use & np.isfinite(spreads))
    sigma = level / middle
    reach = 3.0 * sigma / np.sqrt(pieces)
    low, high = np.maximum(level - 3.0 * apart * sigma, 0.0), level + 3.0 * apart * sigma
    return Charts(centre, centre - reach, centre + reach, sigma, level, low, high)


def counted(kind: Literal["p", "np", "c", "u"], counts: Floats, sizes: Floats, base: Marks | None = None) -> Counted:
    """Set the limits of charts of shares (p), defectives (np), defects (c) and defects a unit (u).

    counts, sizes: (charts, subgroups), NaN where a chart has fewer; sizes are the units looked at, of no weight for c.
    Limits are cut at what cannot be: below 0, above 1 or above the sample.

    >>> found = counted("c", np.array([[4.0, 4.0]]), np.ones((1, 2)))
    >>> found.centre[0].tolist(), found.upper[0].tolist()         # 4 + 3 * 2
    ([4.0, 4.0], [10.0, 10.0])
    """
    use = _used(counts, base)
    whole = np.ones_like(counts) if kind == "c" else sizes
    total = np.where(use, whole, 0.0).sum(axis=1)
    rate = (np.where(use, counts, 0.0).sum(axis=1) / total)[:, None]
    variance = rate * (1.0 - rate) if kind in ("p", "np") else rate
    scale = whole if kind in ("np", "c") else np.ones_like(whole)
    step = np.sqrt(variance / whole) * scale
    return _cut(counts / whole * scale, rate * scale, step, scale if kind in ("p", "np") else None)


def laney(kind: Literal["p", "u"], counts: Floats, sizes: Floats, base: Marks | None = None) -> Counted:
    """Set the limits of Laney's p' and u' charts: the step of a p or u chart times the spread of its z-values.

    The spread of z is its mean moving range over d2 of two pieces, so that large samples are not all out of control.

    >>> found = laney("u", np.array([[50.0, 90.0, 50.0, 90.0]]), np.full((1, 4), 10.0))
    >>> round(float(found.step[0, 0]), 3)     # z goes up and down by 4.781; 0.8367 * 4.781 / 1.128
    3.545
    """
    plain = counted(kind, counts, sizes, base)
    z = distance(plain.value, plain.centre, plain.step)
    ranges = moving_ranges(z)
    spread = _mean(ranges, _used(counts, base) & np.isfinite(ranges)) / range_constants(2)[0]
    return _cut(plain.value, plain.centre, plain.step * spread[:, None], np.ones_like(z) if kind == "p" else None)


def distance(value: Floats, centre: Floats, step: Floats) -> Floats:
    """Give how many steps each value lies from its centre; one within rounding (1e-12) of the centre lies on it.

    >>> distance(np.array([5.0, 3.0]), np.array([3.0, 3.0]), np.array([1.0, 0.0])).tolist()
    [2.0, 0.0]
    """
    apart = value - centre
    on = np.abs(apart) <= 1e-12 * np.abs(centre)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(on, 0.0, apart / step)


def _cut(value: Floats, centre: Floats, step: Floats, most: Floats | None) -> Counted:
    centre = np.broadcast_to(centre, value.shape)
    lower, upper = np.maximum(centre - 3.0 * step, 0.0), centre + 3.0 * step
    return Counted(value, centre, step, lower, upper if most is None else np.minimum(upper, most))


def _used(points: Floats, base: Marks | None) -> Marks:
    use: Marks = np.isfinite(points) if base is None else base & np.isfinite(points)
    if not use.any(axis=1).all():
        raise ValueError("a chart has no subgroup to set its limits from")
    return use


def _mean(values: Floats, use: Marks) -> Floats:
    found: Floats = np.where(use, values, 0.0).sum(axis=1) / np.maximum(use.sum(axis=1), 1)
    return found
