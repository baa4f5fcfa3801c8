"""Pipelines against exact convolution, stock against full enumeration, figures against Sherbrooke."""

from __future__ import annotations

import itertools
from math import comb, exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.echelon import Measure, Network, backorders, plan_stock, shortfall


def poisson(mean: float, k: int) -> float:
    return exp(-mean) * mean**k / factorial(k)


def exact_backorders(rate: list[float], resupply: float, transit: list[float], depot: int, base: list[int]) -> float:
    """Graves 1985 exactly: depot backorders fall to bases binomially, transit demand is Poisson."""
    total, cut = sum(rate), 60
    mean0 = total * resupply
    late = [sum(poisson(mean0, k) for k in range(depot + 1))]
    late += [poisson(mean0, depot + b) for b in range(1, cut)]
    expected = 0.0
    for share, through, stock in zip([r / total for r in rate], transit, base, strict=True):
        own = [sum(late[n] * comb(n, k) * share**k * (1 - share) ** (n - k) for n in range(k, cut)) for k in range(cut)]
        moving = [poisson(share * total * through, k) for k in range(cut)]
        for a, b in itertools.product(range(cut), range(cut)):
            expected += max(a + b - stock, 0) * own[a] * moving[b]
    return expected


def test_sherbrooke_two_items_at_one_site() -> None:
    """Sherbrooke, Optimal Inventory Modeling of Systems (2004), chapter 2: 10 a year x 0.1, 50 a year x 0.08."""
    first = backorders(np.array(1.0), np.array(1.0), 4)
    second = backorders(np.array(4.0), np.array(4.0), 8)
    assert first == pytest.approx([1.0, 0.368, 0.104, 0.023, 0.004], abs=6e-4)
    assert second == pytest.approx([4.0, 3.018, 2.110, 1.348, 0.782, 0.410, 0.195, 0.085, 0.034], abs=6e-4)


def test_vari_metric_is_nearer_the_exact_model_than_metric() -> None:
    """Graves 1985: METRIC understates backorders; the negative binomial hardly does."""
    rate, transit = [0.2, 0.1, 0.3], [2.0, 3.0, 1.0]
    off_metric, off_vari = [], []
    for depot, level in itertools.product((0, 2, 4, 6), (0, 1, 2)):
        base = [level, level, level]
        exact = exact_backorders(rate, 10.0, transit, depot, base)
        for pooled, off in ((False, off_metric), (True, off_vari)):
            net = Network(np.array([rate]), np.array([10.0]), np.array(transit), np.ones(1), pooled)
            got = shortfall(net, np.array([depot]), np.array([base])).sum()
            off.append((got - exact) / exact)
    assert max(off_metric) < 1e-9, "METRIC never overstates"
    assert max(map(abs, off_vari)) < 0.02
    assert max(map(abs, off_metric)) > 0.10


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
