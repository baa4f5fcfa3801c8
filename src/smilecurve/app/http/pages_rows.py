"""How does a person put rows of their own in the place of a desk's?

One row as a form: the decision becomes a changed one, and what follows is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.pages_decisions import found_decision, maker_only
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.loop.acting import change
from smilecurve.loop.registry import AnyDesk, desk
from smilecurve.terms.errors import Breach, NotFound, OptionRejected
from smilecurve.terms.table import Field
from smilecurve.terms.tables import table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
Row = dict[str, object]
INPUT: Mapping[str, str] = {"whole": "number", "number": "number", "date": "date"}


@router.get("/decisions/{code}/rows/{number}")
def edit_row(ask: Asks, code: str, number: int) -> Response:
    """One row as a form."""
    maker_only(ask)
    row = found_decision(ask, code)
    spec = table(str(row["table"]))
    record = _record(ask, code, number)
    d = desk(str(row["desk"]))
    cells = [
        {
            "name": f.name,
            "meaning": f.meaning,
            "limits": "" if f.among else f.limits,
            "unit": f.unit,
            "optional": f.optional,
            "among": _choices(f, d),
            "kind": INPUT.get(f.type, "text"),
            "key": f.name in spec.key,
            "value": _written(record[f.name]),
        }
        for f in spec.fields
    ]
    why = words_of(ask.request).sentence(d, record)
    return page(ask, "row.html", d.contract.stage, decision=code, number=number, spec=spec, cells=cells, why=why)


@router.post("/decisions/{code}/rows/{number}")
async def keep_row(ask: Asks, code: str, number: int) -> Response:
    """A person's row in the place of the desk's: the decision is changed."""
    maker_only(ask)
    row = found_decision(ask, code)
    spec = table(str(row["table"]))
    form = await ask.request.form()
    records = ask.read.thread.rows_of(code).to_pylist()
    if not 0 <= number < len(records):
        raise NotFound(Breach(f"there is no row {number + 1}", "row", "choose one in the grid"))
    breaches = []
    for f in spec.fields:
        if f.name in spec.key or f.name not in form:
            continue
        try:
            records[number][f.name] = _read(f, str(form[f.name]).strip())
        except (pa.ArrowInvalid, ValueError):
            breaches.append(Breach(f"{f.name} {form[f.name]} is not a {f.type}", f.name, f"write a {f.type}"))
    if breaches:
        raise OptionRejected(breaches)
    change(ask.house.thread, code, spec.rows(records), by=str(ask.scope), note=str(form.get("note", "")))
    return RedirectResponse(f"/decisions/{code}", 303)


def _choices(f: Field, d: AnyDesk) -> tuple[str, ...]:
    if f.name == "reason":
        return tuple(d.contract.reasons)
    return ("true", "false") if f.type == "flag" else f.among


def _read(f: Field, text: str) -> object:
    return None if text == "" else pa.scalar(text, pa.string()).cast(f.arrow).as_py()


def _written(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _record(ask: Asked, code: str, number: int) -> Row:
    rows = ask.read.thread.rows_of(code, scope=ask.scope)
    if not 0 <= number < rows.num_rows:
        raise NotFound(Breach(f"there is no row {number + 1}", "row", "choose one in the grid"))
    return dict(rows.slice(number, 1).to_pylist()[0])
