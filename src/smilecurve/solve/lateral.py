"""What do places near each other spare their customers by helping each other out?

Method    a place that has nothing asks the others of its pool, the nearest first, before anything is waited for or
          flown in; who gave orders anew. Each place is a birth and death of pieces on order, asked for faster while it
          has some (what others of its pool lack) and slower when it has none (Axsaeter, Management Science 36(11),
          1990); with what is flown in when all are empty, births end there (Kukreja, Schmidt & Miller, Management
          Science 47(10), 2001; Kranenburg & van Houtum, European Journal of Operational Research 199(3), 2009). How
          often a whole pool is empty is found of the pool as one place. Both keep the variance that comes from above
Proof     none: an approximation; `echelon_events.played_pools` plays every order out
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network, pipelines

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

__all__ = ["Helped", "Pools", "help_out"]

_ROUNDS = 60
_NEAR = 1e-9


@dataclass(frozen=True)
class Pools:
    """Which places help each other out.

    pool   (places,) the pool of each, -1: none; only places that feed no other
    far    (places, places) how far each is from each: the nearest that has a piece gives it
    days   (places,) until a piece of its pool has come
    """

    pool: Ints
    far: Floats
    days: Floats

    def members(self) -> list[Ints]:
        """The places of each pool of two or more."""
        groups = (np.nonzero(self.pool == code)[0] for code in np.unique(self.pool[self.pool >= 0]))
        return [group for group in groups if len(group) > 1]

    def nearest(self, place: int) -> list[int]:
        """The others of its pool, the nearest first."""
        others = np.nonzero((self.pool == self.pool[place]) & (np.arange(len(self.pool)) != place))[0]
        return others[np.argsort(self.far[place, others], kind="stable")].tolist() if self.pool[place] >= 0 else []

    def check(self, network: Network) -> None:
        """Raise ValueError for a place in a pool that feeds others, and for days below 0."""
        if np.isin(np.nonzero(self.pool >= 0)[0], network.parents).any():
            raise ValueError("a place that feeds others cannot stand in a pool")
        if not (self.days[self.pool >= 0] >= 0).all():
            raise ValueError("days must be at least 0")


@dataclass(frozen=True)
class Helped:
    """Of what is asked for at each place (parts, places).

    shelf     share met off its own shelf
    helped    share that comes from its pool
    missed    share that finds nothing there either: it is waited for, or flown in
    given     pieces a day that it gives to others of its pool
    waiting   pieces its own customers wait for on average, those on their way from the pool too; without those flown in
    """

    shelf: Floats
    helped: Floats
    missed: Floats
    given: Floats
    waiting: Floats


def help_out(network: Network, stock: Ints, missed: Missed, pools: Pools, flown: Flags | None = None) -> Helped:
    """Return what each place meets when those of a pool help each other out.

    missed   what the same stock misses when they do not: `echelon.exact_shortfall` or `shortfall`
    flown    (places,) whether what its pool lacks is flown in from above; None: it is waited for everywhere

    Two depots with a piece each, half a piece under way on average, all else flown in: of the pool, as one place with
    two pieces and one under way, 1/2 / (1 + 1 + 1/2) = 1/5 is missed.

    >>> net = Network(np.array([[0.0, 0.1, 0.1]]), np.zeros(1), np.array([0.0, 5.0, 5.0]), np.ones(1))
    >>> none, pools = np.zeros((1, 3)), Pools(np.array([-1, 0, 0]), np.ones((3, 3)), np.array([0.0, 1.0, 1.0]))
    >>> got = help_out(net, np.array([[0, 1, 1]]), Missed(none, none, net.rate, none), pools, np.ones(3, bool))
    >>> got.missed.round(3).tolist(), got.shelf.round(3).tolist()
    ([[0.0, 0.2, 0.2]], [[1.0, 0.6, 0.6]])
    """
    pools.check(network)
    shelf, helped, lacks = 1.0 - missed.empty, np.zeros_like(missed.empty), missed.empty.copy()
    given, waiting = np.zeros_like(lacks), missed.backorders.copy()
    by_air = np.zeros(network.rate.shape[1], bool) if flown is None else flown
    mean, variance = pipelines(network, stock)
    for some in pools.members():
        asked = network.rate[:, some]
        days, extra = _ways(network, mean[:, some], variance[:, some], missed, some)
        order = [[int(np.nonzero(some == q)[0][0]) for q in pools.nearest(int(p))] for p in some]
        got = _settle(asked, days, extra, stock[:, some], order, by_air[some], _together(network, some, extra))
        shelf[:, some], helped[:, some], lacks[:, some], given[:, some] = got[:4]
        waiting[:, some] = got[4] + asked * got[1] * pools.days[some]
    return Helped(shelf, helped, lacks, given, waiting)


def _ways(network: Network, mean: Floats, variance: Floats, missed: Missed, some: Ints) -> tuple[Floats, Floats]:
    """Of each place of a pool: mean days of its resupply, and variance above its mean of a pipeline of one a day."""
    above = network.parents[some]
    whole = network.asked_in_all[:, above]
    delay = np.divide(missed.late[:, above], whole, out=np.zeros_like(whole), where=whole > 0)
    rate = network.rate[:, some]
    extra = np.divide(variance - mean, rate**2, out=np.zeros_like(rate), where=rate > 0)
    return network.transit[some] + delay, np.maximum(extra, 0.0)


def _together(network: Network, some: Ints, extra: Floats) -> Floats:
    """Covariance, at a rate of one a day each, of what two places have under way because one above lacks it."""
    above = network.parents[some]
    rate = network.rate[:, some]
    lumps = np.divide(
        (network.lumps[:, None] - 1.0) * network.transit[some], rate, out=np.zeros_like(rate), where=rate > 0
    )
    shared = np.where(rate > 0, extra - lumps, np.inf).min(axis=1)
    return np.where(np.isfinite(shared) & (above == above[0]).all(), np.maximum(shared, 0.0), 0.0)


def _settle(
    asked: Floats, days: Floats, extra: Floats, stock: Ints, order: list[list[int]], by_air: Flags, common: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Shares off the shelf, from the pool and not met, pieces given a day, and pieces waited for: one pool."""
    given, shelf, orders = np.zeros_like(asked), np.ones_like(asked), asked
    lonely = stock.sum(axis=1, keepdims=True) == stock  # nothing lies at the others
    for _ in range(_ROUNDS):
        all_empty = _emptied(asked, orders, days, extra, common, stock, by_air)[:, None]
        empty = np.where(lonely, 1.0 - shelf, all_empty)
        waits = np.where(by_air, 0.0, asked * empty)
        slower = np.divide(waits, 1.0 - shelf, out=np.zeros_like(waits), where=shelf < 1.0)
        orders, before = asked * shelf + given + waits, shelf
        shelf, late = _on_order(orders, asked + _pull(given, shelf), slower, days, extra, stock)
        shelf = np.where((asked > 0) & ~lonely, np.minimum(shelf, 1.0 - empty), shelf)
        given = _given(asked, shelf, np.where(lonely, 1.0 - shelf, empty), order)
        if np.abs(shelf - before).max(initial=0.0) < _NEAR:
            break
    empty = np.where(lonely, 1.0 - shelf, all_empty)
    helped = np.where(asked > 0, np.maximum(1.0 - empty - shelf, 0.0), 0.0)
    return shelf, helped, np.where(asked > 0, empty, 1.0 - shelf), given, late


def _emptied(
    asked: Floats, orders: Floats, days: Floats, extra: Floats, common: Floats, stock: Ints, by_air: Flags
) -> Floats:
    """Chance that a whole pool is empty.

    As one place that loses what it lacks it would be empty too seldom, as one whose customers wait too often: who
    waits does so for one place, while the others fill up again. Between the two lies their geometric mean.
    """
    whole, ordered = asked.sum(axis=1), orders.sum(axis=1)
    some = ordered > 0
    spans = np.divide((orders * days).sum(axis=1), ordered, out=np.zeros_like(whole), where=some)
    apart = (orders**2 * np.maximum(extra - common[:, None], 0.0)).sum(axis=1)
    wide = common + np.divide(apart, ordered**2, out=np.zeros_like(whole), where=some)
    waits, held = np.where(by_air, 0.0, asked).sum(axis=1), stock.sum(axis=1)
    lost = 1.0 - _on_order(whole, whole, np.zeros_like(whole), spans, wide, held)[0]
    kept = 1.0 - _on_order(whole, whole, waits, spans, wide, held)[0]
    found: Floats = np.sqrt(lost * kept)
    return found


def _pull(given: Floats, shelf: Floats) -> Floats:
    """Pieces a day that others ask of a place while it has some."""
    return np.divide(given, shelf, out=np.zeros_like(given), where=shelf > 0)


def _given(asked: Floats, shelf: Floats, empty: Floats, order: list[list[int]]) -> Floats:
    """Pieces a day that each place gives: what another lacks is met, the nearest that has some first."""
    found = np.zeros_like(asked)
    for place, near in enumerate(order):
        left, parts = np.ones(len(asked)), []
        for other in near:
            parts.append(left * shelf[:, other])
            left = left * (1.0 - shelf[:, other])
        offered = np.sum(parts, axis=0)
        met = asked[:, place] * np.maximum(1.0 - empty[:, place] - shelf[:, place], 0.0)
        for other, part in zip(near, parts, strict=True):
            found[:, other] += np.divide(met * part, offered, out=np.zeros_like(met), where=offered > 0)
    return found


def _on_order(
    orders: Floats, faster: Floats, slower: Floats, days: Floats, extra: Floats, stock: Ints
) -> tuple[Floats, Floats]:
    """Chance of a piece on the shelf, and pieces owed: births at `faster` while there is one, then at `slower`.

    Without the change of pace what is on order would be the negative binomial of `orders` a day.
    """
    wide = days + np.maximum(orders, slower) * extra
    first = np.divide(days**2, wide, out=np.zeros_like(wide), where=wide > 0)
    more = np.divide(extra, wide, out=np.zeros_like(wide), where=wide > 0)
    weight = np.ones(np.shape(orders))
    total, some, owed = weight.copy(), np.where(stock > 0, weight, 0.0), np.zeros_like(weight)
    top, count = int(np.max(stock, initial=0)), 0
    while True:
        pace = np.where(count < stock, faster, slower)
        weight = weight * pace * (first + more * count) / (count + 1)
        count += 1
        total = total + weight
        some = some + np.where(count < stock, weight, 0.0)
        owed = owed + np.where(count > stock, weight * (count - stock), 0.0)
        large = np.where(total > 1e200, 1e-200, 1.0)
        weight, total, some, owed = weight * large, total * large, some * large, owed * large
        if count > top and (weight * (count + 1) <= 1e-12 * total).all():
            return some / total, owed / total
