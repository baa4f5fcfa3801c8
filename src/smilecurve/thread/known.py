"""Was this event sealed already?

The tail keeps ids unique by itself. Of sealed events a thread remembers, by source, the runs of numbers without a gap,
and 128-bit hashes of every other id in sorted files that are searched where they lie: nothing grows in the ledger.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from smilecurve.thread.ledger import Pen
from smilecurve.thread.segments import Segments

__all__ = ["Known", "digests_of", "is_loose"]


class Known:
    """Which ids are sealed already? Runs of numbers by source, and sorted 128-bit hashes by chunk."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._seen = 0
        self._runs: dict[str, list[tuple[int, int]]] = {}
        self._hashes: list[np.ndarray] = []

    def refresh(self, con: Pen) -> None:
        """Learn of chunks sealed since the last look, inside the writer's transaction."""
        last = int(con.execute("select value from counter where name = 'chunk'").fetchall()[0][0])
        if last == self._seen:
            return
        for source, lo, hi in con.execute("select source, lo, hi from span where chunk > ?", (self._seen,)).fetchall():
            self._runs.setdefault(source, []).append((lo, hi))
        self._runs = {source: _merged(runs) for source, runs in self._runs.items()}
        sql = "select file from segment where tbl = 'ids' and chunk > ? and replaced_at is null"
        for (file,) in con.execute(sql, (self._seen,)).fetchall():
            self._hashes.append(np.load(self._segments.path(file), mmap_mode="r"))
        self._seen = last

    def numbered(self, source: str, seq: int) -> bool:
        """Is this number of the source sealed?"""
        runs = self._runs.get(source)
        if not runs:
            return False
        at = bisect_right(runs, (seq, 1 << 62)) - 1
        return at >= 0 and runs[at][0] <= seq <= runs[at][1]

    def meets(self, source: str, lo: int, hi: int) -> bool:
        """Is any of these numbers of the source sealed?"""
        runs = self._runs.get(source)
        at = bisect_right(runs, (hi, 1 << 62)) - 1 if runs else -1
        return at >= 0 and runs is not None and runs[at][1] >= lo

    @property
    def any_hashed(self) -> bool:
        """Are there sealed ids that no source numbered?"""
        return bool(self._hashes)

    def runs(self, source: str) -> list[tuple[int, int]]:
        """The sealed runs of a source."""
        return self._runs.get(source, [])

    def hashed(self, digests: np.ndarray) -> np.ndarray:
        """Which of these 128-bit ids, shape (2, n), are sealed: a mask of n."""
        found = np.zeros(digests.shape[1], dtype=bool)
        for index in self._hashes:
            at = np.searchsorted(index[0], digests[0])
            for step in range(2):  # a first half may stand twice
                near = np.minimum(at + step, index.shape[1] - 1)
                found |= (index[0][near] == digests[0]) & (index[1][near] == digests[1])
        return found


def is_loose(runs: int, events: int) -> bool:
    """Does a source skip so many numbers that their runs are not worth keeping?"""
    return runs > 64 and runs * 8 > events


def _merged(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs in order, those that touch joined.

    >>> _merged([(5, 9), (1, 4), (12, 12)])
    [(1, 9), (12, 12)]
    """
    joined: list[tuple[int, int]] = []
    for lo, hi in sorted(runs):
        if joined and lo <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(hi, joined[-1][1]))
        else:
            joined.append((lo, hi))
    return joined


def digests_of(ids: pa.ChunkedArray | Sequence[str]) -> np.ndarray:
    """128-bit hashes of event ids, shape (2, n), uint64, in the order given."""
    texts: Sequence[str] = ids if isinstance(ids, (list, tuple)) else pa.chunked_array(ids).to_pylist()
    raw = b"".join(hashlib.blake2b(t.encode(), digest_size=16).digest() for t in texts)
    return np.frombuffer(raw, dtype="<u8").reshape(-1, 2).T
