"""What can no order of these units beat? One bound for each part of the cost of solve.sequencing; their sum bounds
the sum.
"""

from __future__ import annotations

import numpy as np

from smilecurve.solve._sequencing_kernels import Facts, Ints, State
from smilecurve.solve._sequencing_search import least_excess

EXACT_STEPS = 60_000_000


def lower_bounds(facts: Facts, state: State, fixed: int) -> tuple[int, int, int, int, int]:
    """Bound ratio, colour, overload, place and level costs from below, the first `fixed` slots being what they are."""
    return (
        sum(int(facts.ratio_weight[o]) * excess_bound(facts, state, o, fixed) for o in range(facts.at_most.size)),
        facts.colour_weight * changes_bound(facts, state.order, fixed),
        facts.overload_weight * overload_bound(facts, state),
        facts.late_weight * lateness_bound(facts, state.order, fixed),
        facts.level_weight * level_bound(facts, state.order.size - facts.history),
    )


def excess_bound(facts: Facts, state: State, option: int, fixed: int) -> int:
    """Least excess of one option alone: exact by dynamic programming where that is small, else by counting windows."""
    order, span, most = state.order, int(facts.out_of[option]), int(facts.at_most[option])
    has = facts.has[option][order]
    known = _excess(facts, has[:fixed], option)
    slots, wanted = order.size - fixed, int(has[fixed:].sum())
    if slots * max(wanted, 1) << (span - 1) <= EXACT_STEPS and span <= 16:
        before = np.ascontiguousarray(has[max(fixed - span + 1, 0) : fixed])
        return known + int(least_excess(before, slots, wanted, most, span, facts.open_end))
    cover = np.minimum(
        np.minimum(np.arange(1, slots + 1), span), slots - np.arange(slots) if not facts.open_end else span
    )
    windows = slots if facts.open_end else max(slots - span + 1, 0)
    reached = int(np.sort(np.minimum(cover, windows))[:wanted].sum())
    return known + max(0, reached - most * windows)


def _excess(facts: Facts, has: Ints, option: int) -> int:
    """Excess over the windows that end within the fixed slots and reach behind the history."""
    span, most, total = int(facts.out_of[option]), int(facts.at_most[option]), 0
    sums = np.concatenate(([0], np.cumsum(has)))
    for end in range(max(facts.history + 1, span), has.size + 1):
        total += max(0, int(sums[end] - sums[end - span]) - most)
    return total


def changes_bound(facts: Facts, order: Ints, fixed: int) -> int:
    """Least colour changes: one run for each colour, more where the batch limit cuts it, the first may continue."""
    colours = facts.colour[order]
    known = int(
        (colours[max(facts.history, 1) : fixed] != colours[max(facts.history, 1) - 1 : max(fixed - 1, 0)]).sum()
    )
    rest = colours[fixed:]
    if rest.size == 0:
        return known
    kinds = np.unique(rest)
    if fixed == 0:
        return kinds.size - 1
    return known + int((kinds != colours[fixed - 1]).sum())


def overload_bound(facts: Facts, state: State) -> int:
    """Least work beyond the stations: what a station cannot do in its slots, or what no single unit leaves it."""
    n, history = state.order.size, facts.history
    if n == history or facts.length.size == 0:
        return 0
    work = facts.work[:, state.order[history:]]
    room = (n - history - 1) * facts.takt + facts.length
    alone = np.maximum(work - facts.length[:, None], 0).sum(axis=1)
    return int(np.maximum(np.maximum(work.sum(axis=1) - room, 0), alone).sum())


def lateness_bound(facts: Facts, order: Ints, fixed: int) -> int:
    """Least slots late: due slots in rising order against slots in rising order (all units cost the same)."""
    if facts.late_weight == 0:
        return 0
    slots = np.arange(order.size)
    due = np.concatenate((facts.due[order[:fixed]], np.sort(facts.due[order[fixed:]])))
    return int(np.maximum(slots - due, 0)[facts.history :].sum())


def level_bound(facts: Facts, units: int) -> int:
    """Least distance from the even pace: at every slot each kind at the nearest whole number to its share."""
    if facts.level_weight == 0:
        return 0
    ideal = np.arange(1, units + 1)[None, :] * facts.share[:, None]
    return int(np.minimum(ideal % units, units - ideal % units).sum())
