"""Which rows do a JSON, JSON Lines, Parquet or Arrow file hold?

A line that is no JSON object is set aside with its line number; values inside values stay as JSON text.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from smilecurve.connect.encodings import MARK, decode
from smilecurve.connect.loaded import REJECTED, WHOLE_LINE, Raw, raw_text
from smilecurve.connect.sheets import typed_column
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["read_arrow", "read_json", "read_json_lines", "read_parquet"]


def read_json_lines(data: bytes, file: str, encoding: str | None = None) -> Raw:
    """One JSON object a line; other lines are set aside."""
    text = decode(data, encoding)
    found: list[dict[str, object]] = []
    lines: list[int] = []
    bad: list[dict[str, object]] = []
    for number, line in enumerate(text.utf8.decode("utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_constant=str)
        except (json.JSONDecodeError, RecursionError) as error:
            bad.append(_bad(file, number, line, f"is no JSON: {error}", "mend the line"))
            continue
        if not isinstance(record, dict) or MARK in line:
            bad.append(_bad(file, number, line, "is no JSON object", 'write {"column": value, ...}'))
            continue
        found.append(record)
        lines.append(number)
    return Raw(
        file, _table(found), pa.array(lines, pa.int64()), REJECTED.rows(bad).cast(REJECTED.schema), text.encoding
    )


def read_json(data: bytes, file: str, encoding: str | None = None) -> Raw:
    """An array of JSON objects, or one object that holds such an array; lines are counted by record."""
    text = decode(data, encoding)
    try:
        whole = json.loads(text.utf8, parse_constant=str)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"{file} is no JSON: {error}"
        raise DataRejected(Breach(what, file, "mend the file; one object a line may be named .jsonl")) from None
    records = whole
    if isinstance(whole, dict):
        lists = [v for v in whole.values() if isinstance(v, list) and v and all(isinstance(r, dict) for r in v)]
        records = lists[0] if len(lists) == 1 else [whole]
    if not isinstance(records, list):
        raise DataRejected(Breach(f"{file} holds no array of objects", file, "write [{...}, {...}]"))
    good = [(i, r) for i, r in enumerate(records, 1) if isinstance(r, dict)]
    bad = [
        _bad(file, i, json.dumps(r), "is no JSON object", 'write {"column": value, ...}')
        for i, r in enumerate(records, 1)
        if not isinstance(r, dict)
    ]
    lines = pa.array([i for i, _ in good], pa.int64())
    return Raw(file, _table([r for _, r in good]), lines, REJECTED.rows(bad).cast(REJECTED.schema), text.encoding)


def read_parquet(path: Path) -> Raw:
    """The rows of a Parquet file under their own types."""
    import pyarrow.parquet as pq

    try:
        rows = pq.ParquetFile(path).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise DataRejected(Breach(f"{path.name} is no Parquet file: {error}", path.name, "write it again")) from None
    return _typed(path.name, rows)


def read_arrow(path: Path) -> Raw:
    """The rows of an Arrow IPC file or stream under their own types."""
    import pyarrow.ipc as ipc

    data = pa.py_buffer(path.read_bytes())
    try:
        try:
            rows = ipc.open_file(data).read_all()
        except pa.ArrowInvalid:
            rows = ipc.open_stream(data).read_all()
    except pa.ArrowInvalid as error:
        raise DataRejected(Breach(f"{path.name} is no Arrow file: {error}", path.name, "write it again")) from None
    return _typed(path.name, rows)


def _typed(file: str, rows: pa.Table) -> Raw:
    columns = {name: _plain(rows.column(name)) for name in rows.column_names}
    return Raw(file, pa.table(columns), pa.array(np.arange(1, rows.num_rows + 1)))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return column.cast(pa.float64())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        shown = [None if v is None else v.decode("utf-8", errors="backslashreplace") for v in column.to_pylist()]
        return pa.array(shown, pa.string())
    if pa.types.is_nested(kind):
        shown = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()]
        return pa.array(shown, pa.string())
    return column


def _table(records: list[dict[str, object]]) -> pa.Table:
    names = dict.fromkeys(name for record in records for name in record)
    if not records:
        return pa.table({})
    if not names:
        return pa.table({"(empty)": pa.nulls(len(records), pa.string())})
    return pa.table({name: typed_column([_scalar(r.get(name)) for r in records]) for name in names})


def _scalar(value: object) -> object:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53 else value


def _bad(file: str, line: int, text: str, reason: str, hint: str) -> dict[str, object]:
    shown = text.replace(MARK, "")
    raw = raw_text({WHOLE_LINE: shown})
    return {"file": file, "line": line, "column": "", "value": shown[:200], "reason": reason, "hint": hint, "raw": raw}
