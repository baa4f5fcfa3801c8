"""How many tillers, generators and storage units were sold where, by which channel, in three years?

Fourteen million units a year at scale 1 (docs/worlds.md); storage takes the place of generators below 2 kW.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from smilecurve.worlds.booking import day_number, taken
from smilecurve.worlds.chance import Flags, Floats, Ints, chance, evenly, pick
from smilecurve.worlds.fleet import Demand, Fleet
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.smile_money import year_of

__all__ = ["AMAZON", "BUSINESS_2024", "UNITS_A_YEAR", "sell_small_machines", "small_amounts"]

UNITS_A_YEAR = 14_000_000
FIRST_YEAR, YEARS = 2022, 3
SEASON = np.array([0.23, 0.28, 0.25, 0.24])
HOME_SHARE = 0.22
CHANNELS = ("oem", "dealer", "amazon", "amazon_business")
AMAZON = ("US", "DE", "FR", "ES", "IT", "GB", "JP", "CA", "NL", "PL", "SE", "BE", "AU", "MX", "AE", "SA")
AMAZON_SHARE = np.array([0.26, 0.31, 0.36, 0.38])
BUSINESS_2024 = {"FR": 0.135, "ES": 0.125, "IT": 0.145}
BUSINESS_BEFORE = 0.07
BUSINESS_GROWTH_2024 = 0.26
REGISTER = np.array([0.05, 0.45, 0.35, 0.5])


def sell_small_machines(maker: Maker) -> Demand:
    """Units by quarter, model, market and channel: the yearly sum is exact, the rest evenly spread by shares."""
    rng = chance(maker.seed, "demand")
    a_year = round(UNITS_A_YEAR * maker.scale)
    cuts = np.round(np.cumsum(SEASON) * a_year)
    counts = np.diff(cuts, prepend=0).astype(np.int64)
    quarters = np.concatenate([np.tile(counts, YEARS), counts[:1]])
    quarter = np.repeat(np.arange(len(quarters)), quarters)
    n = len(quarter)
    starts = np.array([_quarter_start(q) for q in range(len(quarters) + 1)])
    sold = np.floor(starts[quarter] + np.diff(starts)[quarter] * rng.random(n) * 0.999) + rng.uniform(0.05, 0.6, n)
    year = np.minimum(quarter // 4, YEARS)
    market = _markets(maker, n, rng)
    channel = _channels(maker, market, year, rng)
    model = _models(maker, quarter, channel, market, rng)
    private = (channel == 2) | ((channel == 1) & (rng.random(n) < 0.55))
    return Demand(
        model,
        market,
        sold,
        taken(CHANNELS, channel),
        ~private,
        channel < 2,
        REGISTER[channel],
    )


def _quarter_start(quarter: int) -> float:
    return day_number(date(FIRST_YEAR + quarter // 4, 1 + 3 * (quarter % 4), 1))


def _markets(maker: Maker, n: int, rng: np.random.Generator) -> Ints:
    weight = maker.markets.numbers("small")
    share = weight / weight.sum() * (1 - HOME_SHARE)
    share[0] = HOME_SHARE
    edges = np.cumsum(share) / share.sum()
    return np.minimum(np.searchsorted(edges, rng.permutation((np.arange(n) + 0.5) / n)), len(share) - 1)


def _channels(maker: Maker, market: Ints, year: Ints, rng: np.random.Generator) -> Ints:
    """Channels by market and year; business buyers take a set share of each Amazon market."""
    codes = np.array(maker.markets.texts("market"))
    n = len(market)
    channel = pick(rng, np.array([0.6, 0.4]), n)
    on_amazon = np.isin(codes, AMAZON)[market] & (rng.random(n) < AMAZON_SHARE[year])
    channel[on_amazon] = 2
    late = np.array([BUSINESS_2024.get(c, BUSINESS_BEFORE) for c in codes.tolist()])[market]
    share = np.where(year >= 2, late * 1.08, late * 0.9)
    rows = np.flatnonzero(on_amazon)
    rows = rows[np.lexsort((rng.random(len(rows)), year[rows], market[rows]))]
    wheel = np.cumsum(share[rows])
    channel[rows[np.diff(np.floor(wheel), prepend=0.0) > 0]] = 3
    return channel


def _models(maker: Maker, quarter: Ints, channel: Ints, market: Ints, rng: np.random.Generator) -> Ints:
    """Models by shares that move evenly from the first quarter to the last, spread evenly within each group."""
    before, after = maker.models.numbers("built_before"), maker.models.numbers("built_after")
    before, after = before / before.sum(), after / after.sum()
    turn = np.arange(quarter.max() + 1)[:, None] / (4 * YEARS - 1)
    edges = np.cumsum(before * (1 - turn) + after * turn, axis=1)
    order = np.lexsort((rng.random(len(quarter)), market, quarter, channel))
    model = np.empty(len(quarter), np.int64)
    spot = evenly(rng, len(quarter))
    model[order] = (spot[:, None] > edges[quarter[order]]).sum(axis=1)
    return np.minimum(model, len(before) - 1)


def small_amounts(maker: Maker, fleet: Fleet) -> Floats:
    """What each unit was sold for: list price by channel with noise; business sales on Amazon keep their shares."""
    rng = chance(maker.seed, "amounts")
    channel = fleet.channel.to_numpy(zero_copy_only=False)
    factor = np.select([channel == "oem", channel == "dealer"], [0.82, 1.0], 1.28)
    amount = maker.models.numbers("price")[fleet.model] * factor * np.exp(0.05 * rng.standard_normal(len(fleet)))
    year = year_of(fleet.sold)
    codes = np.array(maker.markets.texts("market"))[fleet.market]
    business, private = channel == "amazon_business", channel == "amazon"
    special = np.isin(codes, list(BUSINESS_2024))
    for market, share in BUSINESS_2024.items():
        here = (codes == market) & (year == 2024)
        _scale(amount, business & here, amount[private & here].sum() * share / (1 - share))
    wanted = amount[business & (year == 2023)].sum() * (1 + BUSINESS_GROWTH_2024)
    rest = business & (year == 2024) & ~special
    _scale(amount, rest, wanted - amount[business & (year == 2024) & special].sum())
    return np.asarray(np.round(amount, 2), np.float64)


def _scale(amount: Floats, chosen: Flags, total: float) -> None:
    if chosen.any() and total > 0:
        amount[chosen] *= total / amount[chosen].sum()
