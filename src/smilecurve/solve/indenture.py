"""How long do repairs wait for the parts they need, and how many of those lie at the repair shop?

Method    a broken assembly is repaired at the first place, or made anew; a repair asks the shop's shelf for the parts
          it needs, waits for what is not there, then takes its time. What the shop owes holds assemblies up, their
          share of it binomially: mean and variance are kept (VARI-METRIC with indenture: Sherbrooke, Operations
          Research 34(2), 1986; Slay, Logistics Management Institute AF301-3, 1984). At one price of what customers
          miss the shop's stock is found part by part, the assemblies above settled anew for each
Proof     `exact_repairs` convolves what is waited for with what is under way, exactly where a repair needs one part at
          most; the bound is that of stock without any wait and any stock at the shop, which costs no more.
          `indenture_events` plays the same repairs out independently
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network, pipelines, shortfall, told_shortfall
from smilecurve.solve.stocking import Stock, plan_stock, price_stock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Repairs", "exact_repairs", "plan_repairs", "waiting_repairs"]

_ROUNDS = 3
_SWEEPS = 4


@dataclass(frozen=True)
class Repairs:
    """Which parts are repaired, how, and with which others.

    share   (parts,) share of the pieces asked for that are broken ones repaired; the others are made or bought anew
    days    (parts,) that a repair takes once it has its parts
    whole   (lines,) the assembly that is repaired, and part (lines,) what a repair needs, need (lines,) pieces of it
    shop    the place of the shop's shelf: it stands below the first place, no days away, and nobody else asks there
    """

    share: Floats
    days: Floats
    whole: Ints
    part: Ints
    need: Floats
    shop: int

    @cached_property
    def levels(self) -> list[Ints]:
        """Parts that are repaired with others or serve repairs, those that hold no others first.

        Raises ValueError for parts that are repaired with each other in a circle.
        """
        depth = np.zeros(len(self.share), np.int64)
        for _ in range(len(self.whole) + 1):
            before = depth.copy()
            np.maximum.at(depth, self.whole, depth[self.part] + 1)
            if np.array_equal(before, depth):
                inside = np.unique(np.r_[self.whole, self.part])
                return [inside[depth[inside] == level] for level in range(int(depth.max(initial=0)) + 1)]
        raise ValueError("some parts are repaired with each other in a circle")

    def asking(self, network: Network) -> Network:
        """The network in which repairs ask for parts: their load at the shop, the days without any wait."""
        days = self.share * self.days + (1.0 - self.share) * network.resupply
        besides = np.zeros_like(network.rate)
        for level in self.levels[::-1]:
            for at in np.nonzero(np.isin(self.whole, level))[0]:
                whole = self.whole[at]
                asked = (network.rate[whole].sum() + besides[whole].sum()) * self.share[whole]
                besides[self.part[at], self.shop] += asked * self.need[at]
        return replace(network, resupply=days, besides=besides)

    def loads(self, network: Network) -> Floats:
        """Of each line: share of what its part is asked for at the shop that its assembly asks."""
        asked = network.asked_in_all[self.whole, network.tree.order[0]] * self.share[self.whole] * self.need
        every = network.asked_in_all[self.part, self.shop]
        found: Floats = np.divide(asked, every, out=np.zeros_like(asked), where=every > 0)
        return found


def waiting_repairs(network: Network, stock: Ints, repairs: Repairs, *, asked: bool = False) -> Network:
    """Return `repairs.asking(network)` (`asked`: that is given) with what waiting for parts adds to each assembly.

    One a day breaks; its repair takes no time but needs a part that takes two days and is not kept: two more days.

    >>> net = Network(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([9.0, 2.0]), np.zeros(2), np.ones(2))
    >>> fix = Repairs(np.array([1.0, 0.0]), np.zeros(2), np.array([0]), np.array([1]), np.ones(1), 1)
    >>> waiting_repairs(net, np.zeros((2, 2), np.int64), fix).resupply.tolist()
    [2.0, 2.0]
    """
    base = network if asked else repairs.asking(network)
    net, loads = replace(base, resupply=base.resupply.copy(), wider=base.widths.copy()), repairs.loads(base)
    for level in repairs.levels[1:]:
        for whole in level.tolist():
            _lengthen(base, net, stock, repairs, loads, whole)
    return net


def _lengthen(base: Network, net: Network, stock: Ints, repairs: Repairs, loads: Floats, whole: int) -> None:
    """Write into `net` what waiting for parts adds to one assembly."""
    mean, more = _waits(net, stock, repairs, loads, whole)
    every = base.asked_in_all[whole, base.tree.order[0]]
    net.resupply[whole] = base.resupply[whole] + (mean / every if every > 0 else 0.0)
    net.widths[whole] = more


def _waits(net: Network, stock: Ints, repairs: Repairs, loads: Floats, whole: int) -> tuple[float, float]:
    """Assemblies that wait for a part on average, and the variance beyond that mean."""
    from smilecurve.solve._echelon_kernels import late_at

    lines = np.nonzero(repairs.whole == whole)[0]
    some = repairs.part[lines]
    mean, variance = (found[:, repairs.shop] for found in pipelines(net.only(some), stock[some]))
    waits, more = 0.0, 0.0
    for line, one, wide in zip(lines, mean.tolist(), variance.tolist(), strict=True):
        late, square, _, _ = late_at(one, wide, int(stock[repairs.part[line], repairs.shop]))
        share = loads[line] / max(repairs.need[line], 1.0)
        waits += share * late
        more += share**2 * max(square - late * late - late, 0.0)
    return waits, more


def exact_repairs(network: Network, stock: Ints, repairs: Repairs, *, asked: bool = False) -> Missed:
    """Return what is missed while repairs wait for their parts, without approximation for parts in single pieces.

    `asked`: the network given is already that in which repairs ask.

    Exact where a repair needs one part at most; where it needs several, as if it waited for one after the other. Parts
    in lumps are told by the model, what they hold up as if they were asked for one by one.
    """
    from smilecurve.solve._exact_kernels import exact_part, thinned

    base = network if asked else repairs.asking(network)
    found = told_shortfall(base, stock)
    tree, loads = base.tree, repairs.loads(base)
    (_, every, transit), shelves = base.asked, tree.ranked(stock)
    at = int(np.nonzero(tree.order == repairs.shop)[0][0])
    owed: dict[int, Floats] = {}
    for part in np.concatenate(repairs.levels).tolist():
        waits = np.ones(1)
        for line in np.nonzero(repairs.whole == part)[0]:
            share = loads[line] / max(repairs.need[line], 1.0)
            waits = np.convolve(waits, thinned(owed[int(repairs.part[line])], share))
        mean = every[part].sum() * (base.resupply[part] + transit.sum())
        most = int(np.ceil(mean + 10 * np.sqrt(mean) + 30)) + len(waits)
        late, missed, empty = np.zeros((len(transit), most + 1)), np.zeros(len(transit)), np.zeros(len(transit))
        exact_part(shelves[part], base.resupply[part], tree.end, every[part], transit, waits, late, missed, empty)
        owed[part] = np.trim_zeros(np.where(late[at] < 1e-14, 0.0, late[at]), "b")
        found.late[part, tree.order], found.empty[part, tree.order] = missed, empty
    lumpy = np.intersect1d(np.nonzero(base.lumps > 1)[0], np.concatenate(repairs.levels))
    if len(lumpy):
        model = shortfall(waiting_repairs(base, stock, repairs, asked=True).only(lumpy), stock[lumpy])
        found.late[lumpy], found.empty[lumpy] = model.late, model.empty
    return found


def plan_repairs(network: Network, repairs: Repairs, *, target: float) -> tuple[Stock, Network]:
    """Decide the stock of every part at every place and at the shop so that customers miss at most `target` a day.

    The network returned is the one in which repairs wait for what this stock lacks.
    """
    base = repairs.asking(network)
    free = plan_stock(base, target=target)
    stock, plan, net = free.stock.copy(), free, base
    for _ in range(_ROUNDS):
        stock[:, repairs.shop] = _stock_shop(base, plan.stock, stock[:, repairs.shop], repairs, plan.price)
        net = waiting_repairs(network, stock, repairs)
        plan = plan_stock(net, target=target)
        shop, stock = stock[:, repairs.shop], plan.stock.copy()
        stock[:, repairs.shop] = shop
    net = waiting_repairs(network, stock, repairs)
    cost = float((stock.sum(axis=1) * network.cost).sum())
    return replace(plan, stock=stock, cost=cost, bound=min(free.bound, cost)), net


def _stock_shop(base: Network, stock: Ints, held: Ints, repairs: Repairs, price: float) -> Ints:
    """Pieces of each part at the shop, best for this price while the parts' other stock stays as it is.

    Looked for from what is held and from plenty: one part's pieces may be worth nothing while another's are not there.
    """
    load = base.asked_in_all[:, repairs.shop]
    plenty = np.where(load > 0, np.ceil(20 + 3 * load * base.resupply), 0).astype(np.int64)
    found = [_descend(base, stock, start, plenty, repairs, price) for start in (held, plenty)]
    return min(found, key=lambda one: one[0])[1]


def _descend(
    base: Network, stock: Ints, held: Ints, plenty: Ints, repairs: Repairs, price: float
) -> tuple[float, Ints]:
    """One part after the other takes the pieces at the shop that are best for it; what all cost and miss then."""
    order = [int(p) for level in repairs.levels for p in level]
    given, loads = stock.copy(), repairs.loads(base)
    given[:, repairs.shop] = held
    for _ in range(_SWEEPS):
        before = given[:, repairs.shop].copy()
        for part in order:
            above = _above(repairs, part, order)
            if not above or not plenty[part]:
                continue
            net = waiting_repairs(base, given, repairs, asked=True)
            given[part, repairs.shop] = plenty[part]
            floor, best, least = _settled(base, net, given, above, loads, repairs, price), 0, np.inf
            for pieces in range(int(plenty[part]) + 1):
                given[part, repairs.shop] = pieces
                value = _settled(base, net, given, above, loads, repairs, price) + pieces * base.cost[part]
                if value < least - 1e-9:
                    best, least = pieces, value
                elif floor + pieces * base.cost[part] >= least:
                    break
            given[part, repairs.shop] = best
        if np.array_equal(before, given[:, repairs.shop]):
            break
    shop = given[:, repairs.shop].copy()
    net, wholes = waiting_repairs(base, given, repairs, asked=True), [p for p in order if p in set(repairs.whole)]
    return _settled(base, net, given, wholes, loads, repairs, price) + float((shop * base.cost).sum()), shop


def _settled(
    base: Network, net: Network, given: Ints, parts: list[int], loads: Floats, repairs: Repairs, price: float
) -> float:
    """What these assemblies cost and miss, each settled anew for what it waits for, the innermost first."""
    value, net = 0.0, replace(net, resupply=net.resupply.copy(), wider=net.widths.copy())
    for part in parts:
        _lengthen(base, net, given, repairs, loads, part)
        point = price_stock(net.only(np.array([part])), price, "unfilled")
        value += point.cost + price * point.missed
    return value


def _above(repairs: Repairs, part: int, order: list[int]) -> list[int]:
    """The assemblies whose repair needs this part, and those whose repair needs them, the innermost first."""
    found, fresh = set[int](), {part}
    while fresh:
        fresh = set(repairs.whole[np.isin(repairs.part, list(fresh))].tolist()) - found
        found |= fresh
    return [p for p in order if p in found]
