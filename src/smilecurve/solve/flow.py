"""What does a serial line with finite buffers really give?

Machines pass stations 0..m-1 in order; between two stations there is room for a few; a station that is done but finds
no room keeps its machine (blocking after service); the first station never lacks work, the last never lacks room.
Stations may stop while working and are then repaired. `throughput` simulates with a 95 % interval; `exact_throughput`
solves tiny exponential lines as a Markov chain.

Sources: Hunt (1956), Operations Research 4:674-683; Hillier & Boling (1967), Operations Research 15:286-303; the
recursion of departures, Muth (1979), Management Science 25:1192-1196.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A serial line: per station mean service time, its coefficient of variation, stops an hour of work, mean repair.

    mean[j] > 0 in any unit of time; cv[j] >= 0 (0 = always the same, 1 = exponential, else gamma); stop_rate[j] stops
    per unit of working time; repair[j] mean time of an exponential repair; buffers[j] places between station j and j
    + 1.
    """

    mean: ArrayLike
    buffers: ArrayLike
    cv: ArrayLike = 0.0
    stop_rate: ArrayLike = 0.0
    repair: ArrayLike = 0.0


@dataclass(frozen=True)
class Flow:
    """Jobs a unit of time with its 95 % interval, the limit no buffer can lift it above, and where the time goes.

    busy, starved, blocked, down: shares of the time of each station; they add up to 1. `runs` holds one rate a
    replication.
    """

    rate: float
    low: float
    high: float
    limit: float
    busy: Floats
    starved: Floats
    blocked: Floats
    down: Floats
    runs: Floats


def throughput(line: Line, *, jobs: int = 4_000, warm: int = 1_000, replications: int = 10, seed: int = 0) -> Flow:
    """Simulate the line and give its rate with a 95 % interval over replications; the same seed gives the same figures.

    >>> steady = Line(mean=[2.0, 4.0], buffers=[0])           # no variation: the slower station sets the pace
    >>> round(throughput(steady, jobs=400, warm=100, replications=2).rate, 6)
    0.25
    """
    means, buffers, cv, stops, repair = _columns(line)
    shape = (replications, means.size)
    rates, shares = np.zeros(replications), np.zeros((*shape, 4))
    for run in range(replications):
        service, down = _draws(means, cv, stops, repair, jobs + warm, seed, run)
        rates[run], shares[run] = _pass(service, down, buffers, warm)
    half = _half_width(rates)
    slowest = float(np.max(means * (1.0 + stops * repair)))
    limit = 1.0 / slowest if slowest > 0 else float("inf")
    mean = shares.mean(axis=0)
    rate = float(rates.mean())
    return Flow(rate, max(rate - half, 0.0), rate + half, limit, mean[:, 0], mean[:, 1], mean[:, 2], mean[:, 3], rates)


def gain_of_place(
    line: Line, *, jobs: int = 2_000, warm: int = 500, replications: int = 4, seed: int = 0
) -> tuple[Floats, Floats]:
    """Give, for one more place behind each station but the last, the gain of rate and half its 95 % interval.

    The same random times are used with and without the place, so that the difference is the place alone.
    """
    means, buffers, cv, stops, repair = _columns(line)
    gains = np.zeros((replications, buffers.size))
    for run in range(replications):
        service, down = _draws(means, cv, stops, repair, jobs + warm, seed, run)
        before, _ = _pass(service, down, buffers, warm)
        for place in range(buffers.size):
            more = buffers.copy()
            more[place] += 1
            gains[run, place] = _pass(service, down, more, warm)[0] - before
    halves = np.array([_half_width(gains[:, place]) for place in range(buffers.size)])
    return gains.mean(axis=0), halves


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

    means, buffers, _, stops, repair = _columns(line)
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


IDLE, UP, FULL, DOWN = 0, 1, 2, 3
State = tuple[tuple[int, ...], tuple[int, ...]]


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


def _columns(line: Line) -> tuple[Floats, NDArray[np.int64], Floats, Floats, Floats]:
    """Spread the line's figures to one a station."""
    means = np.atleast_1d(np.asarray(line.mean, dtype=np.float64))
    buffers = np.asarray(line.buffers, dtype=np.int64).reshape(-1)[: means.size - 1]
    if buffers.size != means.size - 1:
        raise ValueError("a line of m stations has m - 1 buffers")
    spread = [
        np.broadcast_to(np.asarray(v, dtype=np.float64), means.shape) for v in (line.cv, line.stop_rate, line.repair)
    ]
    return means, buffers, spread[0], spread[1], spread[2]


def _draws(
    means: Floats, cv: Floats, stops: Floats, repair: Floats, jobs: int, seed: int, run: int
) -> tuple[Floats, Floats]:
    """Draw service and repair times, each station from its own stream so that a change elsewhere does not touch it."""
    service = np.repeat(means[:, None], jobs, axis=1)
    down = np.zeros_like(service)
    for station in range(means.size):
        rng = np.random.default_rng((seed, run, station))
        if cv[station] > 0:
            shape = 1.0 / cv[station] ** 2
            service[station] = rng.gamma(shape, means[station] / shape, jobs)
        if stops[station] > 0:
            count = rng.poisson(stops[station] * service[station])
            down[station] = rng.gamma(np.maximum(count, 1), repair[station]) * (count > 0)
    return service, down


def _pass(service: Floats, down: Floats, buffers: NDArray[np.int64], warm: int) -> tuple[float, Floats]:
    """Run the recursion once: the rate of the last station and the shares of time of every station."""
    from smilecurve.solve._flow_kernels import run_line

    spent = run_line(service, down, buffers, warm)
    shares = spent[:, :4] / spent[:, 4:5]
    return float((service.shape[1] - warm) / spent[-1, 4]), shares


def _half_width(values: Floats) -> float:
    """Half the 95 % interval of a mean, by Student's t."""
    from scipy.special import stdtrit

    if values.size < 2:
        return float("inf")
    return float(stdtrit(values.size - 1, 0.975) * values.std(ddof=1) / np.sqrt(values.size))
