"""Service times against every choice there is, and the published bulldozer chain."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.guaranteed import Chain, place_safety, pooled_spread


def bulldozer(folder: Path) -> tuple[list[str], Chain]:
    """Graves and Willems 2003: 22 stages; holding 0.30 a year of the cost added up to each stage."""
    rows = [line.split(",") for line in (folder / "bulldozer.txt").read_text().splitlines()[1:] if line.strip()]
    at = {row[0]: k for k, row in enumerate(rows)}
    uses = [(at[up], k, float(q)) for k, row in enumerate(rows)
            for up, q in zip(*[iter([cell for cell in row[8:] if cell])] * 2, strict=True)]  # fmt: skip
    links, pieces = np.array([u[:2] for u in uses]), np.array([u[2] for u in uses])
    cost = np.array([float(row[3]) for row in rows])
    for _ in rows:  # as deep as the chain can be
        whole = np.array([float(row[3]) for row in rows])
        np.add.at(whole, links[:, 1], pieces * cost[links[:, 0]])
        cost = whole
    spread = pooled_spread(np.array([float(row[6] or 0) for row in rows]), links, pieces)
    promise = np.array([int(row[2]) if row[2] else -1 for row in rows])
    return list(at), Chain(np.array([int(row[1]) for row in rows]), 0.3 * cost, 1.645 * spread, links, promise)


def test_the_bulldozer_chain(shared_data: Path) -> None:
    """Published: 632,720 a year and its service times (each stage's cost rounded there)."""
    names, chain = bulldozer(shared_data / "serve" / "meio")
    got = place_safety(chain)
    known = dict(json.loads((shared_data / "serve" / "meio" / "bulldozer_solution.json").read_text()))
    assert got.value == pytest.approx(632_720, rel=2e-4)
    assert got.least == pytest.approx(got.value)
    assert {n: int(s) for n, s in zip(names, got.outbound, strict=True)} == {n: known[n]["s"] for n in names}


def some_chain(seed: int, tree: bool) -> Chain:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 6))
    links = [(int(draw.integers(0, j)), j) for j in range(1, n)]
    if not tree and n > 2:
        links += [(a, b) for a, b in itertools.combinations(range(n), 2)
                  if draw.random() < 0.4 and (a, b) not in links]  # fmt: skip
    shuffled = draw.permutation(n) if tree else np.arange(n)
    pairs = np.array(links, dtype=np.int64).reshape(-1, 2)
    pairs = shuffled[pairs] if tree and draw.random() < 0.5 else pairs
    ends = ~np.isin(np.arange(n), pairs[:, 0])
    promise = np.where(ends, draw.integers(0, 3, n), -1)
    return Chain(draw.integers(0, 4, n), draw.uniform(1, 9, n), draw.uniform(0.5, 3, n), pairs, promise)


def cheapest(chain: Chain) -> float:
    """Every outbound time of every stage."""
    n, links = len(chain.time), chain.links
    most = np.where(chain.promise < 0, chain.time.sum(), np.minimum(chain.promise, chain.time.sum()))
    best = np.inf
    for out in itertools.product(*(range(int(m) + 1) for m in most)):
        into = np.zeros(n, np.int64)
        np.maximum.at(into, links[:, 1], np.array(out)[links[:, 0]])
        net = into + chain.time - np.array(out)
        if (net >= 0).all():
            best = min(best, float((chain.holding * chain.bound * np.sqrt(net)).sum()))
    return best


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_no_service_times_of_a_tree_cost_less(seed: int) -> None:
    chain = some_chain(seed, tree=True)
    got = place_safety(chain)
    assert got.value == pytest.approx(cheapest(chain))
    assert got.least == pytest.approx(got.value)
    assert got.cost.sum() == pytest.approx(got.value)
    assert (got.inbound + chain.time - got.outbound >= 0).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_bound_of_a_network_lies_below_and_the_plan_is_near(seed: int) -> None:
    chain = some_chain(seed, tree=False)
    got, best = place_safety(chain), cheapest(chain)
    assert got.least <= best + 1e-9
    assert best - 1e-9 <= got.value <= 1.1 * best + 1e-9
    assert (got.inbound[chain.links[:, 1]] >= got.outbound[chain.links[:, 0]]).all()


def test_a_longer_promise_never_costs_more() -> None:
    chain = some_chain(8, tree=True)
    ends = chain.promise >= 0
    values = [
        place_safety(Chain(chain.time, chain.holding, chain.bound, chain.links, np.where(ends, days, -1))).value
        for days in range(8)
    ]
    assert (np.diff(values) <= 1e-9).all()


def test_refuses_nonsense() -> None:
    ones = np.ones(2, np.int64)
    with pytest.raises(ValueError, match="in a circle"):
        place_safety(Chain(ones, ones * 1.0, ones * 1.0, np.array([[0, 1], [1, 0]]), -ones))
    with pytest.raises(ValueError, match="holding must be finite and not negative"):
        place_safety(Chain(ones, -1.0 * ones, ones * 1.0, np.array([[0, 1]]), -ones))
