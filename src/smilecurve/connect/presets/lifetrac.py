"""Which parts go into an Open Source Ecology LifeTrac, and which lines of its list are no parts?

Reads bom.csv (file, section, subsection, item, qty, unit, ref) flattened from the project's pages. The machine is
made of its sections, a section of its items. Volumes and masses become litres and kilograms (one piece = one of
them), packs their pieces. Totals, tools, notes and lines without a quantity are rejected one by one with the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from smilecurve.connect.loaded import Loaded, Raw
from smilecurve.connect.presets.preset import Preset, Refused, checked
from smilecurve.connect.read import read_file
from smilecurve.connect.units import factor, unit_of
from smilecurve.terms.tables.supply import BOM, PARTS

__all__ = ["LIFETRAC", "MODEL"]

NAME = "lifetrac"
MODEL = "lifetrac-v25"
COLUMNS = ("file", "section", "subsection", "item", "qty", "unit", "ref")
Record = dict[str, object]

_NO_PARTS = (
    (r"cost summary|grand total", "is a sum of money, not a part", "leave it out"),
    (r"subtotal", "is a subtotal, not a part", "leave it out"),
    (r"version history|provenance|capability cross|spool selection rationale", "is a note, not a part", "leave it out"),
    (r"not consumed|one-time", "is a tool that does not go into the machine", "leave it out"),
    (r"parts count summary", "repeats parts listed above it", "leave it out, or list the part once"),
    (r"maintenance parts", "is a spare kept in stock, not built in", "plan it as a spare part"),
)
_EMPTY = ("", "—", "–", "-")
_PACKED = re.compile(r"^(\d+(?:\.\d+)?)\s*([A-Za-z]+)?$")
_TIMES = re.compile(r"[×x]\s*(\d+)\b(?!\s*(?:[\"/.×\d]|mm|cm))")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line that is a part: its section, name, quantity, piece (what one is), price and place."""

    section: str
    name: str
    quantity: float
    piece: str
    price: float | None
    ref: str


def fits(path: Path) -> bool:
    """By the columns of its header."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.readline(4096).decode("utf-8", errors="ignore").strip(" \ufeff\r\n").split(",")
    return tuple(head) == COLUMNS


def load(path: Path) -> tuple[Loaded, ...]:
    """Parts and bill of material."""
    return rows(read_file(path))


def rows(raw: Raw) -> tuple[Loaded, ...]:
    """Parts and bill of material from the list's rows."""
    lines: list[_Line] = []
    refused: list[Refused] = []
    for number, cells in zip(raw.lines.to_pylist(), raw.rows.to_pylist(), strict=True):
        row = {column: str(cells.get(column) or "").strip() for column in COLUMNS}
        found = _read(row)
        if isinstance(found, _Line):
            lines.append(found)
        else:
            column, reason, hint = found
            refused.append(Refused(number, column, row[column], reason, hint, row))
    notes = (
        *raw.notes,
        "volumes and masses stand in litres and kilograms, one piece each",
        "the pages behind the list overlap: a part that two of them name stands twice",
        "lead times are not in the list: 0 days; a price is the list's own, else 0 USD",
    )
    parts = checked(PARTS, _parts(lines), NAME, file=raw.file, notes=notes)
    bom = checked(BOM, _bom(lines), NAME, file=raw.file, refused=refused, good=len(lines))
    return (parts, bom)


def _read(row: dict[str, str]) -> _Line | tuple[str, str, str]:
    where = " ".join((row["section"], row["subsection"], row["item"])).lower()
    for pattern, reason, hint in _NO_PARTS:
        if re.search(pattern, where):
            return "item", reason, hint
    quantity, piece = _quantity(row)
    if quantity is None:
        if row["qty"] in _EMPTY:
            return "qty", "has no quantity", "write how many go into one machine"
        return "qty", "is no quantity", "write one number, with its unit if it is no count"
    unit = row["unit"]
    price = float(unit[1:].replace(",", "")) if re.fullmatch(r"\$[\d,]+(\.\d+)?", unit) else None
    name = (
        row["item"]
        if not re.fullmatch(r'[\d/.]+"( × [\d/.]+")?( diameter)?', row["item"])
        else f"{row['subsection']} {row['item']}"
    )
    return _Line(row["section"], name, quantity, piece, price, row["ref"])


def _quantity(row: dict[str, str]) -> tuple[float | None, str]:
    text = row["qty"]
    if text in _EMPTY:
        counted = _TIMES.search(row["item"])
        return (float(counted[1]), "") if counted else (None, "")
    found = _PACKED.match(text)
    if found is None:
        return None, ""
    number, word = float(found[1]), (found[2] or "").lower()
    unit = unit_of(word)
    for wanted in ("l", "kg"):
        times = factor(unit, wanted) if unit else None
        if times is not None:
            return round(number * times, 6), wanted
    return number, "" if word in ("", "pack") or unit else word.rstrip("s")


def _code(line: _Line) -> str:
    named = _TIMES.sub("", re.split(r" [-—] |\*\(", line.name)[0])
    slug = re.sub(r"[^a-z0-9]+", "-", named.lower().replace('"', "in")).strip("-")[:60].strip("-")
    return slug + (f"-{line.piece}" if line.piece else "")


def _section(line: _Line) -> str:
    return MODEL + ":" + re.sub(r"[^a-z0-9]+", "-", line.section.lower()).strip("-")[:40].strip("-")


def _part(part: str, name: str, system: str, made: bool, cost: float) -> Record:
    return {
        "part": part,
        "name": name,
        "system": system,
        "source": "make" if made else "buy",
        "lead_days": 0,
        "lot_least": 0.0,
        "lot_multiple": 0.0,
        "scrap": 0.0,
        "cost": cost,
        "currency": "USD",
        "spare": not made,
    }


def _parts(lines: list[_Line]) -> list[Record]:
    records = {MODEL: _part(MODEL, "LifeTrac v25", "machine", True, 0.0)}
    for line in lines:
        section = _section(line)
        records.setdefault(section, _part(section, line.section, line.section, True, 0.0))
        code = _code(line)
        known = records.setdefault(
            code, _part(code, line.name + (f", {line.piece}" if line.piece else ""), line.section, False, 0.0)
        )
        if line.price is not None:
            known["cost"] = max(float(str(known["cost"])), line.price)
    return list(records.values())


def _bom(lines: list[_Line]) -> list[Record]:
    sections = dict.fromkeys(_section(line) for line in lines)
    records: list[Record] = [
        {"parent": MODEL, "component": section.partition(":")[2], "part": section, "quantity": 1.0}
        for section in sections
    ]
    count: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        key = (_section(line), line.ref or _code(line), _code(line))
        count[key] += 1
        place = key[1] if count[key] == 1 else f"{key[1]} ({count[key]})"
        records.append({"parent": key[0], "component": place, "part": key[2], "quantity": line.quantity})
    return records


LIFETRAC = Preset(NAME, "the Open Source Ecology LifeTrac parts list (bom.csv)", fits, load, rows)
