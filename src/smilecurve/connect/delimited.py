"""Which rows and cells does a delimited text file hold, and on which lines?

Record ends and cell counts come from positions of line ends, quotes and delimiters (numpy), cells from pyarrow's
parser. Where the two disagree (a stray quote, a lone carriage return) the file is read line by line instead (see
`quoted`). Sources: RFC 4180 (2005).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from smilecurve.connect.encodings import MARK, Text, decode
from smilecurve.connect.loaded import REJECTED, Raw, raw_text
from smilecurve.connect.quoted import Odd, read_slowly, split_line
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["find_delimiter", "name_columns", "read_delimited"]

DELIMITERS = (",", ";", "\t", "|")
_LINE_END, _QUOTE = 10, 34


@dataclass(frozen=True, slots=True)
class _Records:
    """Where each record begins and ends, its first line, and how many cells it has."""

    start: np.ndarray
    end: np.ndarray
    line: np.ndarray
    cells: np.ndarray


def read_delimited(
    data: bytes, file: str, *, encoding: str | None = None, delimiter: str | None = None, header_line: int = 1
) -> Raw:
    """The cells of a CSV, TSV or other delimited file, all as text, with their line numbers."""
    text = decode(data, encoding)
    body, skipped = _skip_lines(_unix(text.utf8), header_line - 1)
    mark = delimiter or find_delimiter(body[: 1 << 16].decode("utf-8", errors="ignore"), file)
    records = _find_records(body, mark)
    if not len(records.start):
        raise DataRejected(Breach(f"{file} holds no header line", f"{file}, line {header_line}", "add the header line"))
    header = body[records.start[0] : records.end[0]].decode("utf-8")
    names = name_columns(split_line(header.replace(MARK, ""), mark))
    fast = _read_fast(body, records, names, mark)
    if fast is None:
        rows, lines, odd = read_slowly(body.decode("utf-8"), names, mark, skip=1)
    else:
        rows, lines, odd = fast
    if text.marked:
        rows, lines, odd = _reject_marked(rows, lines, odd)
    rows, lines, blank = _drop_blank(rows, lines)
    unsure = f"{file}: read as {text.encoding}; name the encoding if characters look wrong"
    notes: tuple[str, ...] = () if text.sure else (unsure,)
    notes += (f"{file}: {blank} blank rows left out",) if blank else ()
    return Raw(
        file,
        rows,
        pa.array(lines + skipped, pa.int64()),
        _broken(file, odd, names, mark, skipped, text),
        text.encoding,
        mark,
        notes,
    )


def _unix(data: bytes) -> bytes:
    return data.replace(b"\r", b"\n") if b"\r" in data and b"\n" not in data else data


def _skip_lines(data: bytes, lines: int) -> tuple[bytes, int]:
    at = 0
    for _ in range(lines):
        at = data.find(b"\n", at) + 1
        if at == 0:
            return b"", lines
    return data[at:], lines


def find_delimiter(sample: str, file: str = "") -> str:
    r"""The delimiter that splits most lines as it splits the header.

    >>> find_delimiter("part;mass\nA;1,5\nB;2,5\n")
    ';'
    """
    lines = [line for line in re.sub(r'"[^"]*"', "", sample).splitlines() if line.strip()][:200]
    if not lines:
        return "\t" if file.lower().endswith((".tsv", ".tab")) else ","
    weight = {}
    for mark in DELIMITERS:
        wanted = lines[0].count(mark)
        if wanted:
            weight[mark] = (round(sum(line.count(mark) == wanted for line in lines) / len(lines), 1), wanted)
    return max(weight, key=lambda mark: weight[mark]) if weight else ","


def name_columns(header: list[str]) -> list[str]:
    """Column names from a header: trimmed, none empty, none twice.

    >>> name_columns(["part", " ", "part"])
    ['part', 'column 2', 'part (2)']
    """
    names: list[str] = []
    for i, cell in enumerate(header, 1):
        name = wanted = " ".join(cell.split()) or f"column {i}"
        n = 2
        while name in names:
            name, n = f"{wanted} ({n})", n + 1
        names.append(name)
    return names


def _find_records(data: bytes, mark: str) -> _Records:
    chars = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(chars == _LINE_END)
    marks = np.flatnonzero(chars == ord(mark))
    ends = breaks
    quotes = np.flatnonzero(chars == _QUOTE)
    if len(quotes):
        ends = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
        marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
    if len(chars) and (not len(ends) or ends[-1] != len(chars) - 1):
        ends = np.append(ends, len(chars))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    size = ends - starts
    full = (size > 1) | ((size == 1) & (chars[np.minimum(starts, len(chars) - 1)] != 13)) if len(ends) else size > 0
    starts, ends = starts[full], ends[full]
    cells = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    return _Records(starts, ends, np.searchsorted(breaks, starts) + 1, cells)


def _quotes_fit(chars: np.ndarray, mark: str) -> bool:
    """Does every opening quote begin a cell and every closing quote end one?"""
    quotes = np.flatnonzero(chars == _QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, chars[opening - 1], _LINE_END)
    after = np.where(closing < len(chars) - 1, chars[np.minimum(closing + 1, len(chars) - 1)], _LINE_END)
    edge = np.array([ord(mark), _LINE_END, _QUOTE, 13], np.uint8)
    return bool(np.isin(before, edge).all() and np.isin(after, edge).all())


def _read_fast(
    data: bytes, records: _Records, names: list[str], mark: str
) -> tuple[pa.Table, np.ndarray, list[Odd]] | None:
    quoted = data.find(b'"') >= 0
    if quoted and not _quotes_fit(np.frombuffer(data, np.uint8), mark):
        return None
    fits = records.cells[1:] == len(names)
    odd = [
        Odd(int(records.line[i + 1]), data[records.start[i + 1] : records.end[i + 1]].decode("utf-8").rstrip("\r"))
        for i in np.flatnonzero(~fits)
    ]
    empty = pa.table({name: pa.array([], pa.string()) for name in names})
    if not fits.any():
        return empty, np.empty(0, np.int64), odd
    columns = [str(i) for i in range(len(names))]
    try:
        rows = pcsv.read_csv(
            pa.BufferReader(pa.py_buffer(data)[int(records.start[1]) :]),
            pcsv.ReadOptions(column_names=columns, block_size=1 << 24),
            pcsv.ParseOptions(
                delimiter=mark,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                invalid_row_handler=lambda row: "skip",
            ),
            pcsv.ConvertOptions(column_types={c: pa.string() for c in columns}, strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    if rows.num_rows != int(fits.sum()):
        return None
    return rows.rename_columns(names), records.line[1:][fits], odd


def _reject_marked(rows: pa.Table, lines: np.ndarray, odd: list[Odd]) -> tuple[pa.Table, np.ndarray, list[Odd]]:
    import pyarrow.compute as pc

    hit = np.zeros(rows.num_rows, bool)
    for column in rows.columns:
        hit |= pc.match_substring(column, MARK).to_numpy(zero_copy_only=False)
    for i in np.flatnonzero(hit):
        cells = {k: v.replace(MARK, "") for k, v in rows.slice(int(i), 1).to_pylist()[0].items()}
        odd.append(Odd(int(lines[i]), "", cells))
    keep = np.flatnonzero(~hit)
    return rows.take(pa.array(keep)), lines[keep], odd


def _drop_blank(rows: pa.Table, lines: np.ndarray) -> tuple[pa.Table, np.ndarray, int]:
    import pyarrow.compute as pc

    maybe = np.arange(rows.num_rows)
    for column in rows.columns:
        if not len(maybe):
            return rows, lines, 0
        cells = column.take(pa.array(maybe))
        maybe = maybe[pc.equal(pc.utf8_trim_whitespace(cells), "").to_numpy(zero_copy_only=False)]
    keep = np.setdiff1d(np.arange(rows.num_rows), maybe, assume_unique=True)
    return (rows.take(pa.array(keep)), lines[keep], len(maybe)) if len(maybe) else (rows, lines, 0)


def _broken(file: str, odd: list[Odd], names: list[str], mark: str, skipped: int, text: Text) -> pa.Table:
    records: list[dict[str, object]] = []
    for one in sorted(odd, key=lambda o: o.line):
        reason, hint, cells = one.why(names, mark, text.encoding, MARK)
        records.append(
            {
                "file": file,
                "line": one.line + skipped,
                "column": "",
                "value": one.text.replace(MARK, "")[:200],
                "reason": reason,
                "hint": hint,
                "raw": raw_text(cells),
            }
        )
    return REJECTED.rows(records).cast(REJECTED.schema)
