from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from smilecurve.connect import read_file
from smilecurve.connect.encodings import decode
from smilecurve.terms.errors import DataRejected, NotFound, OptionRejected


def _file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe;Stück\nÖlfilter;2\n", "cp1252"),
        ("café;prix €\n", "cp1252"),
        ("零件号,数量,备注\nA1,2,液压泵\n", "gb18030"),
        ("发动机总成", "gb18030"),
        ("部品番号,数量\nポンプ,2\n", "cp932"),
        ("部品,数量,重量\n", "cp932"),
        ("Größe,数量,ポンプ\n", "utf-8"),
    ],
)
def test_short_files_are_read_in_their_encoding(text: str, encoding: str) -> None:
    read = decode(text.encode(encoding))
    assert (read.utf8.decode("utf-8"), read.encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(encoding: str) -> None:
    read = decode("Größe,1\n".encode(encoding))
    assert read.utf8.decode("utf-8") == "Größe,1\n"
    assert read.sure


def test_a_named_encoding_wins_and_bad_bytes_cost_only_their_row(tmp_path: Path) -> None:
    path = _file(tmp_path, "a.csv", b"part,name\nA,ok\n" + b"B,\xff\xfe\nC,fine\n")
    raw = read_file(path, encoding="utf-8")
    assert raw.rows.column("part").to_pylist() == ["A", "C"]
    assert raw.lines.to_pylist() == [2, 4]
    (broken,) = raw.broken.to_pylist()
    assert (broken["line"], broken["reason"]) == (3, "holds bytes that are no utf-8 text")
    assert json.loads(broken["raw"]) == {"part": "B", "name": r"\xff\xfe"}


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(OptionRejected, match="klingon is not an encoding"):
        decode(b"a", "klingon")


def test_lines_cells_and_odd_rows_are_kept(tmp_path: Path) -> None:
    text = 'part;m\r\nA;1,5\r\n\r\n"B\r\nx";2\r\nC\r\nD;1;2\r\n4" pipe;3\r\n;\r\n"open;3\r\nZ;9\r\n'
    raw = read_file(_file(tmp_path, "a.csv", text.encode()))
    assert raw.delimiter == ";"
    assert raw.rows.to_pylist() == [
        {"part": "A", "m": "1,5"},
        {"part": "B\nx", "m": "2"},
        {"part": '4" pipe', "m": "3"},
        {"part": "Z", "m": "9"},
    ]
    assert raw.lines.to_pylist() == [2, 4, 8, 11]
    assert [(b["line"], b["reason"]) for b in raw.broken.to_pylist()] == [
        (6, "has 1 cell, the header has 2: too few"),
        (7, "has 3 cells, the header has 2: too many"),
        (10, "opens a quote that is never closed"),
    ]
    assert raw.notes == ("a.csv: 1 blank rows left out",)
    assert raw.rows_in == 7


def test_quoted_line_ends_keep_line_numbers(tmp_path: Path) -> None:
    raw = read_file(_file(tmp_path, "a.csv", b'part,name\nA,"one\ntwo"\nB,"he said ""no"""\n'))
    assert raw.rows.column("name").to_pylist() == ["one\ntwo", 'he said "no"']
    assert raw.lines.to_pylist() == [2, 4]


def test_headers_are_made_unique_and_title_lines_skipped(tmp_path: Path) -> None:
    path = _file(tmp_path, "a.tsv", b"Stock list\n\npart\tqty\tpart\t\nA\t1\tB\tx\n")
    raw = read_file(path, header_line=3)
    assert raw.rows.column_names == ["part", "qty", "part (2)", "column 4"]
    assert raw.lines.to_pylist() == [4]


def test_old_macintosh_line_ends(tmp_path: Path) -> None:
    assert read_file(_file(tmp_path, "a.csv", b"part,qty\rA,1\rB,2\r")).rows.num_rows == 2


def test_json_lines_keep_bad_lines(tmp_path: Path) -> None:
    path = _file(
        tmp_path, "a.jsonl", b'{"part": "A", "n": 1}\n{"part": \n[1]\n\n{"part": "B", "n": 2.5, "x": {"y": 1}}\n'
    )
    raw = read_file(path)
    assert raw.rows.column("n").to_pylist() == [1.0, 2.5]
    assert raw.rows.column("x").to_pylist() == [None, '{"y": 1}']
    assert raw.lines.to_pylist() == [1, 5]
    assert raw.broken.column("line").to_pylist() == [2, 3]
    assert raw.rows_in == 4


def test_json_array_and_wrapped_array(tmp_path: Path) -> None:
    assert read_file(_file(tmp_path, "a.json", b'[{"a": 1}, 7]')).rows_in == 2
    assert read_file(_file(tmp_path, "b.json", b'{"page": 1, "rows": [{"a": 1}, {"a": 2}]}')).rows.num_rows == 2
    with pytest.raises(DataRejected, match="is no JSON"):
        read_file(_file(tmp_path, "c.json", b"{"))


def test_parquet_and_arrow_keep_types(tmp_path: Path) -> None:
    table = pa.table({"n": [1, 2], "day": [dt.date(2023, 5, 1), None], "tag": pa.array(["a", "b"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "a.parquet")
    raw = read_file(tmp_path / "a.parquet")
    assert raw.rows.schema.types == [pa.int64(), pa.date32(), pa.string()]
    assert raw.lines.to_pylist() == [1, 2]


def test_workbook_cells_keep_types_rows_and_machine_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Blatt")
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    for c, name in enumerate(["part", "mass", "mixed", "day"]):
        sheet.write(0, c, name)
    for c, value in enumerate(["A", 1.5, 1.125]):
        sheet.write(1, c, value)
    sheet.write_datetime(1, 3, dt.datetime(2023, 5, 12), day)
    for c, value in enumerate([1001, 2, "viel"]):
        sheet.write(3, c, value)
    book.close()
    raw = read_file(path)
    assert raw.file == "a.xlsx#Blatt"
    assert raw.lines.to_pylist() == [2, 4]
    assert raw.rows.to_pylist() == [
        {"part": "A", "mass": 1.5, "mixed": "1.125e0", "day": dt.date(2023, 5, 12)},
        {"part": "1001", "mass": 2.0, "mixed": "viel", "day": None},
    ]
    with pytest.raises(NotFound, match="has no sheet Tabelle2"):
        read_file(path, sheet="Tabelle2")


def test_refuses_bad_files(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(DataRejected, match=r"a\.csv is empty"):
        read_file(_file(tmp_path, "a.csv", b" \n"))
    with pytest.raises(DataRejected, match="cannot be opened as a workbook"):
        read_file(_file(tmp_path, "a.xlsx", b"no workbook"))
    with pytest.raises(DataRejected, match="is no Parquet file"):
        read_file(_file(tmp_path, "a.parquet", b"no parquet"))


def test_the_head_of_a_long_file_is_enough_to_propose(tmp_path: Path) -> None:
    text = "part,name\n" + "".join(f"P{i},größer als gedacht\n" for i in range(40_000))
    for encoding in ("utf-8", "cp1252", "utf-16"):
        path = _file(tmp_path, f"{encoding}.csv", text.encode(encoding))
        head = read_file(path, head=True)
        assert head.rows.column("name").to_pylist()[-1] == "größer als gedacht"
        assert head.broken.num_rows == 0
        assert read_file(path).rows.num_rows == 40_000
