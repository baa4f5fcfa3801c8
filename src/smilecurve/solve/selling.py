"""How long until it sells at an asked price, and which price brings most?

Method    accelerated failure times: log days = level + groups (drawn to none) + slope x log(ask / worth) + scale x the
          log of a standard exponential, the slope never below 0, so that a higher ask never sells sooner; what still
          stands counts as not sold yet (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2nd
          ed., 2002, ch. 3). What is not known of the numbers is in the answers: they are means over draws around the
          best fit
Proof     share of held-out pieces sold by a predicted share of their time (Kaplan and Meier, JASA 53(282), 1958)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Selling", "days_until", "fit_selling", "net_of_ask", "sold_at", "sold_by"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DRAWS = 48
_POINTS = 32
_LOOSE = 1e-3


@dataclass(frozen=True)
class Selling:
    """A fitted model; draws (draws, level + groups + slope + log scale) around the best fit, which is the first."""

    draws: Floats
    groups: tuple[int, ...]

    @property
    def slope(self) -> float:
        """By how much of itself the time grows with each share of the ask: 4 means 4 % longer for 1 % more."""
        return float(self.draws[0, -2])

    def parts(self, ratio: Floats, group: Ints) -> tuple[Floats, Floats]:
        """(draws, pieces) logarithms of the usual days; (draws, 1) scales."""
        log = self.draws[:, :1] + self.draws[:, -2:-1] * np.log(ratio)
        at = [1 + sum(self.groups[:k]) for k in range(len(self.groups))]
        for column, start in zip(np.asarray(group).T, at, strict=True):
            log = log + np.where(column >= 0, self.draws[:, start + np.maximum(column, 0)], 0.0)
        return log, np.exp(self.draws[:, -1:])


def fit_selling(
    days: Floats, sold: NDArray[np.bool_], ratio: Floats, group: Ints, groups: tuple[int, ...], *, pull: float = 0.4
) -> Selling:
    """Fit days until sold, or days it stood so far.

    days     above 0; sold: whether it was sold then; ratio: ask over worth, above 0
    group    (pieces, groupings) codes; groups: how many codes each grouping has
    pull     standard deviation that a group's own effect on the log of the days is thought to have
    Raises ValueError without a sale, or when days or ratios are not above 0.

    >>> days = np.array([10.0, 20.0, 40.0] * 20)
    >>> got = fit_selling(days, days > 0, days / 20, np.zeros((60, 0), dtype=np.int64), ())
    >>> bool(0.9 < got.slope < 1.1)
    True
    """
    from scipy.optimize import minimize

    if not sold.any() or (days <= 0).any() or (ratio <= 0).any():
        raise ValueError("days and ratios must be above 0, with one sale")
    wide = int(sum(groups))
    x = np.zeros((len(days), wide + 2))
    x[:, 0], x[:, -1] = 1.0, np.log(ratio)
    for k, column in enumerate(group.T):
        x[np.arange(len(days)), 1 + sum(groups[:k]) + column] = 1.0
    firm = np.concatenate([[0.0], np.full(wide, pull**-2.0), [_LOOSE]])
    log = np.log(days)

    def missed(told: Floats) -> tuple[float, Floats]:
        scale = np.exp(told[-1])
        z = (log - x @ told[:-1]) / scale
        risk = np.exp(np.minimum(z, 50.0))
        value = float(np.sum(risk) - np.sum((z - told[-1])[sold]))
        pulled = float(0.5 * firm @ told[:-1] ** 2 + 0.5 * told[-1] ** 2)
        slope = np.append(x.T @ (sold - risk) / scale, np.sum(z * (sold - risk)) + sold.sum())
        return value + pulled, slope + np.append(firm * told[:-1], told[-1])

    begin = np.zeros(wide + 3)
    begin[0], begin[-2] = np.log(days.mean()), 1.0
    bounds = [(None, None)] * (wide + 1) + [(0.0, None), (-3.0, 2.0)]
    best = minimize(missed, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
    scale = np.exp(best[-1])
    z = (log - x @ best[:-1]) / scale
    risk = np.exp(np.minimum(z, 50.0))
    both = np.column_stack([x / scale, z])
    bend = both.T @ (both * risk[:, None]) + np.diag(np.append(firm, 1.0))
    cross = np.append(x.T @ (risk - sold) / scale, 0.0)
    bend[-1, :-1] += cross[:-1]
    bend[:-1, -1] += cross[:-1]
    bend[-1, -1] += float(np.sum(z * (risk - sold)))
    value, way = np.linalg.eigh(bend)
    spread = way / np.sqrt(np.maximum(value, 1e-6))
    draws = best + np.random.default_rng(0).normal(size=(_DRAWS, len(best))) @ spread.T
    draws[0] = best
    draws[:, -2] = np.maximum(draws[:, -2], 0.0)
    draws[:, -1] = np.clip(draws[:, -1], -3.0, 2.0)
    return Selling(draws, tuple(groups))


def sold_at(chance: Floats, sold: NDArray[np.bool_], share: float) -> float:
    """Return the share really sold by the time a model calls `share`; nan where none stood that long.

    chance   (pieces,) what the model said for the days each took or stood; sold: whether it was sold then

    >>> round(sold_at(np.array([0.2, 0.4, 0.6, 0.8]), np.array([True, True, True, False]), 0.5), 9)
    0.5
    """
    if not len(chance) or chance.max() < share:
        return float("nan")
    order = np.lexsort([~sold, chance])
    left = len(chance) - np.arange(len(chance))
    early = chance[order] <= share
    return float(1.0 - np.prod(1.0 - (sold[order] / left)[early]))


def days_until(
    model: Selling, share: float, ratio: Floats, group: Ints, stood: Floats | None = None, before: Floats | None = None
) -> Floats:
    """Return the days from now by which this share is sold.

    stood   days each has stood already, at an ask over worth of `before` (by default the ratio of now): of its way to
            a buyer it has gone what those days are at that ask
    """
    log, scale = model.parts(ratio, group)
    gone = _gone(model, group, stood, ratio if before is None else before, scale, log)
    low, high = np.full(len(ratio), -5.0), np.full(len(ratio), 16.0)
    for _ in range(50):
        middle = (low + high) / 2
        risk = ((np.exp(middle - log) + gone**scale) ** (1 / scale)) - gone
        sold = 1.0 - np.exp(-risk).mean(axis=0)
        low, high = np.where(sold < share, middle, low), np.where(sold < share, high, middle)
    return np.asarray(np.exp(high), dtype=np.float64)


def sold_by(
    model: Selling,
    days: Floats | float,
    ratio: Floats,
    group: Ints,
    stood: Floats | None = None,
    before: Floats | None = None,
) -> Floats:
    """Return the chance that each is sold within so many days from now; the rest as in `days_until`."""
    log, scale = model.parts(ratio, group)
    gone = _gone(model, group, stood, ratio if before is None else before, scale, log)
    risk = ((days * np.exp(-log) + gone**scale) ** (1 / scale)) - gone
    return np.asarray(1.0 - np.exp(-risk).mean(axis=0), dtype=np.float64)


def net_of_ask(
    model: Selling,
    ratio: Floats,
    group: Ints,
    *,
    holding: float,
    interest: float,
    paid: float = 1.0,
    stood: Floats | None = None,
    before: Floats | None = None,
) -> Floats:
    """Return what an ask is expected to bring today, as a share of the worth: discounted, less what holding costs.

    holding, interest   shares a day: of the worth for keeping it, and by which later money counts less; interest > 0
    paid                share of the ask that is paid
    """
    log, scale = model.parts(ratio, group)
    gone = _gone(model, group, stood, ratio if before is None else before, scale, log)
    points = (np.arange(_POINTS) + 0.5) / _POINTS
    total = np.zeros(len(ratio))
    for q in points.tolist():
        days = ((gone - np.log(1 - q)) ** scale - gone**scale) * np.exp(np.minimum(log, 30.0))
        kept = np.exp(-interest * days)
        total += (paid * ratio * kept - holding * (1 - kept) / interest).mean(axis=0)
    return np.asarray(total / _POINTS, dtype=np.float64)


def _gone(model: Selling, group: Ints, stood: Floats | None, before: Floats, scale: Floats, log: Floats) -> Floats:
    """Cumulated risk of the days each has stood, under each draw."""
    if stood is None:
        return np.zeros_like(log)
    then = model.parts(before, group)[0]
    return np.asarray((np.maximum(stood, 0.0) * np.exp(-then)) ** (1 / scale), dtype=np.float64)
