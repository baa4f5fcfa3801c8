"""How many failures would each stratum of the field have, week by week, and how many were heard?

A stratum is a part, a part in a climate or a market, a lot, a supplier, a model of one month of building, or a line; or
a system that customers complain of, or a system in a market. Its exposure is the number of failures that its components
would have at the rate of their part, at their age: young machines of a part that wears out expect fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._strata import days_of, floats, strata_of
from smilecurve.desks.learn._voices import voice_strata

__all__ = [
    "AGES",
    "LEVELS",
    "PART_LEVELS",
    "VOICE_LEVELS",
    "Field",
    "Machines",
    "Parts",
    "level_strata",
    "month_codes",
    "part_rates",
    "part_shapes",
    "read_field",
]

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
VOICE_LEVELS = frozenset({"system", "system_market"})
"""Levels of what customers complain of."""
PART_LEVELS = frozenset(level for level, columns in LEVELS.items() if columns[0] == "part")
"""Levels whose strata are each of one part."""
AGES = np.array([0, 4, 13, 26, 52, 78, 104, 156, 208, 312, 10_000], np.int64)
PER_GROUP = frozenset({"climate", "market", "lot", "build_month", "system_market"})
"""Levels whose strata learn their rates from the others with the same first name."""
GROUPED = (("config", "family", "climate", "market"), ("config", "model", "built"), ("config", "line"))
"""The groups of machines that levels are summed from."""
STEP, OLDEST, USUAL_AGE, ROUNDS = 4, 416, 78.0, 4
"""Weeks of a step of age, of the age from which on nothing changes, and of a year and a half; rounds of fitting."""


@dataclass(frozen=True, slots=True)
class Field:
    """Strata of all levels, one after the other, over weeks that end with the last one heard of.

    level, names: of each stratum; group: whose rates belong together; exposure: (strata, weeks) failures expected at
    the part's rate; of: strata of each failure row, one array a level (-1: none); week, heard: of each row; count: its
    failures; end: last week as days since 1970. Strata without any failure stand as one a group, without a name, at the
    end; `quiet` says how many they are.
    """

    level: list[str]
    names: list[tuple[str, ...]]
    group: Ints
    exposure: Floats
    of: dict[str, Ints]
    week: Ints
    heard: Ints
    count: Ints
    end: int
    quiet: int

    @property
    def begin(self) -> int:
        """The first week, as days since 1970."""
        return self.end - 7 * (int(self.exposure.shape[1]) - 1)


def read_field(
    cohorts: pa.Table, config_parts: pa.Table, failures: pa.Table, lots: pa.Table, part_life: pa.Table, weeks: int
) -> Field:
    """Lay out the strata of all levels over the last `weeks` weeks; complaints stand among the failures (`voiced`)."""
    end = int(days_of(failures.column("heard")).max())
    begin = end - 7 * (weeks - 1)
    shapes = part_shapes(part_life)
    said = pc.is_valid(failures.column("system"))
    parts = part_rates(cohorts, config_parts, failures.filter(pc.invert(said)), shapes, begin, weeks)
    ones = replace(parts, rate=parts.rate / np.maximum(parts.level, 1e-300)[:, None])
    grouped = [Machines.of(month_codes(cohorts), columns, begin, weeks) for columns in GROUPED]
    level: list[str] = []
    names: list[tuple[str, ...]] = []
    exposure: list[Floats] = []
    for name in LEVELS:
        if name in VOICE_LEVELS:
            found, expected = voice_strata(name, cohorts, failures.filter(said), begin, weeks)
        elif name == "lot":
            found, expected = _lots(lots, parts, begin, weeks)
        else:
            machines = grouped[1 if name == "build_month" else 2 if name == "line" else 0]
            found, expected = level_strata(name, machines, parts)
            if name not in PER_GROUP:
                expected = _at_one(expected, level_strata(name, machines, ones)[1])
        level += [name] * len(found)
        names += found
        exposure.append(expected)
    place = {key: k for k, key in enumerate(zip(level, names, strict=True))}
    rows = month_codes(failures)
    spoken = said.combine_chunks().to_numpy(zero_copy_only=False)
    of = {}
    for name, columns in LEVELS.items():
        own = strata_of(rows, *columns)
        of[name] = np.array([place.get((name, key), -1) for key in own.names], np.int64)[own.of]
        of[name][(name in VOICE_LEVELS) != spoken] = -1
    return _merged(level, names, np.concatenate(exposure), of, failures, begin, end)


def _at_one(expected: Floats, at_one: Floats) -> Floats:
    """The same course of exposure, as large as at a rate of 1.

    What a part showed is in its rate: beside its failures it would be told twice.
    """
    own = expected.sum(axis=1, keepdims=True)
    share = np.divide(at_one.sum(axis=1, keepdims=True), own, out=np.ones_like(own), where=own > 0)
    return np.asarray(expected * share)


def _merged(
    level: list[str], names: list[tuple[str, ...]], exposure: Floats, of: dict[str, Ints], failures: pa.Table,
    begin: int, end: int,
) -> Field:  # fmt: skip
    """The field with the strata that never failed put together, one a group."""
    week, heard = ((days_of(failures.column(c)) - begin) // 7 for c in ("week", "heard"))
    failed = np.zeros(len(level), bool)
    for rows in of.values():
        failed[rows[(rows >= 0) & (week >= 0)]] = True
    words = [_group(*x) for x in zip(level, names, strict=True)]
    group = np.unique(np.array(words, dtype=object), return_inverse=True)[1].astype(np.int64)
    rest, put = np.unique(group[~failed], return_inverse=True)
    pooled = np.zeros((rest.size, exposure.shape[1]))
    np.add.at(pooled, put, exposure[~failed])
    kept = np.flatnonzero(failed)
    new = np.full(len(level) + 1, -1)
    new[kept] = np.arange(kept.size)
    first = {g: k for k, g in reversed(list(enumerate(group.tolist())))}
    return Field(
        [level[k] for k in kept] + [level[first[g]] for g in rest.tolist()],
        [names[k] for k in kept] + [()] * rest.size,
        np.concatenate([group[kept], rest]), np.concatenate([exposure[kept], pooled]),
        {name: new[rows] for name, rows in of.items()}, week, heard, floats(failures, "failures").astype(np.int64), end,
        int((~failed).sum()) - rest.size,
    )  # fmt: skip


def _group(level: str, names: tuple[str, ...]) -> str:
    return f"{level}|{names[0]}" if level in PER_GROUP else level


def month_codes(rows: pa.Table) -> pa.Table:
    """The rows with months of building as text, so that they name strata."""
    if "built" not in rows.column_names:
        return rows
    place = rows.column_names.index("built")
    return rows.set_column(place, "built", pc.fill_null(pc.strftime(rows.column("built"), "%Y-%m"), ""))


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


def _lots(lots: pa.Table, parts: Parts, begin: int, weeks: int) -> tuple[list[tuple[str, ...]], Floats]:
    """Lots with failures, and the failures they would have at the rate of their part."""
    if not lots.num_rows:
        return [], np.zeros((0, weeks))
    found = strata_of(lots, "part", "lot")
    lived = lived_by_age(found.of, found.count, lots, begin, weeks)
    row_of = {p: k for k, p in enumerate(parts.codes)}
    known = [k for k, n in enumerate(found.names) if n[0] in row_of and n[1]]
    rates = parts.rate[[row_of[found.names[k][0]] for k in known]]
    return [found.names[k] for k in known], np.einsum("swa,sa->sw", lived[known], rates)
