"""Who can go in each market, what does each cost, what does each carry, and do the shifts make sense?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from smilecurve.desks.serve._calendar import odd_weeks
from smilecurve.desks.serve._tools import Toolroom
from smilecurve.desks.serve._tours import Crew, Row
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["carriers", "check_shifts", "gather_crews", "skills_of"]


def check_shifts(technicians: pa.Table, vans: pa.Table, more: Sequence[Breach] = ()) -> None:
    """Refuse shifts that end before they start, breaks outside them, odd weeks, vans of nobody and `more` together."""
    bad: list[Breach] = []
    people = technicians.to_pylist()
    for row in people:
        who, start, end = row["technician"], row["shift_start_h"], row["shift_end_h"]
        if end <= start:
            bad.append(
                Breach(
                    f"the shift of {who} ends at {end:g} h and starts at {start:g} h",
                    "technicians.shift_end_h",
                    "give an end after the start; a night shift is two rows",
                )
            )
        rest = row.get("break_start_h")
        if rest is not None and not start <= rest <= rest + (row["break_h"] or 0.0) <= max(start, end):
            bad.append(
                Breach(
                    f"the break of {who} at {rest:g} h lies outside the shift",
                    "technicians.break_start_h",
                    f"put it between {start:g} and {end:g} h, or leave it empty",
                )
            )
    bad += odd_weeks(people)
    known = {row["technician"] for row in people}
    bad += [
        Breach(f"{who} has a van but is no technician", "van_stocks.technician", "correct the code, or add the person")
        for who in sorted(set(vans.column("technician").to_pylist()) - known)
    ]
    bad += more
    if bad:
        raise DataRejected(bad)


def gather_crews(
    technicians: pa.Table,
    partners: pa.Table,
    vans: pa.Table,
    depots: pa.Table,
    markets: pa.Table,
    tools: Toolroom,
    hour_cost: float,
) -> dict[str, Crew]:
    """The crew of each market; the depot is that of the market, if it stands in it."""
    cost = {row["partner"]: row["visit_cost"] for row in partners.to_pylist()}
    spot = {row["depot"]: row for row in depots.to_pylist()}
    depot = {row["market"]: spot.get(row["depot"]) for row in markets.to_pylist()}
    carried = {(row["technician"], row["part"]): row["on_hand"] for row in vans.to_pylist() if row["on_hand"] > 0}
    found: dict[str, list[Row]] = defaultdict(list)
    for person in sorted(technicians.to_pylist(), key=lambda row: row["technician"]):
        found[person["market"]].append(person)
    crews = {}
    for market, people in found.items():
        price = np.array([cost.get(person["partner"], np.nan) for person in people], dtype=np.float64)
        least = np.nanmin(price) if not np.isnan(price).all() else 0.0
        here = depot.get(market)
        names = {person["technician"] for person in people}
        crews[market] = Crew(
            people,
            np.nan_to_num(price - least) / hour_cost,
            {key: pieces for key, pieces in carried.items() if key[0] in names},
            (here["latitude"], here["longitude"]) if here and here["market"] == market else None,
            tools,
        )
    return crews


def carriers(crews: dict[str, Crew]) -> dict[tuple[str, str], set[str]]:
    """Whose vans hold a part, by market and part."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for market, crew in crews.items():
        for who, part in crew.vans:
            found[market, part].add(who)
    return dict(found)


def skills_of(technicians: pa.Table) -> set[str]:
    """Every skill that somebody has."""
    return {skill for skills in technicians.column("skills").to_pylist() for skill in skills.split()}
