"""What did a desk decide, why, how near is it to the best, and what does a person make of it?"""

from __future__ import annotations

import json
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends, Form
from markupsafe import Markup
from starlette.responses import JSONResponse, RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.pages.alarmsteps import looking
from smilecurve.app.pages.figures import told_figures
from smilecurve.app.pages.gridquery import Query
from smilecurve.app.pages.marketmap import tone_of
from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.pictures.sequencing import sequence_pictures
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.app.pages.rowgrid import grid_of_rows, narrowed
from smilecurve.app.pages.swaps import sheet
from smilecurve.app.pages.taktboard import takt_board
from smilecurve.app.pages.waiting import shown_decision
from smilecurve.app.pages.words import Words
from smilecurve.loop.acting import accept, reject
from smilecurve.loop.registry import AnyDesk, desk
from smilecurve.loop.wishes import examples_for
from smilecurve.terms.errors import Breach, NotAllowed, NotFound, OptionRejected
from smilecurve.terms.scope import MAKER
from smilecurve.terms.table import Spec

__all__ = ["answered", "found_decision", "maker_only", "router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
Row = dict[str, object]


@router.get("/desks/{name}")
def one_desk(ask: Asks, name: str) -> Response:
    """A desk: its latest decision, or what it needs to make one."""
    found = ask.read.rows("decisions", where={"desk": desk(name).contract.name}, order=("-number",), limit=1)
    return _decision_page(ask, desk(name), found[0] if found else None)


@router.get("/decisions/{code}")
def one_decision(ask: Asks, code: str) -> Response:
    """Any decision: rows, why, gap, basis, picture, what-if."""
    row = found_decision(ask, code)
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
    board, pictures = None, []
    if spec.name == "build_sequence" and row is not None and rows is not None:
        board = takt_board(ask.read, words, query, decision=str(row["decision"]), rows=rows)
        pictures = _pictures(ask, str(row["decision"]), board.line, words) if board else []
    drawn = None
    if rows is not None and not board:
        drawn = picture(spec, narrowed(spec, rows, query, words), words, looking(ask.read))
    earlier = ask.read.rows("decisions", where={"desk": d.contract.name}, order=("-number",), limit=8)
    return page(
        ask,
        "decision.html",
        d.contract.stage,
        desk=d.contract,
        spec=spec,
        d=shown_decision(ask.read, words, row) if row else None,
        basis=basis,
        figures=told_figures(basis["figures"], rows, words),  # type: ignore[arg-type]
        rows=grid,
        changing=bool(grid and grid.edits),
        board=board,
        pictures=pictures,
        picture=drawn,
        map=_map(ask, spec, rows, words) if rows is not None else None,
        options=_options(d, basis),
        earlier=[e for e in earlier if row is None or e["decision"] != row["decision"]],
        examples=examples_for(d.contract.name, words.language),
    )


def _pictures(ask: Asked, code: str, line: str, words: Words) -> list[tuple[str, Markup]]:
    """Where the sequence presses; none where other machines wait by now, or for readers who may not see the line."""
    if ask.scope != MAKER:
        return []
    try:
        laid = sheet(ask.read, code)
    except OptionRejected:
        return []
    return sequence_pictures(laid, line, words) if line in laid.lines else []


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
    if spec.name not in ("revenue", "promises", "load_plan"):
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
    maker_only(ask)
    words = words_of(ask.request)
    row = found_decision(ask, code)
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
    return answered(ask, state, said, back)


def found_decision(ask: Asked, code: str) -> Row:
    """The decision of this code; NotFound when there is none."""
    rows = ask.read.rows("decisions", where={"decision": code})
    if not rows:
        raise NotFound(Breach(f"there is no decision {code}", "decision", "see /decisions"))
    return rows[0]


def answered(ask: Asked, state: str, said: str, back: str) -> Response:
    """What was done: to the page's script as JSON, to a plain form as a way back."""
    if "application/json" in ask.request.headers.get("accept", ""):
        return JSONResponse({"state": state, "said": said})
    return RedirectResponse(_inside(back), 303)


def _inside(back: str) -> str:
    """Only a way inside this server; anything else leads to the tower."""
    return back if back.startswith("/") and not back.startswith("//") and "\\" not in back else "/"


def maker_only(ask: Asked) -> None:
    """Only the maker decides."""
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not decide", "scope", "ask the maker"))
