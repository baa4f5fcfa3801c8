"""How far is it between places on the globe?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["great_circle"]

Floats = NDArray[np.float64]
EARTH_KM = 6371.0088


def great_circle(spots: Floats, others: Floats) -> Floats:
    """Return the km from each spot to each other, both rows of latitude and longitude in degrees (haversine).

    >>> great_circle(np.array([[0.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 90.0]])).round().tolist()
    [[0.0, 10008.0]]
    """
    here, there = np.radians(spots)[:, None, :], np.radians(others)[None, :, :]
    half = np.sin((here[..., 0] - there[..., 0]) / 2) ** 2
    half = half + np.cos(here[..., 0]) * np.cos(there[..., 0]) * np.sin((here[..., 1] - there[..., 1]) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))), dtype=np.float64)
