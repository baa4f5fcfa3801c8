"""Which machines came back, what were they worth, and where did they go?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import EventBook, joined, numbered, taken
from smilecurve.worlds.chance import Flags, Floats, Ints, chance, pick
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.renewing import ITEMS

__all__ = ["GRADES", "SecondLife", "book_second_life", "live_again"]

GRADES = ("A", "B", "C", "D")
GRADE_WORTH = np.array([1.06, 1.0, 0.88, 0.68])
WAITING = 45
LOOKED_AT = 420
MONTH = 30.44
BOOK_KEEPS, BOOK_FADES = 0.92, 0.016


@dataclass(frozen=True)
class SecondLife:
    """Machines that came back (rows of the fleet), by return or at the end of a lease, and what became of them."""

    machine: Ints
    back: Floats
    by_lease: Flags
    why: Ints
    grade: Ints
    better: Ints
    resold: Floats
    price: Floats
    scrapped: Floats
    leased: Floats
    months: Ints
    rent: Floats
    residual: Floats


def live_again(maker: Maker, fleet: Fleet, list_price: Floats, closed_markets: Ints) -> tuple[SecondLife, Floats]:
    """Draw leases, returns, grades and second-hand sales; also the day each machine left its first owner.

    The last `WAITING` returned machines still wait. Machines of `closed_markets` (row numbers) are not sold on by us.
    """
    rng = chance(maker.seed, "second life")
    n = len(fleet)
    leasing = (pc.equal(fleet.channel, "leasing").to_numpy(zero_copy_only=False)) & (fleet.sold < maker.today - 3)
    months = np.array([6, 12, 18, 24])[pick(rng, np.array([3.0, 4.0, 2.0, 1.0]), n)]
    lease_end = np.where(leasing, fleet.sold + 2 + months * MONTH, np.inf)
    fault = rng.random(n) < maker.return_rate * 0.55
    trade = ~fault & (rng.random(n) < maker.return_rate * 0.8)
    held = np.where(fault, rng.uniform(10, 120, n), rng.uniform(240, 800, n))
    returned = np.where((fault | trade) & ~leasing, fleet.sold + held, np.inf)
    back = np.minimum(lease_end, returned)
    rows = np.flatnonzero(back < maker.today - 2.5)
    rows = rows[np.argsort(back[rows], kind="stable")]
    day, by_lease = back[rows], lease_end[rows] <= returned[rows]
    age = (day - fleet.begun[rows]) / MONTH
    usual = np.array([np.median(fleet.hours_month[fleet.family == f]) for f in range(len(maker.families))])
    heavy = fleet.hours_month[rows] / usual[fleet.family[rows]]
    score = rng.normal(0, 0.8, len(rows)) + heavy * age / 20 + 0.5 * fault[rows]
    grade = np.digitize(score, [0.35, 1.3, 2.4])
    ours = ~np.isin(fleet.market[rows], closed_markets)
    waits = np.arange(len(rows)) >= len(rows) - WAITING
    scrap = ((grade == 3) & (rng.random(len(rows)) < 0.6)) | ~ours | (rng.random(len(rows)) < 0.06)
    better = np.where((grade > 0) & (rng.random(len(rows)) < 0.55), grade - 1, grade)
    soon = np.maximum(maker.today - 0.3 - day, 0.5)
    resold = day + np.minimum(rng.uniform(14, 75, len(rows)), soon * rng.uniform(0.6, 0.98, len(rows)))
    sell = ~waits & ~scrap
    months_then = (resold - fleet.begun[rows]) / MONTH
    worth = maker.keeps * np.exp(-maker.fades * months_then) * heavy**-0.12 * GRADE_WORTH[better]
    price = np.round(list_price[rows] * worth * np.exp(0.07 * rng.standard_normal(len(rows))), 2)
    life = SecondLife(
        rows,
        day,
        by_lease,
        np.where(fault[rows], rng.integers(0, 2, len(rows)), 2),
        grade,
        better,
        np.where(sell, resold, np.nan),
        price,
        np.where(scrap & ~waits, day + np.minimum(rng.uniform(10, 40, len(rows)), 0.9 * soon), np.nan),
        np.where(leasing, fleet.sold + 1.5, np.nan),
        months,
        np.round(list_price * 0.031, 2),
        np.round(list_price * (BOOK_KEEPS - BOOK_FADES * months), -1),
    )
    end = np.full(n, np.inf)
    end[rows] = day
    return life, end


def book_second_life(book: EventBook, maker: Maker, fleet: Fleet, life: SecondLife, heard: Floats) -> None:
    """Book leases, returns, grades, refurbishing, second-hand sales and scrapping."""
    rng = chance(maker.seed, "second life events")
    codes = maker.markets.texts("market")
    models = taken(maker.models.texts("model"), fleet.model)
    lessee = pc.replace_substring(fleet.holder, "C-", "L-")
    book.add(
        "lease_out",
        "leasing",
        life.leased,
        machine=fleet.serial,
        party=lessee,
        quantity=life.months.astype(np.float64),
        amount=life.rent,
        currency="CNY",
        market=taken(codes, fleet.market),
        details=joined('{"residual":', pc.cast(pa.array(life.residual), pa.string()), "}"),
    )
    at = pa.array(life.machine)
    market = taken(codes, fleet.market[life.machine])
    same = {"machine": fleet.serial.take(at), "market": market}
    rma = numbered("RMA-", np.arange(len(life.machine)) + 1, 5)
    place = f"{maker.plant}-RETURNS"
    depot = pc.if_else(
        pc.equal(market, codes[0]),
        place,
        taken(maker.regions.texts("depot"), maker.market_region[fleet.market[life.machine]]),
    )
    why = taken(["defect", "not_as_ordered", "trade_in"], life.why)
    book.add(
        "lease_end",
        "leasing",
        life.back,
        keep=life.by_lease,
        ref=rma,
        place=depot,
        quantity=fleet_hours(fleet, life),
        **same,
    )
    book.add(
        "receiving",
        "returns",
        life.back,
        keep=~life.by_lease,
        ref=rma,
        place=depot,
        disposition="returned",
        code=why,
        **same,
    )
    read = life.back + 0.4
    book.add("meter_reading", "returns", read, quantity=fleet_hours(fleet, life), **same)
    book.add("grade", "returns", read + 0.01, ref=rma, code=taken(GRADES, life.grade), **same)
    _book_looks(book, maker, life, read, (same["machine"], market, rma))
    mended = np.where(life.better != life.grade, 0.25 * read + 0.75 * life.resold, np.nan)
    price_new = maker.models.numbers("price")[fleet.model[life.machine]]
    book.add(
        "regrade",
        "returns",
        mended,
        ref=rma,
        code=taken(GRADES, life.better),
        amount=np.round(price_new * rng.uniform(0.03, 0.07, len(at)), 2),
        currency="CNY",
        **same,
    )
    book.add(
        "retail_selling",
        "sales",
        life.resold,
        heard,
        part=models.take(at),
        party=pc.replace_substring(fleet.holder.take(at), "C-", "U-"),
        amount=life.price,
        currency="CNY",
        code="second_hand",
        disposition="second_hand",
        details='{"buyer":"business"}',
        **same,
    )
    book.add("decommissioning", "returns", life.scrapped, code="part_out", place=depot, **same)


def _book_looks(
    book: EventBook, maker: Maker, life: SecondLife, read: Floats, of: tuple[pa.Array, pa.Array, pa.Array]
) -> None:
    """Book what was found on those that came back last (`of`: serial, market, RMA); some photos are missing."""
    rng = chance(maker.seed, "looks")
    last = np.arange(len(life.machine)) >= len(life.machine) - LOOKED_AT
    truth = np.array([0.07, 0.25, 0.48, 0.74])[life.grade]
    for item, _, _, _, photo in ITEMS:
        wear = np.clip(truth + rng.normal(0, 0.13, len(truth)), 0.0, 0.98)
        shown = pa.array([f'{{"photo":"{item}-{i}.jpg"}}' if photo else None for i in range(len(truth))], pa.string())
        bare = photo and item == ITEMS[0][0]
        book.add(
            "grading",
            "returns",
            read + 0.005,
            keep=last,
            code=item,
            quantity=np.round(wear, 2),
            details=pc.if_else(pa.array(np.arange(len(truth)) % 17 == 0), None, shown) if bare else shown,
            machine=of[0],
            market=of[1],
            ref=of[2],
        )


def fleet_hours(fleet: Fleet, life: SecondLife) -> Floats:
    """Hours on the meter of each machine the day it came back."""
    worked = np.maximum(life.back - fleet.begun[life.machine], 0.0) / MONTH
    return np.asarray(np.round(worked * fleet.hours_month[life.machine], 1))
