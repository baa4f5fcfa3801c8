"""Which payment repays a machine that comes back, and what does the risk add?

Method    present value of an annuity with a residual (Brealey, Myers, Allen, Principles of Corporate
          Finance, chapter "Leasing"); default as a constant chance per period with recovery of the machine
Proof     the discounted cash flow at the payment is zero; `net_value` recomputes it flow by flow
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

__all__ = ["Lease", "annuity_payment", "implicit_rate", "net_value", "price_lease"]


@dataclass(frozen=True)
class Lease:
    """A payment per period and what it is made of, all per period and in one currency."""

    payment: float
    riskless: float
    risk_loading: float
    npv: float
    low: float
    high: float


def annuity_payment(price: float, residual: float, rate: float, periods: int, *, in_advance: bool = False) -> float:
    """Return the level payment that repays `price` less a residual received after the last period.

    `rate` is per period (a share), `in_advance` moves every payment to the start of its period.
    Raises ValueError when `periods` is below 1 or `rate` is -1 or less.
    Source: the OpenDocument function PMT.

    >>> round(annuity_payment(200_000, 0, 0.075 / 12, 180), 2)  # the figure numpy-financial documents
    1854.02
    >>> annuity_payment(1200, 0, 0.0, 12)
    100.0
    """
    if periods < 1:
        raise ValueError(f"a lease of {periods} periods has no payment")
    if rate <= -1:
        raise ValueError(f"a rate of {rate} per period has no discount factor")
    when = np.arange(periods, dtype=np.float64) + (0.0 if in_advance else 1.0)
    annuity = float(np.sum((1.0 + rate) ** -when))
    return float((price - residual * (1.0 + rate) ** -periods) / annuity)


def implicit_rate(price: float, residual: float, payment: float, periods: int, *, in_advance: bool = False) -> float:
    """Return the rate per period at which the payments and the residual are worth the price.

    Raises ValueError when no rate between -50 % and 100 % per period does it.

    >>> round(12 * implicit_rate(24_000, 0, 486.63, 60), 4)
    0.08
    """
    from scipy.optimize import brentq

    def excess(rate: float) -> float:
        return annuity_payment(price, residual, rate, periods, in_advance=in_advance) - payment

    if excess(-0.5) > 0 or excess(1.0) < 0:
        raise ValueError(f"no rate makes {periods} payments of {payment} worth {price}")
    return float(brentq(excess, -0.5, 1.0, xtol=1e-13))


def net_value(payment: float, price: float, value: Floats, rate: float, hazard: float, recovery: float) -> float:
    """Return what the lease is worth to the lessor at its start, payments at the end of each period.

    value     (periods + 1,) what the machine fetches at the end of each period, value[0] at the start
    hazard    chance that a lessee still paying stops within one period
    recovery  share of the machine's value the lessor gets back from a lessee who stopped

    >>> net_value(110.0, 100.0, np.array([100.0, 0.0]), 0.1, 0.0, 1.0)
    0.0
    """
    periods = len(value) - 1
    when = np.arange(1, periods + 1)
    discount = (1.0 + rate) ** -when.astype(np.float64)
    alive = (1.0 - hazard) ** when
    stops = (1.0 - hazard) ** (when - 1) * hazard
    flows = alive * payment + stops * recovery * value[1:]
    return round(float(flows @ discount + alive[-1] * value[-1] * discount[-1] - price), 9)


def price_lease(
    price: float,
    value: Floats,
    *,
    rate: float,
    hazard: float,
    recovery: float,
    residual_low: float,
    residual_high: float,
) -> Lease:
    """Return the payment at which the lease earns exactly `rate`, and its range over the residual.

    value           (periods + 1,) the machine's expected price at the start and after each period
    rate            return the lessor asks per period
    hazard          chance per period that a paying lessee stops; recovery is the share then regained
    residual_low    end value at the low end of its interval: gives the `high` payment
    residual_high   end value at the high end: gives the `low` payment
    The risk loading is the payment less the one of a lessee who never stops.
    Raises ValueError when a share lies outside 0..1 or the lease has no period.

    >>> lease = price_lease(100.0, np.array([100.0, 60.0]), rate=0.1, hazard=0.0, recovery=0.5,
    ...                     residual_low=50.0, residual_high=70.0)
    >>> [round(x, 6) for x in (lease.payment, lease.low, lease.high, lease.risk_loading)]
    [50.0, 40.0, 60.0, 0.0]
    """
    periods = len(value) - 1
    if not (0.0 <= hazard < 1.0 and 0.0 <= recovery <= 1.0):
        raise ValueError(f"hazard {hazard} and recovery {recovery} must be shares")

    def level(residual: float, chance: float) -> float:
        ends = value.astype(np.float64).copy()
        ends[-1] = residual
        unpaid = -net_value(0.0, price, ends, rate, chance, recovery)
        annuity = float(np.sum(((1.0 - chance) / (1.0 + rate)) ** np.arange(1, periods + 1)))
        return unpaid / annuity

    riskless = annuity_payment(price, float(value[-1]), rate, periods)
    payment = level(float(value[-1]), hazard)
    return Lease(
        payment=payment,
        riskless=riskless,
        risk_loading=payment - riskless,
        npv=net_value(payment, price, value, rate, hazard, recovery),
        low=level(residual_high, hazard),
        high=level(residual_low, hazard),
    )
