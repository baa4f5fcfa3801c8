"""How many visits a year of each technician will need each part?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["Needs", "depot_of_markets", "needs_of_vans"]

Floats = NDArray[np.float64]
STRENGTH = 20.0


@dataclass(frozen=True)
class Needs:
    """Visits a year that need a part (technicians, parts): to come, and as past use alone shows.

    unmanned    visits a year that no technician of the market can do
    """

    to_come: Floats
    before: Floats
    unmanned: float


def needs_of_vans(
    people: Sequence[dict[str, object]],
    parts: Sequence[str],
    stock: pa.Table,
    depot_of: dict[str, str],
    causes: pa.Table,
    tickets: pa.Table,
    forecast: pa.Table | None,
) -> Needs:
    """Share what each depot is asked for among the technicians of its markets.

    A market gets of its depot's demand for a part what is foretold there of all that is foretold in the depot's
    markets; of parts nothing is foretold of, its share of visits. Of this, the share of the part's closed tickets that
    took a visit, drawn to the share of all parts as if by 20 tickets, is needed on visits. Technicians of a market
    share them by their hours, those without a skill that the part's causes ask for left out.
    """
    column = {p: i for i, p in enumerate(parts)}
    markets = sorted(depot_of)
    asked = _asked(stock, column)
    visits, taken = _closed(causes, tickets, column)
    foretold = _foretold(forecast, markets, column)
    nothing = np.zeros(len(parts))
    weight = np.array([visits[m] + 0.5 for m in markets])
    crew: dict[str, list[int]] = defaultdict(list)
    for i, person in enumerate(people):
        crew[str(person["market"])].append(i)
    able = _able(people, causes, parts)
    hours = np.array([float(str(p["shift_end_h"])) - float(str(p["shift_start_h"])) for p in people])
    come, before, unmanned = np.zeros((len(people), len(parts))), np.zeros((len(people), len(parts))), 0.0
    for depot in sorted(set(depot_of.values())):
        mine = [i for i, m in enumerate(markets) if depot_of[m] == depot]
        told, some = foretold[mine], weight[mine][:, None] / weight[mine].sum()
        whole = told.sum(axis=0)
        split = np.where(whole > 0, told / np.where(whole > 0, whole, 1.0), some) * taken
        for row, i in enumerate(mine):
            who = crew[markets[i]]
            new, old = (split[row] * asked[kind].get(depot, nothing) for kind in ("demand_year", "demand_before"))
            share = able[who] * hours[who][:, None]
            total = share.sum(axis=0)
            unmanned += float(new[total == 0].sum())
            share /= np.where(total > 0, total, 1.0)
            come[who], before[who] = share * new, share * old
    return Needs(come, before, unmanned)


def depot_of_markets(markets: pa.Table, first: str) -> dict[str, str]:
    """The depot of each market; the central one where none is named."""
    return {row["market"]: row["depot"] or first for row in markets.to_pylist()}


def _asked(stock: pa.Table, column: dict[str, int]) -> dict[str, dict[str, Floats]]:
    found: dict[str, dict[str, Floats]] = {"demand_year": {}, "demand_before": {}}
    for row in stock.to_pylist():
        if row["part"] in column:
            for kind, depots in found.items():
                depots.setdefault(row["depot"], np.zeros(len(column)))[column[row["part"]]] += row[kind]
    return found


def _closed(causes: pa.Table, tickets: pa.Table, column: dict[str, int]) -> tuple[Counter[str], Floats]:
    """Visits by market, and by part the share of closed tickets that took a visit."""
    part_of = {(r["family"], r["cause"]): r["part"] for r in causes.to_pylist()}
    visits: Counter[str] = Counter()
    all_of, by_visit = np.zeros(len(column)), np.zeros(len(column))
    for t in tickets.to_pylist():
        part = part_of.get((t["model"], t["cause"]), part_of.get((t["family"], t["cause"])))
        went = t["remedy"] == "visit"
        if went and t["market"] is not None:
            visits[t["market"]] += 1
        if part in column and t["remedy"] is not None:
            all_of[column[part]] += 1
            by_visit[column[part]] += went
    mean = (by_visit.sum() + 1.0) / (all_of.sum() + 2.0)
    return visits, (by_visit + STRENGTH * mean) / (all_of + STRENGTH)


def _foretold(forecast: pa.Table | None, markets: Sequence[str], column: dict[str, int]) -> Floats:
    found = np.zeros((len(markets), len(column)))
    if forecast is None:
        return found
    at = {m: i for i, m in enumerate(markets)}
    told = forecast.filter(pc.equal(forecast.column("level"), "market"))
    longest = max(told.column("weeks").to_pylist(), default=0)
    names = ("part", "market", "weeks", "expected")
    for part, market, weeks, expected in zip(*(told.column(n).to_pylist() for n in names), strict=True):
        if part in column and market in at and weeks == longest:
            found[at[market], column[part]] += expected
    return found


def _able(people: Sequence[dict[str, object]], causes: pa.Table, parts: Sequence[str]) -> Floats:
    """1 where a technician can put right a cause of the part, or no cause of it asks for a skill."""
    asked: dict[str, set[str]] = defaultdict(set)
    for row in causes.to_pylist():
        if row["part"] is not None:
            asked[row["part"]].add(row["skill"] or "")
    able = np.ones((len(people), len(parts)))
    for i, person in enumerate(people):
        skills = {"", *str(person["skills"]).split()}
        able[i] = [not asked[p] or bool(asked[p] & skills) for p in parts]
    return able
