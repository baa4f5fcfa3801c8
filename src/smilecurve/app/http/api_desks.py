"""What does a desk decide, and how is it run?"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query
from starlette.responses import JSONResponse, Response, StreamingResponse

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.jobs import Job
from smilecurve.app.http.running import start_desk, start_turn, start_whatif
from smilecurve.app.http.shapes import chosen_format, etag, rows_answer, rows_of_records
from smilecurve.app.pages.words import speak
from smilecurve.loop.acting import accept, change, reject
from smilecurve.loop.registry import AnyDesk, desk, desks
from smilecurve.loop.why import why
from smilecurve.terms.errors import Breach, NotAllowed, NotFound, OptionRejected
from smilecurve.terms.scope import MAKER
from smilecurve.terms.tables import table

__all__ = ["router", "started"]

router = APIRouter(prefix="/api/v1")
Asks = Annotated[Asked, Depends(asked)]


def told(d: AnyDesk) -> dict[str, object]:
    """A desk's contract as JSON."""
    c = d.contract
    return {
        "name": c.name,
        "stage": c.stage,
        "question": c.question,
        "reads": [s.name for s in c.reads],
        "feedback": [s.name for s in c.feedback],
        "decides": c.decides.name,
        "reasons": dict(c.reasons),
        "options": [{"name": o.name, "type": o.type, "default": o.default, "required": o.required} for o in d.options],
        "version": c.version,
        "runs": f"/api/v1/desks/{c.name}/runs",
    }


@router.get("/desks", tags=["desks"], summary="Every desk with its question")
def all_desks() -> Response:
    """Every desk with its contract."""
    return _json([told(d) for d in desks().values()])


@router.get("/desks/{name}", tags=["desks"], summary="One desk's contract")
def one_desk(name: str) -> Response:
    """One desk: question, tables, options and reasons."""
    return _json(told(desk(name)))


@router.post("/desks/{name}/runs", tags=["desks"], summary="Run a desk", status_code=202)
def run(ask: Asks, name: str, options: Annotated[dict[str, object] | None, Body()] = None) -> Response:
    """Run one desk with options; the answer is a job (202, Location)."""
    _maker(ask, "run desks")
    desk(name)
    return started(start_desk(ask.house, name, options or {}, ask.scope, speak("en")))


@router.post("/turns", tags=["desks"], summary="Turn the loop", status_code=202)
def turns(ask: Asks) -> Response:
    """Run every desk whose inputs changed; the answer is a job (202, Location)."""
    _maker(ask, "turn the loop")
    return started(start_turn(ask.house, ask.scope, speak("en")))


@router.post("/whatif", tags=["desks"], summary="What would change", status_code=202)
def what_if(ask: Asks, text: Annotated[str, Body(embed=True, min_length=1)]) -> Response:
    """Change an input on a fork, turn the loop there and compare; the answer is a job (202, Location)."""
    _maker(ask, "ask what-if")
    return started(start_whatif(ask.house, text, speak("en")))


@router.get("/jobs/{id}", tags=["jobs"], summary="How far a job is")
def job(ask: Asks, id: str) -> Response:
    """The job's state, its last step and, when it has ended, its result."""
    _maker(ask, "see jobs")
    return _json(ask.house.jobs.job(id).shown())


@router.get("/jobs/{id}/events", tags=["jobs"], summary="A job's progress as it happens")
def job_events(ask: Asks, id: str) -> Response:
    """Server-sent events: `step` for every step, `end` with the result."""
    _maker(ask, "see jobs")
    return _stream(ask.house.jobs.stream(ask.house.jobs.job(id)))


@router.get("/changes", tags=["jobs"], summary="When the thread changes")
def changes(ask: Asks) -> Response:
    """Server-sent events: `version` now and whenever somebody appended, put or decided."""

    async def versions() -> AsyncIterator[str]:
        import asyncio

        last = ""
        while not ask.house.jobs.stopping and not await ask.request.is_disconnected():
            now = str(await asyncio.to_thread(ask.read.change))
            if now != last:
                last = now
                yield f"event: version\ndata: {now}\n\n"
            await asyncio.sleep(1)

    return _stream(versions())


@router.get("/decisions", tags=["decisions"], summary="What was decided")
def decisions(
    ask: Asks, state: str = "", desk: str = "", limit: Annotated[int, Query(ge=1, le=10_000)] = 200
) -> Response:
    """Decisions, the newest first."""
    where = {k: v for k, v in (("state", state), ("desk", desk)) if v}
    return _json(ask.read.rows("decisions", where=where, order=("-number",), limit=limit))


@router.get("/decisions/{id}", tags=["decisions"], summary="One decision")
def decision(ask: Asks, id: str) -> Response:
    """One decision with its proof, gap and basis."""
    found = ask.read.rows("decisions", where={"decision": id})
    if not found:
        raise NotFound(Breach(f"there is no decision {id}", "decision", "see /api/v1/decisions"))
    return _json(found[0] | {"basis": json.loads(str(found[0]["basis"])), "rows_at": f"/api/v1/decisions/{id}/rows"})


@router.get("/decisions/{id}/rows", tags=["decisions"], summary="The rows of a decision")
def decision_rows(ask: Asks, id: str) -> Response:
    """The decided rows, in any format."""
    found = ask.read.rows("decisions", where={"decision": id})
    if not found:
        raise NotFound(Breach(f"there is no decision {id}", "decision", "see /api/v1/decisions"))
    rows = ask.house.thread.rows_of(id, scope=ask.scope)
    tag = etag(id, str(ask.scope), found[0]["state"], str(found[0]["by"]))
    spec = table(str(found[0]["table"]))
    return rows_answer(rows, spec, chosen_format(ask.request), tag, rows.num_rows, 0)


@router.post("/decisions/{id}/state", tags=["decisions"], summary="Accept, change or reject")
def set_state(
    ask: Asks,
    id: str,
    state: Annotated[str, Body(embed=True)],
    note: Annotated[str, Body(embed=True)] = "",
    rows: Annotated[list[dict[str, object]] | None, Body(embed=True)] = None,
) -> Response:
    """Accept, change (with rows) or reject a decision; what follows from it is done and counted."""
    _maker(ask, "decide")
    followed = 0
    if state == "accepted":
        followed = accept(ask.house.thread, id, by=str(ask.scope), note=note)
    elif state == "rejected":
        reject(ask.house.thread, id, by=str(ask.scope), note=note)
    elif state == "changed" and rows is not None:
        found = ask.read.rows("decisions", where={"decision": id})
        if not found:
            raise NotFound(Breach(f"there is no decision {id}", "decision", "see /api/v1/decisions"))
        spec = table(str(found[0]["table"]))
        followed = change(ask.house.thread, id, rows_of_records(rows, spec), by=str(ask.scope), note=note)
    else:
        raise OptionRejected(Breach(f"{state} is no answer", "state", "accepted, rejected, or changed with rows"))
    return _json({"decision": id, "state": state, "followed": followed})


@router.get("/why/{name}/{key:path}", tags=["decisions"], summary="Why a row is as it is")
def explain(ask: Asks, name: str, key: str) -> Response:
    """The row's reason, the decision it stands in, what that follows from, down to the events."""
    found = why(ask.house.thread, name, key, scope=ask.scope)
    return _json([{"depth": b.depth, "source": b.source, "said": b.said, "key": b.key} for b in found])


def started(job: Job) -> Response:
    """202 with where the job is."""
    at = f"/api/v1/jobs/{job.id}"
    return JSONResponse({"id": job.id, "job": at, "events": f"{at}/events"}, 202, headers={"Location": at})


def _maker(ask: Asked, what: str) -> None:
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not {what}", "scope", "ask the maker"))


def _json(body: object) -> Response:
    return Response(json.dumps(body, default=str), media_type="application/json")


def _stream(lines: AsyncIterator[str]) -> Response:
    return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
