"""May this be done at the station, and which event is it?

Every act of a person at a station comes here: it is judged against what the thread knows and appended as an event under
the tablet's own name and number, so that an act that is sent again adds nothing and is answered as before.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from smilecurve.app.labels import is_piece, part_of
from smilecurve.app.moments import told_moments
from smilecurve.app.pages.stations import PLATE, Screen, Step, held_lots, station_screen
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.connect.scanning import Scanned, scan
from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["WHY", "Act", "Done", "call_for_help", "carry_out", "move_call"]

WHY = {
    "part_missing": "Part missing",
    "quality": "Quality",
    "tool": "Tool or equipment",
    "safety": "Safety",
    "other": "Other",
}
SCAN = "scan"
MOST_DIGITS = 9
"""More digits without a decimal point are no value of a gauge but a label."""
_DOOR = threading.Lock()
_TABLET = re.compile(r"^[A-Za-z0-9-]{1,40}$")
_NUMBER = re.compile(r"^[+-]?[0-9]{1,12}([.,][0-9]{1,9})?$")


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did: where, on which machine, which step, what was scanned or measured; tablet and seq name it.

    step: of the screen, or `scan` for a code that goes to the step that stands when its turn comes. key: empty for the
    machine at hand.
    """

    line: str
    station: int
    key: str
    step: str
    text: str
    tablet: str
    seq: int
    told_at: datetime | None = None

    @property
    def source(self) -> str:
        """Who numbers the act."""
        return f"station {self.line}/{self.station} {self.tablet}"

    @property
    def name(self) -> str:
        """The id of its event."""
        return f"{self.source}#{self.seq}"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an act: done, or (good off) recorded but not right; said: in the person's language."""

    good: bool
    said: str
    step: str
    lot: str = ""


def carry_out(read: Reading, words: Words, act: Act) -> Done:
    """Judge the act and append its event; OptionRejected says why it cannot be."""
    _check_name(words, act)
    with _DOOR:
        known = read.rows("station_acts", where={"act": act.name}, limit=1)
        if known:
            return _as_before(words, known[0])
        screen = station_screen(read, words, act.line, act.station, act.key, upcoming=False)
        if act.step == SCAN:
            act = replace(act, step=_standing(words, act, screen))
        step = next((s for s in screen.steps if s.step == act.step), None)
        if step is None or screen.work is None:
            raise _refused(words.text("this step is not part of the work here"), words.text("load the page again"))
        if step.done:
            raise _refused(words.text("this step is done already"), words.text("go on with the next one"))
        columns, done = _judged(read, words, act, screen, step)
        _append(read, act, screen, step, columns)
        return done


def _as_before(words: Words, known: Mapping[str, object]) -> Done:
    """The answer to an act that is known, wherever its machine stands by now."""
    step = str(known["step"])
    if known["verdict"] == "non_conformant":
        return Done(False, words.text("Measure again, or call for help."), step)
    named = known["machine"] if step == PLATE else known["lot"]
    return Done(True, words.text("known already"), step, str(named or ""))


def _standing(words: Words, act: Act, screen: Screen) -> str:
    """The step that a scan goes to: the one at hand, which must ask for a scan."""
    code = act.text.strip()[:60] or "–"
    at = screen.at
    if at is None:
        raise _refused(
            words.text("{code} was scanned, but no step is open here", code=code), words.text("load the page again")
        )
    if at.kind not in ("plate", "scan"):
        what = words.text(
            "{code} was scanned, but {step} comes first", code=code, step=at.title or words.text("Finish")
        )
        raise _refused(what, words.text("do it, then scan again"), code)
    return at.step


def _check_name(words: Words, act: Act) -> None:
    if not _TABLET.match(act.tablet) or not 0 <= act.seq < 2**53:
        what, do = words.text("the act has no sound name"), words.text("send letters and digits, and a number")
        raise OptionRejected(Breach(what, "tablet, seq", do))


def _refused(what: str, do: str, value: str = "") -> OptionRejected:
    return OptionRejected(Breach(what, "station", do, value=value))


Columns = dict[str, object]


def _judged(read: Reading, words: Words, act: Act, screen: Screen, step: Step) -> tuple[list[Columns], Done]:
    """The events of an act, as the columns that differ by kind, and what is said of it."""
    if step.kind == "plate":
        return _plate(read, words, act, screen)
    if step.kind == "scan":
        return _component(read, words, act, screen, step)
    if step.kind == "measure":
        return _measured(read, words, act, screen, step)
    if step.kind == "do":
        code = step.step.removeprefix("task:")
        return [{"kind": "task_done", "code": code}], Done(True, words.text("done"), step.step)
    left = [s for s in screen.steps if not s.done and s.kind != "finish"]
    if left:
        what = words.count("{n} step is not done yet", "{n} steps are not done yet", len(left))
        raise _refused(what, words.text("do it first, or call for help"))
    return [{"kind": "station_done"}], Done(True, words.text("The machine may go on."), step.step)


def _plate(read: Reading, words: Words, act: Act, screen: Screen) -> tuple[list[Columns], Done]:
    serial = scan(act.text).name
    assert screen.work is not None
    if not serial:
        raise _refused(words.text("this label has no serial number"), words.text("scan the machine's own plate"))
    if read.count("machines", where={"machine": serial}):
        what = words.text("{serial} is another machine already", serial=serial)
        raise _refused(what, words.text("scan the plate of this machine"), serial)
    if read.rows("events", where={"lot": serial}, limit=1):
        what = words.text("{serial} is a lot or component, no machine", serial=serial)
        raise _refused(what, words.text("scan the machine's own plate"), serial)
    columns: Columns = {"kind": "commissioning", "machine": serial, "part": screen.work.model}
    return [columns], Done(True, words.text("{serial}: the machine has its serial", serial=serial), act.step, serial)


def _component(read: Reading, words: Words, act: Act, screen: Screen, step: Step) -> tuple[list[Columns], Done]:
    assert screen.work is not None
    found = scan(act.text)
    known = read.rows("events", where={"lot": found.name}, limit=50) if found.name else []
    part = part_of(read, found, known)
    wanted = f"{step.part} {step.part_name}".strip()
    if not found.name:
        raise _refused(words.text("this label has neither lot nor serial"), words.text("scan the part's own label"))
    if found.name == screen.work.machine:
        raise _refused(words.text("this is the machine's own plate"), words.text("scan {part}", part=wanted))
    if not part:
        what = words.text("nobody has heard of {lot}", lot=found.name)
        raise _refused(what, words.text("scan the label with the part number, or book the lot in"), found.name)
    if part != step.part:
        what = words.text("wrong part: {part} was scanned, {wanted} belongs here", part=part, wanted=wanted)
        raise _refused(what, words.text("scan {part}", part=wanted), found.name)
    _refuse_held(read, words, found, part)
    if found.serial or is_piece(known):
        _refuse_twice(read, words, found.name)
    built: Columns = {
        "kind": "assembling",
        "components": [{"component": step.component, "part": part, "lot": found.name}],
    }
    events = [built]
    if found.serial and found.lot:
        of_lot = [{"component": step.component, "part": part, "lot": found.lot}]
        events.append({"kind": "assembling", "whole": found.serial, "part": part, "components": of_lot})
    return events, Done(True, words.text("{lot} is built in", lot=found.name), act.step, found.name)


def _refuse_held(read: Reading, words: Words, found: Scanned, part: str) -> None:
    held = held_lots(read)
    for lot in (found.lot, found.serial, found.code):
        if (part, lot) in held:
            what = words.text("lot {lot} is on hold by {who}", lot=lot, who=words.code(held[part, lot]))
            raise _refused(what, words.text("put it aside and take another lot"), lot)


def _refuse_twice(read: Reading, words: Words, serial: str) -> None:
    at = read.rows("lot_machines", where={"lot": serial}, limit=1)
    if at:
        what = words.text("{serial} is built into {machine} already", serial=serial, machine=at[0]["machine"])
        raise _refused(what, words.text("scan the piece in your hand"), serial)


def _measured(read: Reading, words: Words, act: Act, screen: Screen, step: Step) -> tuple[list[Columns], Done]:
    text = act.text.strip().replace("\u2212", "-")
    value = float(text.replace(",", ".")) if _NUMBER.match(text) else math.nan
    if not math.isfinite(value):
        what = words.text("{text} is no number", text=text[:20] or "–")
        raise _refused(what, words.text("write the value as the gauge shows it"), text)
    inside = (step.lower is None or value >= step.lower) and (step.upper is None or value <= step.upper)
    _refuse_label(read, words, text, inside)
    code = step.step.removeprefix("measure:")
    subgroup, piece = _next_piece(read, code)
    columns: Columns = {
        "kind": "inspecting",
        "code": code,
        "quantity": value,
        "lot": next((s.lot for s in screen.steps if s.part == step.part and s.kind == "scan" and s.lot), None),
        "disposition": "conformant" if inside else "non_conformant",
        "more": {"subgroup": subgroup, "piece": piece},
    }
    said = words.text("{value} {unit} is within limits", value=words.number(value, 4), unit=step.unit)
    if not inside:
        said = words.text("{value} {unit} is outside the limits", value=words.number(value, 4), unit=step.unit)
        again = words.text("Measure again, or call for help.").rstrip(".。")
        said = words.text("{what}. {do}.", what=said, do=again)
    return [columns], Done(inside, said, step.step)


def _refuse_label(read: Reading, words: Words, text: str, inside: bool) -> None:
    """A label of digits that was scanned where a value is asked; a decimal point says that it is a value."""
    if not text.isdecimal():
        return
    known = not inside and (
        read.rows("events", where={"lot": text}, limit=1) or read.rows("machines", where={"machine": text}, limit=1)
    )
    if known or len(text) > MOST_DIGITS:
        what = words.text("{text} looks like a label, not like a value", text=text[:40])
        raise _refused(what, words.text("write the value as the gauge shows it, with its decimal point"), text)


def _next_piece(read: Reading, characteristic: str) -> tuple[int, int]:
    """The subgroup and piece that this value is: the last subgroup is filled up, then the next begins."""
    about = next(iter(read.rows("characteristics", where={"characteristic": characteristic})), {})
    last = read.rows("measurements", where={"characteristic": characteristic}, order=("-subgroup", "-piece"), limit=1)
    if not last:
        return 1, 1
    subgroup, piece = int(str(last[0]["subgroup"])), int(str(last[0]["piece"]))
    return (subgroup, piece + 1) if piece < int(str(about.get("subgroup", 1))) else (subgroup + 1, 1)


def _append(read: Reading, act: Act, screen: Screen, step: Step, events: list[Columns]) -> None:
    work = screen.work
    assert work is not None
    at, told = told_moments(read.thread, act.told_at)
    rows: list[Mapping[str, object]] = []
    for n, given in enumerate(events):
        columns = dict(given)
        more = columns.pop("more", {})
        whole = columns.pop("whole", "")
        said: Columns = {"line": act.line, "station": act.station, "told_at": told}
        if not whole:
            said |= {"step": step.step, "component": step.component or None, "lot": _named_lot(columns)}
        said |= more if isinstance(more, dict) else {}
        row: Columns = {
            "event_time": at,
            "source": act.source,
            "place": act.line,
            "ref": work.work_order or None,
            "machine": work.machine or None,
            "details": json.dumps({k: v for k, v in said.items() if v is not None}, ensure_ascii=False),
            **columns,
        }
        if whole:
            row |= {"machine": None, "lot": whole, "ref": None}
        row |= {"event_id": f"{act.name}/{n}"} if n else {"seq": act.seq}
        rows.append(row)
    read.thread.append(rows)


def _named_lot(columns: Columns) -> str | None:
    listed = columns.get("components")
    return str(listed[0]["lot"]) if isinstance(listed, list) else None


def call_for_help(read: Reading, words: Words, act: Act) -> Done:
    """Open a call of the station; `act.text` is why."""
    _check_name(words, act)
    if act.text not in WHY:
        raise _refused(words.text("nothing is chosen"), words.text("choose what is missing or wrong"))
    called = Done(True, words.text("Help is called: {why}", why=words.text(WHY[act.text])), act.step)
    ref = "H-" + blake2b(act.name.encode(), digest_size=8).hexdigest().upper()
    if read.count("help_calls", where={"call": ref}):
        return called
    screen = station_screen(read, words, act.line, act.station, act.key, upcoming=False)
    at, told = told_moments(read.thread, act.told_at)
    work = screen.work if act.key else None
    said = {"line": act.line, "station": act.station, "told_at": told, "work_order": work.work_order if work else None}
    event: Columns = {
        "kind": "help_call",
        "event_time": at,
        "source": act.source,
        "seq": act.seq,
        "place": act.line,
        "machine": (work.machine or None) if work else None,
        "ref": ref,
        "code": act.text,
        "disposition": "open",
        "details": json.dumps({k: v for k, v in said.items() if v}),
    }
    read.thread.append([event])
    return called


def move_call(read: Reading, words: Words, call: str, state: str) -> None:
    """Take or close a call; doing it twice adds nothing."""
    if state not in ("taken", "closed"):
        what = words.text("{state} is no state of a call", state=state)
        raise OptionRejected(Breach(what, "state", words.text("use taken or closed")))
    found = next(iter(read.rows("help_calls", where={"call": call})), None)
    if found is None:
        what = words.text("there is no call {call}", call=call)
        raise OptionRejected(Breach(what, "call", words.text("look at the calls that stand")))
    event = {
        "event_id": f"{call}/{state}",
        "kind": "help_call",
        "event_time": read.thread.clock(),
        "source": "andon",
        "place": found["line"],
        "machine": found["machine"],
        "ref": call,
        "code": found["why"],
        "disposition": state,
    }
    read.thread.append([event])
