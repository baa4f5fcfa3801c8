"""Which sites are opened, and which one serves each customer?

Method    without limits of capacity: interchange with variable neighbourhood search (Whitaker, INFOR 21(2), 1983;
          Hansen and Mladenovic, Location Science 5(4), 1997) started at the relaxation, then an integer program by
          radius (Elloumi, Computers and Operations Research 37(1), 2010), sites fixed by their reduced cost;
          with capacities, least loads and sites that exclude each other: an integer program by assignment over each
          customer's nearest sites, whose last column is "somebody farther" at the cost of the next one (HiGHS)
Proof     the dual bound of the same program; sites that a reduced cost closes cannot be in anything better than what is
          known; "somebody farther" never costs more than who is left out, and counts for his least load
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

__all__ = ["Siting", "appoint_sites", "place_sites"]

_SHAKES = 5
_SLACK = 1e-6


@dataclass(frozen=True)
class Siting:
    """Sites that are open, who serves each customer, what it costs and the least it can cost.

    open     (sites,) flags
    share    (customers, sites) share of each customer's load; what is missing to 1 nobody serves (at cost `far`)
    value, bound   what it costs; no choice costs less. Equal when proved best
    """

    open: Flags
    share: Floats
    value: float
    bound: float

    @property
    def serves(self) -> Ints:
        """(customers,) the site that serves most of each; -1: nobody."""
        most = self.share.argmax(axis=1)
        return np.where(self.share[np.arange(len(most)), most] > 1e-9, most, -1)


def place_sites(
    cost: Floats,
    opening: Floats,
    *,
    number: int | None = None,
    far: Floats | None = None,
    rounds: int = 100,
    seed: int = 1,
    seconds: float = 60.0,
    nodes: int | None = None,
) -> Siting:
    """Decide which sites to open when an open site serves everybody who comes.

    cost     (customers, sites) of serving a customer there; inf: impossible
    opening  (sites,) cost of an open site
    number   how many are opened; None: as many as pay
    far      (customers,) cost of a customer whom nobody serves; None: everybody must be served
    rounds, seed   of the search, 0: none; seconds, nodes: at most for the proof
    Raises ValueError when the numbers make no sense or a customer can be served by nobody.

    >>> two = place_sites(np.array([[0.0, 9.0], [9.0, 0.0], [1.0, 9.0]]), np.zeros(2), number=1)
    >>> two.open.tolist(), two.value, two.bound
    ([True, False], 10.0, 10.0)
    """
    rim = _checked(cost, opening, number, far)
    program = _Radius(*_alike(cost, rim), opening, number)
    relaxed = program.relaxed()
    start = np.zeros(len(opening), dtype=bool)
    start[np.argsort(-relaxed.chosen, kind="stable")[: number or max(1, round(relaxed.chosen.sum()))]] = True
    value = program.improve(start, rounds, seed) if rounds else program.priced(start)
    bound = relaxed.value
    if value - bound > _SLACK * max(1.0, abs(value)):
        better, bound = program.proved(relaxed, value, seconds, nodes)
        if better is not None:
            start, value = better, program.priced(better)
    served = np.where(start[None, :], cost, np.inf)
    share = np.zeros_like(cost)
    who = served.argmin(axis=1)
    near = served[np.arange(len(cost)), who] < rim
    share[np.nonzero(near)[0], who[near]] = 1.0
    return Siting(start, share, value, min(bound, value))


def _checked(cost: Floats, opening: Floats, number: int | None, far: Floats | None) -> Floats:
    """What nobody's service costs, inf where that is not allowed."""
    if np.isnan(cost).any() or (cost < 0).any() or not np.isfinite(opening).all():
        raise ValueError("costs must be at least 0 and opening costs finite")
    if number is not None and not 1 <= number <= len(opening):
        raise ValueError(f"{number} of {len(opening)} sites cannot be opened")
    rim = np.full(len(cost), np.inf) if far is None else far
    lost = ~np.isfinite(np.minimum(cost.min(axis=1, initial=np.inf), rim))
    if lost.any():
        raise ValueError(f"customer {int(lost.argmax())} can be served by nobody")
    return rim


def _alike(cost: Floats, far: Floats) -> tuple[Floats, Floats]:
    """Customers who see every site alike, counted as one."""
    scale = np.where(np.isfinite(far) & (far > 0), far, 1.0)
    scaled = np.where(cost < far[:, None], cost / scale[:, None], np.inf)
    seen: dict[bytes, int] = {}
    group = np.array([seen.setdefault(np.isfinite(f).tobytes() + row.tobytes(), len(seen))
                      for row, f in zip(scaled, far, strict=True)])  # fmt: skip
    if len(seen) == len(cost):
        return cost, far
    first = np.unique(group, return_index=True)[1]
    weight = np.bincount(group, np.where(np.isfinite(far), far, 1.0))
    grouped = np.full((len(first), cost.shape[1]), np.inf)
    np.multiply(scaled[first], weight[:, None], out=grouped, where=np.isfinite(scaled[first]))
    return grouped, np.where(np.isfinite(far[first]), weight, np.inf)


@dataclass(frozen=True)
class _Relaxed:
    """The linear relaxation: its value, how much of each site, what opening or closing a site adds at least."""

    value: float
    chosen: Floats
    opens: Floats
    closes: Floats


class _Radius:
    """Elloumi's program: one variable says "no open site within this radius" for each customer and distance."""

    def __init__(self, cost: Floats, far: Floats, opening: Floats, number: int | None) -> None:
        from scipy import sparse

        self.cost, self.far, self.opening, self.number = cost, far, opening, number
        sites = cost.shape[1]
        order = np.argsort(cost, axis=1, kind="stable")
        ranked = np.take_along_axis(cost, order, axis=1)
        reach = sites if number is None else sites - number + 1
        used = (ranked < far[:, None]) & (np.arange(sites) < reach)
        fresh = used.copy()
        fresh[:, 1:] &= ranked[:, 1:] > ranked[:, :-1]
        level = np.cumsum(fresh.ravel()).reshape(fresh.shape) - 1
        row_of, rank_of = np.nonzero(fresh)
        value = ranked[row_of, rank_of]
        last = np.r_[row_of[1:] != row_of[:-1], True][: len(value)]
        head = np.r_[True, last[:-1]][: len(value)]
        beyond = np.where(last, far[row_of], np.r_[value[1:], 0.0][: len(value)])
        forced = ~np.isfinite(beyond) | (last & (used.sum(axis=1)[row_of] == reach) & (reach < sites))
        self.constant = float(value[head].sum() + far[~used[:, 0]].sum())
        self.objective = np.r_[opening, np.where(forced, value, beyond) - value]
        self.most = np.r_[np.ones(sites), np.where(forced, 0.0, 1.0)]
        count = len(value)
        at, rank = np.nonzero(used)
        linked = np.nonzero(~head)[0]
        self.rows = sparse.csr_array(
            (
                np.r_[np.ones(len(at)), np.ones(count), -np.ones(len(linked))],
                (
                    np.r_[level[at, rank], np.arange(count), linked],
                    np.r_[order[at, rank], sites + np.arange(count), sites + linked - 1],
                ),
            ),
            shape=(count, sites + count),
        )
        self.least = np.where(head, 1.0, 0.0)
        self.total = sparse.csr_array(np.r_[np.ones(sites), np.zeros(count)][None, :])

    def relaxed(self) -> _Relaxed:
        """Solve the linear relaxation."""
        from scipy.optimize import linprog

        sites = len(self.opening)
        exact = {} if self.number is None else {"A_eq": self.total, "b_eq": [float(self.number)]}
        found = linprog(
            self.objective, A_ub=-self.rows, b_ub=-self.least, bounds=np.c_[np.zeros(len(self.most)), self.most],
            method="highs", **exact,
        )  # fmt: skip
        return _Relaxed(
            float(found.fun) + self.constant, found.x[:sites], found.lower.marginals[:sites],
            -found.upper.marginals[:sites],
        )  # fmt: skip

    def priced(self, is_open: Flags) -> float:
        """What these sites cost."""
        served = np.where(is_open[None, :], self.cost, np.inf).min(axis=1, initial=np.inf)
        return float(self.opening[is_open].sum() + np.minimum(served, self.far).sum())

    def improve(self, is_open: Flags, rounds: int, seed: int) -> float:
        """Interchange from here; `is_open` becomes the best found."""
        from smilecurve.solve._siting_kernels import roam

        near = (self.cost < self.far[:, None]).T
        who = np.nonzero(near)[1]
        begin = np.r_[0, np.cumsum(near.sum(axis=1))]
        top = self.cost[np.isfinite(self.cost)].max(initial=0.0)
        rim = np.where(np.isfinite(self.far), self.far, (top + 1.0) * 1e6)
        return float(roam(
            is_open, self.opening, begin, who, self.cost.T[near], rim, self.number is None, rounds, _SHAKES, seed
        ))  # fmt: skip

    def proved(self, relaxed: _Relaxed, value: float, seconds: float, nodes: int | None) -> tuple[Flags | None, float]:
        """Look for sites that cost less than `value`: those found (None: none) and the least that any can cost."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        sites = len(self.opening)
        room = value - relaxed.value
        low = np.zeros(len(self.most))
        high = self.most.copy()
        high[:sites][relaxed.opens > room + _SLACK] = 0.0
        low[:sites][relaxed.closes > room + _SLACK] = 1.0
        limits = [LinearConstraint(self.rows, self.least, np.inf)]
        if self.number is not None:
            limits.append(LinearConstraint(self.total, self.number, self.number))
        found = milp(
            self.objective, constraints=limits, bounds=Bounds(low, high),
            integrality=np.r_[np.ones(sites), np.zeros(len(high) - sites)],
            options={"time_limit": seconds, "mip_rel_gap": 1e-7} | ({} if nodes is None else {"node_limit": nodes}),
        )  # fmt: skip
        if found.status == 2:
            return None, value
        bound = relaxed.value if found.mip_dual_bound is None else float(found.mip_dual_bound) + self.constant
        bound = min(max(bound, relaxed.value), value)
        if found.x is None or float(found.fun) + self.constant > value + _SLACK:
            return None, bound
        return np.asarray(found.x[:sites] > 0.5), bound


def appoint_sites(
    cost: Floats,
    opening: Floats,
    load: Floats,
    capacity: Floats,
    *,
    least: Floats | None = None,
    far: Floats | None = None,
    apart: Ints | None = None,
    whole: bool = True,
    nearest: int = 40,
    seconds: float = 3600.0,
    nodes: int | None = None,
    gap: float = 1e-4,
) -> Siting:
    """Decide which sites to open when each serves a limited load.

    cost      (customers, sites) of serving the whole load of a customer there; inf: impossible
    opening   (sites,) cost of an open site
    load      (customers,), capacity (sites,) in one unit; least (sites,): what an open site must be given at least
    far       (customers,) cost of a customer whom nobody serves; None: everybody must be served
    apart     (pairs, 2) sites of which at most one may be open
    whole     True: each customer is served by one site alone
    nearest   sites looked at for each customer at first; more where somebody farther is called for
    seconds, nodes   at most for the search (with nodes alone the answer does not hang on the machine); gap: good enough
    Raises ValueError when the numbers make no sense or no choice serves everybody.

    >>> cost = np.array([[1.0, 5.0], [1.0, 5.0]])
    >>> got = appoint_sites(cost, np.array([2.0, 2.0]), np.ones(2), np.array([1.0, 2.0]))
    >>> got.open.tolist(), got.value, got.bound  # one each: 2 + 2 + 1 + 5 = 10; both at the second: 12
    ([True, True], 10.0, 10.0)
    """
    rim = _checked(cost, opening, None, far)
    if (load < 0).any() or (capacity < 0).any():
        raise ValueError("loads and capacities must be at least 0")
    width = np.full(len(cost), min(nearest, cost.shape[1]))
    while True:
        program = _Assignment(cost, opening, load, capacity, least, rim, apart, whole, width)
        found = program.solve(
            {"time_limit": seconds, "mip_rel_gap": gap} | ({} if nodes is None else {"node_limit": nodes})
        )
        wanting = found.farther > 1e-9
        if not wanting.any():
            return found.siting
        width[wanting] = np.minimum(2 * width[wanting], cost.shape[1])


@dataclass(frozen=True)
class _Appointed:
    siting: Siting
    farther: Floats


class _Assignment:
    """Assignment over the nearest sites of each customer and a column for somebody farther."""

    def __init__(
        self, cost: Floats, opening: Floats, load: Floats, capacity: Floats, least: Floats | None, far: Floats,
        apart: Ints | None, whole: bool, width: Ints,
    ) -> None:  # fmt: skip
        from scipy import sparse

        self.shape, self.whole, self.far, self.opening, self.cost = cost.shape, whole, far, opening, cost
        customers, sites = cost.shape
        order = np.argsort(cost, axis=1, kind="stable")
        ranked = np.take_along_axis(cost, order, axis=1)
        near = (np.arange(sites) < width[:, None]) & (ranked < far[:, None])
        self.who, rank = np.nonzero(near)
        self.site = order[self.who, rank]
        count, x = len(self.who), sites + np.arange(len(self.who))
        beyond = np.append(ranked, np.full((customers, 1), np.inf), axis=1)[np.arange(customers), width]
        self.others = np.minimum(beyond, far)
        self.is_farther = beyond < far
        o = sites + count + np.arange(customers)
        size = sites + count + customers
        self.objective = np.r_[opening, cost[self.who, self.site], np.where(np.isfinite(self.others), self.others, 0.0)]
        self.most = np.r_[np.ones(sites + count), np.where(np.isfinite(self.others), 1.0, 0.0)]
        column, ones = np.arange(count), np.ones(count)
        rows: list[tuple[sparse.csr_array, Floats, Floats]] = []

        def add(data: Floats, row: Ints, col: Ints, low: Floats, high: Floats) -> None:
            rows.append((sparse.csr_array((data, (row, col)), shape=(len(low), size)), low, high))

        every = np.ones(customers)
        add(np.r_[ones, every], np.r_[self.who, np.arange(customers)], np.r_[x, o], every, every)
        add(np.r_[ones, -ones], np.r_[column, column], np.r_[x, self.site], np.full(count, -np.inf), np.zeros(count))
        taken = np.r_[load[self.who], -np.where(np.isfinite(capacity), capacity, load.sum())]
        where = np.r_[self.site, np.arange(sites)], np.r_[x, np.arange(sites)]
        add(taken, *where, np.full(sites, -np.inf), np.zeros(sites))
        if least is not None:
            left_out = np.isfinite(cost) & (cost < far[:, None])
            left_out[self.who, self.site] = False
            whose, there = np.nonzero(left_out)
            data = np.r_[load[self.who], -least, load[whose]]
            spot = np.r_[self.site, np.arange(sites), there], np.r_[x, np.arange(sites), o[whose]]
            add(data, *spot, np.zeros(sites), np.full(sites, np.inf))
        if apart is not None and len(apart):
            pair = np.arange(len(apart))
            add(
                np.ones(2 * len(apart)), np.r_[pair, pair], np.r_[apart[:, 0], apart[:, 1]],
                np.full(len(apart), -np.inf), np.ones(len(apart)),
            )  # fmt: skip
        self.rows = rows

    def solve(self, options: dict[str, float]) -> _Appointed:
        """Solve it; says how much of each customer went to somebody farther."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        customers, sites = self.shape
        count = len(self.who)
        integral = np.r_[np.ones(sites), np.full(count + customers, 1.0 if self.whole else 0.0)]
        found = milp(
            self.objective, constraints=[LinearConstraint(a, low, high) for a, low, high in self.rows],
            bounds=Bounds(0, self.most), integrality=integral, options=options,
        )  # fmt: skip
        if found.x is None:
            raise ValueError("no choice of sites serves everybody within these limits")
        share = np.zeros(self.shape)
        share[self.who, self.site] = np.where(found.x[sites : sites + count] > 1e-7, found.x[sites : sites + count], 0)
        rest = found.x[sites + count :]
        is_open = np.asarray(found.x[:sites] > 0.5)
        bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
        siting = Siting(is_open, share, float(found.fun), min(float(bound), float(found.fun)))
        return _Appointed(siting, np.where(self.is_farther, rest, 0.0))
