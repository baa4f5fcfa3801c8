"""How many visits a year of each technician will need each part?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._demand import foretold_by_market

__all__ = ["Needs", "depot_of_markets", "needs_of_vans"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
STRENGTH = 20.0


@dataclass(frozen=True)
class Needs:
    """Visits a year that need each part (parts,), by market, and who of its technicians can do them.

    to_come, before   by market: to come, and as past use alone shows
    able              by skills as written: 1 where a cause of the part asks for none or for one of these
    hours             by market: hours a day of the technicians who can
    """

    to_come: dict[str, Floats]
    before: dict[str, Floats]
    able: dict[str, Floats]
    hours: dict[str, Floats]

    def of(self, person: Row) -> tuple[Floats, Floats]:
        """The visits of one technician, by hours of the market's technicians who can do them: to come, and before."""
        market = str(person["market"])
        able, whole = self.able[str(person["skills"])] * _shift(person), self.hours[market]
        part = able / np.where(whole > 0, whole, 1.0)
        return part * self.to_come[market], part * self.before[market]

    @property
    def manned(self) -> float:
        """Visits a year that technicians of the market can do."""
        return float(sum(self.to_come[m][self.hours[m] > 0].sum() for m in self.to_come))

    @property
    def unmanned(self) -> float:
        """Visits a year that no technician of the market can do."""
        return float(sum(self.to_come[m][self.hours[m] == 0].sum() for m in self.to_come))


def needs_of_vans(
    people: Sequence[Row],
    parts: Sequence[str],
    stock: pa.Table,
    depot_of: Mapping[str, str],
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
    asked = _asked(stock, column)
    visits, taken = _closed(causes, tickets, column)
    foretold = _foretold(forecast, column)
    nothing = np.zeros(len(parts))
    able = _able({str(p["skills"]) for p in people}, causes, parts)
    come, before, hours = {}, {}, {m: np.zeros(len(parts)) for m in depot_of}
    for person in people:
        hours[str(person["market"])] += able[str(person["skills"])] * _shift(person)
    for depot in sorted(set(depot_of.values())):
        mine = sorted(m for m, d in depot_of.items() if d == depot)
        told = sum((foretold.get(m, nothing) for m in mine), nothing)
        weight = sum(visits[m] + 0.5 for m in mine)
        for m in mine:
            share = np.where(
                told > 0, foretold.get(m, nothing) / np.where(told > 0, told, 1.0), (visits[m] + 0.5) / weight
            )
            come[m], before[m] = (
                share * taken * asked[c].get(depot, nothing) for c in ("demand_year", "demand_before")
            )
    return Needs(come, before, able, hours)


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


def _foretold(forecast: pa.Table | None, column: dict[str, int]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    if forecast is None:
        return found
    told = foretold_by_market(forecast)
    longest = max(told.column("weeks").to_pylist(), default=0)
    names = ("part", "market", "weeks", "expected")
    for part, market, weeks, expected in zip(*(told.column(n).to_pylist() for n in names), strict=True):
        if part in column and market is not None and weeks == longest:
            found.setdefault(market, np.zeros(len(column)))[column[part]] += expected
    return found


def _able(skills: set[str], causes: pa.Table, parts: Sequence[str]) -> dict[str, Floats]:
    """By skills as written, 1 where they put right a cause of the part, or no cause of it asks for a skill."""
    asked: dict[str, set[str]] = defaultdict(set)
    for row in causes.to_pylist():
        if row["part"] is not None:
            asked[row["part"]].add(row["skill"] or "")
    return {
        has: np.array([float(not asked[p] or bool(asked[p] & {"", *has.split()})) for p in parts]) for has in skills
    }


def _shift(person: Row) -> float:
    return float(str(person["shift_end_h"])) - float(str(person["shift_start_h"]))
