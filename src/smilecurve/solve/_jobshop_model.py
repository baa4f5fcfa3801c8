"""The constraint program of solve.jobshop_flexible: some operations of a plan, the others as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._jobshop_clock import Budget, run

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from smilecurve.solve._jobshop_dispatch import Floor

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """A way and a start for every operation, the setup before it, and the cost of all."""

    way: Ints
    start: Ints
    setup: Ints
    cost: int


class Model:
    """The free operations as intervals, each on one of its ways at the places that are free too."""

    def __init__(self, floor: Floor, plan: Plan, free: Ints, places: Ints) -> None:
        from ortools.sat.python import cp_model

        self.cp, self.model = cp_model, cp_model.CpModel()
        self.floor, self.plan, self.free, self.inside = floor, plan, free, set(free.tolist())
        self.open = np.zeros(floor.table.size, np.bool_)
        self.open[places] = True
        self.horizon = 2 * int((plan.start + floor.way_time[plan.way]).max(initial=1))
        if free.size == floor.job.size:
            self.horizon = max(self.horizon, min(plan.cost, self._latest()))
        self.start: dict[int, cp_model.IntVar] = {}
        self.end: dict[int, cp_model.IntVar] = {}
        self.on: dict[int, list[tuple[int, int, cp_model.BoolVarT]]] = {int(p): [] for p in places}
        self.change: dict[int, cp_model.IntVar] = {}
        self.known, self.stood, self.until, self.then = self._around()
        for o in free.tolist():
            self._operation(o)
        for place in places.tolist():
            self._place(place)
        self._objective()

    def _latest(self) -> int:
        """When a plan in which nothing can start sooner is done: something runs from the last opening or release on."""
        floor = self.floor
        opened = max(int(floor.end.max(initial=0)), int(floor.release.max(initial=0)))
        work = int(np.maximum.reduceat(floor.way_time, floor.ways[:-1]).sum())
        return opened + work + int(floor.setup.max(initial=0)) * floor.job.size

    def _around(self) -> tuple[Ints, Ints, Ints, Ints]:
        """From when until when each place is the free operations', and what it is set up for before and behind."""
        floor, plan, count = self.floor, self.plan, self.floor.table.size
        place, end = floor.way_place[plan.way], plan.start + floor.way_time[plan.way]
        edge, inside = np.full(count, int(plan.start[self.free].min(initial=0))), np.zeros(place.size, np.bool_)
        inside[self.free] = True
        first = np.full(count, self.horizon)
        np.minimum.at(first, place[self.free], plan.start[self.free])
        edge = np.where(first < self.horizon, first, edge)
        known, stood = np.zeros(count, np.int64), floor.stands.copy()
        until, then = np.full(count, self.horizon), np.full(count, -1)
        fixed = np.flatnonzero(~inside & self.open[place])
        fixed = fixed[np.lexsort((fixed, end[fixed], plan.start[fixed]))]
        for o in fixed:
            p = place[o]
            if plan.start[o] < edge[p]:
                known[p], stood[p] = end[o], floor.family[o]
            elif then[p] < 0:
                until[p], then[p] = plan.start[o], floor.family[o]
        return known, stood, until, then

    def _operation(self, o: int) -> None:
        floor, plan, new = self.floor, self.plan, self.model.new_int_var
        ready = int(floor.release[floor.job[o]])
        if o > floor.first[floor.job[o]] and o - 1 not in self.start:
            ready = int(plan.start[o - 1] + floor.way_time[plan.way[o - 1]])
        latest = self.horizon
        if o + 1 < floor.first[floor.job[o] + 1] and o + 1 not in self.inside:
            latest = int(plan.start[o + 1])
        start, end = new(ready, latest, ""), new(ready, latest, "")
        self.start[o], self.end[o] = start, end
        self.model.add_hint(start, int(plan.start[o]))
        if o - 1 in self.start and o > floor.first[floor.job[o]]:
            self.model.add(start >= self.end[o - 1])
        ways = [k for k in range(floor.ways[o], floor.ways[o + 1]) if self.open[floor.way_place[k]]]
        chosen = [self.model.new_bool_var("") for _ in ways]
        self.model.add_exactly_one(chosen)
        for k, here in zip(ways, chosen, strict=True):
            self.model.add(end == start + int(floor.way_time[k])).only_enforce_if(here)
            self.model.add_hint(here, k == plan.way[o])
            self.on[int(floor.way_place[k])].append((o, k, here))

    def _place(self, place: int) -> None:
        """One operation at a time, none in closed time; setups by who follows whom."""
        floor, model, own = self.floor, self.model, self.on[place]
        if not own:
            return
        change: dict[int, cp_model.LinearExprT] = {}
        if floor.table[place] >= 0:
            change = self._circuit(place)
        pieces = []
        for o, k, here in own:
            time = int(floor.way_time[k])
            model.add(self.end[o] <= int(self.until[place])).only_enforce_if(here)
            if o in change:
                begin = model.new_int_var(0, self.horizon, "")
                model.add(begin == self.start[o] - change[o]).only_enforce_if(here)
                size = model.new_int_var(time, time + int(floor.setup[floor.table[place]].max()), "")
                model.add(size == time + change[o]).only_enforce_if(here)
                model.add(begin >= int(self.known[place])).only_enforce_if(here)
                pieces.append(model.new_optional_interval_var(begin, size, self.end[o], here, ""))
            else:
                model.add(self.start[o] >= int(self.known[place])).only_enforce_if(here)
                pieces.append(model.new_optional_fixed_size_interval_var(self.start[o], time, here, ""))
        for at in range(floor.shut[place], floor.shut[place + 1]):
            begin, end = int(floor.begin[at]), min(int(floor.end[at]), self.horizon)
            if end > self.known[place] and begin < end:
                pieces.append(model.new_fixed_size_interval_var(begin, end - begin, ""))
        model.add_no_overlap(pieces)

    def _circuit(self, place: int) -> dict[int, cp_model.LinearExprT]:
        """Who follows whom at a place, and the setup that this asks of each operation."""
        floor, model, own = self.floor, self.model, self.on[place]
        setup, stood = floor.setup[floor.table[place]], int(self.stood[place])
        arcs: list[tuple[int, int, cp_model.LiteralT]] = []
        terms: dict[int, list[cp_model.LinearExprT]] = {o: [] for o, _, _ in own}
        arcs.append((0, 0, model.new_bool_var("")))
        stands = [o for o, k, _ in own if self.plan.way[o] == k]
        stands.sort(key=lambda o: (int(self.plan.start[o]), o))
        chain = set(pairwise([-1, *stands, -1]))
        for i, (o, _, here) in enumerate(own, 1):
            first, last = model.new_bool_var(""), model.new_bool_var("")
            arcs += [(0, i, first), (i, 0, last), (i, i, ~here)]
            model.add_hint(first, (-1, o) in chain)
            model.add_hint(last, (o, -1) in chain)
            if self.then[place] >= 0:
                after = int(self.until[place] - setup[floor.family[o], self.then[place]])
                model.add(self.end[o] <= after).only_enforce_if(last)
            if stood >= 0:
                terms[o].append(int(setup[stood, floor.family[o]]) * first)
            for j, (later, _, _) in enumerate(own, 1):
                if later != o and not (floor.job[o] == floor.job[later] and later < o):
                    follows, lasts = model.new_bool_var(""), int(setup[floor.family[o], floor.family[later]])
                    arcs.append((i, j, follows))
                    model.add_hint(follows, (o, later) in chain)
                    model.add(self.start[later] >= self.end[o] + lasts).only_enforce_if(follows)
                    terms[later].append(lasts * follows)
        model.add_circuit(arcs)
        return {o: sum(parts) for o, parts in terms.items()}

    def _objective(self) -> None:
        floor, plan, cost = self.floor, self.plan, []
        ends = plan.start + floor.way_time[plan.way]
        most = self.model.new_int_var(0, self.horizon * 2, "")
        cost.append(most)
        for j in np.unique(floor.job[self.free]).tolist():
            o = max(o for o in range(floor.first[j], floor.first[j + 1]) if o in self.start)
            rest = np.arange(o + 1, floor.first[j + 1])
            if rest.size and ends[floor.first[j + 1] - 1] > floor.due[j]:
                cost.append(max(1, int(floor.late_weight * floor.weight[j]) // 2) * self.end[o])
            done = self.end[o] + int(floor.way_time[plan.way[rest]].sum())
            self.model.add(most >= done)
            for day, weight in (
                (floor.due[j], floor.late_weight * floor.weight[j]),
                (floor.deadline[j], floor.miss_weight),
            ):
                if day < self.horizon * 2 and weight > 0:
                    late = self.model.new_int_var(0, self.horizon * 2, "")
                    self.model.add(late >= done - int(day))
                    cost.append(int(weight) * late)
        self.model.minimize(sum(cost))

    def solve(self, seed: int, patience: float, budget: Budget) -> tuple[Ints, Ints, int] | None:
        """Give starts and ways of all operations, and a bound on the cost of the free ones; None without a plan."""
        solver, found, _ = run(self.model, seed, patience, budget)
        if not found:
            return None
        start, way = self.plan.start.copy(), self.plan.way.copy()
        for o in self.free.tolist():
            start[o] = solver.value(self.start[o])
        for own in self.on.values():
            for o, k, here in own:
                if solver.boolean_value(here):
                    way[o] = k
        return start, way, int(np.ceil(solver.best_objective_bound - 1e-6))
