"""Netting and pegging against a plain reading of the rules, a textbook example and their laws."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.netting import PLANNED, STOCK, Bom, CycleFound, Dated, Explosion, Items, explode, low_level_codes


def test_cycle_is_reported_with_its_path() -> None:
    with pytest.raises(CycleFound) as caught:
        low_level_codes(5, [0, 1, 2, 3, 0], [1, 2, 3, 1, 4])
    assert caught.value.path == [1, 2, 3, 1]


def test_a_part_that_contains_itself_is_a_cycle() -> None:
    with pytest.raises(CycleFound) as caught:
        low_level_codes(1, [0], [0])
    assert caught.value.path == [0, 0]


def test_lots_scrap_and_effectivity_by_hand() -> None:
    """A: 10 needed on day 20, lead 5, scrap 0.2 -> start 12.5, in multiples of 5: 15, yield 12, 2 left over.

    Release on day 15: the new part B2 (from day 15) is taken, the old one B1 (until day 15) is not: 15 x 2 = 30 of B2.
    """
    items = Items.of(3, lead_days=[5, 1, 1], lot_multiple=[5, 0, 0], scrap=[0.2, 0, 0])
    bom = Bom.of([0, 0], [1, 2], [2, 2], [-100, 15], [15, 1000])
    got = explode(items, bom, Dated.of([0], [20], [10]))
    assert got.order_item.tolist() == [0, 2]
    assert got.order_quantity.tolist() == [15, 30]
    assert got.order_yield.tolist() == [12, 30]
    assert got.order_left[0] == pytest.approx(2)
    assert got.order_release.tolist() == [15, 14]


def test_receipts_come_before_new_orders_but_not_before_their_day() -> None:
    got = explode(
        Items.of(1, on_hand=1.0), Bom.of([], [], []), Dated.of([0, 0], [3, 6], [2, 2]), Dated.of([0], [4], [5])
    )
    assert got.order_due.tolist() == [3]
    assert got.order_quantity.tolist() == [1]
    assert got.receipt_left.tolist() == [3]


def _laws(items: Items, demands: Dated, got: Explosion) -> None:
    needs = np.bincount(got.peg_need, got.peg_quantity, len(got.need_item))
    np.testing.assert_allclose(needs, got.need_quantity, atol=1e-6)
    planned = got.peg_supply_kind == PLANNED
    used = np.bincount(got.peg_supply[planned], got.peg_quantity[planned], len(got.order_item))
    np.testing.assert_allclose(used + got.order_left, got.order_yield, atol=1e-6)
    stock = got.peg_supply_kind == STOCK
    out = np.bincount(got.peg_supply[stock], got.peg_quantity[stock], len(items.on_hand))
    np.testing.assert_allclose(out + got.stock_left, items.on_hand, atol=1e-6)
    need = got.peg_need[planned]
    assert (got.order_due[got.peg_supply[planned]] <= got.need_day[need]).all()
    assert (got.need_item[need] == got.order_item[got.peg_supply[planned]]).all()
    above = got.need_order >= 0
    parent_level = got.level[got.order_item[got.need_order[above]]]
    assert (got.level[got.need_item[above]] > parent_level).all()


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Items, Bom, Dated, Dated]:
    count = draw(st.integers(1, 6))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count) if rng.random() < 0.5]
    bom = Bom.of([p[0] for p in pairs], [p[1] for p in pairs], rng.integers(1, 4, len(pairs)))
    items = Items.of(
        count,
        rng.integers(0, 8, count),
        rng.integers(0, 4, count),
        rng.integers(0, 6, count),
        rng.integers(0, 5, count),
        rng.choice([0.0, 0.25], count),
    )
    wants, come = draw(st.integers(1, 8)), draw(st.integers(0, 4))
    demands = Dated.of(rng.integers(0, count, wants), rng.integers(0, 30, wants), rng.integers(1, 9, wants))
    receipts = Dated.of(rng.integers(0, count, come), rng.integers(0, 30, come), rng.integers(1, 9, come))
    return items, bom, demands, receipts


@settings(max_examples=60, deadline=None)
@given(_cases())
def test_pegged_supply_is_demand_met(case: tuple[Items, Bom, Dated, Dated]) -> None:
    items, bom, demands, receipts = case
    got = explode(items, bom, demands, receipts)
    _laws(items, demands, got)
    assert (got.planned_quantity(len(items.on_hand)) >= got.bound_quantity - 1e-6).all()
    top = got.first_need()
    assert ((top >= 0) & (top < len(demands.item))).all()


def test_bound_is_the_least_over_all_plans_of_a_tiny_chain() -> None:
    """Brute force: every way to release 0..4 of a parent and 0..6 of its part on each day; the least feasible totals."""
    need, stock = {3: 2, 4: 1}, (1, 2)
    items = Items.of(2, on_hand=stock, lead_days=[1, 1], lot_min=[2, 3])
    got = explode(items, Bom.of([0], [1], [2]), Dated.of([0, 0], [3, 4], [2, 1]))
    least = [99, 99]
    for parent in product(range(4), repeat=3):  # released on days 1, 2, 3; there a day later
        level, ok = stock[0], True
        for day in range(1, 6):
            level += parent[day - 2] if 2 <= day <= 4 else 0
            level -= need.get(day, 0)
            ok &= level >= 0
        if not ok:
            continue
        least[0] = min(least[0], sum(parent))
        for part in product(range(5), repeat=3):  # released on days 0, 1, 2; there a day later
            level = stock[1]
            fine = True
            for day in (1, 2, 3):
                level += part[day - 1] - 2 * parent[day - 1]
                fine &= level >= 0
            if fine:
                least[1] = min(least[1], sum(part))
    assert got.bound_quantity.tolist() == least == [2, 2]
    assert got.planned_quantity(2).tolist() == [2, 3]
