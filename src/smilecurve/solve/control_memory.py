"""Has the process drifted a little, for long?

Charts that remember: exponentially weighted means (EWMA) and cumulative sums (CUSUM), many at once, and how many points
pass on average until each signals, by the integral equation of the run length solved at Gauss-Legendre nodes.

Sources: Roberts (1959), Technometrics 1:239-250; Page (1954), Biometrika 41:100-115; Crowder (1987), Technometrics
29:401-407; Lucas & Crosier (1982), Technometrics 24:199-205.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Smoothed", "cusum", "cusum_run_length", "ewma", "ewma_run_length"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Smoothed:
    """Exponentially weighted means with their limits, (charts, points)."""

    value: Floats
    lower: Floats
    upper: Floats


def ewma(means: Floats, centre: Floats, step: Floats, *, weight: float = 0.2, reach: float = 3.0) -> Smoothed:
    """Smooth the means of each chart from its centre; step is the standard deviation of one mean.

    >>> found = ewma(np.array([[12.0]]), np.array([10.0]), np.array([1.0]))
    >>> found.value.tolist(), found.upper.round(3).tolist()              # 10 + 0.2 * 2; 10 + 3 * 0.2
    ([[10.4]], [[10.6]])
    """
    from smilecurve.solve._control_kernels import smooth

    value, rests = smooth(np.ascontiguousarray(means, np.float64), np.asarray(centre, np.float64), weight)
    settled = weight / (2.0 - weight) * (1.0 - (1.0 - weight) ** (2 * rests))
    away = reach * step[:, None] * np.sqrt(settled)
    return Smoothed(np.where(np.isnan(means), np.nan, value), centre[:, None] - away, centre[:, None] + away)


def cusum(z: Floats, *, slack: float = 0.5) -> tuple[Floats, Floats]:
    """Give the sums above and below: how far the points beyond `slack` sigmas have carried, never under 0.

    >>> [side.tolist() for side in cusum(np.array([[1.0, 2.0, -3.0]]))]
    [[[0.5, 2.0, 0.0]], [[0.0, 0.0, 2.5]]]
    """
    from smilecurve.solve._control_kernels import sums

    above, below = sums(np.ascontiguousarray(z, np.float64), slack)
    return above, below


def ewma_run_length(weight: float, reach: float, shift: float = 0.0, nodes: int = 120) -> float:
    """Give the mean number of points until a two-sided EWMA chart with settled limits signals at a shift in sigmas.

    >>> round(ewma_run_length(0.2, 2.86), 4)
    371.1033
    """
    x, w = np.polynomial.legendre.leggauss(nodes)
    limit = reach * np.sqrt(weight / (2.0 - weight))
    x, w = x * limit, w * limit
    start = np.append(x, 0.0)
    kernel = _normal((x[None, :] - (1.0 - weight) * start[:, None]) / weight - shift) / weight * w[None, :]
    inner = np.linalg.solve(np.eye(nodes) - kernel[:-1], np.ones(nodes))
    return float(1.0 + kernel[-1] @ inner)


def cusum_run_length(slack: float, interval: float, shift: float = 0.0, nodes: int = 120) -> float:
    """Give the mean number of points until a two-sided CUSUM chart signals at a shift in sigmas.

    >>> round(cusum_run_length(0.5, 4.0), 4)
    167.6838
    """
    above, below = (_one_sided(slack, interval, side, nodes) for side in (shift, -shift))
    return 1.0 / (1.0 / above + 1.0 / below)


def _one_sided(slack: float, interval: float, shift: float, nodes: int) -> float:
    """L(s) = 1 + L(0) P(back to 0) + integral of L over (0, interval); solved for L at the nodes and at 0."""
    from scipy.special import ndtr

    x, w = np.polynomial.legendre.leggauss(nodes)
    x, w = (x + 1.0) * interval / 2.0, w * interval / 2.0
    start = np.append(x, 0.0)
    system = np.eye(nodes + 1)
    system[:, :-1] -= _normal(x[None, :] - start[:, None] + slack - shift) * w[None, :]
    system[:, -1] -= ndtr(slack - shift - start)
    return float(np.linalg.solve(system, np.ones(nodes + 1))[-1])


def _normal(x: Floats) -> Floats:
    found: Floats = np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)
    return found
