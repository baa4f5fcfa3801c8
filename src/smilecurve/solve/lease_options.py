"""What are a lessee's choices worth: to buy at the end, to give back early, to go on?

Method    binomial lattice of the machine's price around its expected path, worked backwards, choices once a month (Cox,
          Ross and Rubinstein, Journal of Financial Economics 7(3), 1979); the lessee chooses what costs the lessor most
Proof     the choice to buy alone is Black's formula (Journal of Financial Economics 3, 1976), which `black_call` gives;
          no choice is worth less than none
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

__all__ = ["Choices", "black_call", "choices_value", "fair_payment"]

_STEPS = 240


@dataclass(frozen=True)
class Choices:
    """What a lessee may do. None, or 0 months: he may not.

    buy_at        price at which he may buy at the end
    return_from   month from whose end on he may give the machine back, paying return_fee
    extend        months that he may go on at the same payment
    """

    buy_at: float | None = None
    return_from: int | None = None
    return_fee: float = 0.0
    extend: int = 0

    @property
    def any(self) -> bool:
        """Whether there is a choice at all."""
        return self.buy_at is not None or self.return_from is not None or self.extend > 0


def black_call(forward: float, strike: float, deviation: float, discount: float) -> float:
    """Return the worth today of the right to buy at `strike`; `deviation` is that of the log price at that day.

    >>> round(black_call(100.0, 100.0, 0.2, 1.0), 4)
    7.9656
    """
    from scipy.special import ndtr

    if strike <= 0 or deviation <= 0 or forward <= 0:
        return discount * max(forward - strike, 0.0)
    d = np.log(forward / strike) / deviation + deviation / 2
    return float(discount * (forward * ndtr(d) - strike * ndtr(d - deviation)))


def choices_value(
    payment: float,
    path: Floats,
    months: int,
    choices: Choices,
    *,
    deviation: float,
    rate: float,
    hazard: float = 0.0,
    recovery: float = 1.0,
) -> float:
    """Return what the choices cost the lessor today, at least 0.

    path        expected prices at the end of each month from 0 on, above 0, as far as the lease may be extended
    months      of the lease; deviation: that of the log price at its end
    rate        a month; hazard and recovery: as in `leasing.net_value`; who stopped paying chooses no more

    >>> path = np.array([100.0, 90.0, 80.0])
    >>> choices_value(12.0, path, 2, Choices(buy_at=60.0), deviation=1e-9, rate=0.0)
    20.0
    """
    if not choices.any or path[months] <= 0:
        return 0.0
    discount = 1.0 / (1.0 + rate)
    claims = _claims(path, months, discount, hazard, recovery)
    fine = max(1, -(-_STEPS // months))
    step = deviation / np.sqrt(months * fine)
    up = 1.0 / (1.0 + np.exp(-step))
    value = _at_end(
        payment, _prices(path[months], step, months * fine, up), path, months, choices, discount, hazard, recovery
    )
    for month in range(months - 1, -1, -1):
        for _ in range(fine):
            value = (1 - up) * value[1:] + up * value[:-1]
        value = discount * (1 - hazard) * value
        if choices.return_from is not None and month >= max(choices.return_from, 1):
            price = _prices(path[month], step, month * fine, up)
            paid, end = claims[month]
            value = np.maximum(value, paid * payment + end * price - price - choices.return_fee)
    return round(max(float(value[0]), 0.0), 9)


def fair_payment(
    unpaid: float,
    annuity: float,
    path: Floats,
    months: int,
    choices: Choices,
    *,
    deviation: float,
    rate: float,
    hazard: float,
    recovery: float,
) -> tuple[float, float]:
    """Return the payment whose worth covers what is `unpaid` and the choices, and what these are worth then.

    annuity   worth today of a payment of 1 a month; the lessor's worth rises with the payment, so halving finds it
    Raises ValueError when no payment covers the choices (a lease that may be given back at once for nothing).
    """

    def cost(payment: float) -> float:
        return choices_value(
            payment, path, months, choices, deviation=deviation, rate=rate, hazard=hazard, recovery=recovery
        )

    from scipy.optimize import brentq

    low = max(unpaid / annuity, 0.0)
    if not choices.any or cost(low) <= 0:
        return unpaid / annuity, 0.0
    high = low + cost(low) / annuity
    for _ in range(40):
        if annuity * high - unpaid >= cost(high):
            break
        high = low + 2 * (high - low)
    else:
        raise ValueError("no payment covers the choices")
    payment = float(brentq(lambda p: annuity * p - unpaid - cost(p), low, high, xtol=1e-9 * max(high, 1.0)))
    return payment, cost(payment)


def _prices(expected: float, step: float, steps: int, up: float) -> Floats:
    """The lattice's prices after some steps, dearest first, their expectation as said."""
    ups = np.arange(steps, -1, -1, dtype=np.float64)
    scale = up * np.exp(step) + (1 - up) * np.exp(-step)
    return np.asarray(expected * np.exp(step * (2 * ups - steps)) / scale**steps, dtype=np.float64)


def _claims(path: Floats, months: int, discount: float, hazard: float, recovery: float) -> list[tuple[float, float]]:
    """By month: what the lessor still gets, in payments of 1 and in prices of that month's end."""
    found = [(0.0, 1.0)]
    for month in range(months - 1, -1, -1):
        paid, end = found[-1]
        grows = path[month + 1] / path[month]
        found.append(
            (discount * (1 - hazard) * (1 + paid), discount * grows * ((1 - hazard) * end + hazard * recovery))
        )
    return found[::-1]


def _at_end(
    payment: float,
    price: Floats,
    path: Floats,
    months: int,
    choices: Choices,
    discount: float,
    hazard: float,
    recovery: float,
) -> Floats:
    """What the choice at the end costs the lessor, who would get the machine back."""
    value = np.zeros(len(price))
    if choices.buy_at is not None:
        value = np.maximum(value, price - choices.buy_at)
    if choices.extend:
        paid, end = _claims(path[months:], choices.extend, discount, hazard, recovery)[0]
        value = np.maximum(value, price - paid * payment - end * price)
    return value
