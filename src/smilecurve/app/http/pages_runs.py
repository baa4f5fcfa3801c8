"""How is a long run started from a page, and where is it watched without scripts?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from smilecurve.app.http.api_desks import started
from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.jobs import Job
from smilecurve.app.http.running import option_values, start_desk, start_turn, start_whatif
from smilecurve.app.pages.rendering import page, piece, words_of
from smilecurve.app.pages.words import Words
from smilecurve.loop.registry import desk
from smilecurve.loop.whatif import Difference
from smilecurve.terms.errors import Breach, NotAllowed
from smilecurve.terms.scope import MAKER

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]


@router.post("/runs/turn")
def turn(ask: Asks) -> Response:
    """Turn the loop."""
    _maker(ask)
    return _begun(ask, start_turn(ask.house, ask.scope, words_of(ask.request)))


@router.post("/runs/desks/{name}")
async def run(ask: Asks, name: str, back: str = "") -> Response:
    """Run one desk with the options of the form."""
    _maker(ask)
    desk(name)
    form = await ask.request.form()
    options = option_values(name, {k: str(v) for k, v in form.items() if k != "back"})
    inside = back if back.startswith("/") and not back.startswith("//") else ""
    return _begun(ask, start_desk(ask.house, name, options, ask.scope, words_of(ask.request), inside))


@router.post("/runs/whatif")
def what_if(ask: Asks, text: Annotated[str, Form(min_length=1)]) -> Response:
    """Try a change on a copy."""
    _maker(ask)
    return _begun(ask, start_whatif(ask.house, text, words_of(ask.request), _difference))


def _difference(words: Words, found: Difference) -> str:
    changed = "; ".join(words.text(said, **told) for said, told in found.changes)
    shown = {"rows": found.rows.to_pylist(), "changed": changed, "unplanned": found.unplanned}
    return piece(words, "difference.html", d=shown)


@router.get("/jobs/{id}")
def job(ask: Asks, id: str) -> Response:
    """A job as a page, for readers without scripts."""
    _maker(ask)
    found = ask.house.jobs.job(id)
    html = Markup(found.result.html) if found.result else ""
    return page(ask, "job.html", "decisions", job={"go": "", "of": 0} | found.shown(), html=html)


def _begun(ask: Asked, job: Job) -> Response:
    if "application/json" in ask.request.headers.get("accept", ""):
        return started(job)
    return RedirectResponse(f"/jobs/{job.id}", 303)


def _maker(ask: Asked) -> None:
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not run desks", "scope", "ask the maker"))
