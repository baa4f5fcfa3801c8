"""line.balance: few stations, every task once, and nothing moved without need."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.balance import balance_line
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line import LINES, MODEL_MIX, PRECEDENCE, STATIONS, TASK_TIMES, TASKS

JACKSON = [6, 2, 5, 7, 1, 2, 3, 6, 5, 5, 4]
JACKSON_ARCS = [
    (1, 2),
    (1, 3),
    (1, 4),
    (1, 5),
    (2, 6),
    (3, 7),
    (4, 7),
    (5, 7),
    (6, 8),
    (7, 9),
    (8, 10),
    (9, 11),
    (10, 11),
]
MITCHELL = [4, 3, 9, 5, 9, 4, 8, 7, 5, 1, 3, 1, 5, 3, 5, 3, 13, 5, 2, 3, 7]


def line(takt_s: float, stations: int = 9) -> pa.Table:
    return LINES.rows(
        [
            {
                "line": "A",
                "name": "A",
                "takt_s": takt_s,
                "stations": stations,
                "slots_per_day": 240,
                "shift_start_h": 6.0,
                "frozen_slots": 0,
            }
        ]
    )


def tasks(times: list[float], **columns: list[object]) -> pa.Table:
    rows = [{"line": "A", "task": f"t{n:03d}", "name": f"task {n}", "time_s": float(t)} for n, t in enumerate(times, 1)]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return TASKS.rows(rows)


def arcs(pairs: list[tuple[int, int]]) -> pa.Table:
    return PRECEDENCE.rows([{"line": "A", "before": f"t{a:03d}", "after": f"t{b:03d}"} for a, b in pairs])


def balance(times, pairs, takt, stations=9, **extra):
    given_ = [
        tasks(times, **extra.pop("columns", {})),
        extra.pop("task_times", TASK_TIMES.empty()),
        arcs(pairs),
        extra.pop("places", STATIONS.empty()),
        extra.pop("mix", MODEL_MIX.empty()),
    ]
    return balance_line(line(takt, stations), *given_, **extra)


def test_by_hand() -> None:
    """12 + 8 + 11 + 9 = 40 s of work at a takt of 20 s need 2 stations; in a chain only 12 + 8 | 11 + 9 fits.

    Both stations are loaded 20 / 20 = 100 %, efficiency is 40 / (2 * 20) = 1. Tasks 3 and 4 stood at station 3 and stay
    there: station 2 is left empty rather than move them.
    """
    found = balance([12, 8, 11, 9], [(1, 2), (2, 3), (3, 4)], 20, columns={"station": [1, None, 3, 3]})
    rows = found.rows.to_pylist()
    assert [(row["task"], row["station"], row["position"], row["reason"]) for row in rows] == [
        ("t001", 1, 1, "kept"),
        ("t002", 1, 2, "fits"),
        ("t003", 3, 1, "kept"),
        ("t004", 3, 2, "kept"),
    ]
    assert [row["load"] for row in rows] == [1.0] * 4
    assert (found.status, found.proof.value, found.proof.against, found.figures["efficiency"]) == ("best", 2, 2, 1.0)
    assert balance_line.sentence(rows[0]) == "stays at station 1, which is loaded 100% of takt"


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("stations", "2 stations hold a takt of 20 s; proved that fewer cannot"),
        ("moves", "0 tasks move for a takt of 20 s; proved that fewer cannot"),
        ("takt", "2 stations hold a takt of 20 s; proved that none shorter can be held"),
        ("efficiency", "2 stations at a takt of 20 s work 100.0% of their time; proved the most"),
    ],
)
def test_the_answer_says_what_was_made_least_and_whether_that_is_proved(goal: str, said: str) -> None:
    found = balance([12, 8, 11, 9], [(1, 2), (2, 3), (3, 4)], 20, 2, goal=goal, columns={"station": [1, 1, 2, 2]})
    assert balance_line.answer(found.answer, found.figures) == said


def test_several_lines_are_answered_in_one_sentence_and_no_plan_in_none() -> None:
    two = pa.concat_tables([line(20), line(20).set_column(0, "line", pa.array(["B"]))])
    work = pa.concat_tables([tasks([12, 8]), tasks([11, 12]).set_column(0, "line", pa.array(["B", "B"]))])
    none = (TASK_TIMES.empty(), PRECEDENCE.empty(), STATIONS.empty(), MODEL_MIX.empty())
    found = balance_line(two, work, *none)
    said = "3 stations on 2 lines; proved that fewer cannot hold their takts"
    assert balance_line.answer(found.answer, found.figures) == said
    assert balance([30], [], 20).answer == ""


@pytest.mark.parametrize(("takt", "stations"), [(7, 8), (9, 6), (10, 5), (13, 4), (14, 4), (21, 3)])
def test_meets_published_results(takt: int, stations: int) -> None:
    """Jackson's 11 tasks: the optima of Scholl (1999), Balancing and Sequencing of Assembly Lines, and Hoffmann (1992)."""
    found = balance(JACKSON, JACKSON_ARCS, takt)
    assert (found.proof.value, found.status) == (stations, "best")


def test_meets_published_results_on_mitchell(shared_data: Path) -> None:
    """Mitchell's 21 tasks: 8, 8, 5, 5, 3 and 3 stations at takts 14, 15, 21, 26, 35 and 39 (Scholl 1999)."""
    text = (shared_data / "line/salbp/scholl_in2/MITCHELL.IN2").read_text().split()
    times = [float(value) for value in text[1:22]]
    pairs = [tuple(int(v) for v in value.split(",")) for value in text[22:] if not value.startswith("-")]
    for takt, stations in ((14, 8), (15, 8), (21, 5), (26, 5), (35, 3), (39, 3)):
        assert balance(times, pairs, takt).proof.value == stations


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_holds_its_laws(data: st.DataObject) -> None:
    """Every task stands once, no station exceeds the takt, no task precedes its predecessor, rules hold, bound <= value."""
    n = data.draw(st.integers(1, 10))
    times = data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    links = data.draw(st.lists(st.tuples(st.integers(1, n), st.integers(1, n)), max_size=n))
    pairs = sorted({(min(a, b), max(a, b)) for a, b in links if a != b})
    old = data.draw(st.lists(st.one_of(st.none(), st.integers(1, 6)), min_size=n, max_size=n))
    group = data.draw(st.lists(st.sampled_from([None, None, "g"]), min_size=n, max_size=n))
    rule = data.draw(st.sampled_from(["together", "apart"]))
    found = balance(times, pairs, 12, 12, columns={"station": old, rule: group})
    if found.status == "none":
        assert rule == "together"
        assert found.clash
        return
    at = {row["task"]: row["station"] for row in found.rows.to_pylist()}
    assert sorted(at) == [f"t{k:03d}" for k in range(1, n + 1)]
    loads: dict[int, int] = {}
    for k, time in enumerate(times, 1):
        loads[at[f"t{k:03d}"]] = loads.get(at[f"t{k:03d}"], 0) + time
    assert max(loads.values()) <= 12
    assert all(at[f"t{a:03d}"] <= at[f"t{b:03d}"] for a, b in pairs)
    turn = {row["task"]: (row["start_s"], row["start_s"] + row["time_s"]) for row in found.rows.to_pylist()}
    assert all(turn[f"t{a:03d}"][1] <= turn[f"t{b:03d}"][0] for a, b in pairs if at[f"t{a:03d}"] == at[f"t{b:03d}"])
    for station in loads:
        own = [row for row in found.rows.sort_by("position").to_pylist() if row["station"] == station]
        assert [row["start_s"] for row in own] == [sum(r["time_s"] for r in own[:k]) for k in range(len(own))]
    members = [at[f"t{k:03d}"] for k, g in enumerate(group, 1) if g]
    assert len(set(members)) == (min(len(members), 1) if rule == "together" else len(members))
    assert found.proof.against <= found.proof.value == len(loads)
    again = balance(times, pairs, 12, 12, columns={"station": old, rule: group})
    assert again.rows.equals(found.rows)


def test_refuses_bad_data() -> None:
    """Unknown tasks, circles and fixed tasks without a station are refused at once; a takt too short is a clash."""
    with pytest.raises(DataRejected) as refused:
        balance([5, 4], [(1, 7)], 10, columns={"fixed": [True, None]})
    assert [str(breach).splitlines()[0] for breach in refused.value.breaches] == [
        "task t001 is fixed but has no station",
        "after t007 is not a task of line A",
    ]
    with pytest.raises(DataRejected, match="precedence of line A runs in a circle: t001 > t002 > t001"):
        balance([5, 4], [(1, 2), (2, 1)], 10)
    with pytest.raises(OptionRejected, match=r"a takt of 0\.0 s is not above 0 and at most 10000000 s"):
        balance([5, 4], [], 10, takt_s=0.0)
    with pytest.raises(OptionRejected, match=r"a takt of 1e\+308 s is not above 0"):
        balance([5, 4], [], 10, takt_s=1e308)
    short = balance([200, 90, 150], [(1, 2)], 100)
    assert short.status == "none"
    assert short.clash[0].what == "takt of 100 s is shorter than tasks t001 (200 s), t003 (150 s)"


def test_peak_takes_the_longest_time_over_the_models() -> None:
    """Two tasks of 5 s share a station of 10 s by their means; one takes 7 s on model B: at the peak they need two."""
    times = TASK_TIMES.rows(
        [{"line": "A", "task": "t001", "model": m, "time_s": s} for m, s in (("A", 4.0), ("B", 7.0))]
    )
    for peak, stations in ((False, 1), (True, 2)):
        found = balance([5, 5], [], 10, task_times=times, peak=peak)
        assert (found.proof.value, found.status) == (stations, "best")


def test_rules_that_cannot_hold_are_a_clash() -> None:
    """Fixed at station 2, needed before a task fixed at station 1: no plan, and the clash says so."""
    found = balance([3, 3], [(1, 2)], 10, 2, columns={"station": [2, 1], "fixed": [True, True]})
    assert (found.status, found.rows.num_rows) == ("none", 0)
    assert found.clash[0].what == (
        "t001 is fixed at station 2 but must be done before t002, which is fixed at station 1"
    )
    heavy = balance([7, 7], [], 10, 2, columns={"together": ["g", "g"]})
    assert heavy.clash[0].what == "t001, t002 must share a station (together) and take 14 s, more than the takt of 10 s"
