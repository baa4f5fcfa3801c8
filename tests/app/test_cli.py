"""The command line: results on stdout, words on stderr, exit codes that mean something."""

from __future__ import annotations

import csv
import io
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from smilecurve.app.cli.main import COMMANDS
from smilecurve.thread.store import Thread


def smile(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    asked = [sys.executable, "-c", "from smilecurve.app.cli import main; main()"]
    where = ["--thread", str(folder)] if folder else []
    return subprocess.run([*asked, *where, *words], capture_output=True, check=False)


def test_help_names_every_command():
    said = smile("--help").stdout.decode()
    for name in COMMANDS:
        assert name in said


def test_every_command_has_its_own_help():
    from click.testing import CliRunner

    from smilecurve.app.cli.main import smile as group

    for name, (_, said) in COMMANDS.items():
        found = CliRunner().invoke(group, [name, "--help"])
        assert found.exit_code == 0, name
        assert said.split(":")[0].split(",")[0].rstrip(".").split()[0] in found.output, name


def test_a_misspelt_command_is_a_usage_error_with_its_nearest():
    done = smile("trun")
    assert done.returncode == 2
    assert "perhaps run, turn" in done.stderr.decode()


def test_a_missing_thread_says_what_to_do(tmp_path: Path):
    done = smile("show", "machines", folder=tmp_path / "none")
    assert done.returncode == 2
    assert "seed one with `smile world excavators`" in done.stderr.decode()
    assert not (tmp_path / "none").exists()


def test_a_table_leaves_in_every_form(excavators: Thread):
    folder = excavators.folder
    told = smile("show", "stations", "-o", "csv", folder=folder)
    assert told.returncode == 0
    assert told.stdout.decode().splitlines()[0].replace('"', "").split(",")[:2] == ["line", "station"]
    assert told.stderr == b""
    arrow = pa.ipc.open_stream(io.BytesIO(smile("show", "stations", "-o", "arrow", folder=folder).stdout)).read_all()
    rows = [json.loads(line) for line in smile("show", "stations", "--json", folder=folder).stdout.splitlines()]
    assert arrow.num_rows == len(rows) == len(told.stdout.decode().splitlines()) - 1


def test_a_second_turn_has_nothing_to_do(excavators: Thread):
    done = smile("turn", "--json", folder=excavators.folder)
    assert done.returncode == 0, done.stderr.decode()
    assert "nothing to do" in done.stderr.decode()
    assert {json.loads(line)["proof"] for line in done.stdout.splitlines()} <= {"nothing changed"}


def test_an_event_goes_in_once_and_a_desk_must_run_again(excavators: Thread):
    from smilecurve.terms.tables import table

    serial = excavators.view(table("machines"), where={"status": "customer"}, limit=1).to_pylist()[0]["machine"]
    part = next(p["part"] for p in excavators.view(table("parts")).to_pylist() if p["spare"])
    words = ("event", "failure", f"machine={serial}", f"part={part}", "code=seized")
    assert "appended" in smile(*words, folder=excavators.folder).stderr.decode()
    assert "known already" in smile(*words, folder=excavators.folder).stderr.decode()
    done = smile("turn", "--only", "learn.design", "--json", folder=excavators.folder)
    assert json.loads(done.stdout)["rows"] > 0
    refused = smile("event", "failure", f"machine={serial}", folder=excavators.folder)
    assert refused.returncode == 3
    assert "part" in refused.stderr.decode()


def test_bad_rows_beyond_the_allowed_share_give_exit_code_3(tmp_path: Path):
    file = tmp_path / "depot_stocks.csv"
    file.write_text("depot,part,on_hand\nD-1,P-1,4\nD-1,P-2,many\n")
    shown = smile("load", str(file), folder=tmp_path / "thread")
    assert shown.returncode == 0
    assert "nothing loaded yet" in shown.stderr.decode()
    done = smile("load", str(file), "--as", "depot_stocks", "--yes", folder=tmp_path / "thread")
    assert done.returncode == 3, done.stderr.decode()
    assert "1 good row, 1 of them new, 1 bad" in done.stderr.decode()
    listed = [
        json.loads(line)
        for line in smile("quarantine", "list", "--json", folder=tmp_path / "thread").stdout.splitlines()
    ]
    assert [(r["line"], r["column"], r["value"]) for r in listed] == [(3, "on_hand", "many")]
    mended = tmp_path / "bad.csv"
    smile("quarantine", "export", str(mended), folder=tmp_path / "thread")
    kept = list(csv.DictReader(mended.read_text("utf-8-sig").splitlines()))
    with mended.open("w", newline="") as file:
        writer = csv.DictWriter(file, kept[0])
        writer.writeheader()
        writer.writerows(row | {"on_hand": "7"} for row in kept)
    assert (
        "1 row mended and loaded, 0 wait"
        in smile("quarantine", "replay", str(mended), folder=tmp_path / "thread").stderr.decode()
    )
    rows = [
        json.loads(line)
        for line in smile("show", "depot_stocks", "--json", folder=tmp_path / "thread").stdout.splitlines()
    ]
    assert {r["part"]: r["on_hand"] for r in rows} == {"P-1": 4, "P-2": 7}


LINE = """<number of tasks>
3
<cycle time>
{cycle}
<task times>
1 4
2 14
3 6
<precedence relations>
1,2
1,1
<end>
"""


def test_a_preset_is_shown_with_what_it_refuses(tmp_path: Path):
    file = tmp_path / "small.alb"
    file.write_text(LINE.format(cycle=20))
    shown = smile("load", str(file), folder=tmp_path / "thread")
    said = shown.stderr.decode()
    assert shown.returncode == 3, said
    assert "small.alb, line 11: 1,1 task 1 waits for itself; remove the pair" in said
    assert "times are taken as seconds" in said
    assert "1 of 6 rows is bad, more than the share 0.05 allowed" in said
    assert not (tmp_path / "thread").exists(), "nothing is loaded"


def test_a_run_without_a_plan_says_every_reason(tmp_path: Path):
    file = tmp_path / "small.alb"
    file.write_text(LINE.format(cycle=13))
    assert "1 row waits in quarantine" in smile("load", str(file), "--yes", folder=tmp_path / "t").stderr.decode()
    done = smile("run", "line.balance", "-o", "json", folder=tmp_path / "t")
    said = done.stderr.decode()
    assert (done.returncode, done.stdout.decode()) == (4, "[]\n"), said
    assert "takt of 13 s is shorter than task 2 (14 s)\n  at: takt_s\n  do: split the task" in said
    assert " against " not in said
    for words, answer in {
        ("run", "line.balance", "--goal", "moves"): "--set goal=moves",
        ("run", "line.balance", "--set", "takt_s=1e308"): "at most 10000000 s",
        ("whatif", "takt becomes 0 s"): "a takt of 0 s is not above 0",
    }.items():
        done = smile(*words, folder=tmp_path / "t")
        assert done.returncode == 2, (words, done.stderr.decode())
        assert answer in done.stderr.decode()
    done = smile("whatif", "takt becomes 12 s", folder=tmp_path / "t")
    assert "line.balance: no plan fits: takt of 12 s is shorter than task 2 (14 s)" in done.stderr.decode()


def test_no_plan_fits_gives_exit_code_4(excavators: Thread):
    done = smile("run", "line.balance", "--set", "takt_s=1", "-o", "json", folder=excavators.folder)
    assert done.returncode == 4, done.stderr.decode()
    assert done.stdout.decode() == "[]\n"
    said = done.stderr.decode()
    assert "no plan fits" in said
    assert "  do: split the task" in said


def test_a_gap_wider_than_asked_gives_exit_code_5(excavators: Thread):
    done = smile("run", "line.sequence", "--dry", "--gap", "0.0", folder=excavators.folder)
    assert done.returncode == 5, done.stderr.decode()


def test_a_scope_narrows_what_is_shown(excavators: Thread):
    rows = [
        json.loads(line)
        for line in smile(
            "--scope", "dealer:ID", "show", "machines", "--json", folder=excavators.folder
        ).stdout.splitlines()
    ]
    assert rows
    assert {r["market"] for r in rows} == {"ID"}
    assert smile("--scope", "boss", "show", "machines", folder=excavators.folder).returncode == 2


def test_only_the_maker_writes_or_asks_about_the_whole_company(excavators: Thread, tmp_path: Path):
    for words in (
        ("turn",),
        ("run", "market.revenue"),
        ("whatif", "takt becomes 330 s"),
        ("event", "failure", "machine=X", "part=P"),
        ("quarantine", "list"),
        ("backup", str(tmp_path / "copy")),
    ):
        done = smile("--scope", "dealer:ID", *words, folder=excavators.folder)
        assert done.returncode == 2, words
        assert "lies outside your scope" in done.stderr.decode()
    assert not (tmp_path / "copy").exists()


def test_wrong_words_are_answered_never_traced(excavators: Thread):
    for words, said in {
        ("show", "machines", "--where", "failures=abc"): "abc is no whole",
        ("run", "line.balance", "--set", "takt_s=abc"): "abc is no float",
        ("run", "market.revenue", "--set", "today=2023-13-45"): "is no date",
        ("whatif", "gibberish"): "is not a change I know",
        ("whatif", "supplier S06 stops for 0 weeks"): "is not a change I know",
        ("story", "NOPE"): "no machine NOPE is seen",
        ("event", "failure", "machine=NOPE", "part=P"): "there is no machine NOPE",
    }.items():
        done = smile(*words, folder=excavators.folder)
        assert done.returncode == 2, (words, done.stderr.decode())
        assert said in done.stderr.decode()
        assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize("words", [("tables",), ("table", "events"), ("desks",), ("desk", "line.balance"), ("kinds",)])
def test_the_words_are_shown(words: tuple[str, ...]):
    done = smile(*words, "--json")
    assert done.returncode == 0
    assert all(json.loads(line) for line in done.stdout.splitlines())


def test_backup_and_restore(excavators: Thread, tmp_path: Path):
    assert smile("backup", str(tmp_path / "copy"), folder=excavators.folder).returncode == 0
    assert smile("restore", str(tmp_path / "copy"), folder=tmp_path / "back").returncode == 0
    one = smile("show", "decisions", "-o", "csv", folder=excavators.folder).stdout
    assert smile("show", "decisions", "-o", "csv", folder=tmp_path / "back").stdout == one


def test_what_rounding_leaves_of_nothing_is_shown_as_nothing(capsys: pytest.CaptureFixture[str]):
    """1.154e-15 of the time blocked is 0, also beside a true 0; a chance of three in a million stays."""
    from smilecurve.app.cli.output import give

    give(pa.table({"blocked": [1.154e-15, 0.0843], "starved": [0.0, 0.5], "chance": [3e-6, 0.5]}), "table")
    said = capsys.readouterr().out
    first = next(line for line in said.splitlines() if "e-06" in line)
    assert [cell.strip() for cell in first.strip("│").split("│")] == ["0.000", "0.00", "3e-06"]


def loud(prints: str) -> list[str]:
    """A `smile` of one command that runs this code."""
    code = f"""
import os
from importlib import import_module
import click
module = import_module("smilecurve.app.cli.main")
@click.command()
def one():
    {prints}
module.smile = one
module.main()
"""
    return [sys.executable, "-c", code]


def test_what_a_library_prints_past_python_does_not_spoil_results() -> None:
    ran = subprocess.run(loud("os.write(1, b'noise'); click.echo('rows')"), capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("rows\n", "noise")


def test_a_reader_that_has_seen_enough_ends_the_command_quietly() -> None:
    command = shlex.join(loud("[click.echo('row') for _ in range(100_000)]"))
    ran = subprocess.run(["sh", "-c", f"{command} | head -n 1"], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("row\n", "")
