"""The delay law is found, follows a change, and completing is never much worse than not completing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.reporting import complete, delay_law

SLOW, FAST = 0.75 ** np.arange(9), 0.25 ** np.arange(9)
SLOW, FAST = SLOW / SLOW.sum(), FAST / FAST.sum()


def reports(rng, weeks, mean, law_of):
    """A triangle (1, weeks, delays) of all reports, those still to come included."""
    return np.stack([rng.poisson(mean * law_of(w)) for w in range(weeks)])[None].astype(float)


def known(triangle, now):
    """Events of each week heard of by the end of week now - 1."""
    weeks, delays = triangle.shape[1:]
    late = np.arange(weeks)[:, None] + np.arange(delays)
    return np.where(late < now, triangle[0], 0.0).sum(axis=1)[None, :now]


def test_a_steady_law_is_recovered():
    triangle = reports(np.random.default_rng(1), 104, 60.0, lambda w: SLOW)
    assert delay_law(triangle).cdf[0] == pytest.approx(np.cumsum(SLOW), abs=0.02)


def test_reports_of_the_future_are_not_looked_at():
    triangle = reports(np.random.default_rng(2), 60, 40.0, lambda w: SLOW)
    late = np.arange(60)[:, None] + np.arange(9)
    hidden = np.where(late < 60, triangle, 999.0)
    assert delay_law(hidden).cdf == pytest.approx(delay_law(triangle).cdf)


@pytest.mark.parametrize(("before", "after"), [(SLOW, FAST), (FAST, SLOW), (SLOW, SLOW)])
def test_completing_is_never_worse_than_naive_counts_where_the_law_changes(before, after):
    """Error of all events of the last eight weeks, looked at in each of the 20 weeks after the change."""
    error = np.zeros(2)
    for seed in range(12):
        triangle = reports(np.random.default_rng(seed), 90, 40.0, lambda w: before if w < 60 else after)
        true = triangle[0].sum(axis=1)
        for now in range(61, 81):
            heard = known(triangle, now)
            for k, told in enumerate((complete(heard, delay_law(triangle[:, :now]).cdf), heard)):
                error[k] += abs(told[0, -8:].sum() - true[now - 8 : now].sum())
    assert error[0] <= error[1]


@given(st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=6, max_size=30))
@settings(max_examples=40, deadline=None)
def test_a_law_is_a_law(rows):
    cdf = delay_law([rows]).cdf[0]
    assert np.all(np.diff(cdf) >= -1e-12)
    assert cdf[-1] == pytest.approx(1.0)
    assert np.all(complete(np.ones((1, 5)), cdf[None]) >= 1.0)
