"""How likely are censored lives under a law, and which way does the likelihood rise?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.solve._laws_hazards import Hazard, Law
from smilecurve.solve.lives import Lives

__all__ = ["Rows", "evaluate", "only", "rows_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Lives as a law takes them: log ages, which rows are exact, in an interval, or enter late; which strata fail."""

    law: Law
    strata: int
    stratum: Ints
    entry: Floats
    lower: Floats
    upper: Floats
    weight: Floats
    share: Floats
    mode: Ints
    exact: Ints
    inside: Ints
    late: Ints
    begins: Ints
    failing: npt.NDArray[np.bool_]


def rows_of(lives: Lives, law: Law) -> Rows:
    """Prepare lives for a law."""
    with np.errstate(divide="ignore"):
        entry, lower, upper = (np.log(v) for v in (lives.entry, lives.lower, lives.upper))
    exact = lives.upper == lives.lower
    place = np.arange(lives.weight.size)
    begins = np.flatnonzero(np.append(True, place[1:] >= _run_end(lives.alike)[:-1])) if place.size else place
    return Rows(
        law, lives.strata, lives.stratum, entry, lower, upper, lives.weight, lives.share, lives.mode,
        np.flatnonzero(exact), np.flatnonzero(np.isfinite(lives.upper) & ~exact), np.flatnonzero(lives.entry > 0),
        begins, np.bincount(lives.stratum, np.isfinite(lives.upper) * lives.weight, lives.strata) > 0,
    )  # fmt: skip


def only(rows: Rows, strata: Ints) -> Rows:
    """The rows of some strata (ascending), numbered anew."""
    place = np.full(rows.strata, -1, np.int64)
    place[strata] = np.arange(strata.size)
    keep = np.flatnonzero(place[rows.stratum] >= 0)
    at = np.full(rows.weight.size, -1, np.int64)
    at[keep] = np.arange(keep.size)
    exact, inside, late, begins = (at[w[at[w] >= 0]] for w in (rows.exact, rows.inside, rows.late, rows.begins))
    entry, lower, upper = rows.entry[keep], rows.lower[keep], rows.upper[keep]
    return Rows(
        rows.law, strata.size, place[rows.stratum[keep]], entry, lower, upper, rows.weight[keep], rows.share[keep],
        rows.mode[keep], exact, inside, late, begins, rows.failing[strata],
    )  # fmt: skip


def _run_end(alike: Ints) -> Ints:
    """The place after the run that each row stands in: rows of one run follow each other."""
    ends = np.empty(alike.size, np.int64)
    at = 0
    sizes = alike.tolist()
    if max(sizes, default=1) == 1:
        return np.arange(1, alike.size + 1)
    while at < alike.size:
        ends[at : at + sizes[at]] = at + sizes[at]
        at += sizes[at]
    return ends


def evaluate(rows: Rows, theta: Floats) -> tuple[Floats, Floats]:
    """Log-likelihood of each stratum (-inf where the parameters make the lives impossible) and its slopes."""
    with np.errstate(all="ignore"):
        one, slope = _each(rows, theta[rows.stratum].T)
        stratum, weight = rows.stratum, rows.weight
        if rows.begins.size < weight.size:
            one, slope = _over_starts(rows, one, slope)
            stratum, weight = stratum[rows.begins], weight[rows.begins]
        loglik = np.bincount(stratum, np.where(weight > 0, weight * one, 0.0), rows.strata)
        rise = np.stack([np.bincount(stratum, np.where(weight > 0, weight * g, 0.0), rows.strata) for g in slope], 1)
    good = np.isfinite(loglik) & np.isfinite(rise).all(axis=1)
    return np.where(good, loglik, -np.inf), np.where(good[:, None], rise, 0.0)


def _each(rows: Rows, theta: Floats) -> tuple[Floats, Floats]:
    """Log-likelihood and slopes of one unit of every row."""
    low = rows.law.hazard(rows.lower, theta)
    one, slope = -low.total, -low.total_slope
    if rows.exact.size:
        rate, by = _rate(low, rows.mode, rows.exact)
        one[rows.exact] += rate
        slope[:, rows.exact] += by
    if rows.inside.size:
        high = rows.law.hazard(rows.upper[rows.inside], theta[:, rows.inside])
        gone, by = _interval(low, high, rows.mode, rows.inside)
        one[rows.inside] += gone
        slope[:, rows.inside] += by
    if rows.late.size:
        at = rows.law.hazard(rows.entry[rows.late], theta[:, rows.late])
        one[rows.late] += at.total
        slope[:, rows.late] += at.total_slope
    return one, slope


def _part_slots(hazard: Hazard, k: int) -> slice:
    """Where the parameters of mode k + 1 stand."""
    size = hazard.parts[k].total_slope.shape[0]
    return slice(k * size, (k + 1) * size)


def _rate(low: Hazard, mode: Ints, at: Ints) -> tuple[Floats, Floats]:
    """Log hazard of exact failures: of the mode that struck, or of all where it is not told."""
    rate, slope = low.log_rate[at].copy(), low.log_rate_slope[:, at].copy()
    for k, part in enumerate(low.parts):
        mine = np.flatnonzero(mode[at] == k + 1)
        rate[mine] = part.log_rate[at[mine]]
        slope[:, mine] = 0.0
        slope[_part_slots(low, k), mine] = part.log_rate_slope[:, at[mine]]
    return rate, slope


def _interval(low: Hazard, high: Hazard, mode: Ints, at: Ints) -> tuple[Floats, Floats]:
    """Log chance of a failure between two ages, given survival to the first."""
    d, slope = high.total - low.total[at], high.total_slope - low.total_slope[:, at]
    gone = -np.expm1(-d)
    value, by = np.log(gone), (1.0 - gone) / gone * slope
    for k, part in enumerate(low.parts):
        mine = np.flatnonzero(mode[at] == k + 1)
        own = high.parts[k].total[mine] - part.total[at[mine]]
        own_slope = high.parts[k].total_slope[:, mine] - part.total_slope[:, at[mine]]
        value[mine] += np.log(own / d[mine])
        by[:, mine] -= slope[:, mine] / d[mine]
        by[_part_slots(low, k), mine] += own_slope / own
    return value, by


def _over_starts(rows: Rows, one: Floats, slope: Floats) -> tuple[Floats, Floats]:
    """Lives seen from several possible starts: the logarithm of the mean of their likelihoods."""
    value = one + np.log(rows.share)
    run = np.repeat(np.arange(rows.begins.size), np.diff(np.append(rows.begins, value.size)))
    top = np.maximum.reduceat(value, rows.begins)
    odds = np.exp(value - top[run])
    total = np.add.reduceat(odds, rows.begins)
    return top + np.log(total), np.add.reduceat(odds * slope, rows.begins, axis=1) / total
