"""Pipelines down a tree against exact convolution, against orders played out, figures against Sherbrooke and LINDO."""

from __future__ import annotations

import itertools
from math import comb, exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.echelon import Network, backorders, exact_shortfall, shortfall
from smilecurve.solve.echelon_events import played_shortfall

DEEP = np.array([-1, 0, 0, 1, 1, 2])


def poisson(mean: float, k: int) -> float:
    return exp(-mean) * mean**k / factorial(k)


def exact_backorders(rate: list[float], resupply: float, transit: list[float], depot: int, base: list[int]) -> float:
    """Graves 1985 in plain Python: depot backorders fall to bases binomially, transit demand is Poisson."""
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


def two_level(rate: list[float], resupply: float, transit: list[float], pooled: bool = True) -> Network:
    return Network(np.array([[0.0, *rate]]), np.array([resupply]), np.array([0.0, *transit]), np.ones(1), pooled=pooled)


def random_tree(seed: int, parts: int = 3) -> tuple[Network, np.ndarray]:
    draw = np.random.default_rng(seed)
    net = Network(
        draw.uniform(0.0, 0.4, (parts, 6)) * (draw.random((parts, 6)) < 0.8), draw.uniform(0, 15, parts),
        draw.uniform(0, 6, 6), draw.uniform(1, 9, parts), DEEP,
    )  # fmt: skip
    return net, draw.integers(0, 5, (parts, 6))


def test_sherbrooke_two_items_at_one_site() -> None:
    """Sherbrooke, Optimal Inventory Modeling of Systems (2004), chapter 2: 10 a year x 0.1, 50 a year x 0.08."""
    assert backorders(1.0, 1.0, 4) == pytest.approx([1.0, 0.368, 0.104, 0.023, 0.004], abs=6e-4)
    second = [4.0, 3.018, 2.110, 1.348, 0.782, 0.410, 0.195, 0.085, 0.034]
    assert backorders(4.0, 4.0, 8) == pytest.approx(second, abs=6e-4)


def test_metric_of_the_lindo_case() -> None:
    """Two bases asked for 0.1 a day, 2 days from the depot, its resupply 14; 3 at the depot, 1 at each base."""
    net = two_level([0.1, 0.1], 14.0, [2.0, 2.0], pooled=False)
    assert shortfall(net, np.array([[3, 1, 1]])).backorders.sum() == pytest.approx(0.198079, abs=5e-7)


def test_exact_evaluation_is_graves_and_vari_metric_is_near() -> None:
    """Graves 1985: METRIC understates backorders; the negative binomial hardly does."""
    rate, transit = [0.2, 0.1, 0.3], [2.0, 3.0, 1.0]
    off_metric, off_vari = [], []
    for depot, level in itertools.product((0, 2, 4, 6), (0, 1, 2)):
        stock = np.array([[depot, level, level, level]])
        known = exact_backorders(rate, 10.0, transit, depot, [level] * 3)
        for pooled, off in ((False, off_metric), (True, off_vari)):
            net = two_level(rate, 10.0, transit, pooled)
            off.append((shortfall(net, stock).backorders.sum() - known) / known)
            assert exact_shortfall(net, stock).backorders.sum() == pytest.approx(known, rel=1e-9)
    assert max(off_metric) < 1e-9, "METRIC never overstates"
    assert max(map(abs, off_vari)) < 0.02
    assert max(map(abs, off_metric)) > 0.10


def test_a_tree_of_three_levels_played_out_agrees_with_the_exact_evaluation() -> None:
    net, stock = random_tree(3)
    known, seen = exact_shortfall(net, stock), played_shortfall(net, stock, days=60_000.0, seed=1)
    asked = net.rate > 0
    assert np.abs(known.empty - seen.empty)[asked].max() < 0.015
    assert np.abs(known.late - seen.late)[asked].max() < 0.15
    assert seen.backorders.sum() == pytest.approx(known.backorders.sum(), rel=0.03)
    assert shortfall(net, stock).backorders.sum() == pytest.approx(known.backorders.sum(), rel=0.01)


def test_three_levels_by_hand() -> None:
    """No stock above: the leaf waits for all three ways, 2 + 3 + 4 days x 0.1 = 0.9 on the way, 1 on the shelf."""
    net = Network(np.array([[0.0, 0.0, 0.1]]), np.zeros(1), np.array([2.0, 3.0, 4.0]), np.ones(1), np.array([-1, 0, 1]))
    got = exact_shortfall(net, np.array([[0, 0, 1]]))
    assert got.backorders[0] == pytest.approx([0, 0, 0.9 - 1 + exp(-0.9)])
    assert got.late[0, :2] == pytest.approx([0.2, 0.5])
    assert got.empty[0, 2] == pytest.approx(1 - exp(-0.9))
    assert shortfall(net, np.array([[0, 0, 1]])).backorders == pytest.approx(got.backorders)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_laws_of_pipelines(seed: int) -> None:
    """Backorders fall and are convex in a place's own stock; shares add up; places may stand in any order; times x 2 is
    rates x 2; with endless stock above only the last way counts (Palm)."""
    net, stock = random_tree(seed)
    own = np.array([[s, *stock[0, 1:]] for s in range(12)])
    same = Network(np.repeat(net.rate[:1], 12, 0), np.repeat(net.resupply[:1], 12), net.transit, np.ones(12), DEEP)
    late = exact_shortfall(same, own).late[:, 0]
    assert (np.diff(late) <= 1e-9).all()
    assert (np.diff(late, 2) >= -1e-9).all()
    got = shortfall(net, stock)
    flip = np.array([5, 4, 3, 2, 1, 0])
    turned = Network(net.rate[::-1, flip], net.resupply[::-1], net.transit[flip], net.cost[::-1],
                     np.array([3, 4, 4, 5, 5, -1]))  # fmt: skip
    assert shortfall(turned, stock[::-1, flip]).late[::-1, flip] == pytest.approx(got.late, abs=1e-9)
    slow = Network(net.rate, 2 * net.resupply, 2 * net.transit, net.cost, DEEP)
    busy = Network(2 * net.rate, net.resupply, net.transit, net.cost, DEEP)
    for way in (shortfall, exact_shortfall):
        assert way(slow, stock).late == pytest.approx(way(busy, stock).late, abs=1e-9)
    plenty = stock.copy()
    plenty[:, :3] = 400
    last = exact_shortfall(net, plenty)
    for part, place in itertools.product(range(3), range(3, 6)):
        mean = net.rate[part, place] * net.transit[place]
        assert last.late[part, place] == pytest.approx(backorders(mean, mean, 5)[stock[part, place]], abs=1e-9)
    none = exact_shortfall(net, np.zeros_like(stock))
    days = net.resupply[:, None] + np.array([sum(net.transit[q] for q in way) for way in
                                             ((0,), (0, 1), (0, 2), (0, 1, 3), (0, 1, 4), (0, 2, 5))])  # fmt: skip
    assert none.backorders == pytest.approx(net.rate * days, abs=1e-8)


def test_lumpy_demand_at_one_place_is_the_negative_binomial() -> None:
    """Mean 2, variance 6: (x over 2 + x - 1) (1/3)^1 (2/3)^x is geometric; backorders at s are 2 (2/3)^s."""
    net = Network(np.array([[1.0]]), np.zeros(1), np.array([2.0]), np.ones(1), spread=np.array([3.0]))
    for stock in range(6):
        got = shortfall(net, np.array([[stock]]))
        assert got.backorders[0, 0] == pytest.approx(2 * (2 / 3) ** stock)
        assert 1 - got.empty[0, 0] == pytest.approx(1 - (2 / 3) ** stock)


def test_pipelines_of_thousands_do_not_underflow() -> None:
    """A Poisson of mean 5,000 with 5,000 in stock: backorders are near sd x 0.3989."""
    assert backorders(5000.0, 5000.0, 5000)[5000] == pytest.approx(np.sqrt(5000) * 0.39894, rel=2e-3)
    assert backorders(4000.0, 4e6, 1)[1] == pytest.approx(3999.0, abs=0.01)


def test_refuses_places_that_do_not_hang_together() -> None:
    net = Network(np.zeros((1, 3)), np.zeros(1), np.zeros(3), np.ones(1), np.array([-1, -1, 0]))
    with pytest.raises(ValueError, match="2 places stand at the top, one must"):
        shortfall(net, np.zeros((1, 3), np.int64))
    net = Network(np.zeros((1, 3)), np.zeros(1), np.zeros(3), np.ones(1), np.array([-1, 2, 1]))
    with pytest.raises(ValueError, match="in a circle"):
        shortfall(net, np.zeros((1, 3), np.int64))
    lumpy = Network(np.ones((1, 1)), np.zeros(1), np.ones(1), np.ones(1), spread=np.array([2.0]))
    with pytest.raises(ValueError, match="lumps"):
        exact_shortfall(lumpy, np.zeros((1, 1), np.int64))


def test_a_shelf_at_the_centre_itself_has_nothing_under_way_once_the_centre_never_lacks() -> None:
    """No days away: with ever more above, its pipeline ends at none, and nothing is missed."""
    above = np.arange(200)
    net = Network(np.tile([0.0, 0.7, 0.1], (200, 1)), np.full(200, 30.0), np.zeros(3), np.ones(200))
    got = shortfall(net, np.stack([above, 0 * above, 0 * above], axis=1))
    assert (np.diff(got.backorders.sum(axis=1)) <= 1e-12).all()
    assert got.backorders[-1].sum() == pytest.approx(0.0, abs=1e-9)
