"""What will a used machine fetch, and between which prices will it be sold nine times in ten?

Method    log price = level + group effects (shrunk) + falling curves of age and use, fitted by backfitting with
          isotonic regression (Hastie and Tibshirani 1986; Barlow et al. 1972)
Proof     split conformal limits: each end holds with at least the asked chance for exchangeable sales, any model
          (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, JASA 113(523), 2018)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Curve", "Valuation", "conformal_limit", "falling_curve", "fit_values", "predict_values"]

_ROUNDS = 25
_CLOSE = 1e-6
_LEAST = 1e-9


@dataclass(frozen=True)
class Curve:
    """A falling step-and-line curve: at `x` the value is `y`, flat outside."""

    x: Floats
    y: Floats

    def at(self, x: Floats) -> Floats:
        """The curve's value at each x, in between by straight lines."""
        return np.asarray(np.interp(x, self.x, self.y), dtype=np.float64)


@dataclass(frozen=True)
class Valuation:
    """A fitted model of log prices and its interval: added to a log price, `low` and `high` (infinite if few sales).

    covered   share of held-out sales at or above the low end and at or below the high end, each half of them judged by
              an interval of the other half
    """

    level: float
    groups: tuple[Floats, ...]
    curves: tuple[Curve, ...]
    low: float
    high: float
    covered: tuple[float, float]
    used: int


def falling_curve(x: Floats, y: Floats, weight: Floats | None = None) -> Curve:
    """Return the least-squares falling curve through points (pool adjacent violators).

    >>> falling_curve(np.array([0.0, 1.0, 2.0]), np.array([3.0, 1.0, 2.0])).y.tolist()
    [3.0, 1.5, 1.5]
    """
    from scipy.optimize import isotonic_regression

    where, index = np.unique(x, return_inverse=True)
    mass = np.ones_like(x) if weight is None else weight
    total = np.bincount(index, mass, len(where))
    mean = np.bincount(index, mass * y, len(where)) / total
    return Curve(where, np.asarray(isotonic_regression(mean, weights=total, increasing=False).x, dtype=np.float64))


def conformal_limit(errors: Floats, share: float) -> float:
    """Return the limit that a new error stays at or below with at least this chance; inf with too few errors.

    It is the ceil((n + 1) share)-th smallest of n errors on sales the model has not seen.

    >>> conformal_limit(np.array([0.1, -0.3, 0.2, 0.4]), 0.8)
    0.4
    >>> conformal_limit(np.array([0.1]), 0.9)
    inf
    """
    rank = int(np.ceil((len(errors) + 1) * share - 1e-9))
    return float(np.sort(errors)[rank - 1]) if 0 < rank <= len(errors) else float("inf")


def fit_values(
    price: Floats,
    groups: tuple[Ints, ...],
    falling: tuple[Floats, ...],
    *,
    sizes: tuple[int, ...],
    share: float = 0.9,
    held: NDArray[np.bool_] | None = None,
    shrink: float = 5.0,
    judged: tuple[Floats, ...] | None = None,
) -> Valuation:
    """Fit log prices on the sales that are not held out; the held-out sales give the interval.

    price    (sales,) above 0; groups: one (sales,) code array per grouping; falling: numbers that lower the price
    sizes    number of codes of each grouping (a code without sales has no effect)
    share    chance that a new sale is at or above the low end, and chance that it is at or below the high end
    held     (sales,) sales kept for the interval only; by default every third
    shrink   sales' worth of weight pulling each group's effect to zero
    judged   numbers to judge the held-out sales by instead of `falling`, where a price will be asked for without
             knowing them (the usual hours of an age, say): the interval then covers what is not known
    Raises ValueError when a price is not above 0 or nothing is left to fit.

    >>> got = fit_values(np.exp(np.array([2.0, 1.0] * 6)), (), (np.array([0.0, 1.0] * 6),), sizes=())
    >>> predict_values(got, (), (np.array([0.0, 1.0]),)).round(3).tolist()
    [7.389, 2.718]
    """
    if (price <= 0).any():
        raise ValueError("prices must be above 0")
    out = np.arange(len(price)) % 3 == 2 if held is None else held
    keep = ~out
    if not keep.any():
        raise ValueError("no sale is left to fit: hold out fewer")
    y = np.log(price[keep])
    level, own = float(y.mean()), tuple(g[keep] for g in groups)
    effects = [np.zeros(size) for size in sizes]
    curves = [Curve(np.zeros(1), np.zeros(1)) for _ in falling]
    parts = [np.zeros(len(y)) for _ in (*groups, *falling)]
    for _ in range(_ROUNDS):
        before = sum(parts, np.zeros(len(y)))
        for i, codes in enumerate(own):
            rest = y - level - sum(parts, np.zeros(len(y))) + parts[i]
            count = np.bincount(codes, minlength=sizes[i])
            effects[i] = np.bincount(codes, rest, minlength=sizes[i]) / np.maximum(count + shrink, _LEAST)
            parts[i] = effects[i][codes]
        for j, x in enumerate(falling, start=len(groups)):
            rest = y - level - sum(parts, np.zeros(len(y))) + parts[j]
            curve = falling_curve(x[keep], rest)
            parts[j] = curve.at(x[keep])
            shift = float(parts[j].mean())
            curves[j - len(groups)] = Curve(curve.x, curve.y - shift)
            parts[j] -= shift
        level += float((y - level - sum(parts, np.zeros(len(y)))).mean())
        if np.abs(sum(parts, np.zeros(len(y))) - before).max() < _CLOSE:
            break
    model = Valuation(level, tuple(effects), tuple(curves), 0.0, 0.0, (0.0, 0.0), int(keep.sum()))
    guess = predict_values(model, tuple(g[out] for g in groups), tuple(x[out] for x in judged or falling))
    errors = np.log(price[out]) - np.log(guess)
    halves = errors[0::2], errors[1::2]
    below = [float((a >= -conformal_limit(-b, share)).mean()) for a, b in (halves, halves[::-1]) if len(a)]
    above = [float((a <= conformal_limit(b, share)).mean()) for a, b in (halves, halves[::-1]) if len(a)]
    covered = (float(np.mean(below)), float(np.mean(above))) if below else (0.0, 0.0)
    low, high = -conformal_limit(-errors, share), conformal_limit(errors, share)
    return Valuation(level, model.groups, model.curves, low, high, covered, model.used)


def predict_values(model: Valuation, groups: tuple[Ints, ...], falling: tuple[Floats, ...]) -> Floats:
    """Return the price of each machine; multiply by exp(model.low) and exp(model.high) for its interval.

    A code of -1 means a group never seen: it adds nothing.
    """
    size = len(groups[0]) if groups else len(falling[0])
    log = np.full(size, model.level)
    for effect, codes in zip(model.groups, groups, strict=True):
        log += np.where(codes >= 0, effect[np.maximum(codes, 0)] if len(effect) else 0.0, 0.0)
    for curve, x in zip(model.curves, falling, strict=True):
        log += curve.at(x)
    return np.asarray(np.exp(log), dtype=np.float64)
