"""How is a broker listened to so that a crash on either side loses nothing and doubles nothing?

The session is persistent and every message is acknowledged by hand, after the inbox is flushed: what was not safe comes
again. One loop does it all, so that an acknowledgement never reaches another connection than its message's. With
`receipts`, senders hear which of their numbers are safe and need not trust the broker's memory.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from smilecurve.connect.listening.inbox import Inbox, json_rows
from smilecurve.connect.listening.plans import Broker, Plan, Reader
from smilecurve.terms.errors import Breach, OptionRejected

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

__all__ = ["Ear", "JsonEar", "Letter", "listen_mqtt"]

MOST = 500
LONGEST_S = 0.2
LONGEST_PAUSE_S = 30.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of ours to the broker."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


class Ear(Protocol):
    """What a protocol on MQTT makes of messages: rows into the inbox, answers to the broker."""

    inbox: Inbox
    clean: bool

    def filters(self) -> Sequence[tuple[str, int]]:
        """What to subscribe to."""

    def will(self) -> Letter | None:
        """What the broker says when we vanish."""

    def greet(self) -> Iterable[Letter]:
        """What we say once connected."""

    def hear(self, topic: str, payload: bytes) -> Iterable[Letter]:
        """One message; the letters are answers to it."""

    def safe(self) -> Iterable[Letter]:
        """What we say once all that was heard is safe."""

    def farewell(self) -> Iterable[Letter]:
        """What we say before we go."""


class JsonEar:
    """MQTT JSON by a mapping; every message that matches a reader becomes its rows."""

    clean = False

    def __init__(self, plan: Plan, inbox: Inbox) -> None:
        self.plan, self.inbox = plan, inbox
        self._receipts: dict[str, list[str]] = {}

    def filters(self) -> list[tuple[str, int]]:
        """Every reader's topic, at least once."""
        return [(topic, 1) for topic in dict.fromkeys(r.match["topic"] for r in self.plan.readers)]

    def will(self) -> None:
        """No will."""
        return

    def greet(self) -> list[Letter]:
        """Nothing to say."""
        return []

    def hear(self, topic: str, payload: bytes) -> list[Letter]:
        """Read the message by every reader that its topic matches."""
        from paho.mqtt.client import topic_matches_sub

        for reader in self.plan.readers:
            if not topic_matches_sub(reader.match["topic"], topic):
                continue
            try:
                rows = json_rows(reader, topic, payload, datetime.now(UTC))
            except ValueError as error:
                self.inbox.refuse(reader, topic, payload, str(error), "mend the sender, or the cells, and replay")
                continue
            self.inbox.put(reader, topic, rows)
            if self.plan.said.get("receipts"):
                self._count(reader, topic, rows)
        return []

    def _count(self, reader: Reader, topic: str, rows: Sequence[object]) -> None:
        seq, source = (reader.mapping.columns.get(name) for name in ("seq", "source"))
        for row in rows:
            if isinstance(row, dict) and seq is not None and row.get(seq.source):
                sender = (row.get(source.source) if source is not None and source.source else None) or topic
                self._receipts.setdefault(str(sender), []).append(str(row[seq.source]))

    def safe(self) -> list[Letter]:
        """The numbers of every sender that are safe now, where the plan asks for receipts."""
        pattern, told = self.plan.said.get("receipts", ""), self._receipts
        self._receipts = {}
        return [Letter(pattern.replace("{source}", s), json.dumps({"safe": n}).encode()) for s, n in told.items()]

    def farewell(self) -> list[Letter]:
        """Nothing to say."""
        return []


def listen_mqtt(plan: Plan, ear: Ear, say: Say, stop: threading.Event) -> None:
    """Listen until `stop`; a broker that is away is tried again, ever more slowly, and that is said."""
    try:
        import paho.mqtt.client  # noqa: F401
    except ImportError:
        what, do = "MQTT needs the library paho-mqtt, which is not here", 'pip install "smilecurve[floor]"'
        raise OptionRejected(Breach(what, f"listen {plan.protocol}", do)) from None
    pause = 1.0
    while not stop.is_set():
        line = _Line(plan.broker, ear, say)
        try:
            line.run(stop)
            pause = 1.0
        except ssl.SSLCertVerificationError as error:
            what = f"the certificate of {plan.broker.host}:{plan.broker.port} is not trusted: {error.verify_message}"
            do = "name the file of its authority as ca, and the host as the certificate does"
            raise OptionRejected(Breach(what, "plan: mqtt.ca", do)) from None
        except OSError as error:
            pause = 1.0 if line.welcome else pause
            if not stop.is_set():
                where = f"{plan.broker.host}:{plan.broker.port}"
                say(f"the broker at {where} is away ({error}); next try in {pause:g} s")
            stop.wait(pause)
            pause = min(LONGEST_PAUSE_S, pause * 2)


class _Line:
    """One connection: what it heard is acknowledged on it, or not at all."""

    def __init__(self, broker: Broker, ear: Ear, say: Say) -> None:
        self.broker, self.ear, self.say = broker, ear, say
        self.welcome = False
        self.refused = ""
        self.later = False
        self._unsaid: list[tuple[int, int]] = []
        self._since = 0.0

    def run(self, stop: threading.Event) -> None:
        """Connect, listen and take leave; OSError when the connection ends."""
        client = self._client()
        client.connect(self.broker.host, self.broker.port, keepalive=30)
        try:
            while not stop.is_set():
                before = len(self._unsaid)
                code = client.loop(timeout=0.004 if self._unsaid else 0.2)
                if self.later:
                    raise ConnectionError(self.refused)
                if self.refused:
                    raise OptionRejected(
                        Breach(f"the broker refuses us: {self.refused}", "plan: mqtt", "mend user, password or client")
                    )
                if code:
                    raise ConnectionError(f"connection ended with code {int(code)}")
                quiet = len(self._unsaid) == before
                late = time.monotonic() - self._since > LONGEST_S
                if self._unsaid and (quiet or late or len(self._unsaid) >= MOST):
                    self._settle(client)
            self._leave(client)
        finally:
            self.ear.inbox.flush()

    def _client(self) -> Client:
        from paho.mqtt.client import Client, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion

        b = self.broker
        client = Client(
            CallbackAPIVersion.VERSION2, b.client, clean_session=self.ear.clean, protocol=MQTTv311, manual_ack=True
        )
        if b.user:
            client.username_pw_set(b.user, b.password or None)
        if b.tls:
            client.tls_set(b.ca or None, b.cert or None, b.key or None)
        will = self.ear.will()
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_connect = lambda c, _u, _f, code, _p: self._connected(c, code.is_failure, str(code))
        client.on_message = lambda c, _u, message: self._message(c, message)
        return client

    def _connected(self, client: Client, failed: bool, said: str) -> None:
        if failed:
            self.refused = said
            self.later = "unavailable" in said.lower() or "busy" in said.lower()
            return
        self.welcome = True
        filters = list(self.ear.filters())
        client.subscribe(filters)
        self.say(f"listening at {self.broker.host}:{self.broker.port} to {', '.join(f for f, _ in filters)}")
        self._post(client, self.ear.greet())

    def _message(self, client: Client, message: MQTTMessage) -> None:
        if not self._unsaid:
            self._since = time.monotonic()
        self._unsaid.append((message.mid, message.qos))
        self._post(client, self.ear.hear(message.topic, bytes(message.payload)))

    def _settle(self, client: Client) -> None:
        """Make everything heard safe, then acknowledge it."""
        self.ear.inbox.flush()
        for mid, qos in self._unsaid:
            client.ack(mid, qos)
        self._unsaid = []
        self._post(client, self.ear.safe())

    def _leave(self, client: Client) -> None:
        self._settle(client)
        self._post(client, self.ear.farewell())
        until = time.monotonic() + 2
        while client.want_write() and time.monotonic() < until and not client.loop(timeout=0.05):
            pass
        client.disconnect()

    def _post(self, client: Client, letters: Iterable[Letter]) -> None:
        for letter in letters:
            client.publish(letter.topic, letter.payload, letter.qos, letter.retain)
