"""Which way of each unit earns most, when ways share capacity, yield goods worth ever less, or look first?

Method    an integer program (HiGHS) over the options of all units where it is small. Larger: the Lagrangian dual over
          capacities and goods, smoothed and made ever sharper, then the integer program over the units whose best
          option is nearly matched by another (Balas & Zemel, Operations Research 28(5), 1980), all others as the dual
          says; capacities in full
Proof     small: the dual bound of the program; larger: the Lagrangian value, which no plan exceeds
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

__all__ = ["Disposal", "Goods", "Options", "dispose", "dispose_whole"]

TINY = 600
SMALL = 3000
CORE = 250
CLOSE = 5e-4
SLACK = 1e-7


@dataclass(frozen=True)
class Options:
    """What can be done with units, one entry each, sorted by unit and branch.

    unit     from 0; branch: 0 done at once; 1.. what is done on each finding of a look at the unit
    gain     what it earns, times the chance of its finding; the price of looking stands in branch 1
    takes    (options, capacities), yields (options, goods): times that chance as well
    A unit takes one option of branch 0, or one of each other branch that it has; these are numbered 1, 2, ..
    """

    unit: Ints
    branch: Ints
    gain: Floats
    takes: sparse.csr_array
    yields: sparse.csr_array

    @cached_property
    def starts(self) -> Ints:
        """Where each branch of each unit starts."""
        key = self.unit * (1 + int(self.branch.max(initial=0))) + self.branch
        return np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, np.int64)

    @cached_property
    def group(self) -> Ints:
        """The branch of a unit that each option belongs to, counted through."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.r_[self.starts, len(self.unit)]))

    def only(self, kept: Flags) -> Options:
        """Some of them, of the same units."""
        at = np.flatnonzero(kept)
        return Options(self.unit[at], self.branch[at], self.gain[at], self.takes[at], self.yields[at])


@dataclass(frozen=True)
class Goods:
    """What pieces of each good are worth: tranche after tranche, falling.

    worth, size    (goods, tranches); beyond the last tranche a piece is worth nothing, and none needs to be used
    """

    worth: Floats
    size: Floats

    def value(self, pieces: Floats) -> Floats:
        """Worth of so many pieces of each.

        >>> Goods(np.array([[5.0, 2.0]]), np.array([[1.0, 3.0]])).value(np.array([2.0])).tolist()
        [7.0]
        """
        before = np.cumsum(self.size, axis=1) - self.size
        return np.asarray((self.worth * np.clip(pieces[:, None] - before, 0.0, self.size)).sum(axis=1))


@dataclass(frozen=True)
class Disposal:
    """The options taken, what they earn, what no plan exceeds, and the worth of one more of each.

    used, capacity_worth    (capacities,); pieces, piece_worth    (goods,)
    """

    taken: Flags
    value: float
    bound: float
    used: Floats
    capacity_worth: Floats
    pieces: Floats
    piece_worth: Floats

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of it."""
        return (self.bound - self.value) / max(abs(self.bound), 1e-9)


def dispose(options: Options, capacity: Floats, goods: Goods) -> Disposal:
    """Decide the options of every unit so that gain and goods are worth most and no capacity is exceeded.

    Capacities hold on average over the findings. Raises ValueError for worths that rise, and when no plan keeps the
    capacities. The same input gives the same plan.

    >>> from scipy import sparse
    >>> two = Options(np.array([0, 0, 1, 1]), np.zeros(4, np.int64), np.array([1.0, 3.0, 1.0, 2.5]),
    ...     sparse.csr_array((4, 0)), sparse.csr_array(np.array([[1.0], [0.0], [1.0], [0.0]])))
    >>> got = dispose(two, np.zeros(0), Goods(np.array([[4.0, 1.0]]), np.array([[1.0, 9.0]])))
    >>> got.taken.tolist(), got.value  # the first piece is worth 4: the second unit gives it
    ([False, True, True, False], 8.0)
    """
    if (np.diff(goods.worth, axis=1) > 1e-9).any():
        raise ValueError("what a piece is worth must not rise with their number")
    if len(options.unit) <= SMALL:
        return dispose_whole(options, capacity, goods)
    from smilecurve.solve._disposing_dual import Dual, sharpen

    dual = Dual(options, capacity, goods)
    prices, bound = sharpen(dual)
    regret = dual.regret(prices)
    best: Disposal | None = None
    for most in (CORE, 3 * CORE):
        got = _core(options, capacity, goods, regret, most)
        if got is not None and (best is None or got.value > best.value):
            best = got
        if best is not None and bound - best.value <= CLOSE * abs(bound):
            break
    if best is None:
        return dispose_whole(options, capacity, goods)
    caps = len(capacity)
    return Disposal(
        best.taken, best.value, max(bound, best.value), best.used, prices[:caps], best.pieces, prices[caps:]
    )


def _core(options: Options, capacity: Floats, goods: Goods, regret: Floats, most: int) -> Disposal | None:
    """The plan in which `most` units, those with the nearest rivals, are free and all others take their best."""
    order = np.lexsort((regret, options.group))
    first = np.zeros(len(regret), dtype=np.bool_)
    first[order[options.starts]] = True
    best = first & (regret <= regret[order[options.starts]][options.group])
    units = int(options.unit.max()) + 1
    own = np.full(units, np.inf)
    np.minimum.at(own, options.unit, np.where(best & (regret <= SLACK), np.inf, regret))
    free = np.zeros(units, dtype=np.bool_)
    free[np.argsort(own, kind="stable")[:most]] = True
    reach = float(np.sort(own)[min(most, units) - 1])
    loose = free[options.unit] & (regret <= max(4.0 * reach, SLACK))
    settled = ~free[options.unit] & _policy(options, regret)
    used = np.asarray(options.takes[settled].sum(axis=0)).ravel()
    pieces = np.asarray(options.yields[settled].sum(axis=0)).ravel()
    if (used > capacity + 1e-9).any():
        return None
    try:
        part = dispose_whole(options.only(loose), capacity - used, goods, pieces=pieces, quick=True)
    except ValueError:
        return None
    taken = settled
    taken[np.flatnonzero(loose)[part.taken]] = True
    return _told(options, goods, taken, np.inf)


def _policy(options: Options, regret: Floats) -> Flags:
    """The options of least regret: one at once, or one for each finding."""
    order = np.lexsort((regret, options.group))
    first = np.zeros(len(regret), dtype=np.bool_)
    first[order[options.starts]] = True
    looks = np.zeros(int(options.unit.max()) + 1, dtype=np.bool_)
    direct = np.full(len(looks), np.inf)
    later = np.full(len(looks), np.inf)
    np.minimum.at(direct, options.unit[options.branch == 0], regret[options.branch == 0])
    np.minimum.at(later, options.unit[options.branch > 0], regret[options.branch > 0])
    looks = later < direct
    return np.asarray(first & ((options.branch > 0) == looks[options.unit]))


def _told(options: Options, goods: Goods, taken: Flags, bound: float) -> Disposal:
    used = np.asarray(options.takes[taken].sum(axis=0)).ravel()
    pieces = np.asarray(options.yields[taken].sum(axis=0)).ravel()
    value = float(options.gain[taken].sum() + goods.value(pieces).sum())
    return Disposal(taken, value, max(bound, value), used, np.zeros_like(used), pieces, np.zeros_like(pieces))


def dispose_whole(
    options: Options, capacity: Floats, goods: Goods, *, pieces: Floats | None = None, quick: bool = False,
    seconds: float | None = None,
) -> Disposal:  # fmt: skip
    """Decide by one integer program over all options, `pieces` of each good being there already.

    quick    stop within a thousandth of a percent or after a fixed amount of work
    seconds  stop within a thousandth of a percent or after so many of the clock
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp

    n, (kinds, steps) = len(options.unit), goods.size.shape
    there = np.zeros(kinds) if pieces is None else pieces
    if not n:
        return _told(options, goods, np.zeros(0, np.bool_), 0.0)
    once, ties = _rules(options)
    wide = sparse.csr_array((once.shape[0] + ties.shape[0], kinds * steps))
    equal = sparse.hstack([sparse.vstack([once, ties]), wide]).tocsr()
    right = np.r_[np.ones(once.shape[0]), np.zeros(ties.shape[0])]
    of_good = sparse.csr_array(
        (np.ones(kinds * steps), (np.repeat(np.arange(kinds), steps), np.arange(kinds * steps))),
        shape=(kinds, kinds * steps),
    )
    no = sparse.csr_array((len(capacity), kinds * steps))
    within = sparse.vstack([sparse.hstack([options.takes.T, no]), sparse.hstack([-options.yields.T, of_good])]).tocsr()
    limit = np.r_[capacity, there]
    cost = -np.r_[options.gain, goods.worth.ravel()]
    most = np.r_[np.ones(n), goods.size.ravel()]
    found = milp(
        cost,
        constraints=[LinearConstraint(equal, right, right), LinearConstraint(within, -np.inf, limit)],
        integrality=np.r_[np.ones(n), np.zeros(kinds * steps)],
        bounds=Bounds(0, most),
        options=_work(n, quick) if seconds is None else {"mip_rel_gap": 1e-5, "time_limit": seconds},
    )
    if found.x is None:
        raise ValueError("no plan keeps the capacities: give every unit an option that takes none")
    taken = found.x[:n] > 0.5
    told = _told(options, goods, taken, -float(found.mip_dual_bound))
    if quick or seconds is not None:
        return told
    relaxed = linprog(
        cost, A_ub=within, b_ub=limit, A_eq=equal, b_eq=right, bounds=np.column_stack([np.zeros(len(most)), most])
    )
    prices = np.maximum(-relaxed.ineqlin.marginals, 0.0)
    caps = len(capacity)
    return Disposal(taken, told.value, told.bound, told.used, prices[:caps], told.pieces, prices[caps:])


def _work(options: int, quick: bool) -> dict[str, object]:
    """Few options are decided to the end, many within a fixed number of nodes."""
    if options <= TINY:
        return {"mip_rel_gap": 1e-9}
    return {"mip_rel_gap": 1e-5, "node_limit": 20} if quick else {"mip_rel_gap": 1e-6, "node_limit": 10}


def _rules(options: Options) -> tuple[sparse.csr_array, sparse.csr_array]:
    """One option at once or of branch 1 for each unit; as many of every later branch as of branch 1."""
    from scipy import sparse

    n = len(options.unit)
    at = np.arange(n)
    _, row = np.unique(options.unit, return_inverse=True)
    early, first, later = options.branch <= 1, options.branch == 1, options.branch > 1
    once = sparse.csr_array((np.ones(early.sum()), (row[early], at[early])), shape=(int(row.max()) + 1, n))
    groups, tie = np.unique(options.group[later], return_inverse=True)
    unit = options.unit[options.starts[groups]]
    link = np.searchsorted(unit, options.unit[first], "left")
    return once, _tied(n, len(groups), (tie, at[later]), (unit, options.unit[first], at[first], link))


def _tied(n: int, groups: int, later: tuple[Ints, Ints], first: tuple[Ints, Ints, Ints, Ints]) -> sparse.csr_array:
    from scipy import sparse

    unit, owner, at, low = first
    count = np.searchsorted(unit, owner, "right") - low
    rows = np.repeat(low, count) + np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    columns = np.repeat(at, count)
    data = np.r_[np.ones(len(later[0])), -np.ones(len(rows))]
    return sparse.csr_array((data, (np.r_[later[0], rows], np.r_[later[1], columns])), shape=(groups, n))
