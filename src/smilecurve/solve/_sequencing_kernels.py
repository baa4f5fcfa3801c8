"""Compiled costs of solve.sequencing: what a change of order costs, looked at only where the change is felt.

A change touches one range of slots (reversal, insertion: first..last) or two single slots (swap). Every cost is then
recomputed over those ranges and their surroundings: option windows that cover them, stations until they run in step
again, colour runs that reach into them, unit costs by slot, running totals of what is to flow evenly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Facts(NamedTuple):
    """What never changes while searching; the first index of `has` is the option, of `work` the station, of `amount`
    the thing that is to flow evenly: first `kinds` kinds, then parts.
    """

    has: Ints
    at_most: Ints
    out_of: Ints
    ratio_weight: Ints
    colour: Ints
    colour_weight: int
    batch_limit: int
    batch_weight: int
    batch_hard: int
    work: Ints
    length: Ints
    origin: Ints
    takt: int
    overload_weight: int
    due: Ints
    late_weight: int
    ready: Ints
    early_weight: int
    reference: Ints
    move_weight: int
    amount: Ints
    share: Ints
    even_weight: Ints
    kinds: int
    history: int
    open_end: int


class State(NamedTuple):
    """The order of the units and what it implies: counts[option, window], begin and over[station, slot], seen[thing,
    slot].
    """

    order: Ints
    counts: Ints
    begin: Ints
    over: Ints
    seen: Ints


@njit(cache=True, no_cpython_wrapper=True)
def window_range(facts: Facts, option: int, first: int, last: int, n: int) -> tuple[int, int]:
    """Give the first and last window of the option that covers the slots first..last and is counted at all."""
    span = facts.out_of[option]
    start = max(first - span + 1, facts.history - span + 1, 0)
    stop = min(last, n - 1 if facts.open_end == 1 else n - span)
    return start, stop


@njit(cache=True, no_cpython_wrapper=True)
def ratio_change(facts: Facts, state: State, first: int, last: int, write: bool) -> int:
    """Recount the windows that cover first..last; return the change of weighted excess, and write it down if asked."""
    n = state.order.size
    change = 0
    for option in range(facts.at_most.size):
        start, stop = window_range(facts, option, first, last, n)
        if start > stop:
            continue
        span, most = facts.out_of[option], facts.at_most[option]
        count = 0
        for slot in range(start, min(start + span, n)):
            count += facts.has[option, state.order[slot]]
        felt = 0
        for window in range(start, stop + 1):
            felt += max(0, count - most) - max(0, state.counts[option, window] - most)
            if write:
                state.counts[option, window] = count
            count -= facts.has[option, state.order[window]]
            if window + span < n:
                count += facts.has[option, state.order[window + span]]
        change += felt * facts.ratio_weight[option]
    return change


@njit(cache=True, no_cpython_wrapper=True)
def ratio_swap(facts: Facts, state: State, left: int, right: int, write: bool) -> int:
    """As ratio_change for the swapped slots left < right, only for options in which the two units differ."""
    n = state.order.size
    at_left, at_right = state.order[left], state.order[right]
    change = 0
    for option in range(facts.at_most.size):
        step = facts.has[option, at_left] - facts.has[option, at_right]
        if step == 0:
            continue
        most = facts.at_most[option]
        felt = 0
        start, stop = window_range(facts, option, left, left, n)
        for window in range(start, min(stop, right - facts.out_of[option]) + 1):
            count = state.counts[option, window]
            felt += max(0, count + step - most) - max(0, count - most)
            if write:
                state.counts[option, window] = count + step
        start, stop = window_range(facts, option, right, right, n)
        for window in range(max(start, left + 1), stop + 1):
            count = state.counts[option, window]
            felt += max(0, count - step - most) - max(0, count - most)
            if write:
                state.counts[option, window] = count - step
        change += felt * facts.ratio_weight[option]
    return change


@njit(cache=True, no_cpython_wrapper=True)
def overload_change(facts: Facts, state: State, first: int, last: int, again: int, end: int, write: bool) -> int:
    """Walk each station over first..last and again..end until it runs in step with before; return the weighted
    change.
    """
    n = state.order.size
    change = 0
    for station in range(facts.length.size):
        slot, until, limit = first, last, facts.length[station]
        late = state.begin[station, slot]
        while slot < n:
            finish = late + facts.work[station, state.order[slot]]
            over = max(0, finish - limit)
            change += over - state.over[station, slot]
            if write:
                state.over[station, slot] = over
            late = max(0, min(finish, limit) - facts.takt)
            slot += 1
            if slot > until and state.begin[station, slot] == late:
                if until == end:
                    break
                until = end
                if slot <= again:
                    slot = again
                    late = state.begin[station, slot]
            elif write:
                state.begin[station, slot] = late
    return change * facts.overload_weight


@njit(cache=True, no_cpython_wrapper=True)
def colour_span(facts: Facts, order: Ints, first: int, last: int) -> tuple[int, int]:
    """Widen first..last to the colour runs next to it."""
    low, high = first, last
    if facts.batch_limit > 0:
        if low > facts.history:
            low -= 1
            while low > facts.history and facts.colour[order[low - 1]] == facts.colour[order[low]]:
                low -= 1
        if high < order.size - 1:
            high += 1
            while high < order.size - 1 and facts.colour[order[high + 1]] == facts.colour[order[high]]:
                high += 1
    return low, high


@njit(cache=True, no_cpython_wrapper=True)
def colour_count(facts: Facts, order: Ints, low: int, high: int) -> tuple[int, int]:
    """Count colour changes into low..high+1 and units beyond the batch limit within low..high."""
    changes, batches, run = 0, 0, 0
    for slot in range(low, min(high + 1, order.size - 1) + 1):
        changed = slot > 0 and facts.colour[order[slot]] != facts.colour[order[slot - 1]]
        if changed:
            changes += 1
        if facts.batch_limit > 0 and slot <= high:
            run = 1 if changed or slot == low else run + 1
            if run > facts.batch_limit:
                batches += 1
    return changes, batches


@njit(cache=True, no_cpython_wrapper=True)
def cost_there(facts: Facts, unit: int, slot: int) -> int:
    """Cost of a unit in a slot: late, early, moved against the reference."""
    cost = facts.late_weight * max(0, slot - facts.due[unit]) + facts.early_weight * max(0, facts.ready[unit] - slot)
    if facts.reference[unit] >= 0 and facts.reference[unit] != slot:
        cost += facts.move_weight
    return int(cost)


@njit(cache=True)
def place_cost(facts: Facts, order: Ints, first: int, last: int) -> int:
    """Cost of the units of first..last standing there."""
    cost = 0
    for slot in range(first, last + 1):
        cost += cost_there(facts, order[slot], slot)
    return cost


@njit(cache=True, no_cpython_wrapper=True)
def even_change(facts: Facts, state: State, thing: int, first: int, last: int, write: bool) -> int:
    """Recount how far one thing runs ahead of or behind its even pace over first..last; return the weighted change."""
    change = 0
    units = state.order.size - facts.history
    seen = state.seen[thing, first]
    for slot in range(first, last + 1):
        seen += facts.amount[thing, state.order[slot]]
        old = state.seen[thing, slot + 1]
        if seen != old:
            ideal = (slot + 1 - facts.history) * facts.share[thing]
            change += abs(units * seen - ideal) - abs(units * old - ideal)
            if write:
                state.seen[thing, slot + 1] = seen
    return int(change * facts.even_weight[thing])


@njit(cache=True, no_cpython_wrapper=True)
def even_swap(facts: Facts, state: State, left: int, right: int, write: bool) -> int:
    """As even_change over all things for two slots that have been swapped, only for things of which the two units
    take unlike amounts.
    """
    change = 0
    for thing in range(facts.share.size):
        if facts.amount[thing, state.order[left]] != facts.amount[thing, state.order[right]]:
            change += even_change(facts, state, thing, left, right - 1, write)
    return change


@njit(cache=True)
def total_cost(facts: Facts, state: State) -> Ints:
    """Fill the state from its order; return ratio, colour, batch, overload, place, level and use costs."""
    n, history = state.order.size, facts.history
    parts = np.zeros(7, np.int64)
    state.counts[:] = 0
    state.begin[:] = -1
    state.over[:] = 0
    state.seen[:] = 0
    if n == history:
        return parts
    for station in range(facts.length.size):
        state.begin[station, history] = facts.origin[station]
    parts[0] = ratio_change(facts, state, history, n - 1, True)
    changes, batches = colour_count(facts, state.order, history, n - 1)
    parts[1], parts[2] = changes * facts.colour_weight, batches * facts.batch_weight
    parts[3] = overload_change(facts, state, history, n - 1, n, n - 1, True)
    parts[4] = place_cost(facts, state.order, history, n - 1)
    units = n - history
    for thing in range(facts.share.size):
        none = units * (units + 1) // 2 * facts.share[thing] * facts.even_weight[thing]
        parts[5 if thing < facts.kinds else 6] += none + even_change(facts, state, thing, history, n - 1, True)
    return parts
