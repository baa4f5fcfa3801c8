"""Whole amounts split by weights: exact, fair and equal to the best found by trying all splits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.apportioning import split_exactly


@given(
    st.lists(st.integers(-(10**14), 10**14), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1e12, allow_nan=False)), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_parts_add_up_exactly(amounts, entries):
    entries = [(g % len(amounts), w) for g, w in entries] + [(g, 1.0) for g in range(len(amounts))]
    group = np.array([g for g, _ in entries])
    parts = split_exactly(amounts, [w for _, w in entries], group)
    assert np.bincount(group, parts).astype(np.int64).tolist() == amounts or all(
        int(parts[group == g].sum()) == a for g, a in enumerate(amounts)
    )


@given(st.integers(0, 12), st.lists(st.integers(1, 9), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_no_other_split_is_nearer_the_quotas(amount, weights):
    parts = split_exactly([amount], weights, [0] * len(weights))
    quota = np.array(weights) * amount / sum(weights)
    others = [p for p in product(range(amount + 1), repeat=len(weights)) if sum(p) == amount]
    best = min(np.abs(np.array(p) - quota).sum() for p in others)
    assert np.abs(parts - quota).sum() == pytest.approx(best, abs=1e-9)


def test_us_house_of_1790_by_hamilton():
    """120 seats by Hamilton's method on the census of 1790, the bill Washington vetoed (Balinski & Young 1982)."""
    population = {
        "CT": 236841, "DE": 55540, "GA": 70835, "KY": 68705, "MD": 278514, "MA": 475327, "NH": 141822, "NJ": 179570,
        "NY": 331589, "NC": 353523, "PA": 432879, "RI": 68446, "SC": 206236, "VT": 85533, "VA": 630560,
    }  # fmt: skip
    seats = [8, 2, 2, 2, 9, 16, 5, 6, 11, 12, 14, 2, 7, 3, 21]
    assert split_exactly([120], list(population.values()), [0] * 15).tolist() == seats


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="weights must not be negative"):
        split_exactly([1], [-1.0, 2.0], [0, 0])
