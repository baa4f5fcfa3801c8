"""Files of assembly lines that are not as they should be: every odd line is named, the rest is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from smilecurve.connect import convert, load_preset, propose, read_file
from smilecurve.terms.errors import DataRejected

HEAD = "<number of tasks>\n{n}\n\n<cycle time>\n{cycle}\n\n<task times>\n"


def written(
    folder: Path, times: str, pairs: str, *, n: int, cycle: str = "10", end: str = "<end>\n", name: str = "odd"
) -> Path:
    path = folder / f"{name}.alb"
    text = HEAD.format(n=n, cycle=cycle) + times + "\n<precedence relations>\n" + pairs + end
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    return path


def test_a_byte_order_mark_and_decimal_commas_and_a_name_in_chinese_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "1 4,5\n98765432101234 5\n", "1,98765432101234\n", n=2, name="总装线 é")
    line, tasks, precedence = load_preset("assembly_lines", path)
    assert line.table is not None
    assert tasks.table is not None
    assert (line.table["line"].to_pylist(), line.table["takt_s"].to_pylist()) == (["总装线 é"], [10.0])
    assert tasks.table["task"].to_pylist() == ["1", "98765432101234"]
    assert tasks.table["time_s"].to_pylist() == [4.5, 5.0]
    assert (tasks.rejected_rows, precedence.rejected_rows) == (0, 0)


def test_every_odd_time_is_named_with_its_line(tmp_path: Path) -> None:
    times = "1 4\n2 0\n3 -2\n4 nan\n5 2 min\n1 9\nseven 3\n8 12\n"
    _, tasks, _ = load_preset("assembly_lines", written(tmp_path, times, "", n=8))
    assert [(r["line"], r["reason"]) for r in tasks.rejected.to_pylist()] == [
        (9, "0 is not above zero"),
        (10, "-2 is not above zero"),
        (11, "nan is no time"),
        (12, "2 min carries a unit"),
        (13, "task 1 stands twice"),
        (14, "is no task and time"),
    ]
    assert tasks.good == 2
    assert "longer than the cycle time of 10: task 8 (12); it needs parallel stations" in tasks.notes


def test_every_odd_pair_is_named_and_a_circle_is_shown(tmp_path: Path) -> None:
    times = "1 4\n2 5\n3 6\n"
    pairs = "1,2\n2,3\n3,1\n2,2\n1,9\n1,2\n1;3\n"
    _, _, precedence = load_preset("assembly_lines", written(tmp_path, times, pairs, n=3, end=""))
    assert [(r["line"], r["reason"]) for r in sorted(precedence.rejected.to_pylist(), key=lambda r: r["line"])] == [
        (15, "closes a circle: 3 > 1 > 2 > 3"),
        (16, "task 2 waits for itself"),
        (17, "names a task that the file does not time"),
        (18, "stands twice"),
        (19, "is no pair of tasks"),
        (19, "the file stops without <end>"),
    ]
    assert precedence.good == 2


def test_a_file_without_tasks_or_with_too_few_is_refused_with_all_that_is_odd(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match=r"odd\.alb holds no task times"):
        load_preset("assembly_lines", written(tmp_path, "", "", n=0))
    with pytest.raises(DataRejected) as refused:
        load_preset("assembly_lines", written(tmp_path, "1 4\n2 0\n", "1;2\n", n=3, cycle="0"))
    assert [b.what for b in refused.value.breaches] == [
        "odd.alb announces 3 tasks and times 2",
        "2 0: 0 is not above zero",
        "0: 0 is not above zero",
        "1;2: is no pair of tasks",
    ]


def test_an_empty_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "empty.alb"
    path.write_text("")
    with pytest.raises(DataRejected) as refused:
        load_preset("assembly_lines", path)
    assert [(b.what, b.at) for b in refused.value.breaches] == [
        ("empty.alb holds no task times", "empty.alb"),
        ("the file stops without <end>", "empty.alb"),
    ]


def test_a_classic_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.IN2"
    path.write_text("2\n4\n0,5\n1,2\n2,2\n")
    tasks, precedence = load_preset("assembly_lines", path)
    assert tasks.good == 2
    assert [r["reason"] for r in precedence.rejected.to_pylist()] == [
        "the file stops without -1,-1",
        "task 2 waits for itself",
    ]


def test_a_table_of_tasks_with_mixed_units_and_odd_times(tmp_path: Path) -> None:
    """Decimal commas, a byte order mark, minutes among seconds, a code of 14 digits: read; the others are named."""
    path = tmp_path / "tasks.csv"
    rows = "line;task;name;time_s\nA;1;Träger;4,5\nA;2;b;2 min\nA;3;c;-3\nA;4;d;nan\nA;1;e;5,0\nA;12345678901234;组装;7,25\n"
    path.write_bytes(b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode())
    loaded = convert(read_file(path), propose(path))
    assert loaded.table is not None
    shown = loaded.table.select(["task", "name", "time_s"]).to_pylist()
    assert [tuple(row.values()) for row in shown] == [
        ("1", "Träger", 4.5),
        ("2", "b", 120.0),
        ("12345678901234", "组装", 7.25),
    ]
    assert [(r["line"], r["column"], r["reason"]) for r in loaded.rejected.to_pylist()] == [
        (4, "time_s", "is below 0"),
        (5, "time_s", "is empty"),
        (6, "line, task", "repeats the key of line 2"),
    ]
