"""What is foretold of each stratum, over which weeks, at which cost, and what came of what was foretold?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._coming import Ahead, learnt
from smilecurve.solve.baselines import Baseline
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["ahead_rows", "cost_each", "months_covered", "past_rows"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Row = dict[str, object]
LEAST_EXPECTED = 0.05  # failures to come below which a part in a market has no row of its own


def months_covered(terms: pa.Table, parts: pa.Table, cohorts: pa.Table) -> dict[tuple[str, str, str], int]:
    """Months of warranty by family, market and part: the market's term before the world's, then the system's."""
    by = {(t["family"], t["market"], t["system"]): t["months"] for t in terms.to_pylist()}
    systems = dict(zip(*(parts.column(c).to_pylist() for c in ("part", "system")), strict=True))
    pairs = set(zip(*(cohorts.column(c).to_pylist() for c in ("family", "market")), strict=True))
    found = {}
    for family, market in pairs:
        of_system = {s: _term(by, family, market, s) for s in {*systems.values(), "*"}}
        for part, system in systems.items():
            found[family, market or "", part] = of_system[system]
    return found


def _term(by: Mapping[tuple[str, str, str], int], family: str, market: str | None, system: str) -> int:
    for m in (market, "*"):
        for s in (system, "*"):
            if m is not None and (family, m, s) in by:
                return by[family, m, s]
    return 0


def cost_each(costs: pa.Table) -> tuple[dict[str, float], str | None]:
    """What a failure of each part has cost, and the currency; None where nothing has been paid yet."""
    currencies = sorted(set(costs.column("currency").to_pylist()))
    if len(currencies) > 1:
        names = ", ".join(currencies)
        raise DataRejected(
            Breach(
                f"costs stand in {len(currencies)} currencies ({names})", "failure_costs.currency",
                "convert them to one currency by dated rates", "failure_costs", None, "currency", names,
            )
        )  # fmt: skip
    sums: dict[str, tuple[float, float]] = {}
    for part, failures, cost in zip(*(costs.column(c).to_pylist() for c in ("part", "failures", "cost")), strict=True):
        before = sums.get(part, (0.0, 0.0))
        sums[part] = (before[0] + failures, before[1] + cost)
    return {p: c / n for p, (n, c) in sums.items() if n > 0}, currencies[0] if currencies else None


def past_rows(field: Ahead, back: int) -> list[Row]:
    """The last `back` weeks: foretold as of the weeks before, beside what came; weekly for all, in sum by part."""
    from smilecurve.solve.reporting import complete

    now = field.weeks - back
    base = learnt(field, now)
    heard = field.known(field.weeks)
    came = complete(heard, field.cdf)
    rows = []
    for level, firsts, many in (("all", np.arange(now, field.weeks), 1), ("part", np.array([now]), back)):
        for row in _foretold(field, base, level, firsts, many, past=True):
            k, first = int(str(row.pop("stratum"))), int(str(row.pop("first")))
            row["heard"] = round(float(heard[k, first : first + many].sum()))
            row["completed"] = float(came[k, first : first + many].sum())
            low, high = float(str(row["low80"])), float(str(row["high80"]))
            told = round(float(came[k, first : first + many].sum()))
            row["reason"] = (
                "more_than_foretold" if told > high else "fewer_than_foretold" if told < low else "as_foretold"
            )
            rows.append(row)
    return rows


def ahead_rows(field: Ahead, cost: Mapping[str, float], currency: str | None) -> list[Row]:
    """The weeks to come: weekly for all and by part, in sum by part and market."""
    base = learnt(field, field.weeks)
    ahead = field.exposure.shape[1] - field.weeks
    weekly = np.arange(field.weeks, field.weeks + ahead)
    part_row = {p: k for k, p in enumerate(field.parts)}
    ever = field.told.sum(axis=(1, 2)) > 0
    rows = []
    for level, firsts, many in (("all", weekly, 1), ("part", weekly, 1), ("market", weekly[:1], ahead)):
        for row in _foretold(field, base, level, firsts, many, past=False):
            k, first = int(str(row.pop("stratum"))), int(str(row.pop("first")))
            row["reason"] = "foretold" if ever[k] else "no_failures_yet"
            if level == "part" and currency is not None:
                usual = float(base.shape[k] / base.rate[k])
                covered = float(field.covered[part_row[str(row["part"])], first - field.weeks]) * usual
                each, expected = cost.get(str(row["part"]), 0.0), float(str(row["expected"]))
                high = covered / expected * float(str(row["high80"])) if expected > 0 else 0.0
                row |= {"covered": covered, "reserve": covered * each, "reserve_high": max(high, covered) * each}
                row["currency"] = currency
            rows.append(row)
    return rows


def _foretold(field: Ahead, base: Baseline, level: str, firsts: Ints, many: int, *, past: bool) -> list[Row]:
    """Every stratum of a level over the `many` weeks from each of the first weeks on."""
    from smilecurve.solve.outlook import count_band, predicted

    usual = base.shape / base.rate * field.exposure[:, field.weeks :].sum(axis=1)
    strata = np.array(
        [
            k
            for k, key in enumerate(field.keys)
            if key[0] == level and (level != "market" or usual[k] >= LEAST_EXPECTED)
        ],
        np.int64,
    )
    of, first = np.repeat(strata, firsts.size), np.tile(firsts, strata.size)
    exposure = field.exposure[of[:, None], first[:, None] + np.arange(many)]
    mean, inverse = predicted(base.of(of), exposure)
    bands = {b: count_band(mean, inverse, float(b) / 100.0) for b in ("80", "95")}
    days = (field.begin + 7 * first).astype("datetime64[D]").astype(object)
    return [
        {
            "level": level, "part": field.keys[k][1], "market": field.keys[k][2] or None, "week": days[i],
            "weeks": many, "past": past, "machines": float(field.components[k, first[i]]), "expected": float(mean[i]),
            "low80": float(bands["80"][0][i]), "high80": float(bands["80"][1][i]), "low95": float(bands["95"][0][i]),
            "high95": float(bands["95"][1][i]), "stratum": k, "first": first[i],
        }
        for i, k in enumerate(of.tolist())
    ]  # fmt: skip
