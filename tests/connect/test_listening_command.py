"""`smile listen` as a process: killed in the midst it loses and doubles nothing, asked to stop it stops in good order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smilecurve.terms.event import EVENTS
from smilecurve.thread.store import open_thread

if TYPE_CHECKING:
    from conftest import Mosquitto

paho = pytest.importorskip("paho.mqtt.client")
from paho.mqtt.enums import CallbackAPIVersion  # noqa: E402

PLAN = """
[mqtt]
port = {port}
client = "smilecurve-command"
[[read]]
topic = "tools/+"
kind = "inspecting"
[read.columns]
event_time = "$.at"
source = "topic/2"
seq = "$.n"
quantity = "$.nm"
code = {{ constant = "BOLT-TORQUE" }}
"""
MANY = 3000


class Command:
    """`smile listen`, and the words it says on stderr."""

    def __init__(self, folder: Path, protocol: str, plan: Path) -> None:
        start = "from smilecurve.app.cli import main; main()"
        words = ["--thread", str(folder / "thread"), "listen", protocol, str(plan)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", start, *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip())

    def until(self, what: str, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not any(what in line for line in self.said):
            time.sleep(0.02)
        assert any(what in line for line in self.said), self.said

    def ends(self, number: int | None = None) -> int:
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self.reader.join(timeout=20)
        for pipe in (self.process.stderr, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code


def _count(folder: Path) -> int:
    if not (folder / "thread" / "ledger.sqlite").exists():
        return 0
    with open_thread(folder / "thread") as thread:
        return thread.ledger.number("select count(*) from event")


def test_a_killed_listener_is_told_again(broker: Mosquitto, tmp_path: Path) -> None:
    """3,000 messages by a sender that knows nothing of us; the listener is killed in their midst and started again."""
    plan = tmp_path / "floor.toml"
    plan.write_text(PLAN.format(port=broker.port), "utf-8")
    first = Command(tmp_path, "mqtt", plan)
    first.until("listening at")
    sender = paho.Client(CallbackAPIVersion.VERSION2, "tool")
    sender.connect("127.0.0.1", broker.port)
    sender.loop_start()
    begun = datetime.now(UTC)
    told = []
    for n in range(MANY):
        at = (begun + timedelta(milliseconds=n)).isoformat()
        told.append(sender.publish("tools/T1", json.dumps({"at": at, "n": n, "nm": 40.5}), 1))
    end = time.monotonic() + 90
    while _count(tmp_path) < MANY // 4 and time.monotonic() < end:
        time.sleep(0.05)
    assert first.ends(signal.SIGKILL) == -signal.SIGKILL
    between = _count(tmp_path)
    second = Command(tmp_path, "mqtt", plan)
    for one in told:
        one.wait_for_publish(60)
    end = time.monotonic() + 120
    while _count(tmp_path) < MANY and time.monotonic() < end:
        time.sleep(0.1)
    sender.disconnect()
    sender.loop_stop()
    assert second.ends(signal.SIGINT) == 0
    assert second.said[-2] == "stopping; what was heard is made safe first"
    assert second.said[-1].startswith("stopped: ")
    assert between < MANY, "the listener was killed in the midst"
    with open_thread(tmp_path / "thread") as thread:
        numbers = thread.view(EVENTS)["seq"].to_pylist()
    assert sorted(numbers) == list(range(MANY))


def test_a_folder_is_watched_until_asked_to_stop(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    plan = tmp_path / "floor.toml"
    plan.write_text(
        f'[folder]\nevery_s = 0.1\nsettle_s = 0.2\n[[read]]\npath = "{drop}"\nfiles = "*.csv"\nkind = "inspecting"\n'
        '[read.columns]\nevent_time = "time"\nquantity = "nm"\ncode = "name"\n',
        "utf-8",
    )
    command = Command(tmp_path, "folder", plan)
    command.until("watching")
    (drop / "a.csv").write_text("time;name;nm\n2026-11-01 08:00:00;B1;41.5\n2026-11-01 08:00:05;B1;x\n", "utf-8")
    command.until("a.csv: 1 good rows, 1 of them new, 1 wait in quarantine")
    assert command.ends(signal.SIGTERM) == 0
    assert command.said[-1] == "stopped: 2 rows heard, 1 new, 0 known before, 1 in quarantine"
    assert _count(tmp_path) == 1
    assert (drop / "done" / "a.csv").exists()


@pytest.mark.parametrize(
    ("text", "protocol", "code", "said"),
    [
        ("[mqtt\n", "mqtt", 3, "is no TOML"),
        ("[mqtt]\n", "mqtt", 3, "nothing is read"),
        ('[opcua]\n[[read]]\nnode="i=1"\nkind="fault"\n', "opcua", 3, "the server is not named"),
        (None, "folder", 2, "there is no file"),
    ],
)
def test_a_plan_that_cannot_be_is_told(tmp_path: Path, text: str | None, protocol: str, code: int, said: str) -> None:
    plan = tmp_path / "floor.toml"
    if text is not None:
        plan.write_text(text, "utf-8")
    command = Command(tmp_path, protocol, plan)
    assert command.ends() == code
    assert any(said in line for line in command.said), command.said
    assert not any("Traceback" in line for line in command.said)
    assert not os.path.exists(tmp_path / "thread")
