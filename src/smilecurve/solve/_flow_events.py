"""Compiled event-driven flow: trees of stations with posts side by side, crews, rework, hours and stops by the clock.

Each station hands to `to` (-1: out of the line) through `places`; a station with several feeders starts when each has
one ready. The recursion of _flow_kernels is the special case of one chain; both give the same departures there.

Stations and posts are records that the kernel changes; `when` holds the next event of every post, then of every post's
clock, every bay and every group of hours; `store` the queues, lanes and bays, each from its station's `at_...` on.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from smilecurve.solve._flow_noise import exponential_of, noise_of, stream_of, unit_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Records: TypeAlias = "np.recarray[tuple[int], np.dtype[np.void]]"

IDLE, WORK, BLOCKED, DOWN, WAIT, OFF = 0, 1, 2, 3, 4, 5
VISIT = 1 << 40
LANE = 1024
FINE, STUCK, OVERFULL = 0, 1, 2

WHOLE = (
    ("kind", "first_sample", "last_sample", "timed", "places", "to", "first_feeder", "last_feeder", "first_post",
     "last_post", "crew", "back_to", "group", "shut", "count", "head", "at_queue", "at_lane", "lane_head",
     "lane_count", "at_bay", "bay_head", "bay_count", "made", "stacked"),
    ("station", "mode", "before", "job", "stops", "stopping"),
    ("height", "gone", "code"),
)  # fmt: skip
REAL = (("spread", "stop_rate", "repair", "fails", "bay"), ("since", "begun", "left", "life"), ("time", "warmed"))
KEYS = (("serve", "judge"), ("fail",), ())
STATION, POST, CLOCK = (
    np.dtype([(n, "i8") for n in WHOLE[k]] + [(n, "f8") for n in REAL[k]] + [(n, "u8") for n in KEYS[k]])
    for k in range(3)
)


@njit(cache=True, no_cpython_wrapper=True)
def _spend(stations: Records, post: Records, spent: Floats, time: float, mode: int) -> None:
    """Book the time since the last change of a post and set its mode."""
    book = OFF if post.mode < DOWN and stations[post.station].shut else post.mode
    spent[post.station, book] += time - post.since
    post.since = time
    post.mode = mode


@njit(cache=True, no_cpython_wrapper=True)
def _resume(stations: Records, post: Records, at: int, when: Floats, time: float) -> None:
    """Let a post work on until its job is done or it stops, whichever comes first."""
    station = stations[post.station]
    if station.shut:
        return
    post.begun = time
    post.stopping = station.stop_rate > 0.0 and not station.timed and post.life < post.left
    when[at] = time + (post.life if post.stopping else post.left)


@njit(cache=True, no_cpython_wrapper=True)
def _pause(post: Records, at: int, when: Floats, time: float) -> None:
    """Stop the clock of a post that works."""
    worked = time - post.begun
    post.left = max(post.left - worked, 0.0)
    post.life -= worked
    when[at] = np.inf


@njit(cache=True, no_cpython_wrapper=True)
def _push(stations: Records, clock: Records, store: Ints, station: int) -> None:
    """Remember to look at a station."""
    if station >= 0 and not stations[station].stacked:
        stations[station].stacked = 1
        store[clock.height] = station
        clock.height += 1


@njit(cache=True, no_cpython_wrapper=True)
def _mend(stations: Records, post: Records, at: int, free: Ints, when: Floats, spent: Floats, time: float) -> None:
    """A repairer starts on a post."""
    station = stations[post.station]
    if station.crew >= 0:
        free[station.crew] -= 1
    _spend(stations, post, spent, time, DOWN)
    when[at] = time + station.repair * exponential_of(post.fail, 2 * post.stops + 1)
    post.stops += 1


@njit(cache=True, no_cpython_wrapper=True)
def _stop(stations: Records, posts: Records, at: int, free: Ints, when: Floats, spent: Floats, time: float) -> None:
    """A post stops: a repairer comes, or it waits for one."""
    post = posts[at]
    station = stations[post.station]
    post.before = post.mode
    _spend(stations, post, spent, time, WAIT)
    when[at] = np.inf
    if station.timed:
        when[posts.size + at] = np.inf
    if station.crew < 0 or free[station.crew] > 0:
        _mend(stations, post, at, free, when, spent, time)


@njit(cache=True, no_cpython_wrapper=True)
def _mended(stations: Records, posts: Records, at: int, free: Ints, when: Floats, spent: Floats, time: float) -> None:
    """A post is repaired: it goes on where it was, its repairer to the post that waits longest."""
    post = posts[at]
    station = stations[post.station]
    _spend(stations, post, spent, time, post.before)
    when[at] = np.inf
    post.life = exponential_of(post.fail, 2 * post.stops) / station.stop_rate
    if station.timed:
        when[posts.size + at] = time + post.life
    if post.mode == WORK:
        _resume(stations, post, at, when, time)
    if station.crew < 0:
        return
    free[station.crew] += 1
    longest = -1
    for other in range(posts.size):
        waits = posts[other].mode == WAIT and stations[posts[other].station].crew == station.crew
        if waits and (longest < 0 or posts[other].since < posts[longest].since):
            longest = other
    if longest >= 0:
        _mend(stations, posts[longest], longest, free, when, spent, time)


@njit(cache=True, no_cpython_wrapper=True)
def _done_post(station: Records, posts: Records) -> int:
    """Give the post of a station that has held its finished job longest, -1 if none."""
    longest = -1
    for post in range(station.first_post, station.last_post):
        if posts[post].mode == BLOCKED and (longest < 0 or posts[post].since < posts[longest].since):
            longest = post
    return longest


@njit(cache=True, no_cpython_wrapper=True)
def _hand_out(
    stations: Records, posts: Records, clock: Records, spent: Floats, store: Ints, at: int, warm: int
) -> None:
    """Pass finished jobs into the places behind the station, or out of the line."""
    station = stations[at]
    while True:
        done = _done_post(station, posts)
        if done < 0:
            return
        if station.to < 0:
            clock.gone += 1
            _spend(stations, posts[done], spent, clock.time, IDLE)
            if clock.gone == warm:
                for other in range(posts.size):
                    _spend(stations, posts[other], spent, clock.time, posts[other].mode)
                spent[:] = 0.0
                clock.warmed = clock.time
            continue
        _push(stations, clock, store, station.to)
        if station.count >= station.places:
            return
        store[station.at_queue + (station.head + station.count) % station.places] = posts[done].job
        station.count += 1
        _spend(stations, posts[done], spent, clock.time, IDLE)


@njit(cache=True, no_cpython_wrapper=True)
def _fetch(
    stations: Records, posts: Records, clock: Records, spent: Floats, store: Ints, feeders: Ints, at: int
) -> int:
    """Take what a job needs to start at a station and give its number, -1 if something is missing."""
    station = stations[at]
    if station.lane_count > 0:
        job = store[station.at_lane + station.lane_head]
        station.lane_head = (station.lane_head + 1) % LANE
        station.lane_count -= 1
        return int(job)
    if station.first_feeder == station.last_feeder:
        station.made += 1
        return int(station.made - 1)
    for k in range(station.first_feeder, station.last_feeder):
        if stations[feeders[k]].count == 0 and _done_post(stations[feeders[k]], posts) < 0:
            return -1
    number = -1
    for k in range(station.first_feeder, station.last_feeder):
        feeder = stations[feeders[k]]
        if feeder.count > 0:
            job = store[feeder.at_queue + feeder.head]
            feeder.head = (feeder.head + 1) % feeder.places
            feeder.count -= 1
        else:
            done = _done_post(feeder, posts)
            job = posts[done].job
            _spend(stations, posts[done], spent, clock.time, IDLE)
        _push(stations, clock, store, feeders[k])
        number = job if number < 0 else number
    return int(number)


@njit(cache=True, no_cpython_wrapper=True)
def _start(
    stations: Records, posts: Records, clock: Records, when: Floats, spent: Floats, store: Ints, feeders: Ints, at: int,
    work: Floats, models: Ints, samples: Floats
) -> None:  # fmt: skip
    """Start jobs on the idle posts of a station while there is something to work on."""
    station = stations[at]
    for k in range(station.first_post, station.last_post):
        post = posts[k]
        if post.mode != IDLE or station.shut:
            continue
        job = _fetch(stations, posts, clock, spent, store, feeders, at)
        if job < 0:
            return
        time = work[models[(job % VISIT) % models.size], at]
        if station.kind > 0:
            own = samples[station.first_sample : station.last_sample]
            time *= noise_of(station.kind, station.spread, station.serve, job, own)
        post.job = job
        post.left = time
        _spend(stations, post, spent, clock.time, WORK)
        _resume(stations, post, k, when, clock.time)


@njit(cache=True, no_cpython_wrapper=True)
def _settle(
    stations: Records, posts: Records, clock: Records, when: Floats, spent: Floats, store: Ints, feeders: Ints,
    work: Floats, models: Ints, samples: Floats, warm: int
) -> None:  # fmt: skip
    """Look at every remembered station until nothing moves."""
    while clock.height > 0:
        top = clock.height - 1
        clock.height = top
        at = store[top]
        stations[at].stacked = 0
        _hand_out(stations, posts, clock, spent, store, at, warm)
        _start(stations, posts, clock, when, spent, store, feeders, at, work, models, samples)


@njit(cache=True, no_cpython_wrapper=True)
def _back(stations: Records, clock: Records, store: Ints, to: int, job: int) -> None:
    """Put a job that failed its inspection into the lane of the station it goes back to."""
    station = stations[to]
    if station.lane_count >= LANE:
        clock.code = OVERFULL
        return
    store[station.at_lane + (station.lane_head + station.lane_count) % LANE] = job
    station.lane_count += 1
    _push(stations, clock, store, to)


@njit(cache=True, no_cpython_wrapper=True)
def _finish(
    stations: Records, posts: Records, clock: Records, when: Floats, spent: Floats, store: Ints, at: int, bays: int
) -> None:
    """A post is done: the job waits to be handed on, or goes back or into the bay when it fails its inspection."""
    post = posts[at]
    station = stations[post.station]
    _push(stations, clock, store, post.station)
    if station.fails <= 0.0 or unit_of(station.judge, post.job) >= station.fails:
        _spend(stations, post, spent, clock.time, BLOCKED)
        return
    _spend(stations, post, spent, clock.time, IDLE)
    if station.bay <= 0.0:
        _back(stations, clock, store, station.back_to, post.job + VISIT)
    elif station.bay_count >= LANE:
        clock.code = OVERFULL
    else:
        store[station.at_bay + (station.bay_head + station.bay_count) % LANE] = post.job + VISIT
        station.bay_count += 1
        if station.bay_count == 1:
            lasts = exponential_of(station.judge + np.uint64(1), post.job + VISIT)
            when[bays + post.station] = clock.time + station.bay * lasts


@njit(cache=True, no_cpython_wrapper=True)
def _out_of_bay(stations: Records, clock: Records, when: Floats, store: Ints, at: int, event: int) -> None:
    """A job leaves the bay of a station; the next one starts there."""
    station = stations[at]
    job = store[station.at_bay + station.bay_head]
    station.bay_head = (station.bay_head + 1) % LANE
    station.bay_count -= 1
    when[event] = np.inf
    if station.bay_count > 0:
        following = store[station.at_bay + station.bay_head]
        when[event] = clock.time + station.bay * exponential_of(station.judge + np.uint64(1), following)
    _back(stations, clock, store, station.back_to, job)


@njit(cache=True, no_cpython_wrapper=True)
def _switch(
    stations: Records, posts: Records, clock: Records, when: Floats, spent: Floats, store: Ints, group: int, shut: int
) -> None:
    """A group of stations begins or ends its hours."""
    for at in range(stations.size):
        station = stations[at]
        if station.group != group or station.shut == shut:
            continue
        for k in range(station.first_post, station.last_post):
            _spend(stations, posts[k], spent, clock.time, posts[k].mode)
            if shut and posts[k].mode == WORK:
                _pause(posts[k], k, when, clock.time)
        station.shut = shut
        for k in range(station.first_post, station.last_post):
            if not shut and posts[k].mode == WORK:
                _resume(stations, posts[k], k, when, clock.time)
        _push(stations, clock, store, at)


@njit(cache=True, no_cpython_wrapper=True)
def _open(stations: Records, posts: Records, when: Floats, seed: int, run: int) -> None:
    """Open the streams of every station and post and draw the first stops."""
    for at in range(stations.size):
        station = stations[at]
        station.serve, station.judge = stream_of(seed, run, at, 0), stream_of(seed, run, at, -1)
        for k in range(station.first_post, station.last_post):
            post = posts[k]
            post.fail = stream_of(seed, run, at, 1 + k - station.first_post)
            post.life = np.inf
            if station.stop_rate > 0.0:
                post.life = exponential_of(post.fail, 0) / station.stop_rate
                if station.timed:
                    when[posts.size + k] = post.life


@njit(cache=True, no_cpython_wrapper=True)
def _soonest(when: Floats) -> int:
    """Find the next event."""
    at = 0
    for other in range(1, when.size):
        if when[other] < when[at]:
            at = other
    return at


@njit(cache=True)
def run_plant(
    stations: Records, posts: Records, clocks: Records, when: Floats, store: Ints, free: Ints, feeders: Ints,
    work: Floats, models: Ints, samples: Floats, hours: Floats, cycle: float, bays: int, groups: int,
    seed: int, run: int, warm: int, jobs: int,
) -> Floats:  # fmt: skip
    """Run until `warm` and then `jobs` more have left; give by station and mode the time of its posts: idle, working,
    blocked, under repair, waiting for a repairer, outside its hours.

    hours[g]: the times in a cycle at which group g opens and closes in turn; bays, groups: where their events stand
    in `when`. The clock record then holds the time, the time the warm-up ended and a code (0 = fine).
    """
    clock = clocks[0]
    spent = np.zeros((stations.size, 6))
    _open(stations, posts, when, seed, run)
    turns = np.zeros(hours.shape[0], np.int64)
    for at in range(stations.size):
        _push(stations, clock, store, at)
    _settle(stations, posts, clock, when, spent, store, feeders, work, models, samples, warm)
    while clock.gone < warm + jobs and clock.code == FINE:
        event = _soonest(when)
        if when[event] == np.inf:
            clock.code = STUCK
            break
        clock.time = when[event]
        if event >= groups:
            group = event - groups
            _switch(stations, posts, clock, when, spent, store, group, turns[group] % 2)
            turns[group] += 1
            when[event] = hours[group, turns[group] % hours.shape[1]] + cycle * (turns[group] // hours.shape[1])
        elif event >= bays:
            _out_of_bay(stations, clock, when, store, event - bays, event)
        elif event >= posts.size:
            at = event - posts.size
            if posts[at].mode == WORK and not stations[posts[at].station].shut:
                _pause(posts[at], at, when, clock.time)
            _stop(stations, posts, at, free, when, spent, clock.time)
        elif posts[event].mode == DOWN:
            _mended(stations, posts, event, free, when, spent, clock.time)
            _push(stations, clock, store, posts[event].station)
        else:
            _pause(posts[event], event, when, clock.time)
            if posts[event].stopping:
                _stop(stations, posts, event, free, when, spent, clock.time)
            else:
                _finish(stations, posts, clock, when, spent, store, event, bays)
        _settle(stations, posts, clock, when, spent, store, feeders, work, models, samples, warm)
    for at in range(posts.size):
        _spend(stations, posts[at], spent, clock.time, posts[at].mode)
    return spent
