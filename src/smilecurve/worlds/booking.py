"""How do columns of numbers become events, numbered by who reports them and in the order they were heard?

Time is counted in days since 1970-01-01 (float, UTC) until it is booked. Nothing heard after `now` is booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.terms.event import COMPONENTS_TYPE, EVENT_SCHEMA
from smilecurve.worlds.chance import Floats, Ints

__all__ = ["Column", "EventBook", "dates", "day_number", "joined", "kit_lists", "moments", "numbered", "taken"]

Column: TypeAlias = "pa.Array | NDArray[np.float64] | str | float | None"


def day_number(day: date) -> float:
    """Days since 1970-01-01; a datetime keeps its time of day.

    >>> day_number(date(1970, 1, 3))
    2.0
    """
    if isinstance(day, datetime):
        return day.timestamp() / 86400
    return float((day - date(1970, 1, 1)).days)


def moments(days: Floats) -> pa.Array:
    """Days to instants, whole seconds, UTC; NaN becomes null."""
    empty = np.isnan(days)
    micros = np.rint(np.where(empty, 0.0, days) * 86400).astype(np.int64) * 1_000_000
    return pa.array(micros, pa.int64(), mask=empty).cast(pa.timestamp("us", tz="UTC"))


def dates(days: Floats) -> pa.Array:
    """Days to calendar days."""
    return pa.array(np.floor(days).astype(np.int32), pa.int32()).cast(pa.date32())


def taken(values: Sequence[str], codes: Ints) -> pa.Array:
    """Texts by code; a negative code is null."""
    names = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return names.take(pa.array(codes, pa.int64(), mask=codes < 0))


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts glued together row by row."""
    return pc.binary_join_element_wise(*parts, "")


def numbered(prefix: pa.Array | str, numbers: Ints, width: int = 6) -> pa.Array:
    """`SO-000017` from 17."""
    digits = pc.utf8_lpad(pa.array(numbers, pa.int64()).cast(pa.string()), width, "0")
    return joined(prefix, digits)


def kit_lists(components: Sequence[str], parts: pa.Array, lots: pa.Array) -> pa.Array:
    """One list of (component, part, lot) a whole; parts and lots run whole by whole in the order of `components`."""
    wholes, k = len(parts) // len(components), len(components)
    places = taken(components, np.tile(np.arange(k), wholes))
    offsets = pa.array(np.arange(wholes + 1) * k, pa.int32())
    triples = pa.StructArray.from_arrays([places, parts, lots], fields=list(COMPONENTS_TYPE.value_type))
    return pa.ListArray.from_arrays(offsets, triples, type=COMPONENTS_TYPE)


class EventBook:
    """Collects events column by column; `close` numbers and sorts them."""

    def __init__(self, now: datetime) -> None:
        self.now = day_number(now)
        self._tables: list[pa.Table] = []

    def add(
        self,
        kind: str,
        source: str,
        when: Floats,
        heard: Floats | None = None,
        *,
        keep: NDArray[np.bool_] | None = None,
        mark: Ints | None = None,
        withdraws: Ints | None = None,
        **columns: Column,
    ) -> None:
        """Book one kind of event; rows with no time, with `keep` false or not heard of by now are left out.

        `mark` gives rows a number of their own by which a later row `withdraws` them.
        """
        told = when + 2 / 1440 if heard is None else np.maximum(heard, when)
        there = ~np.isnan(told) & (told <= self.now)
        if keep is not None:
            there &= keep
        n = int(there.sum())
        mask = pa.array(there)
        made: dict[str, pa.Array] = {"kind": pa.repeat(pa.scalar(kind), n), "source": pa.repeat(pa.scalar(source), n)}
        made["event_time"], made["record_time"] = moments(when[there]), moments(told[there])
        for name, values in columns.items():
            if isinstance(values, np.ndarray):
                made[name] = pa.array(values[there], EVENT_SCHEMA.field(name).type, from_pandas=True)
            elif isinstance(values, (pa.Array, pa.ChunkedArray)):
                made[name] = values.filter(mask)
            elif values is not None:
                made[name] = pa.repeat(pa.scalar(values, EVENT_SCHEMA.field(name).type), n)
        made["mark"] = pa.array(np.zeros(n, np.int64) if mark is None else mark[there])
        made["withdraws"] = pa.array(np.zeros(n, np.int64) if withdraws is None else withdraws[there])
        self._tables.append(pa.table(made))

    def close(self) -> pa.Table:
        """Every event in the order it was heard, numbered by source, with ids and corrections resolved."""
        rows = pa.concat_tables(self._tables, promote_options="default").combine_chunks()
        heard = rows.column("record_time").cast(pa.int64()).to_numpy()
        rows = rows.take(pa.array(np.argsort(heard, kind="stable"))).combine_chunks()
        seq = _sequence(rows.column("source"))
        ids = joined(rows.column("source").combine_chunks(), numbered(":", seq, 7))
        withdraws, marks = rows.column("withdraws").to_numpy(), rows.column("mark").to_numpy()
        where = np.full(int(max(marks.max(initial=0), withdraws.max(initial=0))) + 1, -1, np.int64)
        where[marks] = np.arange(len(marks))
        where[0] = -1
        built = {name: rows.column(name) for name in rows.column_names if name in EVENT_SCHEMA.names}
        built |= {"event_id": ids, "seq": pa.array(seq), "corrects": taken(ids, where[withdraws])}
        return pa.table(
            {f.name: built[f.name] if f.name in built else pa.nulls(rows.num_rows, f.type) for f in EVENT_SCHEMA},
            schema=EVENT_SCHEMA,
        )


def _sequence(source: pa.ChunkedArray) -> Ints:
    """Each source's own count, from 1, in row order."""
    codes = source.combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    seq = np.empty(len(codes), np.int64)
    seq[order] = np.arange(len(codes)) - start + 1
    return seq
