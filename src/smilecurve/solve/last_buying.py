"""How many pieces are ordered the last time that they can be, for all the time they must still serve?

Method    what is needed by the end of each month is negative binomial: single failures, and a doubt about their rate
          that time does not average out. One more piece pays while what it costs to buy and to keep until it is used
          is less than what it saves: a newsvendor whose pieces are kept (Teunter & Fortuin, European Journal of
          Operational Research 116(1), 1999, without repair)
Proof     the expected cost is convex in the pieces on hand, so that the least over all quantities is found by its steps
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

__all__ = ["LastBuy", "buy_last", "needed_by_month"]


@dataclass(frozen=True)
class LastBuy:
    """Pieces to buy and what follows.

    cost, bound      expected cost of it and of the best quantity of any lot size
    kept, short, scrapped     money expected for keeping, for pieces lacking, lost on pieces left at the end
    lacking, left    pieces short and pieces left at the end, on average; enough: chance that none is short
    low, high        ends of the interval of what is needed in all, with the share asked for between them
    """

    buy: int
    cost: float
    bound: float
    kept: float
    short: float
    scrapped: float
    lacking: float
    left: float
    enough: float
    low: int
    high: int


@dataclass(frozen=True)
class _Law:
    """What is needed by the end of each month: negative binomials with one size."""

    means: Floats
    size: float

    def below(self, held: float, *, more: float = 0.0) -> Floats:
        """Chance that at most `held` are needed by each month, of the law with a size larger by `more`."""
        from scipy.stats import nbinom

        found: Floats = nbinom.cdf(held, self.size + more, self.size / (self.size + self.means))
        return found

    def left(self, held: float) -> Floats:
        """Pieces left of `held` at the end of each month, on average."""
        return np.maximum(held * self.below(held) - self.means * self.below(held - 1, more=1.0), 0.0)


def needed_by_month(
    rate_by_age: npt.ArrayLike, ages: npt.ArrayLike, machines: npt.ArrayLike, stays: npt.ArrayLike
) -> Floats:
    """Return the pieces needed in each month to come by machines of these ages in months (below 0: still to come).

    rate_by_age     failures of a place in each month of its age; stays: share of machines still there in each month

    Two machines of age 1 and one that comes a month later, all failing at age 2 for sure:

    >>> needed_by_month([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], [1, -1], [2, 1], [1.0, 1.0, 1.0, 1.0]).tolist()
    [0.0, 2.0, 0.0, 1.0]
    """
    rate, born = np.asarray(rate_by_age, np.float64), np.asarray(ages, np.int64)
    still = np.asarray(stays, np.float64)
    at = born[:, None] + np.arange(len(still))[None, :]
    fails = np.where(at >= 0, rate[np.clip(at, 0, len(rate) - 1)], 0.0)
    since = np.maximum(-born, 0)
    there = np.where(at >= 0, still[np.maximum(np.arange(len(still))[None, :] - since[:, None], 0)], 0.0)
    found: Floats = (np.asarray(machines, np.float64)[:, None] * fails * there).sum(axis=0)
    return found


def buy_last(
    needed: npt.ArrayLike, doubt: float, *, price: float, holding: float, lacking: float, scrap: float,
    on_hand: int = 0, lot_least: float = 1.0, lot_multiple: float = 1.0, between: float = 0.8,
) -> LastBuy:  # fmt: skip
    """Decide the last quantity of one part.

    needed     pieces on average in each month to come; doubt: standard deviation over mean of their rate
    price      of a piece now; holding: money a piece and month kept; lacking: money a piece that is not there when
               needed; scrap: money that a piece left at the end brings, at most `price` and `lacking`
    Raises ValueError for money that is negative or makes too many pay.

    One month, no doubt, 4 needed; buying costs 1, lacking 5: as many as are enough with a chance of 4 / 5.

    >>> got = buy_last([4.0], 0.0, price=1.0, holding=0.0, lacking=5.0, scrap=0.0)
    >>> got.buy, round(got.enough, 3), got.cost == got.bound
    (6, 0.889, True)
    """
    if min(price, holding, lacking, scrap, doubt) < 0 or scrap > price or scrap > lacking:
        raise ValueError("money and doubt must not be negative, and scrap must bring at most what a piece costs")
    months = np.cumsum(np.asarray(needed, np.float64))
    if not len(months):
        raise ValueError("no month to serve")
    law = _Law(months, 1.0 / max(doubt, 1e-4) ** 2)
    end = float(months[-1])

    def spent(buy: int) -> tuple[float, float, float]:
        """Expected cost, and the pieces left in every month together and at the end."""
        left = law.left(on_hand + buy)
        short = max(end - on_hand - buy + float(left[-1]), 0.0)
        cost = price * buy + holding * float(left.sum()) + lacking * short - scrap * float(left[-1])
        return cost, float(left.sum()), float(left[-1])

    def pays(buy: int) -> bool:
        """Whether the last of `buy` pieces costs less than it saves."""
        below = law.below(on_hand + buy - 1)
        spent = price + holding * float(below.sum())
        return spent < lacking * float(1.0 - below[-1]) + scrap * float(below[-1])

    best = _last_that_pays(pays, end)
    buy = min(_in_lots(best, lot_least, lot_multiple), key=lambda some: (spent(some)[0], some))
    cost, kept, left = spent(buy)
    short = max(end - on_hand - buy + left, 0.0)
    low, high = (_quantile(law, (1.0 + side * between) / 2.0) for side in (-1.0, 1.0))
    return LastBuy(
        buy=buy, cost=cost, bound=min(spent(best)[0], cost), kept=holding * kept, short=lacking * short,
        scrapped=(price - scrap) * left, lacking=short, left=left, enough=float(law.below(on_hand + buy)[-1]), low=low,
        high=high,
    )  # fmt: skip


def _last_that_pays(pays: Callable[[int], bool], end: float) -> int:
    """The largest quantity whose last piece pays, by halving: pieces pay less and less."""
    low, high = 0, int(end) + 1
    while pays(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if pays(middle) else (low, middle)
    return low


def _in_lots(best: int, least: float, multiple: float) -> list[int]:
    """Nothing, and the quantities in whole lots next to the best."""
    step = max(multiple, 1.0)
    first = max(np.ceil(max(least, 1.0) / step) * step, step)
    found = {0, int(first)}
    for whole in (np.floor(best / step) * step, np.ceil(best / step) * step):
        if whole >= first:
            found.add(int(whole))
    return sorted(found)


def _quantile(law: _Law, level: float) -> int:
    from scipy.stats import nbinom

    return int(nbinom.ppf(level, law.size, law.size / (law.size + law.means[-1])))
