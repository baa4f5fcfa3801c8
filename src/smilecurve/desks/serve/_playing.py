"""What becomes of a quarter's jobs when the dispatcher sends these partners, morning by morning?

Every morning the search of solve.routing sends the idle people of appointed partners to the jobs that wait, at least
cost of driving, prices and repeats. Nobody goes to more jobs a week than agreed. A job that no shift reaches and comes
home from is a journey of several days: first those are planned, then the day's tours. What a try does not mend waits
again next morning. A job that none of the appointed may do, or that costs more than the maker's own people, is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.serve._quarter import TRIES, WEEK_DAYS, Crews, Quarter
from smilecurve.terms.globe import great_circle

__all__ = ["Played", "Terms", "play_quarter"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NEAREST = 4
"""So many of the cheapest partners are asked for a job."""
AFTER = 20
"""Working days that are played on after the last job came."""
TRIED, MOST_TRIED = 20, 400
"""Tries of the search a job that waits, and at most."""
OVER = 0.5
"""An hour over the end of the shift weighs as so much of an hour's driving."""
WAIT = 10.0
"""A job that could be done today and is not weighs as so many of the maker's own people."""
FAR_H = 1e6
"""No job is too late, in hours."""


@dataclass(frozen=True)
class Terms:
    """What a job costs by each offer with way and repeats (jobs, offers), and without the first way there and back; may
    it be done; first-time share and whether appointed (offers,).
    """

    job: Floats
    besides: Floats
    may: Flags
    first: Floats
    appointed: Flags
    own_cost: float
    km_cost: float
    detour: float
    overtime_h: float


@dataclass(frozen=True)
class Played:
    """One row a visit in the order made: job, offer, week, km; per job hours to the first arrival (nan: nobody came),
    done, by the maker's own people; per offer hours of overtime.
    """

    job: Ints
    offer: Ints
    week: Ints
    km: Floats
    answer_h: Floats
    done: Flags
    own: Flags
    over_h: Floats


@dataclass(frozen=True)
class _Stage:
    """Who can make which job within one shift, who only on a journey, and how long that takes in hours of work."""

    quarter: Quarter
    crews: Crews
    terms: Terms
    near: Flags
    journey: Flags
    worked: Floats


class _State:
    """What is true on a morning, and what was done until then."""

    def __init__(self, stage: _Stage) -> None:
        jobs, offers = len(stage.quarter.opened), len(stage.terms.first)
        self.ready = stage.quarter.opened.copy()
        self.tries = np.zeros(jobs, dtype=np.int64)
        self.busy = np.zeros(len(stage.crews.partner))
        self.left = stage.crews.quota.copy()
        self.answer = np.full(jobs, np.nan)
        self.own: Flags = np.asarray(~(stage.near | stage.journey).any(axis=1))
        self.done: Flags = self.own.copy()
        self.over = np.zeros(offers)
        self.made: list[tuple[int, int, int, float]] = []


def play_quarter(quarter: Quarter, crews: Crews, terms: Terms) -> Played:
    """Play the quarter day by day, and on until nothing waits, AFTER days at most."""
    stage = _set(quarter, crews, terms)
    now = _State(stage)
    morning = float(crews.start.min(initial=24.0)) / 24.0
    for day in range(WEEK_DAYS * quarter.weeks + AFTER):
        if day % WEEK_DAYS == 0:
            now.left[:] = crews.quota
        for may, away in ((stage.journey, True), (stage.near, False)):
            idle = np.nonzero((now.busy <= day) & (now.left > 0))[0]
            waiting = np.nonzero(~now.done & (now.ready < day + morning))[0]
            waiting = waiting[may[np.ix_(waiting, idle)].any(axis=1)]
            if len(waiting):
                _send(stage, now, day, waiting, idle[may[np.ix_(waiting, idle)].any(axis=0)], away)
    made = np.array(now.made, dtype=np.float64).reshape(-1, 4)
    job, offer, week = made[:, :3].T.astype(np.int64)
    return Played(job, offer, week, made[:, 3], now.answer, now.done, now.own, now.over)


def _set(quarter: Quarter, crews: Crews, terms: Terms) -> _Stage:
    price = np.where(terms.may & terms.appointed & (terms.job < terms.own_cost), terms.job, np.inf)
    asked = np.isfinite(price)
    if price.shape[1] > NEAREST:
        asked &= price <= np.partition(price, NEAREST - 1, axis=1)[:, NEAREST - 1 : NEAREST]
    skilled = np.array([[not s or s in own for own in crews.skills] for s in quarter.skill], dtype=bool)
    can = asked[:, crews.partner] & skilled.reshape(len(quarter.skill), -1) & (crews.quota > 0)
    drive = terms.detour * great_circle(quarter.spot, crews.spot) / crews.speed
    worked = 2 * drive + quarter.hours[:, None]
    near = can & (worked <= crews.day_h + terms.overtime_h)
    return _Stage(quarter, crews, terms, near, can & ~near.any(axis=1)[:, None], worked)


def _send(stage: _Stage, now: _State, day: int, jobs: Ints, who: Ints, away: bool) -> None:
    """Plan and make the tours of one morning: of people `who` to `jobs`."""
    from smilecurve.solve.routing import Shifts, Visits, route_technicians

    crews, terms, n = stage.crews, stage.terms, len(jobs)
    able = (stage.journey if away else stage.near)[np.ix_(jobs, who)].T
    spots = np.vstack([stage.quarter.spot[jobs], crews.spot[who[:1]], crews.spot[who]])
    km, speed, length = terms.detour * great_circle(spots, spots), crews.speed[who], crews.day_h[who]
    days = np.ceil(np.where(able, stage.worked[np.ix_(jobs, who)].T, 0.0).max(axis=1) / length - 1e-9)
    start = np.zeros(len(who)) if away else crews.start[who]
    regular = days * length if away else crews.end[who]
    shifts = Shifts(
        start, regular + (0.0 if away else terms.overtime_h), now.left[who][:, None], able, np.ones_like(able),
        np.where(able, terms.besides[np.ix_(jobs, crews.partner[who])].T, 0.0),
        pace=speed.max() / speed, regular=regular, rest_at=crews.rest_at[who],
        rest=np.zeros(len(who)) if away else crews.rest[who],
    )  # fmt: skip
    visits = Visits(
        np.zeros(n), np.full(n, FAR_H), stage.quarter.hours[jobs], np.full(n, WAIT * terms.own_cost),
        np.ones((n, 1), dtype=np.int64),
    )  # fmt: skip
    drive_h = terms.km_cost * float(speed.max()) + 1e-6
    got = route_technicians(
        km / speed.max(), visits, shifts, per_travel=drive_h, per_work=0.0, per_over=OVER * drive_h,
        rounds=min(TRIED * n, MOST_TRIED), seed=day,
    )  # fmt: skip
    for k in np.unique(got.shift[got.shift >= 0]):
        stops = np.nonzero(got.shift == k)[0]
        stops = stops[np.argsort(got.place[stops])]
        path = np.concatenate([[n + 1 + k], stops, [n + 1 + k]])
        c, begin, back = int(who[k]), got.begin[stops], float(got.back[k])
        if away:
            nights = np.floor(begin / length[k])
            begin, back = 24.0 * nights + crews.start[c] + begin - nights * length[k], back / float(length[k])
        else:
            now.over[crews.partner[c]] += max(back - float(crews.end[c]), 0.0)
        now.busy[c] = day + (np.ceil(back - 1e-9) if away else 1.0)
        now.left[c] -= len(stops)
        _made(stage, now, day, jobs[stops], c, begin, float(km[path[:-1], path[1:]].sum()))


def _made(stage: _Stage, now: _State, day: int, jobs: Ints, crew: int, begin: Floats, km: float) -> None:
    """Note a tour: when each job was reached, whether that mended the machine, and the way, shared alike."""
    offer = int(stage.crews.partner[crew])
    fresh = np.isnan(now.answer[jobs])
    now.answer[jobs[fresh]] = (24.0 * (day - stage.quarter.opened[jobs]) + begin)[fresh]
    mends = stage.quarter.luck[jobs, now.tries[jobs]] < stage.terms.first[offer]
    now.tries[jobs] += 1
    now.done[jobs] = mends | (now.tries[jobs] == TRIES)
    now.ready[jobs] = day + np.floor(begin / 24.0) + 1.0
    now.made += [(int(j), offer, day // WEEK_DAYS, km / len(jobs)) for j in jobs]
