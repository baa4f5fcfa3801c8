"""Which law tells the failures of a stratum best?

Weibull stays unless another law is better by Akaike's criterion and by enough to matter. Only strata with failures
enough are asked; a limited population and two competing modes, which have more to fit, need more of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.solve.laws import LawFits, LawName, fit_law
from smilecurve.solve.lives import Lives
from smilecurve.solve.survival import fit_weibull

__all__ = ["MODE_COLUMNS", "BestLaw", "best_law"]

Floats = npt.NDArray[np.float64]
ENOUGH: dict[LawName, int] = {"exponential": 20, "lognormal": 20, "limited": 100, "two_modes": 100}
BETTER_BY = 4.0  # of Akaike's criterion: odds of more than 7 to 1 against Weibull
SHAPES = (0.2, 12.0)  # of a mode: a narrower hump is a heap of one month, no mode
STEPS = 16
Z90 = 1.6448536269514722
MODE_COLUMNS = tuple(
    f"{mode}_{what}"
    for mode in ("early", "late")
    for what in ("shape", "scale", "shape_low", "shape_high", "scale_low", "scale_high", "tie")
)
ROW_COLUMNS = ("entry", "lower", "upper", "weight", "share", "alike", "mode")


@dataclass(frozen=True, slots=True)
class BestLaw:
    """The law of each stratum, the share that can fail, and its two modes (a column of MODE_COLUMNS each)."""

    law: list[str]
    can_fail: Floats
    modes: Floats


def best_law(lives: Lives, failures: Floats) -> BestLaw:
    """Choose a law for every stratum (Weibull where there are few failures), by the lives whose start is known."""
    n, lives = lives.strata, _sure(lives)
    names = np.full(n, "weibull", dtype=object)
    can_fail, modes = np.full(n, np.nan), np.full((n, len(MODE_COLUMNS)), np.nan)
    asked = np.flatnonzero(failures >= min(ENOUGH.values()))
    best = np.full(n, np.inf)
    if asked.size:
        best[asked] = 4.0 - 2.0 * fit_weibull(_only(lives, asked)).loglik - BETTER_BY
    for law, enough in ENOUGH.items():
        some = np.flatnonzero(failures >= enough)
        if not some.size:
            continue
        fits = fit_law(_only(lives, some), law, steps=STEPS)
        take = np.flatnonzero((fits.aic < best[some]) & _plausible(fits))
        best[some[take]] = fits.aic[take]
        names[some[take]] = law
        can_fail[some[take]], modes[some[take]] = np.nan, np.nan
        _keep(fits, take, some[take], can_fail, modes)
    return BestLaw(names.tolist(), can_fail, modes)


def _sure(lives: Lives) -> Lives:
    """The lives without those seen from several possible starts."""
    keep = lives.alike == 1
    offset = np.append(0, np.cumsum(np.bincount(lives.stratum, keep, lives.strata))).astype(np.int64)
    return Lives(offset, *(getattr(lives, name)[keep] for name in ROW_COLUMNS))


def _plausible(fits: LawFits) -> npt.NDArray[np.bool_]:
    """Whether the shapes of both modes are such as wear or early failures have."""
    if fits.law != "two_modes":
        return np.ones(fits.theta.shape[0], bool)
    low, high = np.log(SHAPES)
    shapes = fits.theta[:, 1], fits.theta[:, 3]
    found: npt.NDArray[np.bool_] = (np.minimum(*shapes) > low) & (np.maximum(*shapes) < high)
    return found


def _only(lives: Lives, strata: npt.NDArray[np.int64]) -> Lives:
    """The lives of some strata, numbered anew."""
    sizes = np.diff(lives.offset)[strata]
    offset = np.append(0, np.cumsum(sizes)).astype(np.int64)
    rows = np.arange(offset[-1]) + np.repeat(lives.offset[strata] - offset[:-1], sizes)
    return Lives(offset, *(getattr(lives, name)[rows] for name in ROW_COLUMNS))


def _keep(
    fits: LawFits, take: npt.NDArray[np.int64], at: npt.NDArray[np.int64], can_fail: Floats, modes: Floats
) -> None:
    """Note what only this law has: the share that can fail, or its two modes, the early one (lesser shape) first."""
    if fits.law == "limited":
        can_fail[at] = 1.0 / (1.0 + np.exp(-fits.theta[take, 0]))
    elif fits.law == "two_modes":
        first = np.where(fits.theta[take, 1] > fits.theta[take, 3], 2, 0)
        modes[at] = np.concatenate([_mode(fits, take, first), _mode(fits, take, 2 - first)], axis=1)


def _mode(fits: LawFits, take: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> Floats:
    """Shape and scale of one mode with their 90 % intervals, normal on the log scale, and how the two hang together."""
    scale, shape = fits.theta[take, first], fits.theta[take, first + 1]
    spread = np.sqrt(np.stack([fits.covariance[take, first, first], fits.covariance[take, first + 1, first + 1]]))
    tie = fits.covariance[take, first, first + 1] / spread.prod(axis=0)
    ends = [v + way * Z90 * e for v, e in ((shape, spread[1]), (scale, spread[0])) for way in (-1.0, 1.0)]
    return np.column_stack([*np.exp([shape, scale, *ends]), np.clip(tie, -1.0, 1.0)])
