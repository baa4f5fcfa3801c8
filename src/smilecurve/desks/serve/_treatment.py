"""What does it cost to treat for one cause when another may lie behind it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.terms.money import worth_in

__all__ = ["Prices", "Row", "price_steps"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
Steps = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Prices:
    """What each step costs, in one currency."""

    question: float
    remote: float
    shipping: float
    visit: float
    again: float
    part: Mapping[str, float]
    partner: Mapping[str, float]

    def of(self, cause: Row, partner: object) -> float:
        """Cost of treating one cause."""
        part = self.part.get(str(cause["part"]), 0.0) if cause["part"] else 0.0
        if cause["remedy"] == "remote":
            return self.remote
        if cause["remedy"] == "part":
            return self.shipping + part
        return self.partner.get(str(partner), self.visit) + part

    def treating(self, causes: Sequence[Row], partner: object) -> Floats:
        """(cause, cause treated): cost of treating for one cause when another (or the same) lies behind."""
        own = np.array([self.of(cause, partner) for cause in causes])
        right = np.array([[_covers(treated, true) for treated in causes] for true in causes])
        return np.where(right, own[None, :], own[None, :] + own[:, None] + self.again)


def price_steps(given: Steps, parts: pa.Table, partners: pa.Table, rates: pa.Table, currency: str) -> Prices:
    """The prices of every step in one currency: asking, guiding, sending, visiting, treating again; parts; partners."""
    used = [*parts.column("currency").to_pylist(), *partners.column("currency").to_pylist()]
    worth = worth_in(used, currency, rates)

    def priced(table: pa.Table, key: str, amount: str) -> dict[str, float]:
        columns = (table.column(c).to_pylist() for c in (key, amount, "currency"))
        return {str(k): float(a) * worth[str(c)] for k, a, c in zip(*columns, strict=True)}

    return Prices(*given, priced(parts, "part", "cost"), priced(partners, "partner", "visit_cost"))


def _covers(treated: Row, true: Row) -> bool:
    """Does treating one cause also put the other right? A visit does if it brings the part and the skill."""
    if treated["cause"] == true["cause"]:
        return True
    if treated["remedy"] != "visit":
        return False
    return true["part"] in (None, treated["part"]) and true["skill"] in (None, treated["skill"])
