"""How likely is each condition, A to D, of a machine with so many points, now that some were sold and failed?

Method    the true condition is not seen. Points say its chances by isotonic regression of each cumulative chance
          (Barlow et al., Statistical Inference under Order Restrictions, 1972), prices and failures say them by levels
          that fall from A to D; both are fitted in turn (EM: Dempster, Laird & Rubin, JRSS B 39(1), 1977). What the
          rules say stands for `PRIOR` machines, so that few sales change little
Proof     mean log-likelihood of the sales of one half under what the other half taught, beside that of the rules alone
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Calibration", "calibrate", "chances", "rule_chances"]

GRADES = 4
PRIOR = 30.0
GRID = 101
ROUNDS = 30
STARTS = np.array([0.06, 0.0, -0.13, -0.38])
RULE = np.array([[0.8, 0.16, 0.03, 0.01], [0.12, 0.72, 0.14, 0.02], [0.02, 0.14, 0.72, 0.12], [0.01, 0.03, 0.16, 0.8]])


@dataclass(frozen=True)
class Calibration:
    """What points say: points (known,) rising, and the cumulative chance of at most each grade there (known, 4).

    level, spread    log price of each grade and its deviation; failing: chance to fail; told, ruled: log-likelihood
                     of a sale under this and under the rules alone, each out of sample (0 where there are too few)
    """

    points: Floats
    upto: Floats
    level: Floats
    spread: float
    failing: Floats
    told: float
    ruled: float


def rule_chances(rule: Ints) -> Floats:
    """What the rules alone say, where a neighbouring grade is the true one now and then.

    >>> rule_chances(np.array([1])).tolist()
    [[0.12, 0.72, 0.14, 0.02]]
    """
    return RULE[rule]


def calibrate(points: Floats, rule: Ints, price: Floats, failed: Floats, least: Floats) -> Calibration:
    """Learn from machines sold after they were graded.

    points, rule    of each machine, rule from 0 (A) to 3 (D); price: log price beyond what model and age explain
    failed          1, 0, or NaN where it is not known; least: points that A, B, C ask for
    """
    order = np.lexsort((rule, price, points))
    points, rule, price, failed = points[order], rule[order], price[order], failed[order]
    halves = [np.arange(len(points)) % 2 == k for k in (0, 1)]
    told = ruled = 0.0
    for mine in halves if len(points) >= 2 * GRADES else []:
        half = _fit(points[mine], rule[mine], price[mine], failed[mine], least)
        other = ~mine
        told += float(_likely(half, _at(half, points[other]), price[other]).sum())
        ruled += float(_likely(half, rule_chances(rule[other]), price[other]).sum())
    whole = _fit(points, rule, price, failed, least)
    n = max(len(points), 1)
    return Calibration(whole.points, whole.upto, whole.level, whole.spread, whole.failing, told / n, ruled / n)


def chances(model: Calibration, points: Floats, capped: Ints) -> Floats:
    """Chance of each grade (machines, 4); a machine capped at a grade (0: not) is at best that."""
    found = _at(model, points)
    worse = np.arange(GRADES)[None, :] >= capped[:, None]
    lost = np.where(worse, 0.0, found).sum(axis=1)
    found = np.where(worse, found, 0.0)
    found[np.arange(len(points)), capped] += lost
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _at(model: Calibration, points: Floats) -> Floats:
    upto = np.column_stack([np.interp(points, model.points, model.upto[:, g]) for g in range(GRADES)])
    return np.maximum(np.diff(np.column_stack([np.zeros(len(points)), upto]), axis=1), 0.0)


def _fit(points: Floats, rule: Ints, price: Floats, failed: Floats, least: Floats) -> Calibration:
    from scipy.optimize import isotonic_regression

    grid = np.linspace(0.0, 100.0, GRID)
    ruled = np.cumsum(rule_chances((grid[:, None] < least).sum(axis=1)), axis=1)
    at = np.r_[points, grid]
    order = np.argsort(at, kind="stable")
    weight = np.r_[np.ones(len(points)), np.full(GRID, PRIOR / GRID)][order]
    chance, level, spread = rule_chances(rule), STARTS + float(price.mean() if len(price) else 0.0), 0.15
    failing = np.full(GRADES, 0.1)
    upto = ruled
    for _ in range(ROUNDS):
        seen = _posterior(chance, level, spread, failing, price, failed)
        upto = np.vstack([np.cumsum(seen, axis=1), ruled])[order]
        upto = np.column_stack([isotonic_regression(upto[:, g], weights=weight).x for g in range(GRADES)])
        upto[:, -1] = 1.0
        now = Calibration(at[order], upto, level, spread, failing, 0.0, 0.0)
        if not len(points):
            return now
        chance = np.maximum(_at(now, points), 1e-9)
        count = seen.sum(axis=0) + 2.0
        level = (seen.T @ price + 2.0 * (price.mean() + STARTS)) / count
        level = isotonic_regression(level, weights=count, increasing=False).x
        off = (seen * (price[:, None] - level) ** 2).sum()
        spread = float(np.sqrt((off + 5 * 0.1**2) / (len(price) + 5)))
        known = ~np.isnan(failed)
        fails = (seen[known].T @ failed[known] + 0.5) / (seen[known].sum(axis=0) + 5.0)
        failing = isotonic_regression(fails, weights=count).x
    return Calibration(at[order], upto, level, spread, failing, 0.0, 0.0)


def _density(level: Floats, spread: float, price: Floats) -> Floats:
    off = (price[:, None] - level) / spread
    return np.asarray(np.exp(-0.5 * np.minimum(off**2, 200.0)) / (spread * np.sqrt(2 * np.pi)))


def _posterior(chance: Floats, level: Floats, spread: float, failing: Floats, price: Floats, failed: Floats) -> Floats:
    seen = chance * _density(level, spread, price)
    bad = np.nan_to_num(failed, nan=-1.0)[:, None]
    seen = seen * np.where(bad < 0, 1.0, np.where(bad > 0, failing, 1.0 - failing))
    total = seen.sum(axis=1, keepdims=True)
    return np.where(total > 0, seen / np.maximum(total, 1e-300), chance)


def _likely(model: Calibration, chance: Floats, price: Floats) -> Floats:
    return np.asarray(np.log(np.maximum((chance * _density(model.level, model.spread, price)).sum(axis=1), 1e-12)))
