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


def test_tiny_first_counts_do_not_say_that_nothing_is_late():
    """Of 100 events a week, in groups of 1 to 48, one in 70 is heard in its own week: so a law of every group says."""
    law = np.array([0.014, 0.33, 0.43, 0.15, 0.05, 0.026])
    sizes = np.array([48.0, 16.0, 8.0, 4.0, 3.0, 2.0, 1.0, 1.0, 1.0])
    error, true = 0.0, 0.0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        told = rng.poisson(sizes[:, None, None] * law, (sizes.size, 104, law.size)).astype(float)
        found = delay_law(told)
        assert found.cdf[:, 0] @ sizes / sizes.sum() == pytest.approx(0.014, abs=0.01)
        late = np.arange(104)[:, None] + np.arange(law.size)
        done = complete(np.where(late < 104, told, 0.0).sum(axis=2), found.cdf)[:, -2:]
        error += abs(done.sum() - told[:, -2:].sum())
        true += told[:, -2:].sum()
    assert error < 0.1 * true


def test_reports_that_come_in_batches_are_not_taken_for_a_change():
    """Shares of each week's delays vary by themselves; completing 200 a week stays within half the error of naive."""
    law = np.array([0.02, 0.33, 0.43, 0.15, 0.05, 0.02])
    error = np.zeros(2)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        told = np.stack([rng.poisson(200.0 * rng.dirichlet(10.0 * law)) for _ in range(90)])[None].astype(float)
        for now in range(78, 84):
            heard = known(told, now)
            true = told[0, now - 6 : now].sum()
            for k, events in enumerate((complete(heard, delay_law(told[:, :now]).cdf), heard)):
                error[k] += abs(events[0, -6:].sum() - true)
    assert error[0] < 0.5 * error[1]


def test_the_week_of_a_change_is_found():
    triangle = reports(np.random.default_rng(3), 90, 40.0, lambda w: SLOW if w < 60 else FAST)
    held = delay_law(triangle).held[0]
    assert held[:58].max() < 0.05
    assert held[62:].min() > 0.95
