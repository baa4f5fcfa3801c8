"""Which failures came from which machines, and how many will come?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, date, flag, market, money, number, whole

CLAIM_COUNTS = Spec(
    "claim_counts",
    "Failures a week by part and climate, and the components in service that week",
    "learn",
    "seen",
    (
        code("part", "part"),
        code("family", "family of machines"),
        code("climate", "climate of the market", "hot", "temperate", "cold"),
        date("week", "Monday of the week"),
        whole("failures", "verified failures and claims of the week"),
        number("exposure", "components in service that week", "components", least=0),
    ),
    ("part", "family", "climate", "week"),
)
SERVICE_COHORTS = Spec(
    "service_cohorts",
    "Machines that began service in the same week, with what they have in common",
    "learn",
    "seen",
    (
        code("config", "configuration: which parts they hold"),
        code("model", "model"),
        code("family", "family of machines"),
        market(optional=True),
        code("climate", "climate of the market", "hot", "temperate", "cold"),
        code("channel", "channel they were sold by"),
        code("line", "line they were built on"),
        date("built", "first day of the month they were built in", optional=True),
        date("shipped", "first day of the month they were shipped in"),
        date("started", "Monday of the week service began"),
        date("ended", "Monday of the week service ended; empty while it lasts", optional=True),
        whole("machines", "machines"),
    ),
    ("config", "model", "family", "market", "climate", "channel", "line", "built", "shipped", "started", "ended"),
)
CONFIG_PARTS = Spec(
    "config_parts",
    "The parts each configuration of machines holds",
    "learn",
    "seen",
    (
        code("config", "configuration"),
        code("part", "part"),
        code("supplier", "who makes the part", optional=True),
        whole("places", "places it has on the machine", least=1),
        flag("safety", "its failure may hurt people", optional=True),
    ),
    ("config", "part"),
)
FIELD_FAILURES = Spec(
    "field_failures",
    "Failures by the week they happened and the week we heard of them, with what the machines have in common",
    "learn",
    "seen",
    (
        code("part", "part"),
        code("model", "model"),
        code("family", "family of machines"),
        market(optional=True),
        code("climate", "climate of the market", "hot", "temperate", "cold"),
        code("channel", "channel the machine was sold by"),
        code("line", "line it was built on"),
        date("built", "first day of the month it was built in", optional=True),
        code("lot", "lot of the failed part; empty text where unknown"),
        code("supplier", "who made the part", optional=True),
        date("started", "Monday of the week service began"),
        date("week", "Monday of the week it failed"),
        date("heard", "Monday of the week we heard of it"),
        whole("failures", "verified failures, and claims without one"),
    ),
    ("part", "model", "family", "market", "climate", "channel", "line", "built", "lot", "started", "week", "heard"),
)
CLAIM_FORECAST = Spec(
    "claim_forecast",
    "Failures to come and those not yet heard of, with bands: all, by part, and by part and market",
    "learn",
    "decided",
    (
        code("level", "all parts together, one part, or one part in one market", "all", "part", "market"),
        code("part", "part, or * for all"),
        market("market; empty for all", optional=True),
        date("week", "Monday of the first week"),
        whole("weeks", "weeks from there on", "weeks", least=1),
        flag("past", "the weeks are over: foretold as of the weeks before them, beside what came"),
        number("machines", "components in service in the first week", "components", least=0),
        number("expected", "failures expected", least=0),
        number("low80", "lower end of the band that holds 80 %", least=0),
        number("high80", "upper end of it", least=0),
        number("low95", "lower end of the band that holds 95 %", least=0),
        number("high95", "upper end of it", least=0),
        whole("heard", "failures of those weeks heard of by now", optional=True),
        number("completed", "with those still to be heard of", least=0, optional=True),
        number("covered", "expected failures that the warranty covers", least=0, optional=True),
        money("reserve", "what they will cost", least=0, optional=True),
        money("reserve_high", "what they will cost at the upper end of the 80 % band", least=0, optional=True),
        currency(optional=True),
        code("reason", "what is foretold"),
    ),
    ("level", "part", "market", "week", "weeks"),
)
