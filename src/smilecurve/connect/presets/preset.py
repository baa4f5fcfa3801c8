"""What does connect know of a source that is always built the same way?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from smilecurve.connect.events import events_of
from smilecurve.connect.loaded import REJECTED, Loaded, Raw, raw_text
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.table import Spec

__all__ = ["Preset", "Refused", "checked", "event_rows", "refused_table"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A source by name: what it is, whether a path fits, how it is loaded, and how mended rows of it are read again."""

    name: str
    what: str
    fits: Callable[[Path], bool]
    load: Callable[[Path], tuple[Loaded, ...]]
    rows: Callable[[Raw], tuple[Loaded, ...]] | None = None

    @property
    def recipe(self) -> str:
        """What the quarantine keeps to read mended rows the same way."""
        return f'preset = "{self.name}"\n'


@dataclass(frozen=True, slots=True)
class Refused:
    """One breach of one row of a source."""

    line: int
    column: str
    value: str
    reason: str
    hint: str
    raw: Mapping[str, object]


def refused_table(file: str, refused: Sequence[Refused]) -> pa.Table:
    """Breaches in the columns of `REJECTED`."""
    records: list[dict[str, object]] = [
        {
            "file": file,
            "line": one.line,
            "column": one.column,
            "value": one.value,
            "reason": one.reason,
            "hint": one.hint,
            "raw": raw_text(one.raw),
        }
        for one in refused
    ]
    return REJECTED.rows(records).cast(REJECTED.schema)


def checked(
    spec: Spec,
    records: list[dict[str, object]],
    preset: str,
    *,
    file: str = "",
    refused: Sequence[Refused] = (),
    notes: tuple[str, ...] = (),
    good: int | None = None,
) -> Loaded:
    """Records of a source as a table of the contract; a breach here is a fault of the source as a whole.

    `good` counts the rows of the source behind them, where that is another number than that of the records.
    """
    rows = spec.rows(records)
    breaches = spec.breaches(rows)
    if breaches:
        raise DataRejected(breaches)
    table = rows.cast(spec.schema)
    recipe = f'preset = "{preset}"\n'
    good = rows.num_rows if good is None else good
    return Loaded(spec.name, table, None, good, refused_table(file, refused), notes, recipe)


def event_rows(
    records: list[dict[str, object]],
    preset: str,
    *,
    file: str = "",
    refused: Sequence[Refused] = (),
    notes: tuple[str, ...] = (),
) -> Loaded:
    """Records of a source as events, in the order they happened."""
    records = sorted(records, key=lambda r: (str(r["event_time"]), str(r["event_id"])))
    events = events_of(records)
    recipe = f'preset = "{preset}"\n'
    return Loaded("events", None, events, len(records), refused_table(file, refused), notes, recipe)
