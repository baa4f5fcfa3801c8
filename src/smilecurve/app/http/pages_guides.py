"""Which guides have pictures and films, and how does the maker add them? Shown on customers' and partners' phones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, UploadFile
from starlette.responses import FileResponse, RedirectResponse, Response

from smilecurve.app.guidefiles import guide_path, keep_file, remove_file
from smilecurve.app.http.house import Asked, asked
from smilecurve.app.pages.guidelist import guides_of, steps_shown
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.terms.errors import Breach, DataRejected, NotAllowed, NotFound
from smilecurve.terms.scope import MAKER

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
Text = Annotated[str, Form()]
CHUNK = 1 << 20


@router.get("/guides")
def guides(ask: Asks, guide: str = "") -> Response:
    """Every guide with what it has, and one of them step by step."""
    return _shown(ask, guide)


def _shown(ask: Asked, guide: str, status: int = 200, breaches: tuple[Breach, ...] = ()) -> Response:
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not see this page", "scope", "ask the maker"))
    words = words_of(ask.request)
    every = guides_of(ask.read, ask.house.folder, words)
    chosen = next((g for g in every if g.code == guide), every[0] if every and not guide else None)
    if guide and chosen is None:
        raise NotFound(Breach(f"there is no guide {guide}", "guide", "choose one in the list"))
    steps = steps_shown(ask.read, ask.house.folder, words, chosen) if chosen else []
    return page(ask, "guides.html", "serve", status, guides=every, chosen=chosen, steps=steps, breaches=breaches)


@router.post("/guides")
def add(ask: Asks, file: UploadFile, guide: Text, step: Annotated[int, Form()] = 0, language: Text = "") -> Response:
    """Keep a picture or film of a step, or (step 0) the film of the whole guide."""
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not add pictures or films", "scope", "ask the maker"))
    chosen = next((g for g in guides_of(ask.read, ask.house.folder, words_of(ask.request)) if g.code == guide), None)
    if chosen is None or not 0 <= step <= chosen.steps:
        raise NotFound(Breach(f"{guide} has no step {step}", "step", "choose one in the list"))
    try:
        keep_file(ask.house.folder, chosen.name_of(step), language, _chunks(file))
    except DataRejected as error:
        return _shown(ask, guide, error.http_status, error.breaches)
    return RedirectResponse(f"/guides?{urlencode({'guide': guide})}#step-{step}", 303)


def _chunks(file: UploadFile) -> Iterator[bytes]:
    while chunk := file.file.read(CHUNK):
        yield chunk


@router.post("/guides/remove")
def remove(ask: Asks, file: Text, guide: Text) -> Response:
    """Take a picture or film away."""
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not take pictures or films away", "scope", "ask the maker"))
    remove_file(ask.house.folder, file)
    return RedirectResponse(f"/guides?{urlencode({'guide': guide})}", 303)


@router.get("/guides/{name}")
def guide_file(ask: Asks, name: str) -> Response:
    """A picture or film of a guide."""
    path, kind = guide_path(ask.house.folder, name)
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})
