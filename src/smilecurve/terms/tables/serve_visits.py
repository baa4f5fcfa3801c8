"""What did partners do on their visits?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, moment, text, whole

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
