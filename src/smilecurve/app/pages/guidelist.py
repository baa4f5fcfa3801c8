"""Which guides are there, what pictures and films does each have, and what does each step say?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from smilecurve.app.guidefiles import GuideFile, files_by_name
from smilecurve.app.pages.guiding import film_of, spoken, steps_told
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading

__all__ = ["GuideKept", "StepShown", "guides_of", "steps_shown"]


@dataclass(frozen=True, slots=True)
class GuideKept:
    """One guide: the cause it puts right in its family, how many steps it has and how many files lie there for it."""

    code: str
    family: str
    cause: str
    said: str
    film: str
    steps: int
    files: int
    guide: str

    def name_of(self, step: int) -> str:
        """The name of the files of a step; 0: of the whole guide."""
        return f"{self.film}-{step}" if step else self.film


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step with its words and its files; step 0 is the guide as a whole."""

    step: int
    said: str
    files: list[GuideFile]


def guides_of(read: Reading, folder: Path, words: Words) -> list[GuideKept]:
    """Every guide, by family and cause; a family's guide of a cause stands once though several symptoms lead to it."""
    counts: dict[tuple[str, str], int] = {}
    for r in read.rows("guide_steps"):
        key = str(r["family"]), str(r["cause"])
        counts[key] = max(counts.get(key, 0), int(str(r["step"])))
    kept = files_by_name(folder)
    found: dict[str, GuideKept] = {}
    for r in read.rows("causes", order=("family", "cause")):
        family, cause = str(r["family"]), str(r["cause"])
        steps = counts.get((family, cause)) or len(steps_told(str(r["guide"])))
        film = film_of(r, cause)
        files = sum(len(kept.get(f"{film}-{n}" if n else film, ())) for n in range(steps + 1))
        said = spoken(read, words, (family,), "cause", cause) or words.code(cause)
        code = f"{family}/{cause}"
        found[code] = GuideKept(code, family, cause, said, film, steps, files, str(r["guide"]))
    return list(found.values())


def steps_shown(read: Reading, folder: Path, words: Words, guide: GuideKept) -> list[StepShown]:
    """The guide as a whole, then its steps."""
    told = steps_told(words.text(guide.guide))
    kept = files_by_name(folder)
    shown = [StepShown(0, "", kept.get(guide.film, []))]
    for n in range(1, guide.steps + 1):
        said = spoken(read, words, (guide.family,), "step", guide.cause, n) or (told[n - 1] if n <= len(told) else "")
        shown.append(StepShown(n, said, kept.get(guide.name_of(n), [])))
    return shown
