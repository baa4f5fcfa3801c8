from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.terms.errors import StoreBroken
from smilecurve.terms.event import EVENTS
from smilecurve.terms.tables import TABLES
from smilecurve.thread import reader
from smilecurve.thread.segments import Segment, number_key, pruned
from smilecurve.thread.store import Thread, open_thread

T0 = datetime(2023, 1, 1, tzinfo=UTC)


def segment(number: int, keys: list[int]) -> Segment:
    lo, hi = (number_key(min(keys)), number_key(max(keys))) if keys else (None, None)
    return Segment(number, number, "made_of", f"{number}.parquet", len(keys), 1, "", 1, 0, 0, lo, hi, number)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2000), max_size=5), max_size=8), st.sets(st.integers(0, 2000), max_size=6))
def test_pruned_holds_every_row_that_unpruned_holds(files: list[list[int]], asked: set[int]) -> None:
    segments = [segment(n, keys) for n, keys in enumerate(files)]
    keys = sorted(asked)
    kept = {s.id for s in pruned(segments, "made_of", keys)}
    assert {n for n, of in enumerate(files) if asked & set(of)} <= kept
    assert pruned(segments, "event") == []
    for s in segments:
        if s.rows:
            assert s.lo is not None
            assert s.hi is not None
            assert (s.id in kept) == any(s.lo <= number_key(key) <= s.hi for key in keys)


def chunk(n: int, machines: range) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for m in machines:
        found.append(
            {"kind": "commissioning", "event_time": T0 + timedelta(days=m), "machine": f"M{m:03d}", "part": "X"}
        )
        found.append(
            {"kind": "assembling", "event_time": T0 + timedelta(days=m), "machine": f"M{m:03d}",
             "components": [{"component": c, "part": f"P{c}", "lot": f"L{c}-{m // 4}-{n}"} for c in "abc"]}
        )  # fmt: skip
    return found


def test_many_chunks_read_as_one(empty: Thread) -> None:
    for n, machines in enumerate((range(10), range(8, 20), range(40, 45))):
        empty.append(chunk(n, machines))
        empty.seal()
    empty.append(chunk(9, range(50, 52)))
    assert empty.count(TABLES["machines"]) == 27
    assert len(pruned(empty.segments.live(), "event")) == 3
    assert empty.containment("La-2-0")["machine"].to_pylist() == ["M008", "M009"]
    assert empty.containment("La-2-1")["machine"].to_pylist() == ["M008", "M009", "M010", "M011"]
    assert empty.components("M008").num_rows == 6
    assert empty.containment("Lb-12-9")["machine"].to_pylist() == ["M050", "M051"]
    assert empty.rebuild().equal
    assert empty.rebuild().chunks == 3


def test_ids_are_given_in_the_order_of_first_use(empty: Thread) -> None:
    empty.append(chunk(0, range(5, 8)))
    empty.seal()
    empty.append(chunk(0, range(6)))
    empty.seal()
    units = (
        duckdb.connect()
        .execute(
            f"select machine from read_parquet({empty.segments.paths(pruned(empty.segments.live(), 'unit'))}) order by unit"
        )
        .fetchall()
    )
    assert [u[0] for u in units] == ["M005", "M006", "M007", "M000", "M001", "M002", "M003", "M004"]


def test_a_rebuild_tells_what_was_tampered_with(empty: Thread) -> None:
    empty.append(chunk(0, range(5)))
    empty.seal()
    assert empty.rebuild().equal
    assert empty.health(deep=True).ok
    file = pruned(empty.segments.live(), "made_in")[0].file
    path = empty.segments.path(file)
    rows = duckdb.connect()
    rows.execute(
        f"copy (select unit, slot, lot + 1 as lot, since from read_parquet('{path}') order by unit, slot) to '{path}.new' (format parquet)"
    )
    path.with_name(path.name + ".new").replace(path)
    assert empty.rebuild().differing == ("made_in, chunk 1",)
    assert not empty.health(deep=True).ok
    assert file in " ".join(empty.health(deep=True).problems)
    path.unlink()
    assert empty.health().problems == (f"the file {file} is missing",)


def test_a_missing_file_is_named(empty: Thread) -> None:
    empty.append(chunk(0, range(5)))
    empty.seal()
    path = empty.segments.path(pruned(empty.segments.live(), "event")[0].file)
    path.unlink()
    with pytest.raises(StoreBroken, match="is missing"):
        empty.view(EVENTS)


def test_orphans_are_swept(empty: Thread) -> None:
    empty.append(chunk(0, range(5)))
    empty.seal()
    orphan = empty.folder / "segments" / "event" / "00000099-1-abc.parquet"
    orphan.write_bytes(b"half a file")
    assert empty.segments.sweep() == ["segments/event/00000099-1-abc.parquet"]
    assert empty.health(deep=True).ok
    assert empty.count(TABLES["machines"]) == 5


def test_a_long_tail_is_sealed_by_the_append_that_makes_it_long(empty: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    from smilecurve.thread import store

    monkeypatch.setattr(store, "SEAL_AT", 2000)
    for n in range(3):
        empty.append([{"kind": "fault", "event_time": T0, "machine": f"M{i}", "code": f"{n}"} for i in range(1000)])
    assert empty.health().tail < 2000
    assert empty.count(EVENTS) == 3000


def test_states_of_many_machines_stay_in_their_files(small: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    small.seal()
    before = {name: small.view(TABLES[name]) for name in ("machines", "life_groups", "lot_machines", "returns")}
    monkeypatch.setattr(reader, "MANY", 0)
    with open_thread(small.place) as again:
        assert {name: again.view(TABLES[name]) for name in before} == before
        kept = again.viewer.frame().con.execute("select view_name from duckdb_views() where view_name = 'unit_base'")
        assert kept.fetchall() == [("unit_base",)]
