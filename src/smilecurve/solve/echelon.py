"""How many pieces of each part lie at the depot and at each base, so that the target is met at least cost?

Method    one-for-one replenishment from a depot to bases. METRIC (Sherbrooke, Operations Research 16(1), 1968):
          pipelines are Poisson. VARI-METRIC (Graves, Management Science 31(10), 1985; Sherbrooke, Operations
          Research 34(2), 1986): the base pipeline keeps its true variance and a negative binomial is fitted.
          Stock: Lagrangian over all parts and places, then marginal steps down to the target.
Proof     the Lagrangian value is a lower bound on the cost of any stock that meets the target under this model,
          because for one multiplier each part is minimised over all its stock levels
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measure = Literal["backorders", "unfilled"]

__all__ = ["Network", "Stock", "backorders", "plan_stock", "shortfall", "shortfall_table"]

_ROUNDS = 60


@dataclass(frozen=True)
class Network:
    """Parts and the places that use them.

    rate       (parts, bases) pieces needed a day at each base
    resupply   (parts,) days until the depot's own order arrives
    transit    (bases,) days from the depot to the base
    cost       (parts,) price of one piece
    pooled     True: VARI-METRIC; False: METRIC
    """

    rate: Floats
    resupply: Floats
    transit: Floats
    cost: Floats
    pooled: bool = True


@dataclass(frozen=True)
class Stock:
    """Stock levels, what they cost and miss, and the least that any stock meeting the target costs."""

    depot: Ints
    base: Ints
    cost: float
    missed: float
    bound: float
    reached: bool


def _poisson(mean: Floats, most: int) -> Floats:
    """Poisson probabilities 0..most on a new last axis."""
    from scipy.special import gammaln

    k = np.arange(most + 1)
    mu = np.maximum(mean, 1e-300)[..., None]
    return np.asarray(np.exp(k * np.log(mu) - mu - gammaln(k + 1)), dtype=np.float64)


def _probabilities(mean: Floats, variance: Floats, most: int) -> Floats:
    """Negative binomial probabilities of this mean and variance; Poisson where the variance is not larger."""
    from scipy.special import gammaln

    wide = variance > mean * (1 + 1e-9) + 1e-15
    mu, var = np.where(wide, mean, 1.0)[..., None], np.where(wide, variance, 2.0)[..., None]
    k, size = np.arange(most + 1), mu * mu / (var - mu)
    log = gammaln(k + size) - gammaln(size) - gammaln(k + 1) + size * np.log(mu / var) + k * np.log1p(-mu / var)
    return np.asarray(np.where(wide[..., None], np.exp(log), _poisson(mean, most)), dtype=np.float64)


def backorders(mean: Floats, variance: Floats, most: int) -> Floats:
    """Return the expected backorders of a pipeline for stock 0..most, on a new last axis.

    >>> backorders(np.array(1.0), np.array(1.0), 3).round(3).tolist()  # Sherbrooke 2004, table 2-1
    [1.0, 0.368, 0.104, 0.023]
    """
    below = np.cumsum(_probabilities(mean, variance, most), axis=-1)
    short = np.concatenate([np.zeros((*below.shape[:-1], 1)), np.cumsum(1.0 - below, axis=-1)[..., :-1]], axis=-1)
    return np.asarray(np.maximum(mean[..., None] - short, 0.0), dtype=np.float64)


def shortfall_table(network: Network, part: int, depot: int, most: int, measure: Measure) -> Floats:
    """Return what each base misses for every stock of one part: (depot + 1, bases, most + 1).

    backorders: pieces on backorder on average; unfilled: pieces a day that are not there when asked for.
    """
    rate = network.rate[part]
    total = float(rate.sum())
    levels = np.arange(depot + 1)
    mean0 = np.full(1, total * network.resupply[part])
    cut = max(depot, int(mean0[0] + 12 * np.sqrt(mean0[0]) + 20))
    chance = _poisson(mean0, cut)[0]
    over = np.maximum(np.arange(cut + 1)[None, :] - levels[:, None], 0)
    late, square = over @ chance, (over * over) @ chance
    late[0] = mean0[0]
    share = rate / total if total > 0 else np.zeros_like(rate)
    mean = rate * network.transit + share * late[:, None]
    extra = share**2 * (square - late**2 - late)[:, None] if network.pooled else 0.0
    variance = mean + np.maximum(extra, 0.0)
    if measure == "backorders":
        return backorders(mean, variance, most)
    below = np.cumsum(_probabilities(mean, variance, most), axis=-1)
    filled = np.concatenate([np.zeros((*below.shape[:-1], 1)), below[..., :-1]], axis=-1)
    return np.asarray(rate[:, None] * np.maximum(1.0 - filled, 0.0), dtype=np.float64)


def shortfall(network: Network, depot: Ints, base: Ints, measure: Measure = "backorders") -> Floats:
    """Return what each part misses at each base with this stock: (parts, bases).

    >>> one = Network(np.array([[0.5]]), np.array([0.0]), np.array([2.0]), np.array([1.0]))
    >>> shortfall(one, np.array([0]), np.array([[1]])).round(3).tolist()
    [[0.368]]
    """
    got = np.zeros_like(network.rate)
    for part in range(len(network.cost)):
        most = int(base[part].max(initial=0))
        table = shortfall_table(network, part, int(depot[part]), most, measure)[-1]
        got[part] = table[np.arange(table.shape[0]), base[part]]
    return got


def _sizes(network: Network, part: int) -> tuple[int, int]:
    """The largest depot and base stock worth looking at: beyond them a piece saves next to nothing."""
    mean0 = float(network.rate[part].sum() * network.resupply[part])
    worst = float((network.rate[part] * (network.transit + network.resupply[part])).max(initial=0.0))

    def reach(mean: float) -> int:
        return int(np.ceil(mean + 6 * np.sqrt(mean))) + 4

    return reach(mean0), reach(worst)


def _cheapest(table: Floats, cost: float, multiplier: float) -> tuple[float, int, Ints]:
    """Minimise cost + multiplier x missed over all stock of one part: the value, depot stock, base stock."""
    each = cost * np.arange(table.shape[2]) + multiplier * table
    value = each.min(axis=2).sum(axis=1) + cost * np.arange(table.shape[0])
    depot = int(value.argmin())
    return float(value[depot]), depot, np.asarray(each[depot].argmin(axis=1), dtype=np.int64)


def plan_stock(network: Network, *, target: float, measure: Measure = "unfilled") -> Stock:
    """Decide the stock of every part at the depot and at every base that misses at most `target` at least cost.

    target   total missed over all parts and bases, in the measure's unit; `reached` says whether it could be met
    bound    no stock that meets the target costs less (Lagrangian; equal to `cost` when proved best)
    Raises ValueError when the target is negative or a rate, time or cost is not finite and at least 0.

    >>> one = Network(np.array([[0.5]]), np.array([0.0]), np.array([2.0]), np.array([3.0]))
    >>> plan = plan_stock(one, target=0.11, measure="backorders")  # backorders 1, .368, .104
    >>> plan.base.tolist(), plan.cost, plan.reached
    ([[2]], 6.0, True)
    """
    _check(network, target)
    tables = [shortfall_table(network, p, *_sizes(network, p), measure) for p in range(len(network.cost))]
    low, high, bound = 0.0, 1.0, 0.0
    lean, rich = _solve(tables, network.cost, low), _solve(tables, network.cost, high)
    while rich[3] > target and high < 1e15:
        low, lean, bound = high, rich, max(bound, rich[2] - high * target)
        high *= 8.0
        rich = _solve(tables, network.cost, high)
    bound = max(bound, rich[2] - high * target)
    if rich[3] > target:
        return Stock(rich[0], rich[1], _cost(network, rich[0], rich[1]), rich[3], bound, False)
    for _ in range(_ROUNDS if lean[3] > target else 0):
        middle = (low + high) / 2
        got = _solve(tables, network.cost, middle)
        bound = max(bound, got[2] - middle * target)
        if got[3] > target:
            low, lean = middle, got
        else:
            high, rich = middle, got
        if np.array_equal(lean[0], rich[0]) and np.array_equal(lean[1], rich[1]):
            break
    if lean[3] <= target:
        rich = lean
    depot, base = _blend(tables, network.cost, lean, rich, target)
    _trim(tables, network.cost, depot, base, target)
    cost = _cost(network, depot, base)
    return Stock(depot, base, cost, _missed(tables, depot, base), min(max(bound, 0.0), cost), True)


Solution = tuple[Ints, Ints, float, float]


def _solve(tables: list[Floats], cost: Floats, multiplier: float) -> Solution:
    """The Lagrangian solution: depot stock, base stock, its value, what it misses."""
    got = [_cheapest(table, float(c), multiplier) for table, c in zip(tables, cost, strict=True)]
    depot, base = np.array([g[1] for g in got], dtype=np.int64), np.stack([g[2] for g in got])
    return depot, base, float(sum(g[0] for g in got)), _missed(tables, depot, base)


def _part_missed(table: Floats, depot: int, base: Ints) -> float:
    return float(table[depot, np.arange(len(base)), base].sum())


def _missed(tables: list[Floats], depot: Ints, base: Ints) -> float:
    return float(sum(_part_missed(t, int(d), b) for t, d, b in zip(tables, depot, base, strict=True)))


def _cost(network: Network, depot: Ints, base: Ints) -> float:
    return float(network.cost @ (depot + base.sum(axis=1)))


def _blend(tables: list[Floats], cost: Floats, lean: Solution, rich: Solution, target: float) -> tuple[Ints, Ints]:
    """Start from the lean side and take the rich side part by part, best ratio first, until the target holds."""
    depot, base = lean[0].copy(), lean[1].copy()
    saved, paid = np.zeros(len(cost)), np.zeros(len(cost))
    for p, table in enumerate(tables):
        saved[p] = _part_missed(table, int(depot[p]), base[p]) - _part_missed(table, int(rich[0][p]), rich[1][p])
        paid[p] = cost[p] * (rich[0][p] + rich[1][p].sum() - depot[p] - base[p].sum())
    missed = lean[3]
    for p in np.argsort(-saved / np.maximum(paid, 1e-12), kind="stable"):
        if missed <= target:
            break
        depot[p], base[p], missed = rich[0][p], rich[1][p], missed - saved[p]
    return depot, base


def _trim(tables: list[Floats], cost: Floats, depot: Ints, base: Ints, target: float) -> None:
    """Take single pieces out, dearest first, while the target still holds (in place)."""
    slack = target - _missed(tables, depot, base)
    for p in np.argsort(-cost, kind="stable"):
        table, bases = tables[p], np.arange(base.shape[1])
        while cost[p] > 0:
            here = table[depot[p], bases, base[p]]
            loss = np.where(base[p] > 0, table[depot[p], bases, np.maximum(base[p] - 1, 0)] - here, np.inf)
            b = int(loss.argmin())
            at_depot = float((table[depot[p] - 1, bases, base[p]] - here).sum()) if depot[p] > 0 else np.inf
            if min(at_depot, float(loss[b])) > slack:
                break
            if at_depot <= loss[b]:
                depot[p] -= 1
            else:
                base[p, b] -= 1
            slack -= min(at_depot, float(loss[b]))


def _check(network: Network, target: float) -> None:
    for name in ("rate", "resupply", "transit", "cost"):
        values = getattr(network, name)
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError(f"{name} must be finite and not negative")
    if target < 0:
        raise ValueError(f"a target of {target} cannot be met by any stock")
