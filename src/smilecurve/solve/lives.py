"""Who was seen from which age to which, and did it fail?

Lives under observation in any mix of exact, interval-censored, right-censored and left-truncated records, in one form
that many strata share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Lives", "age_limits", "counted_lives", "exact_lives", "grouped_lives", "merged_lives"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lives:
    """Observed lives, sorted by stratum: `weight` units known from `entry` on, failed in (lower, upper].

    lower == upper is an exact failure, upper = inf a unit still alive at `lower`. offset: rows of stratum s are
    offset[s]:offset[s+1]. Ages in any one unit. share, alike: where a start is not known, `alike` rows that follow
    each other are the same units seen from several possible starts, each with its share; 1 everywhere else. mode:
    what failed, 1.. (0: not known), where it is told.
    """

    offset: Ints
    entry: Floats
    lower: Floats
    upper: Floats
    weight: Floats
    share: Floats
    alike: Ints
    mode: Ints

    @property
    def strata(self) -> int:
        """The number of strata."""
        return self.offset.size - 1

    @property
    def stratum(self) -> Ints:
        """The stratum of each row."""
        return np.repeat(np.arange(self.strata), np.diff(self.offset))

    @property
    def log_rows(self) -> Floats:
        """Entry, lower and upper as logarithms, weight, share and alike side by side: what the compiled loops take."""
        rows = np.empty((self.weight.size, 6))
        with np.errstate(divide="ignore"):
            for k, ages in enumerate((self.entry, self.lower, self.upper)):
                np.log(ages, out=rows[:, k])
        rows[:, 3], rows[:, 4], rows[:, 5] = self.weight, self.share, self.alike
        return rows


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
    left_at: npt.ArrayLike | None = None,
    stratum: npt.ArrayLike | None = None,
    strata: int | None = None,
) -> Lives:
    """Lives of a life table: of `entered` units reaching age_from, `failed` fail and `censored` leave by age_to.

    Each bin is conditional on its own entry, so units may come late (left truncation) and bins may be absent. A unit
    that leaves alive counts to `left_at`, or else to the middle of its bin, as in the actuarial estimate.

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
    leave = 0.5 * (low + high) if left_at is None else np.asarray(left_at, np.float64)
    lower = np.concatenate([low, leave, high])
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
    mode: npt.ArrayLike | None = None,
    unit: npt.ArrayLike | None = None,
    share: npt.ArrayLike | None = None,
) -> Lives:
    """Lives that ended between `lower` and `upper` (inf: not yet), in any order, sorted into their strata.

    unit, share: rows that follow each other with the same number (0..) are one life seen from several possible starts,
    likely as `share` says; -1 for rows that stand alone.

    >>> age_limits([5.0, 3.0, 8.0], [np.inf] * 3, unit=[0, 0, -1], share=[0.4, 0.6, 1.0]).alike.tolist()
    [2, 2, 1]
    """
    low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    n_rows = low.size
    start = np.zeros(n_rows) if entry is None else np.asarray(entry, np.float64)
    many = np.ones(n_rows) if weight is None else np.asarray(weight, np.float64)
    group = np.zeros(n_rows, np.int64) if stratum is None else np.asarray(stratum, np.int64)
    kind = np.zeros(n_rows, np.int64) if mode is None else np.asarray(mode, np.int64)
    odds = np.ones(n_rows) if share is None else np.asarray(share, np.float64)
    alike = _runs(np.full(n_rows, -1) if unit is None else np.asarray(unit, np.int64))
    if np.any(low < 0) or np.any(high < low) or np.any(start > low) or np.any(many < 0) or np.any(start < 0):
        raise ValueError("ages must satisfy 0 <= entry <= lower <= upper and weights must not be negative")
    if np.any((low == high) & (low <= 0)):
        raise ValueError("an exact failure needs an age above zero; give an interval from zero instead")
    if np.any(odds <= 0) or np.any(odds > 1):
        raise ValueError("the shares of possible starts must lie above 0 and not above 1")
    n = int(group.max(initial=0)) + 1 if strata is None else strata
    if group.size and np.any(np.diff(group) < 0):
        order = np.argsort(group, kind="stable")
        low, high, start, many, group = low[order], high[order], start[order], many[order], group[order]
        kind, odds, alike = kind[order], odds[order], alike[order]
    offset = np.searchsorted(group, np.arange(n + 1)).astype(np.int64)
    return Lives(offset, start, low, high, many, odds, alike, kind)


def merged_lives(one: Lives, other: Lives) -> Lives:
    """The lives of both, stratum by stratum.

    >>> merged_lives(exact_lives([3.0], [True]), exact_lives([5.0], [False])).lower.tolist()
    [3.0, 5.0]
    """
    if one.strata != other.strata:
        raise ValueError("both must have the same strata")
    order = np.argsort(np.concatenate([one.stratum, other.stratum]), kind="stable")
    names = ("entry", "lower", "upper", "weight", "share", "alike", "mode")
    columns = (np.concatenate([getattr(one, name), getattr(other, name)])[order] for name in names)
    return Lives(one.offset + other.offset, *columns)


def _runs(unit: Ints) -> Ints:
    """How many rows the run of equal numbers has that each row stands in; 1 for -1."""
    if not np.any(unit >= 0):
        return np.ones(unit.size, np.int64)
    begins = np.flatnonzero(np.append(True, (np.diff(unit) != 0) | (unit[1:] < 0)))
    length = np.diff(np.append(begins, unit.size))
    return np.repeat(length, length).astype(np.int64)


def counted_lives(
    age: npt.ArrayLike,
    failed: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    strata: int | None = None,
) -> Lives:
    """Lives of units whose ages are whole numbers 0.. (months completed, days), counted: a row an age and outcome.

    A failure at whole age k is known to lie between k and k + 1; a unit last seen at whole age k is counted alive to
    the middle of that step. Millions of units become some hundred rows a stratum; the likelihood is the same.

    >>> lives = counted_lives([0, 0, 2, 2, 2], [1, 1, 0, 0, 1])
    >>> sorted(zip(lives.lower.tolist(), lives.upper.tolist(), lives.weight.tolist()))
    [(0.0, 1.0, 2.0), (2.0, 3.0, 1.0), (2.5, inf, 2.0)]
    """
    ages = np.asarray(age)
    if ages.dtype.kind == "f":
        if np.any(ages != np.floor(ages)):
            raise ValueError("ages must be whole numbers: completed months, or days")
        ages = ages.astype(np.int32)
    if ages.size and int(ages.min()) < 0:
        raise ValueError("ages must not be negative")
    steps = int(ages.max(initial=0)) + 1
    group = np.zeros(1, np.int32) if stratum is None else np.asarray(stratum)
    n = int(group.max(initial=0)) + 1 if strata is None else strata
    cell = (group.astype(np.int64) * (2 * steps) if stratum is not None else 0) + ages
    cell = cell + np.asarray(failed, bool) * np.int64(steps)
    count = np.bincount(cell, None if weight is None else np.asarray(weight, np.float64), 2 * steps * n)
    there = np.flatnonzero(count)
    low = (there % steps).astype(np.float64)
    down = there // steps % 2 == 1
    of = there // (2 * steps)
    return age_limits(
        np.where(down, low, low + 0.5), np.where(down, low + 1.0, np.inf),
        stratum=of, weight=count[there].astype(np.float64), strata=n,
    )  # fmt: skip
