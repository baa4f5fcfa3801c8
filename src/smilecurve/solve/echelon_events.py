"""What is missed at each place when every order is played out?

Method    orders of single pieces by chance, played out one by one: each customer's piece is ordered anew, up the tree
          at once, and each place gives what it has first come, first served. With constant times the k-th piece a place
          is asked for is given when asked for, or when the order placed `stock` pieces before it arrives, if later.
          Where the first place orders in lots, an order waits until the last piece of its lot is asked for.
          Where places help each other out, each call, order and arrival is played in its turn
Referee   independent of `echelon`: no pipeline, no distribution
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network
from smilecurve.solve.lateral import Helped, Pools

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["played_pools", "played_shortfall"]


def played_shortfall(
    network: Network, stock: Ints, *, days: float, seed: int, warm: float = 0.1, lots: Ints | None = None
) -> Missed:
    """Return what each place missed while `days` were played out, the first share `warm` of them not counted.

    lots     (parts,) pieces that the first place orders at once when its position falls below its stock; None: singly
    Pieces are asked for singly and by chance. Memory is about 24 bytes a piece asked for of one part.
    """
    chance = np.random.default_rng(seed)
    late, empty = np.zeros(network.rate.shape), np.zeros(network.rate.shape)
    share = np.zeros(network.rate.shape)
    for part in range(len(network.cost)):
        asked = [np.sort(chance.uniform(0.0, days, chance.poisson(r * days))) for r in network.rate[part]]
        lot = 1 if lots is None else int(lots[part])
        _play(network, part, stock[part], lot, asked, (days * warm, days), late[part], empty[part], share[part])
    return Missed(late, empty, network.rate, share)


def _play(
    network: Network, part: int, stock: Ints, lot: int, asked: list[Floats], span: tuple[float, float], late: Floats,
    empty: Floats, share: Floats,
) -> None:  # fmt: skip
    """One part: orders go up the tree, pieces come down."""
    order = network.tree.order
    above = network.parents
    orders, whose = {p: [asked[p]] for p in order.tolist()}, {p: [-1] for p in order.tolist()}
    moments: dict[int, Floats] = {}
    owner: dict[int, Ints] = {}
    for place in order[::-1].tolist():
        every = np.concatenate(orders[place])
        ranked = np.argsort(every, kind="stable")
        moments[place] = every[ranked]
        owner[place] = np.repeat(whose[place], [len(o) for o in orders[place]])[ranked]
        if above[place] >= 0:
            orders[int(above[place])].append(moments[place])
            whose[int(above[place])].append(place)
    first = int(order[0])
    ordered = np.arange(len(moments[first])) // lot * lot + lot - 1
    placed = moments[first][np.minimum(ordered, len(ordered) - 1)]
    arrives = {first: placed + network.resupply[part] + network.transit[first]}
    for place in order.tolist():
        at, given = moments[place], moments[place].copy()
        held = int(stock[place]) + (lot - 1 if place == first else 0)
        if held < len(at):
            given[held:] = np.maximum(at[held:], arrives[place][: len(at) - held])
        counted = (at >= span[0]) & (at < span[1])
        late[place] = (given - at)[counted].sum() / (span[1] - span[0])
        empty[place] = (given > at)[counted].mean() if counted.any() else 0.0
        share[place] = (owner[place][counted] == -1).mean() if counted.any() else 0.0
        for child in whose[place][1:]:
            arrives[child] = given[owner[place] == child] + network.transit[child]


def played_pools(
    network: Network, stock: Ints, pools: Pools, *, days: float, seed: int, fly_days: float | None = None,
    warm: float = 0.1,
) -> Helped:  # fmt: skip
    """Return what each place met while every call, order and arrival of `days` was played out in its turn.

    fly_days   what a pool lacks comes from the place above in so many days, to places farther away; None: it is waited
               for where it was asked for
    A few million calls a minute; the first share `warm` of the days is not counted.
    """
    chance = np.random.default_rng(seed)
    found = np.zeros((5, *network.rate.shape))
    near = [pools.nearest(place) for place in range(network.rate.shape[1])]
    for part in range(len(network.cost)):
        calls = sorted(
            (float(at), place)
            for place, rate in enumerate(network.rate[part].tolist())
            for at in chance.uniform(0.0, days, chance.poisson(rate * days))
        )
        found[:, part] = _Shelves(network, part, stock[part], near, pools.days.tolist(), fly_days).play(
            calls, days, warm
        )
    return Helped(*found)


class _Shelves:
    """One part: what lies where, who waits for it, and what comes when."""

    def __init__(
        self, network: Network, part: int, stock: Ints, near: list[list[int]], days: list[float], fly_days: float | None
    ) -> None:
        self.above, self.transit = network.parents.tolist(), network.transit.tolist()
        self.maker_days = float(network.resupply[part] + network.transit[network.tree.order[0]])
        self.held, self.near, self.days, self.fly_days = stock.tolist(), near, days, fly_days
        self.feeds = set(self.above)
        self.queue: list[deque[tuple[int, float]]] = [deque() for _ in self.held]
        self.coming: list[tuple[float, int, int]] = []
        self.number = 0

    def play(self, calls: list[tuple[float, int]], days: float, warm: float) -> Floats:
        """Shares off the shelf, from the pool and missed, pieces given a day, pieces waited for."""
        places = len(self.held)
        asked, self.told, self.since = np.zeros(places), np.zeros((5, places)), days * warm
        for at, place in calls:
            self.arrive_until(at)
            counted = at >= self.since
            asked[place] += counted
            how, who = self.serve(at, place)
            self.told[how, place] += counted
            if how == 1:
                self.told[3, who] += counted
                self.told[4, place] += counted * self.days[place]
        self.arrive_until(np.inf)
        self.told[:3] /= np.maximum(asked, 1.0)
        self.told[3:] /= days - self.since
        return self.told

    def serve(self, at: float, place: int) -> tuple[int, int]:
        """One call: 0 off the shelf, 1 from the pool, 2 missed; and who gave."""
        for who in (place, *self.near[place]):
            if self.held[who] > 0:
                self.held[who] -= 1
                self.order(at, who)
                return int(who != place), who
        if self.fly_days is not None and self.transit[place] > self.fly_days and place not in self.feeds:
            self.ask(at, self.above[place], -1)
        else:
            self.queue[place].append((-1, at))
            self.order(at, place)
        return 2, place

    def order(self, at: float, place: int) -> None:
        """A place orders a piece from the one above."""
        if self.above[place] < 0:
            self.send(at + self.maker_days, place)
        else:
            self.ask(at, self.above[place], place)

    def ask(self, at: float, place: int, child: int) -> None:
        """A place is asked for a piece by one below it, or (-1) for one that is flown."""
        self.order(at, place)
        if self.held[place] > 0:
            self.held[place] -= 1
            self.give(at, child)
        else:
            self.queue[place].append((child if child >= 0 else -2, at))

    def give(self, at: float, child: int) -> None:
        if child >= 0:
            self.send(at + self.transit[child], child)

    def send(self, at: float, place: int) -> None:
        self.number += 1
        heappush(self.coming, (at, self.number, place))

    def arrive_until(self, end: float) -> None:
        """What arrives goes to those who wait, first come first served."""
        while self.coming and self.coming[0][0] <= end:
            at, _, place = heappop(self.coming)
            if not self.queue[place]:
                self.held[place] += 1
                continue
            child, since = self.queue[place].popleft()
            if child == -1:
                self.told[4, place] += (at - since) * (since >= self.since)
            self.give(at, child)
