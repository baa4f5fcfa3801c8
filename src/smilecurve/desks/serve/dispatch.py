"""Who goes where, when, with which part, for tickets and for machines that hold a suspect lot?

Reads     ticket_triage, tickets, campaign_machines, technicians, depot_stocks, depots, markets; feedback suspect_lots
Decides   service_routes
Proof     hours of driving, working, waiting and leaving out against an assignment bound
Method    routes market by market: see solve.routing
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._calls import Call, collect_calls, keep_supplied
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.globe import great_circle
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES, SERVICE_ROUTES, TECHNICIANS
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, DEPOTS
from smilecurve.terms.tables.serve_tickets import TICKET_TRIAGE, TICKETS

__all__ = ["dispatch_visits"]

Floats = NDArray[np.float64]
MOST_VISITS = 300
WHY = ("", "no_skill", "no_time", "no_part", "too_far", "full")
Row = dict[str, object]


@desk(
    "serve.dispatch",
    question="Who goes where, when, with which part, for tickets and for machines that hold a suspect lot?",
    reads=(TICKET_TRIAGE, TICKETS, CAMPAIGN_MACHINES, TECHNICIANS, DEPOT_STOCKS, DEPOTS, MARKETS),
    feedback=(SUSPECT_LOTS,),
    decides=SERVICE_ROUTES,
    needs=("technicians",),
    reasons={
        "ticket": "{technician} comes on day {day} at {arrive_h:.1f} h as stop {position}, {travel_km:.0f} km on; "
        "priority {priority:.1f}",
        "campaign": "{technician} changes {part} of the suspect lot on day {day} at {arrive_h:.1f} h, stop {position}, "
        "{travel_km:.0f} km on; priority {priority:.1f}",
        "no_technician": "no technician works in {market}",
        "no_place": "nobody knows where {machine} stands",
        "no_skill": "nobody who may go there has the skill {skill}",
        "no_time": "the way there, the work and the way home do not fit into one shift",
        "no_part": "{part} lies on no shelf that serves {market}",
        "too_far": "going there costs more hours than leaving it out at priority {priority:.1f}",
        "full": "the shifts of these days are full; priority {priority:.1f} waits",
    },
)
def dispatch_visits(
    ticket_triage: pa.Table,
    tickets: pa.Table,
    campaign_machines: pa.Table,
    technicians: pa.Table,
    depot_stocks: pa.Table,
    depots: pa.Table,
    markets: pa.Table,
    *,
    suspect_lots: pa.Table | None = None,
    today: date | None = None,
    days: int = 5,
    campaign_minutes: int = 90,
    leave_out_h: float = 12.0,
    wait_h: float = 0.5,
    detour: float = 1.3,
    overtime_h: float = 2.0,
    rounds: int = 2000,
    seed: int = 0,
) -> Decision:
    """Decide the tours of the coming working days.

    today          day from which tickets wait; None: the day the last ticket was opened
    days           working days planned; campaign_minutes of work at a campaign machine (and where triage knows none)
    leave_out_h    hours that leaving out a visit of priority 1 costs; wait_h a day of waiting at priority 1
    detour         road over great-circle distance; overtime_h hours a shift may last longer
    rounds, seed   of the search: see solve.routing
    """
    _limits(days=days, campaign_minutes=campaign_minutes, leave_out_h=leave_out_h, wait_h=wait_h, overtime_h=overtime_h)
    calls = collect_calls(ticket_triage, tickets, campaign_machines, suspect_lots, today, campaign_minutes)
    calls, short = keep_supplied(calls, depot_stocks, depots, markets)
    rows = [_left(call, "no_part") for call in short]
    crews: dict[object, list[Row]] = defaultdict(list)
    for person in technicians.to_pylist():
        crews[person["market"]].append(person)
    waiting: dict[object, list[Call]] = defaultdict(list)
    for call in calls:
        if call.latitude is None or call.longitude is None:
            rows.append(_left(call, "no_place"))
        elif call.market not in crews:
            rows.append(_left(call, "no_technician"))
        else:
            waiting[call.market].append(call)
    left_out = 0.0 + sum(leave_out_h * float(str(row["priority"])) for row in rows)
    value, bound, figures = left_out, left_out, dict.fromkeys(("visits", "made", "travel_km", "tours"), 0.0)
    for market, some in waiting.items():
        got, cost, least, far = _tour(crews[market], some, days, leave_out_h, wait_h, detour, overtime_h, rounds, seed)
        rows += got
        value, bound = value + cost, bound + least
        figures["travel_km"] += far
    rows.sort(key=lambda row: str(row["visit"]))
    made = [row for row in rows if row.get("technician")]
    figures |= {"visits": float(len(rows)), "made": float(len(made))}
    figures["tours"] = float(len({(row["technician"], row["day"]) for row in made}))
    nobody = tuple(
        Clash(f"no technician works in {m}", "technicians.market", "appoint a partner there")
        for m in sorted({str(row["market"]) for row in rows if row["reason"] == "no_technician"})
    )
    return Decision(
        rows=SERVICE_ROUTES.rows(rows),
        proof=Proof("bound", value, min(bound, value), "hours", "assignment relaxation, market by market"),
        status="none" if rows and not made else "best" if value <= bound + 1e-9 else "good",
        clash=nobody,
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["priority"])), default=None),
        figures=figures,
    )


def _limits(**given: float) -> None:
    least = {"days": 1, "campaign_minutes": 1}
    bad = [
        Breach(f"{name} of {value:g} is below {least.get(name, 0)}", name, f"give at least {least.get(name, 0)}")
        for name, value in given.items()
        if not value >= least.get(name, 0)
    ]
    if bad:
        raise OptionRejected(bad)


def _tour(
    crew: Sequence[Row],
    calls: list[Call],
    days: int,
    leave_out_h: float,
    wait_h: float,
    detour: float,
    overtime_h: float,
    rounds: int,
    seed: int,
) -> tuple[list[Row], float, float, float]:
    """The rows of one market, their cost and bound in hours, and the way driven in km.

    Only the MOST_VISITS most urgent calls are planned; the bound of the others is that they cost at least nothing less
    than being made next to home. Everyone drives at the pace of the slowest.
    """
    from smilecurve.solve.routing import Shifts, Visits, route_technicians

    urgent = sorted(calls, key=lambda call: (-call.priority, call.visit))
    calls, later = urgent[:MOST_VISITS], urgent[MOST_VISITS:]
    people = sorted(crew, key=lambda person: str(person["technician"]))
    n, k = len(calls), len(people) * days
    day, who = np.repeat(np.arange(days), len(people)), np.tile(np.arange(len(people)), days)
    spots = [(c.latitude, c.longitude) for c in calls] + [(people[0]["latitude"], people[0]["longitude"])]
    spots += [(people[w]["latitude"], people[w]["longitude"]) for w in who]
    away = great_circle(np.array(spots, dtype=np.float64), np.array(spots, dtype=np.float64)) * detour
    priority = np.array([call.priority for call in calls])
    visits = Visits(
        np.zeros(n),
        np.full(n, 24.0 * days),
        np.array([call.hours for call in calls]),
        leave_out_h * priority,
        np.zeros((n, 0), np.int64),
    )
    fit = np.array([[_may(person, call, people) for call in calls] for person in people]).reshape(len(people), n)
    shifts = Shifts(
        24.0 * day + np.array([float(str(p["shift_start_h"])) for p in people])[who],
        24.0 * day + np.array([float(str(p["shift_end_h"])) + overtime_h for p in people])[who],
        np.zeros((k, 0), np.int64),
        fit[who],
        np.ones((k, n), dtype=np.bool_),
        wait_h * day[:, None] * priority[None, :],
    )
    pace = min(float(str(person["speed_km_h"])) for person in people)
    tries = int(min(rounds, max(200, 100 * n)))
    got = route_technicians(away / pace, visits, shifts, rounds=tries, seed=seed)
    rows, driven = [_left(call, "full") for call in later], 0.0
    order = np.lexsort((got.place, got.shift))
    before = -1
    for v in order:
        s, call = int(got.shift[v]), calls[v]
        if s < 0:
            rows.append(_left(call, WHY[int(got.left[v])]))
            continue
        here = n + 1 + s if got.place[v] == 0 else before
        if got.place[v] == 0 and before >= 0:
            driven += float(away[before, n + 1 + int(got.shift[before])])
        driven += float(away[here, v])
        begin = float(got.begin[v]) - 24.0 * int(day[s])
        rows.append(
            _named(call)
            | {
                "technician": people[int(who[s])]["technician"],
                "day": int(day[s]),
                "position": int(got.place[v]) + 1,
                "arrive_h": begin,
                "leave_h": begin + call.hours,
                "travel_km": float(away[here, v]),
                "reason": call.kind,
            }
        )
        before = int(v)
    if before >= 0:
        driven += float(away[before, n + 1 + int(got.shift[before])])
    waits = leave_out_h * sum(call.priority for call in later)
    least = sum(min(call.hours, leave_out_h * call.priority) for call in later)
    return rows, got.cost + waits, got.bound + least, driven


def _may(person: Row, call: Call, people: Sequence[Row]) -> bool:
    """May this technician make the call: right partner (if that partner has people here) and the skill?"""
    if call.partner and person["partner"] != call.partner and any(p["partner"] == call.partner for p in people):
        return False
    return not call.skill or call.skill in str(person["skills"]).split()


def _named(call: Call) -> Row:
    names = ("visit", "kind", "machine", "market", "partner", "holder", "part", "skill", "priority")
    return {name: getattr(call, name) for name in names}


def _left(call: Call, why: str) -> Row:
    return _named(call) | {"reason": why}
