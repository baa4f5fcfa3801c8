"""Which equipment does which operation, when and in which order, so that what is wanted is ready in time?

A flexible job shop: operations with ways to choose from, setups that depend on what was done before, closed times,
releases, due days and deadlines. First plans by rules of dispatching, the best kept; a small shop then goes whole to a
constraint program (OR-Tools CP-SAT), and any shop is made better window by window: some operations near each other are
planned afresh by the constraint program, the others keep their order. An operation is never broken off; its setup
stands right before it.

Sources: Giffler & Thompson (1960), Operations Research 8:487-503; Vepsalainen & Morton (1987), Management Science
33:1035-1047; large neighbourhoods on time windows: Carchrae & Beck (2009), J. Mathematical Modelling and Algorithms 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._jobshop_clock import Budget
from smilecurve.solve._jobshop_model import Model, Plan
from smilecurve.solve.jobshop import shortest

if TYPE_CHECKING:
    from smilecurve.solve._jobshop_dispatch import Floor

__all__ = ["Shop", "ShopPlan", "plan_shop"]

Ints = NDArray[np.int64]
FAR = 1 << 50
WHOLE = 12_000
"""Arcs and ways up to which the whole shop is one constraint program."""
LONG, STRETCH = 1_500, 400
"""Operations beyond which annealing goes by stretches, and those in one."""


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Shop:
    """What is to be done. Times are whole numbers.

    job: of each operation; operations of one job follow each other in rising number. operation, place, time: the ways;
    each operation has one or more. release, due, deadline, weight: by job (default 0, never, never, 1). family: what
    each operation needs its place set up for. setups: place -> matrix from family to family; a place without one
    needs none. stands: family each place is set up for at first (-1: as needed). closed: rows (place, begin, end).
    late_weight: what a second late costs against a second that the whole plan is longer; miss_weight: a second beyond
    a deadline.
    """

    job: ArrayLike
    operation: ArrayLike
    place: ArrayLike
    time: ArrayLike
    release: ArrayLike = field(default_factory=_none)
    due: ArrayLike = field(default_factory=_none)
    deadline: ArrayLike = field(default_factory=_none)
    weight: ArrayLike = field(default_factory=_none)
    family: ArrayLike = field(default_factory=_none)
    setups: Mapping[int, ArrayLike] = field(default_factory=dict)
    stands: ArrayLike = field(default_factory=_none)
    closed: Sequence[tuple[int, int, int]] = ()
    late_weight: int = 10
    miss_weight: int = 100_000


@dataclass(frozen=True)
class ShopPlan:
    """Place, start, end and setup of every operation; cost, what no plan can be under, and the rule it began from."""

    place: Ints
    start: Ints
    end: Ints
    setup: Ints
    cost: int
    bound: int
    rule: int
    windows: int


def plan_shop(
    shop: Shop,
    *,
    work: int = 4_000_000,
    windows: int = 10,
    size: int = 50,
    patience: float = 0.1,
    seconds: float | None = None,
    seed: int = 0,
) -> ShopPlan:
    """Plan a shop by fixed work: `windows` windows of about `size` operations, `patience` of deterministic time for
    the whole of a small shop and a quarter of it for a window; or by so many CPU seconds of this process.

    Two jobs for one place, 3 each, the second due at 3: it goes first, nothing is late, and all is done at 6.

    >>> found = plan_shop(Shop([0, 1], [0, 1], [0, 0], [3, 3], due=[9, 3]))
    >>> found.start.tolist(), found.cost, found.bound
    ([3, 0], 6, 6)
    """
    floor, new = _floor(shop)
    if not floor.job.size:
        return ShopPlan(_none(), _none(), _none(), _none(), 0, 0, 0, 0)
    budget, rng = Budget(seconds), np.random.default_rng(seed)
    plan, rule = _by_rules(floor)
    bound, used = min(_bound(floor), plan.cost), 0
    if plan.cost > bound and _plain(floor):
        plan, proved = _shortest(floor, plan, work, patience, budget, seed)
        return _told(floor, new, plan, max(bound, proved), rule, 0)
    if plan.cost > bound:
        plan = _annealed(floor, plan, bound, work, budget.part(0.5), seed)
    if plan.cost > bound and _arcs(floor) <= WHOLE:
        every = np.arange(floor.job.size)
        model = Model(floor, plan, every, np.arange(floor.table.size))
        plan, proved = _replanned(floor, plan, model, seed, patience, budget.part(0.6))
        bound = min(max(bound, proved), plan.cost)
    while plan.cost > bound and budget.left > 0 and (budget.end or used < windows):
        free, places = _window(floor, plan, size, rng)
        plan, _ = _replanned(floor, plan, Model(floor, plan, free, places), seed + used, patience / 4, budget.part(0.1))
        used += 1
    return _told(floor, new, plan, bound, rule, used)


def _told(floor: Floor, new: Ints, plan: Plan, bound: int, rule: int, used: int) -> ShopPlan:
    """Tell a plan in the numbers of the shop."""
    ends, place = plan.start + floor.way_time[plan.way], floor.way_place[plan.way]
    return ShopPlan(place[new], plan.start[new], ends[new], plan.setup[new], plan.cost, bound, rule, used)


def _floor(shop: Shop) -> tuple[Floor, Ints]:
    """Lay the shop out with the operations of each job together; give the new number of every operation."""
    from smilecurve.solve._jobshop_dispatch import Floor

    job = np.asarray(shop.job, np.int64)
    n, jobs = job.size, int(job.max(initial=-1)) + 1
    order = np.argsort(job, kind="stable")
    new = np.empty(n, np.int64)
    new[order] = np.arange(n)
    operation = new[np.asarray(shop.operation, np.int64)] if n else _none()
    place, time = np.asarray(shop.place, np.int64), np.asarray(shop.time, np.int64)
    by = np.lexsort((place, operation))
    places = max([int(place.max(initial=-1)), *shop.setups, *(row[0] for row in shop.closed)], default=-1) + 1
    family = _column(shop.family, n, 0)[order]
    table, setup = _tables(
        shop, places, max([int(family.max(initial=0)) + 1, *(len(np.asarray(m)) for m in shop.setups.values())])
    )
    shut, begin, end = _closed(shop.closed, places)
    return Floor(
        np.searchsorted(job[order], np.arange(jobs + 1)).astype(np.int64),
        job[order],
        family,
        np.searchsorted(operation[by], np.arange(n + 1)).astype(np.int64),
        place[by],
        time[by],
        _column(shop.release, jobs, 0),
        _column(shop.due, jobs, FAR),
        _column(shop.deadline, jobs, FAR),
        _column(shop.weight, jobs, 1),
        table,
        setup,
        shut,
        begin,
        end,
        _column(shop.stands, places, -1),
        shop.late_weight,
        shop.miss_weight,
    ), new


def _column(values: ArrayLike, n: int, otherwise: int) -> Ints:
    found = np.asarray(values, np.int64)
    return found.copy() if found.size else np.full(n, otherwise, np.int64)


def _tables(shop: Shop, places: int, families: int) -> tuple[Ints, Ints]:
    """Stack the setup matrices, equal ones once; -1 for a place without one."""
    table, stack = np.full(places, -1, np.int64), [np.zeros((families, families), np.int64)]
    seen: dict[bytes, int] = {}
    for place, matrix in sorted(shop.setups.items()):
        values = np.ascontiguousarray(matrix, np.int64)
        if values.any():
            table[place] = seen.setdefault(values.tobytes(), len(stack))
            if table[place] == len(stack):
                stack.append(values)
    return table, np.stack(stack)


def _closed(rows: Sequence[tuple[int, int, int]], places: int) -> tuple[Ints, Ints, Ints]:
    """Closed times by place, in order, those that touch joined."""
    joined: list[list[int]] = []
    for place, begin, end in sorted(rows):
        if joined and joined[-1][0] == place and begin <= joined[-1][2]:
            joined[-1][2] = max(joined[-1][2], end)
        elif end > begin:
            joined.append([place, begin, end])
    found = np.array(joined, np.int64).reshape(-1, 3)
    return np.searchsorted(found[:, 0], np.arange(places + 1)).astype(np.int64), found[:, 1].copy(), found[:, 2].copy()


def _by_rules(floor: Floor) -> tuple[Plan, int]:
    """The best plan of all rules, and which rule made it."""
    from smilecurve.solve._jobshop_dispatch import RULES, dispatch

    plans = []
    for rule in RULES:
        order, way = np.zeros(floor.job.size, np.int64), np.zeros(floor.job.size, np.int64)
        dispatch(floor, rule, order, way)
        plans.append(_decoded(floor, order, way))
    rule = min(RULES, key=lambda r: plans[r].cost)
    return plans[rule], rule


def _decoded(floor: Floor, order: Ints, way: Ints) -> Plan:
    from smilecurve.solve._jobshop_dispatch import decode

    start, setup = np.zeros(order.size, np.int64), np.zeros(order.size, np.int64)
    cost = decode(floor, order, way, start, setup)
    return Plan(way, start, setup, int(cost))


def _annealed(floor: Floor, plan: Plan, bound: int, work: int, budget: Budget, seed: int) -> Plan:
    """Anneal order and ways, a large shop stretch by stretch, by fixed work or in rounds until the time is spent."""
    from smilecurve.solve._jobshop_dispatch import anneal, stretch

    n, jobs, turn = plan.way.size, floor.release.size, 0
    long = n if n <= LONG else STRETCH
    sweep = max(2 * n // long - 1, 1)
    moves = max(work // (n if sweep == 1 else LONG) * n // (long * sweep), 1)
    while turn < sweep if budget.end is None else budget.left > 0 and plan.cost > bound:
        order, way = _order(floor, plan.start, plan.way), plan.way.copy()
        low = min(turn % sweep * long // 2, n - long)
        ends = plan.start + floor.way_time[plan.way]
        late = ends[floor.first[1:] - 1] > floor.due
        part = stretch(floor, order, way, low, low + long, late, 8)
        hot = max((plan.cost - bound) / (4.0 * jobs) / (1 + turn // sweep), 1.0)
        anneal(floor, order, way, part, moves, seed + turn, hot, hot / 50)
        fresh = _decoded(floor, order, way)
        plan, turn = fresh if fresh.cost <= plan.cost else plan, turn + 1
    return plan


def _replanned(floor: Floor, plan: Plan, model: Model, seed: int, patience: float, budget: Budget) -> tuple[Plan, int]:
    """The better of the plan and what the constraint program makes of it; and its bound."""
    found = model.solve(seed, patience, budget)
    if found is None:
        return plan, 0
    start, way, bound = found
    moved = np.zeros(start.size, np.bool_)
    moved[model.free] = True
    fresh = _decoded(floor, _order(floor, np.where(moved, start, plan.start), way), way)
    return (fresh if fresh.cost <= plan.cost else plan), bound


def _plain(floor: Floor) -> bool:
    """Whether only the end of all work counts and nothing is to be chosen but orders: the shop of solve.jobshop."""
    bare = (floor.table < 0).all() and not floor.begin.size and not floor.release.any()
    late = (floor.due < FAR) & (floor.weight * floor.late_weight > 0)
    one = floor.way_place.size == floor.job.size <= LONG
    return bool(bare and one and not late.any() and (floor.deadline >= FAR).all())


def _shortest(floor: Floor, plan: Plan, work: int, patience: float, budget: Budget, seed: int) -> tuple[Plan, int]:
    """The plan made short by the search of solve.jobshop, a move for each time `work` holds all operations; a bound."""
    found = shortest(
        floor.job,
        floor.way_place,
        floor.way_time,
        begin=plan.start,
        moves=work // floor.job.size,
        patience=patience,
        seconds=None if budget.end is None else budget.left,
        seed=seed,
    )
    return Plan(plan.way, found.start, plan.setup, found.length), found.bound


def _order(floor: Floor, start: Ints, way: Ints) -> Ints:
    """All operations by their start, each behind the one before it in its job."""
    end = start + floor.way_time[way]
    late = start.copy()
    for step in range(1, int(np.diff(floor.first).max(initial=0))):
        o = floor.first[:-1] + step
        o = o[o < floor.first[1:]]
        late[o] = np.maximum(late[o], late[o - 1])
    return np.lexsort((np.arange(start.size), end, late)).astype(np.int64)


def _window(floor: Floor, plan: Plan, size: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Some places and the operations that stand there around a job that is late, or any job when none is."""
    place, end = floor.way_place[plan.way], plan.start + floor.way_time[plan.way]
    done = end[floor.first[1:] - 1]
    late = np.maximum(done - np.minimum(floor.due, floor.deadline), 0) * floor.weight
    chance = late / late.sum() if late.any() and rng.random() < 0.8 else None
    j = int(rng.choice(done.size, p=chance))
    own = np.arange(floor.first[j], floor.first[j + 1])
    seed = int(rng.choice(own))
    near = np.unique(np.concatenate([floor.way_place[floor.ways[o] : floor.ways[o + 1]] for o in own]))
    others = np.setdiff1d(np.arange(floor.table.size), near)
    places = np.concatenate((rng.permutation(near), rng.permutation(others)))
    mine = floor.way_place[floor.ways[seed] : floor.ways[seed + 1]]
    places = np.unique(np.concatenate((mine, places[: max(1, int(rng.integers(2, 7)))])))
    there = np.flatnonzero(np.isin(place, places))
    there = there[np.argsort(plan.start[there], kind="stable")]
    at = int(np.searchsorted(plan.start[there], plan.start[seed])) - int(rng.integers(size // 4, size))
    at = min(max(at, 0), max(there.size - size, 0))
    return np.sort(there[at : at + size]), places


def _arcs(floor: Floor) -> int:
    """How large the whole constraint program would be."""
    many = np.bincount(floor.way_place, minlength=floor.table.size)
    return int((many[floor.table >= 0] ** 2).sum() + floor.way_place.size * 4)


def _bound(floor: Floor) -> int:
    """Each job alone for what is late, and for the end of all work also the load of each place without a choice."""
    from smilecurve.solve._jobshop_bounds import one_place_bound
    from smilecurve.solve._jobshop_dispatch import alone

    end = alone(floor)
    least = np.minimum.reduceat(floor.way_time, floor.ways[:-1])
    done = end[floor.first[1:] - 1]
    late = floor.weight * np.maximum(done - floor.due, 0) * floor.late_weight
    missed = np.maximum(done - floor.deadline, 0) * floor.miss_weight
    tail = np.cumsum(least[::-1])[::-1]
    tail = tail - np.append(tail, 0)[floor.first[1:]][floor.job] - least
    longest, single = int(done.max()), np.diff(floor.ways) == 1
    place = floor.way_place[floor.ways[:-1]]
    for p in np.unique(place[single]):
        own = np.flatnonzero(single & (place == p) & (least > 0))
        if own.size:
            longest = max(longest, int(one_place_bound((end - least)[own], least[own], tail[own])))
    return int(late.sum() + missed.sum()) + longest
