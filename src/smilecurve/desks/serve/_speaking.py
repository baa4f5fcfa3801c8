"""In which language can an owner be told what comes next, and what is missing there?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import pyarrow as pa

from smilecurve.terms.decision import Clash

__all__ = ["FALLBACK", "Texts", "read_texts"]

FALLBACK = "en"
OWNED = ("remote", "part")


class Texts:
    """Which texts there are, who speaks what, and which texts were wanted in vain."""

    def __init__(self, spoken: Mapping[str, str], told: Mapping[tuple[str, str, int], set[tuple[str, str]]],
                 steps: Mapping[tuple[str, str], set[int]]) -> None:  # fmt: skip
        self.spoken, self.told, self.steps = spoken, told, steps
        self.missing: Counter[tuple[str, str, str]] = Counter()

    def language(self, row: Mapping[str, object], scopes: tuple[str, str], treated: Mapping[str, object]) -> str | None:
        """The owner's language if all he is told stands in it, else the fallback; None where nothing is written down.

        He is told the question; and the steps of what he does himself, where no question is asked.
        """
        if not self.told:
            return None
        wanted = self._wanted(row, scopes, treated)
        spoken = self.spoken.get(str(row["market"]), FALLBACK)
        absent = sorted(
            {(kind, code) for kind, code, step in wanted if not self._there(kind, code, step, scopes, spoken)}
        )
        for kind, code in absent:
            self.missing[kind, code, spoken] += 1
        return FALLBACK if absent else spoken

    def _wanted(
        self, row: Mapping[str, object], scopes: tuple[str, str], treated: Mapping[str, object]
    ) -> list[tuple[str, str, int]]:
        if row["question"] is not None:
            return [("question", str(row["question"]), 0)]
        if row["step"] not in OWNED:
            return []
        cause = str(treated["cause"])
        steps = self.steps.get((scopes[1], cause)) or self.steps.get((scopes[0], cause)) or set()
        return [("step", cause, step) for step in sorted(steps)]

    def _there(self, kind: str, code: str, step: int, scopes: tuple[str, str], language: str) -> bool:
        found = self.told.get((kind, code, step), set())
        return any((scope, language) in found for scope in (*scopes, "*"))

    def clashes(self) -> Iterable[Clash]:
        """One line for every text that owners want and do not get in their language."""
        for (kind, code, language), n in sorted(self.missing.items()):
            named = "the guide of" if kind == "step" else f"the {kind}"
            tickets = "1 ticket hears" if n == 1 else f"{n} tickets hear"
            yield Clash(
                f"{named} {code} is not told in {language}: {tickets} it in {FALLBACK}",
                "guide_texts.language",
                f"add its words in {language}",
            )


def read_texts(texts: pa.Table, steps: pa.Table, languages: pa.Table) -> Texts:
    """Texts by what they name, the steps of every guide, and the language of every market."""
    told: dict[tuple[str, str, int], set[tuple[str, str]]] = defaultdict(set)
    for row in texts.to_pylist():
        told[row["kind"], row["code"], row["step"]].add((row["family"], row["language"]))
    guides: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in steps.to_pylist():
        guides[row["family"], row["cause"]].add(row["step"])
    spoken = dict(zip(*(languages.column(c).to_pylist() for c in ("market", "language")), strict=True))
    return Texts(spoken, told, guides)
