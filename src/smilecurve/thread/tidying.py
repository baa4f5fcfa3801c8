"""Are these few records plainly sound?

A faster way to say yes for single events and batches of records: plain Python, column by column, instead of Arrow.
Whatever is not plainly sound is answered None and judged by the full check in `incoming`, which alone refuses; ids and
cells come out the same either way.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import cast

from smilecurve.terms.event import KINDS, SPENT
from smilecurve.terms.place import currency_codes, market_codes
from smilecurve.thread.incoming import COLUMNS, CONTENT, PAIR, RECORD, UNIT
from smilecurve.thread.ledger import Cell, Row
from smilecurve.thread.shelf import micros
from smilecurve.thread.tail import TAIL_COLUMNS

__all__ = ["Tidied", "tidied"]

_KNOWN = frozenset(COLUMNS)
_SPECIAL = ("event_time", "record_time", "seq", "quantity", "amount", "details", "components")
_TEXTS = tuple(c for c in COLUMNS if c not in _SPECIAL)
_NONE = type(None)
Cells = Sequence[Cell]


class _Unsure(Exception):
    """These records are not plainly sound: the full check is to judge them."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """Sound records by column, as rows of the tail keep them; `told` names the columns in which anything may stand."""

    columns: Mapping[str, Cells]
    told: frozenset[str]
    numbered: bool

    def rows(self) -> list[Row]:
        """The same as rows of the tail, without position."""
        return list(zip(*(self.columns[name] for name in TAIL_COLUMNS[1:]), strict=True))


def tidied(records: Sequence[Mapping[str, object]], *, source: str, now_us: int) -> Tidied | None:
    """The records if every one is plainly sound, else None."""
    told = set().union(*records)
    if not told <= _KNOWN:
        return None
    absent: Cells = [None] * len(records)
    try:
        columns: dict[str, Cells] = dict.fromkeys(COLUMNS, absent)
        for name in told:
            columns[name] = _column(name, [r.get(name) for r in records])
        columns["record_time"] = [now_us if at is None else at for at in columns["record_time"]]
        _whole(columns)
    except _Unsure:
        return None
    columns["source"] = [source or "local" if s is None else s for s in columns["source"]]
    numbered = None not in columns["seq"] and not any(i is not None for i in columns["event_id"])
    columns["event_id"] = _ids(columns)
    return Tidied(columns, frozenset(told) | {"event_id", "record_time", "source"}, numbered)


def _column(name: str, cells: list[object]) -> Cells:
    kinds = set(map(type, cells))
    if name in _TEXTS:
        return _texts(name, cells, kinds)
    if name in ("event_time", "record_time"):
        return _times(cells, kinds)
    if name == "seq":
        return _wholes(cells, kinds)
    if name in ("quantity", "amount"):
        return _numbers(cells, kinds)
    return [_details(c) if name == "details" else _components(c) for c in cells]


def _texts(name: str, cells: list[object], kinds: set[type]) -> Cells:
    if not kinds <= {str, _NONE}:
        raise _Unsure
    codes = {"market": market_codes, "currency": currency_codes}.get(name)
    if codes is not None and not set(cells) - {None} <= set(codes()):
        raise _Unsure
    return cast("Cells", cells)


def _times(cells: list[object], kinds: set[type]) -> Cells:
    if not all(kind is _NONE or issubclass(kind, datetime) for kind in kinds):
        raise _Unsure
    times = cast("list[datetime | None]", cells)
    if any(t is not None and t.fold for t in times):  # equal to the other hour of the same name, and not the same time
        return [None if t is None else micros(t) for t in times]
    known: dict[datetime | None, int | None] = {t: None if t is None else micros(t) for t in set(times)}
    return [known[t] for t in times]


def _wholes(cells: list[object], kinds: set[type]) -> Cells:
    if not kinds <= {int, _NONE}:
        raise _Unsure
    numbers = cast("list[int | None]", cells)
    if not all(n is None or 0 <= n < 1 << 62 for n in numbers):
        raise _Unsure
    return numbers


def _numbers(cells: list[object], kinds: set[type]) -> Cells:
    if not kinds <= {int, float, _NONE}:
        raise _Unsure
    numbers = cast("list[int | float | None]", cells)
    if not all(n is None or (abs(n) < 1 << 53 if type(n) is int else math.isfinite(n)) for n in numbers):
        raise _Unsure
    return [None if n is None else float(n) for n in numbers]


def _details(value: object) -> Cell:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise _Unsure
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if value else None


def _components(value: object) -> Cell:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        raise _Unsure
    triples: list[list[str | None]] = []
    for piece in value:
        if (
            not isinstance(piece, Mapping)
            or not isinstance(piece.get("part"), str)
            or not isinstance(piece.get("lot"), str)
        ):
            raise _Unsure
        place = piece.get("component")
        if place is not None and not isinstance(place, str):
            raise _Unsure
        triples.append([place, piece["part"], piece["lot"]])
    return json.dumps(triples, ensure_ascii=False, separators=(",", ":")) if triples else None


def _whole(columns: Mapping[str, Cells]) -> None:
    """Does every event have a time, a kind, what its kind needs, and a currency beside an amount?"""
    kinds = columns["kind"]
    there = set(kinds)
    if not there <= KINDS.keys() or None in columns["event_time"]:
        raise _Unsure
    for kind in there:
        for column in KINDS[str(kind)].needs:
            cells = columns[column]
            if None in cells and any(k == kind and c is None for k, c in zip(kinds, cells, strict=True)):
                raise _Unsure
    amounts = cast("Sequence[float | None]", columns["amount"])
    if amounts.count(None) < len(amounts):
        money = zip(amounts, columns["currency"], kinds, strict=True)
        if any(a is not None and (c is None or (a < 0 and k in SPENT)) for a, c, k in money):
            raise _Unsure


def _ids(columns: Mapping[str, Cells]) -> Cells:
    """The sender's ids, else source and number, else the hash of the content."""
    given, numbers = columns["event_id"], columns["seq"]
    found: list[Cell] = [
        i if i is not None else None if n is None else f"{s}#{n}"
        for i, s, n in zip(given, columns["source"], numbers, strict=True)
    ]
    if None in found:
        for row, told in enumerate(found):
            if told is None:
                found[row] = _id({name: cells[row] for name, cells in columns.items()})
    return found


def _id(cells: dict[str, Cell]) -> str:
    """The hash of an event's content."""
    texts: list[str] = []
    for name in CONTENT:
        value = cells[name]
        if value is None:
            texts.append("")
        elif name in ("quantity", "amount"):
            texts.append(str(struct.unpack("<q", struct.pack("<d", value))[0]))
        else:
            texts.append(str(value))
    triples = json.loads(str(cells["components"])) if cells["components"] else []
    texts.append(PAIR.join(RECORD.join(cell or "" for cell in triple) for triple in triples))
    return blake2b(UNIT.join(texts).encode(), digest_size=16).hexdigest()
