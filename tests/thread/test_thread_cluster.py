"""The questions on Apache Spark, equal to the engine in process row for row. `make test-cluster` brings Spark and Java."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smilecurve.terms.errors import OptionRejected
from smilecurve.terms.scope import Scope
from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.cluster import Cluster, spark_session, spoken
from smilecurve.thread.questions import answer
from smilecurve.thread.store import Thread, open_thread

TINY = {
    "spark.sql.shuffle.partitions": "1", "spark.ui.showConsoleProgress": "false", "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.log.level": "ERROR",
}  # fmt: skip
"""Settings under which a handful of rows does not cost a compiler's time."""


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory, hand_made: Callable[[Path], Thread]) -> Iterator[Thread]:
    """The hand-made thread in three chunks, the last of which moves, corrects and refits what the first ones told."""
    thread = hand_made(tmp_path_factory.mktemp("cluster") / "thread")
    thread.seal()
    now = thread.clock()
    sale = thread.view(TABLES["events"], where={"machine": "M3", "kind": "retail_selling"})["event_id"][0].as_py()
    thread.append([
        {"kind": "shipping", "event_time": now - timedelta(days=9), "machine": "M4", "market": "FR"},
        {"kind": "replacing", "event_time": now - timedelta(days=8), "machine": "M2", "component": "pump", "part": "PUMP",
         "lot": "PU-7", "details": {"removed": "PU-1"}},
    ])  # fmt: skip
    thread.seal()
    thread.append([{"kind": "error_declaration", "event_time": now, "corrects": sale}])
    thread.seal()
    yield thread
    thread.close()


@pytest.fixture(scope="module")
def cluster(sealed: Thread) -> Iterator[Cluster]:
    pytest.importorskip("pyspark", reason="pyspark is not installed: make test-cluster")
    if shutil.which("java") is None:
        pytest.skip("no Java is installed: sh scripts/java.sh")
    spark = spark_session(**TINY)
    yield Cluster(sealed, spark)
    spark.stop()


pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"), pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(1200),
]  # fmt: skip


def test_where_a_lot_went(cluster: Cluster, sealed: Thread) -> None:
    for lot in ("POW-1", "PU-7"):
        found = cluster.containment(lot)
        assert found.num_rows
        assert found.equals(sealed.containment(lot)), lot


def test_a_story(cluster: Cluster, sealed: Thread) -> None:
    for machine in ("M1", "M3"):
        assert cluster.story(machine).to_pylist() == sealed.story(machine).to_pylist(), machine


@pytest.mark.parametrize("name", ["machines", "life_groups", "field_failures", "returns"])
def test_the_tables_of_failures_and_returns(cluster: Cluster, sealed: Thread, name: str) -> None:
    found = cluster.view(TABLES[name])
    assert found.num_rows
    assert found.equals(sealed.view(TABLES[name]))


def test_returns_by_market_and_month(cluster: Cluster, sealed: Thread) -> None:
    found = cluster.ask("returns_by_month")
    assert found.to_pylist() == answer(sealed.viewer, "returns_by_month").to_pylist()
    assert [(row["market"], row["month"].isoformat(), row["returns"]) for row in found.to_pylist()] == [
        ("DE", "2023-10-01", 1)
    ]


def test_positions_as_of_a_day(cluster: Cluster, sealed: Thread) -> None:
    at = datetime(2023, 6, 1, tzinfo=UTC)
    for name in ("positions", "whereabouts"):
        assert cluster.ask(name, at=at).to_pylist() == answer(sealed.viewer, name, at=at).to_pylist(), name


def test_a_scope_sees_its_own_rows(cluster: Cluster, sealed: Thread) -> None:
    dealer = Scope("dealer", "ID")
    assert cluster.view(MACHINES, scope=dealer)["machine"].to_pylist() == ["M1", "M2"]
    assert cluster.story("M3", scope=dealer).num_rows == 0
    assert cluster.containment("PU-1", scope=dealer).equals(sealed.containment("PU-1", scope=dealer))


def test_positions_are_those_of_the_machines_as_of_then(hand_made: Callable[[Path], Thread], tmp_path: Path) -> None:
    """By stays in two chunks, one told late, against every event derived afresh; a sale taken back has not been."""
    with hand_made(tmp_path / "thread") as thread:
        thread.seal()
        late = datetime(2023, 4, 20, tzinfo=UTC)
        thread.append([{"kind": "storing", "event_time": late, "machine": "M3", "place": "QUAY"}])
        thread.seal()
        for month in (2, 5, 8, 11):
            at = datetime(2023, month, 1, tzinfo=UTC)
            stood = [
                (m["machine"], m["status"], m["since"], m["place"])
                for m in thread.view(MACHINES, as_of=at, clock="event").to_pylist()
                if m["status"]
            ]
            asked = answer(thread.viewer, "positions", at=at).to_pylist()
            assert [(a["machine"], a["status"], a["since"].replace(tzinfo=UTC), a["place"]) for a in asked] == stood
            assert counted(thread, at) == Counter((a["status"], a["place"]) for a in asked)
        sale = thread.view(TABLES["events"], where={"machine": "M3", "kind": "retail_selling"})["event_id"][0].as_py()
        thread.append([{"kind": "error_declaration", "event_time": thread.clock(), "corrects": sale}])
        thread.seal()
        asked = {
            a["machine"]: a["place"] for a in answer(thread.viewer, "positions", at=at - timedelta(days=60)).to_pylist()
        }
        assert asked["M3"] == "QUAY"
        assert counted(thread, at - timedelta(days=60)) == Counter(
            (a["status"], a["place"])
            for a in answer(thread.viewer, "positions", at=at - timedelta(days=60)).to_pylist()
        )


def counted(thread: Thread, at: datetime) -> dict[tuple[str, str], int]:
    """How many machines stood where, as the thread counts them."""
    told = answer(thread.viewer, "whereabouts", at=at).to_pylist()
    return {(row["status"], row["place"]): row["machines"] for row in told}


def test_a_thread_with_a_tail_is_refused(tmp_path: Path) -> None:
    with open_thread(tmp_path) as thread:
        thread.append([{"kind": "fault", "event_time": thread.clock(), "machine": "M1", "code": "E"}])
        with pytest.raises(OptionRejected, match="1 events are not sealed"):
            Cluster(thread, None)  # type: ignore[arg-type]


def test_the_dialect_by_hand() -> None:
    assert spoken("floor((greatest(f.a, least(x.b, f.c)) - f.started) / 30.4375)") == (
        "floor((datediff(greatest(f.a, least(x.b, f.c)), f.started)) / 30.4375D)"
    )
    assert spoken("join generate_series(0, 1200) as m(age_month) on true") == (
        "join (select explode(sequence(0, 1200)) as age_month) m on true"
    )
    assert spoken("cast((cast(t.at as date) - date '1970-01-05') / 7.0 as varchar)") == (
        "cast((datediff(cast(t.at as date), date '1970-01-05')) / 7.0D as string)"
    )
