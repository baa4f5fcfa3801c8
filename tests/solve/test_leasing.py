"""Payments against published figures and against the cash flow added up by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.leasing import annuity_payment, implicit_rate, net_value, price_lease


def test_payments_published_elsewhere() -> None:
    # numpy-financial, documentation of pmt
    assert annuity_payment(200_000, 0, 0.075 / 12, 180) == pytest.approx(1854.0247200054619)
    # Federal Reserve, "Keys to vehicle leasing", example 3: the loan of 24,000 over 60 months
    assert annuity_payment(24_000, 0, 0.08 / 12, 60) == pytest.approx(486.63, abs=0.005)


def test_rate_of_the_federal_reserve_lease() -> None:
    # same source, example 1: 24,000 down to 12,000 in 36 months for 488.53 a month, constant yield
    rate = implicit_rate(24_000, 12_000, 488.53, 36)
    assert annuity_payment(24_000, 12_000, rate, 36) == pytest.approx(488.53)
    balance = 24_000.0
    for _ in range(36):
        balance = balance * (1 + rate) - 488.53
    assert balance == pytest.approx(12_000, abs=1e-6)


def test_default_adds_up_over_all_paths() -> None:
    value = np.array([1000.0, 800.0, 650.0, 500.0])
    lease = price_lease(1000.0, value, rate=0.02, hazard=0.05, recovery=0.6, residual_low=400.0, residual_high=600.0)
    expected = 0.0
    for stop in range(4):  # stops in period 1, 2, 3, or never (0)
        chance = 0.95**3 if stop == 0 else 0.95 ** (stop - 1) * 0.05
        paid = 3 if stop == 0 else stop - 1
        worth = sum(lease.payment / 1.02**t for t in range(1, paid + 1))
        worth += 500.0 / 1.02**3 if stop == 0 else 0.6 * value[stop] / 1.02**stop
        expected += chance * worth
    assert expected == pytest.approx(1000.0)


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(0.0, 0.05),
    hazard=st.floats(0.0, 0.2),
    recovery=st.floats(0.0, 1.0),
    periods=st.integers(1, 60),
    left=st.floats(0.0, 0.9),
)
def test_priced_lease_is_worth_nothing_more(
    rate: float, hazard: float, recovery: float, periods: int, left: float
) -> None:
    value = 1000.0 * np.linspace(1.0, left, periods + 1)
    lease = price_lease(
        1000.0,
        value,
        rate=rate,
        hazard=hazard,
        recovery=recovery,
        residual_low=900.0 * left,
        residual_high=1100.0 * left,
    )
    assert lease.npv == pytest.approx(0.0, abs=1e-6)
    assert lease.low <= lease.payment + 1e-9 <= lease.high + 2e-9
    assert net_value(lease.payment + 1, 1000.0, value, rate, hazard, recovery) > 0


def test_refuses_what_has_no_answer() -> None:
    with pytest.raises(ValueError, match="a lease of 0 periods has no payment"):
        annuity_payment(1.0, 0.0, 0.1, 0)
    with pytest.raises(ValueError, match="no rate makes 2 payments of 1000000"):
        implicit_rate(1.0, 0.0, 1_000_000.0, 2)
    with pytest.raises(ValueError, match="must be shares"):
        price_lease(
            1.0,
            np.array([1.0, 0.5]),
            rate=0.1,
            hazard=1.2,
            recovery=0.5,
            residual_low=0.1,
            residual_high=0.2,
        )
