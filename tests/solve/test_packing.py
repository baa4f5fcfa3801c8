"""solve.packing: plans that hold, bounds that hold, proofs that agree with brute force and with published optima."""

from __future__ import annotations

import csv
import itertools
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from smilecurve.solve._packing_loads import FORWARD, new_room
from smilecurve.solve._packing_pool import SIZE, new_pool
from smilecurve.solve._packing_remember import _enter
from smilecurve.solve._packing_sides import Order
from smilecurve.solve.packing import best_efficiency, fewest_stations, plan_like, shortest_takt, station_bounds

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


@settings(max_examples=25, deadline=None)
@given(problems, st.integers(0, 6))
def test_best_efficiency_agrees_with_brute_force(problem: tuple[list[int], Arcs], wider: int) -> None:
    times, arcs = problem
    low, high = max(times), max(times) + wider
    found = best_efficiency(times, arcs, (low, high))
    truth = min(c * fewest_by_force(times, arcs, c) for c in range(low, high + 1))
    assert holds(found.station, times, arcs, found.takt)
    assert low <= found.takt <= high
    assert found.stations * found.takt == found.product == truth == found.lower_bound
    assert found.proof != "open"


@settings(max_examples=25, deadline=None)
@given(problems, st.integers(10, 25), st.integers(2, 5), st.randoms(use_true_random=False))
def test_what_must_not_matter_does_not(
    problem: tuple[list[int], Arcs], takt: int, factor: int, chance: random.Random
) -> None:
    """Reversed, scaled or renumbered tasks need as many stations, and with more takt never more."""
    times, arcs = problem
    stations = fewest_stations(times, arcs, takt).stations
    name = list(range(len(times)))
    chance.shuffle(name)
    renamed = [times[name.index(task)] for task in range(len(times))]
    assert fewest_stations(times, [(b, a) for a, b in arcs], takt).stations == stations
    assert fewest_stations([factor * t for t in times], arcs, factor * takt).stations == stations
    assert fewest_stations(renamed, [(name[a], name[b]) for a, b in arcs], takt).stations == stations
    assert fewest_stations(times, arcs, takt + factor).stations <= stations


def seeded_line(seed: int, n: int, shortest: int, longest: int) -> tuple[list[int], Arcs]:
    rng = np.random.default_rng(seed)
    times = rng.integers(shortest, longest, n).tolist()
    return times, [(a, b) for a in range(n) for b in range(a + 1, min(a + 9, n)) if rng.random() < 0.1]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(20, 45), st.sampled_from([(50, 400), (200, 700), (350, 650)]))
def test_longer_lines_seen_from_behind_need_as_many(seed: int, n: int, span: tuple[int, int]) -> None:
    """Where both are proved: every bound and every rule that leaves a load out is at work here."""
    times, arcs = seeded_line(seed, n, *span)
    one = fewest_stations(times, arcs, 1000)
    two = fewest_stations(times, [(b, a) for a, b in arcs], 1000, seed=1)
    assert holds(one.station, times, arcs, 1000)
    assert max(one.lower_bound, two.lower_bound) <= min(one.stations, two.stations)
    if one.proof != "open" and two.proof != "open":
        assert one.stations == two.stations


def test_two_long_tasks_a_station_at_most() -> None:
    """Five tasks of 4 and two of 5 in a takt of 9: 30/9 -> 4 by work, but seven tasks of more than 3 pair up in 4 at
    best; with a takt of 8 no 5 finds a partner: 2 + 5/2 -> 5.
    """
    assert fewest_stations([4, 4, 4, 4, 4, 5, 5], [], 9).lower_bound == 4
    found = fewest_stations([4, 4, 4, 4, 4, 5, 5], [], 8)
    assert (found.stations, found.lower_bound, found.proof) == (5, 5, "bound")


def test_a_long_line_and_a_limit_in_seconds_give_plans_that_hold() -> None:
    times, arcs = seeded_line(7, 450, 50, 700)
    for limit in ({"tries": 100_000}, {"seconds": 0.3}):
        found = fewest_stations(times, arcs, 1000, **limit)
        assert holds(found.station, times, arcs, 1000)
        assert found.lower_bound <= found.stations
    takt = shortest_takt(times[:60], [(a, b) for a, b in arcs if b < 60], 20, seconds=0.3)
    assert holds(takt.station, times[:60], [(a, b) for a, b in arcs if b < 60], takt.takt)
    assert takt.lower_bound <= takt.takt
    assert takt.station.max() < 20


def test_stops_at_the_stations_that_are_enough() -> None:
    times, arcs = seeded_line(3, 60, 50, 700)
    best = fewest_stations(times, arcs, 1000).stations
    enough = fewest_stations(times, arcs, 1000, at_most=best + 2)
    assert best <= enough.stations <= best + 2
    assert enough.work < 500_000


def test_a_plan_like_another_follows_the_ranks() -> None:
    times, arcs = seeded_line(5, 40, 100, 500)
    best = fewest_stations(times, arcs, 1000).stations
    rank = np.arange(40)
    near = plan_like(times, arcs, 1000, best + 1, rank, pull=8.0)
    assert holds(near, times, arcs, 1000)
    assert np.corrcoef(rank, near)[0, 1] > 0.9
    assert plan_like(times, arcs, 1000, best - 1, rank, pull=8.0).size == 0


def test_same_seed_same_plan_and_a_small_budget_still_plans() -> None:
    times, arcs = seeded_line(3, 80, 50, 700)
    one, two = (fewest_stations(times, arcs, 1000, seed=5, tries=30_000) for _ in range(2))
    assert (one.station == two.station).all()
    assert one == replace(two, station=one.station)
    assert one.lower_bound <= one.stations
    assert holds(one.station, times, arcs, 1000)
    first, again = (shortest_takt(times, arcs, 30, seed=5, tries=100_000) for _ in range(2))
    assert (first.station == again.station).all()
    assert (first.takt, first.lower_bound) == (again.takt, again.lower_bound)


def test_the_work_asked_for_is_all_that_is_spent() -> None:
    """On lines where no number of stations is settled, what one takes is not there for the next."""
    times, arcs = seeded_line(7, 120, 50, 700)
    found = best_efficiency(times, arcs, (700, 1400), tries=300_000)
    assert found.proof == "open"
    assert 100_000 < found.work < 330_000


@njit
def enter(job, sides, pool, room, key, parent, target):  # type: ignore[no-untyped-def]
    return _enter(job, sides, pool, room, key, 0.0, parent, target, FORWARD)


def test_what_cannot_be_finished_any_more_does_not_hide_what_can() -> None:
    """Tasks 0 and 1 stand, four of a whole takt are left: after 5 stations they fit 9 in all; after 4 not 7, after 3 they
    do. What was met after 4 and given up must not stand in the way of what is met after 3.
    """
    lineup = Order.of(np.array([3, 3, 10, 10, 10, 10]), np.zeros((0, 2), np.int64)).at(10)
    pool, room = new_pool(6, 9, 20, lineup.whole), new_room(6, 0)
    room.fresh[0] = 0b11
    key = np.array([40, *(int(part[2:].sum()) for part in (lineup.job.halves, lineup.job.sixths)), 0])
    for level, target, kept in ((5, 9, 2), (4, 7, 2), (3, 7, 3)):
        pool.level[0] = level - 1
        enter(lineup.job, lineup.sides, pool, room, key, 0, target)
        assert pool.tally[SIZE] == kept
    assert pool.level[1:3].tolist() == [-5, 3]


def test_refuses_what_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="longer than the takt"):
        fewest_stations([11], [], 10)
    with pytest.raises(ValueError, match="circle"):
        fewest_stations([1, 1], [(0, 1), (1, 0)], 10)
    with pytest.raises(ValueError, match="longer than the longest takt"):
        best_efficiency([11], [], (5, 10))
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


def test_shortest_takts_of_buxey(shared_data: Path) -> None:
    """29 tasks of 324 in all, takts of 7 to 14 stations as published by Scholl (1999)."""
    words = (shared_data / "line/salbp/scholl_in2/BUXEY.IN2").read_text().replace(",", " ").split()
    numbers = [int(word) for word in words]
    times, flat = numbers[1:30], numbers[30:]
    arcs = [(a - 1, b - 1) for a, b in zip(flat[::2], flat[1::2], strict=True) if a > 0]
    found = [shortest_takt(times, arcs, stations) for stations in range(7, 15)]
    assert [plan.takt for plan in found] == [47, 41, 37, 34, 32, 28, 27, 25]
    assert all(plan.proof != "open" for plan in found)


def test_otto_long_lines_need_fewer_stations_than_published(shared_data: Path) -> None:
    """Five lines of 1,000 tasks of about half a takt: below the published plans, above the published bounds."""
    folder = shared_data / "line/salbp/otto2013"
    with (folder / "best_known.csv").open() as file:
        known = {row["instance"]: (int(row["lower_bound"]), int(row["upper_bound"])) for row in csv.DictReader(file)}
    for number in (36, 121, 181, 271, 496):
        name = f"instance_n=1000_{number}"
        times, arcs, takt = read_alb(folder / "verylarge" / f"{name}.alb")
        found = fewest_stations(times, arcs, takt)
        low, high = known[name]
        assert holds(found.station, times, arcs, takt)
        assert low <= found.stations < high
        assert found.lower_bound <= found.stations
