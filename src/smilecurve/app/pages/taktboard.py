"""Which machine goes on the line in which slot of the day, and what stands in its way?

The board of a day: slots already built today first, then the decided sequence, at takt. A slot is late when its machine
leaves after its due day, at risk when it carries a part of a suspect lot that is not held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.choosing import yamazumi
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading

__all__ = ["Board", "Slot", "takt_board"]

A_DAY = 86_400
MOST_HELD = 60


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of the board."""

    slot: int
    hour: str
    order: str
    style: str
    said: str
    movable: bool
    first: bool


@dataclass(frozen=True, slots=True)
class Board:
    """A line's day."""

    decision: str
    line: str
    name: str
    takt: str
    frozen: int
    slots: list[Slot]
    held: list[Slot]
    models: list[str]
    built: int
    late: int
    told: str
    load: Markup | None


def takt_board(
    read: Reading, words: Words, *, decision: str = "", rows: pa.Table | None = None, slots_shown: int | None = None
) -> Board | None:
    """The board of the first line that has a sequence; None where there is none."""
    sequence = rows if rows is not None else read.table("build_sequence", order=("line", "slot"))
    if not sequence.num_rows:
        return None
    code = decision or _last_decision(read)
    records = [dict(r) for r in sequence.to_pylist()]
    line = str(records[0]["line"])
    plan = sorted((r for r in records if r["line"] == line), key=lambda r: _i(r["slot"]))
    about = next(iter(read.rows("lines", where={"line": line})), {})
    per_day = slots_shown or _i(about.get("slots_per_day")) or 240
    done = _built_today(read, line)[:per_day]
    models = _models([*(d[1] for d in done), *(str(r["model"]) for r in plan)])
    suspects = _suspect_orders(read)
    slots = [_done(i, d, about, models, words) for i, d in enumerate(done)]
    coming = [r for r in plan if not r["held"]][: per_day - len(done)]
    slots += [_coming(len(done) + i, i, r, about, models, suspects, words) for i, r in enumerate(coming)]
    slots += [Slot(0, _hour(about, n), "", "void", "", False, False) for n in range(len(slots), per_day)]
    held = [_coming(0, 1, r, about, models, suspects, words) for r in plan if r["held"]][:MOST_HELD]
    station_plan = read.table("station_plan", where={"line": line})
    load = (
        yamazumi(station_plan, words, lambda *_: [], line=line, height=52, names=False)
        if station_plan.num_rows
        else None
    )
    takt = _f(about.get("takt_s"))
    late = sum(1 for r in coming if _i(r["late_days"]) > 0)
    told = next((s.said for s in slots if "now" in s.style), "")
    frozen = sum(1 for r in coming if r["frozen"])
    name = str(about.get("name") or line)
    return Board(
        code,
        line,
        name,
        f"{int(takt // 60)}:{int(takt % 60):02d}",
        frozen,
        slots,
        held,
        models,
        len(done),
        late,
        told,
        load,
    )


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


def _done(i: int, machine: tuple[str, str, str], about: dict[str, object], models: list[str], words: Words) -> Slot:
    serial, model, market = machine
    goes = f" → {words.market(market)}" if market else ""
    said = f"{_hour(about, i)} · {model} · {serial}{goes} · {words.text('built')}"
    return Slot(0, _hour(about, i), serial, f"m{models.index(model) % 8}", said, False, i == 0)


def _coming(
    i: int,
    nth: int,
    row: dict[str, object],
    about: dict[str, object],
    models: list[str],
    suspects: set[str],
    words: Words,
) -> Slot:
    model = str(row["model"])
    marks = [f"m{models.index(model) % 8}"]
    told = []
    if nth == 0:
        marks.append("now")
        told.append(words.text("now"))
    elif row["held"]:
        marks.append("held")
        told.append(words.text("on hold: lot {lot}", lot=row["held_lot"] or ""))
    elif str(row["work_order"]) in suspects:
        marks.append("risk")
        told.append(words.text("part at risk"))
    elif _i(row["late_days"]) > 0:
        marks.append("late")
    if _i(row["late_days"]) > 0:
        told.append(words.count("{n} day late", "{n} days late", _i(row["late_days"])))
    if row["frozen"]:
        marks.append("frozen")
        told.append(words.text("frozen"))
    elif nth and not row["held"]:
        marks.append("later")
    market = f" → {words.market(str(row['market']))}" if row["market"] else ""
    slot = _i(row["slot"])
    place = [] if row["held"] else [f"#{slot} {_hour(about, i)}"]
    said = " · ".join([*place, model, f"{row['work_order']}{market}", *told])
    movable = not row["frozen"] and not row["held"]
    return Slot(slot, _hour(about, i), str(row["work_order"]), " ".join(marks), said, movable, i == 0)


def _hour(about: dict[str, object], place: int) -> str:
    seconds = (_f(about.get("shift_start_h")) * 3600 + place * (_f(about.get("takt_s")) or 360)) % A_DAY
    return f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"


def _i(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) else 0


def _f(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
