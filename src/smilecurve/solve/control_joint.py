"""Do several characteristics of one piece still belong together?

Hotelling's T2 over subgroups or single pieces, with the limits of the base period and of the time after it.

Sources: Hotelling (1947); Tracy, Young & Mason (1992), Journal of Quality Technology 24:88-95; Montgomery, chapter 11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Joint", "hotelling", "joint_limits"]

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Joint:
    """T2 of each subgroup, the limit at each, and the centre the distances are taken from."""

    value: Floats
    upper: Floats
    centre: Floats


def joint_limits(variables: int, groups: int, pieces: int, risk: float = 0.001) -> tuple[float, float]:
    """Give the upper limits of T2 within the base period and after it.

    >>> [round(limit, 2) for limit in joint_limits(2, 20, 10)]      # Montgomery 11.1: 13.72, 15.16
    [13.72, 15.17]
    """
    from scipy.stats import beta, f

    p, m, n = variables, groups, pieces
    if n == 1:
        base = (m - 1) ** 2 / m * float(beta.isf(risk, p / 2.0, (m - p - 1) / 2.0))
        return base, p * (m + 1) * (m - 1) / (m * (m - p)) * float(f.isf(risk, p, m - p))
    free = m * n - m - p + 1
    tail = float(f.isf(risk, p, free)) / free
    return p * (m - 1) * (n - 1) * tail, p * (m + 1) * (n - 1) * tail


def hotelling(values: Floats, base: Marks, risk: float = 0.001) -> Joint:
    """Give T2 of each subgroup. values: (subgroups, pieces, variables); base marks the subgroups that set the limits.

    Raises ValueError when the base has too few subgroups for so many variables, or when their covariance is singular.

    >>> flat = np.array([[[0.0]], [[2.0]], [[0.0]], [[2.0]], [[4.0]]])
    >>> hotelling(flat, np.array([True] * 4 + [False])).value.round(2).tolist()   # mean 1, variance 4/3
    [0.75, 0.75, 0.75, 0.75, 6.75]
    """
    _, pieces, variables = values.shape
    groups = int(base.sum())
    if groups <= variables + 1:
        raise ValueError(f"{groups} subgroups are too few for {variables} variables")
    means = values.mean(axis=1)
    centre = means[base].mean(axis=0)
    if pieces == 1:
        apart = means[base] - centre
        spread = apart.T @ apart / (groups - 1)
    else:
        within = values[base] - means[base][:, None, :]
        spread = np.einsum("gpi,gpj->ij", within, within) / (groups * (pieces - 1))
    scale = np.sqrt(np.diag(spread))
    if (scale == 0).any() or np.linalg.cond(spread / np.outer(scale, scale)) > 1e12:
        raise ValueError("the covariance is singular")
    away = (means - centre) / scale
    value = pieces * np.einsum("gi,gi->g", away, np.linalg.solve(spread / np.outer(scale, scale), away.T).T)
    inside, after = joint_limits(variables, groups, pieces, risk)
    return Joint(value, np.where(base, inside, after), centre)
