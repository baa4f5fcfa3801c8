from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smilecurve.terms.event import EVENTS
from smilecurve.thread.store import Thread, open_thread

Place = Callable[[Path], str | Path]
WRITER = Path(__file__).with_name("doomed_writer.py")


@pytest.fixture(scope="module")
def writers() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, str(WRITER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


def killed(
    writers: subprocess.Popen[str], what: str, place: str | Path, seed: int, after: int, pause: float
) -> tuple[list[str], list[str]]:
    """Start a writer, kill it -9 a random while after its n-th acknowledgement; returns what it sent and what was acknowledged."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{what} {place} {seed}\n")
    writers.stdin.flush()
    told: list[str] = []
    pid = 0
    timer: threading.Timer | None = None
    for line in writers.stdout:
        if line.startswith("pid"):
            pid = int(line.split()[1])
        elif line.startswith("gone"):
            break
        else:
            told.append(line.strip())
        if pid and timer is None and len(told) >= 2 * after:
            timer = threading.Timer(pause, os.kill, (pid, signal.SIGKILL))
            timer.start()
    assert timer is not None
    timer.join()
    return [t.split()[1] for t in told if t.startswith("sent")], [t.split()[1] for t in told if t.startswith("acked")]


def check(thread: Thread, sent: set[str], acked: list[str]) -> None:
    held = Counter(thread.view(EVENTS)["ref"].to_pylist())
    assert set(acked) <= set(held), "an acknowledged batch is lost"
    assert set(held) <= sent
    assert {ref: n for ref, n in held.items() if n != int(ref.split("/")[2])} == {}, (
        "a batch is half-written or doubled"
    )


@pytest.mark.parametrize("what", ["append", "seal"])
def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(
    writers: subprocess.Popen[str], tmp_path: Path, place: Place, what: str
) -> None:
    """20 times kill -9 at random moments, on one and the same thread; with `seal` most of them fall into sealing."""
    rng = random.Random(7)
    folder = tmp_path / "thread"
    open_thread(place(folder)).close()
    sent: set[str] = set()
    acked: list[str] = []
    trials = 20 if what == "append" else 12
    for trial in range(trials):
        more, safe = killed(
            writers,
            what,
            place(folder),
            trial,
            rng.randrange(1, 30 if what == "append" else 10),
            rng.random() * (0.02 if what == "append" else 0.15),
        )
        sent |= set(more)
        acked += safe
    thread = open_thread(place(folder))
    check(thread, sent, acked)
    assert len(acked) > 2 * trials
    found = thread.health(deep=True)
    assert found.ok, found.problems
    listed = {str(row[0]) for row in thread.ledger.rows("select file from segment")}
    lying = {str(p.relative_to(folder)) for p in (folder / "segments").rglob("*.*")}
    assert lying == listed, "orphans of killed sealings are swept when the thread is opened"
    assert thread.rebuild().equal
    if what == "seal":
        assert found.segments > 0
    thread.close()


def test_several_processes_write_at_once(writers: subprocess.Popen[str], tmp_path: Path, place: Place) -> None:
    """While another process writes and seals, this one appends, seals and reads; both sides keep everything."""
    folder = tmp_path / "thread"
    mine = open_thread(place(folder))
    stop = threading.Event()
    own: list[str] = []

    def write() -> None:
        n = 0
        while not stop.is_set():
            mine.append(
                [{"kind": "fault", "event_time": mine.clock(), "machine": "M1", "code": "E", "ref": f"own/{n}/1"}]
            )
            own.append(f"own/{n}/1")
            n += 1
            if n % 20 == 0:
                mine.seal()
                assert mine.count(EVENTS) >= n

    worker = threading.Thread(target=write)
    worker.start()
    sent, acked = killed(writers, "seal", place(folder), 99, 40, 0.05)
    stop.set()
    worker.join()
    check(mine, set(sent) | set(own), acked + own)
    mine.close()
