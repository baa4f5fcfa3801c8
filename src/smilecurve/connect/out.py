"""How do rows leave: as CSV, XLSX, Parquet, Arrow or JSON Lines, or straight into another program's memory?

`Rows` offers the Arrow PyCapsule stream, so that polars, pandas and DuckDB read a result without a copy through a file.
Cells that a spreadsheet would run as a formula are made harmless: in XLSX every text is a text, in CSV an apostrophe is
put before it (OWASP, CSV Injection, 2020); numbers stay as they are.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["OUT_FORMATS", "Rows", "write_rows"]

OUT_FORMATS = ("csv", "tsv", "xlsx", "parquet", "arrow", "jsonl")
_SHEET_ROWS = 1_048_575
_DANGER = r"^'*[=+\-@\t\r]"
_HARMLESS = r"^[+-]?[0-9][0-9.,]*$"


@runtime_checkable
class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


@dataclass(frozen=True, slots=True)
class Rows:
    r"""Rows of a table or decision, ready for any program that reads Arrow.

    >>> Rows(pa.table({"part": ["A"]})).to_csv()
    'part\n"A"\n'
    """

    table: pa.Table

    @classmethod
    def of(cls, rows: pa.Table | Decision | _Stream) -> Rows:
        """From a table, a decision, or anything that offers an Arrow stream."""
        if isinstance(rows, Decision):
            return cls(rows.rows)
        return cls(rows if isinstance(rows, pa.Table) else pa.table(rows))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        capsule: object = self.table.__arrow_c_stream__(requested_schema)
        return capsule

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def to_csv(self, *, guard: bool = True) -> str:
        """Comma-separated text with a header."""
        sink = BytesIO()
        _write_csv(self.table, sink, ",", guard)
        return sink.getvalue().decode("utf-8")

    def to_jsonl(self) -> str:
        """One JSON object a line."""
        sink = BytesIO()
        _write_jsonl(self.table, sink)
        return sink.getvalue().decode("utf-8")

    def to_bytes(self, form: str) -> bytes:
        """The rows in one of `OUT_FORMATS`."""
        sink = BytesIO()
        write_rows(self.table, sink, form)
        return sink.getvalue()

    def write(self, path: str | Path) -> Path:
        """Write the rows to a file, in the format of its ending."""
        write_rows(self.table, Path(path))
        return Path(path)


def write_rows(
    rows: pa.Table | Decision | _Stream, sink: str | Path | BinaryIO, form: str = "", *, guard: bool = True
) -> None:
    """Write rows to a file or an open binary stream; `form` is one of `OUT_FORMATS`, else the file's ending.

    `guard=False` leaves CSV cells that begin like a formula as they are.
    """
    table = Rows.of(rows).table
    form = form or (Path(sink).suffix.lstrip(".").lower() if isinstance(sink, (str, Path)) else "")
    form = {"ipc": "arrow", "feather": "arrow", "ndjson": "jsonl"}.get(form, form)
    if form not in OUT_FORMATS:
        raise OptionRejected(
            Breach(f"{form or 'this'} is no format to write", "format", f"use {', '.join(OUT_FORMATS)}")
        )
    if isinstance(sink, (str, Path)):
        target = Path(sink)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            _WRITERS[form](table, file, guard)
    else:
        _WRITERS[form](table, sink, guard)


def _flat_texts(table: pa.Table) -> pa.Table:
    """Nested values as JSON text."""
    for i, f in enumerate(table.schema):
        if pa.types.is_nested(f.type):
            shown = [
                None if v is None else json.dumps(v, ensure_ascii=False, default=_plain)
                for v in table.column(i).to_pylist()
            ]
            table = table.set_column(i, f.name, pa.array(shown, pa.string()))
    return table


def _write_csv(table: pa.Table, sink: BinaryIO, delimiter: str, guard: bool) -> None:
    table = _flat_texts(table)
    for i, f in enumerate(table.schema):
        column = table.column(i)
        if guard and pa.types.is_string(f.type):
            risky = pc.and_(
                pc.match_substring_regex(column, _DANGER), pc.invert(pc.match_substring_regex(column, _HARMLESS))
            )
            column = pc.if_else(pc.fill_null(risky, False), pc.binary_join_element_wise("'", column, ""), column)
            table = table.set_column(i, f.name, column)
        elif pa.types.is_timestamp(f.type):
            form = "%Y-%m-%dT%H:%M:%S" + ("Z" if f.type.tz else "")
            table = table.set_column(i, f.name, pc.strftime(column, format=form))
    header = ",".join(table.column_names) if delimiter == "," else delimiter.join(table.column_names)
    plain = not any(mark in header.replace(delimiter, "", len(table.column_names) - 1) for mark in '",;\n\r\t')
    if plain and header.count(delimiter) == max(0, len(table.column_names) - 1):
        sink.write((header + "\n").encode("utf-8"))
    else:
        quoted = delimiter.join('"' + name.replace('"', '""') + '"' for name in table.column_names)
        sink.write((quoted + "\n").encode("utf-8"))
    if table.num_columns:
        pcsv.write_csv(
            table, sink, pcsv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="needed")
        )


def _write_xlsx(table: pa.Table, sink: BinaryIO, guard: bool) -> None:
    import xlsxwriter

    del guard
    table = _flat_texts(table)
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, options)
    bold = book.add_format({"bold": True})
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for start in range(0, max(1, table.num_rows), _SHEET_ROWS):
        part = table.slice(start, _SHEET_ROWS)
        sheet = book.add_worksheet(f"rows {start + 1}" if start else "rows")
        sheet.freeze_panes(1, 0)
        for c, name in enumerate(part.column_names):
            sheet.write_string(0, c, name, bold)
            for r, value in enumerate(part.column(c).to_pylist(), 1):
                _write_cell(sheet, r, c, value, day, moment)
    book.close()
    sink.write(buffer.getvalue())


class _Sheet(Protocol):
    def write_string(self, row: int, column: int, text: str) -> object: ...
    def write_boolean(self, row: int, column: int, value: bool) -> object: ...
    def write_number(self, row: int, column: int, value: float) -> object: ...
    def write_datetime(self, row: int, column: int, value: dt.date, form: object) -> object: ...


def _write_cell(sheet: _Sheet, row: int, column: int, value: object, day: object, moment: object) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (int, float)) and abs(value) < 1e15:
        sheet.write_number(row, column, float(value))
    elif isinstance(value, dt.datetime) and value.year >= 1900:
        sheet.write_datetime(
            row, column, value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value, moment
        )
    elif isinstance(value, dt.date) and value.year >= 1900:
        sheet.write_datetime(row, column, value, day)
    else:
        text = str(value)
        if len(text) > 32_767:
            what = f"row {row} holds a text of {len(text)} characters; a workbook cell takes 32,767"
            raise OptionRejected(Breach(what, "format", "write CSV, Parquet or Arrow"))
        sheet.write_string(row, column, text)


def _write_parquet(table: pa.Table, sink: BinaryIO, guard: bool) -> None:
    import pyarrow.parquet as pq

    del guard
    pq.write_table(table, sink, compression="zstd")


def _write_arrow(table: pa.Table, sink: BinaryIO, guard: bool) -> None:
    import pyarrow.ipc as ipc

    del guard
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _write_jsonl(table: pa.Table, sink: BinaryIO) -> None:
    for record in table.to_pylist():
        sink.write((json.dumps(record, ensure_ascii=False, default=_plain) + "\n").encode("utf-8"))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)


_WRITERS: Mapping[str, Callable[[pa.Table, BinaryIO, bool], None]] = {
    "csv": lambda table, sink, guard: _write_csv(table, sink, ",", guard),
    "tsv": lambda table, sink, guard: _write_csv(table, sink, "\t", guard),
    "xlsx": _write_xlsx,
    "parquet": _write_parquet,
    "arrow": _write_arrow,
    "jsonl": lambda table, sink, guard: _write_jsonl(table, sink),
}
