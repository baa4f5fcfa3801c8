"""What does it cost to treat for one cause when another may lie behind it?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.terms.money import worth_in

__all__ = ["Act", "Prices", "Row", "led", "needed_parts", "price_steps"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
Steps = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Act:
    """One thing to do: treat for a cause, on a visit perhaps with one more part in the van."""

    cause: int
    also: int | None = None


@dataclass(frozen=True)
class Prices:
    """What each step costs, in one currency."""

    question: float
    remote: float
    shipping: float
    visit: float
    again: float
    carry: float
    part: Mapping[str, float]
    partner: Mapping[str, float]

    def of(self, cause: Row, partner: object) -> float:
        """Cost of treating one cause when it is the one."""
        part = self.part.get(str(cause["part"]), 0.0) if cause["part"] else 0.0
        if cause["remedy"] == "remote":
            return self.remote
        if cause["remedy"] == "part":
            return self.shipping + part
        return self.partner.get(str(partner), self.visit) + part

    def treating(self, causes: Sequence[Row], partner: object) -> tuple[Floats, list[Act]]:
        """(cause, act): cost of each act when that cause lies behind, and the acts.

        A part that proves not to be needed goes back: sent, it costs the way twice; in the van, `carry`.
        """
        acts = [Act(i) for i in range(len(causes))] + _pairs(causes)
        own = np.array([self.of(cause, partner) for cause in causes])
        cost = np.zeros((len(causes), len(acts)))
        for a, act in enumerate(acts):
            treated = causes[act.cause]
            bring = {
                str(c["part"]) for c in (treated, *([causes[act.also]] if act.also is not None else [])) if c["part"]
            }
            for i, true in enumerate(causes):
                if treated["remedy"] != "visit":
                    wrong = own[i] + self.again + (2 * self.shipping if treated["remedy"] == "part" else self.remote)
                    cost[i, a] = own[i] if i == act.cause else wrong
                    continue
                spare = self.carry * len(bring - {str(true["part"])})
                came = self.partner.get(str(partner), self.visit)
                covered = i == act.cause or _covers(treated, bring, true)
                used = self.part.get(str(true["part"]), 0.0) if true["part"] else 0.0
                cost[i, a] = came + spare + (used if covered else own[i] + self.again)
        return cost, acts


def _pairs(causes: Sequence[Row]) -> list[Act]:
    """Visits that bring the part of one more cause, which whoever comes has the skill to put right."""
    seen: set[tuple[object, frozenset[object]]] = set()
    found = []
    for i, first in enumerate(causes):
        for j, other in enumerate(causes):
            parts = frozenset((first["part"], other["part"]))
            key = (first["skill"], parts)
            if first["remedy"] != "visit" or not other["part"] or len(parts) < 2 or key in seen:
                continue
            if first["part"] and other["skill"] in (None, first["skill"]):
                seen.add(key)
                found.append(Act(i, j))
    return found


def led(act: Act, belief: Floats, causes: Sequence[Row]) -> Act:
    """The same visit, for the likelier of its two causes first."""
    if act.also is None or belief[act.also] <= belief[act.cause] or causes[act.also]["remedy"] != "visit":
        return act
    return Act(act.also, act.cause) if causes[act.also]["skill"] == causes[act.cause]["skill"] else act


def needed_parts(
    belief: Floats, causes: Sequence[Row], act: Act, expected: Floats, acts: Sequence[Act]
) -> dict[str, object]:
    """How likely the part of an act is needed, which other part next, and what bringing that too saves on average.

    The other part is the one the act brings; where it brings none, the one that would cost least to bring, or (where
    whoever comes could not fit it, or nobody comes) the next likely one. expected (acts,): cost of each act.
    """
    need: dict[str, float] = defaultdict(float)
    for chance, cause in zip(belief.tolist(), causes, strict=True):
        if cause["part"]:
            need[str(cause["part"])] += chance
    treated = causes[act.cause]
    first = str(treated["part"]) if treated["part"] else None
    found: dict[str, object] = {"part_probability": min(need[first], 1.0) if first else None}
    pairs = {
        _other(a, causes, treated): float(expected[i])
        for i, a in enumerate(acts)
        if a.also is not None and _other(a, causes, treated) and causes[a.cause]["skill"] == treated["skill"]
    }
    if act.also is not None:
        second: str | None = str(causes[act.also]["part"])
    elif pairs and treated["remedy"] == "visit":
        second = min(sorted(pairs), key=lambda part: pairs[part])
    else:
        second = max(sorted(p for p in need if p != first), key=lambda part: need[part], default=None)
    if second is None:
        return found
    found |= {"second_part": second, "second_probability": min(need[second], 1.0)}
    alone = next((float(expected[i]) for i, a in enumerate(acts) if a == Act(act.cause)), None)
    if treated["remedy"] == "visit" and second in pairs and alone is not None:
        found["second_saving"] = alone - pairs[second]
    return found


def _other(act: Act, causes: Sequence[Row], treated: Row) -> str:
    """Which part a visit brings beside the part of the cause it treats; empty where it does not bring that part."""
    parts = [str(causes[i]["part"]) for i in (act.cause, act.also) if i is not None]
    if not treated["part"] or str(treated["part"]) not in parts:
        return ""
    return next((part for part in parts if part != str(treated["part"])), "")


def price_steps(given: Steps, parts: pa.Table, partners: pa.Table, rates: pa.Table, currency: str) -> Prices:
    """The prices of every step in one currency: asking, guiding, sending, visiting, treating again, bringing a part."""
    used = [*parts.column("currency").to_pylist(), *partners.column("currency").to_pylist()]
    worth = worth_in(used, currency, rates)

    def priced(table: pa.Table, key: str, amount: str) -> dict[str, float]:
        columns = (table.column(c).to_pylist() for c in (key, amount, "currency"))
        return {str(k): float(a) * worth[str(c)] for k, a, c in zip(*columns, strict=True)}

    return Prices(*given, priced(parts, "part", "cost"), priced(partners, "partner", "visit_cost"))


def _covers(treated: Row, bring: Set[str], true: Row) -> bool:
    """Does a visit for one cause also put the other right? It does if it brings the part and the skill."""
    return (not true["part"] or str(true["part"]) in bring) and true["skill"] in (None, treated["skill"])
