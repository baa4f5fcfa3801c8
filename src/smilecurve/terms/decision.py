"""What was decided, why, and how far can it be from the best?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from smilecurve.terms.money import Money

__all__ = ["Clash", "Decision", "Proof", "ProofKind", "Status"]

ProofKind = Literal["optimal", "bound", "exact", "statistical", "rule"]
Status = Literal["best", "good", "none"]


@dataclass(frozen=True, slots=True)
class Proof:
    """How we know how good a decision is.

    kind: optimal (value meets the bound) | bound (value against a bound that cannot be beaten) | exact (arithmetic:
    rows add up or follow from rules in full) | statistical (value against a reference, by a named test) | rule (fixed).
    value: what was reached; against: the bound or reference; unit: of both; by: the method that proves it.
    """

    kind: ProofKind
    value: float
    against: float
    unit: str
    by: str = ""

    @property
    def gap(self) -> float | None:
        """Distance to what cannot be beaten as a share of the value; None where no bound is claimed.

        >>> Proof("bound", 102.0, 100.0, "stations").gap
        0.0196...
        """
        if self.kind in ("statistical", "rule"):
            return None
        if self.value == self.against:
            return 0.0
        return abs(self.value - self.against) / max(abs(self.value), abs(self.against))


@dataclass(frozen=True, slots=True)
class Clash:
    """Inputs that cannot hold together: what, where, and what would free them."""

    what: str
    at: str
    do: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Rows with a reason each, and the proof.

    status: best (proved), good (a plan with a stated gap) or none (no plan fits; `clash` says why).
    worth: the money at stake, for ranking what waits; urgent: something is wrong that should not wait (a lot on hold,
    an alarm), so it stands before money; headline: index of the row that tells most; figures: sums people look for;
    answer: which of the desk's answers says them in one sentence, where the whole tells more than a row.
    """

    rows: pa.Table
    proof: Proof
    status: Status = "good"
    clash: tuple[Clash, ...] = ()
    worth: Money | None = None
    headline: int | None = None
    figures: dict[str, float] = field(default_factory=dict)
    urgent: bool = False
    answer: str = ""
