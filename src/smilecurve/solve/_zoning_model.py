"""The constraint program of solve.zoning (OR-Tools CP-SAT), one worker.

A block has a step variable a place, true from the place it stands at; steps of blocks that follow each other imply each
other, which bounds far better than numbered places do (Ritt & Costa 2018, Int. Trans. Oper. Res. 25:1345-1359).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from smilecurve.solve._zoning_clock import Limit, stopping
from smilecurve.solve._zoning_job import NO_LAYOUT, Ints, Job, Layout
from smilecurve.solve._zoning_windows import windows

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    Term: TypeAlias = cp_model.LinearExpr | int


@dataclass(frozen=True)
class Answer:
    """A plan (empty if none was found), a bound on what was asked, whether no plan exists, what was reached, and the
    deterministic time it took.
    """

    plan: Layout
    bound: int
    impossible: bool
    value: int = 0
    work: float = 0.0


class Model:
    """Blocks at places under takt, order and rules, in at most `stations` stations.

    With `pace` (lowest, highest) the takt is free between them; with `over`, a place may need so much more than it.
    """

    def __init__(self, job: Job, stations: int, pace: tuple[int, int] | None = None, over: int = 0) -> None:
        from ortools.sat.python import cp_model

        self.cp, self.model, self.job = cp_model, cp_model.CpModel(), job
        self.longest = pace[1] if pace else job.takt + over
        self.takt: Term = self.model.new_int_var(pace[0], pace[1], "takt") if pace else job.takt
        self.first, self.last = windows(job, self.longest)
        self.broken = bool((self.first > self.last).any())
        if self.broken:
            return
        self.over = [self.model.new_int_var(0, over, f"over{at}") for at in range(job.places)] if over else []
        self._copies()
        self._places()
        self._order()
        for at in range(job.places):
            self._room(at)
        if job.two_sided:
            self._turns()
        self.used = sum(more for row in self.more for more in row)
        self.model.add(self.used <= stations)

    def few_stations(self, bound: int, hint: Layout, limit: Limit) -> Answer:
        """Minimise the stations in use."""
        if self.broken:
            return Answer(NO_LAYOUT, bound, True)
        self.model.add(self.used >= bound)
        self.model.minimize(self.used)
        return self._solve(hint, limit, bound)

    def few_moves(self, hint: Layout, limit: Limit) -> Answer:
        """Minimise the tasks that leave their old station."""
        if self.broken:
            return Answer(NO_LAYOUT, 0, True)
        stay: list[Term] = []
        for block, at in np.argwhere(self.job.kept > 0).tolist():
            if (block, at) in self.x:
                stay.append(int(self.job.kept[block, at]) * self.x[block, at])
        self.model.minimize(int(self.job.kept.sum()) - sum(stay))
        return self._solve(hint, limit, 0)

    def short_takt(self, hint: Layout, limit: Limit) -> Answer:
        """Minimise the takt."""
        if self.broken:
            return Answer(NO_LAYOUT, 0, True)
        self.model.minimize(self.takt)
        return self._solve(hint, limit, 0)

    def little_over(self, hint: Layout, limit: Limit) -> Answer:
        """Minimise what all places together need beyond the takt."""
        if self.broken:
            return Answer(NO_LAYOUT, 0, True)
        self.model.minimize(sum(self.over))
        return self._solve(hint, limit, 0)

    def _copies(self) -> None:
        """more[place][q]: the place has more than q stations."""
        new, job = self.model.new_bool_var, self.job
        self.more = [[new(f"more{at}_{q}") for q in range(int(job.beside[at]))] for at in range(job.places)]
        for row in self.more:
            for less, more in pairwise(row):
                self.model.add_implication(more, less)

    def _places(self) -> None:
        """Give each block one place and side: `spot` the two together, `x` the place, `step` that or an earlier one."""
        job, model = self.job, self.model
        self.spot: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.x: dict[tuple[int, int], Term] = {}
        self.step: dict[tuple[int, int], Term] = {}
        for block in range(job.times.size):
            begin, end = int(self.first[block]), int(self.last[block])
            for at in range(begin, end + 1):
                for side in np.flatnonzero(job.open[block, at]).tolist():
                    self.spot[block, at, side] = model.new_bool_var(f"x{block}_{at}_{side}")
                here = [self.spot[block, at, s] for s in (0, 1) if (block, at, s) in self.spot]
                if here:
                    self.x[block, at] = sum(here)
                    for spot in here:
                        model.add_implication(spot, self.more[at][0])
            before: Term = 0
            for at in range(begin, end + 1):
                step: Term = 1 if at == end else model.new_bool_var(f"y{block}_{at}")
                model.add(self.x.get((block, at), 0) == step - before)
                self.step[block, at] = before = step
            model.add_exactly_one([s for key, s in self.spot.items() if key[0] == block])

    def _order(self) -> None:
        job, model = self.job, self.model
        for before, after in job.arcs.tolist():
            for at in range(int(self.first[after]), int(self.last[before])):
                model.add(self.step[after, at] <= self.step[before, at])
        for one, other in np.argwhere(np.triu(job.apart)).tolist():
            for at in range(job.places):
                if (one, at) in self.x and (other, at) in self.x:
                    model.add(self.x[one, at] + self.x[other, at] <= 1)

    def _room(self, at: int) -> None:
        """No worker at a place does more of any kind than the place gives."""
        job, model = self.job, self.model
        for side in (0, 1):
            inside = [b for b in range(job.times.size) if (b, at, side) in self.spot]
            for kind, load in enumerate(job.loads):
                work = sum(int(load[b]) * self.spot[b, at, side] for b in inside)
                if inside and job.caps[kind, at] > 0:
                    model.add(work <= int(job.caps[kind, at]) * sum(self.more[at]))
                elif inside:
                    self._within_takt(work, at, ())

    def _within_takt(self, work: Term, at: int, when: tuple[cp_model.IntVar, ...]) -> None:
        """Keep a sum within the takt times the stations at a place, when all of `when` hold."""
        if isinstance(self.takt, int):
            over = self.over[at] if self.over else 0
            added = self.model.add(work <= self.takt * sum(self.more[at]) + over)
            if when:
                added.only_enforce_if(list(when))
            return
        for q in range(1, len(self.more[at]) + 1):
            fewer = [self.more[at][q].negated()] if q < len(self.more[at]) else []
            added = self.model.add(work <= q * self.takt)
            if when or fewer:
                added.only_enforce_if([*when, *fewer])

    def _turns(self) -> None:
        """Where two sides are worked at once: one block at a time a side, and none before what it waits for."""
        job, model = self.job, self.model
        far = self.longest * job.copies
        self.start = [model.new_int_var(0, far, f"start{block}") for block in range(job.times.size)]
        lanes: dict[tuple[int, int], list[cp_model.IntervalVar]] = {}
        for (block, at, side), spot in self.spot.items():
            size, start = int(job.times[block]), self.start[block]
            lane = model.new_optional_fixed_size_interval_var(start, size, spot, f"i{block}_{at}_{side}")
            lanes.setdefault((at, side), []).append(lane)
            self._within_takt(start + size, at, (spot,))
        for lane_list in lanes.values():
            model.add_no_overlap(lane_list)
        place = [
            sum(at * self.x[b, at] for at in range(job.places) if (b, at) in self.x) for b in range(len(job.times))
        ]
        for before, after in job.arcs.tolist():
            ends = self.start[before] + int(job.times[before])
            model.add(ends - self.start[after] <= 2 * far * (place[after] - place[before]))

    def _hint(self, plan: Layout) -> None:
        if not plan.whole:
            return
        for (block, at, side), spot in self.spot.items():
            self.model.add_hint(spot, int(plan.place[block] == at and plan.side[block] == side))
        for (block, at), step in self.step.items():
            if not isinstance(step, int):
                self.model.add_hint(step, int(plan.place[block] <= at))
        need = np.minimum(self.job.copies_of(plan), self.job.beside)
        for at, row in enumerate(self.more):
            for q, more in enumerate(row):
                self.model.add_hint(more, int(need[at] > q))
        if self.job.two_sided:
            for block, start in enumerate(self.start):
                self.model.add_hint(start, int(plan.start[block]))
        if not isinstance(self.takt, int):
            self.model.add_hint(self.takt, self.job.takt)

    def _solve(self, hint: Layout, limit: Limit, bound: int) -> Answer:
        self._hint(hint)
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = limit.seed
        if limit.seconds is None:
            solver.parameters.max_deterministic_time = limit.patience
        with stopping(solver, limit):
            status = solver.solve(self.model)
        if status == self.cp.INFEASIBLE:
            return Answer(NO_LAYOUT, bound, True)
        known = status in (self.cp.OPTIMAL, self.cp.FEASIBLE, self.cp.UNKNOWN)
        proved = max(bound, int(np.ceil(solver.best_objective_bound - 1e-6))) if known else bound
        if status not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            return Answer(NO_LAYOUT, proved, False)
        work = float(solver.response_proto.deterministic_time)
        return Answer(self._layout(solver), proved, False, round(solver.objective_value), work)

    def _layout(self, solver: cp_model.CpSolver) -> Layout:
        n = self.job.times.size
        place, side, start = (np.zeros(n, np.int64) for _ in range(3))
        for (block, at, lane), spot in self.spot.items():
            if solver.boolean_value(spot):
                place[block], side[block] = at, lane
        if self.job.two_sided:
            start[:] = [solver.value(value) for value in self.start]
        return Layout(place, side, start)


def starts_in_turn(job: Job, plan: Layout) -> Ints:
    """Give starts for a one-sided plan: the blocks of a place one after the other, in an order their arcs allow."""
    depth = np.zeros(plan.place.size, np.int64)
    for _ in range(depth.size):
        deeper = depth.copy()
        np.maximum.at(deeper, job.arcs[:, 1], depth[job.arcs[:, 0]] + 1)
        if (deeper == depth).all():
            break
        depth = deeper
    start = np.zeros(depth.size, np.int64)
    clock = np.zeros(job.places, np.int64)
    for block in np.lexsort((depth, plan.place)).tolist():
        start[block] = clock[plan.place[block]]
        clock[plan.place[block]] += job.times[block]
    return start
