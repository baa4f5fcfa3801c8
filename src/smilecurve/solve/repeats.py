"""Which texts say again what an earlier one said?

Texts are signed by the smallest hashes of their grams (Broder, "On the resemblance and containment of documents",
1997); those that agree in a band of the signature are looked at, and those alike enough are one. Never all pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smilecurve.solve.grams import GramTable, likeness

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["find_repeats"]

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

BANDS, WIDTH = 20, 3
LEAST_GRAMS = 120


def find_repeats(
    table: GramTable,
    rows: csr_array,
    *,
    day: npt.ArrayLike | None = None,
    apart: npt.ArrayLike | None = None,
    alike: float = 0.8,
    most_days: float = np.inf,
    least_grams: int = LEAST_GRAMS,
) -> Ints:
    """The first text of which each says the same, by index; its own index where it says something new.

    table, rows: the texts in the order they came (solve.grams). day: when each was said, for `most_days` between two;
    apart: numbers of the one who said it, or of what it is about; texts with different numbers are never one, -1 is
    not known. Texts with fewer than `least_grams` distinct grams say too little to be called the same: "oil leak"
    twice is two leaks.
    """
    texts = len(table.start) - 1
    when = np.zeros(texts) if day is None else np.asarray(day, np.float64)
    who = np.full(texts, -1) if apart is None else np.asarray(apart, np.int64)
    long = np.flatnonzero(table.distinct >= least_grams)
    early, late = _candidates(_signatures(table.of(long)))
    early, late = long[early], long[late]
    fit = (when[late] - when[early] <= most_days) & ((who[early] == who[late]) | (who[early] < 0) | (who[late] < 0))
    early, late = early[fit], late[fit]
    same = likeness(rows, early, late) >= alike
    first = np.arange(texts)
    np.minimum.at(first, late[same], early[same])
    while not np.array_equal(first, first[first]):
        first = first[first]
    first[(who[first] >= 0) & (who >= 0) & (who[first] != who)] = -1
    return np.where(first < 0, np.arange(texts), first)


def _signatures(table: GramTable) -> Hashes:
    """BANDS x WIDTH smallest hashes of each text; no text may be empty."""
    signed = np.zeros((len(table.start) - 1, BANDS * WIDTH), np.uint64)
    if not signed.shape[0]:
        return signed
    keys = np.random.default_rng(1997).integers(1, 2**63, BANDS * WIDTH, np.uint64) | np.uint64(1)
    with np.errstate(over="ignore"):
        for k, key in enumerate(keys):
            mixed = (table.gram ^ (key >> np.uint64(7))) * key
            mixed ^= mixed >> np.uint64(32)
            signed[:, k] = np.minimum.reduceat(mixed * key, table.start[:-1])
    return signed


def _candidates(signed: Hashes) -> tuple[Ints, Ints]:
    """Pairs that agree in some band: each text with the one before it and with the first of the same band."""
    pairs: list[tuple[Ints, Ints]] = []
    for band in range(BANDS):
        mine = signed[:, band * WIDTH : (band + 1) * WIDTH]
        key = np.unique(mine, axis=0, return_inverse=True)[1].reshape(-1)
        order = np.argsort(key, kind="stable")
        sorted_key = key[order]
        begins = np.searchsorted(sorted_key, sorted_key)
        place = np.arange(order.size)
        later = begins < place
        pairs.append((order[begins[later]], order[place[later]]))
        pairs.append((order[place[later] - 1], order[place[later]]))
    both = np.unique(np.concatenate([np.stack(p, axis=1) for p in pairs]), axis=0)
    return both[:, 0].astype(np.int64), both[:, 1].astype(np.int64)
