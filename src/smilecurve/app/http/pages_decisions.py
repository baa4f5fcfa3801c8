"""What did a desk decide, why, how near is it to the best, and what does a person make of it?"""

from __future__ import annotations

import json
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends, Form
from markupsafe import Markup
from starlette.responses import JSONResponse, RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.app.pages.rowgrid import Query, grid_of_rows
from smilecurve.app.pages.taktboard import takt_board
from smilecurve.app.pages.tower import tone_of
from smilecurve.app.pages.waiting import shown_decision
from smilecurve.app.pages.words import Words
from smilecurve.loop.acting import accept, change, reject
from smilecurve.loop.registry import AnyDesk, desk
from smilecurve.loop.whatif import EXAMPLES
from smilecurve.terms.errors import Breach, NotAllowed, NotFound, OptionRejected
from smilecurve.terms.scope import MAKER
from smilecurve.terms.table import Field, Spec
from smilecurve.terms.tables import table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
Row = dict[str, object]
INPUT = {"whole": "number", "number": "number", "date": "date"}


@router.get("/desks/{name}")
def one_desk(ask: Asks, name: str) -> Response:
    """A desk: its latest decision, or what it needs to make one."""
    found = ask.read.rows("decisions", where={"desk": desk(name).contract.name}, order=("-decided",), limit=1)
    return _decision_page(ask, desk(name), found[0] if found else None)


@router.get("/decisions/{code}")
def one_decision(ask: Asks, code: str) -> Response:
    """Any decision: rows, why, gap, basis, picture, what-if."""
    row = _found(ask, code)
    return _decision_page(ask, desk(str(row["desk"])), row)


def _decision_page(ask: Asked, d: AnyDesk, row: Row | None) -> Response:
    words, spec = words_of(ask.request), d.contract.decides
    basis: dict[str, object] = {"clash": [], "figures": {}, "options": {}, "version": d.contract.version, "by": ""}
    rows = None
    grid = None
    if row is not None:
        basis |= json.loads(str(row["basis"]))
        rows = ask.read.thread.rows_of(str(row["decision"]), scope=ask.scope)
        query = Query.of(ask.request.url.path, ask.request.query_params)
        changing = "change" in ask.request.query_params and row["state"] == "waiting"
        grid = grid_of_rows(
            spec,
            rows,
            query,
            words,
            exports=f"/api/v1/decisions/{row['decision']}/rows?",
            edits=f"/decisions/{row['decision']}/rows" if changing else "",
        )
    board = None
    if spec.name == "build_sequence" and row is not None and rows is not None:
        board = takt_board(ask.read, words, decision=str(row["decision"]), rows=rows)
    earlier = ask.read.rows("decisions", where={"desk": d.contract.name}, order=("-decided",), limit=8)
    return page(
        ask,
        "decision.html",
        d.contract.stage,
        desk=d.contract,
        spec=spec,
        d=shown_decision(ask.read, words, row) if row else None,
        basis=basis,
        rows=grid,
        changing=bool(grid and grid.edits),
        board=board,
        picture=picture(spec, rows, words, ask.read.rows) if rows is not None and not board else None,
        map=_map(ask, spec, rows, words) if rows is not None else None,
        options=_options(d, basis),
        earlier=[e for e in earlier if row is None or e["decision"] != row["decision"]],
        examples=EXAMPLES,
    )


def _options(d: AnyDesk, basis: dict[str, object]) -> list[dict[str, object]]:
    used = basis["options"] if isinstance(basis["options"], dict) else {}
    shown = []
    for o in d.options:
        value = used.get(o.name, o.default)
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value, default=str).strip('"')
        shown.append({"name": o.name, "type": o.type, "required": o.required, "value": text})
    return shown


def _map(ask: Asked, spec: Spec, rows: pa.Table, words: Words) -> Markup | None:
    """A map for tables that decide about markets or places."""
    if spec.name not in ("revenue", "service_routes", "promises", "load_plan"):
        return None
    places = {str(m["market"]): m for m in ask.read.rows("markets")}
    counts: dict[str, tuple[float, float | None]] = {}
    for r in rows.to_pylist():
        if spec.name == "revenue":
            if r["cut"] == "market" and r["scope"] == "all" and len(str(r["period"])) == 4:
                counts[str(r["value"])] = (float(r["amount"] or 0), r["growth"])
        elif r.get("market"):
            counts[str(r["market"])] = (counts.get(str(r["market"]), (0.0, None))[0] + 1, None)
    most = max((v for v, _ in counts.values()), default=0) or 1.0
    marks = [
        Mark(
            float(places[m]["latitude"]),  # type: ignore[arg-type]
            float(places[m]["longitude"]),  # type: ignore[arg-type]
            max(value, 0) / most,
            tone_of(growth) if spec.name == "revenue" else "here",
            f"{words.market(m)}: {words.short(value)}",
        )
        for m, (value, growth) in counts.items()
        if m in places
    ]
    return world_map(marks, words.text(spec.meaning)) if marks else None


@router.post("/decisions/{code}/state")
def set_state(ask: Asks, code: str, state: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """A person accepts or rejects."""
    _maker(ask)
    words = words_of(ask.request)
    row = _found(ask, code)
    if row["state"] != "waiting":
        said = words.text("this decision is {state} already", state=words.code(str(row["state"])))
        raise OptionRejected(Breach(said, "state", words.text("look at the desk's latest decision")))
    if state == "accepted":
        followed = accept(ask.house.thread, code, by=str(ask.scope))
        said = words.text("Accepted.")
        if followed:
            said += " " + words.count("{n} change followed.", "{n} changes followed.", followed)
    elif state == "rejected":
        reject(ask.house.thread, code, by=str(ask.scope))
        said = words.text("Rejected.")
    else:
        raise OptionRejected(Breach(f"{state} is no answer", "state", "accepted or rejected"))
    return _answered(ask, state, said, back)


@router.post("/decisions/{code}/swaps")
async def swap(ask: Asks, code: str) -> Response:
    """Slots of the takt board swapped by a person: the sequence becomes a changed decision."""
    _maker(ask)
    row, words = _found(ask, code), words_of(ask.request)
    if row["table"] != "build_sequence":
        raise OptionRejected(Breach("only a build sequence has slots", "swap", "change the row instead"))
    form = await ask.request.form()
    rows = ask.read.thread.rows_of(code).to_pylist()
    by_slot = {str(r["slot"]): r for r in rows}
    for text in form.getlist("swap"):
        one, _, other = str(text).partition(",")
        if one not in by_slot or other not in by_slot:
            raise NotFound(Breach(f"there are no slots {one} and {other}", "swap", "load the page again"))
        _swap(by_slot[one], by_slot[other])
        by_slot[one], by_slot[other] = by_slot[other], by_slot[one]
    spec = table("build_sequence")
    followed = change(
        ask.house.thread, code, spec.rows(list(by_slot.values())), by=str(ask.scope), note="swapped on the board"
    )
    said = words.text("Kept.") + " " + words.count("{n} change followed.", "{n} changes followed.", followed)
    return _answered(ask, "changed", said, "/")


def _swap(a: Row, b: Row) -> None:
    if a["frozen"] or b["frozen"] or a["held"] or b["held"]:
        raise OptionRejected(Breach("a frozen or held machine cannot be moved", "swap", "choose another slot"))
    for name in ("slot", "start_s"):
        a[name], b[name] = b[name], a[name]
    for r in (a, b):
        if isinstance(r["old_slot"], int) and isinstance(r["slot"], int):
            r["moved"] = r["slot"] - r["old_slot"]


@router.get("/decisions/{code}/rows/{number}")
def edit_row(ask: Asks, code: str, number: int) -> Response:
    """One row as a form."""
    _maker(ask)
    row = _found(ask, code)
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
    _maker(ask)
    row = _found(ask, code)
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


def _found(ask: Asked, code: str) -> Row:
    rows = ask.read.rows("decisions", where={"decision": code})
    if not rows:
        raise NotFound(Breach(f"there is no decision {code}", "decision", "see /decisions"))
    return rows[0]


def _answered(ask: Asked, state: str, said: str, back: str) -> Response:
    if "application/json" in ask.request.headers.get("accept", ""):
        return JSONResponse({"state": state, "said": said})
    return RedirectResponse(_inside(back), 303)


def _inside(back: str) -> str:
    """Only a way inside this server; anything else leads to the tower."""
    return back if back.startswith("/") and not back.startswith("//") and "\\" not in back else "/"


def _maker(ask: Asked) -> None:
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not decide", "scope", "ask the maker"))
