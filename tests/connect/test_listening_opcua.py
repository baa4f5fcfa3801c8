"""A real OPC UA server of the library asyncua, which dies and comes back."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smilecurve.connect.listening import read_plan
from smilecurve.connect.listening.opcua import listen_opcua
from smilecurve.terms.errors import DataRejected, OptionRejected

if TYPE_CHECKING:
    from conftest import Floor

pytest.importorskip("asyncua")
from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager

pytestmark = pytest.mark.filterwarnings("ignore")
PLAN = """
[opcua]
url = "opc.tcp://127.0.0.1:{port}/plant"
publish_ms = 50
[[read]]
node = "ns=2;s=Press.Torque"
kind = "inspecting"
[read.columns]
event_time = "time"
quantity = "value"
code = {{ constant = "BOLT-TORQUE" }}
place = "node"
[[read]]
node = "ns=2;s=Press.Alarm"
kind = "help_call"
[read.columns]
event_time = "time"
code = "value"
ref = "node"
disposition = {{ constant = "open" }}
"""


class Plant:
    """The server, in a thread with its own loop."""

    def __init__(self, port: int, users: UserManager | None = None) -> None:
        self.port, self.users = port, users
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.do(self._open())

    def do(self, work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)  # type: ignore[arg-type]

    async def _open(self) -> None:
        self.server = Server(user_manager=self.users)
        await self.server.init()
        self.server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}/plant")
        await self.server.register_namespace("urn:plant")
        press = await self.server.nodes.objects.add_object(ua.NodeId("Press", 2), "2:Press")
        self.torque = await press.add_variable(ua.NodeId("Press.Torque", 2), "2:Torque", 0.0)
        self.alarm = await press.add_variable(ua.NodeId("Press.Alarm", 2), "2:Alarm", "none")
        await self.server.start()

    def say(self, value: object, at: datetime, status: int = ua.StatusCodes.Good) -> None:
        told = ua.DataValue(ua.Variant(value), ua.StatusCode(status), SourceTimestamp=at, ServerTimestamp=at)
        self.do(self.torque.write_value(told))

    def close(self) -> None:
        self.do(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=20)
        self.loop.close()


@pytest.fixture
def hearing(floor: Floor, tmp_path: Path) -> Iterator[Callable[[int], None]]:
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def begin(port: int) -> None:
        path = tmp_path / "plan.toml"
        path.write_text(PLAN.format(port=port), "utf-8")
        plan = read_plan(path, "opcua")
        thread = threading.Thread(target=listen_opcua, args=(plan, floor.inbox(plan), floor.said.append, stop))
        thread.start()
        threads.append(thread)

    yield begin
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()


def _wait(what: Callable[[], object], floor: Floor, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    assert what(), (floor.said, floor.events("quantity, code"), [w["reason"] for w in floor.waiting()])


def _torques(floor: Floor) -> list[object]:
    return [q for q, kind in floor.events("quantity, kind") if kind == "inspecting" and q]


def test_changes_come_in_once_and_a_server_that_dies_is_waited_for(
    floor: Floor, hearing: Callable[[int], None], port: int
) -> None:
    """Ten values, a bad one, a dead server, a new one that tells an old value again, another that changed
    while nobody was connected: twelve values, one in quarantine."""
    begun = datetime.now(UTC) - timedelta(minutes=5)
    plant = Plant(port)
    hearing(port)
    _wait(lambda: any("listening at" in s for s in floor.said), floor)
    for n in range(10):
        plant.say(40.0 + n, begun + timedelta(seconds=n))
    _wait(lambda: len(_torques(floor)) == 10, floor)
    plant.say(99.0, begun + timedelta(seconds=20), ua.StatusCodes.BadSensorFailure)
    _wait(lambda: len(floor.waiting()) == 1, floor)
    plant.close()
    _wait(lambda: any("is away" in s for s in floor.said), floor)
    floor.said.clear()
    plant = Plant(port)
    plant.say(49.0, begun + timedelta(seconds=9))
    _wait(lambda: any("listening at" in s for s in floor.said), floor)
    plant.say(51.0, begun + timedelta(seconds=40))
    _wait(lambda: 51.0 in _torques(floor), floor)
    plant.close()
    floor.said.clear()
    _wait(lambda: any("is away" in s for s in floor.said), floor)
    plant = Plant(port)
    plant.say(52.0, begun + timedelta(seconds=50))
    _wait(lambda: 52.0 in _torques(floor), floor)
    plant.close()
    assert _torques(floor) == [*[40.0 + n for n in range(10)], 51.0, 52.0]
    waiting = floor.waiting()
    assert [w["file"] for w in waiting] == ["ns=2;s=Press.Torque"]
    assert "BadSensorFailure" in str(waiting[0]["reason"])


class OneUser(UserManager):
    """Lets in one user with the right password, nobody else."""

    def get_user(
        self, iserver: object, username: str | None = None, password: str | None = None, certificate: object = None
    ) -> User | None:
        return User(role=UserRole.User, name=username) if (username, password) == ("press", "right") else None


def test_a_password_opens_the_server_and_a_wrong_one_is_told(
    floor: Floor, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood there while nobody was connected comes in at the next connection with its own time."""
    plant = Plant(port, OneUser())
    plant.say(47.0, datetime.now(UTC) - timedelta(minutes=1))
    path = tmp_path / "plan.toml"
    known = 'publish_ms = 50\nuser = "press"\npassword_env = "FLOOR_PASSWORD"'
    path.write_text(PLAN.format(port=port).replace("publish_ms = 50", known), "utf-8")
    for password, opens in (("wrong", False), ("right", True)):
        monkeypatch.setenv("FLOOR_PASSWORD", password)
        plan, stop = read_plan(path, "opcua"), threading.Event()
        if not opens:
            with pytest.raises(OptionRejected, match="the server refuses us"):
                listen_opcua(plan, floor.inbox(plan), floor.said.append, stop)
            continue
        thread = threading.Thread(target=listen_opcua, args=(plan, floor.inbox(plan), floor.said.append, stop))
        thread.start()
        _wait(lambda: _torques(floor) == [47.0], floor)
        stop.set()
        thread.join(timeout=30)
    plant.close()


def test_a_server_that_is_away_is_said(floor: Floor, hearing: Callable[[int], None], port: int) -> None:
    hearing(port)
    _wait(lambda: any("is away" in s and "next try in 1 s" in s for s in floor.said), floor)


def test_a_node_that_is_none_is_refused(floor: Floor, tmp_path: Path, port: int) -> None:
    plant = Plant(port)
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(port=port).replace("ns=2;s=Press.Torque", "Press/Torque"), "utf-8")
    plan = read_plan(path, "opcua")
    with pytest.raises(OptionRejected, match="Press/Torque is no node id"):
        listen_opcua(plan, floor.inbox(plan), floor.said.append, threading.Event())
    plant.close()
    path.write_text(
        PLAN.format(port=port).replace("url", "uri").replace('quantity = "value"', 'quantity = "wert"'), "utf-8"
    )
    with pytest.raises(DataRejected) as refused:
        read_plan(path, "opcua")
    said = str(refused.value)
    assert "the server is not named" in said
    assert "wert is nothing a message has" in said
