"""How do the parts of a world come together?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.thread import DESK_OPTIONS
from smilecurve.worlds.booking import EventBook
from smilecurve.worlds.building import book_building, build_in
from smilecurve.worlds.catalogue import build_catalogue, chain_tables
from smilecurve.worlds.chance import Floats, Ints, chance, delays
from smilecurve.worlds.failing import fail
from smilecurve.worlds.fleet import Demand, Fleet, build_fleet
from smilecurve.worlds.leasing import fair_tables, leasing_tables
from smilecurve.worlds.line_tables import line_tables
from smilecurve.worlds.lots import book_lots, lay_lots
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.market_tables import market_tables
from smilecurve.worlds.moving import book_moving, book_orders, book_sales, book_work
from smilecurve.worlds.planning import book_plan, draw_open_orders, store_tables
from smilecurve.worlds.quality import book_inspections, book_measurements
from smilecurve.worlds.repairing import book_failures
from smilecurve.worlds.reselling import reselling_tables
from smilecurve.worlds.returning import SecondLife, book_second_life, live_again
from smilecurve.worlds.service_tables import renew_tables, service_tables
from smilecurve.worlds.shop_tables import shop_tables
from smilecurve.worlds.smile_money import book_stage_money, year_of
from smilecurve.worlds.voices import voice_tables
from smilecurve.worlds.world import World

__all__ = ["assemble"]

Amounts = Callable[[Fleet, SecondLife], Floats]


def assemble(
    maker: Maker, demand: Demand, amounts: Amounts, *, closed_markets: Ints, published: Mapping[str, str]
) -> World:
    """Build, sell, wear out and book everything; `amounts` prices every sale once second-hand sales are known."""
    book = EventBook(maker.now)
    parts = build_catalogue(maker)
    lots = lay_lots(maker, parts)
    fleet = build_fleet(maker, demand)
    built_in = build_in(maker, parts, lots, fleet)
    life, end = live_again(maker, fleet, maker.models.numbers("price")[fleet.model], closed_markets)
    amount = amounts(fleet, life)
    failures = fail(maker, parts, lots, fleet, built_in, end)
    rng = chance(maker.seed, "heard")
    sold_heard = _heard(maker, fleet.sold, rng)
    resold_heard = _heard(maker, life.resold, rng)

    book_orders(book, maker, fleet, amount)
    book_building(book, maker, parts, lots, fleet, built_in)
    book_moving(book, maker, fleet)
    book_sales(book, maker, fleet, amount, sold_heard)
    book_work(book, maker, fleet, end)
    claims = book_failures(book, maker, parts, lots, fleet, failures)
    book_second_life(book, maker, fleet, life, resold_heard)
    orders = draw_open_orders(maker, len(fleet.orders.model) + 1)
    kitted = book_plan(book, maker, parts, lots, orders, len(fleet))
    used = np.unique(np.concatenate([built_in.ravel(), kitted.ravel(), failures.lot, failures.new_lot]))
    book_lots(book, maker, parts, lots, used[used >= 0])
    quality = {**book_measurements(book, maker, parts, lots), **book_inspections(book, maker, parts, lots)}
    _book_money(book, maker, fleet, life, amount, sold_heard, resold_heard, claims)

    given = {
        **line_tables(maker),
        **quality,
        **shop_tables(maker, parts),
        **chain_tables(maker, parts),
        **store_tables(maker, parts, lots),
        **market_tables(maker),
        **service_tables(maker, parts, fleet, failures),
        **(renewing := renew_tables(maker, parts)),
        **leasing_tables(maker, renewing["lease_requests"]),
        **fair_tables(maker),
        **reselling_tables(maker),
        **voice_tables(maker, fleet),
        "desk_options": DESK_OPTIONS.rows([{"desk": d, "option": o, "value": v} for d, o, v in maker.desk_options]),
    }
    return World(
        name=maker.name,
        seed=maker.seed,
        scale=maker.scale,
        now=maker.now,
        tables={name: TABLES[name].check(rows) for name, rows in given.items()},
        events=book.close(),
        meta={"name": maker.shown, "currency": "CNY", "scale": f"{maker.scale:g}", "line": maker.line, **published},
        planted={
            "part": maker.flaws.part,
            "component": maker.flaws.component,
            "lot": maker.flaws.lot,
            "climate": "hot",
            "since": maker.flaws.since.date().isoformat(),
            "multiplier": maker.flaw_multiplier,
            "weak_part": maker.flaws.weak_part,
        },
    )


def _heard(maker: Maker, sold: Floats, rng: np.random.Generator) -> Floats:
    """When a sale is reported: days later, but at the closing of the books at the latest."""
    told = sold + delays(rng, 2.0, 0.8, len(sold))
    return np.where(sold < maker.today - 0.1, np.minimum(told, maker.today - 0.02), told)


def _book_money(
    book: EventBook,
    maker: Maker,
    fleet: Fleet,
    life: SecondLife,
    amount: Floats,
    heard: Floats,
    heard_again: Floats,
    claims: tuple[Floats, Ints, Floats],
) -> None:
    """Book the stage money of every sale that was heard of by now."""
    new = np.maximum(heard, fleet.sold) <= maker.today
    old = np.maximum(heard_again, life.resold) <= maker.today
    year = year_of(np.concatenate([fleet.sold[new], life.resold[old]]))
    model = np.concatenate([fleet.model[new], fleet.model[life.machine[old]]])
    money = np.concatenate([amount[new], life.price[old]])
    used = np.concatenate([np.zeros(int(new.sum())), np.ones(int(old.sum()))])
    day, of, asked = claims
    claimed = np.zeros((int(year.max() - year.min()) + 1, len(maker.models)))
    np.add.at(claimed, (np.clip(year_of(day) - year.min(), 0, len(claimed) - 1), of), asked)
    book_stage_money(book, maker, year, model, money, used, claimed)
