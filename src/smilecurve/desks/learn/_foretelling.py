"""What is foretold of each stratum, over which weeks, at which cost, and what came of what was foretold?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._coming import Ahead, adding_up, learnt, learnt_so_far
from smilecurve.solve.baselines import Baseline
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.event import IN_FIELD

__all__ = ["ahead_rows", "campaign_rows", "cost_each", "months_covered", "past_rows"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Row = dict[str, object]
LEAST_WEEKLY = 1.0  # failures to come below which a part in a market is told in one sum only
LEAST_EXPECTED = 0.05  # failures to come below which a market stands among the other markets of its part
MATURE = 0.4  # share of a week's failures heard of, below which what came is not set against what was foretold


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
    """What a failure of each part has cost, of all under *, and the currency; None where nothing has been paid yet.

    Failures that no claim or repair followed yet are not counted.
    """
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
    told = ("part", "failures", "paid", "cost")
    for part, failures, paid, cost in zip(*(costs.column(c).to_pylist() for c in told), strict=True):
        for key in (part, "*"):
            before = sums.get(key, (0.0, 0.0))
            sums[key] = (before[0] + (failures if paid is None else paid), before[1] + cost)
    return {p: c / n for p, (n, c) in sums.items() if n > 0}, currencies[0] if currencies else None


def past_rows(field: Ahead, back: int) -> list[Row]:
    """The last `back` weeks: foretold as of the weeks before, beside what came; weekly for all, in sum by part."""
    from smilecurve.solve.reporting import complete

    now = field.weeks - back
    heard = field.known(field.weeks)
    came = complete(heard, field.cdf)
    shown = Shown(field, *adding_up(field, learnt(field, now)), field.components)
    rows = []
    for level, firsts, many in (("all", np.arange(now, field.weeks), 1), ("part", np.array([now]), back)):
        for k, first, row in shown.rows(level, firsts, many):
            told = slice(first, first + many)
            row |= {"past": True, "heard": round(float(heard[k, told].sum())), "completed": float(came[k, told].sum())}
            early = _share_heard(field, k, first, many) < MATURE
            row["reason"] = "too_early" if early else _against_band(row)
            rows.append(row)
    return rows


def _against_band(row: Row) -> str:
    """Whether as many came as were foretold, by the 80 % band."""
    came, low, high = (float(str(row[c])) for c in ("completed", "low80", "high80"))
    if round(came) > high:
        return "more_than_foretold"
    return "fewer_than_foretold" if round(came) < low else "as_foretold"


def _share_heard(field: Ahead, k: int, first: int, many: int) -> float:
    """Share of the failures of these weeks that was heard of before the running one."""
    late = np.minimum(field.weeks - 1 - np.arange(first, first + many), field.cdf.shape[1] - 1)
    return float(field.cdf[k, late].mean())


def ahead_rows(field: Ahead, over: float, cost: Mapping[str, float], currency: str | None) -> list[Row]:
    """The weeks to come, week by week and in one sum: of all, by part, and by part and market.

    over: share of the running week that has gone.
    """
    base = learnt_so_far(field, over)
    shown = Shown.gathered(field, base)
    weekly = np.arange(field.weeks, field.exposure.shape[1])
    covered = _covered(field, base)
    each = np.array([cost.get(p, cost.get("*", 0.0)) for p in field.parts])
    ever = field.told.sum(axis=(1, 2)) > 0
    rows = []
    for level in ("all", "part", "market"):
        for firsts, many in ((weekly, 1), (weekly[:1], weekly.size)):
            least = LEAST_WEEKLY if level == "market" and many == 1 else 0.0
            for k, first, row in shown.rows(level, firsts, many, least):
                row["reason"] = "foretold" if ever[k] else "no_failures_yet"
                if level != "market" and currency is not None:
                    of = slice(None) if level == "all" else [field.parts.index(field.keys[k][1])]
                    spent = covered[of, first - field.weeks : first - field.weeks + many].sum(axis=1)
                    row |= _reserved(row, float(spent.sum()), float(spent @ each[of])) | {"currency": currency}
                rows.append(row)
    return rows


def campaign_rows(campaign: pa.Table, first: date, weeks: int) -> list[Row]:
    """Pieces for machines of suspect lots that were not put right yet: in the field by market, and in the yard."""
    found: dict[tuple[str, str, str], int] = {}
    names = ("part", "market", "status", "done")
    for part, market, status, done in zip(*(campaign.column(n).to_pylist() for n in names), strict=True):
        if not done:
            key = ("campaign", part, market or "") if status in IN_FIELD else ("yard", part, "")
            found[key] = found.get(key, 0) + 1
    return [
        {
            "level": level, "part": part, "market": market or None, "week": first, "weeks": weeks, "past": False,
            "machines": float(n), "reason": level,
            **dict.fromkeys(("expected", "low80", "high80", "low95", "high95"), float(n)),
        }
        for (level, part, market), n in sorted(found.items())
    ]  # fmt: skip


def _covered(field: Ahead, base: Baseline) -> Floats:
    """Failures of each part and week to come under warranty, at the rate its failures show: (parts, ahead)."""
    row_of = {k[1]: row for row, k in enumerate(field.keys) if k[0] == "part"}
    rows = [row_of.get(p, -1) for p in field.parts]
    usual = np.where(np.array(rows) >= 0, (base.shape / base.rate)[rows], 0.0)
    return np.asarray(field.covered * usual[:, None])


def _reserved(row: Row, covered: float, reserve: float) -> Row:
    """What failures under warranty will cost, at what is expected and at the ends of the 80 % band."""
    expected, low, high = (float(str(row[c])) for c in ("expected", "low80", "high80"))
    per = reserve / expected if expected > 0 else 0.0
    return {
        "covered": covered, "reserve": reserve, "reserve_low": min(per * low, reserve),
        "reserve_high": max(per * high, reserve),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """The failures every stratum and week is shown to expect, and the components they come from."""

    field: Ahead
    base: Baseline
    mean: Floats
    components: Floats

    @classmethod
    def gathered(cls, field: Ahead, base: Baseline) -> Shown:
        """The markets of a part that expect next to nothing stand together as its other markets."""
        (base, mean), components = adding_up(field, base), field.components.copy()
        usual = mean[:, field.weeks :].sum(axis=1)
        rest = {k[1]: row for row, k in enumerate(field.keys) if k[0] == "market" and not k[2]}
        for row, (level, part, market) in enumerate(field.keys):
            if level == "market" and market and usual[row] < LEAST_EXPECTED:
                for table in (mean, components):
                    table[rest[part]] += table[row]
                    table[row] = 0.0
        return cls(field, base, mean, components)

    def rows(self, level: str, firsts: Ints, many: int, least: float = 0.0) -> Iterator[tuple[int, int, Row]]:
        """Strata of a level over the `many` weeks from each of the first weeks on: stratum, first week, row.

        Those are left out that expect nothing, or less than `least`, from the first week on.
        """
        from smilecurve.solve.outlook import count_band, predicted

        field, ahead = self.field, self.mean[:, int(firsts[0]) :].sum(axis=1)
        some = (ahead > 0) & (ahead >= least)
        strata = np.array([k for k, key in enumerate(field.keys) if key[0] == level and some[k]], np.int64)
        of, first = np.repeat(strata, firsts.size), np.tile(firsts, strata.size)
        lives = self.base.of(of)
        means = self.mean[of[:, None], first[:, None] + np.arange(many)]
        mean, inverse = predicted(lives, means * (lives.rate / lives.shape)[:, None])
        bands = {b: count_band(mean, inverse, float(b) / 100.0) for b in ("80", "95")}
        days = (field.begin + 7 * first).astype("datetime64[D]").astype(object)
        for i, (k, begin) in enumerate(zip(of.tolist(), first.tolist(), strict=True)):
            yield k, begin, {
                "level": level, "part": field.keys[k][1], "market": field.keys[k][2] or None, "week": days[i],
                "weeks": many, "past": False, "machines": float(self.components[k, begin]), "expected": float(mean[i]),
                "low80": float(bands["80"][0][i]), "high80": float(bands["80"][1][i]),
                "low95": float(bands["95"][0][i]), "high95": float(bands["95"][1][i]),
            }  # fmt: skip
