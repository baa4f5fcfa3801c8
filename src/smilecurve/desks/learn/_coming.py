"""What do the strata of the fleet have ahead of them, what came lately, and how late do we hear of it?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._exposure import AGES, Machines, Parts, level_strata, part_rates, part_shapes
from smilecurve.desks.learn._strata import days_of, floats, strata_of
from smilecurve.solve.baselines import Baseline

__all__ = ["Ahead", "adding_up", "lay_out", "learnt", "learnt_so_far"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Key = tuple[str, str, str]

DELAYS = 13
LEAST_REPORTS = 100


@dataclass(frozen=True, slots=True)
class Ahead:
    """Strata (level, part, market), their components weighted by the hazard of their age, and their reports.

    exposure, components: (strata, weeks + ahead), the exposure of markets and of all at the rate of the part, that of
    parts at a rate of 1, so that what a part showed is not told twice; covered: (parts, ahead) of them under warranty;
    told: (strata, weeks + 1, delays) by week of the failure, the week that runs at the end; cdf: (strata, delays) share
    heard within d weeks; begin: first week in days; left_out: failures of parts that no machine holds;
    more_than_shipped: cells with more failures than components. A market without a name is all others of its part.
    """

    keys: list[Key]
    parts: list[str]
    exposure: Floats
    components: Floats
    covered: Floats
    told: Floats
    cdf: Floats
    begin: int
    weeks: int
    left_out: float
    more_than_shipped: float

    @property
    def group(self) -> Ints:
        """Rates of one part's markets belong together, and so do those of all parts."""
        names = [k[1] if k[0] == "market" else k[0] for k in self.keys]
        return np.unique(np.array(names, dtype=object), return_inverse=True)[1].astype(np.int64)

    @property
    def may_never_fail(self) -> npt.NDArray[np.bool_]:
        """Most parts of a machine never fail; a part that fails does so in every market."""
        return np.array([k[0] == "part" for k in self.keys], bool)

    @property
    def running(self) -> int:
        """Monday of the week that runs, in days: the first one foretold."""
        return self.begin + 7 * self.weeks

    def known(self, now: int) -> Floats:
        """Failures of each week before week `now` that were heard of before it."""
        late = np.arange(now)[:, None] + np.arange(self.told.shape[2])
        return np.asarray((self.told[:, :now] * (late < now)).sum(axis=2))


def lay_out(
    cohorts: pa.Table, config_parts: pa.Table, failures: pa.Table, part_life: pa.Table,
    months: dict[tuple[str, str, str], int], *, weeks: int, ahead: int,
) -> Ahead:  # fmt: skip
    """All strata over the last `weeks` weeks and the `ahead` ones to come, without machines that are not yet sold.

    months: of warranty by family, market and part.
    """
    end = int(days_of(failures.column("heard")).max()) - 7
    begin = end - 7 * (weeks - 1)
    parts = part_rates(cohorts, config_parts, failures, part_shapes(part_life), begin, weeks)
    machines = Machines.of(cohorts, ("config", "family", "climate", "market"), begin, weeks + ahead)
    exposure, keys = _summed(machines, parts)
    ones = replace(parts, rate=np.ones_like(parts.rate))
    components = _summed(machines, ones)[0]
    place = {k: row for row, k in enumerate(keys) if exposure[row].any()}
    level = np.maximum(parts.level, 1e-300)[:, None]
    of_part = [parts.codes.index(k[1]) for k in keys if k[0] == "part"]
    exposure[1 : 1 + len(of_part)] /= level[of_part]
    told = np.zeros((len(keys), weeks + 1, DELAYS))
    week, heard = ((days_of(failures.column(c)) - begin) // 7 for c in ("week", "heard"))
    late, number = np.minimum(heard - week, DELAYS - 1), floats(failures, "failures")
    by_market = strata_of(failures, "part", "market")
    rows = [
        np.zeros(week.size, np.int64),
        np.array([place.get(("part", n[0], ""), -1) for n in by_market.names], np.int64)[by_market.of],
        np.array([place.get(("market", n[0], n[1]), -1) for n in by_market.names], np.int64)[by_market.of],
    ]
    for of in rows:
        inside = (of >= 0) & (week >= 0) & (week <= weeks) & (late >= 0)
        np.add.at(told, (of[inside], week[inside], late[inside]), number[inside])
    cdf = _laws(failures, rows, week, late, number, len(keys), weeks)
    covered = _covered(machines, parts, months, weeks) / level
    return Ahead(
        keys, parts.codes, exposure, components, covered, told, cdf, begin, weeks, float(number[rows[1] < 0].sum()),
        _more_than_shipped(cohorts, failures, parts),
    )  # fmt: skip


def learnt(field: Ahead, now: int) -> Baseline:
    """The baseline of every stratum from what was heard of before week `now`."""
    from smilecurve.solve.baselines import learn

    law = np.arange(len(field.keys))
    return learn(
        field.known(now), field.exposure[:, :now], field.group, cdf=field.cdf, law=law, immune=field.may_never_fail
    )


def learnt_so_far(field: Ahead, over: float) -> Baseline:
    """The same from all that was heard of by now, with the share `over` of the running week gone.

    What is heard of an earlier week comes evenly over the running one. Failures of the running week are heard as far as
    it has gone where reports come at once, by the square of that where they come late.
    """
    from smilecurve.solve.baselines import learn

    if over <= 0.0:
        return learnt(field, field.weeks)
    now, at_once = field.weeks + 1, field.cdf[:, :1]
    by_now = np.concatenate([over ** (2.0 - at_once) * at_once, field.cdf[:, :-1] + over * np.diff(field.cdf)], axis=1)
    by_now = np.concatenate([by_now, np.ones_like(at_once)], axis=1)
    law = np.arange(len(field.keys))
    return learn(
        field.known(now), field.exposure[:, :now], field.group, cdf=by_now, law=law, immune=field.may_never_fail
    )


def adding_up(field: Ahead, base: Baseline) -> tuple[Baseline, Floats]:
    """The failures expected of every stratum and week, so that markets add up to their part and parts to all.

    The part is what is known best: its markets share what it expects as their own rates would have it. All are as
    unsure as their parts together, a market as itself and its part. Returns that baseline, and (strata, weeks).
    """
    mean = base.shape[:, None] / base.rate[:, None] * field.exposure
    part_of = {k[1]: row for row, k in enumerate(field.keys) if k[0] == "part"}
    markets = np.array([row for row, k in enumerate(field.keys) if k[0] == "market"], np.int64)
    of = np.array([part_of[field.keys[row][1]] for row in markets], np.int64)
    summed = np.zeros_like(mean)
    np.add.at(summed, of, mean[markets])
    factor = np.divide(mean, summed, out=np.zeros_like(mean), where=summed > 0)
    mean[markets] *= factor[of]
    parts = list(part_of.values())
    mean[0] = mean[parts].sum(axis=0)
    doubt = 1.0 / base.shape
    doubt[markets] += doubt[of]
    share = mean[parts, field.weeks :].sum(axis=1)
    doubt[0] = (share**2 @ doubt[parts]) / max(share.sum() ** 2, 1e-300)
    shape = 1.0 / np.maximum(doubt, 1e-12)
    return replace(base, shape=shape, rate=base.rate * shape / base.shape), mean


def _summed(machines: Machines, parts: Parts) -> tuple[Floats, list[Key]]:
    """The failures expected of all, of each part, of each part in each market, and in the market of no name."""
    family, of_family = level_strata("part", machines, parts)
    market, of_market = level_strata("market", machines, parts)
    names = sorted({n[0] for n in family})
    row_of = {p: k for k, p in enumerate(names)}
    of_part = np.zeros((len(names), of_family.shape[1]))
    np.add.at(of_part, [row_of[n[0]] for n in family], of_family)
    rest = of_part.copy()
    np.subtract.at(rest, [row_of[n[0]] for n in market], of_market)
    rest[rest < 1e-9 * of_part] = 0.0
    markets = [*((n[0], n[1]) for n in market), *((p, "") for p in names)]
    keys: list[Key] = [("all", "*", ""), *(("part", p, "") for p in names), *(("market", p, m) for p, m in markets)]
    return np.concatenate([of_part.sum(axis=0, keepdims=True), of_part, of_market, rest]), keys


def _laws(
    failures: pa.Table, rows: list[Ints], week: Ints, late: Ints, number: Floats, strata: int, weeks: int
) -> Floats:
    """The delay law of each stratum: those of its markets and channels, weighted by its failures there.

    A market and channel with few reports follows the law of all.
    """
    from smilecurve.solve.reporting import delay_law

    groups = strata_of(failures, "market", "channel")
    total = np.bincount(groups.of, number, groups.count)
    own = np.flatnonzero(total >= LEAST_REPORTS)
    law_of = np.zeros(groups.count, np.int64)
    law_of[own] = np.arange(own.size) + 1
    of = law_of[groups.of]
    triangle = np.zeros((own.size + 1, weeks, DELAYS))
    inside = (week >= 0) & (week < weeks) & (late >= 0)
    np.add.at(triangle, (of[inside], week[inside], late[inside]), number[inside])
    triangle[0] = triangle.sum(axis=0)
    cdf = delay_law(triangle).cdf
    weight = np.zeros((strata, cdf.shape[0]))
    weight[:, 0] = 1e-6
    for stratum in rows:
        known = stratum >= 0
        np.add.at(weight, (stratum[known], of[known]), number[known])
    return np.asarray(weight / weight.sum(axis=1, keepdims=True) @ cdf)


def _more_than_shipped(cohorts: pa.Table, failures: pa.Table, parts: Parts) -> float:
    """Cells of part, model and month of building in which more failures than components are known."""
    keys = ("config", "model", "built")
    made: dict[tuple[object, object, str], float] = {}
    for config, model, built, number in zip(*(cohorts.column(c).to_pylist() for c in (*keys, "machines")), strict=True):
        for p in np.flatnonzero(parts.places.get(config, np.zeros(0))):
            cell = model, built, parts.codes[p]
            made[cell] = made.get(cell, 0.0) + number * float(parts.places[config][p])
    failed: dict[tuple[object, object, str], float] = {}
    columns = (failures.column(c).to_pylist() for c in ("model", "built", "part", "failures"))
    for model, built, part, number in zip(*columns, strict=True):
        failed[model, built, part] = failed.get((model, built, part), 0.0) + number
    return float(sum(n > made.get(cell, 0.0) for cell, n in failed.items()))


def _covered(machines: Machines, parts: Parts, months: dict[tuple[str, str, str], int], weeks: int) -> Floats:
    """Failures to come of each part, week by week, at ages that the warranty of their family and market covers."""
    place = {c: k for k, c in enumerate(machines.columns)}
    ahead = machines.lived[:, weeks:]
    found = np.zeros((len(parts.codes), ahead.shape[1]))
    for k, key in enumerate(machines.names):
        config, family, market = (key[place[c]] for c in ("config", "family", "market"))
        if config not in parts.places:
            continue
        there = np.flatnonzero(parts.places[config])
        term = np.array([months.get((family, market, parts.codes[p]), 0) for p in there]) * 52.0 / 12.0
        rates = parts.rate[there] * parts.places[config][there, None] * (AGES[1:] <= term[:, None] + 0.5)
        found[there] += rates @ ahead[k].T
    return found
