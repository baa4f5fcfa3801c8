from __future__ import annotations

from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.store import Thread

SALE = {
    "kind": "retail_selling",
    "machine": "M1",
    "market": "ID",
    "party": "C-1",
    "part": "X20",
    "amount": 1.0,
    "currency": "CNY",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_known_then_differs_from_what_had_happened_then(empty: Thread, sealed: bool) -> None:
    """The sale of 1 March is heard of on 1 May. On 1 April nobody knew; but it had happened."""
    empty.append([
        {"kind": "commissioning", "event_time": at("2023-01-01"), "record_time": at("2023-01-01"), "machine": "M1", "part": "X20", "place": "L1"},
        {**SALE, "event_time": at("2023-03-01"), "record_time": at("2023-05-01")},
    ])  # fmt: skip
    if sealed:
        empty.seal()
    april = at("2023-04-01")
    assert empty.view(MACHINES, as_of=april)["status"].to_pylist() == ["line"]
    assert empty.view(MACHINES, as_of=april, clock="event")["status"].to_pylist() == ["customer"]
    assert empty.view(MACHINES, as_of=at("2022-12-31")).num_rows == 0
    assert empty.view(MACHINES, as_of=at("2023-05-01"))["status"].to_pylist() == ["customer"]
    assert empty.count(MACHINES, as_of=april) == 1
    assert empty.view(MACHINES)["status"].to_pylist() == ["customer"]


def test_a_correction_counts_from_the_day_it_was_heard(empty: Thread) -> None:
    wrong = empty.append([{**SALE, "event_time": at("2023-03-01"), "record_time": at("2023-03-01")}]).event_ids[0]
    empty.append(
        [
            {
                "kind": "error_declaration",
                "event_time": at("2023-06-01"),
                "record_time": at("2023-06-01"),
                "corrects": wrong,
            }
        ]
    )
    assert empty.view(TABLES["sales"]).num_rows == 0
    assert empty.view(TABLES["sales"], as_of=at("2023-05-01"))["quantity"].to_pylist() == [1]


def test_components_and_containment_as_of_a_day(small: Thread) -> None:
    small.append([
        {"kind": "installing", "event_time": at("2023-12-24"), "record_time": at("2023-12-24"), "machine": "M2", "component": "beacon", "part": "BEACON",
         "lot": "BE-1"}
    ])  # fmt: skip
    assert small.containment("BE-1")["machine"].to_pylist() == ["M2"]
    assert small.containment("BE-1", as_of=at("2023-12-23")).num_rows == 0
    assert "BE-1" not in small.components("M2", as_of=at("2023-12-23"))["lot"].to_pylist()


def test_given_tables_keep_their_versions(empty: Thread) -> None:
    lines = TABLES["lines"]
    row = {
        "line": "L1",
        "name": "one",
        "takt_s": 360.0,
        "stations": 30,
        "slots_per_day": 240,
        "shift_start_h": 8.0,
        "frozen_slots": 10,
    }
    empty.set_clock(at("2023-01-01"))
    first = empty.put(lines, lines.rows([row]))
    empty.set_clock(at("2023-02-01"))
    second = empty.put(lines, lines.rows([{**row, "takt_s": 300.0}]))
    assert first != second
    assert empty.view(lines)["takt_s"].to_pylist() == [300.0]
    assert empty.view(lines, as_of=at("2023-01-15"))["takt_s"].to_pylist() == [360.0]
    before_any = empty.view(lines, as_of=at("2022-01-15"))
    assert before_any["takt_s"].to_pylist() == [360.0], "before its first version a table is taken as it first stood"


def test_the_clock_stands_where_it_was_set(empty: Thread) -> None:
    empty.set_clock(at("2023-01-01"))
    assert empty.clock() == at("2023-01-01")
    assert empty.meta()["clock"] == str(int(at("2023-01-01").timestamp()) * 1_000_000)


def test_a_table_laid_down_before_a_column_came_is_still_read(empty: Thread) -> None:
    """Parts from before labels were asked for: the file has no such column, its rows have it empty."""
    spec = TABLES["parts"]
    rows = spec.rows(
        [{"part": "P-1", "name": "Pump", "system": "hydraulics", "source": "buy", "lead_days": 9, "lot_least": 1.0, "lot_multiple": 1.0, "scrap": 0.0,
          "cost": 5.0, "currency": "CNY", "mass_kg": 1.0, "spare": True}]
    )  # fmt: skip
    empty.put(spec, rows)
    file = empty.shelf.file(spec, None)
    assert file is not None
    pq.write_table(pq.read_table(file).drop_columns(["gtin"]), file)
    assert empty.view(spec, where={"part": "P-1"}).column("gtin").to_pylist() == [None]
    assert empty.count(spec, where={"gtin": "09501101530003"}) == 0
