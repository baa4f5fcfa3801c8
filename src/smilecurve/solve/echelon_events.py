"""What is missed at each place when every order is played out?

Method    orders of single pieces by chance, played out one by one: each customer's piece is ordered anew, up the tree
          at once, and each place gives what it has first come, first served. With constant times the k-th piece a place
          is asked for is given when asked for, or when the order placed `stock` pieces before it arrives, if later.
          Where the first place orders in lots, an order waits until the last piece of its lot is asked for
Referee   independent of `echelon`: no pipeline, no distribution
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["played_shortfall"]


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
