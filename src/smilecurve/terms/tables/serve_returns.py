"""How many machines come back soon after they were sold, where and by which channel?"""

from __future__ import annotations

from smilecurve.terms.table import BY_MACHINE, Spec, code, currency, date, flag, market, money, number, share, whole

BACK_DAYS = tuple(range(10, 91, 10))
"""Ages in days by which machines that came back are counted."""

RETURN_COHORTS = Spec(
    "return_cohorts",
    "Machines sold in each week, and how many of them came back by each age",
    "serve",
    "seen",
    (
        code("family", "family of machines"),
        code("model", "model"),
        market("market they were sold in; empty if unknown", optional=True),
        code("channel", "channel they were sold by; second_hand for used ones"),
        date("sold", "Monday of the week they were sold in"),
        whole("observed", "days since the end of that week", "days", least=None),
        whole("machines", "machines sold"),
        money("amount", "what they were sold for", least=0),
        currency(),
        *(whole(f"back_{days}", f"of them back within {days} days of the sale", "machines") for days in BACK_DAYS),
    ),
    ("family", "model", "market", "channel", "sold", "currency"),
)
UNSOLD_RETURNS = Spec(
    "unsold_returns",
    "Machines that came back though we know neither that they were shipped, nor sold, nor started",
    "serve",
    "seen",
    (
        code("machine", "serial"),
        code("model", "model; empty: we never built it", optional=True),
        date("returned", "day it came back"),
        code("rma", "permission to return", optional=True),
        code("why", "why it came back", optional=True),
    ),
    ("machine",),
    BY_MACHINE,
)
RETURN_RATES = Spec(
    "return_rates",
    "Machines that come back within 30 and 90 days by model, market and channel, and what that costs",
    "serve",
    "decided",
    (
        code("level", "what the row sums up", "all", "model", "market", "channel", "stratum"),
        code("family", "family of machines"),
        code("model", "model; * for all"),
        code("market", "market; * for all"),
        code("channel", "channel; * for all"),
        whole("machines", "machines sold"),
        whole("returned", "of them back within 90 days, as far as they were watched"),
        share("rate_30", "share back within 30 days; empty if none was sold so long ago", optional=True),
        share("rate_90", "share back within 90 days; empty if none was sold so long ago", optional=True),
        share("low_90", "lower end of its 90 % interval", optional=True),
        share("high_90", "upper end of its 90 % interval", optional=True),
        number(
            "expected", "returns at the rates of the others of its family and level", "machines", least=0, optional=True
        ),
        share("by_luck", "chance of so many more by luck, after all that were looked at", optional=True),
        money("lost", "what those returned have cost", least=0),
        money("lost_above", "of it for those above what is expected", least=0),
        share("of_sales", "what they have cost, as a share of what all were sold for", optional=True),
        currency(),
        flag("mature", "some were watched for 90 days"),
        code("reason", "how to read the row"),
    ),
    ("family", "level", "model", "market", "channel"),
)
