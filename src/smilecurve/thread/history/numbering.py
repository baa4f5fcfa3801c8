"""Which events of a part are new, by source and number?"""

from __future__ import annotations

import numpy as np

from smilecurve.thread.history.columns import Part
from smilecurve.thread.known import Known, digests_of, is_loose

__all__ = ["Numbers"]


class Numbers:
    """The numbers sealed before and those of this session."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._runs: dict[str, list[tuple[int, int]]] = {}
        self.spans: list[tuple[int, str, int, int]] = []
        self.loose: list[tuple[int, list[str]]] = []

    def fresh(self, part: Part) -> np.ndarray:
        """Which rows of the part are neither sealed nor said before, in the part or the session."""
        new = np.ones(part.rows, dtype=bool)
        for source, rows in _by_source(part):
            seq = part.seq[rows]
            mine = _first_of_each(seq)
            for lo, hi in [*self._known.runs(source), *self._runs.get(source, [])]:
                if len(seq) and lo <= int(seq.max()) and hi >= int(seq.min()):
                    mine &= (seq < lo) | (seq > hi)
            if self._known.any_hashed:
                mine &= ~self._known.hashed(digests_of([f"{source}#{n}" for n in seq.tolist()]))
            for _, ids in self.loose:
                mine &= ~np.isin([f"{source}#{n}" for n in seq.tolist()], ids)
            new[rows] = mine
        return new

    def take(self, part: Part, chunk: int) -> None:
        """Remember the numbers of a part."""
        for source, rows in _by_source(part):
            seq = part.seq[rows]
            seq = seq if (np.diff(seq) > 0).all() else np.sort(seq)
            breaks = np.flatnonzero(np.diff(seq) != 1)
            starts = seq[np.concatenate([[0], breaks + 1])]
            ends = seq[np.concatenate([breaks, [len(seq) - 1]])]
            if is_loose(len(starts), len(seq)):
                self.loose.append((chunk, [f"{source}#{n}" for n in seq.tolist()]))
                continue
            runs = list(zip(starts.tolist(), ends.tolist(), strict=True))
            self._runs.setdefault(source, []).extend(runs)
            self.spans += [(chunk, source, lo, hi) for lo, hi in runs]

    def meets(self, source: str, lo: int, hi: int) -> bool:
        """Was any of these numbers said in the session?"""
        return any(a <= hi and b >= lo for a, b in self._runs.get(source, [])) or any(
            self.said(source, n) for n in (range(lo, hi + 1) if self.loose else ())
        )

    def said(self, source: str, seq: int) -> bool:
        """Was this number said in the session?"""
        name = f"{source}#{seq}"
        return any(lo <= seq <= hi for lo, hi in self._runs.get(source, [])) or any(
            name in ids for _, ids in self.loose
        )


def _by_source(part: Part) -> list[tuple[str, np.ndarray]]:
    column = part.texts["source"]
    found: dict[str, np.ndarray] = {}
    for code in np.flatnonzero(np.bincount(column.codes, minlength=len(column.names))).tolist():
        rows = np.flatnonzero(column.codes == code)
        name = str(column.names[code])
        found[name] = np.sort(np.concatenate([found[name], rows])) if name in found else rows
    return list(found.items())


def _first_of_each(seq: np.ndarray) -> np.ndarray:
    if (np.diff(seq) > 0).all():
        return np.ones(len(seq), dtype=bool)
    first = np.zeros(len(seq), dtype=bool)
    first[np.unique(seq, return_index=True)[1]] = True
    return first
