"""What came out of a file: which rows are good, which are not, and why?

`Raw` is a file as it stands: its cells and their line numbers, nothing read into them yet. `Loaded` is what became
of it: rows that keep their table's contract, and every rejected row with each of its breaches. good + rejected =
rows in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.table import Field, Spec, code, text, whole

__all__ = ["REJECTED", "WHOLE_LINE", "Fault", "Loaded", "Raw", "gather_rejected", "raw_text"]

WHOLE_LINE = "(whole line)"

REJECTED = Spec(
    "rejected",
    "Every breach of every row that was not loaded",
    "connect",
    "given",
    (
        code("file", "file (and sheet) it stands in"),
        whole("line", "line of the file, from 1", least=1),
        code("column", "column of the file, or of the table where the file has none"),
        text("value", "what stands there", optional=True),
        text("reason", "why it cannot be loaded"),
        text("hint", "what to do"),
        Field("raw", "the whole row as it stands, as a JSON object", "json"),
    ),
    (),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of breach in one column: the rows (0-based) it hits, their values as written, why and what to do."""

    rows: np.ndarray
    column: str
    values: pa.Array
    reason: str | pa.Array
    hint: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A file as it stands.

    rows: cells, as text where the format has no types; lines: the line each row begins at; broken: rows that have no
    cells to speak of (too many, too few, an open quote, bytes that are no text), in the columns of `REJECTED`.
    """

    file: str
    rows: pa.Table
    lines: pa.Array
    broken: pa.Table = field(default_factory=REJECTED.empty)
    encoding: str = ""
    delimiter: str = ""
    notes: tuple[str, ...] = ()

    @property
    def rows_in(self) -> int:
        """Rows that stand in the file, readable or not."""
        return int(self.rows.num_rows) + _count_lines(self.broken)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file.

    target: the table, or `events`; table or events: the good rows under their contract; good: how many; rejected: one
    row a breach (`REJECTED`); notes: what was taken for granted on the way; recipe: the mapping or preset, as TOML.
    """

    target: str
    table: pa.Table | None = None
    events: pa.Table | None = None
    good: int = 0
    rejected: pa.Table = field(default_factory=REJECTED.empty)
    notes: tuple[str, ...] = ()
    recipe: str = ""

    @property
    def rejected_rows(self) -> int:
        """Rows of the file that were not loaded (a row with three breaches counts once)."""
        return _count_lines(self.rejected)

    @property
    def rows_in(self) -> int:
        """Rows of the file: good and rejected."""
        return self.good + self.rejected_rows

    @property
    def rows(self) -> pa.Table:
        """The good rows, table or events."""
        found = self.table if self.table is not None else self.events
        return found if found is not None else pa.table({})


def _count_lines(rejected: pa.Table) -> int:
    if rejected.num_rows == 0:
        return 0
    return int(rejected.group_by(["file", "line"]).aggregate([]).num_rows)


def raw_text(cells: Dict[str, object]) -> str:
    """The whole row as one JSON object; empty cells stay, so that they can be filled in."""
    return json.dumps({k: _told(v) for k, v in cells.items()}, ensure_ascii=False, default=str)


def _told(cell: object) -> object:
    if cell is None or cell != cell:
        return ""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15 else cell


def gather_rejected(raw: Raw, faults: Sequence[Fault]) -> pa.Table:
    """Every fault as a row of `REJECTED`, in the order of lines, with what was broken before."""
    faults = [fault for fault in faults if len(fault.rows)]
    if not faults:
        return raw.broken
    rows = np.concatenate([fault.rows for fault in faults])
    hit, where = np.unique(rows, return_inverse=True)
    texts = pa.array([raw_text(cells) for cells in raw.rows.take(pa.array(hit)).to_pylist()], pa.string())
    table = pa.table(
        {
            "file": pa.repeat(pa.scalar(raw.file), len(rows)),
            "line": raw.lines.take(pa.array(rows)),
            "column": pa.concat_arrays([pa.repeat(pa.scalar(f.column), len(f.rows)) for f in faults]),
            "value": pa.concat_arrays([_flat(f.values).cast(pa.string()) for f in faults]),
            "reason": pa.concat_arrays([_spread(f.reason, len(f.rows)) for f in faults]),
            "hint": pa.concat_arrays([pa.repeat(pa.scalar(f.hint), len(f.rows)) for f in faults]),
            "raw": texts.take(pa.array(where)),
        },
        schema=REJECTED.schema,
    )
    both = pa.concat_tables([raw.broken.cast(REJECTED.schema), table])
    return both.take(pc.sort_indices(both, [("line", "ascending")])).combine_chunks()


def _spread(words: str | pa.Array, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(words), count) if isinstance(words, str) else _flat(words)


def _flat(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(values, pa.ChunkedArray):
        return values
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
