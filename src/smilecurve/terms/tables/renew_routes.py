"""What does refurbishing take, what does a paid look at a returned machine cost, and what does it tell?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, money, number, share, whole

REFURBISH_LEVELS = Spec(
    "refurbish_levels",
    "How far a machine can be refurbished, instead of the plain route: cost, hours and the grade it leaves with",
    "renew",
    "given",
    (
        code("family", "family of machines"),
        code("level", "level"),
        share("cost_share", "cost without the parts it takes, as a share of the price new"),
        share("cost_step", "more of it for each grade the machine is raised", optional=True),
        share("yield_share", "worth afterwards as a share of the residual value at that grade"),
        code("grade_after", "grade it leaves with", "A", "B", "C", "D"),
        code("workshop", "workshop that does it", optional=True),
        number("hours", "hours it takes there", "h", least=0, optional=True),
        number("hours_step", "more hours for each grade the machine is raised", "h", least=0, optional=True),
        whole("per_week", "machines a week at this level; empty: as many as refurbish has", optional=True),
    ),
    ("family", "level"),
)
REFURBISH_PARTS = Spec(
    "refurbish_parts",
    "Parts that a level of refurbishing takes",
    "renew",
    "given",
    (
        code("family", "family of machines"),
        code("level", "level"),
        code("part", "part"),
        number("quantity", "pieces a machine", "pieces", least=0),
    ),
    ("family", "level", "part"),
)
PART_BUDGETS = Spec(
    "part_budgets",
    "Pieces of a part that refurbishing may take",
    "renew",
    "given",
    (code("part", "part"), number("pieces", "pieces for the weeks planned", "pieces", least=0)),
    ("part",),
)
WORKSHOP_HOURS = Spec(
    "workshop_hours",
    "Hours of each workshop, week by week",
    "renew",
    "given",
    (
        code("workshop", "workshop"),
        whole("week", "week, 1 is the coming one", least=1),
        number("hours", "hours there are", "h", least=0),
    ),
    ("workshop", "week"),
)
RETURN_INSPECTIONS = Spec(
    "return_inspections",
    "What a paid inspection of a returned machine costs",
    "renew",
    "given",
    (
        code("family", "family of machines"),
        money("price", "price of one", least=0),
        currency(),
        code("workshop", "workshop that does it", optional=True),
        number("hours", "hours it takes there", "h", least=0, optional=True),
    ),
    ("family",),
)
GRADE_CONFUSION = Spec(
    "grade_confusion",
    "How the grade an inspection finds differs from the true one",
    "renew",
    "given",
    (
        code("family", "family of machines"),
        code("grade", "true condition", "A", "B", "C", "D"),
        code("found", "condition found", "A", "B", "C", "D"),
        share("share", "share of machines of that true condition; all found of one add up to 1"),
    ),
    ("family", "grade", "found"),
)
