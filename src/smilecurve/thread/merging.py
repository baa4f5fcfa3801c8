"""How does the life of one machine come to lie together, after months of sealing?

Every chunk has event files of its own, so that a life of fifteen months lies in fifteen places. Merging writes the
events of all chunks anew in the order of machine, time and position, some machines at a time, and one commit puts the
new files in the place of the old ones. Every event keeps its position, and what follows from events stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.errors import Breach, StoreBroken
from smilecurve.thread.finding import between
from smilecurve.thread.history.columns import Coded, coded
from smilecurve.thread.history.files import Column, Lists, Target, write
from smilecurve.thread.history.keeping import give_back
from smilecurve.thread.history.naming import raised, rising
from smilecurve.thread.ledger import bump
from smilecurve.thread.sealing import Sealer
from smilecurve.thread.segments import Segment, Segments

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["merge_events"]

_ROWS = 1_500_000
"""About so many events are held at once, and lie in one file."""
_Range = tuple[str | None, str | None]


def merge_events(sealer: Sealer, *, rows: int = _ROWS) -> int:
    """Put the event files of all chunks together, about so many rows a file; returns how many files were replaced."""
    segments = sealer.segments
    with segments.sealing():
        old = [s for s in segments.live() if s.tbl == "event"]
        if len({(s.first_chunk, s.chunk) for s in old}) < 2:
            return 0
        made = _written(segments, old, rows)
        read, written = (sum(s.rows for s in files) for files in (old, made))
        if read != written:
            raise StoreBroken(
                Breach(
                    f"merging read {read:,} events and wrote {written:,}: nothing was changed",
                    str(segments.root),
                    "look after the disk with `smile health`; the thread goes on with the files it had",
                )
            )
        with sealer.ledger.writing() as con:
            con.executemany("update segment set replaced_at = ? where id = ?", [(int(time.time()), s.id) for s in old])
            segments.enlist(con, made)
            bump(con, "change")
    return len(old)


def _written(segments: Segments, old: Sequence[Segment], a_file: int) -> list[Segment]:
    span = (min(s.first_pos for s in old), max(s.last_pos for s in old))
    target = Target(segments, max(s.chunk for s in old), span, min(s.first_chunk for s in old))
    sources = [_Source(path) for path in segments.paths(old)]
    made: list[Segment] = []
    for these in _ranges(sources, a_file):
        rows = [found for source in sources if (found := source.rows(these)) is not None]
        if rows:
            columns, n = _sorted(pa.concat_tables(rows, promote_options="permissive"))
            made += write(target, "event", columns, "machine", n, 2 * a_file)
            give_back()
    return made


class _Source:
    """An event file, and between which machines its groups of rows lie."""

    def __init__(self, path: str) -> None:
        import pyarrow.parquet as pq

        schema = pq.read_schema(path)
        texts = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_dictionary(f.type)]
        self._file: ParquetFile = pq.ParquetFile(path, memory_map=True, read_dictionary=texts)
        footer = self._file.metadata
        at = footer.schema.names.index("machine")
        groups = [footer.row_group(g) for g in range(footer.num_row_groups)]
        told = [g.column(at).statistics for g in groups]
        self.groups = [(int(g.num_rows), between(s)) for g, s in zip(groups, told, strict=True)]
        self._lacking = [s is None or not s.has_null_count or s.null_count > 0 for s in told]

    def rows(self, these: _Range) -> pa.Table | None:
        """Its events of the machines from the first up to the second, or, of neither, those without a machine."""
        lo, hi = these
        if lo is None:
            near = [g for g, lacking in enumerate(self._lacking) if lacking]
        else:
            near = [
                g for g, (_, ends) in enumerate(self.groups)
                if ends is None or (str(ends[1]) >= lo and (hi is None or str(ends[0]) < hi))
            ]  # fmt: skip
        if not near:
            return None
        found = self._file.read_row_groups(near, use_threads=False)
        machine = found.column("machine").cast(pa.string())
        if lo is None:
            here = pc.is_null(machine)
        else:
            here = pc.greater_equal(machine, lo)
            here = here if hi is None else pc.and_(here, pc.less(machine, hi))
        return found.filter(here)


def _ranges(sources: Sequence[_Source], rows: int) -> list[_Range]:
    """Machines in ranges of about as many events, and last what has no machine."""
    starts = sorted((str(ends[0]), n) for source in sources for n, ends in source.groups if ends is not None)
    cuts: list[str] = [""]
    held = 0
    for least, n in starts:
        if held >= rows and least > cuts[-1]:
            cuts.append(least)
            held = 0
        held += n
    ends: list[str | None] = [*cuts[1:], None]
    return [*zip(cuts, ends, strict=True), (None, None)]


def _sorted(events: pa.Table) -> tuple[dict[str, tuple[Column, pa.DataType]], int]:
    """Columns of events in the order of machine, time and position."""
    machine = coded(events.column("machine"))
    if not rising(machine.names):
        machine = raised(machine)
    pos, at = (events.column(c).cast(pa.int64()).combine_chunks().to_numpy() for c in ("pos", "event_time"))
    order = np.lexsort((pos, at, machine.codes))
    columns = {f.name: _column(events.column(f.name), order) for f in events.schema}
    columns["machine"] = (machine.at(order), pa.string())
    return columns, len(order)


def _column(column: pa.ChunkedArray, order: np.ndarray) -> tuple[Column, pa.DataType]:
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_null(kind):
        return coded(column.cast(pa.string()) if pa.types.is_null(kind) else column).at(order), pa.string()
    if pa.types.is_list(kind):
        return _lists(column, order), pa.list_(pa.string())
    kind = pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
    cells = column.cast(pa.int64() if pa.types.is_timestamp(kind) else kind).combine_chunks()
    values: np.ndarray = pc.fill_null(cells, 0).to_numpy()[order]
    if not cells.null_count:
        return values, kind
    return (values, pc.is_valid(cells).to_numpy(zero_copy_only=False)[order]), kind


def _lists(column: pa.ChunkedArray, order: np.ndarray) -> Column:
    """Lists of texts in another order."""
    there = pc.is_valid(column).combine_chunks().to_numpy(zero_copy_only=False)
    if not there.any():
        return pa.nulls(len(order), pa.list_(pa.string()))
    long = pc.fill_null(pc.list_value_length(column), 0).combine_chunks().to_numpy()
    flat = coded(pa.chunked_array([chunk.flatten() for chunk in column.chunks]))
    lists = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(long)]), pa.int32()), pa.array(flat.codes))
    codes = lists.take(pa.array(order)).flatten().to_numpy()
    return Lists(np.concatenate([[0], np.cumsum(long[order])]).astype(np.int64), there[order], Coded(codes, flat.names))
