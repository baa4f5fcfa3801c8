"""Where does the likelihood of a life, or of a shared shape, fall off?

Compiled loops behind `solve.survival`: profile limits of a life quantile, and the shape that a group of strata
shares.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._survival_kernels import MAX_STEPS, SHAPE_LIMIT, STEP_LIMIT, likelihood, posterior

VAGUE = 1.0  # precision of the vague normal law of a shared log shape around 0: keeps it finite, weighs next to nothing


@njit(cache=True, error_model="numpy")
def settle_scale(m, a, entry, lower, upper, weight, first, last):  # type: ignore[no-untyped-def]
    """Best log scale at a given log shape, by Newton with halving: (m, log-likelihood and derivatives there)."""
    here = likelihood(m, a, entry, lower, upper, weight, first, last)
    for _ in range(MAX_STEPS):
        curve = -here[3]
        step = here[1] / curve if curve > 0.0 else np.sign(here[1])
        if abs(here[1] * step) <= 1e-11 * (1.0 + abs(here[0])):
            break
        step = min(max(step, -4.0), 4.0)
        moved = False
        for _ in range(40):
            there = likelihood(m + step, a, entry, lower, upper, weight, first, last)
            if there[0] > here[0]:
                m, here, moved = m + step, there, True
                break
            step *= 0.5
        if not moved:
            break
    return m, here


@njit(cache=True, error_model="numpy")
def profile_at(quantile, level, a, entry, lower, upper, weight, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """Highest log-posterior with the life quantile held at exp(quantile): over the log shape alone, by Newton.

    `level` is log(-log(1 - share)); the log scale follows as quantile - level / shape.
    """
    best = -np.inf
    step = 0.0
    for turn in range(MAX_STEPS):
        b = np.exp(a + step)
        v = posterior(quantile - level / b, a + step, entry, lower, upper, weight, first, last, centre, precision)
        if turn > 0 and not v[0] > best:
            step *= 0.5
            if abs(step) < 1e-9:
                break
            continue
        gain = v[0] - best
        a, best = a + step, v[0]
        if turn > 0 and gain < 1e-10 * (1.0 + abs(best)):
            break
        slope = level / b
        g = v[1] * slope + v[2]
        h = v[3] * slope * slope + 2.0 * v[4] * slope + v[5] - v[1] * slope
        step = -g / h if h < 0.0 else np.sign(g) * 0.5
        step = min(max(step, -STEP_LIMIT), STEP_LIMIT)
    return best, a


@njit(cache=True, error_model="numpy")
def quantile_limit(side, drop, top, level, m, a, width, entry, lower, upper, weight, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """The log life at which the profile has fallen by `drop` below `top`, left (side -1) or right (side +1)."""
    q = m + level / np.exp(a)
    inside = q
    reach = max(width, 1e-6)
    outside = q + side * reach
    shape = a
    for _ in range(40):
        value, shape = profile_at(outside, level, shape, entry, lower, upper, weight, first, last, centre, precision)
        if value < top - drop:
            break
        inside = outside
        reach *= 1.6
        outside = outside + side * reach
        if abs(outside - q) > 60.0:
            return side * np.inf
    for _ in range(60):
        middle = 0.5 * (inside + outside)
        value, shape = profile_at(middle, level, shape, entry, lower, upper, weight, first, last, centre, precision)
        if value < top - drop:
            outside = middle
        else:
            inside = middle
        if abs(outside - inside) < 1e-7:
            break
    return 0.5 * (inside + outside)


@njit(cache=True, error_model="numpy")
def limits_all(offset, entry, lower, upper, weight, fits, width, chosen, level, drop, centre, precision):  # type: ignore[no-untyped-def]
    """Profile limits of the life quantile for the chosen strata: columns low, high (log life)."""
    n = offset.size - 1
    out = np.full((n, 2), np.nan)
    for s in range(n):
        if not chosen[s]:
            continue
        m, a = fits[s, 0], fits[s, 1]
        top = fits[s, 2]
        for k in range(2):
            side = -1.0 if k == 0 else 1.0
            out[s, k] = quantile_limit(
                side, drop, top, level, m, a, width[s], entry, lower, upper, weight,
                offset[s], offset[s + 1], centre[s], precision[s],
            )  # fmt: skip
    return out


@njit(cache=True, error_model="numpy")
def common_shape(offset, members, bounds, entry, lower, upper, weight, start, first_shape):  # type: ignore[no-untyped-def]
    """One log shape a group of strata shares, each stratum keeping its own scale: columns log shape, standard error.

    `members[bounds[g]:bounds[g+1]]` are the strata of group g with at least one failure. The scales are profiled out
    at every shape; the profile's slope is the sum of the strata's slopes there (envelope theorem).
    """
    groups = bounds.size - 1
    out = np.full((groups, 2), np.nan)
    scale = start.copy()
    trial = start.copy()
    for g in range(groups):
        if bounds[g] == bounds[g + 1]:
            continue
        vague = VAGUE if bounds[g + 1] - bounds[g] > 1 else 0.0
        a, best, step, slope, curve = first_shape[g], -np.inf, 0.0, 0.0, -1.0
        for turn in range(MAX_STEPS):
            shape = a + step
            value, new_slope, new_curve = -0.5 * vague * shape**2, -vague * shape, -vague
            for k in range(bounds[g], bounds[g + 1]):
                s = members[k]
                trial[s], v = settle_scale(scale[s], shape, entry, lower, upper, weight, offset[s], offset[s + 1])
                value += v[0]
                new_slope += v[2]
                new_curve += v[5] - (v[4] * v[4] / v[3] if v[3] < 0.0 else 0.0)
            if turn > 0 and not value > best:
                step *= 0.5
                if abs(step) < 1e-10:
                    break
                continue
            a, best, slope, curve = a + step, value, new_slope, new_curve
            for k in range(bounds[g], bounds[g + 1]):
                scale[members[k]] = trial[members[k]]
            step = -slope / curve if curve < 0.0 else np.sign(slope) * 0.5
            step = min(max(step, -STEP_LIMIT), STEP_LIMIT)
            if abs(slope * step) <= 1e-9 * (1.0 + abs(best)) * (curve < 0.0) or abs(a) > SHAPE_LIMIT:
                break
        out[g, 0] = a
        out[g, 1] = np.sqrt(-1.0 / curve) if curve < 0.0 else np.inf
    return out
