"""What was done on this visit, may it be so, and which events is it?

A partner accepts a visit and, when it is over, reports it in one piece: outcome, the serial that came out and the one
that went in, hours, what was done, a photo and the customer's signature. The report is judged as a whole, every breach
at once, and becomes the events of one commit under the name the phone gave it: sent twice it counts once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from smilecurve.app.labels import is_piece, part_of
from smilecurve.app.moments import told_moments
from smilecurve.app.pages.stations import held_lots
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.app.visits import Piece, Visit
from smilecurve.connect.scanning import Scanned, scan
from smilecurve.terms.cell import as_number
from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["OUTCOMES", "Report", "accept_visit", "end_visit", "is_known"]

OUTCOMES = {"fixed": "Fixed", "not_fixed": "Not fixed yet", "no_trouble": "No trouble found"}
MOST_HOURS = 200_000
Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """What a partner tells of a visit; act: the name of the report, unique in the world; files are names of photos."""

    act: str
    outcome: str = ""
    component: str = ""
    failed: str = ""
    fitted: str = ""
    cause: str = ""
    hours: str = ""
    note: str = ""
    signer: str = ""
    steps: tuple[str, ...] = ()
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Swap:
    """What came out of a place and what went in; an empty `out` is whatever sat there."""

    place: Piece
    fitted: str = ""
    lot: str = ""
    """The lot that the fitted serial is of, where its label says so."""
    out: str = ""


def is_known(read: Reading, visit: str, act: str) -> bool:
    """Has this act been taken before?"""
    return bool(read.count("visit_acts", where={"act": _name(visit, act)}))


def _name(visit: str, act: str) -> str:
    return f"visit {visit}#{act}"


def accept_visit(read: Reading, words: Words, visit: Visit, act: str, told_at: datetime | None) -> None:
    """Somebody will go there; the same act again adds nothing."""
    if is_known(read, visit.visit, act) or visit.accepted:
        return
    _refuse_ended(words, visit)
    at, told = told_moments(read.thread, told_at)
    read.thread.append([_visit_event(visit, act, at, "accepted", {"told_at": told})])


def end_visit(
    read: Reading, words: Words, visit: Visit, report: Report, keep: Callable[[], Mapping[str, str]] = dict
) -> None:
    """Judge the report and append its events; keep: keeps photo and signature once the report is sound."""
    if is_known(read, visit.visit, report.act):
        return
    _refuse_ended(words, visit)
    breaches: list[Breach] = []
    hours = _hours(words, visit, report, breaches)
    swap = _swap(read, words, visit, report, breaches)
    if report.outcome not in OUTCOMES:
        said = Breach(words.text("nothing is chosen"), words.text("Outcome"), words.text("choose what became of it"))
        breaches.append(said)
    if not report.signer:
        what, do = words.text("nobody has signed"), words.text("let the customer write a name and sign")
        breaches.append(Breach(what, words.text("Signature"), do))
    if breaches:
        raise OptionRejected(breaches)
    at, told = told_moments(read.thread, report.told_at)
    details: dict[str, object] = {"told_at": told, "signer": report.signer, "steps": list(report.steps)}
    details |= {"note": report.note} if report.note else {}
    details |= dict(keep())
    events = [_visit_event(visit, report.act, at, report.outcome, details)]
    later = [*_hours_events(hours), *_swap_events(visit, report, swap, hours), *_closing(visit, report, swap)]
    for n, columns in enumerate(later, 1):
        own = {"event_id": f"{_name(visit.visit, report.act)}/{n}", "event_time": at, "source": f"visit {visit.visit}"}
        events.append(own | ({} if "whole" in columns else {"machine": visit.machine}) | _plain(columns))
    read.thread.append(events)


def _visit_event(visit: Visit, act: str, at: datetime, outcome: str, details: Mapping[str, object]) -> Event:
    technician = visit.route.get("technician")
    more = dict(details) | ({"technician": technician} if technician else {})
    return {
        "event_id": _name(visit.visit, act),
        "kind": "service_visit",
        "event_time": at,
        "source": f"visit {visit.visit}",
        "machine": visit.machine,
        "ref": visit.visit,
        "disposition": outcome,
        "details": json.dumps(more, ensure_ascii=False),
    }


def _refuse_ended(words: Words, visit: Visit) -> None:
    if visit.ended:
        what, do = words.text("this visit has ended"), words.text("open a new ticket if something is wrong again")
        raise OptionRejected(Breach(what, words.text("Outcome"), do))


def _hours(words: Words, visit: Visit, report: Report, breaches: list[Breach]) -> float | None:
    if not report.hours:
        return None
    try:
        value = float(report.hours.replace(",", "."))
    except ValueError:
        value = math.nan
    before = as_number(visit.about.get("hours") or 0.0)
    at = words.text("Engine hours")
    if not 0 <= value <= MOST_HOURS:
        said = words.text("{hours} are no engine hours", hours=report.hours[:20])
        breaches.append(Breach(said, at, words.text("write the number on the meter, or leave it empty")))
    elif value < before:
        said = words.text("the meter stood at {hours} h before", hours=words.number(before, 1))
        breaches.append(Breach(said, at, words.text("read it again; if the meter is new, leave it empty and say so")))
    return value


def _swap(read: Reading, words: Words, visit: Visit, report: Report, breaches: list[Breach]) -> _Swap | None:
    """The piece that came out, found in the machine by its label, and the one that went in; None if nothing changed."""
    if not report.failed and not report.fitted:
        return None
    failed, fitted = (
        _read(words, report.failed, "Serial that failed", breaches),
        _read(words, report.fitted, "Serial that was fitted", breaches),
    )
    names = {n for n in (failed.serial, failed.lot, failed.code) if n} if failed else set()
    place = next((p for p in visit.near if p.lot in names), None)
    if failed and place is None:
        near = ", ".join(p.lot for p in visit.near[:3]) or "–"
        said = words.text("{lot} is not in {machine}", lot=failed.name, machine=visit.machine)
        do = words.text("scan the piece that came out (in it are {near}), or choose its place instead", near=near)
        breaches.append(Breach(said, words.text("Serial that failed"), do))
    elif not report.failed:
        place = next((p for p in visit.pieces if p.component == report.component), None)
        if place is None:
            what = words.text("it is not said where the piece went in")
            do = words.text("scan the piece that came out, or choose its place")
            breaches.append(Breach(what, words.text("Place"), do))
    if fitted is not None and place is not None:
        _judge_fitted(read, words, visit, fitted, place, breaches)
    if place is None:
        return None
    lot = fitted.lot if fitted is not None and fitted.serial else ""
    return _Swap(place, fitted.name if fitted is not None else "", lot, place.lot if report.failed else "")


def _read(words: Words, text: str, where: str, breaches: list[Breach]) -> Scanned | None:
    if not text:
        return None
    try:
        found = scan(text)
    except OptionRejected as error:
        breaches += [Breach(b.what, words.text(where), b.do) for b in error.breaches]
        return None
    if not found.name:
        what, do = words.text("this label has neither lot nor serial"), words.text("scan the part's own label")
        breaches.append(Breach(what, words.text(where), do))
        return None
    return found


def _judge_fitted(
    read: Reading, words: Words, visit: Visit, fitted: Scanned, place: Piece, breaches: list[Breach]
) -> None:
    at = words.text("Serial that was fitted")

    def refuse(what: str, do: str) -> None:
        breaches.append(Breach(what, at, words.text(do)))

    known = read.rows("events", where={"lot": fitted.name}, limit=50)
    part = part_of(read, fitted, known) or place.part
    if fitted.name == visit.machine:
        refuse(words.text("this is the machine's own plate"), "scan the part's own label")
    if part != place.part:
        said = words.text("wrong part: {part} was scanned, {wanted} belongs here", part=part, wanted=place.part)
        refuse(said, "look at the label again")
    held = held_lots(read)
    for lot in {fitted.lot, fitted.serial, fitted.code} - {""}:
        if (part, lot) in held:
            said = words.text("lot {lot} is on hold by {who}", lot=lot, who=words.code(held[part, lot]))
            refuse(said, "put it aside and take another lot")
    inside = read.rows("lot_machines", where={"lot": fitted.name, "still_in": True}, limit=1)
    if inside and (fitted.serial or is_piece(known) or fitted.name == place.lot):
        said = words.text("{serial} is built into {machine} already", serial=fitted.name, machine=inside[0]["machine"])
        refuse(said, "scan the piece in your hand")


def _hours_events(hours: float | None) -> list[Event]:
    return [{"kind": "meter_reading", "quantity": hours}] if hours is not None else []


def _swap_events(visit: Visit, report: Report, swap: _Swap | None, hours: float | None) -> list[Event]:
    """A verified failure, what came out, what went in; the serial made of its lot where the label told both."""
    if swap is None:
        return []
    place = {"component": swap.place.component, "part": swap.place.part}
    events: list[Event] = []
    if visit.kind == "ticket":
        meter = {"quantity": hours} if hours is not None else {}
        events.append({"kind": "failure", **place, "code": report.cause or None, "ref": visit.visit, **meter})
    if swap.out:
        events.append({"kind": "removing", **place, "lot": swap.out, "ref": visit.visit})
    if swap.fitted:
        kind = "installing" if swap.out else "replacing"
        events.append({"kind": kind, **place, "lot": swap.fitted, "ref": visit.visit})
    if swap.lot:
        of_lot = [{**place, "lot": swap.lot}]
        whole = {"lot": swap.fitted, "part": swap.place.part, "components": of_lot}
        events.append({"kind": "assembling", "whole": True, **whole})
    return events


def _closing(visit: Visit, report: Report, swap: _Swap | None) -> list[Event]:
    """What ends with the visit: the repair, the ticket, the machine's part in a campaign."""
    if report.outcome == "not_fixed":
        return []
    if report.outcome == "no_trouble":
        events: list[Event] = [{"kind": "no_trouble_found", "ref": visit.visit}]
    elif visit.kind == "campaign":
        part = swap.place.part if swap is not None else visit.part
        return [{"kind": "campaign_repair", "part": part, "ref": visit.visit.partition("/")[0]}]
    else:
        events = [{"kind": "repairing", "ref": visit.visit}]
    if visit.kind == "ticket":
        cause = report.cause if report.outcome == "fixed" else ""
        events.append({"kind": "ticket_closed", "ref": visit.visit, "code": cause or None, "disposition": "visit"})
    return events


def _plain(columns: Event) -> Event:
    return {k: v for k, v in columns.items() if k != "whole" and v is not None}
