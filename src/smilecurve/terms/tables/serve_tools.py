"""Which tools do technicians have or share, and which work needs one?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, whole

TOOLS = Spec(
    "tools",
    "Tools that technicians carry, or take for a day from their partner's base",
    "serve",
    "given",
    (
        code("tool", "tool"),
        code("kept_by", "who keeps it", "technician", "partner"),
        code("keeper", "code of that technician or partner"),
        whole("pieces", "pieces there; one technician takes one for a day", least=1),
    ),
    ("tool", "kept_by", "keeper"),
)
TOOL_NEEDS = Spec(
    "tool_needs",
    "Tools that a job needs: by the cause that triage names, or by the part that is changed",
    "serve",
    "given",
    (
        code("needed_by", "what needs it", "cause", "part"),
        code("code", "code of that cause or part"),
        code("tool", "tool"),
    ),
    ("needed_by", "code", "tool"),
)
