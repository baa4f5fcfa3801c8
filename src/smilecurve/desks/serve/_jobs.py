"""Where are technicians called to, how often, for which skill, and how often does a partner have to come again?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Jobs", "Past", "first_time_shares", "past_visits", "visits_wanted"]

Floats = NDArray[np.float64]
AGAIN = timedelta(days=30)
LEAST_WEEKS = 4.0
STRENGTH = 20.0
UNTOLD_H = 1.5


@dataclass(frozen=True)
class Jobs:
    """Areas that call for visits, one row an area and skill: market, skill (None: any), place, jobs a week."""

    market: list[str]
    skill: list[str | None]
    spot: Floats
    week: Floats


@dataclass(frozen=True)
class Past:
    """Visits that closed tickets took, one row a visit, and the weeks observed."""

    market: list[str]
    skill: list[str | None]
    spot: Floats
    hours: Floats
    weeks: float


def past_visits(tickets: pa.Table, causes: pa.Table, markets: pa.Table) -> Past:
    """List the visits of closed tickets, each as long as its cause takes (1.5 h where that is not said).

    A ticket without a place stands at the middle of its market; without a market it is left out.
    """
    needs = {(r["family"], r["cause"]): (r["skill"], r["minutes"]) for r in causes.to_pylist()}
    middle = {r["market"]: (r["latitude"], r["longitude"]) for r in markets.to_pylist()}
    found: list[tuple[str, str | None, float, float, float]] = []
    rows = sorted(tickets.to_pylist(), key=lambda t: str(t["ticket"]))
    for t in rows:
        spot = (t["latitude"], t["longitude"]) if t["latitude"] is not None else middle.get(t["market"])
        if t["remedy"] != "visit" or t["market"] is None or spot is None or spot[1] is None:
            continue
        skill, minutes = needs.get((t["family"], t["cause"]), (None, None))
        found.append((t["market"], skill, *spot, UNTOLD_H if minutes is None else minutes / 60))
    opened = [t["opened"] for t in rows]
    weeks = max((max(opened) - min(opened)).total_seconds() / 604_800, LEAST_WEEKS) if opened else LEAST_WEEKS
    spots = np.array([f[2:4] for f in found], dtype=np.float64).reshape(-1, 2)
    return Past([f[0] for f in found], [f[1] for f in found], spots, np.array([f[4] for f in found]), weeks)


def visits_wanted(past: Past, cell: float) -> Jobs:
    """Count visits by market, cell of `cell` degrees and skill, a week of the time observed."""
    at = (cell * (np.floor(past.spot / cell) + 0.5)).tolist()
    found = Counter((m, s, y, x) for m, s, (y, x) in zip(past.market, past.skill, at, strict=True))
    keys = sorted(found, key=lambda k: (k[0], k[1] or "", k[2], k[3]))
    return Jobs(
        [k[0] for k in keys], [k[1] for k in keys], np.array([k[2:] for k in keys]).reshape(-1, 2),
        np.array([found[k] / past.weeks for k in keys]),
    )  # fmt: skip


def first_time_shares(tickets: pa.Table, told: dict[str, float | None]) -> dict[str, float]:
    """Return the share of jobs each partner does at the first visit.

    A visit counts as repeated when the same machine shows the same symptom again within 30 days. What is seen is drawn
    to what is told of the partner, or to the mean of all, as if by 20 jobs (beta-binomial).
    """
    last: dict[tuple[str, str], tuple[str | None, datetime | None]] = {}
    done: Counter[object] = Counter()
    again: Counter[object] = Counter()
    for t in sorted(tickets.to_pylist(), key=lambda t: (t["opened"], t["ticket"])):
        partner, closed = last.pop((t["machine"], t["symptom"]), (None, None))
        if closed is not None and t["opened"] - closed <= AGAIN:
            again[partner] += 1
        if t["remedy"] == "visit" and t["partner"] is not None and t["closed"] is not None:
            done[t["partner"]] += 1
            last[t["machine"], t["symptom"]] = (t["partner"], t["closed"])
    whole = sum(done.values())
    mean = 1 - (sum(again.values()) + 0.5) / (whole + 5.0)
    return {
        p: (done[p] - again[p] + STRENGTH * (mean if share is None else share)) / (done[p] + STRENGTH)
        for p, share in told.items()
    }
