"""Prices of many sales: made ones whose truth is known, kept promises in every class of price, old never dearer."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.appraising import Facts, appraise, fit_appraisal
from smilecurve.solve.boosting import Growing

QUICK = Growing(rounds=120, leaves=16, rate=0.1)


def made(n: int, seed: int) -> tuple[np.ndarray, Facts]:
    """Log price 10 + model - 0.1 age (0.2 for model 0) + 0.2 in period 1, error 0.05 below 5 years, 0.2 above."""
    draw = np.random.default_rng(seed)
    model, period = draw.integers(0, 6, n), draw.integers(0, 2, n)
    age, hours = draw.uniform(0, 10, n), draw.uniform(0, 9000, n)
    log = 10 + 0.3 * model - np.where(model == 0, 0.2, 0.1) * age - 2e-5 * hours + 0.2 * period
    log = log + draw.normal(0, 1, n) * np.where(age < 5, 0.05, 0.2)
    groups = np.column_stack([model // 3, model])
    return np.exp(log), Facts(np.column_stack([age, hours]), np.zeros((n, 0)), groups, period)


def test_made_prices_are_met_and_covered_where_sure_and_where_not() -> None:
    price, facts = made(8000, 1)
    got = fit_appraisal(price, facts, sizes=(2, 6), periods=2, growing=QUICK, members=2, kept=np.arange(8000) % 8 == 7)
    new, asked = made(4000, 2)
    worth, size = appraise(got, asked)
    error = np.log(new) - np.log(worth)
    young = asked.falling[:, 0] < 5
    assert np.sqrt(np.mean(error[young] ** 2)) < 0.06
    assert np.sqrt(np.mean(error[~young] ** 2)) < 0.215
    inside = (error >= got.low * size) & (error <= got.high * size)
    assert inside.mean() == pytest.approx(0.8, abs=0.04)
    assert inside[young].mean() == pytest.approx(0.8, abs=0.08)
    assert inside[~young].mean() == pytest.approx(0.8, abs=0.08)
    assert got.covered == pytest.approx((0.9, 0.9), abs=0.03)
    assert got.period[1] - got.period[0] == pytest.approx(0.2, abs=0.02)


def test_older_and_more_used_is_never_dearer_and_the_same_comes_out_twice() -> None:
    price, facts = made(3000, 3)
    one = fit_appraisal(price, facts, sizes=(2, 6), periods=2, growing=QUICK, members=2)
    two = fit_appraisal(price, facts, sizes=(2, 6), periods=2, growing=QUICK, members=2)
    assert appraise(one, facts)[0].tobytes() == appraise(two, facts)[0].tobytes()
    for column, steps in ((0, np.linspace(0, 12, 50)), (1, np.linspace(0, 10_000, 50))):
        swept = facts.take(np.repeat(np.arange(100), 50))
        swept.falling[:, column] = np.tile(steps, 100)
        worth = appraise(one, swept)[0].reshape(100, 50)
        assert (np.diff(worth, axis=1) <= 1e-9 * worth[:, 1:]).all()


def test_a_group_never_seen_is_valued_by_the_wider_one() -> None:
    price, facts = made(2000, 4)
    got = fit_appraisal(price, facts, sizes=(2, 6), periods=2, growing=QUICK, members=1)
    asked = facts.take(np.arange(50))
    strange = Facts(asked.falling, asked.other, np.column_stack([asked.groups[:, 0], np.full(50, -1)]), asked.period)
    assert np.isfinite(appraise(got, strange)[0]).all()


def test_refuses_prices_that_have_no_logarithm() -> None:
    price, facts = made(10, 0)
    with pytest.raises(ValueError, match="prices must be above 0"):
        fit_appraisal(price * 0, facts, sizes=(2, 6), periods=2)
