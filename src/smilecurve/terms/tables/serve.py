"""Who serves machines in the field, which of them wait for a campaign, and who goes where?"""

from __future__ import annotations

from smilecurve.terms.table import BY_COLUMN, Spec, code, currency, date, flag, market, money, number, text, whole

BY_PARTNER = {"dealer": "market", "partner": "partner"}

PARTNERS = Spec(
    "partners",
    "Service partners and where they work",
    "serve",
    "given",
    (
        code("partner", "partner"),
        text("name", "name"),
        market(),
        number("latitude", "latitude", "degrees", least=-90, most=90),
        number("longitude", "longitude", "degrees", least=-180, most=180),
        money("visit_cost", "cost of one visit", least=0),
        currency(),
    ),
    ("partner",),
    BY_PARTNER,
)
TECHNICIANS = Spec(
    "technicians",
    "People who visit machines",
    "serve",
    "given",
    (
        code("technician", "technician"),
        code("partner", "partner"),
        market(),
        number("latitude", "latitude of the home base", "degrees", least=-90, most=90),
        number("longitude", "longitude of the home base", "degrees", least=-180, most=180),
        text("skills", "skill codes, separated by spaces"),
        number("shift_start_h", "start of the shift", "h", least=0, most=24),
        number("shift_end_h", "end of the shift", "h", least=0, most=24),
        number("speed_km_h", "average speed on the road", "km/h", least=1),
        number("break_start_h", "when the break begins", "h", least=0, most=24, optional=True),
        number("break_h", "length of the break", "h", least=0, most=4, optional=True),
        text("rest_days", "days of the week off, 1 Monday to 7 Sunday, separated by spaces; empty: 6 7", optional=True),
        number("van_kg", "what the van carries", "kg", least=0, optional=True),
    ),
    ("technician",),
    BY_PARTNER,
    spans=(("shift_start_h", "shift_end_h"),),
)
CAMPAIGN_MACHINES = Spec(
    "campaign_machines",
    "Machines in the yard or in the field that hold a component of a suspect lot",
    "serve",
    "seen",
    (
        code("machine", "serial"),
        code("model", "model"),
        code("part", "suspect part"),
        code("lot", "suspect lot"),
        market(optional=True),
        code("partner", "service partner", optional=True),
        code("holder", "who holds it", optional=True),
        code("status", "where it is"),
        code("place", "place", optional=True),
        number("latitude", "where it is", "degrees", optional=True),
        number("longitude", "where it is", "degrees", optional=True),
        flag("done", "already put right"),
    ),
    ("machine", "part", "lot"),
    BY_COLUMN,
    ("suspect_lots",),
)
SERVICE_ROUTES = Spec(
    "service_routes",
    "Who goes where, when, with which part",
    "serve",
    "decided",
    (
        code("visit", "visit: ticket or campaign and machine"),
        code("kind", "why we go", "ticket", "campaign"),
        code("machine", "serial"),
        market(optional=True),
        code("partner", "service partner", optional=True),
        code("holder", "who holds the machine", optional=True),
        code("technician", "who goes; empty if nobody can", optional=True),
        whole("day", "working day from today, 0 = next", optional=True),
        whole("position", "order on the tour", least=1, optional=True),
        number("arrive_h", "hour of arrival", "h", optional=True),
        number("leave_h", "hour of leaving", "h", optional=True),
        number("travel_km", "way from the stop before", "km", least=0, optional=True),
        code("part", "part to bring", optional=True),
        code("skill", "skill needed", optional=True),
        number("priority", "weight in the plan", least=0),
        code("reason", "why so"),
        code("supply", "where the part comes from", "van", "depot", "sent", optional=True),
        number("late_days", "days after the answer was due", "days", least=0, optional=True),
        code("second_part", "part that pays to be brought as well", optional=True),
        text("tools", "tools to bring, separated by spaces", optional=True),
        date("visit_date", "date of that day by the technician's week; empty: nobody goes", optional=True),
    ),
    ("visit",),
    BY_COLUMN,
)
