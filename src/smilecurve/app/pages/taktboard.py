"""Which machine goes on the line in which slot of a day, and what stands in its way?

The board of a line's day: slots already built today first, then the decided sequence, at takt; further days follow. A
slot is late when its machine leaves after its due day, at risk when it carries a part of a suspect lot that is not
held, full when option windows end too full with it. Each says why it stands there; a swap is answered with its cost and
its reasons before it is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.boardview import BoardView, Choice
from smilecurve.app.pages.gridquery import Query
from smilecurve.app.pages.pictures.choosing import yamazumi
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.loop.registry import desk
from smilecurve.terms.cell import as_number, as_whole

__all__ = ["Board", "Day", "Faces", "Slot", "takt_board"]

MOST_HELD = 60
TOLD_ALREADY = ("kept", "frozen", "held", "waits", "late")
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of the board; `why` says why it cannot be moved."""

    slot: int
    hour: str
    order: str
    style: str
    said: str
    movable: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The slots of one day; its name is empty where the board shows no other."""

    name: str
    slots: list[Slot]


@dataclass(frozen=True, slots=True)
class Board:
    """The days of a line that the reader chose, and the choice; slots and late machines of today are of every line."""

    decision: str
    line: str
    name: str
    takt: str
    frozen: int
    per_day: int
    days: list[Day]
    held: list[Slot]
    models: list[str]
    told: str
    load: Markup | None
    lines: list[Choice]
    choices: list[Choice]
    slots_today: int
    late_today: int


def takt_board(
    read: Reading, words: Words, query: Query, *, decision: str = "", rows: pa.Table | None = None
) -> Board | None:
    """The board of the line and days that the address names, of the first line's first day without; None where no line
    has a sequence.
    """
    sequence = rows if rows is not None else read.table("build_sequence", order=("line", "slot"))
    if not sequence.num_rows:
        return None
    plans: dict[str, list[Row]] = {}
    for record in sequence.sort_by([("line", "ascending"), ("slot", "ascending")]).to_pylist():
        plans.setdefault(str(record["line"]), []).append(dict(record))
    view = BoardView.of(query, list(plans), words)
    every = {line: Faces.of(read, words, line, plan) for line, plan in plans.items()}
    faces, plan = every[view.line], plans[view.line]
    running = [r for r in plan if not r["held"]]
    last = max((faces.day(r) for r in running), default=0)
    shown = view.shown(last + 1, faces.per_day)
    days = [_day(faces, running, day, named=len(shown) > 1) for day in shown]
    station_plan = read.table("station_plan", where={"line": view.line})
    load = (
        yamazumi(station_plan, words, lambda *_: [], line=view.line, height=52, names=False)
        if station_plan.num_rows
        else None
    )
    takt = as_number(faces.about.get("takt_s"))
    names = {line: str(one.about.get("name") or line) for line, one in every.items()}
    first = days[0].slots
    return Board(
        decision or _last_decision(read),
        view.line,
        names[view.line],
        f"{int(takt // 60)}:{int(takt % 60):02d}",
        sum(1 for r in plan if r["frozen"]),
        faces.per_day,
        days,
        [faces.slot(r) for r in plan if r["held"]][:MOST_HELD],
        faces.models,
        next((s.said for s in first if "now" in s.style), first[0].said),
        load,
        view.lines(names),
        view.days(last + 1, faces.per_day, words, faces.today),
        sum(one.per_day for one in every.values()),
        sum(_late_today(every[line], plan) for line, plan in plans.items()),
    )


def _day(faces: Faces, running: list[Row], day: int, *, named: bool) -> Day:
    """The slots of one day: what is built already, what comes, and what stays empty."""
    slots = [] if day else [_done(i, d, faces) for i, d in enumerate(faces.built)]
    slots += [faces.slot(r) for r in running if faces.day(r) == day]
    slots += [Slot(0, _hour(faces.about, n), "", "void", "", False) for n in range(len(slots), faces.per_day)]
    return Day(faces.words.short_day(faces.today + dt.timedelta(days=day)) if named else "", slots)


def _late_today(faces: Faces, plan: list[Row]) -> int:
    """How many machines of today's slots leave after their due day."""
    return sum(1 for r in plan if not r["held"] and faces.day(r) == 0 and as_whole(r["late_days"]) > 0)


@dataclass(frozen=True, slots=True)
class Faces:
    """What every slot of a line's day is drawn from."""

    words: Words
    about: Mapping[str, object]
    models: list[str]
    suspects: set[str]
    built: list[tuple[str, str, str]]
    per_day: int
    today: dt.date

    @staticmethod
    def of(read: Reading, words: Words, line: str, plan: list[Row]) -> Faces:
        """Gather them once for all slots."""
        about = next(iter(read.rows("lines", where={"line": line})), {})
        per_day = as_whole(about.get("slots_per_day")) or 240
        built = _built_today(read, line)[:per_day]
        models = _models([*(d[1] for d in built), *(str(r["model"]) for r in plan)])
        return Faces(words, about, models, _suspect_orders(read), built, per_day, read.thread.clock().date())

    def place(self, row: Row) -> int:
        """Which slot from this morning's first this row stands in, counted from 0."""
        return len(self.built) + as_whole(row["slot"]) - 1

    def day(self, row: Row) -> int:
        """How many days from today."""
        return self.place(row) // self.per_day

    def sentence(self, row: Row) -> str:
        """Why this machine stands here."""
        return self.words.sentence(desk("line.sequence"), row)

    def slot(self, row: Row) -> Slot:
        """One slot to come, or a machine on hold."""
        words, held = self.words, bool(row["held"])
        day, place = divmod(self.place(row), self.per_day)
        nth = as_whole(row["slot"]) - 1
        marks, told = self._marks(row, nth)
        market = f" → {words.market(str(row['market']))}" if row["market"] else ""
        on = f"{words.short_day(self.today + dt.timedelta(days=day))} " if day else ""
        at = [] if held else [f"#{as_whole(row['slot'])} {on}{_hour(self.about, place)}"]
        why = [] if row["reason"] in TOLD_ALREADY else [self.sentence(row)]
        said = " · ".join([*at, str(row["model"]), f"{row['work_order']}{market}", *told, *why])
        movable = not row["frozen"] and not held
        hindered = "" if movable else self.sentence(row)
        order = str(row["work_order"])
        return Slot(as_whole(row["slot"]), _hour(self.about, place), order, " ".join(marks), said, movable, hindered)

    def _marks(self, row: Row, nth: int) -> tuple[list[str], list[str]]:
        """The classes of a slot and what they mean in words."""
        words = self.words
        marks, told = [f"m{self.models.index(str(row['model'])) % 8}"], []
        if row["held"]:
            marks.append("held")
            told.append(words.text("on hold: lot {lot}", lot=row["held_lot"] or ""))
        elif nth == 0:
            marks.append("now")
            told.append(words.text("now"))
        elif str(row["work_order"]) in self.suspects:
            marks.append("risk")
            told.append(words.text("part at risk"))
        elif as_whole(row["late_days"]) > 0:
            marks.append("late")
        if as_whole(row["late_days"]) > 0:
            told.append(words.count("{n} day late", "{n} days late", as_whole(row["late_days"])))
        if as_whole(row["violations"]) and not row["held"]:
            marks.append("full")
        if row["reason"] == "by_hand":
            marks.append("hand")
        if row["frozen"]:
            marks.append("frozen")
            told.append(words.text("frozen"))
        elif nth and not row["held"]:
            marks.append("later")
        return marks, told


def _last_decision(read: Reading) -> str:
    rows = read.rows("decisions", where={"desk": "line.sequence"}, order=("-number",), limit=10)
    return next((str(r["decision"]) for r in rows if r["state"] != "rejected"), "")


def _built_today(read: Reading, line: str) -> list[tuple[str, str, str]]:
    today = read.thread.clock().date()
    rows = read.rows("machines", where={"built": today, "line": line}, order=("machine",))
    return [(str(r["machine"]), str(r["model"]), str(r["market"] or "")) for r in rows]


def _models(found: Iterable[str]) -> list[str]:
    counts: dict[str, int] = {}
    for model in found:
        counts[model] = counts.get(model, 0) + 1
    return sorted(counts, key=lambda m: (-counts[m], m))


def _suspect_orders(read: Reading) -> set[str]:
    """Work orders whose kit holds a lot that is suspected but not held."""
    lots = [r["lot"] for r in read.rows("suspect_lots") if not r["hold"]]
    if not lots:
        return set()
    return {str(r["work_order"]) for r in read.rows("kits", where={"lot": lots})}


def _done(i: int, machine: tuple[str, str, str], faces: Faces) -> Slot:
    serial, model, market = machine
    words, hour = faces.words, _hour(faces.about, i)
    goes = f" → {words.market(market)}" if market else ""
    said = f"{hour} · {model} · {serial}{goes} · {words.text('built')}"
    style = f"m{faces.models.index(model) % 8}"
    return Slot(0, hour, serial, style, said, False, words.text("built already"))


def _hour(about: Mapping[str, object], place: int) -> str:
    seconds = as_number(about.get("shift_start_h")) * 3600 + place * (as_number(about.get("takt_s")) or 360)
    return f"{int(seconds // 3600 % 24):02d}:{int(seconds % 3600 // 60):02d}"
