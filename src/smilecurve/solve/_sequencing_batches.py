"""The limit on units of one colour in a row: can it hold at all, and an order that keeps it."""

from __future__ import annotations

import numpy as np

from smilecurve.solve._sequencing_kernels import Facts, Ints


def run_before(facts: Facts, order: Ints, fixed: int) -> int:
    """Count the units of one colour in a row that end at the last fixed slot, within what is not history."""
    run = 0
    while fixed - run > facts.history and facts.colour[order[fixed - run - 1]] == facts.colour[order[fixed - 1]]:
        run += 1
    return run


def least_beyond(facts: Facts, order: Ints, fixed: int) -> tuple[int, int, int]:
    """Count the units beyond the batch limit among the fixed ones, and among the others in every order, and name the
    colour that the latter are of (-1: none).

    m others leave m + 1 gaps of at most the limit each, the first one shorter where the colour runs already.
    """
    limit, colours = facts.batch_limit, facts.colour[order]
    if limit == 0:
        return 0, 0, -1
    none = int(colours.min(initial=0)) - 1
    runs = np.diff(np.flatnonzero(np.diff(colours[facts.history : fixed], prepend=none, append=none)))
    known = int(np.maximum(runs - limit, 0).sum())
    kinds, many = np.unique(colours[fixed:], return_counts=True)
    if kinds.size == 0:
        return known, 0, -1
    room = limit * (many.sum() - many + 1)
    running = run_before(facts, order, fixed)
    if running:
        room = room - np.where(kinds == colours[fixed - 1], min(running, limit), 0)
    beyond = np.maximum(many - room, 0)
    worst = int(beyond.argmax())
    return known, int(beyond.sum()), int(kinds[worst]) if beyond[worst] else -1


def within_limit(facts: Facts, order: Ints, fixed: int) -> Ints:
    """Give an order that keeps the batch limit where any does, units otherwise in the order they have."""
    limit, colours = facts.batch_limit, facts.colour
    waiting: dict[int, list[int]] = {}
    for at in range(order.size - 1, fixed - 1, -1):
        waiting.setdefault(int(colours[order[at]]), []).append(at)
    now, run = (int(colours[order[fixed - 1]]), run_before(facts, order, fixed)) if fixed else (-1, 0)
    found = order[:fixed].tolist()
    for left in range(order.size - fixed, 0, -1):
        next_of = sorted((rows[-1], colour) for colour, rows in waiting.items())
        short = next((c for c, rows in waiting.items() if len(rows) > limit * (left - len(rows))), -1)
        if short >= 0 and not (short == now and run >= limit):
            next_of.insert(0, (waiting[short][-1], short))
        at, colour = next((pair for pair in next_of if pair[1] != now or run < limit), next_of[0])
        run = run + 1 if colour == now else 1
        now = colour
        found.append(int(order[at]))
        waiting[colour].pop()
        if not waiting[colour]:
            del waiting[colour]
    return np.array(found, np.int64)
