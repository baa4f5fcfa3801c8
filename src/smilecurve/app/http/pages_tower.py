"""Which page opens the house: the tower, a stage, what waits, what is found?"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.pages.gridquery import Query
from smilecurve.app.pages.marketmap import life, market_map
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.app.pages.rowgrid import grid_of_table
from smilecurve.app.pages.taktboard import takt_board
from smilecurve.app.pages.tower import figures
from smilecurve.app.pages.waiting import shown_decision, waiting
from smilecurve.loop.registry import desks
from smilecurve.terms.errors import Breach, NotFound
from smilecurve.terms.tables import STAGES, TABLES, table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
ON_TOWER = 8
PLACES = {"machine": "/machines/", "serial": "/machines/", "lot": "/lots/", "decision": "/decisions/"}
FOUND_IN = {
    "sales_order": "/tables/sales_orders?q=",
    "work_order": "/tables/work_orders?q=",
    "ticket": "/tables/tickets?q=",
    "part": "/tables/parts?q=",
}


@router.get("/")
def tower(ask: Asks) -> Response:
    """The control tower."""
    words = words_of(ask.request)
    read = ask.read
    board = takt_board(read, words, Query.of("/", ask.request.query_params))
    decisions = waiting(read, words)
    return page(
        ask,
        "tower.html",
        "tower",
        figures=figures(
            read,
            words,
            slots=board.slots_today if board else 0,
            late=board.late_today if board else 0,
        ),
        map=market_map(read, words),
        decisions=decisions[:ON_TOWER],
        decisions_total=len(decisions),
        board=board,
        life=life(read, words),
    )


@router.get("/stages/{stage}")
def one_stage(ask: Asks, stage: str) -> Response:
    """A stage: its desks with their last decision, its tables, what waits."""
    if stage not in STAGES:
        raise NotFound(Breach(f"there is no stage {stage}", "stage", f"use one of {', '.join(STAGES)}"))
    words = words_of(ask.request)
    shown = []
    for name, d in desks().items():
        if d.contract.stage != stage:
            continue
        last = ask.read.rows("decisions", where={"desk": name}, order=("-number",), limit=1)
        shown.append(
            {
                "name": name,
                "question": d.contract.question,
                "table": d.contract.decides.name,
                "last": shown_decision(ask.read, words, last[0]) if last else None,
            }
        )
    return page(
        ask,
        "stage.html",
        stage,
        stage=stage,
        desks=shown,
        tables=[t for t in TABLES.values() if t.stage == stage],
        decisions=waiting(ask.read, words, stage=stage),
    )


@router.get("/decisions")
def all_decisions(ask: Asks) -> Response:
    """What waits, and every decision."""
    words = words_of(ask.request)
    query = Query.of("/decisions", ask.request.query_params)
    if not query.sort:
        query = Query(query.path, query.q, "-number", query.page, query.size, query.rest)
    rows = grid_of_table(ask.read, table("decisions"), query, words)
    return page(ask, "decisions.html", "decisions", decisions=waiting(ask.read, words), rows=rows)


@router.get("/menu")
def menu(ask: Asks) -> Response:
    """Everything that has no room at the foot of a phone."""
    return page(ask, "menu.html", "menu")


@router.get("/find")
def find(ask: Asks, q: str = "") -> Response:
    """What carries this text: for the search box as JSON, for people as a page."""
    words = words_of(ask.request)
    found = []
    if len(q.strip()) >= 2:
        for row in _few_of_each(ask.read.thread.search(q.strip(), scope=ask.scope, limit=60).to_pylist()):
            kind, code = str(row["kind"]), str(row["code"])
            go = (
                PLACES[kind] + quote(code, safe="")
                if kind in PLACES
                else FOUND_IN.get(kind, "/tables/events?q=") + quote(code)
            )
            found.append({"kind": words.code(kind), "code": code, "said": str(row["said"] or ""), "go": go})
    if "application/json" in ask.request.headers.get("accept", ""):
        return JSONResponse(found)
    return page(ask, "find.html", "find", found=found, asked=q)


def _few_of_each(rows: list[dict[str, object]], most: int = 5) -> list[dict[str, object]]:
    """The first of every kind, so that many machines do not hide the one part."""
    counts: dict[object, int] = {}
    kept = []
    for row in rows:
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
        if counts[row["kind"]] <= most:
            kept.append(row)
    return kept
