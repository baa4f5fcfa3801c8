"""Which machines were made, for whom, and when did each step of their way happen?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import joined, numbered, taken
from smilecurve.worlds.chance import Flags, Floats, Ints, chance, delays
from smilecurve.worlds.maker import Maker

__all__ = ["Demand", "Fleet", "Orders", "build_fleet", "crews", "partner_names"]

WAITING = 48
MISSING_START = 0.03


@dataclass(frozen=True)
class Demand:
    """Machines sold or to be sold soon: model, market, day of sale, channel, buyer; `ordered` where they go by order."""

    model: Ints
    market: Ints
    sold: Floats
    channel: pa.Array
    business: Flags
    by_order: Flags
    starts: Floats


@dataclass(frozen=True)
class Orders:
    """Sales orders: their machines, day and buyer."""

    name: pa.Array
    model: Ints
    market: Ints
    quantity: Ints
    ordered: Floats
    wanted: Floats
    party: pa.Array
    channel: pa.Array
    first: Ints


@dataclass(frozen=True)
class Fleet:
    """Machines in the order they were built, a column a step; days since 1970, NaN where a step never came."""

    serial: pa.Array
    model: Ints
    family: Ints
    market: Ints
    order: Ints
    channel: pa.Array
    business: Flags
    dealer: pa.Array
    holder: pa.Array
    partner: pa.Array
    built: Floats
    stored: Floats
    shipped: Floats
    received: Floats
    sold: Floats
    started: Floats
    begun: Floats
    hours_month: Floats
    orders: Orders

    def __len__(self) -> int:
        return len(self.model)

    def hours(self, day: Floats) -> Floats:
        """Hours on the meter on a day."""
        return np.round(np.maximum(day - self.begun, 0.0) / 30.44 * self.hours_month, 1)


def crews(maker: Maker) -> Ints:
    """Service partners of each market: more where more is sold."""
    weight = maker.markets.numbers("excavators" if maker.rows == "excavator" else "small")
    count = 1 + (weight > 1.0) + (weight > 2.5).astype(np.int64) + (weight > 5.0)
    count[0] = 8
    return count.astype(np.int64)


def partner_names(maker: Maker, market: Ints, which: Ints) -> pa.Array:
    """`SP-ID-2` of market and number."""
    codes = maker.markets.texts("market")
    return joined("SP-", taken(codes, market), "-", pa.array(which + 1).cast(pa.string()))


def build_fleet(maker: Maker, demand: Demand) -> Fleet:
    """Work back from the day of sale to receiving, shipping and building, and on to the start of work."""
    rng = chance(maker.seed, "fleet")
    n = len(demand.model)
    home = demand.market == 0
    lane = maker.regions.numbers("days_p50")[maker.market_region[demand.market]]
    shelf = delays(rng, np.where(home, 12.0, 18.0), 0.6, n)
    transit = delays(rng, lane, 0.16, n)
    yard = np.where(home, rng.uniform(0.5, 5.0, n), rng.uniform(2.0, 9.0, n))
    inside = rng.uniform(0.13, 0.3, n)
    built = demand.sold - shelf - transit - yard - inside
    late = np.maximum(maker.start + 1.0 + rng.random(n) * 12.0 - built, 0.0)
    built, sold = built + late, demand.sold + late
    real = built < maker.today - 0.4
    order_by = np.argsort(built, kind="stable")
    order_by = order_by[real[order_by]]
    built, sold, yard, inside, transit = (x[order_by] for x in (built, sold, yard, inside, transit))
    market, model = demand.market[order_by], demand.model[order_by]
    stored = built + inside
    shipped = _hold_back(maker, market, stored, stored + yard, rng)
    moved = np.maximum(shipped - stored - yard, 0.0)
    received = shipped + transit
    sold = np.maximum(sold + moved, received + 0.05)
    started = sold + delays(rng, 5.0, 0.8, len(sold))
    silent = rng.random(len(sold)) >= demand.starts[order_by] * (1 - MISSING_START)
    begun = started.copy()
    started[silent] = np.nan
    begun[silent] = sold[silent]
    by_order = demand.by_order[order_by]
    channel = demand.channel.take(pa.array(order_by))
    orders, order = _orders(maker, market, model, channel, by_order, built, sold, rng)
    use = maker.regions.numbers("hours_month")[maker.market_region[market]]
    family = maker.model_family[model]
    use = use * np.array(maker.hours_share)[family] * np.exp(0.35 * rng.standard_normal(len(market)))
    codes = pa.array(maker.markets.texts("market"))
    places = codes.take(pa.array(market))
    dealer = joined(
        "DL-",
        places,
        "-",
        pa.array(1 + (rng.random(len(market)) * (1 + (crews(maker)[market] > 2))).astype(int)).cast(pa.string()),
    )
    many = np.maximum(np.bincount(market, minlength=len(codes)) // (3 if maker.rows == "excavator" else 1), 1)
    holder = numbered(joined("C-", places, "-"), 1 + (rng.random(len(market)) * many[market]).astype(np.int64), 4)
    partner = partner_names(maker, market, (rng.random(len(market)) * crews(maker)[market]).astype(np.int64))
    return Fleet(
        _serials(maker, model, built),
        model,
        family,
        market,
        order,
        channel,
        demand.business[order_by],
        dealer,
        holder,
        partner,
        built,
        stored,
        shipped,
        received,
        sold,
        started,
        begun,
        use,
        orders,
    )


def _hold_back(maker: Maker, market: Ints, stored: Floats, shipped: Floats, rng: np.random.Generator) -> Floats:
    """Let exactly the last machines built for overseas wait in the yard, however thin the history is."""
    away = np.flatnonzero(market != 0)
    last = away[-WAITING:]
    gone = np.setdiff1d(away, last)
    shipped = shipped.copy()
    shipped[gone] = np.minimum(
        shipped[gone], np.maximum(maker.today - rng.uniform(0.1, 1.0, len(gone)), stored[gone] + 0.02)
    )
    shipped[last] = np.maximum(shipped[last], maker.today + rng.uniform(0.3, 4.0, len(last)))
    return shipped


def _serials(maker: Maker, model: Ints, built: Floats) -> pa.Array:
    """`ZE205-22-000123`: model, year, count in build order."""
    year = (built.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970) % 100
    key = model * 100 + year
    order = np.argsort(key, kind="stable")
    sizes = np.bincount(key)
    count = np.empty(len(key), np.int64)
    count[order] = np.arange(len(key)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    return numbered(
        joined(taken(maker.models.texts("model"), model), "-", pa.array(year).cast(pa.string()), "-"), count
    )


def _orders(
    maker: Maker,
    market: Ints,
    model: Ints,
    channel: pa.Array,
    by_order: Flags,
    built: Floats,
    sold: Floats,
    rng: np.random.Generator,
) -> tuple[Orders, Ints]:
    """Group machines of one market, model and channel that sell close together into sales orders."""
    ways = channel.dictionary_encode()
    way = ways.indices.to_numpy()
    rows = np.flatnonzero(by_order)
    rows = rows[np.lexsort((sold[rows], way[rows], model[rows], market[rows]))]
    key = (market[rows] * 100 + model[rows]) * 10 + way[rows]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (np.diff(key) != 0) | (np.diff(sold[rows]) > 40) | (rng.random(len(rows) - 1) < 0.3)
    group = np.cumsum(fresh) - 1
    starts = np.flatnonzero(fresh)
    earliest = np.minimum.reduceat(built[rows], starts)
    ordered = np.maximum(earliest - rng.uniform(12, 70, len(starts)), maker.start + 0.1 + 0.3 * rng.random(len(starts)))
    rank = np.empty(len(starts), np.int64)
    rank[np.argsort(ordered, kind="stable")] = np.arange(len(starts))
    order = np.full(len(market), -1, np.int64)
    order[rows] = rank[group]
    by_rank = np.argsort(rank)
    head = rows[starts][by_rank]
    places = pa.array(maker.markets.texts("market")).take(pa.array(market[head]))
    wanted = np.minimum.reduceat(sold[rows], starts)[by_rank] - rng.uniform(0, 12, len(starts))
    direct = pc.equal(channel.take(pa.array(head)), "dealer")
    buyer = joined(
        pc.if_else(direct, "DL-", "B-"), places, "-", pa.array(1 + rng.integers(0, 2, len(head))).cast(pa.string())
    )
    return Orders(
        numbered("SO-", np.arange(len(starts)) + 1),
        model[head],
        market[head],
        np.bincount(order[order >= 0], minlength=len(starts)),
        ordered[by_rank],
        np.maximum(wanted, ordered[by_rank] + 20),
        buyer,
        channel.take(pa.array(head)),
        head,
    ), order
