"""In which order do these units go down the line, so that as little as possible goes wrong?

What can go wrong is counted and weighted: option windows overfilled (at most `at_most` units with an option in any
`out_of` slots in a row), changes of colour and batches above a limit, work beyond the reach of a station, units later
than their due slot or earlier than they can be ready, units that leave their reference slot, and kinds and parts that
run ahead of an even pace. A lower bound stands beside the cost.

Sources: car sequencing, Parrello, Kabat & Wos (1986) and the ROADEF'2005 challenge, Solnon et al. (2008), EJOR
191:912-927; closed and open stations and work overload, Yano & Rachamadugu (1991), Management Science 37:572-586;
goal chasing, Monden (1983).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from smilecurve.solve._sequencing_kernels import Facts

Ints = NDArray[np.int64]
PARTS = ("ratio", "colour", "batch", "overload", "place", "level", "use")
BOUNDS = (*PARTS, "together")


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Rules:
    """What the units are and what costs how much; weights and times are whole numbers, empty arrays switch a rule off.

    has[unit, option] 0/1 with at_most, out_of, ratio_weight by option; open_end also counts windows cut short by the
    end. colour[unit], colour_weight a change, batch_limit units in a row (0 = none), batch_weight a unit beyond it;
    batch_hard: the search takes no step that puts more units beyond the limit, and starts from an order that keeps it
    where there is one.
    work[unit, station], length[station], takt: a unit starts when it arrives or the one before is done; work beyond
    the length is overload, each unit of time costs overload_weight. drift[station]: how far beyond either end of it
    the worker may go (0 = closed); work beyond that is overload.
    due[unit] a slot, late_weight a slot late. ready[unit] a slot, early_weight a slot earlier than that.
    reference[unit] a slot or -1, move_weight when elsewhere.
    kind[unit], level_weight, and uses[unit, part], use_weight, for each 1/n (n units behind the history) of a unit or
    a piece that the total so far is off an even pace at a slot.
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
    batch_hard: bool = False
    work: ArrayLike = field(default_factory=_none)
    length: ArrayLike = field(default_factory=_none)
    drift: ArrayLike = field(default_factory=_none)
    takt: int = 1
    overload_weight: int = 1
    due: ArrayLike = field(default_factory=_none)
    late_weight: int = 0
    ready: ArrayLike = field(default_factory=_none)
    early_weight: int = 0
    reference: ArrayLike = field(default_factory=_none)
    move_weight: int = 0
    kind: ArrayLike = field(default_factory=_none)
    level_weight: int = 0
    uses: ArrayLike = field(default_factory=_none)
    use_weight: int = 0


@dataclass(frozen=True)
class Sequencing:
    """An order of the units, its cost by part, and a bound by part that no order of the same units beats; `together`
    is by how much colours and places cost more as one sum than each alone.

    violations[option] counts the excess over the option's windows, overload[slot] the work beyond station lengths
    there, overfilled[slot] the windows that end there too full, tight[slot] the option fullest there (-1 = none).
    begins[station, slot] says where in the station the worker begins (below 0: before its entry), beyond[station,
    slot] the overload there. Under a hard batch limit the bound is that of the orders which keep it.
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
    begins: Ints
    beyond: Ints

    @property
    def gap(self) -> float:
        """Give the share of the cost above the bound; 0 when nothing cheaper exists."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


def judge(
    start: ArrayLike, rules: Rules, *, history: int = 0, fixed: int = 0, bounds: dict[str, int] | None = None
) -> Sequencing:
    """Cost an order as it stands; the first `history` units are built already, the first `fixed` may not move.

    bounds: those of another order of the same units behind the same fixed ones, which hold here too; without the
    search for them an order is judged in milliseconds.

    >>> rules = Rules(has=[[1], [1], [0]], at_most=[1], out_of=[2], ratio_weight=[10])
    >>> judge([0, 1, 2], rules).cost, judge([0, 2, 1], rules).cost     # two in a row: one window of two overfilled
    (10, 0)
    """
    from smilecurve.solve._sequencing_facts import facts_of

    order = np.array(start, dtype=np.int64)
    return _result(facts_of(rules, order, history), order, max(fixed, history), bounds)


def swap(found: Sequencing, rules: Rules, left: int, right: int, *, history: int = 0, fixed: int = 0) -> Sequencing:
    """Judge the order with two slots swapped; its bounds are those found already.

    >>> rules = Rules(colour=[1, 2, 1], colour_weight=5)
    >>> swap(judge([0, 1, 2], rules), rules, 1, 2).cost
    5
    """
    if min(left, right) < max(fixed, history) or max(left, right) >= found.order.size:
        raise ValueError(f"slots {left} and {right} are not both free to change")
    order = found.order.copy()
    order[[left, right]] = order[[right, left]]
    return judge(order, rules, history=history, fixed=fixed, bounds=found.bounds)


def sequence(
    start: ArrayLike,
    rules: Rules,
    *,
    history: int = 0,
    fixed: int = 0,
    seed: int = 0,
    moves: int = 400_000,
    seconds: float | None = None,
) -> Sequencing:
    """Search an order of least cost; the same input, seed and number of moves give the same order.

    start: unit numbers in their present order; only those behind the first max(history, fixed) are reordered. With
    `seconds` the search ends after so much CPU time of this thread instead of after `moves`. Raises ValueError when a
    unit stands twice or `start` is shorter than `fixed`.

    >>> rules = Rules(colour=[1, 2, 1, 2], colour_weight=5)
    >>> found = sequence([0, 1, 2, 3], rules, moves=2_000)
    >>> found.cost, found.bound       # two colours: one change at least
    (5, 5)
    """
    from smilecurve.solve._sequencing_batches import within_limit
    from smilecurve.solve._sequencing_facts import facts_of
    from smilecurve.solve._sequencing_goals import only_windows, search_goals
    from smilecurve.solve._sequencing_pace import search

    order = np.array(start, dtype=np.int64)
    held = max(fixed, history)
    if np.unique(order).size < order.size:
        raise ValueError("a unit stands twice in the order")
    if held > order.size:
        raise ValueError("more units are fixed than there are")
    facts = facts_of(rules, order, history)
    if order.size - held >= 2:
        before = judge(order, rules, history=history, fixed=held)
        if rules.batch_hard and before.parts["batch"]:
            order = within_limit(facts, order, held)
        way = search_goals if only_windows(facts, order) else search
        bound = -1 if before.bounds["batch"] else before.bound
        order = way(facts, order, held, seed, moves, seconds, bound)
        return _result(facts, order, held, before.bounds)
    return _result(facts, order, held, None)


@dataclass(frozen=True)
class BeyondLimit:
    """Units beyond a batch limit: `known` among the fixed ones, and `beyond` among the others whatever their order.

    The latter are of `colour` (-1: there are none): `many` units of it wait and `others` of other colours, behind
    `running` fixed ones of it in a row.
    """

    known: int
    beyond: int
    colour: int = -1
    many: int = 0
    others: int = 0
    running: int = 0


def least_beyond_limit(start: ArrayLike, rules: Rules, *, history: int = 0, fixed: int = 0) -> BeyondLimit:
    """Say how many units stand beyond the batch limit in every order, and why.

    With m others, at most (m + 1) * batch_limit units of a colour stand within the limit; fewer where the fixed ones
    end in that colour.

    >>> least_beyond_limit(range(6), Rules(colour=[1, 1, 1, 1, 1, 2], batch_limit=2))     # 1 other: 2 x 2 at most
    BeyondLimit(known=0, beyond=1, colour=1, many=5, others=1, running=0)
    """
    from smilecurve.solve._sequencing_batches import least_beyond, run_before
    from smilecurve.solve._sequencing_facts import facts_of

    order = np.array(start, dtype=np.int64)
    held = max(fixed, history)
    facts = facts_of(rules, order, history)
    known, beyond, colour = least_beyond(facts, order, held)
    if not beyond:
        return BeyondLimit(known, 0)
    many = int((facts.colour[order[held:]] == colour).sum())
    running = run_before(facts, order, held) if held and facts.colour[order[held - 1]] == colour else 0
    return BeyondLimit(known, beyond, colour, many, order.size - held - many, running)


def strict_weights(most: Sequence[int]) -> list[int]:
    """Give weights that rank goals strictly, the first above all: one of it outweighs `most` of all behind it.

    most: how much each goal can come to at most. Raises OverflowError when whole numbers of 64 bits cannot hold it.

    >>> strict_weights([5, 9, 3])
    [40, 4, 1]
    """
    weights, below = [], 0
    for limit in reversed(most):
        weights.append(below + 1)
        below += weights[-1] * int(limit)
    if below > np.iinfo(np.int64).max // 4:
        raise OverflowError(f"{len(most)} strict goals reach {below}, beyond what can be counted")
    return weights[::-1]


def _result(facts: Facts, order: Ints, fixed: int, bounds: dict[str, int] | None) -> Sequencing:
    """Cost the order, bound every part, and say where each window and station is overfilled."""
    from smilecurve.solve._sequencing_bounds import lower_bounds
    from smilecurve.solve._sequencing_facts import state_of
    from smilecurve.solve._sequencing_kernels import total_cost

    state = state_of(facts, order)
    parts = dict(zip(PARTS, (int(part) for part in total_cost(facts, state)), strict=True))
    if bounds is None:
        bounds = dict(zip(BOUNDS, lower_bounds(facts, state, fixed), strict=True))
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
        state.begin[:, :-1] - facts.origin[:, None],
        state.over,
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
