"""What is the life of each stratum when the sparse ones may borrow from their group?

Empirical Bayes over `solve.survival`: the log shapes of one group follow a normal law around the shape they share,
with the spread they show; a stratum without failures takes its scale from the gamma law of its group. A group of one
stratum borrows nothing: its life is its own maximum likelihood, unless that leaves the shape open to a factor of e.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.solve.lives import Lives

__all__ = ["PooledLife", "pooled_weibull", "relative_hazard"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_FAILURES = 3  # below it a stratum's own failures do not fix a shape
FEW_FAILURES = 20  # up to here intervals of a life follow the likelihood, beyond it the normal law of its logarithm
WEAK_SPREAD = 0.5  # spread of the log shape around 1 where there is nothing to borrow and the data leave it open
MOST_SPREAD = 0.7
CENTRES = (np.log(0.3), np.log(6.0))  # shapes that a group may share
LEAST, MOST = 1e-9, 1e9  # no life is reported outside


@dataclass(frozen=True, slots=True)
class PooledLife:
    """One Weibull life a stratum, always finite.

    shape, scale, life (age at which the asked share failed) and failed (share by the asked age), with the ends of
    their intervals; borrowed: share
    of the knowledge of the shape that came from the group; failures; method: `own` (the stratum's own likelihood),
    `shared` (its shape drawn towards its group's), `stated` (drawn towards 1: nothing to borrow, too few failures or
    no top of their own), `limit` (no failures, or no top at all: a limit of the life at an assumed shape); loglik: the
    log-likelihood reached in all strata together; rise: how much it could still rise, to second order.
    """

    shape: Floats
    shape_low: Floats
    shape_high: Floats
    scale: Floats
    life: Floats
    life_low: Floats
    life_high: Floats
    failed: Floats
    failed_low: Floats
    failed_high: Floats
    borrowed: Floats
    failures: Floats
    method: npt.NDArray[np.str_]
    loglik: float
    rise: float


def pooled_weibull(
    lives: Lives, group: npt.ArrayLike, *, share: float = 0.10, age: float = 36.0, confidence: float = 0.90
) -> PooledLife:
    """The life of every stratum, sparse ones drawn towards their group.

    group: the group of each stratum, 0... share: the share failed at the reported life; age: of the
    reported share failed; confidence: of all intervals.
    """
    from scipy.special import ndtri

    from smilecurve.solve.survival import b_life, fit_weibull, shape_shared_by
    from smilecurve.solve.survival_bounds import b_life_bounds, failed_by, failed_by_bounds, shape_bounds

    of = np.asarray(group, np.int64)
    alone = fit_weibull(lives)
    centre, spread = (v[of] for v in shape_shared_by(lives, of, alone))
    no_top = np.isinf(spread) & ~(alone.settled & (alone.var_shape < 1.0) & (alone.failures >= LEAST_FAILURES))
    centre = np.clip(np.where(no_top | ~np.isfinite(centre), 0.0, centre), *CENTRES)
    spread = np.where(no_top, WEAK_SPREAD, np.where(np.isinf(spread), np.inf, np.minimum(spread, MOST_SPREAD)))
    fits = fit_weibull(lives, towards=centre, spread=spread)
    life, low, high = b_life(fits, share, confidence)
    few = fits.failures < FEW_FAILURES
    near_low, near_high = b_life_bounds(lives, fits, share, confidence, chosen=few)
    low = np.where(near_low > 0, near_low, low)
    high = np.where(np.isfinite(near_high), near_high, high)
    failed, some, many = failed_by(fits, age, confidence)
    near_some, near_many = failed_by_bounds(lives, fits, age, confidence, chosen=few)
    some, many = np.where(np.isnan(near_some), some, near_some), np.where(np.isnan(near_many), many, near_many)
    loose = ~fits.settled
    log_shape = np.where(loose, centre, fits.log_shape)
    sd = np.sqrt(np.where(loose, np.minimum(spread, WEAK_SPREAD) ** 2, fits.var_shape))
    reach = float(ndtri(0.5 + confidence / 2)) * sd
    scale = fits.scale
    if loose.any():
        middle, floor, ceiling = _scale_at_shape(lives, log_shape, of, fits.failures, confidence)
        factor = (-np.log1p(-share)) ** np.exp(-log_shape)
        scale = np.where(loose, middle, scale)
        life, low, high = (np.where(loose, factor * v, w) for v, w in ((middle, life), (floor, low), (ceiling, high)))
        failed, some, many = (
            np.where(loose, -np.expm1(-((age / v) ** np.exp(log_shape))), w)
            for v, w in ((middle, failed), (ceiling, some), (floor, many))
        )
    borrowed = np.where(loose, 1.0, np.clip(sd**2 / spread**2, 0.0, 1.0))
    scale, life, low, high = (np.clip(v, LEAST, MOST) for v in (scale, life, low, high))
    shape, shape_low, shape_high = (np.exp(np.clip(log_shape + k * reach, -6.0, 6.0)) for k in (0, -1, 1))
    close_low, close_high = shape_bounds(lives, fits, confidence, chosen=few)
    shape_low = np.where(close_low > 0, close_low, shape_low)
    shape_high = np.where(np.isfinite(close_high), close_high, shape_high)
    method = np.select([loose, no_top, np.isfinite(spread)], ["limit", "stated", "shared"], "own")
    return PooledLife(
        shape, shape_low, shape_high, scale, life, low, high, failed, some, many, borrowed, fits.failures, method,
        float(np.nansum(fits.loglik)), 0.5 * float(np.nansum(fits.decrement)),
    )  # fmt: skip


def _scale_at_shape(
    lives: Lives, log_shape: Floats, of: Ints, failures: Floats, confidence: float
) -> tuple[Floats, Floats, Floats]:
    """Scale of strata that do not fix it, from their group's gamma law of scale**-shape or, without one, Jeffreys'."""
    from smilecurve.solve.baselines import gamma_baseline
    from smilecurve.solve.survival import life_at_known_shape, lived_power

    shape = np.clip(log_shape, *CENTRES)
    some = np.bincount(of, failures)[of] > 0
    size, rate = gamma_baseline(failures, lived_power(lives, shape), of)
    prior = np.where(some, size, 0.5), np.where(some, rate, 0.0)
    return life_at_known_shape(lives, shape, failures, prior, confidence=confidence)


def relative_hazard(
    cell: npt.ArrayLike,
    stratum: npt.ArrayLike,
    group: npt.ArrayLike,
    at_risk: npt.ArrayLike,
    failed: npt.ArrayLike,
    *,
    confidence: float = 0.90,
) -> tuple[Floats, Floats]:
    """Hazard of each stratum over its group's at the same ages, drawn towards 1, and its lower confidence limit.

    One entry a row: cell (group and age, 0...), stratum, units at risk and failed; group: one value a stratum. The
    expectation of a row is its cell's share of failures times its units at risk (indirect standardisation).

    Two strata, 100 at risk each at one age, 30 and 10 failures: 20 expected in each. The gamma law of the two ratios
    (1.5 and 0.5, mean 1) has shape 4, so the first is (4 + 30) / (4 + 20).

    >>> relative_hazard([0, 0], [0, 1], [0, 0], [100, 100], [30, 10])[0].round(2).tolist()
    [1.42, 0.58]
    """
    from scipy.special import gammaincinv

    from smilecurve.solve.baselines import gamma_baseline

    where, of = np.asarray(cell, np.int64), np.asarray(stratum, np.int64)
    units, died = np.asarray(at_risk, np.float64), np.asarray(failed, np.float64)
    total, dead = np.bincount(where, units), np.bincount(where, died)
    hazard = np.divide(dead, total, out=np.zeros(total.size), where=total > 0)
    groups = np.asarray(group, np.int64)
    expected = np.bincount(of, units * hazard[where], groups.size)
    seen = np.bincount(of, died, groups.size)
    size, _ = gamma_baseline(seen, expected, groups)
    known = np.bincount(groups, seen)[groups] > 0
    a, b = size + seen, np.where(known, size, 1.0) + expected
    ratio = np.where(known, a / b, 1.0)
    low = np.where(known, gammaincinv(a, 1.0 - confidence) / b, 0.0)
    return ratio, low
