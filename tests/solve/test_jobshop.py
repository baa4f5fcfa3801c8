"""solve.jobshop: plans that keep every order, as short as exhaustion finds, bounds that hold."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smilecurve.solve.jobshop import length_bound, shortest

Case = tuple[list[int], list[int], list[int]]


@st.composite
def cases(draw: st.DrawFn, jobs: int = 4, places: int = 3) -> Case:
    """Small shops; jobs may come back to equipment, and work may take no time."""
    many = draw(st.integers(1, jobs))
    routes = [draw(st.lists(st.integers(0, places - 1), min_size=1, max_size=3)) for _ in range(many)]
    job = [j for j, route in enumerate(routes) for _ in route]
    time = draw(st.lists(st.integers(0, 9), min_size=len(job), max_size=len(job)))
    return job, [p for route in routes for p in route], time


def holds(case: Case, start: np.ndarray, length: int) -> bool:
    """Whether starts keep the order of each job and one at a time on each equipment, and end at `length`."""
    job, place, time = (np.asarray(column) for column in case)
    end = start + time
    for j in np.unique(job):
        own = np.flatnonzero(job == j)
        if (start[own[1:]] < end[own[:-1]]).any():
            return False
    for a, b in itertools.combinations(range(job.size), 2):
        if place[a] == place[b] and start[a] < end[b] and start[b] < end[a]:
            return False
    return bool(end.max() == length and start.min() >= 0)


@st.composite
def returning(draw: st.DrawFn) -> Case:
    """Shops whose jobs often stay where they are for the next operation."""
    jobs = draw(st.integers(2, 3))
    job = [j for j in range(jobs) for _ in range(3)]
    place = draw(st.lists(st.integers(0, 1), min_size=len(job), max_size=len(job)))
    return job, place, draw(st.lists(st.integers(1, 9), min_size=len(job), max_size=len(job)))


def by_exhaustion(case: Case) -> int:
    """The least length over all orders in which the next operations of the jobs can be planned."""
    job, place, time = case
    routes = [[o for o in range(len(job)) if job[o] == j] for j in range(max(job) + 1)]
    best = sum(time)

    def go(at: tuple[int, ...], ready: tuple[int, ...], free: tuple[int, ...]) -> None:
        nonlocal best
        if max(ready) >= best:
            return
        if all(at[j] == len(routes[j]) for j in range(len(routes))):
            best = max(ready)
            return
        for j, route in enumerate(routes):
            if at[j] < len(route):
                o = route[at[j]]
                end = max(ready[j], free[place[o]]) + time[o]
                go(
                    (*at[:j], at[j] + 1, *at[j + 1 :]),
                    (*ready[:j], end, *ready[j + 1 :]),
                    (*free[: place[o]], end, *free[place[o] + 1 :]),
                )

    go((0,) * len(routes), (0,) * len(routes), (0,) * (max(place) + 1))
    return best


@given(cases())
@settings(max_examples=25, deadline=None)
def test_small_shops_are_as_short_as_exhaustion_finds(case: Case) -> None:
    found = shortest(*case, moves=2_000, patience=0.05)
    assert holds(case, found.start, found.length)
    assert found.length == by_exhaustion(case)
    assert length_bound(*case) <= found.bound <= found.length


@given(returning())
@example(([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 1, 1, 1, 0, 1, 1, 0], [1, 1, 1, 8, 8, 7, 6, 1, 3]))
@settings(max_examples=25, deadline=None)
def test_two_operations_of_a_job_in_a_row_on_one_equipment_keep_their_order(case: Case) -> None:
    found = shortest(*case, moves=2_000, patience=0.05)
    assert holds(case, found.start, found.length)
    assert found.length == by_exhaustion(case)


def test_a_plan_to_begin_from_is_never_left_for_a_longer_one() -> None:
    rng = np.random.default_rng(2)
    case = (
        np.repeat(np.arange(10), 8),
        np.concatenate([rng.permutation(8) for _ in range(10)]),
        rng.integers(1, 60, 80),
    )
    good = shortest(*case, moves=40_000, patience=0.0)
    again = shortest(*case, begin=good.start, moves=1, patience=0.0, seed=7)
    assert again.length <= good.length < shortest(*case, moves=1, patience=0.0, seed=7).length


@given(cases(jobs=6, places=4), st.integers(2, 5), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_scaled_times_scale_the_plan_and_names_do_not_matter(case: Case, factor: int, chance: object) -> None:
    job, place, time = case
    found = shortest(*case, moves=4_000, patience=0.1)
    scaled = shortest(job, place, [factor * t for t in time], moves=4_000, patience=0.1)
    names = np.random.default_rng(factor).permutation(4)
    renamed = shortest(job, names[place], time, moves=4_000, patience=0.1)
    assert scaled.bound <= factor * found.length
    assert factor * found.bound <= scaled.length
    assert renamed.bound <= found.length
    assert found.bound <= renamed.length
    assert length_bound(job, names[place], time) == length_bound(*case)


def test_the_same_seed_gives_the_same_plan() -> None:
    rng = np.random.default_rng(5)
    case = (np.repeat(np.arange(8), 5), np.concatenate([rng.permutation(5) for _ in range(8)]), rng.integers(1, 60, 40))
    one, other = (shortest(*case, moves=20_000, patience=0.02, seed=3) for _ in range(2))
    assert one.start.tobytes() == other.start.tobytes()
    assert (one.length, one.bound, one.moves) == (other.length, other.bound, other.moves)


def test_nothing_to_do_and_one_operation() -> None:
    assert shortest([], [], []).length == 0
    assert shortest([0], [3], [7]).optimal


@pytest.mark.parametrize(
    ("name", "optimum"), [("ft06", 55), ("la01", 666), ("la06", 926), ("la16", 945), ("ft10", 930)]
)
def test_published_optima(shared_data: Path, name: str, optimum: int) -> None:
    """Fisher & Thompson (1963), Lawrence (1984): la01 and la06 are proved by the load of one equipment alone."""
    cases_ = json.loads((shared_data / "line/jobshop/jsp_benchmarks.json").read_text())
    place, time = (np.array(cases_[name][key]) for key in ("machines_matrix", "duration_matrix"))
    job = np.repeat(np.arange(len(place)), place.shape[1])
    found = shortest(job, place.ravel(), time.ravel(), moves=400_000, patience=0.05)
    assert holds((job.tolist(), place.ravel().tolist(), time.ravel().tolist()), found.start, found.length)
    assert optimum <= found.length <= optimum * 1.01
    assert found.bound <= optimum
    if name in ("la01", "la06"):
        assert found.optimal
