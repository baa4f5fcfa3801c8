from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.connect import Loaded, Quarantine, convert, parse_mapping, read_file
from smilecurve.terms.errors import SmilecurveError
from smilecurve.terms.tables.line import TASKS

MAPPING = parse_mapping(
    'target = "tasks"\n[file]\ndecimal = "."\n[columns]\nline = "l"\ntask = "t"\nname = "n"\ntime_s = "s"\nfixed = "f"'
)
CELL = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufdd0"), max_size=6),
    st.sampled_from(
        ["", "1", "2.5", "-1", "1,5", "L1", "yes", "no", '"', '""', "a\nb", "a,b", "=1+1", "nan", "1e999", " "]
    ),
    st.integers(-5, 10**20).map(str),
)
ROW = st.lists(CELL, min_size=5, max_size=5)
FEW = settings(max_examples=60, deadline=None)


def _convert(data: bytes) -> tuple[Loaded, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(data)
        raw = read_file(path, encoding="utf-8", delimiter=",")
        return convert(raw, MAPPING), raw.rows_in


@FEW
@given(st.lists(ROW, max_size=12))
def test_no_row_of_any_junk_is_lost(rows: list[list[str]]) -> None:
    """good + rejected = rows in, every rejected row keeps its cells, every good row keeps its contract."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["l", "t", "n", "s", "f"], *rows])
    loaded, rows_in = _convert(text.getvalue().encode())
    full = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows if any(map(_seen, row))]
    assert rows_in == loaded.good + loaded.rejected_rows == len(full)
    assert loaded.table is not None
    assert TASKS.breaches(loaded.table) == []
    kept = [{k: _plain(v) for k, v in json.loads(r["raw"]).items()} for r in loaded.rejected.to_pylist()]
    wanted = [{k: _plain(v) for k, v in zip("ltnsf", row, strict=True)} for row in full]
    assert all(cells in wanted for cells in kept)


def _plain(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def _seen(cell: str) -> bool:
    return bool(pa.compute.utf8_trim_whitespace(cell).as_py())


@FEW
@given(st.lists(st.text(st.characters(exclude_characters='"\r\n\x00\ufdd0', codec="utf-8"), max_size=12), max_size=12))
def test_every_line_is_a_row(lines: list[str]) -> None:
    """Without quotes, a line is a row, whatever stands in it; only blank rows are left out."""
    loaded, rows_in = _convert("\n".join(["l,t,n,s,f", *lines]).encode())
    full = [line for line in lines if any(map(_seen, line.split(","))) or (line and line.count(",") != 4)]
    assert rows_in == loaded.good + loaded.rejected_rows == len(full)


@FEW
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make the reader fail in another way than by saying what is wrong, and no line is lost."""
    body = b"l,t,n,s,f\nL1,T1,weld,10,yes\n" + data
    try:
        loaded, rows_in = _convert(body)
    except SmilecurveError:
        return
    assert loaded.good + loaded.rejected_rows == rows_in
    assert loaded.good + loaded.rejected_rows >= 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(body)
        assert read_file(path).rows_in >= 1


@settings(max_examples=20, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=6))
def test_the_quarantine_loses_nothing(rows: list[list[str]]) -> None:
    """Every rejected row waits in the quarantine; kept twice it waits once."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["l", "t", "n", "s", "f"], *rows])
    loaded, _ = _convert(text.getvalue().encode())
    with tempfile.TemporaryDirectory() as folder:
        quarantine = Quarantine(folder)
        assert quarantine.keep(loaded) == loaded.rejected_rows
        assert quarantine.keep(loaded) == 0
        assert quarantine.list().num_rows == loaded.rejected.num_rows
        assert quarantine.export(Path(folder) / "a.csv") == loaded.rejected_rows
        again = quarantine.replay(Path(folder) / "a.csv")
        assert (again.mended, again.waiting) == (0, loaded.rejected_rows)


VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 3), max_size=2),
)
RECORD = st.dictionaries(st.sampled_from("ltnsfx"), VALUE, max_size=6)


@FEW
@given(
    st.lists(RECORD, max_size=8),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=6), max_size=2),
)
def test_no_json_line_is_lost(records: list[dict[str, object]], junk: list[str]) -> None:
    """Objects of any shape are rows, other lines are rejected; both are counted."""
    whole = {"l": "L", "t": "T", "n": "weld", "s": 1.0, "f": True}
    lines = [json.dumps(whole), *(json.dumps(record) for record in records), *junk]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_text("\n".join(lines), "utf-8", newline="")
        loaded = convert(path, MAPPING)
    assert loaded.good + loaded.rejected_rows == sum(1 for line in lines if line.strip())
    assert loaded.table is not None
    assert TASKS.breaches(loaded.table) == []
