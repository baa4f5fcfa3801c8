"""How do the machines of one month of shipping or building fare, and how far has every alarm come?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, date, flag, number, share, whole

SHIP_COHORTS = Spec(
    "ship_cohorts",
    "Machines shipped in each month, and their failures by the month they came in",
    "learn",
    "seen",
    (
        code("family", "family of machines"),
        date("shipped", "first day of the month they were shipped in"),
        date("month", "first day of the month of the failures; every month from shipping until now has a row"),
        whole("machines", "machines shipped in that month"),
        whole("failures", "verified failures, and claims without one"),
        whole("doubled", "claims left out: same machine and part within three days of another", optional=True),
    ),
    ("family", "shipped", "month"),
)
SHIPMENT_FAILURES = Spec(
    "shipment_failures",
    "The Nevada table: failures of each month's shipments, month by month, against those of other shipments as old",
    "learn",
    "decided",
    (
        code("family", "family of machines"),
        date("shipped", "first day of the month they were shipped in"),
        date("month", "first day of the month of the failures"),
        whole("age_months", "months since shipping; below 0 before it", "months", least=None),
        whole("machines", "machines shipped in that month"),
        whole("failures", "failures of the month"),
        whole("so_far", "failures since shipping; a cell set aside is not among them"),
        number("per_thousand", "failures since shipping of a thousand machines", least=0),
        number("expected", "failures that other shipments of this age let expect; empty if there are none", least=0, optional=True),
        share("by_luck", "chance that any month of this shipment sees so many by luck", optional=True),
        flag("young", "reports of this month are still to come"),
        code("reason", "how to read the cell"),
    ),
    ("family", "shipped", "month"),
)  # fmt: skip
BUILD_MONTH_RATES = Spec(
    "build_month_rates",
    "Failures of a thousand machines of each month of building by their age",
    "learn",
    "decided",
    (
        code("family", "family of machines"),
        date("built", "first day of the month they were built in"),
        whole("months", "age by which failures are counted", "months", least=1),
        whole("machines", "machines that began service"),
        whole("reached", "of them those watched to this age"),
        whole("failures", "failures by this age"),
        number("per_thousand", "failures of a thousand machines by this age; empty if none is so old", least=0, optional=True),
        number("low", "lower end of its 90 % interval", least=0, optional=True),
        number("high", "upper end of its 90 % interval", least=0, optional=True),
        number("expected", "failures that machines built in other months let expect; empty if there are none", least=0, optional=True),
        number("usual", "failures of a thousand that other months let expect", least=0, optional=True),
        share("by_luck", "chance that any month of building has so many by luck", optional=True),
        flag("mature", "every machine that began service was watched to this age, or to its end"),
        code("reason", "how this month compares"),
    ),
    ("family", "built", "months"),
)  # fmt: skip
