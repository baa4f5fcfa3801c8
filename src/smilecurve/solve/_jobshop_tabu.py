"""Compiled tabu search of solve.jobshop: orders on equipment, changed only where the longest path bends.

Operations are numbered; number n (one past the last) stands for "none" and has no time, no head and no tail. The head
of an operation is its earliest start, its tail the longest way from its start to the end of all work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SLOTS = 1 << 14
"""Places of the table of forbidden stretches; a power of two."""


class Facts(NamedTuple):
    """What never changes: time and equipment of each operation, the one before and after it in its job."""

    time: Ints
    place: Ints
    job_before: Ints
    job_after: Ints


class State(NamedTuple):
    """An order on every equipment and what it implies.

    before and after on the equipment, position there; a sequence of all operations in which everything that must be
    earlier is earlier, and the place in it; heads and tails; marks and a buffer for repairs of the sequence.
    """

    before: Ints
    after: Ints
    position: Ints
    sequence: Ints
    rank: Ints
    head: Ints
    tail: Ints
    mark: Ints
    spare: Ints


@njit(cache=True, no_cpython_wrapper=True)
def _heads(facts: Facts, state: State, first: int) -> None:
    """Renew the heads from a place of the sequence on."""
    time, head = facts.time, state.head
    for at in range(first, state.sequence.size):
        w = state.sequence[at]
        a, b = facts.job_before[w], state.before[w]
        head[w] = max(head[a] + time[a], head[b] + time[b])


@njit(cache=True, no_cpython_wrapper=True)
def _tails(facts: Facts, state: State, last: int) -> None:
    """Renew the tails from a place of the sequence backwards."""
    tail = state.tail
    for at in range(last, -1, -1):
        w = state.sequence[at]
        tail[w] = facts.time[w] + max(tail[facts.job_after[w]], tail[state.after[w]])


@njit(cache=True, no_cpython_wrapper=True)
def _begin(facts: Facts, sequence: Ints) -> State:
    """The state that a sequence of all operations implies."""
    n = sequence.size
    places = 0
    for w in range(n):
        places = max(places, facts.place[w] + 1)
    last, count = np.full(places, n), np.zeros(places, np.int64)
    state = State(
        np.full(n + 1, n),
        np.full(n + 1, n),
        np.zeros(n + 1, np.int64),
        sequence.copy(),
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n, np.int64),
    )
    for at in range(n):
        w = sequence[at]
        m = facts.place[w]
        state.rank[w] = at
        state.before[w] = last[m]
        if last[m] < n:
            state.after[last[m]] = w
        last[m] = w
        state.position[w] = count[m]
        count[m] += 1
    _heads(facts, state, 0)
    _tails(facts, state, n - 1)
    return state


@njit(cache=True, no_cpython_wrapper=True)
def _judge(facts: Facts, state: State, u: int, v: int, later: bool, salt: Ints, turn: Ints) -> tuple[int, int, int]:
    """Estimate the longest way through u..v after u is put behind v (later) or v before u; and the stretch's marks.

    Heads and tails within the stretch as if nothing else moved (Balas & Vazacopoulos 1998).
    """
    time, head, tail, spare = facts.time, state.head, state.tail, state.spare
    outside = state.before[u]
    end = head[outside] + time[outside]
    at, k, mark, old = state.position[u], 0, np.int64(0), np.int64(0)
    w = state.after[u] if later else v
    stop = state.after[v] if later else v
    while True:
        if w == stop and later:
            w = u
        a = facts.job_before[w]
        begin = max(end, head[a] + time[a])
        spare[k] = begin
        end = begin + time[w]
        mark += salt[w] * turn[at + k]
        old += salt[w] * turn[state.position[w]]
        k += 1
        if later:
            if w == u:
                break
            w = state.after[w]
        else:
            if k > 1 and w == state.before[v]:
                break
            w = u if k == 1 else state.after[w]
    longest, way = 0, tail[state.after[v]]
    while True:
        k -= 1
        way = max(way, tail[facts.job_after[w]]) + time[w]
        longest = max(longest, spare[k] + way)
        if k == 0:
            break
        w = v if w == u else state.before[w]
    return longest, mark, old


@njit(cache=True, no_cpython_wrapper=True)
def _slot(mark: int) -> int:
    """The place of a mark in the table of forbidden stretches."""
    return (mark >> 20) & (SLOTS - 1)


@njit(cache=True, no_cpython_wrapper=True)
def _stretch(state: State, u: int, v: int, salt: Ints, turn: Ints) -> int:
    """The mark of the stretch u..v as it stands."""
    mark, w = np.int64(0), u
    while True:
        mark += salt[w] * turn[state.position[w]]
        if w == v:
            return int(mark)
        w = state.after[w]


@njit(cache=True, no_cpython_wrapper=True)
def _move(facts: Facts, state: State, u: int, v: int, later: bool, stamp: int) -> None:
    """Put u right behind v, or v right before u; mend sequence, heads and tails."""
    n = state.sequence.size
    before, after, position = state.before, state.after, state.position
    left, right = before[u], after[v]
    first, last = position[u], position[v]
    w = after[u] if later else u
    if later:
        while True:
            position[w] -= 1
            if w == v:
                break
            w = after[w]
        position[u] = last
        second = after[u]
        before[second], after[u], before[u], after[v] = left, right, v, u
        if left < n:
            after[left] = second
        if right < n:
            before[right] = u
    else:
        while w != v:
            position[w] += 1
            w = after[w]
        position[v] = first
        third = before[v]
        after[third], before[v], after[v], before[u] = right, left, u, v
        if left < n:
            after[left] = v
        if right < n:
            before[right] = third
    _mend(facts, state, u, v, later, stamp)


@njit(cache=True, no_cpython_wrapper=True)
def _mend(facts: Facts, state: State, u: int, v: int, later: bool, stamp: int) -> None:
    """Bring the sequence in line between the places of u and v, then heads behind and tails before."""
    sequence, rank, mark, spare = state.sequence, state.rank, state.mark, state.spare
    low, high = rank[u], rank[v]
    kept = 0
    if later:
        mark[u] = stamp
        free = low
        for at in range(low, high + 1):
            w = sequence[at]
            if w == u or mark[facts.job_before[w]] == stamp or mark[state.before[w]] == stamp:
                mark[w] = stamp
                spare[kept] = w
                kept += 1
            else:
                sequence[free] = w
                rank[w] = free
                free += 1
        for k in range(kept):
            sequence[free + k] = spare[k]
            rank[spare[k]] = free + k
    else:
        mark[v] = stamp
        free = high
        for at in range(high, low - 1, -1):
            w = sequence[at]
            if w == v or mark[facts.job_after[w]] == stamp or mark[state.after[w]] == stamp:
                mark[w] = stamp
                spare[kept] = w
                kept += 1
            else:
                sequence[free] = w
                rank[w] = free
                free -= 1
        for k in range(kept):
            sequence[free - k] = spare[k]
            rank[spare[k]] = free - k
    _heads(facts, state, low)
    _tails(facts, state, high)


@njit(cache=True, no_cpython_wrapper=True)
def _critical(facts: Facts, state: State, longest: int, path: Ints) -> int:
    """Write one longest way, drawn by chance, from its end to its start; return its length."""
    n, time, head = state.sequence.size, facts.time, state.head
    found, w = 0, n
    for at in range(n):
        x = state.sequence[at]
        if head[x] + time[x] == longest:
            found += 1
            if np.random.random() * found < 1.0:
                w = x
    k = 0
    while w < n:
        path[k] = w
        k += 1
        a, b = facts.job_before[w], state.before[w]
        by_job = a < n and head[a] + time[a] == head[w]
        by_place = b < n and head[b] + time[b] == head[w]
        if by_job and by_place:
            by_job = np.random.random() < 0.5
        w = a if by_job else b if by_place else n
    return k


@njit(cache=True, no_cpython_wrapper=True)
def _longest(facts: Facts, state: State) -> int:
    longest = np.int64(0)
    for w in range(state.sequence.size):
        longest = max(longest, state.head[w] + facts.time[w])
    return int(longest)


@njit(cache=True, no_cpython_wrapper=True)
def _allowed(facts: Facts, state: State, u: int, v: int, later: bool) -> bool:
    """Say whether the move surely closes no circle."""
    if later:
        a = facts.job_after[u]
        return bool(a != v and state.tail[a] < facts.time[a] + state.tail[v])
    b = facts.job_before[v]
    return bool(b != u and state.head[b] < state.head[u] + facts.time[u])


@njit(cache=True)
def tabu(
    facts: Facts, start: Ints, seed: int, moves: int, patience: int, tenure: int, goal: int
) -> tuple[int, Ints, int]:
    """Search from a sequence until `patience` moves in a row brought nothing, `moves` were made or `goal` is met.

    Neighbourhood N7 on one longest way (Zhang, Li, Guan & Rao 2007); stretches of an equipment's order as they were
    are forbidden for a while (Peng, Lu & Cheng 2015). Returns the shortest length, its sequence and the moves made.
    """
    np.random.seed(seed)
    n = start.size
    state = _begin(facts, start)
    salt = np.random.randint(1, 1 << 62, n + 1)
    turn = np.random.randint(1, 1 << 62, n + 1)
    key, until = np.zeros(SLOTS, np.int64), np.zeros(SLOTS, np.int64)
    order = np.zeros(facts.place.max() + 1, np.int64)
    for w in range(n):
        order[facts.place[w]] += salt[w] * turn[state.position[w]]
    path, first, second = np.zeros(n, np.int64), np.zeros(4 * n, np.int64), np.zeros(4 * n, np.int64)
    way = np.zeros(4 * n, np.bool_)
    length = _longest(facts, state)
    best, kept, made, idle = length, state.sequence.copy(), 0, 0
    while made < moves and idle < patience and best > goal:
        count = _moves_of(facts, state, path, _critical(facts, state, length, path), first, second, way)
        if count == 0:
            break
        chosen, least, ties = -1, np.int64(1) << 60, 0
        for k in range(count):
            guess, mark, old = _judge(facts, state, first[k], second[k], way[k], salt, turn)
            if guess > least:
                continue
            if guess >= best:
                whole = order[facts.place[first[k]]] - old + mark
                if until[_slot(mark)] > made and key[_slot(mark)] == mark:
                    continue
                if until[_slot(whole)] > made and key[_slot(whole)] == whole:
                    continue
            ties = 1 if guess < least else ties + 1
            least = guess
            if np.random.random() * ties < 1.0:
                chosen = k
        if chosen < 0:
            chosen = int(np.random.random() * count)
        u, v, later = first[chosen], second[chosen], way[chosen]
        place = facts.place[u]
        made += 1
        idle += 1
        again = made + tenure + int(np.random.random() * tenure * 0.5)
        mark = _stretch(state, u, v, salt, turn)
        for forbidden in (mark, order[place]):
            key[_slot(forbidden)], until[_slot(forbidden)] = forbidden, again
        order[place] += _judge(facts, state, u, v, later, salt, turn)[1] - mark
        _move(facts, state, u, v, later, made)
        length = _longest(facts, state)
        if length < best:
            best, idle = length, 0
            for at in range(n):
                kept[at] = state.sequence[at]
    return best, kept, made


@njit(cache=True, no_cpython_wrapper=True)
def _moves_of(
    facts: Facts, state: State, path: Ints, long: int, first: Ints, second: Ints, way: NDArray[np.bool_]
) -> int:
    """List the moves on a longest way: each operation of a block to its ends, the ends into the block."""
    count, at = 0, long - 1
    while at >= 0:
        end = at
        while end > 0 and facts.place[path[end - 1]] == facts.place[path[at]]:
            end -= 1
        u, v = path[at], path[end]
        if end > 0:
            for k in range(at, end, -1):
                count = _note(facts, state, path[k], v, True, first, second, way, count)
                if k < at and (at < long - 1 or k == end + 1):
                    count = _note(facts, state, path[k], v, False, first, second, way, count)
        if at < long - 1:
            for k in range(end, at):
                if at - end > 1 or end == 0:
                    count = _note(facts, state, u, path[k], False, first, second, way, count)
                if k > end:
                    count = _note(facts, state, u, path[k], True, first, second, way, count)
        at = end - 1
    return count


@njit(cache=True, no_cpython_wrapper=True)
def _note(
    facts: Facts,
    state: State,
    u: int,
    v: int,
    later: bool,
    first: Ints,
    second: Ints,
    way: NDArray[np.bool_],
    count: int,
) -> int:
    """Write a move down if it closes no circle; return how many are written."""
    if not _allowed(facts, state, u, v, later):
        return count
    first[count], second[count], way[count] = u, v, later
    return count + 1


@njit(cache=True)
def length_of(facts: Facts, sequence: Ints) -> tuple[int, Ints]:
    """The length of the plan a sequence implies, and the start of every operation."""
    state = _begin(facts, sequence)
    return _longest(facts, state), state.head[:-1]
