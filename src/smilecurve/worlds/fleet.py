"""Which machines were made, for whom, and when did each step of their way happen?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import joined, numbered, taken
from smilecurve.worlds.chance import Flags, Floats, Ints, chance, delays
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.orders import Orders, group_orders

__all__ = ["Demand", "Fleet", "build_fleet", "crews", "partner_names"]

WAITING_ABROAD = 44
WAITING_HOME = 10
LARGE_MARKETS = 8
MISSING_START = 0.03


@dataclass(frozen=True)
class Demand:
    """Machines sold or soon to be: model, market, day, channel, buyer, by sales order or not, chance of a start-up."""

    model: Ints
    market: Ints
    sold: Floats
    channel: pa.Array
    business: Flags
    by_order: Flags
    starts: Floats


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
    weight = maker.market_weight
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
    rows, steps = _steps(maker, demand, rng)
    market, model = demand.market[rows], demand.model[rows]
    started = steps.sold + delays(rng, 5.0, 0.8, len(rows))
    silent = rng.random(len(rows)) >= demand.starts[rows] * (1 - MISSING_START)
    begun = np.where(silent, steps.sold, started)
    channel = demand.channel.take(pa.array(rows))
    orders, order = group_orders(maker, market, model, channel, demand.by_order[rows], steps.built, steps.sold, rng)
    family = maker.model_family[model]
    use = maker.regions.numbers("hours_month")[maker.market_region[market]] * np.array(maker.hours_share)[family]
    dealer, holder, partner = _parties(maker, market, channel, rng)
    return Fleet(
        serial=_serials(maker, model, steps.built),
        model=model,
        family=family,
        market=market,
        order=order,
        channel=channel,
        business=demand.business[rows],
        dealer=dealer,
        holder=holder,
        partner=partner,
        built=steps.built,
        stored=steps.stored,
        shipped=steps.shipped,
        received=steps.received,
        sold=steps.sold,
        started=np.where(silent, np.nan, started),
        begun=begun,
        hours_month=use * np.exp(0.35 * rng.standard_normal(len(rows))),
        orders=orders,
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    built: Floats
    stored: Floats
    shipped: Floats
    received: Floats
    sold: Floats


def _steps(maker: Maker, demand: Demand, rng: np.random.Generator) -> tuple[Ints, _Steps]:
    """Which machines of the demand are built by now, in build order, and when each step of them happens."""
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
    rows = np.argsort(built, kind="stable")
    rows = rows[built[rows] < maker.today - 0.4]
    built, sold, yard, transit = built[rows], sold[rows], yard[rows], transit[rows]
    stored = built + inside[rows]
    shipped = _hold_back(maker, demand.market[rows], sold > maker.today, stored, stored + yard, rng)
    moved = np.maximum(shipped - stored - yard, 0.0)
    received = shipped + transit
    return rows, _Steps(built, stored, shipped, received, np.maximum(sold + moved, received + 0.05))


def _parties(
    maker: Maker, market: Ints, channel: pa.Array, rng: np.random.Generator
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Who receives each machine (dealer, own-brand maker, warehouse), who holds it, who serves it."""
    n = len(market)
    places = taken(maker.markets.texts("market"), market)
    branch = pa.array(1 + (rng.random(n) * (1 + (crews(maker)[market] > 2))).astype(np.int64)).cast(pa.string())
    oem, online = pc.equal(channel, "oem"), pc.starts_with(channel, "amazon")
    kind = pc.if_else(oem, "OEM-", pc.if_else(online, "FBA-", "DL-"))
    dealer = joined(kind, places, "-", branch)
    share = 3 if maker.rows == "excavator" else 1
    many = np.maximum(np.bincount(market, minlength=len(maker.markets)) // share, 1)
    holder = numbered(joined("C-", places, "-"), 1 + (rng.random(n) * many[market]).astype(np.int64), 4)
    partner = partner_names(maker, market, (rng.random(n) * crews(maker)[market]).astype(np.int64))
    return dealer, pc.if_else(oem, dealer, holder), partner


def _hold_back(
    maker: Maker, market: Ints, free: Flags, stored: Floats, shipped: Floats, rng: np.random.Generator
) -> Floats:
    """Let exactly the last machines that nobody holds yet (`free`) wait in the yard: home and large markets."""
    shipped = shipped.copy()
    large = np.argsort(-maker.market_weight, kind="stable")[:LARGE_MARKETS]
    free = free & (np.isin(market, large) | (market == 0))
    for rows, waiting in ((market != 0, WAITING_ABROAD), (market == 0, WAITING_HOME)):
        last = np.flatnonzero(rows & free)[-waiting:]
        gone = np.setdiff1d(np.flatnonzero(rows), last)
        soonest = np.maximum(maker.today - rng.uniform(0.1, 1.0, len(gone)), stored[gone] + 0.02)
        shipped[gone] = np.minimum(shipped[gone], soonest)
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
