"""How long may a constraint program work: deterministic time for desks, CPU seconds for benchmarks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


@dataclass(frozen=True)
class Limit:
    """`patience` in deterministic time, so that the same input gives the same plan; with `until`, the CPU time of this
    process at which to stop instead.
    """

    patience: float
    seed: int = 0
    until: float | None = None

    @property
    def seconds(self) -> float | None:
        """CPU seconds left; None where deterministic time rules."""
        return None if self.until is None else max(self.until - time.process_time(), 0.0)

    def part(self, share: float) -> Limit:
        """Give a share of what is left."""
        left = self.seconds
        until = None if left is None else time.process_time() + share * left
        return Limit(self.patience * share, self.seed, until)

    @property
    def spent(self) -> bool:
        """Say whether the CPU seconds are used up."""
        return self.seconds is not None and self.seconds <= 0.05


@contextmanager
def stopping(solver: cp_model.CpSolver, limit: Limit) -> Iterator[None]:
    """Stop the solver when the CPU seconds are used up; deterministic time it keeps itself."""
    if limit.seconds is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            if limit.spent:
                solver.stop_search()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
