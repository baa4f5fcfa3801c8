"""What must each capacity and each piece be worth, so that no plan exceeds what units earn at these prices?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from smilecurve.solve.disposing import Goods, Options

Floats = NDArray[np.float64]

__all__ = ["Dual", "sharpen"]

HEATS = (0.1, 0.03, 0.01, 0.003, 0.001)
LAST = (0.001, 0.0003)
STEPS = 50
SAMPLE = 800
LIKELY = 0.25


class Dual:
    """The Lagrangian dual: prices of capacities, then of goods; every value bounds every plan from above."""

    def __init__(self, options: Options, capacity: Floats, goods: Goods) -> None:
        from scipy import sparse

        self.options, self.capacity, self.goods = options, capacity, goods
        self.matrix = sparse.hstack([-options.takes, options.yields]).tocsr()
        self.back = self.matrix.T.tocsr()
        starts = options.starts
        self.starts, self.unit, self.later = starts, options.unit[starts], options.branch[starts] > 0
        self.units = int(options.unit.max()) + 1
        spread = np.maximum.reduceat(options.gain, starts) - np.minimum.reduceat(options.gain, starts)
        self.money = float(np.mean(spread)) + 1e-9
        count = np.maximum(np.diff(self.back.indptr), 1)
        self.scale = self.money / np.maximum(np.abs(self.back).sum(axis=1) / count, 1e-12)
        steps = goods.worth.shape[1]
        self.first = goods.worth[:, 0] if steps else np.zeros(len(goods.worth))

    def _units(self, groups: Floats) -> tuple[Floats, Floats]:
        """What each unit earns at once and after a look, of what its branches earn; -inf where it cannot."""
        direct = np.full(self.units, -np.inf)
        direct[self.unit[~self.later]] = groups[~self.later]
        looks = np.zeros(self.units)
        np.add.at(looks, self.unit[self.later], groups[self.later])
        has = np.zeros(self.units, dtype=np.bool_)
        has[self.unit] = True
        looked = np.zeros(self.units, dtype=np.bool_)
        looked[self.unit[self.later]] = True
        looks[~looked] = -np.inf
        direct[~has] = 0.0
        return direct, looks

    def value(self, prices: Floats) -> float:
        """What no plan exceeds."""
        score = self.options.gain + self.matrix @ prices
        direct, looks = self._units(np.maximum.reduceat(score, self.starts))
        return float(np.maximum(direct, looks).sum()) + self._rest(prices)

    def _rest(self, prices: Floats) -> float:
        caps = len(self.capacity)
        over = np.maximum(self.goods.worth - prices[caps:, None], 0.0)
        return float(prices[:caps] @ self.capacity + (over * self.goods.size).sum())

    def regret(self, prices: Floats) -> Floats:
        """What a unit loses at these prices when it must take this option."""
        score = self.options.gain + self.matrix @ prices
        groups = np.maximum.reduceat(score, self.starts)
        direct, looks = self._units(groups)
        best = np.maximum(direct, looks)[self.options.unit]
        way = np.where(self.options.branch > 0, looks[self.options.unit], direct[self.options.unit])
        return np.asarray(best - (way - groups[self.options.group] + score))

    def smooth(self, scaled: Floats, heat: float) -> tuple[float, Floats]:
        """The value with every maximum softened by this heat, and its slope, by scaled prices."""
        caps, worth, size = len(self.capacity), self.goods.worth, self.goods.size
        prices = scaled * self.scale
        score = (self.options.gain + self.matrix @ prices) / heat
        top = np.maximum.reduceat(score, self.starts)
        raised = np.exp(score - top[self.options.group])
        total = np.add.reduceat(raised, self.starts)
        direct, looks = self._units(top + np.log(total))
        both = np.logaddexp(direct, looks)
        look = np.exp(looks - both)
        way = np.where(self.later, look[self.unit], 1.0 - look[self.unit])
        chance = raised * (way / total)[self.options.group]
        over = (worth - prices[caps:, None]) / heat
        value = heat * both.sum() + prices[:caps] @ self.capacity + heat * (size * np.logaddexp(0.0, over)).sum()
        slope = self.back @ chance
        slope[:caps] += self.capacity
        slope[caps:] -= (size / (1.0 + np.exp(-np.clip(over, -500, 500)))).sum(axis=1)
        return float(value), slope * self.scale


def sharpen(dual: Dual) -> tuple[Floats, float]:
    """The prices found at ever less heat, and the least value met: no plan exceeds it.

    Where there are many units, those of a sample say first about where the prices lie, then the options likely there
    say it sharply; the value is that of all.
    """
    caps = len(dual.capacity)
    prices = np.r_[np.zeros(caps), 0.5 * dual.first]
    step = dual.units // SAMPLE
    if step < 2:
        return _cooled(dual, prices, HEATS + LAST[1:])
    some = dual.options.only(dual.options.unit % step == 0)
    share = len(np.unique(some.unit)) / len(np.unique(dual.unit))
    few = replace(some, unit=some.unit // step)
    near = Dual(few, dual.capacity * share, replace(dual.goods, size=dual.goods.size * share))
    prices = _cooled(near, prices, HEATS)[0]
    likely = Dual(dual.options.only(dual.regret(prices) <= LIKELY * dual.money), dual.capacity, dual.goods)
    found = [prices, _cooled(likely, prices, LAST)[0]]
    values = [dual.value(p) for p in found]
    return found[int(np.argmin(values))], min(values)


def _cooled(dual: Dual, prices: Floats, heats: tuple[float, ...]) -> tuple[Floats, float]:
    from scipy.optimize import minimize

    top = np.r_[np.full(len(dual.capacity), np.inf), dual.first / dual.scale[len(dual.capacity) :]]
    at = np.clip(prices / dual.scale, 0.0, top)
    best, least = at * dual.scale, np.inf
    for heat in heats:
        warm = heat * dual.money
        got = minimize(
            lambda x, h=warm: tuple(y / dual.money for y in dual.smooth(x, h)),
            at, jac=True, method="L-BFGS-B", bounds=list(zip(np.zeros(len(at)), top, strict=True)),
            options={"maxiter": STEPS, "maxcor": 30},
        )  # fmt: skip
        at = got.x
        value = dual.value(at * dual.scale)
        if value < least:
            best, least = at * dual.scale, value
    return best, least
