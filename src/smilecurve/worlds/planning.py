"""What is ordered and not built yet, which lots are kitted for tomorrow, what lies in the store and what is on its way?

The plan ahead is never thinned by scale: a takt of 360 s asks for 240 machines a day however short the history is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.tables.supply import RECEIPTS, STOCKS
from smilecurve.worlds.booking import EventBook, dates, joined, numbered, taken
from smilecurve.worlds.building import day_texts, kits_of
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import Floats, Ints, chance, pick
from smilecurve.worlds.dressing import colours, options
from smilecurve.worlds.lots import Lots
from smilecurve.worlds.maker import Maker

__all__ = ["OpenOrders", "book_plan", "draw_open_orders", "store_tables"]

SPARE_ORDERS = 1.25
LATE_PARTS = 0.03


@dataclass(frozen=True)
class OpenOrders:
    """Orders that wait: model, market, machines, days and money; `show` is the exhibition (-1: none)."""

    model: Ints
    market: Ints
    quantity: Ints
    ordered: Floats
    wanted: Floats
    amount: Floats
    show: Ints
    first_number: int


def draw_open_orders(maker: Maker, first_number: int) -> OpenOrders:
    """Orders won at the exhibition booked apart, worth its published sum, and others enough for the work ahead."""
    rng = chance(maker.seed, "open orders")
    price, mix = maker.models.numbers("price"), maker.models.numbers("built_after")
    need = int(maker.slots_per_day * maker.work_days * SPARE_ORDERS)
    weight = maker.market_weight
    home = np.where(np.arange(len(weight)) == 0, maker.home_share * weight.sum() / (1 - maker.home_share), weight)
    shows = [i for i, r in enumerate(maker.exhibitions.records) if r["booked"] == "apart"]
    size_most = max(2, maker.slots_per_day // 24)
    mean = float(price @ mix / mix.sum())
    won = int(np.ceil(maker.exhibition_sales * maker.scale / mean / ((1 + size_most) / 2))) if shows else 0
    count = won + int(np.ceil(need / ((1 + size_most) / 2)))
    model = pick(rng, mix, count)
    market = np.where(np.arange(count) < won, pick(rng, weight, count), pick(rng, home, count))
    quantity = rng.integers(1, size_most + 1, count)
    ordered = maker.today - rng.uniform(1, 45, count)
    amount = price[model] * quantity * np.exp(0.03 * rng.standard_normal(count))
    show = np.full(count, -1)
    if won:
        show[:won] = shows[0]
        opens = float(np.datetime64(maker.exhibitions.records[shows[0]]["opens"]).astype(np.int64))
        ordered[:won] = opens + rng.uniform(0.05, 3.9, won)
        amount[:won] *= maker.exhibition_sales * maker.scale / amount[:won].sum()
    amount = np.round(amount, 2)
    if won:
        amount[0] = round(float(amount[0] + maker.exhibition_sales * maker.scale - amount[:won].sum()), 2)
    way = maker.regions.numbers("days_p50")[maker.market_region[market]]
    wanted = maker.today + way * 1.3 + np.where(market == 0, rng.uniform(5, 40, count), rng.uniform(10, 80, count))
    return OpenOrders(model, market, quantity, ordered, wanted, amount, show, first_number)


def book_plan(book: EventBook, maker: Maker, parts: Catalogue, lots: Lots, orders: OpenOrders, built: int) -> Ints:
    """Book open sales orders, work orders with options and due days, and tomorrow's kits; gives the kitted lots."""
    rng = chance(maker.seed, "plan")
    codes, models = maker.markets.texts("market"), maker.models.texts("model")
    names = numbered("SO-", np.arange(len(orders.model)) + orders.first_number)
    places = taken(codes, orders.market)
    shows = taken([r["exhibition"] for r in maker.exhibitions.records], orders.show)
    book.add(
        "sales_order",
        "sales",
        orders.ordered,
        ref=names,
        part=taken(models, orders.model),
        quantity=orders.quantity.astype(np.float64),
        market=places,
        party=joined("DL-", places, "-1"),
        amount=orders.amount,
        currency="CNY",
        code=pc.if_else(pc.is_valid(shows), "exhibition", "dealer"),
        place=shows,
        details=joined('{"wanted":"', day_texts(orders.wanted), '"}'),
    )
    n = int(maker.slots_per_day * maker.work_days)
    machines = np.repeat(np.arange(len(orders.model)), orders.quantity)
    lead = orders.wanted - maker.regions.numbers("days_p50")[maker.market_region[orders.market]]
    serve = machines[np.argsort(lead[machines], kind="stable")][: n - n // 16]
    stock = pick(rng, maker.models.numbers("built_after"), n - len(serve))
    model = np.concatenate([orders.model[serve], stock])
    order = np.concatenate([serve, np.full(len(stock), -1)])
    rank = np.clip(np.argsort(np.argsort(np.arange(n) + rng.normal(0, maker.slots_per_day / 3, n))), 0, n - 1)
    by_rank = np.argsort(rank)
    model, order = model[by_rank], order[by_rank]
    market = np.where(order >= 0, orders.market[np.maximum(order, 0)], -1)
    due = np.floor(maker.today) + 1 + np.arange(n) // maker.slots_per_day + rng.integers(0, 2, n)
    work_order = numbered("WO-", np.arange(n) + built + 1)
    sales = taken(names, order)
    colour = colours(n, rng)
    about = joined(
        '{"due":"', day_texts(due), '","colour":"', colour, '","options":"', options(maker, model, market, rng)
    )
    about = joined(
        numbered(joined(about, '","rank":'), np.arange(n) + 1, 1),
        joined(',"sales_order":"', sales, '"').fill_null(""),
        _late_parts(maker, n),
        "}",
    )
    book.add(
        "work_order",
        "planning",
        np.full(n, maker.today - 0.5),
        ref=work_order,
        part=taken(models, model),
        market=taken(codes, market),
        place=maker.line,
        details=about,
    )
    family = maker.model_family[model[: maker.slots_per_day]]
    kitted = _kits(maker, parts, lots, family, rng)
    for rows, kits in kits_of(maker, parts, lots, family, kitted):
        book.add(
            "picking",
            "store",
            np.full(len(rows), maker.today - 0.2),
            ref=work_order.take(pa.array(rows)),
            place=f"{maker.plant}-STORE",
            components=kits,
        )
    return kitted


def _late_parts(maker: Maker, n: int) -> pa.Array:
    """`,"ready":"2026-03-05"` for the few machines whose parts come in one to three days, else nothing."""
    rng = chance(maker.seed, "late parts")
    waits = rng.random(n) < LATE_PARTS
    ready = day_texts(np.floor(maker.today) + 1 + rng.integers(0, 3, n))
    return joined(',"ready":"', pc.if_else(pa.array(waits), ready, None), '"').fill_null("")


def _kits(maker: Maker, parts: Catalogue, lots: Lots, family: Ints, rng: np.random.Generator) -> Ints:
    """The lots of tomorrow's kits, some of them the planted one."""
    part = parts.at.T[family]
    kitted = lots.at(part.ravel(), np.full(part.size, maker.today), rng).reshape(part.shape)
    place = maker.components.texts("component").index(maker.flaws.component)
    fits = np.flatnonzero(part[:, place] == parts.part(maker.flaws.part))
    late = fits[len(fits) // 2 :]
    kitted[rng.permutation(late)[: maker.flaws.kits], place] = lots.planted
    return kitted


def needs(maker: Maker, parts: Catalogue) -> Floats:
    """Pieces of each part that a day at takt uses, down every level."""
    mix = maker.models.numbers("built_after")
    by_family = np.bincount(maker.model_family, mix / mix.sum(), minlength=len(maker.families)) * maker.slots_per_day
    need = np.zeros(len(parts.codes))
    for f, machines in enumerate(by_family):
        np.add.at(need, parts.at[parts.at[:, f] >= 0, f], machines)
    for parent in range(len(parts.codes)):
        for inside in parts.inside.get(parent, []):
            need[inside.part] += need[parent] * inside.quantity
    return need


def store_tables(maker: Maker, parts: Catalogue, lots: Lots) -> dict[str, pa.Table]:
    """Stocks by lot (the planted lot among them) and receipts of the next ten weeks; one part runs short."""
    rng = chance(maker.seed, "store")
    need = needs(maker, parts)
    n = len(parts.codes)
    short = parts.part(maker.short_part)
    cover = rng.uniform(4.0, 9.0, n)
    cover[short] = 1.6
    turn = np.minimum(((maker.today - lots.begin) // lots.step).astype(np.int64), lots.count - 1)
    share = rng.dirichlet(np.array([4.0, 4.0, 1.0, 1.0]), n)
    back = np.array([0, 0, 1, 1])
    lot = lots.offset[:, None] + 2 * np.maximum(turn[:, None] - back, 0) + np.array([0, 1, 0, 1])
    quantity = np.ceil(need[:, None] * cover[:, None] * share)
    held = np.concatenate([quantity.ravel(), [86.0]])
    rows = np.concatenate([lot.ravel(), [lots.planted]])
    stocks = pa.table(
        {
            "place": pa.repeat(pa.scalar(f"{maker.plant}-STORE"), len(rows)),
            "part": taken(parts.codes, lots.part[rows]),
            "lot": lots.names.take(pa.array(rows)),
            "quantity": held,
        },
        schema=STOCKS.schema,
    )
    stocks = stocks.filter(pc.greater(stocks.column("quantity"), 0))
    return {"stocks": stocks, "receipts": _receipts(maker, parts, need, short, rng)}


def _receipts(maker: Maker, parts: Catalogue, need: Floats, short: int, rng: np.random.Generator) -> pa.Table:
    """A receipt a part and week; the short part's first two are missing."""
    weeks, n = 10, len(parts.codes)
    part = np.repeat(np.arange(n), weeks)
    week = np.tile(np.arange(weeks), n)
    due = np.floor(maker.today) + 1 + 7 * week + rng.integers(0, 6, n)[part]
    quantity = np.ceil(need[part] * 7 * rng.uniform(0.9, 1.15, len(part)))
    keep = (quantity > 0) & ~((part == short) & (week < 2))
    supplier = pa.array([r["supplier"] for r in parts.records], pa.string())
    kind = taken(["WS-", "PO-"], np.array([int(r["source"] == "buy") for r in parts.records])[part])
    table = pa.table(
        {
            "receipt": numbered(kind, np.arange(len(part)) + 1, 5),
            "part": taken(parts.codes, part),
            "due": dates(due),
            "quantity": quantity,
            "supplier": supplier.take(pa.array(part)),
        },
        schema=RECEIPTS.schema,
    )
    return table.filter(pa.array(keep))
