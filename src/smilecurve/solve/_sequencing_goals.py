"""How solve.sequencing searches where only option windows and colours count: strictly, with warm rounds in between.

It starts from the better of the order as it stands and that order improved for the first goal alone. Then it takes
what costs nothing or less, almost without exception; warm rounds let the goals between the first and the last give way
by chance, each from the best order so far. It ends early where the bound is met.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._sequencing_books import book_of, kin_of
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
    "beside_hue": 100,
    "full": 80,
    "full_colour": 120,
    "insert": 5,
    "beside": 10,
    "turn": 60,
    "turn_runs": 20,
    "blocks": 5,
    "runs": 5,
}
PAINTED = {"colour", "options", "beside_hue", "full_colour", "beside", "turn_runs", "runs"}
FIRST, ROUNDS = 0.05, 4
ANY_GAIN = 1 << 60


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
    """Search by rounds, each from the best order so far, until the work is done or `bound` is met."""
    goals = np.unique(np.concatenate((facts.ratio_weight, [facts.colour_weight])))[::-1]
    goals = goals[goals > 0].astype(float)
    if goals.size == 0:
        return order
    dice = np.array([(seed + 1) * 0x9E3779B97F4A7C15 % (1 << 64)], np.uint64)
    best, least = order, _cost(facts, order)
    for share, hot, cold, first_alone in _rounds(goals):
        aim = _aim(facts, goals[0] if first_alone else 0)
        budget = None if seconds is None else seconds * share
        found = _round(facts, best, fixed, aim, dice, (hot, cold), round(moves * share), budget, bound)
        cost = _cost(facts, found)
        if cost <= least:
            best, least = found, cost
        if least <= bound:
            break
    return best


def _round(
    facts: Facts,
    order: Ints,
    fixed: int,
    aim: Aim,
    dice: Bits,
    heats: tuple[float, float],
    moves: int,
    seconds: float | None,
    bound: int,
) -> Ints:
    """Cool once from an order; return the best met."""
    book, kin, best = book_of(facts, order), kin_of(facts, order, fixed), order.copy()
    excess = np.maximum(book.counts - facts.at_most[:, None], 0).sum(axis=1)
    cost = int(excess @ aim.weight) + aim.colour_weight * _changes(facts, order)
    costs, (hot, cold) = np.array([cost, cost], np.int64), heats
    for share, steps in paced(moves, seconds):
        roam(book, kin, aim, fixed, dice, steps, hot * (cold / hot) ** share, costs, best)
        if costs[1] <= bound:
            break
    return best


def _rounds(goals: NDArray[np.float64]) -> Iterator[tuple[float, float, float, bool]]:
    """Give (share of the work, heat to begin and to end with, whether the first goal counts alone)."""
    top, last, between = goals[0], goals[-1], goals[1:-1]
    if goals.size == 1:
        for _ in range(ROUNDS):
            yield 1 / ROUNDS, 0.5 * top, 0.1 * top, False
        return
    yield FIRST, 0.1 * top, 0.05 * top, True
    share = (1 - FIRST) / ROUNDS
    for at in range(ROUNDS):
        warm = [goal for goal in between if at % 2]
        for goal in warm:
            yield share / (1 + len(warm)), 0.1 * goal, 0.04 * goal, False
        yield share / (1 + len(warm)), 0.25 * last, 0.08 * last, False


def _aim(facts: Facts, alone: float) -> Aim:
    """Say what counts: all of it, or the goal of one weight alone; without colours there are fewer kinds of moves."""
    weight, colour = facts.ratio_weight, facts.colour_weight
    if alone:
        weight, colour = np.where(weight == int(alone), weight, 0), colour if colour == alone else 0
    shares = np.array([MIX[move] if facts.colour_weight or move not in PAINTED else 0 for move in MOVES])
    mix = np.ceil(1024 * shares.cumsum() / shares.sum()).astype(np.int64)
    return Aim(np.ascontiguousarray(weight, np.int64), int(colour), ANY_GAIN, mix)


def _changes(facts: Facts, order: Ints) -> int:
    colours = facts.colour[order]
    first = max(facts.history, 1)
    return int((colours[first:] != colours[first - 1 : -1]).sum())


def _cost(facts: Facts, order: Ints) -> int:
    return int(total_cost(facts, state_of(facts, order)).sum())
