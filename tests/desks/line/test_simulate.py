"""line.simulate: the rate of a line with buffers and stops, and the place that pays."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.simulate import simulate_line
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line import BUILD_SEQUENCE, LINES, SHIFTS, STATION_PLAN, STATIONS, TASK_TIMES, TASKS

DAY = date(2026, 1, 5)


def simulate(
    work: list[float],
    buffers: list[int],
    takt_s: float = 10.0,
    mtbf: list[float | None] | None = None,
    mttr: list[float | None] | None = None,
    *,
    line: dict[str, object] | None = None,
    station: dict[int, dict[str, object]] | None = None,
    shifts: list[dict[str, object]] | None = None,
    models: dict[str, list[float]] | None = None,
    built: str = "",
    **options: object,
) -> Decision:
    """Simulate line A: a task a station, `models` their times by model, `built` the models in order, one letter each."""
    n = len(work)
    row = {"line": "A", "name": "A", "takt_s": takt_s, "stations": max(n, 1), "slots_per_day": 240}
    lines = LINES.rows([{**row, "shift_start_h": 0.0, "frozen_slots": 0, **(line or {})}])
    stations = STATIONS.rows(
        [
            {
                "line": "A",
                "station": k + 1,
                "length_s": takt_s,
                "buffer_places": ([*buffers, 0])[k],
                "mtbf_s": (mtbf or [None] * n)[k],
                "mttr_s": (mttr or [None] * n)[k],
                **(station or {}).get(k + 1, {}),
            }
            for k in range(n)
        ]
    )
    tasks = TASKS.rows(
        [{"line": "A", "task": f"t{k}", "name": "t", "time_s": w, "station": k + 1} for k, w in enumerate(work)]
    )
    times = TASK_TIMES.rows(
        [
            {"line": "A", "task": f"t{k}", "model": model, "time_s": t}
            for model, own in (models or {}).items()
            for k, t in enumerate(own)
        ]
    )
    sequence = BUILD_SEQUENCE.rows(
        [
            {
                "line": "A", "slot": at + 1, "start_s": 0.0, "work_order": f"W{at}", "model": model, "due": DAY,
                "late_days": 0, "frozen": False, "held": model == "-", "moved": 0, "overload_s": 0.0, "violations": 0,
                "reason": "",
            }
            for at, model in enumerate(built)
        ]
    )  # fmt: skip
    hours = SHIFTS.rows([{"line": "A", "period": f"s{k}", **r} for k, r in enumerate(shifts or [])])
    return simulate_line(lines, stations, hours, tasks, times, STATION_PLAN.empty(), sequence, **options)


def test_by_hand() -> None:
    """Work of 2, 4 and 3 s without variation: the slowest sets the pace, one machine every 4 s, 960 s a day / 4 = 240.

    Station 1 works 2 of 4 s and is blocked the other half, station 2 works always, station 3 waits 1 of 4 s.
    """
    found = simulate([2.0, 4.0, 3.0], [0, 0], takt_s=4.0, variation=0.0)
    rows = found.rows.to_pylist()
    assert [[round(row[k], 6) for k in ("busy", "starved", "blocked", "down")] for row in rows] == [
        [0.5, 0.0, 0.5, 0.0],
        [1.0, 0.0, 0.0, 0.0],
        [0.75, 0.25, 0.0, 0.0],
    ]
    assert [row["reason"] for row in rows] == ["blocked", "holds_back", "starved"]
    assert rows[0]["cycle_s"] == pytest.approx(4.0)
    assert found.figures["machines_a_day"] == pytest.approx(240.0)
    assert found.figures["cycle_at_best_s"] == 4.0
    assert simulate_line.sentence(rows[2]) == "waits for machines 25% of the time"


@pytest.mark.parametrize(
    ("takt_s", "variation", "said"),
    [
        (4.0, 0.0, "A machine every 4.0 s, 100.0% of the pace that a takt of 4 s asks: the line holds it"),
        (3.0, 0.0, "A machine every 4.0 s, 75.0% of the pace that a takt of 3 s asks: the line falls short"),
    ],
)
def test_the_answer_says_whether_the_line_holds_its_takt(takt_s: float, variation: float, said: str) -> None:
    found = simulate([2.0, 4.0, 3.0], [0, 0], takt_s=takt_s, variation=variation)
    assert simulate_line.answer(found.answer, found.figures) == said


def test_a_takt_within_the_interval_is_too_near_to_say() -> None:
    middle = simulate([2.0, 4.0, 3.0], [0, 0], variation=0.5).figures["cycle_s"]
    found = simulate([2.0, 4.0, 3.0], [0, 0], takt_s=middle, variation=0.5)
    assert found.answer == "unsure"
    assert found.figures["holds_takt"] == 0.5


def test_meets_published_results() -> None:
    """Exponential work: Hunt (1956) gives 22/39 for 3 stations without buffers; Hillier & Boling (1967) 0.5148 for 4."""
    for stations, rate in ((3, 22 / 39), (4, 0.5148)):
        found = simulate([1.0] * stations, [0] * (stations - 1), 1.0, variation=1.0, jobs=20_000)
        row = found.rows.to_pylist()[0]
        assert row["cycle_low_s"] <= 1 / rate <= row["cycle_high_s"]
        assert row["cycle_s"] == pytest.approx(1 / rate, rel=0.01)


def test_meets_published_results_on_exact_lines(shared_data: Path) -> None:
    """Exact Markov values of 38 exponential lines, with and without buffers: 95 % intervals hold at least 33 of them."""
    with (shared_data / "line/flowline/exact_exponential_lines.csv").open() as file:
        cases = list(csv.DictReader(file))
    inside = 0
    for case in cases:
        rates = [float(v) for v in case["service_rates"].split()]
        found = simulate([1 / v for v in rates], [int(v) for v in case["buffers"].split()], 1.0, variation=1.0)
        row = found.rows.to_pylist()[0]
        inside += row["cycle_low_s"] <= 1 / float(case["throughput_exact"]) <= row["cycle_high_s"]
    assert inside >= 33


@settings(max_examples=20, deadline=None)
@given(
    work=st.lists(st.floats(0.5, 5.0), min_size=2, max_size=5),
    places=st.integers(0, 3),
    variation=st.sampled_from([0.0, 0.2, 1.0]),
    stops=st.booleans(),
)
def test_holds_its_laws(work: list[float], places: int, variation: float, stops: bool) -> None:
    """Shares add up to 1, no line beats its slowest station, more places never slow it down, same seed same rows."""
    n = len(work)
    extra = {"mtbf": [50.0] * n, "mttr": [5.0] * n} if stops else {}
    options = {"variation": variation, "jobs": 500, "warm": 100, "replications": 3, **extra}
    found = simulate(work, [places] * (n - 1), **options)
    for row in found.rows.to_pylist():
        assert row["busy"] + row["starved"] + row["blocked"] + row["down"] == pytest.approx(1.0)
        assert row["cycle_low_s"] <= row["cycle_s"] <= row["cycle_high_s"]
        assert row["gain_per_day"] >= -0.01 * 240
    more = simulate(work, [places + 2] * (n - 1), **options)
    assert more.figures["cycle_s"] <= found.figures["cycle_s"] * 1.01
    assert found.figures["cycle_s"] >= max(work) * (0.999 if variation == 0 and not stops else 0.8)
    assert sorted(found.rows["rank"].to_pylist()) == list(range(1, n + 1))
    assert simulate(work, [places] * (n - 1), **options).rows.equals(found.rows)


def test_loss_is_split_without_remainder() -> None:
    """Work of 2 and 4 s every 4 s: 720 a day evenly (2 stations x 1,080 s / 6 s ... 720 s a day / 3 s = 240) becomes 180.

    The day has 240 slots of 3 s = 720 s; evenly 3 s each give 240, the slower station of 4 s gives 180: 60 lost, all to
    imbalance.
    """
    found = simulate([2.0, 4.0], [0], takt_s=3.0, variation=0.0)
    row = found.rows.to_pylist()[0]
    assert row["ideal_per_day"] == pytest.approx(240.0)
    assert row["lost_imbalance"] == pytest.approx(60.0)
    lost = ("lost_waiting", "lost_mix", "lost_rework", "lost_breakdown")
    assert [row[name] for name in lost] == pytest.approx([0.0] * 4, abs=1e-6)
    assert found.figures["machines_a_day"] == pytest.approx(180.0)


def test_machines_come_in_the_order_they_are_built() -> None:
    """Models of 1 and 3 s in turn without a place: one every 3 s. Held machines are not built. Two by two: 10 s for four."""
    models = {"x": [1.0, 1.0], "y": [3.0, 3.0]}
    options = {"takt_s": 2.0, "variation": 0.0, "models": models}
    in_turn = simulate([2.0, 2.0], [0], built="xy-", **options)
    assert in_turn.figures["cycle_s"] == pytest.approx(3.0)
    assert in_turn.figures["lost_mix"] == pytest.approx(480 / 2 - 480 / 3)
    assert simulate([2.0, 2.0], [0], built="xxyy", **options).figures["cycle_s"] == pytest.approx(2.5)
    assert simulate([2.0, 2.0], [0], **options).figures["cycle_s"] == pytest.approx(2.0)
    assert in_turn.rows["work_s"].to_pylist() == [2.0, 2.0]


def test_what_stations_do_besides() -> None:
    """A slow station twice, a feeder, machines that go back, one repairer, hours of half a day: each shows in its column."""
    twice = simulate([1.0, 2.0, 1.0], [1, 1], variation=0.0, station={2: {"parallel": 2}})
    assert twice.figures["cycle_s"] == pytest.approx(1.0)
    assert twice.rows["parallel"].to_pylist() == [1, 2, 1]
    feeder = simulate([1.0, 3.0, 1.0], [1, 1], variation=0.0, station={1: {"joins": 3}})
    assert feeder.figures["cycle_s"] == pytest.approx(3.0)
    back = simulate([1.0, 1.0], [1], variation=0.0, station={2: {"rework_share": 0.2, "rework_to": 1}})
    assert back.figures["cycle_s"] == pytest.approx(1.25, rel=0.03)
    assert back.figures["lost_rework"] > 0.9 * (back.figures["ideal_per_day"] - back.figures["machines_a_day"])
    one = simulate([1.0] * 4, [1] * 3, mtbf=[10.0] * 4, mttr=[2.0] * 4, line={"repairers": 1}, replications=4)
    assert max(one.rows["unattended"].to_pylist()) > 0.02
    half = [{"start_h": 6.0, "end_h": 14.0}, {"start_h": 14.0, "end_h": 22.0, "first_station": 2}]
    hours = simulate([60.0, 60.0], [9], 60.0, variation=0.0, shifts=half, jobs=5_300, replications=2)
    assert hours.figures["machines_a_day"] == pytest.approx(480.0)
    assert hours.rows["closed"].to_pylist() == pytest.approx([0.5, 0.0], abs=0.01)


def test_extra_places_go_where_they_pay() -> None:
    """Four stations of exponential work without places: the first extra place goes into the middle (Hillier & So 1991)."""
    found = simulate([1.0] * 4, [0, 0, 0], 1.0, variation=1.0, jobs=20_000, extra_places=1)
    rows = found.rows.to_pylist()
    assert [row["places_best"] for row in rows] == [0, 1, 0, 0]
    assert found.figures["cycle_best_s"] < found.figures["cycle_s"]
    assert [row["reason"] for row in rows if row["rank"] == 1] in (["add_place"], ["holds_back"])
    assert [row["place_turn"] for row in rows][1::2] == [1, None]
    assert rows[1]["cycle_in_turn_s"] == pytest.approx(found.figures["cycle_best_s"])


def test_work_varies_by_either_distribution() -> None:
    """Work of the same mean and spread: the station alone gives the same, a line without places a little different."""
    alone = [simulate([4.0], [], 4.0, variation=0.5, lognormal=tails, jobs=20_000) for tails in (False, True)]
    assert alone[0].figures["cycle_s"] == pytest.approx(alone[1].figures["cycle_s"], rel=0.01)
    line = [simulate([4.0] * 4, [0] * 3, 4.0, variation=0.5, lognormal=tails, jobs=20_000) for tails in (False, True)]
    assert line[0].figures["cycle_s"] != line[1].figures["cycle_s"]
    assert line[0].figures["cycle_s"] == pytest.approx(line[1].figures["cycle_s"], rel=0.05)


def test_one_station_is_a_line() -> None:
    found = simulate([4.0], [], takt_s=4.0, variation=0.0)
    assert found.figures["cycle_s"] == pytest.approx(4.0)
    assert found.rows["reason"].to_pylist() == ["holds_back"]


def test_refuses_bad_data() -> None:
    """Stops without a repair time and options out of their limits are named; a line without work is a clash."""
    with pytest.raises(DataRejected) as refused:
        simulate([1.0, 1.0], [0], mtbf=[None, 500.0])
    assert str(refused.value) == (
        "station 2 of line A stops but has no time to restore\n  at: stations.mttr_s, row 2\n  do: give its mttr_s"
    )
    with pytest.raises(OptionRejected) as wrong:
        simulate([1.0], [], jobs=5, replications=1)
    assert [breach.what for breach in wrong.value.breaches] == [
        "jobs is 5",
        "replications is 1",
        "the warm-up of 500 machines is beyond the 5 simulated",
    ]
    with pytest.raises(OptionRejected, match="give 0 to 100"):
        simulate([1.0], [], variation=1e308)
    idle = simulate([0.0, 0.0], [0])
    assert (idle.status, idle.clash[0].what) == ("none", "line A has no work")
    empty = simulate([], [])
    assert (empty.status, empty.clash[0].what) == ("none", "line A has no stations")
    none = simulate_line(*(spec.empty() for spec in simulate_line.contract.reads))
    assert (none.status, none.clash[0].what) == ("none", "there is no line")


@pytest.mark.parametrize(
    ("station", "said", "at"),
    [
        ({"buffer_places": -1}, "buffer_places -1 is below 0", "stations.buffer_places, row 2"),
        ({"mtbf_s": 0.0, "mttr_s": 5.0}, "mtbf_s 0.0 is below 0.001", "stations.mtbf_s, row 2"),
        ({"mtbf_s": 9.0, "mttr_s": -1.0}, "mttr_s -1.0 is below 0", "stations.mttr_s, row 2"),
        ({"mtbf_s": 9.0, "mttr_s": 0.0}, "station 2 of line A stops but is restored in 0 s", "stations.mttr_s, row 2"),
        ({"joins": 7}, "station 2 of line A joins station 7, which is not there", "stations.joins, row 2"),
        ({"rework_to": 3}, "station 2 of line A sends machines back to station 3 behind it", "stations.rework_to, row 2"),
        ({"rework_share": 1.0}, "station 2 of line A sends every machine back", "stations.rework_share, row 2"),
        (
            {"joins": 1},
            "stations of line A hand machines round in a circle: 1 -> 2 -> 1",
            "stations.joins, row 1",
        ),
    ],
)  # fmt: skip
def test_says_where_a_station_is_wrong(station: dict[str, object], said: str, at: str) -> None:
    with pytest.raises(DataRejected) as refused:
        simulate([1.0, 1.0, 1.0], [1, 1], station={2: station})
    assert [(breach.what, breach.at) for breach in refused.value.breaches] == [(said, at)]


def test_says_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(DataRejected) as refused:
        simulate(
            [1.0, 1.0, 1.0],
            [1, 1],
            station={1: {"rework_share": 1.0}, 2: {"mtbf_s": 5.0}, 3: {"joins": 1}},
            shifts=[{"start_h": 8.0, "end_h": 8.0}],
        )
    assert [breach.what for breach in refused.value.breaches] == [
        "station 1 of line A sends every machine back",
        "station 2 of line A stops but has no time to restore",
        "station 3 of line A is the last but joins station 1",
        "stations of line A hand machines round in a circle: 1 -> 2 -> 3 -> 1",
        "shift s0 of line A ends at 8 h, not after its start at 8 h",
    ]
    with pytest.raises(DataRejected) as idle:
        simulate([1.0, 1.0], [1], shifts=[{"start_h": 6.0, "end_h": 14.0, "first_station": 2}])
    assert idle.value.breaches[0].what == "station 1 of line A works in no shift"


@pytest.mark.parametrize("seconds", [float("nan"), -1.0])
def test_refuses_times_that_are_none(seconds: float) -> None:
    said = "time_s nan is not finite" if seconds != seconds else "time_s -1.0 is below 0"
    with pytest.raises(DataRejected) as refused:
        simulate([1.0, seconds], [1])
    assert [(breach.what, breach.at) for breach in refused.value.breaches] == [(said, "tasks.time_s, row 2")]
