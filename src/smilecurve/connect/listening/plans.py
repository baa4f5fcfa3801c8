"""What is listened to, where, and what becomes of each message? A plan is a TOML file that people keep.

`[[read]]` names messages (a topic, metrics, a node, a folder) and holds a mapping as `smile load` knows it: `kind`,
`[read.columns]`. Everything wrong with a plan is said at once.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from pathlib import Path

from smilecurve.connect.listening.paths import path_of
from smilecurve.connect.mapping import Mapping, parse_mapping
from smilecurve.terms.errors import Breach, DataRejected, NotFound

__all__ = ["PROTOCOLS", "Broker", "Plan", "Reader", "read_plan"]

PROTOCOLS = ("mqtt", "sparkplug", "opcua", "folder")
_SECTIONS: Dict[str, tuple[str, ...]] = {
    "mqtt": ("host", "port", "client", "user", "password_env", "tls", "ca", "cert", "key", "receipts"),
    "sparkplug": ("host", "port", "client", "user", "password_env", "tls", "ca", "cert", "key", "host_id", "group"),
    "opcua": ("url", "user", "password_env", "security", "publish_ms", "queue"),
    "folder": ("every_s", "settle_s"),
}
_CLOCK = ("ahead_s", "oldest_days")
_MATCH: Dict[str, tuple[str, ...]] = {
    "mqtt": ("topic", "each"),
    "sparkplug": ("node", "device", "metric"),
    "opcua": ("node",),
    "folder": ("path", "files"),
}
_FACTS: Dict[str, tuple[str, ...]] = {
    "sparkplug": ("group", "node", "device", "metric", "value", "time", "datatype", "historical", "received"),
    "opcua": ("node", "value", "time", "status", "received"),
}


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a server is and how it lets us in."""

    host: str = "127.0.0.1"
    port: int = 1883
    client: str = "smilecurve"
    user: str = ""
    password: str = ""
    tls: bool = False
    ca: str = ""
    cert: str = ""
    key: str = ""
    security: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Which messages, and the mapping that makes events of them; `match` are the words of the protocol."""

    match: Dict[str, str]
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class Plan:
    """One source of the shop floor. `said` are settings of the protocol alone."""

    protocol: str
    readers: tuple[Reader, ...]
    broker: Broker = field(default_factory=Broker)
    said: Dict[str, str] = field(default_factory=dict)
    ahead_s: float = 3600.0
    oldest_days: float = 3650.0


def read_plan(path: str | Path, protocol: str) -> Plan:
    """The plan in a TOML file for a protocol; DataRejected lists everything wrong with it at once."""
    path = Path(path)
    if not path.is_file():
        raise NotFound(Breach(f"there is no file {path}", "plan", "see docs/shop-floor.md for one to copy"))
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataRejected(Breach(f"{path.name} is no TOML: {error}", path.name, "mend the line it names")) from None
    breaches: list[Breach] = []
    section = told.get(protocol, {})
    if not isinstance(section, dict):
        raise DataRejected(Breach(f"{protocol} is no table", path.name, f"write [{protocol}] and its words below"))
    known = (*_SECTIONS[protocol], *_CLOCK)
    breaches += [
        Breach(f"{word} is not known here", f"{path.name}: {protocol}", f"use {', '.join(known)}")
        for word in section
        if word not in known
    ]
    readers = tuple(
        found
        for n, entry in enumerate(told.get("read", []), 1)
        if (found := _reader(entry, protocol, f"{path.name}: read {n}", breaches)) is not None
    )
    if not told.get("read"):
        breaches.append(Breach("nothing is read", path.name, "add [[read]] with what to hear and [read.columns]"))
    numbers = _numbers(section, f"{path.name}: {protocol}", breaches)
    if protocol == "opcua" and not section.get("url"):
        breaches.append(Breach("the server is not named", f"{path.name}: opcua.url", 'url = "opc.tcp://host:4840"'))
    if breaches:
        raise DataRejected(breaches)
    broker = _broker(section, int(numbers.get("port", 8883 if section.get("tls") else 1883)), path.parent)
    said = {k: str(section[k]) for k in ("receipts", "host_id", "group", "url") if k in section}
    said |= {k: str(numbers[k]) for k in ("publish_ms", "queue", "every_s", "settle_s") if k in numbers}
    return Plan(protocol, readers, broker, said, numbers.get("ahead_s", 3600.0), numbers.get("oldest_days", 3650.0))


def _numbers(section: Dict[str, object], at: str, breaches: list[Breach]) -> dict[str, float]:
    found: dict[str, float] = {}
    for word in ("port", "publish_ms", "queue", "every_s", "settle_s", *_CLOCK):
        value = section.get(word)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e9:
            breaches.append(Breach(f"{word} {value} is no number above 0", at, "write a number"))
        else:
            found[word] = float(value)
    return found


def _broker(section: Dict[str, object], port: int, folder: Path) -> Broker:
    env = str(section.get("password_env", ""))
    files = {w: str(folder / str(section[w])) for w in ("ca", "cert", "key") if section.get(w)}
    return Broker(
        str(section.get("host", "127.0.0.1")),
        port,
        str(section.get("client", "smilecurve")),
        str(section.get("user", "")),
        os.environ.get(env, "") if env else "",
        bool(section.get("tls")) or bool(files),
        files.get("ca", ""),
        files.get("cert", ""),
        files.get("key", ""),
        str(section.get("security", "")),
    )


def _reader(entry: Dict[str, object], protocol: str, at: str, breaches: list[Breach]) -> Reader | None:
    import tomlkit

    match = {word: str(entry[word]) for word in _MATCH[protocol] if word in entry}
    needed = {"mqtt": "topic", "sparkplug": "metric", "opcua": "node", "folder": "path"}[protocol]
    if needed not in match:
        breaches.append(Breach(f"{needed} is not said", at, f'{needed} = "..." says what is read here'))
    known = (*_MATCH[protocol], "target", "kind", "columns", "file")
    unknown = [word for word in entry if word not in known]
    breaches += [Breach(f"{word} is not known here", at, f"use {', '.join(known)}") for word in unknown]
    told = {k: entry[k] for k in ("kind", "file", "columns") if k in entry}
    try:
        mapping = parse_mapping(tomlkit.dumps({"target": str(entry.get("target", "events")), **told}), at)
    except DataRejected as error:
        breaches += error.breaches
        return None
    if protocol != "folder":
        breaches += _stream_breaches(mapping, protocol, at)
        mapping = replace(mapping, decimal=mapping.decimal or ".")
    breaches += _match_breaches(match, protocol, at)
    return Reader(match, mapping)


def _stream_breaches(mapping: Mapping, protocol: str, at: str) -> list[Breach]:
    """What a message must tell so that hearing it twice adds nothing, and sources that no message has."""
    if mapping.target != "events":
        return [Breach(f"{mapping.target} is no stream", f"{at}: target", "leave target out: messages are events")]
    found: list[Breach] = []
    told = {name for name, how in mapping.columns.items() if how.source and how.source != "received"}
    if "event_id" not in told and "seq" not in told and "event_time" not in told:
        do = "map event_time, or seq (with source), or event_id to something the sender writes"
        found.append(Breach("a message heard twice would count twice", f"{at}: columns", do))
    if "event_time" not in mapping.columns:
        found.append(Breach("nothing says when it happened", f"{at}: columns.event_time", 'event_time = "received"'))
    for name, how in mapping.columns.items():
        if how.source and not _known(how.source, protocol):
            known = "$.a.b, topic, topic/1 or received" if protocol == "mqtt" else ", ".join(_FACTS[protocol])
            found.append(Breach(f"{how.source} is nothing a message has", f"{at}: columns.{name}", f"use {known}"))
    return found


def _known(source: str, protocol: str) -> bool:
    if protocol != "mqtt":
        return source in _FACTS[protocol]
    level = source.partition("/")[2]
    return source in ("topic", "received") or (source.startswith("topic/") and level.isdigit()) or bool(path_of(source))


def _match_breaches(match: Dict[str, str], protocol: str, at: str) -> list[Breach]:
    found: list[Breach] = []
    topic = match.get("topic", "")
    levels = topic.split("/")
    if protocol == "mqtt" and ("#" in levels[:-1] or any(len(x) > 1 and ("#" in x or "+" in x) for x in levels)):
        found.append(Breach(f"{topic} is no topic filter", f"{at}: topic", "+ and # stand alone, # only at the end"))
    each = match.get("each", "")
    if each and path_of(each.removesuffix("[*]")) is None:
        found.append(Breach(f"{each} is no path", f"{at}: each", 'write e.g. "$.results[*]"'))
    return found
