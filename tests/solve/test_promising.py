"""Promises against brute force, and the laws of never giving a unit twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.promising import (
    CAPACITY,
    MATERIAL,
    NEVER,
    RECEIPT,
    STOCK,
    Lanes,
    Lots,
    Orders,
    Plant,
    promise_arrival,
    promise_ready,
)

NO_KIT = (np.array([0, 0]), np.array([], np.int64), np.array([]))
NO_PARTS = Lots.of(0, [], [], [])
NONE = np.array([], np.int64)


def _plant(free: list[list[float]], build: int = 0) -> Plant:
    lines = (np.array([0, len(free)]), np.arange(len(free)))
    return Plant(np.array(free), lines, np.array([build]), NO_KIT, NO_PARTS, NONE)


def _orders(quantity: list[float], target: list[int], pools: list[list[int]] | None = None) -> Orders:
    count = len(quantity)
    return Orders(np.zeros(count, int), np.array(quantity), np.array(target), np.array(pools or [[0]] * count))


def test_stock_then_receipt_then_slot() -> None:
    got = promise_ready(_orders([1, 1, 1], [0, 0, 0]), Lots.of(1, [0, 0], [0, 2], [1, 1]), _plant([[0, 0, 0, 0, 1]]))
    assert got.day.tolist() == [0, 2, 4]
    assert got.binding.tolist() == [STOCK, RECEIPT, CAPACITY]
    assert got.alone_day.tolist() == [0, 0, 0]


def test_an_order_for_later_leaves_stock_to_the_next() -> None:
    """The first order wants day 5 and takes the receipt of day 4; the second, wanted now, gets the stock."""
    got = promise_ready(_orders([1, 1], [5, 0]), Lots.of(1, [0], [0], [1]), _plant([[0, 0, 0, 0, 1, 0]]))
    assert got.from_stock.tolist() == [1, 0]
    got = promise_ready(_orders([1, 1], [5, 0], [[0], [0]]), Lots.of(1, [0, 0], [0, 4], [1, 1]), _plant([[0]]))
    assert got.day.tolist() == [0, 4]


def test_part_that_comes_last_is_named() -> None:
    kit = (np.array([0, 2]), np.array([0, 1]), np.array([1.0, 2.0]))
    parts = Lots.of(2, [0, 1], [0, 3], [9.0, 2.0])
    plant = Plant(np.ones((1, 20)), (np.array([0, 1]), np.array([0])), np.array([1]), kit, parts, np.array([7, 10]))
    got = promise_ready(_orders([1, 1], [0, 0]), Lots.of(1, [], [], []), plant)
    assert got.day.tolist() == [4, 11]
    assert got.binding.tolist() == [MATERIAL, MATERIAL]
    assert got.last_part.tolist() == [1, 1]


def test_what_does_not_fit_is_never_ready() -> None:
    got = promise_ready(_orders([5], [0]), Lots.of(1, [], [], []), _plant([[1, 1, 1]]))
    assert got.day.tolist() == [NEVER]
    assert got.used_slots.sum() == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_nothing_is_given_twice_and_nobody_beats_being_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, horizon = int(rng.integers(1, 7)), 12
    free = rng.integers(0, 3, (2, horizon)).astype(float)
    lots = Lots.of(2, rng.integers(0, 2, 4), rng.integers(0, 9, 4), rng.integers(1, 4, 4))
    kit = (np.array([0, 1]), np.array([0]), np.array([1.0]))
    parts = Lots.of(1, np.zeros(3, int), rng.integers(0, 9, 3), rng.integers(1, 4, 3))
    plant = Plant(free, (np.array([0, 2]), np.array([0, 1])), np.array([1]), kit, parts, np.array([8]))
    pools = np.stack([rng.integers(-1, 1, count), np.ones(count, int)], axis=1)
    orders = Orders(np.zeros(count, int), rng.integers(1, 5, count).astype(float), rng.integers(0, 6, count), pools)
    got = promise_ready(orders, lots, plant)
    done = got.day != NEVER
    np.testing.assert_allclose((got.from_stock + got.from_receipts + got.built)[done], orders.quantity[done])
    assert got.from_stock.sum() + got.from_receipts.sum() <= lots.quantity.sum() + 1e-9
    assert (got.used_slots <= free + 1e-9).all()
    late = np.maximum(got.day, orders.target_day)
    assert (got.alone_day[done] <= late[done]).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_alone_is_the_earliest_day_of_brute_force(seed: int) -> None:
    """Day by day, by hand: pieces in by that day plus all slots from the day the parts for the rest are in."""
    rng = np.random.default_rng(seed)
    free = rng.integers(0, 2, 9).astype(float)
    day, quantity = rng.integers(0, 6, 2), rng.integers(1, 3, 2)
    want, again = int(rng.integers(1, 6)), int(rng.integers(0, 7))
    part_day, part_quantity = int(rng.integers(0, 6)), int(rng.integers(1, 4))
    expected = NEVER
    for until in range(10):
        short = want - sum(q for d, q in zip(day, quantity, strict=True) if d <= until)
        parts_in = min(again, part_day) if part_quantity >= short else again
        if short <= 0 or free[parts_in : max(until - 1 + 1, 0)].sum() >= short:
            expected = until
            break
    kit = (np.array([0, 1]), np.array([0]), np.array([1.0]))
    parts = Lots.of(1, [0], [part_day], [part_quantity])
    plant = Plant(free[None, :], (np.array([0, 1]), np.array([0])), np.array([1]), kit, parts, np.array([again]))
    got = promise_ready(_orders([want], [0]), Lots.of(1, [0, 0], day, quantity), plant)
    assert got.alone_day[0] == expected


def _lanes(p50: float, p95: float, every: int = 7, first: int = 0, shut: int = 0, opens: int = 0) -> Lanes:
    return Lanes(np.array([p50]), np.array([p95]), *(np.array([v]) for v in (every, first, shut, opens)))


def test_arrival_goes_through_both_quantiles_of_the_lane() -> None:
    got = promise_arrival([1], [0.0], [0], _lanes(30, 45), draws=2000)
    assert got.departs[0] == 7
    assert got.p50[0] == pytest.approx(7 + 30, abs=0.05)
    assert got.p95[0] == pytest.approx(7 + 45, abs=0.1)
    assert got.p80[0] == pytest.approx(7 + 30 * (45 / 30) ** (0.8416212 / 1.6448536), abs=0.05)


def test_cut_off_and_closed_lane_move_to_a_later_departure() -> None:
    assert promise_arrival([6], [0.0], [0], _lanes(1, 1), cutoff_days=2).departs[0] == 14
    assert promise_arrival([6], [0.0], [0], _lanes(1, 1, shut=5, opens=30)).departs[0] == 35


def test_same_draws_for_all_so_a_day_later_never_arrives_sooner() -> None:
    ready = np.arange(30)
    got = promise_arrival(ready, np.full(30, 4.0), np.zeros(30, int), _lanes(20, 40))
    for quantile in (got.p50, got.p80, got.p95):
        assert (np.diff(quantile) >= 0).all()
    assert (got.p50 <= got.p80).all()
    assert (got.p80 <= got.p95).all()
