from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smilecurve.thread.store import Thread

T = datetime(2023, 12, 1, tzinfo=UTC)


def tree(thread: Thread, machine: str, *, now: bool = False) -> list[tuple[object, ...]]:
    found = thread.components(machine).to_pylist()
    return [(r["level"], r["within"], r["component"], r["lot"]) for r in found if not now or r["until"] is None]


@pytest.mark.parametrize("sealed", [False, True])
def test_down_and_up_through_three_levels(small: Thread, sealed: bool) -> None:
    if sealed:
        small.seal()
    assert tree(small, "M1") == [
        (1, "M1", "pack", "PACK-1"),
        (1, "M1", "pump", "PU-1"),
        (1, "M1", "pump", "PU-9"),
        (2, "PACK-1", "cell a", "CELL-1"),
        (3, "CELL-1", "powder", "POW-1"),
    ]
    for lot in ("PACK-1", "CELL-1", "POW-1", "PU-9"):
        assert small.containment(lot)["machine"].to_pylist() == ["M1"], lot
    assert small.containment("nothing").num_rows == 0


def test_as_built_and_as_maintained(small: Thread) -> None:
    found = {r["machine"]: r for r in small.containment("PU-1").to_pylist()}
    assert {m: r["still_in"] for m, r in found.items()} == {"M1": False, "M2": True}
    assert (found["M2"]["status"], found["M2"]["holder"], found["M2"]["market"], found["M2"]["partner"]) == (
        "customer",
        "C-3",
        "ID",
        "SP-2",
    )
    assert (1, "M1", "pump", "PU-1") not in tree(small, "M1", now=True)
    assert (1, "M1", "pump", "PU-9") in tree(small, "M1", now=True)


def test_a_removed_pack_takes_its_cells_along(small: Thread) -> None:
    small.seal()
    small.append([
        {"kind": "removing", "event_time": T, "machine": "M1", "component": "pack", "part": "PACK", "lot": "PACK-1"},
        {"kind": "installing", "event_time": T, "machine": "M4", "component": "pack", "part": "PACK", "lot": "PACK-1"},
    ])  # fmt: skip
    assert {r["machine"]: r["still_in"] for r in small.containment("POW-1").to_pylist()} == {"M1": False, "M4": True}
    assert tree(small, "M1", now=True) == [(1, "M1", "pump", "PU-9")]
    assert (3, "CELL-1", "powder", "POW-1") in tree(small, "M4", now=True)


def test_what_was_replaced_without_a_name_is_what_sat_there(small: Thread) -> None:
    small.append(
        [{"kind": "replacing", "event_time": T, "machine": "M2", "component": "pump", "part": "PUMP", "lot": "PU-7"}]
    )
    assert {r["machine"]: r["still_in"] for r in small.containment("PU-1").to_pylist()} == {"M1": False, "M2": False}
    assert {r["machine"]: r["still_in"] for r in small.containment("PU-7").to_pylist()} == {"M2": True}


def test_a_machine_within_a_machine(small: Thread) -> None:
    """An engine with its own serial is a component of the whole, and its parts are found from both ends."""
    small.append([
        {"kind": "commissioning", "event_time": T, "machine": "ENG-1", "part": "ENGINE"},
        {"kind": "assembling", "event_time": T, "machine": "ENG-1", "components": [{"component": "injector", "part": "INJ", "lot": "IN-1"}]},
        {"kind": "commissioning", "event_time": T, "machine": "M8", "part": "X20"},
        {"kind": "assembling", "event_time": T, "machine": "M8", "components": [{"component": "engine", "part": "ENGINE", "lot": "ENG-1"}]},
    ])  # fmt: skip
    assert tree(small, "M8") == [(1, "M8", "engine", "ENG-1"), (2, "ENG-1", "injector", "IN-1")]
    assert small.containment("IN-1")["machine"].to_pylist() == ["ENG-1", "M8"]


def test_lots_in_a_circle_end(empty: Thread) -> None:
    empty.append([
        {"kind": "assembling", "event_time": T, "lot": "A", "components": [{"component": "x", "part": "P", "lot": "B"}]},
        {"kind": "assembling", "event_time": T, "lot": "B", "components": [{"component": "x", "part": "P", "lot": "A"}]},
        {"kind": "assembling", "event_time": T, "machine": "M1", "components": [{"component": "x", "part": "P", "lot": "A"}]},
    ])  # fmt: skip
    assert empty.containment("B")["machine"].to_pylist() == ["M1"]
