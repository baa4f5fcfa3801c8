"""In which order do these units go down the line, so that as little as possible goes wrong?

What can go wrong is counted and weighted: option windows overfilled (at most `at_most` units with an option in any
`out_of` slots in a row), changes of colour and batches above a limit, work beyond the reach of a station, units later
than their due slot, units that leave their reference slot, and kinds that run ahead of an even pace. A lower bound
stands beside the cost.

Sources: car sequencing, Parrello, Kabat & Wos (1986) and the ROADEF'2005 challenge, Solnon et al. (2008), EJOR
191:912-927; closed stations and work overload, Yano & Rachamadugu (1991), Management Science 37:572-586; goal
chasing, Monden (1983).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from smilecurve.solve._sequencing_kernels import Facts, State

Ints = NDArray[np.int64]
PARTS = ("ratio", "colour", "overload", "place", "level")


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Rules:
    """What the units are and what costs how much; weights and times are whole numbers, empty arrays switch a rule off.

    has[unit, option] 0/1 with at_most, out_of, ratio_weight by option; open_end also counts windows cut short by the
    end. colour[unit], colour_weight a change, batch_limit units in a row (0 = none), batch_weight a unit beyond it.
    work[unit, station], length[station], takt: a unit starts when it arrives or the one before is done; work beyond
    the length is overload, each unit of time costs overload_weight. due[unit] a slot, late_weight a slot late.
    reference[unit] a slot or -1, move_weight when elsewhere. kind[unit], level_weight for each 1/n unit off an even
    pace at a slot.
    """

    has: ArrayLike = field(default_factory=_none)
    at_most: ArrayLike = field(default_factory=_none)
    out_of: ArrayLike = field(default_factory=_none)
    ratio_weight: ArrayLike = field(default_factory=_none)
    open_end: bool = False
    colour: ArrayLike = field(default_factory=_none)
    colour_weight: int = 0
    batch_limit: int = 0
    batch_weight: int = 0
    work: ArrayLike = field(default_factory=_none)
    length: ArrayLike = field(default_factory=_none)
    takt: int = 1
    overload_weight: int = 1
    due: ArrayLike = field(default_factory=_none)
    late_weight: int = 0
    reference: ArrayLike = field(default_factory=_none)
    move_weight: int = 0
    kind: ArrayLike = field(default_factory=_none)
    level_weight: int = 0


@dataclass(frozen=True)
class Sequencing:
    """An order of the units, its cost by part, and a bound by part that no order of the same units beats.

    violations[option] counts the excess over the option's windows, overload[slot] the work beyond station lengths
    there, overfilled[slot] the windows that end there too full, tight[slot] the option fullest there (-1 = none).
    """

    order: Ints
    cost: int
    bound: int
    parts: dict[str, int]
    bounds: dict[str, int]
    violations: Ints
    overload: Ints
    overfilled: Ints
    tight: Ints

    @property
    def gap(self) -> float:
        """Give the share of the cost above the bound; 0 when nothing cheaper exists."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


def judge(start: ArrayLike, rules: Rules, *, history: int = 0, fixed: int = 0) -> Sequencing:
    """Cost an order as it stands; the first `history` units are built already, the first `fixed` may not move.

    >>> rules = Rules(has=[[1], [1], [0]], at_most=[1], out_of=[2], ratio_weight=[10])
    >>> judge([0, 1, 2], rules).cost, judge([0, 2, 1], rules).cost     # two in a row: one window of two overfilled
    (10, 0)
    """
    order = np.array(start, dtype=np.int64)
    facts = _facts(rules, order, history)
    return _result(facts, order, max(fixed, history))


def sequence(
    start: ArrayLike, rules: Rules, *, history: int = 0, fixed: int = 0, seed: int = 0, moves: int = 400_000
) -> Sequencing:
    """Search an order of least cost; the same input, seed and number of moves give the same order.

    start: unit numbers in their present order; only those behind the first max(history, fixed) are reordered. Raises
    ValueError when a unit stands twice or `start` is shorter than `fixed`.

    >>> rules = Rules(colour=[1, 2, 1, 2], colour_weight=5)
    >>> found = sequence([0, 1, 2, 3], rules, moves=2_000)
    >>> found.cost, found.bound       # two colours: one change at least
    (5, 5)
    """
    from smilecurve.solve._sequencing_search import anneal

    order = np.array(start, dtype=np.int64)
    held = max(fixed, history)
    if np.unique(order).size < order.size:
        raise ValueError("a unit stands twice in the order")
    if held > order.size:
        raise ValueError("more units are fixed than there are")
    facts = _facts(rules, order, history)
    reach = 30 if order.size > 60 else max(order.size // 2, 1)
    if order.size - held < 2:
        return _result(facts, order, held)
    sizes, none = np.zeros(2_000, np.int64), np.zeros(0, np.int64)
    anneal(facts, _state(facts, order), held, seed, sizes.size, 1.0, 1.0, reach, sizes)
    heats = _heats(sizes)
    for at, (hot, cold) in enumerate(heats):
        state = _state(facts, order)
        _, order = anneal(facts, state, held, seed + at, moves // len(heats), hot, cold, reach, none)
    return _result(facts, order, held)


def _heats(sizes: Ints) -> list[tuple[float, float]]:
    """Give the heat to begin and end with for each scale of changes, large ones first.

    Weights that are set decades apart rank goals strictly: each such scale cools by itself, none is spent between.
    """
    found = np.sort(sizes[sizes > 0]).astype(np.float64)
    if found.size == 0:
        return []
    scales = np.split(found, np.flatnonzero(np.diff(np.log10(found)) > 1.0) + 1)
    return [
        (max(0.2 * float(scale.mean()), 0.2 * float(np.quantile(scale, 0.05))), 0.1 * float(np.quantile(scale, 0.05)))
        for scale in reversed(scales)
    ]


def _facts(rules: Rules, order: Ints, history: int) -> Facts:
    """Turn the rules into the arrays of the compiled kernels."""
    from smilecurve.solve._sequencing_kernels import Facts

    units = int(order.max(initial=-1)) + 1

    def ints(values: ArrayLike) -> Ints:
        return np.ascontiguousarray(values, dtype=np.int64)

    def by_unit(values: ArrayLike, empty: int) -> Ints:
        found = ints(values)
        return found if found.size else np.full(units, empty, np.int64)

    def by_unit_and(values: ArrayLike, across: ArrayLike) -> Ints:
        """Rows may speak of more units than the order holds."""
        return ints(values).reshape(-1, ints(across).size) if ints(across).size else np.zeros((units, 0), np.int64)

    has = by_unit_and(rules.has, rules.at_most)
    work = by_unit_and(rules.work, rules.length)
    kind = by_unit(rules.kind, 0)
    level = rules.level_weight if ints(rules.kind).size else 0
    share = np.bincount(kind[order[history:]], minlength=1).astype(np.int64) if level else np.zeros(0, np.int64)
    return Facts(
        np.ascontiguousarray(has.T),
        ints(rules.at_most),
        ints(rules.out_of),
        ints(rules.ratio_weight),
        by_unit(rules.colour, 0),
        rules.colour_weight,
        rules.batch_limit,
        rules.batch_weight,
        np.ascontiguousarray(work.T),
        ints(rules.length),
        rules.takt,
        rules.overload_weight,
        by_unit(rules.due, np.iinfo(np.int64).max),
        rules.late_weight,
        by_unit(rules.reference, -1),
        rules.move_weight,
        kind,
        share,
        level,
        history,
        int(rules.open_end),
    )


def _state(facts: Facts, order: Ints) -> State:
    """Lay out the arrays the search keeps for an order."""
    from smilecurve.solve._sequencing_kernels import State

    n = order.size
    return State(
        order.copy(),
        np.zeros((facts.at_most.size, n), np.int64),
        np.zeros((facts.length.size, n + 1), np.int64),
        np.zeros((facts.length.size, n), np.int64),
        np.zeros((facts.share.size, n + 1), np.int64),
    )


def _result(facts: Facts, order: Ints, fixed: int) -> Sequencing:
    """Cost the order, bound every part, and say where each window and station is overfilled."""
    from smilecurve.solve._sequencing_bounds import lower_bounds
    from smilecurve.solve._sequencing_kernels import total_cost

    state = _state(facts, order)
    parts = dict(zip(PARTS, (int(part) for part in total_cost(facts, state)), strict=True))
    bounds = dict(zip(PARTS, lower_bounds(facts, state, fixed), strict=True))
    excess = np.maximum(state.counts - facts.at_most[:, None], 0)
    overfilled, tight = _by_slot(facts, order)
    return Sequencing(
        order,
        sum(parts.values()),
        sum(bounds.values()),
        parts,
        bounds,
        excess.sum(axis=1),
        state.over.sum(axis=0),
        overfilled,
        tight,
    )


def _by_slot(facts: Facts, order: Ints) -> tuple[Ints, Ints]:
    """Count, for the unit of each slot, the options it has whose window ending there is too full, and name the
    fullest.
    """
    n, options = order.size, facts.at_most.size
    has = facts.has[:, order]
    total = np.concatenate((np.zeros((options, 1), np.int64), np.cumsum(has, axis=1)), axis=1)
    slot = np.arange(1, n + 1)
    first = np.maximum(slot[None, :] - facts.out_of[:, None], 0)
    count = total[:, 1:] - np.take_along_axis(total, first, axis=1)
    over = np.where(has == 1, count - facts.at_most[:, None], -(1 << 40))
    full = np.where(has == 1, count / np.maximum(facts.at_most[:, None], 1), -1.0)
    if options == 0:
        return np.zeros(n, np.int64), np.full(n, -1, np.int64)
    return (over > 0).sum(axis=0), np.where(full.max(axis=0) > 0, full.argmax(axis=0), -1)
