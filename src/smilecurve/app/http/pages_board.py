"""What does a swap on the takt board bring, and how is it kept?"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.pages_decisions import answered, maker_only
from smilecurve.app.pages.boardview import unsequenced
from smilecurve.app.pages.rendering import words_of
from smilecurve.app.pages.swaps import sheet, swap_answer
from smilecurve.app.pages.words import Words
from smilecurve.loop.swapping import Sheet, keep_swaps
from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
SLOT = re.compile("[0-9]{1,7}")


@router.post("/decisions/{code}/swaps/look")
async def look(ask: Asks, code: str) -> Response:
    """What these swaps bring; nothing is kept."""
    maker_only(ask)
    line, swaps = await _asked(ask)
    laid = sheet(ask.read, code)
    words = words_of(ask.request)
    line = _line(laid, line, words)
    return JSONResponse(swap_answer(ask.read, words, line, laid, laid.swapped(line, swaps)))


@router.post("/decisions/{code}/swaps")
async def swap(ask: Asks, code: str) -> Response:
    """Slots of the takt board swapped by a person: the sequence becomes a changed decision."""
    maker_only(ask)
    words = words_of(ask.request)
    line, swaps = await _asked(ask)
    laid = sheet(ask.read, code)
    followed = keep_swaps(ask.house.thread, code, laid, _line(laid, line, words), swaps, by=str(ask.scope))
    said = words.text("Kept.") + " " + words.count("{n} change followed.", "{n} changes followed.", followed)
    return answered(ask, "changed", said, "/")


async def _asked(ask: Asked) -> tuple[str, list[tuple[int, int]]]:
    """The line and the pairs of slots of a form, in the order they were swapped."""
    form = await ask.request.form()
    pairs: list[tuple[int, int]] = []
    wrong = []
    for text in form.getlist("swap"):
        one, _, other = str(text).partition(",")
        if SLOT.fullmatch(one) and SLOT.fullmatch(other):
            pairs.append((int(one), int(other)))
        else:
            wrong.append(Breach(f"{text} is no pair of slots", "swap", "write two slots: 14,88"))
    if wrong or not pairs:
        raise OptionRejected(wrong or Breach("no slots are given", "swap", "write two slots: 14,88"))
    return str(form.get("line", "")), pairs


def _line(laid: Sheet, line: str, words: Words) -> str:
    """The line asked for; without one the first, which the board shows."""
    if line and line not in laid.lines:
        raise unsequenced(line, laid.lines, words)
    return line or min(laid.lines)
