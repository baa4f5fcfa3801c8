"""Which rows can be read and still cannot be meant: garbled text, money of no currency, a report before its event?

Mojibake is text whose bytes were read in the wrong encoding once, before we got it: UTF-8 read as Windows-1252 leaves
pairs such as "Ã¶". It is told by undoing it: what comes out must be UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.checks import shown, unread
from smilecurve.connect.loaded import Fault, Raw
from smilecurve.terms.event import SPENT
from smilecurve.terms.table import Spec

__all__ = ["check_events", "check_text", "ungarbled"]

DAY_US = 86_400_000_000
_GARBLED = "[ÂÃÄÅÆÇÐÑÎÏØÙäåæçèéâ][^\\x00-\\x7f]"
"""First letters of UTF-8 read as Windows-1252, with what can follow them."""


def ungarbled(text: str) -> str:
    """What a text was before its UTF-8 was read as Windows-1252; empty where it was not.

    >>> ungarbled("GrÃ¶ÃŸe"), ungarbled("Größe"), ungarbled("Ñandú")
    ('Größe', '', '')
    """
    try:
        found = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""
    return found if found != text else ""


def check_text(spec: Spec, columns: Mapping[str, pa.Array], raw: Raw, written: Mapping[str, str]) -> list[Fault]:
    """Cells of text that were read in the wrong encoding before they came to us."""
    faults: list[Fault] = []
    for f in spec.fields:
        if f.type not in ("code", "text") or f.name not in columns or written[f.name] not in raw.rows.column_names:
            continue
        values = columns[f.name]
        rows = np.flatnonzero(pc.fill_null(pc.match_substring_regex(values, _GARBLED), False).to_numpy(False))
        meant = {int(k): ungarbled(values[int(k)].as_py()) for k in rows}
        for k, told in meant.items():
            if told:
                said, do = "is garbled", f"it reads {told} in the right encoding: export the file again as UTF-8"
                faults.append(Fault(np.array([k]), written[f.name], pa.array([values[k].as_py()]), said, do))
    return faults


def check_events(
    columns: Mapping[str, pa.Array], raw: Raw, found: Sequence[Fault], written: Mapping[str, str]
) -> list[Fault]:
    """Money of no currency, meters and costs below zero, and reports of what happened more than a day later.

    `found` are the cells that could not be read: nothing more is said of them.
    """
    count = raw.rows.num_rows
    there = {name: columns.get(name, pa.nulls(count, kind)) for name, kind in _NEEDED.items()}
    no_currency = pc.and_(pc.is_valid(there["amount"]), pc.is_null(there["currency"]))
    heard, happened = (there[c].cast(pa.int64()) for c in ("record_time", "event_time"))
    early = pc.less(heard, pc.subtract(happened, DAY_US))
    reading = pc.is_in(there["kind"], pa.array(["meter_reading", "ticket", "failure"]))
    below = pc.and_(reading, pc.less(there["quantity"], 0.0))
    owed = pc.and_(pc.is_in(there["kind"], pa.array(SPENT)), pc.less(there["amount"], 0.0))
    said = (
        (no_currency, "currency", "is empty beside an amount", "map the column of the currency, or give one"),
        (early, "record_time", "is before the event itself", "correct the day of the event or of the report"),
        (below, "quantity", "is below 0", "give the hours on the meter"),
        (owed, "amount", "is below 0", "give what is asked for or spent; withdraw what was booked in error"),
    )
    return [fault for told in said for fault in _fault(*told, raw, found, written)]


_NEEDED = {
    "kind": pa.string(), "amount": pa.float64(), "currency": pa.string(), "quantity": pa.float64(),
    "record_time": pa.timestamp("us", tz="UTC"), "event_time": pa.timestamp("us", tz="UTC"),
}  # fmt: skip


def _fault(
    where: pa.Array, name: str, reason: str, hint: str, raw: Raw, found: Sequence[Fault], written: Mapping[str, str]
) -> list[Fault]:
    """One breach of one column in the rows `where` it holds."""
    source = written.get(name, name)
    hit = np.flatnonzero(pc.fill_null(where, False).to_numpy(zero_copy_only=False))
    rows = np.setdiff1d(hit, unread(found, source))
    if not rows.size:
        return []
    return [Fault(rows, source, shown(raw, source, pa.nulls(raw.rows.num_rows), rows), reason, hint)]
