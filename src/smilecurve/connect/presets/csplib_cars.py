"""Which cars and option ratios does a CSPLib car-sequencing file (prob001) hold?

First line: cars, options, classes; then the most cars of each block, then the block sizes; then one line a class: its
number, how many cars, and a 0 or 1 for each option. Lines that begin with % or # are remarks. Every car becomes a work
order of its class; the day is not in the file. Source: CSPLib prob001; Dincbas, Simonis and Van Hentenryck 1988.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from smilecurve.connect.loaded import Loaded
from smilecurve.connect.presets.preset import Preset, checked, event_rows
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.line import LINES, OPTION_RATIOS
from smilecurve.terms.tables.thread import DESK_OPTIONS

__all__ = ["CSPLIB_CARS"]

NAME = "csplib_cars"
DAY = datetime(2000, 1, 1, tzinfo=UTC)
Record = dict[str, object]


def _numbers(path: Path) -> list[list[int]]:
    """The lines of a file as whole numbers; empty if any line is something else."""
    found: list[list[int]] = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        text = line.strip()
        if not text or text.startswith(("%", "#")):
            continue
        cells = text.split()
        if not all(cell.isdigit() for cell in cells):
            return []
        found.append([int(cell) for cell in cells])
    return found


def fits(path: Path) -> bool:
    """A .txt file of whole numbers whose first line announces the length of the others."""
    if path.suffix.lower() != ".txt" or not path.is_file() or path.stat().st_size > 1_000_000:
        return False
    lines = _numbers(path)
    return len(lines) > 3 and len(lines[0]) == 3 and len(lines[1]) == len(lines[2]) == lines[0][1]


def load(path: Path) -> tuple[Loaded, ...]:
    """Option ratios, one work order a car, the line with its day, and the day that the desk begins on."""
    lines = _numbers(path)
    (cars, options, _), most, size = lines[0], lines[1], lines[2]
    told = lines[3:]
    breaches = _breaches(path.name, lines)
    if breaches:
        raise DataRejected(breaches)
    line = path.stem
    ratios: list[Record] = [
        {"line": line, "option": f"O{i + 1}", "at_most": most[i], "out_of": size[i], "priority": 1}
        for i in range(options)
    ]
    notes = ("cars are named by class and count; the file names no day: 2000-01-01",)
    orders = [order for row in told for order in _orders(row, line)]
    said = {"today": DAY.date().isoformat()}
    wished: list[Record] = [{"desk": "line.sequence", "option": o, "value": json.dumps(v)} for o, v in said.items()]
    return (
        checked(OPTION_RATIOS, ratios, NAME, file=path.name),
        event_rows(orders, NAME, file=path.name, notes=notes),
        checked(LINES, [_line(line, cars)], NAME, file=path.name, notes=("the file names no takt: 60 s",)),
        checked(DESK_OPTIONS, wished, NAME, file=path.name),
    )


def _line(line: str, cars: int) -> Record:
    day = {"slots_per_day": max(cars, 1), "shift_start_h": 0.0, "frozen_slots": 0}
    return {"line": line, "name": line, "takt_s": 60.0, "stations": 1, **day}


def _breaches(file: str, lines: list[list[int]]) -> list[Breach]:
    """All that is wrong with the file at once."""
    (cars, options, classes), most, size = lines[0], lines[1], lines[2]
    told, found = lines[3:], []
    if len(told) != classes or sum(row[1] for row in told if len(row) > 1) != cars:
        what = f"{file} announces {cars} cars in {classes} classes and lists others"
        found.append(Breach(what, file, "give the whole file"))
    if cars < 1:
        found.append(Breach(f"{file} holds no car", file, "give the whole file"))
    found += [
        Breach(f"class {row[0]} has {len(row) - 2} options of {options}", file, "write a 0 or 1 for each option")
        for row in told
        if len(row) != options + 2
    ]
    found += [
        Breach(f"class {row[0]} has option mark {mark}", file, "write a 0 or 1 for each option")
        for row in told
        for mark in row[2:]
        if mark > 1
    ]
    for i, (at_most, out_of) in enumerate(zip(most, size, strict=True)):
        if at_most >= out_of:
            what = f"option {i + 1} allows {at_most} cars in {out_of} slots, which forbids nothing"
            found.append(Breach(what, file, "write fewer cars than slots"))
        if out_of > cars:
            what = f"the block of option {i + 1}, {out_of} slots, is longer than the day of {cars} cars"
            found.append(Breach(what, file, "write a shorter block"))
    return found


def _orders(row: list[int], line: str) -> list[Record]:
    chosen = " ".join(f"O{i + 1}" for i, has in enumerate(row[2:]) if has)
    details = json.dumps({"options": chosen, "due": DAY.date().isoformat()})
    return [
        {
            "event_id": f"{NAME}:{line}:{row[0]}-{n}",
            "kind": "work_order",
            "event_time": DAY,
            "source": f"{NAME}:{line}",
            "place": line,
            "part": f"class-{row[0]}",
            "ref": f"{line}:{row[0]}-{n}",
            "quantity": 1.0,
            "details": details,
        }
        for n in range(1, row[1] + 1)
    ]


CSPLIB_CARS = Preset(NAME, "CSPLib car-sequencing files (prob001, .txt)", fits, load)
