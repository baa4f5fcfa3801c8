"""How many repairs, or how much money, does a unit take by each age, when it is repaired and goes on?

The mean cumulative function without a law (Nelson, Recurrent Events Data Analysis, 2003), with two named variances:
robust (Lawless & Nadeau, Technometrics 37, 1995; what R's survfit gives) and Nelson's unbiased one (Technometrics 30,
1988; divisor one less). Units may enter late; values may be counts or costs of either sign. And the power law process
(Crow 1974; Rigdon & Basu 2000): repairs that grow rarer or more frequent with age.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["MeanCumulative", "PowerLaw", "mean_cumulative", "power_law"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_LOG_SHAPE = 5.0


@dataclass(frozen=True, slots=True)
class MeanCumulative:
    """Mean cumulative function at the ages where it steps: units at risk there, and the two standard errors."""

    age: Floats
    at_risk: Floats
    mean: Floats
    robust_error: Floats
    nelson_error: Floats

    def at(self, age: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Mean, robust and Nelson standard error at any ages."""
        place = np.searchsorted(self.age, np.asarray(age, np.float64), side="right")
        mean, robust, nelson = (np.append(0.0, v)[place] for v in (self.mean, self.robust_error, self.nelson_error))
        return mean, robust, nelson


def mean_cumulative(
    unit: npt.ArrayLike,
    age: npt.ArrayLike,
    end: npt.ArrayLike,
    *,
    start: npt.ArrayLike | None = None,
    value: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
) -> MeanCumulative:
    """The mean cumulative function of events (unit number, age, value 1 or money) of units seen from start to end.

    end, start: one value a unit; a unit is at risk after its start, up to and including its end. weight: how many
    machines a unit without events stands for (1 for each that has any). Time and memory grow
    with the number of events and units alone. Three units seen to 5, 8, 12; repairs at 5, 8 and 12, and 1 and 5 of the
    last (Meeker & Escobar 1998, table 16.3 in small):

    >>> found = mean_cumulative([0, 1, 1, 2, 2], [5.0, 5.0, 8.0, 1.0, 8.0], [12.0, 8.0, 16.0])
    >>> found.age.tolist(), found.at_risk.tolist(), found.mean.round(3).tolist()
    ([1.0, 5.0, 8.0], [3.0, 3.0, 3.0], [0.333, 1.0, 1.667])
    """
    last = np.asarray(end, np.float64)
    first = np.zeros(last.size) if start is None else np.asarray(start, np.float64)
    who, when, how_much = _joined(unit, age, value)
    many = np.ones(last.size) if weight is None else np.asarray(weight, np.float64)
    if np.any(many[who] != 1.0):
        raise ValueError("a unit with events stands for itself alone")
    if np.any(when > last[who]) or np.any(when < first[who]) or np.any(first > last):
        raise ValueError("events must lie between the start and the end of their unit")
    ages, slot = np.unique(when, return_inverse=True)
    at_risk = _sum_below(np.where(first > 0, first, -1.0), many, ages) - _sum_below(last, many, ages)
    total = np.bincount(slot, how_much, ages.size)
    mean = total / at_risk
    spent = np.cumsum(mean / at_risk)
    each = how_much / at_risk[slot]
    own = _earlier_of_unit(who, when, each) + np.append(0.0, spent)[np.searchsorted(ages, first, side="right")][who]
    everyone = _members_total(ages, who, when, each, first, last, spent)
    square = np.bincount(slot, how_much**2, ages.size)
    inner = np.bincount(slot, how_much * own, ages.size)
    around = (square - total * mean) / at_risk + 2.0 * (inner - mean * everyone)
    robust = np.cumsum(around / at_risk)
    fewer = np.where(at_risk > 1, at_risk - 1.0, np.nan)
    nelson = np.cumsum(around / fewer)
    return MeanCumulative(
        ages, at_risk, np.cumsum(mean), np.sqrt(np.maximum(robust, 0.0)), np.sqrt(np.maximum(nelson, 0.0))
    )


def _joined(unit: npt.ArrayLike, age: npt.ArrayLike, value: npt.ArrayLike | None) -> tuple[Ints, Floats, Floats]:
    """Events by unit and age; several of one unit at one age are one with their sum."""
    who, when = np.asarray(unit, np.int64), np.asarray(age, np.float64)
    worth = np.ones(who.size) if value is None else np.asarray(value, np.float64)
    order = np.lexsort((when, who))
    who, when, worth = who[order], when[order], worth[order]
    fresh = np.append(True, (np.diff(who) != 0) | (np.diff(when) != 0))[: who.size]
    begins = np.flatnonzero(fresh)
    return who[begins], when[begins], np.add.reduceat(worth, begins) if begins.size else worth


def _earlier_of_unit(who: Ints, when: Floats, each: Floats) -> Floats:
    """Sum of `each` over the earlier events of the same unit (events stand by unit and age)."""
    before = np.append(0.0, np.cumsum(each))[:-1]
    begins = np.flatnonzero(np.append(True, np.diff(who) != 0)[: who.size])
    size = np.diff(np.append(begins, who.size))
    found: Floats = before - np.repeat(before[begins], size)
    return found


def _members_total(
    ages: Floats, who: Ints, when: Floats, each: Floats, first: Floats, last: Floats, spent: Floats
) -> Floats:
    """At each age, over the units at risk there: their events before it, and what was spent before they entered."""
    slot = np.searchsorted(ages, when)
    of_unit = np.bincount(who, each, last.size)
    entered = np.append(0.0, spent)[np.searchsorted(ages, first, side="right")]
    before = np.append(0.0, np.cumsum(np.bincount(slot, each, ages.size)))[:-1]
    gone = _sum_below(last, of_unit + entered, ages)
    late = first > 0
    return before - gone + _sum_below(first[late], entered[late], ages) + float(entered[~late].sum())


def _sum_below(at: Floats, what: Floats, ages: Floats) -> Floats:
    """Sum of `what` over the places below each age."""
    order = np.argsort(at, kind="stable")
    total = np.append(0.0, np.cumsum(what[order]))
    found: Floats = total[np.searchsorted(at[order], ages, side="left")]
    return found


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """Repairs expected by age t: (t / scale) ** shape. Above 1 they come ever faster, below 1 ever slower.

    shape_low, shape_high: likelihood-ratio interval of the shape; trend: chance of so much trend either way in units
    that do not age (two-sided, from the likelihood ratio against shape 1); decrement: of Newton at the top; settled:
    a top was found (all events at the very end of the windows have none).
    """

    shape: float
    scale: float
    shape_low: float
    shape_high: float
    loglik: float
    trend: float
    events: float
    decrement: float
    settled: bool

    def expected(self, age: npt.ArrayLike) -> Floats:
        """Repairs of one unit by an age."""
        found: Floats = (np.asarray(age, np.float64) / self.scale) ** self.shape
        return found


def power_law(
    age: npt.ArrayLike,
    end: npt.ArrayLike,
    *,
    start: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    confidence: float = 0.90,
) -> PowerLaw:
    """Power law process of one or more units, from the ages of all events and each unit's ages from start to end.

    weight: units that share one (start, end). One unit, failures at 1 and e^-1, seen to 1: 2 / (0 + 1) = 2.

    >>> found = power_law([1.0, float(np.exp(-1.0))], [1.0])
    >>> round(found.shape, 6), round(found.scale, 6)
    (2.0, 0.707107)
    """
    from scipy.special import chdtrc, chdtri

    process = _process(age, end, start, weight)
    a = 0.0
    for _ in range(200):
        _, rise, bend = process.profile(a)
        step = rise / -bend if bend < 0 else float(np.sign(rise))
        a += float(np.clip(step, -0.5, 0.5))
        if abs(step) < 1e-13 or abs(a) > MOST_LOG_SHAPE:
            break
    top, rise, bend = process.profile(a)
    width = float(np.clip(1.0 / np.sqrt(max(-bend, 1e-12)), 1e-6, 2.0))
    drop = 0.5 * float(chdtri(1, 1.0 - confidence))
    low, high = (process.limit(a, side * width, top - drop) for side in (-1.0, 1.0))
    trend = float(chdtrc(1, max(2.0 * (top - process.profile(0.0)[0]), 0.0)))
    decrement, settled = rise * rise / max(-bend, 1e-300), abs(a) <= MOST_LOG_SHAPE
    return PowerLaw(float(np.exp(a)), process.scale(a), low, high, top, trend, process.n, decrement, settled)


@dataclass(frozen=True, slots=True)
class _Process:
    """What the likelihood needs: events, the sum of their log ages, and each window's log ends less the longest."""

    n: float
    logs: float
    longest: float
    ends: Floats
    begins: Floats
    units: Floats

    def lived(self, b: float) -> tuple[float, float, float]:
        """Sum of age ** b over all windows and its first two slopes in b, ages in units of the longest."""
        at_end, at_begin = self.units * np.exp(b * self.ends), self.units * np.exp(b * self.begins)
        back = np.where(np.isfinite(self.begins), self.begins, 0.0)
        s0, s1, s2 = (float((at_end * self.ends**k).sum() - (at_begin * back**k).sum()) for k in range(3))
        return s0, s1, s2

    def profile(self, a: float) -> tuple[float, float, float]:
        """Log-likelihood at log shape a with the best scale, and its first two slopes in a."""
        n, b = self.n, float(np.exp(a))
        s, s1, s2 = self.lived(b)
        away = self.logs - n * self.longest
        value = n * (np.log(n) - np.log(s) + a - 1.0) + b * away - self.logs
        rise = n + b * (away - n * s1 / s)
        bend = b * (away - n * s1 / s) - n * b * b * (s2 / s - (s1 / s) ** 2)
        return float(value), float(rise), float(bend)

    def scale(self, a: float) -> float:
        """Age by which one event is expected, at log shape a."""
        b = float(np.exp(a))
        return float(np.exp(self.longest - (np.log(self.n) - np.log(self.lived(b)[0])) / b))

    def limit(self, a: float, step: float, level: float) -> float:
        """The shape at which the profile falls to a level, going from a by steps; 0 or inf where it never does."""
        far = a + step
        while self.profile(far)[0] > level:
            far += step
            if abs(far) > 2.0 * MOST_LOG_SHAPE:
                return float(np.exp(np.sign(step) * np.inf))
        near = a
        for _ in range(60):
            middle = 0.5 * (near + far)
            near, far = (middle, far) if self.profile(middle)[0] > level else (near, middle)
        return float(np.exp(0.5 * (near + far)))


def _process(
    age: npt.ArrayLike, end: npt.ArrayLike, start: npt.ArrayLike | None, weight: npt.ArrayLike | None
) -> _Process:
    """The sufficient statistics; ValueError where there is nothing to fit."""
    when, last = np.asarray(age, np.float64), np.asarray(end, np.float64)
    first = np.zeros(last.size) if start is None else np.asarray(start, np.float64)
    units = np.ones(last.size) if weight is None else np.asarray(weight, np.float64)
    if when.size == 0 or np.any(when <= 0) or np.any(last <= first):
        raise ValueError("a power law needs events at ages above zero, and units seen for some time")
    longest = float(np.log(last.max()))
    begins = np.where(first > 0, np.log(np.where(first > 0, first, 1.0)) - longest, -np.inf)
    return _Process(float(when.size), float(np.log(when).sum()), longest, np.log(last) - longest, begins, units)
