"""How many failures are to come, and within which band?

Units at an age fail in the time ahead with the conditional probability of their life (Meeker & Escobar 1998, chapter
12). Counts of strata whose rate is known as a gamma law are predicted as what they are: negative binomial, with the
week-to-week variation, the weeks' hanging together and the doubt about the rate in the band.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from smilecurve.solve.baselines import Baseline

__all__ = ["count_band", "failing_next", "predicted"]

Floats = npt.NDArray[np.float64]


def failing_next(age: npt.ArrayLike, ahead: float, shape: npt.ArrayLike, scale: npt.ArrayLike) -> Floats:
    """Chance that a unit of this age fails within `ahead`, of a Weibull life; a broken life (NaN) gives NaN.

    A life without ageing: 1 - exp(-0.5), whatever the age.

    >>> failing_next([0.0, 700.0], 50.0, 1.0, 100.0).round(4).tolist()
    [0.3935, 0.3935]
    """
    t, b, eta = (np.asarray(v, np.float64) for v in (age, shape, scale))
    return np.asarray(-np.expm1((t / eta) ** b - ((t + ahead) / eta) ** b))


def predicted(base: Baseline, exposure: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Mean and 1 / size of the failures of each stratum over all weeks of `exposure` (strata, weeks)."""
    m = np.asarray(exposure, np.float64) * (base.shape / base.rate)[:, None]
    mean = m.sum(axis=1)
    square, joint = np.zeros(mean.size), np.zeros(mean.size)
    for week in m.T:
        square += week * (week + 2.0 * joint)
        joint = base.echo * (joint + week)
    own = np.divide(square, mean**2, out=np.ones(mean.size), where=mean > 1e-100)
    return mean, base.inverse_size * own + 1.0 / base.shape


def count_band(mean: npt.ArrayLike, inverse_size: npt.ArrayLike, share: float) -> tuple[Floats, Floats]:
    """Lower and upper end of the band that holds this share of negative binomial counts, at least.

    Poisson 100: 80 % within 87 .. 113.

    >>> [float(v[0]) for v in count_band([100.0], [0.0], 0.80)]
    [87.0, 113.0]
    """
    from scipy.stats import nbinom

    m = np.asarray(mean, np.float64)
    size = 1.0 / np.maximum(np.asarray(inverse_size, np.float64), 1e-9)
    chance = size / (size + m)
    tail = 0.5 * (1.0 - share)
    return (
        np.asarray(nbinom.ppf(tail, size, chance), np.float64),
        np.asarray(nbinom.ppf(1.0 - tail, size, chance), np.float64),
    )
