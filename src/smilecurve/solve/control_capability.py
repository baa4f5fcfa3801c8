"""Can the process hold its specification, and how sure is that?

Cp, Cpk and Cpm from the spread within subgroups, Pp and Ppk from the spread of all pieces, each with its interval.

Sources: Kane (1986), Journal of Quality Technology 18:41-52; Bissell (1990), Applied Statistics 39:331-340; Boyles
(1991), Journal of Quality Technology 23:17-26; Montgomery, chapter 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Index", "central_index", "near_index", "width_index"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Index:
    """An index of capability and its interval, one a process; NaN where the specification does not give it."""

    value: Floats
    low: Floats
    high: Floats


def width_index(sigma: Floats, lower: Floats, upper: Floats, pieces: Floats, level: float = 0.95) -> Index:
    """Give Cp (or Pp with the spread of all pieces): the width of the specification over six sigma.

    >>> width_index(np.array([1.0]), np.array([0.0]), np.array([12.0]), np.array([31.0])).value.tolist()
    [2.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _by_chi_square((upper - lower) / (6.0 * sigma), pieces - 1.0, level)


def near_index(
    centre: Floats, sigma: Floats, lower: Floats, upper: Floats, pieces: Floats, level: float = 0.95
) -> Index:
    """Give Cpk (or Ppk): the distance from the centre to the nearer limit over three sigma.

    >>> one = near_index(*(np.array([v]) for v in (10.0, 1.0, 4.0, 19.0, 100.0)))
    >>> one.value.tolist()                                                        # min(6, 9) / 3
    [2.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.fmin((centre - lower) / (3.0 * sigma), (upper - centre) / (3.0 * sigma))
    return _by_normal(value, pieces, 0.5 + level / 2.0)


def central_index(
    centre: Floats,
    sigma: Floats,
    lower: Floats,
    upper: Floats,
    target: Floats,
    pieces: Floats,
    level: float = 0.95,
) -> Index:
    """Give Cpm: the width of the specification over six times the distance from the target, spread and all.

    The interval is R's qcc's; Boyles squares (1 + off) in the degrees of freedom, which makes it a little narrower.

    >>> found = central_index(*(np.array([v]) for v in (10.0, 1.0, 4.0, 16.0, 10.0, 100.0)))
    >>> found.value.tolist()
    [2.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        off = ((centre - target) / sigma) ** 2
        value = (upper - lower) / (6.0 * sigma * np.sqrt(1.0 + off))
        free = pieces * (1.0 + off) / (1.0 + 2.0 * off)
    return _by_chi_square(value, free, level)


def _by_chi_square(value: Floats, free: Floats, level: float) -> Index:
    from scipy.stats import chi2

    rest = (1.0 - level) / 2.0
    low, high = (value * np.sqrt(chi2.ppf(q, free) / free) for q in (rest, 1.0 - rest))
    return Index(value, low, high)


def _by_normal(value: Floats, pieces: Floats, level: float) -> Index:
    from scipy.stats import norm

    with np.errstate(divide="ignore", invalid="ignore"):
        reach = float(norm.ppf(level)) * np.sqrt(1.0 / (9.0 * pieces) + value**2 / (2.0 * (pieces - 1.0)))
        return Index(value, value - reach, value + reach)
