"""What is done at a station, who calls for help, and how does the line go just now?"""

from __future__ import annotations

from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.pages_decisions import maker_only
from smilecurve.app.moments import read_moment
from smilecurve.app.pages.andon import calls, line_now
from smilecurve.app.pages.rendering import page, piece, words_of
from smilecurve.app.pages.stations import line_rows, station_screen
from smilecurve.app.pages.words import Words
from smilecurve.app.stationing import WHY, Act, Done, call_for_help, carry_out, move_call
from smilecurve.terms.errors import Breach, SmilecurveError

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
Text = Annotated[str, Form()]


@router.get("/stations")
def stations(ask: Asks) -> Response:
    """Choose a station."""
    maker_only(ask)
    return page(ask, "stations.html", "floor", lines=line_rows(ask.read))


@router.get("/stations/{line}/{station}")
def station(ask: Asks, line: str, station: int, machine: str = "") -> Response:
    """The screen of a station."""
    maker_only(ask)
    try:
        return _screen(ask, line, station, machine)
    except SmilecurveError as error:
        if not machine:
            raise
        return _screen(ask, line, station, "", error.http_status, error.breaches)


def _screen(
    ask: Asked,
    line: str,
    station: int,
    machine: str,
    status: int = 200,
    breaches: tuple[Breach, ...] = (),
) -> Response:
    words = words_of(ask.request)
    shown = station_screen(ask.read, words, line, station, machine.strip())
    waiting, _ = calls(ask.read, words, line=line, station=station)
    return page(
        ask,
        "station.html",
        "floor",
        status,
        s=shown,
        why=_why(words),
        breaches=breaches,
        token=token_hex(8),
        calls=waiting,
    )


def _why(words: Words) -> list[tuple[str, str]]:
    return [(code, words.text(said)) for code, said in WHY.items()]


@router.post("/stations/{line}/{station}/acts")
def acts(
    ask: Asks,
    line: str,
    station: int,
    step: Text,
    machine: Text = "",
    text: Text = "",
    tablet: Text = "",
    seq: Annotated[int, Form()] = 0,
    told_at: Text = "",
) -> Response:
    """Do one step, or call for help; the same tablet and number again adds nothing and is answered as before."""
    maker_only(ask)
    words = words_of(ask.request)
    act = Act(line, station, machine, step, text, tablet, seq, read_moment(told_at))
    plain = "application/json" not in ask.request.headers.get("accept", "")
    try:
        done = call_for_help(ask.read, words, act) if step == "help" else carry_out(ask.read, words, act)
    except SmilecurveError as error:
        if plain:
            return _screen(ask, line, station, machine, error.http_status, error.breaches)
        raise
    if plain:
        return _after(ask, act, words, done)
    return JSONResponse({"good": done.good, "said": done.said, "step": done.step, "lot": done.lot})


def _after(ask: Asked, act: Act, words: Words, done: Done) -> Response:
    """Without scripts: the station again, with what was not right."""
    if not done.good:
        breach = Breach(done.said, words.text("measured value"), words.text("Measure again, or call for help."))
        return _screen(ask, act.line, act.station, act.key, 200, (breach,))
    from urllib.parse import quote

    goes = f"/stations/{quote(act.line, safe='')}/{act.station}"
    stays = act.step not in ("finish", "help") and act.key
    return RedirectResponse(goes + (f"?machine={quote(act.key, safe='')}" if stays else ""), 303)


@router.get("/stations/{line}/{station}/calls")
def station_calls(ask: Asks, line: str, station: int) -> Response:
    """The calls of a station, as a piece of page that renews itself."""
    maker_only(ask)
    words = words_of(ask.request)
    waiting, _ = calls(ask.read, words, line=line, station=station)
    return HTMLResponse(piece(words, "calls.html", calls=waiting, acts=False))


@router.get("/andon")
def andon(ask: Asks) -> Response:
    """Every call for help, and the line just now."""
    maker_only(ask)
    return page(ask, "andon.html", "floor", 200, **_andon(ask))


@router.get("/andon/now")
def andon_now(ask: Asks) -> Response:
    """The same as a piece of page that renews itself."""
    maker_only(ask)
    return HTMLResponse(piece(words_of(ask.request), "andonnow.html", **_andon(ask)))


def _andon(ask: Asked) -> dict[str, object]:
    words = words_of(ask.request)
    waiting, closed = calls(ask.read, words)
    lines = [(row, line_now(ask.read, words, str(row["line"]))) for row in line_rows(ask.read)]
    return {"calls": waiting, "closed": closed, "lines": lines, "acts": True}


@router.post("/andon/{call}")
def answer_call(ask: Asks, call: str, state: Text) -> Response:
    """Take or close a call."""
    maker_only(ask)
    move_call(ask.read, words_of(ask.request), call, state)
    return RedirectResponse("/andon", 303)


@router.get("/lines/{line}/now")
def now(ask: Asks, line: str) -> Response:
    """What each station of a line does, as a piece of page that renews itself."""
    maker_only(ask)
    words = words_of(ask.request)
    return HTMLResponse(piece(words, "linenow.html", cells=line_now(ask.read, words, line), line=line))
