"""How is a refusal told: every breach, to a program as problem+json (RFC 9457), to a person as a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from smilecurve.terms.errors import Breach, SmilecurveError

__all__ = ["Failing", "problem", "tell_problems", "wants_page"]

MOST_BREACHES = 1000
Failing = Callable[[Request, int, str, tuple[Breach, ...]], Response]


def problem(status: int, title: str, breaches: tuple[Breach, ...] = (), detail: str = "") -> JSONResponse:
    """A refusal as problem+json with its breaches (the first thousand, and how many there are)."""
    body: dict[str, object] = {
        "type": f"urn:smilecurve:problem:{status}",
        "title": title,
        "status": status,
        "detail": detail or (breaches[0].what if breaches else title),
    }
    if breaches:
        body["breaches"] = [asdict(b) for b in breaches[:MOST_BREACHES]]
        body["breaches_in_all"] = len(breaches)
    return JSONResponse(body, status, media_type="application/problem+json")


def wants_page(request: Request) -> bool:
    """Does a person's browser ask, and not a program?"""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def tell_problems(app: FastAPI, page: Failing) -> None:
    """Give every error its answer; `page` draws the one for people."""

    def answer(request: Request, status: int, title: str, breaches: tuple[Breach, ...]) -> Response:
        if wants_page(request):
            return page(request, status, title, breaches)
        return problem(status, title, breaches)

    @app.exception_handler(SmilecurveError)
    async def refused(request: Request, error: SmilecurveError) -> Response:
        return answer(request, error.http_status, error.title, error.breaches)

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> Response:
        found = tuple(
            Breach(str(e["msg"]), ".".join(str(p) for p in e["loc"]), "see /api/v1/openapi.json")
            for e in error.errors()
        )
        return answer(request, 422, "The request cannot be read", found)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        found = (Breach(str(error.detail), request.url.path, "see /api/v1/openapi.json"),)
        return answer(request, error.status_code, str(error.detail), found)
