"""Which way does each machine go, all under the same places, hours and parts?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.renew._chances import Case
from smilecurve.desks.renew._dismantling import tranches

__all__ = ["Assigned", "Harvest", "assigned"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Harvest:
    """Wanted parts: pieces inside each model, worth piece after piece, and what one brings beyond need.

    All in the currency of the plan.
    """

    inside: Mapping[str, Mapping[str, float]]
    worth: Mapping[str, list[float]]
    floor: Mapping[str, float]


@dataclass(frozen=True)
class Assigned:
    """Way of each machine: -1 waits, -2 is looked at first and then goes the way of each finding; the whole margin.

    base       (machine, way) what the wanted parts fetch in the lot, given up when they are taken for spares
    each       worth of a piece of each part on average over the plan; more(part, pieces): what further pieces add
    """

    way: list[int]
    then: list[list[int]]
    value: float
    bound: float
    each: Mapping[str, float]
    next_each: Mapping[str, float]


class _Book:
    """Options as they are written down, one after the other."""

    def __init__(self, capacities: Mapping[str, float], parts: Sequence[str]) -> None:
        self.capacity = {name: k for k, name in enumerate(capacities)}
        self.part = {name: k for k, name in enumerate(parts)}
        self.unit: list[int] = []
        self.branch: list[int] = []
        self.way: list[int] = []
        self.gain: list[float] = []
        self.takes: list[tuple[int, int, float]] = []
        self.yields: list[tuple[int, int, float]] = []

    def add(
        self, unit: int, branch: int, way: int, gain: float, takes: Mapping[str, float], yields: Mapping[str, float]
    ) -> None:
        row = len(self.unit)
        self.unit.append(unit)
        self.branch.append(branch)
        self.way.append(way)
        self.gain.append(gain)
        self.takes += [(row, self.capacity[k], v) for k, v in takes.items() if v]
        self.yields += [(row, self.part[k], v) for k, v in yields.items() if v]


def assigned(
    cases: Sequence[Case], rate: Mapping[str, float], supply: Mapping[str, float], harvest: Harvest
) -> Assigned:
    """Decide under the supply of places, hours and parts. Nobody waits who finds a place."""
    from scipy import sparse

    from smilecurve.solve.disposing import Goods, Options, dispose

    book = _Book(supply, sorted(harvest.worth))
    for unit, case in enumerate(cases):
        _write(book, unit, case, rate[str(case.machine["currency"])], harvest)
    wait = -1.0 - 2.0 * max((abs(g) for g in book.gain), default=0.0)
    gain = np.array([wait if way < 0 else g for g, way in zip(book.gain, book.way, strict=True)])
    n, parts = len(gain), sorted(harvest.worth)
    most = {p: sum(harvest.inside[str(c.machine["model"])].get(p, 0.0) for c in cases) + 1.0 for p in parts}
    steps = [tranches(harvest.worth[p], harvest.floor[p], most[p]) for p in parts]
    wide = max((len(some) for some in steps), default=1)
    worth, size = np.zeros((len(parts), wide)), np.zeros((len(parts), wide))
    for k, some in enumerate(steps):
        worth[k, : len(some)], size[k, : len(some)] = [v for v, _ in some], [s for _, s in some]
    goods = Goods(worth, size)
    options = Options(
        np.array(book.unit, dtype=np.int64), np.array(book.branch, dtype=np.int64), gain,
        _sparse(book.takes, n, len(supply)), _sparse(book.yields, n, len(parts)),
    )  # fmt: skip
    assert isinstance(options.takes, sparse.csr_array)
    got = dispose(options, np.array(list(supply.values()), dtype=np.float64), goods)
    way = [-1] * len(cases)
    then: list[list[int]] = [[] for _ in cases]
    for row in np.flatnonzero(got.taken).tolist():
        unit = book.unit[row]
        if book.branch[row]:
            way[unit] = -2
            then[unit].append(book.way[row])
        else:
            way[unit] = book.way[row]
    whole = goods.value(got.pieces)
    more = goods.value(got.pieces + 1.0) - whole
    each = np.divide(whole, got.pieces, out=worth[:, 0].copy() if wide else whole, where=got.pieces > 1e-9)
    waiting = wait * way.count(-1)
    return Assigned(
        way, then, got.value - waiting, got.bound - waiting,
        dict(zip(parts, each.tolist(), strict=True)), dict(zip(parts, more.tolist(), strict=True)),
    )  # fmt: skip


def _sparse(cells: Sequence[tuple[int, int, float]], rows: int, columns: int) -> object:
    from scipy import sparse

    at = np.array(cells, dtype=np.float64).reshape(-1, 3)
    return sparse.csr_array((at[:, 2], (at[:, 0].astype(np.int64), at[:, 1].astype(np.int64))), shape=(rows, columns))


def _write(book: _Book, unit: int, case: Case, rate: float, harvest: Harvest) -> None:
    """The options of one machine: waiting, every way now, every way after each finding."""
    book.add(unit, 0, -1, 0.0, {}, {})
    _write_ways(book, unit, 0, case, case.chance, case.open, rate, harvest, 0.0)
    branch = 0
    for z, weight in enumerate(case.found):
        if weight.sum() > 0:
            branch += 1
            price = case.price * rate if branch == 1 else 0.0
            _write_ways(book, unit, branch, case, weight, case.after[z], rate, harvest, price)


def _write_ways(
    book: _Book, unit: int, branch: int, case: Case, weight: Floats, allowed: NDArray[np.bool_], rate: float,
    harvest: Harvest, price: float,
) -> None:  # fmt: skip
    margin, total = case.margin(weight), float(weight.sum())
    inside = harvest.inside.get(str(case.machine["model"]), {})
    looking = case.look.takes if case.look is not None and branch == 1 else {}
    for j, way in enumerate(case.ways):
        if not allowed[j]:
            continue
        takes = {name: total * amount for name, amount in way.takes.items()}
        for name, step in way.steps.items():
            takes[name] = takes.get(name, 0.0) + step * case.raised(j, weight)
        for name, amount in looking.items():
            takes[name] = takes.get(name, 0.0) + amount
        yields = {p: total * q for p, q in inside.items()} if way.route == "part_out" else {}
        lot = sum(q * harvest.floor[p] for p, q in yields.items())
        book.add(unit, branch, j, float(margin[j]) * rate - lot - price, takes, yields)
