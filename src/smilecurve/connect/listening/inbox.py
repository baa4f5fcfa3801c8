"""Which of the messages heard are events, and is each of them safe?

Messages gather for a moment and come in together: one conversion, one commit. When `flush` returns, every message is
either in the thread or in quarantine, and may be acknowledged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.convert import convert
from smilecurve.connect.listening.paths import path_of, picked, shown, topic_level
from smilecurve.connect.listening.plans import Plan, Reader
from smilecurve.connect.loaded import REJECTED, WHOLE_LINE, Fault, Loaded, Raw, gather_rejected, raw_text
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["Heard", "Inbox", "json_rows"]

Row = Mapping[str, str | None]
Take = Callable[[Loaded], int]
Keep = Callable[[Iterable[Loaded]], int]


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of messages so far: rows heard, new events, rows known before, rows put into quarantine."""

    rows: int = 0
    added: int = 0
    known: int = 0
    bad: int = 0

    def plus(self, other: Heard) -> Heard:
        """Both together."""
        return Heard(self.rows + other.rows, self.added + other.added, self.known + other.known, self.bad + other.bad)


class Inbox:
    """Rows that wait for the door, by reader and topic.

    take: the door for good rows, returns how many are new; keep: the quarantine; now: the clock against which senders'
    clocks are judged.
    """

    def __init__(self, plan: Plan, take: Take, keep: Keep, now: Callable[[], datetime]) -> None:
        self.plan, self.take, self.keep, self.now = plan, take, keep, now
        self.heard = Heard()
        self.number = 0
        self._waiting: dict[tuple[int, str], list[tuple[int, Row]]] = {}
        self._broken: list[Loaded] = []

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._waiting.values()) + len(self._broken)

    def put(self, reader: Reader, topic: str, rows: Sequence[Row]) -> None:
        """Rows of one message; they share its number."""
        self.number += 1
        at = self.plan.readers.index(reader)
        self._waiting.setdefault((at, topic), []).extend((self.number, row) for row in rows)

    def refuse(self, reader: Reader, topic: str, told: bytes | Row, reason: str, hint: str) -> None:
        """A message, or a row of one, that cannot be taken: to quarantine as it stands."""
        self.number += 1
        cells: dict[str, object] = dict.fromkeys(_sources(reader))
        if isinstance(told, bytes):
            shown = told.decode("utf-8", errors="backslashreplace")
            cells = {WHOLE_LINE: shown, **cells}
        else:
            shown = told.get("value") or ""
            cells |= told
        row: dict[str, object] = {
            "file": topic,
            "line": self.number,
            "column": "" if isinstance(told, bytes) else "value",
            "value": shown[:200],
            "reason": reason,
            "hint": hint,
            "raw": raw_text(cells),
        }
        rejected = REJECTED.rows([row]).cast(REJECTED.schema)
        self._broken.append(Loaded("events", None, None, 0, rejected, (), reader.mapping.recipe))

    def flush(self) -> Heard:
        """Bring in everything that waits: afterwards all of it is safe. If the store raises, the rows are kept."""
        parts: list[Loaded] = list(self._broken)
        done = Heard(bad=len(self._broken), rows=len(self._broken))
        for (at, topic), waiting in self._waiting.items():
            raw = _raw(topic, self.plan.readers[at], waiting)
            for loaded, added in self._in(raw, self.plan.readers[at]):
                parts.append(loaded)
                bad = loaded.rejected_rows if loaded.good else raw.rows_in if len(raw.lines) > 1 else 1
                bad = bad if loaded.rejected.num_rows else 0
                done = done.plus(Heard(loaded.good + bad, added, loaded.good - added, bad))
        if any(part.rejected.num_rows for part in parts):
            self.keep(part for part in parts if part.rejected.num_rows)
        self._waiting, self._broken = {}, []
        self.heard = self.heard.plus(done)
        return done

    def _in(self, raw: Raw, reader: Reader) -> list[tuple[Loaded, int]]:
        """Convert and take rows together; where one of them spoils the whole, one by one."""
        try:
            loaded = _named(convert(raw, reader.mapping), reader)
            if not self._clock_breach(loaded):
                return [(loaded, self.take(loaded) if loaded.good else 0)]
        except DataRejected:
            pass
        found: list[tuple[Loaded, int]] = []
        for i in range(raw.rows.num_rows):
            found += self._one(replace(raw, rows=raw.rows.slice(i, 1), lines=raw.lines.slice(i, 1)), reader)
        return found

    def _one(self, raw: Raw, reader: Reader) -> list[tuple[Loaded, int]]:
        try:
            loaded = _named(convert(raw, reader.mapping), reader)
            breach = self._clock_breach(loaded)
            if breach is None:
                return [(loaded, self.take(loaded) if loaded.good else 0)]
        except DataRejected as error:
            breach = error.breaches[0]
        fault = Fault(np.array([0]), breach.column, pa.array([breach.value]), breach.what, breach.do)
        return [(Loaded("events", None, None, 0, gather_rejected(raw, [fault]), (), reader.mapping.recipe), 0)]

    def _clock_breach(self, loaded: Loaded) -> Breach | None:
        if loaded.events is None or not loaded.events.num_rows:
            return None
        times, now = loaded.events.column("event_time"), self.now()
        first, last = pc.min(times).as_py(), pc.max(times).as_py()
        do = "set the sender's clock, mend the time and replay"
        if last > now + timedelta(seconds=self.plan.ahead_s):
            what = f"{last:%Y-%m-%d %H:%M:%S} lies ahead of now: the sender's clock is off"
        elif first < now - timedelta(days=self.plan.oldest_days):
            what = f"{first:%Y-%m-%d %H:%M:%S} lies more than {self.plan.oldest_days:g} days back: the clock is off"
        else:
            return None
        return Breach(what, "event_time", do, column="event_time")


def _named(loaded: Loaded, reader: Reader) -> Loaded:
    """Events of a stream are named by the sender (event_id, or source and seq), else by what they say."""
    if loaded.events is None or "event_id" in reader.mapping.columns:
        return loaded
    at = loaded.events.column_names.index("event_id")
    return replace(
        loaded, events=loaded.events.set_column(at, "event_id", pa.nulls(loaded.events.num_rows, pa.string()))
    )


def _sources(reader: Reader) -> list[str]:
    return list(dict.fromkeys(how.source for how in reader.mapping.columns.values() if how.source))


def _raw(topic: str, reader: Reader, waiting: Sequence[tuple[int, Row]]) -> Raw:
    rows = {s: pa.array([row.get(s) for _, row in waiting], pa.string()) for s in _sources(reader)}
    return Raw(topic, pa.table(rows), pa.array([number for number, _ in waiting], pa.int64()))


def json_rows(reader: Reader, topic: str, payload: bytes, received: datetime) -> list[Row]:
    r"""The rows of one JSON message; ValueError says why it has none.

    >>> from smilecurve.connect.mapping import parse_mapping
    >>> how = parse_mapping('target = "events"\nkind = "fault"\n[columns]\nquantity = "$.nm"\nplace = "topic/2"')
    >>> json_rows(Reader({}, how), "plant/L1", b'{"nm": 41.50}', datetime(2026, 1, 2))
    [{'$.nm': '41.50', 'topic/2': 'L1'}]
    """
    try:
        message = json.loads(payload.decode("utf-8"), parse_float=str, parse_int=str, parse_constant="({})".format)
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is no UTF-8") from None
    except RecursionError:
        raise ValueError("is nested too deep to be read") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error}") from None
    each = reader.match.get("each", "")
    found = picked(message, path_of(each.removesuffix("[*]")) or ()) if each else message
    parts = found if isinstance(found, list) else [found]
    if not parts or not all(isinstance(part, dict) for part in parts):
        raise ValueError(f"holds no object at {each or '$'}")
    return [{s: _cell(s, part, topic, received) for s in _sources(reader)} for part in parts]


def _cell(source: str, part: object, topic: str, received: datetime) -> str | None:
    if source == "received":
        return received.isoformat()
    path = path_of(source)
    return topic_level(topic, source) if path is None else shown(picked(part, path))
