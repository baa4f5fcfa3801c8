"""A broker of our own, on a free port, that a test may kill and start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smilecurve.app.taking import keep_rejected, quarantine_of, take
from smilecurve.connect.listening import Inbox, Plan
from smilecurve.thread.store import Thread, open_thread
from smilecurve.thread.tail import tail_events


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def port() -> int:
    """A port that nobody listens at."""
    return free_port()


def wait_for(what: Callable[[], object], seconds: float = 60.0) -> bool:
    """Wait until something holds; generous, for a busy machine."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return bool(what())


@dataclass
class Mosquitto:
    """A real mosquitto with persistence in a folder of its own."""

    folder: Path
    port: int
    program: str
    process: subprocess.Popen[bytes] | None = None

    def start(self, access: str = "allow_anonymous true") -> None:
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\n{access}\npersistence true\n"
            f"persistence_location {self.folder}/\nautosave_interval 1\nmax_queued_messages 0\nuser root\n"
            "log_type error\n",
            "utf-8",
        )
        self.process = subprocess.Popen(
            [self.program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert wait_for(self._answers), "mosquitto does not start"

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        words = "there is no mosquitto here; scripts/mosquitto.sh installs it"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    folder = tmp_path / "broker"
    folder.mkdir()
    made = Mosquitto(folder, free_port(), program)
    made.start()
    yield made
    made.stop()


@dataclass
class Floor:
    """A thread that listens by a plan in the background, as `smile listen` does."""

    thread: Thread
    said: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def inbox(self, plan: Plan) -> Inbox:
        quarantine = quarantine_of(self.thread)
        return Inbox(
            plan,
            lambda part: take(self.thread, part, plan.protocol),
            lambda parts: keep_rejected(self.thread, parts, quarantine),
            lambda: datetime.now(UTC),
        )

    def count(self) -> int:
        return self.thread.health().tail

    def events(self, columns: str) -> list[tuple[object, ...]]:
        with self.thread.ledger.reading() as pen:
            told = tail_events(pen).select(columns.split(", "))
        return list(zip(*(column.to_pylist() for column in told.columns), strict=True))

    def waiting(self) -> list[dict[str, object]]:
        return [dict(row) for row in quarantine_of(self.thread).list().to_pylist()]


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    with open_thread(tmp_path / "thread") as thread:
        yield Floor(thread)
