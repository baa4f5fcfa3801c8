"""At what terms do service partners work, and which of them are appointed?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, flag, market, money, number, share, text
from smilecurve.terms.tables.serve import BY_PARTNER

PARTNER_OFFERS = Spec(
    "partner_offers",
    "Terms of the service partners we have and of those we could have",
    "serve",
    "given",
    (
        code("partner", "partner"),
        text("name", "name"),
        market(),
        number("latitude", "latitude", "degrees", least=-90, most=90),
        number("longitude", "longitude", "degrees", least=-180, most=180),
        text("skills", "skill codes, separated by spaces"),
        money("fee_year", "fixed fee a year", least=0),
        money("job_cost", "price of one job", least=0),
        number("week_jobs", "jobs it can do a week", "jobs", least=0),
        number("least_jobs", "jobs a week it must be given; empty: none", "jobs", least=0, optional=True),
        flag("exclusive", "wants to be the only one of its market"),
        money("change_cost", "cost of appointing it, or of parting from it", least=0),
        share("first_time", "share of its jobs done at the first visit, as told; empty: not known", optional=True),
        flag("appointed", "is appointed now"),
        currency(),
    ),
    ("partner",),
    BY_PARTNER,
)
PARTNER_PLAN = Spec(
    "partner_plan",
    "Which service partners to appoint, keep or part from",
    "serve",
    "decided",
    (
        code("partner", "partner"),
        market(),
        flag("before", "appointed now"),
        flag("appointed", "appointed in the plan"),
        number("jobs_week", "jobs it is given a week", "jobs", least=0),
        number("week_jobs", "jobs it can do a week", "jobs", least=0),
        share("load", "share of what it can do"),
        number("travel_km", "way to its jobs on average; empty: it has none", "km", least=0, optional=True),
        share("within", "share of its jobs within reach in time", optional=True),
        share("first_time", "share of jobs done at the first visit: told, and learnt from its tickets"),
        number("market_jobs", "jobs a week in its market that it has the skills for", "jobs", least=0),
        money(
            "own_job",
            "what a job of its market costs when it goes, with ways and repeats; empty: no jobs",
            optional=True,
        ),
        money("plan_job", "what a job of its market costs in the plan; empty: no jobs", optional=True),
        money("fee_year", "fixed fee a year", least=0),
        money("cost_year", "what it costs a year in the plan", least=0),
        number("played_jobs", "jobs done in the weeks played out, as planned", "jobs", least=0, optional=True),
        share("played_load", "share of its weekly jobs used in the weeks played out, as planned", optional=True),
        share("played_peak", "share of its weekly jobs used in its busiest week, as planned", optional=True),
        number("played_answer_h", "hours from call to arrival on average, as planned", "h", least=0, optional=True),
        number("played_km", "way driven for a job, as planned", "km", least=0, optional=True),
        number("played_over_h", "overtime in the weeks played out, as planned", "h", least=0, optional=True),
        number("today_jobs", "jobs done in the weeks played out, as today", "jobs", least=0, optional=True),
        share("today_load", "share of its weekly jobs used in the weeks played out, as today", optional=True),
        number("today_answer_h", "hours from call to arrival on average, as today", "h", least=0, optional=True),
        currency(),
        code("reason", "why so"),
    ),
    ("partner",),
    BY_PARTNER,
)
