"""Sums over links are those of a plain loop, the fewest groups are the fewest, twins are told, false shares are held."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from smilecurve.solve.tracing import alike_groups, false_shares, smallest_cover, sums_over_links


def test_sums_are_those_of_a_plain_loop():
    rng = np.random.default_rng(1)
    size = rng.integers(0, 9, 200)
    begin = np.r_[0, size.cumsum()]
    member = rng.integers(0, 500, begin[-1]).astype(np.int32)
    figures = np.stack([rng.poisson(0.2, 500), rng.random(500)], axis=1)
    found = sums_over_links(begin, member, figures)
    told = [figures[member[a:b]].sum(axis=0) for a, b in pairwise(begin)]
    assert found == pytest.approx(np.array(told))
    assert sums_over_links([0], np.zeros(0, np.int32), np.zeros((1, 2))).shape == (0, 2)


@given(st.integers(0, 10_000), st.integers(1, 7), st.integers(1, 9), st.sampled_from([0.5, 0.8, 0.95, 1.0]))
@settings(max_examples=60, deadline=None)
def test_no_fewer_groups_explain_as_much(seed, groups, cells, share):
    """Against every choice there is; cells below their expectation included."""
    rng = np.random.default_rng(seed)
    inside = rng.random((groups, cells)) < 0.4
    over = rng.normal(2.0, 3.0, cells).round(2)
    found = smallest_cover(inside, over, share=share)
    whole = over[inside.any(axis=0)].sum()
    if whole <= 0:
        assert found.chosen.size == 0
        return
    enough = [
        len(some)
        for size in range(1, groups + 1)
        for some in combinations(range(groups), size)
        if over[inside[list(some)].any(axis=0)].sum() >= share * whole - 1e-9
    ]
    assert found.least <= min(enough) <= found.chosen.size
    assert found.chosen.size == min(enough), "the integer program ends on cases as small as these"
    assert found.least == min(enough)
    assert found.explained[-1] >= share - 1e-9
    assert found.explained[-1] == pytest.approx(over[inside[found.chosen].any(axis=0)].sum() / whole)


def test_greedy_is_mended_where_it_takes_one_too_many():
    """Greedy takes the 6 in the middle and then both sides; two groups hold all of it."""
    inside = np.array([[1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1], [0, 1, 1, 0, 1, 1]], bool)
    found = smallest_cover(inside, [2.5, 1.5, 1.5, 2.5, 1.5, 1.5], share=0.95)
    assert sorted(found.chosen.tolist()) == [0, 1]
    assert found.least == 2


def test_twins_are_one_bundle_and_neighbours_are_not():
    inside = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]], bool)
    bundle, shared = alike_groups(inside, [50, 46, 4, 100])
    assert bundle.tolist() == [0, 0, 2, 2]
    assert shared == pytest.approx([0.96, 0.96, 100 / 104, 100 / 104])
    apart, _ = alike_groups(inside, [50, 46, 20, 100])
    assert apart.tolist() == [0, 1, 2, 3]


def test_false_shares_are_those_of_benjamini_and_hochberg():
    p = np.random.default_rng(3).random(50) ** 3
    assert false_shares(p, 50) == pytest.approx(stats.false_discovery_control(p))
    assert (false_shares(p, 500) >= false_shares(p, 50)).all()
    assert false_shares([], 10).size == 0
