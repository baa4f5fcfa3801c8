"""Tasks under rules, with those that must share a station taken as one block: what solve.zoning solves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._packing_graph import topological

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EITHER, LEFT, RIGHT, BOTH = 0, 1, 2, 3


def column(values: ArrayLike, n: int, empty: int = -1) -> Ints:
    """Give a column of n numbers; all `empty` where none were given."""
    found = np.asarray(values, dtype=np.int64)
    return found if found.size else np.full(n, empty, np.int64)


@dataclass(frozen=True)
class Layout:
    """Where each block stands: its place, the side of the place (0, or 1 where a place has two), its start there."""

    place: Ints
    side: Ints
    start: Ints

    @property
    def whole(self) -> bool:
        """Say whether there is a plan at all."""
        return bool(self.place.size)


NO_LAYOUT = Layout(*(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True)
class Job:
    """Blocks of tasks and the places they may stand at; task i is in block part[i].

    loads: kinds x blocks, what a block takes of a worker, row 0 its time; caps: kinds x places, the most of it that a
    worker gives, 0 for the takt; open: block x place x side, where it may stand; beside: most stations side by side
    at each place, each of which takes every so-many-th machine; kept: block x place, its tasks that stand there today;
    within: how long after its block each task starts, the tasks of a block following each other as their arcs ask.
    """

    part: Ints
    loads: Ints
    caps: Ints
    arcs: Ints
    takt: int
    places: int
    open: Bools
    apart: Bools
    kept: Ints
    beside: Ints
    within: Ints
    clash: bool

    @property
    def times(self) -> Ints:
        """Give the time of each block."""
        times: Ints = self.loads[0]
        return times

    @property
    def copies(self) -> int:
        """Give the most stations side by side at any place."""
        return int(self.beside.max(initial=1))

    @property
    def sides(self) -> Ints:
        """Count the workers each place offers at once: 2 where left and right are worked at the same time."""
        sides: Ints = np.asarray(self.open.any(axis=0)).sum(axis=1).astype(np.int64)
        return np.maximum(sides, 1)

    @property
    def two_sided(self) -> bool:
        """Say whether a place offers two sides at once, so that starts matter."""
        return bool(self.open[:, :, 1].any())

    @property
    def plain(self) -> bool:
        """Say whether nothing but time and order rules: what solve.packing solves."""
        one = self.loads.shape[0] == 1 and self.copies == 1 and not self.two_sided
        return bool(one and self.open[:, :, 0].all() and not self.apart.any())

    def limits(self, takt: int) -> Ints:
        """Give kinds x places, the most of each kind that one worker gives at this takt."""
        return np.where(self.caps > 0, self.caps, takt)

    def copies_of(self, plan: Layout) -> Ints:
        """Count the stations side by side that each place of a plan needs; 0 where it stands empty."""
        need = np.zeros(self.places, np.int64)
        limits = self.limits(self.takt)
        for side in (0, 1):
            here = plan.side == side
            for load, limit in zip(self.loads, limits, strict=True):
                work = np.bincount(plan.place[here], weights=load[here], minlength=self.places)
                need = np.maximum(need, np.ceil(work / limit - 1e-9).astype(np.int64))
        if self.two_sided:
            ends = np.zeros(self.places, np.int64)
            np.maximum.at(ends, plan.place, plan.start + self.times)
            need = np.maximum(need, -(-ends // self.takt))
        need[np.unique(plan.place)] = np.maximum(need[np.unique(plan.place)], 1)
        return need

    def stations(self, plan: Layout) -> int:
        """Count the stations a plan uses."""
        return int(self.copies_of(plan).sum())

    def moves(self, plan: Layout) -> int:
        """Count the tasks that a plan takes from their old station."""
        return int(self.kept.sum() - self.kept[np.arange(plan.place.size), plan.place].sum())

    def holds(self, plan: Layout) -> bool:
        """Say whether a plan keeps takt, order and rules."""
        rows = np.arange(plan.place.size)
        before, after = self.arcs[:, 0], self.arcs[:, 1]
        stands = self.open[rows, plan.place, plan.side].all() and (plan.place[before] <= plan.place[after]).all()
        split = not (self.apart & (plan.place[:, None] == plan.place[None, :])).any()
        room = (self.copies_of(plan) <= self.beside).all()
        return bool(stands and split and room and (not self.two_sided or self._in_turn(plan)))

    def _in_turn(self, plan: Layout) -> bool:
        """Say whether no worker does two blocks at once and none starts before what it waits for has ended."""
        ends = plan.start + self.times
        before, after = self.arcs[:, 0], self.arcs[:, 1]
        together = plan.place[before] == plan.place[after]
        order = np.lexsort((ends, plan.start, plan.side, plan.place))
        spot = (plan.place * 2 + plan.side)[order]
        clear = (spot[1:] != spot[:-1]) | (plan.start[order][1:] >= ends[order][:-1])
        return bool(clear.all() and (ends[before] <= plan.start[after])[together].all())

    def only(self, allowed: Bools) -> Job:
        """Give the same job with fewer places: block x place."""
        return replace(self, open=self.open & allowed[:, :, None])


def contract(times: Ints, arcs: Ints, takt: int, places: int, rules: Rules) -> Job:
    """Join the tasks that must share a station, also those that stand between two of them in the order."""
    part, between = _blocks(times.size, arcs, rules.together)
    count = int(part.max(initial=-1)) + 1
    loads = np.zeros((rules.loads.shape[0] + 1, count), np.int64)
    for row, load in enumerate((times, *rules.loads)):
        np.add.at(loads[row], part, load)
    caps = np.concatenate((np.zeros((1, places), np.int64), rules.caps[:, :places]))
    opened = _opened(part, count, places, rules)
    split = np.zeros((count, count), np.bool_)
    clash = not bool(opened.any(axis=(1, 2)).all())
    for group in np.unique(rules.apart[rules.apart >= 0]):
        members = part[rules.apart == group]
        split[np.ix_(members, members)] = True
        clash = clash or np.unique(members).size < members.size
    np.fill_diagonal(split, False)
    kept = np.zeros((count, places), np.int64)
    here = (rules.old >= 0) & (rules.old < places)
    np.add.at(kept, (part[here], rules.old[here]), 1)
    room = (np.where(caps > 0, caps, takt) * rules.beside).max(axis=1, initial=0)
    clash = bool(clash or (loads > room[:, None]).any())
    return Job(
        part, loads, caps, between, takt, places, opened, split, kept, rules.beside, _within(times, arcs, part), clash
    )


@dataclass(frozen=True)
class Rules:
    """The rules of solve.zoning.Zones with every column filled; see there."""

    fixed: Ints
    together: Ints
    apart: Ints
    old: Ints
    side: Ints
    sides: Ints
    allowed: Bools
    loads: Ints
    caps: Ints
    beside: Ints


def _blocks(n: int, arcs: Ints, together: Ints) -> tuple[Ints, Ints]:
    """Give the block of each task and the arcs between blocks."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = [arcs]
    for group in np.unique(together[together >= 0]):
        members = np.flatnonzero(together == group)
        links.append(np.stack((members, np.roll(members, 1)), axis=1))
    rows = np.concatenate(links)
    graph = coo_matrix((np.ones(len(rows)), (rows[:, 0], rows[:, 1])), shape=(n, n))
    _, label = connected_components(graph, directed=True, connection="strong")
    part = label.astype(np.int64)
    between = part[arcs]
    between = np.unique(between[between[:, 0] != between[:, 1]], axis=0)
    return part, between.reshape(-1, 2)


def _within(times: Ints, arcs: Ints, part: Ints) -> Ints:
    """Give how long after its block each task starts."""
    within, done = np.zeros(times.size, np.int64), np.zeros(times.size, np.int64)
    for task in topological(times.size, arcs):
        within[task] = done[part[task]]
        done[part[task]] += times[task]
    return within


def _opened(part: Ints, count: int, places: int, rules: Rules) -> Bools:
    """Say where each block may stand: every task of it must be allowed there, at that side."""
    opened = np.ones((count, places, 2), np.bool_)
    sides = rules.sides[:places]
    reach = np.ones((part.size, places, 2), np.bool_)
    reach[:, :, 0] &= ~((rules.side[:, None] == RIGHT) & np.isin(sides, (LEFT, BOTH))[None, :])
    reach[:, :, 0] &= ~((rules.side[:, None] == LEFT) & (sides == RIGHT)[None, :])
    reach[:, :, 1] = (sides == BOTH)[None, :] & (rules.side != LEFT)[:, None]
    pinned = rules.fixed >= 0
    inside = np.arange(places)[None, :] == rules.fixed[:, None]
    reach &= (rules.allowed[:, :places] & (inside | ~pinned[:, None]))[:, :, None]
    np.logical_and.at(opened, part, reach)
    return opened
