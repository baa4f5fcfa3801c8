"""Which jobs come in a quarter, and who could go to them?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._jobs import Past

__all__ = ["WEEK_DAYS", "Crews", "Quarter", "draw_quarter", "gather_offered"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = Mapping[str, object]
WEEK_DAYS = 5
TRIES = 6
"""So often at most has a job to be repeated."""
PER_PERSON = 10.0
"""Jobs a week that one technician is taken to do where a partner's people are not known: two a working day."""
SHIFT = (8.0, 17.0, 12.0, 0.75)
"""Start, end, break and its length of people who are not known, in hours."""


@dataclass(frozen=True)
class Quarter:
    """Jobs in the order in which they come: when (working days from the first midnight), market, skill, place, hours.

    luck (jobs, TRIES) is below the partner's share of first-time fixes where a try mends the machine; markets are those
    drawn.
    """

    opened: Floats
    market: list[str]
    skill: list[str | None]
    spot: Floats
    hours: Floats
    luck: Floats
    weeks: int
    markets: frozenset[str]


@dataclass(frozen=True)
class Crews:
    """Who can be sent: whose they are (row of the offers), where they start, hours, speed, skills, quota a week."""

    partner: Ints
    spot: Floats
    start: Floats
    end: Floats
    rest_at: Floats
    rest: Floats
    speed: Floats
    skills: list[set[str]]
    quota: Ints

    @property
    def day_h(self) -> Floats:
        """Hours worked a day."""
        return np.maximum(self.end - self.start - self.rest, 0.5)


def draw_quarter(past: Past, weeks: int, most: int, seed: int) -> Quarter:
    """Draw as many jobs as come in these weeks (Poisson) from past visits, with place, skill and hours of each.

    Where more than `most` are to be expected, whole markets are drawn until no more fits.
    """
    draw = np.random.default_rng(seed)
    count: dict[str, int] = defaultdict(int)
    for market in past.market:
        count[market] += 1
    room, taken = most * past.weeks / weeks, set(count)
    if len(past.market) > room:
        taken, held = set(), 0
        for market in draw.permutation(sorted(count)).tolist():
            if not taken or held + count[market] <= room:
                taken.add(market)
                held += count[market]
    some = np.array([i for i, market in enumerate(past.market) if market in taken], dtype=np.int64)
    number = int(draw.poisson(len(some) / past.weeks * weeks))
    which = some[draw.integers(0, len(some), number)] if len(some) else some
    return Quarter(
        np.sort(draw.uniform(0.0, WEEK_DAYS * weeks, len(which))),
        [past.market[i] for i in which],
        [past.skill[i] for i in which],
        past.spot[which].reshape(-1, 2),
        past.hours[which],
        draw.uniform(size=(len(which), TRIES)),
        weeks,
        frozenset(taken),
    )


def gather_offered(offers: Sequence[Row], technicians: pa.Table, room: Floats, speed_km_h: float) -> Crews:
    """The people of each partner; one whose people are not known has one for every PER_PERSON jobs a week at its place.

    room     (offers,) jobs a week, spread over the people of a partner; one at least where it is above 0
    """
    own: dict[str, list[Row]] = defaultdict(list)
    for person in sorted(technicians.to_pylist(), key=lambda row: row["technician"]):
        own[person["partner"]].append(person)
    rows: list[tuple[int, Row, set[str], int]] = []
    for j, offer in enumerate(offers):
        people = own.get(str(offer["partner"])) or [offer] * ceil(float(str(offer["week_jobs"])) / PER_PERSON)
        jobs = max(int(room[j]), 1) if room[j] > 0 else 0
        for i, person in enumerate(people):
            share = jobs // len(people) + (i < jobs % len(people))
            rows.append((j, person, set(str(person["skills"]).split()), share))

    def column(name: str, instead: float) -> Floats:
        told = [row.get(name) for _, row, _, _ in rows]
        return np.array([instead if value is None else float(str(value)) for value in told])

    start, end, at, rest = SHIFT
    known = np.array([row.get("shift_start_h") is not None for _, row, _, _ in rows], dtype=bool)
    return Crews(
        np.array([j for j, _, _, _ in rows], dtype=np.int64),
        np.array([(row["latitude"], row["longitude"]) for _, row, _, _ in rows], dtype=float).reshape(-1, 2),
        column("shift_start_h", start),
        column("shift_end_h", end),
        column("break_start_h", at),
        np.where(known, column("break_h", 0.0), rest),
        column("speed_km_h", speed_km_h),
        [skills for _, _, skills, _ in rows],
        np.array([share for _, _, _, share in rows], dtype=np.int64),
    )
