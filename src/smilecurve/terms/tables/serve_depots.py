"""Where could spare depots stand, where do machines work, and which places are kept?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, flag, market, money, number, share, text, whole

DEPOT_SITES = Spec(
    "depot_sites",
    "Places where spare depots stand or could stand",
    "serve",
    "given",
    (
        code("site", "place"),
        text("name", "name"),
        market(),
        number("latitude", "latitude", "degrees", least=-90, most=90),
        number("longitude", "longitude", "degrees", least=-180, most=180),
        money("cost_year", "rent, people and stock that lies there, a year", least=0),
        money("change_cost", "cost of opening it, or of closing it", least=0),
        flag("open", "a depot stands there now"),
        currency(),
        number(
            "resupply_days",
            "days in which the central depot would resupply it; empty: as the nearest depot",
            "days",
            least=0,
            optional=True,
        ),
    ),
    ("site",),
)
MACHINE_PLACES = Spec(
    "machine_places",
    "Where machines in service work, and how many parts they need",
    "serve",
    "seen",
    (
        market(),
        whole("north", "degree of latitude", "degrees", least=None),
        whole("east", "degree of longitude", "degrees", least=None),
        number("latitude", "mean latitude: of the last ticket that told it, else the middle of the market", "degrees"),
        number("longitude", "mean longitude", "degrees"),
        whole("machines", "machines in service"),
        whole("used", "parts used in the years observed"),
        number("years", "years observed", "years", least=0),
    ),
    ("market", "north", "east"),
)
DEPOT_PLAN = Spec(
    "depot_plan",
    "Which places of spare depots to open, keep or close",
    "serve",
    "decided",
    (
        code("site", "place"),
        market(),
        flag("before", "a depot stands there now"),
        flag("open", "a depot stands there in the plan"),
        whole("machines", "machines it serves"),
        share("within", "share of them within reach in time; empty: it serves none", optional=True),
        number("mean_km", "way of a part on average; empty: it serves none", "km", least=0, optional=True),
        whole("only", "machines in reach of this place and of no other that is open"),
        number("reach_km", "way within which a part comes in time", "km", least=0),
        money("saves_year", "what all others would cost more a year without it (closed: less with it)", least=0),
        money("cost_year", "what it costs a year", least=0),
        currency(),
        code("reason", "why so"),
    ),
    ("site",),
)
