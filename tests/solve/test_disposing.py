"""Ways of units under shared capacity, with goods worth less the more there are: against every plan there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from smilecurve.solve.disposing import Disposal, Goods, Options, dispose, dispose_whole
from smilecurve.solve.disposing_exact import best_of_all

LOOKS = 2
HALF = 0.5


def small_case(seed: int, units: int, routes: int = 3) -> tuple[Options, np.ndarray, Goods]:
    """Routes at once or after a look with two findings of equal chance; two capacities, two goods; the last route is free."""
    draw = np.random.default_rng(seed)
    rows: list[tuple[int, int, float]] = []
    takes: list[np.ndarray] = []
    yields: list[np.ndarray] = []
    for unit in range(units):
        need = draw.integers(0, 3, (routes, 2))
        need[-1] = 0
        gives = draw.integers(0, 3, (routes, 2)) * (draw.random((routes, 1)) < 0.4)
        worth = draw.uniform(-2, 10, routes)
        shift = draw.uniform(-4, 4, routes)
        price = draw.uniform(0, 1.5)
        for branch in range(LOOKS + 1):
            chance = HALF if branch else 1.0
            sign = (0.0, 1.0, -1.0)[branch]
            for route in range(routes):
                earns = chance * (worth[route] + sign * shift[route]) - (price if branch == 1 else 0.0)
                rows.append((unit, branch, earns))
                takes.append(chance * need[route])
                yields.append(chance * gives[route])
    unit_of, branch_of, gain = (np.array(column) for column in zip(*rows, strict=True))
    options = Options(unit_of, branch_of, gain, sparse.csr_array(np.array(takes)), sparse.csr_array(np.array(yields)))
    worth_of = -np.sort(-draw.uniform(0, 6, (2, 2)), axis=1)
    return options, draw.integers(0, 7, 2).astype(float), Goods(worth_of, draw.integers(1, 3, (2, 2)).astype(float))


def keeps(options: Options, capacity: np.ndarray, got: Disposal) -> bool:
    """One option at once or one for each finding, and no capacity exceeded."""
    for unit in np.unique(options.unit):
        mine = options.branch[(options.unit == unit) & got.taken].tolist()
        if mine not in ([0], list(range(1, LOOKS + 1))):
            return False
    return bool((got.used <= capacity + 1e-6).all())


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), units=st.integers(1, 8))
def test_equals_the_best_of_all_plans(seed: int, units: int) -> None:
    options, capacity, goods = small_case(seed, units)
    got = dispose(options, capacity, goods)
    assert keeps(options, capacity, got)
    assert got.value == pytest.approx(best_of_all(options, capacity, goods, grain=HALF), abs=1e-6)
    assert got.value <= got.bound <= got.value + 1e-6 * max(1.0, abs(got.value))


@pytest.mark.parametrize("seed", range(4))
def test_the_referee_equals_plans_tried_one_by_one(seed: int) -> None:
    options, capacity, goods = small_case(seed, 3)
    best = -np.inf
    ways = []
    for unit in range(3):
        at = [np.flatnonzero((options.unit == unit) & (options.branch == b)).tolist() for b in range(3)]
        ways.append([[k] for k in at[0]] + [list(pair) for pair in itertools.product(at[1], at[2])])
    for plan in itertools.product(*ways):
        chosen = list(itertools.chain.from_iterable(plan))
        if (np.asarray(options.takes[chosen].sum(axis=0)).ravel() > capacity).any():
            continue
        pieces = np.asarray(options.yields[chosen].sum(axis=0)).ravel()
        best = max(best, float(options.gain[chosen].sum() + goods.value(pieces).sum()))
    assert best_of_all(options, capacity, goods, grain=HALF) == pytest.approx(best)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_more_room_never_earns_less_and_order_is_no_matter(seed: int) -> None:
    options, capacity, goods = small_case(seed, 6)
    got = dispose(options, capacity, goods)
    assert dispose(options, capacity + 1.0, goods).value >= got.value - 1e-6
    turned = np.concatenate([np.flatnonzero(options.unit == unit) for unit in range(5, -1, -1)])
    other = Options(
        5 - options.unit[turned], options.branch[turned], options.gain[turned], options.takes[turned],
        options.yields[turned],
    )  # fmt: skip
    assert dispose(other, capacity, goods).value == pytest.approx(got.value, abs=1e-6)


def test_many_units_keep_capacities_within_a_thousandth_of_the_bound() -> None:
    """The dual way and the core: the same rules, and a bound that the whole program does not pass either."""
    options, capacity, goods = small_case(7, 420)
    capacity, goods = capacity + 150.0, Goods(goods.worth, 30 * goods.size)
    got = dispose(options, capacity, goods)
    assert keeps(options, capacity, got)
    assert 0 <= got.gap <= 1e-3
    whole = dispose_whole(options, capacity, goods, quick=True)
    assert whole.value <= got.bound + 1e-6
    assert dispose(options, capacity, goods).taken.tolist() == got.taken.tolist()


def test_refuses_what_cannot_be() -> None:
    options, capacity, _ = small_case(1, 2)
    with pytest.raises(ValueError, match="must not rise"):
        dispose(options, capacity, Goods(np.array([[1.0, 2.0], [1.0, 1.0]]), np.ones((2, 2))))
    takes = sparse.csr_array(np.ones((1, 1)))
    alone = Options(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1), takes, sparse.csr_array((1, 0)))
    nothing = Goods(np.zeros((0, 1)), np.zeros((0, 1)))
    with pytest.raises(ValueError, match="no plan keeps the capacities"):
        dispose(alone, np.zeros(1), nothing)
    assert best_of_all(alone, np.zeros(1), nothing) == -np.inf
