"""solve.jobshop_flexible: every plan keeps ways, orders, set-ups, closed times and releases; bounds hold."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve._jobshop_clock import Budget
from smilecurve.solve._jobshop_model import Model
from smilecurve.solve.jobshop import shortest
from smilecurve.solve.jobshop_flexible import Shop, ShopPlan, _decoded, _floor, plan_shop


def drawn(seed: int, jobs: int, places: int, work: int, *, setups: bool = True, closed: bool = True) -> Shop:
    """A shop by chance: up to three ways an operation, four families, breaks, releases and due days."""
    rng = np.random.default_rng(seed)
    job = np.repeat(np.arange(jobs), work)
    ways = [
        (o, int(p), int(rng.integers(20, 90)))
        for o in range(job.size)
        for p in rng.choice(places, int(rng.integers(1, min(places, 3) + 1)), replace=False)
    ]
    operation, place, time = zip(*ways, strict=True)
    matrix = rng.integers(5, 25, (4, 4))
    np.fill_diagonal(matrix, 0)
    span = int(job.size * 60 / places)
    release = rng.integers(0, span // 2 + 1, jobs)
    return Shop(
        job,
        operation,
        place,
        time,
        release=release,
        due=release + rng.integers(work * 60, work * 200, jobs),
        weight=rng.integers(1, 4, jobs),
        family=rng.integers(0, 4, jobs)[job],
        setups=dict.fromkeys(range(0, places, 2), matrix) if setups else {},
        stands=rng.integers(-1, 4, places),
        closed=[(p, at, at + 40) for p in range(places) for at in range(150, 4 * span, 250)] if closed else [],
    )


def cost_of(shop: Shop, plan: ShopPlan) -> int:
    """What a plan costs, by the words of `Shop`; every rule is checked on the way."""
    job, family = np.asarray(shop.job), np.asarray(shop.family)
    times = {
        (o, p): t for o, p, t in zip(*(np.asarray(c) for c in (shop.operation, shop.place, shop.time)), strict=True)
    }
    for o in range(job.size):
        assert plan.end[o] == plan.start[o] + times[o, plan.place[o]]
    for j in range(job.max() + 1):
        own = np.flatnonzero(job == j)
        assert plan.start[own[0]] >= np.asarray(shop.release)[j]
        assert (plan.start[own[1:]] >= plan.end[own[:-1]]).all()
    for p in range(max(shop.place) + 1):
        own = sorted(np.flatnonzero(plan.place == p), key=lambda o: plan.start[o])
        closed = [row for row in shop.closed if row[0] == p]
        before = int(np.asarray(shop.stands)[p]) if np.asarray(shop.stands).size else -1
        free = 0
        for o in own:
            change = int(np.asarray(shop.setups[p])[before, family[o]]) if p in shop.setups and before >= 0 else 0
            assert plan.setup[o] == change
            assert plan.start[o] - change >= free
            assert all(plan.end[o] <= begin or plan.start[o] - change >= end for _, begin, end in closed)
            free, before = int(plan.end[o]), int(family[o])
    done = np.array([plan.end[job == j].max() for j in range(job.max() + 1)])
    late = np.maximum(done - np.asarray(shop.due), 0) * np.asarray(shop.weight)
    return int(shop.late_weight * late.sum() + done.max())


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), st.booleans(), st.booleans())
@settings(max_examples=25, deadline=None)
def test_every_plan_keeps_every_rule(seed: int, jobs: int, places: int, work: int, setups: bool, closed: bool) -> None:
    shop = drawn(seed, jobs, places, work, setups=setups, closed=closed)
    plan = plan_shop(shop, work=20_000, windows=2, size=8, patience=0.02, seed=seed)
    assert cost_of(shop, plan) == plan.cost
    assert plan.bound <= plan.cost


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_one_place_meets_the_best_of_all_orders(seed: int, jobs: int) -> None:
    """On one place a plan is an order: all of them are tried."""
    shop = drawn(seed, jobs, 1, 1)
    time, family, due = (np.asarray(c) for c in (shop.time, shop.family, shop.due))
    matrix, best = np.asarray(shop.setups[0]), None
    for order in itertools.permutations(range(jobs)):
        free, before, cost = 0, int(np.asarray(shop.stands)[0]), 0
        for o in order:
            change = int(matrix[before, family[o]]) if before >= 0 else 0
            begin = max(free, int(np.asarray(shop.release)[o]) - change)
            for _, closes, opens in shop.closed:
                if begin < opens and begin + change + int(time[o]) > closes:
                    begin = opens
            free, before = begin + change + int(time[o]), int(family[o])
            cost += shop.late_weight * int(np.asarray(shop.weight)[o]) * max(0, free - int(due[o]))
        best = cost + free if best is None else min(best, cost + free)
    plan = plan_shop(shop, work=50_000, windows=0, patience=0.2, seed=seed)
    assert plan.cost == best
    assert plan.bound <= best


def test_a_cheaper_plan_may_end_far_behind_the_one_begun_from() -> None:
    """A (4 s, due at 100), B (6 s, from 1 on, due at 7), closed 10-25. A, B costs 10 * 3 + 10; B at 1-7 and A behind the
    closed time at 25-29 is late for nothing and costs 29, though it ends at almost three times as much.
    """
    shop = Shop([0, 1], [0, 1], [0, 0], [4, 6], release=[0, 1], due=[100, 7], closed=[(0, 10, 25)])
    floor, every = _floor(shop)[0], np.arange(2)
    begun = _decoded(floor, every, every)
    assert begun.cost == 40
    found = Model(floor, begun, every, np.arange(1)).solve(0, 1.0, Budget(None))
    assert found is not None
    assert (found[0].tolist(), found[2]) == ([25, 1], 29)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=10, deadline=None)
def test_a_shop_of_orders_alone_is_as_short_as_solve_jobshop_makes_it(seed: int, flexible: bool) -> None:
    """With one way each, and nothing due, closed or set up, it is one; a way more leaves what neither can be under."""
    rng = np.random.default_rng(seed)
    job = np.repeat(np.arange(4), 3)
    place, time = np.concatenate([rng.permutation(3) for _ in range(4)]), rng.integers(1, 20, 12)
    best = shortest(job, place, time)
    operation = [*range(12), 0] if flexible else list(range(12))
    ways = Shop(job, operation, [*place, 3][: len(operation)], [*time, 1_000][: len(operation)])
    plan = plan_shop(ways, work=100_000)
    assert best.optimal
    assert plan.cost == plan.bound == best.length


def test_plain_shops_come_near_the_published_optimum(shared_data: Path) -> None:
    """Lawrence (1984) la29 and la38 in the fixed work of line.shops: within 4 % of what is known, and a bound."""
    cases = json.loads((shared_data / "line/jobshop/jsp_benchmarks.json").read_text())
    for name, known in (("la29", 1152), ("la38", 1196)):
        place, time = (np.array(cases[name][key]) for key in ("machines_matrix", "duration_matrix"))
        job = np.repeat(np.arange(len(place)), place.shape[1])
        plan = plan_shop(
            Shop(job, np.arange(job.size), place.ravel(), time.ravel()), work=6_000_000, windows=4, patience=0.05
        )
        assert plan.bound <= known <= plan.cost <= known * 1.04, name


def test_more_equipment_never_hurts_and_a_later_due_neither() -> None:
    """Bounds and plans of a shop with more ways, or more time, are not above those of the shop without."""
    for seed in range(4):
        shop = drawn(seed, 4, 2, 2, closed=False, setups=False)
        one = plan_shop(shop, work=100_000, windows=0, patience=0.3)
        count = len(shop.operation)
        more = Shop(
            shop.job,
            [*shop.operation, *shop.operation],
            [*shop.place, *(p + 2 for p in shop.place)],
            [*shop.time, *shop.time],
            release=shop.release,
            due=shop.due,
            weight=shop.weight,
            family=shop.family,
        )
        assert count * 2 == len(more.operation)
        assert plan_shop(more, work=100_000, windows=0, patience=0.3).bound <= one.cost
        later = Shop(
            shop.job, shop.operation, shop.place, shop.time, release=shop.release,
            due=np.asarray(shop.due) + 50, weight=shop.weight, family=shop.family,
        )  # fmt: skip
        assert plan_shop(later, work=100_000, windows=0, patience=0.3).bound <= one.cost


def test_six_thousand_operations_are_planned_in_fixed_work() -> None:
    """Beyond 5,000 operations rules and windows plan; the plan keeps every rule and its bound."""
    shop = drawn(1, 1_000, 40, 6)
    rules = plan_shop(shop, work=0, windows=0)
    plan = plan_shop(shop, work=2_000_000, windows=3, patience=0.05)
    assert plan.windows == 3
    assert cost_of(shop, plan) == plan.cost
    assert plan.bound <= plan.cost <= rules.cost


def test_the_same_seed_gives_the_same_plan() -> None:
    shop = drawn(3, 20, 5, 4)
    one, other = (plan_shop(shop, work=200_000, windows=3, patience=0.02, seed=9) for _ in range(2))
    assert one.start.tobytes() == other.start.tobytes()
    assert (one.cost, one.bound) == (other.cost, other.bound)


def test_nothing_to_do() -> None:
    assert plan_shop(Shop([], [], [], [])).cost == 0


@pytest.mark.parametrize("weight", [0, 1, 1000])
def test_lateness_counts_as_much_as_asked(weight: int) -> None:
    """Two jobs on one place, 2 and 8 long; the long one wanted at 8. First it costs nothing, second 2 late."""
    shop = Shop([0, 1], [0, 1], [0, 0], [2, 8], due=[1_000, 8], weight=[1, 1], late_weight=weight)
    plan = plan_shop(shop)
    assert plan.cost == plan.bound == 10
