"""How many part lives a second, against a plain fit of one stratum at a time, and are they the same lives?

A seeded field of 10,000 strata x 100 months (1,000,000 grouped rows): Weibull lives, random censoring, late entries.
Ours fits all strata in one call, one core. The peer is what one would write otherwise: scipy.optimize.minimize (BFGS)
on the same grouped likelihood, vectorised over the rows of one stratum, on a sample of the strata in the same run.
Figures in CPU seconds.

Run: python benchmarks/learn_hazard.py
"""

from __future__ import annotations

import resource
import time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from smilecurve.solve.lives import Lives, grouped_lives
from smilecurve.solve.pooling import pooled_weibull
from smilecurve.solve.survival import fit_weibull

Floats = NDArray[np.float64]
STRATA, MONTHS, PEERS = 10_000, 100, 150


def field(seed: int = 7) -> tuple[Floats, ...]:
    """Age from, age to, entered, failed, censored and stratum of every row, and the true shapes and scales."""
    rng = np.random.default_rng(seed)
    shape, scale = rng.lognormal(np.log(1.5), 0.2, STRATA), rng.lognormal(np.log(160.0), 0.5, STRATA)
    edges = np.arange(MONTHS + 1.0)
    chance = -np.expm1(-np.diff((edges / scale[:, None]) ** shape[:, None], axis=1))
    inside = rng.integers(20, 400, STRATA).astype(np.int64)
    entered, failed, censored = (np.zeros((STRATA, MONTHS)) for _ in range(3))
    for month in range(MONTHS):
        inside = inside + rng.poisson(1.0, STRATA)
        down = rng.binomial(inside, chance[:, month])
        gone = inside - down if month == MONTHS - 1 else rng.binomial(inside - down, 0.02)
        entered[:, month], failed[:, month], censored[:, month] = inside, down, gone
        inside = inside - down - gone
    age = np.tile(edges[:-1], STRATA)
    stratum = np.repeat(np.arange(STRATA, dtype=np.float64), MONTHS)
    return age, age + 1.0, entered.ravel(), failed.ravel(), censored.ravel(), stratum, shape, scale


def peer(lives: Lives, stratum: int) -> tuple[float, float, float]:
    """One stratum by scipy: log scale, log shape, log-likelihood."""
    rows = slice(lives.offset[stratum], lives.offset[stratum + 1])
    entry, low, high, weight = lives.entry[rows], lives.lower[rows], lives.upper[rows], lives.weight[rows]
    down = np.isfinite(high)

    def loss(x: Floats) -> float:
        scale, shape = np.exp(x)
        at_entry, at_low = (entry / scale) ** shape, (low / scale) ** shape
        at_high = (np.where(down, high, low) / scale) ** shape
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(down, np.log(-np.expm1(-(at_high - at_low))), 0.0) - at_low + at_entry
        total = -float((weight * own).sum())
        return total if np.isfinite(total) else 1e12

    start = np.array([np.log((weight * (low - entry)).sum() / weight[down].sum()), 0.0])
    found = minimize(loss, start, method="BFGS")
    return float(found.x[0]), float(found.x[1]), -float(found.fun)


def main() -> None:
    age_from, age_to, entered, failed, censored, stratum, shape, _ = field()
    which = stratum.astype(np.int64)
    fit_weibull(grouped_lives(age_from[:200], age_to[:200], entered[:200], failed[:200], censored[:200]))
    began = time.process_time()
    lives = grouped_lives(age_from, age_to, entered, failed, censored, stratum=which, strata=STRATA)
    built = time.process_time()
    fits = fit_weibull(lives)
    fitted = time.process_time()
    print(f"{age_from.size:,} grouped rows, {STRATA:,} strata, {failed.sum():,.0f} failures")
    print(f"rows to lives        {built - began:8.2f} s CPU")
    print(f"fits                 {fitted - built:8.2f} s CPU   {STRATA / (fitted - built):10,.0f} fits a second")
    rate = STRATA / (fitted - began)
    print(f"both                 {fitted - began:8.2f} s CPU   {rate:10,.0f} fits a second")
    z = (fits.log_shape - np.log(shape)) / np.sqrt(fits.var_shape)
    left = fits.failures[~fits.settled]
    print(f"settled {fits.settled.mean():.2%} (the others have {left.max(initial=0):.0f} failures at most); ", end="")
    print(f"worst Newton decrement {fits.decrement[fits.settled].max():.1e}")
    print(f"log shape against the truth in standard errors: mean {np.nanmean(z):+.2f}, sd {np.nanstd(z):.2f}")

    sample = np.linspace(0, STRATA - 1, PEERS).astype(int)
    began = time.process_time()
    theirs = np.array([peer(lives, int(s)) for s in sample])
    spent = time.process_time() - began
    times = rate * spent / PEERS
    print(f"scipy, one by one    {spent:8.2f} s CPU   {PEERS / spent:10,.0f} fits a second   ours {times:,.0f} x")
    better = fits.loglik[sample] - theirs[:, 2]
    print(f"log-likelihood ours less theirs: least {better.min():+.1e}, most {better.max():+.1e}")

    few = grouped_lives(
        age_from[: 50_000], age_to[: 50_000], entered[: 50_000], failed[: 50_000], censored[: 50_000],
        stratum=which[: 50_000],
    )  # fmt: skip
    pooled_weibull(few, np.arange(few.strata) // 10)
    began = time.process_time()
    pooled_weibull(few, np.arange(few.strata) // 10)
    spent = time.process_time() - began
    print(f"pooled by part       {spent:8.2f} s CPU   {few.strata / spent:10,.0f} lives a second, intervals and all")
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
