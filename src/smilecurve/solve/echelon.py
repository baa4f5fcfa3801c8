"""What does each place miss with this stock at every place of the tree?

Method    one-for-one replenishment down a tree of places (centre, regions, depots, partners), first come first served.
          METRIC (Sherbrooke, Operations Research 16(1), 1968): pipelines are Poisson. VARI-METRIC (Graves, Management
          Science 31(10), 1985; Sherbrooke, Operations Research 34(2), 1986): a pipeline keeps the variance that
          comes from above and a negative binomial is fitted; at every level alike.
Proof     `exact_shortfall` disaggregates the backorders of every place exactly (Graves 1985) where pieces are asked for
          one by one; `echelon_events` simulates the same tree independently
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measure = Literal["backorders", "unfilled"]
Kind = TypeVar("Kind", np.float64, np.int64)

__all__ = [
    "Measure",
    "Missed",
    "Network",
    "Tree",
    "backorders",
    "exact_shortfall",
    "pipelines",
    "shortfall",
    "told_shortfall",
]


@dataclass(frozen=True)
class Tree:
    """Places in preorder: `order` says which place comes where, `end` is one past the subtree, `levels` its depth."""

    order: Ints
    end: Ints
    levels: int

    def ranked(self, values: NDArray[Kind]) -> NDArray[Kind]:
        """Values (parts, places) with the places in preorder."""
        return np.ascontiguousarray(values[:, self.order])

    def placed(self, values: NDArray[Kind]) -> NDArray[Kind]:
        """Values in preorder with the places as they were."""
        found = np.empty_like(values)
        found[:, self.order] = values
        return found


@dataclass(frozen=True)
class Network:
    """Parts and the places that use them.

    rate       (parts, places) pieces asked for a day by the own customers of each place
    resupply   (parts,) days until an order of the first place arrives, apart from its transit
    transit    (places,) days from the place above (first place: from the maker)
    cost       (parts,) price of one piece
    above      (places,) the place that resupplies each, -1 for the one at the top; None: the first feeds all others
    pooled     True: VARI-METRIC; False: METRIC
    spread     (parts,) variance over mean of the pieces needed in any span, at least 1; None: 1, single pieces
    besides    (parts, places) pieces asked for a day whose wait is not counted here (by repairs); None: 0
    wider      (parts,) variance of what the first place has under way beyond `spread` times its mean; None: 0
    """

    rate: Floats
    resupply: Floats
    transit: Floats
    cost: Floats
    above: Ints | None = None
    pooled: bool = True
    spread: Floats | None = None
    besides: Floats | None = None
    wider: Floats | None = None

    @property
    def widths(self) -> Floats:
        """Variance at the first place beyond the spread of each part."""
        return np.zeros(len(self.cost)) if self.wider is None else self.wider

    @property
    def lumps(self) -> Floats:
        """Variance over mean of the demand of each part."""
        return np.ones(len(self.cost)) if self.spread is None else self.spread

    @property
    def parents(self) -> Ints:
        """The place that resupplies each, -1 for the one at the top."""
        places = self.rate.shape[1]
        return np.r_[-1, np.zeros(places - 1, np.int64)] if self.above is None else self.above

    @cached_property
    def asked(self) -> tuple[Floats, Floats, Floats]:
        """`rate`, all that is asked for (with what is asked `besides`) and `transit` with the places in preorder."""
        rate = self.tree.ranked(self.rate)
        loads = rate if self.besides is None else rate + self.tree.ranked(self.besides)
        return rate, loads, self.transit[self.tree.order]

    def laid_out(self, stock: Ints) -> tuple[Ints, bool, Floats, Floats, Floats, Ints, Floats, Floats]:
        """What the kernels of pipelines take: stock in preorder, then the network."""
        _, loads, transit = self.asked
        tree = self.tree
        return tree.ranked(stock), self.pooled, self.resupply, self.widths, self.lumps, tree.end, loads, transit

    @cached_property
    def asked_in_all(self) -> Floats:
        """Pieces a day asked of each place (parts, places), by its own customers and by every place below it."""
        tree = self.tree
        upto = np.concatenate([np.zeros((len(self.rate), 1)), np.cumsum(self.asked[1], axis=1)], axis=1)
        return tree.placed(upto[:, tree.end] - upto[:, :-1])

    @cached_property
    def tree(self) -> Tree:
        """The places in preorder. Raises ValueError unless they hang together below one place."""
        places = self.rate.shape[1]
        above = self.parents
        below: dict[int, list[int]] = {}
        for place in range(places - 1, -1, -1):
            below.setdefault(int(above[place]), []).append(place)
        order: list[int] = []
        depth: dict[int, int] = {}
        waiting = [(place, 0) for place in below.get(-1, ())]
        if len(waiting) != 1:
            raise ValueError(f"{len(waiting)} places stand at the top, one must")
        while waiting:
            place, deep = waiting.pop()
            depth[place] = deep
            order.append(place)
            waiting += [(child, deep + 1) for child in below.get(place, ())]
        if len(order) != places:
            raise ValueError("some places resupply each other in a circle")
        end = np.arange(1, places + 1)
        at = {place: k for k, place in enumerate(order)}
        for k in range(places - 1, 0, -1):
            up = at[int(above[order[k]])]
            end[up] = max(end[up], end[k])
        return Tree(np.array(order), end, 1 + max(depth.values()))

    def only(self, some: Ints) -> Network:
        """The same places with these parts alone."""

        def few(values: Floats | None) -> Floats | None:
            return None if values is None else values[some]

        return replace(
            self, rate=self.rate[some], resupply=self.resupply[some], cost=self.cost[some], spread=few(self.spread),
            besides=few(self.besides), wider=few(self.wider),
        )  # fmt: skip

    def check(self) -> None:
        """Raise ValueError for a rate, time or cost that is not finite and at least 0, and for a spread below 1."""
        for name in ("rate", "resupply", "transit", "cost"):
            values = getattr(self, name)
            if not np.isfinite(values).all() or (values < 0).any():
                raise ValueError(f"{name} must be finite and not negative")
        if self.spread is not None and (self.spread < 1).any():
            raise ValueError("spread must be at least 1")


@dataclass(frozen=True)
class Missed:
    """What each place cannot give, (parts, places).

    late     pieces it owes on average, to its own customers and to the places below it
    empty    chance that it has none when a piece is asked for
    rate     pieces asked for a day by its own customers
    share    of what is asked of it, the share of its own customers
    """

    late: Floats
    empty: Floats
    rate: Floats
    share: Floats

    @property
    def backorders(self) -> Floats:
        """Pieces that its own customers wait for on average."""
        return self.late * self.share

    @property
    def unfilled(self) -> Floats:
        """Pieces a day that its own customers do not find."""
        return self.rate * self.empty

    def of(self, measure: Measure) -> Floats:
        """One of the two."""
        return self.backorders if measure == "backorders" else self.unfilled


def backorders(mean: float, variance: float, most: int) -> Floats:
    """Return the expected backorders of a pipeline for stock 0..most.

    >>> backorders(1.0, 1.0, 3).round(3).tolist()  # Sherbrooke 2004, table 2-1
    [1.0, 0.368, 0.104, 0.023]
    """
    from smilecurve.solve._echelon_kernels import late_at

    return np.array([late_at(float(mean), float(variance), stock)[0] for stock in range(most + 1)])


def shortfall(network: Network, stock: Ints) -> Missed:
    """Return what each part misses at each place with this stock: (parts, places).

    >>> one = Network(np.array([[0.0, 0.5]]), np.array([0.0]), np.array([0.0, 2.0]), np.array([1.0]))
    >>> shortfall(one, np.array([[0, 1]])).backorders.round(3).tolist()
    [[0.0, 0.368]]
    """
    from smilecurve.solve._echelon_kernels import missed_parts

    late, empty = np.zeros(network.rate.shape), np.zeros(network.rate.shape)
    missed_parts(*network.laid_out(stock), late, empty)
    return _told(network, late, empty)


def pipelines(network: Network, stock: Ints) -> tuple[Floats, Floats]:
    """Return mean and variance of what each place (parts, places) has ordered and not yet received.

    Half a piece a day, two days on the way, nothing above: one piece, Poisson.

    >>> one = Network(np.array([[0.0, 0.5]]), np.array([0.0]), np.array([0.0, 2.0]), np.array([1.0]))
    >>> [x.tolist() for x in pipelines(one, np.array([[0, 1]]))]
    [[[0.0, 1.0]], [[0.0, 1.0]]]
    """
    from smilecurve.solve._pipeline_kernels import pipeline_parts

    mean, variance = np.zeros(network.rate.shape), np.zeros(network.rate.shape)
    pipeline_parts(*network.laid_out(stock), mean, variance)
    return network.tree.placed(mean), network.tree.placed(variance)


def exact_shortfall(network: Network, stock: Ints) -> Missed:
    """Return `shortfall` without approximation, for parts asked for in single pieces (spread 1).

    Backorders of a place fall to those below it and to its own customers binomially, because first come is first
    served and each order is theirs with a chance of its own (Graves 1985); pipelines are convolved. Raises ValueError
    for parts asked for in lumps.
    """
    from smilecurve.solve._exact_kernels import exact_parts

    if (network.lumps > 1).any():
        raise ValueError("parts asked for in lumps have no exact evaluation")
    late, empty = np.zeros(network.rate.shape), np.zeros(network.rate.shape)
    mean = network.asked[1].sum(axis=1) * (
        network.resupply + network.transit.sum()
    )  # more than any place has under way
    most = np.ceil(mean + 10 * np.sqrt(mean) + 30).astype(np.int64)
    tree = network.tree
    exact_parts(tree.ranked(stock), network.resupply, tree.end, *network.asked[1:], most, late, empty)
    return _told(network, late, empty)


def told_shortfall(network: Network, stock: Ints) -> Missed:
    """Return `exact_shortfall` of the parts asked for in single pieces, `shortfall` of those in lumps."""
    lumpy = network.lumps > 1
    if not lumpy.any():
        return exact_shortfall(network, stock)
    found = shortfall(network, stock)
    some = np.nonzero(~lumpy)[0]
    exact = exact_shortfall(network.only(some), stock[some])
    found.late[some], found.empty[some] = exact.late, exact.empty
    return found


def _told(network: Network, late: Floats, empty: Floats) -> Missed:
    """What was found in preorder, by place."""
    tree, rate = network.tree, network.rate
    share = np.divide(rate, network.asked_in_all, out=np.zeros_like(rate), where=rate > 0)
    return Missed(tree.placed(late), tree.placed(empty), rate, share)
