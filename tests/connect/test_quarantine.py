from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from smilecurve.connect import Loaded, Quarantine, convert, parse_mapping
from smilecurve.terms.errors import DataRejected

MAPPING = parse_mapping('target = "depot_stocks"\n[columns]\ndepot = "Lager"\npart = "Teil"\non_hand = "Bestand"\n')
TEXT = "Lager,Teil,Bestand,Notiz\nD1,A,5,\nD1,B,viele,\nD1,,-1,=1+1\nD1,C,7,zu,viel\n"


def _loaded(folder: Path) -> Loaded:
    path = folder / "bestand.csv"
    path.write_text(TEXT, "utf-8")
    return convert(path, MAPPING)


def test_rows_are_kept_exported_mended_and_replayed(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path)
    quarantine = Quarantine(tmp_path / "q")
    assert (loaded.good, quarantine.keep(loaded)) == (1, 3)
    out = tmp_path / "mend.csv"
    assert quarantine.export(out) == 3
    text = out.read_text("utf-8")
    assert "Bestand: is not a number" in text
    assert "'=1+1" in text
    out.write_text(text.replace('"viele"', '"9"').replace('"extra 1"', '"extra"'), "utf-8")
    taken: list[Loaded] = []
    result = quarantine.replay(out, taken.append)
    assert (result.mended, result.waiting) == (2, 1)
    assert [row for one in taken for row in one.rows.to_pylist()] == [
        {"depot": "D1", "part": "B", "on_hand": 9},
        {"depot": "D1", "part": "C", "on_hand": 7},
    ]
    assert set(quarantine.list().column("line").to_pylist()) == {4}
    assert quarantine.list(None).num_rows == 4
    assert quarantine.list("mended").num_rows == 2
    assert quarantine.replay(out, taken.append).mended == 0


def test_a_row_is_mended_only_when_it_was_taken(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q")
    quarantine.keep(_loaded(tmp_path))
    out = tmp_path / "mend.csv"
    quarantine.export(out)
    out.write_text(out.read_text("utf-8").replace('"viele"', '"9"'), "utf-8")

    def fail(_: Loaded) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        quarantine.replay(out, fail)
    assert quarantine.list("mended").num_rows == 0
    assert quarantine.replay(out).mended == 2


def test_a_workbook_goes_out_and_comes_back(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q")
    quarantine.keep(_loaded(tmp_path))
    out = tmp_path / "mend.xlsx"
    quarantine.export(out)
    book = openpyxl.load_workbook(out)
    sheet = book["rows"]
    header = [cell.value for cell in sheet[1]]
    assert header[:5] == ["_row", "_file", "_line", "_reason", "_hint"]
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(header, row, strict=True))
        if cells["_line"].value == "4":
            assert cells["Notiz"].data_type == "s"
            cells["Teil"].value, cells["Bestand"].value = "X", 3
    book.save(out)
    result = quarantine.replay(out)
    assert result.mended == 2
    assert {"depot": "D1", "part": "X", "on_hand": 3} in [r for one in result.loaded for r in one.rows.to_pylist()]


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q")
    assert quarantine.keep(_loaded(tmp_path)) == 3
    assert Quarantine(tmp_path / "q").keep(_loaded(tmp_path)) == 0
    assert quarantine.list().num_rows == 4


def test_refuses_bad_data(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q")
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(DataRejected, match=r"other\.csv lacks the column _row"):
        quarantine.replay(path)
    assert quarantine.list().num_rows == 0
    assert quarantine.export(tmp_path / "none.csv") == 0


def test_mended_rows_are_read_as_the_whole_file_was(tmp_path: Path) -> None:
    """1.250 is 1250 where the file's other values show a decimal comma, also when it comes back alone."""
    path = tmp_path / "a.csv"
    path.write_text("po;p;d;q\n1;A;31/01/2023;2,5\n2;B;02/03/2023;1.250\n3;;02/03/2023;1.250\n", "utf-8")
    mapping = parse_mapping('target = "receipts"\n[columns]\nreceipt = "po"\npart = "p"\ndue = "d"\nquantity = "q"')
    loaded = convert(path, mapping)
    assert loaded.rows.column("quantity").to_pylist() == [2.5, 1250.0]
    quarantine = Quarantine(tmp_path / "q")
    quarantine.keep(loaded)
    out = tmp_path / "mend.csv"
    quarantine.export(out)
    out.write_text(out.read_text("utf-8").replace('"3",""', '"3","C"'), "utf-8")
    result = quarantine.replay(out)
    assert result.mended == 1
    (row,) = result.loaded[0].rows.to_pylist()
    assert (row["part"], row["quantity"], str(row["due"])) == ("C", 1250.0, "2023-03-02")


def test_cells_of_a_workbook_come_back_as_they_were(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["po", "p", "d", "q"], [1001, "A", "2023-05-01", 1.125], [1002, None, "2023-05-02", 1.125]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    mapping = parse_mapping(
        'target = "receipts"\n[file]\ndecimal = ","\n[columns]\nreceipt = "po"\npart = "p"\ndue = "d"\nquantity = "q"'
    )
    quarantine = Quarantine(tmp_path / "q")
    quarantine.keep(convert(tmp_path / "a.xlsx", mapping))
    quarantine.export(tmp_path / "mend.csv")
    text = (tmp_path / "mend.csv").read_text("utf-8")
    (tmp_path / "mend.csv").write_text(text.replace('"1002",""', '"1002","B"'), "utf-8")
    result = quarantine.replay(tmp_path / "mend.csv")
    (row,) = result.loaded[0].rows.to_pylist()
    assert (row["receipt"], row["part"], row["quantity"]) == ("1002", "B", 1.125)
