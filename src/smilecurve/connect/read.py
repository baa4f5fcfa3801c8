"""Which rows does this file hold, whatever its format?"""

from __future__ import annotations

from pathlib import Path

from smilecurve.connect.delimited import read_delimited
from smilecurve.connect.loaded import Raw
from smilecurve.connect.records import read_arrow, read_json, read_json_lines, read_parquet
from smilecurve.connect.sheets import read_sheet
from smilecurve.terms.errors import Breach, DataRejected, NotFound

__all__ = ["FORMATS", "read_file"]

FORMATS = ("csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "parquet", "arrow", "feather", "jsonl", "ndjson", "json")
_SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_HEAD = 1 << 18


def read_file(
    path: str | Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_line: int = 1,
    head: bool = False,
) -> Raw:
    """The rows of a file with their line numbers; `head` reads only the first lines of a long text file.

    Raises:
        NotFound: no such file.
        DataRejected: the file as a whole cannot be read as what its name says.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFound(Breach(f"there is no file {path}", "file", "check the name and the folder"))
    suffix = path.suffix.lower()
    if suffix in _SHEETS:
        return read_sheet(path, sheet, header_line)
    if suffix in (".parquet", ".pq"):
        return read_parquet(path)
    if suffix in (".arrow", ".feather", ".ipc"):
        return read_arrow(path)
    data = _head(path) if head and suffix != ".json" else path.read_bytes()
    if not data.strip():
        raise DataRejected(Breach(f"{path.name} is empty", path.name, "export it again with its rows"))
    if suffix in (".jsonl", ".ndjson"):
        return read_json_lines(data, path.name, encoding)
    if suffix == ".json":
        return read_json(data, path.name, encoding)
    return read_delimited(data, path.name, encoding=encoding, delimiter=delimiter, header_line=header_line)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_HEAD)
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data + file.read()
    cut = data.rfind(b"\n")
    return data[: cut + 1] if len(data) == _HEAD and cut > 0 else data
