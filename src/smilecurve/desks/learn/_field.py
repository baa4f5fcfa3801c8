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

from smilecurve.desks.learn._exposure import LEVELS, Machines, level_strata, lot_strata, part_rates, part_shapes
from smilecurve.desks.learn._strata import days_of, floats, strata_of
from smilecurve.desks.learn._voices import voice_strata

__all__ = ["PART_LEVELS", "VOICE_LEVELS", "Field", "read_field"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

VOICE_LEVELS = frozenset({"system", "system_market"})
"""Levels of what customers complain of."""
PART_LEVELS = frozenset(level for level, columns in LEVELS.items() if columns[0] == "part")
"""Levels whose strata are each of one part."""
PER_GROUP = frozenset({"climate", "market", "lot", "build_month", "system_market"})
"""Levels whose strata learn their rates from the others with the same first name."""
GROUPED = (("config", "family", "climate", "market"), ("config", "model", "built"), ("config", "line"))
"""The groups of machines that levels are summed from."""


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
    grouped = [Machines.of(_month_codes(cohorts), columns, begin, weeks) for columns in GROUPED]
    level: list[str] = []
    names: list[tuple[str, ...]] = []
    exposure: list[Floats] = []
    for name in LEVELS:
        if name in VOICE_LEVELS:
            found, expected = voice_strata(name, cohorts, failures.filter(said), begin, weeks)
        elif name == "lot":
            found, expected = lot_strata(lots, parts, begin, weeks)
        else:
            machines = grouped[1 if name == "build_month" else 2 if name == "line" else 0]
            found, expected = level_strata(name, machines, parts)
            if name not in PER_GROUP:
                expected = _at_one(expected, level_strata(name, machines, ones)[1])
        level += [name] * len(found)
        names += found
        exposure.append(expected)
    place = {key: k for k, key in enumerate(zip(level, names, strict=True))}
    rows = _month_codes(failures)
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


def _month_codes(rows: pa.Table) -> pa.Table:
    """The rows with months of building as text, so that they name strata."""
    if "built" not in rows.column_names:
        return rows
    place = rows.column_names.index("built")
    return rows.set_column(place, "built", pc.fill_null(pc.strftime(rows.column("built"), "%Y-%m"), ""))
