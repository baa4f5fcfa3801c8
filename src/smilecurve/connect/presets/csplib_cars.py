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
from smilecurve.terms.tables.line import OPTION_RATIOS

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
    """Option ratios, and one work order a car."""
    lines = _numbers(path)
    (cars, options, classes), most, size = lines[0], lines[1], lines[2]
    told = lines[3:]
    breaches = []
    if len(told) != classes or sum(row[1] for row in told if len(row) > 1) != cars:
        what = f"{path.name} announces {cars} cars in {classes} classes and lists others"
        breaches.append(Breach(what, path.name, "give the whole file"))
    breaches += [
        Breach(f"class {row[0]} has {len(row) - 2} options of {options}", path.name, "write a 0 or 1 for each option")
        for row in told
        if len(row) != options + 2
    ]
    if breaches:
        raise DataRejected(breaches)
    line = path.stem
    ratios: list[Record] = [
        {"line": line, "option": f"O{i + 1}", "at_most": most[i], "out_of": size[i], "priority": 1}
        for i in range(options)
    ]
    notes = ("cars are named by class and count; the file names no day: 2000-01-01",)
    orders = [order for row in told for order in _orders(row, line)]
    return (
        checked(OPTION_RATIOS, ratios, NAME, file=path.name),
        event_rows(orders, NAME, file=path.name, notes=notes),
    )


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
