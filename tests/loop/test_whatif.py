"""A sentence changes inputs on a fork; the original stays as it is."""

from __future__ import annotations

import pytest

from smilecurve.loop.whatif import whatif
from smilecurve.loop.why import why
from smilecurve.loop.wishes import CHINESE, EXAMPLES, examples_for, in_english
from smilecurve.terms.errors import NotFound, OptionRejected
from smilecurve.terms.tables import TABLES, table
from smilecurve.thread.store import Thread


def decided(thread: Thread) -> dict[str, str]:
    return {s.name: thread.version(s) for s in TABLES.values() if s.origin != "seen"}


def changed(thread: Thread, text: str) -> dict[str, dict]:
    before = decided(thread)
    rows = {r["table"]: r for r in whatif(thread, text).rows.to_pylist()}
    assert decided(thread) == before, "nothing reaches the original"
    return rows


def test_a_supplier_that_stops_makes_orders_late(excavators: Thread):
    plan = thread_rows(excavators, "planned_orders")
    supplier = max((r["supplier"] for r in plan if r["supplier"]), key=[r["supplier"] for r in plan].count)
    rows = changed(excavators, f"supplier {supplier} stops for 3 weeks")
    assert "planned_orders" in rows
    assert rows["planned_orders"]["after"] >= rows["planned_orders"]["before"]


def test_a_held_lot_holds_its_machines(excavators: Thread):
    held = {r["lot"] for r in thread_rows(excavators, "suspect_lots") if r["hold"]}
    lot = next(k["lot"] for k in thread_rows(excavators, "kits") if k["lot"] not in held)
    rows = changed(excavators, f"lot {lot} is held")
    assert rows["suspect_lots"]["added"] + rows["suspect_lots"]["changed"] >= 1
    assert rows["build_sequence"]["changed"] > 0


def test_a_faster_takt_changes_the_line(excavators: Thread):
    slower = whatif(excavators, "节拍改为 390 秒")
    assert slower.understood == "takt is 390 s"
    rows = {(r["table"], r["figure"]): r for r in slower.rows.to_pylist()}
    assert {"station_plan", "build_sequence", "line_rates"} <= {name for name, _ in rows}
    stations, pace = rows["station_plan", "stations"], rows["line_rates", "pace"]
    assert stations["after"] < stations["before"] == 30, "a slower takt needs fewer stations"
    assert pace["after"] > pace["before"]
    faster = changed(excavators, "takt becomes 330 s")
    assert faster["station_plan"]["example"].startswith("no plan fits"), "thirty stations cannot hold 330 s"


def test_more_places_and_a_longer_task_show_in_what_the_line_gives(excavators: Thread):
    task = thread_rows(excavators, "tasks")[0]
    found = whatif(excavators, f"工位 8 有 9 个缓冲位；task {task['task'].lower()} takes {task['time_s'] * 2:g} s")
    told = [values for _, values in found.changes]
    assert told == [{"station": 8, "places": 9}, {"task": task["task"], "time_s": task["time_s"] * 2}]
    cycle = next(r for r in found.rows.to_pylist() if r["figure"] == "cycle_s")
    assert cycle["after"] != cycle["before"]
    with pytest.raises(OptionRejected, match="no row of stations is meant"):
        whatif(excavators, "station 8 of line NONE has 3 buffer places")
    with pytest.raises(OptionRejected, match="no row of tasks is meant"):
        whatif(excavators, "task NONE takes 3 s")


def test_each_example_is_said_in_both_languages_and_offered_where_it_tells_most():
    assert tuple(map(in_english, CHINESE)) == EXAMPLES
    assert tuple(map(in_english, EXAMPLES)) == EXAMPLES
    assert examples_for("line.balance", "en")[0] == "takt becomes 330 s"
    assert examples_for("line.balance", "zh")[0] == "节拍改为 330 秒"
    assert examples_for("line.simulate", "ar")[0] == "station 8 has 4 buffer places"
    assert sorted(examples_for("market.quote", "en")) == sorted(EXAMPLES)


def test_generators_below_two_kilowatts_lose_a_third(small_machines: Thread):
    rows = changed(small_machines, "generators below 2 kW lose 30 %")
    assert rows["demand_forecast"]["after"] < rows["demand_forecast"]["before"]


def test_a_closed_lane_moves_promises(excavators: Thread):
    lanes = {r["lane"] for r in thread_rows(excavators, "promises") if r["lane"]}
    rows = changed(excavators, f"lane {sorted(lanes)[0]} closes for 30 days")
    assert rows["promises"]["changed"] > 0


def test_what_is_not_understood_is_answered_with_examples(excavators: Thread):
    with pytest.raises(OptionRejected, match="is not a change I know") as caught:
        whatif(excavators, "make everything better")
    assert EXAMPLES[0] in caught.value.breaches[0].do
    with pytest.raises(OptionRejected, match="is not a change I know") as caught:
        whatif(excavators, "让一切变好")
    assert CHINESE[0] in caught.value.breaches[0].do
    with pytest.raises(OptionRejected, match="no row of suppliers is meant"):
        whatif(excavators, "supplier NOBODY stops for 3 weeks")
    with pytest.raises(OptionRejected, match=r"decided by line\.balance"):
        whatif(excavators, "set station_plan.station = 3")


def test_why_follows_a_held_machine_to_the_lot_and_its_failures(excavators: Thread):
    suspected = {r["lot"] for r in thread_rows(excavators, "suspect_lots") if r["hold"]}
    held = [r for r in thread_rows(excavators, "build_sequence") if r["held_lot"] in suspected]
    assert held, "the world holds its planted lot"
    steps = why(excavators, "build_sequence", held[0]["work_order"])
    assert steps[0].said
    sources = [s.source for s in steps]
    assert any(s.startswith("suspect_lots") and held[0]["held_lot"] in s for s in sources)
    assert any(s.startswith("emerging_issues") for s in sources)
    assert any("failure" in s.said for s in steps if s.source.startswith("event"))
    with pytest.raises(NotFound, match="has no row"):
        why(excavators, "build_sequence", "WO-NOBODY")


def test_why_of_a_lots_verdict_and_of_a_charts_signal_are_the_inspections(excavators: Thread):
    """7 of 80 defective: the samples say so; a signal: the values of its characteristic until then, the newest first."""
    verdict = next(r for r in thread_rows(excavators, "lot_verdicts") if r["verdict"] == "rejected")
    key = "/".join(str(verdict[k]) for k in table("lot_verdicts").key)
    events = [s.said for s in why(excavators, "lot_verdicts", key) if s.source.startswith("event")]
    assert len(events) == verdict["samples"]
    assert all("inspecting" in said and f"lot {verdict['lot']}" in said and "sampled" in said for said in events)
    signal = next(r for r in thread_rows(excavators, "control_signals") if r["signal"])
    key = "/".join(str(signal[k]) for k in table("control_signals").key)
    steps = why(excavators, "control_signals", key)
    events = [s.said for s in steps if s.source.startswith("event")]
    assert events
    assert all("inspecting" in said and f"code {signal['characteristic']}" in said for said in events)
    assert events[0].startswith(f"{signal['measured']:%Y-%m-%d}")


def thread_rows(thread: Thread, name: str) -> list[dict]:
    return thread.view(table(name)).to_pylist()
