"""The compiled sort against numpy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve._sorting_kernels import sort_first


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_nan=False), max_size=400), st.integers(0, 5))
def test_sorts_the_first_and_leaves_the_rest(values: list[float], rest: int) -> None:
    given_values = np.array(values + [1.5] * rest)
    expected = np.concatenate([np.sort(np.array(values)), np.full(rest, 1.5)])
    sort_first(given_values, len(values))
    np.testing.assert_array_equal(given_values, expected)


def test_sorts_many() -> None:
    values = np.random.default_rng(1).normal(size=60_000)
    expected = np.sort(values)
    sort_first(values, len(values))
    np.testing.assert_array_equal(values, expected)
