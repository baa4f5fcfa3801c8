"""What a person's word on a decision brings about."""

from __future__ import annotations

from datetime import timedelta

import pyarrow.compute as pc
import pytest

from smilecurve.loop.acting import accept, change, reject
from smilecurve.loop.run import run_desk
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.errors import DataRejected, NotFound, OptionRejected
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def waiting(thread: Thread, desk: str) -> str:
    return rows(thread, "decisions", desk=desk, state="waiting")[0]["decision"]


def test_an_accepted_sequence_becomes_the_order_the_next_one_is_measured_against(excavators: Thread):
    decision = waiting(excavators, "line.sequence")
    parts_come = {w["work_order"]: w["ready"] for w in rows(excavators, "work_orders")}
    assert any(parts_come.values())
    assert accept(excavators, decision, by="planner") > 0
    assert {w["work_order"]: w["ready"] for w in rows(excavators, "work_orders")} == parts_come
    slots = {r["work_order"]: r["slot"] for r in excavators.rows_of(decision).to_pylist()}
    assert {w["work_order"]: w["rank"] for w in rows(excavators, "work_orders")} == slots
    assert rows(excavators, "decisions", decision=decision)[0]["state"] == "accepted"
    again = run_desk(excavators, "line.sequence")
    moved = excavators.rows_of(again.decision).column("moved")
    before = excavators.rows_of(decision).column("moved")
    assert pc.sum(pc.abs(moved)).as_py() < pc.sum(pc.abs(before)).as_py()


def test_accepted_moves_change_what_lies_on_the_shelves_and_lose_nothing(excavators: Thread):
    decision = waiting(excavators, "serve.spares")
    plan = excavators.rows_of(decision).to_pylist()
    before = {(s["depot"], s["part"]): s["on_hand"] for s in rows(excavators, "depot_stocks")}
    moved = accept(excavators, decision, by="planner")
    after = {(s["depot"], s["part"]): s["on_hand"] for s in rows(excavators, "depot_stocks")}
    assert sum(after.values()) == sum(before.values())
    assert moved == sum(max(0, n - before.get(k, 0)) for k, n in after.items())
    assert moved <= sum(r["move_in"] for r in plan)
    assert min(after.values()) >= 0


def test_a_decision_is_acted_on_once(excavators: Thread):
    decision = waiting(excavators, "serve.spares")
    assert accept(excavators, decision, by="planner") > 0
    shelves = rows(excavators, "depot_stocks")
    assert accept(excavators, decision, by="planner") == 0
    assert rows(excavators, "depot_stocks") == shelves
    with pytest.raises(OptionRejected, match="what follows from it is done"):
        reject(excavators, decision, by="planner")
    old = waiting(excavators, "line.control")
    run_desk(excavators, "line.control")
    with pytest.raises(OptionRejected, match="was replaced by a later one"):
        accept(excavators, old, by="planner")


def test_a_rejected_decision_is_remembered_and_rules_no_more(excavators: Thread):
    decision = waiting(excavators, "line.balance")
    reject(excavators, decision, by="lead", note="station 7 is being rebuilt")
    row = rows(excavators, "decisions", decision=decision)[0]
    assert (row["state"], row["by"]) == ("rejected", "lead")
    assert "rebuilt" in row["basis"]


def test_a_person_may_change_rows_but_not_break_the_table(excavators: Thread):
    decision = waiting(excavators, "renew.route_return")
    plan = excavators.rows_of(decision)
    mine = plan.to_pylist()
    mine[0]["route"] = "scrap"
    change(excavators, decision, table("return_plan").rows(mine), by="planner")
    assert rows(excavators, "return_plan", rma=mine[0]["rma"])[0]["route"] == "scrap"
    assert rows(excavators, "decisions", decision=decision)[0]["state"] == "changed"
    mine[0]["route"] = "bury"
    with pytest.raises(DataRejected, match="route bury is not a known code"):
        change(excavators, decision, table("return_plan").rows(mine), by="planner")


def test_an_unknown_decision_is_refused(excavators: Thread):
    with pytest.raises(NotFound, match="there is no decision nothing-1"):
        accept(excavators, "nothing-1", by="planner")


def test_an_accepted_chart_sets_aside_its_lots_whoever_held_them_first(excavators: Thread):
    """A lot that a sample held before the chart did is set aside too; one that a person set aside already is left."""
    decision = waiting(excavators, "line.control")
    mine = {(r["part"], r["lot"]) for r in excavators.rows_of(decision).to_pylist() if r["signal"] and r["lot"]}
    sampled = next(h for h in rows(excavators, "lot_holds") if (h["part"], h["lot"]) in mine)
    released = next(e for e in rows(excavators, "events", kind="holding") if (e["part"], e["lot"]) in mine)
    told = {"kind": "holding", "event_time": excavators.clock(), "part": released["part"], "lot": released["lot"]}
    excavators.append([told])
    lots = rows(excavators, "lot_verdicts")
    early = sampled["since"] - timedelta(days=9)
    lots[0] |= {"part": sampled["part"], "lot": sampled["lot"], "inspected": early, "verdict": "rejected"}
    rejected = Decision(table("lot_verdicts").rows(lots), Proof("rule", 1, 1, "lots"))
    excavators.record("line.sample", table("lot_verdicts"), rejected, basis={})
    assert rows(excavators, "lot_holds", lot=sampled["lot"])[0]["source"] == "line.sample"
    assert accept(excavators, decision, by="quality") == 1
    holds = [e for e in rows(excavators, "events", kind="holding") if e["disposition"] != "conformant"]
    assert [(e["lot"], e["ref"]) for e in holds] == [(told["lot"], None), (sampled["lot"], decision)]
    aside = {(h["part"], h["lot"]) for h in rows(excavators, "lot_holds") if h["set_aside"]}
    assert aside == {(told["part"], told["lot"]), (sampled["part"], sampled["lot"])}
