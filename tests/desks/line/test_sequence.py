"""line.sequence: options spread, stations kept in reach, held machines out, frozen ones left alone."""

from __future__ import annotations

import itertools
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.sequence import sequence_line
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.line import (
    KITS,
    LINES,
    OPTION_RATIOS,
    STATION_PLAN,
    STATIONS,
    TASK_TIMES,
    TASKS,
    WORK_ORDERS,
)

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
    assert sequence_line.sentence(rows[3]) == "on hold: its kit has lot L9 of pump"
    assert sequence_line.sentence(rows[1]) == "moved by -1 slots from slot 3 for the sake of the whole sequence"


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
    assert [breach.what for breach in wrong.value.breaches] == ["move_s is -1", "days is 0"]


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
