"""Where does the likelihood of a life fall off, and which shape do a group of strata share?

Compiled loops behind `solve.survival`: profile limits of the age at which a share has failed, of the share failed at
an age, and of the shape; and the shape that a group of strata shares.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._survival_kernels import MAX_STEPS, SHAPE_LIMIT, STEP_LIMIT, likelihood, posterior

VAGUE = 1.0  # precision of the vague normal law of a shared log shape around 0: keeps it finite, weighs next to nothing
LIFE, FAILED, SHAPE = 0, 1, 2
FARTHEST = 60.0  # a limit farther from the top than this, on the log scale, is none


@njit(cache=True, error_model="numpy")
def settle_scale(m, a, rows, first, last):  # type: ignore[no-untyped-def]
    """Best log scale at a given log shape, by Newton with halving: (m, log-likelihood and derivatives there)."""
    here = likelihood(m, a, rows, first, last)
    for _ in range(MAX_STEPS):
        curve = -here[3]
        step = here[1] / curve if curve > 0.0 else np.sign(here[1])
        if abs(here[1] * step) <= 1e-11 * (1.0 + abs(here[0])):
            break
        step = min(max(step, -4.0), 4.0)
        moved = False
        for _ in range(40):
            there = likelihood(m + step, a, rows, first, last)
            if there[0] > here[0]:
                m, here, moved = m + step, there, True
                break
            step *= 0.5
        if not moved:
            break
    return m, here


@njit(cache=True, error_model="numpy")
def held_scale(kind, at, value, a):  # type: ignore[no-untyped-def]
    """Log scale at log shape a with the asked quantity held at `value`, and its slope in a.

    LIFE: value is a log age, `at` the log cumulative hazard there; FAILED: `at` is a log age, value the log hazard.
    """
    if kind == LIFE:
        return value - at * np.exp(-a), at * np.exp(-a)
    return at - value * np.exp(-a), value * np.exp(-a)


@njit(cache=True, error_model="numpy")
def profile_at(kind, at, value, m, a, rows, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """Highest log-posterior with a quantity held at `value`, its slope in the value, and the (m, a) there."""
    if kind == SHAPE:
        m, there = settle_scale(m, value, rows, first, last)
        away = value - centre
        return there[0] - 0.5 * precision * away * away, there[2] - precision * away, m, value
    best, gm, slope = -np.inf, 0.0, 0.0
    step = 0.0
    for turn in range(MAX_STEPS):
        m, slope = held_scale(kind, at, value, a + step)
        v = posterior(m, a + step, rows, first, last, centre, precision)
        if turn > 0 and not v[0] > best:
            step *= 0.5
            if abs(step) < 1e-9:
                break
            continue
        gain = v[0] - best
        a, best, gm = a + step, v[0], v[1]
        if turn > 0 and gain < 1e-10 * (1.0 + abs(best)):
            break
        g = gm * slope + v[2]
        h = v[3] * slope * slope + 2.0 * v[4] * slope + v[5] - gm * slope
        step = -g / h if h < 0.0 else np.sign(g) * 0.5
        step = min(max(step, -STEP_LIMIT), STEP_LIMIT)
    return best, gm if kind == LIFE else -gm * np.exp(-a), m, a


@njit(cache=True, error_model="numpy")
def one_limit(kind, at, side, drop, top, begin, m, a, width, rows, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """The value at which the profile has fallen by `drop` below `top`, left (side -1) or right (side +1) of `begin`.

    Newton on the root of twice the fall, which is nearly straight, kept inside the bracket that has been seen.
    """
    goal = np.sqrt(2.0 * drop)
    inside, outside = begin, side * np.inf
    value = begin + side * goal * width
    for _ in range(80):
        best, slope, m, a = profile_at(kind, at, value, m, a, rows, first, last, centre, precision)
        fall = np.sqrt(2.0 * max(top - best, 0.0)) if best > -np.inf else np.inf
        if fall < goal:
            inside = value
        else:
            outside = value
        if abs(fall - goal) < 1e-7 or abs(outside - inside) < 1e-9:
            return value
        if abs(inside - begin) > FARTHEST:
            return side * np.inf
        rise = -side * slope / fall if 0.0 < fall < np.inf else 0.0
        there = value + side * (goal - fall) / rise if rise > 0.0 else side * np.inf
        if abs(outside) == np.inf:
            most = value + side * max(2.0 * abs(value - begin), 4.0 * width)
            value = there if rise > 0.0 and side * (there - value) > 0.0 and side * (most - there) > 0.0 else most
        elif side * (there - inside) > 0.0 and side * (outside - there) > 0.0:
            value = there
        else:
            value = 0.5 * (inside + outside)
    return value


@njit(cache=True, error_model="numpy")
def limits_all(kind, at, offset, rows, fits, width, chosen, drop, centre, precision):  # type: ignore[no-untyped-def]
    """Profile limits of a quantity for the chosen strata: columns low, high."""
    n = offset.size - 1
    out = np.full((n, 2), np.nan)
    for s in range(n):
        if not chosen[s]:
            continue
        m, a, top = fits[s, 0], fits[s, 1], fits[s, 2]
        begin = a
        if kind == LIFE:
            begin = m + at * np.exp(-a)
        elif kind == FAILED:
            begin = np.exp(a) * (at - m)
        for k in range(2):
            out[s, k] = one_limit(
                kind, at, 2.0 * k - 1.0, drop, top, begin, m, a, width[s], rows,
                offset[s], offset[s + 1], centre[s], precision[s],
            )  # fmt: skip
    return out


@njit(cache=True, error_model="numpy")
def common_shape(offset, rows, members, bounds, start, first_shape):  # type: ignore[no-untyped-def]
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
                trial[s], v = settle_scale(scale[s], shape, rows, offset[s], offset[s + 1])
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
