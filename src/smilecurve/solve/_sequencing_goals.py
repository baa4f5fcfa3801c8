"""How solve.sequencing searches where only option windows and colours count: strictly, with warm passes in between.

It starts from the better of the order as it stands and that order improved for the first goal alone. A strict pass
takes what costs nothing or less, almost without exception; one from the same start brings all goals nearer to each
other and cools through them; from the best of both, warm passes let the goal below the first give way by chance.
Where colours rank last, cooling begins so hot that options with the widest windows find their places first, and takes
most of the work; of two goals the first alone takes it. It ends early where the bound is met.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from smilecurve.solve._sequencing_books import book_of, kin_of
from smilecurve.solve._sequencing_bounds import changes_bound, excess_bound
from smilecurve.solve._sequencing_facts import state_of
from smilecurve.solve._sequencing_kernels import Facts, Ints, total_cost
from smilecurve.solve._sequencing_pace import paced
from smilecurve.solve._sequencing_roam import MOVES, Aim, roam
from smilecurve.solve._sequencing_windows import Bits

MIX = {
    "any": 80,
    "near": 100,
    "colour": 200,
    "options": 100,
    "like": 0,
    "near_like": 0,
    "beside_hue": 100,
    "full": 80,
    "full_colour": 120,
    "full_like": 0,
    "full_near": 0,
    "insert": 5,
    "beside": 10,
    "turn": 60,
    "turn_runs": 20,
    "blocks": 5,
    "runs": 5,
}
WINDOWS_FIRST = {
    **MIX,
    "like": 300,
    "near_like": 300,
    "full_like": 200,
    "full_near": 300,
    "insert": 1,
    "beside": 2,
    "turn": 10,
    "turn_runs": 4,
    "blocks": 1,
    "runs": 1,
}
PAINTED = {"colour", "options", "beside_hue", "full_colour", "beside", "turn_runs", "runs"}
NEARER = 30
ANY_GAIN = 1 << 60


class Leg(NamedTuple):
    """A share of the work, heat to begin and to end with, what the goals are worth meanwhile."""

    share: float
    hot: float
    cold: float
    worth: Ints


def only_windows(facts: Facts, order: Ints) -> bool:
    """Say whether nothing but option windows, colours and a hard batch limit counts for these units."""
    late = facts.late_weight and (facts.due[order] < order.size - 1).any()
    early = facts.early_weight and (facts.ready[order] > facts.history).any()
    moved = facts.move_weight and (facts.reference[order] >= 0).any()
    others = late or early or moved or facts.length.size or facts.share.size
    return not others and facts.at_most.size <= 63 and (facts.batch_limit == 0 or facts.batch_hard == 1)


def search_goals(
    facts: Facts, order: Ints, fixed: int, seed: int, moves: int, seconds: float | None, bound: int
) -> Ints:
    """Search by passes until the work is done or `bound` is met; return the best of all."""
    goals = np.unique(np.concatenate((facts.ratio_weight, [facts.colour_weight])))[::-1]
    goals = goals[goals > 0]
    if goals.size == 0:
        return order
    dice = np.array([(seed + 1) * 0x9E3779B97F4A7C15 % (1 << 64)], np.uint64)
    start = best = order
    least, first, rest = _cost(facts, order), _first_bound(facts, order, fixed, int(goals[0])), 1.0
    for at, (anew, legs) in enumerate(_passes(goals, facts.colour_weight)):
        found = start if anew else best
        for leg in legs:
            part, rest = leg.share / rest, rest - leg.share
            budget, begin = None if seconds is None else seconds * part, time.thread_time()
            end = bound if leg.worth is goals else first if at == 0 else -1
            aim = _aim(facts, goals, leg.worth)
            found, done = _cool(facts, found, fixed, aim, dice, leg, round(moves * part), budget, end)
            moves, seconds = moves - done, None if seconds is None else seconds - time.thread_time() + begin
        cost = _cost(facts, found)
        if cost <= least:
            best, least = found, cost
        start = best if at == 0 else start
        if least <= bound:
            break
    return best


def _cool(
    facts: Facts,
    order: Ints,
    fixed: int,
    aim: Aim,
    dice: Bits,
    leg: Leg,
    moves: int,
    seconds: float | None,
    bound: int,
) -> tuple[Ints, int]:
    """Cool once from an order; return the best met and the moves tried."""
    book, kin, best = book_of(facts, order), kin_of(facts, order, fixed), order.copy()
    excess = np.maximum(book.counts - facts.at_most[:, None], 0).sum(axis=1)
    cost = int(excess @ aim.weight) + aim.colour_weight * _changes(facts, order)
    costs, tried = np.array([cost, cost], np.int64), 0
    for share, steps in paced(moves, seconds):
        if costs[1] <= bound:
            break
        roam(book, kin, aim, fixed, dice, steps, leg.hot * (leg.cold / leg.hot) ** share, costs, best)
        tried += steps
    return best, tried


def _first_bound(facts: Facts, order: Ints, fixed: int, weight: int) -> int:
    """Bound the first goal alone from below."""
    state = state_of(facts, order)
    total_cost(facts, state)
    first = np.flatnonzero(facts.ratio_weight == weight).tolist()
    changes = changes_bound(facts, order, fixed) if facts.colour_weight == weight else 0
    return weight * (changes + sum(excess_bound(facts, state, option, fixed) for option in first))


def _passes(goals: Ints, colour_weight: int) -> Iterator[tuple[bool, list[Leg]]]:
    """Give passes of legs that follow each other, from the start (the better one, after the first pass) or the best.

    Windows bear more heat than colours.
    """
    top, last = float(goals[0]), float(goals[-1])
    if goals.size == 1 or goals.size > 4 or not _ranked(goals):
        yield from ((False, [Leg(0.5, 0.5 * top, 0.1 * last, goals)]) for _ in range(2))
        return

    def strict(share: float) -> Leg:
        return Leg(share, 0.25 * last, 0.08 * last, goals)

    alone, painted = np.where(goals == goals[0], goals, 0), colour_weight == goals[0]
    windows = 0.6 if goals.size == 2 else 0.3
    yield True, [Leg(0.05, 0.1 * top, 0.05 * top, alone) if painted else Leg(windows, 0.5 * top, 0.1 * top, alone)]
    if _paint_last(goals, colour_weight):
        nearer = NEARER ** np.arange(2, -1, -1)
        yield True, [strict(0.08)]
        yield True, [Leg(0.09, 75.0, 15.0, nearer), Leg(0.42, 15.0, 3.3, nearer), Leg(0.03, 3.3, 0.25, nearer)]
        yield False, [strict(0.08)]
        return
    yield True, [strict(0.2)]
    rest = 0.75 if painted else 0.8 - windows
    if goals.size == 2:
        yield from ((False, [strict(rest / 3)]) for _ in range(3))
        return
    nearer, second = NEARER ** np.arange(goals.size - 1, -1, -1), float(goals[1])
    warm = 0.1 if colour_weight == goals[1] else 0.4
    yield True, [Leg(rest * 0.4, 40.0 * warm, 0.2, nearer), strict(rest * 0.12)]
    for _ in range(2):
        yield False, [Leg(rest * 0.14, warm * second, 0.4 * warm * second, goals), strict(rest * 0.1)]


def _ranked(goals: Ints) -> bool:
    """Say whether every goal outweighs the next by far."""
    return not (goals[:-1] < 10 * goals[1:]).any()


def _paint_last(goals: Ints, colour_weight: int) -> bool:
    """Say whether colours rank behind two goals of windows."""
    return goals.size == 3 and _ranked(goals) and colour_weight == goals[-1]


def _aim(facts: Facts, goals: Ints, worth: Ints) -> Aim:
    """Say what counts how much now; without colours there are fewer kinds of moves, and where they rank first windows
    never pay for a change of colour.
    """
    now = {0: 0} | dict(zip(goals.tolist(), worth.tolist(), strict=True))
    weight = np.array([now[int(value)] for value in facts.ratio_weight], np.int64)
    colour = now[facts.colour_weight]
    pays_not = colour > 10 * int(weight.max(initial=0))
    of = WINDOWS_FIRST if _paint_last(goals, facts.colour_weight) and worth is not goals else MIX
    shares = np.array([of[move] if facts.colour_weight or move not in PAINTED else 0 for move in MOVES])
    mix = np.ceil(1024 * shares.cumsum() / shares.sum()).astype(np.int64)
    return Aim(weight, colour, 0 if pays_not else ANY_GAIN, mix)


def _changes(facts: Facts, order: Ints) -> int:
    colours = facts.colour[order]
    first = max(facts.history, 1)
    return int((colours[first:] != colours[first - 1 : -1]).sum())


def _cost(facts: Facts, order: Ints) -> int:
    return int(total_cost(facts, state_of(facts, order)).sum())
