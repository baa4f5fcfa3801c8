"""Which numbers does a seed give for one purpose?"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flags", "Floats", "Ints", "chance", "delays", "evenly", "pick"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def chance(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that a change in one part leaves the others be."""
    return np.random.default_rng([seed, crc32(purpose.encode())])


def delays(rng: np.random.Generator, median: float | Floats, spread: float, n: int) -> Floats:
    """Lognormal delays in days around a median."""
    return np.asarray(median * np.exp(spread * rng.standard_normal(n)), np.float64)


def pick(rng: np.random.Generator, shares: Floats, n: int) -> Ints:
    """`n` indices drawn by shares (any positive numbers)."""
    edges = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(edges, rng.random(n), side="right"), len(shares) - 1).astype(np.int64)


def evenly(rng: np.random.Generator, n: int) -> Floats:
    """`n` numbers in 0..1 that fill the interval evenly from the first on (golden-ratio steps from a random start)."""
    return np.asarray((rng.random() + np.arange(n) * 0.6180339887498949) % 1.0, np.float64)
