"""Where do I go today, what is to be done there, and what was done? A partner's phone.

One visit is opened by a signed link alone, without an account; the list of visits by whoever may see them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from smilecurve.app.guidefiles import guide_path
from smilecurve.app.http.house import Asked, House, asked
from smilecurve.app.http.links import opened, visit_link
from smilecurve.app.http.pages_tickets import SYMPTOMS, act_name
from smilecurve.app.http.photos import MOST_BYTES, keep_photo, photo_path
from smilecurve.app.moments import read_moment
from smilecurve.app.pages.rendering import bare_page, page, words_of
from smilecurve.app.pages.visitview import visit_list, visit_view
from smilecurve.app.reading import Reading
from smilecurve.app.visiting import OUTCOMES, Report, accept_visit, end_visit
from smilecurve.app.visits import Visit, photo_of, planned, visit_of
from smilecurve.terms.errors import Breach, NotAllowed, NotFound, SmilecurveError
from smilecurve.terms.scope import MAKER

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
Text = Annotated[str, Form()]
LASTS = timedelta(days=7)
MOST_SHOWN = 60


@router.get("/visits")
def visits(ask: Asks, technician: str = "") -> Response:
    """The visits of the plan, for those who send or go."""
    _lending(ask)
    everybody = planned(ask.read)
    chosen = [(r, end) for r, end in everybody if technician in ("", r["technician"])][:MOST_SHOWN]
    until = datetime.now(UTC) + LASTS
    links = {str(r["visit"]): f"/visit/{visit_link(ask.house.key, str(r['visit']), until)}" for r, _ in chosen}
    return page(
        ask,
        "visits.html",
        "serve",
        days=visit_list(chosen, links, words_of(ask.request)),
        technicians=sorted({str(r["technician"]) for r, _ in everybody}),
        technician=technician,
        left_out=len([1 for r, _ in everybody if technician in ("", r["technician"])]) - len(chosen),
    )


@router.post("/visits/links")
def lend(ask: Asks, visit: Text) -> Response:
    """A link that opens one visit, for whoever goes there without an account."""
    _lending(ask)
    seen = ask.read.count("service_routes", where={"visit": visit}) or ask.read.count(
        "tickets", where={"ticket": visit}
    )
    if not seen:
        raise NotFound(Breach(f"there is no visit {visit}", "visit", "look at the plan of visits"))
    until = datetime.now(UTC) + LASTS
    go = f"/visit/{visit_link(ask.house.key, visit, until)}"
    whole = str(ask.request.base_url).rstrip("/") + go
    return page(ask, "link.html", "serve", visit=visit, link=whole, go=go, until=until)


def _lending(ask: Asked) -> None:
    if ask.scope.role not in ("maker", "partner"):
        raise NotAllowed(Breach(f"{ask.scope} may not send anybody", "scope", "ask the maker or a service partner"))


def _visit(request: Request, token: str) -> tuple[House, Reading, Visit]:
    """The one visit that the link opens."""
    house: House = request.app.state.house
    read = Reading(house.thread, MAKER, house.kept)
    words = words_of(request)
    return house, read, visit_of(read, opened(house.key, token, datetime.now(UTC), words), words)


@router.get("/visit/{token}")
def one(request: Request, token: str) -> Response:
    """One visit: where, what to bring and do, and the report."""
    return _shown(request, token)


def _shown(
    request: Request, token: str, status: int = 200, breaches: tuple[Breach, ...] = (), given: Report | None = None
) -> Response:
    house, read, visit = _visit(request, token)
    words = words_of(request)
    view = visit_view(read, house.folder, words, visit, f"/visit/{token}")
    outcomes = [(code, words.text(said)) for code, said in OUTCOMES.items()]
    symptom = str(visit.ticket.get("symptom") or "")
    return bare_page(
        request,
        "visit.html",
        status,
        v=visit,
        view=view,
        here=f"/visit/{token}",
        act=token_hex(16),
        outcomes=outcomes,
        photo=photo_of(read, visit),
        symptom=words.text(SYMPTOMS[symptom]) if symptom in SYMPTOMS else symptom,
        given=given or Report(""),
        breaches=breaches,
    )


@router.post("/visit/{token}/accept")
def accept(request: Request, token: str, act: Text = "", told_at: Text = "") -> Response:
    """The visit is accepted."""
    _, read, visit = _visit(request, token)
    accept_visit(read, words_of(request), visit, act_name(act), read_moment(told_at))
    return _answered(request, token)


@router.post("/visit/{token}/report")
async def report(
    request: Request, token: str, photo: UploadFile | None = None, signature: UploadFile | None = None
) -> Response:
    """The report that ends the visit; what cannot stand is told at once, all of it, and nothing is lost."""
    house, read, visit = _visit(request, token)
    form = await request.form()
    cells = {k: str(v).strip() for k, v in form.items() if isinstance(v, str)}
    names = ("outcome", "component", "failed", "fitted", "cause", "hours", "note", "signer")
    steps = tuple(str(s) for s in form.getlist("step"))
    files = {
        name: await file.read(MOST_BYTES + 1)
        for name, file in (("photo", photo), ("signature", signature))
        if file is not None and file.filename
    }
    given = Report(
        "", **{n: cells.get(n, "") for n in names}, steps=steps, told_at=read_moment(cells.get("told_at", ""))
    )

    def keep() -> dict[str, str]:
        return {
            name: keep_photo(house.folder, content, visit.machine, words_of(request))
            for name, content in files.items()
            if content
        }

    try:
        act = act_name(cells.get("act", ""))
        end_visit(read, words_of(request), visit, replace(given, act=act), keep)
    except SmilecurveError as error:
        if "application/json" in request.headers.get("accept", ""):
            raise
        return _shown(request, token, error.http_status, error.breaches, given)
    return _answered(request, token)


def _answered(request: Request, token: str) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"go": f"/visit/{token}"})
    return RedirectResponse(f"/visit/{token}", 303)


@router.get("/visit/{token}/photo")
def photo(request: Request, token: str) -> Response:
    """The photo that came with the ticket of this visit, and no other."""
    house, read, visit = _visit(request, token)
    path, _ = photo_path(house.folder, photo_of(read, visit))
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/visit/{token}/guides/{name}")
def guide(request: Request, token: str, name: str) -> Response:
    """A picture or film of the steps of this visit."""
    house, _, _ = _visit(request, token)
    path, kind = guide_path(house.folder, name)
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})
