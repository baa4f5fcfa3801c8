"""Run a constraint program by fixed work, or until so many CPU seconds of this process are spent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


class Budget:
    """Work left: CPU seconds where `seconds` is given, else none is counted here."""

    def __init__(self, seconds: float | None) -> None:
        self.end = None if seconds is None else time.process_time() + seconds

    @property
    def left(self) -> float:
        """CPU seconds left; without end in fixed work."""
        return float("inf") if self.end is None else self.end - time.process_time()

    def part(self, share: float) -> Budget:
        """A share of what is left as a budget of its own."""
        return Budget(None if self.end is None else max(self.left * share, 0.0))


def run(
    model: cp_model.CpModel, seed: int, patience: float, budget: Budget, *, prove: bool = False
) -> tuple[cp_model.CpSolver, bool, bool]:
    """Solve with one worker; return the solver, whether it has a plan, and whether it proved that none exists.

    In fixed work it stops after `patience` of its deterministic time, else when the budget is spent.
    `prove`: raise the bound rather than look for plans.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % (1 << 31)
    if prove:
        solver.parameters.linearization_level = 0
        solver.parameters.use_objective_lb_search = True
        solver.parameters.use_strong_propagation_in_disjunctive = True
        solver.parameters.use_dynamic_precedence_in_disjunctive = True
    over = threading.Event()
    if budget.end is None:
        solver.parameters.max_deterministic_time = patience
    else:
        threading.Thread(target=_watch, args=(solver, budget, over), daemon=True).start()
    status = solver.solve(model)
    over.set()
    return solver, status in (cp_model.OPTIMAL, cp_model.FEASIBLE), status == cp_model.INFEASIBLE


def _watch(solver: cp_model.CpSolver, budget: Budget, over: threading.Event) -> None:
    while not over.wait(0.05):
        if budget.left <= 0:
            solver.stop_search()
