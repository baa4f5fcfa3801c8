"""Which shape and scale make the observed lives likeliest, in each of many strata?

Compiled loops behind `solve.survival`. One row is `weight` units of one stratum, known from age `entry` on (left
truncation) and failed between `lower` and `upper`: equal = exact, `upper` infinite = still alive at `lower`. Ages
come as natural logarithms (age 0 = -inf), so that the cumulative hazard is exp(shape * (log age - log scale)).
Columns of a row: entry, lower, upper, weight, share, alike. Where a start is not known, `alike` rows that follow each
other are one life seen from several possible starts, each with its `share`; everywhere else both are 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

ENTRY, LOWER, UPPER, WEIGHT, SHARE, ALIKE = range(6)
MAX_STEPS = 200
STEP_LIMIT = 1.0
SHAPE_LIMIT = 6.0  # a log shape beyond +-6 (shape 400) means that the likelihood has no top
NEVER = (-np.inf, 0.0, 0.0, 0.0, 0.0, 0.0)


@njit(cache=True, error_model="numpy")
def hazard_and_slopes(age, m, a, b):  # type: ignore[no-untyped-def]
    """Cumulative hazard at log age, with its slopes in log scale m and log shape a (b = exp(a))."""
    if age == -np.inf:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    z = b * (age - m)
    h = np.exp(z)
    return h, -b * h, z * h, b * b * h, -b * h * (1.0 + z), z * (1.0 + z) * h


@njit(cache=True, error_model="numpy")
def one_life(rows, i, m, a, b):  # type: ignore[no-untyped-def]
    """Log-likelihood of one unit of row i, its slopes (m, a) and second derivatives (mm, ma, aa)."""
    low, high, entry = rows[i, LOWER], rows[i, UPPER], rows[i, ENTRY]
    one, one_m, one_a, one_mm, one_ma, one_aa = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    h, h_m, h_a, h_mm, h_ma, h_aa = hazard_and_slopes(low, m, a, b)
    if high == low:
        z = b * (low - m)
        one, one_m, one_a, one_ma, one_aa = a - low + z, -b, 1.0 + z, -b, z
    elif high < np.inf:
        u, u_m, u_a, u_mm, u_ma, u_aa = hazard_and_slopes(high, m, a, b)
        d, d_m, d_a = u - h, u_m - h_m, u_a - h_a
        p = -np.expm1(-d)
        if not p > 0.0:
            return NEVER
        q = (1.0 - p) / p
        one, one_m, one_a = np.log(p), q * d_m, q * d_a
        one_mm = q * (u_mm - h_mm) - q * (1.0 + q) * d_m * d_m
        one_ma = q * (u_ma - h_ma) - q * (1.0 + q) * d_m * d_a
        one_aa = q * (u_aa - h_aa) - q * (1.0 + q) * d_a * d_a
    if entry == low:
        return one, one_m, one_a, one_mm, one_ma, one_aa
    if entry > -np.inf:
        e, e_m, e_a, e_mm, e_ma, e_aa = hazard_and_slopes(entry, m, a, b)
        h, h_m, h_a, h_mm, h_ma, h_aa = h - e, h_m - e_m, h_a - e_a, h_mm - e_mm, h_ma - e_ma, h_aa - e_aa
    return one - h, one_m - h_m, one_a - h_a, one_mm - h_mm, one_ma - h_ma, one_aa - h_aa


@njit(cache=True, error_model="numpy")
def one_of_several(rows, i, count, m, a, b):  # type: ignore[no-untyped-def]
    """The same for one life seen from `count` possible starts: the logarithm of the mean of their likelihoods."""
    top = -np.inf
    total = gm = ga = hmm = hma = haa = 0.0
    for j in range(i, i + count):
        one = one_life(rows, j, m, a, b)
        value = one[0] + np.log(rows[j, SHARE])
        if not value > -np.inf:
            continue
        if value > top:
            fade = np.exp(top - value)
            total, gm, ga, hmm, hma, haa = total * fade, gm * fade, ga * fade, hmm * fade, hma * fade, haa * fade
            top = value
        p = np.exp(value - top)
        total += p
        gm += p * one[1]
        ga += p * one[2]
        hmm += p * (one[3] + one[1] * one[1])
        hma += p * (one[4] + one[1] * one[2])
        haa += p * (one[5] + one[2] * one[2])
    if not total > 0.0:
        return NEVER
    gm, ga = gm / total, ga / total
    return top + np.log(total), gm, ga, hmm / total - gm * gm, hma / total - gm * ga, haa / total - ga * ga


@njit(cache=True, error_model="numpy")
def likelihood(m, a, rows, first, last):  # type: ignore[no-untyped-def]
    """Log-likelihood, score (m, a) and second derivatives (mm, ma, aa) of the rows first..last-1."""
    b = np.exp(a)
    ll = gm = ga = hmm = hma = haa = 0.0
    i = first
    while i < last:
        w, count = rows[i, WEIGHT], int(rows[i, ALIKE])
        if w > 0.0:
            one = one_life(rows, i, m, a, b) if count == 1 else one_of_several(rows, i, count, m, a, b)
            ll += w * one[0]
            gm += w * one[1]
            ga += w * one[2]
            hmm += w * one[3]
            hma += w * one[4]
            haa += w * one[5]
        i += count
    if not np.isfinite(ll):
        return NEVER
    return ll, gm, ga, hmm, hma, haa


@njit(cache=True, error_model="numpy")
def posterior(m, a, rows, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """Log-likelihood plus the normal prior on the log shape, with its derivatives."""
    ll, gm, ga, hmm, hma, haa = likelihood(m, a, rows, first, last)
    away = a - centre
    return ll - 0.5 * precision * away * away, gm, ga - precision * away, hmm, hma, haa - precision


@njit(cache=True, error_model="numpy")
def uphill_step(gm, ga, hmm, hma, haa):  # type: ignore[no-untyped-def]
    """Newton's step, bent towards the gradient where the surface is not concave; and the Newton decrement."""
    imm, ima, iaa = -hmm, -hma, -haa
    ridge = 0.0
    for _ in range(60):
        det = (imm + ridge) * (iaa + ridge) - ima * ima
        if imm + ridge > 0.0 and det > 1e-14 * (imm + ridge) * (iaa + ridge) and iaa + ridge > 0.0:
            break
        ridge = max(2.0 * ridge, 1e-4 * (abs(imm) + abs(iaa)) + 1e-12)
    sm = ((iaa + ridge) * gm - ima * ga) / det
    sa = ((imm + ridge) * ga - ima * gm) / det
    return sm, sa, gm * sm + ga * sa, ridge > 0.0


@njit(cache=True, error_model="numpy")
def climb(m, a, rows, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """Newton with step halving from (m, a): the top, its derivatives, its decrement, steps taken, 1 if it settled.

    The last step is taken after the decrement says that it is too small to matter: it squares the distance to the top.
    """
    here = posterior(m, a, rows, first, last, centre, precision)
    decrement, settled, step = np.inf, 0, 0
    while step < MAX_STEPS:
        step += 1
        sm, sa, decrement, bent = uphill_step(here[1], here[2], here[3], here[4], here[5])
        tolerance = 1e-13 * (1.0 + abs(here[0]))
        if decrement <= tolerance and not bent:
            settled = 1
            there = posterior(m + sm, a + sa, rows, first, last, centre, precision)
            if there[0] >= here[0] - tolerance:
                m, a, here = m + sm, a + sa, there
                _, _, decrement, _ = uphill_step(here[1], here[2], here[3], here[4], here[5])
            break
        size = min(1.0, STEP_LIMIT / max(abs(sm) * 0.25, abs(sa), 1e-300))
        moved = False
        for _ in range(40):
            there = posterior(m + size * sm, a + size * sa, rows, first, last, centre, precision)
            if there[0] > here[0]:
                m, a, here, moved = m + size * sm, a + size * sa, there, True
                break
            size *= 0.5
        if abs(a) > SHAPE_LIMIT:
            break
        if not moved:
            settled = 1 if decrement <= 1e4 * tolerance and not bent else 0
            break
    return m, a, here, decrement, step, settled


@njit(cache=True, error_model="numpy")
def tallies(rows, first, last):  # type: ignore[no-untyped-def]
    """Failures and time on test of the rows first..last-1 (failures counted at the middle of their interval)."""
    failed = 0.0
    exposed = 0.0
    for i in range(first, last):
        low = np.exp(rows[i, LOWER])
        units = rows[i, WEIGHT] * rows[i, SHARE]
        if rows[i, UPPER] < np.inf:
            failed += units
            low = 0.5 * (low + np.exp(rows[i, UPPER]))
        exposed += units * max(low - np.exp(rows[i, ENTRY]), 0.0)
    return failed, exposed


@njit(cache=True, error_model="numpy")
def fit_all(offset, rows, centre, precision):  # type: ignore[no-untyped-def]
    """Every stratum's top: columns m, a, ll, hmm, hma, haa, decrement, steps, settled, failures, exposure."""
    n = offset.size - 1
    out = np.full((n, 11), np.nan)
    for s in range(n):
        first, last = offset[s], offset[s + 1]
        failed, exposed = tallies(rows, first, last)
        out[s, 9], out[s, 10] = failed, exposed
        out[s, 8] = 0.0
        if failed <= 0.0 or exposed <= 0.0:
            continue
        a = centre[s] if precision[s] > 0.0 else 0.0
        m = start_scale(a, failed, rows, first, last)
        m, a, here, decrement, step, settled = climb(m, a, rows, first, last, centre[s], precision[s])
        out[s, 0], out[s, 1], out[s, 2] = m, a, here[0]
        out[s, 3], out[s, 4], out[s, 5] = here[3], here[4], here[5]
        out[s, 6], out[s, 7], out[s, 8] = decrement, step, settled
    return out


@njit(cache=True, error_model="numpy")
def start_scale(a, failed, rows, first, last):  # type: ignore[no-untyped-def]
    """Log scale at which the expected failures equal the observed ones, at log shape a (sum of H = failures)."""
    b = np.exp(a)
    top = -np.inf
    for i in range(first, last):
        top = max(top, rows[i, LOWER])
        if rows[i, UPPER] < np.inf:
            top = max(top, rows[i, UPPER])
    power = 0.0
    for i in range(first, last):
        end = rows[i, LOWER]
        if rows[i, UPPER] < np.inf and rows[i, UPPER] > rows[i, LOWER]:
            end = np.log(0.5 * (np.exp(rows[i, LOWER]) + np.exp(rows[i, UPPER])))
        power += rows[i, WEIGHT] * rows[i, SHARE] * (np.exp(b * (end - top)) - np.exp(b * (rows[i, ENTRY] - top)))
    return top + np.log(max(power, 1e-300) / failed) / b
