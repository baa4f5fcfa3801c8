"""What is looked at on a returned machine, what was found, and which condition does that make?"""

from __future__ import annotations

from smilecurve.terms.table import BY_COLUMN, Spec, code, date, flag, market, number, share, text, whole

GRADING_ITEMS = Spec(
    "grading_items",
    "What is looked at on a returned machine, and how much it weighs",
    "renew",
    "given",
    (
        code("family", "family of machines"),
        code("item", "what is looked at"),
        text("name", "name"),
        number("weight", "points lost when it is as bad as can be", "points", least=0),
        code("at_best", "grade that the machine has at best when it is as bad as can be", "B", "C", "D", optional=True),
        flag("photo", "a photo is asked for"),
    ),
    ("family", "item"),
)
GRADING_RULES = Spec(
    "grading_rules",
    "How many points of a hundred each grade asks for",
    "renew",
    "given",
    (
        code("family", "family of machines"),
        code("grade", "condition", "A", "B", "C"),
        number("least_points", "points it asks for", "points", least=0, most=100),
    ),
    ("family", "grade"),
)
GRADED_ITEMS = Spec(
    "graded_items",
    "What was found on machines that came back, item by item",
    "renew",
    "seen",
    (
        code("rma", "permission to return"),
        code("item", "what was looked at"),
        code("machine", "serial"),
        code("model", "model"),
        code("family", "family"),
        market(optional=True),
        code("partner", "service partner", optional=True),
        code("holder", "who held it", optional=True),
        date("day", "day it was looked at"),
        share("wear", "how bad it is: 0 as new, 1 as bad as can be"),
        text("photo", "photo", optional=True),
        code("grade", "condition that was booked with it", "A", "B", "C", "D", optional=True),
        flag("waits", "the machine waits for a decision"),
        number("sold_share", "share of the price new it was sold for afterwards", least=0, optional=True),
        number("sold_age", "age when it was sold", "months", least=0, optional=True),
        flag("failed", "it failed within half a year after that sale", optional=True),
    ),
    ("rma", "item"),
    BY_COLUMN,
)
MACHINE_GRADES = Spec(
    "machine_grades",
    "The condition of each returned machine, and how sure that is",
    "renew",
    "decided",
    (
        code("rma", "permission to return"),
        code("machine", "serial"),
        code("model", "model"),
        code("family", "family"),
        market(optional=True),
        code("partner", "service partner", optional=True),
        code("holder", "who held it", optional=True),
        number("points", "points of a hundred", "points"),
        code("rule_grade", "condition by the rules", "A", "B", "C", "D"),
        code("grade", "condition", "A", "B", "C", "D"),
        share("sure", "chance that it is this condition"),
        share("share_a", "chance of A"),
        share("share_b", "chance of B"),
        share("share_c", "chance of C"),
        share("share_d", "chance of D"),
        code("worst_item", "item that costs most points, or caps the grade", optional=True),
        code("capped", "grade that an item caps it at", "B", "C", "D", optional=True),
        whole("items_missing", "items nobody has looked at"),
        whole("photos_missing", "photos asked for that are missing"),
        whole("sales_seen", "graded machines of the family sold since"),
        code("reason", "how it was found"),
    ),
    ("rma",),
    BY_COLUMN,
)
