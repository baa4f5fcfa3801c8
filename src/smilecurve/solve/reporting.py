"""How many of the events of a week have been heard of by now, and how many are still to be heard?

A report triangle counts events by the week they happened and the weeks until they were heard. The delay law is learnt
from it by reverse hazards: the chance that an event heard within d weeks was heard in the d-th, which weeks that are
not yet complete can tell as well (Lagakos, Barraj & De Gruttola 1988; the same numbers as chain ladder). A law may
change, in any week and to any speed: the chance of each change is weighed by how likely it makes all reports since
(Barry & Hartigan 1992, one change at a time), a few early reports as little as they tell. What is learnt from the weeks
since then, as far as they are likely to be of the newest law, is the law that is told. That a law became faster is
supposed more readily than that it became slower: after it did, completing by the old one is far worse than not
completing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DelayLaw", "complete", "delay_law"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SPEEDS = np.array([0.1, 0.3, 0.6, 1.7, 3.0])  # a delay of d weeks may become this to the power d times as likely
FASTER, SLOWER = 0.6, 0.03  # odds a week, before any report, of a change to a faster and to a slower law
DRAWN = 5.0  # events that the law of all groups, or the law before a change, counts for
LEAST = 1e-6
PRIOR = 10.0
PRIOR_WEEKS = 26


@dataclass(frozen=True, slots=True)
class DelayLaw:
    """By group: share heard within d weeks (groups, delays); chance that this held in each week (groups, weeks)."""

    cdf: Floats
    held: Floats


def delay_law(triangle: npt.ArrayLike) -> DelayLaw:
    """The newest law of each group from its report triangle (groups, weeks, delays), known at the end of the last week.

    triangle[g, w, d]: events of week w heard d weeks later; cells later than the last week are not looked at. The last
    delay class holds everything later. Groups with few events follow the law of all.

    Half of all events are heard at once, the other half a week later:

    >>> law = delay_law([[[5, 5]] * 20])
    >>> law.cdf.round(1).tolist()
    [[0.5, 1.0]]
    """
    told = np.asarray(triangle, np.float64)
    groups, weeks, delays = told.shape
    told = told * (np.arange(delays) <= np.arange(weeks)[::-1, None])
    at_once = np.eye(1, delays)
    all_told = _learnt(told.sum(axis=0, keepdims=True), np.ones((1, weeks)), at_once, LEAST)
    usual = _learnt(told, np.ones((groups, weeks)), np.repeat(all_told, groups, axis=0), DRAWN)
    held, newest = _newest(told, usual)
    return DelayLaw(np.minimum(np.cumsum(_learnt(told, held, newest, DRAWN), axis=1), 1.0), held)


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


def _learnt(told: Floats, weight: Floats, towards: Floats, events: float) -> Floats:
    """Share heard after d weeks (groups, delays) from weeks with these weights, drawn `towards` one as by `events`."""
    groups, weeks, delays = told.shape
    prior = towards / np.cumsum(towards, axis=1)
    rest = np.ones((groups, delays))
    for d in range(delays - 1, 0, -1):
        past, count = told[:, : max(weeks - d, 0)], weight[:, : max(weeks - d, 0)]
        new, within = (past[:, :, d] * count).sum(axis=1), (past[:, :, : d + 1].sum(axis=2) * count).sum(axis=1)
        hazard = np.clip((new + events * prior[:, d]) / (within + events), 0.0, 1.0 - 1e-3)
        rest[:, d - 1] = rest[:, d] * (1.0 - hazard)
    return np.diff(rest, axis=1, prepend=0.0)


def _newest(told: Floats, usual: Floats) -> tuple[Floats, Floats]:
    """Chance that the newest law held in each week (groups, weeks), and that law as a change of the usual one."""
    weeks, delays = told.shape[1:]
    known = np.minimum(np.arange(weeks)[::-1], delays - 1)
    speeds = np.append(SPEEDS, 1.0)
    laws = usual[:, :, None] * speeds ** np.arange(delays)[:, None]
    laws = laws / laws.sum(axis=1, keepdims=True) + LEAST
    laws /= laws.sum(axis=1, keepdims=True)
    heard = np.log(np.cumsum(laws, axis=1))[:, known]
    likely = np.einsum("gwd,gds->gws", told, np.log(laws)) - told.sum(axis=2)[:, :, None] * heard
    likely /= _unrest(told)[:, None, None]
    since = np.cumsum((likely[:, :, :-1] - likely[:, :, -1:])[:, ::-1], axis=1)[:, ::-1]
    faster = SPEEDS < 1.0
    since += np.log(np.where(faster, FASTER / faster.sum(), SLOWER / (~faster).sum()))
    most = np.maximum(since.max(axis=(1, 2)), 0.0)
    odds = np.exp(since - most[:, None, None])
    none = np.exp(-most)
    total = none + odds.sum(axis=(1, 2))
    held = (none[:, None] + np.cumsum(odds.sum(axis=2), axis=1)) / total[:, None]
    shares = np.column_stack([odds.sum(axis=1), none]) / total[:, None]
    return np.minimum(held, 1.0), np.einsum("gds,gs->gd", laws, shares)


def _unrest(told: Floats) -> Floats:
    """By how much the delays of neighbouring weeks differ more than chance makes them, at least 1: (groups,).

    Chi square of each two weeks heard in full over its degrees of freedom: reports that come in batches tell less.
    """
    full = told[:, : max(told.shape[1] - told.shape[2] + 1, 0)]
    one, two = full[:, :-1], full[:, 1:]
    both, ones, twos = one + two, one.sum(axis=2, keepdims=True), two.sum(axis=2, keepdims=True)
    off = one * np.sqrt(twos / np.maximum(ones, 1.0)) - two * np.sqrt(ones / np.maximum(twos, 1.0))
    told_of = (both > 0) & (ones > 0) & (twos > 0)
    square = (np.where(told_of, off, 0.0) ** 2 / np.maximum(both, 1.0)).sum(axis=(1, 2))
    freedom = np.maximum(told_of.sum(axis=2) - 1, 0).sum(axis=1)
    return np.asarray(np.maximum(square / np.maximum(freedom, 1), 1.0))
