"""Which law do the lives of each stratum follow, and what are its parameters?

Exponential, Weibull, lognormal, a limited failure population (only a share can ever fail) and two competing modes, by
maximum likelihood of lives censored in any way, all strata at once (Meeker & Escobar, Statistical Methods for
Reliability Data, 1998, chapters 8, 11 and 15; Meeker, Technometrics 29, 1987). Slopes are exact, second derivatives
are central differences of them; the Newton decrement is the proof, as in `solve.survival`, whose compiled loops
remain the way for Weibull lives at size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from smilecurve.solve._laws_hazards import LAWS
from smilecurve.solve._laws_likelihood import Rows, evaluate, only, rows_of
from smilecurve.solve.lives import Lives

__all__ = ["LawFits", "LawName", "ZeroHour", "fit_law", "zero_hour"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
LawName = Literal["exponential", "weibull", "lognormal", "limited", "two_modes"]
DIFFERENCE = 1e-4
MOST_STEPS = 120
MOST_PARAMETER = 60.0  # a logarithm beyond it means that the likelihood has no top


@dataclass(frozen=True, slots=True)
class LawFits:
    """One law a stratum: parameters (rows), their covariance, log-likelihood, decrement, and whether a top was found.

    Parameters are logarithms, or the logit of a share; `parameters` names them.
    """

    law: LawName
    theta: Floats
    covariance: Floats
    loglik: Floats
    decrement: Floats
    settled: npt.NDArray[np.bool_]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The name of each column of `theta`."""
        return LAWS[self.law].parameters

    @property
    def aic(self) -> Floats:
        """Akaike's criterion: the less, the better the law tells lives not seen yet."""
        return np.where(self.settled, 2.0 * self.theta.shape[1] - 2.0 * self.loglik, np.inf)

    def failed_by(self, age: float, confidence: float = 0.90) -> tuple[Floats, Floats, Floats]:
        """Share failed by an age, with a two-sided interval, normal on the log(-log) scale (delta method)."""
        from scipy.special import ndtri

        y = np.full(self.theta.shape[0], np.log(age))
        found = LAWS[self.law].hazard(y, self.theta.T)
        slope = (found.total_slope / found.total).T
        error = np.sqrt(np.einsum("si,sij,sj->s", slope, self.covariance, slope))
        reach = float(ndtri(0.5 + confidence / 2)) * error
        level = np.log(found.total)
        middle, low, high = (-np.expm1(-np.exp(v)) for v in (level, level - reach, level + reach))
        return middle, low, high


@dataclass(frozen=True, slots=True)
class ZeroHour:
    """Units that never worked: their share with its interval, each stratum."""

    share: Floats
    low: Floats
    high: Floats


def zero_hour(dead: npt.ArrayLike, units: npt.ArrayLike, confidence: float = 0.90) -> ZeroHour:
    """Share of units dead on arrival, with the exact interval of Clopper & Pearson (1934).

    They are a mass of probability of their own: the likelihood of all lives is that of `dead` among `units` times that
    of the lives of the others, so that each is fitted alone, without loss. None of 22 dead: at most 1 - 0.05^(1/22):

    >>> zero_hour([0], [22]).high.round(4).tolist()
    [0.1273]
    """
    from scipy.special import betaincinv

    d, n = np.asarray(dead, np.float64), np.asarray(units, np.float64)
    tail = 0.5 * (1.0 - confidence)
    low = np.where(d > 0, betaincinv(np.maximum(d, 1.0), np.maximum(n - d + 1.0, 1.0), tail), 0.0)
    high = np.where(d < n, betaincinv(d + 1.0, np.maximum(n - d, 1.0), 1.0 - tail), 1.0)
    return ZeroHour(np.divide(d, n, out=np.zeros(d.size), where=n > 0), low, high)


def fit_law(lives: Lives, law: LawName, *, steps: int = MOST_STEPS) -> LawFits:
    """The likeliest law of this kind in every stratum, with the covariance of its parameters.

    For two modes the rows' `mode` says what failed (1 or 2; 0 = not told). A failure of known mode in an interval is
    shared between the modes as their cumulative hazards over it. steps: most Newton steps from each beginning; what
    has not settled by then has no fit. The 23 ball bearings of Lieblein & Zelen (1956):

    >>> from smilecurve.solve.lives import exact_lives
    >>> ages = [17.88, 28.92, 33, 41.52, 42.12, 45.6, 48.4, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88,
    ...         84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.4]
    >>> fit = fit_law(exact_lives(ages, [True] * 23), "lognormal")
    >>> fit.theta.round(4).tolist(), round(float(fit.loglik[0]), 3)
    ([[4.1504, -0.6507]], -113.129)
    """
    rows = rows_of(lives, LAWS[law])
    best: LawFits | None = None
    for start in _starts(lives, law):
        found = _climb(rows, law, start, steps)
        best = found if best is None else _better(best, found)
    assert best is not None
    return best


def _better(one: LawFits, other: LawFits) -> LawFits:
    """Of two fits of the same strata, the settled and likelier one, stratum by stratum."""
    take = other.settled & (~one.settled | (other.loglik > one.loglik))

    def pick(mine: Floats, theirs: Floats) -> Floats:
        """Theirs where it is taken."""
        chosen: Floats = np.where(take.reshape((-1,) + (1,) * (mine.ndim - 1)), theirs, mine)
        return chosen

    return LawFits(
        one.law,
        pick(one.theta, other.theta),
        pick(one.covariance, other.covariance),
        pick(one.loglik, other.loglik),
        pick(one.decrement, other.decrement),
        one.settled | other.settled,
    )


def _starts(lives: Lives, law: LawName) -> list[Floats]:
    """Where to begin: an exponential law of the same failures and time on test; several for laws with two humps."""
    down = np.isfinite(lives.upper)
    end = np.where(down, 0.5 * (lives.lower + np.where(down, lives.upper, 0.0)), lives.lower)
    units = lives.weight * lives.share
    sums = (units, units * down, units * (end - lives.entry), units * down * end)
    all_units, failed, lived, lived_to_fail = (np.bincount(lives.stratum, w, lives.strata) for w in sums)
    mean = np.log(np.maximum(lived, 1e-300) / np.maximum(failed, 0.5))
    at_failure = np.log(np.maximum(lived_to_fail, 1e-300) / np.maximum(failed, 0.5))
    nothing = np.zeros(lives.strata)
    if law == "exponential":
        return [mean[:, None]]
    if law in ("weibull", "lognormal"):
        return [np.stack([mean, nothing], axis=1)]
    if law == "limited":
        part = np.clip(failed / np.maximum(all_units, 1e-300), 1e-9, 0.95)
        seen = np.log(part / (1.0 - part))
        return [np.stack([seen + up, at_failure + later, nothing], axis=1) for up, later in ((0.3, 0.0), (1.5, 1.0))]
    oldest = np.log(np.maximum(np.array([end[a:b].max(initial=1e-300) for a, b in _spans(lives)]), 1e-300))
    early, late = np.full(lives.strata, np.log(0.7)), np.full(lives.strata, np.log(3.0))
    return [
        np.stack([mean + 0.7, early, np.maximum(oldest, at_failure), late], axis=1),
        np.stack([np.maximum(oldest, at_failure), late, mean + 0.7, early], axis=1),
    ]


def _spans(lives: Lives) -> list[tuple[int, int]]:
    return list(zip(lives.offset[:-1].tolist(), lives.offset[1:].tolist(), strict=True))


def _climb(rows: Rows, law: LawName, start: Floats, steps: int) -> LawFits:
    """Newton with step halving in all strata at once; a stratum that has settled waits for the others."""
    theta = start.copy()
    here, slope = evaluate(rows, theta)
    open_ = np.isfinite(here) & rows.failing
    settled = np.zeros(here.size, bool)
    part, members = rows, np.arange(here.size)
    for _ in range(steps):
        live = np.flatnonzero(open_)
        if not live.size:
            break
        if live.size <= members.size // 2:
            part, members = only(rows, live), live
        going = open_[members]
        close, moved, stuck = _stride(part, theta, here, slope, members, going)
        settled[members] |= close | stuck
        open_[members] = going & ~close & moved & (np.abs(theta[members]).max(axis=1) < MOST_PARAMETER)
    curve = _curvature(rows, theta)
    _, decrement, bent = _newton(curve, slope)
    settled &= ~bent
    blank = np.where(settled, 0.0, np.nan)
    covariance = np.linalg.inv(np.where(settled[:, None, None], -curve, np.eye(theta.shape[1])))
    return LawFits(
        law, theta + blank[:, None], covariance + blank[:, None, None], here + blank, decrement + blank, settled
    )


def _stride(
    part: Rows, theta: Floats, here: Floats, slope: Floats, members: Ints, going: Flags
) -> tuple[Flags, Flags, Flags]:
    """One step of the members that are going, in place: which were at the top, which moved, which can go no higher."""
    at, value, rise = theta[members], here[members], slope[members]
    step, decrement, bent = _newton(_curvature(part, at), rise)
    close = going & ~bent & (decrement <= 1e-12 * (1.0 + np.abs(value)))
    size = np.where(going, np.minimum(1.0, 1.5 / np.maximum(np.abs(step).max(axis=1), 1e-300)), 0.0)
    moved = np.zeros(value.size, bool)
    for _ in range(30):
        trial = at + size[:, None] * step
        there, new_rise = evaluate(part, trial)
        better = (size > 0) & ((there > value) | (close & (there >= value - 1e-12 * np.abs(value))))
        at[better], rise[better] = trial[better], new_rise[better]
        value = np.where(better, there, value)
        moved |= better
        size = np.where(better, 0.0, 0.5 * size)
        if not np.any(going & ~moved & ~close):
            break
    theta[members], here[members], slope[members] = at, value, rise
    stuck = going & ~moved & ~close & ~bent & (decrement <= 1e-8 * (1.0 + np.abs(value)))
    return close, moved, stuck


def _curvature(rows: Rows, theta: Floats) -> Floats:
    """Second derivatives of every stratum's log-likelihood, by central differences of its exact slopes."""
    k = theta.shape[1]
    curve = np.empty((theta.shape[0], k, k))
    for j in range(k):
        aside = np.zeros(k)
        aside[j] = DIFFERENCE
        curve[:, j] = (evaluate(rows, theta + aside)[1] - evaluate(rows, theta - aside)[1]) / (2.0 * DIFFERENCE)
    return 0.5 * (curve + curve.transpose(0, 2, 1))


def _newton(curve: Floats, slope: Floats) -> tuple[Floats, Floats, Flags]:
    """Newton's step, its decrement, and where it was bent uphill because the surface is not concave there."""
    value, vector = np.linalg.eigh(-curve)
    most = np.abs(value).max(axis=1, keepdims=True)
    bent = value.min(axis=1) <= 1e-11 * np.maximum(most[:, 0], 1e-300)
    value = np.maximum(np.abs(value), 1e-7 * most + 1e-300)
    along = np.einsum("sij,si->sj", vector, slope) / value
    step: Floats = np.einsum("sij,sj->si", vector, along)
    return step, (step * slope).sum(axis=1), bent
