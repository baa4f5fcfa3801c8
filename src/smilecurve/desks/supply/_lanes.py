"""Which lane carries each order, and when does it arrive?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.supply._chain import EPOCH, Floats, Ints, days_from, floats, transit_p80

if TYPE_CHECKING:
    from smilecurve.solve.promising import Lanes

__all__ = ["Taken", "Ways", "best_ways", "ways_of"]

Flags = npt.NDArray[np.bool_]
#: days of the way to a buyer in the maker's own country where no lane is listed
NO_WAY_DAYS = 1e-6


@dataclass(frozen=True)
class Ways:
    """Lanes in numbers, the pairs (order, lane) that lead to each order's market, and what holds for each order.

    The last lane stands for handing over at home. `quickest`: days of the quickest lane at p80 and the wait for it.
    """

    lanes: Lanes
    code: list[str | None]
    cost: Floats
    order: Ints
    lane: Ints
    quickest: Ints
    reached: Flags


@dataclass(frozen=True)
class Taken:
    """Per order: departure and arrival days, whether there is no lane (handed over at home), and the lane's code."""

    departs: Ints
    p50: Ints
    p80: Ints
    p95: Ints
    none: Flags
    lane: list[str | None]


def ways_of(lanes: pa.Table, markets: pa.Table, asked: pa.Table, today: date) -> Ways:
    """The lanes to every order's market. Departures count from a fixed day, so that they do not move with today."""
    from smilecurve.solve.promising import Lanes

    every = np.append(floats(lanes.column("every_days")), 1.0).astype(np.int64)
    closed = days_from(lanes.column("closed_from"), today, otherwise=0)
    opens = days_from(lanes.column("closed_until"), today, otherwise=365)
    shut = np.array([v is not None for v in lanes.column("closed_from").to_pylist()], np.bool_)
    numbers = Lanes(
        np.append(floats(lanes.column("days_p50")), NO_WAY_DAYS),
        np.append(floats(lanes.column("days_p95")), NO_WAY_DAYS),
        every,
        -((today - EPOCH).days % every),
        np.append(np.where(shut, closed, 0), 0),
        np.append(np.where(shut, opens, 0), 0),
    )
    by_market: dict[str, list[int]] = {}
    for row, market in enumerate(lanes.column("market").to_pylist()):
        by_market.setdefault(market, []).append(row)
    for market in markets.filter(markets.column("home")).column("market").to_pylist():
        by_market.setdefault(market, [lanes.num_rows])
    pairs = [(i, way) for i, m in enumerate(asked.column("market").to_pylist()) for way in by_market.get(m, [])]
    order, lane = np.array([p[0] for p in pairs], np.int64), np.array([p[1] for p in pairs], np.int64)
    held = np.append(transit_p80(lanes), NO_WAY_DAYS)
    quickest = np.full(asked.num_rows, np.inf)
    np.minimum.at(quickest, order, np.ceil(held - 1e-3)[lane] + every[lane] - 1)
    reached = np.isfinite(quickest)
    return Ways(
        numbers,
        [*lanes.column("lane").to_pylist(), None],
        np.append(floats(lanes.column("cost_per_m3")), 0.0),
        order,
        lane,
        np.where(reached, quickest, 0).astype(np.int64),
        reached,
    )


def best_ways(
    ways: Ways, chosen: Ints, ready: Ints, slip: Floats, wanted: Ints, *, cutoff_days: int, seed: int
) -> Taken:
    """For each chosen order the cheapest lane whose p80 meets the wanted day, else the one that is there first."""
    from smilecurve.solve.promising import promise_arrival

    row_of = np.full(len(ways.reached), -1, np.int64)
    row_of[chosen] = np.arange(len(chosen))
    mine = row_of[ways.order] >= 0
    row, lane = row_of[ways.order[mine]], ways.lane[mine]
    none = lane == len(ways.code) - 1
    cut = np.where(none, 0, cutoff_days)
    got = promise_arrival(ready[row] + cut, slip[row], lane, ways.lanes, seed=seed)
    arrives = [np.ceil(days - 1e-3).astype(np.int64) for days in (got.p50, got.p80, got.p95)]
    meets = (wanted[row] >= 0) & (arrives[1] <= wanted[row])
    rank = np.lexsort((lane, arrives[1], np.where(meets, ways.cost[lane], np.inf), ~meets, row))
    first = rank[np.searchsorted(row[rank], np.arange(len(chosen)))]
    p50, p80, p95 = (days[first] for days in arrives)
    return Taken(got.departs[first], p50, p80, p95, none[first], [ways.code[way] for way in lane[first].tolist()])
