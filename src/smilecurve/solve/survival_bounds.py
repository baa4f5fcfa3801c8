"""Between which values do a life, a share failed and a shape lie?

Likelihood-ratio intervals of Weibull fits (Meeker & Escobar, Statistical Methods for Reliability Data, 1998, section
8.3), for any strata of a batch: right where few failures make the normal interval wrong. They keep the prior that the
fits were made with. The normal intervals beside them are those of the logarithm, and of log(-log) for a share.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from smilecurve.solve.lives import Lives
from smilecurve.solve.survival import MOST_LOG, WeibullFits

__all__ = ["b_life_bounds", "failed_by", "failed_by_bounds", "shape_bounds", "shape_interval"]

Floats = npt.NDArray[np.float64]


def b_life_bounds(
    lives: Lives,
    fits: WeibullFits,
    share: float = 0.10,
    confidence: float = 0.90,
    *,
    chosen: npt.ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Likelihood-ratio interval of the age at which `share` have failed, for the chosen strata (NaN for the others).

    An end without limit is 0 or inf.
    """
    level = float(np.log(-np.log1p(-share)))
    slope = -level / fits.shape
    width = np.sqrt(fits.var_scale + 2 * slope * fits.cov + slope**2 * fits.var_shape)
    low, high = _limits(0, level, lives, fits, width, confidence, chosen)
    with np.errstate(over="ignore"):
        return np.exp(low), np.exp(high)


def failed_by_bounds(
    lives: Lives,
    fits: WeibullFits,
    age: float,
    confidence: float = 0.90,
    *,
    chosen: npt.ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Likelihood-ratio interval of the share failed by `age`, for the chosen strata (NaN for the others)."""
    low, high = _limits(1, float(np.log(age)), lives, fits, _failed_error(fits, age), confidence, chosen)
    with np.errstate(over="ignore"):
        return -np.expm1(-np.exp(low)), -np.expm1(-np.exp(high))


def shape_bounds(
    lives: Lives, fits: WeibullFits, confidence: float = 0.90, *, chosen: npt.ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Likelihood-ratio interval of the shape, for the chosen strata (NaN for the others)."""
    low, high = _limits(2, 0.0, lives, fits, np.sqrt(fits.var_shape), confidence, chosen)
    with np.errstate(over="ignore"):
        return np.exp(low), np.exp(high)


def failed_by(fits: WeibullFits, age: float, confidence: float = 0.90) -> tuple[Floats, Floats, Floats]:
    """Share failed by `age`, with a two-sided interval, normal on the log(-log) scale (delta method)."""
    level = fits.shape * (np.log(age) - fits.log_scale)
    reach = _quantile(confidence) * _failed_error(fits, age)
    middle, low, high = (-np.expm1(-np.exp(np.clip(v, -MOST_LOG, 50.0))) for v in (level, level - reach, level + reach))
    return middle, low, high


def shape_interval(fits: WeibullFits, confidence: float = 0.90) -> tuple[Floats, Floats]:
    """Two-sided interval of the shape, normal on the log scale."""
    reach = _quantile(confidence) * np.sqrt(fits.var_shape)
    return np.exp(fits.log_shape - reach), np.exp(fits.log_shape + reach)


def _failed_error(fits: WeibullFits, age: float) -> Floats:
    """Standard error of log(-log(1 - share failed by age))."""
    b, level = fits.shape, fits.shape * (np.log(age) - fits.log_scale)
    error: Floats = np.sqrt(b**2 * fits.var_scale - 2 * b * level * fits.cov + level**2 * fits.var_shape)
    return error


def _quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))


def _limits(
    kind: int,
    at: float,
    lives: Lives,
    fits: WeibullFits,
    width: Floats,
    confidence: float,
    chosen: npt.ArrayLike | None,
) -> tuple[Floats, Floats]:
    """Where the profile of one quantity has fallen by half the chi-square quantile."""
    from smilecurve.solve import _survival_profile_kernels as profiles

    pick = fits.settled if chosen is None else np.asarray(chosen, bool) & fits.settled
    drop = 0.5 * _quantile(confidence) ** 2
    usable = np.where(np.isfinite(width) & (width > 0), np.minimum(width, 5.0), 1.0)
    found = profiles.limits_all(
        kind, at, lives.offset, fits.rows, fits.raw, usable, pick, drop, fits.centre, fits.precision
    )
    return found[:, 0], found[:, 1]
