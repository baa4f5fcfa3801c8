"""How many pieces of each part will each depot be asked for in a year: as foretold, by its life, by the past alone?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.terms.event import IN_FIELD

__all__ = [
    "WEEKS_YEAR",
    "campaign_need",
    "foretold_by_market",
    "foretold_demand",
    "ticket_need",
    "yearly_demand",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WEEKS_YEAR = 365.25 / 7
LEAST_WEEKS = 4


def yearly_demand(
    demand: pa.Table, life: pa.Table | None, parts: Sequence[str], depots: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return pieces a year (parts, depots): by the life of the part where it is known, and by what was used alone.

    Past use is counted on the machine-years behind it: the machines now in service times their mean age, at most the
    years observed. It is drawn to the part's mean rate over all depots as if one more piece had been used
    (gamma-Poisson); a part never used anywhere gets half a piece over all machine-years. The life gives failures a
    component and year by part and climate, families weighted by their components.
    """
    row_of, place = {p: i for i, p in enumerate(parts)}, {d: i for i, d in enumerate(depots)}
    shape = (len(parts), len(depots))
    used, served, machines = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    lived, known = np.zeros(shape), np.zeros(shape)
    rate = _life_rates(life)
    names = ("part", "depot", "climate", "used", "years", "machines", "mean_age_months")
    columns = (demand.column(n).to_pylist() for n in names)
    for part, depot, climate, pieces, years, count, age in zip(*columns, strict=True):
        if part not in row_of or depot not in place:
            continue
        at = row_of[part], place[depot]
        used[at] += pieces
        served[at] += count * (years if age is None else min(years, age / 12))
        machines[at] += count
        if (part, climate) in rate:
            lived[at] += rate[part, climate] * count
            known[at] += count
    whole = served.sum(axis=1, keepdims=True)
    mean = np.maximum(used.sum(axis=1, keepdims=True), 0.5) / np.where(whole > 0, whole, np.inf)
    own = np.where(mean > 0, (used + 1.0) / (served + 1.0 / np.where(mean > 0, mean, 1.0)), 0.0)
    before = own * machines
    rest = np.where(machines > 0, 1.0 - known / np.maximum(machines, 1.0), 1.0)
    return lived + rest * before, before


def foretold_demand(
    forecast: pa.Table | None, markets: pa.Table, parts: Sequence[str], depots: Sequence[str], days: Floats
) -> Floats:
    """Return pieces a year (parts, depots) at the pace of the failures foretold; NaN for parts nothing is foretold of.

    The pace is that of the busiest weeks ahead, as many as the resupply of a part at a depot takes (`days`): stock must
    last through these before more can come. A market told without its weeks counts alike in all of them. A market is
    served by its depot; markets without one, and those foretold together, by the first depot.
    """
    found = np.full((len(parts), len(depots)), np.nan)
    if forecast is None:
        return found
    row_of, place = {p: i for i, p in enumerate(parts)}, {d: i for i, d in enumerate(depots)}
    near = dict(zip(*(markets.column(c).to_pylist() for c in ("market", "depot")), strict=True))
    told = foretold_by_market(forecast)
    names = ("part", "market", "week", "weeks", "expected")
    rows = list(zip(*(told.column(n).to_pylist() for n in names), strict=True))
    longest = max((weeks for _, _, _, weeks, _ in rows), default=0)
    first = min((week for _, _, week, _, _ in rows), default=None)
    singly: dict[tuple[str, object], dict[int, float]] = defaultdict(dict)
    for part, market, week, weeks, expected in rows:
        if weeks == 1 and part in row_of:
            singly[part, market][(week - first).days // 7] = expected
    by_week = np.zeros((*found.shape, longest))
    for part, market, _, weeks, expected in rows:
        if part in row_of and weeks == longest:
            found[row_of[part]] = np.nan_to_num(found[row_of[part]])
            each = singly[part, market]
            told_each = [each[k] for k in range(longest)] if set(each) >= set(range(longest)) else expected / weeks
            by_week[row_of[part], place.get(str(near.get(market)), 0)] += told_each
    return np.where(np.isnan(found), np.nan, _busiest(by_week, days))


def foretold_by_market(forecast: pa.Table) -> pa.Table:
    """The rows of a forecast that tell of one market's weeks to come."""
    return forecast.filter(pc.and_(pc.equal(forecast.column("level"), "market"), pc.invert(forecast.column("past"))))


def _busiest(by_week: Floats, days: Floats) -> Floats:
    """Pieces a year in the busiest weeks (parts, depots), as many as resupply takes."""
    longest = by_week.shape[2]
    upto = np.concatenate([np.zeros((*by_week.shape[:2], 1)), np.cumsum(by_week, axis=2)], axis=2)
    found = upto[:, :, -1] / max(longest, 1)
    span = np.clip(np.ceil(days / 7.0), LEAST_WEEKS, max(longest, LEAST_WEEKS)).astype(np.int64)
    for weeks in np.unique(span[span < longest]).tolist():
        most = (upto[:, :, weeks:] - upto[:, :, :-weeks]).max(axis=2) / weeks
        found = np.where(span == weeks, most, found)
    year: Floats = found * WEEKS_YEAR
    return year


def campaign_need(campaign: pa.Table, markets: pa.Table, parts: Sequence[str], depots: Sequence[str]) -> Ints:
    """Return pieces (parts, depots) for machines in the field that wait for a campaign visit.

    A machine is served by the depot of its market, by the first depot where that is not known.
    """
    row_of, place = {p: i for i, p in enumerate(parts)}, {d: i for i, d in enumerate(depots)}
    near = dict(zip(*(markets.column(c).to_pylist() for c in ("market", "depot")), strict=True))
    found = np.zeros((len(parts), len(depots)), dtype=np.int64)
    names = ("part", "market", "status", "done")
    for part, market, status, done in zip(*(campaign.column(n).to_pylist() for n in names), strict=True):
        if part in row_of and not done and status in IN_FIELD:
            at = row_of[part], place.get(str(near.get(market)), 0)
            found[at] += 1
    return found


def ticket_need(triage: pa.Table | None, markets: pa.Table, parts: Sequence[str], depots: Sequence[str]) -> Floats:
    """Return pieces (parts, depots) that open tickets need on average, by the probabilities that triage gives.

    Of two tickets of a machine with the same symptom the first counts. A machine is served by the depot of its market.
    """
    found = np.zeros((len(parts), len(depots)))
    if triage is None:
        return found
    row_of, place = {p: i for i, p in enumerate(parts)}, {d: i for i, d in enumerate(depots)}
    near = dict(zip(*(markets.column(c).to_pylist() for c in ("market", "depot")), strict=True))
    for row in triage.to_pylist():
        at = place.get(str(near.get(row["market"])), 0)
        for part, chance in (("part", "part_probability"), ("second_part", "second_probability")):
            if row[part] in row_of and row[chance] and row["duplicate_of"] is None:
                found[row_of[row[part]], at] += row[chance]
    return found


def _life_rates(life: pa.Table | None) -> dict[tuple[str, str], float]:
    """Failures a component and year by part and climate, families weighted by the components observed."""
    total: dict[tuple[str, str], float] = defaultdict(float)
    weight: dict[tuple[str, str], float] = defaultdict(float)
    if life is None:
        return {}
    names = ("part", "climate", "rate_year", "components")
    for part, climate, rate, components in zip(*(life.column(n).to_pylist() for n in names), strict=True):
        total[part, climate] += rate * components
        weight[part, climate] += components
    return {key: total[key] / weight[key] for key in total if weight[key] > 0}
