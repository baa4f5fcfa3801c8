"""Which components failed when, what was asked and answered, what did it cost?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import EventBook, joined, numbered, taken
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import Floats, Ints, chance, delays
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.lots import Lots
from smilecurve.worlds.maker import Maker

__all__ = ["Failures", "book_failures", "fail"]

MONTH = 30.44
OPEN_TICKETS = 110


@dataclass(frozen=True)
class Failures:
    """Failures (place >= 0) and calls without one (place < 0, row of `causes`), sorted by the day they were called in."""

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
        second = first + scale[c] * (rng.exponential(size=len(there)) / stress) ** (1 / shape[c])
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
    bad: np.ndarray,
    begun: Floats,
    stress: Floats,
    shape: float,
    scale: float,
    rng: np.random.Generator,
) -> Floats:
    """Lives of the bad lot in the heat: from its day on the hazard is `multiplier` times the part's own."""
    since = maker.flaws.since.timestamp() / 86400
    age = np.maximum(since - begun, 0.0) / MONTH
    worn = stress * (age / scale) ** shape
    extra = rng.exponential(size=len(life)) / (maker.flaws.multiplier - 1)
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
    table = np.array([[keys[(f, c)] for f, _ in maker.families] for c in maker.components.texts("cause")])
    cause = table[place, fleet.family[machine]]
    at_work = np.maximum(np.minimum(end, maker.today) - fleet.begun, 0.0)
    calls = rng.poisson(maker.call_rate * at_work / 365.25)
    callers = np.repeat(np.arange(len(fleet)), calls)
    when = fleet.begun[callers] + at_work[callers] * rng.random(len(callers)) ** 1.4
    other = _other_causes(maker, fleet.family[callers], rng)
    opened = np.concatenate([failed + rng.random(len(failed)) * 1.5, when + 0.01])
    order = np.argsort(opened, kind="stable")
    opened = opened[order]
    fill = np.full(len(callers), -1)
    machine, place = np.concatenate([machine, callers])[order], np.concatenate([place, fill])[order]
    failed = np.concatenate([failed, np.full(len(callers), np.nan)])[order]
    lot, cause = np.concatenate([lot, fill])[order], np.concatenate([cause, other])[order]
    heard = opened < maker.today - 0.1
    machine, place, failed, lot, cause, opened = (x[heard] for x in (machine, place, failed, lot, cause, opened))
    slow = np.array([{"remote": 0.8, "part": 6.0, "visit": 9.0}[r] for r in causes.texts("remedy")])[cause]
    closed = np.minimum(opened + delays(rng, slow, 0.5, len(opened)), np.maximum(maker.today - 0.1, opened))
    closed[-OPEN_TICKETS:] = np.nan
    part = parts.at[np.maximum(place, 0), fleet.family[machine]]
    spare = lots.at(part, np.maximum(np.nan_to_num(closed) - 40, maker.start), rng)
    earlier = lots.at(part, np.maximum(opened - 300, maker.start), rng)
    lot = np.where((lot < 0) & (place >= 0), earlier, lot)
    return Failures(machine, place, cause, failed, opened, closed, lot, np.where(place >= 0, spare, -1))


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


def book_failures(
    book: EventBook, maker: Maker, parts: Catalogue, lots: Lots, fleet: Fleet, failures: Failures
) -> Floats:
    """Book tickets, answers, verified failures, claims, repairs and replacements; gives the money claimed a failure."""
    rng = chance(maker.seed, "service events")
    n, who = len(failures), failures.machine
    at = pa.array(who)
    causes = maker.causes
    serial, ticket = fleet.serial.take(at), numbered("TK-", np.arange(n) + 1)
    symptoms = taken(causes.texts("symptom"), failures.cause)
    odd = rng.random(n) < 0.07
    symptoms = pc.if_else(pa.array(odd), "other", symptoms)
    hours = np.round(np.maximum(failures.opened - fleet.begun[who], 0) / MONTH * fleet.hours_month[who], 1)
    market = taken(maker.markets.texts("market"), fleet.market[who])
    same = {"machine": serial, "market": market}
    _book_tickets(book, maker, failures, ticket, symptoms, hours, same, rng)
    real = failures.place >= 0
    part = taken(parts.codes, np.where(real, lots.part[failures.lot], -1))
    component = taken(maker.components.texts("component"), failures.place)
    mode = taken(maker.components.texts("mode"), failures.place)
    old = taken(lots.names, failures.lot)
    fixed = failures.closed
    verified = fixed + delays(rng, 3.0, 0.8, n)
    book.add(
        "failure",
        "field",
        failures.failed,
        verified,
        keep=real & ~np.isnan(fixed),
        part=part,
        component=component,
        lot=old,
        code=mode,
        quantity=hours,
        **same,
    )
    money = _claims(maker, parts, fleet, failures, rng)
    asked = fixed + delays(rng, 8.0, 0.7, n)
    claimed = real & ~np.isnan(fixed) & (money > 0)
    rank = np.zeros(n, np.int64)
    rank[np.flatnonzero(claimed)[np.argsort(asked[claimed], kind="stable")]] = np.arange(int(claimed.sum())) + 1
    claim = pc.if_else(pa.array(claimed), numbered("CL-", rank), None)
    book.add(
        "claim",
        "partners",
        asked,
        asked + 0.5,
        keep=claimed,
        ref=claim,
        part=part,
        amount=money,
        currency="CNY",
        code=mode,
        party=fleet.partner.take(at),
        **same,
    )
    book.add(
        "repairing",
        "partners",
        fixed,
        verified,
        keep=real,
        ref=claim,
        amount=money,
        currency="CNY",
        party=fleet.partner.take(at),
        **same,
    )
    book.add(
        "replacing",
        "partners",
        fixed + 0.001,
        verified + 0.001,
        keep=real,
        component=component,
        part=part,
        lot=taken(lots.names, failures.new_lot),
        details=joined('{"removed":"', old, '"}'),
        **same,
    )
    return np.where(claimed & (asked + 0.5 <= maker.today), money, 0.0)


def _book_tickets(
    book: EventBook,
    maker: Maker,
    failures: Failures,
    ticket: pa.Array,
    symptoms: pa.Array,
    hours: Floats,
    same: dict[str, pa.Array],
    rng: np.random.Generator,
) -> None:
    """Book what owners call in, what they answer and how tickets are solved."""
    n = len(failures)
    notes = maker.notes
    words = np.array([r["symptom"] for r in notes.records])
    start = {s: np.flatnonzero(words == s) for s in set(words.tolist())}
    symptom = symptoms.to_numpy(zero_copy_only=False)
    note = np.zeros(n, np.int64)
    for name, lines in start.items():
        mine = np.flatnonzero(symptom == name)
        note[mine] = lines[rng.integers(0, len(lines), len(mine))]
    book.add(
        "ticket",
        "service desk",
        failures.opened,
        ref=ticket,
        code=symptoms,
        quantity=hours,
        details=joined('{"note":"', taken(notes.texts("note"), note), '"}'),
        **same,
    )
    _book_answers(book, maker, failures, ticket, same, rng)
    remedy = taken(maker.causes.texts("remedy"), failures.cause)
    book.add(
        "ticket_closed",
        "service desk",
        failures.closed,
        ref=ticket,
        code=taken(maker.causes.texts("cause"), failures.cause),
        disposition=remedy,
        **same,
    )


def _book_answers(
    book: EventBook,
    maker: Maker,
    failures: Failures,
    ticket: pa.Array,
    same: dict[str, pa.Array],
    rng: np.random.Generator,
) -> None:
    """Two questions of the family are answered on a third of the tickets, truly more often than not."""
    asked = maker.asked_causes
    chosen = np.flatnonzero(rng.random(len(failures)) < np.where(np.isnan(failures.closed), 0.5, 0.3))
    for turn in range(2):
        rows = chosen[rng.random(len(chosen)) < (1.0 if turn == 0 else 0.6)]
        count = asked.count[failures.cause[rows]]
        half = np.maximum(count // 2, 1)
        which = (
            asked.offset[failures.cause[rows]]
            + turn * half
            + (rng.random(len(rows)) * np.where(turn, count - half, half)).astype(int)
        )
        which = np.minimum(which, asked.offset[failures.cause[rows]] + count - 1)
        said = np.where(rng.random(len(rows)) < 0.08, 2, (rng.random(len(rows)) < asked.yes[which]).astype(int))
        at = pa.array(rows)
        book.add(
            "answer",
            "service desk",
            failures.opened[rows] + 0.02 * (turn + 1),
            ref=ticket.take(at),
            code=taken(asked.names, which),
            disposition=taken(["no", "yes", "unknown"], said),
            machine=same["machine"].take(at),
            market=same["market"].take(at),
        )


def _claims(maker: Maker, parts: Catalogue, fleet: Fleet, failures: Failures, rng: np.random.Generator) -> Floats:
    """What is asked for each failure: the part and the work, nothing for one in eight or when long out of warranty."""
    who = failures.machine
    cost = parts.cost[np.maximum(parts.at[np.maximum(failures.place, 0), fleet.family[who]], 0)]
    visit = maker.regions.numbers("visit_cost")[maker.market_region[fleet.market[who]]]
    minutes = maker.causes.numbers("minutes")[failures.cause]
    work = visit * np.where(
        np.array(maker.causes.texts("remedy"))[failures.cause] == "visit", 1.0 + minutes / 240, 0.15
    )
    asked = np.round((cost * 1.15 + work * maker.visit_share) * np.exp(0.12 * rng.standard_normal(len(who))), 2)
    age = (failures.opened - fleet.begun[who]) / MONTH
    silent = (rng.random(len(who)) < 0.12) | (age > 27)
    return np.where(silent | (failures.place < 0), 0.0, asked)
