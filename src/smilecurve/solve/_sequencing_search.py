"""Compiled search of solve.sequencing with every rule at work: simulated annealing over swaps, insertions and
reversals, a number of moves at one heat at a time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._sequencing_kernels import (
    Facts,
    Ints,
    State,
    colour_count,
    colour_span,
    even_change,
    even_swap,
    overload_change,
    place_cost,
    ratio_change,
    ratio_swap,
)

SWAP, PULL, PUSH, REVERSE = 0, 1, 2, 3
HOME = 0.15  # share of moves that put a unit back where it is to stand


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
def _paint(facts: Facts, order: Ints, left: int, right: int, move: int, apart: bool) -> tuple[int, int]:
    """Colour changes and units beyond the batch limit where the move is felt."""
    if move == SWAP and apart:
        low, high = colour_span(facts, order, left, left)
        changes, batches = colour_count(facts, order, low, high)
        low, high = colour_span(facts, order, right, right)
        more, beyond = colour_count(facts, order, low, high)
        return changes + more, batches + beyond
    low, high = colour_span(facts, order, left, right)
    changes, batches = colour_count(facts, order, low, high)
    return changes, batches


@njit(cache=True, no_cpython_wrapper=True)
def _place(facts: Facts, order: Ints, left: int, right: int, move: int) -> int:
    """Slot cost where the move is felt."""
    if facts.late_weight == 0 and facts.move_weight == 0 and facts.early_weight == 0:
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
        change += even_swap(facts, state, left, right, write)
    else:
        change += ratio_change(facts, state, left, right, write)
        change += overload_change(facts, state, left, right, state.order.size, right, write)
        for thing in range(facts.share.size):
            change += even_change(facts, state, thing, left, right, write)
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


@njit(cache=True, no_cpython_wrapper=True)
def _home(facts: Facts, order: Ints, slot: int) -> tuple[int, int, int]:
    """Swap the unit of a slot back to where it is to stand; nowhere if it has no such slot within the order."""
    home = facts.reference[order[slot]]
    if not 0 <= home < order.size:
        return slot, slot, SWAP
    return min(slot, home), max(slot, home), SWAP


@njit(cache=True)
def anneal(
    facts: Facts, state: State, best: Ints, costs: Ints, fixed: int, seed: int, moves: int, heat: float, sizes: Ints
) -> None:
    """Try `moves` moves at one heat; the state goes on where it is, `best` and `costs` (now, least) are kept.

    A seed of 0 or more starts the dice anew. With room in `sizes` nothing is moved: the size of the change of each
    trial is written there instead, the scale of heat to begin with. A hard batch limit is broken by no move that is
    taken.
    """
    if seed >= 0:
        np.random.seed(seed)
    n, order = state.order.size, state.order
    reach = 30 if n > 60 else max(n // 2, 1)
    for trial in range(moves):
        left, right, move = _draw(fixed, n, reach)
        if facts.move_weight > 0 and np.random.random() < HOME:
            left, right, move = _home(facts, order, left)
        if left == right or left < fixed:
            continue
        apart = move == SWAP and _apart(facts, order, left, right)
        changes, batches = _paint(facts, order, left, right, move, apart)
        change = -_place(facts, order, left, right, move)
        _turn(order, left, right, move)
        more, beyond = _paint(facts, order, left, right, move, apart)
        change += _place(facts, order, left, right, move)
        change += (more - changes) * facts.colour_weight + (beyond - batches) * facts.batch_weight
        barred = facts.batch_hard == 1 and beyond > batches
        if not barred:
            change += _felt(facts, state, left, right, move, False)
        if sizes.size > 0:
            sizes[trial] = 0 if barred else abs(change)
        taken = sizes.size == 0 and not barred and (change <= 0 or np.random.random() < np.exp(-change / heat))
        if not taken:
            _turn(order, left, right, PUSH if move == PULL else PULL if move == PUSH else move)
            continue
        _felt(facts, state, left, right, move, True)
        costs[0] += change
        if costs[0] < costs[1]:
            costs[1] = costs[0]
            best[:] = order
