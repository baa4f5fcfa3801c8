from __future__ import annotations

import json

import pytest

from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.errors import DataRejected, NotFound, OptionRejected
from smilecurve.terms.event import EVENTS
from smilecurve.terms.money import Money
from smilecurve.terms.tables.line import LINES, STATION_PLAN
from smilecurve.terms.tables.thread import DECISIONS
from smilecurve.thread.store import Thread


def plan(*stations: int) -> Decision:
    rows = [
        {"line": "L1", "task": f"t{n}", "station": s, "position": 1, "time_s": 1.0, "station_time_s": 1.0, "takt_s": 2.0, "load": 0.5,
         "moved": False, "reason": "fits"}
        for n, s in enumerate(stations)
    ]  # fmt: skip
    return Decision(
        STATION_PLAN.rows(rows), Proof("bound", 3.0, 2.0, "stations"), worth=Money(12.0, "CNY"), figures={"smooth": 0.5}
    )


def test_a_decision_is_kept_with_its_proof_and_told_as_an_event(empty: Thread) -> None:
    name = empty.record("line.balance", STATION_PLAN, plan(1, 2), basis={"seed": 7}, title="station 2 is full")
    row = empty.view(DECISIONS).to_pylist()[0]
    assert (row["decision"], row["desk"], row["table"], row["state"]) == (
        name,
        "line.balance",
        "station_plan",
        "waiting",
    )
    assert (row["proof"], row["value"], row["against"], row["unit"], row["worth"], row["currency"]) == (
        "bound",
        3.0,
        2.0,
        "stations",
        12.0,
        "CNY",
    )
    assert row["gap"] == pytest.approx(1 / 3)
    assert json.loads(row["basis"]) == {"seed": 7, "figures": {"smooth": 0.5}}
    assert row["title"] == "station 2 is full"
    assert DECISIONS.breaches(empty.view(DECISIONS)) == []
    assert empty.view(STATION_PLAN)["station"].to_pylist() == [1, 2]
    told = empty.view(EVENTS, where={"kind": "decision"}).to_pylist()
    assert [(e["ref"], e["code"], e["source"]) for e in told] == [(name, "recorded", "desk:line.balance")]


def test_a_waiting_decision_is_replaced_and_changes_are_counted(empty: Thread) -> None:
    first = empty.record("line.balance", STATION_PLAN, plan(1, 2, 3), basis={})
    second = empty.record("line.balance", STATION_PLAN, plan(1, 3), basis={})
    rows = {r["decision"]: r for r in empty.view(DECISIONS).to_pylist()}
    assert (rows[first]["state"], rows[second]["state"]) == ("replaced", "waiting")
    assert (rows[first]["changed_rows"], rows[second]["changed_rows"]) == (3, 2)
    assert empty.view(STATION_PLAN).num_rows == 2
    assert empty.rows_of(first).num_rows == 3


def test_people_accept_change_and_reject(empty: Thread) -> None:
    first = empty.record("line.balance", STATION_PLAN, plan(1, 1), basis={})
    empty.decide(first, "accepted", by="Li")
    second = empty.record("line.balance", STATION_PLAN, plan(2, 2), basis={})
    assert empty.view(DECISIONS, where={"decision": first})["state"].to_pylist() == ["accepted"]
    empty.decide(second, "rejected", by="Li", note="station 2 is being repaired")
    assert empty.view(STATION_PLAN)["station"].to_pylist() == [1, 1]
    third = empty.record("line.balance", STATION_PLAN, plan(3, 3), basis={})
    empty.decide(third, "changed", by="Wu", rows=plan(3, 4).rows)
    assert empty.view(STATION_PLAN)["station"].to_pylist() == [3, 4]
    states = {r["decision"]: (r["state"], r["by"]) for r in empty.view(DECISIONS).to_pylist()}
    assert states == {first: ("accepted", "Li"), second: ("rejected", "Li"), third: ("changed", "Wu")}
    assert (
        json.loads(empty.view(DECISIONS, where={"decision": second})["basis"][0].as_py())["note"]
        == "station 2 is being repaired"
    )
    acts = [e["code"] for e in empty.view(EVENTS, where={"kind": "decision"}, order=("seq",)).to_pylist()]
    assert sorted(acts) == ["accepted", "changed", "recorded", "recorded", "recorded", "rejected"]


def test_no_plan_leaves_the_last_one_standing(empty: Thread) -> None:
    empty.record("line.balance", STATION_PLAN, plan(1), basis={})
    none = Decision(
        STATION_PLAN.empty(),
        Proof("exact", 0, 0, ""),
        status="none",
        clash=(Clash("task t1 is longer than takt", "takt_s", "slow the takt"),),
    )
    name = empty.record("line.balance", STATION_PLAN, none, basis={})
    assert empty.view(STATION_PLAN).num_rows == 1
    row = empty.view(DECISIONS, where={"decision": name}).to_pylist()[0]
    assert row["status"] == "none"
    assert json.loads(row["basis"])["clash"][0]["what"] == "task t1 is longer than takt"


def test_what_cannot_be_decided_is_said(empty: Thread) -> None:
    with pytest.raises(NotFound, match=r"there is no decision line\.balance-9"):
        empty.decide("line.balance-9", "accepted", by="Li")
    with pytest.raises(NotFound):
        empty.rows_of("line.balance-9")
    name = empty.record("line.balance", STATION_PLAN, plan(1), basis={})
    with pytest.raises(OptionRejected, match="comes with rows"):
        empty.decide(name, "changed", by="Li")
    with pytest.raises(DataRejected, match="lacks the column station"):
        empty.decide(name, "changed", by="Li", rows=plan(1).rows.drop_columns(["station"]))


def test_a_recorded_decision_unsettles_only_what_draws_on_it(empty: Thread) -> None:
    from smilecurve.terms.tables import TABLES

    before = empty.version(TABLES["machines"]), empty.version(TABLES["campaign_machines"])
    frame = empty.viewer.frame()
    position = frame.position
    empty.record("line.balance", STATION_PLAN, plan(1), basis={})
    empty.viewer.frame()
    assert frame.position == position
    assert (empty.version(TABLES["machines"]), empty.version(TABLES["campaign_machines"])) == before


def test_given_tables_are_versions_of_content(empty: Thread) -> None:
    row = {
        "line": "L1",
        "name": "one",
        "takt_s": 360.0,
        "stations": 30,
        "slots_per_day": 240,
        "shift_start_h": 8.0,
        "frozen_slots": 10,
    }
    first = empty.put(LINES, LINES.rows([row, {**row, "line": "L2"}]), by="Li")
    assert empty.put(LINES, LINES.rows([{**row, "line": "L2"}, row])) == first, (
        "the same rows in another order are the same table"
    )
    assert empty.version(LINES) == first
    second = empty.put(LINES, LINES.rows([{**row, "takt_s": 300.0}, {**row, "line": "L3"}]), merge=True)
    assert second != first
    assert {r["line"]: r["takt_s"] for r in empty.view(LINES).to_pylist()} == {"L1": 300.0, "L2": 360.0, "L3": 360.0}
    assert empty.put(LINES, LINES.rows([{**row, "takt_s": 300.0}]), merge=True) == second
    with pytest.raises(DataRejected) as error:
        empty.put(LINES, LINES.rows([{**row, "takt_s": -1.0}, {**row, "stations": 0}]))
    assert len(error.value.breaches) >= 3
    with pytest.raises(OptionRejected, match="station_plan is decided, not given"):
        empty.put(STATION_PLAN, plan(1).rows)
