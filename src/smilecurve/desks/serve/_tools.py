"""Which tools does a visit need, who has them, and do the tables of tools make sense?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from smilecurve.desks.serve._calls import Call
from smilecurve.terms.errors import Breach

if TYPE_CHECKING:
    from smilecurve.solve.routing_tools import Tools

__all__ = ["Toolroom", "gather_tools", "name_tools", "tools_at_hand", "unknown_keepers"]

Row = Mapping[str, object]


@dataclass(frozen=True)
class Toolroom:
    """Tools by keeper: those a technician carries, pieces at the base of a partner."""

    carried: Mapping[str, frozenset[str]] = field(default_factory=dict)
    base: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Every tool that somebody has."""
        return {tool for tools in self.carried.values() for tool in tools} | {tool for _, tool in self.base}


def gather_tools(tools: pa.Table) -> Toolroom:
    """Sort the tools by who keeps them."""
    carried: dict[str, set[str]] = defaultdict(set)
    base: dict[tuple[str, str], int] = {}
    for row in tools.to_pylist():
        if row["kept_by"] == "technician":
            carried[row["keeper"]].add(row["tool"])
        else:
            base[row["keeper"], row["tool"]] = row["pieces"]
    return Toolroom({who: frozenset(some) for who, some in carried.items()}, base)


def name_tools(calls: Sequence[Call], triage: pa.Table, needs: pa.Table) -> list[Call]:
    """The calls with the tools that their cause or their part needs."""
    wanted: dict[tuple[str, object], set[str]] = defaultdict(set)
    for row in needs.to_pylist():
        wanted[row["needed_by"], row["code"]].add(row["tool"])
    cause = dict(zip(*(triage.column(c).to_pylist() for c in ("ticket", "cause")), strict=True))
    return [
        replace(call, tools=tuple(sorted(found)))
        if (found := wanted.get(("cause", cause.get(call.visit)), set()) | wanted.get(("part", call.part), set()))
        else call
        for call in calls
    ]


def tools_at_hand(room: Toolroom, people: Sequence[Row], calls: Sequence[Call], days: int) -> Tools | None:
    """What the solver asks of tools, a shift for each day and person, the days in order; None: no call needs any."""
    from smilecurve.solve.routing_tools import Tools

    kinds = sorted({tool for call in calls for tool in call.tools})
    if not kinds:
        return None
    own = np.array([[kind in room.carried.get(str(p["technician"]), ()) for kind in kinds] for p in people], dtype=bool)
    keys = sorted({(str(p["partner"]), kind) for p in people for kind in kinds} & set(room.base))
    place = {key: i for i, key in enumerate(keys)}
    pool = np.array([[place.get((str(p["partner"]), kind), -1) for kind in kinds] for p in people], dtype=np.int64)
    later = [np.where(pool >= 0, pool + len(keys) * day, -1) for day in range(days)]
    return Tools(
        np.array([[kind in call.tools for kind in kinds] for call in calls], dtype=bool),
        np.tile(own, (days, 1)),
        np.concatenate(later),
        np.tile(np.array([room.base[key] for key in keys], dtype=np.int64), days),
    )


def unknown_keepers(tools: pa.Table, technicians: pa.Table, partners: pa.Table) -> list[Breach]:
    """A breach for every keeper of tools that is no technician or no partner."""
    known = {
        "technician": set(technicians.column("technician").to_pylist()),
        "partner": {p for table in (technicians, partners) for p in table.column("partner").to_pylist()},
    }
    return [
        Breach(f"{keeper} keeps tools but is no {kept}", "tools.keeper", "correct the code, or add it")
        for kept, keeper in sorted({(row["kept_by"], row["keeper"]) for row in tools.to_pylist()})
        if keeper not in known[kept]
    ]
