"""Do the derived tables still follow from the events?"""

from __future__ import annotations

from smilecurve.thread.derive import DERIVED, SORTS, connect, derive
from smilecurve.thread.segments import Segments

__all__ = ["rebuilt"]


def rebuilt(segments: Segments) -> tuple[int, list[str]]:
    """Derive every chunk again; returns how many chunks, and the tables of chunks that differ from the stored ones."""
    live = segments.live()
    chunks = sorted({s.chunk for s in live})
    differing: list[str] = []
    for chunk in chunks:
        con = connect(spill=str(segments.root / "spill"))
        try:
            events = segments.paths(s for s in live if s.tbl == "event" and s.chunk == chunk)
            con.execute(
                f"create temp table chunk as select * replace (coalesce(event_id, concat(source, '#', seq)) as event_id) from read_parquet({events})"
            ).fetchall()
            derive(con, {t: segments.paths(s for s in live if s.tbl == t and s.chunk < chunk) for t in DERIVED})
            for tbl, (sql, _) in SORTS.items():
                stored = segments.paths(s for s in live if s.tbl == tbl and s.chunk == chunk)
                kept = f"select * from read_parquet({stored})" if stored else f"select * from ({sql}) n where false"
                hashes = [
                    con.execute(
                        f"select count(*), md5(string_agg(md5(t::varchar), '' order by rowid)) from (select t, row_number() over () as rowid from ({q}) t)"
                    ).fetchall()[0]
                    for q in (kept, sql)
                ]
                if hashes[0] != hashes[1]:
                    differing.append(f"{tbl}, chunk {chunk}")
        finally:
            con.close()
    return len(chunks), differing
