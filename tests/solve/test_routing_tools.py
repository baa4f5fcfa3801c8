"""solve.routing_tools: tools that several shifts share, against every choice of who has them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.routing import Left, Routes, Shifts, Visits, route_technicians
from smilecurve.solve.routing_tools import Tools, share_tools

EPS = 1e-6


def case(seed: int, n: int, k: int) -> tuple[np.ndarray, Visits, Shifts]:
    draw = np.random.default_rng(seed)
    spot = draw.uniform(0, 3, (n + 1 + k, 2))
    travel = np.hypot(*(spot[:, None] - spot[None]).transpose(2, 0, 1))
    visits = Visits(np.zeros(n), np.full(n, 99.0), np.full(n, 2.0), draw.uniform(10, 30, n), np.zeros((n, 0), np.int64))
    able = np.ones((k, n), dtype=bool)
    return travel, visits, Shifts(np.zeros(k), np.full(k, 9.0), np.zeros((k, 0), np.int64), able, able)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 4), k=st.integers(2, 3))
def test_no_pool_gives_more_than_it_has(seed: int, n: int, k: int) -> None:
    """One piece for all shifts: the bound lies below the best of every holder, the routes are those of one holder, and at
    most one other holder's are better."""
    travel, visits, shifts = case(seed, n, k)
    need = np.random.default_rng(seed + 1).random((n, 1)) < 0.6
    tools = Tools(need, np.zeros((k, 1), bool), np.zeros((k, 1), np.int64), np.array([1]))

    def route(some: Shifts) -> Routes:
        return route_technicians(travel, visits, some, rounds=300)

    got = share_tools(route, visits, shifts, tools)
    holders = {int(s) for v, s in enumerate(got.shift) if s >= 0 and need[v, 0]}
    assert len(holders) <= 1
    costs = [route(replace(shifts, able=shifts.able & (~need.T | (np.arange(k) == h)[:, None]))).cost for h in range(k)]
    assert got.bound <= min(costs) + EPS
    assert min(costs) - EPS <= got.cost
    assert any(got.cost == pytest.approx(c) for c in costs)
    plenty = share_tools(route, visits, shifts, replace(tools, pieces=np.array([k])))
    assert plenty.cost == pytest.approx(route(shifts).cost)


def test_who_has_a_tool_of_his_own_needs_none_of_the_pool() -> None:
    travel, visits, shifts = case(3, 2, 2)
    need = np.ones((2, 1), dtype=bool)
    for own, pool, pieces in itertools.product((False, True), (-1, 0), (0, 1)):
        tools = Tools(need, np.array([[own], [False]]), np.full((2, 1), pool), np.array([pieces]))
        got = share_tools(lambda s: route_technicians(travel, visits, s, rounds=100), visits, shifts, tools)
        if not own and pool < 0:
            assert got.left.tolist() == [Left.NO_TOOL, Left.NO_TOOL]
        elif not own and not pieces:
            assert got.left.tolist() == [Left.TOOL_TAKEN, Left.TOOL_TAKEN]
        else:
            assert (got.shift >= 0).any()
            assert not (own and (pool < 0 or not pieces)) or set(got.shift[got.shift >= 0].tolist()) == {0}
