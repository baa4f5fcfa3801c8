"""How does a thread whose files an older Smilecurve wrote become one of this version?

Its events are what they were; everything that follows from them is derived again, chunk by chunk, into new files. One
commit then puts the new files in the place of the old ones. Counts that were not kept then follow from what is at rest.
"""

from __future__ import annotations

import time

import pyarrow as pa

from smilecurve.thread.derive import Before, connect, derive
from smilecurve.thread.laying import events_sql
from smilecurve.thread.ledger import bump
from smilecurve.thread.sealing import Sealer, write_chunk
from smilecurve.thread.segments import SCHEMA_V, Segment, Segments
from smilecurve.thread.summing import moves_afresh, sums_afresh

__all__ = ["complete", "renew"]


def renew(sealer: Sealer) -> int:
    """Write files of an older version anew; returns how many chunks."""
    segments = sealer.segments
    if not _old(segments):
        return 0
    with segments.sealing():
        old = _old(segments)
        if not old:
            return 0
        live: list[Segment] = []
        spans = segments.spans()
        for chunk, first, last in spans:
            files = segments.paths(s for s in old if s.tbl == "event" and s.first_chunk <= chunk <= s.chunk)
            made, whole = _again(segments, live, files, (chunk, first, last))
            live = [s for s in live if s.tbl not in whole] + made
        with sealer.ledger.writing() as con:
            con.execute(
                "update segment set replaced_at = ? where replaced_at is null and tbl <> 'ids' and schema_v < ?",
                (int(time.time()), SCHEMA_V),
            )
            segments.enlist(con, live)
            bump(con, "change")
        return len(spans)


def complete(sealer: Sealer) -> int:
    """Write the counts that an older Smilecurve did not keep, from what is at rest; returns how many files.

    So are the unpacked copies that are not there: an older Smilecurve made none, and a backup holds none.
    """
    segments = sealer.segments
    segments.unpack()
    if not _lacking(segments.live()):
        return 0
    with segments.sealing():
        live = segments.live()
        found: list[Segment] = []
        for tbl, (first, chunk) in _lacking(live):
            files = [s for s in live if s.tbl == tbl and (s.first_chunk, s.chunk) == (first, chunk)]
            span = (min(s.first_pos for s in files), max(s.last_pos for s in files))
            found += (
                moves_afresh(segments, files, (first, chunk), span)
                if tbl == "stay"
                else sums_afresh(segments, live, chunk, span)
            )
        with sealer.ledger.writing() as con:
            segments.enlist(con, found)
            bump(con, "change")
    return len(found)


def _lacking(live: list[Segment]) -> list[tuple[str, tuple[int, int]]]:
    """Tables, with the chunks of a group of their files, of which nothing is counted yet: stays, states."""
    there = {(s.first_chunk, s.chunk) for s in live if s.tbl == "moves"}
    found = [("stay", at) for at in sorted({(s.first_chunk, s.chunk) for s in live if s.tbl == "stay"} - there)]
    tables = {s.tbl for s in live}
    if {"state", "build"} <= tables and "exposure" not in tables:
        found.append(("state", max((s.first_chunk, s.chunk) for s in live if s.tbl == "state")))
    return found


def _old(segments: Segments) -> list[Segment]:
    return [s for s in segments.live() if s.schema_v < SCHEMA_V and s.tbl != "ids"]


def _again(
    segments: Segments, live: list[Segment], files: list[str], span: tuple[int, int, int]
) -> tuple[list[Segment], tuple[str, ...]]:
    con = connect(spill=str(segments.root / "spill"))
    try:
        con.execute(
            f"create temp table chunk as select * from ({_events(files)}) e"
            f" where e.pos between {span[1]} and {span[2]} order by pos"
        ).fetchall()
        derive(con, Before.of(segments, live))
        return write_chunk(segments, con, live, span[0], span[1:])
    finally:
        con.close()


def _events(files: list[str]) -> str:
    """Events as the first version wrote them, with components as structures, or as every later one did."""
    import pyarrow.parquet as pq

    pieces = pq.read_schema(files[0]).field("components").type.value_type
    if not pa.types.is_struct(pieces):
        return events_sql(files)
    return f"select * replace (coalesce(event_id, concat(source, '#', seq)) as event_id) from read_parquet({files})"
