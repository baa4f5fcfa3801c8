"""What is asked and answered of routes: visits, shifts, routes, and hours of work without the rest in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Left(IntEnum):
    """Why a visit stays out."""

    MADE = 0
    NO_SKILL = 1
    NO_TIME = 2
    NO_PARTS = 3
    TOO_DEAR = 4
    NO_ROOM = 5
    NO_TOOL = 6
    TOOL_TAKEN = 7


@dataclass(frozen=True)
class Visits:
    """What is to be done: window of the start and length in one time unit, penalty if left out, parts needed.

    shelved   can its parts and tools be had at the depot; None: all
    """

    early: Floats
    late: Floats
    service: Floats
    penalty: Floats
    need: Ints
    shelved: Flags | None = None

    @property
    def on_shelf(self) -> Flags:
        """Whether parts and tools can be had at the depot."""
        return np.ones(len(self.early), np.bool_) if self.shelved is None else self.shelved

    def only(self, some: Ints) -> Visits:
        """These visits alone."""
        return Visits(
            self.early[some], self.late[some], self.service[some], self.penalty[some], self.need[some],
            self.on_shelf[some],
        )  # fmt: skip


@dataclass(frozen=True)
class Shifts:
    """Who can do it when: start and end, parts in the van (shifts, parts), skills and tools (shifts, visits).

    extra (shifts, visits) is what it costs besides driving and working when this shift makes the visit; early and late
    (shifts, visits) narrow the window of a visit in this shift; pace (shifts) is the factor on travel; regular (shifts)
    the end after which time costs more; rest_at and rest (shifts) when it rests and how long: drives and work go on
    after it. None: nothing of it.
    """

    start: Floats
    end: Floats
    van: Ints
    able: Flags
    tooled: Flags
    extra: Floats | None = None
    early: Floats | None = None
    late: Floats | None = None
    pace: Floats | None = None
    regular: Floats | None = None
    rest_at: Floats | None = None
    rest: Floats | None = None

    @property
    def added(self) -> Floats:
        """The extra cost, zeros where none was given."""
        return np.zeros(self.able.shape) if self.extra is None else self.extra.astype(np.float64)

    @property
    def paced(self) -> Floats:
        """The factor on travel, ones where none was given."""
        return np.ones(len(self.start)) if self.pace is None else self.pace.astype(np.float64)

    def only(self, some: Ints) -> Shifts:
        """The same shifts for these visits alone."""
        return replace(
            self,
            able=self.able[:, some],
            tooled=self.tooled[:, some],
            extra=None if self.extra is None else self.extra[:, some],
            early=None if self.early is None else self.early[:, some],
            late=None if self.late is None else self.late[:, some],
        )


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


@dataclass(frozen=True)
class Work:
    """Times of each shift in hours of work: the clock stands still while it rests."""

    start: Floats
    end: Floats
    regular: Floats
    early: Floats
    late: Floats
    rest_at: Floats
    rest: Floats

    def clock(self, k: int, worked: float, early: float = -np.inf) -> float:
        """The time on the clock; at the rest itself before it, unless `early` lies in it."""
        after = worked > self.rest_at[k] + 1e-9 or (worked > self.rest_at[k] - 1e-9 and early > self.rest_at[k] + 1e-9)
        return float(worked + (self.rest[k] if after else 0.0))


def work_hours(visits: Visits, shifts: Shifts) -> Work:
    """Take the rest out of every time; a window that lies within the rest alone is shut."""
    k = len(shifts.start)
    rest = np.zeros(k) if shifts.rest is None else shifts.rest.astype(np.float64)
    at = np.full(k, np.inf) if shifts.rest_at is None else shifts.rest_at.astype(np.float64)

    def worked(times: Floats, at: Floats, rest: Floats) -> Floats:
        return np.where(times <= at, times, np.maximum(times - rest, at))

    early = np.maximum(visits.early[None, :], -np.inf if shifts.early is None else shifts.early)
    late = np.minimum(visits.late[None, :], np.inf if shifts.late is None else shifts.late)
    early, late = np.broadcast_to(early, shifts.able.shape), np.broadcast_to(late, shifts.able.shape)
    column, pause = at[:, None], rest[:, None]
    shut = ((early > column) & (late < column + pause)) | (late < early)
    return Work(
        worked(shifts.start, at, rest),
        worked(shifts.end, at, rest),
        worked(shifts.end if shifts.regular is None else shifts.regular, at, rest),
        worked(early, column, pause),
        np.where(shut, -1e12, worked(late, column, pause)),
        at,
        rest,
    )
