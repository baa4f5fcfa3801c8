"""The tasks of a line seen from both of its ends, as the arrays that the compiled search of solve.packing reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._packing_bounds import bins_of, harder_tasks, measures_of, tails_of, weights_of
from smilecurve.solve._packing_graph import followers, topological
from smilecurve.solve._packing_loads import Job, Side
from smilecurve.solve._packing_pool import FRONT, Floats, Ints, Pool

MANY = 400
"""Above so many tasks, harder tasks (Jackson 1956) are not listed: looking them up costs more than it saves."""


class Weights(NamedTuple):
    """How to rate a load: a fine for each of its tasks, a prize for the work and the number of tasks behind them."""

    fine: float
    work: float
    number: float
    mode: int


@dataclass(frozen=True)
class Order:
    """The tasks and their order: what no takt changes. Index 0 is the view from the front, 1 from the back."""

    times: Ints
    last: tuple[Ints, Ints]
    ahead: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    arcs: tuple[Ints, Ints]
    harder: tuple[tuple[Ints, Ints], tuple[Ints, Ints]]

    @classmethod
    def of(cls, times: Ints, arcs: Ints) -> Order:
        """Read the order; raises ValueError when the arcs run in a circle."""
        n = times.size
        order = np.array(topological(n, arcs), dtype=np.int64)
        ahead = followers(n, arcs)
        back = np.ascontiguousarray(ahead.T)
        none = np.zeros(n + 1, np.int64), np.zeros(0, np.int64)
        harder = (harder_tasks(times, ahead), harder_tasks(times, back)) if n <= MANY else (none, none)
        return cls(times, (order[::-1].copy(), order), (ahead, back), (arcs, arcs[:, ::-1]), harder)

    def at(self, takt: int) -> Lineup:
        """Prepare the search at one takt."""
        times, n = self.times, self.times.size
        halves, sixths = weights_of(times, takt)
        falling = np.argsort(-times, kind="stable")
        weights = np.stack((halves, sixths))
        front, back = (self._side(end, weights, falling, takt) for end in (0, 1))
        bounds = {
            "LB1": -(-int(times.sum()) // takt),
            "LB2": -(-int(halves.sum()) // 2),
            "LB3": -(-int(sixths.sum()) // 6),
            "L2": int(bins_of(times[falling], n, takt)),
            "tails": int(max(front.tail.max(), back.tail.max())),
        }
        work = self.ahead[0] @ times + times, self.ahead[1] @ times + times
        number = self.ahead[0].sum(axis=1), self.ahead[1].sum(axis=1)
        return Lineup(
            Job(times, halves, sixths, falling, *measures_of(times, takt), takt), (front, back), work, number, bounds
        )

    def _side(self, end: int, weights: Ints, falling: Ints, takt: int) -> Side:
        times, arcs, n = self.times, self.arcs[end], self.times.size
        sort = np.lexsort((arcs[:, 1], arcs[:, 0]))
        tail = tails_of(times, self.last[end], self.ahead[end], weights, falling, takt)
        return Side(
            succ_at=np.concatenate(([0], np.cumsum(np.bincount(arcs[:, 0], minlength=n)))).astype(np.int64),
            succ=np.ascontiguousarray(arcs[sort, 1]),
            preds=np.bincount(arcs[:, 1], minlength=n).astype(np.int64),
            harder_at=self.harder[end][0],
            harder=self.harder[end][1],
            tail=tail,
            due=np.argsort(-tail, kind="stable"),
            value=np.asarray(times, dtype=np.float64),
            rank=np.argsort(-times, kind="stable"),
        )


@dataclass(frozen=True)
class Lineup:
    """One line at one takt: what the search needs of it that no weighting changes, and the bounds at its root."""

    job: Job
    sides: tuple[Side, Side]
    work: tuple[Ints, Ints]
    number: tuple[Ints, Ints]
    bounds: dict[str, int]

    @property
    def whole(self) -> tuple[int, int, int]:
        """Give the work of all tasks, in time, halves and sixths of a station."""
        return int(self.job.times.sum()), int(self.job.halves.sum()), int(self.job.sixths.sum())

    def valued(self, values: tuple[Floats, Floats]) -> tuple[Side, Side]:
        """Give the sides with these worths of the tasks, most worth first."""
        front, back = (
            side._replace(value=value, rank=np.argsort(-value, kind="stable"))
            for side, value in zip(self.sides, values, strict=True)
        )
        return front, back

    def weighted(self, weights: Weights) -> tuple[Side, Side]:
        """Give the sides with the tasks rated by these weights, each in tasks of mean length on a line of any size."""
        times = self.job.times
        n, mean = times.size, float(times.mean())
        plain = times - weights.fine * mean
        front, back = (
            plain + weights.work / n * work + weights.number / n * mean * number
            for work, number in zip(self.work, self.number, strict=True)
        )
        return self.valued((front, back))


def draw(rng: np.random.Generator, near: Weights | None) -> Weights:
    """Draw weights: small ones and none at all are common; or draw them near others."""
    if near is None:
        work, number = np.where(rng.random(2) < 0.4, 0.0, 10.0 ** rng.uniform(-1.5, 0.5, 2)).tolist()
        return Weights(rng.uniform(0.0, 1.1), work, number, int(rng.integers(3)))
    fine, work, number = rng.uniform(0.8, 1.25, 3).tolist()
    return Weights(near.fine * fine, near.work * work, near.number * number, near.mode)


def read_back(pool: Pool, row: int, n: int) -> Ints:
    """Read the station of each task from a whole plan and the partial plans it came from."""
    rows = [row]
    while pool.parent[rows[-1]] >= 0:
        rows.append(int(pool.parent[rows[-1]]))
    rows.reverse()
    bits = np.unpackbits(pool.words[rows].view(np.uint8), axis=1, bitorder="little")[:, :n]
    front = pool.key[rows, FRONT]
    station = np.zeros(n, np.int64)
    for level in range(1, len(rows)):
        at_front = front[level] > front[level - 1]
        place = front[level] - 1 if at_front else len(rows) - 1 - (level - front[level])
        station[bits[level] > bits[level - 1]] = place
    return station
