"""Which cells does a workbook hold?

Cells keep their type where a whole column has one; a column of mixed types becomes text, its dates as ISO 8601 and its
numbers with a point, never to be mistaken for a thousands mark.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from smilecurve.connect.delimited import name_columns
from smilecurve.connect.loaded import REJECTED, Raw
from smilecurve.terms.errors import Breach, DataRejected, NotFound

__all__ = ["cell_text", "read_sheet", "typed_column"]

_GROUPED = re.compile(r"^-?\d{1,3}(\.\d{3})+$")


def read_sheet(path: Path, sheet: str | None = None, header_line: int = 1) -> Raw:
    """The cells of one sheet (by default the first that holds any), with their row numbers."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(str(path))
        name = _choose(book, sheet, path)
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, PasswordError, OSError) as error:
        what = f"{path.name} cannot be opened as a workbook: {error}"
        raise DataRejected(Breach(what, path.name, "save it again as .xlsx without a password")) from None
    full = [(i, row) for i, row in enumerate(cells, 1) if i >= header_line and any(c != "" for c in row)]
    file = f"{path.name}#{name}"
    if not full:
        raise DataRejected(Breach(f"{file} holds no header row", f"{file}, row {header_line}", "add the header row"))
    width = max(len(row) for _, row in full)
    names = name_columns([cell_text(c) for c in full[0][1]] + [""] * (width - len(full[0][1])))
    body = full[1:]
    columns = {name: typed_column([row[k] if k < len(row) else "" for _, row in body]) for k, name in enumerate(names)}
    skipped = len(cells) - header_line + 1 - len(full)
    notes = (f"{file}: {skipped} blank rows left out",) if skipped > 0 else ()
    lines = pa.array(np.array([i for i, _ in body], np.int64))
    return Raw(file, pa.table(columns), lines, REJECTED.empty(), "", "", notes)


class _Sheet(Protocol):
    total_height: int


class _Book(Protocol):
    sheet_names: list[str]

    def get_sheet_by_name(self, name: str) -> _Sheet: ...


def _choose(book: _Book, sheet: str | None, path: Path) -> str:
    names = book.sheet_names
    if sheet is not None:
        if sheet in names:
            return sheet
        raise NotFound(Breach(f"{path.name} has no sheet {sheet}", "sheet", f"use one of {', '.join(names)}"))
    for name in names:
        if book.get_sheet_by_name(name).total_height > 1:
            return name
    return names[0]


def typed_column(cells: Sequence[object]) -> pa.Array:
    """Cells of one column under one type where they share it, else as text; empty cells are null."""
    given = [None if c == "" or c is None else c for c in cells]
    kinds = {type(c) for c in given if c is not None}
    if kinds and kinds <= {int, float}:
        return pa.array([None if c is None else float(str(c)) for c in given], pa.float64())
    if kinds == {bool}:
        return pa.array(given, pa.bool_())
    if kinds == {dt.date}:
        return pa.array(given, pa.date32())
    if kinds and kinds <= {dt.date, dt.datetime}:
        return pa.array([_midnight(c) for c in given], pa.timestamp("us"))
    return pa.array([None if c is None else cell_text(c) for c in given], pa.string())


def _midnight(cell: object) -> dt.datetime | None:
    if isinstance(cell, dt.datetime) or cell is None:
        return cell
    return dt.datetime.combine(cell, dt.time()) if isinstance(cell, dt.date) else None


def cell_text(cell: object) -> str:
    """One cell as text that reads back as what it was."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        shown = repr(cell)
        return f"{shown}e0" if _GROUPED.match(shown) else shown
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, (dt.date, dt.time)) else str(cell)
