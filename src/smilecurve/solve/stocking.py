"""How many pieces of each part lie at the depot and at each base, so that the target is met at least cost?

Method    Lagrangian over all parts and places of the two-echelon model of `echelon`, then single steps down to the
          target (marginal analysis: Sherbrooke, Optimal Inventory Modeling of Systems, 2004; Fox, Management Science
          13(3), 1966)
Proof     the Lagrangian value is a lower bound on the cost of any stock that meets the target under that model: for one
          multiplier each part is minimised over all its stock levels; depot levels that were passed over are bounded
          by the level above them, because more depot stock never misses more
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Measure, Network, shortfall_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Stock", "plan_stock"]

_ROUNDS = 60
_MOST_LEVELS = 200


@dataclass(frozen=True)
class Stock:
    """Stock levels, what they cost and miss, and the least that any stock meeting the target costs."""

    depot: Ints
    base: Ints
    cost: float
    missed: float
    bound: float
    reached: bool


@dataclass(frozen=True)
class _Part:
    """One part: what each base misses (depot level, base, base stock), the depot levels looked at, its price."""

    table: Floats
    levels: Ints
    cost: float

    def cheapest(self, multiplier: float) -> tuple[float, int, Ints]:
        """Minimise cost + multiplier x missed: a value no stock beats, the best level looked at, its base stock."""
        each = self.cost * np.arange(self.table.shape[2]) + multiplier * self.table
        bases = each.min(axis=2).sum(axis=1)
        value = bases + self.cost * self.levels
        passed = np.where(np.diff(self.levels) > 1, bases[1:] + self.cost * (self.levels[:-1] + 1), np.inf)
        at = int(value.argmin())
        return (
            float(min(value[at], passed.min(initial=np.inf))),
            at,
            np.asarray(each[at].argmin(axis=1), dtype=np.int64),
        )

    def missed(self, at: int, base: Ints) -> float:
        """What all bases miss together at one depot level."""
        return float(self.table[at, np.arange(len(base)), base].sum())

    def price(self, at: int, base: Ints) -> float:
        """What the stock costs."""
        return float(self.cost * (self.levels[at] + base.sum()))


@dataclass
class _Plan:
    """Depot level (index) and base stock of every part, the Lagrangian value it came from, what it misses."""

    at: Ints
    base: Ints
    value: float
    missed: float


def plan_stock(network: Network, *, target: float, measure: Measure = "unfilled") -> Stock:
    """Decide the stock of every part at the depot and at every base that misses at most `target` at least cost.

    target   total missed over all parts and bases, in the measure's unit; `reached` says whether it could be met
    bound    no stock that meets the target costs less; equal to `cost` when proved best
    Raises ValueError when the target is negative or a rate, time or cost is not finite and at least 0.

    >>> one = Network(np.array([[0.5]]), np.array([0.0]), np.array([2.0]), np.array([3.0]))
    >>> plan = plan_stock(one, target=0.11, measure="backorders")  # backorders 1, .368, .104
    >>> plan.base.tolist(), plan.cost, plan.reached
    ([[2]], 6.0, True)
    """
    _check(network, target)
    parts = [_tabulate(network, p, measure) for p in range(len(network.cost))]
    low, high = 0.0, 1.0
    lean, rich = _minimise(parts, low), _minimise(parts, high)
    bound = max(0.0, rich.value - high * target)
    while rich.missed > target and high < 1e15:
        low, lean, high = high, rich, high * 8.0
        rich = _minimise(parts, high)
        bound = max(bound, rich.value - high * target)
    if rich.missed > target:
        return _stock(parts, rich, bound, False)
    for _ in range(_ROUNDS if lean.missed > target else 0):
        middle = (low + high) / 2
        got = _minimise(parts, middle)
        bound = max(bound, got.value - middle * target)
        if got.missed > target:
            low, lean = middle, got
        else:
            high, rich = middle, got
        if np.array_equal(lean.at, rich.at) and np.array_equal(lean.base, rich.base):
            break
    plan = lean if lean.missed <= target else _blend(parts, lean, rich, target)
    _trim(parts, plan, target)
    return _stock(parts, plan, bound, True)


def _tabulate(network: Network, part: int, measure: Measure) -> _Part:
    """The levels worth looking at: beyond them a piece saves next to nothing."""
    rate, lumps = network.rate[part], network.lumps(part)

    def reach(mean: float) -> int:
        return int(np.ceil(mean + lumps * (6 * np.sqrt(mean) + 4)))

    most = reach(float(rate.sum() * network.resupply[part]))
    levels = np.unique(np.linspace(0, most, min(most + 1, _MOST_LEVELS)).round().astype(np.int64))
    worst = float((rate * (network.transit + network.resupply[part])).max(initial=0.0))
    return _Part(shortfall_table(network, part, levels, reach(worst), measure), levels, float(network.cost[part]))


def _minimise(parts: list[_Part], multiplier: float) -> _Plan:
    got = [part.cheapest(multiplier) for part in parts]
    at = np.array([g[1] for g in got], dtype=np.int64)
    base = np.stack([g[2] for g in got])
    missed = sum(part.missed(int(a), b) for part, a, b in zip(parts, at, base, strict=True))
    return _Plan(at, base, float(sum(g[0] for g in got)), float(missed))


def _stock(parts: list[_Part], plan: _Plan, bound: float, reached: bool) -> Stock:
    cost = sum(part.price(int(a), b) for part, a, b in zip(parts, plan.at, plan.base, strict=True))
    missed = sum(part.missed(int(a), b) for part, a, b in zip(parts, plan.at, plan.base, strict=True))
    depot = np.array([part.levels[a] for part, a in zip(parts, plan.at, strict=True)], dtype=np.int64)
    return Stock(depot, plan.base, float(cost), float(missed), min(bound, float(cost)), reached)


def _blend(parts: list[_Part], lean: _Plan, rich: _Plan, target: float) -> _Plan:
    """Start from the lean side and take the rich side part by part, best ratio first, until the target holds."""
    at, base, missed = lean.at.copy(), lean.base.copy(), lean.missed
    saved, paid = np.zeros(len(parts)), np.zeros(len(parts))
    for p, part in enumerate(parts):
        saved[p] = part.missed(int(at[p]), base[p]) - part.missed(int(rich.at[p]), rich.base[p])
        paid[p] = part.price(int(rich.at[p]), rich.base[p]) - part.price(int(at[p]), base[p])
    for p in np.argsort(-saved / np.maximum(paid, 1e-12), kind="stable"):
        if missed <= target:
            break
        at[p], base[p], missed = rich.at[p], rich.base[p], missed - saved[p]
    return _Plan(at, base, 0.0, float(missed))


def _trim(parts: list[_Part], plan: _Plan, target: float) -> None:
    """Take single pieces (at the depot: single levels) out, dearest part first, while the target still holds."""
    slack = target - sum(part.missed(int(a), b) for part, a, b in zip(parts, plan.at, plan.base, strict=True))
    for p in np.argsort([-part.cost for part in parts], kind="stable"):
        part, base = parts[p], plan.base[p]
        bases = np.arange(len(base))
        while part.cost > 0:
            here = part.table[plan.at[p], bases, base]
            loss = np.where(base > 0, part.table[plan.at[p], bases, np.maximum(base - 1, 0)] - here, np.inf)
            b = int(loss.argmin()) if len(base) else 0
            least = float(loss[b]) if len(base) else np.inf
            at_depot = float((part.table[plan.at[p] - 1, bases, base] - here).sum()) if plan.at[p] > 0 else np.inf
            if min(at_depot, least) > slack:
                break
            if at_depot <= least:
                plan.at[p] -= 1
            else:
                base[b] -= 1
            slack -= min(at_depot, least)


def _check(network: Network, target: float) -> None:
    for name in ("rate", "resupply", "transit", "cost"):
        values = getattr(network, name)
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError(f"{name} must be finite and not negative")
    if network.spread is not None and (network.spread < 1).any():
        raise ValueError("spread must be at least 1")
    if target < 0:
        raise ValueError(f"a target of {target} cannot be met by any stock")
