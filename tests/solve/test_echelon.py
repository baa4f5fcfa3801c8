"""Pipelines against exact convolution, figures against Sherbrooke."""

from __future__ import annotations

import itertools
from math import comb, exp, factorial

import numpy as np
import pytest

from smilecurve.solve.echelon import Network, backorders, depot_shortfall, shortfall


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


def test_depot_moments_add_up_over_the_distribution() -> None:
    late, square, filled = depot_shortfall(2.5, np.array([0, 3, 7]))
    for i, level in enumerate((0, 3, 7)):
        chances = [poisson(2.5, k) for k in range(60)]
        assert late[i] == pytest.approx(sum(max(k - level, 0) * p for k, p in enumerate(chances)))
        assert square[i] == pytest.approx(sum(max(k - level, 0) ** 2 * p for k, p in enumerate(chances)))
        assert filled[i] == pytest.approx(sum(chances[:level]))


def test_lumpy_demand_at_one_place_is_the_negative_binomial() -> None:
    """Mean 2, variance 6: (x over 2 + x - 1) (1/3)^1 (2/3)^x is geometric; backorders at s are 2 (2/3)^s."""
    net = Network(np.array([[1.0]]), np.zeros(1), np.array([2.0]), np.ones(1), spread=np.array([3.0]))
    for stock in range(6):
        got = shortfall(net, np.array([0]), np.array([[stock]]))
        assert got[0, 0] == pytest.approx(2 * (2 / 3) ** stock)
    late, _, filled = depot_shortfall(2.0, np.array([3]), 3.0)
    assert late[0] == pytest.approx(2 * (2 / 3) ** 3)
    assert filled[0] == pytest.approx(1 - (2 / 3) ** 3)
