"""Which share has failed by each age, when no law is assumed?

Kaplan & Meier (1958) for survival and Nelson (1972) and Aalen (1978) for the cumulative hazard, both with late entries;
Turnbull (1976) for interval-censored lives; Aalen & Johansen (1978) for several ways to fail, each of which takes
machines from the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Turnbull", "aalen_johansen", "kaplan_meier", "nelson_aalen", "turnbull"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Risk:
    """At each distinct age: units at risk just before it, failures by kind (rows), and whether anything failed."""

    age: Floats
    at_risk: Floats
    failed: Floats


def _risk(age: npt.ArrayLike, kind: npt.ArrayLike, weight: npt.ArrayLike | None, entry: npt.ArrayLike | None) -> _Risk:
    """Risk sets; a unit that leaves at an age is still at risk there, one that enters at it is not yet."""
    at, of = np.asarray(age, np.float64), np.asarray(kind).astype(np.int64)
    many = np.ones(at.size) if weight is None else np.asarray(weight, np.float64)
    ages, slot = np.unique(at, return_inverse=True)
    kinds = int(of.max(initial=0))
    failed = np.array([np.bincount(slot, many * (of == k), ages.size) for k in range(1, kinds + 1)])
    at_risk = np.bincount(slot, many, ages.size)[::-1].cumsum()[::-1]
    if entry is not None:
        began = np.sort(np.asarray(entry, np.float64))
        order = np.argsort(np.asarray(entry, np.float64), kind="stable")
        later = np.append(many[order][::-1].cumsum()[::-1], 0.0)
        at_risk = at_risk - later[np.searchsorted(began, ages, side="left")]
    event = failed.sum(axis=0) > 0 if kinds else np.zeros(ages.size, bool)
    return _Risk(ages[event], at_risk[event].astype(np.float64), failed.reshape(kinds, -1)[:, event])


def kaplan_meier(
    age: npt.ArrayLike,
    failed: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    entry: npt.ArrayLike | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Ages of failure, share surviving just after each, and its Greenwood standard error (Kaplan & Meier 1958).

    >>> [v.round(3).tolist() for v in kaplan_meier([1.0, 2.0, 2.0, 3.0], [True, False, True, True])]
    [[1.0, 2.0, 3.0], [0.75, 0.5, 0.0], [0.217, 0.25, 0.0]]
    """
    risk = _risk(age, failed, weight, entry)
    died = risk.failed.sum(axis=0)
    alive = np.cumprod(1.0 - died / risk.at_risk)
    left = risk.at_risk - died
    terms = np.divide(died, risk.at_risk * left, out=np.zeros(died.size), where=left > 0)
    return risk.age, alive, alive * np.sqrt(np.cumsum(terms))


def nelson_aalen(
    age: npt.ArrayLike,
    failed: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    entry: npt.ArrayLike | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Ages of failure, cumulative hazard just after each, and its standard error (sum of d / n, root of sum of d / n2).

    >>> [v.round(4).tolist() for v in nelson_aalen([1.0, 2.0, 2.0, 3.0], [True, False, True, True])]
    [[1.0, 2.0, 3.0], [0.25, 0.5833, 1.5833], [0.25, 0.4167, 1.0833]]
    """
    risk = _risk(age, failed, weight, entry)
    died = risk.failed.sum(axis=0)
    return risk.age, np.cumsum(died / risk.at_risk), np.sqrt(np.cumsum(died / risk.at_risk**2))


def aalen_johansen(
    age: npt.ArrayLike,
    mode: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    entry: npt.ArrayLike | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Ages, share failed of each mode by then (one row a mode), and its standard error, while all modes are at work.

    mode: 0 = last seen unfailed, 1.. = what failed. The shares and the survivors add up to 1. Standard errors after
    Aalen (1978) as in Marubini & Valsecchi (1995), equation 10.12. Four units, modes 1 then 2, then one leaves, then 1:

    >>> age, share, _ = aalen_johansen([1.0, 2.0, 3.0, 4.0], [1, 2, 0, 1])
    >>> age.tolist(), share.tolist()
    ([1.0, 2.0, 4.0], [[0.25, 0.25, 0.75], [0.0, 0.25, 0.25]])
    """
    risk = _risk(age, mode, weight, entry)
    died, n = risk.failed.sum(axis=0), risk.at_risk
    alive = np.cumprod(1.0 - died / n)
    before = np.append(1.0, alive[:-1])[: alive.size]
    share = np.cumsum(before * risk.failed / n, axis=1)
    left = n - died
    common = np.divide(died, n * left, out=np.zeros(n.size), where=left > 0)
    own = before**2 * risk.failed * (n - risk.failed) / n**3
    cross = before * risk.failed / n**2
    variance = np.zeros_like(share)
    for t in range(n.size):
        gap = share[:, t : t + 1] - share[:, : t + 1]
        variance[:, t] = (
            (gap**2 * common[: t + 1]).sum(axis=1)
            + own[:, : t + 1].sum(axis=1)
            - 2.0 * (gap * cross[:, : t + 1]).sum(axis=1)
        )
    return risk.age, share, np.sqrt(np.maximum(variance, 0.0))


@dataclass(frozen=True, slots=True)
class Turnbull:
    """The likeliest law of interval-censored lives: mass in each of the intervals (lower, upper], and no other place.

    Where within an interval its mass lies cannot be told. loglik: reached; rise: the most it could still rise (the
    largest Kuhn-Tucker excess; a bound where nobody enters late).
    """

    lower: Floats
    upper: Floats
    mass: Floats
    loglik: float
    rise: float

    def failed_by(self, age: npt.ArrayLike) -> Floats:
        """Share failed at the latest by an age: all mass of the intervals that end there or before."""
        order = np.argsort(self.upper, kind="stable")
        total = np.append(0.0, np.cumsum(self.mass[order]))
        found: Floats = total[np.searchsorted(self.upper[order], np.asarray(age, np.float64), side="right")]
        return found


def turnbull(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    entry: npt.ArrayLike | None = None,
    steps: int = 5000,
) -> Turnbull:
    """Nonparametric maximum likelihood of lives that ended in (lower, upper] (upper inf: not yet; equal: exact).

    Self-consistency (Turnbull, JRSS B 38, 1976), with truncation at `entry`, stopped by its Kuhn-Tucker excess.

    >>> law = turnbull([0.0, 1.0, 1.0], [1.0, 2.0, np.inf])
    >>> law.upper.tolist(), law.mass.round(3).tolist()
    ([1.0, 2.0], [0.333, 0.667])
    """
    low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    many = np.ones(low.size) if weight is None else np.asarray(weight, np.float64)
    start = np.zeros(low.size) if entry is None else np.asarray(entry, np.float64)
    rows, back = np.unique(np.stack([low, high, start]), axis=1, return_inverse=True)
    low, high, start = rows[0], rows[1], rows[2]
    many = np.bincount(back.ravel(), many, rows.shape[1]).astype(np.float64)
    left, right = _innermost(low, high, start)
    point = left == right
    below = np.where(point, left > low[:, None], left >= low[:, None])
    exact = (low == high)[:, None]
    holds = np.where(exact, point & (right == low[:, None]), below & (right <= high[:, None])).astype(np.float64)
    seen = np.where(point, left > start[:, None], left >= start[:, None]).astype(np.float64)
    mass = np.full(left.size, 1.0 / left.size)
    units = float(many.sum())
    rise = np.inf
    for _ in range(steps):
        inside, visible = holds @ mass, seen @ mass
        score = (many / inside) @ holds - (many / visible) @ seen
        rise = float(score.max(initial=0.0))
        if rise <= 1e-9 * units:
            break
        ghosts = float((many / visible).sum())
        mass = mass * ((many / inside) @ holds + (many / visible) @ (1.0 - seen)) / ghosts
        mass = mass / mass.sum()
    inside, visible = holds @ mass, seen @ mass
    loglik = float(many @ (np.log(inside) - np.log(visible)))
    keep = mass > 1e-12
    return Turnbull(left[keep], right[keep], mass[keep], loglik, rise)


def _innermost(low: Floats, high: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Intervals from a left end to the next right end or entry: the only places where mass can lie (Frydman 1994)."""
    exact = low == high
    ends = np.concatenate([low, high, start[start > 0]])
    is_left = np.arange(ends.size) < low.size
    side = np.concatenate([np.where(exact, 0, 2), np.ones(ends.size - low.size, np.int64)])
    order = np.lexsort((side, ends))
    ends, is_left = ends[order], is_left[order]
    turn = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return ends[turn], ends[turn + 1]
