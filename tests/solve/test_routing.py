"""Routes against full enumeration on tiny cases, the bound against the optimum, published instances within reach."""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.routing import Floats, Left, Routes, Shifts, Visits, lower_bound, route_technicians

INSTANCE = re.compile(r"\s*\d+" + r"\s+([\d.]+)" * 5 + r"\s+\[(.*?)\]" * 3)


def load_instance(path: Path, crew: int = 25) -> tuple[Floats, Visits, Shifts]:
    """A technician routing instance: row 0 the depot, rows 1..crew the technicians, then the requests."""
    rows = [m.groups() for m in map(INSTANCE.match, path.read_text().splitlines()) if m]
    numbers = np.array([[float(x) for x in row[:5]] for row in rows])
    lists = [[[int(x) for x in cell.split(",") if x.strip()] for cell in row[5:]] for row in rows]
    spot = np.vstack([numbers[crew + 1 :, :2], numbers[:1, :2], numbers[1 : crew + 1, :2]])
    travel = np.hypot(*(spot[:, None, :] - spot[None, :, :]).transpose(2, 0, 1))
    work, staff, jobs = numbers[crew + 1 :], lists[1 : crew + 1], lists[crew + 1 :]

    def has(cell: int) -> np.ndarray:
        return np.array([[set(job[cell]) <= set(person[cell]) for job in jobs] for person in staff])

    need = np.array([job[2] or [0] * 5 for job in jobs])
    van = np.array([person[2] or [0] * 5 for person in staff])
    visits = Visits(work[:, 2], work[:, 3], work[:, 4], np.full(len(jobs), 1000.0), need)
    return travel, visits, Shifts(numbers[1 : crew + 1, 2], numbers[1 : crew + 1, 3], van, has(0), has(1))


def check_routes(travel: Floats, visits: Visits, shifts: Shifts, got: Routes, depot: bool) -> float:
    """Walk every route step by step; returns the cost found (time away from home plus penalties)."""
    n, cost = len(visits.early), float(visits.penalty[got.shift < 0].sum())
    for k in range(len(shifts.start)):
        mine = np.nonzero(got.shift == k)[0]
        mine = mine[np.argsort(got.place[mine])]
        if not len(mine):
            continue
        now, here, used, free = got.leave[k], n + 1 + k, np.zeros(visits.need.shape[1], int), False
        assert now >= shifts.start[k] - 1e-6
        for i, v in enumerate(mine):
            if got.stop[k] == i:
                assert depot
                now, here, free = now + travel[here, n], n, True
            now = max(now + travel[here, v], visits.early[v])
            assert got.begin[v] == pytest.approx(now)
            assert now <= visits.late[v] + 1e-6
            assert shifts.able[k, v]
            used += 0 if free else visits.need[v]
            assert free or (shifts.tooled[k, v] and (used <= shifts.van[k]).all())
            now, here = now + visits.service[v], v
        assert got.back[k] == pytest.approx(now + travel[here, n + 1 + k])
        assert got.back[k] <= shifts.end[k] + 1e-6
        cost += float(got.back[k] - got.leave[k]) + float(shifts.added[k, mine].sum())
    return cost


def random_case(seed: int, n: int, k: int, parts: int = 1) -> tuple[Floats, Visits, Shifts]:
    draw = np.random.default_rng(seed)
    spot = draw.uniform(0, 10, (n + 1 + k, 2))
    travel = np.hypot(*(spot[:, None, :] - spot[None, :, :]).transpose(2, 0, 1))
    early = draw.uniform(0, 30, n)
    visits = Visits(early, early + draw.uniform(3, 25, n), draw.uniform(1, 4, n), draw.uniform(5, 60, n),
                    draw.integers(0, 2, (n, parts)))  # fmt: skip
    able = draw.random((k, n)) < 0.8
    return (
        travel,
        visits,
        Shifts(
            np.zeros(k),
            np.full(k, 45.0),
            draw.integers(0, 3, (k, parts)),
            able,
            able | True,
            draw.uniform(0, 5, (k, n)),
        ),
    )


def shortest_day(travel: Floats, visits: Visits, shifts: Shifts, k: int, order: tuple[int, ...]) -> float:
    """The shortest time away for one order of visits, over every departure that can be best."""
    home = len(visits.early) + 1 + k
    best = np.inf
    steps = np.cumsum([travel[a, b] + (visits.service[a] if a != home else 0.0)
                       for a, b in zip((home, *order), order, strict=False)])  # fmt: skip
    for leave in [shifts.start[k], *(visits.early[list(order)] - steps), *(visits.late[list(order)] - steps)]:
        if leave < shifts.start[k] - 1e-9:
            continue
        now, here = leave, home
        for v in order:
            now = max(now + travel[here, v], visits.early[v])
            if now > visits.late[v] + 1e-9:
                break
            now, here = now + visits.service[v], v
        else:
            now += travel[here, home]
            if now <= shifts.end[k] + 1e-9:
                best = min(best, now - leave)
    return float(best)


def brute_force(travel: Floats, visits: Visits, shifts: Shifts) -> float:
    n, k = len(visits.early), len(shifts.start)
    best = np.inf
    for who in itertools.product(range(-1, k), repeat=n):
        cost = float(visits.penalty[np.array(who) < 0].sum())
        for shift in range(k):
            mine = [v for v in range(n) if who[v] == shift]
            if not mine:
                continue
            fits = shifts.able[shift, mine].all() and (visits.need[mine].sum(axis=0) <= shifts.van[shift]).all()
            orders = itertools.permutations(mine) if fits else ()
            cost += min((shortest_day(travel, visits, shifts, shift, order) for order in orders), default=np.inf)
            cost += float(shifts.added[shift, mine].sum())
        best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(10))
def test_search_finds_the_enumerated_optimum_and_the_bound_stays_below(seed: int) -> None:
    travel, visits, shifts = random_case(seed, 4, 2)
    got = route_technicians(travel, visits, shifts, rounds=400, seed=seed)
    best = brute_force(travel, visits, shifts)
    assert got.cost == pytest.approx(best)
    assert got.bound <= best + 1e-9
    assert check_routes(travel, visits, shifts, got, depot=False) == pytest.approx(got.cost)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 25), k=st.integers(1, 5), depot=st.booleans())
def test_every_route_can_be_walked(seed: int, n: int, k: int, depot: bool) -> None:
    travel, visits, shifts = random_case(seed, n, k, parts=2)
    got = route_technicians(travel, visits, shifts, depot=depot, rounds=100, seed=seed)
    assert check_routes(travel, visits, shifts, got, depot) == pytest.approx(got.cost)
    assert got.bound <= got.cost + 1e-9
    again = route_technicians(travel, visits, shifts, depot=depot, rounds=100, seed=seed)
    assert again.shift.tolist() == got.shift.tolist()
    assert ((got.left == Left.MADE) == (got.shift >= 0)).all()


def test_rest_pace_late_hours_and_windows_of_a_shift() -> None:
    """One shift 0..12 that rests at 3 for 1, drives half as fast, and costs 5 more an hour after 8.

    Out 2, work 4 with the rest in between, back 2: 8 hours of clock, 7 of work; begun at 2 as its window opens then.
    With a regular end of 7 the last hour costs 5 more. A window of 3.2..3.8 lies in the rest: nobody can come.
    """
    travel = np.array([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])
    visits = Visits(np.array([2.0]), np.array([2.0]), np.array([3.0]), np.array([99.0]), np.zeros((1, 0), np.int64))
    can = np.array([[True]])
    day = Shifts(
        np.array([0.0]), np.array([12.0]), np.zeros((1, 0), np.int64), can, can, pace=np.array([2.0]),
        regular=np.array([8.0]), rest_at=np.array([3.0]), rest=np.array([1.0]),
    )  # fmt: skip
    got = route_technicians(travel, visits, day, per_over=5.0, rounds=10)
    assert (got.cost, got.bound, got.begin[0], got.back[0]) == (7.0, 7.0, 2.0, 8.0)
    assert route_technicians(travel, visits, replace(day, regular=np.array([7.0])), per_over=5.0, rounds=10).cost == 12
    shut = replace(day, early=np.array([[3.2]]), late=np.array([[3.8]]))
    wide = replace(visits, late=np.array([9.0]))
    assert route_technicians(travel, wide, shut, rounds=10).left.tolist() == [Left.NO_TIME]


@pytest.mark.parametrize("seed", range(4))
def test_a_plan_is_bettered_and_one_visit_more_moves_few(seed: int) -> None:
    """From its own plan the search never ends worse; a price on moving keeps promised visits where they are."""
    travel, visits, shifts = random_case(seed, 30, 6, parts=2)
    first = route_technicians(travel, visits, shifts, depot=True, rounds=300, seed=seed)
    again = route_technicians(travel, visits, shifts, depot=True, rounds=100, heat=0.1, begin=first, seed=seed)
    assert again.cost <= first.cost + 1e-6
    moved = shifts.added + 1000.0 * (np.arange(6)[:, None] != first.shift[None, :]) * (first.shift >= 0)
    dear = replace(visits, penalty=visits.penalty + 2000.0 * (first.shift >= 0))
    kept = route_technicians(travel, dear, replace(shifts, extra=moved), depot=True, rounds=100, begin=first)
    assert (kept.shift[first.shift >= 0] == first.shift[first.shift >= 0]).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_cancelled_visit_moves_few_and_one_that_nobody_makes_moves_none(seed: int) -> None:
    """Planned again from the plan without a visit: if nobody made it the routes stay; else the others keep theirs where
    moving has its price, and nothing costs more than the plan with that visit left out."""
    travel, visits, shifts = random_case(seed, 30, 3, parts=2)
    first = route_technicians(travel, visits, shifts, depot=True, rounds=300, seed=seed)
    each = np.arange(30)
    out, made = np.nonzero(first.shift < 0)[0], np.nonzero(first.shift >= 0)[0]
    assert len(out)
    for job in (out[0], out[-1], made[0], made[-1]):
        gone = replace(visits, late=np.where(each == job, -1.0, visits.late))
        kept = (first.shift >= 0) & (each != job)
        price = 4.0 * ((np.arange(3)[:, None] != first.shift[None, :]) & kept)
        again = route_technicians(
            travel, replace(gone, penalty=gone.penalty + 4.0 * kept), replace(shifts, extra=shifts.added + price),
            depot=True, rounds=0 if job in out else 100, heat=0.1, begin=first, seed=seed,
        )  # fmt: skip
        assert again.cost <= first.cost + (visits.penalty[job] if job in made else 0.0) + 1e-6
        moved = int(((again.shift != first.shift) & kept).sum())
        assert moved <= (0 if job in out else 3)
        assert again.shift[job] < 0


def test_stages_choose_among_routes_seen() -> None:
    travel, visits, shifts = random_case(5, 40, 8, parts=1)
    got = route_technicians(travel, visits, shifts, depot=True, rounds=900, stages=3, seed=2)
    assert check_routes(travel, visits, shifts, got, depot=True) == pytest.approx(got.cost)
    again = route_technicians(travel, visits, shifts, depot=True, rounds=900, stages=3, seed=2)
    assert again.shift.tolist() == got.shift.tolist()
    timed = route_technicians(travel, visits, shifts, depot=True, seconds=0.2, stages=2, seed=2)
    assert check_routes(travel, visits, shifts, timed, depot=True) == pytest.approx(timed.cost)


def test_says_why_a_visit_stays_out() -> None:
    travel = np.full((7, 7), 1.0) - np.eye(7)
    visits = Visits(
        np.zeros(5), np.array([9.0, 9, 0.5, 9, 9]), np.ones(5), np.array([99.0, 99, 99, 99, 2]),
        np.array([[0], [0], [0], [5], [0]]),
    )  # fmt: skip
    able = np.array([[True, False, True, True, True]])
    shifts = Shifts(np.array([0.0]), np.array([10.0]), np.array([[1]]), able, np.ones((1, 5), bool))
    got = route_technicians(travel, visits, shifts, rounds=50)
    assert got.left.tolist() == [Left.MADE, Left.NO_SKILL, Left.NO_TIME, Left.NO_PARTS, Left.TOO_DEAR]
    full = Visits(np.zeros(2), np.array([1.0, 1.0]), np.ones(2), np.full(2, 99.0), np.zeros((2, 1), int))
    one = Shifts(np.array([0.0]), np.array([10.0]), np.array([[1]]), np.ones((1, 2), bool), np.ones((1, 2), bool))
    assert sorted(route_technicians(travel[:4, :4], full, one, rounds=50).left.tolist()) == [Left.MADE, Left.NO_ROOM]


def test_bound_is_exact_when_nothing_is_shared() -> None:
    """One visit each, homes far apart: the relaxation is the optimum."""
    travel = np.array(
        [[0, 50, 25, 1, 51], [50, 0, 25, 51, 1], [25, 25, 0, 26, 26], [1, 51, 26, 0, 52], [51, 1, 26, 52, 0.0]]
    )
    visits = Visits(np.zeros(2), np.full(2, 20.0), np.ones(2), np.full(2, 99.0), np.zeros((2, 0), int))
    shifts = Shifts(np.zeros(2), np.full(2, 20.0), np.zeros((2, 0), int), np.ones((2, 2), bool), np.ones((2, 2), bool))
    assert lower_bound(travel, visits, shifts) == 6.0
    assert route_technicians(travel, visits, shifts, rounds=10).cost == 6.0


@pytest.mark.shared
def test_published_technician_instances_within_eight_percent(shared_data: Path) -> None:
    """Pillac, Gueret and Medaglia 2013, 25 technicians: best known durations of Pillac's thesis; short search."""
    folder = shared_data / "serve" / "dispatch" / "trsp"
    known = {
        row["instance"]: float(row["bks_duration"])
        for row in csv.DictReader((folder / "bks.csv").read_text().splitlines())
    }
    for name in ("C101.100_25-5-5-5", "R112.100_25-5-5-5"):
        travel, visits, shifts = load_instance(folder / f"{name}.txt")
        got = route_technicians(travel, visits, shifts, depot=True, rounds=3000, seed=1)
        assert check_routes(travel, visits, shifts, got, depot=True) == pytest.approx(got.cost)
        assert (got.shift >= 0).all()
        assert got.bound <= known[name] <= got.cost + 1e-6
        assert got.cost <= 1.08 * known[name]


def test_refuses_shapes_that_do_not_fit() -> None:
    travel, visits, shifts = random_case(1, 3, 2)
    with pytest.raises(ValueError, match=r"3 visits and 2 shifts need 6 locations, got \(5, 5\)"):
        route_technicians(travel[:5, :5], visits, shifts)
