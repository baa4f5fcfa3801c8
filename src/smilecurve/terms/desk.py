"""What may a desk read, what does it decide, and does this call keep the contract?

`@desk` puts a contract beside a plain function. A call narrows every input to its Spec, refuses rows that break it (all
breaches at once), and checks that the decided rows keep theirs and carry only known reason codes.
"""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, update_wrapper
from typing import Generic, ParamSpec

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.table import Spec

__all__ = ["Contract", "Desk", "Option", "desk"]

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Option:
    """One keyword of a desk: name, type as written, default (None where it must be given)."""

    name: str
    type: str
    default: object
    required: bool


@dataclass(frozen=True)
class Contract:
    """What a desk promises: its question, the tables it reads and decides, its reasons, and answers over all rows."""

    name: str
    question: str
    reads: tuple[Spec, ...]
    decides: Spec
    reasons: Mapping[str, str]
    feedback: tuple[Spec, ...] = ()
    needs: tuple[str, ...] = ()
    version: str = "1"
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """The stage: `line` of `line.balance`."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The desk's own word: `balance` of `line.balance`."""
        return self.name.partition(".")[2]

    @cached_property
    def told(self) -> Mapping[str, tuple[str, ...]]:
        """The columns each reason sentence speaks of."""
        parse = string.Formatter().parse
        return {c: tuple(n for _, n, _, _ in parse(text) if n) for c, text in self.reasons.items()}


class Desk(Generic[P]):
    """A plain function with its contract beside it; calling it checks both ends."""

    def __init__(self, contract: Contract, function: Callable[P, Decision]) -> None:
        self.contract = contract
        self.function = function
        self.signature = inspect.signature(function)
        update_wrapper(self, function)

    @property
    def options(self) -> tuple[Option, ...]:
        """The keyword options: every keyword-only parameter that is not a feedback table."""
        tables = {s.name for s in self.contract.feedback}
        return tuple(
            Option(p.name, str(p.annotation), None if p.default is p.empty else p.default, p.default is p.empty)
            for p in self.signature.parameters.values()
            if p.kind is p.KEYWORD_ONLY and p.name not in tables
        )

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Decision:
        """Decide: tables by position or name, options by keyword; both ends of the contract are checked."""
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise OptionRejected(
                Breach(str(error), self.contract.name, f"see `smile desk {self.contract.name}` for tables and options")
            ) from None
        breaches: list[Breach] = []
        for spec in (*self.contract.reads, *self.contract.feedback):
            given = bound.arguments.get(spec.name)
            if isinstance(given, pa.Table):
                found = spec.breaches(given)
                breaches += found
                if not found:
                    bound.arguments[spec.name] = spec.only(given)
        if breaches:
            raise DataRejected(breaches)
        decision = self.function(*bound.args, **bound.kwargs)
        self._keep(decision)
        return decision

    def _keep(self, decision: Decision) -> None:
        """Refuse a decision whose rows break the decided table or carry an unknown reason: a defect of the desk."""
        breaches = self.contract.decides.breaches(decision.rows)
        unknown = set(pc.unique(decision.rows.column("reason")).to_pylist()) - set(self.contract.reasons)
        if breaches or unknown:
            said = "; ".join(b.what for b in breaches[:5]) or f"unknown reasons {sorted(map(str, unknown))}"
            raise AssertionError(f"{self.contract.name} broke its own contract: {said}")
        if decision.answer:
            self.answer(decision.answer, decision.figures)

    def answer(self, code: str, figures: Mapping[str, float], template: str | None = None) -> str:
        """The answer over all rows in words, its numbers out of the figures; `template` may be a translation."""
        return (template or self.contract.answers[code]).format_map(figures)

    def sentence(self, row: Mapping[str, object], template: str | None = None) -> str:
        """The reason of one decided row in words; `template` may be a translation of the desk's own."""
        text = template or self.contract.reasons[str(row["reason"])]
        return text.format_map({k: _Shown(v) for k, v in row.items()})


class _Shown:
    """A cell that formats as its value does and shows an empty cell as a dash."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __format__(self, how: str) -> str:
        return "–" if self.value is None else format(self.value, how)


def desk(
    name: str,
    *,
    question: str,
    reads: tuple[Spec, ...],
    decides: Spec,
    reasons: Mapping[str, str],
    feedback: tuple[Spec, ...] = (),
    needs: tuple[str, ...] = (),
    version: str = "1",
    answers: Mapping[str, str] | None = None,
) -> Callable[[Callable[P, Decision]], Desk[P]]:
    """Put a contract beside a plain function.

    reads: tables given as positional parameters of the same names. feedback: other desks' last decisions, keyword
    parameters of the same names that may be None. needs: which of `reads` must have rows for the desk to be worth
    running (default: all). version: raise it when the same inputs would give other rows.
    answers: sentences over the figures, by the code that a decision's `answer` gives.
    """
    contract = Contract(
        name,
        question,
        reads,
        decides,
        dict(reasons),
        feedback,
        needs or tuple(s.name for s in reads),
        version,
        dict(answers or {}),
    )

    def wrap(function: Callable[P, Decision]) -> Desk[P]:
        return Desk(contract, function)

    return wrap
