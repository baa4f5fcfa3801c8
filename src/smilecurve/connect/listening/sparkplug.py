"""What do Sparkplug B edge nodes and devices say, and are we sure that we heard all of it?

A host application after the specification 3.0.0: it keeps the aliases that a birth gives, counts each node's numbers
and asks for a rebirth when one is missing or a name is unknown, takes deaths that belong to the present birth, and says
by its own STATE message that it is there. Metrics become rows: group, node, device, metric, value, time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from smilecurve.connect.listening.inbox import Inbox
from smilecurve.connect.listening.mqtt import Letter
from smilecurve.connect.listening.plans import Plan, Reader
from smilecurve.connect.listening.sparkplug_payload import Metric, Payload, decode_payload, encode_payload

__all__ = ["Node", "SparkplugEar"]

_OWN = ("bdSeq", "Node Control/", "Device Control/")
_ASK_AGAIN_S = 10.0
_KINDS = ("NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA")


@dataclass
class Node:
    """What is known of an edge node since its last birth: names by alias, by device ("" = the node itself)."""

    born: bool = False
    next_seq: int = 0
    death: int | None = None
    names: dict[str, dict[int, Metric]] = field(default_factory=dict)
    asked: float = float("-inf")


class SparkplugEar:
    """The host: rows into the inbox, rebirth requests and its own state to the broker."""

    clean = True

    def __init__(
        self, plan: Plan, inbox: Inbox, say: Callable[[str], None], clock: Callable[[], float] = time.time
    ) -> None:
        self.plan, self.inbox, self.say, self.clock = plan, inbox, say, clock
        self.host = plan.said.get("host_id", "smilecurve")
        self.nodes: dict[tuple[str, str], Node] = {}
        self._left: set[str] = set()
        self._state_at = 0

    def filters(self) -> list[tuple[str, int]]:
        """Every message of the groups, and our own state."""
        return [(f"spBv1.0/{self.plan.said.get('group', '+')}/#", 1), (self._state_topic, 1)]

    @property
    def _state_topic(self) -> str:
        return f"spBv1.0/STATE/{self.host}"

    def _state(self, online: bool) -> Letter:
        told = {"online": online, "timestamp": self._state_at}
        return Letter(self._state_topic, json.dumps(told).encode(), 1, True)

    def will(self) -> Letter:
        """If we vanish the broker says that the host is off line, with the time of this connection."""
        self._state_at = int(self.clock() * 1000)
        return self._state(False)

    def greet(self) -> list[Letter]:
        """The host is on line. Nodes may have been born anew meanwhile: those known before are asked for a rebirth."""
        before, self.nodes = list(self.nodes), {}
        asked = [
            letter
            for group, name in before
            for letter in self._rebirth(group, name, self.nodes.setdefault((group, name), Node()), "we were away")
        ]
        return [self._state(True), *asked]

    def safe(self) -> list[Letter]:
        """Nothing to say."""
        return []

    def farewell(self) -> list[Letter]:
        """The host goes."""
        return [self._state(False)]

    def hear(self, topic: str, payload: bytes) -> list[Letter]:
        """One message of a node or device; the answer is a request for rebirth where something is missing."""
        parts = topic.split("/")
        if parts[1:2] == ["STATE"]:
            return self._other_state(topic, payload)
        if len(parts) not in (4, 5) or parts[2] not in _KINDS:
            return []
        group, kind, name, device = parts[1], parts[2], parts[3], parts[4] if len(parts) == 5 else ""
        node = self.nodes.setdefault((group, name), Node())
        try:
            told = decode_payload(payload)
        except ValueError as error:
            self.inbox.refuse(self.plan.readers[0], topic, payload, str(error), "mend the edge node")
            return self._rebirth(group, name, node, "a message of it cannot be read")
        if kind == "NDEATH":
            self._die(node, told, f"{group}/{name}")
            return []
        why = self._counted(node, kind, device, told)
        known = node.names.setdefault(device, {}) if kind.endswith("BIRTH") else node.names.get(device, {})
        if kind.endswith("BIRTH"):
            known.clear()
            known.update({m.alias: m for m in told.metrics if m.alias is not None})
        if kind == "DDEATH":
            node.names.pop(device, None)
            return self._rebirth(group, name, node, why) if why else []
        unknown = self._rows(topic, (group, name, device), told, known)
        why = why or (f"alias {unknown} is unknown" if unknown is not None else "")
        return self._rebirth(group, name, node, why) if why else []

    def _other_state(self, topic: str, payload: bytes) -> list[Letter]:
        """Should another's old will say that we are away, we say that we are here."""
        try:
            told = json.loads(payload)
            gone = topic == self._state_topic and told["online"] is False and told["timestamp"] <= self._state_at
        except (ValueError, KeyError, TypeError):
            return []
        return [self._state(True)] if gone else []

    def _die(self, node: Node, told: Payload, where: str) -> None:
        number = next((m.value for m in told.metrics if m.name == "bdSeq"), None)
        if node.born and number == node.death:
            node.born = False
            node.names.clear()
            self.say(f"{where} is off line")

    def _counted(self, node: Node, kind: str, device: str, told: Payload) -> str:
        """Count the message; returns what is missing, if something is."""
        if kind == "NBIRTH":
            number = next((m.value for m in told.metrics if m.name == "bdSeq"), None)
            node.death = int(number) if isinstance(number, int) else None
            node.born, node.asked = True, float("-inf")
            node.names.clear()
            node.next_seq = ((told.seq or 0) + 1) % 256
            return ""
        if not node.born:
            return "its birth was not heard"
        expected, node.next_seq = node.next_seq, ((told.seq or 0) + 1) % 256
        if told.seq != expected:
            return f"number {expected} is missing, {told.seq} came"
        if kind == "DDATA" and device not in node.names:
            return f"the birth of {device} was not heard"
        return ""

    def _rebirth(self, group: str, name: str, node: Node, why: str) -> list[Letter]:
        """Ask the node to say all its metrics again, not more often than every ten seconds."""
        now = self.clock()
        if now - node.asked < _ASK_AGAIN_S:
            return []
        node.asked = now
        self.say(f"{group}/{name}: {why}; asked for a rebirth")
        asked = Payload(int(now * 1000), None, (Metric("Node Control/Rebirth", None, int(now * 1000), 11, True),))
        return [Letter(f"spBv1.0/{group}/NCMD/{name}", encode_payload(asked), 0)]

    def _rows(self, topic: str, where: tuple[str, str, str], told: Payload, known: dict[int, Metric]) -> int | None:
        """Rows of every metric that a reader wants; returns an alias that nobody named, if there is one."""
        wanted: dict[int, list[dict[str, str | None]]] = {}
        unknown: int | None = None
        for metric in told.metrics:
            birth = known.get(metric.alias) if metric.alias is not None else None
            name = metric.name or (birth.name if birth else "")
            if name.startswith(_OWN) or metric.value is None:
                continue
            datatype = metric.datatype or (birth.datatype if birth else 0)
            row = _row(where, name, datatype, metric, told)
            if not name:
                unknown = metric.alias
                hint = "write the metric's name and replay; the node was asked for a rebirth"
                self.inbox.refuse(self.plan.readers[0], topic, row, f"alias {metric.alias} is unknown", hint)
                continue
            at = self._reader(where, name)
            if at is None:
                self._leave("/".join(filter(None, (*where, name))))
            else:
                wanted.setdefault(at, []).append(row)
        for at, rows in wanted.items():
            self.inbox.put(self.plan.readers[at], topic, rows)
        return unknown

    def _reader(self, where: tuple[str, str, str], name: str) -> int | None:
        for at, reader in enumerate(self.plan.readers):
            if _fits(reader, where, name):
                return at
        return None

    def _leave(self, metric: str) -> None:
        if metric not in self._left:
            self._left.add(metric)
            self.say(f"{metric} is read by no [[read]]: left")


def _fits(reader: Reader, where: tuple[str, str, str], name: str) -> bool:
    m = reader.match
    return (
        fnmatchcase(where[1], m.get("node", "*"))
        and fnmatchcase(where[2], m.get("device", "*"))
        and fnmatchcase(name, m["metric"])
    )


def _row(where: Sequence[str], name: str, datatype: int, metric: Metric, told: Payload) -> dict[str, str | None]:
    stamp = metric.timestamp if metric.timestamp is not None else told.timestamp
    when = None
    if stamp is not None:
        when = datetime.fromtimestamp(stamp / 1000, UTC).isoformat() if stamp < 253_402_300_800_000 else str(stamp)
    return {
        "group": where[0],
        "node": where[1],
        "device": where[2] or None,
        "metric": name or None,
        "value": _shown(metric.value),
        "time": when,
        "datatype": Metric(datatype=datatype).type_name,
        "historical": "true" if metric.historical else "false",
        "received": datetime.now(UTC).isoformat(),
    }


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value != value:
        return "(NaN)"
    return value.hex() if isinstance(value, bytes) else str(value)
