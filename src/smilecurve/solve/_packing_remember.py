"""Compiled branch, bound and remember of solve.packing: stations are filled from either end of the line.

Cyclic best-first search: each level (number of filled stations) in turn extends its most promising partial plan by
maximal loads; a set of tasks met before in as few stations is not looked at again. When nothing was left out, the
search is a proof. Extending one partial plan a level, by its best load alone, is the construction of Hoffmann.

Sources: Hoffmann (1963); both ends, Fleszar & Hindi (2003), EJOR 145:606-620; Sewell & Jacobson (2012), INFORMS
J. Computing 24:433-442; Morrison, Sewell & Jacobson (2014), EJOR 236:403-409.
"""

from __future__ import annotations

from numba import njit

from smilecurve.solve._packing_loads import (
    BOTH,
    FORWARD,
    TAKEN,
    Job,
    Room,
    Side,
    drop,
    due_by,
    hopeless,
    lay,
    lay_out,
    offer,
    pick,
    replaceable,
)
from smilecurve.solve._packing_pool import (
    CUT,
    FRONT,
    NONE,
    SIZE,
    START,
    TURN,
    WORK,
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
CROWDED = -2


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
    if known >= 0 and pool.level[known] <= level:
        return NONE
    whole = key[0] == 0
    if whole:
        for task in range(job.times.size):
            whole = whole and bit(room.fresh, task)
    pool.tally[WORK] += job.times.size >> 2
    if not whole and (level == target or hopeless(job, sides, room, key, level, target, mode)):
        return NONE
    row = pool.tally[SIZE]
    if row == pool.level.size:
        pool.tally[CUT] = 1
        return CROWDED
    if known >= 0:
        pool.level[known] = -pool.level[known]
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
    score, space, depth, picks = pool.score[row], job.takt, START, START
    room.cursor[0], room.length[0], room.skipped[0] = 0, lay_out(job, side, pool.words[row], room), TAKEN
    opened = False
    while True:
        picked = NONE
        for at in range(room.cursor[depth], room.length[depth]):
            if job.times[room.queue[at]] <= space:
                picked = at
                break
        if picked >= 0 and picks < most:
            task = room.queue[picked]
            room.cursor[depth], room.chosen[depth] = picked + 1, task
            tail = pick(job, side, room, key, task, room.length[depth])
            space -= job.times[task]
            score -= side.value[task]
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
            wanted = lay(pool.words[row], room, depth, must[end, filled])
            if wanted and not replaceable(job, side, room, depth, space):
                if keep:
                    kept = offer(room, kept, score, key)
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
        drop(job, side, room, key, task)
        space += job.times[task]
        score += side.value[task]
        room.skipped[depth] = min(room.skipped[depth], job.times[task])
    pool.tally[WORK] += picks
    return NONE, kept


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
    must = due_by(sides, job.times.size, target)
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
        kept = START
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
