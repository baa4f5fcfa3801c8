"""Which steps put a fault right, in the reader's language, each with its picture or film?

Steps and words are rows of the tables `guide_steps` and `guide_texts`; a fault without such rows is told by the guide
of its cause, clause by clause. Pictures and films are files (app.guidefiles): those of a step bear the name of the
guide's film and its number, such as `FILM-1.jpg`, or the name that the step's row gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from smilecurve.app.guidefiles import FILMS, PICTURES, found_file
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.terms.tables import TABLES

__all__ = ["DRAWINGS", "Guide", "GuideStep", "film_of", "guide_of", "spoken", "steps_told"]

Row = Mapping[str, object]
DRAWINGS = ("look", "wait", "unplug", "measure", "tighten", "fill", "drain", "clean", "press", "key", "change")
"""Pictures of steps that stand among the icons."""
_CLAUSES = re.compile(r"[;；؛]|。|\.\s+(?=[^a-z])")


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step: what to do, the address of its picture or else the name of its drawing, the address of its film."""

    said: str
    picture: str = ""
    drawing: str = ""
    film: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps that put a cause right, and the address of their film; empty where there is none."""

    steps: tuple[GuideStep, ...] = ()
    film: str = ""


def steps_told(guide: str) -> list[str]:
    """The steps of a guide that is one text: its clauses between semicolons, its sentences.

    >>> steps_told("Wipe the fitting; tighten it to the torque on the label. Watch it for 1.5 h.")
    ['Wipe the fitting', 'Tighten it to the torque on the label', 'Watch it for 1.5 h']
    """
    clauses = [c.strip(" .。；;") for c in _CLAUSES.split(guide)]
    return [c[:1].upper() + c[1:] for c in clauses if c]


def film_of(cause: Row, code: str) -> str:
    """The name of a guide's film: as the row of its cause names it, else the code of the cause."""
    return str(cause.get("video") or code)


def guide_of(read: Reading, folder: Path, words: Words, triage: Row, ticket: Row, base: str = "/guides") -> Guide:
    """The steps that triage advises for a ticket, in the reader's words; base: where pictures and films are served."""
    film = str(triage["video"] or "")
    kinds = (str(ticket["model"]), str(ticket["family"]))
    behind = read.rows("causes", where={"family": list(kinds), "symptom": ticket["symptom"]})
    named = next((str(r["cause"]) for r in behind if film and r["video"] == film), str(triage["cause"]))
    cause = str(triage.get("treated") or named)
    film = film_of(triage, cause)

    def file(name: str, of: Iterable[str]) -> str:
        found = found_file(folder, name, of, words.language)
        return f"{base}/{found}" if found else ""

    rows = _steps(read, kinds, cause)
    if not rows:
        told = steps_told(words.text(str(triage["guide"]))) if triage["guide"] else []
        steps = [
            GuideStep(said, file(f"{film}-{n}", PICTURES), "", file(f"{film}-{n}", FILMS))
            for n, said in enumerate(told, 1)
        ]
        return Guide(tuple(steps), file(film, FILMS))
    steps = []
    for r in rows:
        n, picture, own = int(str(r["step"])), str(r["picture"] or ""), str(r["video"] or "")
        steps.append(
            GuideStep(
                spoken(read, words, kinds, "step", cause, n) or "",
                file(f"{film}-{n}", PICTURES) or file(picture, PICTURES),
                picture if picture in DRAWINGS else "",
                file(f"{film}-{n}", FILMS) or (file(own, FILMS) if own != film else ""),
            )
        )
    return Guide(tuple(s for s in steps if s.said), file(film, FILMS))


def _steps(read: Reading, kinds: tuple[str, ...], cause: str) -> list[dict[str, object]]:
    if "guide_steps" not in TABLES:
        return []
    for kind in kinds:
        rows = read.rows("guide_steps", where={"family": kind, "cause": cause}, order=("step",))
        if rows:
            return rows
    return []


def spoken(read: Reading, words: Words, kinds: tuple[str, ...], kind: str, code: str, step: int = 0) -> str | None:
    """What a code is called in the reader's language, else in English; a model's own words go before its family's."""
    if "guide_texts" not in TABLES:
        return None
    where = {"kind": kind, "code": code, "step": step, "language": [words.language, "en"], "family": [*kinds, "*"]}
    order = {name: n for n, name in enumerate((*kinds, "*"))}
    rows = read.rows("guide_texts", where=where)
    rows.sort(key=lambda r: (r["language"] != words.language, order[str(r["family"])]))
    return str(rows[0]["words"]) if rows else None
