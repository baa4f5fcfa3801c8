"""line.simulate: the rate of a line with buffers and stops, and the place that pays."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.simulate import simulate_line
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line import LINES, STATION_PLAN, STATIONS, TASKS


def simulate(
    work: list[float],
    buffers: list[int],
    takt_s: float = 10.0,
    mtbf: list[float | None] | None = None,
    mttr: list[float | None] | None = None,
    **options: object,
):
    n = len(work)
    line = LINES.rows(
        [
            {
                "line": "A",
                "name": "A",
                "takt_s": takt_s,
                "stations": n,
                "slots_per_day": 240,
                "shift_start_h": 0.0,
                "frozen_slots": 0,
            }
        ]
    )
    stations = STATIONS.rows(
        [
            {
                "line": "A",
                "station": k + 1,
                "length_s": takt_s,
                "buffer_places": ([*buffers, 0])[k],
                "mtbf_s": (mtbf or [None] * n)[k],
                "mttr_s": (mttr or [None] * n)[k],
            }
            for k in range(n)
        ]
    )
    tasks = TASKS.rows(
        [{"line": "A", "task": f"t{k}", "name": "t", "time_s": w, "station": k + 1} for k, w in enumerate(work)]
    )
    return simulate_line(line, stations, tasks, STATION_PLAN.empty(), **options)


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
    options = {"variation": variation, "jobs": 400, "replications": 3, **extra}
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


def test_refuses_bad_data() -> None:
    """Stops without a repair time and options out of their limits are named; a line without work is a clash."""
    with pytest.raises(DataRejected) as refused:
        simulate([1.0, 1.0], [0], mtbf=[None, 500.0])
    assert str(refused.value) == (
        "station 2 of line A stops but has no time to restore\n  at: stations.mttr_s, row 2\n  do: give its mttr_s"
    )
    with pytest.raises(OptionRejected) as wrong:
        simulate([1.0], [], jobs=5, replications=1)
    assert [breach.what for breach in wrong.value.breaches] == ["jobs is 5", "replications is 1"]
    idle = simulate([0.0, 0.0], [0])
    assert (idle.status, idle.clash[0].what) == ("none", "no line has stations with work")
