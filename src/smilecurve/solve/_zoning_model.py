"""The constraint program of solve.zoning (OR-Tools CP-SAT): one worker, deterministic time, so the same plan every
time.
"""

from __future__ import annotations

import numpy as np

from smilecurve.solve._zoning_job import Ints, Job, moves_of


class Model:
    """The constraint program: x[task, station] with takt, order and rules."""

    def __init__(self, job: Job) -> None:
        from ortools.sat.python import cp_model

        self.cp, self.model, self.impossible, self.job = cp_model, cp_model.CpModel(), False, job
        tasks, places, new = range(job.times.size), range(job.places), self.model.new_bool_var
        self.x = [[new(f"x{task}_{place}") for place in places] for task in tasks]
        self.used = [new(f"used{place}") for place in places]
        at = [sum(place * x for place, x in enumerate(row)) for row in self.x]
        for task, row in enumerate(self.x):
            self.model.add_exactly_one(row)
            if job.fixed[task] >= 0:
                self.model.add(row[int(job.fixed[task])] == 1)
        for place in places:
            load = sum(int(job.times[task]) * self.x[task][place] for task in tasks)
            self.model.add(load <= job.takt * self.used[place])
            for row in self.x:
                self.model.add_implication(row[place], self.used[place])
        for before, after in job.arcs.tolist():
            self.model.add(at[before] <= at[after])
        for one, other in np.argwhere(np.triu(job.apart)).tolist():
            for place in places:
                self.model.add_at_most_one(self.x[one][place], self.x[other][place])

    def few_stations(self, bound: int, hint: Ints, seed: int, patience: float) -> tuple[Ints, int]:
        """Minimise the stations in use; return the plan (empty if none) and a bound."""
        self.model.add(sum(self.used) >= bound)
        self.model.minimize(sum(self.used))
        station, proved = self._solve(hint, seed, patience)
        return station, max(bound, proved)

    def few_moves(self, plan: Ints, used: int, seed: int, patience: float) -> tuple[Ints, int]:
        """Minimise the tasks that leave their old station, with at most `used` stations; return the plan and a
        bound.
        """
        self.model.add(sum(self.used) <= used)
        stay = [
            (int(self.job.kept[task, place]), task, place) for task, place in np.argwhere(self.job.kept > 0).tolist()
        ]
        self.model.minimize(int(self.job.kept.sum()) - sum(count * self.x[task][place] for count, task, place in stay))
        known = self.job.kept.sum(axis=1) > 0
        station, proved = self._solve(np.where(known, self.job.kept.argmax(axis=1), plan), seed, patience, linear=False)
        if station.size == 0 or moves_of(station, self.job.kept) > moves_of(plan, self.job.kept):
            station = plan
        return station, max(proved, 0)

    def _solve(self, hint: Ints, seed: int, patience: float, *, linear: bool = True) -> tuple[Ints, int]:
        for task, place in enumerate(hint):
            for at in range(self.job.places):
                self.model.add_hint(self.x[task][at], int(at == place))
        for at in range(self.job.places if hint.size else 0):
            self.model.add_hint(self.used[at], int((hint == at).any()))
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = patience
        solver.parameters.linearization_level = int(linear)
        status = solver.solve(self.model)
        self.impossible = status == self.cp.INFEASIBLE
        if status not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            return np.zeros(0, np.int64), 0
        places = [next(at for at, x in enumerate(row) if solver.boolean_value(x)) for row in self.x]
        return np.array(places, dtype=np.int64), int(np.ceil(solver.best_objective_bound - 1e-6))
