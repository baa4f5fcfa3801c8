"""How many pieces of each part lie at each place, so that the target is met at least cost?

Method    Lagrangian over all parts and places of the model of `echelon`, every stock of each part's tree looked at,
          then single pieces out while the target holds (marginal analysis: Sherbrooke, Optimal Inventory Modeling of
          Systems, 2004; Fox, Management Science 13(3), 1966)
Proof     the Lagrangian value is a lower bound on the cost of any stock that meets the target under that model: for one
          price of what is missed each part is minimised over all its stocks. A level is left out only when what it
          costs and the least of the places below it already exceed the best; levels passed over at places with hundreds
          of pieces are bounded by the level above, because more stock never misses more
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Measure, Network, shortfall

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Point", "Stock", "plan_stock", "price_stock"]

_ROUNDS = 60
_NEAR = 1e-6


@dataclass(frozen=True)
class Point:
    """The best stock at one price of what is missed.

    stock    (parts, places)
    cost, missed   of it; bound: the least that cost + price x missed can be
    """

    stock: Ints
    cost: float
    missed: float
    bound: float


@dataclass(frozen=True)
class Stock:
    """Stock of every part at every place, what it costs and misses, and the least that any meeting the target costs.

    price    of a piece missed at which the best stock meets the target
    """

    stock: Ints
    cost: float
    missed: float
    bound: float
    reached: bool
    price: float = 0.0


def price_stock(network: Network, price: float, measure: Measure = "backorders") -> Point:
    """Decide the stock that is best when one piece missed (in the measure's unit) costs `price`.

    >>> one = Network(np.array([[0.5]]), np.array([0.0]), np.array([2.0]), np.array([3.0]))
    >>> point = price_stock(one, 5.0)  # pieces save 5 x .632, 5 x .264: the second is not worth 3
    >>> point.stock.tolist(), point.cost, round(point.missed, 3)
    ([[1]], 3.0, 0.368)
    """
    from smilecurve.solve._echelon_kernels import price_parts

    tree = network.tree
    stock = np.zeros(network.rate.shape, dtype=np.int64)
    value, bound = price_parts(
        float(price), measure == "unfilled", network.pooled, network.cost, network.resupply, network.widths,
        network.lumps, tree.end, *network.asked, tree.levels, stock,
    )  # fmt: skip
    placed = tree.placed(stock)
    cost = float((placed.sum(axis=1) * network.cost).sum())
    missed = (value - cost) / price if price > 0 else float(shortfall(network, placed).of(measure).sum())
    return Point(placed, cost, float(missed), float(bound))


def plan_stock(network: Network, *, target: float, measure: Measure = "unfilled") -> Stock:
    """Decide the stock of every part at every place that misses at most `target` at least cost.

    target   total missed over all parts and places, in the measure's unit; `reached` says whether it could be met
    bound    no stock that meets the target costs less; equal to `cost` when proved best
    Raises ValueError when the target is negative or a rate, time or cost is not finite and at least 0.

    >>> one = Network(np.array([[0.5]]), np.array([0.0]), np.array([2.0]), np.array([3.0]))
    >>> plan = plan_stock(one, target=0.11, measure="backorders")  # backorders 1, .368, .104
    >>> plan.stock.tolist(), plan.cost, plan.reached
    ([[2]], 6.0, True)
    """
    network.check()
    if target < 0:
        raise ValueError(f"a target of {target} cannot be met by any stock")
    lean, rich, bound, price = _between(network, target, measure)
    if rich.missed > target:
        return Stock(rich.stock, rich.cost, rich.missed, min(bound, rich.cost), False, price)
    stock = rich.stock if lean is None else _blend(network, lean, rich, target, measure)
    stock = _lean_out(network, stock, target, measure)
    missed = float(shortfall(network, stock).of(measure).sum())
    cost = float((stock.sum(axis=1) * network.cost).sum())
    return Stock(stock, cost, missed, min(bound, cost), True, price)


def _between(network: Network, target: float, measure: Measure) -> tuple[Point | None, Point, float, float]:
    """The two priced stocks next to the target, one that misses more (None: none does), one less; bound and price."""
    low, lean = 0.0, price_stock(network, 0.0, measure)
    if lean.missed <= target:
        return None, lean, 0.0, 0.0
    high = 1.0
    rich = price_stock(network, high, measure)
    bound = max(0.0, rich.bound - high * target)
    while rich.missed > target and high < 1e15:
        low, lean, high = high, rich, high * 8.0
        rich = price_stock(network, high, measure)
        bound = max(bound, rich.bound - high * target)
    for _ in range(_ROUNDS if rich.missed <= target else 0):
        if rich.cost - bound <= _NEAR * rich.cost or np.array_equal(lean.stock, rich.stock):
            break
        middle = (low + high) / 2
        got = price_stock(network, middle, measure)
        bound = max(bound, got.bound - middle * target)
        if got.missed > target:
            low, lean = middle, got
        else:
            high, rich = middle, got
    return lean, rich, bound, high


def _blend(network: Network, lean: Point, rich: Point, target: float, measure: Measure) -> Ints:
    """Start from the lean side and take the rich side part by part, best ratio first, until the target holds."""
    less = shortfall(network, lean.stock).of(measure).sum(axis=1)
    saved = less - shortfall(network, rich.stock).of(measure).sum(axis=1)
    paid = (rich.stock - lean.stock).sum(axis=1) * network.cost
    order = np.argsort(-saved / np.maximum(paid, 1e-12), kind="stable")
    left = less.sum() - np.cumsum(saved[order])
    taken = order[: int(np.searchsorted(-left, -target)) + 1]
    stock = lean.stock.copy()
    stock[taken] = rich.stock[taken]
    return stock if shortfall(network, stock).of(measure).sum() <= target else rich.stock.copy()


def _lean_out(network: Network, stock: Ints, target: float, measure: Measure) -> Ints:
    """Take single pieces out, dearest part first, while the target still holds."""
    from smilecurve.solve._echelon_kernels import lean_out

    tree = network.tree
    slack = target - float(shortfall(network, stock).of(measure).sum())
    inner = tree.ranked(stock)
    lean_out(
        np.argsort(-network.cost, kind="stable"), slack, measure == "unfilled", network.pooled, network.cost,
        network.resupply, network.widths, network.lumps, tree.end, *network.asked, inner,
    )  # fmt: skip
    return tree.placed(inner)
