"""How many failures would the machines in service have, week by week, at their age?

The rate of a part is the one its failures show; by age it follows the Weibull shape of its lives, where failed
components are replaced by young ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import days_of, floats, strata_of

__all__ = ["AGES", "LEVELS", "Machines", "Parts", "level_strata", "lot_strata", "part_rates", "part_shapes"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVELS = {
    "part": ("part", "family"),
    "climate": ("part", "family", "climate"),
    "market": ("part", "market"),
    "lot": ("part", "lot"),
    "supplier": ("supplier",),
    "build_month": ("model", "built"),
    "line": ("line",),
    "system": ("system",),
    "system_market": ("system", "market"),
}
"""Levels of the hierarchy, and the columns that tell their strata apart."""
AGES = np.array([0, 4, 13, 26, 52, 78, 104, 156, 208, 312, 10_000], np.int64)
STEP, OLDEST, USUAL_AGE, ROUNDS = 4, 416, 78.0, 4
"""Weeks of a step of age, of the age from which on nothing changes, and of a year and a half; rounds of fitting."""


def lived_by_age(of: Ints, count: int, cohorts: pa.Table, begin: int, weeks: int) -> Floats:
    """Machines in service by stratum, week and age class: (strata, weeks, ages)."""
    started, ended = days_of(cohorts.column("started")), days_of(cohorts.column("ended"))
    first, last = (started - begin) // 7, np.minimum((ended - begin) // 7, weeks)
    number = floats(cohorts, "machines")
    change = np.zeros((count, weeks + 1, AGES.size - 1))
    for age in range(AGES.size - 1):
        since = np.clip(first + AGES[age], 0, weeks)
        until = np.clip(np.minimum(first + AGES[age + 1], last), 0, weeks)
        some = until > since
        np.add.at(change, (of[some], since[some], age), number[some])
        np.add.at(change, (of[some], until[some], age), -number[some])
    return np.cumsum(change, axis=1)[:, :weeks]


def part_shapes(part_life: pa.Table) -> dict[str, float]:
    """Weibull shape of each part over all its strata, weighted by failures, where five or more are known."""
    total: dict[str, list[float]] = {}
    for row in part_life.select(["part", "shape", "failures"]).to_pylist():
        sums = total.setdefault(row["part"], [0.0, 0.0])
        sums[0] += row["failures"]
        sums[1] += row["failures"] * float(np.log(np.clip(row["shape"], 0.3, 4.0)))
    return {part: float(np.exp(s / n)) for part, (n, s) in total.items() if n >= 5}


def _by_age(shape: Floats, level: Floats) -> Floats:
    """Failures a place and week by age class (parts, ages), of Weibull lives with hazard `level` at a year and a half.

    A component is replaced when it failed: old places hold young components.
    """
    from smilecurve.solve.renewals import failures_by_age

    ends = np.arange(STEP, OLDEST + 1, STEP, dtype=np.float64)
    hazard = level[:, None] * ends ** shape[:, None] / (shape * USUAL_AGE ** (shape - 1.0))[:, None]
    failed = np.cumsum(np.pad(failures_by_age(hazard), ((0, 0), (1, 0))), axis=1)
    low, high = AGES[:-1], np.minimum(AGES[1:], OLDEST)
    grid = np.append(0.0, ends)
    upto = np.stack([[np.interp(a, grid, row) for a in (*low, high[-1])] for row in failed])
    return np.asarray(np.diff(upto, axis=1) / (high - low))


@dataclass(frozen=True, slots=True)
class Parts:
    """Failures a component and week by part and age class; places of each part by configuration; its supplier.

    level: hazard of the part at a year and a half.
    """

    codes: list[str]
    rate: Floats
    level: Floats
    places: dict[str, Floats]
    supplier: list[str]


def part_rates(
    cohorts: pa.Table, config_parts: pa.Table, failures: pa.Table, shapes: dict[str, float], begin: int, weeks: int
) -> Parts:
    """The rate of each part over all weeks shown: what a rise is measured against, before strata learn their own."""
    table = config_parts.sort_by([("part", "ascending"), ("config", "ascending")])
    codes = sorted(set(table.column("part").to_pylist()))
    row_of = {p: k for k, p in enumerate(codes)}
    configs = sorted(set(table.column("config").to_pylist()))
    places = {c: np.zeros(len(codes)) for c in configs}
    supplier = [""] * len(codes)
    for row in table.to_pylist():
        places[row["config"]][row_of[row["part"]]] += row["places"]
        supplier[row_of[row["part"]]] = row["supplier"] or ""
    of = strata_of(cohorts, "config")
    lived = lived_by_age(of.of, of.count, cohorts, begin, weeks).sum(axis=1)
    served = sum(
        (np.outer(places[name[0]], lived[k]) for k, name in enumerate(of.names) if name[0] in places),
        np.zeros((len(codes), AGES.size - 1)),
    )
    inside = (days_of(failures.column("week")) >= begin).astype(np.float64) * floats(failures, "failures")
    seen = np.zeros(len(codes))
    for part, number in zip(failures.column("part").to_pylist(), inside, strict=True):
        if part in row_of:
            seen[row_of[part]] += number
    rate, level = _rates(np.array([shapes.get(p, 1.0) for p in codes]), seen + 0.5, served)
    return Parts(codes, rate, level, places, supplier)


def _rates(shape: Floats, seen: Floats, served: Floats) -> tuple[Floats, Floats]:
    """Rates by age class at which what served (parts, ages) lets expect as many failures as were seen, and level."""
    total = served.sum(axis=1)
    level = np.divide(seen, total, out=np.zeros(seen.size), where=total > 0)
    for _ in range(ROUNDS):
        rate = _by_age(shape, level)
        expected = (served * rate).sum(axis=1)
        factor = np.divide(seen, expected, out=np.zeros(seen.size), where=expected > 0)
        level = level * factor
    return rate * factor[:, None], level


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines in service by group, week and age class, and the columns that name the groups."""

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    lived: Floats

    @classmethod
    def of(cls, cohorts: pa.Table, columns: tuple[str, ...], begin: int, weeks: int) -> Machines:
        """The machines of all cohorts that agree in these columns."""
        strata = strata_of(cohorts, *columns)
        return cls(columns, strata.names, lived_by_age(strata.of, strata.count, cohorts, begin, weeks))


def level_strata(name: str, machines: Machines, parts: Parts) -> tuple[list[tuple[str, ...]], Floats]:
    """The strata of a level that is made of whole machines, and the failures they would have."""
    columns, weeks = LEVELS[name], machines.lived.shape[1]
    place = {c: k for k, c in enumerate(machines.columns)}
    own = [place[c] for c in columns if c in place]
    rows: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for k, key in enumerate(machines.names):
        if key[place["config"]] in parts.places:
            rows.setdefault((key[place["config"]], tuple(key[c] for c in own)), []).append(k)
    sums: dict[tuple[str, ...], Floats] = {}
    for (config, key), members in rows.items():
        there = np.flatnonzero(parts.places[config])
        rates = parts.rate[there] * parts.places[config][there, None]
        alive = machines.lived[members].sum(axis=0).T
        if name in ("build_month", "line"):
            sums[key] = sums.get(key, 0.0) + rates.sum(axis=0) @ alive
            continue
        for p, weekly in zip(there, rates @ alive, strict=True):
            stratum = (parts.supplier[p],) if name == "supplier" else (parts.codes[p], *key)
            sums[stratum] = sums.get(stratum, 0.0) + weekly
    names = sorted(n for n in sums if all(n))
    return names, np.stack([sums[n] for n in names]) if names else np.zeros((0, weeks))


def lot_strata(lots: pa.Table, parts: Parts, begin: int, weeks: int) -> tuple[list[tuple[str, ...]], Floats]:
    """Lots with failures, and the failures they would have at the rate of their part."""
    if not lots.num_rows:
        return [], np.zeros((0, weeks))
    found = strata_of(lots, "part", "lot")
    lived = lived_by_age(found.of, found.count, lots, begin, weeks)
    row_of = {p: k for k, p in enumerate(parts.codes)}
    known = [k for k, n in enumerate(found.names) if n[0] in row_of and n[1]]
    rates = parts.rate[[row_of[found.names[k][0]] for k in known]]
    return [found.names[k] for k in known], np.einsum("swa,sa->sw", lived[known], rates)
