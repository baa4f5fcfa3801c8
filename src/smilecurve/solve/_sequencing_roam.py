"""Compiled search of solve.sequencing where only option windows and colours count: many kinds of moves, millions a
second.

Swaps are drawn among all units, neighbours, units of one colour or of the same options, and where windows are too
full; insertions, reversals and exchanges of blocks anywhere, beside a unit of the same colour, or along whole colour
runs. Moves that cost nothing are taken, worse ones by chance at a heat.

Sources: Estellon, Gardi & Nouioua (2006), RAIRO-OR 40:355-379, and (2008), EJOR 191:928-944.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from smilecurve.solve._sequencing_windows import (
    Bits,
    Book,
    Ints,
    exchange_change,
    having,
    lowest,
    ones,
    recount,
    reverse_change,
    reverse_units,
    runs_within,
    swap_change,
    swap_units,
    swap_windows,
    whole,
)

MOVES = (
    *("any", "near", "colour", "options", "like", "near_like", "beside_hue"),
    *("full", "full_colour", "full_like", "full_near"),
    *("insert", "beside", "turn", "turn_runs", "blocks", "runs"),
)
ANY, NEAR, COLOUR, OPTIONS, LIKE, NEAR_LIKE, HUE, FULL, FULL_COLOUR, FULL_LIKE, FULL_NEAR = range(11)
INSERT, BESIDE, TURN, TURN_RUNS, BLOCKS, RUNS = range(11, 17)
SWAPS = FULL_NEAR


class Kin(NamedTuple):
    """Units that may move, sorted by colour and by options; by unit where its kin begin there and how many.

    like[kind, rank]: units that differ least in their options from those of a kind, but differ; kind by unit.
    """

    kind: Ints
    like: Ints
    by_colour: Ints
    colour_first: Ints
    colour_many: Ints
    by_options: Ints
    options_first: Ints
    options_many: Ints


class Aim(NamedTuple):
    """What counts now: weight of an excess by option, of a colour change; mix[move], rising shares of 1024.

    slack: what a move may gain by windows at most beside a colour change too many; hopeless ones end there.
    """

    weight: Ints
    colour_weight: int
    slack: int
    mix: Ints


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _below(dice: Bits, limit: int) -> int:
    """Draw a whole number from 0 to limit - 1 (xorshift64*)."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    high = (x * np.uint64(2685821657736338717)) >> np.uint64(32)
    return int(whole((high * np.uint64(limit)) >> np.uint64(32)))


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _chance(dice: Bits) -> float:
    """Draw from (0, 1]."""
    return float((_below(dice, 1 << 31) + 1.0) / (1 << 31))


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _too_full(book: Book, aim: Aim, fixed: int, dice: Bits) -> int:
    """Draw a slot in a window that is too full, of a unit that has its option if found soon; -1 if there is none."""
    option = _below(dice, book.at_most.size)
    if aim.weight[option] == 0:
        return -1
    words = book.over.shape[1]
    start = _below(dice, words)
    for at in range(words):
        word = start + at if start + at < words else start + at - words
        row = book.over[option, word]
        if row:
            turn = np.uint64(_below(dice, 64))
            bits = (row >> turn) << turn
            window = (word << 6) + lowest(bits if bits else row) - book.pad
            slot = -1
            for _ in range(4):
                slot = window + _below(dice, book.out_of[option])
                if slot < book.unit.size and having(book.mask[slot], option):
                    break
            return slot if fixed <= slot < book.unit.size else -1
    return -1


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _unlike(book: Book, one: int, other: int) -> int:
    """Say whether the units of two slots side by side change colour (0 or 1)."""
    return 1 if one >= 0 and other < book.colour.size and book.colour[one] != book.colour[other] else 0


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _swap_colours(book: Book, left: int, right: int) -> int:
    """Change of the number of colour changes when left < right are swapped."""
    one, other, colour = book.colour[left], book.colour[right], book.colour
    if one == other:
        return 0
    change = 0
    if left > 0:
        change += (1 if colour[left - 1] != other else 0) - (1 if colour[left - 1] != one else 0)
    if right + 1 < colour.size:
        change += (1 if colour[right + 1] != one else 0) - (1 if colour[right + 1] != other else 0)
    if right - left > 1:
        change += (1 if colour[left + 1] != other else 0) - (1 if colour[left + 1] != one else 0)
        change += (1 if colour[right - 1] != one else 0) - (1 if colour[right - 1] != other else 0)
    return change


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _nearest_like(book: Book, fixed: int, slot: int, dice: Bits) -> int:
    """Draw some slots near one, and give that whose unit differs least in its options, but differs."""
    low, high = max(slot - 20, fixed), min(slot + 20, book.unit.size - 1)
    found, least = slot, 64
    for _ in range(5):
        other = low + _below(dice, high - low + 1)
        apart = ones(book.mask[slot] ^ book.mask[other])
        if 0 < apart < least:
            found, least = other, apart
    return found


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _draw_swap(book: Book, kin: Kin, aim: Aim, fixed: int, move: int, dice: Bits) -> tuple[int, int]:
    """Draw two slots to swap; equal ones when there is nothing to do."""
    n = book.unit.size
    left = _too_full(book, aim, fixed, dice) if move >= FULL else fixed + _below(dice, n - fixed)
    if left < 0:
        return 0, 0
    unit = book.unit[left]
    if move == NEAR:
        right = min(left + 1 + _below(dice, 24), n - 1)
    elif move in (COLOUR, FULL_COLOUR):
        right = book.slot[kin.by_colour[kin.colour_first[unit] + _below(dice, kin.colour_many[unit])]]
    elif move == HUE:
        beside = left - 1 + 2 * _below(dice, 2)
        if not fixed <= beside < n or book.colour[beside] == book.colour[left]:
            return 0, 0
        unit = book.unit[beside]
        right = book.slot[kin.by_colour[kin.colour_first[unit] + _below(dice, kin.colour_many[unit])]]
    elif move in (NEAR_LIKE, FULL_NEAR):
        right = _nearest_like(book, fixed, left, dice)
    elif move in (LIKE, FULL_LIKE):
        many = kin.like.shape[1]
        if many == 0:
            return 0, 0
        right = book.slot[kin.like[kin.kind[unit], _below(dice, 1 + _below(dice, many))]]
    elif move == OPTIONS:
        right = book.slot[kin.by_options[kin.options_first[unit] + _below(dice, kin.options_many[unit])]]
    else:
        right = fixed + _below(dice, n - fixed)
    return min(left, right), max(left, right)


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _run_start(book: Book, slot: int, fixed: int) -> int:
    """Give the first slot of the colour run at a slot."""
    while slot > fixed and book.colour[slot - 1] == book.colour[slot]:
        slot -= 1
    return slot


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _draw_blocks(book: Book, kin: Kin, fixed: int, move: int, dice: Bits) -> tuple[int, int, int]:
    """Draw left, middle, right: blocks left..middle-1 and middle..right to exchange, or left..right to reverse."""
    n = book.unit.size
    left = fixed + _below(dice, n - fixed)
    if move == BESIDE:
        unit = book.unit[left]
        goal = book.slot[kin.by_colour[kin.colour_first[unit] + _below(dice, kin.colour_many[unit])]]
        goal += _below(dice, 2)
        if goal > left:
            return left, left + 1, goal - 1
        return goal, left, left
    reach = 48
    if move in (TURN_RUNS, RUNS) or _below(dice, 8) == 0:
        reach = n
    middle, right = left + 1 + _below(dice, reach), left + 1 + _below(dice, reach)
    if middle > right:
        middle, right = right, middle
    right = min(right, n - 1)
    middle = min(middle, right)
    if move == INSERT:
        middle = left + 1 if _below(dice, 2) else right
    elif move in (TURN_RUNS, RUNS):
        left = _run_start(book, left, fixed)
        if right < n - 1:
            right = _run_start(book, right + 1, fixed) - 1
        if move == RUNS and middle < n:
            middle = _run_start(book, middle, fixed)
    return left, middle, right


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _block_colours(book: Book, left: int, middle: int, right: int, turned: bool) -> int:
    """Change of the number of colour changes by an exchange, or by a reversal."""
    colour, n = book.colour, book.colour.size
    if turned:
        change = 0
        if left > 0:
            change += (1 if colour[left - 1] != colour[right] else 0) - _unlike(book, left - 1, left)
        if right + 1 < n:
            change += (1 if colour[left] != colour[right + 1] else 0) - _unlike(book, right, right + 1)
        return change
    change = (1 if colour[right] != colour[left] else 0) - _unlike(book, middle - 1, middle)
    if left > 0:
        change += (1 if colour[left - 1] != colour[middle] else 0) - _unlike(book, left - 1, left)
    if right + 1 < n:
        change += (1 if colour[middle - 1] != colour[right + 1] else 0) - _unlike(book, right, right + 1)
    return int(change)


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _blocks_done(book: Book, left: int, middle: int, right: int, turned: bool, undo: bool) -> None:
    """Reverse or exchange (or exchange back), windows not looked at."""
    if not turned:
        middle = left + right - middle + 1 if undo else middle
        reverse_units(book, left, middle - 1)
        reverse_units(book, middle, right)
    reverse_units(book, left, right)


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _taken(change: int, heat: float, dice: Bits) -> bool:
    """Take what costs nothing, and worse by chance."""
    return change <= 0 or (heat > 0.0 and change < 30.0 * heat and _chance(dice) < np.exp(-change / heat))


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _try_swap(book: Book, aim: Aim, left: int, right: int, heat: float, dice: Bits) -> tuple[bool, int]:
    """Swap if taken; say whether it was, and what it changed."""
    if book.mask[left] == book.mask[right] and book.colour[left] == book.colour[right]:
        return False, 0
    painted = _swap_colours(book, left, right) * aim.colour_weight
    if painted > aim.slack + 8.0 * heat:
        return False, 0
    change = painted + swap_change(book, aim.weight, left, right)
    if not _taken(change, heat, dice):
        return False, 0
    swap_units(book, left, right)
    if book.colour[left] != book.colour[right] and not (runs_within(book, left) and runs_within(book, right)):
        swap_units(book, left, right)
        return False, 0
    swap_windows(book, left, right)
    return True, change


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def _try_blocks(
    book: Book, aim: Aim, left: int, middle: int, right: int, turned: bool, heat: float, dice: Bits
) -> tuple[bool, int]:
    """Reverse or exchange if taken; say whether it was, and what it changed."""
    painted = _block_colours(book, left, middle, right, turned) * aim.colour_weight
    if painted > aim.slack + 8.0 * heat:
        return False, 0
    if turned:
        change = painted + reverse_change(book, aim.weight, left, right)
    else:
        change = painted + exchange_change(book, aim.weight, left, middle, right)
    if not _taken(change, heat, dice):
        return False, 0
    _blocks_done(book, left, middle, right, turned, False)
    if not (runs_within(book, left) and runs_within(book, right) and runs_within(book, left + right - middle)):
        _blocks_done(book, left, middle, right, turned, True)
        return False, 0
    recount(book, left, right)
    return True, change


@njit(cache=True)
def roam(
    book: Book, kin: Kin, aim: Aim, fixed: int, dice: Bits, moves: int, heat: float, costs: Ints, best: Ints
) -> None:
    """Try `moves` moves at one heat; keep the best order and the costs (now, least)."""
    n = book.unit.size
    for _ in range(moves):
        draw, move = _below(dice, 1024), 0
        while draw >= aim.mix[move]:
            move += 1
        if move <= SWAPS:
            left, right = _draw_swap(book, kin, aim, fixed, move, dice)
            if left == right:
                continue
            taken, change = _try_swap(book, aim, left, right, heat, dice)
        else:
            left, middle, right = _draw_blocks(book, kin, fixed, move, dice)
            turned = move in (TURN, TURN_RUNS)
            if left >= right or right >= n or not (turned or left < middle <= right):
                continue
            taken, change = _try_blocks(book, aim, left, middle, right, turned, heat, dice)
        if taken:
            costs[0] += change
            if costs[0] < costs[1]:
                costs[1] = costs[0]
                best[:] = book.unit
