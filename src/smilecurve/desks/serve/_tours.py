"""Which tours of the coming days make the visits of one market?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.serve._calendar import working_dates
from smilecurve.desks.serve._calls import Call
from smilecurve.desks.serve._tools import Toolroom, tools_at_hand
from smilecurve.terms.globe import great_circle

if TYPE_CHECKING:
    from smilecurve.solve.routing import Routes, Shifts

__all__ = ["Crew", "Prices", "left_row", "plan_tours"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = dict[str, object]
MOST_VISITS = 300
WHY = ("", "no_skill", "no_time", "no_part", "too_far", "full", "no_tool", "tool_taken")


@dataclass(frozen=True)
class Prices:
    """What the search weighs, in hours: see `dispatch_visits`."""

    first: date
    days: int
    leave_out_h: float
    wait_h: float
    late_h: float
    move_h: float
    detour: float
    overtime_h: float
    overtime_price: float
    rounds: int
    seed: int


@dataclass(frozen=True)
class Crew:
    """People of one market by code, what a visit of each costs more than of the cheapest (h), vans, depot, tools."""

    people: list[Row]
    dearer_h: Floats
    vans: Mapping[tuple[str, str], int]
    depot: tuple[float, float] | None
    tools: Toolroom


def plan_tours(crew: Crew, calls: Sequence[Call], by: Prices) -> tuple[list[Row], float, float, float]:
    """The rows of one market, their cost and bound in hours, and the way driven in km.

    Only the MOST_VISITS most urgent calls are planned; the others cost what leaving out costs, and their bound is
    their work or that, whichever is less.
    """
    from smilecurve.solve.routing import Visits, route_technicians
    from smilecurve.solve.routing_tools import share_tools

    urgent = sorted(calls, key=lambda call: (-call.priority, call.visit))
    calls, later = urgent[:MOST_VISITS], urgent[MOST_VISITS:]
    n, people = len(calls), crew.people
    who = np.tile(np.arange(len(people)), by.days)
    spots: list[tuple[object, object]] = [(c.latitude, c.longitude) for c in calls]
    spots.append(crew.depot or (people[0]["latitude"], people[0]["longitude"]))
    spots += [(people[w]["latitude"], people[w]["longitude"]) for w in who]
    away = great_circle(np.array(spots, dtype=np.float64), np.array(spots, dtype=np.float64)) * by.detour
    speed = np.array([float(str(person["speed_km_h"])) for person in people])
    priority = np.array([call.priority for call in calls])
    parts = sorted({call.part for call in calls if call.part and call.supply != "sent"})
    need = np.array([[call.supply != "sent" and call.part == part for part in parts] for call in calls])
    kept = by.move_h * np.array([call.promised in {p["technician"] for p in people} for call in calls])
    visits = Visits(
        np.zeros(n),
        np.full(n, 24.0 * by.days),
        np.array([call.hours for call in calls]),
        by.leave_out_h * priority + kept,
        need.reshape(n, len(parts)).astype(np.int64),
        np.array([call.supply == "depot" for call in calls]),
    )
    shifts = _shifts(crew, calls, parts, speed, by)

    def route(shifts: Shifts) -> Routes:
        rounds = int(min(by.rounds, max(200, 100 * n)))
        return route_technicians(away / speed.max(), visits, shifts, depot=crew.depot is not None,
                                 per_over=by.overtime_price, rounds=rounds, seed=by.seed)  # fmt: skip

    tools = tools_at_hand(crew.tools, people, calls, by.days)
    got = route(shifts) if tools is None else share_tools(route, visits, shifts, tools)
    rows, driven = _rows(got, crew, calls, shifts, away, by)
    waits = by.leave_out_h * sum(call.priority for call in later)
    least = sum(min(call.hours, by.leave_out_h * call.priority) for call in later)
    return rows + [left_row(call, "full") for call in later], got.cost + waits, got.bound + least, driven


def _shifts(crew: Crew, calls: Sequence[Call], parts: list[str], speed: Floats, by: Prices) -> Shifts:
    """Every person and day as a shift; the pieces of a van are spread over the days, the first day first."""
    from smilecurve.solve.routing import Shifts

    people, names = crew.people, [str(person["technician"]) for person in crew.people]
    day, who = np.repeat(np.arange(by.days), len(people)), np.tile(np.arange(len(people)), by.days)
    priority, waited = np.array([c.priority for c in calls]), np.array([c.waited for c in calls])

    def column(name: str, instead: float) -> Floats:
        return np.array([instead if p.get(name) is None else float(str(p[name])) for p in people])[who]

    fit = np.array([[_may(person, call, people) for call in calls] for person in people]).reshape(len(people), -1)
    moved = np.array([[c.promised in names and c.promised != name for c in calls] for name in names], dtype=np.float64)
    due = np.array([np.inf if c.due is None else c.due for c in calls])
    weeks = [working_dates(_text(p, "rest_days"), by.first, by.days) for p in people]
    passed = np.array([[(d - by.first).days for d in week] for week in weeks], dtype=np.float64).T.ravel()
    late = np.maximum(waited + passed[:, None] - due, 0.0)
    extra = by.wait_h * day[:, None] * priority + by.late_h * late * priority
    extra = extra + by.move_h * moved.reshape(len(people), -1)[who] + crew.dearer_h[who][:, None]
    pieces = np.array([[crew.vans.get((name, part), 0) for part in parts] for name in names]).reshape(len(people), -1)
    share = (pieces[who] + by.days - 1 - day[:, None]) // by.days
    regular = 24.0 * day + column("shift_end_h", 24.0)
    return Shifts(
        24.0 * day + column("shift_start_h", 0.0),
        regular + by.overtime_h,
        share.astype(np.int64),
        fit[who],
        np.ones((len(who), len(calls)), dtype=np.bool_),
        extra,
        pace=speed.max() / speed[who],
        regular=regular,
        rest_at=24.0 * day + column("break_start_h", 12.0),
        rest=column("break_h", 0.0),
    )


def _rows(
    got: Routes, crew: Crew, calls: Sequence[Call], shifts: Shifts, away: Floats, by: Prices
) -> tuple[list[Row], float]:
    """The decided rows in the order of the tours, and the way driven."""
    n, people, driven = len(calls), crew.people, 0.0
    rows: list[Row] = []
    here = before = -1
    for v in np.lexsort((got.place, got.shift)):
        s, call = int(got.shift[v]), calls[v]
        if s < 0:
            rows.append(left_row(call, WHY[int(got.left[v])]))
            continue
        if s != before:
            driven += float(away[here, n + 1 + before]) if before >= 0 else 0.0
            here, before = n + 1 + s, s
        way = float(away[here, v])
        if got.stop[s] == got.place[v]:
            way = float(away[here, n] + away[n, v])
        day, person = s // len(people), people[s % len(people)]
        on = working_dates(_text(person, "rest_days"), by.first, day + 1)[day]
        begin = float(got.begin[v]) - 24.0 * day
        rest_at, rest = (0.0 if x is None else float(x[s]) for x in (shifts.rest_at, shifts.rest))
        over_rest = begin < rest_at - 24.0 * day < begin + call.hours
        driven, here = driven + way, int(v)
        rows.append(
            _named(call)
            | {
                "technician": person["technician"],
                "day": day,
                "position": int(got.place[v]) + 1,
                "arrive_h": begin,
                "leave_h": begin + call.hours + (rest if over_rest else 0.0),
                "travel_km": way,
                "supply": _supply(call, 0 <= got.stop[s] <= got.place[v]),
                "late_days": None if call.due is None else max(call.waited + (on - by.first).days - call.due, 0.0),
                "visit_date": on,
                "reason": "promised" if call.promised == person["technician"] else call.kind,
            }
        )
    return rows, driven + (float(away[here, n + 1 + before]) if before >= 0 else 0.0)


def _text(person: Row, name: str) -> str | None:
    return None if person.get(name) is None else str(person[name])


def _supply(call: Call, stopped: bool) -> str | None:
    """Where the part of a visit comes from: the depot once the tour stopped there, the van before."""
    if not call.part:
        return None
    return call.supply if call.supply == "sent" else "depot" if stopped and call.supply == "depot" else "van"


def _may(person: Row, call: Call, people: Sequence[Row]) -> bool:
    """May this technician make the call: right partner (if that partner has people here) and the skill?"""
    if call.partner and person["partner"] != call.partner and any(p["partner"] == call.partner for p in people):
        return False
    return not call.skill or call.skill in str(person["skills"]).split()


def _named(call: Call) -> Row:
    names = ("visit", "kind", "machine", "market", "partner", "holder", "part", "second_part", "skill", "priority")
    return {name: getattr(call, name) for name in names} | {"tools": " ".join(call.tools) or None}


def left_row(call: Call, why: str) -> Row:
    """The row of a visit that nobody makes."""
    return _named(call) | {"reason": why}
