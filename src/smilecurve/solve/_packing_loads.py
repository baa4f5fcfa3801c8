"""Compiled station loads of solve.packing: what a load is made of, and which loads need not be looked at.

Sources: maximal loads, Hoffmann (1963), Management Science 9:551-562; preferred tasks, Jackson (1956), Management
Science 2:261-271; stations a task may stand at, Scholl & Becker (2006), EJOR 168:666-693.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._packing_bounds import STEPS, THRESHOLDS, bins_of
from smilecurve.solve._packing_pool import FRONT, START, Floats, Ints, bit, inner

FORWARD, BACKWARD, BOTH = 0, 1, 2
TAKEN = 1 << 40


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
    """What both ends share: times, what LB2 and LB3 make of them, the tasks longest first, all measures, the takt."""

    times: Ints
    halves: Ints
    sixths: Ints
    falling: Ints
    measures: Ints
    limits: Ints
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
    sums: Ints
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
        sums=np.zeros(1 + STEPS + THRESHOLDS, np.int64),
        kept=np.zeros((max(keep, 1), words), np.int64),
        kept_key=np.zeros((max(keep, 1), 4), np.int64),
        kept_score=np.zeros(max(keep, 1), np.float64),
    )


@inner
def lay_out(job: Job, side: Side, words: Ints, room: Room) -> int:
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
def pick(job: Job, side: Side, room: Room, key: Ints, task: int, tail: int) -> int:
    """Put a task into the load; return the number of tasks that can start, its followers among them."""
    room.inside[task] = True
    key[0] -= job.times[task]
    key[1] -= job.halves[task]
    key[2] -= job.sixths[task]
    for position in range(side.succ_at[task], side.succ_at[task + 1]):
        follower = side.succ[position]
        room.waiting[follower] -= 1
        if room.waiting[follower] == 0:
            room.queue[tail] = follower
            tail += 1
    return tail


@inner
def drop(job: Job, side: Side, room: Room, key: Ints, task: int) -> None:
    """Take a task out of the load."""
    room.inside[task] = False
    key[0] += job.times[task]
    key[1] += job.halves[task]
    key[2] += job.sixths[task]
    for position in range(side.succ_at[task], side.succ_at[task + 1]):
        room.waiting[side.succ[position]] += 1


@inner
def lay(words: Ints, room: Room, depth: int, must: Ints) -> bool:
    """Write the partial plan with the load into room.fresh; say whether all tasks that cannot wait are in it."""
    for index in range(words.size):
        room.fresh[index] = words[index]
    for at in range(depth):
        room.fresh[room.chosen[at] >> 6] |= np.int64(1) << (room.chosen[at] & 63)
    left = np.int64(0)
    for index in range(words.size):
        left |= must[index] & ~room.fresh[index]
    return bool(left == 0)


@inner
def replaceable(job: Job, side: Side, room: Room, depth: int, space: int) -> bool:
    """Say whether one task of the load could give way to a harder one (Jackson 1956): then the load is not needed."""
    for at in range(depth):
        task = room.chosen[at]
        for position in range(side.harder_at[task], side.harder_at[task + 1]):
            other = side.harder[position]
            if room.waiting[other] == 0 and not room.inside[other] and job.times[other] - job.times[task] <= space:
                return True
    return False


@inner
def hopeless(job: Job, sides: tuple[Side, Side], room: Room, key: Ints, level: int, target: int, mode: int) -> bool:
    """Say whether the tasks left cannot fit: by number, or those due by some station in the room until then."""
    count = START
    for task in job.falling:
        if not bit(room.fresh, task):
            room.left[count] = job.times[task]
            count += 1
    if bins_of(room.left, count, job.takt) > target - level:
        return True
    for end in range(2):
        if mode not in (BOTH, end):
            continue
        side = sides[end]
        room.sums[:] = 0
        filled = key[FRONT] if end == FORWARD else level - key[FRONT]
        for task in side.due:
            if not bit(room.fresh, task):
                until = min(target + 1 - side.tail[task] - filled, target - level)
                for way in range(job.limits.size):
                    room.sums[way] += job.measures[task, way]
                    if room.sums[way] > until * job.limits[way]:
                        return True
    return False


@inner
def offer(room: Room, kept: int, score: float, key: Ints) -> int:
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
def due_by(sides: tuple[Side, Side], n: int, target: int) -> Ints:
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
