"""What does a tiny line give exactly?

Serial lines with exponential work, stops while working and repairs, solved as a Markov chain.

Sources: Hunt (1956), Operations Research 4:674-683; Hillier & Boling (1967), Operations Research 15:286-303.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.flow import Line

__all__ = ["exact_throughput"]

Floats = NDArray[np.float64]

IDLE, UP, FULL, DOWN = 0, 1, 2, 3
State = tuple[tuple[int, ...], tuple[int, ...]]


def exact_throughput(line: Line, *, most_states: int = 20_000) -> float:
    """Solve a small line with exponential service and repair exactly (its cv is taken as 1); return jobs a unit of
    time.

    Raises ValueError when the chain has more than `most_states` states.

    >>> round(exact_throughput(Line(mean=[1.0, 1.0], buffers=[0])), 6)          # two stations, no buffer: 2/3
    0.666667
    >>> round(exact_throughput(Line(mean=[1.0, 1.0, 1.0], buffers=[0, 0])), 6)  # Hunt (1956): 22/39
    0.564103
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve

    figures = line.figures
    means, buffers, stops, repair = figures.mean, figures.places[:-1], figures.stop_rate, figures.repair
    last = means.size - 1
    start = (0,) * last, (UP,) + (IDLE,) * last
    number, queue = {start: 0}, [start]
    rows: list[tuple[int, int, float]] = []
    leaving: list[float] = []
    for state in queue:
        here = number[state]
        leaving.append(1.0 / means[last] if state[1][last] == UP else 0.0)
        for rate, after in _steps(state, means, buffers, stops, repair):
            if after not in number:
                number[after] = len(queue)
                queue.append(after)
                if len(queue) > most_states:
                    raise ValueError("the chain is too large to solve exactly")
            rows += [(number[after], here, rate), (here, here, -rate)]
    at = np.array([(row, column) for row, column, _ in rows if row > 0])
    rates = np.array([rate for row, _, rate in rows if row > 0])
    ones = np.stack((np.zeros(len(queue), np.int64), np.arange(len(queue))), axis=1)
    where, values = np.concatenate((ones, at)), np.concatenate((np.ones(len(queue)), rates))
    matrix = coo_matrix((values, (where[:, 0], where[:, 1])), shape=(len(queue), len(queue))).tocsc()
    chance = spsolve(matrix, np.eye(1, len(queue))[0])
    return float(chance @ np.array(leaving))


def _steps(
    state: State, means: Floats, buffers: NDArray[np.int64], stops: Floats, repair: Floats
) -> list[tuple[float, State]]:
    """List the steps out of a state: (rate, next state). A state is (jobs waiting before stations 1.., station
    modes).
    """
    steps: list[tuple[float, State]] = []
    waiting, modes = state
    for station, mode in enumerate(modes):
        if mode == UP:
            steps.append((1.0 / means[station], _finish(waiting, modes, station, buffers)))
            if stops[station] > 0:
                steps.append((stops[station], (waiting, _with(modes, station, DOWN))))
        elif mode == DOWN:
            steps.append((1.0 / repair[station], (waiting, _with(modes, station, UP))))
    return steps


def _finish(waiting: tuple[int, ...], modes: tuple[int, ...], station: int, buffers: NDArray[np.int64]) -> State:
    """Let a station finish its job and everything that follows at once from it happen."""
    modes = _with(modes, station, FULL)
    moved = True
    while moved:
        moved = False
        for at in range(len(modes) - 1, -1, -1):
            last = at == len(modes) - 1
            if modes[at] == FULL and (last or waiting[at] < buffers[at] or modes[at + 1] == IDLE):
                modes, moved = _with(modes, at, IDLE), True
                waiting = waiting if last else _with(waiting, at, waiting[at] + 1)
            if modes[at] == IDLE and (at == 0 or waiting[at - 1] > 0):
                modes, moved = _with(modes, at, UP), True
                waiting = waiting if at == 0 else _with(waiting, at - 1, waiting[at - 1] - 1)
    return waiting, modes


def _with(values: tuple[int, ...], at: int, value: int) -> tuple[int, ...]:
    return (*values[:at], value, *values[at + 1 :])
