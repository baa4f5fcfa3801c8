"""How many weeks until a new problem is seen, and how many false alarms in 100,000 strata-years?

Seeded strata with gamma rates around a mean of 0.3 to 60 failures a week, two years of history, Poisson or with excess
variation (negative binomial, size 10 and 3). False alarms: strata without change, watched for ten years. Power: the
rate triples (or doubles) after the history. Our level allows 100 false alarms in 100,000 strata-years, set beforehand.
Beside it a u-chart (baseline of the stratum's own history) whose limit is set with hindsight, on the quiet strata
themselves, so that it raises just the 100 allowed.

Run: python benchmarks/learn_emerging.py
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.detection import (
    WEEKS_A_YEAR,
    alarm_level,
    excess_variation,
    gamma_baseline,
    rise_evidence,
)

Floats = NDArray[np.float64]
HISTORY, QUIET_WEEKS, FIND_WEEKS = 104, 521, 26
QUIET, RISING = 1_500, 1_000
LEVEL = alarm_level(100.0)


def counts(rng: np.random.Generator, strata: int, weeks: int, mean: float, size: float | None, ratio: float) -> Floats:
    """Weekly counts whose rate is `ratio` times as high after the history."""
    expected = np.repeat(rng.gamma(20.0, mean / 20.0, strata)[:, None], HISTORY + weeks, axis=1)
    expected[:, HISTORY:] *= ratio
    if size is not None:
        expected *= rng.gamma(size, 1.0 / size, expected.shape)
    return rng.poisson(expected).astype(np.float64)


def ours(y: Floats, weeks: int) -> NDArray[np.bool_]:
    n, group = np.ones_like(y), np.zeros(y.shape[0], np.int64)
    shape, rate = gamma_baseline(y[:, :HISTORY].sum(1), n[:, :HISTORY].sum(1), group)
    excess = excess_variation(y[:, :HISTORY], n[:, :HISTORY], group)
    return np.asarray(rise_evidence(y, n, shape, rate, inverse_size=excess, weeks=weeks) >= LEVEL)


def height(y: Floats, weeks: int) -> Floats:
    """Weekly counts in standard deviations above the mean of the stratum's own history: the u-chart."""
    mean = np.maximum(y[:, :HISTORY].mean(axis=1, keepdims=True), 0.5 / HISTORY)
    return np.asarray((y[:, -weeks:] - mean) / np.sqrt(mean))


def hindsight(quiet: Floats) -> float:
    """The limit at which the u-chart raises just the allowed false alarms on these strata."""
    allowed = max(int(quiet.shape[0] * QUIET_WEEKS / LEVEL), 1)
    return float(np.sort(height(quiet, QUIET_WEEKS).max(axis=1))[-allowed])


def power(hit: NDArray[np.bool_]) -> str:
    """Share found within 13 weeks and the median week, as text."""
    first = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, 99)
    median = np.median(first)
    return f"{(first <= 13).mean():9.1%} {'> 26' if median > FIND_WEEKS else f'{median:.0f}':>7}"


def main() -> None:
    began = time.process_time()
    heads = ("x3 in 13", "median", "x2 in 13", "median")
    print(f"{'a week':>7} {'size':>5} {'chart':>8} {'false/1e5 y':>12} " + " ".join(f"{h:>8}" for h in heads))
    years, watched = QUIET * QUIET_WEEKS / WEEKS_A_YEAR, 0.0
    for mean in (0.3, 2.0, 10.0, 60.0):
        for size in (None, 10.0, 3.0):
            rng = np.random.default_rng(int(mean * 10) * 100 + int(size or 0))
            quiet = counts(rng, QUIET, QUIET_WEEKS, mean, size, 1.0)
            rising = [counts(rng, RISING, FIND_WEEKS, mean, size, ratio) for ratio in (3.0, 2.0)]
            watched += years
            limit = hindsight(quiet)
            charts = {
                "ours": (ours(quiet, QUIET_WEEKS), [ours(y, FIND_WEEKS) for y in rising]),
                "u-chart": (height(quiet, QUIET_WEEKS) >= limit, [height(y, FIND_WEEKS) >= limit for y in rising]),
            }
            for name, (false, hits) in charts.items():
                rate = false.any(axis=1).sum() / years * 1e5
                print(f"{mean:7g} {size or '-':>5} {name:>8} {rate:12.0f} " + " ".join(power(hit) for hit in hits))
    print(f"{watched:,.0f} strata-years watched, {time.process_time() - began:.1f} s CPU")


if __name__ == "__main__":
    main()
