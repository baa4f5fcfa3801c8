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
from smilecurve.terms.tables.line import OPTION_RATIOS
from smilecurve.terms.tables.thread import DESK_OPTIONS

__all__ = ["ROADEF"]

NAME = "roadef"
FILES = ("vehicles.txt", "ratios.txt", "paint_batch_limit.txt", "optimization_objectives.txt")
Cells = Mapping[str, object]
Record = dict[str, object]


def fits(path: Path) -> bool:
    """A folder that holds the four files."""
    return path.is_dir() and all((path / name).is_file() for name in FILES)


def load(path: Path) -> tuple[Loaded, ...]:
    """Option ratios, desk options (paint batch limit, objectives) and one work order a vehicle."""
    _check_columns(path)
    line = path.name
    ratios, options = _ratios(path, line)
    return (ratios, _desk_options(path), _vehicles(path, line, options))


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


def _ratios(path: Path, line: str) -> tuple[Loaded, list[str]]:
    records: list[Record] = []
    refused: list[Refused] = []
    for number, cells in _cells(path / "ratios.txt"):
        found = re.fullmatch(r"(\d+)/(\d+)", cells["Ratio"].strip())
        if found is None or cells["Prio"].strip() not in ("0", "1") or int(found[2]) < 1:
            refused.append(
                Refused(number, "Ratio", cells["Ratio"], "is no ratio", "write 1/3 and a priority 1 or 0", cells)
            )
            continue
        records.append(
            {
                "line": line,
                "option": cells["Ident"].strip(),
                "at_most": int(found[1]),
                "out_of": int(found[2]),
                "priority": 1 if cells["Prio"].strip() == "1" else 2,
            }
        )
    loaded = checked(OPTION_RATIOS, records, NAME, file=f"{path.name}/ratios.txt", refused=refused)
    return loaded, [str(r["option"]) for r in records]


def _desk_options(path: Path) -> Loaded:
    limits = [cells["limitation"].strip() for _, cells in _cells(path / "paint_batch_limit.txt")]
    ranked = sorted(
        (cells["rank"].strip(), cells["objective name"].strip())
        for _, cells in _cells(path / "optimization_objectives.txt")
    )
    records: list[Record] = [
        {"desk": "line.sequence", "option": "objectives", "value": json.dumps([name for _, name in ranked])},
    ]
    if limits and limits[0].isdigit():
        records.append({"desk": "line.sequence", "option": "paint_batch_limit", "value": limits[0]})
    return checked(DESK_OPTIONS, records, NAME, file=path.name)


def _vehicles(path: Path, line: str, options: list[str]) -> Loaded:
    rows = _cells(path / "vehicles.txt")
    days = sorted({cells["Date"].strip() for _, cells in rows}, key=_day)
    records: list[Record] = []
    refused: list[Refused] = []
    seen: set[str] = set()
    for number, cells in rows:
        ident, rank, when = cells["Ident"].strip(), cells["SeqRank"].strip(), cells["Date"].strip()
        reason = _wrong(ident, rank, when, seen)
        if reason:
            refused.append(
                Refused(number, "Ident", ident, reason, "give each vehicle its date, rank and own number", cells)
            )
            continue
        seen.add(ident)
        day = _day(when)
        chosen = " ".join(option for option in options if cells.get(option, "").strip() == "1")
        details = {
            "colour": cells["Paint Color"].strip(),
            "options": chosen,
            "due": day.isoformat(),
            "rank": int(rank),
            "day": when,
            "fixed": when != days[-1],
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
    notes = (
        "a date is year, week and weekday (ISO 8601); cars of days before the last are fixed",
        f"options are the columns {', '.join(options)}; all cars are of one model",
    )
    return event_rows(records, NAME, file=f"{path.name}/vehicles.txt", refused=refused, notes=notes)


def _wrong(ident: str, rank: str, when: str, seen: set[str]) -> str:
    if not ident or not rank.isdigit():
        return "has no number or rank"
    if ident in seen:
        return "stands twice"
    return "" if _day(when) != date.min else "has no date"


def _day(text: str) -> date:
    """`2003 38 3` as a day: year, week, weekday; date.min where it cannot be read."""
    found = re.fullmatch(r"\s*(\d{4}) (\d{1,2}) (\d)\s*", text)
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), int(found[3])) if found else date.min
    except ValueError:
        return date.min


ROADEF = Preset(NAME, "ROADEF 2005 car-sequencing instances (a folder)", fits, load)
