"""How strongly does each stratum, each week, speak for a rate that has risen?

Compiled loops behind `solve.detection`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

HEAT = 1.5  # tempering of excess variation: set by simulation so that false alarms stay within the bound


@njit(cache=True, error_model="numpy")
def evidence(events, exposure, shape, rate, inverse_size, ratios, window, first, least):  # type: ignore[no-untyped-def]
    """The e-detector of every stratum and week from `first` on: (strata, weeks - first).

    The sum over the windows that end this week of the mean over `ratios` of the likelihood ratio "the rate rose by
    this ratio at the window's start" against "it never did", the rate itself integrated out over its gamma law.
    Windows with fewer than `least` events or without excess are left out, which can only lower the sum.
    """
    strata, weeks = events.shape
    out = np.zeros((strata, weeks - first))
    for s in range(strata):
        seen = np.zeros(weeks + 1)
        lived = np.zeros(weeks + 1)
        for t in range(weeks):
            seen[t + 1] = seen[t] + events[s, t]
            lived[t + 1] = lived[t] + exposure[s, t]
        for t in range(first, weeks):
            total = 0.0
            for start in range(t, max(t - window, 0), -1):
                y = seen[t + 1] - seen[start]
                if y < least:
                    continue
                n = lived[t + 1] - lived[start]
                mean = (shape[s] + seen[start]) / (rate[s] + lived[start])
                if y <= mean * n * (1.0 + 1e-9):
                    continue
                heat = 1.0 + HEAT * inverse_size[s] * mean * n / (t + 1 - start)
                a = shape[s] + (seen[start] + y) / heat
                b = rate[s] + lived[start] / heat
                total += mean_ratio(y / heat, n / heat, a, b, ratios)
            out[s, t - first] = total
    return out


@njit(cache=True, error_model="numpy")
def mean_ratio(y, n, a, b, ratios):  # type: ignore[no-untyped-def]
    """Mean over the ratios r of r**y * ((b + n) / (b + r n))**a."""
    total = 0.0
    share = n / (b + n)
    for r in ratios:
        total += np.exp(min(y * np.log(r) - a * np.log1p((r - 1.0) * share), 600.0))
    return total / ratios.size


@njit(cache=True, error_model="numpy")
def change_points(events, exposure, last):  # type: ignore[no-untyped-def]
    """Week at which each stratum's rate rose most likely, and the log-likelihood ratio of that step (0: no rise).

    Only starts of the last `last` weeks are looked at.
    """
    strata, weeks = events.shape
    week = np.full(strata, -1, np.int64)
    gain = np.zeros(strata)
    for s in range(strata):
        y_all = events[s].sum()
        n_all = exposure[s].sum()
        y = n = 0.0
        for start in range(weeks - 1, max(weeks - last, 1) - 1, -1):
            y += events[s, start]
            n += exposure[s, start]
            if y <= 0.0 or n <= 0.0 or n_all - n <= 0.0 or y / n <= (y_all - y) / (n_all - n):
                continue
            llr = y * np.log(y / n) - y_all * np.log(y_all / n_all)
            if y_all > y:
                llr += (y_all - y) * np.log((y_all - y) / (n_all - n))
            if llr > gain[s]:
                gain[s], week[s] = llr, start
    return week, gain
