"""Compiled search of solve.sequencing: simulated annealing over swaps, insertions and reversals with a fixed number
of moves.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._sequencing_kernels import (
    Facts,
    Ints,
    State,
    colour_cost,
    colour_span,
    level_change,
    overload_change,
    place_cost,
    ratio_change,
    ratio_swap,
    total_cost,
)

SWAP, PULL, PUSH, REVERSE = 0, 1, 2, 3


@njit(cache=True, no_cpython_wrapper=True)
def _turn(order: Ints, left: int, right: int, move: int) -> None:
    """Swap the two slots, pull the right unit to the left end, push the left unit to the right end, or reverse the
    range.
    """
    if move == SWAP:
        order[left], order[right] = order[right], order[left]
    elif move == PULL:
        unit = order[right]
        for slot in range(right, left, -1):
            order[slot] = order[slot - 1]
        order[left] = unit
    elif move == PUSH:
        unit = order[left]
        for slot in range(left, right):
            order[slot] = order[slot + 1]
        order[right] = unit
    else:
        while left < right:
            order[left], order[right] = order[right], order[left]
            left, right = left + 1, right - 1


@njit(cache=True, no_cpython_wrapper=True)
def _apart(facts: Facts, order: Ints, left: int, right: int) -> bool:
    """Say whether the colour runs at two swapped slots cannot touch."""
    return right - left > 2 and colour_span(facts, order, left, left)[1] < right - 1


@njit(cache=True, no_cpython_wrapper=True)
def _paint(facts: Facts, order: Ints, left: int, right: int, move: int, apart: bool) -> int:
    """Colour cost where the move is felt."""
    if move == SWAP and apart:
        low, high = colour_span(facts, order, left, left)
        again, end = colour_span(facts, order, right, right)
        return int(colour_cost(facts, order, low, high) + colour_cost(facts, order, again, end))
    low, high = colour_span(facts, order, left, right)
    return int(colour_cost(facts, order, low, high))


@njit(cache=True, no_cpython_wrapper=True)
def _place(facts: Facts, order: Ints, left: int, right: int, move: int) -> int:
    """Slot cost where the move is felt."""
    if facts.late_weight == 0 and facts.move_weight == 0:
        return 0
    if move == SWAP:
        return int(place_cost(facts, order, left, left) + place_cost(facts, order, right, right))
    return int(place_cost(facts, order, left, right))


@njit(cache=True, no_cpython_wrapper=True)
def _felt(facts: Facts, state: State, left: int, right: int, move: int, write: bool) -> int:
    """Change of the costs that the state keeps, the order being changed already."""
    change = 0
    if move == SWAP:
        change += ratio_swap(facts, state, left, right, write)
        change += overload_change(facts, state, left, left, right, right, write)
    else:
        change += ratio_change(facts, state, left, right, write)
        change += overload_change(facts, state, left, right, state.order.size, right, write)
    if facts.level_weight > 0:
        change += level_change(facts, state, left, right, write)
    return int(change)


@njit(cache=True, no_cpython_wrapper=True)
def _draw(low: int, n: int, reach: int) -> tuple[int, int, int]:
    """Draw a move and its slots: swaps near or far, the others within `reach`."""
    dice = np.random.random()
    left = low + int(np.random.random() * (n - low))
    if dice < 0.35:
        right = low + int(np.random.random() * (n - low))
    else:
        right = left + 1 + int(np.random.random() * reach)
        if right >= n:
            right = n - 1
    if left > right:
        left, right = right, left
    move = SWAP if dice < 0.6 else PULL if dice < 0.73 else PUSH if dice < 0.86 else REVERSE
    return left, right, move


@njit(cache=True)
def anneal(
    facts: Facts, state: State, fixed: int, seed: int, moves: int, hot: float, cold: float, reach: int, sizes: Ints
) -> tuple[int, Ints]:
    """Search by `moves` trials cooling from `hot` to `cold`; return the least cost and its order.

    With room in `sizes` nothing is moved: the size of the change of each trial is written there instead, the scale of
    heat to begin with.
    """
    np.random.seed(seed)
    cost = 0
    for part in total_cost(facts, state):
        cost += part
    n, order = state.order.size, state.order
    least, best = cost, order.copy()
    if n - fixed < 2:
        return least, best
    cooling = (cold / hot) ** (1.0 / max(moves, 1))
    heat = hot
    for trial in range(moves):
        heat *= cooling
        left, right, move = _draw(fixed, n, reach)
        if left == right:
            continue
        apart = move == SWAP and _apart(facts, order, left, right)
        change = -_paint(facts, order, left, right, move, apart) - _place(facts, order, left, right, move)
        _turn(order, left, right, move)
        change += _paint(facts, order, left, right, move, apart) + _place(facts, order, left, right, move)
        taken = trial < 0
        change += _felt(facts, state, left, right, move, taken)
        if sizes.size > 0:
            sizes[trial] = abs(change)
        else:
            taken = change <= 0 or np.random.random() < np.exp(-change / heat)
        if not taken:
            _turn(order, left, right, PUSH if move == PULL else PULL if move == PUSH else move)
            continue
        _felt(facts, state, left, right, move, taken)
        cost += change
        if cost < least:
            least = cost
            for slot in range(n):
                best[slot] = order[slot]
    return least, best


@njit(cache=True)
def least_excess(before: Ints, slots: int, wanted: int, at_most: int, out_of: int, open_end: int) -> int:
    """Least weighted-by-one excess of one option alone: `wanted` units with it in `slots`, after the units `before`.

    Exact by dynamic programming over (last out_of - 1 slots, units placed). Windows as in ratio_change.
    """
    far = np.int64(1) << 40
    patterns = 1 << max(out_of - 1, 0)
    mask = patterns - 1
    dp = np.empty((wanted + 1, patterns), np.int64)
    fresh = np.empty((wanted + 1, patterns), np.int64)
    for placed in range(wanted + 1):
        for pattern in range(patterns):
            dp[placed, pattern] = far
    start = np.int64(0)
    for slot in range(before.size):
        start = ((start << 1) | before[slot]) & mask
    dp[0, start] = 0
    total = slots + (out_of - 1 if open_end == 1 else 0)
    ones = np.zeros(patterns, np.int64)
    for pattern in range(patterns):
        ones[pattern] = ones[pattern >> 1] + (pattern & 1)
    for slot in range(total):
        for placed in range(wanted + 1):
            for pattern in range(patterns):
                fresh[placed, pattern] = far
        counted = before.size + slot + 1 >= out_of
        for placed in range(min(wanted, slot) + 1):
            for pattern in range(patterns):
                cost = dp[placed, pattern]
                if cost >= far:
                    continue
                for take in range(2):
                    if placed + take > wanted or (take == 1 and slot >= slots):
                        continue
                    more = max(0, ones[pattern] + take - at_most) if counted else 0
                    then = ((pattern << 1) | take) & mask
                    if cost + more < fresh[placed + take, then]:
                        fresh[placed + take, then] = cost + more
        dp, fresh = fresh, dp
    least = far
    for pattern in range(patterns):
        least = min(least, dp[wanted, pattern])
    return int(least)
