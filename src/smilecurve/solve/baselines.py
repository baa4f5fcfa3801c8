"""What is each of many event counts expected to do, how much does it vary by itself, and how sure is that?

Rates of one group follow a gamma law learnt from the group (empirical Bayes), so that a stratum with little history
borrows from its group and its baseline is as unsure as it is. Weekly counts vary more than Poisson, and neighbouring
weeks hang together; both are learnt by moments, pooled by group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Baseline", "excess_variation", "gamma_baseline", "learn", "week_echo"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS = 30


def gamma_baseline(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    most: float = 1e4,
    weight: npt.ArrayLike = 1.0,
) -> tuple[Floats, Floats]:
    """Gamma law (shape, rate) of the event rate in each group, one value a stratum, by moments (Marshall 1991).

    events, exposure: totals a stratum over its history. The spread between strata is taken one standard error high
    (of k strata with y events in all: sqrt(2 / k) k / y, relative to the squared mean), so that a few strata that
    happen to agree do not make the law surer than it is. Groups without events get shape 0.5 and the weight of their
    exposure. weight: of each stratum, 1 where it counts in full.

    Rates 0.1 and 0.3 around 0.2: squared variation 0.25, of which 0.05 is chance, and 0.05 of standard error; shape
    4.

    >>> shape, rate = gamma_baseline([10, 30], [100.0, 100.0], [0, 0])
    >>> (shape / rate).round(3).tolist(), shape.round(2).tolist()
    ([0.2, 0.2], [4.0, 4.0])
    """
    y, n, of = np.asarray(events, np.float64), np.asarray(exposure, np.float64), np.asarray(group, np.int64)
    groups, w = int(of.max(initial=-1)) + 1, np.broadcast_to(np.asarray(weight, np.float64), y.size)
    total_y, total_n = np.bincount(of, w * y, groups), np.bincount(of, w * n, groups)
    strata = np.bincount(of, w * (n > 0), groups)
    mean = np.divide(total_y, total_n, out=np.zeros(groups), where=total_n > 0)
    own = np.divide(y, n, out=np.zeros(y.size), where=n > 0)
    around = np.bincount(of, w * n * (own - mean[of]) ** 2, groups)
    safe_n = np.where(total_n > 0, total_n, 1.0)
    between = around / safe_n - mean * strata / safe_n
    error = np.sqrt(2.0 / np.maximum(strata, 1.0)) * strata / np.maximum(total_y, 1e-300)
    spread = np.maximum(np.divide(between, mean**2, out=np.zeros(groups), where=mean > 0), 0.0) + error
    shape = np.where(total_y > 0, np.clip(1.0 / np.maximum(spread, 1e-300), 0.2, most), 0.5)
    rate = np.where(total_y > 0, shape / np.where(mean > 0, mean, 1.0), np.maximum(total_n, 1e-9))
    return shape[of], rate[of]


def _live(events: Floats, exposure: Floats, group: Ints, immune: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The gamma law of each stratum's rate after its own events, where some strata may be immune: rate 0 for ever.

    A mixture of no events and a gamma law (Lambert 1992), by expectation and maximisation; a stratum without events
    gets the gamma law of the mean and variance of its mixture. A group without any event has no immune strata. What is
    alone in its group has nothing to borrow: its law tells no more than half an event.
    """
    ever = np.bincount(group, events)[group] > 0
    open_, strata = immune & ever & (events <= 0), np.bincount(group)[group]
    chance = np.where(open_, 0.5, 1.0)
    for _ in range(ROUNDS if open_.any() else 1):
        shape, rate = gamma_baseline(events, exposure, group, weight=chance)
        weaker = np.where(strata == 1, np.minimum(0.5 / shape, 1.0), 1.0)
        shape, rate = shape * weaker, rate * weaker
        share = np.bincount(group, chance)[group] / strata
        silent = share * (rate / (rate + exposure)) ** shape
        chance = np.where(open_, silent / np.maximum(silent + 1.0 - share, 1e-300), 1.0)
    spread = 1.0 + shape * (1.0 - chance)
    return (chance * shape + events) / spread, (rate + exposure) / spread


def excess_variation(
    events: npt.ArrayLike, exposure: npt.ArrayLike, group: npt.ArrayLike, *, trim: float = 0.02
) -> tuple[Floats, Floats]:
    """Excess of the weekly variance over Poisson, as 1 / size of a negative binomial, and its standard error.

    events, exposure: (strata, weeks). Moments around each stratum's own mean rate, pooled by group; the share `trim`
    of a group's strata that vary most is left out, for they may be the ones with a problem. A stratum whose own weeks
    tell enough is drawn away from its group towards its own value, as far as the spread between the strata of the
    group, above what chance makes, warrants. 0 where counts vary no more than Poisson.
    """
    y, n, of = np.asarray(events, np.float64), np.asarray(exposure, np.float64), np.asarray(group, np.int64)
    weeks = np.maximum((n > 0).sum(axis=1), 2)
    rate = y.sum(axis=1) / np.maximum(n.sum(axis=1), 1e-300)
    mean = rate[:, None] * n
    over = (((y - mean) ** 2).sum(axis=1) * weeks / (weeks - 1)) - y.sum(axis=1)
    base = (mean**2).sum(axis=1)
    found, error = np.zeros(y.shape[0]), np.zeros(y.shape[0])
    for rows in np.split(np.argsort(of, kind="stable"), np.flatnonzero(np.diff(np.sort(of))) + 1):
        some = rows[base[rows] > 0]
        if some.size == 0:
            continue
        cut = int(np.ceil(trim * some.size)) if some.size >= 10 else 0
        own = over[some] / base[some]
        kept = some[np.argsort(own)][: some.size - cut]
        pooled = max(float(over[kept].sum() / base[kept].sum()), 0.0)
        chance_of = (2.0 * (mean[some] + pooled * mean[some] ** 2) ** 2).sum(axis=1) / base[some] ** 2
        weight = 1.0 / chance_of
        spread = float((weight**2 * ((own - pooled) ** 2 - chance_of)).sum() / (weight**2).sum())
        spread = max(spread, 0.0)
        found[rows], error[rows] = pooled, np.sqrt(spread)
        towards = spread / (spread + chance_of)
        found[some] = np.clip(pooled + towards * (own - pooled), 0.3 * pooled, None)
        error[some] = np.sqrt(towards * chance_of)
    return found, error


def week_echo(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    inverse_size: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    most: float = 0.8,
) -> Floats:
    """Correlation of the excess variation of neighbouring weeks, 0 to `most`, one value a stratum, pooled by group.

    A bad week that is followed by another makes a month vary more than four weeks of chance would. Moments around each
    stratum's own mean rate, whose own uncertainty is taken out; 0 where it is within its standard error.
    """
    y, n, of = np.asarray(events, np.float64), np.asarray(exposure, np.float64), np.asarray(group, np.int64)
    excess = np.asarray(inverse_size, np.float64)
    mean = (y.sum(axis=1) / np.maximum(n.sum(axis=1), 1e-300))[:, None] * n
    off = y - mean
    var = mean + excess[:, None] * mean**2
    scaled, scale = off / np.maximum(var, 1e-300), mean / np.maximum(var, 1e-300)
    own_mean = (1.0 / np.maximum(var, 1e-300)).mean(axis=1)
    joint = (scaled[:, 1:] * scaled[:, :-1]).sum(axis=1) + np.where(mean.sum(axis=1) > 0, own_mean, 0.0)
    base = excess * (scale[:, 1:] * scale[:, :-1]).sum(axis=1)
    groups = int(of.max(initial=-1)) + 1
    top, bottom = np.bincount(of, joint, groups), np.bincount(of, base, groups)
    error = np.sqrt(np.bincount(of, ((scaled[:, 1:] * scaled[:, :-1]) ** 2).sum(axis=1), groups))
    found = np.divide(top, bottom, out=np.zeros(groups), where=(bottom > 0) & (top > error))
    return np.asarray(np.clip(found, 0.0, most))[of]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What each stratum is expected to do: gamma law of its rate, excess variation, delay law.

    shape, rate, inverse_size and its standard error `unsure`, echo (correlation of neighbouring weeks): one value a
    stratum; cdf: (laws, delays) share heard within d weeks; law: of each stratum.
    """

    shape: Floats
    rate: Floats
    inverse_size: Floats
    unsure: Floats
    echo: Floats
    cdf: Floats
    law: Ints

    def of(self, strata: Ints) -> Baseline:
        """The same of some strata, in the order given."""
        return Baseline(
            self.shape[strata], self.rate[strata], self.inverse_size[strata], self.unsure[strata],
            self.echo[strata], self.cdf, self.law[strata],
        )  # fmt: skip


def learn(
    known: npt.ArrayLike,
    exposure: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    cdf: npt.ArrayLike = ((1.0,),),
    law: npt.ArrayLike = 0,
    immune: npt.ArrayLike = False,
) -> Baseline:
    """The baseline of every stratum from its history.

    known, exposure: (strata, weeks): events heard of by the end of the history, and the exposure with its season;
    group: whose rates belong together; cdf, law: shares heard within d weeks, and which of them holds for a stratum.
    immune: strata that may never have an event at all, as many others of their group do not.
    A week that varies more than Poisson tells less: its events and exposure are divided by their variance over mean.
    """
    y, n = np.asarray(known, np.float64), np.asarray(exposure, np.float64)
    if y.shape != n.shape or y.ndim != 2:
        raise ValueError("events and exposure must be tables of strata by weeks of one size")
    if np.any(y < 0) or np.any(n < 0):
        raise ValueError("events and exposure must not be negative")
    shares, of = np.asarray(cdf, np.float64), np.broadcast_to(np.asarray(law, np.int64), y.shape[0])
    late = np.minimum(np.arange(y.shape[1])[::-1], shares.shape[1] - 1)
    seen = n * shares[:, late][of]
    excess, unsure = excess_variation(y, seen, group)
    usual = y.sum(axis=1) / np.maximum(seen.sum(axis=1), 1e-300)
    echo = week_echo(y, seen, excess, group)
    tells = 1.0 / (1.0 + (excess * (1.0 + echo) / (1.0 - echo) * usual)[:, None] * seen)
    events, lived = (y * tells).sum(axis=1), (seen * tells).sum(axis=1)
    may_be = np.broadcast_to(np.asarray(immune, np.bool_), y.shape[0])
    shape, rate = _live(events, lived, np.asarray(group, np.int64), may_be)
    return Baseline(shape, rate, excess, unsure, echo, np.ascontiguousarray(shares), of.copy())
