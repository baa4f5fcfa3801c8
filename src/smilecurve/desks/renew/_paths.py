"""What will a machine on lease be worth month by month, used as agreed, and how sure is that?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.renew._worth import Worth
from smilecurve.solve.residuals import Spread, spread_of

__all__ = ["Path", "path_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Path:
    """Money by month from 0 on: expected worth, low and high end, the spread, what an hour more takes off."""

    mean: Floats
    low: Floats
    high: Floats
    spread: Spread
    hour_cost: Floats


def path_of(
    worth: Worth, model: str, market: str, grade: str, price: float, months: int, hours_a_month: float
) -> Path | None:
    """The path of a new machine used `hours_a_month`, whatever is usual; None where nobody knows a used one's worth.

    Hours beyond the usual take off what an hour takes off, share by share: worth falls by a half and a half again,
    never below nothing.
    """
    ages = np.arange(months + 1, dtype=np.float64)
    found = worth.over(model, market, grade, ages)
    if found is None:
        return None
    low, middle, high, usual, cost = found.T
    fall = np.divide(cost, middle, out=np.zeros_like(cost), where=middle > 0)
    scale = price * np.exp(-fall * (hours_a_month * ages - usual))
    spread = spread_of(low * scale, middle * scale, high * scale)
    return Path(spread.mean, low * scale, high * scale, spread, fall * spread.mean)
