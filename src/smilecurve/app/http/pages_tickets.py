"""What happens to this machine? A ticket from the field, on a phone."""

from __future__ import annotations

import json
import re
from datetime import datetime
from hashlib import blake2b
from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Depends, Form, UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.photos import MOST_BYTES, keep_photo
from smilecurve.app.moments import read_moment, told_moments
from smilecurve.app.pages.guiding import Guide, guide_of, spoken
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.app.pages.ticketdesk import open_tickets
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.loop.alone import step_of
from smilecurve.loop.registry import desk
from smilecurve.terms.cell import as_number
from smilecurve.terms.errors import Breach, NotFound, OptionRejected, SmilecurveError
from smilecurve.terms.scope import MAKER
from smilecurve.terms.tables import table

__all__ = ["KINDS", "SYMPTOMS", "act_name", "router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
Text = Annotated[str, Form()]
Row = dict[str, object]
SYMPTOMS = {
    "no_start": "No start",
    "leak": "Leak",
    "no_power": "No power",
    "noise": "Noise",
    "overheats": "Overheats",
    "other": "Other",
}
_ACT = re.compile(r"^[A-Za-z0-9-]{16,64}$")


KINDS = {"all": "All", "late": "Late", "duplicate": "Told twice", "lot": "Suspect lot", "issue": "Known issue"}


@router.get("/tickets")
def desk_of_tickets(ask: Asks, show: str = "all") -> Response:
    """Every open ticket, due first, with the tickets, lots and issues it belongs to."""
    words = words_of(ask.request)
    rows = open_tickets(ask.read, words, {code: words.text(said) for code, said in SYMPTOMS.items()})
    late = sum(r.tone == "bad" for r in rows)
    if show == "late":
        rows = [r for r in rows if r.tone == "bad"]
    elif show != "all":
        rows = [r for r in rows if show in {m.kind for m in r.matches}]
    kinds = [(code, words.text(said)) for code, said in KINDS.items()]
    return page(ask, "tickets.html", "serve", rows=rows, late=late, kinds=kinds, show=show, matched=dict(kinds))


@router.get("/tickets/new")
def new(ask: Asks, serial: str = "") -> Response:
    """An empty ticket."""
    return _form(ask, {"serial": serial, "symptom": "", "hours": "", "note": "", "act": token_hex(16)})


def _form(ask: Asked, given: dict[str, str], status: int = 200, breaches: tuple[Breach, ...] = ()) -> Response:
    symptoms = [(code, words_of(ask.request).text(said)) for code, said in SYMPTOMS.items()]
    return page(ask, "ticket.html", "ticket", status, symptoms=symptoms, given=given, breaches=breaches)


def act_name(act: str) -> str:
    """The sound name of what a page sends, new where it gave none: sent twice under one name it counts once."""
    if act and not _ACT.match(act):
        raise OptionRejected(Breach("the act has no sound name", "act", "send 16 to 64 letters, digits or hyphens"))
    return act or token_hex(16)


@router.post("/tickets")
async def send(
    ask: Asks,
    serial: Text = "",
    symptom: Text = "",
    hours: Text = "",
    note: Text = "",
    act: Text = "",
    told_at: Text = "",
    photo: UploadFile | None = None,
) -> Response:
    """Append the ticket as an event; what cannot stand is shown on the form, nothing typed is lost.

    The same act again adds nothing and is answered as before.
    """
    given = {"serial": serial.strip(), "symptom": symptom, "hours": hours.strip(), "note": note.strip()}
    plain = "application/json" not in ask.request.headers.get("accept", "")
    try:
        name = act_name(act)
        ref = f"T-{blake2b(name.encode(), digest_size=6).hexdigest().upper()}"
        if not ask.read.count("tickets", where={"ticket": ref}):
            content = await photo.read(MOST_BYTES + 1) if photo is not None else b""
            _open(ask, given, name, ref, content, read_moment(told_at))
    except SmilecurveError as error:
        if not plain:
            raise
        return _form(ask, given | {"act": token_hex(16)}, error.http_status, error.breaches)
    return RedirectResponse(f"/tickets/{ref}", 303) if plain else JSONResponse({"ticket": ref, "go": f"/tickets/{ref}"})


def _open(ask: Asked, given: dict[str, str], act: str, ref: str, photo: bytes, told_at: datetime | None) -> None:
    machine, meter = _checked(ask, words_of(ask.request), given)
    at, told = told_moments(ask.house.thread, told_at)
    details = {"told_at": told} | ({"note": given["note"]} if given["note"] else {})
    if photo:
        details["photo"] = keep_photo(ask.house.folder, photo, str(machine["machine"]), words_of(ask.request))
    event: dict[str, object] = {
        "event_id": f"ticket form#{act}",
        "kind": "ticket",
        "event_time": at,
        "source": f"ticket form {ask.scope}",
        "machine": machine["machine"],
        "market": machine["market"],
        "ref": ref,
        "code": given["symptom"],
        "quantity": meter,
        "details": json.dumps(details, ensure_ascii=False),
    }
    ask.house.thread.append([event])


def _checked(ask: Asked, words: Words, given: dict[str, str]) -> tuple[Row, float | None]:
    breaches = []
    found = ask.read.rows("machines", where={"machine": given["serial"]}, limit=1) if given["serial"] else []
    if not found:
        near = [r["code"] for r in ask.read.thread.search(given["serial"], scope=ask.scope, limit=3).to_pylist()]
        said = words.text("there is no machine {serial}", serial=given["serial"] or "–")
        do = (
            words.text("perhaps {near}", near=", ".join(near))
            if near
            else words.text("read the plate on the frame again")
        )
        breaches.append(Breach(said, words.text("Serial number"), do))
    if given["symptom"] not in SYMPTOMS:
        breaches.append(
            Breach(words.text("nothing is chosen"), words.text("What happens?"), words.text("choose what happens"))
        )
    meter: float | None = None
    try:
        meter = float(given["hours"].replace(",", ".")) if given["hours"] else None
    except ValueError:
        meter = -1.0
    if meter is not None and not 0 <= meter <= 200_000:
        said = words.text("{hours} are no engine hours", hours=given["hours"])
        breaches.append(
            Breach(said, words.text("Engine hours"), words.text("write the number on the meter, or leave it empty"))
        )
    if breaches:
        raise OptionRejected(breaches)
    return found[0], meter


@router.get("/tickets/{ref}")
def sent(ask: Asks, ref: str) -> Response:
    """The ticket as sent, and what triage asks or advises by all that is known now."""
    ticket = _found(ask, ref)
    return page(
        ask,
        "sent.html",
        "ticket",
        ticket=ref,
        serial=ticket["machine"],
        model=ticket["model"],
        closed=ticket["closed"] is not None,
        triage=None if ticket["closed"] is not None else _triage(ask, ticket),
        act=token_hex(16),
    )


def _found(ask: Asked, ref: str) -> Row:
    found = ask.read.rows("tickets", where={"ticket": ref}, limit=1)
    if not found:
        words = words_of(ask.request)
        said = words.text("there is no ticket {ticket}", ticket=ref)
        raise NotFound(Breach(said, words.text("Ticket"), words.text("look at the number again")))
    return found[0]


def _triage(ask: Asked, ticket: Row) -> Row | None:
    """Triage's row of the ticket, with its question and steps in the reader's words; None where it cannot say."""
    words, ref = words_of(ask.request), str(ticket["ticket"])
    tables = tuple(s.name for s in desk("serve.triage").contract.reads)
    row = ask.read.once(f"triage {ref}", tables, lambda: step_of(ask.house.thread, ref))
    if row is None:
        return None
    every = Reading(ask.house.thread, MAKER, ask.house.kept)
    kinds = (str(ticket["model"]), str(ticket["family"]))
    question = spoken(every, words, kinds, "question", str(row["question"])) if row["question"] else ""
    cause = spoken(every, words, kinds, "cause", str(row["cause"])) or words.code(str(row["cause"]))
    return dict(row) | {
        "said": words.sentence(desk("serve.triage"), row) if ask.scope.role != "customer" else "",
        "cause": words.text(
            "{cause}, likely at {share}", cause=cause, share=words.percent(as_number(row["probability"]), 0)
        ),
        "words": question or (words.text(str(row["words"])) if row["words"] else ""),
        "guide": guide_of(every, ask.house.folder, words, row, ticket) if _for_asker(ask, row) else Guide(),
    }


def _for_asker(ask: Asked, triage: Row) -> bool:
    """A customer is shown the steps of what he does himself; who serves him, all."""
    return ask.scope.role != "customer" or triage["step"] in ("remote", "part")


@router.post("/tickets/{ref}/answers")
def answer(ask: Asks, ref: str, question: Text, answer: Text, act: Text = "", told_at: Text = "") -> Response:
    """An answer to triage's question, appended as an event; the same act again adds nothing.

    Under the code of a cause it says whether its guide helped: a yes solves the ticket.
    """
    ticket = _found(ask, ref)
    if answer not in table("ticket_answers").field("answer").among:
        raise OptionRejected(Breach(f"{answer} is no answer", "answer", "yes, no or unknown"))
    at, _ = told_moments(ask.house.thread, read_moment(told_at))
    event = {
        "event_id": f"ticket form#{act_name(act)}",
        "kind": "answer",
        "event_time": at,
        "source": f"ticket form {ask.scope}",
        "ref": ref,
        "machine": ticket["machine"],
        "code": question,
        "disposition": answer,
    }
    solved = ticket["closed"] is None and answer == "yes" and _guided(ask, ticket, question)
    ask.house.thread.append([event, *([_closing(event)] if solved else [])])
    if "application/json" in ask.request.headers.get("accept", ""):
        return JSONResponse({"ticket": ref, "go": f"/tickets/{ref}"})
    return RedirectResponse(f"/tickets/{ref}", 303)


def _guided(ask: Asked, ticket: Row, cause: str) -> bool:
    """Is this the code of a cause that an owner puts right himself?"""
    every = Reading(ask.house.thread, MAKER, ask.house.kept)
    kinds = [ticket["model"], ticket["family"]]
    return every.count("causes", where={"family": kinds, "cause": cause, "remedy": "remote"}) > 0


def _closing(answer: dict[str, object]) -> dict[str, object]:
    """The ticket is solved by what its owner was guided through."""
    told = {"event_id": f"{answer['event_id']} solved", "kind": "ticket_closed", "disposition": "remote"}
    return answer | told
