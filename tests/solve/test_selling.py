"""Days to a sale against laws known by hand and made sales whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.selling import Selling, days_until, fit_selling, net_of_ask, sold_at, sold_by

NONE = np.zeros((1, 0), dtype=np.int64)


def sure(level: float, slope: float, scale: float) -> Selling:
    """A model without doubt: days = level x ratio ** slope x (standard exponential) ** scale."""
    return Selling(np.array([[np.log(level), slope, np.log(scale)]]), ())


def test_a_plain_exponential_by_hand() -> None:
    """Mean 30 days at its worth, slope 4: half are sold within 30 ln 2 = 20.79 days, at 10 % more within 30.44.

    An exponential forgets: what stood 50 days has as long to go. At 1 % a day for waiting, 0.5 % of worth a day for
    keeping: E[exp(-0.01 T)] = 1 / 1.3 and keeping costs 0.005 x 30 / 1.3.
    """
    model, one = sure(30.0, 4.0, 1.0), np.ones(1)
    assert days_until(model, 0.5, one, NONE)[0] == pytest.approx(30 * np.log(2), rel=1e-6)
    assert days_until(model, 0.5, 1.1 * one, NONE)[0] == pytest.approx(30 * np.log(2) * 1.1**4, rel=1e-6)
    assert days_until(model, 0.5, one, NONE, np.array([50.0]))[0] == pytest.approx(30 * np.log(2), rel=1e-6)
    assert sold_by(model, 30.0, one, NONE)[0] == pytest.approx(1 - np.exp(-1))
    net = net_of_ask(model, one, NONE, holding=0.005, interest=0.01)[0]
    assert net == pytest.approx((1 - 0.15) / 1.3, abs=0.004)


def test_what_has_stood_is_nearer_to_its_end_where_time_ripens() -> None:
    """Scale 1/2 (risk grows with time): T = 30 sqrt(E). Stood 30 days, risk 1 is gone: half go in 30 (sqrt(1 + ln 2) - 1)."""
    model, one, stood = sure(30.0, 4.0, 0.5), np.ones(1), np.array([30.0])
    assert days_until(model, 0.5, one, NONE, stood)[0] == pytest.approx(30 * (np.sqrt(1 + np.log(2)) - 1), rel=1e-6)
    twice = days_until(model, 0.5, 2**0.25 * one, NONE, stood, one)[0]
    assert twice == pytest.approx(60 * (np.sqrt(1 + np.log(2)) - 1), rel=1e-6)


def test_made_sales_are_found_again_though_a_third_still_stands() -> None:
    draw = np.random.default_rng(4)
    n, group = 1500, np.column_stack([draw.integers(0, 3, 1500)])
    ratio = np.exp(draw.normal(0.05, 0.12, n))
    days = 40 * np.array([0.7, 1.0, 1.4])[group[:, 0]] * ratio**5 * draw.exponential(1, n) ** 0.8
    seen = draw.uniform(5, 120, n)
    sold = days <= seen
    assert 0.6 < sold.mean() < 0.75
    model = fit_selling(np.minimum(days, seen), sold, ratio, group, (3,))
    assert model.slope == pytest.approx(5.0, abs=0.5)
    assert np.exp(model.draws[0, -1]) == pytest.approx(0.8, abs=0.05)
    middle = days_until(model, 0.5, np.ones(3), np.arange(3)[:, None])
    assert middle == pytest.approx(40 * np.array([0.7, 1.0, 1.4]) * np.log(2) ** 0.8, rel=0.12)
    chance = sold_by(model, np.minimum(days, seen), ratio, group)
    for share in (0.25, 0.5, 0.75):
        assert sold_at(chance, sold, share) == pytest.approx(share, abs=0.04)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_higher_ask_never_sells_sooner(seed: int) -> None:
    """Even where the sales say the opposite, and in each mean over draws; more days never sell less."""
    draw = np.random.default_rng(seed)
    ratio, days = np.exp(draw.normal(0, 0.1, 40)), draw.exponential(30, 40) + 0.5
    model = fit_selling(days, draw.random(40) < 0.6, ratio, draw.integers(0, 2, (40, 1)), (2,))
    asked, group = np.linspace(0.7, 1.5, 30), np.zeros((30, 1), dtype=np.int64)
    for share in (0.1, 0.5, 0.9):
        assert (np.diff(days_until(model, share, asked, group)) >= -1e-9).all()
    assert (np.diff(sold_by(model, 30.0, asked, group)) <= 1e-12).all()
    assert (np.diff(sold_by(model, np.linspace(1, 300, 30), np.ones(30), group)) >= 0).all()


def test_refuses_what_has_no_logarithm() -> None:
    with pytest.raises(ValueError, match="above 0"):
        fit_selling(np.zeros(3), np.ones(3, dtype=bool), np.ones(3), np.zeros((3, 0), dtype=np.int64), ())
    assert np.isnan(sold_at(np.array([0.2]), np.array([True]), 0.5))
