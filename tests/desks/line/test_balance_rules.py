"""line.balance under rules: mixes, peaks, sides, skills, strain, stations side by side; what cannot hold is named."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.balance import balance_line
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line import LINES, MODEL_MIX, PRECEDENCE, STATIONS, TASK_TIMES, TASKS

Rows = list[dict[str, object]]


def decide(tasks: Rows, links: list[tuple[str, str]], takt: float = 10, stations: int = 9, **given_):
    """Balance one line "A" of records; `times` and `mix` are (task, model, s) and (model, share)."""
    about = {"name": "A", "takt_s": takt, "stations": stations, "slots_per_day": 9, "shift_start_h": 6.0}
    line = LINES.rows([{"line": "A", "frozen_slots": 0, **about}])
    of = {"line": "A"}
    return balance_line(
        line,
        TASKS.rows([{**of, "name": "n", **row} for row in tasks]),
        TASK_TIMES.rows([{**of, "task": t, "model": m, "time_s": s} for t, m, s in given_.pop("times", [])]),
        PRECEDENCE.rows([{**of, "before": a, "after": b} for a, b in links]),
        STATIONS.rows([{**of, "length_s": takt, "buffer_places": 0, **row} for row in given_.pop("places", [])]),
        MODEL_MIX.rows([{**of, "model": m, "share": s} for m, s in given_.pop("mix", [])]),
        **given_,
    )


def task(name: str, time: float, **more: object) -> dict[str, object]:
    return {"task": name, "time_s": float(time), **more}


def said(found) -> list[str]:
    assert (found.status, found.rows.num_rows) == ("none", 0)
    return [clash.what for clash in found.clash]


def breaches(*args, **more) -> list[str]:
    with pytest.raises(DataRejected) as refused:
        decide(*args, **more)
    return [str(breach).splitlines()[0] for breach in refused.value.breaches]


def stands(found) -> dict[str, int]:
    return {row["task"]: row["station"] for row in found.rows.to_pylist()}


def test_the_mix_weighs_the_times_and_the_peak_holds_every_model() -> None:
    """a takes 2 s on M and 10 s on N, b always 5 s, takt 10 s. At 3/4 M a takes 4 s and 4 + 5 = 9 s fit one station.

    At the peak, N takes 10 + 5 = 15 s there: more than 10 s, so two stations; a station 16 s long holds it again.
    """
    given_ = {"times": [("a", "M", 2.0), ("a", "N", 10.0)], "mix": [("M", 0.75), ("N", 0.25)]}
    mean = decide([task("a", 99), task("b", 5)], [], **given_)
    assert (mean.proof.value, mean.rows["station_time_s"].to_pylist()) == (1, [9.0, 9.0])
    assert decide([task("a", 99), task("b", 5)], [], **given_, peak=True).proof.value == 2
    long = [{"station": 1, "length_s": 16.0}]
    assert decide([task("a", 99), task("b", 5)], [], **given_, peak=True, places=long, stations=1).proof.value == 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.data())
def test_metamorphic_laws(times: list[int], data: st.DataObject) -> None:
    """One model alone is the simple line; other codes change nothing; more takt never needs more stations."""
    n = len(times)
    pairs = sorted(
        {(min(a, b), max(a, b)) for a, b in data.draw(st.lists(st.tuples(*[st.integers(0, n - 1)] * 2), max_size=n))}
    )
    pairs = [(a, b) for a, b in pairs if a != b]
    names = [f"t{k}" for k in range(n)]
    links = [(names[a], names[b]) for a, b in pairs]
    simple = decide([task(names[k], time) for k, time in enumerate(times)], links, takt=12)
    of_model = {"times": [(names[k], "M", float(time)) for k, time in enumerate(times)], "mix": [("M", 1.0)]}
    mixed = [decide([task(name, 1) for name in names], links, takt=12, **of_model, peak=peak) for peak in (False, True)]
    assert stands(mixed[0]) == stands(simple)
    assert mixed[1].proof.value == simple.proof.value
    other = data.draw(st.permutations(range(n)))
    renamed = decide(
        [task(f"x{other[k]}", time) for k, time in enumerate(times)],
        [(f"x{other[a]}", f"x{other[b]}") for a, b in pairs],
        takt=12,
    )
    assert (renamed.proof.value, renamed.status) == (simple.proof.value, simple.status)
    slower = decide(
        [task(names[k], time) for k, time in enumerate(times)], links, takt=12 + data.draw(st.integers(1, 9))
    )
    assert slower.proof.value <= simple.proof.value


def test_goals_by_hand() -> None:
    """6, 5, 5, 4 s in any order. At a takt of 10 s two stations hold 6 + 4 | 5 + 5; three hold 6 | 5 + 4 | 5 at 9 s.

    Two stations of 10 s are 20 s of station time, all of it work. As the line stands (6 + 5 | 5 + 4) one task has to move.
    """
    tasks = [task("a", 6, station=1), task("b", 5, station=1), task("c", 5, station=2), task("d", 4, station=2)]
    shortest = decide(tasks, [], stations=3, goal="takt")
    assert (shortest.proof.value, shortest.proof.against, shortest.proof.unit) == (9.0, 9.0, "s of takt")
    thrift = decide(tasks, [], stations=4, goal="efficiency")
    assert (thrift.proof.value, thrift.proof.against, thrift.figures["efficiency"]) == (20.0, 20.0, 1.0)
    moves = decide(tasks, [], stations=3, goal="moves")
    assert (moves.proof.value, moves.proof.against, moves.proof.unit, moves.status) == (1, 1, "tasks moved", "best")
    assert moves.figures["stations_least"] == 2.0


def test_a_long_task_gets_a_second_station_beside_the_first() -> None:
    """16 s at a takt of 10 s: without a second station a clash that offers one; with it, 16 s of 20 s."""
    short = decide([task("long", 16), task("b", 4)], [])
    assert said(short) == ["takt of 10 s is shorter than task long (16 s)"]
    assert short.clash[0].do == "split the task, allow parallel stations (parallel=2), or slow the takt"
    found = decide([task("long", 16), task("b", 4)], [], parallel=2)
    row = next(r for r in found.rows.to_pylist() if r["task"] == "long")
    assert (row["reason"], row["parallel"], row["load"], found.figures["stations"]) == ("long", 2, 1.0, 2.0)
    assert balance_line.sentence(row) == "takes 16 s of a takt of 10 s: station 1 stands 2 times side by side"


def test_a_doubled_station_is_taken_as_it_stands() -> None:
    """Two stations side by side at place 2: 16 s stay there, and nothing has to move in the three that stand there."""
    tasks = [task("a", 9, station=1), task("long", 16, station=2)]
    found = decide(tasks, [("a", "long")], stations=2, places=[{"station": 2, "parallel": 2}], goal="moves")
    assert (found.proof.value, found.status, found.figures["stations"]) == (0, "best", 3.0)


def test_left_and_right_are_worked_at_once() -> None:
    """Left 6 s, right 6 s, left 4 s after the right one: 6 | 4 on the left, 6 on the right, all in 10 s."""
    both = [{"station": 1, "side": "both"}]
    tasks = [task("a", 6, side="left"), task("b", 6, side="right"), task("c", 4, side="left")]
    found = decide(tasks, [("b", "c")], stations=1, places=both)
    assert [(r["task"], r["side"], r["start_s"]) for r in found.rows.to_pylist()] == [
        ("a", "left", 0.0),
        ("b", "right", 0.0),
        ("c", "left", 6.0),
    ]
    assert (found.rows["station_time_s"].to_pylist(), found.figures["efficiency"]) == ([10.0] * 3, 0.8)


def test_skills_and_strain_keep_tasks_apart() -> None:
    """Only station 2 welds; a worker takes a score of 3 a machine, so the two heavy tasks do not share a station."""
    places = [{"station": s, "skills": "weld" if s == 2 else "bolt", "strain_most": 3.0} for s in (1, 2, 3)]
    tasks = [task("w", 3, skill="weld", strain=2.0), task("x", 3, strain=2.0), task("y", 3)]
    at = stands(decide(tasks, [], stations=3, places=places))
    assert at["w"] == 2
    assert at["x"] != 2


def test_every_rule_that_cannot_hold_is_named_at_once() -> None:
    """A skill nobody has, a side nobody works at, a strain nobody may take, groups against each other."""
    places = [{"station": s, "skills": "bolt", "side": "left", "strain_most": 3.0} for s in (1, 2)]
    tasks = [
        task("a", 3, skill="weld", together="g", apart="h"),
        task("b", 3, side="right", together="g", apart="h"),
        task("c", 3, strain=5.0, station=1, fixed=True, together="k"),
        task("d", 3, station=2, fixed=True, together="k"),
    ]
    assert said(decide(tasks, [("d", "c")], stations=2, places=places)) == [
        "a needs the skill weld, which nobody has at any station",
        "b is done from the right, where nobody works at any station",
        "c has a strain of 5, more than a worker may take at station 1",
        "d is fixed at station 2 but must be done before c, which is fixed at station 1",
        "a, b must share a station (together) and must keep apart",
        "c, d must share a station (together) but are fixed at stations 1, 2",
    ]
    crowd = [task(name, 1, apart="h") for name in "abc"]
    assert said(decide(crowd, [], stations=2)) == ["a, b, c must all keep apart, but line A has 2 stations"]
    full = [task(name, 6, apart=("h" if name < "c" else None)) for name in "abc"]
    assert said(decide(full, [], stations=2)) == ["line A needs 3 stations at a takt of 10 s and has 2"]


def test_refuses_every_breach_at_once() -> None:
    """Self edges, unknown tasks, circles, tasks without time, mixes that are none: one list, each with its row."""
    assert breaches(
        [task("a", 5), task("b", 0), task("c", 5)],
        [("a", "a"), ("b", "z"), ("a", "b"), ("b", "c"), ("c", "a")],
        times=[("a", "M", 4.0), ("y", "N", 4.0)],
        mix=[("M", 0.4), ("K", 0.5)],
    ) == [
        "task b takes no time",
        "task y is not a task of line A",
        "after z is not a task of line A",
        "task a of line A waits for itself",
        "precedence of line A runs in a circle: a > b > c > a",
        "the shares of line A sum to 0.9, not 1",
        "model N has times on line A but no demand",
    ]
    assert breaches([task("a", float("nan")), task("a", -5)], []) == [
        "time_s -5.0 is below 0",
        "time_s nan is not finite",
        "key line=A, task=a stands twice",
    ]
    with pytest.raises(OptionRejected) as refused:
        decide([task("a", 5)], [], goal="cheap", parallel=0, takt_s=float("nan"), spare_stations=-1)
    assert len(refused.value.breaches) == 4


def test_small_and_odd_lines_are_planned() -> None:
    """No task, one station, codes that are not ASCII or 14 digits long."""
    assert said(decide([], [])) == ["no line has tasks"]
    one = decide([task("前桥-é", 4), task("12345678901234", 6)], [("前桥-é", "12345678901234")], stations=1)
    assert stands(one) == {"前桥-é": 1, "12345678901234": 1}
    assert (one.status, one.figures["efficiency"]) == ("best", 1.0)


def test_today_is_kept_at_a_load_of_99_per_cent() -> None:
    """Ten stations of 99 s at a takt of 100 s and one that grew by 2 s: its smallest task changes place, no more."""
    tasks = [task(f"{s}{k}", 33, station=s + 1) for s in range(10) for k in "abc"]
    tasks[0]["time_s"], tasks[3]["time_s"], tasks[4]["time_s"] = 36.0, 31.0, 31.0
    found = decide(tasks, [], takt=100, stations=10)
    assert (found.proof.value, found.figures["tasks_moved"], found.figures["tasks_moved_least"]) == (10, 2.0, 2.0)
    kept = decide(tasks, [], takt=102, stations=10)
    assert kept.figures["tasks_moved"] == 0.0
    assert isinstance(kept.rows, pa.Table)
