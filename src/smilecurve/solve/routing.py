"""Which technician makes which visits in which order, so that windows, skills and parts hold at least cost?

Method    slack induction by string removals (Christiaens and Vanden Berghe 2020), compiled; in several stages the
          best choice among all routes seen is made by HiGHS; the problem is the technician routing and scheduling
          problem of Pillac, Gueret and Medaglia (Optimization Letters 7, 2013) with visits that may stay out
Proof     an assignment relaxation: every visit made has one successor and one predecessor, drives to it and back cost
          what they cost, waits at least what the windows force; no plan costs less
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smilecurve.solve._routing_proof import lower_bound, why_left
from smilecurve.solve._routing_terms import Floats, Ints, Left, Routes, Shifts, Visits, work_hours

if TYPE_CHECKING:
    from smilecurve.solve._routing_kernels import Case

__all__ = ["Left", "Routes", "Shifts", "Visits", "lower_bound", "route_technicians", "why_left"]


def route_technicians(
    travel: Floats,
    visits: Visits,
    shifts: Shifts,
    *,
    per_travel: float = 0.0,
    per_work: float = 1.0,
    per_over: float = 0.0,
    depot: bool = False,
    depot_time: float = 0.0,
    rounds: int = 4000,
    seconds: float | None = None,
    stages: int = 1,
    heat: float = 1.0,
    begin: Routes | None = None,
    seed: int = 0,
) -> Routes:
    """Decide routes that cost least: per_travel x driving + per_work x time from leaving home to return, without rest,
    + per_over x time after the regular end + penalties + what visits cost besides.

    travel   (visits + 1 + shifts,) squared: visits first, then the depot, then the home of each shift; the
             triangle inequality should hold
    depot    True: a shift may stop once at the depot for `depot_time` and has every tool and part from there on
    rounds   tries of the search; the same seed and rounds give the same routes
    seconds  CPU time of this thread instead of rounds; stages: how often all routes seen are chosen from anew, plus one
    heat     of the search at its begin; small with `begin`, a plan of the same visits and shifts that is bettered
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
    price = (per_travel, per_work, per_over)
    barred = why_left(travel, visits, shifts, np.full(n, -1), per_travel, per_work, depot)
    open_to = np.nonzero(~np.isin(barred, (Left.NO_SKILL, Left.NO_TIME, Left.NO_PARTS)))[0]
    shift, stop = np.full(n, -1, np.int64), np.full(k, -1, np.int64)
    place, start, leave, back = _clock(travel, visits, shifts, depot_time, shift, [])
    cost = float(visits.penalty.sum())
    if len(open_to) and k:
        from smilecurve.solve._routing_course import Course, search

        some = np.concatenate([open_to, np.arange(n, n + 1 + k)])
        case = _case(travel[np.ix_(some, some)], visits.only(open_to), shifts.only(open_to), price, depot, depot_time)
        scale = (per_travel + per_work) * float(np.median(case.travel[: len(open_to), len(open_to) + 1 :].min(1)))
        scale += 1e-9
        course = Course(rounds, seconds, heat * scale, 0.03 * heat * scale, stages, seed)
        plan, cost = search(
            case, min(len(open_to) + 1, 400) + 1, course, None if begin is None else _laid(begin, open_to)
        )
        cost += float(np.delete(visits.penalty, open_to).sum())
        shift[open_to], stop = plan.at, plan.stop
        nodes = [some[plan.node[j, : plan.length[j]]] for j in range(k)]
        place, start, leave, back = _clock(travel, visits, shifts, depot_time, shift, nodes)
    left = np.where(shift >= 0, int(Left.MADE), barred)
    least = lower_bound(travel, visits, shifts, per_travel=per_travel, per_work=per_work)
    return Routes(shift, place, start, leave, back, np.asarray(stop), left, float(cost), min(cost, least))


def _laid(begin: Routes, open_to: Ints) -> tuple[Ints, Ints]:
    """The routes of a plan as rows of nodes, with the depot as node `len(open_to)`."""
    shift, place = begin.shift[open_to], begin.place[open_to]
    used = np.unique(shift[shift >= 0])
    node = np.full((len(used), len(open_to) + 2), -1, np.int64)
    for i, k in enumerate(used):
        mine = np.nonzero(shift == k)[0]
        mine = mine[np.argsort(place[mine], kind="stable")]
        if begin.stop[k] >= 0:
            mine = np.insert(mine, int((place[mine] < begin.stop[k]).sum()), len(open_to))
        node[i, : len(mine)] = mine
    return used, node


def _case(
    travel: Floats,
    visits: Visits,
    shifts: Shifts,
    price: tuple[float, float, float],
    depot: bool,
    depot_time: float,
) -> Case:
    from smilecurve.solve._routing_kernels import Case

    n, work = len(visits.early), work_hours(visits, shifts)
    near = np.argsort(travel[:n, :n], axis=1, kind="stable")[:, 1:201]

    def numbers(values: Floats) -> Floats:
        return np.ascontiguousarray(values, dtype=np.float64)

    return Case(
        numbers(travel),
        numbers(shifts.paced),
        numbers(np.column_stack([work.early, work.start])),
        numbers(np.column_stack([work.late, work.end])),
        np.append(visits.service.astype(np.float64), depot_time),
        numbers(work.start),
        numbers(work.end),
        numbers(work.regular),
        np.ascontiguousarray(shifts.able),
        np.ascontiguousarray(shifts.tooled),
        np.ascontiguousarray(visits.on_shelf),
        numbers(shifts.added),
        np.ascontiguousarray(visits.need, dtype=np.int64),
        np.ascontiguousarray(shifts.van, dtype=np.int64),
        numbers(visits.penalty),
        shifts.able.sum(axis=0),
        np.ascontiguousarray(near, dtype=np.int64),
        float(price[0]),
        float(price[1]),
        float(price[2]),
        bool(depot),
    )


def _clock(
    travel: Floats, visits: Visits, shifts: Shifts, depot_time: float, shift: Ints, nodes: list[Ints]
) -> tuple[Ints, Floats, Floats, Floats]:
    """Leave home as late as every visit allows without later return, then as early as that allows; clock times."""
    n, work = len(visits.early), work_hours(visits, shifts)
    place, begin = np.full(n, -1, np.int64), np.full(n, np.nan)
    leave, back = shifts.start.astype(np.float64).copy(), shifts.start.astype(np.float64).copy()
    for k, stops in enumerate(nodes):
        if not len(stops):
            continue
        path = np.concatenate([[n + 1 + k], stops, [n + 1 + k]])
        early, late = np.append(work.early[k], -np.inf)[stops], np.append(work.late[k], np.inf)[stops]
        service = np.append(visits.service, depot_time)[stops]
        drive = travel[path[:-1], path[1:]] * shifts.paced[k]
        offset = np.cumsum(drive[:-1]) + np.append(0.0, np.cumsum(service)[:-1])
        now = max(work.start[k], min(max(work.start[k], float((early - offset).max())), float((late - offset).min())))
        leave[k], made = work.clock(k, now), 0
        for v, go, first, spent in zip(stops, drive[:-1], early, service, strict=True):
            now = max(now + go, first)
            if v < n:
                place[v], begin[v] = made, work.clock(k, now, visits.early[v])
                made += 1
            now += spent
        back[k] = work.clock(k, now + drive[-1])
    return place, begin, leave, back
