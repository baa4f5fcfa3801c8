"""What share of its price new is a machine worth at this age, in this market and condition?"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Worth"]

Floats = NDArray[np.float64]
Key = tuple[str | None, ...]


class Worth:
    """Shares of the price new by model, market, grade and age, read from `residual_values`."""

    def __init__(self, residuals: pa.Table) -> None:
        points: dict[Key, list[tuple[float, ...]]] = defaultdict(list)
        names = ("model", "market", "grade", "age_months", "of_new", "low", "value", "high", "hours", "hour_cost")
        for model, market, grade, age, share, low, value, high, hours, cost in zip(
            *(residuals.column(n).to_pylist() for n in names), strict=True
        ):
            scale = share / value if value > 0 else 0.0
            for key in ((model, market, grade), (model, None, grade)):
                points[key].append((age, low * scale, share, high * scale, hours, (cost or 0.0) * scale))
        self._curves = {key: _mean_by_age(some) for key, some in points.items()}

    def at(self, model: str, market: str | None, grade: str, age: float) -> tuple[float, float, float] | None:
        """Low, middle and high share at this age; the mean of all markets where this one has none; None if unknown.

        Between the ages known by straight lines, beyond them as at the nearest.
        """
        found = self.over(model, market, grade, np.array([age]))
        return None if found is None else (float(found[0, 0]), float(found[0, 1]), float(found[0, 2]))

    def over(self, model: str, market: str | None, grade: str, ages: Floats) -> Floats | None:
        """At each age: low, middle and high share, hours that go with it, share that each further hour takes off."""
        curve = self._curves.get((model, market, grade), self._curves.get((model, None, grade)))
        if curve is None:
            return None
        return np.column_stack([np.interp(ages, curve[:, 0], curve[:, i]) for i in range(1, 6)])


def _mean_by_age(points: list[tuple[float, ...]]) -> Floats:
    rows = np.array(points, dtype=np.float64)
    ages, index = np.unique(rows[:, 0], return_inverse=True)
    count = np.bincount(index)
    return np.column_stack([ages, *(np.bincount(index, rows[:, i]) / count for i in range(1, 6))])
