"""Who goes where, when, with which part, for tickets and for machines that hold a suspect lot?

Reads     ticket_triage, tickets, campaign_machines, technicians, depot_stocks, depots, markets, partners, van_stocks,
          visit_acts, service_levels, tools, tool_needs; feedback suspect_lots
Decides   service_routes
Proof     hours of driving, working, waiting and leaving out against an assignment bound
Method    routes market by market: see solve.routing
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pyarrow as pa

from smilecurve.desks.serve._calls import Call, collect_calls, first_day, keep_supplied
from smilecurve.desks.serve._crews import carriers, check_shifts, gather_crews, skills_of
from smilecurve.desks.serve._tools import gather_tools, name_tools, unknown_keepers
from smilecurve.desks.serve._tours import Prices, left_row, plan_tours
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES, PARTNERS, SERVICE_ROUTES, TECHNICIANS
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, DEPOTS
from smilecurve.terms.tables.serve_tickets import TICKET_TRIAGE, TICKETS
from smilecurve.terms.tables.serve_tools import TOOL_NEEDS, TOOLS
from smilecurve.terms.tables.serve_vans import VAN_STOCKS
from smilecurve.terms.tables.serve_visits import SERVICE_LEVELS, VISIT_ACTS

__all__ = ["dispatch_visits"]


@desk(
    "serve.dispatch",
    question="Who goes where, when, with which part, for tickets and for machines that hold a suspect lot?",
    reads=(
        TICKET_TRIAGE,
        TICKETS,
        CAMPAIGN_MACHINES,
        TECHNICIANS,
        DEPOT_STOCKS,
        DEPOTS,
        MARKETS,
        PARTNERS,
        VAN_STOCKS,
        VISIT_ACTS,
        SERVICE_LEVELS,
        TOOLS,
        TOOL_NEEDS,
    ),
    feedback=(SUSPECT_LOTS,),
    decides=SERVICE_ROUTES,
    needs=("technicians",),
    version="2",
    reasons={
        "ticket": "{technician} comes on {visit_date} at {arrive_h:.1f} h as stop {position}, {travel_km:.0f} km on; "
        "priority {priority:.1f}",
        "campaign": "{technician} changes {part} of the suspect lot on {visit_date} at {arrive_h:.1f} h, stop "
        "{position}, {travel_km:.0f} km on; priority {priority:.1f}",
        "promised": "{technician} accepted it and comes on {visit_date} at {arrive_h:.1f} h as stop {position}, "
        "{travel_km:.0f} km on",
        "no_technician": "no technician works in {market}",
        "no_place": "nobody knows where {machine} stands",
        "no_skill": "nobody who may go there has the skill {skill}",
        "no_tool": "nobody who may go there has {tools}",
        "tool_taken": "{tools} is with others on all days planned; priority {priority:.1f} waits",
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
    partners: pa.Table,
    van_stocks: pa.Table,
    visit_acts: pa.Table,
    service_levels: pa.Table,
    tools: pa.Table,
    tool_needs: pa.Table,
    *,
    suspect_lots: pa.Table | None = None,
    today: date | None = None,
    days: int = 5,
    campaign_minutes: int = 90,
    leave_out_h: float = 12.0,
    wait_h: float = 0.5,
    late_h: float = 0.5,
    move_h: float = 4.0,
    hour_cost: float = 300.0,
    detour: float = 1.3,
    overtime_h: float = 2.0,
    overtime_price: float = 0.5,
    rounds: int = 2000,
    seed: int = 0,
) -> Decision:
    """Decide the tours of the coming working days.

    today          day from which tickets wait; None: the day the last ticket was opened
    days           working days planned, from today on by the week of each technician
    campaign_minutes   of work at a campaign machine, and where triage knows none
    leave_out_h    hours that leaving out a visit of priority 1 costs; wait_h a day of waiting at priority 1
    late_h         hours that a day after the service level of a ticket costs more, at priority 1
    move_h         hours that sending another than the technician who accepted a visit costs
    hour_cost      price of an hour, in which partners dearer than the cheapest of their market are weighed
    detour         road over great-circle distance
    overtime_h     hours a shift may last longer; overtime_price what such an hour costs more, in hours
    rounds, seed   of the search: see solve.routing
    """
    _limits(
        days=days, campaign_minutes=campaign_minutes, leave_out_h=leave_out_h, wait_h=wait_h,
        late_h=late_h, move_h=move_h, hour_cost=hour_cost, overtime_h=overtime_h, overtime_price=overtime_price,
    )  # fmt: skip
    check_shifts(technicians, van_stocks, unknown_keepers(tools, technicians, partners))
    toolroom = gather_tools(tools)
    crews = gather_crews(technicians, partners, van_stocks, depots, markets, toolroom, hour_cost)
    first = first_day(today, tickets)
    calls = collect_calls(
        ticket_triage, tickets, campaign_machines, suspect_lots, first, campaign_minutes, visit_acts, service_levels
    )
    calls, short = keep_supplied(
        name_tools(calls, ticket_triage, tool_needs), depot_stocks, depots, markets, carriers(crews)
    )
    rows = [left_row(call, "no_part") for call in short]
    by = Prices(
        first, days, leave_out_h, wait_h, late_h, move_h, detour, overtime_h, overtime_price, rounds, seed
    )  # fmt: skip
    waiting: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.latitude is None or call.longitude is None:
            rows.append(left_row(call, "no_place"))
        elif call.market not in crews:
            rows.append(left_row(call, "no_technician"))
        else:
            waiting[str(call.market)].append(call)
    left_out = 0.0 + sum(leave_out_h * float(str(row["priority"])) for row in rows)
    value, bound, figures = left_out, left_out, dict.fromkeys(("visits", "made", "travel_km", "tours"), 0.0)
    for market, some in waiting.items():
        got, cost, least, far = plan_tours(crews[market], some, by)
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
    unskilled = tuple(
        Clash(f"nobody has the skill {skill}", "technicians.skills", "teach it, or correct the code of the skill")
        for skill in sorted({str(row["skill"]) for row in rows if row["reason"] == "no_skill"} - skills_of(technicians))
    )
    untooled = tuple(
        Clash(f"nobody has the tool {tool}", "tools", "get one, or correct the code of the tool")
        for tool in sorted({tool for call in calls for tool in call.tools} - toolroom.names)
    )
    return Decision(
        rows=SERVICE_ROUTES.rows(rows),
        proof=Proof("bound", value, min(bound, value), "hours", "assignment relaxation, market by market"),
        status="none" if rows and not made else "best" if value <= bound + 1e-9 else "good",
        clash=nobody + unskilled + untooled,
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["priority"])), default=None),
        figures=figures,
    )


def _limits(**given: float) -> None:
    least = {"days": 1, "campaign_minutes": 1, "hour_cost": 1}
    bad = [
        Breach(f"{name} of {value:g} is below {least.get(name, 0)}", name, f"give at least {least.get(name, 0)}")
        for name, value in given.items()
        if not value >= least.get(name, 0)
    ]
    if bad:
        raise OptionRejected(bad)
