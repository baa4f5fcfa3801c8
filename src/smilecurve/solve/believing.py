"""What do closed tickets teach of causes and answers, and how sure is a belief that rests on them?

Method    Dirichlet counts of a group drawn to those of its siblings; the strength of the pull is the one under which
          the counts of all groups are likeliest (empirical Bayes: Gelman et al., Bayesian Data Analysis, 2013, ch. 5).
          Answers that tell the same thing twice are softened by one power, the one under which each closed ticket's
          cause was foretold best by the others (leave one out). The interval is the Beta law of the belief's mean whose
          log odds vary as those of the counts do (log of a gamma variable: variance trigamma).
Proof     two causes and no answers: the interval is that of the Dirichlet posterior, exactly
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "belief_interval",
    "best_memory",
    "best_softening",
    "guess_worth",
    "pool_counts",
    "sibling_strength",
    "soften_chances",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_EPSILON = 1e-12
STRENGTHS = np.geomspace(2.0, 2000.0, 19)
POWERS = np.round(np.linspace(0.2, 1.2, 21), 3)
DOUBT = 1.5
CAUTION = 0.35
WORTHS = np.geomspace(1.0, 0.02, 18)
MEMORIES = (60.0, 120.0, 240.0, 480.0, 960.0)
EARNED = 2.0


def pool_counts(weight: Floats, counts: Floats, strength: float) -> Floats:
    """Return Dirichlet counts (groups, causes) of each group: its own, and what it borrows from its siblings.

    weight    (causes,) counts that are given for all groups
    counts    (groups, causes) what was seen in each
    strength  how many own counts the siblings' shares weigh at most; fewer where little is known of them

    >>> pool_counts(np.array([1.0, 1.0]), np.array([[6.0, 0.0], [0.0, 0.0]]), 8.0).tolist()
    [[6.8, 0.8], [3.5, 0.5]]
    """
    base = np.maximum(weight, 1e-6)[None, :] + counts.sum(axis=0)[None, :] - counts
    mass = base.sum(axis=1, keepdims=True)
    pull = strength * mass / (strength + mass)
    return np.asarray(pull * base / mass + counts, dtype=np.float64)


def sibling_strength(weight: Floats, counts: Floats, guess: float) -> float:
    """Return the strength of `pool_counts` under which every group's counts are likeliest, given its siblings'.

    A guess stands where there is little to learn from: a lognormal prior around it.
    """
    from scipy.special import gammaln

    if (counts.sum(axis=1) > 0).sum() < 2:
        return guess
    best, found = -np.inf, guess
    for strength in (guess, *STRENGTHS):
        alpha = pool_counts(weight, counts, float(strength)) - counts
        total, seen = alpha.sum(axis=1), counts.sum(axis=1)
        fit = gammaln(total) - gammaln(total + seen) + (gammaln(alpha + counts) - gammaln(alpha)).sum(axis=1)
        score = float(fit.sum()) - 0.5 * (np.log(strength / guess) / DOUBT) ** 2
        if score > best + 1e-9:
            best, found = score, float(strength)
    return found


def guess_worth(weight: Floats, seen: Floats) -> float:
    """Return what share of their weight guesses of causes are worth, by how well they foretell what was seen.

    weight (causes,) given counts; seen (causes,) counts. From 1 downwards: guesses may be worth less than they say,
    never more; a lognormal prior around 1.

    >>> told = np.array([9.0, 1.0])
    >>> guess_worth(told, np.zeros(2)), round(guess_worth(told, np.array([1.0, 99.0])), 2)
    (1.0, 0.06)
    """
    from scipy.special import gammaln

    best, found = -np.inf, 1.0
    for worth in WORTHS:
        alpha = np.maximum(worth * weight, 1e-6)
        fit = gammaln(alpha.sum()) - gammaln(alpha.sum() + seen.sum()) + (gammaln(alpha + seen) - gammaln(alpha)).sum()
        score = float(fit) - 0.5 * (np.log(worth) / DOUBT) ** 2
        if score > best + 1e-9:
            best, found = score, float(worth)
    return found


def best_memory(weight: Floats, day: Floats, cause: Ints) -> float:
    """Return after how many days a ticket counts half, so that each was foretold best by those before; 0: never.

    weight (causes,) counts that are given; day (tickets,) of each, rising; cause (tickets,). Forgetting must be earned
    by a likelihood that is EARNED better on the log scale.

    >>> best_memory(np.ones(2), np.arange(200.0), np.repeat([0, 1], 100))
    60.0
    """
    if not len(day):
        return 0.0
    hit = np.zeros((len(day), len(weight)))
    hit[np.arange(len(day)), cause] = 1.0
    best, found = -np.inf, 0.0
    for memory in (0.0, *reversed(MEMORIES)):
        grown = np.exp2((day - day[-1]) / memory) if memory else np.ones(len(day))
        seen = np.cumsum(hit * grown[:, None], axis=0) - hit * grown[:, None]
        share = np.maximum(weight, 1e-6) + seen / np.maximum(grown, 1e-300)[:, None]
        score = float(np.log(share[np.arange(len(day)), cause] / share.sum(axis=1)).sum())
        if score > best + (EARNED if memory else 0.0):
            best, found = score, memory
    return found


def soften_chances(yes: Floats, power: float) -> Floats:
    """Return chances of a yes whose odds are raised to a power: below 1, answers tell less.

    >>> soften_chances(np.array([0.9]), 0.5).round(3).tolist()
    [0.75]
    """
    told, denied = yes**power, (1 - yes) ** power
    return np.asarray(told / (told + denied), dtype=np.float64)


def best_softening(share: Floats, told: Floats, answers: Ints, cause: Ints, weight: Floats) -> float:
    """Return the power for `soften_chances` under which closed tickets tell their own causes best.

    share    (tickets, causes) Dirichlet counts of the causes each ticket was drawn from, itself with its weight in it
    told     (questions, causes, 2) counts of yes and no, the tickets in them as one each
    answers  (tickets, questions): 0 yes, 1 no, others tell nothing; cause (tickets,); weight (tickets,) of each
    Each ticket is judged by the counts without it. A power away from 1 must be earned: a lognormal prior.
    """
    each = np.arange(len(cause))
    prior = share.copy()
    prior[each, cause] = np.maximum(prior[each, cause] - weight, _EPSILON)
    odds = np.zeros((answers.shape[1], *share.shape))
    for q in range(answers.shape[1]):
        counts = np.repeat(told[q][None, :, :], len(cause), axis=0)
        said = answers[:, q]
        heard = (said == 0) | (said == 1)
        counts[each[heard], cause[heard], said[heard]] -= 1.0
        counts = np.maximum(counts, 1e-9)
        sign = np.where(said == 0, 1.0, -1.0) * heard
        odds[q] = sign[:, None] * (np.log(counts[:, :, 0]) - np.log(counts[:, :, 1]))
    best, found = -np.inf, 1.0
    for power in (1.0, *POWERS):
        log = np.log(prior)
        heard_log = -np.logaddexp(0.0, -power * odds) * (odds != 0)
        log = log + heard_log.sum(axis=0)
        log -= np.logaddexp.reduce(log, axis=1, keepdims=True)
        score = float(log[each, cause].sum()) - 0.5 * (np.log(power) / CAUTION) ** 2
        if score > best + 1e-9:
            best, found = score, float(power)
    return found


def belief_interval(
    belief: Floats, alpha: Floats, told: Floats, answers: Ints, power: float = 1.0, mass: float = 0.9
) -> tuple[Floats, Floats]:
    """Return the interval of each case's likeliest cause, one pair a case.

    belief   (cases, causes); alpha (causes,) Dirichlet counts behind the prior
    told     (questions, causes, 2) counts behind the chances of yes and no; answers (cases, questions): 0 yes, 1 no
    power    of the softening; mass of the interval

    >>> low, high = belief_interval(np.array([[0.75, 0.25]]), np.array([3.0, 1.0]), np.zeros((0, 2, 2)),
    ...                             np.zeros((1, 0), np.int64))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.368], [0.983])
    """
    from scipy.special import betaincinv, polygamma

    vary = np.repeat(polygamma(1, alpha)[None, :], len(belief), axis=0)
    if told.shape[0]:
        each = polygamma(1, told) - polygamma(1, told.sum(axis=2, keepdims=True))
        for q in range(told.shape[0]):
            for said in (0, 1):
                vary[answers[:, q] == said] += power**2 * each[q, :, said]
    top = belief.argmax(axis=1)
    mean = belief[np.arange(len(belief)), top]
    free = 1.0 - mean > 1e-9
    low, high = mean.copy(), mean.copy()
    rest = np.where(free, 1.0 - mean, 1.0)[:, None]
    part = (belief / rest) ** 2
    part[np.arange(len(belief)), top] = 1.0
    wanted = (part * vary).sum(axis=1)
    size = _size_of(mean[free], wanted[free])
    a, b = mean[free] * size, (1.0 - mean[free]) * size
    low[free] = np.minimum(betaincinv(a, b, (1 - mass) / 2), mean[free])
    high[free] = np.maximum(betaincinv(a, b, (1 + mass) / 2), mean[free])
    return low, high


def _size_of(mean: Floats, wanted: Floats) -> Floats:
    """The size of a Beta law of this mean whose log odds have the wanted variance: halved 60 times."""
    from scipy.special import polygamma

    low, high = np.full(len(mean), -7.0), np.full(len(mean), 30.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        size = np.exp(middle)
        more = polygamma(1, mean * size) + polygamma(1, (1.0 - mean) * size) > wanted
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.asarray(np.exp(0.5 * (low + high)), dtype=np.float64)
