"""How do the machines of one cohort fare against those of all other cohorts at the same age?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import days_of
from smilecurve.solve.rates import rate_ratio
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["expected_by_others", "luck_of_any", "months_of", "others_of", "refuse_days_within"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def months_of(rows: pa.Table, column: str) -> Ints:
    """Months since 1970 of a column of dates."""
    return days_of(rows.column(column)).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def others_of(group: Ints, amount: Floats) -> Floats:
    """The sum over all other rows of the group, for each row.

    >>> others_of(np.array([0, 0, 1]), np.array([10.0, 30.0, 5.0])).tolist()
    [30.0, 10.0, 0.0]
    """
    return np.asarray(np.bincount(group, amount)[group] - amount)


def expected_by_others(group: Ints, machines: Floats, failures: Floats) -> Floats:
    """Failures that the machines of each row would have at the rate of all other rows of its group; NaN if alone.

    10 machines with 1 failure and 30 with 6: the ten at the rate of the thirty, and the other way round.

    >>> expected_by_others(np.array([0, 0, 1]), np.array([10.0, 30.0, 5.0]), np.array([1.0, 6.0, 2.0])).tolist()
    [2.0, 3.0, nan]
    """
    there = others_of(group, machines)
    rate = np.divide(others_of(group, failures), there, out=np.full(there.size, np.nan), where=there > 0)
    return np.asarray(machines * rate)


def luck_of_any(cohort: Ints, failures: Floats, machines: Floats, others: Floats, other_machines: Floats) -> Floats:
    """Chance that any row of a cohort has so much more than the others by luck; NaN where there are no others.

    Given the sum of both, failures are binomial by machines (solve.rates); the rows of a cohort count together
    (Bonferroni). 3 failures in 10 machines beside 0 in 30: 1/4 each.

    >>> luck_of_any(np.array([0]), np.array([3.0]), np.array([10.0]), np.array([0.0]), np.array([30.0])).tolist()
    [0.015625]
    """
    known = (machines > 0) & (other_machines > 0)
    rows = np.bincount(cohort, known)[cohort]
    told = (np.where(known, v, 1.0) for v in (failures, machines, others, other_machines))
    chance = np.minimum(rate_ratio(*told)[3] * rows, 1.0)
    return np.where(known, chance, np.nan)


def refuse_days_within(rows: pa.Table, name: str, *columns: str) -> None:
    """Refuse dates that are not the first day of their month: cohorts would fall apart."""
    breaches = []
    for column in columns:
        days = days_of(rows.column(column)).astype("datetime64[D]")
        for k in np.flatnonzero(days != days.astype("datetime64[M]").astype("datetime64[D]")).tolist():
            said = f"{column} {days[k]} is not the first day of a month"
            do = "write the first day of the month"
            breaches.append(Breach(said, f"{name}, row {k + 1}", do, name, k, column, str(days[k])))
    if breaches:
        raise DataRejected(breaches)
