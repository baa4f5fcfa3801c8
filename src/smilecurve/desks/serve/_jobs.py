"""Where are technicians called to, how often, for which skill, and how often does a partner have to come again?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Jobs", "first_time_shares", "visits_wanted"]

Floats = NDArray[np.float64]
AGAIN = timedelta(days=30)
LEAST_WEEKS = 4.0
STRENGTH = 20.0


@dataclass(frozen=True)
class Jobs:
    """Areas that call for visits, one row an area and skill: market, skill (None: any), place, jobs a week."""

    market: list[str]
    skill: list[str | None]
    spot: Floats
    week: Floats


def visits_wanted(tickets: pa.Table, causes: pa.Table, markets: pa.Table, cell: float) -> Jobs:
    """Count the visits of closed tickets by market, cell of `cell` degrees and skill, a week of the time observed.

    A ticket without a place counts at the middle of its market; without a market it is left out.
    """
    needs = {(r["family"], r["cause"]): r["skill"] for r in causes.to_pylist()}
    middle = {r["market"]: (r["latitude"], r["longitude"]) for r in markets.to_pylist()}
    found: Counter[tuple[str, str | None, float, float]] = Counter()
    rows = tickets.to_pylist()
    for t in rows:
        spot = (t["latitude"], t["longitude"]) if t["latitude"] is not None else middle.get(t["market"])
        if t["remedy"] != "visit" or t["market"] is None or spot is None or spot[1] is None:
            continue
        at = [cell * (np.floor(x / cell) + 0.5) for x in spot]
        found[t["market"], needs.get((t["family"], t["cause"])), float(at[0]), float(at[1])] += 1
    opened = [t["opened"] for t in rows]
    weeks = max((max(opened) - min(opened)).total_seconds() / 604_800, LEAST_WEEKS) if opened else LEAST_WEEKS
    keys = sorted(found, key=lambda k: (k[0], k[1] or "", k[2], k[3]))
    return Jobs(
        [k[0] for k in keys], [k[1] for k in keys], np.array([k[2:] for k in keys]).reshape(-1, 2),
        np.array([found[k] / weeks for k in keys]),
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
