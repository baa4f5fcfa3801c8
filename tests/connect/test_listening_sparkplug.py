"""A Sparkplug B edge node speaks to our host over a real broker."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smilecurve.connect.listening import read_plan
from smilecurve.connect.listening.mqtt import listen_mqtt
from smilecurve.connect.listening.sparkplug import SparkplugEar
from smilecurve.connect.listening.sparkplug_payload import Metric, Payload, decode_payload, encode_payload

if TYPE_CHECKING:
    from conftest import Floor, Mosquitto

paho = pytest.importorskip("paho.mqtt.client")
from paho.mqtt.enums import CallbackAPIVersion  # noqa: E402

PLAN = """
[sparkplug]
port = {port}
host_id = "tower"
group = "plant"
[[read]]
node = "press-*"
metric = "Torque"
kind = "inspecting"
[read.columns]
event_time = "time"
code = "metric"
quantity = "value"
place = "device"
source = "node"
"""
FLOAT, DOUBLE, INT16, UINT64, BOOL, STRING = 9, 10, 2, 8, 11, 12
NOW = int(datetime.now(UTC).timestamp() * 1000) - 100_000


def _ear(floor: Floor, tmp_path: Path, port: int = 1) -> SparkplugEar:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(port=port), "utf-8")
    plan = read_plan(path, "sparkplug")
    return SparkplugEar(plan, floor.inbox(plan), floor.said.append)


def _nbirth(bd: int = 0) -> bytes:
    metrics = (Metric("bdSeq", None, NOW, UINT64, bd), Metric("Node Control/Rebirth", None, NOW, BOOL, False))
    return encode_payload(Payload(NOW, 0, metrics))


def _dbirth(seq: int = 1, value: float = 40.0) -> bytes:
    metrics = (Metric("Torque", 7, NOW, DOUBLE, value), Metric("Mode", 8, NOW, STRING, "auto"))
    return encode_payload(Payload(NOW, seq, metrics))


def _ddata(seq: int, value: object, at: int = 1, alias: int = 7) -> bytes:
    return encode_payload(Payload(NOW + at, seq, (Metric("", alias, NOW + at, DOUBLE, value),)))  # type: ignore[arg-type]


def _asked(letters: list[object]) -> list[str]:
    return [letter.topic for letter in letters]  # type: ignore[attr-defined]


def test_births_give_names_and_data_give_values(floor: Floor, tmp_path: Path) -> None:
    """NBIRTH 0, DBIRTH 1 (Torque = alias 7 = 40), DDATA 2 (alias 7 = 41.5): two events named Torque, nothing asked."""
    ear = _ear(floor, tmp_path)
    assert not ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth())
    assert not ear.hear("spBv1.0/plant/DBIRTH/press-1/tool-1", _dbirth())
    assert not ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", _ddata(2, 41.5))
    ear.inbox.flush()
    assert floor.events("code, quantity, place, source") == [
        ("Torque", 40.0, "tool-1", "press-1"),
        ("Torque", 41.5, "tool-1", "press-1"),
    ]
    assert [s for s in floor.said if "read by no" in s] == ["plant/press-1/tool-1/Mode is read by no [[read]]: left"]


def test_a_gap_asks_for_a_rebirth_and_loses_no_value(floor: Floor, tmp_path: Path) -> None:
    """Number 2 is missing: what came is kept, the node is asked once; its rebirth mends the count and doubles nothing."""
    ear = _ear(floor, tmp_path)
    ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth())
    ear.hear("spBv1.0/plant/DBIRTH/press-1/tool-1", _dbirth())
    letters = ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", _ddata(3, 42.0))
    assert _asked(list(letters)) == ["spBv1.0/plant/NCMD/press-1"]
    asked = decode_payload(next(iter(letters)).payload)
    assert [(m.name, m.datatype, m.value) for m in asked.metrics] == [("Node Control/Rebirth", BOOL, True)]
    assert not ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", _ddata(9, 43.0, at=2))
    ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth())
    assert not ear.hear("spBv1.0/plant/DBIRTH/press-1/tool-1", _dbirth())
    assert not ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", _ddata(2, 44.0, at=3))
    ear.inbox.flush()
    assert [row[0] for row in floor.events("quantity")] == [40.0, 42.0, 43.0, 44.0]
    assert any("number 2 is missing, 3 came; asked for a rebirth" in s for s in floor.said)


def test_the_count_goes_round_at_256(floor: Floor, tmp_path: Path) -> None:
    ear = _ear(floor, tmp_path)
    ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth())
    ear.hear("spBv1.0/plant/DBIRTH/press-1/tool-1", _dbirth())
    for n in range(600):
        assert not ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", _ddata((n + 2) % 256, float(n), at=n + 1)), n
    ear.inbox.flush()
    assert floor.count() == 601


def test_data_before_a_birth_wait_and_ask(floor: Floor, tmp_path: Path) -> None:
    """Nobody told what alias 7 is: the value waits in quarantine under its topic, and the node is asked."""
    ear = _ear(floor, tmp_path)
    letters = ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", _ddata(5, 41.0))
    assert _asked(list(letters)) == ["spBv1.0/plant/NCMD/press-1"]
    ear.inbox.flush()
    assert floor.count() == 0
    waiting = floor.waiting()
    assert [(w["file"], w["value"], w["reason"]) for w in waiting] == [
        ("spBv1.0/plant/DDATA/press-1/tool-1", "41.0", "alias 7 is unknown")
    ]


def test_a_death_counts_only_for_its_own_birth(floor: Floor, tmp_path: Path) -> None:
    """A will of an earlier session (bdSeq 3) comes late: the node, born with bdSeq 4, lives on. Its own ends it."""
    ear = _ear(floor, tmp_path)
    ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth(4))
    ear.hear(
        "spBv1.0/plant/NDEATH/press-1", encode_payload(Payload(NOW, None, (Metric("bdSeq", None, NOW, UINT64, 3),)))
    )
    assert ear.nodes["plant", "press-1"].born
    ear.hear(
        "spBv1.0/plant/NDEATH/press-1", encode_payload(Payload(NOW, None, (Metric("bdSeq", None, NOW, UINT64, 4),)))
    )
    assert not ear.nodes["plant", "press-1"].born
    assert "plant/press-1 is off line" in floor.said


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xff\xff", "is no Sparkplug B payload"),
        (_ddata(2, float("nan")), "is not a number"),
        (encode_payload(Payload(NOW, 2, (Metric("Torque", None, NOW, STRING, "fest"),))), "is not a number"),
        (encode_payload(Payload(NOW, 2, (Metric("Torque", None, 10**17, DOUBLE, 1.0),))), "date"),
        (encode_payload(Payload(NOW, 2, (Metric("Torque", None, 0, DOUBLE, 1.0),))), "the clock is off"),
    ],
    ids=["no protobuf", "NaN", "a word", "a time beyond all calendars", "a clock at its beginning"],
)
def test_bad_payloads_wait_with_their_reason(floor: Floor, tmp_path: Path, payload: bytes, reason: str) -> None:
    ear = _ear(floor, tmp_path)
    ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth())
    ear.hear("spBv1.0/plant/DBIRTH/press-1/tool-1", _dbirth())
    ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", payload)
    ear.inbox.flush()
    assert floor.count() == 1
    assert [reason in str(w["reason"]) for w in floor.waiting()] == [True], floor.waiting()


def test_after_a_broken_connection_known_nodes_are_asked(floor: Floor, tmp_path: Path) -> None:
    """Aliases may mean something else by now: nothing is read by the old ones, the node is asked at once."""
    ear = _ear(floor, tmp_path)
    ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth())
    ear.hear("spBv1.0/plant/DBIRTH/press-1/tool-1", _dbirth())
    assert _asked(list(ear.greet())) == ["spBv1.0/STATE/tower", "spBv1.0/plant/NCMD/press-1"]
    ear.hear("spBv1.0/plant/DDATA/press-1/tool-1", _ddata(2, 41.0))
    ear.inbox.flush()
    assert [w["reason"] for w in floor.waiting()] == ["alias 7 is unknown"]


TOPICS = st.lists(
    st.sampled_from(["spBv1.0", "plant", "NBIRTH", "DDATA", "NDEATH", "STATE", "tower", "", "#", "a b"]), max_size=6
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TOPICS, st.binary(max_size=60))
def test_no_message_whatever_breaks_the_host(floor: Floor, tmp_path: Path, levels: list[str], payload: bytes) -> None:
    ear = _ear(floor, tmp_path)
    ear.hear("spBv1.0/plant/NBIRTH/press-1", _nbirth())
    for topic in ("/".join(levels), "spBv1.0/plant/DDATA/press-1/tool-1"):
        ear.hear(topic, payload)


@given(st.integers(-(2**15), 2**15 - 1), st.floats(allow_nan=False, width=64), st.text(max_size=30))
def test_values_survive_the_wire(whole: int, number: float, text: str) -> None:
    metrics = (Metric("a", 1, 5, INT16, whole), Metric("b", 2, 5, DOUBLE, number), Metric("c", 3, 5, STRING, text))
    told = decode_payload(encode_payload(Payload(5, 7, metrics)))
    assert (told.seq, [m.value for m in told.metrics]) == (7, [whole, number, text])


def test_fields_that_we_do_not_name_are_skipped() -> None:
    """Body (field 5) and uuid (field 4) as bytes on the wire, and a data set (17) in a metric."""
    dataset = bytes([0x8A, 0x01, 0x02, 0x08, 0x01])
    metric = bytes([0x0A, 0x01]) + b"x" + bytes([0x20, 0x10]) + dataset
    raw = bytes([0x12, len(metric)]) + metric + bytes([0x18, 0x05, 0x22, 0x01]) + b"u" + bytes([0x2A, 0x01]) + b"b"
    told = decode_payload(raw)
    assert (told.seq, told.metrics[0].name, told.metrics[0].type_name, told.metrics[0].value) == (
        5,
        "x",
        "DataSet",
        None,
    )


@contextmanager
def _hosting(floor: Floor, ear: SparkplugEar) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=listen_mqtt, args=(ear.plan, ear, floor.said.append, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


def _wait(what: object, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:  # type: ignore[operator]
        time.sleep(0.02)
    assert what()  # type: ignore[operator]


def test_an_edge_node_and_the_host_over_a_real_broker(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    """The host says that it is on line; a lost message makes it ask; the node is born again and goes on; the host leaves."""
    heard: list[tuple[str, bytes]] = []
    node = paho.Client(CallbackAPIVersion.VERSION2, "press-1")
    node.on_message = lambda _c, _u, m: heard.append((m.topic, m.payload))
    node.connect("127.0.0.1", broker.port)
    node.loop_start()
    node.subscribe([("spBv1.0/STATE/tower", 1), ("spBv1.0/plant/NCMD/press-1", 1)])

    def send(kind: str, payload: bytes, device: str = "") -> None:
        node.publish(f"spBv1.0/plant/{kind}/press-1" + (f"/{device}" if device else ""), payload, 0).wait_for_publish(
            10
        )

    ear = _ear(floor, tmp_path, broker.port)
    with _hosting(floor, ear):
        _wait(lambda: any(json.loads(p).get("online") for t, p in heard if "STATE" in t))
        send("NBIRTH", _nbirth())
        send("DBIRTH", _dbirth(), "tool-1")
        send("DDATA", _ddata(2, 41.0, 1), "tool-1")
        send("DDATA", _ddata(4, 43.0, 3), "tool-1")
        _wait(lambda: any(t.endswith("NCMD/press-1") for t, _ in heard))
        send("NBIRTH", _nbirth())
        send("DBIRTH", _dbirth(value=44.0), "tool-1")
        send("DDATA", _ddata(2, 45.0, 5), "tool-1")
        _wait(lambda: floor.count() == 5)
    _wait(lambda: json.loads([p for t, p in heard if "STATE" in t][-1])["online"] is False)
    node.disconnect()
    node.loop_stop()
    assert sorted(row[0] for row in floor.events("quantity")) == [40.0, 41.0, 43.0, 44.0, 45.0]
    assert not floor.waiting()
