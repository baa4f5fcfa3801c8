"""Compiled methods and back-test of solve.forecast.

Each method writes its forecasts of the periods after `seen` from y[:seen] alone. In formulas, with level l, trend b,
season s of period m, growth g:
0 seasonal_naive      the last seen value of the same season
1 mean(n)             mean of the last n seen values
2 smoothing(a)        l += a (y - l)                                            (Brown 1956)
3 damped_trend(a,b,p) l' = l + p b + a e;  b' = p b + a b e;  forecast l + b (p + .. + p^h)   (Gardner & McKenzie 1985)
4 seasonal_smoothing(a,g,p)  level with damped seasonal terms: l += a e; s = p s + g e; forecast l + s   (Winters 1960)
5 seasonal_growth(n,w) seasonal naive times (sum of the last n values over the same a season before)^w
6 intermittent(a,b)   demand chance and size smoothed apart                         (Teunter, Syntetos & Babai 2011)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from smilecurve.solve._sorting_kernels import sort_first

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@njit(cache=True)
def _mean_of_last(y: Floats, seen: int, most: int) -> float:
    total, count = 0.0, 0
    for t in range(seen - 1, -1, -1):
        if not np.isnan(y[t]):
            total, count = total + y[t], count + 1
            if count == most:
                break
    return total / count if count else 0.0


@njit(cache=True)
def _same_season(y: Floats, seen: int, ahead: int, season: int, fallback: float) -> float:
    """The last seen value of the season of period seen + ahead (ahead from 0)."""
    t = seen + ahead - season
    while t >= 0:
        if t < seen and not np.isnan(y[t]):
            return float(y[t])
        t -= season
    return fallback


@njit(cache=True)
def _growth(y: Floats, seen: int, season: int, most: int) -> float:
    """Sum of the last `most` values that also exist a season before, over those; within 1/3 .. 3."""
    now, before, count = 0.0, 0.0, 0
    for t in range(seen - 1, season - 1, -1):
        if not np.isnan(y[t]) and not np.isnan(y[t - season]):
            now, before, count = now + y[t], before + y[t - season], count + 1
            if count == most:
                break
    if now <= 0.0 or before <= 0.0:
        return 1.0
    return float(min(max(now / before, 1.0 / 3.0), 3.0))


@njit(cache=True)
def _trend(y: Floats, seen: int, a: float, b: float, damp: float, out: Floats) -> None:
    level, slope, begun = 0.0, 0.0, False
    for t in range(seen):
        if not begun:
            if not np.isnan(y[t]):
                level, begun = y[t], True
            continue
        guess = level + damp * slope
        error = 0.0 if np.isnan(y[t]) else y[t] - guess
        level, slope = guess + a * error, damp * slope + a * b * error
    step = damp * slope
    for h in range(len(out)):
        level += step
        step *= damp
        out[h] = level


@njit(cache=True)
def _seasonal(y: Floats, seen: int, season: int, a: float, g: float, damp: float, out: Floats) -> None:
    first = min(season, seen)
    level, count = 0.0, 0
    for t in range(first):
        if not np.isnan(y[t]):
            level, count = level + y[t], count + 1
    level = level / count if count else 0.0
    term = np.zeros(season)
    for t in range(first):
        if not np.isnan(y[t]):
            term[t] = y[t] - level
    for t in range(first, seen):
        if not np.isnan(y[t]):
            error = y[t] - level - term[t % season]
            level += a * error
            term[t % season] = damp * term[t % season] + g * error
    for h in range(len(out)):
        out[h] = level + term[(seen + h) % season]


@njit(cache=True)
def _intermittent(y: Floats, seen: int, a: float, b: float) -> float:
    chance, size, begun = 0.0, 0.0, False
    for t in range(seen):
        if np.isnan(y[t]):
            continue
        sold = 1.0 if y[t] > 0.0 else 0.0
        if not begun:
            if sold > 0.0:
                chance, size, begun = 1.0 / (t + 1.0), y[t], True
            continue
        chance += a * (sold - chance)
        if sold > 0.0:
            size += b * (y[t] - size)
    return chance * size


@njit(cache=True)
def _fill(out: Floats, value: float) -> None:
    for h in range(len(out)):
        out[h] = value


@njit(cache=True)
def ahead(y: Floats, seen: int, season: int, how: Floats, out: Floats) -> None:
    """Writes the forecasts of candidate `how` = (method, a, b, c) for periods seen, seen + 1, ... into `out`."""
    method = int(how[0])
    if method == 0 or method == 5:
        fallback = _mean_of_last(y, seen, season)
        grown = _growth(y, seen, season, int(how[1])) ** how[2] if method == 5 else 1.0
        for h in range(len(out)):
            out[h] = grown * _same_season(y, seen, h, season, fallback)
    elif method == 1:
        _fill(out, _mean_of_last(y, seen, int(how[1])))
    elif method == 2:
        _trend(y, seen, how[1], 0.0, 0.0, out)
    elif method == 3:
        _trend(y, seen, how[1], how[2], how[3], out)
    elif method == 4:
        _seasonal(y, seen, season, how[1], how[2], how[3], out)
    else:
        _fill(out, _intermittent(y, seen, how[1], how[2]))
    for h in range(len(out)):
        out[h] = max(out[h], 0.0)


@njit(cache=True)
def _mean_error(errors: Floats) -> float:
    total, count = 0.0, 0
    for row in range(errors.shape[0]):
        for h in range(errors.shape[1]):
            if not np.isnan(errors[row, h]):
                total, count = total + abs(errors[row, h]), count + 1
    return total / count if count else np.nan


@njit(cache=True)
def _backtest(y: Floats, first: int, season: int, how: Floats, horizon: int, errors: Floats) -> float:
    """Fills errors[origin, h] = actual - forecast (NaN where unknown); returns the mean absolute error."""
    out = np.empty(horizon)
    for row in range(len(errors)):
        seen = first + row
        ahead(y, seen, season, how, out)
        for h in range(horizon):
            t = seen + h
            errors[row, h] = y[t] - out[h] if t < len(y) else np.nan
    return float(_mean_error(errors))


@njit(cache=True)
def _band(errors: Floats, told: Ints, h: int, tail: float, middle: float) -> tuple[float, float]:
    """Order statistics of the errors of methods `told` near `h` periods ahead; of all where those are few."""
    near = np.empty(len(told) * errors.shape[1] * errors.shape[2])
    for reach in (2, errors.shape[2]):
        count = 0
        for method in told:
            for row in range(errors.shape[1]):
                for other in range(max(0, h - reach), min(errors.shape[2], h + reach + 1)):
                    error = errors[method, row, other]
                    if not np.isnan(error):
                        near[count], count = error, count + 1
        if count >= 8:
            break
    if count == 0:
        wide = 1.2816 * np.sqrt(middle)
        return -wide, wide
    sort_first(near, count)
    low = int(np.floor(tail * (count - 1)))
    return min(0.0, near[low]), max(0.0, near[count - 1 - low])


@njit(cache=True)
def _best_settings(
    y: Floats, first: int, season: int, how: Floats, horizon: int, methods: int, errors: Floats
) -> tuple[Ints, Floats]:
    """For each method the row of its best setting (-1 none) and that setting's error; all its errors go to `errors`."""
    row_of, least = np.full(methods, -1, np.int64), np.full(methods, np.inf)
    trial = np.empty_like(errors[0])
    for row in range(len(how)):
        method = int(how[row, 0])
        error = _backtest(y, first, season, how[row], horizon, trial)
        if error < least[method]:
            row_of[method], least[method] = row, error
            for origin in range(trial.shape[0]):
                for h in range(horizon):
                    errors[method, origin, h] = trial[origin, h]
    return row_of, least


@njit(cache=True)
def _three_best(least: Floats) -> Ints:
    """The methods with the least errors, best first."""
    found = np.full(3, -1, np.int64)
    for place in range(3):
        for method in range(len(least)):
            taken = method == found[0] or method == found[1]
            if not taken and (found[place] < 0 or least[method] < least[found[place]]):
                found[place] = method
    return found


@njit(cache=True)
def _join(errors: Floats, three: Ints, into: int) -> int:
    """Writes the mean of three methods' errors as method `into`; returns how many are known."""
    known = 0
    for row in range(errors.shape[1]):
        for h in range(errors.shape[2]):
            total = errors[three[0], row, h] + errors[three[1], row, h] + errors[three[2], row, h]
            errors[into, row, h] = total / 3.0
            known += 0 if np.isnan(total) else 1
    return known


@njit(cache=True)
def _fair_tail(y: Floats, first: int, tail: float) -> float:
    """The tail of the judged periods that a new one falls into with chance `tail`; 0 where none is known."""
    judged = 0.0
    for t in range(first, len(y)):
        judged += 0.0 if np.isnan(y[t]) else 1.0
    return max(0.0, 1.0 - (1.0 - tail) * (judged + 1.0) / judged) if judged > 0.0 else 0.0


@njit(cache=True)
def choose(
    series: Floats, horizon: int, season: int, origins: int, margin: float, tail: float, how: Floats, methods: int
) -> tuple[Floats, Floats, Floats, Ints, Floats, Ints]:
    """The arrays of forecast.Forecasts; method number `methods` is the mean of the three best."""
    count, length = series.shape
    middle, low, high = np.zeros((count, horizon)), np.zeros((count, horizon)), np.zeros((count, horizon))
    method, ratio, seen_errors = np.zeros(count, np.int64), np.full(count, np.nan), np.zeros(count, np.int64)
    out = np.empty(horizon)
    for one in range(count):
        y = series[one]
        begin = 0
        while begin < length and np.isnan(y[begin]):
            begin += 1
        y = y[begin:]
        first = max(len(y) - origins, min(season, len(y) // 2), 1)
        errors = np.full((methods + 1, max(len(y) - first, 0), horizon), np.nan)
        row_of, least = _best_settings(y, first, season, how, horizon, methods, errors)
        three = _three_best(least)
        known = _join(errors, three, methods)
        together, naive, chosen = _mean_error(errors[methods]), least[0], three[0]
        if together <= least[chosen]:
            chosen = methods
        winner = together if chosen == methods else least[chosen]
        if not winner < naive * (1.0 - margin):
            chosen, winner = 0, naive
        mixed = three if chosen == methods else np.full(1, chosen, np.int64)
        for part in mixed:
            ahead(y, len(y), season, how[max(row_of[part], 0)], out)
            for h in range(horizon):
                middle[one, h] += out[h] / len(mixed)
        method[one], seen_errors[one] = chosen, known
        if known > 0:
            ratio[one] = winner / naive if naive > 0.0 else 1.0
        told, fair = mixed if chosen == 0 else three, _fair_tail(y, first, tail)
        for h in range(horizon):
            below, above = _band(errors, told, h, fair, middle[one, h])
            low[one, h], high[one, h] = max(0.0, middle[one, h] + below), middle[one, h] + above
    return middle, low, high, method, ratio, seen_errors
