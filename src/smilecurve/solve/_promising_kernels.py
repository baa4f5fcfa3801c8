"""Compiled walks of solve.promising: who is ready when, and who arrives when."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from smilecurve.solve._sorting_kernels import sort_first

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Lot = tuple[Ints, Ints, Floats]
EPS = 1e-9


@njit(cache=True)
def _in_pools(mine: Ints, lots: Lot, until: int) -> float:
    """Pieces of the pools that are there by day `until`; the first pool is the order's own."""
    total = 0.0
    for pool in mine:
        if pool >= 0:
            for row in range(lots[0][pool], lots[0][pool + 1]):
                if lots[1][row] <= until:
                    total += lots[2][row]
    return total


@njit(cache=True)
def _parts_day(item: int, pieces: float, kit: tuple[Ints, Ints, Floats], parts: Lot, again: Ints) -> tuple[int, int]:
    """The first day all parts for `pieces` are there, and the part that comes last (-1: all there today)."""
    day, last = 0, -1
    for line in range(kit[0][item], kit[0][item + 1]):
        part, short = kit[1][line], pieces * kit[2][line]
        came = 0
        for row in range(parts[0][part], parts[0][part + 1]):
            if short <= EPS:
                break
            if parts[2][row] > EPS:
                short -= parts[2][row]
                came = max(came, parts[1][row])
        if short > EPS:
            came = again[part]
        came = min(came, again[part])
        if came > day:
            day, last = came, part
    return day, last


@njit(cache=True)
def _slots(item: int, free: Floats, lines: tuple[Ints, Ints], begin: int, end: int) -> float:
    total = 0.0
    for place in range(lines[0][item], lines[0][item + 1]):
        for day in range(max(begin, 0), min(end + 1, free.shape[1])):
            total += free[lines[1][place], day]
    return total


@njit(cache=True)
def _fits(
    until: int,
    item: int,
    pieces: float,
    mine: Ints,
    lots: Lot,
    free: Floats,
    lines: tuple[Ints, Ints],
    build: int,
    kit: tuple[Ints, Ints, Floats],
    parts: Lot,
    again: Ints,
) -> bool:
    """Can `pieces` be there by day `until` from pools and new builds together?"""
    short = pieces - _in_pools(mine, lots, until)
    if short <= EPS:
        return True
    day = _parts_day(item, short, kit, parts, again)[0]
    return bool(_slots(item, free, lines, day, until - build) >= short - EPS)


@njit(cache=True)
def _take_latest(rows: tuple[int, int], lots: Lot, until: int, want: float) -> tuple[float, int]:
    """Takes up to `want` from the latest lots not after `until`; what was taken and its latest day (-1 none)."""
    taken, latest = 0.0, -1
    for row in range(rows[1] - 1, rows[0] - 1, -1):
        if want - taken <= EPS:
            break
        if lots[1][row] <= until and lots[2][row] > EPS:
            take = min(want - taken, lots[2][row])
            lots[2][row] -= take
            taken += take
            latest = max(latest, lots[1][row])
    return taken, latest


@njit(cache=True)
def _build(
    item: int, pieces: float, begin: int, end: int, free: Floats, lines: tuple[Ints, Ints], used: Floats
) -> tuple[int, int]:
    """Takes slots from day `end` backwards; returns the first and last day used."""
    first, last = end, -1
    for day in range(min(end, free.shape[1] - 1), begin - 1, -1):
        for place in range(lines[0][item], lines[0][item + 1]):
            line = lines[1][place]
            take = min(pieces, free[line, day])
            if take > EPS:
                free[line, day] -= take
                used[line, day] += take
                pieces -= take
                first, last = day, max(last, day)
            if pieces <= EPS:
                return first, last
    return first, last


@njit(cache=True)
def walk(
    orders: tuple[Ints, Floats, Ints, Ints],
    lots: Lot,
    free: Floats,
    lines: tuple[Ints, Ints],
    build_days: Ints,
    kit: tuple[Ints, Ints, Floats],
    parts: Lot,
    again: Ints,
    keep: bool,
) -> tuple[Ints, Floats, Floats, Floats, Ints, Ints, Floats]:
    """All orders in turn; with `keep` false nothing is taken, so that each order is alone."""
    count, horizon = len(orders[0]), free.shape[1]
    ready = np.full(count, -1, np.int64)
    stock, receipts, built = np.zeros(count), np.zeros(count), np.zeros(count)
    binding, last_part, used = np.zeros(count, np.int64), np.full(count, -1, np.int64), np.zeros_like(free)
    for order in range(count):
        item, pieces, mine = orders[0][order], orders[1][order], orders[3][order]
        build, low = build_days[item], max(orders[2][order], 0)
        high = horizon - 1 + build
        for pool in mine:
            if pool >= 0 and lots[0][pool + 1] > lots[0][pool]:
                high = max(high, lots[1][lots[0][pool + 1] - 1])
        high = max(high, low)
        if not _fits(high, item, pieces, mine, lots, free, lines, build, kit, parts, again):
            continue
        if not _fits(low, item, pieces, mine, lots, free, lines, build, kit, parts, again):
            while high - low > 1:
                middle = (low + high) // 2
                if _fits(middle, item, pieces, mine, lots, free, lines, build, kit, parts, again):
                    high = middle
                else:
                    low = middle
            low = high
        ready[order] = low
        if not keep:
            continue
        rest, latest = pieces, 0
        for pool in mine:
            if pool >= 0:
                rows = (lots[0][pool], lots[0][pool + 1])
                for step in range(2):
                    got, day = _take_latest(rows, lots, 0 if step == 0 else low, rest)
                    if got > 0.0:
                        rest, latest = rest - got, max(latest, day)
                        stock[order] += got if step == 0 else 0.0
                        receipts[order] += got if step == 1 else 0.0
        binding[order] = 1 if receipts[order] > 0.0 else 0
        if rest > EPS:
            built[order] = rest
            begin, part = _parts_day(item, rest, kit, parts, again)
            first, end = _build(item, rest, begin, low - build, free, lines, used)
            latest = max(latest, end + build)
            bare = _slots(item, free, lines, 0, begin - 1) > EPS
            binding[order] = 3 if part >= 0 and bare and first <= begin else 2
            last_part[order] = part if binding[order] == 3 else -1
            for line in range(kit[0][item], kit[0][item + 1]):
                one = kit[1][line]
                _take_latest((parts[0][one], parts[0][one + 1]), parts, first, rest * kit[2][line])
        ready[order] = latest
    return ready, stock, receipts, built, binding, last_part, used


@njit(cache=True)
def _departure(day: float, every: int, first: int, closed_from: int, closed_until: int) -> int:
    """The first departure not before `day` outside the closed days."""
    leaves = first + int(np.ceil((day - first) / every - EPS)) * every
    if closed_from <= leaves < closed_until:
        leaves = first + int(np.ceil((closed_until - first) / every - EPS)) * every
    return leaves


@njit(cache=True)
def arrive(
    ready: Floats,
    slip_days: Floats,
    lane: Ints,
    transit: tuple[Floats, Floats],
    sails: tuple[Ints, Ints, Ints, Ints],
    draw_transit: Floats,
    draw_slip: Floats,
    quantiles: Floats,
) -> tuple[Ints, Floats]:
    """Departure without slip and the order statistics of arrival for each row."""
    count, draws = len(ready), len(draw_transit)
    departs, found = np.empty(count, np.int64), np.empty((count, len(quantiles)))
    days = np.empty(draws)
    for row in range(count):
        way = lane[row]
        every, first, shut, opens = sails[0][way], sails[1][way], sails[2][way], sails[3][way]
        departs[row] = _departure(ready[row], every, first, shut, opens)
        for draw in range(draws):
            leaves = departs[row]
            if slip_days[row] > 0.0:
                leaves = _departure(ready[row] + slip_days[row] * draw_slip[draw], every, first, shut, opens)
            days[draw] = leaves + np.exp(transit[0][way] + transit[1][way] * draw_transit[draw])
        sort_first(days, draws)
        for place in range(len(quantiles)):
            found[row, place] = days[min(draws - 1, int(np.ceil(quantiles[place] * draws)) - 1)]
    return departs, found
