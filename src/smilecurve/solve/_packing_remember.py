"""Compiled branch, bound and remember of solve.packing: stations are filled from either end of the line.

Cyclic best-first search: each level (number of filled stations) in turn extends its most promising partial plan by
maximal loads; a set of tasks met before in as few stations is not looked at again. When nothing was left out, the
search is a proof. Extending one partial plan a level, by its best load alone, is the construction of Hoffmann.

Sources: Hoffmann (1963); both ends, Fleszar & Hindi (2003), EJOR 145:606-620; Sewell & Jacobson (2012), INFORMS
J. Computing 24:433-442; Morrison, Sewell & Jacobson (2014), EJOR 236:403-409.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from smilecurve.solve._packing_bounds import bins_of
from smilecurve.solve._packing_pool import (
    CUT,
    FRONT,
    NONE,
    SIZE,
    TURN,
    WORK,
    Floats,
    Ints,
    Pool,
    bit,
    inner,
    pop,
    push,
    slot_of,
)

FOUND, EXHAUSTED, PAUSED, FULL = 1, 0, 2, 3
"""A plan was found; nothing is left to try; the work ran out and can go on; the memory is full."""
FORWARD, BACKWARD, BOTH = 0, 1, 2
TAKEN = 1 << 40
CROWDED = -2


class Side(NamedTuple):
    """The tasks seen from one end of the line; `tail` bounds the stations from a task's own to the far end."""

    succ_at: Ints
    succ: Ints
    preds: Ints
    harder_at: Ints
    harder: Ints
    tail: Ints
    due: Ints
    value: Floats
    rank: Ints


class Job(NamedTuple):
    """What both ends share: times, the weights of LB2 and LB3, the tasks longest first, the takt."""

    times: Ints
    halves: Ints
    sixths: Ints
    falling: Ints
    takt: int


class Room(NamedTuple):
    """Working space of one search."""

    inside: NDArray[np.bool_]
    waiting: Ints
    queue: Ints
    chosen: Ints
    cursor: Ints
    length: Ints
    skipped: Ints
    fresh: Ints
    key: Ints
    left: Ints
    kept: Ints
    kept_key: Ints
    kept_score: Floats


def new_room(n: int, keep: int) -> Room:
    """Make working space for n tasks that holds the `keep` best loads of a partial plan."""
    words = (n + 63) // 64
    return Room(
        inside=np.zeros(n, np.bool_),
        waiting=np.zeros(n, np.int64),
        queue=np.zeros(n + 1, np.int64),
        chosen=np.zeros(n + 1, np.int64),
        cursor=np.zeros(n + 2, np.int64),
        length=np.zeros(n + 2, np.int64),
        skipped=np.zeros(n + 2, np.int64),
        fresh=np.zeros(words, np.int64),
        key=np.zeros(4, np.int64),
        left=np.zeros(n, np.int64),
        kept=np.zeros((max(keep, 1), words), np.int64),
        kept_key=np.zeros((max(keep, 1), 4), np.int64),
        kept_score=np.zeros(max(keep, 1), np.float64),
    )


@njit(cache=True)
def begin(job: Job, pool: Pool) -> None:
    """Enter the empty plan into an empty memory."""
    pool.words[0, :] = 0
    pool.key[0, 0], pool.key[0, 1], pool.key[0, 2] = job.times.sum(), job.halves.sum(), job.sixths.sum()
    pool.key[0, FRONT], pool.level[0], pool.score[0], pool.parent[0] = 0, 0, 0.0, NONE
    pool.table[slot_of(pool, pool.words[0])] = 1
    pool.tally[SIZE] = 1
    push(pool, 0)


@inner
def _replaceable(job: Job, side: Side, room: Room, depth: int, space: int) -> bool:
    """Say whether one task of the load could give way to a harder one (Jackson 1956): then the load is not needed."""
    for at in range(depth):
        task = room.chosen[at]
        for position in range(side.harder_at[task], side.harder_at[task + 1]):
            other = side.harder[position]
            if room.waiting[other] == 0 and not room.inside[other] and job.times[other] - job.times[task] <= space:
                return True
    return False


@inner
def _hopeless(job: Job, sides: tuple[Side, Side], room: Room, key: Ints, level: int, target: int, mode: int) -> bool:
    """Say whether the tasks left cannot fit: by L2, or because those due by some station exceed the room until then."""
    count = 0
    for task in job.falling:
        if not bit(room.fresh, task):
            room.left[count] = job.times[task]
            count += 1
    if bins_of(room.left, count, job.takt) > target - level:
        return True
    for end in range(2):
        if mode not in (BOTH, end):
            continue
        side, due = sides[end], 0
        filled = key[FRONT] if end == FORWARD else level - key[FRONT]
        for task in side.due:
            if not bit(room.fresh, task):
                due += job.times[task]
                if due > (target + 1 - side.tail[task] - filled) * job.takt:
                    return True
    return False


@inner
def _enter(
    job: Job,
    sides: tuple[Side, Side],
    pool: Pool,
    room: Room,
    key: Ints,
    score: float,
    parent: int,
    target: int,
    mode: int,
) -> int:
    """Remember the partial plan in room.fresh; return its row when it is whole, else NONE, or CROWDED without space."""
    level = pool.level[parent] + 1
    slot = slot_of(pool, room.fresh)
    known = pool.table[slot] - 1
    if known >= 0:
        if pool.level[known] <= level:
            return NONE
        pool.level[known] = -pool.level[known]
    whole = key[0] == 0
    if whole:
        for task in range(job.times.size):
            whole = whole and bit(room.fresh, task)
    pool.tally[WORK] += job.times.size >> 2
    if not whole and (level == target or _hopeless(job, sides, room, key, level, target, mode)):
        return NONE
    row = pool.tally[SIZE]
    if row == pool.level.size:
        pool.tally[CUT] = 1
        return CROWDED
    pool.tally[SIZE] += 1
    for index in range(room.fresh.size):
        pool.words[row, index] = room.fresh[index]
    for index in range(4):
        pool.key[row, index] = key[index]
    pool.level[row], pool.score[row], pool.parent[row] = level, score, parent
    pool.table[slot] = row + 1
    if whole:
        return int(row)
    push(pool, row)
    return NONE


@inner
def _open(job: Job, side: Side, words: Ints, room: Room) -> int:
    """Lay out the tasks of a partial plan that can start, in the order of their rank; return how many."""
    n = job.times.size
    for task in range(n):
        room.inside[task] = bit(words, task)
        room.waiting[task] = side.preds[task]
    for task in range(n):
        if room.inside[task]:
            room.waiting[task] = TAKEN
            for position in range(side.succ_at[task], side.succ_at[task + 1]):
                room.waiting[side.succ[position]] -= 1
    tail = 0
    for task in side.rank:
        if room.waiting[task] == 0:
            room.queue[tail] = task
            tail += 1
    return tail


@inner
def _offer(room: Room, kept: int, score: float, key: Ints) -> int:
    """Keep the load in room.fresh if it is among the best of its partial plan; return how many are kept."""
    at = kept
    if kept == room.kept_score.size:
        at = 0
        for row in range(1, kept):
            if room.kept_score[row] > room.kept_score[at]:
                at = row
        if room.kept_score[at] <= score:
            return kept
    else:
        kept += 1
    room.kept_score[at] = score
    for index in range(room.fresh.size):
        room.kept[at, index] = room.fresh[index]
    for index in range(4):
        room.kept_key[at, index] = key[index]
    return kept


@inner
def _extend(
    job: Job,
    sides: tuple[Side, Side],
    pool: Pool,
    room: Room,
    must: Ints,
    row: int,
    target: int,
    mode: int,
    end: int,
    limits: tuple[int, int],
    kept: int,
) -> tuple[int, int]:
    """Look at the maximal loads of the next station at one end; return the row of a whole plan or NONE, and the kept.

    limits: the loads kept (0: all, at once), and the picks allowed.
    """
    side, level = sides[end], pool.level[row] + 1
    left = target - level
    keep, most = limits
    key = room.key
    for index in range(4):
        key[index] = pool.key[row, index]
    key[FRONT] += 1 - end
    filled = key[FRONT] if end == FORWARD else level - key[FRONT]
    score, space, depth, picks = pool.score[row], job.takt, 0, 0
    room.cursor[0], room.length[0], room.skipped[0] = 0, _open(job, side, pool.words[row], room), TAKEN
    opened = False
    while True:
        picked = NONE
        for at in range(room.cursor[depth], room.length[depth]):
            if job.times[room.queue[at]] <= space:
                picked = at
                break
        if picked >= 0 and picks < most:
            task = room.queue[picked]
            room.cursor[depth] = picked + 1
            room.chosen[depth] = task
            room.inside[task] = True
            space -= job.times[task]
            key[0] -= job.times[task]
            key[1] -= job.halves[task]
            key[2] -= job.sixths[task]
            score -= side.value[task]
            tail = room.length[depth]
            for position in range(side.succ_at[task], side.succ_at[task + 1]):
                follower = side.succ[position]
                room.waiting[follower] -= 1
                if room.waiting[follower] == 0:
                    room.queue[tail] = follower
                    tail += 1
            room.skipped[depth + 1] = room.skipped[depth]
            depth += 1
            room.cursor[depth], room.length[depth] = picked + 1, tail
            opened = True
            picks += 1
            continue
        if picked >= 0:
            pool.tally[CUT] = 1
        if (
            opened
            and space < room.skipped[depth]
            and key[0] <= left * job.takt
            and key[1] <= 2 * left
            and key[2] <= 6 * left
        ):
            words = pool.words[row]
            for index in range(words.size):
                room.fresh[index] = words[index]
            for at in range(depth):
                room.fresh[room.chosen[at] >> 6] |= np.int64(1) << (room.chosen[at] & 63)
            possible = True
            for index in range(words.size):
                if must[end, filled, index] & ~room.fresh[index] != 0:
                    possible = False
                    break
            if possible and not _replaceable(job, side, room, depth, space):
                if keep:
                    kept = _offer(room, kept, score, key)
                else:
                    found = _enter(job, sides, pool, room, key, score, row, target, mode)
                    if found != NONE:
                        pool.tally[WORK] += picks
                        return found, kept
        opened = False
        if depth == 0:
            break
        depth -= 1
        task = room.chosen[depth]
        room.inside[task] = False
        space += job.times[task]
        key[0] += job.times[task]
        key[1] += job.halves[task]
        key[2] += job.sixths[task]
        score += side.value[task]
        if job.times[task] < room.skipped[depth]:
            room.skipped[depth] = job.times[task]
        for position in range(side.succ_at[task], side.succ_at[task + 1]):
            room.waiting[side.succ[position]] += 1
    pool.tally[WORK] += picks
    return NONE, kept


@inner
def _due_by(sides: tuple[Side, Side], n: int, target: int) -> Ints:
    """For each end and each number of stations filled there, the tasks that no later station may hold, as bits."""
    must = np.zeros((2, target + 2, (n + 63) // 64), np.int64)
    for end in range(2):
        for task in range(n):
            filled = max(target + 1 - sides[end].tail[task], 0)
            must[end, filled, task >> 6] |= np.int64(1) << (task & 63)
        for filled in range(1, target + 1):
            for index in range(must.shape[2]):
                must[end, filled, index] |= must[end, filled - 1, index]
    return must


@njit(cache=True)
def remember(
    job: Job,
    sides: tuple[Side, Side],
    pool: Pool,
    room: Room,
    target: int,
    mode: int,
    limits: tuple[int, int],
    budget: int,
) -> tuple[int, int]:
    """Go on looking for a plan of at most `target` stations; return FOUND, EXHAUSTED, PAUSED or FULL, and the row.

    mode: fill from the front, from the back, or from whichever end is better; limits: the loads kept of each partial
    plan (0: all) and the picks allowed for each; budget: picks in this call.
    """
    must = _due_by(sides, job.times.size, target)
    stop = pool.tally[WORK] + budget
    while True:
        level = pool.tally[TURN]
        for _ in range(target):
            if level >= target:
                level = 0
            if pool.root[level] >= 0:
                break
            level += 1
        if level >= target or pool.root[level] < 0:
            return EXHAUSTED, 0
        row = pop(pool, level)
        pool.tally[TURN] = level + 1
        if pool.level[row] < 0 or pool.key[row, 0] > (target - level) * job.takt:
            continue
        kept = 0
        for end in range(2):
            if mode in (BOTH, end):
                found, kept = _extend(job, sides, pool, room, must, row, target, mode, end, limits, kept)
                if found != NONE:
                    return (FULL, 0) if found == CROWDED else (FOUND, found)
        for at in range(kept):
            for index in range(room.fresh.size):
                room.fresh[index] = room.kept[at, index]
            for index in range(4):
                room.key[index] = room.kept_key[at, index]
            found = _enter(job, sides, pool, room, room.key, room.kept_score[at], row, target, mode)
            if found != NONE:
                return (FULL, 0) if found == CROWDED else (FOUND, found)
        if kept == room.kept_score.size and limits[0]:
            pool.tally[CUT] = 1
        if pool.tally[WORK] >= stop:
            return PAUSED, 0
