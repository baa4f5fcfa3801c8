"""A small thread written by hand: two markets, a dealer, partners, customers, four machines, lots three levels deep."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smilecurve.terms.tables import TABLES
from smilecurve.thread.questions import answer
from smilecurve.thread.store import Thread, open_thread

Event = dict[str, object]
Place = Callable[[Path], str | Path]
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "postgres.sh"
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def piece(component: str, part: str, lot: str) -> dict[str, str]:
    return {"component": component, "part": part, "lot": lot}


def built(machine: str, model: str, on: str, pump: str, pack: str | None) -> list[Event]:
    pieces = [piece("pump", "PUMP", pump)] + ([piece("pack", "PACK", pack)] if pack else [])
    return [
        {"kind": "work_order", "event_time": day("2022-12-01"), "ref": f"WO-{machine}", "part": model, "place": "L1",
         "details": {"due": on}},
        {"kind": "commissioning", "event_time": day(on), "machine": machine, "part": model, "place": "L1", "ref": f"WO-{machine}"},
        {"kind": "assembling", "event_time": day(on), "machine": machine, "components": pieces},
        {"kind": "inspecting", "event_time": day(on), "machine": machine, "disposition": "conformant"},
    ]  # fmt: skip


def sold(machine: str, market: str, holder: str, partner: str | None, on: str, order: str) -> list[Event]:
    found: list[Event] = [
        {"kind": "shipping", "event_time": day("2023-02-01"), "machine": machine, "place": "PORT", "market": market, "ref": order},
        {"kind": "receiving", "event_time": day("2023-03-01"), "machine": machine, "place": f"YARD-{market}", "market": market,
         "party": f"D-{market}"},
        {"kind": "retail_selling", "event_time": day(on), "machine": machine, "market": market, "party": holder, "amount": 50_000.0,
         "currency": "CNY", "code": "dealer", "details": {"buyer": "business"}},
    ]  # fmt: skip
    if partner:
        found.append(
            {"kind": "start_up", "event_time": day(on), "machine": machine, "party": partner, "market": market}
        )
    return found


def history() -> list[Event]:
    """Everything that happened, in order."""
    return [
        {"kind": "assembling", "event_time": day("2022-11-01"), "lot": "CELL-1", "components": [piece("powder", "POWDER", "POW-1")]},
        {"kind": "assembling", "event_time": day("2022-11-02"), "lot": "PACK-1", "components": [piece("cell a", "CELL", "CELL-1")]},
        {"kind": "assembling", "event_time": day("2022-11-02"), "lot": "PACK-2", "components": [piece("cell a", "CELL", "CELL-2")]},
        *built("M1", "X20", "2023-01-10", "PU-1", "PACK-1"),
        *built("M2", "X20", "2023-01-11", "PU-1", "PACK-2"),
        *built("M3", "G2", "2023-01-12", "PU-2", None),
        *built("M4", "G2", "2023-01-13", "PU-2", None),
        {"kind": "work_order", "event_time": day("2023-12-01"), "ref": "WO-5", "part": "X20", "place": "L1", "market": "ID",
         "details": {"due": "2024-01-15", "sales_order": "SO-9", "colour": "yellow", "options": "A B", "rank": 3}},
        {"kind": "picking", "event_time": day("2023-12-20"), "ref": "WO-5", "components": [piece("pump", "PUMP", "PU-1")]},
        {"kind": "sales_order", "event_time": day("2023-01-02"), "ref": "SO-1", "part": "X20", "quantity": 3.0, "market": "ID",
         "party": "C-1", "amount": 150_000.0, "currency": "CNY", "code": "dealer", "details": {"wanted": "2023-03-01"}},
        {"kind": "sales_order", "event_time": day("2023-01-02"), "ref": "SO-2", "part": "G2", "quantity": 2.0, "market": "DE",
         "party": "C-2", "amount": 4_000.0, "currency": "CNY", "code": "amazon"},
        *sold("M1", "ID", "C-1", "SP-1", "2023-04-01", "SO-1"),
        *sold("M2", "ID", "C-3", "SP-2", "2023-04-01", "SO-1"),
        *sold("M3", "DE", "C-2", None, "2023-05-01", "SO-2"),
        {"kind": "storing", "event_time": day("2023-02-01"), "machine": "M4", "place": "STORE", "ref": "SO-2"},
        {"kind": "meter_reading", "event_time": day("2023-06-01"), "machine": "M1", "quantity": 300.0},
        {"kind": "ticket", "event_time": day("2023-08-01"), "machine": "M1", "ref": "T-1", "code": "leak", "quantity": 420.0,
         "details": {"note": "oil under the pump"}},
        {"kind": "answer", "event_time": day("2023-08-01"), "machine": "M1", "ref": "T-1", "code": "Q-1", "disposition": "yes"},
        {"kind": "failure", "event_time": day("2023-08-02"), "machine": "M1", "part": "PUMP", "component": "pump", "code": "seal",
         "quantity": 421.0},
        {"kind": "replacing", "event_time": day("2023-08-03"), "machine": "M1", "part": "PUMP", "component": "pump", "lot": "PU-9",
         "details": {"removed": "PU-1"}},
        {"kind": "claim", "event_time": day("2023-08-04"), "machine": "M1", "ref": "CL-1", "part": "PUMP", "amount": 900.0,
         "currency": "CNY"},
        {"kind": "ticket_closed", "event_time": day("2023-08-05"), "ref": "T-1", "code": "seal", "disposition": "visit"},
        {"kind": "ticket", "event_time": day("2023-09-01"), "machine": "M3", "ref": "T-2", "code": "no start"},
        {"kind": "receiving", "event_time": day("2023-10-01"), "machine": "M3", "market": "DE", "place": "HUB", "ref": "RMA-1",
         "disposition": "returned", "code": "noise"},
        {"kind": "grade", "event_time": day("2023-10-05"), "machine": "M3", "ref": "RMA-1", "code": "B"},
        {"kind": "cost", "event_time": day("2023-06-01"), "code": "assembly", "amount": 1000.0, "currency": "CNY", "part": "X20"},
        {"kind": "cost", "event_time": day("2023-06-01"), "code": "sales", "amount": 1500.0, "currency": "CNY", "part": "X20",
         "disposition": "value"},
        {"kind": "inspecting", "event_time": day("2023-01-09"), "code": "bore", "quantity": 10.1, "lot": "PU-1",
         "details": {"subgroup": 1, "piece": 1}},
        {"kind": "inspecting", "event_time": day("2023-01-08"), "part": "PUMP", "party": "SUP", "lot": "PU-1", "quantity": 1.0,
         "details": {"lot_size": 200, "sampled": 32}},
        {"kind": "holding", "event_time": day("2023-12-19"), "part": "PUMP", "lot": "HX-3", "party": "inspector"},
        {"kind": "holding", "event_time": day("2023-12-19"), "part": "PUMP", "lot": "HX-4", "party": "inspector"},
        {"kind": "holding", "event_time": day("2023-12-20"), "part": "PUMP", "lot": "HX-4", "disposition": "conformant"},
    ]  # fmt: skip


def furnish(thread: Thread) -> None:
    """The given tables that views join."""
    models = [
        {"model": m, "name": m, "family": f, "hs": "8429", "price": p, "currency": "CNY", "length_m": 6.0, "width_m": 2.5,
         "height_m": 2.8, "mass_kg": 20_000.0}
        for m, f, p in (("X20", "excavator", 50_000.0), ("G2", "generator", 2_000.0))
    ]  # fmt: skip
    markets = [
        {"market": m, "name": m, "region": r, "climate": c, "currency": "USD", "latitude": 1.0, "longitude": 2.0, "home": False,
         "depot": f"DEPOT-{m}"}
        for m, r, c in (("ID", "Asia", "hot"), ("DE", "Europe", "temperate"))
    ]  # fmt: skip
    parts = [
        {"part": p, "name": f"the {p.lower()}", "system": "hydraulics", "source": "buy", "supplier": "SUP", "lead_days": 1,
         "lot_least": 0.0, "lot_multiple": 1.0, "scrap": 0.0, "cost": 100.0, "currency": "CNY", "spare": p in ("PUMP", "CELL")}
        for p in ("PUMP", "PACK", "CELL", "POWDER")
    ]  # fmt: skip
    terms: list[dict[str, object]] = [
        {"family": f, "market": "*", "system": "*", "months": 12, "hours": None, "supplier_share": 0.5}
        for f in ("excavator", "generator")
    ]
    for name, rows in (("models", models), ("markets", markets), ("parts", parts), ("warranty_terms", terms)):
        thread.put(TABLES[name], TABLES[name].rows(rows))


def _server() -> Iterator[Path]:
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install smilecurve[team]")
    folder = Path(tempfile.mkdtemp(prefix="smile-pg-"))
    folder.chmod(0o755)
    began = subprocess.run(["sh", SCRIPT, "start", folder], capture_output=True, text=True, check=False)
    if began.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"no PostgreSQL server can be started here: {began.stderr.strip() or began.stdout.strip()}")
    yield folder
    subprocess.run(["sh", SCRIPT, "stop", folder], check=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of a PostgreSQL server that this test process alone has; its socket lies in it."""
    yield from _server()


@pytest.fixture
def mortal() -> Iterator[Path]:
    """A server of one test alone, to be killed."""
    yield from _server()


def address_of(server: Path, folder: Path) -> str:
    """A thread of its own on a server: a schema named after the folder of its sealed files."""
    schema = "t" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return f"postgresql:///postgres?host={server}&port=5433&user=smilecurve&schema={schema}&folder={folder}"


@pytest.fixture(scope="session")
def team(postgres: Path) -> Callable[[Path], str]:
    """Where a team's thread lies whose sealed files are in a folder."""
    return lambda folder: address_of(postgres, folder)


@pytest.fixture(scope="session", params=["embedded", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """Where a thread lies: the folder itself, or a team's ledger in PostgreSQL with that folder beside it."""
    if request.param == "embedded":
        return lambda folder: folder
    found: Place = request.getfixturevalue("team")
    return found


@pytest.fixture
def empty(tmp_path: Path, place: Place) -> Iterator[Thread]:
    """A new thread whose clock stands at the first of January 2024."""
    thread = open_thread(place(tmp_path / "thread"))
    thread.set_clock(NOW)
    yield thread
    thread.close()


def made(place: str | Path) -> Thread:
    """The hand-made thread at a place."""
    thread = open_thread(place)
    thread.set_clock(NOW)
    furnish(thread)
    thread.append(history(), source="hand")
    return thread


@pytest.fixture(scope="session")
def furnished(place: Place) -> Callable[[Path], Thread]:
    """Make the hand-made thread in a folder, embedded or with a team's ledger beside it."""
    return lambda folder: made(place(folder))


@pytest.fixture(scope="session")
def hand_made() -> Callable[[Path], Thread]:
    """Make the hand-made thread in a folder, embedded."""
    return made


@pytest.fixture
def bare(empty: Thread) -> Thread:
    """A thread with markets, models and parts, in which nothing has happened."""
    furnish(empty)
    return empty


@pytest.fixture
def small(empty: Thread) -> Thread:
    """The hand-made thread, unsealed."""
    furnish(empty)
    empty.append(history(), source="hand")
    return empty


@pytest.fixture
def events() -> list[Event]:
    """The hand-made history itself."""
    return history()


_UNCOUNTED = {
    "fleet_counts": """
      select b.config, f.family, f.climate, f.started, f.until, f.in_service, count(*) as machines
      from fleet f join built_as b on b.unit = f.unit group by all order by all""",
    "failing_counts": """
      select x.part, f.family, f.climate, f.started, f.until, x.failed, count(*) as machines
      from first_failure x join fleet f on f.unit = x.unit
      join (select distinct b.unit, s.part from all_build b join all_config c on c.config = b.config
            join all_slot s on s.slot = c.slot) o on o.unit = x.unit and o.part = x.part
      group by all order by all""",
}


@pytest.fixture(scope="session")
def counted_as_uncounted() -> Callable[..., None]:
    """The counts that are kept say what counting machine by machine says, now or as of a moment."""

    def check(thread: Thread, as_of: datetime | None, *moments: datetime) -> None:
        with thread.viewer.looking(as_of) as frame:
            frame.ensure_all("fleet_counts", "failing_counts", "fleet", "first_failure", "built_as")
            for name, sql in _UNCOUNTED.items():
                keys = ", ".join(
                    c for c in frame.table(f"select * from {name} limit 0").column_names if c != "machines"
                )
                kept = f"select {keys}, cast(sum(machines) as bigint) as machines from {name} group by all"
                found = frame.table(f"{kept} having sum(machines) <> 0 order by all")
                assert found.to_pylist() == frame.table(sql).to_pylist(), (name, as_of)
        for at in moments:
            stood = Counter((p["status"], p["place"]) for p in answer(thread.viewer, "positions", at=at).to_pylist())
            told = answer(thread.viewer, "whereabouts", at=at).to_pylist()
            assert {(row["status"], row["place"]): row["machines"] for row in told} == stood, at

    return check
