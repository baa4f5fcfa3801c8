"""Are these few records plainly sound?

A faster way to say yes for single events: plain Python instead of Arrow. Whatever is not plainly sound is answered None
and judged by the full check in `incoming`, which alone refuses; ids and cells come out the same either way.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from smilecurve.terms.event import KINDS
from smilecurve.terms.place import currency_codes, market_codes
from smilecurve.thread.incoming import COLUMNS, CONTENT, PAIR, RECORD, UNIT
from smilecurve.thread.ledger import Cell, Row
from smilecurve.thread.sealing import TAIL_COLUMNS
from smilecurve.thread.shelf import micros

__all__ = ["tidied"]

_KNOWN = frozenset(COLUMNS)
_SPECIAL = ("event_time", "record_time", "seq", "quantity", "amount", "details", "components")
_TEXTS = tuple(c for c in COLUMNS if c not in _SPECIAL)


def tidied(records: Sequence[Mapping[str, object]], *, source: str, now_us: int) -> list[Row] | None:
    """Ledger rows (without position) of records if every one is plainly sound, else None."""
    rows: list[Row] = []
    for record in records:
        cells = _cells(record, source or "local", now_us)
        if cells is None:
            return None
        rows.append(tuple(cells[name] for name in TAIL_COLUMNS[1:]))
    return rows


def _cells(record: Mapping[str, object], source: str, now_us: int) -> dict[str, Cell] | None:
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in KINDS or not record.keys() <= _KNOWN:
        return None
    cells: dict[str, Cell] = {}
    for name in _TEXTS:
        value = record.get(name)
        if value is not None and type(value) is not str:
            return None
        cells[name] = value
    heard, at = record.get("record_time"), record.get("event_time")
    if not isinstance(at, datetime) or not (heard is None or isinstance(heard, datetime)):
        return None
    cells["event_time"], cells["record_time"] = micros(at), now_us if heard is None else micros(heard)
    if not _numbers(record, cells) or not _coded(cells) or not _structured(record, cells):
        return None
    if any(cells[column] is None for column in KINDS[kind].needs):
        return None
    cells["source"] = cells["source"] if cells["source"] is not None else source
    if cells["event_id"] is None:
        cells["event_id"] = _id(cells)
    return cells


def _numbers(record: Mapping[str, object], cells: dict[str, Cell]) -> bool:
    seq = record.get("seq")
    if seq is not None and (type(seq) is not int or not 0 <= seq < 1 << 62):
        return False
    cells["seq"] = seq
    for name in ("quantity", "amount"):
        value = record.get(name)
        if value is None:
            cells[name] = None
        elif type(value) is float or (type(value) is int and abs(value) < 1 << 53):
            if not math.isfinite(value):
                return False
            cells[name] = float(value)
        else:
            return False
    return True


def _coded(cells: dict[str, Cell]) -> bool:
    market, currency = cells["market"], cells["currency"]
    return (market is None or market in market_codes()) and (currency is None or currency in currency_codes())


def _structured(record: Mapping[str, object], cells: dict[str, Cell]) -> bool:
    details, components = record.get("details"), record.get("components")
    if isinstance(details, Mapping):
        text = json.dumps(details, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if details else None
        cells["details"] = text
    elif details is None:
        cells["details"] = None
    else:
        return False
    cells["components"] = None
    if components is None:
        return True
    if not isinstance(components, (list, tuple)):
        return False
    triples: list[list[str | None]] = []
    for piece in components:
        if (
            not isinstance(piece, Mapping)
            or not isinstance(piece.get("part"), str)
            or not isinstance(piece.get("lot"), str)
        ):
            return False
        place = piece.get("component")
        if place is not None and not isinstance(place, str):
            return False
        triples.append([place, piece["part"], piece["lot"]])
    if triples:
        cells["components"] = json.dumps(triples, ensure_ascii=False, separators=(",", ":"))
    return True


def _id(cells: dict[str, Cell]) -> str:
    if cells["seq"] is not None:
        return f"{cells['source']}#{cells['seq']}"
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
