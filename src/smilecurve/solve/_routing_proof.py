"""What does no plan of routes beat, and why does a visit stay out? (part of `routing`)"""

from __future__ import annotations

import numpy as np

from smilecurve.solve._routing_terms import Flags, Floats, Ints, Left, Shifts, Visits, Work, work_hours

__all__ = ["lower_bound", "why_left"]


def lower_bound(
    travel: Floats, visits: Visits, shifts: Shifts, *, per_travel: float = 0.0, per_work: float = 1.0
) -> float:
    """Return a cost that no plan beats: the cheapest successor for every visit and shift, each used once.

    A visit may be its own successor at its penalty, a shift its own at nothing (it stays at home).
    """
    from scipy.optimize import linear_sum_assignment

    n, k = len(visits.early), len(shifts.start)
    if not n or not k:
        return float(visits.penalty.sum())
    far, work = 1e12, work_hours(visits, shifts)
    pace, per_drive, cost = shifts.paced, per_travel + per_work, np.full((n + k, n + k), far)
    go, back = travel[n + 1 :, :n] * pace[:, None], travel[:n, n + 1 :] * pace
    least = np.where(shifts.able, shifts.added, np.inf).min(axis=0, initial=np.inf)
    own = per_work * visits.service + np.where(np.isfinite(least), least, 0.0)
    follows, forced = _between(travel[:n, :n], visits, shifts, work)
    arcs = per_drive * travel[:n, :n] * pace.min() + per_work * forced + own[None, :]
    cost[:n, :n] = np.where(follows, arcs, far)
    np.fill_diagonal(cost[:n, :n], np.minimum(visits.penalty, far))
    out = shifts.able & (work.start[:, None] + go <= work.late + 1e-9)
    home = shifts.able & (work.early + visits.service[None, :] + back.T <= work.end[:, None] + 1e-9)
    cost[n:, :n] = np.where(out, per_drive * go + own[None, :], far)
    cost[:n, n:] = np.where(home.T, per_drive * back, far)
    np.fill_diagonal(cost[n:, n:], 0.0)
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].sum())


def _between(between: Floats, visits: Visits, shifts: Shifts, work: Work) -> tuple[Flags, Floats]:
    """Which visit can follow which in some shift, and how long every shift has to wait between them."""
    n = len(visits.early)
    follows, forced = np.zeros((n, n), np.bool_), np.full((n, n), np.inf)
    same: dict[bytes, list[int]] = {}
    for k in range(len(shifts.start)):
        same.setdefault(work.early[k].tobytes() + work.late[k].tobytes() + shifts.paced[k].tobytes(), []).append(k)
    for some in same.values():
        k, able = some[0], shifts.able[some].astype(np.float32)
        drive = between * shifts.paced[k]
        both = able.T @ able > 0
        follows |= both & ((work.early[k] + visits.service)[:, None] + drive <= work.late[k] + 1e-9)
        waits = work.early[k][None, :] - (work.late[k] + visits.service)[:, None] - drive
        forced = np.where(both, np.minimum(forced, np.maximum(waits, 0.0)), forced)
    return follows, np.where(np.isfinite(forced), forced, 0.0)


def why_left(
    travel: Floats, visits: Visits, shifts: Shifts, shift: Ints, per_travel: float, per_work: float, depot: bool
) -> Ints:
    """Return for each visit the first reason that keeps it out (`Left`), 0 where it is made.

    In order: nobody has the skill; nobody skilled can come and be home in time; nobody of these has the parts;
    even alone it costs more than its penalty; the shifts are full.
    """
    n, work, pace = len(visits.early), work_hours(visits, shifts), shifts.paced[:, None]
    go, back = travel[n + 1 :, :n] * pace, travel[:n, n + 1 :].T * pace
    arrive = np.maximum(work.start[:, None] + go, work.early)
    timely = (arrive <= work.late + 1e-7) & (arrive + visits.service[None, :] + back <= work.end[:, None] + 1e-7)
    parts = shifts.tooled & (visits.need[None, :, :] <= shifts.van[:, None, :]).all(axis=2)
    parts = parts | (depot & visits.on_shelf)[None, :]
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
