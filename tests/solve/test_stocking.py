"""Stock against full enumeration; the bound below the optimum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.echelon import Measure, Network, shortfall
from smilecurve.solve.stocking import plan_stock


def brute_force(net: Network, target: float, measure: Measure, most: int) -> float:
    parts, bases = net.rate.shape
    best = np.inf
    for levels in itertools.product(range(most + 1), repeat=parts * (bases + 1)):
        stock = np.array(levels).reshape(parts, bases + 1)
        if float(net.cost @ stock.sum(axis=1)) >= best:
            continue
        if shortfall(net, stock[:, 0], stock[:, 1:], measure).sum() <= target:
            best = float(net.cost @ stock.sum(axis=1))
    return best


@pytest.mark.parametrize("measure", ["backorders", "unfilled"])
@pytest.mark.parametrize("seed", range(4))
def test_bound_and_plan_bracket_the_enumerated_optimum(seed: int, measure: Measure) -> None:
    draw = np.random.default_rng(seed)
    net = Network(
        draw.uniform(0.02, 0.15, (2, 2)),
        draw.uniform(1, 8, 2),
        draw.uniform(1, 4, 2),
        draw.integers(1, 9, 2).astype(np.float64),
    )
    empty = shortfall(net, np.zeros(2, np.int64), np.zeros((2, 2), np.int64), measure).sum()
    target = 0.3 * float(empty)
    plan = plan_stock(net, target=target, measure=measure)
    best = brute_force(net, target, measure, 3)
    assert plan.reached
    assert plan.missed <= target + 1e-12
    assert plan.bound <= best + 1e-9
    assert best <= plan.cost + 1e-9
    assert plan.cost <= best * 1.35 + 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), parts=st.integers(1, 5), bases=st.integers(1, 4), share=st.floats(0.05, 0.9))
def test_more_is_missed_only_for_less_money(seed: int, parts: int, bases: int, share: float) -> None:
    draw = np.random.default_rng(seed)
    net = Network(
        draw.uniform(0.0, 0.5, (parts, bases)),
        draw.uniform(0, 20, parts),
        draw.uniform(0, 5, bases),
        draw.uniform(1, 100, parts),
    )
    target = share * float(net.rate.sum())
    plan = plan_stock(net, target=target)
    assert plan.reached
    assert plan.missed <= target + 1e-9
    assert 0 <= plan.bound <= plan.cost + 1e-9
    assert plan.missed == pytest.approx(shortfall(net, plan.depot, plan.base, "unfilled").sum(), abs=1e-9)
    assert plan_stock(net, target=2 * target).bound <= plan.bound + 1e-6


def test_says_when_no_stock_can_do_it_and_refuses_nonsense() -> None:
    net = Network(np.array([[0.1]]), np.array([5.0]), np.array([1.0]), np.ones(1))
    assert not plan_stock(net, target=0.0).reached
    with pytest.raises(ValueError, match="a target of -1"):
        plan_stock(net, target=-1.0)
    with pytest.raises(ValueError, match="cost must be finite and not negative"):
        plan_stock(Network(net.rate, net.resupply, net.transit, np.array([-1.0])), target=0.1)


def test_passed_over_depot_levels_keep_the_bound_below_every_stock() -> None:
    """A pipeline of 400 pieces: levels in steps; no single-step neighbour of the plan beats the bound."""
    net = Network(np.array([[2.0, 3.0]]), np.array([80.0]), np.array([4.0, 6.0]), np.ones(1))
    plan = plan_stock(net, target=0.25)
    assert plan.reached
    assert plan.bound <= plan.cost <= 1.03 * plan.bound
    for depot in range(int(plan.depot[0]) - 8, int(plan.depot[0]) + 9):
        for first in range(int(plan.base[0, 0]) - 3, int(plan.base[0, 0]) + 4):
            for second in range(int(plan.base[0, 1]) - 3, int(plan.base[0, 1]) + 4):
                base = np.array([[first, second]])
                if shortfall(net, np.array([depot]), base, "unfilled").sum() <= 0.25:
                    assert depot + first + second >= plan.bound - 1e-9
