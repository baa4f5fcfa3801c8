"""How strongly does each stratum, this week, speak for a rate that has risen?

Compiled loops behind `solve.detection`.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def tail_score(y, mean, size):  # type: ignore[no-untyped-def]
    """Normal score of P(Y >= y) for a negative binomial Y of this mean and size, y above the mean; saddlepoint."""
    tilt = np.log(y * (size + mean) / (mean * (size + y)))
    deviance = y * tilt - size * np.log((size + y) / (size + mean))
    if deviance <= 0.0:
        return 0.0
    r = np.sqrt(2.0 * deviance)
    u = (1.0 - mean * (size + y) / (y * (size + mean))) * np.sqrt(y + y * y / size)
    return r + np.log(u / r) / r


@njit(cache=True, error_model="numpy")
def step(  # type: ignore[no-untyped-def]
    heard,
    exposure,
    week,
    known,
    lived,
    shape,
    rate,
    inverse_size,
    echo,
    cdf,
    law,
    opened,
    windows,
    ratio,
    total,
    best,
    age,
):
    """Take in one week: `heard` (strata, delays) and the exposure of the week; write what every stratum shows.

    known, lived: rings of the events heard so far and the exposure, by week of the event; shape, rate: gamma law of
    the baseline, which takes in the week that leaves the ring; echo: correlation of neighbouring weeks; opened: first
    week a window may hold; total: cumulative sum, carried on; best, age: highest tail score over the windows that end
    this week, and the weeks of that window.
    """
    strata, delays = heard.shape
    ring = known.shape[1]
    at = week % ring
    log_ratio = np.log(ratio)
    for s in range(strata):
        law_s = cdf[law[s]]
        if lived[s, at] > 0.0 and week - ring >= opened[s]:
            longer = (1.0 + echo[s]) / (1.0 - echo[s])
            info = 1.0 / (1.0 + inverse_size[s] * longer * shape[s] / rate[s] * lived[s, at])
            shape[s] += known[s, at] * info
            rate[s] += lived[s, at] * info
        known[s, at] = 0.0
        lived[s, at] = exposure[s]
        told = expected = before = 0.0
        place = at + 1
        for d in range(delays):
            place = place - 1 if place > 0 else ring - 1
            known[s, place] += heard[s, d]
            told += heard[s, d]
            expected += lived[s, place] * (law_s[d] - before)
            before = law_s[d]
        usual = shape[s] / rate[s]
        mean = usual * expected * (1.0 + 1.0 / np.sqrt(shape[s]))
        if mean > 0.0 and week >= opened[s]:
            size = 1.0 / max(inverse_size[s], 1e-6)
            gain = told * log_ratio - (told + size) * np.log((size + ratio * mean) / (size + mean))
            total[s] = max(0.0, total[s] + gain)
        else:
            total[s] = 0.0
        best[s], age[s] = highest(
            known[s],
            lived[s],
            law_s,
            at,
            week - opened[s] + 1,
            usual,
            1.0 / shape[s],
            inverse_size[s],
            echo[s],
            windows,
        )


@njit(cache=True, error_model="numpy")
def highest(known, lived, law, at, open_weeks, usual, unsure, excess, echo, windows):  # type: ignore[no-untyped-def]
    """Highest tail score over the windows that end this week, and the weeks of that window."""
    ring, last = known.size, law.size - 1
    y = mean = square = top = joint = 0.0
    chosen = w = 0
    place = at + 1
    for j in range(min(windows[-1], open_weeks)):
        place = place - 1 if place > 0 else ring - 1
        y += known[place]
        m = usual * lived[place] * law[min(j, last)]
        mean += m
        square += m * (m + 2.0 * joint)
        joint = echo * (joint + m)
        if j + 1 == windows[w]:
            w += 1
            if mean <= 0.0 or y <= mean:
                continue
            inverse = excess * square / (mean * mean) + unsure
            variance = mean + inverse * mean * mean
            if (y - mean) ** 2 > variance * max(1.0, 0.3 * top * top):
                z = tail_score(y, mean, 1.0 / inverse)
                if z > top:
                    top, chosen = z, j + 1
    return top, chosen


@njit(cache=True)
def quiet_reports(  # type: ignore[no-untyped-def]
    shape, rate, inverse_size, unsure, echo, exposure, cdf, law, weeks, lead, seed
):
    """Reports of strata that never change: (weeks, strata, delays); events begin `lead` weeks before the first week.

    Weeks vary by a lognormal factor, whose tail is the longer one, correlated from week to week; how much they vary is
    as unsure as the standard error of it says.
    """
    np.random.seed(seed)
    strata, delays = shape.size, cdf.shape[1]
    out = np.zeros((weeks, strata, delays), np.int32)
    for s in range(strata):
        usual = np.random.gamma(shape[s], 1.0) / rate[s] * exposure[s]
        excess = inverse_size[s]
        if excess > 1e-6 and unsure[s] > 1e-3 * excess:
            excess *= np.random.gamma((excess / unsure[s]) ** 2, (unsure[s] / excess) ** 2)
        wide = np.sqrt(np.log1p(excess))
        wave = np.random.normal()
        for e in range(-lead, weeks):
            wave = echo[s] * wave + np.sqrt(1.0 - echo[s] ** 2) * np.random.normal()
            for _ in range(np.random.poisson(usual * np.exp(wide * wave - 0.5 * wide**2))):
                draw, d = np.random.random(), 0
                while d < delays - 1 and draw > cdf[law[s], d]:
                    d += 1
                if 0 <= e + d < weeks:
                    out[e + d, s, d] += 1
    return out
