"""Lives in one form, whatever is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.lives import age_limits, exact_lives, grouped_lives


def test_rows_are_sorted_into_their_strata():
    lives = exact_lives([3.0, 1.0, 2.0], [True, False, True], stratum=[1, 0, 1], strata=3)
    assert lives.offset.tolist() == [0, 1, 3, 3]
    assert lives.lower.tolist() == [1.0, 3.0, 2.0]
    assert lives.upper.tolist() == [np.inf, 3.0, 2.0]


def test_life_table_weighs_every_unit_once_in_each_bin():
    lives = grouped_lives([0, 1], [1, 2], [10, 7], [2, 1], [1, 6])
    for start, entered in ((0.0, 10.0), (1.0, 7.0)):
        assert lives.weight[lives.entry == start].sum() == entered


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: age_limits([2.0], [1.0]), "0 <= entry <= lower <= upper"),
        (lambda: age_limits([2.0], [3.0], entry=[2.5]), "0 <= entry <= lower <= upper"),
        (lambda: exact_lives([0.0], [True]), "an exact failure needs an age above zero"),
        (lambda: grouped_lives([0], [1], [1], [1], [1]), "more units failed or left than entered"),
    ],
)
def test_impossible_lives_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
