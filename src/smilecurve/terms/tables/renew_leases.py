"""What do contracts of lease hold, which machines are on lease, and where do they lump?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, date, market, money, number, share, whole

LEASE_TERMS = Spec(
    "lease_terms",
    "What a lease holds beside its rate: hours included, and rights to buy, to return and to go on",
    "renew",
    "given",
    (
        code("request", "request"),
        number("hours_cap", "hours a month in the rate", "h", least=0, optional=True),
        money("buy_at", "price at which he may buy at the end", least=0, optional=True),
        whole("return_from", "month from whose end on he may return", "months", least=1, optional=True),
        money("return_fee", "what an early return costs him", least=0, optional=True),
        whole("extend_months", "months he may go on at the same rate", "months", optional=True),
        currency(),
    ),
    ("request",),
)
LEASED_MACHINES = Spec(
    "leased_machines",
    "Machines on lease, and what the books say they will be worth",
    "renew",
    "seen",
    (
        code("machine", "serial"),
        code("model", "model"),
        market(),
        code("holder", "lessee", optional=True),
        date("since", "first day of the lease"),
        whole("months", "term", "months", least=1),
        number("age_months", "age today", "months", least=0),
        number("months_left", "months to the end of the term", "months", least=0),
        money("rent", "rate a month", least=0, optional=True),
        money("residual_set", "worth at the end by the books", least=0, optional=True),
        currency(),
    ),
    ("machine",),
)
LEASE_EXPOSURE = Spec(
    "lease_exposure",
    "What the machines on lease will be worth together, against the books",
    "renew",
    "decided",
    (
        code("model", "model"),
        market(),
        whole("machines", "machines on lease"),
        share("book_share", "of all residuals in the books"),
        money("book", "worth at their ends by the books", least=0),
        money("low", "nine of ten times they fetch more", least=0),
        money("value", "expected worth at their ends", least=0),
        money("high", "nine of ten times they fetch less", least=0),
        money("short", "by how much the books exceed it"),
        money("tail_loss", "loss against the books when the fleet fares worst"),
        share("tail_share", "of the end value lost when the fleet fares worst"),
        currency(),
        code("reason", "how it stands"),
        money("p5", "nineteen of twenty times they fetch more", least=0, optional=True),
        money("p25", "three of four times they fetch more", least=0, optional=True),
        money("p75", "three of four times they fetch less", least=0, optional=True),
        money("p95", "nineteen of twenty times they fetch less", least=0, optional=True),
        share("above_books", "chance that they fetch what the books hold", optional=True),
        money("mean_short", "by how much they are expected to fall short of the books", least=0, optional=True),
        money("fleet_book", "worth of all machines on lease by the books", least=0, optional=True),
        money("fleet_p5", "all together: nineteen of twenty times they fetch more", least=0, optional=True),
        money("fleet_p25", "all together: three of four times they fetch more", least=0, optional=True),
        money("fleet_p75", "all together: three of four times they fetch less", least=0, optional=True),
        money("fleet_p95", "all together: nineteen of twenty times they fetch less", least=0, optional=True),
        share("fleet_above", "all together: chance that they fetch what the books hold", optional=True),
    ),
    ("model", "market"),
)
