"""Which tables are there, and which rows do they hold?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import JSONResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.problems import problem
from smilecurve.app.http.shapes import chosen_format, etag, rows_answer, rows_from, unchanged
from smilecurve.loop.registry import author
from smilecurve.terms.errors import Breach, NotAllowed, OptionRejected
from smilecurve.terms.scope import MAKER
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES, table

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["tables"])
Asks = Annotated[Asked, Depends(asked)]
MOST_ROWS = 1_000_000
RESERVED = frozenset({"limit", "offset", "order", "format", "as_of"})


def contract(spec: Spec) -> dict[str, object]:
    """A table's contract as JSON."""
    decides = author(spec)
    return {
        "name": spec.name,
        "meaning": spec.meaning,
        "stage": spec.stage,
        "origin": spec.origin,
        "key": list(spec.key),
        "sees": dict(spec.sees),
        "decided_by": decides.contract.name if decides else None,
        "columns": [asdict(f) | {"limits": f.limits} for f in spec.fields],
        "rows": f"/api/v1/tables/{spec.name}/rows",
    }


@router.get("/tables", summary="Every shared table")
def tables() -> list[dict[str, object]]:
    """Every shared table: its name, meaning, stage and origin."""
    return [
        {
            "name": s.name,
            "meaning": s.meaning,
            "stage": s.stage,
            "origin": s.origin,
            "contract": f"/api/v1/tables/{s.name}",
        }
        for s in TABLES.values()
    ]


@router.get("/tables/{name}", summary="One table's contract")
def one_table(name: str) -> dict[str, object]:
    """One table's contract: columns with meaning, type, unit and limits; key; who sees which rows."""
    return contract(table(name))


@router.get("/tables/{name}/rows", summary="Rows of a table")
def rows(
    ask: Asks,
    name: str,
    limit: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 1000,
    offset: Annotated[int, Query(ge=0)] = 0,
    order: Annotated[str, Query(description="Columns, separated by commas; -column for falling")] = "",
    format: Annotated[str, Query(description="json | csv | parquet | arrow | xlsx")] = "",
    as_of: Annotated[datetime | None, Query(description="As heard by then: 2023-05-12T08:00Z")] = None,
) -> Response:
    """Rows the asker may see. Any column may stand in the query (`?market=ID`); If-None-Match spares a repeat."""
    spec = table(name)
    where = _conditions(ask, spec)
    wanted = _order(spec, order)
    form = chosen_format(ask.request)
    tag = etag(ask.read.version(name), str(ask.scope), where, wanted, limit, offset, form, as_of)
    if unchanged(ask.request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    then = as_of.replace(tzinfo=UTC) if as_of and as_of.tzinfo is None else as_of
    found = ask.read.table(name, where=where, limit=limit, offset=offset, order=wanted, as_of=then)
    return rows_answer(found, spec, form, tag, ask.read.count(name, where=where, as_of=then), offset)


@router.put("/tables/{name}/rows", summary="Keep a given table's rows")
async def put_rows(ask: Asks, name: str) -> Response:
    """Put rows in the place of all rows of a given table. If-Match must carry the ETag of `/tables/{name}/version`."""
    spec = table(name)
    if spec.origin != "given":
        told = f"{name} is {spec.origin}, not given"
        raise OptionRejected(Breach(told, name, "append events, or run the desk that decides it"))
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not write {name}", name, "ask the maker"))
    held = ask.request.headers.get("if-match")
    now = etag(ask.read.version(name))
    if held is None:
        said = Breach("say which version you change", "If-Match", f"send the ETag of /api/v1/tables/{name}/version")
        return problem(428, "If-Match is required", (said,))
    body = await ask.request.body()
    if held != now:
        said = Breach("the table has changed since you read it", "If-Match", "read it again and repeat your change")
        return problem(412, "The version has passed", (said,))
    checked = spec.check(rows_from(body, ask.request.headers.get("content-type", ""), spec))
    ask.house.thread.put(spec, checked, by=str(ask.scope))
    tag = etag(ask.read.version(name))
    return JSONResponse({"table": name, "rows": checked.num_rows}, headers={"ETag": tag})


@router.get("/tables/{name}/version", summary="The version of a table")
def version(ask: Asks, name: str) -> Response:
    """The table's version as ETag, for If-Match."""
    tag = etag(ask.read.version(table(name).name))
    if unchanged(ask.request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse({"table": name, "version": tag.strip('"')}, headers={"ETag": tag})


def _conditions(ask: Asked, spec: Spec) -> dict[str, object]:
    given = {k: v for k, v in ask.request.query_params.items() if k not in RESERVED or k in spec.columns}
    given = {k: v for k, v in given.items() if k not in RESERVED}
    unknown = [k for k in given if k not in spec.columns]
    if unknown:
        raise OptionRejected(
            Breach(f"{spec.name} has no column {k}", k, f"use one of {', '.join(spec.columns)}") for k in unknown
        )
    return dict(given)


def _order(spec: Spec, text: str) -> tuple[str, ...]:
    wanted = tuple(part for part in text.split(",") if part)
    unknown = [p for p in wanted if p.removeprefix("-") not in spec.columns]
    if unknown:
        raise OptionRejected(
            Breach(f"{spec.name} has no column {p.removeprefix('-')}", "order", f"use one of {', '.join(spec.columns)}")
            for p in unknown
        )
    return wanted
