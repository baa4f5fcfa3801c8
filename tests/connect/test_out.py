from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from smilecurve.connect import Rows, read_file, write_rows
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.errors import OptionRejected

TABLE = pa.table(
    {
        "part": pa.array(["A", "=cmd|' /C calc'!A0", "-5", "+49 30 1"]),
        "quantity": pa.array([1.5, None, -2.0, 4.0]),
        "day": pa.array([dt.date(2023, 5, 1), None, None, None]),
        "at": pa.array([dt.datetime(2023, 5, 1, 12, tzinfo=dt.UTC), None, None, None], pa.timestamp("us", tz="UTC")),
        "held": pa.array([True, False, None, None]),
        "parts": pa.array([[{"part": "B"}], None, None, None]),
    }
)


def test_other_programs_read_rows_without_a_file() -> None:
    rows = Rows(TABLE.drop_columns(["parts"]))
    assert pl.DataFrame(rows).shape == (4, 5)
    assert pl.DataFrame(rows)["quantity"].sum() == 3.5
    assert pd.DataFrame.from_arrow(rows)["part"].tolist()[0] == "A"
    assert duckdb.sql("select sum(quantity) from rows").fetchall() == [(3.5,)]
    assert pa.table(rows).equals(rows.table)
    assert len(rows) == 4


def test_csv_is_harmless_in_a_spreadsheet_and_exact_when_asked() -> None:
    lines = Rows(TABLE).to_csv().splitlines()
    assert lines[0] == "part,quantity,day,at,held,parts"
    assert lines[1] == '"A",1.5,2023-05-01,"2023-05-01T12:00:00.000000Z",true,"[{""part"": ""B""}]"'
    assert lines[2].startswith("\"'=cmd|")
    assert lines[3].startswith('"-5",')
    assert lines[4].startswith('"\'+49 30 1"')
    assert Rows(TABLE).to_csv(guard=False).splitlines()[2].startswith('"=cmd|')
    assert Rows(pa.table({'a "b", c': ["x"]})).to_csv().splitlines()[0] == '"a ""b"", c"'


def test_a_workbook_holds_texts_never_formulas(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(Rows(TABLE).write(tmp_path / "a.xlsx"))["rows"]
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert values[0] == TABLE.column_names
    assert values[1][:3] == ["A", 1.5, dt.datetime(2023, 5, 1)]
    assert values[1][3] == dt.datetime(2023, 5, 1, 12)
    assert (sheet["A3"].value, sheet["A3"].data_type) == ("=cmd|' /C calc'!A0", "s")


def test_parquet_arrow_and_json_lines_come_back_equal(tmp_path: Path) -> None:
    write_rows(TABLE, tmp_path / "deep" / "a.parquet")
    assert pq.read_table(tmp_path / "deep" / "a.parquet").equals(TABLE)
    sink = io.BytesIO()
    write_rows(Rows(TABLE), sink, "arrow")
    assert ipc.open_stream(sink.getvalue()).read_all().equals(TABLE)
    lines = Rows(TABLE).to_jsonl().splitlines()
    assert json.loads(lines[0])["parts"] == [{"part": "B"}]
    assert Rows(TABLE).to_bytes("jsonl").decode() == Rows(TABLE).to_jsonl()


def test_decisions_go_out_as_their_rows() -> None:
    decision = Decision(TABLE, Proof("exact", 1.0, 1.0, "rows"))
    assert Rows.of(decision).table is TABLE


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx", "parquet", "arrow", "jsonl"])
def test_what_goes_out_comes_in_again(tmp_path: Path, form: str) -> None:
    table = pa.table({"part": ["A", "B"], "n": ["x", "y"]})
    path = Rows(table).write(tmp_path / f"a.{form}")
    assert read_file(path).rows.to_pylist() == table.to_pylist()


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "arrow", "jsonl"])
def test_empty_tables_go_out(form: str) -> None:
    assert isinstance(Rows(pa.table({"a": pa.array([], pa.string())})).to_bytes(form), bytes)


def test_refuses_bad_formats() -> None:
    with pytest.raises(OptionRejected, match="pdf is no format to write"):
        Rows(TABLE).to_bytes("pdf")
    with pytest.raises(OptionRejected, match="a workbook cell takes 32,767"):
        Rows(pa.table({"a": ["x" * 40_000]})).to_bytes("xlsx")
