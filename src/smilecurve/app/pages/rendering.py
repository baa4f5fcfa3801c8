"""How does a template become a page in the reader's language?"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from smilecurve.app.http.asking import asked_language, asked_theme
from smilecurve.app.http.house import Asked
from smilecurve.app.pages.assets import asset
from smilecurve.app.pages.figures import told_figure
from smilecurve.app.pages.waiting import waiting_by_stage
from smilecurve.app.pages.words import LANGUAGES, Words, speak
from smilecurve.terms.tables import STAGES

__all__ = ["A_YEAR", "SPOKEN", "accept_label", "bare_page", "page", "piece", "words_of"]

A_YEAR = 365 * 86_400
TEMPLATES = Path(__file__).with_name("templates")
SPOKEN = {
    "accepted": "accepted",
    "changed": "changed",
    "rejected": "rejected",
    "frozen": "This slot is frozen or empty; it cannot be moved.",
    "taken": "Slot {slot} is picked up: go to another slot and press Enter, or Escape to let go.",
    "undone": "All swaps are undone.",
    "swapped": "Slots {a} and {b} are swapped ({n} not kept yet).",
    "working": "Working …",
    "lost": "The connection was lost; look again in a moment.",
    "nothing": "Nothing found.",
    "live": "Live",
    "newer": "There is news",
    "offline": "Offline",
    "kept": "The network is away: kept here, sent later.",
    "unsent": "{n} acts wait to be sent",
    "refused": "{step}: {scan} was not taken",
    "reopened": "{step} is open again: {scan} was refused",
    "undone_step": "{step} is open again",
    "seen": "Seen",
    "sentence": "{what}. {do}.",
    "inside": "within limits",
    "outside": "outside the limits",
    "reload": "Load the page again to see it",
    "unkept": "The network is away and this browser keeps nothing: send it again later.",
    "waits": "Waits for the network",
    "correct": "Correct",
    "discard": "Throw away",
    "copied": "Copied",
    "unsigned": "Nobody has signed",
    "film_away": "This film is not on the phone: it needs a network.",
    "film_odd": "This phone cannot play this film.",
}


def words_of(request: Request) -> Words:
    """The words of the reader: of the language named in the address, else of the one asked for."""
    named = request.query_params.get("language", "")
    return speak(named if named in LANGUAGES else asked_language(request))


def accept_label(words: Words, desk: str) -> str:
    """What accepting this desk's decision means, on its button."""
    said = words.text(f"accept:{desk}")
    return words.text("Accept") if said.startswith("accept:") else said


@cache
def _environment(language: str) -> Environment:
    words = speak(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        _=words.text,
        ngettext=words.count,
        w=words,
        asset=asset,
        stages=STAGES,
        languages=LANGUAGES,
        spoken={code: words.text(said) for code, said in SPOKEN.items()},
        told_figure=lambda name, value: told_figure(name, value, words),
        accept_label=lambda desk: accept_label(words, desk),
    )
    return made


def page(ask: Asked, template: str, here: str, /, status: int = 200, **shown: object) -> HTMLResponse:
    """The page of this template for this asker."""
    request = ask.request
    words = words_of(request)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    last = ask.read.rows("decisions", order=("-number",), limit=1)
    common: dict[str, object] = {
        "here": here,
        "theme": asked_theme(request),
        "scope": str(ask.scope),
        "back": path if request.method == "GET" else "/",
        "waiting": waiting_by_stage(ask.read),
        "version": ask.read.change(),
        "turned": words.moment(last[0]["decided"]) if last else "",  # type: ignore[arg-type]
        "asked": "",
        "status": status,
    }
    text = _environment(words.language).get_template(template).render(common | shown)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"})


def bare_page(request: Request, template: str, status: int = 200, **shown: object) -> HTMLResponse:
    """A page for a reader without an account: nothing of the house stands on it but what is given."""
    words = words_of(request)
    text = _environment(words.language).get_template(template).render({"theme": asked_theme(request)} | shown)
    answer = HTMLResponse(text, status, headers={"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"})
    if "language" in request.query_params:
        answer.set_cookie("smilecurve-language", words.language, max_age=A_YEAR, samesite="strict", httponly=True)
    return answer


def piece(words: Words, template: str, **shown: object) -> str:
    """A piece of page, without its frame."""
    return _environment(words.language).get_template(template).render(shown)


def as_json(body: object) -> str:
    """A small answer for the page's own scripts."""
    return json.dumps(body, default=str, ensure_ascii=False)
