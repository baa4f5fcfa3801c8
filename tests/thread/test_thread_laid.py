"""A question pays only for the relations that it reads, and sees what they are made of now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smilecurve.terms.errors import StoreBroken
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.laid import Laid
from smilecurve.thread.store import open_thread

T0 = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def laid(tmp_path: Path) -> Iterator[Laid]:
    made = Laid(str(tmp_path / "spill"))
    yield made
    made.close()


def there(laid: Laid) -> set[str]:
    rows = laid.engine.execute("select view_name from duckdb_views() where not internal").fetchall()
    return {name for (name,) in rows}


def tell(laid: Laid, name: str, sql: str) -> None:
    assert laid.execute(f"create or replace temp view {name} as {sql}").fetchall() == []


def test_only_what_is_named_is_laid_and_what_it_reads_before_it(laid: Laid) -> None:
    tell(laid, "outer_one", "select i.n + 1 as n from inner_one i")
    tell(laid, "inner_one", "select 1 as n")
    tell(laid, "other", "select m.n from missing m")
    assert laid.execute("select n from outer_one").fetchall() == [(2,)]
    assert there(laid) == {"outer_one", "inner_one"}
    with pytest.raises(Exception, match="missing"):
        laid.execute("select n from other")


def test_a_view_shows_what_those_below_it_say_now(laid: Laid) -> None:
    tell(laid, "outer_one", "select i.n + 1 as n from inner_one i")
    for n in (1, 5):
        tell(laid, "inner_one", f"select {n} as n")
        assert laid.table("select o.n from outer_one o").column("n").to_pylist() == [n + 1]
        laid.execute("create or replace temp table kept as select * from outer_one").fetchall()
        assert laid.execute("select n from kept").fetchall() == [(n + 1,)]


def test_statements_end_where_they_end(laid: Laid) -> None:
    laid.execute(
        "create or replace temp view names as select 'it''s; create or replace temp view x as' as said -- one; two\n;"
        "create or replace temp table told as select n.said from names n; select 1"
    )
    assert laid.execute('select said as ";" from told').fetchall() == [("it's; create or replace temp view x as",)]


def test_a_view_can_become_a_table(laid: Laid) -> None:
    tell(laid, "thing", "select 1 as n")
    laid.drop("view", "thing")
    laid.execute("create or replace temp table thing as select 2 as n").fetchall()
    assert laid.execute("select n from thing").fetchall() == [(2,)]


def test_one_table_of_a_thread_does_not_lay_the_others(tmp_path: Path) -> None:
    with open_thread(tmp_path) as thread:
        thread.set_clock(T0)
        thread.append(
            [{"kind": "storing", "event_time": T0, "machine": "M1", "place": "YARD", "source": "line", "seq": 1}]
        )
        for _ in ("in the tail", "sealed"):
            assert thread.view(MACHINES)["machine"].to_pylist() == ["M1"]
            with thread.viewer.looking(None) as frame:
                assert not {"all_made_of", "moves_sealed", "failing_new", "stay_base"} & there(frame.con)
            thread.seal()


def test_what_could_not_be_laid_is_laid_again(tmp_path: Path) -> None:
    with open_thread(tmp_path) as thread:
        thread.set_clock(T0)
        thread.append(
            [{"kind": "storing", "event_time": T0, "machine": "M1", "place": "YARD", "source": "line", "seq": 1}]
        )
        thread.seal()
        (file,) = (thread.segments.path(s.file) for s in thread.segments.live() if s.tbl == "event")
        file.rename(tmp_path / "away")
        with pytest.raises(StoreBroken):
            thread.view(MACHINES)
        (tmp_path / "away").rename(file)
        assert thread.view(MACHINES)["machine"].to_pylist() == ["M1"]
