"""Rights of a lessee against closed forms, brute force over all paths, and the laws of options."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.lease_options import Choices, black_call, choices_value, fair_payment
from smilecurve.solve.leasing import net_value

FALLS = 100.0 * 0.98 ** np.arange(61)


@pytest.mark.parametrize("strike", [40.0, 55.0, 61.0, 75.0, 95.0])
@pytest.mark.parametrize("deviation", [0.1, 0.3])
def test_the_right_to_buy_is_blacks(strike: float, deviation: float) -> None:
    got = choices_value(2.0, FALLS, 24, Choices(buy_at=strike), deviation=deviation, rate=0.006)
    assert got == pytest.approx(black_call(FALLS[24], strike, deviation, 1.006**-24), abs=0.02)


def test_blacks_formula_is_the_one_published() -> None:
    """Hull, Options, Futures and Other Derivatives, European futures option: put 1.12, hence call 1.12 as F = K = 20."""
    assert black_call(20.0, 20.0, 0.25 * np.sqrt(4 / 12), np.exp(-0.09 * 4 / 12)) == pytest.approx(1.12, abs=0.005)


def test_without_doubt_a_return_is_worth_what_the_lessor_loses_at_the_best_month() -> None:
    path, rate, payment, fee = FALLS[:13], 0.005, 4.0, 3.0
    lost = []
    for month in range(4, 12):
        left = range(month + 1, 13)
        claim = sum(payment / (1 + rate) ** (t - month) for t in left) + path[12] / (1 + rate) ** (12 - month)
        lost.append((claim - path[month] - fee) / (1 + rate) ** month)
    got = choices_value(payment, path, 12, Choices(return_from=4, return_fee=fee), deviation=1e-9, rate=rate)
    assert max(lost) > 0
    assert got == pytest.approx(max(lost))


def test_going_on_is_worth_what_the_rate_is_too_low() -> None:
    path = np.array([100.0, 80.0, 60.0, 40.0])
    assert choices_value(15.0, path, 1, Choices(extend=2), deviation=1e-9, rate=0.0) == pytest.approx(10.0)
    assert choices_value(25.0, path, 1, Choices(extend=2), deviation=1e-9, rate=0.0) == 0.0


rights = st.builds(
    Choices,
    buy_at=st.none() | st.floats(10.0, 90.0),
    return_from=st.none() | st.integers(1, 12),
    return_fee=st.floats(0.5, 20.0),
    extend=st.integers(0, 12),
)


@settings(max_examples=40, deadline=None)
@given(choices=rights, payment=st.floats(0.5, 6.0), deviation=st.floats(0.01, 0.6), hazard=st.floats(0.0, 0.05))
def test_rights_keep_their_laws(choices: Choices, payment: float, deviation: float, hazard: float) -> None:
    """Never below nothing; a right more, a lower strike, a lower fee never cheaper; all together at most each alone."""

    def worth(some: Choices) -> float:
        return choices_value(payment, FALLS, 18, some, deviation=deviation, rate=0.004, hazard=hazard, recovery=0.7)

    whole = worth(choices)
    assert whole >= 0
    alone = [
        worth(Choices(buy_at=choices.buy_at)),
        worth(Choices(return_from=choices.return_from, return_fee=choices.return_fee)),
        worth(Choices(extend=choices.extend)),
    ]
    assert max(alone) - 1e-6 <= whole <= sum(alone) + 1e-6
    if choices.buy_at is not None:
        dearer = Choices(choices.buy_at + 5.0, choices.return_from, choices.return_fee, choices.extend)
        assert worth(dearer) <= whole + 1e-9
    freer = Choices(choices.buy_at, choices.return_from, choices.return_fee / 2, choices.extend)
    assert worth(freer) >= whole - 1e-9


@settings(max_examples=25, deadline=None)
@given(choices=rights, deviation=st.floats(0.01, 0.5), hazard=st.floats(0.0, 0.03))
def test_the_payment_covers_the_rights(choices: Choices, deviation: float, hazard: float) -> None:
    months, rate = 18, 0.004
    annuity = float(np.sum(((1 - hazard) / (1 + rate)) ** np.arange(1, months + 1)))
    unpaid = -net_value(0.0, 100.0, FALLS[: months + 1], rate, hazard, 0.8)
    how = {"deviation": deviation, "rate": rate, "hazard": hazard, "recovery": 0.8}
    payment, worth = fair_payment(unpaid, annuity, FALLS, months, choices, **how)
    assert annuity * payment - unpaid == pytest.approx(worth, abs=1e-5)
    assert payment >= unpaid / annuity - 1e-9


def test_the_lattice_is_that_of_all_paths() -> None:
    """Two months of one step each way, by hand over all four paths: worth of buying at the middle price."""
    path = np.array([100.0, 100.0, 100.0])
    got = choices_value(0.0, path, 2, Choices(buy_at=100.0), deviation=0.2, rate=0.0)
    steps, step = 240, 0.2 / np.sqrt(240)
    up = 1 / (1 + np.exp(-step))
    ends = [np.exp(step * (2 * k - steps)) for k in range(steps + 1)]
    scale = (up * np.exp(step) + (1 - up) * np.exp(-step)) ** steps
    from scipy.stats import binom

    chances = binom.pmf(np.arange(steps + 1), steps, up)
    assert got == pytest.approx(sum(p * max(100 * e / scale - 100, 0) for p, e in zip(chances, ends, strict=True)))
    assert sum(a * b for a, b in itertools.islice(zip(chances, ends, strict=True), steps + 1)) == pytest.approx(scale)


def test_a_machine_for_nothing_has_no_price() -> None:
    with pytest.raises(ValueError, match="no payment covers"):
        fair_payment(
            40.0, 17.0, FALLS * 0.5, 18, Choices(return_from=1), deviation=0.6, rate=0.0, hazard=0.0, recovery=1.0
        )
