"""Which components failed when, and which calls had no failure behind them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import Flags, Floats, Ints, chance, delays
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.lots import Lots
from smilecurve.worlds.maker import Maker

__all__ = ["MONTH", "Failures", "fail"]

MONTH = 30.44
OPEN_TICKETS = 110
LONGEST_REPAIR = 45.0


@dataclass(frozen=True)
class Failures:
    """Failures (place >= 0) and calls without one (place < 0), sorted by the day they were called in."""

    machine: Ints
    place: Ints
    cause: Ints
    failed: Floats
    opened: Floats
    closed: Floats
    lot: Ints
    new_lot: Ints

    def __len__(self) -> int:
        return len(self.machine)


def fail(maker: Maker, parts: Catalogue, lots: Lots, fleet: Fleet, built_in: Ints, end: Floats) -> Failures:
    """Draw the lives of every component (Weibull months from the start of work, faster in heat or cold).

    A replaced component lives again once. The planted lot fails faster in hot markets from its day on. Machines that
    came back (`end`) fail no more.
    """
    rng = chance(maker.seed, "failures")
    rows = maker.components
    shape, scale = rows.numbers("shape"), rows.numbers("scale_months")
    hot, cold = maker.hot[fleet.market], maker.cold[fleet.market]
    found: list[tuple[Ints, Ints, Floats, Ints]] = []
    for c in range(len(rows)):
        there = np.flatnonzero(built_in[:, c] >= 0)
        stress = rows.numbers("hot")[c] ** hot[there] * rows.numbers("cold")[c] ** cold[there]
        first = scale[c] * (rng.exponential(size=len(there)) / stress) ** (1 / shape[c])
        bad = built_in[there, c] == lots.planted
        if bad.any():
            first = _planted(maker, first, bad & (hot[there] > 0), fleet.begun[there], stress, shape[c], scale[c], rng)
        second = (
            first + LONGEST_REPAIR / MONTH + scale[c] * (rng.exponential(size=len(there)) / stress) ** (1 / shape[c])
        )
        for life, again in ((first, False), (second, True)):
            day = fleet.begun[there] + life * MONTH
            due = day < np.minimum(end[there], maker.today - 0.2)
            lot = np.full(int(due.sum()), -1) if again else built_in[there[due], c]
            found.append((there[due], np.full(len(lot), c), day[due], lot))
    machine, place, failed, lot = (np.concatenate(x) for x in zip(*found, strict=True))
    return _calls(maker, parts, lots, fleet, machine, place, failed, lot, end, rng)


def _planted(
    maker: Maker,
    life: Floats,
    bad: Flags,
    begun: Floats,
    stress: Floats,
    shape: float,
    scale: float,
    rng: np.random.Generator,
) -> Floats:
    """Lives of the bad lot in the heat: from its day on the hazard is `multiplier` times the part's own.

    The draws fill 0..1 evenly, so that every seed plants about as many failures.
    """
    since = maker.flaws.since.timestamp() / 86400
    age = np.maximum(since - begun, 0.0) / MONTH
    worn = stress * (age / scale) ** shape
    n = int(bad.sum())
    spread = rng.permutation((np.arange(n) + rng.random(n)) / max(n, 1))
    extra = np.full(len(life), np.inf)
    extra[bad] = -np.log1p(-spread) / (maker.flaw_multiplier - 1)
    sooner = scale * ((worn + extra) / stress) ** (1 / shape)
    return np.where(bad, np.minimum(life, sooner), life)


def _calls(
    maker: Maker,
    parts: Catalogue,
    lots: Lots,
    fleet: Fleet,
    machine: Ints,
    place: Ints,
    failed: Floats,
    lot: Ints,
    end: Floats,
    rng: np.random.Generator,
) -> Failures:
    """Add calls that no failure stands behind, order all by the day of the call, and close all but the last ones."""
    causes = maker.causes
    keys = {(r["family"], r["cause"]): i for i, r in enumerate(causes.records)}
    table = np.array([[keys.get((f, c), -1) for f, _ in maker.families] for c in maker.components.texts("cause")])
    cause = table[place, fleet.family[machine]]
    at_work = np.maximum(np.minimum(end, maker.today) - fleet.begun, 0.0)
    calls = rng.poisson(maker.call_rate * at_work / 365.25)
    callers = np.repeat(np.arange(len(fleet)), calls)
    when = fleet.begun[callers] + at_work[callers] * rng.random(len(callers)) ** 1.4
    other = _other_causes(maker, fleet.family[callers], rng)
    opened = np.concatenate([failed + rng.random(len(failed)) * 1.5, when + 0.01])
    order = np.argsort(opened, kind="stable")
    order = order[opened[order] < maker.today - 0.1]
    opened = opened[order]
    fill = np.full(len(callers), -1)
    machine, place = np.concatenate([machine, callers])[order], np.concatenate([place, fill])[order]
    failed = np.concatenate([failed, np.full(len(callers), np.nan)])[order]
    lot, cause = np.concatenate([lot, fill])[order], np.concatenate([cause, other])[order]
    slow = np.array([{"remote": 0.8, "part": 6.0, "visit": 9.0}[r] for r in causes.texts("remedy")])[cause]
    closed = opened + np.minimum(delays(rng, slow, 0.5, len(opened)), LONGEST_REPAIR - 5.0)
    hurried = opened + (maker.today - opened) * rng.uniform(0.2, 0.9, len(opened))
    closed = np.where(closed < maker.today - 0.1, closed, hurried)
    closed[-OPEN_TICKETS:] = np.nan
    part = parts.at[np.maximum(place, 0), fleet.family[machine]]
    spare = lots.at(part, np.maximum(np.nan_to_num(closed) - 40, maker.start), rng)
    lot = np.where((lot < 0) & (place >= 0), spare[_before(machine, place)], lot)
    return Failures(machine, place, cause, failed, opened, closed, lot, np.where(place >= 0, spare, -1))


def _before(machine: Ints, place: Ints) -> Ints:
    """The failure before this one at the same place of the same machine (itself if there is none)."""
    order = np.lexsort((np.arange(len(machine)), place, machine))
    same = (np.diff(machine[order]) == 0) & (np.diff(place[order]) == 0)
    before = np.arange(len(machine))
    before[order[1:][same]] = order[:-1][same]
    return before


def _other_causes(maker: Maker, family: Ints, rng: np.random.Generator) -> Ints:
    """Causes that need no part, by their weight."""
    found = np.zeros(len(family), np.int64)
    names = np.array(maker.causes.texts("family"))
    weight = maker.causes.numbers("weight") * np.array([r["component"] == "" for r in maker.causes.records])
    for f, (name, _) in enumerate(maker.families):
        rows = np.flatnonzero(family == f)
        odds = np.cumsum(weight * (names == name))
        found[rows] = np.searchsorted(odds / odds[-1], rng.random(len(rows)), side="right")
    return found
