"""Mixtures of gamma-Poisson laws over sparse series, compiled: one series at a time, every hypothesis of the grid.

A hypothesis is (keep, shape, pieces, lumps): each period keeps this share of what was known before and draws the rest
towards the law that all series share, a gamma of this shape and mean; a piece asked for brings others with it, so that
the variance of a total is `lumps` times that of single pieces.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from smilecurve.solve._echelon_kernels import opening

_SPARED = 1e-6


@njit(cache=True)
def log_chance(count, mean, variance):  # type: ignore[no-untyped-def]
    """Logarithm of the negative binomial chance of a count."""
    size = mean * mean / (variance - mean)
    found = size * math.log(mean / variance)
    if count > 0.0:
        found += math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1.0)
        found += count * math.log1p(-mean / variance)
    return found


@njit(cache=True)
def weigh_series(sold, span, first, grid, scores, means, variances):  # type: ignore[no-untyped-def]
    """Of every series under every hypothesis: log-likelihood of its past totals, a period; the law of the next total.

    Totals that begin before `first` or hold an unknown period are passed over; each counts by 1 / span, since they
    overlap.
    """
    periods = sold.shape[1]
    for series in range(len(sold)):
        row = sold[series]
        for h in range(len(grid)):
            keep, shape, pieces, lumps = grid[h]
            a, b, score = shape, shape / pieces, 0.0
            for t in range(periods + 1):
                mean = span * a / b
                variance = mean * lumps * (1.0 + 1e-6) + mean * mean / a
                if t >= first and t + span <= periods:
                    total = 0.0
                    for k in range(t, t + span):
                        total += row[k]
                    if not math.isnan(total):
                        score += log_chance(total, mean, variance)
                if t < periods:
                    a, b = keep * a + (1.0 - keep) * shape, keep * b + (1.0 - keep) * shape / pieces
                    if not math.isnan(row[t]):
                        a += row[t]
                        b += 1.0
            scores[series, h], means[series, h], variances[series, h] = score / span, mean, variance


@njit(cache=True)
def share_weights(scores, rounds, shares):  # type: ignore[no-untyped-def]
    """Weights of the hypotheses by series, `shares` being how common each is among all: expectation, maximisation."""
    weights = np.empty_like(scores)
    for _ in range(rounds):
        for series in range(len(scores)):
            top, total = scores[series].max(), 0.0
            for h in range(len(shares)):
                weights[series, h] = shares[h] * math.exp(scores[series, h] - top)
                total += weights[series, h]
            weights[series] /= total
        for h in range(len(shares)):
            shares[h] = weights[:, h].mean()
    return weights


@njit(cache=True)
def read_quantiles(weights, means, variances, levels, found):  # type: ignore[no-untyped-def]
    """Least counts whose chance of not being exceeded reaches each of the rising levels, of each series' mixture."""
    n, many = weights.shape
    start, p = np.zeros(many, dtype=np.int64), np.zeros(many)
    a, b = np.zeros(many), np.zeros(many)
    for series in range(n):
        whole = 0.0
        for h in range(many):
            p[h] = 0.0
            if weights[series, h] > _SPARED:
                whole += weights[series, h]
                start[h], p[h], a[h], b[h] = opening(means[series, h], variances[series, h])
        below, count, at = 0.0, 0, 0
        while at < len(levels):
            for h in range(many):
                if p[h] > 0.0 and count >= start[h]:
                    below += weights[series, h] / whole * p[h]
                    p[h] *= (a[h] + b[h] * count) / (count + 1.0)
            while at < len(levels) and below >= levels[at] - 1e-12:
                found[series, at] = count
                at += 1
            count += 1
            if count > 10_000_000:
                break
