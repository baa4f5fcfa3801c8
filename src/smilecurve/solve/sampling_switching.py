"""How strictly must the next lot be looked at?

The switching rules of acceptance sampling as a state machine: normal, tightened, reduced, discontinued. A state is a
value; `step` gives the next one.

Sources: MIL-STD-105E (1989), 4.7; ANSI/ASQ Z1.4 (2003), 8.3; ISO 2859-1 (1999), 9.3 with its switching score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["RULES", "Lot", "Rules", "State", "step"]

Standing = Literal["normal", "tightened", "reduced", "discontinued"]


@dataclass(frozen=True)
class Rules:
    """The numbers of one standard.

    window, failures: so many rejected lots of so many in a row tighten; recover: lots accepted in a row that bring
    tightened back to normal; steady: lots accepted in a row on normal that reduce (0: by the score alone); score: the
    switching score that reduces (0: none); rejected_most: lots rejected on tightened, since it began, that end
    acceptance (0: none); tight_most: lots in a row on tightened that end it (0: none).
    """

    window: int = 5
    failures: int = 2
    recover: int = 5
    steady: int = 0
    score: int = 0
    rejected_most: int = 0
    tight_most: int = 0


RULES: Mapping[str, Rules] = {
    "iso_2859_1": Rules(score=30, rejected_most=5),
    "z14": Rules(steady=10, rejected_most=5),
    "mil_105e": Rules(steady=10, tight_most=10),
}
"""Standards by name. The optional limit numbers of Z1.4 and 105E (their table VIII) are not asked."""


@dataclass(frozen=True)
class Lot:
    """What one lot said: accepted; accepted though more than the acceptance number was found (reduced plans); and what
    it adds to the switching score: 3 if it would pass one quality level tighter (acceptance number 2 and more) or in
    the early samples of a double or multiple plan, 2 if it passes at acceptance number 0 or 1, 0 else.
    """

    accepted: bool
    between: bool = False
    points: int = 0


@dataclass(frozen=True)
class State:
    """How lots are looked at now, and what the rules must remember.

    last: the verdicts since the severity began, newest last; score: the switching score; rejected: lots rejected since
    tightened began; lots: lots since the severity began.
    """

    standing: Standing = "normal"
    last: tuple[bool, ...] = ()
    score: int = 0
    rejected: int = 0
    lots: int = 0


def step(state: State, lot: Lot, rules: Rules) -> State:
    """Give the state that the next lot meets.

    >>> state = step(State(), Lot(False), RULES["z14"])
    >>> step(state, Lot(False), RULES["z14"]).standing
    'tightened'
    """
    if state.standing == "discontinued":
        return state
    kept = max(rules.window, rules.recover, rules.steady)
    now = replace(state, last=(*state.last, lot.accepted)[-kept:], lots=state.lots + 1)
    if state.standing == "normal":
        return _after_normal(now, lot, rules)
    if state.standing == "tightened":
        return _after_tightened(now, lot, rules)
    return now if lot.accepted and not lot.between else State()


def _after_normal(now: State, lot: Lot, rules: Rules) -> State:
    if now.last[-rules.window :].count(False) >= rules.failures:
        return State("tightened")
    score = now.score + lot.points if lot.accepted and lot.points else 0
    by_score = 0 < rules.score <= score
    by_row = 0 < rules.steady <= len(now.last) and all(now.last[-rules.steady :])
    return State("reduced") if by_score or by_row else replace(now, score=score)


def _after_tightened(now: State, lot: Lot, rules: Rules) -> State:
    rejected = now.rejected + (not lot.accepted)
    if len(now.last) >= rules.recover and all(now.last[-rules.recover :]):
        return State()
    if 0 < rules.rejected_most <= rejected or 0 < rules.tight_most <= now.lots:
        return State("discontinued")
    return replace(now, rejected=rejected)
