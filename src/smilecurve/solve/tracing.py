"""What do all groups of a great genealogy add up to, which of them are one, and which few explain an excess?

A group is a component lot, its members the machines it went into. The sums over all links are one pass over the members
in the order they are stored: sorted by group. What stands out is then a handful of groups, told apart by the cells of
machines that hold the same ones among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Cover", "alike_groups", "false_shares", "smallest_cover", "sums_over_links"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def sums_over_links(begin: npt.ArrayLike, member: npt.ArrayLike, figures: npt.ArrayLike) -> Floats:
    """Failures and expectation of every group: (groups, 2).

    begin: place of each group's first member, and the end; member: machines, sorted by group, each once a group;
    figures: (machines, 2) failures seen and failures expected. One pass, no copy: give links in pieces that end with a
    group and put the answers one after the other.

    >>> sums_over_links([0, 2, 3], [0, 1, 1], [[1, 0.5], [0, 0.25]]).tolist()
    [[1.0, 0.75], [0.0, 0.25]]
    """
    from smilecurve.solve._tracing_kernels import add_links

    starts, members = np.asarray(begin, np.int64), np.asarray(member)
    total = np.zeros((max(starts.size - 1, 0), 2))
    add_links(starts, members, np.ascontiguousarray(figures, np.float64), total)
    return total


def false_shares(chance: npt.ArrayLike, tried: int) -> Floats:
    """Expected share of false ones among all with this chance or less, `tried` in all (Benjamini and Hochberg 1995).

    Those not given are taken to have larger chances.

    >>> false_shares([0.01, 0.0001], 100).round(4).tolist()
    [0.5, 0.01]
    """
    p = np.asarray(chance, np.float64)
    order = np.argsort(p, kind="stable")
    share = np.minimum(p[order] * max(tried, p.size) / np.arange(1, p.size + 1), 1.0)
    found = np.empty(p.size)
    found[order] = np.minimum.accumulate(share[::-1])[::-1]
    return found


def alike_groups(inside: Flags, machines: npt.ArrayLike, *, share: float = 0.9) -> tuple[Ints, Floats]:
    """Groups that hold nearly the same members: the number of each one's bundle, and what it shares with the bundle.

    inside: (groups, cells) which cells of members each group holds; machines: members of each cell. Two groups are
    alike when those in both are at least `share` of those in either; a bundle is what hangs together so, and is
    numbered by its first group. What a group shares: the least of that measure within the bundle, 1 where it stands
    alone.

    >>> bundle, shared = alike_groups(np.array([[1, 0], [1, 1], [0, 1]], bool), [95, 5])
    >>> bundle.tolist(), shared.tolist()
    ([0, 0, 2], [0.95, 0.95, 1.0])
    """
    held = np.asarray(inside, np.float64)
    weight = np.asarray(machines, np.float64)
    both = (held * weight) @ held.T
    size = np.diag(both)
    either = size[:, None] + size - both
    alike = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    bundle = np.arange(size.size)
    for k in range(size.size):
        for other in np.flatnonzero(alike[k] >= share):
            first, last = sorted((int(bundle[k]), int(bundle[other])))
            bundle[bundle == last] = first
    shared = np.ones(size.size)
    for k in range(size.size):
        mates = bundle == bundle[k]
        mates[k] = False
        shared[k] = alike[k, mates].min(initial=1.0)
    return bundle, shared


@dataclass(frozen=True, slots=True)
class Cover:
    """The fewest groups found that explain enough, in the order they add most; no fewer than `least` can."""

    chosen: Ints
    explained: Floats
    least: int


def smallest_cover(inside: Flags, excess: npt.ArrayLike, *, share: float = 0.95) -> Cover:
    """The fewest groups whose members hold at least `share` of the excess of all groups' members.

    inside: (groups, cells); excess: failures of each cell above expectation, below it negative. `explained`: share of
    the excess by the groups chosen up to each. Greedy first; where the greedy answer needs more than the bound (the
    sum of the largest), an integer program decides, and its bound is what is given.

    >>> found = smallest_cover(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], bool), [10.0, 1.0, 5.0])
    >>> found.chosen.tolist(), found.explained.round(3).tolist(), found.least
    ([2, 0], [0.938, 1.0], 2)
    """
    held, over = np.asarray(inside, bool), np.asarray(excess, np.float64)
    whole = float(over[held.any(axis=0)].sum()) if held.size else 0.0
    if whole <= 0:
        return Cover(np.zeros(0, np.int64), np.zeros(0), 0)
    chosen = _greedy(held, over, share * whole)
    largest = np.sort(np.where(held, np.maximum(over, 0.0), 0.0).sum(axis=1))[::-1].cumsum()
    least = min(int(np.searchsorted(largest, share * whole - 1e-9)) + 1, len(chosen))
    if least < len(chosen):
        better, least = _fewest(held, over, share * whole)
        chosen = better if len(better) < len(chosen) else chosen
    return Cover(np.array(chosen, np.int64), _explained(held, over, chosen) / whole, least)


def _greedy(held: Flags, over: Floats, enough: float) -> list[int]:
    chosen: list[int] = []
    free = np.ones(over.size, bool)
    got = 0.0
    while got < enough - 1e-9 and len(chosen) < len(held):
        gain = (held[:, free] * over[free]).sum(axis=1)
        gain[chosen] = -np.inf
        best = int(gain.argmax())
        chosen.append(best)
        got += float(gain[best])
        free &= ~held[best]
    return chosen


def _explained(held: Flags, over: Floats, chosen: list[int]) -> Floats:
    """Excess in the members of the groups chosen up to each."""
    return np.array([over[held[chosen[: k + 1]].any(axis=0)].sum() for k in range(len(chosen))])


def _fewest(held: Flags, over: Floats, enough: float) -> tuple[list[int], int]:
    """Fewest groups by an integer program: a cell counts in full as soon as one of its groups is chosen."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    groups, cells = held.shape
    cell, group = np.nonzero(held.T)
    row, one = np.arange(cell.size), np.ones(cell.size)
    counts = sparse.csr_array(
        (np.r_[one, -one], (np.r_[row, row], np.r_[groups + cell, group])), shape=(cell.size, groups + cells)
    )
    no_more = sparse.hstack([sparse.csr_array(held.T.astype(np.float64)), -sparse.eye_array(cells)]).tocsr()
    worth = sparse.csr_array(np.r_[np.zeros(groups), over][None, :])
    found = milp(
        np.r_[np.ones(groups), np.zeros(cells)],
        constraints=[
            LinearConstraint(counts, 0.0, np.inf),
            LinearConstraint(no_more, 0.0, np.inf),
            LinearConstraint(worth, enough - 1e-9, np.inf),
        ],
        integrality=np.r_[np.ones(groups), np.zeros(cells)],
        bounds=Bounds(0, 1),
        options={"node_limit": 10_000},
    )
    least = max(int(np.ceil(found.mip_dual_bound - 1e-6)), 1)
    if found.x is None:
        return list(range(groups)), least
    best = np.flatnonzero(found.x[:groups] > 0.5)
    return best[_by_gain(held[best], over)].tolist(), least


def _by_gain(held: Flags, over: Floats) -> Ints:
    return np.array(_greedy(held, over, np.inf), np.int64)
