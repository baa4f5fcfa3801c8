"""Which shape and scale make the observed lives likeliest, in each of many strata?

Compiled loops behind `solve.survival`. One row is `weight` units of one stratum, known from age `entry` on (left
truncation) and failed between `lower` and `upper`: equal = exact, `upper` infinite = still alive at `lower`. Ages
come as natural logarithms (age 0 = -inf), so that the cumulative hazard is exp(shape * (log age - log scale)).
"""

from __future__ import annotations

import numpy as np
from numba import njit

MAX_STEPS = 200
STEP_LIMIT = 1.0
SHAPE_LIMIT = 6.0  # a log shape beyond +-6 (shape 400) means that the likelihood has no top


@njit(cache=True, error_model="numpy")
def hazard_and_slopes(age, m, a, b):  # type: ignore[no-untyped-def]
    """Cumulative hazard at log age, with its slopes in log scale m and log shape a (b = exp(a))."""
    if age == -np.inf:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    z = b * (age - m)
    h = np.exp(z)
    return h, -b * h, z * h, b * b * h, -b * h * (1.0 + z), z * (1.0 + z) * h


@njit(cache=True, error_model="numpy")
def likelihood(m, a, entry, lower, upper, weight, first, last):  # type: ignore[no-untyped-def]
    """Log-likelihood, score (m, a) and second derivatives (mm, ma, aa) of the rows first..last-1."""
    b = np.exp(a)
    ll = gm = ga = hmm = hma = haa = 0.0
    for i in range(first, last):
        w = weight[i]
        if w == 0.0:
            continue
        h, h_m, h_a, h_mm, h_ma, h_aa = hazard_and_slopes(lower[i], m, a, b)
        one, one_m, one_a, one_mm, one_ma, one_aa = -h, -h_m, -h_a, -h_mm, -h_ma, -h_aa
        if upper[i] == lower[i]:
            z = b * (lower[i] - m)
            one += a - lower[i] + z
            one_m -= b
            one_a += 1.0 + z
            one_ma -= b
            one_aa += z
        elif upper[i] < np.inf:
            u, u_m, u_a, u_mm, u_ma, u_aa = hazard_and_slopes(upper[i], m, a, b)
            d, d_m, d_a = u - h, u_m - h_m, u_a - h_a
            p = -np.expm1(-d)
            if not p > 0.0:
                return -np.inf, 0.0, 0.0, 0.0, 0.0, 0.0
            q = np.exp(-d) / p
            one += np.log(p)
            one_m += q * d_m
            one_a += q * d_a
            one_mm += q * (u_mm - h_mm) - q * (1.0 + q) * d_m * d_m
            one_ma += q * (u_ma - h_ma) - q * (1.0 + q) * d_m * d_a
            one_aa += q * (u_aa - h_aa) - q * (1.0 + q) * d_a * d_a
        if entry[i] > -np.inf:
            e, e_m, e_a, e_mm, e_ma, e_aa = hazard_and_slopes(entry[i], m, a, b)
            one, one_m, one_a = one + e, one_m + e_m, one_a + e_a
            one_mm, one_ma, one_aa = one_mm + e_mm, one_ma + e_ma, one_aa + e_aa
        ll += w * one
        gm += w * one_m
        ga += w * one_a
        hmm += w * one_mm
        hma += w * one_ma
        haa += w * one_aa
    if not np.isfinite(ll):
        return -np.inf, 0.0, 0.0, 0.0, 0.0, 0.0
    return ll, gm, ga, hmm, hma, haa


@njit(cache=True, error_model="numpy")
def posterior(m, a, entry, lower, upper, weight, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """Log-likelihood plus the normal prior on the log shape, with its derivatives."""
    ll, gm, ga, hmm, hma, haa = likelihood(m, a, entry, lower, upper, weight, first, last)
    return (
        ll - 0.5 * precision * (a - centre) ** 2,
        gm,
        ga - precision * (a - centre),
        hmm,
        hma,
        haa - precision,
    )


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
def climb(m, a, entry, lower, upper, weight, first, last, centre, precision):  # type: ignore[no-untyped-def]
    """Newton with step halving from (m, a): the top, its derivatives, its decrement, steps taken, 1 if it settled."""
    here = posterior(m, a, entry, lower, upper, weight, first, last, centre, precision)
    decrement, settled, step = np.inf, 0, 0
    while step < MAX_STEPS:
        step += 1
        sm, sa, decrement, bent = uphill_step(here[1], here[2], here[3], here[4], here[5])
        tolerance = 1e-13 * (1.0 + abs(here[0]))
        if decrement <= tolerance and not bent:
            settled = 1
            break
        size = min(1.0, STEP_LIMIT / max(abs(sm) * 0.25, abs(sa), 1e-300))
        moved = False
        for _ in range(40):
            there = posterior(m + size * sm, a + size * sa, entry, lower, upper, weight, first, last, centre, precision)
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
def tallies(entry, lower, upper, weight, first, last):  # type: ignore[no-untyped-def]
    """Failures and time on test of the rows first..last-1 (failures counted at the middle of their interval)."""
    failed = 0.0
    exposed = 0.0
    for i in range(first, last):
        low = np.exp(lower[i])
        if upper[i] < np.inf:
            failed += weight[i]
            low = 0.5 * (low + np.exp(upper[i]))
        exposed += weight[i] * max(low - np.exp(entry[i]), 0.0)
    return failed, exposed


@njit(cache=True, error_model="numpy")
def fit_all(offset, entry, lower, upper, weight, centre, precision):  # type: ignore[no-untyped-def]
    """Every stratum's top: columns m, a, ll, hmm, hma, haa, decrement, steps, settled, failures, exposure."""
    n = offset.size - 1
    out = np.full((n, 11), np.nan)
    for s in range(n):
        first, last = offset[s], offset[s + 1]
        failed, exposed = tallies(entry, lower, upper, weight, first, last)
        out[s, 9], out[s, 10] = failed, exposed
        out[s, 8] = 0.0
        if failed <= 0.0 or exposed <= 0.0:
            continue
        a = centre[s] if precision[s] > 0.0 else 0.0
        m = start_scale(a, failed, entry, lower, upper, weight, first, last)
        m, a, here, decrement, step, settled = climb(
            m, a, entry, lower, upper, weight, first, last, centre[s], precision[s]
        )
        out[s, 0], out[s, 1], out[s, 2] = m, a, here[0]
        out[s, 3], out[s, 4], out[s, 5] = here[3], here[4], here[5]
        out[s, 6], out[s, 7], out[s, 8] = decrement, step, settled
    return out


@njit(cache=True, error_model="numpy")
def start_scale(a, failed, entry, lower, upper, weight, first, last):  # type: ignore[no-untyped-def]
    """Log scale at which the expected failures equal the observed ones, at log shape a (sum of H = failures)."""
    b = np.exp(a)
    top = -np.inf
    for i in range(first, last):
        top = max(top, lower[i])
        if upper[i] < np.inf:
            top = max(top, upper[i])
    power = 0.0
    for i in range(first, last):
        end = lower[i]
        if upper[i] < np.inf and upper[i] > lower[i]:
            end = np.log(0.5 * (np.exp(lower[i]) + np.exp(upper[i])))
        power += weight[i] * (np.exp(b * (end - top)) - np.exp(b * (entry[i] - top)))
    return top + np.log(max(power, 1e-300) / failed) / b
