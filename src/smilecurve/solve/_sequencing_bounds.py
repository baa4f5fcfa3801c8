"""What can no order of these units beat? One bound for each part of the cost of solve.sequencing; their sum bounds
the sum.
"""

from __future__ import annotations

import numpy as np

from smilecurve.solve._sequencing_batches import least_beyond, run_before
from smilecurve.solve._sequencing_chain import together_bound
from smilecurve.solve._sequencing_kernels import Facts, Ints, State, place_cost
from smilecurve.solve._sequencing_least import least_excess


def lower_bounds(facts: Facts, state: State, fixed: int) -> tuple[int, ...]:
    """Bound ratio, colour, batch, overload, place, level and use costs from below, the first `fixed` slots being what
    they are; last, by how much colour and place cost more together than each alone.
    """
    even = [even_bound(facts, thing, state.order.size - facts.history) for thing in range(facts.share.size)]
    colour = facts.colour_weight * changes_bound(facts, state.order, fixed)
    place = place_bound(facts, state.order, fixed)
    return (
        sum(int(facts.ratio_weight[o]) * excess_bound(facts, state, o, fixed) for o in range(facts.at_most.size)),
        colour,
        facts.batch_weight * sum(least_beyond(facts, state.order, fixed)[:2]),
        facts.overload_weight * overload_bound(facts, state),
        place,
        sum(even[: facts.kinds]),
        sum(even[facts.kinds :]),
        max(0, _together(facts, state.order, fixed) - colour - place),
    )


def _together(facts: Facts, order: Ints, fixed: int) -> int:
    """Least colour changes and places as one sum, those of the fixed slots counted as they are; 0 where only one
    counts.
    """
    if not facts.colour_weight or not (facts.late_weight or facts.early_weight or facts.move_weight):
        return 0
    known = facts.colour_weight * _known_changes(facts, order, fixed)
    known += int(place_cost(facts, order, facts.history, fixed - 1))
    return known + together_bound(facts, order, fixed)


def excess_bound(facts: Facts, state: State, option: int, fixed: int) -> int:
    """Least excess of one option alone, the fixed slots being what they are, by chains of the units that share a window
    too many.
    """
    order, span = state.order, int(facts.out_of[option])
    has = facts.has[option][order]
    last = order.size - 1 + (span - 1 if facts.open_end else 0)
    ends = np.array([max(facts.history, span - 1), last])
    held, wanted = np.flatnonzero(has[:fixed]), int(has[fixed:].sum())
    return int(least_excess(held, fixed, order.size, wanted, int(facts.at_most[option]), span, ends))


def _known_changes(facts: Facts, order: Ints, fixed: int) -> int:
    """Colour changes within the fixed slots, from the last of the history on."""
    colours = facts.colour[order[max(facts.history - 1, 0) : fixed]]
    return int((colours[1:] != colours[:-1]).sum())


def changes_bound(facts: Facts, order: Ints, fixed: int) -> int:
    """Least colour changes: one run for each colour, the first may continue; under a hard limit as many as it asks."""
    colours = facts.colour[order]
    known = _known_changes(facts, order, fixed)
    kinds, many = np.unique(colours[fixed:], return_counts=True)
    if kinds.size == 0:
        return known
    runs = np.ones(kinds.size, np.int64)
    limit = facts.batch_limit
    goes_on = kinds == colours[fixed - 1] if fixed else np.zeros(kinds.size, bool)
    if facts.batch_hard and limit and least_beyond(facts, order, fixed)[1] == 0:
        spare = max(limit - run_before(facts, order, fixed), 0)
        runs = -(-np.maximum(many - np.where(goes_on, spare, 0), 0) // limit)
    else:
        runs[goes_on] = 0
    return known + int(runs.sum()) - (fixed == 0)


def overload_bound(facts: Facts, state: State) -> int:
    """Least work beyond the stations, each by itself: what no single unit leaves, or what the worker cannot make up.

    He falls behind by work above takt and makes up at most by work below it, never more than he can be behind: after
    a unit by what the station exceeds takt, before the first by where he begins.
    """
    n, history = state.order.size, facts.history
    if n == history or facts.length.size == 0:
        return 0
    work, length = facts.work[:, state.order[history:]], facts.length[:, None]
    alone = np.maximum(work - length, 0).sum(axis=1)
    behind = np.maximum(length - facts.takt, 0)
    most = np.maximum(behind, facts.origin[:, None])
    ahead = np.minimum(np.maximum(facts.takt - work, 0), most).sum(axis=1)
    made_up = np.maximum(work - facts.takt, 0).sum(axis=1) - ahead - (behind[:, 0] - facts.origin)
    return int(np.maximum(alone, np.where(facts.length >= facts.takt, made_up, 0)).sum())


def place_bound(facts: Facts, order: Ints, fixed: int) -> int:
    """Least slots late and early: due and ready slots in rising order against slots in rising order, all units
    costing the same.
    """
    slots = np.arange(order.size)
    total = 0
    for day, weight, sign in ((facts.due, facts.late_weight, 1), (facts.ready, facts.early_weight, -1)):
        if weight:
            wanted = np.concatenate((day[order[:fixed]], np.sort(day[order[fixed:]])))
            total += weight * int(np.maximum(sign * (slots - wanted), 0)[facts.history :].sum())
    return total


def even_bound(facts: Facts, thing: int, units: int) -> int:
    """Least distance of a thing from its even pace: at every slot the nearest total that whole amounts add up to."""
    if units == 0:
        return 0
    step = units * max(int(np.gcd.reduce(facts.amount[thing])), 1)
    ideal = np.arange(1, units + 1) * facts.share[thing]
    return int(facts.even_weight[thing]) * int(np.minimum(ideal % step, step - ideal % step).sum())
