"""How many excavators of which model were sold where and when?

Revenue follows the published figures (docs/worlds.md); chance only fills in between. All targets are yuan at scale 1.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import day_number, taken
from smilecurve.worlds.chance import Flags, Floats, Ints, chance, evenly, pick
from smilecurve.worlds.fleet import Demand, Fleet
from smilecurve.worlds.maker import Maker

__all__ = ["BOOMING", "OVERSEAS_2022", "list_prices", "sale_amounts", "sell_excavators"]

OVERSEAS_2022 = 9.992e9
GROWTH_2022 = 0.726
GROWTH_Q1_2023 = 1.23
Q1_2022 = 0.205 * OVERSEAS_2022
BOOMING = {"ID": 1.28, "IN": 1.12, "AE": 1.35, "SA": 1.61, "TR": 1.19}
OVERSEAS = (
    0.75e9,
    1.05e9,
    *(OVERSEAS_2022 / (1 + GROWTH_2022) * s for s in (0.21, 0.24, 0.26, 0.29)),
    *(OVERSEAS_2022 * s for s in (0.205, 0.235, 0.265, 0.295)),
    Q1_2022 * (1 + GROWTH_Q1_2023),
    4.9e9,
    5.1e9,
)
HOME = tuple(x * 1e9 for x in (4.6, 4.8, 6.0, 5.5, 4.2, 4.0, 4.0, 3.9, 3.5, 3.3, 3.1, 2.9, 2.8))
FIRST_YEAR = 2020
OVERSEAS_CHANNELS = ("dealer", "direct")
HOME_CHANNELS = ("dealer", "direct", "leasing")


def quarter_of(days: Floats) -> Ints:
    """Quarters since the third of 2020."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray((months - 12 * (FIRST_YEAR - 1970) - 6) // 3)


def quarter_start(quarter: int) -> float:
    """First day of a quarter counted from the third of 2020."""
    years, months = divmod(6 + 3 * quarter, 12)
    return day_number(date(FIRST_YEAR + years, months + 1, 1))


def _shares(maker: Maker, quarter: int) -> Floats:
    """Each overseas market's share of a quarter; the booming ones held a smaller one before 2022."""
    weight = maker.markets.numbers("excavators")
    share = weight / weight.sum()
    if quarter >= 6:
        return np.asarray(share)
    booming = np.array([m in BOOMING for m in maker.markets.texts("market")])
    growth = np.array([BOOMING.get(m, 0.0) for m in maker.markets.texts("market")])
    before = np.where(booming, share * (1 + GROWTH_2022) / (1 + growth), share)
    rest = 1 - before[booming].sum()
    return np.asarray(np.where(booming, before, share * rest / share[~booming].sum()))


def sell_excavators(maker: Maker) -> Demand:
    """Sales by quarter, market and model; every market sells at least one machine before 2023-04."""
    rng = chance(maker.seed, "demand")
    mix = maker.models.numbers("built_after")
    price = float(maker.models.numbers("price") @ mix / mix.sum())
    targets = np.array([_shares(maker, q) * OVERSEAS[q] for q in range(len(OVERSEAS))])
    targets[:, 0] = HOME
    running = np.cumsum(targets * maker.scale / price, axis=0)
    last = np.searchsorted(np.arange(len(OVERSEAS)), 10)
    running += rng.random(targets.shape[1])
    counts = np.diff(np.floor(running), axis=0, prepend=0.0).astype(np.int64)
    counts[rng.integers(2, int(last), targets.shape[1]), np.arange(targets.shape[1])] += (
        counts[: int(last)].sum(axis=0) == 0
    )
    cells = np.repeat(np.arange(counts.size), counts.ravel())
    quarter, market = cells // targets.shape[1], cells % targets.shape[1]
    starts = np.array([quarter_start(q) for q in range(len(OVERSEAS) + 1)])
    length = np.diff(starts)[quarter]
    sold = np.floor(starts[quarter] + length * rng.random(len(cells)) ** 0.93) + rng.uniform(0.05, 0.42, len(cells))
    return Demand(
        _models(maker, quarter, market, mix, rng),
        market,
        sold,
        _channels(market, rng),
        np.ones(len(cells), bool),
        np.ones(len(cells), bool),
        np.ones(len(cells)),
    )


def _models(maker: Maker, quarter: Ints, market: Ints, mix: Floats, rng: np.random.Generator) -> Ints:
    """Models by the mix, spread evenly within home, each booming market and the rest."""
    codes = maker.markets.texts("market")
    group = np.array([0 if m == 0 else 1 + m * (codes[m] in BOOMING) for m in range(len(codes))])[market]
    order = np.lexsort((quarter, group))
    edges = np.cumsum(mix) / mix.sum()
    model = np.empty(len(market), np.int64)
    model[order] = np.searchsorted(edges, evenly(rng, len(market)), side="right")
    return np.minimum(model, len(mix) - 1)


def _channels(market: Ints, rng: np.random.Generator) -> pa.Array:
    away = pick(rng, np.array([0.82, 0.18]), len(market))
    home = pick(rng, np.array([0.66, 0.2, 0.14]), len(market))
    return pc.if_else(pa.array(market == 0), taken(HOME_CHANNELS, home), taken(OVERSEAS_CHANNELS, away))


def list_prices(maker: Maker, fleet: Fleet) -> Floats:
    """List price of each machine's model."""
    return maker.models.numbers("price")[fleet.model]


def sale_amounts(maker: Maker, fleet: Fleet, resold_by_quarter: Floats) -> Floats:
    """What each machine was sold for: list price with noise, raked so that the published sums hold to the cent.

    resold_by_quarter: second-hand sales overseas (never in a booming market), which count in the same revenue.
    """
    rng = chance(maker.seed, "amounts")
    amount = list_prices(maker, fleet) * np.exp(0.05 * rng.standard_normal(len(fleet)))
    quarter = np.clip(quarter_of(fleet.sold), 0, len(OVERSEAS) - 1)
    year = (quarter + 2) // 4
    codes = maker.markets.texts("market")
    away = fleet.market != 0
    target = np.array(OVERSEAS) * maker.scale
    target[: len(resold_by_quarter)] -= resold_by_quarter[: len(target)]
    boom = np.isin(fleet.market, [codes.index(m) for m in BOOMING])
    for m, growth in BOOMING.items():
        sales_2022 = _shares(maker, 6)[codes.index(m)] * OVERSEAS_2022 * maker.scale
        for y, sum_year in ((1, sales_2022 / (1 + growth)), (2, sales_2022)):
            _rake(amount, (fleet.market == codes.index(m)) & (year == y), sum_year)
    for q in range(2, 11):
        _rake(amount, away & ~boom & (quarter == q), target[q] - amount[away & boom & (quarter == q)].sum())
    return np.round(amount, 2)


def _rake(amount: Floats, chosen: Flags, total: float) -> None:
    """Scale the chosen amounts to a total, in place; cents that rounding leaves go to the largest."""
    if not chosen.any():
        return
    amount[chosen] = np.round(amount[chosen] * (total / amount[chosen].sum()), 2)
    largest = np.flatnonzero(chosen)[np.argmax(amount[chosen])]
    amount[largest] += total - amount[chosen].sum()
