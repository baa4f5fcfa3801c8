"""Events in the tail lie as rows or in blocks: what is known, what is seen and what is sealed must not depend on it."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.terms.errors import DataRejected, NewerStore
from smilecurve.terms.event import EVENTS
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.commits import Commits
from smilecurve.thread.ledger import EmbeddedLedger, Pen
from smilecurve.thread.sealing import Made
from smilecurve.thread.store import Thread, open_thread
from smilecurve.thread.tail import FEWEST, runs_of

Place = Callable[[Path], str | Path]
T0 = datetime(2024, 1, 1, tzinfo=UTC)


def batch(source: str, numbers: range | list[int]) -> list[dict[str, object]]:
    return [
        {"kind": "meter_reading", "event_time": T0, "machine": f"M{n % 7}", "quantity": float(n), "source": source,
         "seq": n, "details": {"n": n}}
        for n in numbers
    ]  # fmt: skip


def blocks(thread: Thread) -> int:
    return thread.ledger.number("select count(*) from block")


def held(thread: Thread) -> Counter[str]:
    return Counter(thread.view(EVENTS)["event_id"].to_pylist())


class Told(str):
    """A name that counts how often it is asked whether it is another."""

    __slots__ = ()
    asked = 0

    def __eq__(self, other: object) -> bool:
        Told.asked += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_runs_of_many_sources_take_one_look_at_each_event() -> None:
    events = [(f"gate {n % 3000}", n // 3000 * 2 + n % 2) for n in range(9000)]
    order = np.random.default_rng(1).permutation(len(events))
    told = [events[n] for n in order.tolist()]
    Told.asked = 0
    runs = runs_of([Told(source) for source, _ in told], np.array([n for _, n in told]))
    assert Told.asked < 10 * len(events)
    assert sorted(runs) == runs
    assert sum(hi - lo + 1 for _, lo, hi in runs) == 9000
    assert {(s, n) for s, lo, hi in runs for n in range(lo, hi + 1)} == set(events)


def test_a_batch_lies_in_a_block_and_is_seen_as_rows_are(tmp_path: Path) -> None:
    pieces = {"components": [{"component": "pump", "part": "PUMP", "lot": "L1"}]}
    built = {"kind": "assembling", "event_time": T0, "machine": "M1", "source": "line", "seq": 100, **pieces}
    sent = [*batch("line", range(100)), built]
    at_once, one_by_one = open_thread(tmp_path / "a"), open_thread(tmp_path / "b")
    with at_once, one_by_one:
        for thread in (at_once, one_by_one):
            thread.set_clock(T0)
        assert at_once.append(sent).event_ids == tuple(f"line#{n}" for n in range(101))
        assert sum(one_by_one.append([event]).added for event in sent) == 101
        assert (blocks(at_once), blocks(one_by_one)) == (1, 0)
        for _ in ("in the tail", "sealed"):
            assert at_once.view(EVENTS).equals(one_by_one.view(EVENTS))
            assert at_once.view(MACHINES).equals(one_by_one.view(MACHINES))
            assert at_once.containment("L1").equals(one_by_one.containment("L1"))
            assert at_once.seal() == one_by_one.seal()
        assert blocks(at_once) == 0
        assert at_once.rebuild().equal


def test_an_arrow_table_goes_in_as_a_block_of_several_sources(empty: Thread) -> None:
    n = 2 * FEWEST
    table = pa.table({
        "kind": ["fault"] * n, "event_time": pa.array([T0] * n, pa.timestamp("us", "UTC")), "machine": ["M1"] * n,
        "code": ["E"] * n, "source": ["a", "b"] * FEWEST, "seq": [i // 2 for i in range(n)],
    })  # fmt: skip
    assert empty.append(table).added == n
    assert blocks(empty) == (1 if empty.ledger.blocks else 0)
    assert (empty.append(table).added, empty.append(table.slice(3, 70)).added) == (0, 0)
    assert empty.append(batch("b", [FEWEST - 1, FEWEST])).added == 1
    assert empty.health().tail == n + 1


def test_what_skips_or_has_ids_of_its_own_lies_in_rows(empty: Thread) -> None:
    empty.append(batch("odd", [n * n for n in range(100)]))
    empty.append([{**e, "event_id": f"own {i}"} for i, e in enumerate(batch("line", range(100)))])
    empty.append([{**e, "seq": None, "source": None} for e in batch("line", range(100))])
    empty.append(batch("late", range(10**18 - 10, 10**18 + 90)))
    assert blocks(empty) == 0
    assert empty.append(batch("late", range(10**18 - 10, 10**18 + 90))).added == 0
    assert empty.count(EVENTS) == 400


def test_an_id_that_only_looks_numbered_is_the_same_event_in_a_block(empty: Thread) -> None:
    one = {"kind": "fault", "event_time": T0, "machine": "M1", "code": "E"}
    assert empty.append([{**one, "event_id": "line#17"}]).added == 1
    assert empty.append(batch("line", range(100))).added == 99
    assert empty.append(batch("more", range(100))).added == 100
    assert empty.append([{**one, "event_id": "more#17"}]).added == 0
    assert empty.append([{**one, "event_id": "more#017"}]).added == 1
    assert max(held(empty).values()) == 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.sampled_from("ab"), st.integers(0, 200), st.integers(1, 150)),
        st.tuples(st.just("again"), st.sampled_from("ab"), st.integers(0, 200), st.integers(1, 150)),
        st.tuples(st.sampled_from(["seal", "load", "history"]), st.just("a"), st.integers(0, 200), st.integers(1, 150)),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_each_number_is_there_once_whichever_way_it_came(told: list[tuple[str, str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_thread(folder) as thread:
        safe: set[str] = set()
        for what, source, first, size in told:
            numbers = range(first, first + size)
            ids = {f"{source}#{n}" for n in numbers}
            fresh = len(ids - safe)
            if what == "seal":
                thread.seal()
                continue
            if what == "append":
                assert thread.append(batch(source, numbers)).added == fresh
            elif what == "again":
                for n in numbers[:: max(1, size // 5)]:
                    new = f"{source}#{n}" not in safe
                    assert thread.append(batch(source, [n])).added == new
                    safe.add(f"{source}#{n}")
                assert thread.append(batch(source, list(reversed(numbers)))).added == len(ids - safe)
            elif what == "load":
                assert thread.load(batch(source, numbers)).added == fresh
            else:
                assert _history(thread, source, numbers) == fresh
            safe |= ids
        assert held(thread) == Counter(dict.fromkeys(safe, 1))
        thread.seal()
        assert held(thread) == Counter(dict.fromkeys(safe, 1))
        assert thread.rebuild().equal


def _history(thread: Thread, source: str, numbers: range) -> int:
    rows = sorted(batch(source, numbers), key=lambda e: str(e["machine"]))
    columns = {c: [r[c] for r in rows] for c in ("kind", "machine", "quantity", "source", "seq")}
    at = pa.array([T0] * len(rows), pa.timestamp("us", "UTC"))
    with thread.history() as history:
        return history.add(pa.table({**columns, "event_time": at}))


@pytest.mark.parametrize("way", ["load", "history"])
def test_a_block_that_came_while_the_same_numbers_were_loaded_is_not_doubled(tmp_path: Path, way: str) -> None:
    """Another process appends between the first and the last commit of a load or a history."""
    with open_thread(tmp_path / "t") as thread, open_thread(tmp_path / "t") as other:
        write = thread.sealer._write

        def meanwhile(rows: pa.Table, span: tuple[int, int]) -> Made:
            thread.sealer._write = write  # type: ignore[method-assign]
            assert other.append(batch("a", range(50, 250))).added == 200
            return write(rows, span)

        if way == "load":
            thread.sealer._write = meanwhile  # type: ignore[method-assign]
            assert thread.load(batch("a", range(100))).added == 100
        else:
            rows = sorted(batch("a", range(100)), key=lambda e: str(e["machine"]))
            columns = {c: [r[c] for r in rows] for c in ("kind", "machine", "quantity", "source", "seq")}
            at = pa.array([T0] * len(rows), pa.timestamp("us", "UTC"))
            with thread.history() as history:
                history.add(pa.table({**columns, "event_time": at}))
                assert other.append(batch("a", range(50, 250))).added == 200
        assert held(thread) == Counter({f"a#{n}": 1 for n in range(250)})
        assert thread.append(batch("a", range(250))).added == 0
        thread.seal()
        assert held(thread) == Counter({f"a#{n}": 1 for n in range(250)})


def test_positions_are_never_given_twice(empty: Thread) -> None:
    first = empty.append(batch("a", range(100)))
    empty.seal()
    second = empty.append(batch("a", [100]))
    third = empty.append(batch("a", range(101, 201)))
    assert (first.position, second.position, third.position) == (100, 101, 201)
    assert empty.load(batch("b", range(5))).position == 206
    assert empty.append(batch("a", range(201))).position == 206
    assert empty.append(batch("a", [201])).position == 207


def test_a_ledger_of_an_older_version_is_carried_over(tmp_path: Path) -> None:
    with open_thread(tmp_path / "t") as thread:
        thread.append(batch("a", [1, 2]))
        thread.seal()
        thread.append(batch("a", [3]))
    with sqlite3.connect(tmp_path / "t" / "ledger.sqlite") as con:
        con.executescript("drop table block; drop table block_run; delete from schema where v = 3;")
        con.execute("update counter set value = 4 where name = 'position'")
    con.close()
    with open_thread(tmp_path / "t") as thread:
        assert thread.append(batch("a", range(100))).added == 97
        assert held(thread) == Counter({f"a#{n}": 1 for n in range(100)})
        assert thread.health().ok
    with sqlite3.connect(tmp_path / "t" / "ledger.sqlite") as con:
        con.execute("insert into schema values (4, 'later')")
    con.close()
    with pytest.raises(NewerStore):
        open_thread(tmp_path / "t")


def test_blocks_move_with_a_backup_a_fork_and_into_a_database(tmp_path: Path, place: Place) -> None:
    from smilecurve.thread.store import restore

    with open_thread(tmp_path / "t") as thread:
        thread.append(batch("a", range(100)))
        with thread.fork() as fork:
            assert fork.append(batch("a", range(101))).added == 1
        thread.backup(tmp_path / "b")
    restore(tmp_path / "b", place(tmp_path / "c"))
    with open_thread(place(tmp_path / "c")) as copy:
        assert copy.append(batch("a", range(102))).added == 2
        assert held(copy) == Counter({f"a#{n}": 1 for n in range(102)})
        assert copy.seal() == 102


def test_callers_in_line_share_a_commit_and_each_hears_of_its_own(empty: Thread) -> None:
    """Eight threads append one event at a time; one of them sends some that are refused, and some twice."""

    def send(name: int) -> int:
        added = 0
        for n in range(30):
            acked = empty.append(batch(f"w{name}", [n // 2 if name == 0 else n]))
            assert acked.event_ids == (f"w{name}#{n // 2 if name == 0 else n}",)
            added += acked.added
            if name == 1 and n % 10 == 0:
                with pytest.raises(DataRejected):
                    empty.append([{"kind": "failure", "event_time": T0}])
        return added

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(8))) == [15, *[30] * 7]
    assert len(held(empty)) == 15 + 7 * 30
    assert max(held(empty).values()) == 1


def test_one_that_fails_in_a_shared_commit_takes_no_other_with_it(tmp_path: Path) -> None:
    ledger = EmbeddedLedger(tmp_path / "t")
    commits = Commits(ledger)
    started, go = threading.Event(), threading.Event()

    def slow(pen: Pen) -> str:
        started.set()
        go.wait(10)
        return "slow"

    def keep(key: str) -> Callable[[Pen], str]:
        def work(pen: Pen) -> str:
            pen.execute("insert into meta (key, value) values (?, 'x')", (key,))
            return key

        return work

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(commits.carry_out, slow)
        assert started.wait(10)
        asked = [pool.submit(commits.carry_out, keep(key)) for key in ("a", "b", "a")]
        while len(commits._line) < 3:
            threading.Event().wait(0.001)
        go.set()
        assert first.result(10) == "slow"
        ends = [one.exception(10) for one in asked]
    assert sum(isinstance(e, sqlite3.IntegrityError) for e in ends) == 1
    assert isinstance(ends[1], type(None))
    assert ledger.rows("select key from meta order by key") == [("a",), ("b",)]
    ledger.close()
