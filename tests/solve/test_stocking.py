"""Stock against full enumeration; the bound below the optimum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.echelon import Measure, Network, shortfall
from smilecurve.solve.stocking import plan_stock, price_stock

MEASURES: tuple[Measure, Measure] = ("backorders", "unfilled")
TREES = (None, np.array([-1, 0, 1]), np.array([-1, 0, 0]))


def tiny(seed: int) -> Network:
    draw = np.random.default_rng(seed)
    parts = 1 + seed % 2
    return Network(
        draw.uniform(0.02, 0.15, (parts, 3)) * (draw.random((parts, 3)) < 0.8), draw.uniform(1, 8, parts),
        draw.uniform(0, 4, 3), draw.integers(1, 9, parts).astype(float), TREES[seed % 3],
        spread=np.where(draw.random(parts) < 0.3, 1.5, 1.0),
    )  # fmt: skip


def tables(net: Network, measure: Measure, most: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """What every stock up to `most` a place costs and misses, part by part."""
    stocks = np.array(list(itertools.product(range(most + 1), repeat=net.rate.shape[1])))
    found = []
    for p in range(len(net.cost)):
        n = len(stocks)
        same = Network(
            np.repeat(net.rate[p : p + 1], n, 0), np.full(n, net.resupply[p]), net.transit, np.full(n, net.cost[p]),
            net.above, spread=np.full(n, net.lumps[p]),
        )  # fmt: skip
        found.append((net.cost[p] * stocks.sum(axis=1), shortfall(same, stocks).of(measure).sum(axis=1)))
    return found


def test_a_price_is_answered_by_the_best_of_all_stocks() -> None:
    """100 tiny networks, both measures, three trees: enumerated to 12 pieces a place."""
    for seed, measure in itertools.product(range(100), MEASURES):
        net = tiny(seed)
        price = float(np.random.default_rng(seed).uniform(2, 40)) * (30 if measure == "unfilled" else 1)
        best = sum(float((cost + price * missed).min()) for cost, missed in tables(net, measure, 12))
        got = price_stock(net, price, measure)
        assert got.cost + price * got.missed == pytest.approx(best, rel=1e-9), (seed, measure)
        assert got.bound == pytest.approx(best, rel=1e-9)
        assert got.missed == pytest.approx(shortfall(net, got.stock).of(measure).sum(), rel=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("seed", range(8))
def test_bound_and_plan_bracket_the_enumerated_optimum(seed: int, measure: Measure) -> None:
    net = tiny(2 * seed + 1)
    target = 0.3 * float(shortfall(net, np.zeros(net.rate.shape, np.int64)).of(measure).sum())
    plan = plan_stock(net, target=target, measure=measure)
    (cost, missed), (cost2, missed2) = tables(net, measure, 6)
    fits = missed[:, None] + missed2[None, :] <= target
    best = float(np.where(fits, cost[:, None] + cost2[None, :], np.inf).min())
    assert plan.reached
    assert plan.missed <= target + 1e-12
    assert plan.bound <= best + 1e-9
    assert best <= plan.cost + 1e-9
    assert plan.cost <= best * 1.35 + 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), parts=st.integers(1, 5), share=st.floats(0.05, 0.9))
def test_more_is_missed_only_for_less_money(seed: int, parts: int, share: float) -> None:
    draw = np.random.default_rng(seed)
    net = Network(
        draw.uniform(0.0, 0.5, (parts, 5)), draw.uniform(0, 20, parts), draw.uniform(0, 5, 5),
        draw.uniform(1, 100, parts), np.array([-1, 0, 0, 1, 1]),
    )  # fmt: skip
    target = share * float(net.rate.sum())
    plan = plan_stock(net, target=target)
    assert plan.reached
    assert plan.missed <= target + 1e-9
    assert 0 <= plan.bound <= plan.cost + 1e-9
    assert plan.missed == pytest.approx(shortfall(net, plan.stock).unfilled.sum(), abs=1e-9)
    assert plan_stock(net, target=2 * target).bound <= plan.bound + 1e-6
    turned = Network(net.rate[::-1], net.resupply[::-1], net.transit, net.cost[::-1], net.above)
    again = plan_stock(turned, target=target)
    assert again.bound == pytest.approx(plan.bound)


def test_says_when_no_stock_can_do_it_and_refuses_nonsense() -> None:
    net = Network(np.array([[0.1]]), np.array([5.0]), np.array([1.0]), np.ones(1))
    assert not plan_stock(net, target=0.0).reached
    with pytest.raises(ValueError, match="a target of -1"):
        plan_stock(net, target=-1.0)
    with pytest.raises(ValueError, match="cost must be finite and not negative"):
        plan_stock(Network(net.rate, net.resupply, net.transit, np.array([-1.0])), target=0.1)


def test_passed_over_levels_keep_the_bound_below_every_stock() -> None:
    """A pipeline of 400 pieces: levels in steps; no single-step neighbour of the plan beats the bound."""
    net = Network(np.array([[0.0, 2.0, 3.0]]), np.array([80.0]), np.array([0.0, 4.0, 6.0]), np.ones(1))
    plan = plan_stock(net, target=0.25)
    assert plan.reached
    assert plan.bound <= plan.cost <= 1.03 * plan.bound
    near = [range(int(s) - r, int(s) + r + 1) for s, r in zip(plan.stock[0], (8, 3, 3), strict=True)]
    for levels in itertools.product(*near):
        stock = np.array([levels])
        if shortfall(net, stock).unfilled.sum() <= 0.25:
            assert sum(levels) >= plan.bound - 1e-9
