"""Compiled books of solve.sequencing where only option windows and colours count: what a move costs, without doing it.

Every option keeps two rows of bits over its windows, `full` (one more unit is one too many) and `over` (one less unit
is one fewer too many), so that a swap is costed by counting bits, however wide the window. A reversal or an exchange
of neighbouring blocks is costed at its joints alone: windows between them only change places.

Sources: Estellon, Gardi & Nouioua (2008), EJOR 191:928-944 (what to count); Warren, Hacker's Delight (bits).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.core.cgutils import true_bit
from numba.extending import intrinsic
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]


class Book(NamedTuple):
    """By slot: unit, mask of its options, colour; by unit: its slot. counts, full and over[option, window + pad].

    first and last[option]: the windows that count.
    """

    unit: Ints
    mask: Bits
    colour: Ints
    slot: Ints
    counts: NDArray[np.int32]
    full: Bits
    over: Bits
    at_most: Ints
    out_of: Ints
    first: Ints
    last: Ints
    pad: int
    history: int
    limit: int


@intrinsic
def ones(_context: Any, number: Any) -> Any:
    """Count the bits of a word."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def lowest(_context: Any, number: Any) -> Any:
    """Give the place of the lowest bit of a word that is not 0."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], true_bit)

    return types.int64(types.uint64), generate


@intrinsic
def whole(_context: Any, number: Any) -> Any:
    """Read a word as a whole number."""

    def generate(_context: Any, _builder: Any, _signature: Any, arguments: Any) -> Any:
        return arguments[0]

    return types.int64(types.uint64), generate


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def having(mask: np.uint64, option: int) -> int:
    """Say whether a mask has an option (0 or 1)."""
    return 1 if (mask >> np.uint64(option)) & np.uint64(1) else 0


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def counted(rows: Bits, option: int, start: int, stop: int) -> int:
    """Count the bits of start..stop of an option's row (0 when stop < start)."""
    total = 0
    while start <= stop:
        word, shift = start >> 6, np.uint64(start & 63)
        bits = (rows[option, word] >> shift) | ((rows[option, word + 1] << np.uint64(1)) << (np.uint64(63) - shift))
        if stop - start < 63:
            bits &= (np.uint64(1) << np.uint64(stop - start + 1)) - np.uint64(1)
        total += ones(bits)
        start += 64
    return total


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def note(book: Book, option: int, window: int, count: int) -> None:
    """Write down the count of a window that counts, and its bits."""
    at = window + book.pad
    book.counts[option, at] = count
    word, bit = at >> 6, np.uint64(1) << np.uint64(at & 63)
    if count >= book.at_most[option]:
        book.full[option, word] |= bit
    else:
        book.full[option, word] &= ~bit
    if count > book.at_most[option]:
        book.over[option, word] |= bit
    else:
        book.over[option, word] &= ~bit


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def step(book: Book, option: int, start: int, stop: int, by: int) -> None:
    """Add to the counts of the windows start..stop, as far as they count."""
    for window in range(max(start, book.first[option]), min(stop, book.last[option]) + 1):
        note(book, option, window, book.counts[option, window + book.pad] + by)


@njit(cache=True)
def recount(book: Book, first: int, last: int) -> None:
    """Count every window anew that covers one of first..last."""
    n = book.unit.size
    for option in range(book.at_most.size):
        span = book.out_of[option]
        start, stop = max(first - span + 1, book.first[option]), min(last, book.last[option])
        count = 0
        for slot in range(start, min(start + span, n)):
            count += having(book.mask[slot], option)
        for window in range(start, stop + 1):
            note(book, option, window, count)
            count -= having(book.mask[window], option)
            if window + span < n:
                count += having(book.mask[window + span], option)


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def swap_change(book: Book, weight: Ints, left: int, right: int) -> int:
    """Weighted change of excess when the units of two slots left < right change places."""
    change = 0
    gone, come = book.mask[left] & ~book.mask[right], book.mask[right] & ~book.mask[left]
    rest = gone | come
    while rest:
        option = lowest(rest)
        rest &= rest - np.uint64(1)
        reach = book.out_of[option] - 1
        low, high = left - reach + book.pad, right + book.pad
        until, since = min(left, right - reach - 1) + book.pad, max(left + 1, right - reach) + book.pad
        if having(gone, option):
            felt = counted(book.full, option, since, high) - counted(book.over, option, low, until)
        else:
            felt = counted(book.full, option, low, until) - counted(book.over, option, since, high)
        change += felt * weight[option]
    return change


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def swap_units(book: Book, left: int, right: int) -> None:
    """Let the units of two slots change places; windows are not looked at."""
    one, other = book.unit[left], book.unit[right]
    book.unit[left], book.unit[right] = other, one
    book.mask[left], book.mask[right] = book.mask[right], book.mask[left]
    book.colour[left], book.colour[right] = book.colour[right], book.colour[left]
    book.slot[one], book.slot[other] = right, left


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def swap_windows(book: Book, left: int, right: int) -> None:
    """Bring the windows up to date after the swap of left < right."""
    come, gone = book.mask[left] & ~book.mask[right], book.mask[right] & ~book.mask[left]
    rest = gone | come
    while rest:
        option = lowest(rest)
        rest &= rest - np.uint64(1)
        reach = book.out_of[option] - 1
        by = 2 * having(come, option) - 1
        step(book, option, left - reach, min(left, right - reach - 1), by)
        step(book, option, max(left + 1, right - reach), right, -by)


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def reverse_change(book: Book, weight: Ints, left: int, right: int) -> int:
    """Weighted change of excess when left..right are reversed: only windows that cross one of its ends feel it."""
    change = 0
    length = right - left + 1
    for option in range(book.at_most.size):
        most, span = book.at_most[option], book.out_of[option]
        first, last, pad = book.first[option], book.last[option], book.pad
        felt, more = 0, 0
        for at in range(min(span, length) - 1):
            more += having(book.mask[right - at], option)
            more -= having(book.mask[left + at], option)
            if more == 0:
                continue
            window = left + at - span + 1
            if first <= window <= last:
                felt += max(0, book.counts[option, window + pad] + more - most) - max(
                    0, book.counts[option, window + pad] - most
                )
            window = right - at
            if first <= window <= last:
                felt += max(0, book.counts[option, window + pad] - more - most) - max(
                    0, book.counts[option, window + pad] - most
                )
        change += felt * weight[option]
    return change


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def reverse_units(book: Book, left: int, right: int) -> None:
    """Reverse left..right; windows are not looked at."""
    while left < right:
        swap_units(book, left, right)
        left, right = left + 1, right - 1


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def exchange_change(book: Book, weight: Ints, left: int, middle: int, right: int) -> int:
    """Weighted change of excess when the blocks left..middle-1 and middle..right change places: windows that cross a
    new joint, less those that crossed an old one.
    """
    change, n = 0, book.unit.size
    shift, back = middle - left, right - middle + 1
    for option in range(book.at_most.size):
        most, span = book.at_most[option], book.out_of[option]
        first, last, pad = book.first[option], book.last[option], book.pad
        felt, done = 0, first - 1
        for joint in (left, middle, right + 1):
            for window in range(max(joint - span + 1, done + 1), min(joint - 1, last) + 1):
                felt -= max(0, book.counts[option, window + pad] - most)
            done = max(done, min(joint - 1, last))
        done = first - 1
        count = 0
        for joint in (left, left + back, right + 1):
            start, stop = max(joint - span + 1, done + 1), min(joint - 1, last)
            for window in range(start, stop + 1):
                if window == start:
                    count, low = 0, start
                else:
                    low = window + span - 1
                    slot = window - 1
                    slot += 0 if slot < left or slot > right else shift if slot < left + back else -back
                    count -= having(book.mask[slot], option)
                for place in range(low, min(window + span, n)):
                    slot = place + (0 if place < left or place > right else shift if place < left + back else -back)
                    count += having(book.mask[slot], option)
                felt += max(0, count - most)
            done = max(done, stop)
        change += felt * weight[option]
    return change


@njit(cache=True, no_cpython_wrapper=True, forceinline=True)
def runs_within(book: Book, slot: int) -> bool:
    """Say whether the colour run at a slot keeps the batch limit."""
    if book.limit == 0:
        return True
    colour, low, high = book.colour[slot], slot, slot
    while low > book.history and book.colour[low - 1] == colour and high - low < book.limit:
        low -= 1
    while high + 1 < book.colour.size and book.colour[high + 1] == colour and high - low < book.limit:
        high += 1
    return high - low < book.limit
