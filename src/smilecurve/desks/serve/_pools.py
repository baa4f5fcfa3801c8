"""Which depots help each other out, and what does that spare at each?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._places import Places
from smilecurve.desks.serve._shelves import DAYS, Shelves
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.globe import great_circle

if TYPE_CHECKING:
    from smilecurve.solve.echelon import Missed, Network
    from smilecurve.solve.lateral import Helped, Pools

__all__ = ["helped_out", "read_pools", "tell_pool"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def read_pools(depots: pa.Table, places: Places, counters: int) -> Pools | None:
    """Read which places help each other out, the nearest first; None: none do.

    A pool of one depot is none. DataRejected: a depot of a pool that feeds others, one without days.
    """
    rows = {str(row["depot"]): row for row in depots.to_pylist()}
    names = [str(rows[name]["lateral_pool"] or "") for name in places.names]
    size = Counter(names)
    inside = [name if name and size[name] > 1 else "" for name in names]
    if not any(inside):
        return None
    feeds = set(places.above.tolist())
    bad: list[Breach] = []
    for at, (depot, pool) in enumerate(zip(places.names, inside, strict=True)):
        if pool and at in feeds:
            said = f"depot {depot} of pool {pool} feeds other depots"
            do = "leave it empty: only depots at the end help"
            bad.append(Breach(said, f"depots.{depot}.lateral_pool", do, "depots"))
        elif pool and rows[depot]["lateral_days"] is None:
            said = f"depot {depot} of pool {pool} does not say in how many days a piece comes from it"
            bad.append(Breach(said, f"depots.{depot}.lateral_days", "give the days", "depots"))
    if bad:
        raise DataRejected(bad)
    from smilecurve.solve.lateral import Pools

    codes = {pool: k for k, pool in enumerate(sorted(set(inside) - {""}))}
    spots = np.array([[float(rows[n]["latitude"]), float(rows[n]["longitude"])] for n in places.names])
    far = np.pad(great_circle(spots, spots), ((0, counters), (0, counters)))
    days = [
        float(rows[n]["lateral_days"] or 0.0) if pool else 0.0 for n, pool in zip(places.names, inside, strict=True)
    ]
    return Pools(np.array([codes.get(pool, -1) for pool in inside] + [-1] * counters), far, np.pad(days, (0, counters)))


def helped_out(network: Network, stock: Ints, missed: Missed, pools: Pools, fly_days: float) -> Helped:
    """What each place meets with its pool; what a pool lacks is flown in where `fly_days` is above 0."""
    from smilecurve.solve.flown import flown_to
    from smilecurve.solve.lateral import help_out

    return help_out(network, stock, missed, pools, flown_to(network, fly_days) if fly_days > 0 else None)


def tell_pool(
    shelves: Shelves, pools: Pools, got: Helped, missed: Missed, lateral_cost: float
) -> tuple[list[list[dict[str, object]]], dict[str, float]]:
    """What is said of each part and depot of a pool, by part and place, and of all of them."""
    places = len(shelves.places.names)
    inside = (pools.pool >= 0)[:places]
    year = shelves.demand * got.helped[:, :places]
    given = got.given[:, :places] * DAYS
    rows: list[list[dict[str, object]]] = [
        [
            {
                "lateral_year": float(year[p, d]),
                "lent_year": float(given[p, d]),
                "lateral_cost": float(year[p, d]) * lateral_cost,
                "fill_pool": float(1.0 - got.missed[p, d]),
                "waiting_pool": float(got.waiting[p, d]),
            }
            if inside[d]
            else {}
            for d in range(places)
        ]
        for p in range(len(shelves.wanted))
    ]
    return rows, {
        "lateral_year": float(year.sum()),
        "lateral_cost": float(year.sum()) * lateral_cost,
        "fill_pool": _fill(got, missed.rate),
        "waiting_spared": float((missed.backorders - got.waiting).sum()),
    }


def _fill(got: Helped, rate: Floats) -> float:
    return 1.0 - float((rate * got.missed).sum() / rate.sum()) if rate.any() else 1.0
