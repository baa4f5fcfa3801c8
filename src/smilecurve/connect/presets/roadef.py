"""Which cars, ratio constraints, paint limit and objectives does a ROADEF 2005 car-sequencing instance hold?

A folder with vehicles.txt, ratios.txt, paint_batch_limit.txt and optimization_objectives.txt, semicolons between cells
(Renault; Solnon, Cung, Nguyen and Artigues 2008, EJOR 191(3):912-927). Every vehicle is a work order of the last
day or, for days before, a car of the fixed sequence: both keep their date, rank, colour and options.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from smilecurve.connect.loaded import Loaded
from smilecurve.connect.presets.preset import Preset, Refused, checked, event_rows
from smilecurve.connect.read import read_file
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.line import LINES, OPTION_RATIOS
from smilecurve.terms.tables.thread import DESK_OPTIONS

__all__ = ["ROADEF"]

NAME = "roadef"
TAKT_S = 60.0
FILES = ("vehicles.txt", "ratios.txt", "paint_batch_limit.txt", "optimization_objectives.txt")
Cells = Mapping[str, object]
Record = dict[str, object]


def fits(path: Path) -> bool:
    """A folder that holds the four files."""
    return path.is_dir() and all((path / name).is_file() for name in FILES)


def load(path: Path) -> tuple[Loaded, ...]:
    """Option ratios, desk options (goals, paint batch limit, day), one work order a vehicle, and the line."""
    _check_columns(path)
    rows = _cells(path / "vehicles.txt")
    days = sorted({day for _, cells in rows if (day := _day(cells["Date"])) != date.min})
    goals, limit = _goals(path), _limit(path)
    breaches = [one for one in (*goals, limit) if isinstance(one, Breach)]
    if not days:
        where = f"{path.name}/vehicles.txt"
        breaches.append(Breach("vehicles.txt holds no vehicle with a date", where, "give the file as published"))
    if breaches:
        raise DataRejected(breaches)
    line = path.name
    cars = len({c["Ident"].strip() for _, c in rows if _day(c["Date"]) == days[-1] and c["SeqRank"].strip().isdigit()})
    ratios, options = _ratios(path, line, cars)
    wished = _desk_options(path, [str(goal) for goal in goals], int(str(limit)), days[-1])
    return (ratios, wished, _vehicles(path, line, options, rows, days), _line(line, cars))


_COLUMNS = (
    ("vehicles.txt", ("Date", "SeqRank", "Ident", "Paint Color")),
    ("ratios.txt", ("Ratio", "Prio", "Ident")),
    ("paint_batch_limit.txt", ("limitation",)),
    ("optimization_objectives.txt", ("rank", "objective name")),
)


def _check_columns(path: Path) -> None:
    breaches = []
    for name, needed in _COLUMNS:
        there = read_file(path / name, delimiter=";").rows.column_names
        breaches += [
            Breach(f"{name} lacks the column {column}", f"{path.name}/{name}", "give the file as published")
            for column in needed
            if column not in there
        ]
    if breaches:
        raise DataRejected(breaches)


def _cells(path: Path) -> list[tuple[int, dict[str, str]]]:
    raw = read_file(path, delimiter=";")
    kept = [name for name in raw.rows.column_names if not name.startswith("column ")]
    rows = raw.rows.select(kept).to_pylist()
    read = [(line, row) for line, row in zip(raw.lines.to_pylist(), rows, strict=True)]
    for one in raw.broken.to_pylist():
        cells = json.loads(one["raw"])
        names = dict(zip(kept, [*cells.values(), *[""] * len(kept)], strict=False))
        read.append((one["line"], {name: str(value) for name, value in names.items()}))
    return sorted(read, key=lambda pair: pair[0])


def _ratios(path: Path, line: str, cars: int) -> tuple[Loaded, list[str]]:
    records: list[Record] = []
    refused: list[Refused] = []
    notes: list[str] = []
    for number, cells in _cells(path / "ratios.txt"):
        found = re.fullmatch(r"(\d+)/(\d+)", cells["Ratio"].strip())
        if found is None or cells["Prio"].strip() not in ("0", "1") or int(found[2]) < 1:
            refused.append(
                Refused(number, "Ratio", cells["Ratio"], "is no ratio", "write 1/3 and a priority 1 or 0", cells)
            )
            continue
        most, span = int(found[1]), int(found[2])
        if most > span or span > cars:
            reason = f"is longer than the day of {cars} cars" if span > cars else "allows more cars than slots"
            refused.append(Refused(number, "Ratio", cells["Ratio"], reason, "write fewer cars than slots: 1/3", cells))
            continue
        if most == span:
            notes.append(f"{cells['Ident'].strip()} {most}/{span} forbids nothing and is left out")
            continue
        records.append(
            {
                "line": line,
                "option": cells["Ident"].strip(),
                "at_most": most,
                "out_of": span,
                "priority": 1 if cells["Prio"].strip() == "1" else 2,
            }
        )
    file = f"{path.name}/ratios.txt"
    loaded = checked(OPTION_RATIOS, records, NAME, file=file, refused=refused, notes=tuple(notes))
    return loaded, [str(r["option"]) for r in records]


GOALS = {
    "high_priority_level_and_easy_to_satisfy_ratio_constraints": "must",
    "high_priority_level_and_difficult_to_satisfy_ratio_constraints": "must",
    "low_priority_level_ratio_constraints": "wished",
    "paint_color_batches": "colour",
}


def _goals(path: Path) -> list[str | Breach]:
    """The objectives as goals of line.sequence in their order; a breach for each that nobody knows."""
    name, found = "optimization_objectives.txt", _cells(path / "optimization_objectives.txt")
    goals: list[str | Breach] = []
    for number, cells in sorted(found, key=lambda pair: pair[1]["rank"].strip()):
        said, where = cells["objective name"].strip(), f"{path.name}/{name}, line {number}"
        goal = GOALS.get(said)
        if goal is None or not cells["rank"].strip().isdigit():
            goals.append(Breach(f"{said or 'nothing'} is no objective with a rank", where, f"use {', '.join(GOALS)}"))
        elif goal in goals:
            goals.append(Breach(f"{said} stands twice", where, "name each objective once"))
        else:
            goals.append(goal)
    return goals


def _limit(path: Path) -> int | Breach:
    """The paint batch limit; 0 for none."""
    found = [(number, cells["limitation"].strip()) for number, cells in _cells(path / "paint_batch_limit.txt")]
    number, text = found[0] if found else (1, "")
    if text.isdigit():
        return int(text)
    where = f"{path.name}/paint_batch_limit.txt, line {number}"
    return Breach(f"a paint batch limit of {text or 'nothing'} is no whole number", where, "write 10")


def _desk_options(path: Path, goals: list[str], limit: int, day: date) -> Loaded:
    said = {"goals": " ".join(goals), "batch_limit": limit, "open_end": True, "today": day.isoformat()}
    records: list[Record] = [
        {"desk": "line.sequence", "option": name, "value": json.dumps(value)} for name, value in said.items()
    ]
    return checked(DESK_OPTIONS, records, NAME, file=path.name)


def _line(line: str, cars: int) -> Loaded:
    record: Record = {
        "line": line,
        "name": line,
        "takt_s": TAKT_S,
        "stations": 1,
        "slots_per_day": cars,
        "shift_start_h": 0.0,
        "frozen_slots": 0,
    }
    notes = (f"a day is the {cars} cars of the last date; the files name no takt: {TAKT_S:g} s",)
    return checked(LINES, [record], NAME, file=line, notes=notes)


def _vehicles(
    path: Path, line: str, options: list[str], rows: list[tuple[int, dict[str, str]]], days: list[date]
) -> Loaded:
    records: list[Record] = []
    refused: list[Refused] = []
    seen: set[str] = set()
    ranks: dict[date, list[int]] = {}
    for number, cells in rows:
        ident, rank, when = cells["Ident"].strip(), cells["SeqRank"].strip(), cells["Date"].strip()
        day = _day(when)
        wrong = _wrong(cells, options, seen, ranks.get(day, []))
        if wrong:
            column, reason, hint = wrong
            refused.append(Refused(number, column, cells.get(column, ""), reason, hint, cells))
            continue
        seen.add(ident)
        ranks.setdefault(day, []).append(int(rank))
        chosen = " ".join(option for option in options if cells.get(option, "").strip() == "1")
        details = {
            "colour": cells["Paint Color"].strip(),
            "options": chosen,
            "due": day.isoformat(),
            "rank": int(rank),
            "day": when,
            "fixed": day != days[-1],
        }
        records.append(
            {
                "event_id": f"{NAME}:{line}:{ident}",
                "kind": "work_order",
                "event_time": datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=int(rank)),
                "source": f"{NAME}:{line}",
                "seq": number,
                "place": line,
                "part": "car",
                "ref": f"{line}:{ident}",
                "quantity": 1.0,
                "details": json.dumps(details, ensure_ascii=False),
            }
        )
    before = sorted(day for day in ranks if day != days[-1])
    notes = [
        "a date is year, week and weekday (ISO 8601); cars of days before the last are fixed",
        f"options are the columns {', '.join(options)}; all cars are of one model",
    ]
    if not before:
        notes.append("no day before the last: option windows and paint begin empty")
    notes += [
        f"the cars of {day} do not stand in the order of their ranks: they are read by rank"
        for day, found in sorted(ranks.items())
        if found != sorted(found)
    ]
    return event_rows(records, NAME, file=f"{path.name}/vehicles.txt", refused=refused, notes=tuple(notes))


def _wrong(
    cells: Mapping[str, str], options: list[str], seen: set[str], ranks: list[int]
) -> tuple[str, str, str] | None:
    """What is wrong with a vehicle: the column, the breach and what to do."""
    ident, rank, hint = cells["Ident"].strip(), cells["SeqRank"].strip(), "give each vehicle its own number and rank"
    if not ident or not rank.isdigit():
        return "SeqRank" if ident else "Ident", "has no number or rank", hint
    if ident in seen:
        return "Ident", "stands twice", hint
    if _day(cells["Date"]) == date.min:
        return "Date", "has no date", "write year, ISO week and weekday: 2003 38 3"
    if int(rank) in ranks:
        return "SeqRank", "is a rank that stands twice on its day", hint
    if not cells["Paint Color"].strip():
        return "Paint Color", "has no paint colour", "write the number of its colour"
    odd = next((o for o in options if cells.get(o, "").strip() not in ("0", "1")), None)
    return (odd, "is neither 0 nor 1", "write 1 for a car with the option, else 0") if odd else None


def _day(text: str) -> date:
    """`2003 38 3` as a day: year, week, weekday; date.min where it cannot be read."""
    found = re.fullmatch(r"\s*(\d{4}) (\d{1,2}) (\d)\s*", text)
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), int(found[3])) if found else date.min
    except ValueError:
        return date.min


ROADEF = Preset(NAME, "ROADEF 2005 car-sequencing instances (a folder)", fits, load)
