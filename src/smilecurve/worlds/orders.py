"""Which machines go out under one sales order?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import joined, numbered
from smilecurve.worlds.chance import Flags, Floats, Ints
from smilecurve.worlds.maker import Maker

__all__ = ["Orders", "group_orders"]


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


def group_orders(
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
    fresh[1:] = (
        (np.diff(key) != 0)
        | (np.diff(sold[rows]) > maker.order_gap)
        | (rng.random(len(rows) - 1) < 12 / maker.order_gap)
    )
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
    wanted = np.minimum.reduceat(sold[rows], starts)[by_rank] + rng.uniform(-6, 14, len(starts))
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
