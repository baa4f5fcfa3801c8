"""Who was seen from which age to which, and did it fail?

Lives under observation in any mix of exact, interval-censored, right-censored and left-truncated records, in one form
that many strata share; and the share surviving at each age without assuming a law (Kaplan & Meier 1958).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Lives", "age_limits", "exact_lives", "grouped_lives", "kaplan_meier"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lives:
    """Observed lives, sorted by stratum: `weight` units known from `entry` on, failed in (lower, upper].

    lower == upper is an exact failure, upper = inf a unit still alive at `lower`. offset: rows of stratum s are
    offset[s]:offset[s+1]. Ages in any one unit.
    """

    offset: Ints
    entry: Floats
    lower: Floats
    upper: Floats
    weight: Floats

    @property
    def strata(self) -> int:
        """The number of strata."""
        return self.offset.size - 1

    @property
    def logs(self) -> tuple[Ints, Floats, Floats, Floats, Floats]:
        """Offset, then entry, lower and upper as logarithms, then weight: what the compiled loops take."""
        with np.errstate(divide="ignore"):
            return self.offset, np.log(self.entry), np.log(self.lower), np.log(self.upper), self.weight


def exact_lives(
    age: npt.ArrayLike,
    failed: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
    entry: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    strata: int | None = None,
) -> Lives:
    """Lives with exact ages: failed (true) at `age`, or still alive at `age`.

    >>> lives = exact_lives([3.0, 5.0], [True, False])
    >>> lives.lower.tolist(), lives.upper.tolist()
    ([3.0, 5.0], [3.0, inf])
    """
    at = np.asarray(age, np.float64)
    upper = np.where(np.asarray(failed, bool), at, np.inf)
    return age_limits(at, upper, stratum=stratum, entry=entry, weight=weight, strata=strata)


def grouped_lives(
    age_from: npt.ArrayLike,
    age_to: npt.ArrayLike,
    entered: npt.ArrayLike,
    failed: npt.ArrayLike,
    censored: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
    strata: int | None = None,
) -> Lives:
    """Lives of a life table: of `entered` units reaching age_from, `failed` fail and `censored` leave by age_to.

    Each bin is conditional on its own entry, so units may come late (left truncation) and bins may be absent. A unit
    that leaves alive counts to the middle of its bin, as in the actuarial estimate.

    >>> lives = grouped_lives([0.0], [10.0], [5], [1], [2])
    >>> sorted(zip(lives.lower.tolist(), lives.upper.tolist(), lives.weight.tolist()))
    [(0.0, 10.0, 1.0), (5.0, inf, 2.0), (10.0, inf, 2.0)]
    """
    low, high = np.asarray(age_from, np.float64), np.asarray(age_to, np.float64)
    fail, gone = np.asarray(failed, np.float64), np.asarray(censored, np.float64)
    stay = np.asarray(entered, np.float64) - fail - gone
    if np.any(stay < 0):
        raise ValueError("more units failed or left than entered the bin")
    group = np.zeros(low.size, np.int64) if stratum is None else np.asarray(stratum, np.int64)
    lower = np.concatenate([low, 0.5 * (low + high), high])
    upper = np.concatenate([high, np.full(2 * low.size, np.inf)])
    weight = np.concatenate([fail, gone, stay])
    keep = weight > 0
    return age_limits(
        lower[keep],
        upper[keep],
        stratum=np.tile(group, 3)[keep],
        entry=np.tile(low, 3)[keep],
        weight=weight[keep],
        strata=strata if strata is not None else int(group.max(initial=-1)) + 1,
    )


def age_limits(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
    entry: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    strata: int | None = None,
) -> Lives:
    """Lives that ended between `lower` and `upper` (inf: not yet), in any order, sorted into their strata."""
    low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    start = np.zeros(low.size) if entry is None else np.asarray(entry, np.float64)
    many = np.ones(low.size) if weight is None else np.asarray(weight, np.float64)
    group = np.zeros(low.size, np.int64) if stratum is None else np.asarray(stratum, np.int64)
    if np.any(low < 0) or np.any(high < low) or np.any(start > low) or np.any(many < 0) or np.any(start < 0):
        raise ValueError("ages must satisfy 0 <= entry <= lower <= upper and weights must not be negative")
    if np.any((low == high) & (low <= 0)):
        raise ValueError("an exact failure needs an age above zero; give an interval from zero instead")
    n = int(group.max(initial=0)) + 1 if strata is None else strata
    if group.size and np.any(np.diff(group) < 0):
        order = np.argsort(group, kind="stable")
        low, high, start, many, group = low[order], high[order], start[order], many[order], group[order]
    offset = np.searchsorted(group, np.arange(n + 1)).astype(np.int64)
    return Lives(offset, start, low, high, many)


def kaplan_meier(
    age: npt.ArrayLike, failed: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> tuple[Floats, Floats, Floats]:
    """Ages of failure, share surviving just after each, and its Greenwood standard error (Kaplan & Meier 1958).

    >>> [v.round(3).tolist() for v in kaplan_meier([1.0, 2.0, 2.0, 3.0], [True, False, True, True])]
    [[1.0, 2.0, 3.0], [0.75, 0.5, 0.0], [0.217, 0.25, 0.0]]
    """
    at, dead = np.asarray(age, np.float64), np.asarray(failed, bool)
    many = np.ones(at.size) if weight is None else np.asarray(weight, np.float64)
    ages, slot = np.unique(at, return_inverse=True)
    gone = np.bincount(slot, many, ages.size)
    died = np.bincount(slot, many * dead, ages.size)
    at_risk = gone[::-1].cumsum()[::-1]
    alive = np.cumprod(1.0 - died / at_risk)
    left = at_risk - died
    terms = np.divide(died, at_risk * left, out=np.zeros(ages.size), where=left > 0)
    event = died > 0
    return ages[event], alive[event], (alive * np.sqrt(np.cumsum(terms)))[event]
