"""Which of many event counts have begun to run above their own baseline, and since when?

Every stratum's weekly counts are Poisson with exposure times a rate; rates of one group follow a gamma law learnt
from the group (empirical Bayes), so that a stratum with little history borrows from its group. A rise by a ratio r
from week j on has a likelihood ratio in closed form, the rate integrated out. Its sum over the starts j is an
e-detector of the Shiryaev-Roberts kind (Shin, Ramdas & Rinaldo, "E-detectors", New England Journal of Statistics in
Data Science 2, 2023): with an alarm when it passes A, the mean time to a false alarm is at least A weeks, whatever
the rate. That inequality is the proof. Counts that vary more than Poisson from week to week are tempered by their
variance-to-mean ratio (1 + mean / size), for which the bound holds by simulation, not by theorem.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "WEEKS_A_YEAR",
    "alarm_level",
    "discoveries",
    "drift",
    "excess_variation",
    "gamma_baseline",
    "rise_evidence",
    "rise_week",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEEKS_A_YEAR = 365.25 / 7.0
RATIOS = (1.5, 2.0, 3.0, 5.0, 10.0)


def alarm_level(false_alarms: float, strata_years: float = 1e5) -> float:
    """Level A at which at most `false_alarms` are raised in `strata_years` of strata without any change.

    100 in 100,000 strata-years: one in 1,000 years of a stratum = 52,179 weeks.

    >>> round(alarm_level(100.0))
    52179
    """
    return WEEKS_A_YEAR * strata_years / false_alarms


def gamma_baseline(
    events: npt.ArrayLike, exposure: npt.ArrayLike, group: npt.ArrayLike, *, most: float = 1e4
) -> tuple[Floats, Floats]:
    """Gamma law (shape, rate) of the event rate in each group, one value a stratum, by moments (Marshall 1991).

    events, exposure: totals a stratum over its history. The spread between strata is taken one standard error high
    (of k strata with y events in all: sqrt(2 / k) k / y, relative to the squared mean), so that a few strata that
    happen to agree do not make the law surer than it is. Groups without events get shape 0.5 and the weight of their
    exposure.

    Rates 0.1 and 0.3 around 0.2: squared variation 0.25, of which 0.05 is chance, and 0.05 of standard error; shape
    4.

    >>> shape, rate = gamma_baseline([10, 30], [100.0, 100.0], [0, 0])
    >>> (shape / rate).round(3).tolist(), shape.round(2).tolist()
    ([0.2, 0.2], [4.0, 4.0])
    """
    y, n, of = np.asarray(events, np.float64), np.asarray(exposure, np.float64), np.asarray(group, np.int64)
    groups = int(of.max(initial=-1)) + 1
    total_y, total_n = np.bincount(of, y, groups), np.bincount(of, n, groups)
    strata = np.bincount(of, n > 0, groups)
    mean = np.divide(total_y, total_n, out=np.zeros(groups), where=total_n > 0)
    own = np.divide(y, n, out=np.zeros(y.size), where=n > 0)
    around = np.bincount(of, n * (own - mean[of]) ** 2, groups)
    safe_n = np.where(total_n > 0, total_n, 1.0)
    between = around / safe_n - mean * strata / safe_n
    error = np.sqrt(2.0 / np.maximum(strata, 1)) * strata / np.maximum(total_y, 1e-300)
    spread = np.maximum(np.divide(between, mean**2, out=np.zeros(groups), where=mean > 0), 0.0) + error
    shape = np.where(total_y > 0, np.clip(1.0 / np.maximum(spread, 1e-300), 0.2, most), 0.5)
    rate = np.where(total_y > 0, shape / np.where(mean > 0, mean, 1.0), np.maximum(total_n, 1e-9))
    return shape[of], rate[of]


def excess_variation(
    events: npt.ArrayLike, exposure: npt.ArrayLike, group: npt.ArrayLike, *, trim: float = 0.02
) -> Floats:
    """Excess of the weekly variance over Poisson, as 1 / size of a negative binomial, by group; one value a stratum.

    events, exposure: (strata, weeks). Moments around each stratum's own mean rate; the share `trim` of a group's
    strata that vary most is left out, for they may be the ones with a problem. 0 where counts vary no more than
    Poisson.
    """
    y, n, of = np.asarray(events, np.float64), np.asarray(exposure, np.float64), np.asarray(group, np.int64)
    weeks = np.maximum((n > 0).sum(axis=1), 2)
    rate = y.sum(axis=1) / np.maximum(n.sum(axis=1), 1e-300)
    mean = rate[:, None] * n
    over = (((y - mean) ** 2).sum(axis=1) * weeks / (weeks - 1)) - y.sum(axis=1)
    base = (mean**2).sum(axis=1)
    found = np.zeros(y.shape[0])
    for g in np.unique(of):
        rows = np.flatnonzero((of == g) & (base > 0))
        if rows.size == 0:
            continue
        cut = int(np.ceil(trim * rows.size)) if rows.size >= 10 else 0
        kept = rows[np.argsort(over[rows] / base[rows])][: rows.size - cut]
        found[of == g] = max(float(over[kept].sum() / base[kept].sum()), 0.0)
    return found


def drift(events: npt.ArrayLike, exposure: npt.ArrayLike, group: npt.ArrayLike, *, most: float = 0.02) -> Floats:
    """Slow growth of each group's event rate a week, as a log slope from 0 to `most`; one value a stratum.

    events, exposure: (strata, weeks) of the history. A fleet that grows older fails more often each month without any
    new problem. The slope is the Poisson maximum likelihood of a log-linear trend (four Newton steps from none),
    drawn towards 0 by its own uncertainty (1 - 1/z^2).
    """
    y, n, of = np.asarray(events, np.float64), np.asarray(exposure, np.float64), np.asarray(group, np.int64)
    groups, weeks = int(of.max(initial=-1)) + 1, y.shape[1]
    total_y, total_n = np.zeros((groups, weeks)), np.zeros((groups, weeks))
    np.add.at(total_y, of, y)
    np.add.at(total_n, of, n)
    slope = np.zeros(groups)
    z = np.zeros(groups)
    week = np.arange(weeks, dtype=np.float64)
    for _ in range(4):
        lift = total_n * np.exp(slope[:, None] * week)
        lift /= np.maximum(lift.sum(axis=1, keepdims=True), 1e-300)
        centre = (lift * week).sum(axis=1)
        variance = total_y.sum(axis=1) * (lift * (week - centre[:, None]) ** 2).sum(axis=1)
        score = (total_y * (week - centre[:, None])).sum(axis=1)
        step = np.divide(score, variance, out=np.zeros(groups), where=variance > 0)
        slope = np.clip(slope + step, -most, most)
        z = slope * np.sqrt(variance)
    keep = np.maximum(1.0 - 1.0 / np.maximum(z**2, 1e-300), 0.0)
    return np.asarray(np.maximum(slope, 0.0) * keep, np.float64)[of]


def rise_evidence(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    shape: npt.ArrayLike,
    rate: npt.ArrayLike,
    *,
    inverse_size: npt.ArrayLike = 0.0,
    window: int = 26,
    weeks: int = 1,
    least: float = 3.0,
    ratios: tuple[float, ...] = RATIOS,
) -> Floats:
    """The e-detector of each stratum in the last `weeks` weeks; an alarm is a value above `alarm_level`.

    events, exposure: (strata, weeks in order); shape, rate: gamma law of the baseline; inverse_size:
    `excess_variation`; window: longest time a rise is followed; least: events a window needs to count.
    """
    from smilecurve.solve import _detection_kernels as kernels

    y = np.ascontiguousarray(events, np.float64)
    n = np.ascontiguousarray(exposure, np.float64)
    if y.shape != n.shape or y.ndim != 2:
        raise ValueError("events and exposure must be tables of strata by weeks of one size")
    if np.any(y < 0) or np.any(n < 0):
        raise ValueError("events and exposure must not be negative")
    strata, last = y.shape
    a, b, k = (np.broadcast_to(np.asarray(v, np.float64), strata).copy() for v in (shape, rate, inverse_size))
    found: Floats = kernels.evidence(
        y, n, a, b, k, np.asarray(ratios, np.float64), window, max(last - weeks, 0), float(least)
    )
    return found


def rise_week(events: npt.ArrayLike, exposure: npt.ArrayLike, *, last: int = 10**9) -> tuple[Ints, Floats]:
    """Week each stratum's rate most likely rose, -1 if it never ran higher, and the log-likelihood ratio of the step.

    The step maximises the likelihood of two constant rates. One event in four weeks, then two a week:

    >>> week, gain = rise_week([[0, 1, 0, 0, 2, 2]], [[1.0] * 6])
    >>> int(week[0]), round(float(gain[0]), 2)
    (4, 2.3)
    """
    from smilecurve.solve import _detection_kernels as kernels

    week, gain = kernels.change_points(
        np.ascontiguousarray(events, np.float64), np.ascontiguousarray(exposure, np.float64), last
    )
    return week, gain


def discoveries(
    evidence: npt.ArrayLike, share: float, *, eligible: npt.ArrayLike | None = None
) -> npt.NDArray[np.bool_]:
    """Which e-values to report so that at most `share` of the reported are false on average, however they depend.

    The e-BH rule (Wang & Ramdas 2022): the k largest among the n eligible, with the k-th at least n / (k share).
    Strata that already have an open issue are not eligible: they neither alarm again nor use up the allowance.

    >>> discoveries([100.0, 45.0, 3.0, 0.1], 0.1).tolist()
    [True, True, False, False]
    """
    e = np.asarray(evidence, np.float64)
    open_to = np.ones(e.size, bool) if eligible is None else np.asarray(eligible, bool)
    index = np.flatnonzero(open_to)
    order = index[np.argsort(-e[index], kind="stable")]
    rank = np.arange(1, order.size + 1)
    passed = np.flatnonzero(e[order] >= order.size / (rank * share))
    found = np.zeros(e.size, bool)
    if passed.size:
        found[order[: passed[-1] + 1]] = True
    return found
