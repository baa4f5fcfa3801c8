"""In which order do the kinds of a mix come so that each keeps its even pace?

The product-rate variation problem: of kind i there are d_i among n units, so that its even pace is d_i / n a slot. What
an order costs is the distance of every kind from that pace, summed over all slots: absolute (power 1) or squared (power
2). Both are convex, so that each copy of a kind has a price for each slot that does not depend on the others, and the
least cost is an assignment of copies to slots: exact, not a heuristic.

Sources: Miltenburg (1989), Management Science 35:192-207; Kubiak & Sethi (1991), Management Science 37:121-122, and
(1994), International Journal of Flexible Manufacturing Systems 6:137-154.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Levelled", "level_kinds", "pace_cost"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Levelled:
    """The kinds in order, what the order costs, and the least that any order costs: dual prices prove it."""

    kinds: Ints
    cost: int
    bound: int


def pace_cost(kinds: ArrayLike, *, power: int = 1, goal: ArrayLike | None = None) -> int:
    """Cost an order of kinds: the distance from the even pace in units of 1/n machine (squared for power 2).

    goal: units of each kind (default: as many as the order holds).

    >>> pace_cost([0, 1]), pace_cost([0, 0, 1, 1]), pace_cost([0, 1, 0, 1])
    (2, 16, 8)
    """
    order = np.asarray(kinds, np.int64)
    share = np.bincount(order) if goal is None else np.asarray(goal, np.int64)
    seen = np.cumsum(order[None, :] == np.arange(share.size)[:, None], axis=1)
    ideal = share[:, None] * np.arange(1, order.size + 1)[None, :]
    return int((np.abs(int(share.sum()) * seen - ideal) ** power).sum())


def level_kinds(counts: ArrayLike, *, first: ArrayLike = (), power: int = 1) -> Levelled:
    """Order counts[kind] units so that the sum of distances from the even pace is least; `first` stands already.

    counts include the units of `first`. Raises ValueError for a power other than 1 or 2, a count below 0, or a `first`
    that holds more of a kind than there are.

    >>> found = level_kinds([2, 1])
    >>> found.kinds.tolist(), found.cost, found.bound       # both kinds 1/3 off in slots 1 and 2, then even
    ([0, 1, 0], 4, 4)
    """
    share, head = np.asarray(counts, np.int64), np.asarray(first, np.int64)
    begun = np.bincount(head, minlength=share.size)
    if power not in (1, 2) or begun.size > share.size or (share < begun).any():
        raise ValueError("give a power of 1 or 2, and counts that hold what stands already")
    n, known = int(share.sum()), head.size
    if n == known:
        cost = pace_cost(head, power=power, goal=share) if n else 0
        return Levelled(head, cost, cost)
    slots = np.arange(known + 1, n + 1)
    copy_kind = np.repeat(np.arange(share.size), share - begun)
    copy = np.concatenate([np.arange(b + 1, s + 1) for b, s in zip(begun, share, strict=True)])
    step = _step(n, share[copy_kind], copy, slots, power)
    price = np.cumsum(step[:, ::-1], axis=1)[:, ::-1]
    chosen, bound = _assign(price)
    order = np.concatenate((head, copy_kind[np.argsort(chosen, kind="stable")]))
    resting = n * begun[:, None] - share[:, None] * slots[None, :]
    base = int((np.abs(resting) ** power).sum()) + (_before(head, share, n, power) if known else 0)
    return Levelled(order, pace_cost(order, power=power, goal=share), base + bound)


def _step(n: int, share: Ints, copy: Ints, slots: Ints, power: int) -> Ints:
    """What it changes at a slot that a kind has one copy more."""
    pace = share[:, None] * slots[None, :]
    more, less = n * copy[:, None] - pace, n * (copy[:, None] - 1) - pace
    return np.asarray(np.abs(more) ** power - np.abs(less) ** power, np.int64)


def _before(head: Ints, share: Ints, n: int, power: int) -> int:
    seen = np.cumsum(head[None, :] == np.arange(share.size)[:, None], axis=1)
    return int((np.abs(n * seen - share[:, None] * np.arange(1, head.size + 1)[None, :]) ** power).sum())


def _assign(price: Ints) -> tuple[Ints, int]:
    """The slot of each copy, and a bound from prices of slots that leave no copy a cheaper choice."""
    from scipy.optimize import linear_sum_assignment

    row, column = linear_sum_assignment(price.astype(np.float64))
    chosen = np.empty(len(row), np.int64)
    chosen[row] = column
    worth = _prices(price, chosen)
    return chosen, int((price + worth[None, :]).min(axis=1).sum() - worth.sum())


def _prices(price: Ints, chosen: Ints) -> Ints:
    """Prices of slots under which every copy already has its cheapest one: shortest ways between copies.

    Whatever the prices are, the sum of the cheapest choices less the prices bounds every assignment from below.
    """
    worth = np.zeros(len(chosen), np.int64)
    for _ in range(len(chosen)):
        rest = price + worth[None, :]
        own = rest[np.arange(len(chosen)), chosen]
        lack = (own[:, None] - rest).max(axis=0)
        if (lack <= 0).all():
            break
        worth = worth + np.maximum(lack, 0)
    return worth
