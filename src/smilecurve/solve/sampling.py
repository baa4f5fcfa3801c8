"""How many of a lot must be looked at, and what does that protect?

A sampling plan is a row of stages: pieces looked at, the count that accepts, the count that rejects. Its operating
characteristic, average outgoing quality, mean sample and total inspection are sums over the counts it can reach; plans
are also found for two asked points, and with no defective allowed.

Sources: Dodge & Romig (1959); Guenther (1969), Journal of Quality Technology 1:105-109; Squeglia, Zero Acceptance
Number Sampling Plans; Montgomery, chapter 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NEVER",
    "Law",
    "Plan",
    "Protection",
    "accepted",
    "find_plan",
    "limiting_quality",
    "outgoing_limit",
    "protect",
    "zero_plan",
]

Floats = NDArray[np.float64]
Law = Literal["binomial", "poisson", "hypergeometric"]
NEVER = -1
"""Acceptance number of a stage that cannot accept yet."""


@dataclass(frozen=True)
class Plan:
    """Stages of a plan: pieces of each sample, and the counts so far that accept (at most) and reject (at least).

    In the last stage a count between the two is accepted (reduced inspection then goes back to normal).
    """

    sizes: tuple[int, ...]
    accept: tuple[int, ...]
    reject: tuple[int, ...]

    @staticmethod
    def single(pieces: int, accept: int, reject: int | None = None) -> Plan:
        """One sample.

        >>> Plan.single(80, 2).reject
        (3,)
        """
        return Plan((pieces,), (accept,), (accept + 1 if reject is None else reject,))

    def verdict(self, stage: int, count: int) -> Literal["accept", "reject", "more"]:
        """What a count of defectives so far says after the sample of a stage, stages counted from 0.

        >>> Plan((50, 50), (0, 3), (3, 4)).verdict(0, 2)
        'more'
        """
        if count <= self.accept[stage]:
            return "accept"
        if count >= self.reject[stage]:
            return "reject"
        return "accept" if stage == len(self.sizes) - 1 else "more"


@dataclass(frozen=True)
class Protection:
    """What a plan does at each share of defectives: chance to accept, quality that leaves, pieces looked at."""

    accept: Floats
    outgoing: Floats
    sample: Floats
    total: Floats


def protect(plan: Plan, shares: Floats, *, law: Law = "binomial", lot: int | None = None) -> Protection:
    """Give OC, AOQ, ASN and ATI of a plan at shares of defectives; rejected lots are looked at in full and put right.

    lot: pieces of a lot, for the hypergeometric law and for the quality that leaves; without it a lot has no end: the
    quality that leaves is then p times the chance to accept, and the total is not known (NaN).

    >>> found = protect(Plan.single(80, 2), np.array([0.02]))
    >>> found.accept.round(6).tolist()
    [0.784419]
    """
    shares = np.asarray(shares, np.float64)
    looked = np.cumsum(plan.sizes)
    most = max(plan.reject) + 1
    state = np.zeros((shares.size, most))
    state[:, 0] = 1.0
    accept, outgoing, sample, total = (np.zeros(shares.size) for _ in range(4))
    for stage, pieces in enumerate(plan.sizes):
        sample += state.sum(axis=1) * pieces
        state = _convolved(state, pieces, shares, law, lot, int(looked[stage]) - pieces)
        counts = np.arange(state.shape[1])
        said = [plan.verdict(stage, int(count)) for count in counts]
        taken = state[:, [word == "accept" for word in said]].sum(axis=1)
        accept += taken
        outgoing += taken * shares * (1.0 - looked[stage] / lot if lot else 1.0)
        total += taken * looked[stage]
        state = np.where([word == "more" for word in said], state, 0.0)
    return Protection(accept, outgoing, sample, total + (1.0 - accept) * lot if lot else np.full(shares.size, np.nan))


def _convolved(state: Floats, pieces: int, shares: Floats, law: Law, lot: int | None, before: int) -> Floats:
    """Add the defectives of one more sample to the counts so far; what passes the table's end is left to the last."""
    most = state.shape[1]
    found = np.zeros_like(state)
    counts = np.arange(most)
    for had in np.flatnonzero(state.any(axis=0)):
        chance = _chances(counts[: most - had], pieces, shares, law, lot, before, int(had))
        found[:, had:] += state[:, had, None] * chance
        found[:, -1] += state[:, had] * np.maximum(1.0 - chance.sum(axis=1), 0.0)
    return found


def _chances(
    counts: NDArray[np.int64], pieces: int, shares: Floats, law: Law, lot: int | None, before: int, had: int
) -> Floats:
    from scipy.stats import binom, hypergeom, poisson

    if law == "binomial":
        return np.asarray(binom.pmf(counts[None, :], pieces, shares[:, None]))
    if law == "poisson":
        return np.asarray(poisson.pmf(counts[None, :], pieces * shares[:, None]))
    if lot is None:
        raise ValueError("the hypergeometric law needs the pieces of a lot")
    bad = np.rint(shares * lot).astype(np.int64)
    left = np.clip(bad - had, 0, lot - before)
    return np.asarray(hypergeom.pmf(counts[None, :], lot - before, left[:, None], min(pieces, lot - before)))


def accepted(plan: Plan, share: float, *, law: Law = "binomial", lot: int | None = None) -> float:
    """Give the chance that a lot with this share of defectives is accepted.

    >>> round(accepted(Plan.single(125, 3), 0.01), 6)
    0.962551
    """
    return float(protect(plan, np.array([share]), law=law, lot=lot).accept[0])


def outgoing_limit(plan: Plan, lot: int | None = None) -> tuple[float, float]:
    """Give the share of defectives at which most of them leave, and that highest average outgoing share (AOQL).

    >>> [round(value, 4) for value in outgoing_limit(Plan.single(89, 2))]     # Montgomery, figure 15.6: about 0.0155
    [0.0253, 0.0154]
    """
    grid = np.linspace(0.0, 1.0, 257)
    for _ in range(4):
        at = int(np.argmax(protect(plan, grid, lot=lot).outgoing))
        grid = np.linspace(grid[max(at - 1, 0)], grid[min(at + 1, grid.size - 1)], 65)
    found = protect(plan, grid, lot=lot).outgoing
    return float(grid[np.argmax(found)]), float(found.max())


def limiting_quality(plan: Plan, chance: float = 0.1) -> float:
    """Give the share of defectives that is accepted with this chance; 1 for a plan that accepts anything oftener.

    >>> round(limiting_quality(Plan.single(13, 0)), 4)          # 1 - 0.1 ** (1 / 13)
    0.1623
    """
    from scipy.optimize import brentq

    if accepted(plan, 1.0) >= chance:
        return 1.0
    return float(brentq(lambda share: accepted(plan, share) - chance, 0.0, 1.0, xtol=1e-12))


def find_plan(good: float, good_chance: float, bad: float, bad_chance: float) -> Plan:
    """Give the single plan with the smallest sample that accepts the good and refuses the bad with these chances.

    Raises ValueError when the points do not stand apart.

    >>> find_plan(0.01, 0.95, 0.06, 0.10)
    Plan(sizes=(110,), accept=(3,), reject=(4,))
    """
    from scipy.stats import binom

    if not 0 < good < bad < 1 or not 0 < bad_chance < good_chance < 1:
        raise ValueError("the good point must lie at fewer defectives and a higher chance than the bad one")
    accept, pieces = 0, 1
    while True:
        pieces = _smallest(accept, bad, bad_chance, pieces)
        if binom.cdf(accept, pieces, good) >= good_chance:
            return Plan.single(pieces, accept)
        accept += 1


def _smallest(accept: int, bad: float, chance: float, least: int) -> int:
    """The smallest sample that accepts the bad share with no more than this chance."""
    from scipy.stats import binom

    low, high = least, max(2 * least, accept + 1)
    while binom.cdf(accept, high, bad) > chance:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if binom.cdf(accept, middle, bad) <= chance else (middle + 1, high)
    return low


def zero_plan(lot: int, limiting: float, chance: float = 0.1) -> Plan:
    """Give the smallest sample that, with no defective allowed, accepts a lot of the limiting share with this chance.

    Exact for the lot: its defectives are whole pieces, at least one.

    >>> zero_plan(1000, 0.05).sizes                         # (1 - 0.05) ** n <= 0.1 asks 45; a finite lot a little less
    (44,)
    >>> zero_plan(5, 0.01).sizes                            # one piece in five: all but none may stay unseen
    (5,)
    """
    from scipy.stats import hypergeom

    if lot < 1 or not 0 < limiting < 1 or not 0 < chance < 1:
        raise ValueError("a lot has pieces, and limiting share and chance lie between 0 and 1")
    bad = max(1, int(np.ceil(limiting * lot - 1e-9)))
    sizes = np.arange(1, lot + 1)
    enough = hypergeom.pmf(0, lot, bad, sizes) <= chance
    return Plan.single(int(sizes[np.argmax(enough)]), 0)
