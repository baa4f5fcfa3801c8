from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from smilecurve.terms.errors import NewerStore, NotFound, OptionRejected, StoreBroken
from smilecurve.terms.event import EVENTS
from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.ledger import LEDGER_FILE, migrations
from smilecurve.thread.renewing import renew
from smilecurve.thread.segments import SCHEMA_V
from smilecurve.thread.store import Thread, open_thread, restore

Place = Callable[[Path], str | Path]


def test_a_backup_comes_back_whole(small: Thread, tmp_path: Path, place: Place) -> None:
    small.seal()
    small.append([{"kind": "fault", "event_time": small.clock(), "machine": "M1", "code": "E7"}])
    machines = small.view(MACHINES)
    copy = small.backup(tmp_path / "copy")
    small.append([{"kind": "decommissioning", "event_time": small.clock(), "machine": "M1"}])
    restore(copy, place(tmp_path / "again"))
    with open_thread(place(tmp_path / "again"), create=False) as again:
        assert again.view(MACHINES).equals(machines)
        assert again.view(TABLES["models"]).equals(small.view(TABLES["models"]))
        assert again.count(EVENTS, where={"kind": "fault"}) == 1
        assert again.health(deep=True).ok
        assert again.clock() == small.clock()
        assert (
            again.append([{"kind": "fault", "event_time": small.clock(), "machine": "M1", "code": "E7"}]).repeated == 1
        )


def test_photos_and_guides_come_along_in_a_backup(small: Thread, tmp_path: Path) -> None:
    for name in ("photos/a.jpg", "guides/film-x.mp4", "guides/film-y.part", "uploads/b.csv"):
        (small.folder / name).parent.mkdir(exist_ok=True)
        (small.folder / name).write_bytes(name.encode())
    copy = small.backup(tmp_path / "copy")
    assert (copy / "photos" / "a.jpg").read_bytes() == b"photos/a.jpg"
    assert (copy / "guides" / "film-x.mp4").exists()
    assert not (copy / "guides" / "film-y.part").exists()
    back = restore(copy, tmp_path / "back")
    assert (back / "guides" / "film-x.mp4").exists()


def test_a_damaged_backup_and_a_full_folder_are_refused(small: Thread, tmp_path: Path) -> None:
    small.seal()
    copy = small.backup(tmp_path / "copy")
    with pytest.raises(OptionRejected, match="is not empty"):
        small.backup(copy)
    with pytest.raises(OptionRejected, match="is not empty"):
        restore(copy, copy)
    with pytest.raises(NotFound, match="there is no backup"):
        restore(tmp_path / "nowhere", tmp_path / "again")
    victim = next((copy / "segments" / "event").glob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"X")
    with pytest.raises(StoreBroken, match="is not what was written"):
        restore(copy, tmp_path / "again")


def test_a_newer_thread_is_refused(empty: Thread) -> None:
    with empty.ledger.writing() as pen:
        pen.execute("insert into schema (v, applied_at) values (999, '')")
    with pytest.raises(NewerStore, match="the thread has schema 999, this Smilecurve knows"):
        open_thread(empty.place)


def test_every_migration_is_applied_once_and_in_order(tmp_path: Path, place: Place) -> None:
    assert [n for n, _ in migrations()] == list(range(1, len(migrations()) + 1))
    for _ in range(2):
        with open_thread(place(tmp_path)) as thread:
            applied = thread.ledger.rows("select v from schema order by v")
            assert [row[0] for row in applied] == [n for n, _ in migrations()]


def test_an_older_thread_is_migrated_and_keeps_its_events(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smilecurve.thread import ledger

    with open_thread(place(tmp_path)) as thread:
        thread.append([{"kind": "fault", "event_time": thread.clock(), "machine": "M1", "code": "E7"}])
    newer = (*migrations(), (len(migrations()) + 1, "create table later (x integer); insert into later (x) values (7)"))
    monkeypatch.setattr(ledger, "migrations", lambda: newer)
    with open_thread(place(tmp_path)) as thread:
        assert thread.ledger.rows("select x from later") == [(7,)]
        assert thread.count(EVENTS) == 1
        assert thread.health().schema == len(newer)


def test_no_thread_is_made_where_none_was_asked_for(tmp_path: Path, place: Place) -> None:
    with pytest.raises(NotFound, match="there is no thread in"):
        open_thread(place(tmp_path / "none"), create=False)
    assert not (tmp_path / "none").exists()


def test_a_ledger_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / LEDGER_FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreBroken, match="the ledger cannot be read"):
        open_thread(tmp_path)


def test_a_fork_keeps_its_changes_to_itself(small: Thread) -> None:
    small.seal()
    small.append([{"kind": "fault", "event_time": small.clock(), "machine": "M1", "code": "E7"}])
    versions = {s.name: small.version(s) for s in TABLES.values()}
    fork = small.fork()
    folder = fork.folder
    assert {
        s.name: fork.version(s)
        for s in TABLES.values()
        if s.name not in ("events", "story", "components", "lot_machines")
    } == {name: v for name, v in versions.items() if name not in ("events", "story", "components", "lot_machines")}
    fork.append([{"kind": "decommissioning", "event_time": small.clock(), "machine": "M1"}])
    fork.put(TABLES["models"], TABLES["models"].empty())
    fork.seal()
    assert fork.view(MACHINES, where={"machine": "M1"})["status"].to_pylist() == ["scrap"]
    assert fork.view(TABLES["models"]).num_rows == 0
    assert fork.append([{"kind": "fault", "event_time": small.clock(), "machine": "M1", "code": "E7"}]).repeated == 1
    deeper = fork.fork()
    assert deeper.view(MACHINES, where={"machine": "M1"})["status"].to_pylist() == ["scrap"]
    assert deeper.containment("POW-1").num_rows == 1
    deeper.close()
    fork.close()
    assert not folder.exists()
    assert {s.name: small.version(s) for s in TABLES.values()} == versions
    assert small.health(deep=True).ok


def test_several_threads_of_a_server_read_and_write_together(small: Thread) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(n: int) -> int:
        small.append([{"kind": "fault", "event_time": small.clock(), "machine": f"M{n % 4 + 1}", "code": f"E{n}"}])
        return small.count(EVENTS, where={"kind": "fault", "code": f"E{n}"}) + small.story(f"M{n % 4 + 1}").num_rows

    with ThreadPoolExecutor(4) as pool:
        assert all(found > 1 for found in pool.map(work, range(24)))
    assert small.count(EVENTS, where={"kind": "fault"}) == 24


@pytest.mark.parametrize("version", [1, 2])
def test_files_of_an_older_version_are_written_anew(small: Thread, version: int) -> None:
    """The first version wrote components as records, and no swaps, fits, twins, corrections or names by code; the
    second no failures.
    """
    small.seal()
    more = [
        {
            "kind": "replacing",
            "event_time": small.clock(),
            "machine": "M2",
            "component": "pump",
            "part": "PUMP",
            "lot": "PU-7",
        }
    ]
    small.append(more)
    small.seal()
    before = {s.name: small.view(s) for s in TABLES.values()}
    con = duckdb.connect()
    for s in small.segments.live():
        path = small.segments.path(s.file)
        if s.tbl == "event" and version == 1:
            con.execute(
                f"copy (select * replace (list_transform(components, lambda c: {{'component': c ->> '$[0]', 'part': c ->> '$[1]',"
                f" 'lot': c ->> '$[2]'}}) as components) from read_parquet('{path}')) to '{path}.new' (format parquet)"
            ).fetchall()
            path.with_name(path.name + ".new").replace(path)
    new = ("swap", "fit", "twin", "correction", "lot_at", "failure") if version == 1 else ("failure",)
    with small.ledger.writing() as writing:
        writing.execute(f"delete from segment where tbl in ({', '.join('?' * len(new))})", new)
        writing.execute(f"update segment set schema_v = {version}")
    with open_thread(small.place) as again:
        assert {s.schema_v for s in again.segments.live() if s.tbl != "ids"} == {SCHEMA_V}
        assert again.rebuild().equal
        assert again.health(deep=True).ok
        for s in TABLES.values():
            assert again.view(s).equals(before[s.name]), s.name
        assert again.append(more).repeated == 1
        assert renew(again.sealer) == 0
