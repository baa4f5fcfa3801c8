"""Which technician makes which visits in which order, so that windows, skills and parts hold at least cost?

Method    slack induction by string removals (Christiaens and Vanden Berghe 2020), compiled; the problem is the
          technician routing and scheduling problem of Pillac, Gueret and Medaglia (Optimization Letters 7, 2013)
          with visits that may stay out at a penalty
Proof     an assignment relaxation: every visit made has one successor and one predecessor, drives to it and back cost
          what they cost, waits at least what the windows force; no plan costs less
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from smilecurve.solve._routing_kernels import Case

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

__all__ = ["Left", "Routes", "Shifts", "Visits", "lower_bound", "route_technicians", "why_left"]


class Left(IntEnum):
    """Why a visit stays out."""

    MADE = 0
    NO_SKILL = 1
    NO_TIME = 2
    NO_PARTS = 3
    TOO_DEAR = 4
    NO_ROOM = 5


@dataclass(frozen=True)
class Visits:
    """What is to be done: window of the start and length in one time unit, penalty if left out, parts needed."""

    early: Floats
    late: Floats
    service: Floats
    penalty: Floats
    need: Ints


@dataclass(frozen=True)
class Shifts:
    """Who can do it when: start and end, parts in the van (shifts, parts), skills and tools (shifts, visits).

    extra (shifts, visits) is what it costs besides driving and working when this shift makes the visit; None: nothing.
    """

    start: Floats
    end: Floats
    van: Ints
    able: Flags
    tooled: Flags
    extra: Floats | None = None

    @property
    def added(self) -> Floats:
        """The extra cost, zeros where none was given."""
        return np.zeros(self.able.shape) if self.extra is None else self.extra.astype(np.float64)


@dataclass(frozen=True)
class Routes:
    """The plan: shift (-1: left out), place in its route and start of every visit; depot stops; cost and bound.

    stop[k] is how many visits shift k makes before it stops at the depot, -1 when it does not.
    """

    shift: Ints
    place: Ints
    begin: Floats
    leave: Floats
    back: Floats
    stop: Ints
    left: Ints
    cost: float
    bound: float


def route_technicians(
    travel: Floats,
    visits: Visits,
    shifts: Shifts,
    *,
    per_travel: float = 0.0,
    per_work: float = 1.0,
    depot: bool = False,
    rounds: int = 4000,
    seed: int = 0,
) -> Routes:
    """Decide routes that cost least: per_travel x driving + per_work x time from leaving home to return + penalties.

    travel   (visits + 1 + shifts,) squared: visits first, then the depot, then the home of each shift; the
             triangle inequality should hold
    depot    True: a shift may stop once at the depot and has every tool and part from there on
    rounds   tries of the search; the same seed and rounds give the same routes
    Raises ValueError when shapes do not fit.

    >>> one = Visits(np.array([0.0]), np.array([9.0]), np.array([1.0]), np.array([99.0]), np.zeros((1, 0), np.int64))
    >>> can = np.array([[True]])
    >>> day = Shifts(np.array([0.0]), np.array([9.0]), np.zeros((1, 0), np.int64), can, can)
    >>> got = route_technicians(np.array([[0.0, 2, 2], [2, 0, 0], [2, 0, 0]]), one, day, rounds=10)
    >>> got.cost, got.bound, got.begin.tolist(), got.back.tolist()
    (5.0, 5.0, [2.0], [5.0])
    """
    n, k = len(visits.early), len(shifts.start)
    if travel.shape != (n + 1 + k, n + 1 + k) or shifts.able.shape != (k, n):
        raise ValueError(f"{n} visits and {k} shifts need {n + 1 + k} locations, got {travel.shape}")
    if not n or not k:
        left = why_left(travel, visits, shifts, np.full(n, -1), per_travel, per_work, depot)
        none = np.full(n, -1, np.int64)
        cost = float(visits.penalty.sum())
        return Routes(none, none, np.full(n, np.nan), shifts.start, shifts.start, np.full(k, -1), left, cost, cost)
    from smilecurve.solve._routing_search import search

    case = _case(travel, visits, shifts, per_travel, per_work, depot)
    scale = (per_travel + per_work) * float(np.median(travel[:n, n + 1 :].min(axis=1))) + 1e-9
    plan, cost = search(case, min(n + 1, 400), rounds, scale, 0.01 * scale, seed)
    shift = np.asarray(plan.at, dtype=np.int64)
    place, begin, leave, back = _clock(travel, visits, shifts, plan.node, plan.length)
    left = why_left(travel, visits, shifts, shift, per_travel, per_work, depot)
    bound = min(cost, lower_bound(travel, visits, shifts, per_travel=per_travel, per_work=per_work))
    return Routes(shift, place, begin, leave, back, np.asarray(plan.stop), left, float(cost), bound)


def _case(travel: Floats, visits: Visits, shifts: Shifts, per_travel: float, per_work: float, depot: bool) -> Case:
    from smilecurve.solve._routing_kernels import Case

    n = len(visits.early)

    def with_depot(values: Floats, at_depot: float) -> Floats:
        return np.append(values.astype(np.float64), at_depot)

    near = np.argsort(travel[:n, :n], axis=1, kind="stable")[:, 1:]
    return Case(
        np.ascontiguousarray(travel, dtype=np.float64),
        with_depot(visits.early, float(shifts.start.min())),
        with_depot(visits.late, float(shifts.end.max())),
        with_depot(visits.service, 0.0),
        shifts.start.astype(np.float64),
        shifts.end.astype(np.float64),
        np.ascontiguousarray(shifts.able),
        np.ascontiguousarray(shifts.tooled),
        np.ascontiguousarray(shifts.added),
        np.ascontiguousarray(visits.need, dtype=np.int64),
        np.ascontiguousarray(shifts.van, dtype=np.int64),
        visits.penalty.astype(np.float64),
        shifts.able.sum(axis=0).astype(np.float64),
        np.ascontiguousarray(near[:, :200], dtype=np.int64),
        float(per_travel),
        float(per_work),
        bool(depot),
    )


def _clock(
    travel: Floats, visits: Visits, shifts: Shifts, node: Ints, length: Ints
) -> tuple[Ints, Floats, Floats, Floats]:
    """Leave home as late as every visit allows without later return, then as early as that allows."""
    n = len(visits.early)
    place, begin = np.full(n, -1, np.int64), np.full(n, np.nan)
    leave, back = shifts.start.astype(np.float64).copy(), shifts.start.astype(np.float64).copy()
    for k in np.nonzero(length)[0]:
        stops, home = node[k, : length[k]], n + 1 + k
        early = np.append(visits.early, -np.inf)[stops]
        late, service = np.append(visits.late, np.inf)[stops], np.append(visits.service, 0.0)[stops]
        drive = travel[np.append(home, stops), np.append(stops, home)]
        offset = np.cumsum(drive[:-1]) + np.append(0.0, np.cumsum(service)[:-1])
        wanted = max(float(shifts.start[k]), float((early - offset).max()))
        now = leave[k] = min(wanted, float((late - offset).min()))
        made = 0
        for v, go, first, spent in zip(stops, drive[:-1], early, service, strict=True):
            now = max(now + go, first)
            if v < n:
                place[v], begin[v] = made, now
                made += 1
            now += spent
        back[k] = now + drive[-1]
    return place, begin, leave, back


def lower_bound(
    travel: Floats, visits: Visits, shifts: Shifts, *, per_travel: float = 0.0, per_work: float = 1.0
) -> float:
    """Return a cost that no plan beats: the cheapest successor for every visit and shift, each used once.

    A visit may be its own successor at its penalty, a shift its own at nothing (it stays at home).
    """
    from scipy.optimize import linear_sum_assignment

    n, k = len(visits.early), len(shifts.start)
    far = 1e12
    go, back = travel[n + 1 :, :n], travel[:n, n + 1 :]
    per_drive, cost = per_travel + per_work, np.full((n + k, n + k), far)
    ready = visits.early + visits.service
    between = travel[:n, :n]
    forced = np.maximum(visits.early[None, :] - (visits.late + visits.service)[:, None] - between, 0.0)
    follows = ready[:, None] + between <= visits.late[None, :] + 1e-9
    together = shifts.able.T.astype(np.int64) @ shifts.able.astype(np.int64) > 0
    least = np.where(shifts.able, shifts.added, np.inf).min(axis=0, initial=np.inf)
    own = per_work * visits.service + np.where(np.isfinite(least), least, 0.0)
    arcs = per_drive * between + per_work * forced + own[None, :]
    cost[:n, :n] = np.where(follows & together, arcs, far)
    np.fill_diagonal(cost[:n, :n], np.minimum(visits.penalty, far))
    out = shifts.able & (shifts.start[:, None] + go <= visits.late[None, :] + 1e-9)
    home = shifts.able.T & (ready[:, None] + back <= shifts.end[None, :] + 1e-9)
    cost[n:, :n] = np.where(out, per_drive * go + own[None, :], far)
    cost[:n, n:] = np.where(home, per_drive * back, far)
    np.fill_diagonal(cost[n:, n:], 0.0)
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].sum())


def why_left(
    travel: Floats, visits: Visits, shifts: Shifts, shift: Ints, per_travel: float, per_work: float, depot: bool
) -> Ints:
    """Return for each visit the first reason that keeps it out (`Left`), 0 where it is made.

    In order: nobody has the skill; nobody skilled can come and be home in time; nobody of these has the parts;
    even alone it costs more than its penalty; the shifts are full.
    """
    n = len(visits.early)
    go, back = travel[n + 1 :, :n], travel[:n, n + 1 :].T
    arrive = np.maximum(shifts.start[:, None] + go, visits.early[None, :])
    timely = (arrive <= visits.late[None, :] + 1e-9) & (
        arrive + visits.service[None, :] + back <= shifts.end[:, None] + 1e-9
    )
    parts = shifts.tooled & (visits.need[None, :, :] <= shifts.van[:, None, :]).all(axis=2)
    parts = parts | depot
    alone = (per_travel + per_work) * (go + back) + per_work * visits.service[None, :] + shifts.added
    skilled = shifts.able
    in_time = skilled & timely
    supplied = in_time & parts
    cheap = supplied & (alone < visits.penalty[None, :])
    why = np.full(n, int(Left.NO_ROOM), np.int64)
    for code, some in (
        (Left.TOO_DEAR, cheap),
        (Left.NO_PARTS, supplied),
        (Left.NO_TIME, in_time),
        (Left.NO_SKILL, skilled),
    ):
        why[~some.any(axis=0)] = int(code)
    why[shift >= 0] = int(Left.MADE)
    return why
