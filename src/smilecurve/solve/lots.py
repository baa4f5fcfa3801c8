"""In which lots are cheap parts ordered, at which stock, and what is missed then?

Method    lots by the economic order quantity (Harris 1913). A first place that orders whole lots when its position (on
          hand and on order, less owed) falls below its stock has a position that is uniform over stock, .. stock +
          lot - 1 (Galliher, Morse & Simond, Operations Research 7(3), 1959), whatever is under way. All that is
          missed anywhere is therefore the mean over those positions of what `echelon` finds for single orders
Proof     that mean is exact where the evaluation of single orders is; `echelon_events` plays lots out independently. A
          Lagrangian bound on stocks for single orders bounds mean positions of lots too: a mean of stocks costs and
          misses the mean of what each does
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network, told_shortfall

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["economic_lots", "lot_shortfall", "lower_for_lots"]

_NEVER = 1e-10


def economic_lots(demand: Floats, cost: Floats, *, order_cost: float, holding: float) -> Ints:
    """Return pieces an order (parts,) for this demand a year, cost of an order, and share of the price kept a year.

    Ordering 100 a year at 20 an order and keeping pieces of 10 at a tenth a year: sqrt(2 x 20 x 100 / 1) = 63.2.

    >>> economic_lots(np.array([100.0, 0.0]), np.array([10.0, 10.0]), order_cost=20.0, holding=0.1).tolist()
    [63, 1]
    """
    kept = np.maximum(holding * cost, 1e-9)
    found: Ints = np.maximum(np.rint(np.sqrt(2.0 * order_cost * demand / kept)), 1.0).astype(np.int64)
    return np.minimum(found, np.maximum(np.rint(demand), 1.0).astype(np.int64))


def lot_shortfall(network: Network, stock: Ints, lots: Ints) -> Missed:
    """Return what is missed when the first place orders each part in these lots (parts,) as its position falls below
    `stock`: exactly for single pieces, by VARI-METRIC for pieces in lumps.

    >>> one = Network(np.array([[0.5]]), np.array([0.0]), np.array([2.0]), np.array([1.0]))
    >>> lot_shortfall(one, np.array([[1]]), np.array([2])).backorders.round(3).tolist()  # (.368 + .104) / 2
    [[0.236]]
    """
    top = int(network.tree.order[0])
    whole = told_shortfall(network, stock)
    late, empty = whole.late.copy(), whole.empty.copy()
    some, more = np.nonzero(lots > 1)[0], 1
    while len(some):
        raised = stock[some]
        raised[:, top] += more
        got = told_shortfall(network.only(some), raised)
        last = got.late[:, top] <= _NEVER
        weight = np.where(last, lots[some] - more, 1)[:, None]
        late[some] += weight * got.late
        empty[some] += weight * got.empty
        more += 1
        some = some[~last & (lots[some] > more)]
    return Missed(late / lots[:, None], empty / lots[:, None], whole.rate, whole.share)


def lower_for_lots(network: Network, stock: Ints, lots: Ints) -> Ints:
    """Return `stock` with the first place's as low as lots allow: no part misses more pieces than by single orders."""
    top = int(network.tree.order[0])
    found, some = stock.copy(), np.nonzero(lots > 1)[0]
    if not len(some):
        return found
    part = network.only(some)
    allowed = told_shortfall(part, stock[some]).unfilled.sum(axis=1) + 1e-12
    high = stock[some, top].copy()
    low = np.maximum(high - lots[some], -1)  # the first that is not looked at
    while (high - low > 1).any():
        middle = np.where(high - low > 1, (low + high) // 2, high)
        tried = stock[some].copy()
        tried[:, top] = middle
        fits = lot_shortfall(part, tried, lots[some]).unfilled.sum(axis=1) <= allowed
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    found[some, top] = high
    return found
