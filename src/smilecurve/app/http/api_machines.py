"""What happened to a machine, what is in it, and where is a lot?"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import JSONResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.problems import problem
from smilecurve.app.http.shapes import chosen_format, etag, rows_answer
from smilecurve.terms.errors import Breach, NotAllowed, NotFound, OptionRejected
from smilecurve.terms.scope import MAKER
from smilecurve.terms.tables import table

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["machines"])
Asks = Annotated[Asked, Depends(asked)]
MOST_EVENTS = 100_000


@router.get("/machines/{serial}/story", summary="One machine's whole life")
def story(ask: Asks, serial: str) -> Response:
    """Every event of the machine in order; withdrawn ones are marked."""
    found = ask.house.thread.story(serial, scope=ask.scope)
    return _rows(ask, found, "story", serial)


@router.get("/machines/{serial}/components", summary="What is in a machine")
def components(ask: Asks, serial: str) -> Response:
    """What went in and what is in it now, down every level."""
    found = ask.house.thread.components(serial, scope=ask.scope)
    return _rows(ask, found, "components", serial)


@router.get("/lots/{lot}/machines", summary="Containment of a lot")
def lot_machines(ask: Asks, lot: str) -> Response:
    """Every machine that holds the lot at any level, and where it is now."""
    found = ask.house.thread.containment(lot, scope=ask.scope)
    return _rows(ask, found, "lot_machines", lot)


def _rows(ask: Asked, found: object, name: str, key: str) -> Response:
    import pyarrow as pa

    if not isinstance(found, pa.Table):
        raise TypeError(f"{name} is no table")
    if not found.num_rows:
        raise NotFound(Breach(f"there is nothing under {key}", name, "look it up with /api/v1/search?text="))
    tag = etag(ask.read.version("events"), str(ask.scope), name, key)
    return rows_answer(found, table(name), chosen_format(ask.request), tag, found.num_rows, 0)


@router.get("/search", summary="Find serials, orders, lots, parts")
def search(
    ask: Asks, text: Annotated[str, Query(min_length=1)], limit: Annotated[int, Query(ge=1, le=200)] = 20
) -> list[dict[str, object]]:
    """What carries this text in its code, among what the asker may see."""
    return list(ask.house.thread.search(text, scope=ask.scope, limit=limit).to_pylist())


@router.post("/events", summary="Append events", status_code=201)
async def append(ask: Asks) -> Response:
    """Append events: a JSON list, or {"events": [...]}. The answer is the commit.

    Idempotency-Key: the same key with the same body is acknowledged again and adds nothing; another body is refused.
    """
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not append events", "events", "open a ticket, or ask the maker"))
    body = await ask.request.body()
    events = _events(body)
    key = ask.request.headers.get("idempotency-key")
    if key:
        known = f"idempotency:{hashlib.sha256(key.encode()).hexdigest()}"
        digest = hashlib.sha256(body).hexdigest()
        before = ask.house.thread.meta().get(known)
        if before is not None and before != digest:
            said = Breach("this key came with another body before", "Idempotency-Key", "take a new key for new events")
            return problem(422, "The key is taken", (said,))
    done = ask.house.thread.append(events)
    if key:
        ask.house.thread.set_meta(known, digest)
    answer = {"received": len(events), "added": done.added, "known": len(events) - done.added}
    return JSONResponse(answer, 201 if done.added else 200)


def _events(body: bytes) -> list[dict[str, object]]:
    try:
        given = json.loads(body)
    except ValueError as error:
        raise OptionRejected(Breach(f"the body is no JSON: {error}", "body", "send a list of events")) from None
    events = given.get("events") if isinstance(given, dict) else given
    if not isinstance(events, list) or not all(isinstance(e, dict) for e in events):
        raise OptionRejected(Breach("the body holds no list of events", "body", 'send [...] or {"events": [...]}'))
    if len(events) > MOST_EVENTS:
        said = f"{len(events)} events in one request"
        raise OptionRejected(Breach(said, "body", f"send at most {MOST_EVENTS} at a time, or use `smile load`"))
    return events
