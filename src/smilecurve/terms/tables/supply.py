"""What does the chain keep, see and decide about its parts?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, date, flag, market, money, number, share, text, whole

PARTS = Spec(
    "parts",
    "Part numbers, made or bought; a model is a part too",
    "supply",
    "given",
    (
        code("part", "part number"),
        text("name", "name"),
        code("system", "system of the machine (hydraulics, engine, battery ...)"),
        code("source", "how it comes", "make", "buy"),
        code("supplier", "who delivers it; empty when made", optional=True),
        whole("lead_days", "lead time", "days"),
        number("lot_least", "smallest order", "pieces", least=0),
        number("lot_multiple", "orders are multiples of this", "pieces", least=0),
        share("scrap", "share lost on the way"),
        money("cost", "standard cost of one", least=0),
        currency(),
        number("mass_kg", "mass of one", "kg", least=0, optional=True),
        flag("spare", "kept as a spare part"),
        flag("safety", "its failure may hurt people", optional=True),
        code("gtin", "GS1 trade item number on its label", optional=True),
    ),
    ("part",),
    {"partner": "*", "dealer": "*"},
)
BOM = Spec(
    "bom",
    "Bill of material: what goes into what (as-designed)",
    "supply",
    "given",
    (
        code("parent", "part it goes into"),
        code("component", "place on the parent"),
        code("part", "part that goes in"),
        number("quantity", "pieces in one parent", "pieces", least=0),
    ),
    ("parent", "component", "part"),
)
SUPPLIERS = Spec(
    "suppliers",
    "Who delivers, and when they cannot",
    "supply",
    "given",
    (
        code("supplier", "supplier"),
        text("name", "name"),
        market("country of the supplier"),
        date("closed_from", "first day without deliveries", optional=True),
        date("closed_until", "first day with deliveries again", optional=True),
    ),
    ("supplier",),
)
STOCKS = Spec(
    "stocks",
    "Pieces on hand by lot",
    "supply",
    "given",
    (
        code("place", "store"),
        code("part", "part"),
        code("lot", "lot"),
        number("quantity", "pieces on hand", "pieces", least=0),
    ),
    ("place", "part", "lot"),
)
RECEIPTS = Spec(
    "receipts",
    "Pieces on their way to us",
    "supply",
    "given",
    (
        code("receipt", "purchase or work order"),
        code("part", "part"),
        date("due", "day they arrive"),
        number("quantity", "pieces", "pieces", least=0),
        code("supplier", "who delivers", optional=True),
    ),
    ("receipt", "part"),
)
CAPACITIES = Spec(
    "capacities",
    "Machines a line can build in a week",
    "supply",
    "given",
    (
        code("line", "line"),
        code("model", "model the line can build"),
        whole("per_day", "machines of all its models a working day", least=0),
    ),
    ("line", "model"),
)
PLANNED_ORDERS = Spec(
    "planned_orders",
    "Orders to make or buy at every level, each pegged to the demand it serves",
    "supply",
    "decided",
    (
        code("planned_order", "planned order"),
        code("demand", "sales order, forecast, spare or campaign need, or parent order served"),
        code("demand_kind", "what asks", "sales_order", "forecast", "spares", "campaign", "parent"),
        code("part", "part"),
        code("source", "make or buy", "make", "buy"),
        code("supplier", "who delivers", optional=True),
        whole("level", "BOM level, 0 = machine"),
        number("quantity", "pieces of this order that serve this demand", "pieces", least=0),
        number("order_quantity", "pieces of the whole planned order", "pieces", least=0),
        date("start", "day to order"),
        date("due", "day it must be there"),
        whole("late_days", "days it is late: start in the past, delivery after the need", "days"),
        money("cost", "standard cost of the pieces", least=0),
        currency(),
        code("reason", "why this order"),
    ),
    ("planned_order", "demand"),
)
PROMISES = Spec(
    "promises",
    "The day each open order reaches its buyer, with its odds",
    "supply",
    "decided",
    (
        code("sales_order", "sales order"),
        code("model", "model"),
        market(),
        number("quantity", "machines", "machines", least=0),
        date("wanted", "day the buyer asked for", optional=True),
        date("ready", "day the last machine is built"),
        date("sails", "day it leaves", optional=True),
        date("p50", "day held with chance 50 %"),
        date("p80", "day held with chance 80 %"),
        date("p95", "day held with chance 95 %"),
        whole("from_stock", "machines taken from stock"),
        whole("late_days", "days p80 lies after the wanted day", "days"),
        code("binding", "what holds it back", "stock", "material", "capacity", "sailing"),
        code("binding_part", "the part that comes last", optional=True),
        code("lane", "lane used", optional=True),
        code("reason", "why this day"),
    ),
    ("sales_order",),
    {"dealer": "market"},
)
