"""How the search of solve.sequencing cools: heats found from the sizes of changes, by moves or by CPU time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from smilecurve.solve._sequencing_facts import state_of
from smilecurve.solve._sequencing_kernels import Facts, Ints, total_cost
from smilecurve.solve._sequencing_search import anneal

SAMPLE, STEP, COLD = 2_000, 4_000, 1e-3


def search(facts: Facts, order: Ints, fixed: int, seed: int, moves: int, seconds: float | None, bound: int) -> Ints:
    """Look near the order as it stands, without heat, for a tenth of the work, or a quarter where units have a place
    to keep; then cool once for each scale of changes, from the best order so far. Return the best of all; end early
    where `bound` is met.
    """
    state, best, none = state_of(facts, order), order.copy(), np.zeros(0, np.int64)
    cost = int(total_cost(facts, state).sum())
    costs = np.array([cost, cost], np.int64)

    def cool(dice: int, share: float, hot: float, cold: float) -> None:
        state.order[:] = best
        costs[0] = total_cost(facts, state).sum()
        for done, steps in paced(round(moves * share), None if seconds is None else seconds * share):
            if costs[1] <= bound:
                return
            anneal(facts, state, best, costs, fixed, dice, steps, hot * (cold / hot) ** done, none)
            dice = -1

    near = 0.25 if facts.move_weight > 0 else 0.1
    cool(seed, near, COLD, COLD)
    sizes = np.zeros(SAMPLE, np.int64)
    anneal(facts, state, best, costs, fixed, -1, SAMPLE, COLD, sizes)
    heats = _heats(sizes)
    for at, (hot, cold) in enumerate(heats):
        cool(seed + at, (1 - near) / len(heats), hot, cold)
    return best


def paced(moves: int, seconds: float | None) -> Iterator[tuple[float, int]]:
    """Give (share of the work done, moves of the next step) until the moves or the CPU seconds are spent."""
    if seconds is None:
        step = max(moves // 100, 200)
        yield from ((at / moves, min(step, moves - at)) for at in range(0, moves, step))
        return
    begin = time.thread_time()
    while (spent := time.thread_time() - begin) < seconds:
        yield spent / seconds, STEP


def _heats(sizes: Ints) -> list[tuple[float, float]]:
    """Give the heat to begin and end with for each scale of changes, large ones first.

    Weights that are set decades apart rank goals strictly: each such scale cools by itself, none is spent between.
    """
    found = np.sort(sizes[sizes > 0]).astype(np.float64)
    if found.size == 0:
        return []
    scales = np.split(found, np.flatnonzero(np.diff(np.log10(found)) > 1.0) + 1)
    return [(0.1 * float(scale.mean()), 0.02 * float(np.quantile(scale, 0.05))) for scale in reversed(scales)]
