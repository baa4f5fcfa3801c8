"""How were failures verified, repaired and claimed?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import EventBook, joined, numbered, taken
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import Flags, Floats, Ints, chance, delays
from smilecurve.worlds.failing import MONTH, Failures
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.lots import Lots
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.tickets import book_tickets

__all__ = ["book_failures"]


def book_failures(
    book: EventBook, maker: Maker, parts: Catalogue, lots: Lots, fleet: Fleet, failures: Failures
) -> tuple[Floats, Ints, Floats]:
    """Book tickets, answers, verified failures, claims, repairs and replacements.

    The claim carries the money, the repair does not, so that nothing counts twice. Gives day, model and money of every
    claim heard of.
    """
    rng = chance(maker.seed, "service events")
    n, who = len(failures), failures.machine
    at = pa.array(who)
    serial, ticket = fleet.serial.take(at), numbered("TK-", np.arange(n) + 1)
    hours = np.round(np.maximum(failures.opened - fleet.begun[who], 0) / MONTH * fleet.hours_month[who], 1)
    market = taken(maker.markets.texts("market"), fleet.market[who])
    same = {"machine": serial, "market": market}
    book_tickets(book, maker, failures, ticket, hours, same)
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
    money, silent = _costs(maker, parts, fleet, failures, rng)
    asked = fixed + delays(rng, 8.0, 0.7, n)
    claimed = real & ~np.isnan(fixed) & ~silent
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
    heard = claimed & (asked + 0.5 <= maker.today)
    return asked[heard], fleet.model[who[heard]], money[heard]


def _costs(
    maker: Maker, parts: Catalogue, fleet: Fleet, failures: Failures, rng: np.random.Generator
) -> tuple[Floats, Flags]:
    """What each repair costs (part and work), and whether nobody asks for it: one in eight, or long out of warranty."""
    who = failures.machine
    cost = parts.cost[np.maximum(parts.at[np.maximum(failures.place, 0), fleet.family[who]], 0)]
    visit = maker.regions.numbers("visit_cost")[maker.market_region[fleet.market[who]]]
    minutes = maker.causes.numbers("minutes")[failures.cause]
    work = visit * np.where(
        np.array(maker.causes.texts("remedy"))[failures.cause] == "visit", 1.0 + minutes / 240, 0.15
    )
    asked = np.round((cost * 1.15 + work * maker.visit_share) * np.exp(0.12 * rng.standard_normal(len(who))), 2)
    age = (failures.opened - fleet.begun[who]) / MONTH
    silent = rng.random(len(who)) < np.select([age > 27, age > 20], [1.0, 0.75], 0.12)
    return asked, silent
