"""Which of many event counts have begun to run above their own baseline, and since when?

The weekly events of a stratum are negative binomial around exposure times a rate (solve.baselines). Every week all
windows that end there are compared with what the baseline and the delay of reports let expect: a generalised likelihood
ratio on windows (Lai 1995; Hoehle & Paul 2008), each window's excess as the saddlepoint normal score of the negative
binomial tail that holds both the week-to-week variation and the doubt about the baseline. Beside it runs a negative
binomial CUSUM for rises that are slow. What scores quiet strata reach is found by parametric bootstrap: strata drawn
from the fitted baselines, watched by the same loops; tails beyond what was drawn follow an exponential law of the
excess (peaks over threshold). So a score becomes a p-value of the week, and the p-value at which so many quiet strata
of 100,000 raise an alarm in a year is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from smilecurve.solve.baselines import Baseline

__all__ = [
    "WEEKS_A_YEAR",
    "WINDOWS",
    "Alarms",
    "Tails",
    "Watch",
    "chance",
    "quiet_tails",
    "raise_alarms",
    "staleness",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WEEKS_A_YEAR = 365.25 / 7.0
WINDOWS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 18, 26)
CUSUM_RATIO = 2.0
CUSUM_SHARE = 0.2  # of the risk of a false alarm that the CUSUM may take
CLASSES = 12
DOUBT = 3.0  # p-values are tripled: two thirds of the risk are left for what the fitted law does not know


class Watch:
    """Strata watched week by week: `step` takes in what was heard in a week and returns the scores of that week.

    `opened`: first week a window may hold: the first week watched, or the week after a fix, so that an alarm that was
    repaired can be raised anew.
    """

    def __init__(self, baseline: Baseline, *, windows: tuple[int, ...] = WINDOWS, opened: npt.ArrayLike = 0) -> None:
        strata, delays = baseline.shape.size, baseline.cdf.shape[1]
        self.baseline = baseline
        self.week = 0
        self.windows = np.asarray(windows, np.int64)
        self.opened = np.broadcast_to(np.asarray(opened, np.int64), strata).copy()
        self._known = np.zeros((strata, max(windows[-1], delays)))
        self._lived = np.zeros_like(self._known)
        self._shape, self._rate = baseline.shape.copy(), baseline.rate.copy()
        self._total = np.zeros(strata)

    @property
    def usual(self) -> Floats:
        """The expected events a unit of exposure, as the baseline stands now."""
        return self._shape / self._rate

    @property
    def recent(self) -> Floats:
        """Events heard of so far that happened in the weeks a window may hold."""
        return np.asarray(self._known.sum(axis=1))

    def lead(self, exposure: npt.ArrayLike) -> None:
        """Exposure (strata, weeks) of the last weeks before the first one: their late reports are still to come."""
        for week in np.asarray(exposure, np.float64)[:, -self._lived.shape[1] + 1 :].T[::-1]:
            self.week -= 1
            self._lived[:, self.week % self._lived.shape[1]] = week
        self.week = 0

    def foretold(self) -> tuple[Floats, Floats]:
        """Reports the baseline lets expect of the last week, and their variation beyond chance as 1 / size."""
        b, ring = self.baseline, self._lived.shape[1]
        steps = np.diff(b.cdf, axis=1, prepend=0.0)[b.law]
        parts = np.stack([self._lived[:, (self.week - 1 - d) % ring] * steps[:, d] for d in range(steps.shape[1])])
        mean = parts.sum(axis=0) * self.usual
        square = (parts * self.usual) ** 2
        own = np.divide(square.sum(axis=0), mean**2, out=np.ones(mean.size), where=mean > 1e-100)
        return mean, b.inverse_size * own + 1.0 / self._shape

    def step(self, heard: npt.ArrayLike, exposure: npt.ArrayLike) -> tuple[Floats, Floats, Ints]:
        """Take in a week: heard (strata, delays), exposure (strata); best window score, CUSUM, weeks of that window."""
        from smilecurve.solve import _detection_kernels as kernels

        b = self.baseline
        best, age = np.zeros(b.shape.size), np.zeros(b.shape.size, np.int64)
        kernels.step(
            np.ascontiguousarray(heard, np.int32), np.ascontiguousarray(exposure, np.float64), self.week, self._known,
            self._lived, self._shape, self._rate, b.inverse_size, b.echo, b.cdf, b.law, self.opened, self.windows,
            CUSUM_RATIO, self._total, best, age,
        )  # fmt: skip
        self.week += 1
        return best, self._total.copy(), age


@dataclass(frozen=True, slots=True)
class Tails:
    """Tails of the scores of quiet strata, by class of expected events a week, and how often they alarm.

    edges: between classes, as logarithms; score, total: (classes, 2) value passed by 1 in 100 quiet weeks and the mean
    excess of half its square (or of itself) beyond; first: the same two of -log of the least p-value of a quiet stratum
    in `weeks` weeks, passed by 1 in 20.
    """

    edges: Floats
    score: Floats
    total: Floats
    first: tuple[float, float]
    weeks: int

    def level(self, false_alarms: float, strata_years: float = 1e5) -> float:
        """p-value of a week at which quiet strata raise so many first alarms in so many years."""
        share = min(false_alarms / strata_years * self.weeks / WEEKS_A_YEAR, FIRST)
        at, slope = self.first
        return float(np.exp(-(at + slope * np.log(FIRST / share))))

    def false_alarms(self, level: float, strata_years: float = 1e5) -> float:
        """First alarms of quiet strata in so many years, at this p-value of a week."""
        at, slope = self.first
        share = FIRST * np.exp(-max(-np.log(level) - at, 0.0) / slope)
        return float(share * strata_years * WEEKS_A_YEAR / self.weeks)


RARE, FIRST = 0.01, 0.05


def quiet_tails(
    baseline: Baseline, exposure: npt.ArrayLike, *, weeks: int = 52, paths: int = 12_000, seed: int = 1
) -> Tails:
    """Tails of quiet strata by parametric bootstrap: `paths` strata drawn from the baselines, watched for `weeks`.

    exposure: of a week, one value a stratum. The paths are spread evenly over the strata in order of expected events.
    """
    from smilecurve.solve import _detection_kernels as kernels

    n = np.asarray(exposure, np.float64)
    expected = baseline.shape / baseline.rate * n
    order = np.argsort(expected, kind="stable")
    taken = order[(np.arange(paths) * order.size) // paths]
    some = baseline.of(taken)
    delays = baseline.cdf.shape[1]
    heard = kernels.quiet_reports(
        some.shape, some.rate, some.inverse_size, some.unsure, some.echo, n[taken], some.cdf, some.law, weeks,
        delays - 1, seed,
    )  # fmt: skip
    watch = Watch(some)
    watch.lead(np.repeat(n[taken][:, None], delays, axis=1))
    scores = [watch.step(week, n[taken])[:2] for week in heard]
    score, total = (np.stack([s[k] for s in scores], axis=1) for k in (0, 1))
    of = expected[taken]
    edges = np.unique(np.quantile(_size(of), np.arange(1, CLASSES) / CLASSES))
    mine = np.searchsorted(edges, _size(of), side="right")
    tails = [np.empty((edges.size + 1, 2)), np.empty((edges.size + 1, 2))]
    for c in range(edges.size + 1):
        rows = mine == c
        for kept, values in zip(tails, (0.5 * score[rows] ** 2, total[rows]), strict=True):
            kept[c] = _peaks(values.ravel(), RARE) if rows.any() else (0.0, 1.0)
    found = Tails(edges, tails[0], tails[1], (0.0, 1.0), weeks)
    least = np.stack([chance(found, *s, of) for s in zip(score.T, total.T, strict=True)]).min(axis=0)
    return replace(found, first=_peaks(-np.log(least / DOUBT), FIRST))


def _size(expected: npt.ArrayLike) -> Floats:
    """Logarithm of the expected events, rounded, so that strata which expect the same fall into the same class."""
    return np.asarray(np.round(np.log(np.maximum(np.asarray(expected, np.float64), 1e-300)), 6), np.float64)


def _peaks(values: Floats, share: float) -> tuple[float, float]:
    """The value passed by this share, and the mean excess beyond it.

    At least 1, that of the exponential law which log-likelihood ratios of one window follow: few counts make values
    that cluster and would promise too short a tail.
    """
    at = float(np.quantile(values, 1.0 - share))
    beyond = values[values > at] - at
    return at, max(float(beyond.mean()) if beyond.size else 1.0, 1.0)


def chance(tails: Tails, score: npt.ArrayLike, total: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """p-value of each stratum's week: chance that a quiet one shows as much in its windows or in its CUSUM.

    expected: events a week, which says to which class a stratum belongs. Above 1 in 100 the values are rough bounds;
    all are tripled (DOUBT).
    """
    mine = np.searchsorted(tails.edges, _size(expected), side="right")
    found = np.ones(mine.size)
    for value, tail, part in (
        (0.5 * np.asarray(score, np.float64) ** 2, tails.score, 1.0 - CUSUM_SHARE),
        (np.asarray(total, np.float64), tails.total, CUSUM_SHARE),
    ):
        at, slope = tail[mine, 0], tail[mine, 1]
        p = np.where(value > 0, RARE * np.exp(-(value - at) / slope), 1.0)
        found = np.minimum(found, p / part)
    return DOUBT * found


@dataclass(slots=True)
class Alarms:
    """Which strata have an open issue, and since which week it was raised (-1: none)."""

    raised: Ints
    last: Ints

    @classmethod
    def none(cls, strata: int) -> Alarms:
        """No issue is open."""
        return cls(np.full(strata, -1), np.full(strata, -1))


def raise_alarms(
    alarms: Alarms,
    p: npt.ArrayLike,
    week: int,
    *,
    level: float = 1.0,
    share: float = 1.0,
    weight: npt.ArrayLike = 1.0,
    quiet_weeks: int = 26,
    others: int = 0,
) -> Flags:
    """Raise the new alarms of a week and note them in `alarms`; which strata they are.

    p: of each stratum in this week; level: highest p-value for an alarm; share: of false ones among the new alarms,
    held by Benjamini & Hochberg's rule (1995) over the strata without an open issue only: an open issue neither alarms
    again nor makes room for others. weight: severity, mean 1 or less: p-values are divided by it (Genovese, Roeder &
    Wasserman 2006), so that what endangers people alarms sooner. An issue closes when nothing passed for `quiet_weeks`.
    others: strata watched that are not listed, because nothing was heard of them.

    >>> open_issues = Alarms.none(4)
    >>> raise_alarms(open_issues, [1e-6, 0.02, 0.9, 0.9], 0, share=0.1).tolist()
    [True, True, False, False]
    >>> raise_alarms(open_issues, [1e-6, 0.5, 0.9, 0.04], 1, share=0.1).tolist()
    [False, False, False, True]
    """
    weighed = np.asarray(p, np.float64) / np.asarray(weight, np.float64)
    gone = (alarms.raised >= 0) & (week - alarms.last > quiet_weeks)
    alarms.raised[gone] = -1
    is_open = alarms.raised >= 0
    passes = weighed <= level
    if share < 1.0:
        free = int((~is_open).sum()) + others
        low = np.flatnonzero(~is_open & (weighed <= share))
        ranked = np.sort(weighed[low])
        good = np.flatnonzero(ranked <= share * np.arange(1, ranked.size + 1) / max(free, 1))
        limit = ranked[good[-1]] if good.size else -1.0
        new = ~is_open & passes & (weighed <= limit)
    else:
        new = ~is_open & passes
    alarms.raised[new] = week
    alarms.last[new | (is_open & passes)] = week
    return new


def staleness(watch: Watch, heard: npt.ArrayLike, quiet: npt.ArrayLike) -> tuple[float, float]:
    """Distance of the quiet strata's p-values from even, and the distance that chance may make (1 in 100).

    For the reports of the last week taken in (strata, delays). The p-value of a count is spread evenly over its step
    (Czado, Gneiting & Held 2009), so that those of a baseline that fits are even between 0 and 1, however small the
    counts. A distance above the limit says that the baseline is stale.
    """
    from scipy.stats import nbinom

    rows = np.asarray(quiet, bool)
    told = np.asarray(heard, np.float64).sum(axis=1)[rows]
    mean, inverse = (v[rows] for v in watch.foretold())
    some = mean > 1e-6
    told, mean, size = told[some], mean[some], 1.0 / np.maximum(inverse[some], 1e-6)
    if told.size < 20:
        return 0.0, 1.0
    chance_of = size / (size + mean)
    below, upto = nbinom.cdf(told - 1.0, size, chance_of), nbinom.cdf(told, size, chance_of)
    grid = np.linspace(0.05, 0.95, 19)
    inside = np.clip((grid[:, None] - below) / np.maximum(upto - below, 1e-12), 0.0, 1.0).mean(axis=1)
    return float(np.abs(inside - grid).max()), 0.02 + 1.63 / float(np.sqrt(told.size))
