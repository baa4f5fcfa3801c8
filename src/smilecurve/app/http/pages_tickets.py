"""What happens to this machine? A ticket from the field, on a phone."""

from __future__ import annotations

import json
from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Depends, Form, UploadFile
from starlette.responses import RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.photos import MOST_BYTES, keep_photo
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.app.pages.words import Words
from smilecurve.loop.registry import desk
from smilecurve.terms.errors import Breach, NotFound, OptionRejected, SmilecurveError
from smilecurve.terms.tables import table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
SYMPTOMS = {
    "no_start": "No start",
    "leak": "Leak",
    "no_power": "No power",
    "noise": "Noise",
    "overheats": "Overheats",
    "other": "Other",
}


@router.get("/tickets/new")
def new(ask: Asks, serial: str = "") -> Response:
    """An empty ticket."""
    given = {"serial": serial, "symptom": "", "hours": "", "note": ""}
    return page(ask, "ticket.html", "ticket", symptoms=_symptoms(words_of(ask.request)), given=given, breaches=())


def _symptoms(words: Words) -> list[tuple[str, str]]:
    return [(code, words.text(said)) for code, said in SYMPTOMS.items()]


@router.post("/tickets")
async def send(
    ask: Asks,
    serial: Annotated[str, Form()] = "",
    symptom: Annotated[str, Form()] = "",
    hours: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    photo: UploadFile | None = None,
) -> Response:
    """Append the ticket as an event; what cannot stand is shown on the form, nothing typed is lost."""
    words = words_of(ask.request)
    given = {"serial": serial.strip(), "symptom": symptom, "hours": hours.strip(), "note": note.strip()}
    try:
        machine, meter = _checked(ask, words, given)
        content = await photo.read(MOST_BYTES + 1) if photo is not None else b""
        details: dict[str, str] = {k: v for k, v in (("note", given["note"]),) if v}
        if content:
            details["photo"] = keep_photo(ask.house.folder, content, str(machine["machine"]))
        ref = f"T-{token_hex(4).upper()}"
        event: dict[str, object] = {
            "kind": "ticket",
            "event_time": ask.house.thread.clock(),
            "source": f"ticket form {ask.scope}",
            "machine": machine["machine"],
            "market": machine["market"],
            "ref": ref,
            "code": symptom,
            "quantity": meter,
        }
        if details:
            event["details"] = json.dumps(details, ensure_ascii=False)
        ask.house.thread.append([event])
    except SmilecurveError as error:
        shown = {"symptoms": _symptoms(words), "given": given, "breaches": error.breaches}
        return page(ask, "ticket.html", "ticket", error.http_status, **shown)
    return RedirectResponse(f"/tickets/{ref}", 303)


def _checked(ask: Asked, words: Words, given: dict[str, str]) -> tuple[dict[str, object], float | None]:
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
    """The ticket as sent, and triage's word on it if the desk has run since."""
    words = words_of(ask.request)
    found = ask.read.rows("tickets", where={"ticket": ref}, limit=1)
    if not found:
        raise NotFound(Breach(f"there is no ticket {ref}", "ticket", "see /tables/tickets"))
    ticket = found[0]
    rows = ask.read.rows("ticket_triage", where={"ticket": ref}, limit=1)
    triage = None
    if rows:
        known = {
            str(q["question"]): str(q["words"])
            for q in ask.read.rows("questions", where={"question": rows[0]["question"]})
        }
        answered = {a["question"] for a in ask.read.rows("ticket_answers", where={"ticket": ref})}
        open_question = rows[0]["question"] if rows[0]["question"] not in answered else None
        triage = dict(rows[0]) | {
            "said": words.sentence(desk("serve.triage"), rows[0]),
            "question": open_question,
            "words": words.text(known.get(str(open_question), str(rows[0]["words"] or ""))) if open_question else "",
        }
    return page(ask, "sent.html", "ticket", ticket=ref, serial=ticket["machine"], model=ticket["model"], triage=triage)


@router.post("/tickets/{ref}/answers")
def answer(
    ask: Asks,
    ref: str,
    question: Annotated[str, Form()],
    answer: Annotated[str, Form()],
    serial: Annotated[str, Form()] = "",
) -> Response:
    """An answer to triage's question, appended as an event."""
    if not ask.read.count("tickets", where={"ticket": ref}):
        raise NotFound(Breach(f"there is no ticket {ref}", "ticket", "see /tables/tickets"))
    if answer not in table("ticket_answers").field("answer").among:
        raise OptionRejected(Breach(f"{answer} is no answer", "answer", "yes, no or unknown"))
    event = {
        "kind": "answer",
        "event_time": ask.house.thread.clock(),
        "source": f"ticket form {ask.scope}",
        "ref": ref,
        "machine": serial or None,
        "code": question,
        "disposition": answer,
    }
    ask.house.thread.append([event])
    return RedirectResponse(f"/tickets/{ref}", 303)
