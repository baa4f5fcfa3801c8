"""Where do spares lie, how often are they asked for, and how many should lie there?"""

from __future__ import annotations

from smilecurve.terms.table import OPEN, Spec, code, currency, date, market, money, number, share, text, whole

DEPOTS = Spec(
    "depots",
    "Where spares lie: one central depot resupplies the others",
    "serve",
    "given",
    (
        code("depot", "depot"),
        text("name", "name"),
        market(),
        number("latitude", "latitude", "degrees", least=-90, most=90),
        number("longitude", "longitude", "degrees", least=-180, most=180),
        code("parent", "depot that resupplies it; empty for the central one", optional=True),
        number("resupply_days", "days from the parent (or from the maker)", "days", least=0),
        code("lateral_pool", "depots of one pool help each other out; empty: it stands alone", optional=True),
        number("lateral_days", "days in which a piece comes from its pool", "days", least=0, optional=True),
    ),
    ("depot",),
    OPEN,
)
DEPOT_STOCKS = Spec(
    "depot_stocks",
    "Spares on hand",
    "serve",
    "given",
    (code("depot", "depot"), code("part", "part"), whole("on_hand", "pieces on hand")),
    ("depot", "part"),
)
SPARE_DEMAND = Spec(
    "spare_demand",
    "Spares used, and the machines a depot answers for",
    "serve",
    "seen",
    (
        code("depot", "depot"),
        code("part", "part"),
        code("climate", "climate of the machines served", "hot", "temperate", "cold"),
        whole("used", "pieces used in the years observed"),
        number("years", "years observed", "years", least=0),
        whole("machines", "machines in service with this part"),
        number("mean_age_months", "their mean age in service", "months", least=0, optional=True),
    ),
    ("depot", "part", "climate"),
)
SPARE_MONTHS = Spec(
    "spare_months",
    "Spares used month by month; a month without a row used none",
    "serve",
    "seen",
    (
        code("depot", "depot"),
        code("part", "part"),
        date("month", "first day of the month"),
        whole("used", "pieces used", least=1),
    ),
    ("depot", "part", "month"),
)
SPARE_STOCK = Spec(
    "spare_stock",
    "How many of each spare should lie where, and what to move or buy",
    "serve",
    "decided",
    (
        code("depot", "depot"),
        code("part", "part"),
        number("demand_year", "demand a year", "pieces", least=0),
        number("demand_before", "demand a year seen in the past alone", "pieces", least=0),
        number(
            "foretold",
            "failures foretold in its markets, at a year's pace; empty: none are",
            "pieces",
            least=0,
            optional=True,
        ),
        number(
            "lumps",
            "variance over mean of what is asked for, as months of use tell; empty: pieces are asked for one by one",
            least=1,
            optional=True,
        ),
        whole("target", "stock to hold"),
        whole("campaign", "pieces of it for machines of suspect lots that wait for a visit", optional=True),
        whole("on_hand", "pieces on hand"),
        whole("move_in", "pieces to bring from another depot"),
        code("move_from", "depot they come from", optional=True),
        whole("buy", "pieces to order"),
        whole("lot", "pieces an order of the central depot, where they are ordered in lots", least=1, optional=True),
        whole(
            "reorder_point",
            "the next lot is ordered when what is on hand and on order, less owed, falls to this",
            least=None,
            optional=True,
        ),
        share("fill_before", "share met off the shelf with what is there"),
        share("fill", "share met off the shelf with the target"),
        number("backorders", "expected backorders with the target", "pieces", least=0),
        number(
            "flown_year",
            "missed pieces a year that are flown in from the depot above",
            "pieces",
            least=0,
            optional=True,
        ),
        money("flown_cost", "what flying them costs a year", least=0, optional=True),
        number("lateral_year", "pieces a year that come from its pool", "pieces", least=0, optional=True),
        number("lent_year", "pieces a year that it gives to its pool", "pieces", least=0, optional=True),
        money("lateral_cost", "what bringing pieces from its pool costs a year", least=0, optional=True),
        share("fill_pool", "share met off its shelf or from its pool", optional=True),
        number(
            "waiting_pool",
            "pieces waited for on average when its pool helps, those on their way from it too",
            "pieces",
            least=0,
            optional=True,
        ),
        number(
            "repair_demand_year", "pieces a year that repairs of other parts ask for", "pieces", least=0, optional=True
        ),
        whole("for_repairs", "pieces of the stock that are kept for repairs of other parts", optional=True),
        number(
            "repair_days",
            "days until a broken one is repaired, those it waits for its parts too",
            "days",
            least=0,
            optional=True,
        ),
        money("cost", "value of the target stock, with half a lot on top where lots are ordered", least=0),
        currency(),
        code("reason", "why so many"),
    ),
    ("depot", "part"),
)
STOCK_CURVE = Spec(
    "stock_curve",
    "What each further step of spare stock buys in availability",
    "serve",
    "decided",
    (
        whole("step", "step of the curve, from no stock on; 0: what is on hand now"),
        money("value", "value of the stock", least=0),
        share("fill", "share of pieces asked for that are met off the shelf"),
        number("machines_waiting", "machines that wait for a piece, on average", "machines", least=0),
        number("wait_days", "days a piece is waited for, on average over all that are asked for", "days", least=0),
        code("next_part", "part whose next pieces save most for their money; empty at the end", optional=True),
        code("next_depot", "depot that gets most of them", optional=True),
        whole("next_pieces", "pieces of it until the next step", optional=True),
        money("next_cost", "what they cost", least=0, optional=True),
        number("next_saves", "pieces a year that are then met off the shelf and were not", "pieces", optional=True),
        money(
            "least_value",
            "least value of any stock that meets as much; empty on the curve itself",
            least=0,
            optional=True,
        ),
        currency(),
        code("reason", "what the step says"),
    ),
    ("step",),
)
