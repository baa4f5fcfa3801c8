"""Is this part of a history sound, numbered and in order?

A quick look at the texts that stand for millions of rows; whatever is not plainly sound goes to the full check of
`incoming`, which names every breach.
"""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.event import COMPONENTS_TYPE, EVENT_SCHEMA, KINDS, SPENT
from smilecurve.terms.place import currency_codes, market_codes
from smilecurve.thread.history.columns import Part
from smilecurve.thread.incoming import arranged, breaches_of

__all__ = ["in_order", "judged"]

_LATEST = 1 << 62


def judged(events: pa.Table, part: Part, before_us: int) -> None:
    """DataRejected with every breach if the part is not sound, not numbered, or not in order after `before_us`."""
    unknown = [n for n in events.column_names if n not in EVENT_SCHEMA.names]
    if unknown or not _plainly_sound(part):
        from datetime import UTC, datetime

        plain = arranged(_plain(events), source="history", now=datetime.fromtimestamp(0, UTC))
        found = breaches_of(plain) + [
            Breach(f"an event has no column {n}", f"events.{n}", "put it into details", "events", None, n)
            for n in unknown
        ]
        if found:
            raise DataRejected(found)
    if (part.seq < 0).any() or (part.seq >= _LATEST).any() or (part.texts["event_id"].codes >= 0).any():
        raise DataRejected(
            _breach("history is known by source and number", "seq", "number every event of the source, leave event_id")
        )
    if not in_order(part):
        raise DataRejected(
            _breach("events are not in the order of machine and time", "machine", "sort them, without a machine last")
        )
    if part.rows and int(part.event_time.min()) < before_us:
        raise DataRejected(
            _breach("events are older than the part before", "event_time", "give the parts in order of time")
        )


def _breach(what: str, column: str, do: str) -> list[Breach]:
    return [Breach(what, f"events.{column}", do, "events", None, column)]


def _plain(events: pa.Table) -> pa.Table:
    """Texts as texts, components as the schema has them."""
    columns = {}
    for name in events.column_names:
        column = events.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        elif name == "components" and column.type != COMPONENTS_TYPE:
            column = pa.chunked_array([pa.array(column.to_pylist(), COMPONENTS_TYPE)])
        columns[name] = column
    return pa.table(columns)


def _plainly_sound(part: Part) -> bool:
    if not all(name in KINDS for name in part.kinds):
        return False
    if part.rows and int(part.event_time.min()) == np.iinfo(np.int64).min:
        return False
    for column, known in (("market", market_codes()), ("currency", currency_codes())):
        if any(text not in known for text in part.texts[column].names.to_pylist()):
            return False
    for name, rows in part.kinds.items():
        if any(not _filled(part, column, rows) for column in KINDS[name].needs):
            return False
    if not all(np.isfinite(values).all() for values, _ in part.numbers.values()):
        return False
    amount, paid = part.numbers["amount"]
    if (paid & (part.texts["currency"].codes < 0)).any() or (amount[part.of_kind(*SPENT)] < 0).any():
        return False
    if part.pieces is not None and ((part.pieces.part.codes < 0).any() or (part.pieces.lot.codes < 0).any()):
        return False
    return all(_is_object(text) for text in part.texts["details"].names.to_pylist())


def _filled(part: Part, column: str, rows: np.ndarray) -> bool:
    if column == "components":
        return part.pieces is not None and bool(part.pieces.there[rows].all())
    if column in part.numbers:
        return bool(part.numbers[column][1][rows].all())
    return bool((part.texts[column].codes[rows] >= 0).all())


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def in_order(part: Part) -> bool:
    """Are events sorted by machine (those without one last) and time? The names of machines rise."""
    codes = part.texts["machine"].codes.view(np.uint32)
    at = part.event_time
    later, before = codes[1:], codes[:-1]
    return not (later < before).any() and not ((later == before) & (at[1:] < at[:-1])).any()
