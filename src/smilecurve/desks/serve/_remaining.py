"""Which machines still hold a part, how old are they, how often does it fail, and how fast do they leave?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["MONTH", "Base", "Life", "lives_of", "remaining_base", "with_new", "yearly_leaving"]

Floats = NDArray[np.float64]
MONTH = 30.4375
Stratum = tuple[str, str]


@dataclass(frozen=True)
class Base:
    """Machines that hold a part, by family and climate: months of age on a day (below 0: not yet), machines, pieces."""

    ages: Mapping[Stratum, Floats]
    machines: Mapping[Stratum, Floats]
    pieces: Mapping[Stratum, Floats]

    @property
    def total(self) -> float:
        """Machines of every stratum."""
        return float(sum(values.sum() for values in self.machines.values()))


@dataclass(frozen=True)
class Life:
    """Weibull shape and scale in months by family and climate, those of all others under ("", ""); failures seen."""

    laws: Mapping[Stratum, tuple[float, float]]
    failures: float

    def of(self, stratum: Stratum) -> tuple[float, float] | None:
        """The law of a stratum, or what is known of all together."""
        return self.laws.get(stratum, self.laws.get(("", "")))


def yearly_leaving(cohorts: pa.Table) -> dict[str, float]:
    """Share of machines that leave service a year, by family, drawn to that of all families as by one machine more."""
    today = last_day(cohorts)
    gone: dict[str, float] = {}
    years: dict[str, float] = {}
    names = ("family", "started", "ended", "machines")
    for family, started, ended, count in zip(*(cohorts.column(n).to_pylist() for n in names), strict=True):
        gone[family] = gone.get(family, 0.0) + (count if ended else 0.0)
        years[family] = years.get(family, 0.0) + count * max(((ended or today) - started).days, 0) / 365.25
    whole = max(sum(gone.values()), 0.5) / max(sum(years.values()), 1e-9)
    return {family: (gone[family] + 1.0) / (years[family] + 1.0 / whole) for family in years}


def last_day(cohorts: pa.Table) -> date:
    """The last day that the cohorts know of."""
    days = cohorts.column("started").to_pylist() + [d for d in cohorts.column("ended").to_pylist() if d]
    return max(days, default=date(1970, 1, 1))


def remaining_base(cohorts: pa.Table, held: pa.Table, part: str, day: date, leaving: Mapping[str, float]) -> Base:
    """The machines in service with a part, as old as they will be on `day`, less those that leave until then."""
    mine = held.filter(pc.equal(held.column("part"), part))
    places = dict(zip(*(mine.column(n).to_pylist() for n in ("config", "places")), strict=True))
    known = pa.array(list(places), pa.string())
    now = cohorts.filter(pc.and_(pc.is_in(cohorts.column("config"), known), pc.is_null(cohorts.column("ended"))))
    gap = max((day - last_day(cohorts)).days, 0) / 365.25
    found: dict[Stratum, list[tuple[float, float, float]]] = {}
    names = ("config", "family", "climate", "started", "machines")
    for config, family, climate, started, count in zip(*(now.column(n).to_pylist() for n in names), strict=True):
        there = count * float(np.exp(-leaving[family] * gap))
        row = ((day - started).days / MONTH, there, there * places[config])
        found.setdefault((family, climate), []).append(row)
    columns = {stratum: np.array(rows).T for stratum, rows in sorted(found.items())}
    return Base(*({s: c[k] for s, c in columns.items()} for k in range(3)))


def with_new(base: Base, a_year: float, day: date, until: date | None) -> Base:
    """The same with machines still put into service evenly after `day`, spread over the strata as those there."""
    months = round(((until or day + timedelta(365)) - day).days / MONTH)
    if a_year <= 0 or months < 1:
        return base
    strata = list(base.ages) or [("", "")]
    share = {s: float(base.machines[s].sum()) / base.total if base.total else 1.0 for s in strata}
    each = {s: float(base.pieces[s].sum() / base.machines[s].sum()) if base.total else 1.0 for s in strata}
    new, born = a_year / 12.0 * np.ones(months), -1.0 - np.arange(months)
    none = np.zeros(0)
    return Base(
        {s: np.r_[base.ages.get(s, none), born] for s in strata},
        {s: np.r_[base.machines.get(s, none), share[s] * new] for s in strata},
        {s: np.r_[base.pieces.get(s, none), share[s] * each[s] * new] for s in strata},
    )


def lives_of(life: pa.Table | None, demand: pa.Table, parts: Sequence[str]) -> dict[str, Life]:
    """How each part fails: by its life where one is known; else, and for strata without one, by past use alone."""
    laws: dict[str, dict[Stratum, tuple[float, float]]] = {part: {} for part in parts}
    failures = dict.fromkeys(parts, 0.0)
    names = ("part", "family", "climate", "shape", "scale_months", "failures")
    for part, family, climate, shape, scale, count in _rows(life, names):
        if part in laws and float(str(shape)) > 0 and float(str(scale)) > 0:
            laws[str(part)][str(family), str(climate)] = float(str(shape)), float(str(scale))
            failures[str(part)] += float(str(count))
    used, served = dict.fromkeys(parts, 0.0), dict.fromkeys(parts, 0.0)
    for part, pieces, years, count, age in _rows(demand, ("part", "used", "years", "machines", "mean_age_months")):
        if part in used:
            most = float(str(years))
            used[str(part)] += float(str(pieces))
            served[str(part)] += float(str(count)) * (most if age is None else min(most, float(str(age)) / 12))
    for part in parts:
        if served[part] > 0:
            laws[part]["", ""] = 1.0, 12.0 * served[part] / (used[part] + 0.5)
        elif laws[part]:
            laws[part]["", ""] = next(iter(laws[part].values()))
    return {part: Life(laws[part], max(failures[part], used[part])) for part in parts}


def _rows(table: pa.Table | None, names: Sequence[str]) -> list[tuple[object, ...]]:
    return [] if table is None else list(zip(*(table.column(n).to_pylist() for n in names), strict=True))
