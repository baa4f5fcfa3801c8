"""Tasks under rules, with those that must share a station taken as one: the task that solve.zoning solves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]


def column(values: ArrayLike, n: int) -> Ints:
    found = np.asarray(values, dtype=np.int64)
    return found if found.size else np.full(n, -1, np.int64)


def moves_of(plan: Ints, kept: Ints) -> int:
    """Count the tasks that a plan of the contracted tasks takes from their old station."""
    return int(kept.sum() - kept[np.arange(plan.size), plan].sum())


@dataclass(frozen=True)
class Job:
    """The tasks with those that must share a station taken as one: task i is in part[i] of the contracted ones."""

    part: Ints
    times: Ints
    arcs: Ints
    takt: int
    places: int
    fixed: Ints
    apart: NDArray[np.bool_]
    kept: Ints
    clash: bool

    def holds(self, plan: Ints) -> bool:
        """Say whether a plan keeps takt, order and rules."""
        load = np.bincount(plan, weights=self.times, minlength=self.places)
        order = (plan[self.arcs[:, 0]] <= plan[self.arcs[:, 1]]).all()
        stays = (plan[self.fixed >= 0] == self.fixed[self.fixed >= 0]).all()
        split = not (self.apart & (plan[:, None] == plan[None, :])).any()
        return bool(load.max(initial=0) <= self.takt and plan.max() < self.places and order and stays and split)

    def old_plan(self) -> Ints:
        """Give today's plan if it is whole and holds, else an empty one."""
        known = self.kept.sum(axis=1) > 0
        plan = self.kept.argmax(axis=1)
        return plan if known.all() and moves_of(plan, self.kept) == 0 and self.holds(plan) else np.zeros(0, np.int64)


def contract(times: Ints, arcs: Ints, takt: int, places: int, columns: list[Ints]) -> Job:
    """Join the tasks that must share a station, also those that stand between two of them in the order."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = times.size
    fixed, together, apart, old = columns
    links = [arcs]
    for group in np.unique(together[together >= 0]):
        members = np.flatnonzero(together == group)
        links.append(np.stack((members, np.roll(members, 1)), axis=1))
    rows = np.concatenate(links)
    graph = coo_matrix((np.ones(len(rows)), (rows[:, 0], rows[:, 1])), shape=(n, n))
    parts, label = connected_components(graph, directed=True, connection="strong")
    part = label.astype(np.int64)
    work = np.bincount(part, weights=times, minlength=parts).astype(np.int64)
    pinned = np.full(parts, -1, np.int64)
    clash = bool((work > takt).any() or (fixed >= places).any())
    for task in np.flatnonzero(fixed >= 0):
        clash = clash or pinned[part[task]] not in (-1, fixed[task])
        pinned[part[task]] = fixed[task]
    split = np.zeros((parts, parts), np.bool_)
    for group in np.unique(apart[apart >= 0]):
        members = np.flatnonzero(apart == group)
        split[np.ix_(part[members], part[members])] = True
        clash = clash or np.unique(part[members]).size < members.size
    np.fill_diagonal(split, False)
    kept = np.zeros((parts, places), np.int64)
    here = (old >= 0) & (old < places)
    np.add.at(kept, (part[here], old[here]), 1)
    between = part[arcs]
    between = np.unique(between[between[:, 0] != between[:, 1]], axis=0)
    return Job(part, work, between.reshape(-1, 2), takt, places, pinned, split, kept, clash)
