"""English and Chinese are complete; the shell is there in every language; no translation loses a value."""

from __future__ import annotations

import ast
import re
import string

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po

from smilecurve.app.http.pages_settings import THEMES
from smilecurve.app.http.pages_tickets import SYMPTOMS
from smilecurve.app.pages.rendering import SPOKEN
from smilecurve.app.pages.words import CATALOGUES, LANGUAGES, speak
from smilecurve.app.stationing import WHY
from smilecurve.loop.registry import desks
from smilecurve.terms.tables import TABLES

APP = CATALOGUES.parents[1]
SHELL = ("layout.html", "tower.html", "board.html", "ticket.html", "sent.html")
FLOOR = ("station.html", "stations.html", "andon.html", "andonnow.html", "calls.html", "linenow.html")


def _said_in_templates(names: tuple[str, ...] = ()) -> set[str]:
    found: set[str] = set()
    for path in (CATALOGUES.parent / "templates").glob("*.html"):
        if not names or path.name in names:
            text = path.read_text("utf-8")
            found |= {a or b for a, b in re.findall(r"""\b_\(\s*(?:"([^"]+)"|'([^']+)')""", text)}
            found |= set(re.findall(r'ngettext\("([^"]+)"', text))
    return found


def _said_in_code() -> set[str]:
    found: set[str] = set()
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
            if called and node.func.attr in ("text", "count"):
                owner, first = node.func.value, node.args[0]
                if isinstance(owner, ast.Name) and owner.id == "words" and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def _read(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def _values(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_chinese_says_all_that_the_pages_say() -> None:
    catalogue = _read("zh")
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue}
    wanted = (
        _said_in_templates()
        | _said_in_code()
        | {*SPOKEN.values(), *SYMPTOMS.values(), *WHY.values(), *dict(THEMES).values()}
    )
    assert not wanted - known


def test_chinese_knows_nearly_every_table_and_desk() -> None:
    """A new desk changes no other file, so a few of its sentences may be English until they are translated."""
    chinese = speak("zh")
    wanted = {s.meaning for s in TABLES.values()} | {f"column:{c}" for s in TABLES.values() for c in s.columns}
    for d in desks().values():
        wanted |= {d.contract.question, *d.contract.reasons.values()}
    absent = sorted(w for w in wanted if not chinese.knows(w))
    assert len(absent) <= 0.05 * len(wanted), absent


@pytest.mark.parametrize("language", ["zh", "es", "ar"])
def test_the_shell_is_said_in_every_language(language: str) -> None:
    catalogue = _read(language)
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue}
    wanted = _said_in_templates((*SHELL, *FLOOR)) | {*SPOKEN.values(), *SYMPTOMS.values(), *WHY.values()}
    assert not wanted - known


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_translation_loses_a_value(language: str) -> None:
    for message in _read(language):
        if not message.id:
            continue
        wanted = _values(message.id[-1] if isinstance(message.id, tuple) else message.id)
        for said in message.string if isinstance(message.string, tuple) else (message.string,):
            assert said, message.id
            told = _values(said)
            assert told == wanted or (isinstance(message.id, tuple) and set(wanted) - set(told) <= {"n"}), message.id
