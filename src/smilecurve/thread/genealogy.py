"""What is in this machine, and where did this lot go? Down and up through every level."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from smilecurve.terms.scope import Scope
from smilecurve.terms.table import Spec
from smilecurve.thread.gate import conditions, ordering
from smilecurve.thread.viewing import Viewer

__all__ = ["components", "containment"]


def components(viewer: Viewer, machine: str, *, as_of: datetime | None, scope: Scope, spec: Spec) -> pa.Table:
    """As built and as maintained, level by level."""
    return viewer.select(
        spec,
        scope,
        conditions(spec, {"machine": machine}),
        ordering(spec, ("level", "within", "component", "since")),
        as_of=as_of,
    )


def containment(viewer: Viewer, lot: str, *, as_of: datetime | None, scope: Scope, spec: Spec) -> pa.Table:
    """The machines that hold a lot at any level, with what is known of each now."""
    return viewer.select(spec, scope, conditions(spec, {"lot": lot}), ordering(spec, ()), as_of=as_of)
