"""A folder of a torque tool: each complete file comes in once, whatever happens between."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smilecurve.app.taking import keep_rejected, take
from smilecurve.connect import Loaded, Mapping
from smilecurve.connect.listening import folder as reading
from smilecurve.connect.listening import read_plan
from smilecurve.connect.listening.folder import Folder

if TYPE_CHECKING:
    from conftest import Floor

PLAN = """
[folder]
settle_s = 2
[[read]]
path = "{path}"
files = "*.csv"
kind = "inspecting"
[read.columns]
event_time = "time"
machine = "serial"
code = {{ constant = "BOLT-TORQUE" }}
quantity = "nm"
source = "tool"
"""
ROWS = "time;serial;tool;nm\n2026-11-01 08:00:00;M-1;T1;41,5\n2026-11-01 08:01:00;M-2;T1;viel\n2026-11-01 08:02:00;M-3;T1;42,25\n"


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "tool 7 – Prüfstand"
    folder.mkdir()
    return folder


def _folder(floor: Floor, drop: Path) -> Folder:
    path = drop.parent / "plan.toml"
    path.write_text(PLAN.format(path=drop), "utf-8")
    return Folder(
        read_plan(path, "folder"),
        lambda part: take(floor.thread, part, "folder"),
        lambda parts: keep_rejected(floor.thread, parts),
        floor.said.append,
    )


def test_a_file_is_taken_once_when_it_is_complete(floor: Floor, drop: Path) -> None:
    """Growing: not yet. Standing still: taken, the bad row waits, the file lies in done/. Again under any name: nothing."""
    folder = _folder(floor, drop)
    file = drop / "shift.csv"
    file.write_text(ROWS[:70], "utf-8")
    assert folder.look(0.0) == 0
    file.write_text(ROWS, "utf-8")
    assert folder.look(2.5) == 0
    assert folder.look(4.0) == 0
    assert folder.look(4.6) == 1
    assert floor.events("machine, quantity, source") == [("M-1", 41.5, "T1"), ("M-3", 42.25, "T1")]
    assert [(r["file"], r["line"], r["reason"]) for r in floor.waiting()] == [("shift.csv", 3, "is not a number")]
    assert not file.exists()
    done = drop / "done" / "shift.csv"
    for name in ("shift.csv", "shift-again.csv"):
        shutil.copy(done, drop / name)
        folder.look(10.0)
        assert folder.look(13.0) == 1
    assert floor.count() == 2
    assert sorted(p.name for p in (drop / "done").iterdir()) == ["shift (2).csv", "shift-again.csv", "shift.csv"]


def test_unfinished_and_hidden_files_are_left_alone(floor: Floor, drop: Path) -> None:
    folder = _folder(floor, drop)
    for name in (".shift.csv", "~shift.csv", "shift.csv.part", "shift.tmp", "notes.txt"):
        (drop / name).write_text(ROWS, "utf-8")
    folder.look(0.0)
    assert folder.look(9.0) == 0
    (drop / "shift.csv.part").rename(drop / "shift.csv")
    folder.look(10.0)
    assert folder.look(12.0) == 1


@pytest.mark.parametrize(
    "moment", ["before the rows are in", "between the rows and the quarantine", "before the file moves"]
)
def test_a_crash_in_between_loses_and_doubles_nothing(
    floor: Floor, drop: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (drop / "shift.csv").write_text(ROWS, "utf-8")
    folder = _folder(floor, drop)

    class Died(BaseException):
        pass

    def die(*_: object, **__: object) -> int:
        raise Died

    if moment == "before the rows are in":
        folder.take = die
    elif moment == "between the rows and the quarantine":
        folder.keep = die
    else:
        monkeypatch.setattr(Path, "rename", die)
    folder.look(0.0)
    with pytest.raises(Died):
        folder.look(3.0)
    monkeypatch.undo()
    assert (drop / "shift.csv").exists()
    again = _folder(floor, drop)
    again.look(0.0)
    assert again.look(3.0) == 1
    assert floor.count() == 2
    assert len(floor.waiting()) == 1
    assert (drop / "done" / "shift.csv").exists()


@pytest.mark.parametrize("moment", ["while it is read", "while its rows are taken"])
def test_a_file_that_grows_while_it_is_taken_stays_until_all_of_it_is_in(
    floor: Floor, drop: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool writes on after its file was found complete: no row is lost, half a row is not taken for a whole one."""
    file = drop / "shift.csv"
    cut = ROWS.index(",25\n")
    file.write_text(ROWS if moment == "while its rows are taken" else ROWS[:cut], "utf-8")
    folder = _folder(floor, drop)
    inner_convert, inner_take = reading.convert, folder.take

    def grow() -> None:
        file.write_text(ROWS + "2026-11-01 08:03:00;M-4;T1;43\n", "utf-8")

    if moment == "while it is read":
        monkeypatch.setattr(reading, "convert", lambda *given: (inner_convert(*given), grow())[0])
    else:
        folder.take = lambda part: (inner_take(part), grow())[0]
    folder.look(0.0)
    folder.look(3.0)
    assert file.exists()
    assert not (drop / "done").exists()
    monkeypatch.undo()
    folder.take = inner_take
    folder.look(4.0)
    assert folder.look(7.0) == 1
    assert floor.events("machine, quantity, source") == [("M-1", 41.5, "T1"), ("M-3", 42.25, "T1"), ("M-4", 43.0, "T1")]
    assert len(floor.waiting()) == 1
    assert not file.exists()


def test_a_file_that_is_no_table_yet_but_grows_is_not_laid_aside(
    floor: Floor, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = drop / "shift.csv"
    file.write_text("time\n", "utf-8")
    folder = _folder(floor, drop)
    inner = reading.convert

    def convert(path: Path, mapping: Mapping) -> Loaded:
        try:
            return inner(path, mapping)
        finally:
            file.write_text(ROWS, "utf-8")

    monkeypatch.setattr(reading, "convert", convert)
    folder.look(0.0)
    folder.look(3.0)
    assert not (drop / "bad").exists()
    monkeypatch.undo()
    folder.look(4.0)
    folder.look(7.0)
    assert floor.count() == 2


def test_a_file_that_is_no_table_lies_aside_with_the_reason(floor: Floor, drop: Path) -> None:
    (drop / "empty.csv").write_text("", "utf-8")
    (drop / "other.csv").write_text("a;b\n1;2\n", "utf-8")
    folder = _folder(floor, drop)
    folder.look(0.0)
    assert folder.look(3.0) == 2
    assert sorted(p.name for p in (drop / "bad").iterdir()) == [
        "empty.csv", "empty.csv.why.txt", "other.csv", "other.csv.why.txt",
    ]  # fmt: skip
    assert "lacks the column serial" in (drop / "bad" / "other.csv.why.txt").read_text("utf-8")
    assert floor.count() == 0


def test_an_absent_folder_is_said_once_and_found_again(floor: Floor, drop: Path) -> None:
    folder = _folder(floor, drop)
    drop.rmdir()
    folder.look(0.0)
    folder.look(1.0)
    assert [said for said in floor.said if "is away" in said] == [f"the folder {drop} is away; looking again"]
    drop.mkdir()
    (drop / "a.csv").write_text(ROWS, "utf-8")
    folder.look(2.0)
    assert folder.look(5.0) == 1


def test_two_lists_of_the_same_file_name_are_two_files(floor: Floor, drop: Path) -> None:
    """A tool that writes the same name every shift: both come in, both are kept."""
    folder = _folder(floor, drop)
    for day in ("01", "02"):
        (drop / "shift.csv").write_text(ROWS.replace("2026-11-01", f"2026-11-{day}").replace("viel", "40"), "utf-8")
        folder.look(0.0)
        assert folder.look(3.0) == 1
    assert floor.count() == 6
    assert len(list((drop / "done").iterdir())) == 2


def test_loads_are_counted(floor: Floor, drop: Path) -> None:
    (drop / "shift.csv").write_text(ROWS, "utf-8")
    folder = _folder(floor, drop)
    seen: list[Loaded] = []
    inner = folder.take
    folder.take = lambda part: (seen.append(part), inner(part))[1]
    folder.look(0.0)
    folder.look(3.0)
    assert (folder.heard.rows, folder.heard.added, folder.heard.known, folder.heard.bad) == (3, 2, 0, 1)
    assert floor.said[-1] == "shift.csv: 2 good rows, 2 of them new, 1 wait in quarantine"
    assert len(seen) == 1
