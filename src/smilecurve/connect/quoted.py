"""How is a delimited file read whose quotes cannot be trusted?

Record by record: one that never closes its quote is set aside by its first line alone, and reading goes on with the
next line, so that one stray quote costs one line and not the rest of the file.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from smilecurve.connect.loaded import WHOLE_LINE

__all__ = ["Odd", "read_slowly", "split_line"]

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Odd:
    """A row that has no cells to speak of: its line, its text, or the cells that hold bytes which are no text."""

    line: int
    text: str
    cells: dict[str, str] = field(default_factory=dict)
    open_quote: bool = False

    def why(self, names: list[str], mark: str, encoding: str, marker: str) -> tuple[str, str, dict[str, object]]:
        """The reason, the hint and the row's cells as far as they can be told."""
        if self.cells or marker in self.text:
            hint = "save the file in one encoding, or name the encoding it is in"
            cells: dict[str, object] = {**self.cells} if self.cells else {WHOLE_LINE: self.text.replace(marker, "")}
            return f"holds bytes that are no {encoding} text", hint, cells
        if self.open_quote:
            return "opens a quote that is never closed", "close or double the quote", {WHOLE_LINE: self.text}
        found = split_line(self.text, mark)
        labels = [*names, *(f"extra {i}" for i in range(1, len(found) - len(names) + 1))]
        split: dict[str, object] = dict(zip(labels, found, strict=False))
        more = "too many" if len(found) > len(names) else "too few"
        hint = f"quote cells that hold {mark!r}, or add the missing cells"
        cells_word = "cell" if len(found) == 1 else "cells"
        return f"has {len(found)} {cells_word}, the header has {len(names)}: {more}", hint, split


def split_line(text: str, mark: str) -> list[str]:
    """The cells of one line; where its quotes are no help, what stands between the delimiters."""
    line = text.replace("\n", " ").replace("\r", " ")
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return line.split(mark)


def read_slowly(text: str, names: list[str], mark: str, skip: int) -> tuple[pa.Table, np.ndarray, list[Odd]]:
    """Cells, line numbers and odd rows of a text, record by record; the first `skip` records are the header."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    good: list[list[str]] = []
    where: list[int] = []
    odd: list[Odd] = []
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        cells, used, closed = _record(lines, at, mark)
        if skip:
            skip -= 1
        elif not closed:
            odd.append(Odd(at + 1, lines[at], open_quote=True))
            used = 1
        elif len(cells) != len(names):
            odd.append(Odd(at + 1, "\n".join(lines[at : at + used])))
        else:
            good.append(cells)
            where.append(at + 1)
        at += used
    columns = list(zip(*good, strict=True)) if good else [()] * len(names)
    table = pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})
    return table, np.array(where, np.int64), odd


def _record(lines: list[str], at: int, mark: str) -> tuple[list[str], int, bool]:
    """The record that begins at a line: cells, lines used, and whether its quotes are closed."""
    if '"' not in lines[at]:
        return lines[at].split(mark), 1, True
    for used in range(1, _LONGEST + 1):
        part = lines[at : at + used]
        try:
            cells = next(csv.reader(["\n".join(part)], delimiter=mark, strict=True))
        except csv.Error:
            if at + used >= len(lines):
                break
            continue
        return cells, used, True
    try:
        loose = next(csv.reader([lines[at]], delimiter=mark))
    except csv.Error:
        return [], 1, False
    return loose, 1, not _opens(lines[at], mark)


def _opens(line: str, mark: str) -> bool:
    """Does the last quoted cell of the line stay open?"""
    inside = False
    begin = True
    i = 0
    while i < len(line):
        char = line[i]
        if inside:
            if char == '"':
                if line[i + 1 : i + 2] == '"':
                    i += 1
                else:
                    inside = False
        elif char == '"' and begin:
            inside = True
        begin = char == mark and not inside
        i += 1
    return inside
