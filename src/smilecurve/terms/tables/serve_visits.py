"""How soon must a ticket be solved, and what did partners do on their visits?"""

from __future__ import annotations

from smilecurve.terms.table import OPEN, Spec, code, moment, number, text, whole

SERVICE_LEVELS = Spec(
    "service_levels",
    "Hours in which a ticket is to be solved",
    "serve",
    "given",
    (
        code("market", "market; * for every one"),
        code("symptom", "what the owner sees; * for all"),
        number("solve_h", "hours from the opening to the solution", "h", least=0),
    ),
    ("market", "symptom"),
    OPEN,
)
VISIT_ACTS = Spec(
    "visit_acts",
    "What partners did on their visits: accepted, fixed or not",
    "serve",
    "seen",
    (
        code("act", "id of its event"),
        code("visit", "visit: ticket or campaign and machine"),
        code("machine", "serial", optional=True),
        code("outcome", "what became of the visit", "accepted", "fixed", "not_fixed", "no_trouble"),
        code("partner", "service partner", optional=True),
        code("technician", "who went", optional=True),
        moment("at", "when it was done"),
        text("note", "what the partner says", optional=True),
        whole("heard", "place in the order in which it was heard of"),
    ),
    ("act",),
    {"dealer": "@machine", "partner": "@machine", "customer": "@machine"},
)
