"""line.sequence: options spread, stations kept in reach, held machines out, frozen ones left alone."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line._orders import Weights
from smilecurve.desks.line.judging import standings
from smilecurve.desks.line.sequence import sequence_line
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.line import (
    KITS,
    LINES,
    OPTION_RATIOS,
    STATION_PLAN,
    STATIONS,
    TAIL_MACHINES,
    TASK_TIMES,
    TASKS,
    WORK_ORDERS,
)
from smilecurve.terms.tables.line_quality import LOT_HOLDS
from smilecurve.terms.tables.supply import BOM

DAY = date(2026, 3, 2)


def line(takt_s: float = 360.0, frozen: int = 0, slots: int = 240) -> pa.Table:
    return LINES.rows(
        [
            {
                "line": "A",
                "name": "A",
                "takt_s": takt_s,
                "stations": 1,
                "slots_per_day": slots,
                "shift_start_h": 6.0,
                "frozen_slots": frozen,
            }
        ]
    )


def orders(options: list[str], **columns: list[object]) -> pa.Table:
    rows = [
        {"work_order": f"W{n:03d}", "line": "A", "model": "M", "options": option, "due": DAY, "rank": n}
        for n, option in enumerate(options, 1)
    ]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return WORK_ORDERS.rows(rows)


def ratio(option: str, at_most: int, out_of: int, priority: int = 1) -> dict[str, object]:
    return {"line": "A", "option": option, "at_most": at_most, "out_of": out_of, "priority": priority}


def decide(work_orders: pa.Table, ratios: list[dict[str, object]] | None = None, **given_: object):
    tables = {
        "lines": given_.pop("lines", line()),
        "stations": given_.pop("stations", STATIONS.empty()),
        "tasks": given_.pop("tasks", TASKS.empty()),
        "task_times": given_.pop("task_times", TASK_TIMES.empty()),
        "station_plan": given_.pop("station_plan", STATION_PLAN.empty()),
        "option_ratios": OPTION_RATIOS.rows(ratios or []),
        "work_orders": work_orders,
        "kits": given_.pop("kits", KITS.empty()),
        "tail_machines": given_.pop("tail_machines", TAIL_MACHINES.empty()),
        "bom": given_.pop("bom", BOM.empty()),
        "lot_holds": given_.pop("lot_holds", LOT_HOLDS.empty()),
    }
    return sequence_line(**tables, **given_)


def suspect(*lots: str) -> pa.Table:
    return SUSPECT_LOTS.rows(
        [
            {
                "part": "pump",
                "lot": lot,
                "rank": n,
                "machines": 9,
                "failures": 5,
                "expected": 1.0,
                "ratio": 5.0,
                "evidence": 4.0,
                "hold": True,
                "reason": "explains_issue",
            }
            for n, lot in enumerate(lots, 1)
        ]
    )


def built(*machines: tuple[str, str]) -> Any:
    """Machines on the line before, the last one last: (colour, options)."""
    return TAIL_MACHINES.rows(
        [
            {"line": "A", "place": at, "work_order": f"B{at}", "model": "M", "colour": colour, "options": options}
            for at, (colour, options) in enumerate(reversed(machines), 1)
        ]
    )


def order_of(found: Decision) -> list[str]:
    return [str(row["work_order"]) for row in found.rows.to_pylist()]


def test_by_hand() -> None:
    """Four machines, crane on the first two, at most 1 crane in any 2: one window of two is too full, 600 s.

    One swap frees it (two machines leave their slots, 2 * 10 s = 20 s), and nothing can cost less than 0.
    Machine 4's kit has held lot L9: it leaves the sequence, the others close up: 3 machines, crane crane plain.
    The only cure is crane plain crane: machines 2 and 3 change places, 20 s.
    """
    kits = KITS.rows([{"work_order": "W004", "component": "pump", "part": "pump", "lot": "L9"}])
    found = decide(orders(["crane", "crane", "", ""]), [ratio("crane", 1, 2)], kits=kits, suspect_lots=suspect("L9"))
    rows = found.rows.to_pylist()
    assert [(r["slot"], r["work_order"], r["old_slot"], r["moved"], r["reason"]) for r in rows] == [
        (1, "W001", 1, 0, "kept"),
        (2, "W003", 3, -1, "moved"),
        (3, "W002", 2, 1, "moved"),
        (4, "W004", 4, 0, "held"),
    ]
    assert (found.proof.value, found.figures["saved_s"], found.figures["held"]) == (20.0, 580.0, 1.0)
    assert [r["start_s"] for r in rows] == [0.0, 360.0, 720.0, 1080.0]
    assert found.headline == 3
    assert sequence_line.sentence(rows[3]) == "on hold: its kit has lot L9 of pump"
    assert sequence_line.sentence(rows[1]) == "goes from slot 3 to slot 2 for the sake of the whole sequence"


def test_meets_published_results(shared_data: Path) -> None:
    """CSPLib prob001 (Parrello, Kabat & Wos 1986; Gent 1998): easy instance 60-01 has an order without any violation.

    And the mixed-model instance S02 of 14 machines and its proved optimum of 15 units of work overload.
    """
    text = (shared_data / "line/carseq/csplib001/easy/p09.txt").read_text().splitlines()
    numbers = [[int(v) for v in row.split()] for row in text if row.strip() and not row.startswith("%")]
    ratios = [ratio(f"o{k}", most, span) for k, (most, span) in enumerate(zip(numbers[1], numbers[2], strict=True))]
    options = [" ".join(f"o{k}" for k, on in enumerate(row[2:]) if on) for row in numbers[3:] for _ in range(row[1])]
    found = decide(orders(options, rank=[None] * len(options)), ratios, days=9)
    assert (found.figures["windows_overfilled"], found.proof.value, found.status) == (0.0, 0.0, "best")

    case = json.loads((shared_data / "line/mmsp/S02.json").read_text())
    reach = case["station_length"]
    stations = STATIONS.rows(
        [{"line": "A", "station": k + 1, "length_s": float(v), "buffer_places": 0} for k, v in enumerate(reach)]
    )
    tasks = TASKS.rows(
        [{"line": "A", "task": f"t{k}", "name": "work", "time_s": 0.0, "station": k + 1} for k in range(len(reach))]
    )
    times = TASK_TIMES.rows(
        [
            {"line": "A", "task": f"t{k}", "model": f"m{m}", "time_s": float(v)}
            for m, row in enumerate(case["times"])
            for k, v in enumerate(row)
        ]
    )
    models = [f"m{m}" for m, count in enumerate(case["demand"]) for _ in range(count)]
    work_orders = orders([""] * len(models), model=models, rank=[None] * len(models))
    given_ = {"lines": line(float(case["takt"])), "stations": stations, "tasks": tasks, "task_times": times}
    assert decide(work_orders, **given_).figures["overload_s"] == 15.0


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_holds_its_laws(data: st.DataObject) -> None:
    """Every work order once, slots without gaps, held ones last, frozen ones first, never worse than before or than brute force."""
    n = data.draw(st.integers(1, 6))
    options = data.draw(st.lists(st.sampled_from(["", "a", "b", "a b"]), min_size=n, max_size=n))
    colours = data.draw(st.lists(st.sampled_from(["red", "blue"]), min_size=n, max_size=n))
    holding = data.draw(st.sets(st.integers(1, n)))
    frozen = data.draw(st.integers(0, 2))
    kits = KITS.rows(
        [{"work_order": f"W{k:03d}", "component": "c", "part": "pump", "lot": "L1"} for k in sorted(holding)]
    )
    ratios = [ratio("a", 1, 2), ratio("b", 1, 3, 2)]
    given_ = {"kits": kits, "suspect_lots": suspect("L1"), "lines": line(frozen=frozen), "seed": 1}
    found = decide(orders(options, colour=colours), ratios, **given_)
    rows = found.rows.to_pylist()
    assert [r["slot"] for r in rows] == list(range(1, n + 1))
    assert sorted(r["work_order"] for r in rows) == [f"W{k:03d}" for k in range(1, n + 1)]
    running = [r for r in rows if not r["held"]]
    assert rows[: len(running)] == running
    assert {int(r["work_order"][1:]) for r in rows if r["held"]} == holding
    icy = [f"W{k:03d}" for k in range(1, min(frozen, n) + 1) if k not in holding]
    assert [r["work_order"] for r in running[: len(icy)]] == icy
    assert found.proof.against <= found.proof.value
    assert found.figures["saved_s"] >= 0
    rest = [k for k in range(1, n + 1) if k not in holding]
    best = min(
        (cost([*rest[: len(icy)], *tail], options, colours, rest) for tail in itertools.permutations(rest[len(icy) :])),
        default=0.0,
    )
    assert found.proof.against <= best <= found.proof.value
    assert found.proof.value == cost([int(r["work_order"][1:]) for r in running], options, colours, rest)
    assert decide(orders(options, colour=colours), ratios, **given_).rows.equals(found.rows)


def cost(order: list[int], options: list[str], colours: list[str], reference: list[int]) -> float:
    """What the desk's docstring says, written out."""
    total = 0.0
    for option, most, span, price in (("a", 1, 2, 600.0), ("b", 1, 3, 60.0)):
        has = [option in options[k - 1].split() for k in order]
        total += price * sum(max(0, sum(has[at : at + span]) - most) for at in range(len(has) - span + 1))
    total += 30.0 * sum(colours[a - 1] != colours[b - 1] for a, b in itertools.pairwise(order))
    return total + 10.0 * sum(a != b for a, b in zip(order, reference, strict=True))


def test_refuses_bad_data() -> None:
    """An unknown line and options out of their limits are named."""
    with pytest.raises(DataRejected) as refused:
        decide(orders(["", ""], line=["A", "B"]))
    assert str(refused.value) == (
        "work order W002 is for line B, which nobody knows\n  at: work_orders.line, row 2\n  do: name a line of lines"
    )
    with pytest.raises(OptionRejected) as wrong:
        decide(orders([""]), move_s=-1.0, days=0)
    assert [breach.what for breach in wrong.value.breaches] == ["move_s is -1.0", "days is 0"]
    with pytest.raises(OptionRejected, match="give 0 to 1000000"):
        decide(orders([""]), must_s=1e308)


def test_due_days_and_days_ahead() -> None:
    """Two slots a day from 2 March: the machine due on the 2nd goes first though it was last, the others follow in time."""
    late_first = [DAY + (date(2026, 3, 5) - DAY), DAY + (date(2026, 3, 5) - DAY), DAY]
    found = decide(orders(["", "", ""], due=late_first), lines=line(slots=2), today=DAY)
    rows = found.rows.to_pylist()
    assert rows[0]["work_order"] == "W003" or rows[1]["work_order"] == "W003"
    assert [row["late_days"] for row in rows] == [0, 0, 0]
    tomorrow = decide(orders([""], due=[DAY]), lines=line(slots=2), today=date(2026, 3, 4)).rows.to_pylist()[0]
    assert (tomorrow["late_days"], tomorrow["reason"]) == (2, "late")
    short = decide(orders(["", "", ""]), lines=line(slots=1), today=DAY, days=1).rows
    assert short["reason"].to_pylist() == ["kept", "waits", "waits"]


def test_overload_is_spread() -> None:
    """Takt 10, reach 12, long jobs of 12, short of 8: two long in a row push 2 + 2 - 2 beyond; alternating costs none."""
    stations = STATIONS.rows([{"line": "A", "station": 1, "length_s": 12.0, "buffer_places": 0}])
    tasks = TASKS.rows([{"line": "A", "task": "t", "name": "t", "time_s": 10.0, "station": 1}])
    times = TASK_TIMES.rows([{"line": "A", "task": "t", "model": m, "time_s": s} for m, s in (("L", 12.0), ("S", 8.0))])
    given_ = {"lines": line(10.0), "stations": stations, "tasks": tasks, "task_times": times}
    found = decide(orders([""] * 4, model=["L", "L", "S", "S"]), move_s=0.0, **given_)
    assert (found.figures["overload_s"], found.figures["saved_s"], found.status) == (0.0, 2.0, "best")


def test_the_day_before_reaches_into_the_windows() -> None:
    """At most 1 crane in 3, the last machine built has one: the first two slots stay without, paint goes on in blue."""
    wanted = {"colour": ["red", "red", "blue", "blue"], "rank": [None] * 4}
    found = decide(
        orders(["crane", "", "", ""], **wanted), [ratio("crane", 1, 3)], tail_machines=built(("blue", "crane"))
    )
    rows = found.rows.to_pylist()
    assert [row["colour"] for row in rows] == ["blue", "blue", "red", "red"]
    assert (found.figures["windows_overfilled"], found.figures["tail_machines"]) == (0.0, 1.0)
    assert found.proof.value == 30.0
    alone = decide(orders(["crane", "", "", ""], **wanted), [ratio("crane", 1, 3)])
    assert alone.figures["tail_machines"] == 0.0


def test_a_tail_in_any_order_is_read_by_its_places() -> None:
    tail = built(("red", ""), ("blue", "crane"), ("blue", ""))
    asked = orders(["crane", "", ""], colour=["red", "blue", "blue"])
    whole = decide(asked, [ratio("crane", 1, 3)], tail_machines=tail)
    mixed = decide(asked, [ratio("crane", 1, 3)], tail_machines=tail.take([2, 0, 1]))
    assert whole.rows.equals(mixed.rows)


def test_a_batch_limit_is_never_broken() -> None:
    """Five red and two blue, at most 2 in a row: r r b r r b r is the only shape, 4 changes."""
    colours = ["red"] * 5 + ["blue"] * 2
    found = decide(orders([""] * 7, colour=colours), batch_limit=2)
    runs = [len(list(run)) for _, run in itertools.groupby(found.rows["colour"].to_pylist())]
    assert max(runs) == 2
    assert (len(runs), found.status) != (0, "none")


def test_a_batch_limit_that_cannot_hold_is_no_plan_with_its_counting() -> None:
    """Seven red, one blue, at most 3 in a row: one blue parts two batches of three, one machine stands beyond."""
    found = decide(orders([""] * 8, colour=["red"] * 7 + ["blue"]), batch_limit=3)
    assert (found.status, found.rows.num_rows, found.proof.value) == ("none", 0, 1.0)
    assert found.clash[0].what == (
        "line A has 7 machines of colour red and 1 of others: 1 machines part 2 batches of 3, "
        "1 machines stand beyond them in every order"
    )
    assert found.clash[0].at == "batch_limit"


def test_frozen_machines_beyond_the_batch_limit_stop_nothing() -> None:
    """Three red are frozen at 2 in a row: one is beyond, which is told and paid (600 s); blue and green go on as 2 and 1."""
    colours = ["red", "red", "red", "blue", "blue", "green"]
    found = decide(orders([""] * 6, colour=colours), lines=line(frozen=3), batch_limit=2)
    assert (found.status, found.rows["colour"].to_pylist()) == ("good", colours)
    assert [c.what for c in found.clash] == [
        "3 machines of colour red are frozen in slots 1 to 3 of line A: 1 stand beyond batches of 2"
    ]
    assert (found.proof.value, found.proof.against) == (660.0, 660.0)
    more = decide(orders([""] * 4, colour=["red", "blue", "red", "red"]), lines=line(frozen=1), batch_limit=1)
    assert more.clash[0].what == (
        "line A has 2 machines of colour red and 1 of others behind 1 frozen of that colour: 1 machines part 2 batches "
        "of 1, 1 machines stand beyond them in every order"
    )


def test_a_line_without_a_plan_leaves_the_others_theirs() -> None:
    """Line A has three red and none to part them, line B red and blue: B is sequenced, A is named."""
    both = LINES.rows([line().to_pylist()[0] | {"line": name} for name in "AB"])
    asked = orders([""] * 5, line=["A", "A", "A", "B", "B"], colour=["red", "red", "red", "red", "blue"])
    found = decide(asked, lines=both, batch_limit=2)
    assert (found.status, set(found.rows["line"].to_pylist()), found.rows.num_rows) == ("good", {"B"}, 2)
    assert [c.what[:6] for c in found.clash] == ["line A"]
    alone = decide(asked.slice(0, 3), lines=both, batch_limit=2)
    assert (alone.status, alone.rows.num_rows, alone.proof.value) == ("none", 0, 1.0)


def test_no_line_is_no_plan() -> None:
    found = decide(orders([]), lines=LINES.empty())
    assert (found.status, found.rows.num_rows, found.clash[0].what) == ("none", 0, "there is no line")


def test_the_even_pace_is_that_of_the_machines_that_stand_there() -> None:
    """A B A B, two slots a day, one day: with both A ahead the even pace of A A bounds them, not that of A B."""
    empty = (
        STATIONS,
        TASKS,
        TASK_TIMES,
        STATION_PLAN,
        OPTION_RATIOS,
        KITS,
        TAIL_MACHINES,
        BOM,
        LOT_HOLDS,
        SUSPECT_LOTS,
    )
    tables = {spec.name: spec.empty() for spec in empty}
    tables |= {"lines": line(slots=2), "work_orders": orders([""] * 4, model=["A", "B", "A", "B"])}
    weights = Weights(0.0, 0.0, 0.0, 0, 0.0, 0.0, 0.0, 60.0, 0.0, "", False, "")
    here = standings(tables, weights, today=DAY, days=1)[0]
    mixed, alike = here.judged(np.array([0, 1, 2, 3])), here.judged(np.array([0, 2, 1, 3]))
    assert (mixed.bounds["level"], mixed.parts["level"]) == (60_000, 60_000)
    assert (alike.bounds["level"], alike.parts["level"]) == (0, 0)


def test_goals_in_strict_order() -> None:
    """Six windows against two changes: paint first keeps each colour together, cranes first part them."""
    wanted = {"colour": ["red", "red", "blue", "blue"], "rank": [None] * 4}
    cranes = ["crane", "crane", "", ""]
    paint = decide(orders(cranes, **wanted), [ratio("crane", 1, 2)], goals="colour must")
    assert (paint.figures["goal_colour"], paint.figures["goal_must"]) == (1.0, 1.0)
    first = decide(orders(cranes, **wanted), [ratio("crane", 1, 2)], goals="must, colour")
    assert (first.figures["goal_must"], first.figures["goal_colour"]) == (0.0, 2.0)
    assert (first.proof.unit, first.proof.value, first.proof.against) == ("changes", 2.0, 1.0)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_strict_goals_are_those_of_brute_force(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 6))
    options = data.draw(st.lists(st.sampled_from(["", "a", "b", "a b"]), min_size=n, max_size=n))
    colours = data.draw(st.lists(st.sampled_from(["red", "blue", "grey"]), min_size=n, max_size=n))
    goals = data.draw(st.permutations(["must", "wished", "colour"]))
    found = decide(
        orders(options, colour=colours), [ratio("a", 1, 2), ratio("b", 1, 3, 2)], goals=" ".join(goals), moves=4_000
    )

    def told(order: tuple[int, ...]) -> list[int]:
        counts = {"colour": sum(colours[a] != colours[b] for a, b in itertools.pairwise(order))}
        for goal, option, span in (("must", "a", 2), ("wished", "b", 3)):
            has = [option in options[k].split() for k in order]
            counts[goal] = sum(max(0, sum(has[at : at + span]) - 1) for at in range(n - span + 1))
        return [counts[goal] for goal in goals]

    assert [found.figures[f"goal_{goal}"] for goal in goals] == min(told(o) for o in itertools.permutations(range(n)))
    assert all(found.figures[f"goal_{goal}_bound"] <= found.figures[f"goal_{goal}"] for goal in goals)


def test_a_machine_waits_for_its_parts() -> None:
    """One slot a day: W001 was first, its parts come on day 2, so it goes back and says so; too late it says that."""
    ready = [DAY + timedelta(days=2), None, None]
    due = [DAY + timedelta(days=9)] * 3
    found = decide(orders(["", "", ""], ready=ready, due=due), lines=line(slots=1), today=DAY, days=3)
    rows = found.rows.to_pylist()
    assert order_of(found)[2] == "W001"
    assert (rows[2]["reason"], rows[2]["early_days"]) == ("ready", 0)
    assert sequence_line.sentence(rows[2]) == "goes from slot 1 to slot 3: its parts are there from 2026-03-04"
    behind = decide(orders(["", "", ""], ready=ready, due=due), lines=line(slots=1), today=DAY, days=1)
    assert behind.rows["reason"].to_pylist() == ["closes_up", "awaits", "waits"]
    frozen = decide(orders([""], ready=[DAY + timedelta(days=2)]), lines=line(slots=1, frozen=1), today=DAY)
    row = frozen.rows.to_pylist()[0] | {"reason": "parts"}
    assert sequence_line.sentence(row) == "goes on the line 2 days before its parts are there on 2026-03-04"
    assert frozen.figures["before_parts"] == 1.0


def test_the_even_pace_is_exact() -> None:
    """Models A A A B B B at a pace of one half each: alternating is half a machine off at every other slot, no better."""
    found = decide(orders([""] * 6, model=["A"] * 3 + ["B"] * 3, rank=[None] * 6), level_s=60.0)
    models = [str(m) for m in found.rows["model"].to_pylist()]
    assert all(set(models[at : at + 2]) == {"A", "B"} for at in (0, 2, 4))
    assert (found.status, found.proof.value) == ("best", 180.0)
    assert found.rows["off_pace"].to_pylist()[0] == 0.5


def test_parts_are_used_evenly() -> None:
    """Model A takes two pumps, B none: part-usage levelling alternates them."""
    bom = BOM.rows([{"parent": "A", "component": "pump", "part": "P1", "quantity": 2.0}])
    found = decide(orders([""] * 4, model=["A", "A", "B", "B"], rank=[None] * 4), bom=bom, use_s=60.0)
    models = [str(m) for m in found.rows["model"].to_pylist()]
    assert set(models[:2]) == set(models[2:]) == {"A", "B"}


def test_an_open_station_lends_its_drift() -> None:
    """Takt 10, reach 12, every job 12: closed, each but the first brings 2 s; with 4 s of drift the first four bring none."""
    tables = {
        "lines": line(10.0),
        "tasks": TASKS.rows([{"line": "A", "task": "t", "name": "t", "time_s": 12.0, "station": 1}]),
        "task_times": TASK_TIMES.empty(),
    }
    station = {"line": "A", "station": 1, "length_s": 12.0, "buffer_places": 0}
    closed = decide(orders([""] * 4), stations=STATIONS.rows([station]), **tables)
    opened = decide(orders([""] * 4), stations=STATIONS.rows([station | {"drift_s": 8.0}]), **tables)
    assert closed.figures["overload_s"] == 6.0
    assert opened.figures["overload_s"] == 0.0


def test_what_closes_up_has_not_moved() -> None:
    """W001 goes on hold: the others close up, none has moved among those that stay."""
    kits = KITS.rows([{"work_order": "W001", "component": "pump", "part": "pump", "lot": "L9"}])
    found = decide(orders(["", "", ""]), kits=kits, suspect_lots=suspect("L9"))
    rows = found.rows.to_pylist()
    assert [row["reason"] for row in rows] == ["closes_up", "closes_up", "held"]
    assert found.figures["moved"] == 0.0
    assert sequence_line.sentence(rows[0]) == "closes up from slot 2 to slot 1"


def test_thirteen_hundred_machines_ten_on_hold_two_hundred_frozen() -> None:
    """The frozen prefix is untouched, every machine that moved says from where, the ten stand behind with their lot."""
    n, frozen = 1300, 200
    options = ["a" if at % 3 == 0 else "" for at in range(n)]
    held = list(range(60, n, 130))[:10]
    kits = KITS.rows([{"work_order": f"W{at:03d}", "component": "c", "part": "pump", "lot": "L9"} for at in held])
    found = decide(
        orders(options, colour=[f"c{at % 7}" for at in range(n)]),
        [ratio("a", 1, 3)],
        lines=line(frozen=frozen, slots=n),
        kits=kits,
        suspect_lots=suspect("L9"),
        moves=20_000,
    )
    rows = found.rows.to_pylist()
    assert [r["work_order"] for r in rows if r["held"]] == [f"W{at:03d}" for at in held]
    icy = [f"W{at:03d}" for at in range(1, frozen + 1) if at not in held]
    assert [r["work_order"] for r in rows[: len(icy)]] == icy
    assert {r["reason"] for r in rows[: len(icy)]} == {"frozen"}
    moved = [r for r in rows[len(icy) :] if r["shift"]]
    assert found.figures["moved"] == len(moved) > 0
    stay = [at for at in range(1, n + 1) if at not in held]
    for r in moved:
        assert r["slot"] - 1 == stay.index(int(r["work_order"][1:])) + r["shift"]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_frozen_and_held_whatever_is_asked(data: st.DataObject) -> None:
    """Whatever the weights, goals and parts: the frozen prefix stays, held machines are in no slot before the last."""
    n = data.draw(st.integers(1, 8))
    frozen = data.draw(st.integers(0, 4))
    holding = data.draw(st.sets(st.integers(1, n)))
    ready = data.draw(st.lists(st.sampled_from([None, DAY, date(2026, 3, 6)]), min_size=n, max_size=n))
    asked = data.draw(
        st.sampled_from([{}, {"goals": "colour moved"}, {"level_s": 50.0}, {"move_s": 0.0, "late_day_s": 0.0}])
    )
    kits = KITS.rows([{"work_order": f"W{k:03d}", "component": "c", "part": "p", "lot": "L1"} for k in sorted(holding)])
    found = decide(
        orders(["a"] * n, ready=ready, colour=["red", "blue"] * (n // 2) + ["red"] * (n % 2)),
        [ratio("a", 1, 2)],
        lines=line(frozen=frozen, slots=3),
        kits=kits,
        suspect_lots=suspect("L1").set_column(0, "part", [["p"]]),
        tail_machines=built(("red", "a")),
        moves=2_000,
        **asked,
    )
    rows = found.rows.to_pylist()
    icy = [f"W{k:03d}" for k in range(1, min(frozen, n) + 1) if k not in holding]
    assert order_of(found)[: len(icy)] == icy
    assert [r["held"] for r in rows] == [False] * (n - len(holding)) + [True] * len(holding)
    assert {int(r["work_order"][1:]) for r in rows if r["held"]} == holding


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_names_and_the_measure_of_time_change_nothing(data: st.DataObject) -> None:
    """Work orders, models and colours renamed: the same order under new names. All times doubled: the same, twice the cost."""
    n = data.draw(st.integers(2, 9))
    options = data.draw(st.lists(st.sampled_from(["", "a"]), min_size=n, max_size=n))
    models = data.draw(st.lists(st.sampled_from(["M1", "M2"]), min_size=n, max_size=n))
    colours = data.draw(st.lists(st.sampled_from(["c1", "c2"]), min_size=n, max_size=n))

    def day(times: float, names: dict[str, str]) -> Decision:
        call = names.get
        stations = [{"line": "A", "station": 1, "length_s": 12.0 * times, "buffer_places": 0}]
        tasks = [{"line": "A", "task": "t", "name": "t", "time_s": 10.0 * times, "station": 1}]
        work = [
            {"line": "A", "task": "t", "model": call(m, m), "time_s": s * times} for m, s in (("M1", 12.0), ("M2", 8.0))
        ]
        codes = [call(f"W{at:03d}", f"W{at:03d}") for at in range(1, n + 1)]
        seconds = {"must_s": 600.0, "colour_change_s": 30.0, "late_day_s": 3600.0, "move_s": 2.0, "level_s": float(n)}
        return decide(
            orders(options, model=[call(m, m) for m in models], colour=[call(c, c) for c in colours], work_order=codes),
            [ratio("a", 1, 2)],
            lines=line(10.0 * times),
            stations=STATIONS.rows(stations),
            tasks=TASKS.rows(tasks),
            task_times=TASK_TIMES.rows(work),
            moves=3_000,
            **{name: value * times for name, value in seconds.items()},
        )

    plain, double = day(1.0, {}), day(2.0, {})
    assert order_of(double) == order_of(plain)
    assert double.proof.value == pytest.approx(2 * plain.proof.value)
    assert double.proof.against == pytest.approx(2 * plain.proof.against)
    names = {f"W{at:03d}": f"{at}:红-{9 - at}" for at in range(1, n + 1)} | {"M1": "Ä", "M2": "Ö", "c1": "x", "c2": "y"}
    renamed = day(1.0, names)
    assert order_of(renamed) == [names[code] for code in order_of(plain)]
    assert (renamed.proof.value, renamed.proof.against) == (plain.proof.value, plain.proof.against)


def test_every_breach_is_named_at_once() -> None:
    """A ratio that forbids nothing, one longer than the day, an unknown option, two machines frozen in one place."""
    with pytest.raises(DataRejected) as refused:
        decide(
            orders(["crane", "cran", ""], rank=[1, 1, 2]),
            [ratio("crane", 3, 3), ratio("arm", 1, 9)],
            lines=line(frozen=2, slots=5),
        )
    assert [(b.what, b.at) for b in refused.value.breaches] == [
        ("option crane of line A: at most 3 in any 3 slots forbids nothing", "option_ratios.at_most, row 1"),
        ("option arm of line A: at most 1 in any 9 slots is longer than the day of 5 slots", "option_ratios.out_of, row 2"),
        ("work order W002 has option cran, which has no ratio on line A", "work_orders.options, row 2"),
        ("work orders W001 and W002 both have the frozen place 1", "work_orders.rank, row 2"),
    ]  # fmt: skip
    known = decide(orders(["crane", "cran"]), [ratio("crane", 1, 3)], free_options="cran")
    assert known.rows.num_rows == 2


def test_a_model_without_any_time_is_named() -> None:
    stations = STATIONS.rows([{"line": "A", "station": 1, "length_s": 12.0, "buffer_places": 0}])
    times = TASK_TIMES.rows([{"line": "A", "task": "t", "model": "M", "time_s": 5.0}])
    tasks = TASKS.rows([{"line": "A", "task": "t", "name": "t", "time_s": 0.0, "station": 1}])
    with pytest.raises(DataRejected) as refused:
        decide(orders(["", ""], model=["M", "Ünknown"]), stations=stations, tasks=tasks, task_times=times)
    assert str(refused.value) == (
        "model Ünknown has no time at any station of line A\n  at: work_orders.model, row 2\n"
        "  do: give tasks or task_times of this model"
    )


def test_goals_nobody_knows() -> None:
    with pytest.raises(OptionRejected) as wrong:
        decide(orders([""]), goals="must speed must", batch_limit=-1)
    assert [b.what for b in wrong.value.breaches] == [
        "batch_limit is -1", "speed is no goal", "the goal must stands 2 times",
    ]  # fmt: skip
    late, soon = [DAY - timedelta(days=30)] * 400, [DAY + timedelta(days=300)] * 400
    with pytest.raises(OptionRejected, match="reach beyond what can be counted in strict order"):
        decide(orders([""] * 400, due=late, ready=soon), goals="level late early colour moved", today=DAY)


def test_no_machines_and_long_names() -> None:
    """No work orders is no fault; names of 14 digits or in any script stand as they are."""
    empty = decide(orders([]))
    assert (empty.rows.num_rows, empty.status, empty.proof.value) == (0, "best", 0.0)
    found = decide(
        orders(["油漆", ""], colour=["橙色", "أحمر"], work_order=["20260302000017", "Ä-1"]), [ratio("油漆", 1, 2)]
    )
    assert set(order_of(found)) == {"20260302000017", "Ä-1"}
