"""How many hours a month do the machines of a stratum work?

The rates of each market and model follow a log-normal law; a stratum (family and climate) mixes its markets and models
by their machines. Where no meter tells, there is no usage axis.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._strata import Strata, floats, texts

__all__ = ["doubtful_meters", "hours_month"]

Floats = npt.NDArray[np.float64]
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
LEAST_MACHINES = 5


def hours_month(usage_rates: pa.Table, strata: Strata) -> Floats:
    """Five equally likely rates of each stratum, ascending (strata, 5); NaN where fewer than five meters tell."""
    found = np.full((strata.count, len(LEVELS)), np.nan)
    by: dict[tuple[str, str], Floats] = {}
    for k, (_, family, climate) in enumerate(strata.names):
        if (family, climate) not in by:
            mine = _of(usage_rates, family, climate)
            by[family, climate] = _mixture_levels(*(floats(mine, c) for c in ("machines", "log_mean", "log_spread")))
        found[k] = by[family, climate]
    return found


def doubtful_meters(usage_rates: pa.Table, strata: Strata) -> Floats:
    """Share of the meters of each stratum that claim more hours than a month has."""
    by: dict[tuple[str, str], float] = {}
    for _, family, climate in strata.names:
        if (family, climate) not in by:
            mine = _of(usage_rates, family, climate)
            wrong, right = (float(pc.sum(mine.column(c)).as_py() or 0) for c in ("impossible", "machines"))
            by[family, climate] = wrong / max(wrong + right, 1.0)
    return np.array([by[family, climate] for _, family, climate in strata.names])


def _of(usage_rates: pa.Table, family: str, climate: str) -> pa.Table:
    same = pc.and_(
        pc.equal(texts(usage_rates.column("family")), family), pc.equal(texts(usage_rates.column("climate")), climate)
    )
    return usage_rates.filter(same)


def _mixture_levels(machines: Floats, mean: Floats, spread: Floats) -> Floats:
    """Quantiles of a mixture of log-normal laws, by bisection; a law of one machine has the spread of the others."""
    from scipy.special import ndtr

    if machines.sum() < LEAST_MACHINES:
        return np.full(len(LEVELS), np.nan)
    many = machines > 1
    usual = float(np.average(spread[many], weights=machines[many])) if many.any() else 0.3
    wide = np.maximum(np.where(many, spread, usual), 0.02)
    low = np.full(len(LEVELS), float((mean - 6 * wide).min()))
    high = np.full(len(LEVELS), float((mean + 6 * wide).max()))
    for _ in range(50):
        middle = 0.5 * (low + high)
        below = (machines * ndtr((middle[:, None] - mean) / wide)).sum(axis=1) / machines.sum() < np.array(LEVELS)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found: Floats = np.exp(0.5 * (low + high))
    return found
