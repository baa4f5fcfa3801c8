"""JSON over a real broker: nothing lost, nothing doubled, nothing bad comes in, whatever dies on the way."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smilecurve.app.taking import quarantine_of, take
from smilecurve.connect.listening import Plan, read_plan
from smilecurve.connect.listening.mqtt import JsonEar, listen_mqtt
from smilecurve.terms.errors import DataRejected, OptionRejected

if TYPE_CHECKING:
    from conftest import Floor, Mosquitto

paho = pytest.importorskip("paho.mqtt.client")
from paho.mqtt.enums import CallbackAPIVersion  # noqa: E402

MANY = 20_000
TORQUE = """
[mqtt]
port = {port}
client = "smilecurve-test"
receipts = "receipts/{{source}}"
[[read]]
topic = "plant/+/torque"
kind = "inspecting"
[read.columns]
event_time = "$.at"
source = "$.tool"
seq = "$.n"
quantity = {{ from = "$.result.nm" }}
code = {{ constant = "BOLT-TORQUE" }}
place = "topic/2"
lot = "$.lot"
"""


def _plan(folder: Path, text: str, port: int = 1, protocol: str = "mqtt") -> Plan:
    path = folder / "floor.toml"
    path.write_text(text.format(port=port), "utf-8")
    return read_plan(path, protocol)


@contextmanager
def _listening(floor: Floor, plan: Plan) -> Iterator[None]:
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            listen_mqtt(plan, JsonEar(plan, floor.inbox(plan)), floor.said.append, stop)
        except BaseException as error:  # handed to the test below
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(3000):
            if any("listening at" in said for said in floor.said) or failed:
                break
            time.sleep(0.01)
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
    assert not failed, failed
    assert not thread.is_alive()


class Gateway:
    """A tool's gateway: it keeps every number until the host says that it is safe, and sends the others again."""

    def __init__(self, port: int, source: str, many: int) -> None:
        self.port, self.source = port, source
        self.open = dict.fromkeys(range(many))
        self.lock = threading.Lock()
        self.begun = datetime.now(UTC)
        self.sent = 0

    def payload(self, n: int) -> bytes:
        at = (self.begun + timedelta(milliseconds=n)).isoformat()
        return json.dumps(
            {"at": at, "tool": self.source, "n": n, "result": {"nm": 40 + n % 7 / 10}, "lot": None}
        ).encode()

    def _safe(self, payload: bytes) -> None:
        with self.lock:
            for n in json.loads(payload)["safe"]:
                self.open.pop(int(n), None)

    def session(self) -> bool:
        """One connection, until all is safe (True) or it ends; then whatever is not safe is sent again."""
        client = paho.Client(CallbackAPIVersion.VERSION2, f"gateway-{self.source}", clean_session=True)
        client.max_inflight_messages_set(1000)
        lost = threading.Event()
        ready = threading.Event()
        client.on_disconnect = lambda *_: lost.set()
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _c, _u, message: self._safe(message.payload)
        try:
            client.connect("127.0.0.1", self.port)
        except OSError:
            time.sleep(0.05)
            return False
        client.loop_start()
        client.subscribe(f"receipts/{self.source}", 1)
        ready.wait(5)
        try:
            with self.lock:
                todo = list(self.open)
            for n in todo:
                while n - next(iter(self.open), n) > 2000 and not lost.is_set():
                    time.sleep(0.002)
                if lost.is_set():
                    return False
                client.publish(f"plant/{self.source}/torque", self.payload(n), 1)
                self.sent += 1
            until = time.monotonic() + 5
            while self.open and not lost.is_set() and time.monotonic() < until:
                time.sleep(0.01)
            return not self.open
        finally:
            client.disconnect()
            client.loop_stop()


@pytest.mark.timeout(280)
def test_a_killed_broker_loses_and_doubles_nothing(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    """SIGKILL in the midst of 20,000 QoS-1 messages, twice: every number is in the thread, once."""
    plan = _plan(tmp_path, TORQUE, broker.port)
    gateway = Gateway(broker.port, "press", MANY)
    done = threading.Event()

    def send() -> None:
        while not gateway.session():
            pass
        done.set()

    with _listening(floor, plan):
        sender = threading.Thread(target=send)
        sender.start()
        for share in (3, 2):
            while floor.count() < MANY // share:
                time.sleep(0.01)
            broker.kill()
            time.sleep(0.5)
            broker.start()
        assert done.wait(240), (floor.count(), gateway.sent, len(gateway.open), floor.said)
        sender.join()
    numbers = [row[0] for row in floor.events("seq")]
    assert len(numbers) == MANY
    assert sorted(numbers) == list(range(MANY))
    assert any("is away" in said or "ended" in said for said in floor.said)
    assert not floor.waiting()


def _publish(port: int, *letters: tuple[str, bytes]) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, "one-shot")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload in letters:
        client.publish(topic, payload, 1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


def _message(**changed: object) -> bytes:
    told: dict[str, object] = {"at": datetime.now(UTC).isoformat(), "tool": "T1", "n": 1, "result": {"nm": 41.5}}
    return json.dumps(told | changed).encode()


def _until(floor: Floor, events: int, waiting: int) -> None:
    for _ in range(2000):
        if floor.count() == events and len({row["row"] for row in floor.waiting()}) == waiting:
            return
        time.sleep(0.01)
    reasons = [(row["file"], row["reason"]) for row in floor.waiting()]
    raise AssertionError((floor.count(), reasons, floor.said))


BAD = [
    ("no JSON", b"{torque: 41}", "is no JSON"),
    ("half a message", b'{"at": "2026-01-01T', "is no JSON"),
    ("not UTF-8", b'{"tool": "\xff\xfe"}', "no UTF-8"),
    ("nested without end", b"[" * 200_000, "nested too deep"),
    ("a list of numbers", b"[1, 2]", "holds no object"),
    ("empty", b"", "is no JSON"),
    ("a word for a number", _message(result={"nm": "fest"}), "is not a number"),
    ("NaN", _message(result={"nm": float("nan")}), "number"),
    ("infinite", b'{"at": "2026-11-01T10:00:00Z", "tool": "T1", "n": 9, "result": {"nm": 1e999}}', "too large"),
    ("no time", _message(at=None), "is empty"),
    ("no day", _message(at="yesterday"), "date"),
    ("a clock years ahead", _message(at="2071-01-01T00:00:00Z"), "lies ahead of now"),
    ("a clock at its beginning", _message(at="1970-01-01T00:00:00Z"), "the clock is off"),
    ("a number that is no number", _message(n="x7"), "number"),
    ("huge", b'"' + b"x" * 3_000_000 + b'"', "holds no object"),
]


def test_bad_messages_wait_with_topic_number_and_reason(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    """Each bad message stands in quarantine as it came, a good one among them is in the thread, nothing stops."""
    plan = _plan(tmp_path, TORQUE, broker.port)
    with _listening(floor, plan):
        for n, (_, payload, _) in enumerate(BAD):
            _publish(broker.port, (f"plant/L{n}/torque", payload))
        _publish(broker.port, ("plant/L1/torque", _message(n=77)))
        _until(floor, 1, len(BAD))
    assert floor.events("event_id, place, quantity") == [("T1#77", "L1", 41.5)]
    reasons = {str(row["file"]): str(row["reason"]) for row in floor.waiting()}
    for n, (name, _, said) in enumerate(BAD):
        assert said in reasons[f"plant/L{n}/torque"], (name, reasons[f"plant/L{n}/torque"])
    huge = next(r for r in floor.waiting() if r["file"] == f"plant/L{len(BAD) - 1}/torque")
    assert len(str(huge["raw"])) > 3_000_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["at", "tool", "n", "result", "nm", "lot"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_every_message_is_in_the_thread_or_in_quarantine(floor: Floor, tmp_path: Path, payload: bytes) -> None:
    """Whatever comes: nothing is raised, and rows heard = new + known before + in quarantine."""
    plan = _plan(tmp_path, TORQUE)
    inbox = floor.inbox(plan)
    ear = JsonEar(plan, inbox)
    ear.hear("plant/L1/torque", payload)
    waits = len(inbox)
    done = inbox.flush()
    assert waits == done.rows == done.added + done.known + done.bad
    assert waits >= 1 or payload.startswith(b"[")


@dataclass(frozen=True)
class Secret:
    """A broker behind TLS with a certificate of our own making, which lets in one user."""

    authority: Path
    access: str


@pytest.fixture
def secret(broker: Mosquitto) -> Secret:
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    program = shutil.which("mosquitto_passwd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("there is no mosquitto_passwd here")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "floor")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(days=1), now + timedelta(days=1))
    signed = made.add_extension(here, critical=False).sign(key, hashes.SHA256())
    certificate, private, passwords = (broker.folder / f for f in ("ca.pem", "key.pem", "passwords"))
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    subprocess.run([program, "-b", "-c", str(passwords), "press", "right"], check=True, capture_output=True)
    access = f"allow_anonymous false\npassword_file {passwords}\ncertfile {certificate}\nkeyfile {private}"
    return Secret(certificate, access)


GUARDED = """
user = "press"
password_env = "FLOOR_PASSWORD"
tls = true
receipts"""


@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")  # paho leaves a refused handshake open
def test_a_password_is_told_through_tls(
    broker: Mosquitto, secret: Secret, floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the right password and the broker's own certificate a message comes in; wrong ones are refused in words."""
    broker.stop()
    broker.start(secret.access)
    guarded = TORQUE.replace("\nreceipts", GUARDED)
    trusted = guarded.replace("tls = true", f'tls = true\nca = "{secret.authority}"')
    monkeypatch.setenv("FLOOR_PASSWORD", "right")
    with _listening(floor, _plan(tmp_path, trusted, broker.port)):
        client = paho.Client(CallbackAPIVersion.VERSION2, "one-shot")
        client.username_pw_set("press", "right")
        client.tls_set(str(secret.authority))
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        client.publish("plant/L1/torque", _message(n=3), 1).wait_for_publish(20)
        _until(floor, 1, 0)
        client.disconnect()
        client.loop_stop()
    said = _refusal(floor, _plan(tmp_path, guarded, broker.port))
    gc.collect()
    assert re.search(r"the certificate of 127\.0\.0\.1:\d+ is not trusted: self-signed", said)
    monkeypatch.setenv("FLOOR_PASSWORD", "wrong")
    assert "the broker refuses us" in _refusal(floor, _plan(tmp_path, trusted, broker.port))
    gc.collect()


def _refusal(floor: Floor, plan: Plan) -> str:
    """Why a broker may not be listened to."""
    try:
        listen_mqtt(plan, JsonEar(plan, floor.inbox(plan)), floor.said.append, threading.Event())
    except OptionRejected as refused:
        return str(refused)
    raise AssertionError("it was not refused")


def test_a_broker_that_refuses_us_is_told(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    broker.stop()
    broker.start("allow_anonymous false")
    plan = _plan(tmp_path, TORQUE, broker.port)
    with pytest.raises(OptionRejected, match="the broker refuses us: Not authorized"):
        listen_mqtt(plan, JsonEar(plan, floor.inbox(plan)), floor.said.append, threading.Event())


def test_a_mended_message_is_replayed(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    plan = _plan(tmp_path, TORQUE, broker.port)
    with _listening(floor, plan):
        _publish(broker.port, ("plant/L1/torque", _message(result={"nm": "fest"})))
        _until(floor, 0, 1)
    quarantine = quarantine_of(floor.thread)
    out = tmp_path / "mend.csv"
    assert quarantine.export(out) == 1
    out.write_text(out.read_text("utf-8").replace('"fest"', '"41.7"'), "utf-8")
    replayed = quarantine.replay(out, lambda part: take(floor.thread, part, "mended"))
    assert (replayed.mended, replayed.waiting) == (1, 0)
    assert floor.events("quantity, place, source, seq") == [(41.7, "L1", "T1", 1)]


def test_what_came_while_nobody_listened_comes_later(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    """The session is kept by the broker: 300 messages sent between two runs of the listener all come in, once."""
    plan = _plan(tmp_path, TORQUE, broker.port)
    with _listening(floor, plan):
        _publish(broker.port, ("plant/L1/torque", _message(n=0)))
        _until(floor, 1, 0)
    floor.said.clear()
    _publish(broker.port, *[("plant/L1/torque", _message(n=n)) for n in range(300)])
    with _listening(floor, plan):
        _until(floor, 300, 0)


def test_a_failing_store_acknowledges_nothing(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    """The listener dies with rows it could not bring in; a new one is told them again."""
    plan = _plan(tmp_path, TORQUE, broker.port)
    inbox = floor.inbox(plan)

    def broken(_: object) -> int:
        raise RuntimeError("the disk is full")

    inbox.take = broken
    stop = threading.Event()
    ended = threading.Event()

    def work() -> None:
        with pytest.raises(RuntimeError, match="disk is full"):
            listen_mqtt(plan, JsonEar(plan, inbox), floor.said.append, stop)
        ended.set()

    listener = threading.Thread(target=work)
    listener.start()
    for _ in range(1000):
        if floor.said:
            break
        time.sleep(0.01)
    _publish(broker.port, ("plant/L1/torque", _message(n=5)))
    listener.join(timeout=60)
    assert ended.is_set()
    assert floor.count() == 0
    with _listening(floor, plan):
        _until(floor, 1, 0)


def test_one_message_with_many_results(broker: Mosquitto, floor: Floor, tmp_path: Path) -> None:
    text = """
[mqtt]
port = {port}
[[read]]
topic = "bench/#"
each = "$.results[*]"
kind = "inspecting"
[read.columns]
event_time = "$.at"
code = "$.name"
quantity = "$.value"
machine = "topic/2"
"""
    plan = _plan(tmp_path, text, broker.port)
    at = datetime.now(UTC).isoformat()
    body = json.dumps(
        {"results": [{"at": at, "name": "p1", "value": 1}, {"at": at, "name": "p2", "value": 2.5}]}
    ).encode()
    with _listening(floor, plan):
        _publish(broker.port, ("bench/M-1", body), ("bench/M-1", body))
        _until(floor, 2, 0)
        time.sleep(0.3)
    assert sorted(floor.events("code, quantity, machine")) == [("p1", 1.0, "M-1"), ("p2", 2.5, "M-1")]


def test_a_broker_that_is_away_is_said_and_waited_for(floor: Floor, tmp_path: Path) -> None:
    plan = _plan(tmp_path, TORQUE, 9)
    stop = threading.Event()
    listener = threading.Thread(
        target=listen_mqtt, args=(plan, JsonEar(plan, floor.inbox(plan)), floor.said.append, stop)
    )
    listener.start()
    for _ in range(1000):
        if len(floor.said) >= 2:
            break
        time.sleep(0.01)
    stop.set()
    listener.join(timeout=20)
    assert "the broker at 127.0.0.1:9 is away" in floor.said[0]
    assert "next try in 1 s" in floor.said[0]
    assert "next try in 2 s" in floor.said[1]


def test_a_wrong_plan_says_everything_at_once(tmp_path: Path) -> None:
    text = """
[mqtt]
port = -1
hots = "x"
[[read]]
topic = "plant/#/torque"
kind = "inspektion"
[read.columns]
quantity = "nm"
colour = "$.c"
[[read]]
kind = "inspecting"
[read.columns]
quantity = "$..nm"
"""
    with pytest.raises(DataRejected) as refused:
        _plan(tmp_path, text)
    said = "\n".join(str(b) for b in refused.value.breaches)
    for part in (
        "port -1 is no number above 0",
        "hots is not known here",
        "there is no kind of event inspektion",
        "events has no column colour",
        "topic is not said",
        "$..nm is nothing a message has",
        "a message heard twice would count twice",
        "nothing says when it happened",
    ):
        assert part in said, said
    with pytest.raises(DataRejected, match="plant/#/torque is no topic filter"):
        _plan(tmp_path, '[[read]]\ntopic="plant/#/torque"\nkind="fault"\n[read.columns]\nevent_time="$.a"\n')
