"""What will a used machine fetch when much was sold, and between which prices, as honestly dear as cheap?

Method    monotone hedonic core (`solve.valuing`: shrunk effects of nested groups beside falling curves), then boosted
          trees (`solve.boosting`) on what the groups leave: some that may never rise, told each group's effect as found
          without the sale itself or only its number, and as much weight on some that are free to rise. What they say
          together is levelled, machine by machine, over all ages and uses, so that the price never rises with any
Proof     conformal limits of errors over their expected size, on sales kept from every fit (Lei, G'Sell, Rinaldo,
          Tibshirani and Wasserman, JASA 113(523), 2018, section 5.2)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.boosting import (
    Boosted,
    Growing,
    fit_trees,
    level_surface,
    predict_surfaces,
    predict_trees,
)
from smilecurve.solve.valuing import Valuation, conformal_limit, fit_values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Appraisal", "Facts", "appraise", "fit_appraisal"]

_FOLDS = 10
_SMALL = 0.002
_ROUGH = Growing(rounds=150, leaves=32, rate=0.1)
_SCALE = Growing(rounds=80, leaves=16, rate=0.1, clip=9.0, least=40)
_CELLS = 2_000_000
_LOOSE = 5.0 / 3.0


@dataclass(frozen=True)
class Facts:
    """What is known of each machine: numbers that lower its price, other numbers, codes of groups from wide to narrow.

    falling (n, a), other (n, b), groups (n, c) with -1 for a group never seen; period (n,): when, numbered from 0
    """

    falling: Floats
    other: Floats
    groups: Ints
    period: Ints

    def take(self, rows: NDArray[np.bool_] | Ints) -> Facts:
        """The facts of some machines."""
        return Facts(self.falling[rows], self.other[rows], self.groups[rows], self.period[rows])


@dataclass(frozen=True)
class Member:
    """Trees, the columns they see (`_surface`), whether they add to the groups' effects, and their weight."""

    trees: Boosted
    sees: str
    added: bool
    weight: float


@dataclass(frozen=True)
class Appraisal:
    """A fitted model. `low` and `high` are in expected sizes of the error.

    covered   share of the kept sales at or above the low end and at or below the high end, each half of them judged by
              an interval of the other half
    """

    core: Valuation
    usual: tuple[Floats, ...]
    members: tuple[Member, ...]
    scale: Boosted
    low: float
    high: float
    covered: tuple[float, float]

    @property
    def period(self) -> Floats:
        """The effect of each period on the log price."""
        return self.core.groups[-1]


def fit_appraisal(
    price: Floats,
    facts: Facts,
    *,
    sizes: tuple[int, ...],
    periods: int = 1,
    share: float = 0.9,
    kept: NDArray[np.bool_] | None = None,
    shrink: float = 3.0,
    growing: Growing | None = None,
    members: int = 3,
    seed: int = 0,
    judged: Facts | None = None,
) -> Appraisal:
    """Fit prices above 0; the kept sales (by default every sixteenth) give the interval alone.

    facts     at most three falling numbers
    sizes     number of codes of each group
    share     chance that a new sale is at or above the low end, and chance that it is at or below the high end
    shrink    sales' worth of weight pulling each group's effect to zero
    members   models of each sort that are averaged: those that may never rise, and those free to
    judged    facts to judge the kept sales by instead, where a price will be asked for without knowing them all
    """
    if (price <= 0).any():
        raise ValueError("prices must be above 0")
    out = np.arange(len(price)) % 16 == 15 if kept is None else kept
    y, seen, sizes = np.log(price), facts.take(~out), (*sizes, periods)
    own = y[~out]
    usual = _usual(seen, sizes)
    core = _core(own, seen, sizes, shrink)
    fold = np.random.default_rng(seed).permutation(len(own)) % _FOLDS
    level = np.zeros(len(own))
    x = np.zeros((len(own), _told(core, usual, seen).shape[1]))
    for k in range(_FOLDS):
        part, mine = _core(own[fold != k], seen.take(fold != k), sizes, shrink), fold == k
        x[mine], level[mine] = _told(part, usual, seen.take(mine)), _level(part, seen.take(mine))
    signs = np.zeros(x.shape[1])
    signs[: facts.falling.shape[1]] = -1.0
    how = growing or Growing()
    some = _members(x, own, level, core, seen, signs, how, members, seed)
    size = np.log(_missed(x, own - level, signs, fold % 2 == 0, seed) + _SMALL)
    scale = fit_trees(x, size, np.zeros(len(signs)), _SCALE, seed)
    model = Appraisal(core, usual, some, scale, 0.0, 0.0, (0.0, 0.0))
    worth, size = appraise(model, (judged or facts).take(out))
    return _limited(model, (y[out] - np.log(worth)) / size, share)


def _members(
    x: Floats,
    own: Floats,
    level: Floats,
    core: Valuation,
    facts: Facts,
    signs: Floats,
    how: Growing,
    members: int,
    seed: int,
) -> tuple[Member, ...]:
    """Trees that fall (told of the groups in turns by their effects and by their numbers), and trees that are free."""
    some: list[Member] = []
    for m in range(members):
        sees, columns = ("told", x) if m % 2 == 0 else ("numbers", _numbers(facts))
        falls = np.zeros(columns.shape[1])
        falls[: facts.falling.shape[1]] = -1.0
        grown = fit_trees(columns, own - level, falls, how, seed * 1000 + m)
        some.append(Member(grown, sees, True, 0.5 / members))
        sees, columns = ("numbers", _numbers(facts)) if m % 2 == 0 else ("both", _both(core, facts))
        loose = replace(how, rounds=2 * how.rounds, clip=how.clip * _LOOSE)
        grown = fit_trees(columns, own, np.zeros(columns.shape[1]), loose, seed * 1000 + 500 + m)
        some.append(Member(grown, sees, False, 0.5 / members))
    return tuple(some)


def appraise(model: Appraisal, facts: Facts) -> tuple[Floats, Floats]:
    """Return the price of each machine and the expected size of the error of its logarithm.

    The interval is price * exp(model.low * size) to price * exp(model.high * size).
    """
    size = np.exp(predict_trees(model.scale, _told(model.core, model.usual, facts)))
    whole = np.column_stack([facts.other, facts.groups, facts.period])
    _, first, kind = np.unique(whole, axis=0, return_index=True, return_inverse=True)
    edges = model.members[0].trees.edges[: facts.falling.shape[1]]
    at = [np.searchsorted(edge, x, side="left") for edge, x in zip(edges, facts.falling.T, strict=True)]
    many = max(1, _CELLS // int(np.prod([len(edge) + 1 for edge in edges])))
    order = np.argsort(kind, kind="stable")
    log = np.zeros(len(kind))
    for start in range(0, len(first), many):
        mine = order[slice(*np.searchsorted(kind[order], [start, start + many]))]
        surface = level_surface(_surface(model, facts.take(first[start : start + many])))
        log[mine] = surface[(kind[mine] - start, *(bins[mine] for bins in at))]
    return np.exp(log), size


def _surface(model: Appraisal, facts: Facts) -> Floats:
    """The log price of each machine in every bin of the falling numbers."""
    axes = tuple(range(facts.falling.shape[1]))
    seen = {
        "told": _told(model.core, model.usual, facts),
        "numbers": _numbers(facts),
        "both": _both(model.core, facts),
    }
    level = _level(model.core, facts).reshape(-1, *(1 for _ in axes))
    parts = [m.weight * (predict_surfaces(m.trees, seen[m.sees], axes) + m.added * level) for m in model.members]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def _missed(x: Floats, y: Floats, signs: Floats, one: NDArray[np.bool_], seed: int) -> Floats:
    """By how much a rough model of one half of the sales misses the other, and the other way round."""
    errors = np.zeros(len(y))
    for half in (one, ~one):
        errors[~half] = np.abs(y[~half] - predict_trees(fit_trees(x[half], y[half], signs, _ROUGH, seed), x[~half]))
    return errors


def _limited(model: Appraisal, errors: Floats, share: float) -> Appraisal:
    halves = errors[0::2], errors[1::2]
    pairs = (halves, halves[::-1])
    above = float(np.mean([(a >= -conformal_limit(-b, share)).mean() for a, b in pairs]))
    below = float(np.mean([(a <= conformal_limit(b, share)).mean() for a, b in pairs]))
    low, high = -conformal_limit(-errors, share), conformal_limit(errors, share)
    return replace(model, low=low, high=high, covered=(above, below))


def _core(y: Floats, facts: Facts, sizes: tuple[int, ...], shrink: float) -> Valuation:
    groups = (*facts.groups.T, facts.period)
    none = np.zeros(len(y), dtype=np.bool_)
    none[0] = True
    return fit_values(np.exp(y), groups, tuple(facts.falling.T), sizes=sizes, held=none, shrink=shrink)


def _usual(facts: Facts, sizes: tuple[int, ...]) -> tuple[Floats, ...]:
    """Of each group of a grouping: how many were sold, and the means of the falling numbers, drawn to the whole's."""
    whole = facts.falling.mean(axis=0)
    found = []
    for codes, size in zip(facts.groups.T, sizes, strict=False):
        count = np.bincount(codes, minlength=size).astype(np.float64)
        sums = [np.bincount(codes, column, minlength=size) for column in facts.falling.T]
        means = [(s + 3.0 * w) / (count + 3.0) for s, w in zip(sums, whole, strict=True)]
        found.append(np.vstack([np.column_stack([count, *means]), [0.0, *whole]]))
    return tuple(found)


def _effects(core: Valuation, facts: Facts) -> list[Floats]:
    """What each group adds to those it lies in."""
    return [np.append(e, 0.0)[codes] for e, codes in zip(core.groups, facts.groups.T, strict=False)]


def _level(core: Valuation, facts: Facts) -> Floats:
    """The log price by groups and period."""
    level = core.level + np.sum(_effects(core, facts), axis=0) + np.append(core.groups[-1], 0.0)[facts.period]
    return np.asarray(level, dtype=np.float64)


def _told(core: Valuation, usual: tuple[Floats, ...], facts: Facts) -> Floats:
    """Columns with the groups' effects, and with what is usual in them."""
    reached = np.cumsum(_effects(core, facts), axis=0)
    told = [table[codes] for table, codes in zip(usual, facts.groups.T, strict=True)]
    return np.column_stack([facts.falling, facts.other, *reached, *told])


def _numbers(facts: Facts) -> Floats:
    """Columns with the groups' numbers and the period."""
    return np.column_stack([facts.falling, facts.other, facts.groups, facts.period])


def _both(core: Valuation, facts: Facts) -> Floats:
    """Columns with the groups' numbers and effects."""
    return np.column_stack([_numbers(facts), *np.cumsum(_effects(core, facts), axis=0)])
