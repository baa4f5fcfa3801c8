"""How long do units live, stratum by stratum, when most have not failed yet?

Weibull life by maximum likelihood, batched over many strata. The data may be grouped by age, interval-censored,
right-censored and left-truncated in any mix (Meeker & Escobar, Statistical Methods for Reliability Data, 1998,
chapters 7, 8 and 11). Strata with few failures may be drawn towards the shape they share (empirical Bayes); a stratum
without failures gets a lower bound of its life only (Nelson, Journal of Quality Technology 17, 1985).

The proof of a fit is its Newton decrement: half of it is how much the log-likelihood could still rise, to second
order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.solve.lives import Lives

__all__ = [
    "WeibullFits",
    "b_life",
    "fit_weibull",
    "life_at_known_shape",
    "lived_power",
    "shape_shared_by",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_SPREAD = 0.10  # strata of one group never share their shape to better than 10 %
MOST_LOG = 200.0  # lives beyond exp(200) are shown as that
USUAL_SPREAD = 0.30  # assumed spread of the log shape where a group has too few strata to show its own


@dataclass(frozen=True, slots=True)
class WeibullFits:
    """One Weibull life a stratum; NaN where the data do not fix it.

    log_scale, log_shape: the maximum; var_scale, cov, var_shape: inverse observed information of the two; loglik: at
    the maximum, with the prior's penalty where there is one; failures, exposure: units failed and age lived under
    observation; decrement: Newton decrement there (about 0); settled: a maximum was found.
    """

    log_scale: Floats
    log_shape: Floats
    var_scale: Floats
    cov: Floats
    var_shape: Floats
    loglik: Floats
    failures: Floats
    exposure: Floats
    decrement: Floats
    settled: npt.NDArray[np.bool_]
    raw: Floats
    rows: Floats
    centre: Floats
    precision: Floats

    @property
    def scale(self) -> Floats:
        """Characteristic life: 63.2 % have failed at this age."""
        return np.exp(np.clip(self.log_scale, -MOST_LOG, MOST_LOG))

    @property
    def shape(self) -> Floats:
        """Shape: below 1 early failures, 1 chance, above 1 wear-out."""
        return np.exp(self.log_shape)


def fit_weibull(
    lives: Lives, *, towards: npt.ArrayLike | None = None, spread: npt.ArrayLike | None = None
) -> WeibullFits:
    """The likeliest Weibull life of every stratum, with its standard errors.

    towards, spread: centre and standard deviation of a normal prior on each stratum's log shape (spread inf or None:
    none). The 23 ball bearings of Lieblein & Zelen (1956):

    >>> from smilecurve.solve.lives import exact_lives
    >>> ages = [17.88, 28.92, 33, 41.52, 42.12, 45.6, 48.4, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64, 68.64, 68.88,
    ...         84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.4]
    >>> fits = fit_weibull(exact_lives(ages, [True] * 23))
    >>> round(float(fits.shape[0]), 3), round(float(fits.scale[0]), 2)
    (2.102, 81.87)
    """
    from smilecurve.solve import _survival_kernels as kernels

    centre, precision = _prior(lives.strata, towards, spread)
    rows = lives.log_rows
    raw = kernels.fit_all(lives.offset, rows, centre, precision)
    settled = raw[:, 8] > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        det = raw[:, 3] * raw[:, 5] - raw[:, 4] ** 2
        known = settled & (det > 0)
        var_scale, cov, var_shape = (np.where(known, v / det, np.nan) for v in (-raw[:, 5], raw[:, 4], -raw[:, 3]))
    blank = np.where(settled, 0.0, np.nan)
    return WeibullFits(
        raw[:, 0] + blank, raw[:, 1] + blank, var_scale, cov, var_shape,
        raw[:, 2] + blank, raw[:, 9], raw[:, 10], raw[:, 6], settled, raw, rows, centre, precision,
    )  # fmt: skip


def _prior(n: int, towards: npt.ArrayLike | None, spread: npt.ArrayLike | None) -> tuple[Floats, Floats]:
    centre = np.zeros(n) if towards is None else np.broadcast_to(np.asarray(towards, np.float64), n).copy()
    sd = np.full(n, np.inf) if spread is None else np.broadcast_to(np.asarray(spread, np.float64), n)
    precision = np.where(np.isfinite(centre), 1.0 / sd**2, 0.0)
    return np.where(np.isfinite(centre), centre, 0.0), precision


def shape_shared_by(lives: Lives, group: npt.ArrayLike, fits: WeibullFits | None = None) -> tuple[Floats, Floats]:
    """The log shape that the strata of each group share, and how far single strata spread around it.

    Returns (centre, spread), one value a group 0..max. The centre maximises the likelihood of all strata of the group
    with one shape and a scale each, times a vague normal law (log shape 0 with spread 1) that keeps it finite; the
    spread is the moment estimate between strata with five failures or more (DerSimonian & Laird 1986), at least 0.10,
    0.30 where fewer than three such strata exist, and inf (nothing to borrow) where fewer than two have failures at
    all. NaN centre: no failures in the group.
    """
    from smilecurve.solve import _survival_profile_kernels as profiles

    of = np.asarray(group, np.int64)
    alone = fit_weibull(lives) if fits is None else fits
    live = np.flatnonzero((alone.failures > 0) & (alone.exposure > 0))
    members = live[np.argsort(of[live], kind="stable")]
    n = int(of.max(initial=-1)) + 1
    bounds = np.searchsorted(of[members], np.arange(n + 1)).astype(np.int64)
    ages = np.where(np.isfinite(alone.rows[:, 2]), alone.rows[:, 2], alone.rows[:, 1])
    oldest = np.array([ages[a:b].max(initial=0.0) for a, b in zip(lives.offset[:-1], lives.offset[1:], strict=True)])
    start = np.where(alone.settled, alone.log_scale, oldest)
    sound = np.flatnonzero(alone.settled & (alone.failures >= 5) & (alone.var_shape > 0))
    weight = 1.0 / alone.var_shape[sound]
    total = np.bincount(of[sound], weight, n)
    first = np.bincount(of[sound], weight * alone.log_shape[sound], n) / np.where(total > 0, total, 1.0)
    found = profiles.common_shape(lives.offset, alone.rows, members, bounds, start, first)
    spread = np.where(np.diff(bounds) > 1, USUAL_SPREAD, np.inf)
    away = weight * (alone.log_shape[sound] - found[of[sound], 0]) ** 2
    k, w1, w2, q = (np.bincount(of[sound], v, n) for v in (np.ones(sound.size), weight, weight**2, away))
    enough = k >= 3
    between = (q[enough] - (k[enough] - 1)) / (w1[enough] - w2[enough] / w1[enough])
    spread[enough] = np.sqrt(np.maximum(between, LEAST_SPREAD**2))
    return found[:, 0], spread


def b_life(fits: WeibullFits, share: float = 0.10, confidence: float = 0.90) -> tuple[Floats, Floats, Floats]:
    """Age at which `share` have failed, with a two-sided interval, normal on the log scale (delta method)."""
    from scipy.special import ndtri

    level = np.log(-np.log1p(-share))
    b = fits.shape
    log_life = fits.log_scale + level / b
    slope = -level / b
    sd = np.sqrt(fits.var_scale + 2 * slope * fits.cov + slope**2 * fits.var_shape)
    reach = float(ndtri(0.5 + confidence / 2)) * sd
    middle, low, high = (
        np.exp(np.clip(v, -MOST_LOG, MOST_LOG)) for v in (log_life, log_life - reach, log_life + reach)
    )
    return middle, low, high


def lived_power(lives: Lives, log_shape: npt.ArrayLike) -> Floats:
    """Sum of age**shape lived under observation in each stratum: failures expected are this over scale**shape.

    >>> from smilecurve.solve.lives import exact_lives
    >>> float(lived_power(exact_lives([3.0, 4.0], [True, False]), np.log(2.0)).round(6)[0])
    25.0
    """
    b = np.exp(np.broadcast_to(np.asarray(log_shape, np.float64), lives.strata))
    of = np.repeat(np.arange(lives.strata), np.diff(lives.offset))
    end = np.where(
        np.isfinite(lives.upper),
        0.5 * (lives.lower + np.where(np.isfinite(lives.upper), lives.upper, 0.0)),
        lives.lower,
    )
    return np.bincount(of, lives.weight * (end ** b[of] - lives.entry ** b[of]), lives.strata).astype(np.float64)


def life_at_known_shape(
    lives: Lives,
    log_shape: npt.ArrayLike,
    failures: npt.ArrayLike,
    prior: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    confidence: float = 0.90,
) -> tuple[Floats, Floats, Floats]:
    """Weibull scale of strata at a given shape: median, low and high end of its posterior, even without any failure.

    prior: shape and rate of the gamma law of scale**-shape, learnt from other strata, or (0.5, 0) when there are none
    (Jeffreys). Without failures the low end is the one that means something; the high end says how little is known. Ten
    units that lived 100 h each, shape 1: the 95 % point of gamma(1/2) is 1.92073, so 1000 h / 1.92073 = 520.6 h.

    >>> from smilecurve.solve.lives import exact_lives
    >>> lives = exact_lives([100.0] * 10, [False] * 10)
    >>> float(life_at_known_shape(lives, 0.0, 0, (0.5, 0.0))[1].round(1)[0])
    520.6
    """
    from scipy.special import gammaincinv

    b = np.exp(np.broadcast_to(np.asarray(log_shape, np.float64), lives.strata))
    size, rate = (np.asarray(v, np.float64) for v in prior)
    lived = np.maximum(rate + lived_power(lives, log_shape), 1e-12)
    size = size + np.asarray(failures, np.float64)
    tail = 0.5 * (1.0 - confidence)
    middle, low, high = ((gammaincinv(size, p) / lived) ** (-1.0 / b) for p in (0.5, 1.0 - tail, tail))
    return middle, low, high
