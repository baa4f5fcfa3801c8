"""Which offer goes to which want so that all pairs together are worth most, and why not the others?

Method    assignment by shortest augmenting paths on the pairs that fit (Jonker and Volgenant, Computing 38, 1987), or
          the stable matching: best pair first (Gale and Shapley 1962; unique where both sides rank pairs by one number)
Proof     prices of offers and wants: each pair is worth no more than the two together, so their sum is a bound
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["REASONS", "Fair", "Matching", "Pairs", "best_refused", "fitting_pairs", "judge_pairs", "match_pairs"]

REASONS = ("fits", "other_deal", "other_model", "hours", "grade", "too_dear", "too_far", "freight")
_KINDS = 8


@dataclass(frozen=True)
class Fair:
    """Offers and wants as numbers.

    offer  (n, 10) deal, model, family, hours, grade (0 best), price (a month if by month), unit vector of its place, kg
    want   (m, 11) deal, model or -1, family or -1, months (1 for a sale), most for each, most hours, worst grade, most
           km, unit vector of its place
    rules  worth of a grade better and of hours all saved, as shares of the limit; cost of carrying a kg for a km
    """

    offer: Floats
    want: Floats
    rules: Floats


@dataclass(frozen=True)
class Pairs:
    """Pairs that fit, by offer: wants `who` from `begin`, worth; `counts` (wants, reasons): all pairs."""

    begin: Ints
    who: Ints
    worth: Floats
    counts: Ints


@dataclass(frozen=True)
class Matching:
    """The want of each offer (-1: none), the worth of all, and what no matching exceeds."""

    want: Ints
    value: float
    bound: float


def judge_pairs(fair: Fair, offers: Ints, wants: Ints) -> tuple[Ints, Floats, Floats]:
    """Return for some pairs the number of the reason against each (0: it fits), its worth and its km."""
    from smilecurve.solve._matching_kernels import pair

    found = [pair(int(o), int(w), fair.offer, fair.want, fair.rules) for o, w in zip(offers, wants, strict=True)]
    code, worth, km = zip(*found, strict=True) if found else ((), (), ())
    return np.array(code, dtype=np.int64), np.array(worth), np.array(km)


def fitting_pairs(fair: Fair) -> Pairs:
    """Judge every pair; list those that fit."""
    from smilecurve.solve._matching_kernels import count_pairs, list_pairs

    counts = np.zeros((len(fair.want), _KINDS), dtype=np.int64)
    fits = np.zeros(len(fair.offer), dtype=np.int64)
    count_pairs(fair.offer, fair.want, fair.rules, counts, fits)
    begin = np.concatenate([[0], np.cumsum(fits)]).astype(np.int64)
    who, worth = np.zeros(begin[-1], dtype=np.int64), np.zeros(begin[-1])
    list_pairs(fair.offer, fair.want, fair.rules, begin, who, worth)
    return Pairs(begin, who, worth, counts)


def match_pairs(pairs: Pairs, how: Literal["most", "stable"] = "most") -> Matching:
    """Match each offer to at most one want and the other way round; no pair worth less than nothing is made.

    most    the worth of all pairs is largest; stable: no two would both rather have each other

    >>> begin, who = np.array([0, 2, 3]), np.array([0, 1, 0])
    >>> pairs = Pairs(begin, who, np.array([5.0, 4.0, 3.0]), np.zeros((2, 8), np.int64))
    >>> match_pairs(pairs)
    Matching(want=array([1, 0]), value=7.0, bound=7.0)
    >>> match_pairs(pairs, "stable").value
    5.0
    """
    from smilecurve.solve._matching_kernels import augment

    rows, columns = len(pairs.begin) - 1, len(pairs.counts)
    u, v = np.zeros(rows), np.zeros(columns)
    row_of, col_of = np.full(columns, -1, dtype=np.int64), np.full(rows, -1, dtype=np.int64)
    augment(pairs.begin, pairs.who, pairs.worth, u, v, row_of, col_of)
    bound = _bound(pairs, np.maximum(v, 0.0))
    if how == "stable":
        col_of = _stable(pairs)
    owner = np.repeat(np.arange(rows), np.diff(pairs.begin))
    value = float(pairs.worth[col_of[owner] == pairs.who].sum())
    return Matching(col_of, value, max(bound, value))


def best_refused(fair: Fair, matching: Matching, places: int) -> tuple[Ints, Ints]:
    """Return for each want its best offers beside its own, and the reason against each (0: it fits); -1 where none.

    Best is what keeps more rules, then what is worth more; another deal or model is none.
    """
    from smilecurve.solve._matching_kernels import next_best

    taken = np.full(len(fair.want), -1, dtype=np.int64)
    made = np.flatnonzero(matching.want >= 0)
    taken[matching.want[made]] = made
    best = np.full((len(fair.want), places), -1, dtype=np.int64)
    code, worth = np.zeros((len(fair.want), places), dtype=np.int64), np.zeros((len(fair.want), places))
    next_best(fair.offer, fair.want, fair.rules, taken, best, code, worth)
    return best, code


def _bound(pairs: Pairs, price: Floats) -> float:
    """Prices of the wants, and of each offer the most that any pair leaves it: together a bound whatever the prices."""
    rows = len(pairs.begin) - 1
    left = np.zeros(rows)
    np.maximum.at(left, np.repeat(np.arange(rows), np.diff(pairs.begin)), pairs.worth - price[pairs.who])
    return float(left.sum() + price.sum())


def _stable(pairs: Pairs) -> Ints:
    rows = len(pairs.begin) - 1
    owner = np.repeat(np.arange(rows), np.diff(pairs.begin))
    chosen, gone = np.full(rows, -1, dtype=np.int64), np.zeros(len(pairs.counts), dtype=np.bool_)
    for e in np.argsort(-pairs.worth, kind="stable").tolist():
        if chosen[owner[e]] < 0 and not gone[pairs.who[e]]:
            chosen[owner[e]] = pairs.who[e]
            gone[pairs.who[e]] = True
    return chosen
