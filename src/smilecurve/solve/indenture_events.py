"""What is missed at each place when every break, repair and order is played out?

Method    pieces break by chance; each broken assembly is repaired or made anew by chance, each repair needs one part or
          none by chance, asks the shop's shelf for it and takes its days from when it has it. Parts first: of a place
          with `stock` pieces the k-th call is served when it comes, or when the piece ordered `stock` calls before
          it arrives if that is later; repairs may end in another order than they began
Referee   independent of `indenture`: no pipeline, no distribution
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network
from smilecurve.solve.indenture import Repairs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["played_repairs"]


def played_repairs(
    network: Network, stock: Ints, repairs: Repairs, *, days: float, seed: int, warm: float = 0.1
) -> Missed:
    """Return what each place missed while `days` were played out, the first share `warm` of them not counted.

    A repair needs at most one part (the needs of each assembly sum to 1 at most); pieces are asked for singly.
    """
    chance = np.random.default_rng(seed)
    late, empty = np.zeros(network.rate.shape), np.zeros(network.rate.shape)
    own = [[np.sort(chance.uniform(0, days, chance.poisson(r * days))) for r in row] for row in network.rate]
    drawn: dict[int, Ints] = {}
    for level in repairs.levels[::-1]:  # what breaks above asks below
        for part in level.tolist():
            lines = np.nonzero(repairs.whole == part)[0]
            if not len(lines):
                continue
            calls = np.sort(np.concatenate(own[part]))
            needs = repairs.share[part] * repairs.need[lines]
            odds = np.r_[needs, repairs.share[part] - needs.sum(), 1.0 - repairs.share[part]]
            drawn[part] = chance.choice(len(odds), len(calls), p=odds / odds.sum())
            for k, line in enumerate(lines):
                place = own[repairs.part[line]]
                place[repairs.shop] = np.sort(np.r_[place[repairs.shop], calls[drawn[part] == k]])
    given: dict[int, tuple[Floats, Floats]] = {}
    plain = [p for p in range(len(own)) if p not in drawn and p not in repairs.part]
    for part in [*plain, *np.concatenate(repairs.levels).tolist()]:
        calls = np.sort(np.concatenate(own[part]))
        back = calls + (
            repairs.share[part] * repairs.days[part] + (1 - repairs.share[part]) * network.resupply[part]
            if part not in drawn
            else 0.0
        )
        if part in drawn:
            back = _mended(network, repairs, part, calls, drawn[part], given)
        shop = _played(network, stock[part], own[part], np.sort(back), (days * warm, days), late[part], empty[part])
        given[part] = own[part][repairs.shop], shop[repairs.shop]
    share = np.divide(network.rate, network.asked_in_all, out=np.zeros_like(late), where=network.rate > 0)
    return Missed(late, empty, network.rate, share)


def _mended(
    network: Network, repairs: Repairs, part: int, calls: Floats, drawn: Ints, given: dict[int, tuple[Floats, Floats]]
) -> Floats:
    """When each broken piece is back as a good one."""
    lines = np.nonzero(repairs.whole == part)[0]
    back: Floats = calls + np.where(drawn == len(lines) + 1, network.resupply[part], repairs.days[part])
    for k, line in enumerate(lines):
        asked, got = given[int(repairs.part[line])]
        mine = drawn == k
        back[mine] = got[np.searchsorted(asked, calls[mine])] + repairs.days[part]
    return back


def _played(
    network: Network, stock: Ints, own: list[Floats], back: Floats, span: tuple[float, float], late: Floats,
    empty: Floats,
) -> list[Floats]:  # fmt: skip
    """One part: calls go up the tree, pieces come down; when the own calls of each place are served."""
    order, above = network.tree.order.tolist(), network.parents
    calls, whose = dict(enumerate(own)), {p: np.full(len(own[p]), -1) for p in order}
    for place in order[:0:-1]:
        up = int(above[place])
        both = np.concatenate([calls[up], calls[place]])
        who = np.concatenate([whose[up], np.full(len(calls[place]), place)])
        ranked = np.argsort(both, kind="stable")
        calls[up], whose[up] = both[ranked], who[ranked]
    arrives = {order[0]: back + network.transit[order[0]]}
    served: list[Floats] = [np.zeros(0)] * len(order)
    for place in order:
        at, got, held = calls[place], calls[place].copy(), int(stock[place])
        if held < len(at):
            got[held:] = np.maximum(at[held:], arrives[place][: len(at) - held])
        counted = (at >= span[0]) & (at < span[1])
        late[place] = (got - at)[counted].sum() / (span[1] - span[0])
        empty[place] = (got > at)[counted].mean() if counted.any() else 0.0
        served[place] = got[whose[place] == -1]
        for child in np.unique(whose[place][whose[place] >= 0]).tolist():
            arrives[child] = got[whose[place] == child] + network.transit[child]
    return served
