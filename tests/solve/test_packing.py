"""solve.packing: plans that hold, bounds that hold, proofs that agree with brute force and with published optima."""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.packing import fewest_stations, shortest_takt, station_bounds

Arcs = list[tuple[int, int]]


def fewest_by_force(times: list[int], arcs: Arcs, takt: int) -> int:
    """Shortest way through all sets of tasks that are closed under precedence."""
    n = len(times)
    before = [sum(1 << a for a, b in arcs if b == task) for task in range(n)]
    best = {0: (0, 0)}
    for done in range(1 << n):
        if done not in best:
            continue
        used, load = best[done]
        for task in range(n):
            if not done >> task & 1 and before[task] & ~done == 0:
                fits = load + times[task] <= takt and used > 0
                then = (used, load + times[task]) if fits else (used + 1, times[task])
                to = done | 1 << task
                best[to] = min(best.get(to, (n + 1, 0)), then)
    return best[(1 << n) - 1][0]


def holds(station: np.ndarray, times: list[int], arcs: Arcs, takt: int) -> bool:
    load = np.bincount(station, weights=times)
    return bool(load.max(initial=0) <= takt and (load > 0).all() and all(station[a] <= station[b] for a, b in arcs))


problems = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(1, 10), min_size=n, max_size=n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=2 * n).map(
            lambda pairs: sorted({(min(p), max(p)) for p in pairs if p[0] != p[1]})
        ),
    )
)


@settings(max_examples=150, deadline=None)
@given(problems, st.integers(10, 25))
def test_agrees_with_brute_force(problem: tuple[list[int], Arcs], takt: int) -> None:
    times, arcs = problem
    found = fewest_stations(times, arcs, takt)
    truth = fewest_by_force(times, arcs, takt)
    assert holds(found.station, times, arcs, takt)
    assert found.stations == truth == found.lower_bound
    assert found.proof in ("bound", "search")
    assert max(station_bounds(times, takt).values()) <= truth


@settings(max_examples=25, deadline=None)
@given(problems, st.integers(1, 4))
def test_shortest_takt_agrees_with_brute_force(problem: tuple[list[int], Arcs], stations: int) -> None:
    times, arcs = problem
    found = shortest_takt(times, arcs, stations)
    truth = next(c for c in itertools.count(max(times)) if fewest_by_force(times, arcs, c) <= stations)
    assert holds(found.station, times, arcs, found.takt)
    assert found.takt == truth == found.lower_bound


def test_same_seed_same_plan_and_a_small_budget_still_plans() -> None:
    rng = np.random.default_rng(3)
    times = rng.integers(50, 700, 80)
    arcs = [(a, b) for a in range(80) for b in range(a + 1, min(a + 9, 80)) if rng.random() < 0.1]
    one, two = (fewest_stations(times, arcs, 1000, seed=5, tries=3_000) for _ in range(2))
    assert (one.station == two.station).all()
    assert one.lower_bound <= one.stations
    assert holds(one.station, times.tolist(), arcs, 1000)


def test_refuses_what_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="longer than the takt"):
        fewest_stations([11], [], 10)
    with pytest.raises(ValueError, match="circle"):
        fewest_stations([1, 1], [(0, 1), (1, 0)], 10)
    assert fewest_stations([], [], 10).stations == 0


def read_alb(path: Path) -> tuple[list[int], Arcs, int]:
    """Read one file of Otto, Otto & Scholl (2013)."""
    sections = dict(re.findall(r"<([^>]+)>\n(.*?)(?=\n<|\Z)", path.read_text().replace("\r", ""), re.DOTALL))
    times = [int(line.split()[1]) for line in sections["task times"].splitlines() if line.strip()]
    links = [line.split(",") for line in sections["precedence relations"].splitlines() if line.strip()]
    return times, [(int(a) - 1, int(b) - 1) for a, b in links], int(sections["cycle time"])


def test_otto_small_optima(shared_data: Path) -> None:
    """42 of the 420 instances of 20 tasks: each optimum of the reference is met and proved."""
    folder = shared_data / "line/salbp/otto2013"
    with (folder / "reference_run_bounds.csv").open() as file:
        known = {
            row["instance"]: int(row["upper_bound"]) for row in csv.DictReader(file) if row["proved_optimal"] == "1"
        }
    files = sorted((folder / "small").glob("*.alb"))[::10]
    assert len(files) == 42
    for path in files:
        times, arcs, takt = read_alb(path)
        found = fewest_stations(times, arcs, takt)
        assert (path.stem, found.stations, found.lower_bound) == (path.stem, known[path.stem], known[path.stem])
