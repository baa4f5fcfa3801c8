"""Mean and variance of the pipelines of `_echelon_kernels`, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from smilecurve.solve._echelon_kernels import missed_part


@njit(cache=True)
def pipeline_parts(stock, pooled, resupply, wider, lumps, end, loads, transit, mean, variance):  # type: ignore[no-untyped-def]
    """Mean and variance of the pipeline of every part at every place."""
    n, places = loads.shape
    whole, late, empty = np.zeros(places), np.zeros(places), np.zeros(places)
    for part in range(n):
        missed_part(
            stock[part], pooled, resupply[part], wider[part], lumps[part], end, loads[part], transit, whole, mean[part],
            variance[part], late, empty,
        )  # fmt: skip
