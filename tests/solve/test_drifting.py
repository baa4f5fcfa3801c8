"""The shares of today: by hand where nothing drifts, against the truth where something does, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.drifting import Floats, Ints, today_weights


def drifting(seed: int, count: int, rise: float) -> tuple[Floats, Ints]:
    """Findings of two causes; the share of the second rises from 0.3 by so much over a year."""
    draw = np.random.default_rng(seed)
    day = np.sort(draw.uniform(0, 365, count))
    return day, (draw.random(count) < 0.3 + rise * day / 365).astype(np.int64)


def share_today(day: Floats, cause: Ints) -> float:
    weight = today_weights(day, cause, 2)
    return float(weight[cause == 1].sum() / weight.sum())


def test_a_rising_share_is_read_at_its_end_and_not_in_its_middle() -> None:
    """0.3 to 0.7 over 1,500 findings: today 0.7, their plain mean is 0.5."""
    got = [share_today(*drifting(seed, 1500, 0.4)) for seed in range(8)]
    plain = [drifting(seed, 1500, 0.4)[1].mean() for seed in range(8)]
    assert np.mean(got) == pytest.approx(0.7, abs=0.03)
    assert np.mean(plain) == pytest.approx(0.5, abs=0.03)


def test_what_stands_still_is_read_about_as_well_as_by_its_mean() -> None:
    """Chance looks like drift now and then: it costs less than half as much again as knowing that nothing drifts."""
    plain = [drifting(seed, 600, 0.0)[1].mean() - 0.3 for seed in range(40)]
    got = [share_today(*drifting(seed, 600, 0.0)) - 0.3 for seed in range(40)]
    assert np.sqrt(np.mean(np.square(got))) < 1.5 * np.sqrt(np.mean(np.square(plain)))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 300), causes=st.integers(2, 5))
def test_names_and_days_moved_alike_change_nothing(seed: int, count: int, causes: int) -> None:
    draw = np.random.default_rng(seed)
    day, cause = np.sort(draw.uniform(0, 300, count)), draw.integers(0, causes, count)
    first = today_weights(day, cause, causes)
    assert (first > 0).all()
    other = draw.permutation(causes)
    assert today_weights(day * 2 + 17, other[cause], causes) == pytest.approx(first, abs=1e-6)


def test_few_findings_count_alike() -> None:
    assert today_weights(np.arange(20.0), np.repeat([0, 1], 10), 2).tolist() == [1.0] * 20
    assert today_weights(np.zeros(99), np.zeros(99, np.int64), 2).tolist() == [1.0] * 99
    assert today_weights(np.zeros(0), np.zeros(0, np.int64), 2).tolist() == []
