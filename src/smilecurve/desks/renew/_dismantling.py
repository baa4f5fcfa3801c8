"""Which wanted parts are in a machine, and what is the first, the second and every further piece of each worth?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["piece_worth", "pieces_inside", "tranches"]

Floats = NDArray[np.float64]
BEYOND = 6
TRANCHES = 12


def piece_worth(spare_stock: pa.Table | None, price: Mapping[str, float], reuse: float) -> dict[str, list[float]]:
    """Return for each wanted part what piece after piece is worth, falling, `price` being what one costs new.

    The pieces that `spare_stock` orders save `reuse` of a new one each. A piece beyond the plan of a depot saves as
    much less as it prevents fewer waits than the last piece planned there, which was just worth its price.
    """
    if spare_stock is None or not spare_stock.num_rows:
        return {}
    from smilecurve.solve.dwindling import next_savings

    rows = spare_stock.to_pylist()
    stock = np.array([row["target"] - (row["campaign"] or 0) for row in rows], dtype=np.int64)
    there = np.array([row["on_hand"] - (row["campaign"] or 0) for row in rows], dtype=np.int64)
    fill = np.array([row["fill"] if row["demand_year"] > 0 else 1.0 for row in rows])
    saved = next_savings(stock, fill, there, BEYOND)
    shares: dict[str, list[float]] = defaultdict(list)
    for row, beyond in zip(rows, saved.tolist(), strict=True):
        if row["part"] in price:
            shares[row["part"]] += [1.0] * row["buy"] + beyond
    return {
        part: sorted((reuse * price[part] * share for share in some), reverse=True)
        for part, some in shares.items()
        if max(some, default=0.0) > 0
    }


def tranches(worth: list[float], floor: float, most: float) -> list[tuple[float, float]]:
    """Worth and size of few tranches: pieces of a worth together, the last ones at the floor, which holds for the rest.

    >>> tranches([5.0, 5.0, 3.0, 0.5], 1.0, 10.0)
    [(5.0, 2.0), (3.0, 1.0), (1.0, 10.0)]
    """
    found: list[tuple[float, float]] = []
    for value in worth:
        if value <= floor or len(found) == TRANCHES:
            break
        if found and value >= found[-1][0] * (1 - 1e-9):
            found[-1] = (found[-1][0], found[-1][1] + 1.0)
        else:
            found.append((value, 1.0))
    return [*found, (floor, most)]


def pieces_inside(models: set[str], bom: pa.Table, wanted: set[str]) -> dict[str, dict[str, float]]:
    """Return how many pieces of each wanted part each model holds; a wanted part counts whole, else what is in it."""
    inside: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for parent, part, quantity in zip(
        *(bom.column(c).to_pylist() for c in ("parent", "part", "quantity")), strict=True
    ):
        inside[parent].append((part, quantity))
    found: dict[str, dict[str, float]] = {}

    def within(part: str, above: frozenset[str]) -> dict[str, float]:
        if part not in found:
            below = above | {part}
            sums: dict[str, float] = defaultdict(float)
            for child, quantity in inside[part]:
                if child in below:
                    continue
                for piece, count in ({child: 1.0} if child in wanted else within(child, below)).items():
                    sums[piece] += quantity * count
            found[part] = dict(sums)
        return found[part]

    return {model: within(model, frozenset()) for model in sorted(models)}
