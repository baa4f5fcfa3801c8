"""What does `smile serve` serve?

One application: JSON under /api/v1, pages beside it, built files under /static. It listens on this machine alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as AsgiScope

from smilecurve.app.http import (
    api_desks,
    api_machines,
    api_tables,
    openapi,
    pages_board,
    pages_data,
    pages_decisions,
    pages_floor,
    pages_guides,
    pages_rows,
    pages_runs,
    pages_settings,
    pages_things,
    pages_tickets,
    pages_tower,
    pages_visits,
)
from smilecurve.app.http.asking import ScopeOf, key_of, narrowing
from smilecurve.app.http.guard import HOSTS, Guard
from smilecurve.app.http.house import House, asked
from smilecurve.app.http.jobs import Jobs
from smilecurve.app.http.problems import tell_problems
from smilecurve.app.pages.assets import STATIC, asset
from smilecurve.app.pages.rendering import bare_page, page
from smilecurve.terms.errors import Breach
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.thread.store import open_thread

__all__ = ["create_app"]

VERSION = version("smilecurve")
ROUTERS = (
    api_tables,
    api_machines,
    api_desks,
    pages_tower,
    pages_decisions,
    pages_board,
    pages_rows,
    pages_runs,
    pages_things,
    pages_tickets,
    pages_visits,
    pages_guides,
    pages_floor,
    pages_data,
    pages_settings,
)


class BuiltFiles(StaticFiles):
    """Files with a hash in their name: a browser may keep them for ever."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """The file, marked as never changing."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer

    async def get_response(self, path: str, scope: AsgiScope) -> Response:
        """The file of this path."""
        return await super().get_response(path, scope)


def create_app(
    thread_place: str | Path,
    *,
    scope: str | Scope = MAKER,
    scope_of: ScopeOf | None = None,
    hosts: frozenset[str] = HOSTS,
) -> FastAPI:
    """The application over one thread.

    scope: the most any request may see (a dealer's server shows a dealer's rows); scope_of: how a request's own scope
    is found, by default a header or signed cookie below that; hosts: names this server answers to.
    """
    ceiling = Scope.parse(scope) if isinstance(scope, str) else scope
    thread = open_thread(thread_place)
    key = key_of(thread.folder)
    house = House(thread.folder, thread, Jobs(), key, ceiling, scope_of or narrowing(key, ceiling))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        house.jobs.stop()
        house.thread.close()

    app = FastAPI(
        title="Smilecurve",
        version=VERSION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.house = house
    for part in ROUTERS:
        app.include_router(part.router)
    app.add_api_route("/worker.js", _worker, include_in_schema=False)
    app.mount("/static", BuiltFiles(directory=STATIC, check_dir=False), name="static")
    tell_problems(app, _error_page)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    app.add_middleware(GZipMiddleware, minimum_size=800)
    app.add_middleware(Guard, hosts=hosts)
    return app


def _worker() -> Response:
    """What keeps the pages of the field on a phone; it stands at the root, so that it may answer for every page."""
    path = STATIC / asset("worker.js").rpartition("/")[2]
    return FileResponse(path, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _described(app: FastAPI) -> dict[str, object]:
    if not app.openapi_schema:
        app.openapi_schema = openapi.describe(app)
    return app.openapi_schema


def _error_page(request: Request, status: int, title: str, breaches: tuple[Breach, ...]) -> Response:
    if request.url.path.startswith("/visit/"):
        return bare_page(request, "refused.html", status, said=title, breaches=breaches[:50], here=request.url.path)
    return page(asked(request), "error.html", "", status, said=title, breaches=breaches[:50])
