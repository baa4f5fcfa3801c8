"""In how large lumps is each part asked for, as months of use tell?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["learned_spread"]

Floats = NDArray[np.float64]
LEAST_MONTHS = 12
LEAST_USED = 3
SPAN = 3


def learned_spread(months: pa.Table, parts: Sequence[str]) -> Floats:
    """Return variance over mean of what is asked for of each part over all depots; 1: piece by piece.

    Every part is a mixture of sizes of lumps, weighed by how well each foretold its own totals of three months and how
    common it is among all parts (`solve.intermittent`); a rate that drifts is no lump. Single pieces stay single unless
    lumps are the likelier. The last month seen may not be over and is left out; below a year nothing is learned, nor of
    parts of which fewer than three pieces were used.
    """
    found = np.ones(len(parts))
    used = _by_month(months, parts)
    known = np.nonzero(used.sum(axis=1) >= LEAST_USED)[0]
    if used.shape[1] < LEAST_MONTHS or not len(known):
        return found
    from smilecurve.solve.intermittent import foretell_totals

    got = foretell_totals(used[known], SPAN)
    single = got.weights[:, got.lumps <= 1.0].sum(axis=1)
    found[known] = np.where(single > 0.5, 1.0, got.spread)
    return found


def _by_month(months: pa.Table, parts: Sequence[str]) -> Floats:
    """Pieces of each part over all depots (parts, months), from the first month any was used to the last but one."""
    row_of = {part: i for i, part in enumerate(parts)}
    dates: list[date] = months.column("month").to_pylist()
    at = [12 * day.year + day.month for day in dates]
    first, last = min(at, default=0), max(at, default=0)
    used = np.zeros((len(parts), last - first))
    for part, month, pieces in zip(
        months.column("part").to_pylist(), at, months.column("used").to_pylist(), strict=True
    ):
        if part in row_of and month < last:
            used[row_of[part], month - first] += pieces
    return used
