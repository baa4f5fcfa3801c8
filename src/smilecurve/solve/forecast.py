"""What will each series be in the coming periods, and within which band?

Every series is met by a family of simple methods; each is judged by a rolling-origin back-test (Tashman 2000) and the
one with the least mean absolute error, or the mean of the three best (Bates & Granger 1969), stands, but only where it
beats the seasonal naive by a margin. Bands are order statistics of the back-test's own errors. Missing periods (NaN)
are stepped over, never filled with nought.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: the methods by number; see :mod:`smilecurve.solve._forecast_kernels` for each in formulas
METHODS = (
    "seasonal_naive",
    "mean",
    "smoothing",
    "damped_trend",
    "seasonal_smoothing",
    "seasonal_growth",
    "intermittent",
    "mean_of_three",
)
_GRID: dict[str, tuple[tuple[float, ...], ...]] = {
    "seasonal_naive": ((0.0,),),
    "mean": ((3.0, 6.0, 12.0, 24.0),),
    "smoothing": ((0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9),),
    "damped_trend": ((0.1, 0.3, 0.6), (0.05, 0.2), (0.8, 0.9, 0.98)),
    "seasonal_smoothing": ((0.1, 0.3, 0.6), (0.05, 0.2), (0.9, 0.98)),
    "seasonal_growth": ((3.0, 6.0, 12.0), (0.5, 0.8, 1.0)),
    "intermittent": ((0.05, 0.1, 0.2), (0.05, 0.1, 0.2)),
}


@dataclass(frozen=True)
class Forecasts:
    """Middle, low and high by series and period ahead; the method that won and its error over the seasonal naive's.

    `ratio` compares mean absolute back-test errors on the same periods (the ratio of two MASEs; Hyndman & Koehler
    2006); NaN where the series is too short to judge.
    """

    middle: Floats
    low: Floats
    high: Floats
    method: Ints
    ratio: Floats
    errors: Ints


def candidates() -> Floats:
    """All methods with all their settings: one row (method, a, b, c) each; row 0 is the seasonal naive."""
    rows = [
        (float(number), *setting, *(0.0,) * (3 - len(setting)))
        for number, name in enumerate(_GRID)
        for setting in product(*_GRID[name])
    ]
    return np.array(rows)


def forecast_series(
    history: npt.ArrayLike,
    horizon: int,
    *,
    season: int = 12,
    origins: int = 24,
    margin: float = 0.02,
    band: float = 0.8,
) -> Forecasts:
    """Forecasts of series[S, T] for the next `horizon` periods, each series by the method that wins its own back-test.

    The back-test forecasts up to `horizon` periods from each of the last `origins` periods (never from less than one
    season of history, or half the history where it is shorter). A method must beat the seasonal naive's mean absolute
    error by `margin` to replace it. `band` is the share of outcomes between low and high. Results are never negative.

    A series that repeats itself is forecast by repeating it:

    >>> got = forecast_series([[1.0, 2.0, 3.0, 4.0] * 4], 4, season=4)
    >>> METHODS[got.method[0]], got.middle[0].tolist()
    ('seasonal_naive', [1.0, 2.0, 3.0, 4.0])
    """
    from smilecurve.solve._forecast_kernels import choose

    series = np.ascontiguousarray(np.atleast_2d(np.asarray(history, np.float64)))
    tail = (1.0 - band) / 2.0
    return Forecasts(*choose(series, horizon, season, origins, margin, tail, candidates(), len(_GRID)))


def smooth_level(series: npt.ArrayLike, alpha: float, level: float) -> Floats:
    """The level after each period of simple exponential smoothing (Brown 1956) from a starting `level`.

    The last value is the forecast of every period to come; NaN periods leave the level as it is.

    >>> smooth_level([10.0, 20.0], 0.5, 10.0).tolist()
    [10.0, 15.0]
    """
    levels = []
    for value in np.asarray(series, np.float64):
        level = level if np.isnan(value) else level + alpha * (value - level)
        levels.append(level)
    return np.array(levels)


def scaled_error(actual: npt.ArrayLike, forecast: npt.ArrayLike, history: npt.ArrayLike, season: int = 12) -> float:
    """Mean absolute scaled error (Hyndman & Koehler 2006): the error over the seasonal naive's in-sample error.

    >>> scaled_error([5.0], [7.0], [1.0, 2.0, 4.0], season=1)
    1.3333333333333333
    """
    past = np.asarray(history, np.float64)
    scale = np.nanmean(np.abs(past[season:] - past[:-season]))
    return float(np.nanmean(np.abs(np.asarray(actual, np.float64) - np.asarray(forecast, np.float64))) / scale)
