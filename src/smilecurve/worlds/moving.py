"""How did each machine reach its owner, and how much did it work?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import EventBook, joined, taken
from smilecurve.worlds.building import day_texts
from smilecurve.worlds.chance import Floats, Ints, chance, delays
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.maker import Maker

__all__ = ["book_moving", "book_orders", "book_sales", "book_work"]

WRONG_SHARE = 0.002


def book_orders(book: EventBook, maker: Maker, fleet: Fleet, amount: Floats) -> None:
    """Book sales orders, some of them won at exhibitions."""
    orders = fleet.orders
    value = np.bincount(fleet.order[fleet.order >= 0], amount[fleet.order >= 0], minlength=len(orders.model))
    ordered, place = at_exhibitions(maker, orders.ordered, orders.market, chance(maker.seed, "exhibitions"))
    book.add(
        "sales_order",
        "sales",
        ordered,
        ref=orders.name,
        part=taken(maker.models.texts("model"), orders.model),
        quantity=orders.quantity.astype(np.float64),
        market=taken(maker.markets.texts("market"), orders.market),
        party=orders.party,
        amount=np.round(value, 2),
        currency="CNY",
        code=pc.if_else(pc.is_valid(place), "exhibition", orders.channel),
        place=place,
        details=joined('{"wanted":"', day_texts(orders.wanted), '"}'),
    )


def at_exhibitions(maker: Maker, ordered: Floats, market: Ints, rng: np.random.Generator) -> tuple[Floats, pa.Array]:
    """A third of the overseas orders from around a past exhibition are signed there: their day and the exhibition."""
    shows = maker.exhibitions.records
    place = np.full(len(ordered), -1, np.int64)
    day = ordered.copy()
    for i, show in enumerate(shows):
        opens = float(np.datetime64(show["opens"]).astype(np.int64))
        closes = float(np.datetime64(show["closes"]).astype(np.int64))
        if show["booked"] == "apart":
            continue
        near = (ordered > opens) & (ordered < closes + 15) & (market != 0) & (rng.random(len(ordered)) < 0.33)
        place[near & (place < 0)] = i
        day = np.where(near, np.clip(ordered, opens, closes + 0.6), day)
    return day, taken([s["exhibition"] for s in shows], place)


def book_moving(book: EventBook, maker: Maker, fleet: Fleet) -> None:
    """Book shipping from the yard and receiving at the dealer."""
    rng = chance(maker.seed, "moving")
    order = taken(fleet.orders.name, fleet.order)
    market = taken(maker.markets.texts("market"), fleet.market)
    same = {"machine": fleet.serial, "market": market, "ref": order}
    book.add("shipping", "yard", fleet.shipped, place=f"{maker.plant}-YARD", party=fleet.dealer, **same)
    book.add(
        "receiving",
        "dealers",
        fleet.received,
        fleet.received + delays(rng, 1.0, 0.7, len(fleet)),
        place=fleet.dealer,
        party=fleet.dealer,
        **same,
    )


def book_sales(book: EventBook, maker: Maker, fleet: Fleet, amount: Floats, heard: Floats) -> None:
    """Book sales; a few were first booked with a wrong amount and then withdrawn and booked again."""
    rng = chance(maker.seed, "wrong sales")
    wrong = rng.random(len(fleet)) < WRONG_SHARE
    marks = np.arange(1, len(fleet) + 1)
    columns = {
        "machine": fleet.serial,
        "part": taken(maker.models.texts("model"), fleet.model),
        "market": taken(maker.markets.texts("market"), fleet.market),
        "party": fleet.holder,
        "currency": "CNY",
        "code": fleet.channel,
        "ref": taken(fleet.orders.name, fleet.order),
        "details": taken(['{"buyer":"private"}', '{"buyer":"business"}'], fleet.business.astype(np.int64)),
    }
    wrong &= heard + 9 < maker.today
    book.add(
        "retail_selling", "sales", fleet.sold, heard, keep=wrong, amount=np.round(amount * 10, 2), mark=marks, **columns
    )
    mended = heard + 6.0
    book.add(
        "error_declaration",
        "sales",
        mended,
        mended,
        keep=wrong,
        withdraws=marks,
        machine=fleet.serial,
        code="wrong_amount",
    )
    book.add("retail_selling", "sales", fleet.sold, np.where(wrong, mended, heard), amount=amount, **columns)


def book_work(book: EventBook, maker: Maker, fleet: Fleet, end: Floats) -> None:
    """Book the start of work (a few never report it) and readings of the hour meter every half year."""
    rng = chance(maker.seed, "work")
    market = taken(maker.markets.texts("market"), fleet.market)
    told = fleet.started + delays(rng, 4.0, 0.9, len(fleet))
    book.add("start_up", "field", fleet.started, told, machine=fleet.serial, party=fleet.partner, market=market)
    if not maker.meters:
        return
    for month in range(3, 36, 6):
        read = fleet.begun + month * 30.44 + rng.uniform(-12, 12, len(fleet))
        keep = (rng.random(len(fleet)) < 0.85) & ~np.isnan(fleet.started) & (read < end)
        book.add("meter_reading", "telematics", read, keep=keep, machine=fleet.serial, quantity=fleet.hours(read))
