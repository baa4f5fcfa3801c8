"""Which causes and questions hold for a model, and do all rows of the fault trees fit together?

A model's own rows go before its family's: a cause, or what a cause answers to a question, is taken from the model's row
where there is one. Rows of a family hold for every model of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from smilecurve.desks.serve._treatment import Row
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["FaultTrees", "grow_trees"]

Key = tuple[object, object]


@dataclass(frozen=True)
class FaultTrees:
    """Causes by family (or model) and symptom, and chances of a yes by family (or model) and question."""

    causes: Mapping[Key, Mapping[str, Row]]
    yes: Mapping[Key, Mapping[object, float]]
    words: Mapping[Key, str]
    asked: Mapping[object, tuple[str, ...]]

    def behind(self, family: object, model: object, symptom: object) -> dict[str, Row]:
        """The causes of a symptom of a model, by code in order."""
        found = {**self.causes.get((family, symptom), {}), **self.causes.get((model, symptom), {})}
        return dict(sorted(found.items()))

    def anywhere(self, family: object, model: object) -> dict[str, Row]:
        """Every cause of the model, whatever the symptom: the model's own row, else the family's."""
        found: dict[str, Row] = {}
        for scope in (family, model):
            for (where, _), rows in sorted(self.causes.items(), key=str):
                if where == scope:
                    found.update(rows)
        return found

    def stands_alone(self, model: object) -> bool:
        """Has the model rows of its own?"""
        return model in self.asked or any(scope == model for scope, _ in self.causes)

    def questions(self, family: object, model: object) -> tuple[str, ...]:
        """The questions of the model in order of their codes."""
        return tuple(sorted({*self.asked.get(family, ()), *self.asked.get(model, ())}))

    def chances(self, family: object, model: object, question: str) -> dict[object, float]:
        """The chance of a yes by cause."""
        return {**self.yes.get((family, question), {}), **self.yes.get((model, question), {})}

    def said(self, family: object, model: object, question: str) -> str:
        """The question in words."""
        return self.words.get((model, question)) or self.words[family, question]


def grow_trees(causes: pa.Table, questions: pa.Table, steps: pa.Table, texts: pa.Table) -> FaultTrees:
    """Read the fault trees; DataRejected with every row that fits no tree."""
    behind: dict[Key, dict[str, Row]] = defaultdict(dict)
    where: dict[str, set[object]] = defaultdict(set)
    for row in causes.to_pylist():
        behind[row["family"], row["symptom"]][row["cause"]] = row
        where[row["cause"]].add(row["family"])
    yes: dict[Key, dict[object, float]] = defaultdict(dict)
    words: dict[Key, str] = {}
    asked: dict[object, set[str]] = defaultdict(set)
    for row in sorted(questions.to_pylist(), key=lambda row: (row["family"], row["question"], row["cause"])):
        yes[row["family"], row["question"]][row["cause"]] = row["yes"]
        words.setdefault((row["family"], row["question"]), row["words"])
        asked[row["family"]].add(row["question"])
    named = {
        "symptom": {str(symptom) for _, symptom in behind},
        "cause": set(where),
        "step": set(where),
        "question": {str(question) for _, question in words},
    }
    models = _models(where, questions, steps)
    bad = [*_weightless(behind), *_homeless("questions", questions, where, models)]
    bad += [*_homeless("guide_steps", steps, where, models), *_nameless(texts, named), *_twofold(words, where)]
    if bad:
        raise DataRejected(bad)
    return FaultTrees(behind, yes, words, {scope: tuple(sorted(some)) for scope, some in asked.items()})


def _models(where: Mapping[str, set[object]], *tables: pa.Table) -> set[object]:
    """Scopes that stand in questions or guides but have no cause of their own: a model with rows of its family."""
    known = {scope for scopes in where.values() for scope in scopes}
    return {scope for table in tables for scope in table.column("family").to_pylist()} - known


def _weightless(behind: Mapping[Key, Mapping[str, Row]]) -> list[Breach]:
    return [
        Breach(
            f"the causes of {symptom} of {family} weigh nothing together",
            "causes.weight",
            "give at least one of them a weight",
            "causes",
        )
        for (family, symptom), rows in sorted(behind.items(), key=str)
        if not sum(float(str(row["weight"])) for row in rows.values()) > 0
    ]


def _twofold(words: Mapping[Key, str], where: Mapping[str, set[object]]) -> list[Breach]:
    """Questions named as a cause: an answer under a cause's code tells whether its guide helped."""
    return [
        Breach(
            f"{question} of {family} is the code of a question and of a cause",
            "questions.question",
            "give the question another code",
            "questions",
        )
        for family, question in sorted(words, key=str)
        if question in where
    ]


def _homeless(name: str, table: pa.Table, where: Mapping[str, set[object]], models: set[object]) -> list[Breach]:
    """Rows about a cause that their family does not have; of a model without causes, that no family has."""
    if not where:
        return []
    found = []
    columns = (table.column(c).to_pylist() for c in ("family", "cause"))
    for i, (family, cause) in enumerate(zip(*columns, strict=True)):
        if family in where.get(cause, ()) or (where.get(cause) and (family in models or family == "*")):
            continue
        found.append(
            Breach(
                f"{family} has no cause {cause}",
                f"{name}.cause, row {i + 1}",
                "add it to causes, or correct the code",
                name,
                i,
                "cause",
                str(cause),
            )
        )
    return found


def _nameless(texts: pa.Table, named: Mapping[str, set[str]]) -> list[Breach]:
    """Texts of something that no tree has (parts are checked nowhere: a text may come before its part)."""
    if not named["cause"]:
        return []
    found = []
    columns = (texts.column(c).to_pylist() for c in ("kind", "code", "language"))
    for i, (kind, code, language) in enumerate(zip(*columns, strict=True)):
        if kind in named and code not in named[kind]:
            what = "cause" if kind == "step" else kind
            found.append(
                Breach(
                    f"there is no {what} {code}, but a text for it in {language}",
                    f"guide_texts.code, row {i + 1}",
                    f"add the {what}, or correct the code",
                    "guide_texts",
                    i,
                    "code",
                    str(code),
                )
            )
    return found
