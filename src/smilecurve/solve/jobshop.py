"""In which order does every piece of equipment do its operations so that all jobs are done soonest?

The job shop: each job runs through its operations in their order, each operation on its own equipment, which does one
at a time. Tabu search over the orders on the longest way, plans joined pairwise between searches, then a constraint
program (OR-Tools CP-SAT, one worker) started from the best plan, which proves the bound.

Sources: Zhang, Li, Guan & Rao (2007), Computers & Operations Research 34:3229-3242; Peng, Lu & Cheng (2015), the same
53:154-164; Balas & Vazacopoulos (1998), Management Science 44:262-275.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._jobshop_clock import Budget, run

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from smilecurve.solve._jobshop_tabu import Facts

__all__ = ["JobShopPlan", "length_bound", "shortest"]

Ints = NDArray[np.int64]

POOL = 16
PATIENCE = 12_500


@dataclass(frozen=True)
class JobShopPlan:
    """The start of every operation, when all is done, and what no plan can be under."""

    start: Ints
    length: int
    bound: int
    moves: int

    @property
    def optimal(self) -> bool:
        """Whether no plan is shorter."""
        return self.length == self.bound


def shortest(
    job: ArrayLike,
    place: ArrayLike,
    time: ArrayLike,
    *,
    begin: ArrayLike | None = None,
    moves: int = 200_000,
    patience: float = 0.2,
    seconds: float | None = None,
    seed: int = 0,
) -> JobShopPlan:
    """Plan every operation; those of one job stand in their order in the arrays.

    In fixed work: `moves` moves of the search and `patience` of the constraint program's deterministic time. With
    `seconds` as much as so many CPU seconds of this process give. begin: starts of a plan that holds; what is found is
    never longer.

    Two jobs, each 2 on one equipment and 2 on the other, in opposite order: both work all the time and are done at 4.

    >>> shortest([0, 0, 1, 1], [0, 1, 1, 0], [2, 2, 2, 2]).length
    4
    """
    length = np.asarray(time, np.int64)
    facts, rank = _facts(np.asarray(job, np.int64), np.asarray(place, np.int64), length)
    if length.size == 0:
        return JobShopPlan(length, 0, 0, 0)
    budget, bound = Budget(seconds), _bound(facts)
    search = _Search(facts, rank, bound, np.random.default_rng(seed))
    if begin is not None:
        search.begin = _sequence(facts, np.asarray(begin, np.int64))
    search.run(moves // 2, budget.part(0.15))
    if search.best > bound:
        bound = max(bound, _prove(facts, search, bound, seed, patience, budget.part(0.5)))
    if search.best > bound:
        search.goal = bound
        search.run(moves - moves // 2, budget)
    from smilecurve.solve._jobshop_tabu import length_of

    found, start = length_of(facts, search.pool[0])
    return JobShopPlan(start, int(found), int(min(bound, found)), search.made)


def length_bound(job: ArrayLike, place: ArrayLike, time: ArrayLike) -> int:
    """What no plan can be under: the longest job, and each equipment alone when work may be broken off.

    >>> length_bound([0, 0, 1, 1], [0, 1, 0, 1], [3, 1, 3, 1])
    7
    """
    length = np.asarray(time, np.int64)
    return _bound(_facts(np.asarray(job, np.int64), np.asarray(place, np.int64), length)[0]) if length.size else 0


def _facts(job: Ints, place: Ints, time: Ints) -> tuple[Facts, Ints]:
    """Say what follows what; and the place of each operation in its job."""
    from smilecurve.solve._jobshop_tabu import Facts

    n = job.size
    order = np.argsort(job, kind="stable")
    same = job[order[1:]] == job[order[:-1]]
    before, after = np.full(n + 1, n), np.full(n + 1, n)
    before[order[1:][same]] = order[:-1][same]
    after[order[:-1][same]] = order[1:][same]
    first = np.searchsorted(job[order], job[order])
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n) - first
    return Facts(np.append(time, 0), np.append(place, -1), before, after), rank


def _bound(facts: Facts) -> int:
    """The longest job, and each equipment alone with the heads and tails that the jobs give."""
    from smilecurve.solve._jobshop_bounds import one_place_bound

    n = facts.time.size - 1
    head, tail = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for _ in range(n):
        grown = head[facts.job_before] + facts.time[facts.job_before]
        shrunk = tail[facts.job_after] + facts.time[facts.job_after]
        grown[n] = shrunk[n] = 0
        if (grown == head).all() and (shrunk == tail).all():
            break
        head, tail = grown, shrunk
    longest = int((head + facts.time + tail).max())
    for place in np.unique(facts.place[:-1]):
        own = np.flatnonzero((facts.place[:-1] == place) & (facts.time[:-1] > 0))
        if own.size:
            longest = max(longest, int(one_place_bound(head[own], facts.time[own], tail[own])))
    return longest


class _Search:
    """Tabu searches that begin from chance and from between two plans already found; the pool is best first."""

    def __init__(self, facts: Facts, rank: Ints, goal: int, rng: np.random.Generator) -> None:
        self.facts, self.rank, self.goal, self.rng, self.made = facts, rank, goal, rng, 0
        self.pool: list[Ints] = []
        self.lengths: list[int] = []
        places = int(np.unique(facts.place[:-1]).size)
        self.tenure = 10 + round(rank.size / places**2)

    @property
    def best(self) -> int:
        """The shortest length so far."""
        return self.lengths[0]

    def run(self, moves: int, budget: Budget) -> None:
        """Search on until the moves or the budget are spent, or the goal is met."""
        from smilecurve.solve._jobshop_tabu import tabu

        spent, idle = 0, min(PATIENCE, max(moves // 20, 500))
        while not self.pool or (self.best > self.goal and budget.left > 0 and (budget.end or spent < moves)):
            most = (1 << 40) if budget.end else max(moves - spent, 1)
            seed = int(self.rng.integers(1 << 31))
            length, sequence, made = tabu(
                self.facts, self._start(), seed, min(most, 40 * PATIENCE), idle, self.tenure, self.goal
            )
            self.made += int(made)
            spent += max(int(made), idle)
            self.keep(int(length), sequence)

    def keep(self, length: int, sequence: Ints) -> None:
        """Take a plan into the pool if it is new and better than its worst."""
        if any(
            length == known and self._same(sequence, other)
            for known, other in zip(self.lengths, self.pool, strict=True)
        ):
            self.stale += 1
            return
        at = int(np.searchsorted(self.lengths, length))
        self.lengths.insert(at, length)
        self.pool.insert(at, sequence)
        del self.lengths[POOL:], self.pool[POOL:]

    stale = 0
    begin: Ints | None = None

    def _same(self, one: Ints, other: Ints) -> bool:
        place = self.facts.place
        return bool(
            (one[np.argsort(place[one], kind="stable")] == other[np.argsort(place[other], kind="stable")]).all()
        )

    def _start(self) -> Ints:
        """A sequence by chance while the pool is small, else one between two plans of the pool."""
        n = self.rank.size
        if self.begin is not None and not self.pool:
            return self.begin
        if self.stale > 2 * POOL:
            del self.pool[1:], self.lengths[1:]
            self.stale = 0
        if len(self.pool) < POOL:
            return np.lexsort((self.rng.random(n), self.rank)).astype(np.int64)
        one, other = self.rng.choice(len(self.pool), 2, replace=False)
        place = np.empty((2, n))
        for row, chosen in zip(place, (one, other), strict=True):
            row[self.pool[chosen]] = np.arange(n)
        share = self.rng.uniform(0.3, 0.7)
        return np.argsort(share * place[0] + (1 - share) * place[1], kind="stable").astype(np.int64)


def _prove(facts: Facts, search: _Search, bound: int, seed: int, patience: float, budget: Budget) -> int:
    """Let the constraint program start from the best plan; keep what it finds and return its bound."""
    from ortools.sat.python import cp_model

    from smilecurve.solve._jobshop_tabu import length_of

    n, best = facts.time.size - 1, search.best
    model, hint = cp_model.CpModel(), length_of(facts, search.pool[0])[1]
    start = [model.new_int_var(0, best - int(facts.time[w]), "") for w in range(n)]
    whole = model.new_int_var(bound, best, "")
    pieces = [model.new_fixed_size_interval_var(start[w], int(facts.time[w]), "") for w in range(n)]
    for place in np.unique(facts.place[:-1]):
        model.add_no_overlap([pieces[w] for w in np.flatnonzero(facts.place[:-1] == place)])
    for w in range(n):
        model.add_hint(start[w], int(hint[w]))
        follower = int(facts.job_after[w])
        model.add((start[follower] if follower < n else whole) >= start[w] + int(facts.time[w]))
    model.add_hint(whole, best)
    model.minimize(whole)
    solver, found, _ = run(model, seed, patience, budget, prove=True)
    if not found:
        return max(bound, _ceiling(solver))
    value = np.array([solver.value(s) for s in start], np.int64)
    search.keep(round(solver.objective_value), _sequence(facts, value))
    return max(bound, _ceiling(solver))


def _ceiling(solver: cp_model.CpSolver) -> int:
    return int(np.ceil(solver.best_objective_bound - 1e-6))


def _sequence(facts: Facts, start: Ints) -> Ints:
    """Order the operations of a plan so that each stands behind what it waits for."""
    n = start.size
    depth = np.zeros(n + 1, np.int64)
    for _ in range(n):
        deeper = np.where(facts.job_before < n, depth[facts.job_before] + 1, 0)
        if (deeper == depth).all():
            break
        depth = deeper
    return np.lexsort((depth[:-1], start + facts.time[:-1], start)).astype(np.int64)
