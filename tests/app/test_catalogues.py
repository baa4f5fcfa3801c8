"""English and Chinese are complete; the shell is there in every language; no translation loses a value."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po

from smilecurve.app.http.pages_settings import THEMES
from smilecurve.app.http.pages_tickets import KINDS, SYMPTOMS
from smilecurve.app.pages.rendering import SPOKEN
from smilecurve.app.pages.words import CATALOGUES, LANGUAGES, speak
from smilecurve.app.stationing import WHY
from smilecurve.app.visiting import OUTCOMES
from smilecurve.desks.line import balance, judging
from smilecurve.loop.registry import desks
from smilecurve.terms.errors import DataRejected, Expired, NotAllowed, NotFound, OptionRejected
from smilecurve.terms.tables import TABLES, table

APP = CATALOGUES.parents[1]
SHELL = ("layout.html", "tower.html", "board.html", "ticket.html", "sent.html")
PHONES = (
    "ticket.html", "tickets.html", "sent.html", "visit.html", "visits.html", "outbox.html", "link.html", "refused.html",
    "field.html", "layout.html", "menu.html", "error.html", "machine.html",
)  # fmt: skip
PHONE_CODE = (
    "visiting.py", "visits.py", "pages/visitview.py", "pages/guiding.py", "pages/ticketdesk.py", "http/links.py",
    "http/photos.py", "http/pages_tickets.py", "http/pages_visits.py",
)  # fmt: skip
FLOOR = ("station.html", "stations.html", "andon.html", "andonnow.html", "calls.html", "linenow.html")


def _said_in_templates(names: tuple[str, ...] = ()) -> set[str]:
    found: set[str] = set()
    for path in (CATALOGUES.parent / "templates").glob("*.html"):
        if not names or path.name in names:
            text = path.read_text("utf-8")
            found |= {a or b for a, b in re.findall(r"""\b_\(\s*(?:"([^"]+)"|'([^']+)')""", text)}
            found |= set(re.findall(r'ngettext\("([^"]+)"', text))
    return found


def _said_in_code(names: tuple[str, ...] = ()) -> set[str]:
    found: set[str] = set()
    for path in (APP / name for name in names) if names else APP.rglob("*.py"):
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


def _proofs_in(path: Path) -> set[str]:
    """The units and notes that the proofs of a desk are built with."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Proof":
            for given in (*node.args[3:], *(k.value for k in node.keywords if k.arg in ("unit", "by"))):
                found |= {n.value for n in ast.walk(given) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def test_chinese_knows_nearly_every_proof_answer_and_option() -> None:
    chinese = speak("zh")
    wanted = set(judging.GOALS.values()) | {said for both in balance.GOALS.values() for said in both}
    for path in (APP.parent / "desks").rglob("*.py"):
        wanted |= _proofs_in(path)
    for d in desks().values():
        wanted |= {*d.contract.answers.values(), *(f"column:{o.name}" for o in d.options)}
    absent = sorted(w for w in wanted if not chinese.knows(w))
    assert len(wanted) > 100
    assert len(absent) <= 0.05 * len(wanted), absent


def test_chinese_says_what_a_what_if_has_understood() -> None:
    tree = ast.parse((APP.parent / "loop" / "whatif.py").read_text("utf-8"))
    made = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "_Change"]
    said = {n.args[0].value for n in made if isinstance(n.args[0], ast.Constant)}
    said |= {f"{kind} {{code}} is closed from {{day}} until {{until}}" for kind in ("supplier", "lane")}
    assert len(said) >= 8
    assert not {text for text in said if not speak("zh").knows(text)}


@pytest.mark.parametrize("name", ["excavators", "small_machines"])
def test_the_line_desks_of_a_turned_maker_speak_chinese(name: str, request: pytest.FixtureRequest) -> None:
    """Answer, unit and note of the proof, figures and options: nothing of the line stays English."""
    chinese, absent = speak("zh"), set()
    for row in request.getfixturevalue(name).view(table("decisions")).to_pylist():
        d, basis = desks()[row["desk"]], json.loads(row["basis"])
        if d.contract.stage == "line":
            said = [basis["by"], row["unit"], *d.contract.answers.values()]
            named = [f"column:{n}" for n in (*basis["figures"], *(o.name for o in d.options))]
            absent |= {(row["desk"], w) for w in (*said, *named) if not chinese.knows(w)}
    assert not absent


@pytest.mark.parametrize("language", ["zh", "es", "ar"])
def test_the_shell_is_said_in_every_language(language: str) -> None:
    catalogue = _read(language)
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue}
    wanted = _said_in_templates((*SHELL, *FLOOR)) | {*SPOKEN.values(), *SYMPTOMS.values(), *WHY.values()}
    assert not wanted - known


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_customers_and_partners_phones_are_said_in_every_language(language: str) -> None:
    """Pages, refusals (a bad link, a photo that is none) and what the page's own scripts say."""
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in _read(language)}
    spoken = {*SPOKEN.values(), *SYMPTOMS.values(), *OUTCOMES.values(), *KINDS.values()}
    titles = {error.title for error in (DataRejected, Expired, NotAllowed, NotFound, OptionRejected)}
    codes = {f"code:{c}" for c in (*OUTCOMES, "accepted", "campaign", "ticket", "visit", "part", "remote", "ask")}
    wanted = _said_in_templates(PHONES) | _said_in_code(PHONE_CODE) | spoken | titles | codes
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
