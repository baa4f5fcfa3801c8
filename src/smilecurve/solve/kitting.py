"""How many pieces of each part are worth carrying in one van until it is filled again?

Method    the repair kit problem where a job needs one part: the k-th piece of a part is used with the chance that at
          least k are asked for before the van is filled again, so what it saves falls with k and single pieces are
          taken while they pay (Smith, Chambers & Shlifer, Management Science 26(8), 1980; Mamer & Smith, Management
          Science 28(11), 1982). Where they do not all fit: a knapsack over pieces, by dynamic programming
Proof     where all pieces that pay fit, no kit is better. Else the least of two relaxations bounds it: pieces cut to
          fill the van (Dantzig, Operations Research 5, 1957), and the same knapsack with every mass rounded down
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

__all__ = ["Kit", "met_share", "pack_kit"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STEPS = 2000
MOST = 1000


@dataclass(frozen=True)
class Kit:
    """Pieces of each part (parts,), those wanted with room for all, what they save and the most any kit saves."""

    pieces: Ints
    wanted: Ints
    saved: float
    bound: float


def pack_kit(rate: Floats, saves: Floats, keep: Floats, mass: Floats, room: float) -> Kit:
    """Choose the pieces of a van that save most over what keeping them costs, until it is filled again.

    rate    (parts,) pieces asked for between two fillings, by chance (Poisson)
    saves   (parts,) what a piece at hand saves when it is asked for
    keep    (parts,) what keeping a piece costs between two fillings
    mass    (parts,) of a piece; room: how much the van carries, in the same unit
    Raises ValueError when something is negative or not finite.

    >>> kit = pack_kit(np.array([1.0]), np.array([10.0]), np.array([2.0]), np.array([5.0]), 100.0)
    >>> kit.pieces.tolist(), round(kit.saved, 3)  # used with a chance of .632, .264, .080: the third is not worth 2
    ([2], 4.964)
    >>> pack_kit(np.array([1.0]), np.array([10.0]), np.array([2.0]), np.array([5.0]), 9.0).pieces.tolist()
    [1]
    """
    for given in (rate, saves, keep, mass, np.array([room])):
        if not np.all(np.isfinite(given)) or np.any(given < 0):
            raise ValueError("rates, worths, masses and room are finite and at least 0")
    part, gain = _pieces(rate, saves, keep)
    wanted = np.bincount(part, minlength=len(rate)).astype(np.int64)
    fits = mass[part] <= room
    part, gain = part[fits], gain[fits]
    weight = mass[part]
    if weight.sum() <= room:
        saved = float(gain.sum())
        return Kit(np.bincount(part, minlength=len(rate)).astype(np.int64), wanted, saved, saved)
    taken = max(_in_order(gain, weight, room), _exactly(gain, weight, room), key=lambda t: float(gain[t].sum()))
    saved = float(gain[taken].sum())
    bound = min(_cut(gain, weight, room), _rounded(gain, weight, room))
    return Kit(np.bincount(part[taken], minlength=len(rate)).astype(np.int64), wanted, saved, max(bound, saved))


def met_share(rate: Floats, pieces: Ints) -> Floats:
    """Return the share of pieces asked for that are at hand (parts,); 1 where none is asked for.

    >>> met_share(np.array([1.0, 0.0]), np.array([1, 0])).round(3).tolist()
    [0.632, 1.0]
    """
    met = np.zeros(len(rate))
    for k in range(1, int(pieces.max(initial=0)) + 1):
        met += np.where(pieces >= k, gammainc(k, rate), 0.0)
    return np.where(rate > 0, met / np.where(rate > 0, rate, 1.0), 1.0)


def _pieces(rate: Floats, saves: Floats, keep: Floats) -> tuple[Ints, Floats]:
    """Every piece that pays, as part and what it saves over its keeping; the first of a part saves most."""
    part: list[Ints] = []
    gain: list[Floats] = []
    at = np.arange(len(rate))
    for k in range(1, MOST + 1):
        used = -np.expm1(-rate) if k == 1 else gammainc(k, rate[at])
        each = saves[at] * used - keep[at]
        pays = each > 0
        if not pays.any():
            break
        at = at[pays]
        part.append(at)
        gain.append(each[pays])
    none = np.zeros(0)
    return np.concatenate([none.astype(np.int64), *part]), np.concatenate([none, *gain])


def _ranked(gain: Floats, weight: Floats) -> Ints:
    return np.argsort(-gain / np.maximum(weight, 1e-12), kind="stable")


def _in_order(gain: Floats, weight: Floats, room: float) -> Ints:
    """Piece by piece in the order of what they save a unit of mass; what does not fit is passed over."""
    found = []
    for i in _ranked(gain, weight):
        if weight[i] <= room:
            found.append(i)
            room -= weight[i]
    return np.array(found, dtype=np.int64)


def _cut(gain: Floats, weight: Floats, room: float) -> float:
    order = _ranked(gain, weight)
    filled = np.cumsum(weight[order])
    share = np.clip((room - filled + weight[order]) / np.maximum(weight[order], 1e-12), 0.0, 1.0)
    return float((share * gain[order]).sum())


def _table(gain: Floats, units: Ints) -> list[Floats]:
    """Most saved with the first i pieces in every number of units: one row more than pieces."""
    rows = [np.zeros(STEPS + 1)]
    for g, u in zip(gain, units, strict=True):
        best = rows[-1].copy()
        np.maximum(best[u:], rows[-1][: STEPS + 1 - u] + g, out=best[u:])
        rows.append(best)
    return rows


def _exactly(gain: Floats, weight: Floats, room: float) -> Ints:
    """Best pieces where every mass is rounded up to a step of the room: they fit."""
    units = np.ceil(weight * STEPS / room - 1e-9).astype(np.int64)
    light = units <= STEPS
    at = np.nonzero(light)[0]
    rows, left, found = _table(gain[at], units[at]), STEPS, []
    for i in range(len(at) - 1, -1, -1):
        if rows[i + 1][left] > rows[i][left]:
            found.append(at[i])
            left -= int(units[at[i]])
    return np.array(found, dtype=np.int64)


def _rounded(gain: Floats, weight: Floats, room: float) -> float:
    units = np.floor(weight * STEPS / room + 1e-9).astype(np.int64)
    return float(_table(gain, units)[-1][STEPS])
