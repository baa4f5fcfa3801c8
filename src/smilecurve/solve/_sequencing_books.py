"""The books of an order where only option windows and colours count, laid out for the compiled search."""

from __future__ import annotations

import numpy as np

from smilecurve.solve._sequencing_kernels import Facts, Ints
from smilecurve.solve._sequencing_roam import Kin
from smilecurve.solve._sequencing_windows import Book, recount

LIKE = 48


def book_of(facts: Facts, order: Ints) -> Book:
    """Lay out the books of an order, windows counted."""
    n, options = order.size, facts.at_most.size
    pad = int(facts.out_of.max(initial=1)) + 1
    words = (n + 2 * pad) // 64 + 2
    bits = np.left_shift(np.uint64(1), np.arange(options, dtype=np.uint64))
    slot = np.zeros(facts.colour.size, np.int64)
    slot[order] = np.arange(n)
    book = Book(
        unit=order.copy(),
        mask=(facts.has[:, order].astype(np.uint64) * bits[:, None]).sum(axis=0, dtype=np.uint64),
        colour=facts.colour[order],
        slot=slot,
        counts=np.zeros((options, n + 2 * pad), np.int32),
        full=np.zeros((options, words), np.uint64),
        over=np.zeros((options, words), np.uint64),
        at_most=facts.at_most,
        out_of=facts.out_of,
        first=np.maximum(facts.history - facts.out_of + 1, 0),
        last=np.full(options, n - 1) if facts.open_end else n - facts.out_of,
        pad=pad,
        history=facts.history,
        limit=facts.batch_limit,
    )
    recount(book, facts.history, n - 1)
    return book


def kin_of(facts: Facts, order: Ints, fixed: int) -> Kin:
    """Group the units that may move by colour and by options."""
    free, units = order[fixed:], facts.colour.size
    masks, options = np.unique(facts.has.T[free], axis=0, return_inverse=True)
    options = options.reshape(-1)
    found = []
    for group in (facts.colour[free], options):
        sorted_by = np.argsort(group, kind="stable")
        _, first, where, many = np.unique(group[sorted_by], return_index=True, return_inverse=True, return_counts=True)
        start, size = np.zeros(units, np.int64), np.zeros(units, np.int64)
        start[free[sorted_by]], size[free[sorted_by]] = first[where], many[where]
        found += [free[sorted_by], start, size]
    kind = np.zeros(units, np.int64)
    kind[free] = options
    apart = (masks @ (1 - masks.T) + (1 - masks) @ masks.T)[:, options]
    apart[apart == 0] = masks.shape[1] + 1
    ranks = min(LIKE, int((apart <= masks.shape[1]).sum(axis=1).min(initial=LIKE)))
    like = free[np.argsort(apart, axis=1, kind="stable")[:, :ranks]]
    return Kin(kind, like, *found)
