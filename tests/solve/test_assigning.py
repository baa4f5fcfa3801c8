"""The integer program against full enumeration and a published generalised assignment."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.assigning import assign_choices


def test_published_linear_assignment() -> None:
    """SciPy's documented example of linear_sum_assignment: cost 5 with rows to columns 1, 0, 2."""
    cost = np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]])
    need = np.zeros((3, 3, 3))
    for choice in range(3):
        need[:, choice, choice] = 1.0
    got = assign_choices(-cost, need, np.ones(3))
    assert got.choice.tolist() == [1, 0, 2]
    assert got.value == got.bound == -5.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cases=st.integers(1, 4), choices=st.integers(1, 3))
def test_value_is_the_best_of_all_assignments(seed: int, cases: int, choices: int) -> None:
    draw = np.random.default_rng(seed)
    gain = draw.uniform(-10, 50, (cases, choices + 1))
    need = draw.uniform(0, 5, (cases, choices + 1, 2))
    need[:, -1] = 0.0
    gain[:, :-1][draw.random((cases, choices)) < 0.2] = -np.inf
    capacity = draw.uniform(0, 8, 2)
    best = -np.inf
    for combo in itertools.product(range(choices + 1), repeat=cases):
        rows = np.arange(cases)
        if (need[rows, list(combo)].sum(axis=0) <= capacity + 1e-9).all():
            best = max(best, float(gain[rows, list(combo)].sum()))
    got = assign_choices(gain, need, capacity)
    assert got.value == pytest.approx(best)
    assert got.value <= got.bound <= got.value + 1e-6
    assert (got.used <= capacity + 1e-6).all()


def test_worth_of_capacity_is_what_one_more_unit_earns() -> None:
    gain = np.array([[10.0, 0.0], [7.0, 0.0], [4.0, 0.0]])
    need = np.zeros((3, 2, 1))
    need[:, 0, 0] = 1.0
    one = assign_choices(gain, need, np.array([1.0]))
    two = assign_choices(gain, need, np.array([2.0]))
    assert two.value - one.value == pytest.approx(7.0)
    assert 7.0 - 1e-9 <= one.capacity_worth[0] <= 10.0 + 1e-9


def test_a_case_without_a_choice_and_a_capacity_that_cannot_hold() -> None:
    got = assign_choices(np.array([[-np.inf], [2.0]]), np.zeros((2, 1, 1)), np.zeros(1))
    assert got.choice.tolist() == [-1, 0]
    assert assign_choices(np.full((1, 1), -np.inf), np.zeros((1, 1, 1)), np.ones(1)).value == 0.0
    with pytest.raises(ValueError, match="no assignment keeps the capacities"):
        assign_choices(np.ones((1, 1)), np.full((1, 1, 1), 2.0), np.ones(1))
