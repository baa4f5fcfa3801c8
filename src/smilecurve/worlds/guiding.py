"""How are faults put right step by step, and what is everything called in the owners' languages?"""

from __future__ import annotations

import pyarrow as pa

from smilecurve.terms.tables.serve_guides import GUIDE_STEPS, GUIDE_TEXTS, MARKET_LANGUAGES
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.rowfiles import read_rows

__all__ = ["guide_tables"]

LANGUAGES = ("zh", "es", "ar", "id")
PICTURES = (
    ("stop", "look"),
    ("let it cool", "wait"),
    ("unplug", "unplug"),
    ("measure", "measure"),
    ("load-test", "measure"),
    ("check", "look"),
    ("look", "look"),
    ("read", "look"),
    ("watch", "wait"),
    ("tighten", "tighten"),
    ("fill", "fill"),
    ("drain", "drain"),
    ("wipe", "clean"),
    ("clean", "clean"),
    ("wash", "clean"),
    ("blow", "clean"),
    ("brush", "clean"),
    ("spray", "clean"),
    ("press", "press"),
    ("key", "key"),
    ("lever", "key"),
    ("switch", "key"),
    ("change", "change"),
    ("fit", "change"),
    ("new", "change"),
    ("film", "film"),
)


def guide_tables(maker: Maker) -> dict[str, pa.Table]:
    """The steps of every guide, all texts in five languages, and who speaks which."""
    texts = read_rows(f"{maker.rows}_texts").records
    steps: list[dict[str, object]] = []
    words: list[dict[str, object]] = []
    for r in maker.causes.records:
        parts = _parted(r["guide"])
        each, rest = divmod(int(r["minutes"]), len(parts))
        steps += [
            {
                "family": r["family"],
                "cause": r["cause"],
                "step": i + 1,
                "picture": _picture(said),
                "video": "film-" + r["cause"].replace("_", "-") if i == 0 else None,
                "minutes": each + (i < rest),
            }
            for i, said in enumerate(parts)
        ]
    guides = {r["cause"]: r["guide"] for r in maker.causes.records}
    english = {"question": {q: said for q, said, _, _ in maker.questions}, "step": guides}
    for kind, code in [(r["kind"], r["code"]) for r in texts] + [
        ("step", cause) for cause in guides if ("step", cause) not in {(r["kind"], r["code"]) for r in texts}
    ]:
        words += _told(kind, code, "en", english.get(kind, {}).get(code, code.replace("_", " ").capitalize()))
    for r in texts:
        for language in LANGUAGES:
            words += _told(r["kind"], r["code"], language, r[language])
    spoken = [*read_rows("tongues").records, *read_rows("more_tongues").records]
    return {
        "guide_steps": GUIDE_STEPS.rows(steps),
        "guide_texts": GUIDE_TEXTS.rows(words),
        "market_languages": MARKET_LANGUAGES.rows([dict(r) for r in spoken if r["language"] in LANGUAGES]),
    }


def _told(kind: str, code: str, language: str, said: str) -> list[dict[str, object]]:
    """The rows of one text: a guide is as many as it has steps."""
    base = {"family": "*", "kind": kind, "code": code, "language": language}
    if kind != "step":
        return [base | {"step": 0, "words": said}]
    return [base | {"step": i + 1, "words": words} for i, words in enumerate(_parted(said))]


def _parted(guide: str) -> list[str]:
    """A guide as its steps.

    >>> _parted("Open the screw; pump by hand; close it.")
    ['Open the screw', 'Pump by hand', 'Close it']
    """
    steps = [part.strip().rstrip(".。") for part in guide.replace("\uff1b", ";").split(";")]
    return [step[:1].upper() + step[1:] for step in steps]


def _picture(step: str) -> str:
    """The drawing whose word stands first in a step."""
    said = step.lower()
    found = [(said.find(word), i) for i, (word, _) in enumerate(PICTURES) if word in said]
    return PICTURES[min(found)[1]][1] if found else "look"
