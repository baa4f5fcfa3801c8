"""What only a team's thread has: writers on several connections, a server that dies, logins of scopes, an address."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smilecurve.terms.errors import DataRejected, NotAllowed, OptionRejected, StoreAway
from smilecurve.terms.event import EVENTS
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.store import Thread, open_thread, restore

Team = Callable[[Path], str]
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "postgres.sh"
T0 = datetime(2024, 1, 1, tzinfo=UTC)


def fault(source: str, seq: int) -> dict[str, object]:
    return {"kind": "fault", "event_time": T0, "machine": f"M{seq % 5}", "code": "E", "source": source, "seq": seq}


@pytest.fixture
def ours(tmp_path: Path, team: Team) -> Iterator[Thread]:
    with open_thread(team(tmp_path / "thread")) as thread:
        thread.set_clock(T0)
        yield thread


def test_positions_become_visible_in_their_order_and_without_a_gap(ours: Thread) -> None:
    """Four writers and a sealer, each with connections of its own; a reader never sees a position before a lower one."""
    stop = threading.Event()
    seen: list[tuple[int, int]] = []

    def write(n: int) -> None:
        with open_thread(ours.place) as mine:
            for k in range(12):
                mine.append([fault(f"writer {n}", k * 10 + j) for j in range(n + 1)])

    def seal() -> None:
        with open_thread(ours.place) as mine:
            while not stop.is_set():
                mine.seal()

    def look() -> None:
        while not stop.is_set():
            with ours.ledger.reading() as pen:
                tail, last = pen.execute("select count(*), coalesce(max(pos), 0) from event").fetchall()[0]
                sealed = pen.execute("select coalesce(sum(last_pos - first_pos + 1), 0) from sealed").fetchall()[0][0]
            seen.append((int(tail) + int(sealed), int(last)))
            time.sleep(0.002)

    with ThreadPoolExecutor(6) as pool:
        beside = [pool.submit(seal), pool.submit(look)]
        for done in [pool.submit(write, n) for n in range(4)]:
            done.result()
        stop.set()
        for done in beside:
            done.result()
    assert len(seen) > 5
    assert all(count == last for count, last in seen if last), "a hole among the positions was visible"
    assert ours.count(EVENTS) == 12 * (1 + 2 + 3 + 4)
    assert ours.rebuild().equal


def test_a_server_that_is_killed_loses_nothing_acknowledged(mortal: Path, tmp_path: Path) -> None:
    """kill -9 of every process of the server while two writers and a sealer work; they send again what nobody acknowledged."""
    place = f"postgresql:///postgres?host={mortal}&port=5433&user=smilecurve&folder={tmp_path / 'thread'}"
    with open_thread(place):
        pass
    stop = threading.Event()
    acked: list[str] = []
    refused: list[str] = []

    def work(n: int) -> None:
        with open_thread(place) as mine:
            k = 0
            while not stop.is_set():
                try:
                    mine.append([fault(f"writer {n}", k * 10 + j) for j in range(1 + k % 7)])
                    acked.extend(f"writer {n}#{k * 10 + j}" for j in range(1 + k % 7))
                    k += 1
                    if n == 0 and k % 10 == 0:
                        mine.seal()
                except StoreAway as error:
                    refused.append(str(error))
                    time.sleep(0.02)

    with ThreadPoolExecutor(2) as pool:
        working = [pool.submit(work, n) for n in range(2)]
        for trial in range(3):
            enough = len(acked) + 60
            while len(acked) < enough:
                time.sleep(0.01)
            time.sleep(0.037 * trial)
            subprocess.run(["sh", SCRIPT, "kill", mortal], check=True)
            subprocess.run(["sh", SCRIPT, "start", mortal], check=True, capture_output=True)
        enough = len(acked) + 20
        while len(acked) < enough and not any(w.done() for w in working):
            time.sleep(0.01)
        stop.set()
        for done in working:
            done.result()
    with open_thread(place) as thread:
        held = Counter(thread.view(EVENTS)["event_id"].to_pylist())
        assert set(acked) <= set(held), "an acknowledged event is lost"
        assert max(held.values()) == 1, "an event is doubled"
        assert thread.health(deep=True).ok
        assert thread.rebuild().equal
    assert refused, "no writer met the dead server"


def test_a_sealer_that_lost_its_connection_cannot_commit(ours: Thread) -> None:
    ours.append([fault("w", n) for n in range(5)])
    with ours.segments.sealing():
        with open_thread(ours.place) as other, other.segments.sealing(wait=False) as mine:
            assert not mine, "one seals at a time"
        pid = ours.ledger._writer.info.backend_pid  # type: ignore[attr-defined]
        ours.ledger.rows("select pg_terminate_backend(?::integer, 5000)", (pid,))
        with pytest.raises(StoreAway):
            ours.sealer.seal_tail()
    assert ours.count(EVENTS) == 5
    assert ours.seal() == 5, "the next one may"
    assert ours.health(deep=True).ok


def test_a_lost_connection_is_opened_again(ours: Thread) -> None:
    for con in (ours.ledger._writer, ours.ledger._reader):  # type: ignore[attr-defined]
        with open_thread(ours.place) as other:
            other.ledger.rows("select pg_terminate_backend(?::integer, 5000)", (con.info.backend_pid,))
        assert ours.append([fault("w", 1)]).position >= 1
        assert ours.count(EVENTS) == 1


def plainly(thread: Thread, login: str, sql: str) -> list[tuple[object, ...]]:
    """What a login of the database sees with plain SQL, past every gate of ours."""
    import psycopg

    address = thread.ledger.address  # type: ignore[attr-defined]
    with psycopg.connect(address.conninfo, options=f"-c search_path={address.schema}") as con:
        con.execute(f"set role {login}")
        return list(con.execute(sql).fetchall())


def test_plain_sql_goes_around_the_gate_and_meets_a_second_lock(ours: Thread, events: list[dict[str, object]]) -> None:
    import psycopg

    from smilecurve.thread.admitting import admit, publish

    ours.append(events, source="hand")
    scopes = {
        "dealer_id": Scope("dealer", "ID"), "dealer_de": Scope("dealer", "DE"), "partner_1": Scope("partner", "SP-1"),
        "customer_2": Scope("customer", "C-2"), "nobody": Scope("dealer", "FR"),
    }  # fmt: skip
    for login, scope in scopes.items():
        admit(ours, login, scope)
        assert plainly(ours, login, "select * from event") == [], "nothing before it is published"
    assert publish(ours) == 4
    for login, scope in scopes.items():
        seen = {row[0] for row in plainly(ours, login, "select event_id from event")}
        assert seen == set(ours.view(EVENTS, scope=scope)["event_id"].to_pylist()), login
        machines = set(ours.view(MACHINES, scope=scope)["machine"].to_pylist())
        assert {row[0] for row in plainly(ours, login, "select machine from holding")} == machines
        for table in ("decision", "segment", "given", "meta", "counter", "span", "sealed", "schema"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                plainly(ours, login, f"select * from {table}")
            with ours.ledger.writing() as pen:
                pen.execute(f"grant select on {table} to {login}")
            assert plainly(ours, login, f"select * from {table}") == [], "granted by mistake, it shows no row"
        for act in (
            "insert into event select * from event", "delete from event", "update holding set market = 'ID'",
            f"insert into scope_role values ('{login}', 'dealer', 'ID')",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                plainly(ours, login, act)


def test_the_second_lock_never_shows_more_than_the_gate(ours: Thread, events: list[dict[str, object]]) -> None:
    """A machine moves, an event is withdrawn, the tail is sealed: until published again their rows are shown to nobody."""
    from smilecurve.thread.admitting import admit, publish

    ours.append(events, source="hand")
    admit(ours, "keeper_de", Scope("dealer", "DE"))

    def shown() -> set[object]:
        return {row[0] for row in plainly(ours, "keeper_de", "select distinct machine from event")}

    publish(ours)
    assert shown() == {"M3"}
    ours.append([{"kind": "fault", "event_time": T0, "machine": "M3", "code": "E"}])
    assert shown() == {"M3"}, "what cannot move a machine leaves it shown"
    ours.append([{"kind": "shipping", "event_time": T0, "machine": "M3", "market": "FR"}])
    assert shown() == set()
    publish(ours)
    assert shown() == set()
    moved = ours.view(EVENTS, where={"machine": "M3", "market": "FR"})["event_id"][0].as_py()
    ours.append([{"kind": "error_declaration", "event_time": T0, "corrects": moved}])
    publish(ours)
    assert shown() == {"M3"}
    ours.append([{"kind": "error_declaration", "event_time": T0, "corrects": "something sealed long ago"}])
    assert shown() == set()
    publish(ours)
    ours.seal()
    assert plainly(ours, "keeper_de", "select * from holding") == []


def test_a_login_that_passes_every_lock_is_not_admitted(ours: Thread, tmp_path: Path) -> None:
    from smilecurve.thread.admitting import admit, publish

    with pytest.raises(NotAllowed, match="smilecurve may pass every lock of the database"):
        admit(ours, "smilecurve", Scope("dealer", "ID"))
    with pytest.raises(OptionRejected, match="cannot name a login"):
        admit(ours, 'x"; drop table event; --', Scope("dealer", "ID"))
    with pytest.raises(OptionRejected, match="the maker sees everything"):
        admit(ours, "ann", MAKER)
    with open_thread(tmp_path / "alone") as alone, pytest.raises(OptionRejected, match="its ledger has no logins"):
        publish(alone)


def test_an_embedded_thread_moves_to_a_team_and_back(
    ours: Thread, tmp_path: Path, team: Team, events: list[dict[str, object]]
) -> None:
    with open_thread(tmp_path / "alone") as alone:
        alone.append(events, source="hand")
        alone.seal()
        alone.append([fault("w", 1)])
        machines, copy = alone.view(MACHINES), alone.backup(tmp_path / "copy")
    place = team(tmp_path / "shared")
    assert restore(copy, place) == tmp_path / "shared"
    with open_thread(place, create=False) as shared:
        assert shared.view(MACHINES).equals(machines)
        assert shared.append([fault("w", 1)]).repeated == 1
        assert shared.append(events, source="hand").added == 0
        shared.append([fault("w", 2)])
        assert shared.seal() == 2
        assert shared.rebuild().equal
        back = shared.backup(tmp_path / "back")
    with open_thread(back) as alone:
        assert alone.view(MACHINES).num_rows == machines.num_rows
        assert alone.append([fault("w", 2)]).repeated == 1
    ours.append([fault("w", 1)])
    with open_thread(copy) as origin, pytest.raises(OptionRejected, match="holds a thread already"):
        ours.ledger.take(origin.ledger)  # type: ignore[attr-defined]


def test_what_postgresql_cannot_keep_is_refused_whole(ours: Thread) -> None:
    with pytest.raises(DataRejected, match="PostgreSQL cannot keep a cell"):
        ours.append([fault("w", 1), {**fault("w", 2), "code": "a\x00b"}])
    assert ours.count(EVENTS) == 0
    assert ours.append([fault("w", 1)]).added == 1


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install smilecurve[team]")
    with pytest.raises(StoreAway, match="the database did not do it") as error:
        open_thread(f"postgresql://ann:secret@/db?host={tmp_path}&folder={tmp_path}/thread")
    assert "secret" not in str(error.value)
    assert "send again" in str(error.value)
    with pytest.raises(OptionRejected, match="names no folder") as refused:
        open_thread("postgresql://db/plant?schema=Plant-1")
    assert len(refused.value.breaches) == 2


def test_the_commands_take_an_address(ours: Thread) -> None:
    from click.testing import CliRunner

    from smilecurve.app.cli.main import smile

    def said(*words: str) -> str:
        done = CliRunner().invoke(smile, ["--thread", str(ours.place), *words])
        assert done.exit_code == 0, done.output
        return done.output

    ours.put(TABLES["models"], TABLES["models"].empty())
    said("event", "commissioning", "machine=M1", "part=X20", "place=L1", "market=ID")
    assert ours.count(EVENTS) == 1
    said("team", "admit", "dealer:ID", "seller")
    assert "1 machines are shown" in said("team", "publish")
    assert plainly(ours, "seller", "select machine, part from event") == [("M1", "X20")]
    assert "X20" in said("show", "events", "-o", "csv")
