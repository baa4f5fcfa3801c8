"""solve.zoning: rules hold, fewest stations or shortest takt first, then fewest moves, against brute force."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.zoning import Zones, pace_in_zones, pack_in_zones, thrift_in_zones

PLACES, TAKT = 3, 12
Arcs = list[tuple[int, int]]


def lays_out(times: list[int], arcs: Arcs, tasks: dict[int, int], takt: int) -> bool:
    """Say whether tasks (with their sides) of one place fit a takt when each side does them in some order."""
    for order in itertools.permutations(tasks):
        clock, ends = [0, 0], {}
        for task in order:
            before = [a for a, b in arcs if b == task and a in tasks]
            if any(a not in ends for a in before):
                break
            begin = max([clock[tasks[task]], *(ends[a] for a in before)])
            ends[task] = clock[tasks[task]] = begin + times[task]
        else:
            if max(ends.values(), default=0) <= takt:
                return True
    return False


def plans(times: list[int], arcs: Arcs, zones: Zones, takt: int) -> Iterator[tuple[int, int]]:
    """Every assignment that keeps takt, order and rules, as (stations, tasks moved)."""
    n = len(times)
    rules = zones.filled(n, PLACES)
    spots = [(p, s) for p in range(PLACES) for s in range(2 if rules.sides[p] == 3 else 1)]
    for plan in itertools.product(spots, repeat=n):
        at = [p for p, _ in plan]
        if any(at[a] > at[b] for a, b in arcs) or not all(rules.allowed[k, p] for k, p in enumerate(at)):
            continue
        if any(f >= 0 and at[k] != f for k, f in enumerate(rules.fixed)):
            continue
        reach = {0: (0, 1, 2), 1: (0, 1), 2: (0, 2)}
        wrong = [
            rules.side[k] not in (reach[int(rules.sides[p])] if rules.sides[p] < 3 else (0, s + 1))
            for k, (p, s) in enumerate(plan)
        ]
        pairs = list(itertools.combinations(range(n), 2))
        if any(wrong) or any(
            (rules.together[a] == rules.together[b] >= 0 and plan[a] != plan[b])
            or (rules.apart[a] == rules.apart[b] >= 0 and at[a] == at[b])
            for a, b in pairs
        ):
            continue
        cost = 0
        for place in set(at):
            mine = {k: s for k, (p, s) in enumerate(plan) if p == place}
            copies = 1
            while copies <= rules.beside[place] and not fits(times, arcs, mine, rules, place, takt, copies):
                copies += 1
            cost += copies if copies <= rules.beside[place] else 1 << 20
        if cost < 1 << 20:
            yield cost, sum(o >= 0 and o != p for o, p in zip(rules.old, at, strict=True))


def fits(times, arcs, mine, rules, place, takt, copies) -> bool:
    for side in (0, 1):
        own = [k for k, s in mine.items() if s == side]
        if any(load[own].sum() > cap[place] * copies for load, cap in zip(rules.loads, rules.caps, strict=True)):
            return False
        if sum(times[k] for k in own) > takt * copies:
            return False
    return rules.sides[place] != 3 or lays_out(times, arcs, mine, takt * copies)


@st.composite
def jobs(draw: st.DrawFn, most: int = 6):
    n = draw(st.integers(1, most))
    numbers = lambda low, high: st.lists(st.integers(low, high), min_size=n, max_size=n)  # noqa: E731
    times = draw(numbers(1, 8))
    links = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=n))
    arcs = sorted({(min(p), max(p)) for p in links if p[0] != p[1]})
    fixed = [f if draw(st.booleans()) else -1 for f in draw(numbers(-1, PLACES - 1))]
    zones = Zones(fixed, draw(numbers(-1, 0)), draw(numbers(-1, 1)), draw(numbers(-1, PLACES - 1)))
    return times, arcs, zones


def agrees(times: list[int], arcs: Arcs, zones: Zones, *, ruled: bool = True) -> None:
    truth = min(plans(times, arcs, zones, TAKT), default=None)
    found = pack_in_zones(times, arcs, TAKT, zones, places=PLACES)
    if truth is None:
        assert found.impossible or (not ruled and found.stations > PLACES)
        return
    assert (found.stations, found.moved) == truth
    assert found.lower_bound <= found.stations
    assert found.moved_bound <= found.moved


@settings(max_examples=40, deadline=None)
@given(jobs())
def test_agrees_with_brute_force(job) -> None:
    times, arcs, zones = job
    agrees(times, arcs, zones, ruled=any(v >= 0 for values in (zones.fixed, zones.apart) for v in values))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_skills_strain_and_parallel_stations_agree_with_brute_force(data: st.DataObject) -> None:
    times, arcs, zones = data.draw(jobs(5))
    n = len(times)
    times[0] = data.draw(st.integers(1, 2 * TAKT))
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=n * PLACES, max_size=n * PLACES))).reshape(n, -1)
    strain = data.draw(st.lists(st.integers(1, 5), min_size=n, max_size=n))
    caps = [data.draw(st.lists(st.integers(4, 9), min_size=PLACES, max_size=PLACES))]
    agrees(times, arcs, Zones(zones.fixed, old=zones.old, allowed=allowed | True, loads=[strain], caps=caps, copies=2))
    beside = data.draw(st.lists(st.integers(1, 3), min_size=PLACES, max_size=PLACES))
    agrees(times, arcs, Zones(apart=zones.apart, old=zones.old, allowed=allowed, copies=beside))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_two_sided_stations_agree_with_brute_force(data: st.DataObject) -> None:
    times, arcs, zones = data.draw(jobs(4))
    n = len(times)
    side = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    sides = data.draw(st.lists(st.integers(0, 3), min_size=PLACES, max_size=PLACES))
    agrees(times, arcs, Zones(apart=zones.apart, old=zones.old, side=side, sides=sides))


@settings(max_examples=25, deadline=None)
@given(jobs(4), st.integers(0, 3))
def test_the_shortest_takt_agrees_with_brute_force(job, sides: int) -> None:
    times, arcs, zones = job
    zones = Zones(apart=zones.apart, old=zones.old, sides=[sides] * PLACES)
    feasible = [t for t in range(1, sum(times) + 1) if any(True for _ in plans(times, arcs, zones, t))]
    found = pace_in_zones(times, arcs, zones, places=PLACES)
    if not feasible:
        assert found.impossible
        return
    assert found.takt == feasible[0]
    assert found.takt_bound <= found.takt
    assert found.moved == min(moved for _, moved in plans(times, arcs, zones, found.takt))


@settings(max_examples=15, deadline=None)
@given(jobs(4), st.lists(st.integers(1, 2), min_size=PLACES, max_size=PLACES))
def test_thrift_agrees_with_brute_force(job, copies: list[int]) -> None:
    times, arcs, zones = job
    zones = Zones(apart=zones.apart, copies=copies)
    worth = [s * t for t in range(1, TAKT + 1) for s, _ in plans(times, arcs, zones, t)]
    found, bound = thrift_in_zones(times, arcs, TAKT, zones, places=PLACES)
    if worth:
        assert found.stations * found.takt == min(worth)
        assert bound <= min(worth)


def test_more_stations_than_places_waste_least_side_by_side() -> None:
    """Three tasks of 5 at two places with up to two stations each: 2 and 1 stations of 5 waste nothing; 2 of 8 waste 1."""
    found, bound = thrift_in_zones([5, 5, 5], [], 8, Zones(copies=2), places=2)
    assert (found.stations * found.takt, bound) == (15, 15)
    assert found.copies.size == 2


def test_spare_stations_keep_tasks_where_they_stand() -> None:
    """Three tasks of 4 at a takt of 12 fit one station; with three allowed, each stays where it stands."""
    zones = Zones(old=[0, 1, 2])
    assert pack_in_zones([4, 4, 4], [], 12, zones, places=3).moved == 2
    kept = pack_in_zones([4, 4, 4], [], 12, zones, places=3, enough=3)
    assert (kept.moved, kept.stations, kept.lower_bound) == (0, 3, 1)


def test_a_task_longer_than_the_takt_needs_a_second_station_beside_the_first() -> None:
    """20 s at a takt of 12: two stations side by side give each machine 24 s, and the 4 s left hold one more task."""
    assert pack_in_zones([20, 4, 4], [], 12, Zones(), places=3).impossible
    found = pack_in_zones([20, 4, 4], [], 12, Zones(copies=2), places=3)
    assert (found.stations, found.lower_bound) == (3, 3)
    assert found.copies.max() == 2


@pytest.mark.parametrize(("arcs", "stations"), [([], 1), ([(0, 1), (1, 2)], 2)])
def test_both_sides_work_at_once_but_wait_for_each_other(arcs: Arcs, stations: int) -> None:
    """Left 6, right 6, left 6 at a takt of 12: side by side they fit one station; one after the other they take 18 s."""
    found = pack_in_zones([6, 6, 6], arcs, 12, Zones(side=[1, 2, 1], sides=[3, 3]), places=2)
    assert (found.stations, found.side.tolist()) == (stations, [0, 1, 0])


def test_a_plan_in_cpu_seconds_holds_as_well() -> None:
    """A limit in CPU seconds stops the program and leaves a plan that holds."""
    import time

    rng = np.random.default_rng(3)
    times = rng.integers(1, 30, 40)
    found = pack_in_zones(times, [], 40, Zones(old=rng.integers(0, 17, 40)), places=17, until=time.process_time() + 0.5)
    assert np.bincount(found.station, weights=times).max() <= 40
    assert found.moved_bound <= found.moved
