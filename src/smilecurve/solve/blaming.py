"""Which few of many overlapping groups explain that too many of their members failed?

A group is a component lot, its members the machines it went into. Each machine has failures seen and failures
expected from its own exposure. A group is scored by the log-likelihood ratio of its members' rate against everyone
else's (Kulldorff, "A spatial scan statistic", 1997). Groups overlap: machines with a bad lot of one part also hold
lots of other parts. So the worst group is accepted, its members' expectation is raised to what was seen in it, and
the rest is scored again, until no group stands out among all that were looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.solve.tracing import sums_over_links

__all__ = ["Blame", "blame_groups", "chance_level", "chance_of_as_many", "group_score"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Blame:
    """Scores of all groups before any was accepted, and the accepted ones in order.

    seen, expected, score: one value a group; chance: that a group without fault sees as many (Poisson tail);
    accepted: group indices, worst first; accepted_seen, accepted_expected, accepted_score, accepted_chance: at the
    moment each was accepted, so with the earlier ones explained; left_over: the smallest chance among the groups not
    accepted, at the end; rest: what is then expected of every group.
    """

    seen: Floats
    expected: Floats
    score: Floats
    chance: Floats
    accepted: Ints
    accepted_seen: Floats
    accepted_expected: Floats
    accepted_score: Floats
    accepted_chance: Floats
    left_over: float
    rest: Floats


def chance_level(groups: int, risk: float) -> float:
    """Chance below which one of `groups` may be blamed so that any false blame has at most `risk` (Sidak 1967).

    >>> round(chance_level(8000, 0.05) * 8000, 4)
    0.0513
    """
    return float(-np.expm1(np.log1p(-risk) / max(groups, 1)))


def group_score(seen: npt.ArrayLike, expected: npt.ArrayLike, total: float) -> Floats:
    """Log-likelihood ratio of a higher rate inside a group than outside, failures in total fixed; 0 without excess.

    6 of 10 failures where 2 were expected: 6 ln(6/2) + 4 ln(4/8) = 3.819.

    >>> group_score([6.0], [2.0], 10.0).round(3).tolist()
    [3.819]
    """
    o, e = np.asarray(seen, np.float64), np.asarray(expected, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = o * np.log(o / e)
        rest = total - o
        outside = np.where(rest > 0, rest * np.log(rest / (total - e)), 0.0)
    score = np.where((o > e) & (e > 0) & (e < total), inside + outside, 0.0)
    return np.asarray(np.nan_to_num(score, posinf=0.0), np.float64)


def blame_groups(
    group: npt.ArrayLike,
    member: npt.ArrayLike,
    seen: npt.ArrayLike,
    exposure: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
    groups: int | None = None,
    level: npt.ArrayLike = 1e-6,
    least_seen: float = 3.0,
    least_ratio: float = 1.0,
    most: int = 10,
) -> Blame:
    """The groups whose members fail too often, each judged with the worse ones already explained.

    group, member: one entry a membership (link); seen, exposure: failures of each member and what it was exposed to;
    stratum: members are compared within their stratum only (climate, part). level: chance below which a group may be
    blamed, one or one a group (`chance_level`); least_seen, least_ratio: failures a blamed group must have, and how
    many times the expected; most: how many groups to accept at most.

    Four machines, lots 0 and 1, all failures in lot 1:

    >>> found = blame_groups([0, 0, 1, 1], [0, 1, 2, 3], [0, 0, 9, 9], [1.0] * 4, level=0.01)
    >>> found.accepted.tolist(), found.expected.tolist(), round(float(found.chance[1]), 4)
    ([1], [9.0, 9.0], 0.0053)
    """
    g, m = np.asarray(group, np.int64), np.asarray(member, np.int64)
    y, e = np.asarray(seen, np.float64), np.asarray(exposure, np.float64).copy()
    where = np.zeros(y.size, np.int64) if stratum is None else np.asarray(stratum, np.int64)
    n = int(g.max(initial=-1)) + 1 if groups is None else groups
    allowed = np.broadcast_to(np.asarray(level, np.float64), n)
    free = np.ones(y.size, bool)
    order = np.argsort(g, kind="stable")
    begin, held = np.searchsorted(g[order], np.arange(n + 1)), m[order]
    _match(e, y, where, free)
    inside, first = sums_over_links(begin, held, np.stack([y, e], axis=1)).T
    now = first
    score, chance = _judge(inside, first, float(y.sum()))
    accepted: list[tuple[int, float, float, float, float]] = []
    open_to = inside >= least_seen
    while True:
        now_score, now_chance = _judge(inside, now, float(y.sum()))
        fit = open_to & (now_chance <= allowed) & (inside >= least_ratio * now)
        if not fit.any() or len(accepted) >= most:
            break
        worst = int(np.where(fit, now_score, -1.0).argmax())
        seen_now, due_now = float(inside[worst]), float(now[worst])
        accepted.append((worst, seen_now, due_now, float(now_score[worst]), float(now_chance[worst])))
        open_to[worst] = False
        touched = held[begin[worst] : begin[worst + 1]]
        e[touched] *= seen_now / due_now
        free[touched] = False
        _match(e, y, where, free)
        now = sums_over_links(begin, held, np.stack([y, e], axis=1))[:, 1]
    values = np.array([a[1:] for a in accepted], np.float64).reshape(-1, 4).T
    return Blame(
        inside, first, score, chance, np.array([a[0] for a in accepted], np.int64),
        values[0], values[1], values[2], values[3], float(now_chance[open_to].min(initial=1.0)), now,
    )  # fmt: skip


def _match(expected: Floats, seen: Floats, stratum: Ints, free: npt.NDArray[np.bool_]) -> None:
    """Scale the free members' expectation so that each stratum's sum is what was seen in its free members, in place."""
    total = np.bincount(stratum[free], expected[free], int(stratum.max(initial=0)) + 1)
    real = np.bincount(stratum[free], seen[free], total.size)
    factor = np.divide(real, total, out=np.zeros(total.size), where=total > 0)
    expected[free] *= factor[stratum[free]]


def chance_of_as_many(seen: Floats, expected: Floats) -> Floats:
    """Chance that a group without fault sees as many; the Poisson tail is above the exact one, where stratum totals are
    fixed.

    >>> chance_of_as_many(np.array([3.0, 1.0]), np.array([1.0, 2.0])).round(4).tolist()
    [0.0803, 1.0]
    """
    from scipy.special import gammainc

    return np.asarray(np.where(seen > expected, gammainc(np.maximum(seen, 1e-9), expected), 1.0), np.float64)


def _judge(seen: Floats, expected: Floats, total: float) -> tuple[Floats, Floats]:
    """Score and chance of each group."""
    return group_score(seen, expected, total), chance_of_as_many(seen, expected)
