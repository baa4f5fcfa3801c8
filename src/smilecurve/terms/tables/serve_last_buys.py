"""Which parts will soon be delivered no more, and how many are bought the last time?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, date, money, number, share, whole

LAST_BUYS = Spec(
    "last_buys",
    "Parts that their supplier stops: the last day to order, and how long they must serve",
    "serve",
    "given",
    (
        code("part", "part"),
        date("last_order", "last day to order"),
        money("price", "price of one at the last order", least=0),
        currency(),
        date("service_until", "day until which machines must be served"),
        money(
            "emergency_price", "what a piece costs that lacks after that day, by whatever way", least=0, optional=True
        ),
        share("repairable", "share of failed pieces that are repaired and serve again", optional=True),
        number("machines_year", "machines with it still put into service a year", "machines", least=0, optional=True),
        date("built_until", "last day that machines with it are put into service", optional=True),
    ),
    ("part",),
)
LAST_BUY_PLAN = Spec(
    "last_buy_plan",
    "How many of each part are bought the last time, and what too many and too few would cost",
    "serve",
    "decided",
    (
        code("part", "part"),
        date("last_order", "last day to order"),
        date("service_until", "day until which machines must be served"),
        whole("machines", "machines in service that hold it"),
        number("machines_to_come", "machines still to be put into service with it", "machines", least=0),
        number("machines_left", "machines that still hold it at the end", "machines", least=0),
        number("demand", "pieces needed until the end, repaired ones not counted", "pieces", least=0),
        whole("demand_low", "lower end of its 80 % interval", "pieces"),
        whole("demand_high", "upper end of its 80 % interval", "pieces"),
        whole("on_hand", "pieces on hand"),
        whole("buy", "pieces to order"),
        share("enough", "chance that no piece lacks until the end"),
        number("lacking", "pieces that lack, on average", "pieces", least=0),
        number("left_over", "pieces left at the end, on average", "pieces", least=0),
        money("spend", "what the order costs", least=0),
        money("keep_cost", "what keeping the pieces costs until they are used", least=0),
        money("lack_cost", "what the lacking pieces cost", least=0),
        money("scrap_loss", "what is lost on the pieces left at the end", least=0),
        money("expected_cost", "spent on buying, keeping and lacking, less what is left brings"),
        money("emergency_price", "what a lacking piece costs", least=0),
        currency(),
        code("reason", "why so many"),
    ),
    ("part",),
)
