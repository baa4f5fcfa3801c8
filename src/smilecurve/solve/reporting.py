"""How many of the events of a week have been heard of by now, and how many are still to be heard?

A report triangle counts events by the week they happened and the weeks until they were heard. The delay law is learnt
from it by reverse hazards: the chance that an event heard within d weeks was heard in the d-th, which weeks that are
not yet complete can tell as well (Lagakos, Barraj & De Gruttola 1988; the same numbers as chain ladder). A law may
change, so several are kept: learnt from all the past, from the last months, from the last weeks, and none at all (what
is heard is all there is). Each foretells what the next week tells; their mixture is weighted by how well they did, so
that completing is never much worse than not completing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DelayLaw", "complete", "delay_law"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MEMORIES = (np.inf, 6.0, 1.0)
JUDGED_WEEKS = 8
FORGET = 0.4
SHARP = 8.0
PRIOR = 10.0
PRIOR_WEEKS = 26


@dataclass(frozen=True, slots=True)
class DelayLaw:
    """By group: share heard within d weeks (groups, delays); weight of each memory, and of none, for each delay."""

    cdf: Floats
    weights: Floats


def delay_law(triangle: npt.ArrayLike) -> DelayLaw:
    """The law of each group from its report triangle (groups, weeks, delays) as known at the end of the last week.

    triangle[g, w, d]: events of week w heard d weeks later; cells later than the last week are not looked at. The last
    delay class holds everything later.

    Half of all events are heard at once, the other half a week later:

    >>> law = delay_law([[[5, 5]] * 20])
    >>> law.cdf.round(2).tolist()
    [[0.5, 1.0]]
    """
    told = np.asarray(triangle, np.float64)
    groups, weeks, delays = told.shape
    hazards = _hazards(told, weeks)
    loss = np.zeros(hazards.shape)
    scale = np.zeros((groups, delays))
    for back in range(1, min(JUDGED_WEEKS, weeks - 2) + 1):
        now = weeks - back
        was = _hazards(told, now)
        for d in range(1, min(delays, now + 1)):
            before = told[:, now - d, :d].sum(axis=1)
            new = told[:, now - d, d]
            foretold = before * was[:, :, d] / (1.0 - was[:, :, d])
            loss[:, :, d] += FORGET ** (back - 1) * np.abs(foretold - new)
            scale[:, d] += FORGET ** (back - 1) * np.sqrt(new + 1.0)
    relative = (loss - loss.min(axis=0)) / np.maximum(scale, 1.0)
    weights = np.exp(-SHARP * relative)
    weights /= weights.sum(axis=0)
    odds = (weights * hazards / (1.0 - hazards)).sum(axis=0)
    rest = np.cumprod((1.0 / (1.0 + odds))[:, :0:-1], axis=1)[:, ::-1]
    return DelayLaw(np.concatenate([rest, np.ones((groups, 1))], axis=1), weights)


def complete(events: npt.ArrayLike, cdf: npt.ArrayLike, *, prior: float = PRIOR) -> Floats:
    """Events of each week, those not yet heard included: (rows, weeks), the last week being the present one.

    cdf: (rows, delays). The rate of a week is drawn towards that of the last weeks heard in full, as if `prior` events
    had been seen at it (between chain ladder and Bornhuetter & Ferguson 1972), so that the first report of a week is
    not blown up.

    Ten a week are usual; of this week, of which half has been heard, four: its rate is (10 + 4) / (1 + 0.5), and half
    of that is still to come.

    >>> complete([[10, 10, 4]], [[0.5, 1.0]]).round(2).tolist()
    [[10.0, 10.0, 8.67]]
    """
    y, law = np.asarray(events, np.float64), np.asarray(cdf, np.float64)
    weeks, delays = y.shape[1], law.shape[1]
    late = np.minimum(np.arange(weeks)[::-1], delays - 1)
    heard = law[:, late]
    full = y[:, max(weeks - delays - PRIOR_WEEKS, 0) : max(weeks - delays + 1, 1)]
    usual = np.maximum(full.mean(axis=1, keepdims=True), 1e-9)
    return np.asarray(y + (1.0 - heard) * (prior + y) / (prior / usual + heard))


def _hazards(told: Floats, now: int) -> Floats:
    """Chance that an event heard within d weeks was heard in the d-th, as known before week `now`: (laws, groups, d).

    One law a memory, older weeks forgotten by half every so many weeks, and the law that nothing is heard late.
    """
    groups, _, delays = told.shape
    found = np.zeros((len(MEMORIES) + 1, groups, delays))
    for d in range(1, delays):
        past = told[:, : max(now - d, 0), : d + 1]
        age = np.arange(past.shape[1])[::-1]
        new, all_ = past[:, :, d], past.sum(axis=2)
        for k, memory in enumerate(MEMORIES):
            weight = np.ones(age.size) if np.isinf(memory) else 0.5 ** (age / memory)
            seen = all_ @ weight
            found[k, :, d] = np.minimum(np.divide(new @ weight, seen, out=np.zeros(groups), where=seen > 0), 0.95)
    return found
