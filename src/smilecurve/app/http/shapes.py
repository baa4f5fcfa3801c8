"""In which format does a table travel?

JSON, CSV, Parquet, Arrow or XLSX: by `?format=`, else by the Accept header, else JSON.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response

from smilecurve.connect import Rows
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.table import Spec

__all__ = ["FORMATS", "chosen_format", "etag", "rows_answer", "rows_from", "rows_of_records", "unchanged"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: Mapping[str, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "xlsx": XLSX,
}


def chosen_format(request: Request) -> str:
    """The format asked for; OptionRejected for one that is not known."""
    asked = request.query_params.get("format")
    if asked:
        if asked not in FORMATS:
            raise OptionRejected(Breach(f"{asked} is not a format", "format", f"use one of {', '.join(FORMATS)}"))
        return asked
    accept = request.headers.get("accept", "")
    return next((name for name, media in FORMATS.items() if media in accept), "json")


def etag(*parts: object) -> str:
    """A strong validator of what an answer follows from."""
    return '"' + hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32] + '"'


def unchanged(request: Request, tag: str) -> bool:
    """Does the caller hold this version already?"""
    held = [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]
    return tag in held or held == ["*"]


def rows_answer(rows: pa.Table, spec: Spec, form: str, tag: str, total: int, offset: int) -> Response:
    """The rows in their format, with the table's total in a header."""
    headers = {"ETag": tag, "X-Total-Count": str(total), "Vary": "Accept, X-Smilecurve-Scope, Cookie"}
    if form == "json":
        records = rows.to_pylist()
        body = {"table": spec.name, "total": total, "offset": offset, "rows": records}
        return Response(json.dumps(body, default=_plain), media_type=FORMATS[form], headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{spec.name}.{form}"'
    return Response(Rows.of(rows).to_bytes(form), media_type=FORMATS[form], headers=headers)


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def rows_from(body: bytes, media: str, spec: Spec) -> pa.Table:
    """A table of the contract's columns from a request's body: JSON, CSV, Parquet or Arrow; not checked yet."""
    kind = next((name for name, m in FORMATS.items() if m in media), "json")
    try:
        if kind == "parquet":
            import pyarrow.parquet

            return pyarrow.parquet.read_table(io.BytesIO(body))
        if kind == "arrow":
            return pa.ipc.open_stream(body).read_all()
        if kind == "csv":
            import pyarrow.csv

            types = {f.name: f.arrow for f in spec.fields}
            options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
            return pyarrow.csv.read_csv(io.BytesIO(body), convert_options=options)
        given = json.loads(body)
        records = given["rows"] if isinstance(given, dict) else given
        return rows_of_records(records, spec)
    except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
        said = f"the body cannot be read as {kind}: {error}"
        raise OptionRejected(Breach(said, "body", "see the table's contract")) from None


def rows_of_records(records: list[dict[str, object]], spec: Spec) -> pa.Table:
    """Columns the contract knows are read as its types; where a cell does not fit, its text stays for `check`."""
    names = list(dict.fromkeys(name for r in records for name in r))
    columns: dict[str, pa.Array] = {}
    for name in names:
        values = [r.get(name) for r in records]
        known = name in spec.columns
        try:
            texts = pa.array([None if v is None else str(v) for v in values], pa.string())
            plain = pa.array(values)
            wanted = spec.field(name).arrow if known else plain.type
            columns[name] = (texts if pa.types.is_temporal(wanted) else plain).cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            columns[name] = texts
    return pa.table(columns)
