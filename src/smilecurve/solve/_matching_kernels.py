"""Pairs judged and matched one by one, compiled. Columns of `offer`, `want` and `rules`: `matching.Fair`.

`pair` gives the first rule that a pair breaks (0: none), what it would be worth and its km.
"""

from __future__ import annotations

import numpy as np
from numba import njit

CODES = 8


@njit(cache=True)
def pair(o, w, offer, want, rules):  # type: ignore[no-untyped-def]
    """The first rule broken, worth and km of one pair; rules: worth of a grade, of unused hours, cost of a kg km."""
    if offer[o, 0] != want[w, 0]:
        return 1, 0.0, 0.0
    if (want[w, 1] >= 0 and offer[o, 1] != want[w, 1]) or (want[w, 2] >= 0 and offer[o, 2] != want[w, 2]):
        return 2, 0.0, 0.0
    months, limit = want[w, 3], want[w, 4]
    over = want[w, 5] - offer[o, 3]
    better = want[w, 6] - offer[o, 4]
    part = over / want[w, 5] if want[w, 5] > 0 and want[w, 5] < np.inf else 0.0
    near = offer[o, 6] * want[w, 8] + offer[o, 7] * want[w, 9] + offer[o, 8] * want[w, 10]
    km = 6371.0088 * np.arccos(min(max(near, -1.0), 1.0))
    freight = rules[2] * offer[o, 9] * km
    worth = months * (limit * (1 + rules[0] * better + rules[1] * part) - offer[o, 5]) - freight
    code = 0
    if over < 0:
        code = 3
    elif better < 0:
        code = 4
    elif offer[o, 5] > limit:
        code = 5
    elif km > want[w, 7]:
        code = 6
    elif months * (limit - offer[o, 5]) < freight:
        code = 7
    return code, worth, km


@njit(cache=True)
def count_pairs(offer, want, rules, counts, fits):  # type: ignore[no-untyped-def]
    """By want: how many offers break each rule first; by offer: how many wants fit."""
    for o in range(len(offer)):
        for w in range(len(want)):
            code, _, _ = pair(o, w, offer, want, rules)
            counts[w, code] += 1
            fits[o] += code == 0


@njit(cache=True)
def list_pairs(offer, want, rules, begin, who, worth):  # type: ignore[no-untyped-def]
    """Of each offer: the wants that fit and what each pair is worth."""
    for o in range(len(offer)):
        at = begin[o]
        for w in range(len(want)):
            code, value, _ = pair(o, w, offer, want, rules)
            if code == 0:
                who[at], worth[at] = w, value
                at += 1


@njit(cache=True)
def next_best(offer, want, rules, taken, best, code_of, worth_of):  # type: ignore[no-untyped-def]
    """Of each want: its best refused offers, first by how many rules they keep, then by worth; -1: none."""
    places = best.shape[1]
    for o in range(len(offer)):
        for w in range(len(want)):
            if taken[w] == o:
                continue
            code, value, _ = pair(o, w, offer, want, rules)
            if code == 1 or code == 2:
                continue
            rank = CODES if code == 0 else code
            for p in range(places):
                held = CODES if code_of[w, p] == 0 else code_of[w, p]
                if best[w, p] < 0 or rank > held or (rank == held and value > worth_of[w, p]):
                    for q in range(places - 1, p, -1):
                        best[w, q], code_of[w, q], worth_of[w, q] = (
                            best[w, q - 1],
                            code_of[w, q - 1],
                            worth_of[w, q - 1],
                        )
                    best[w, p], code_of[w, p], worth_of[w, p] = o, code, value
                    break


@njit(cache=True)
def _up(heap, keys, at):  # type: ignore[no-untyped-def]
    while at > 0:
        above = (at - 1) // 2
        if keys[heap[above]] <= keys[heap[at]]:
            break
        heap[above], heap[at] = heap[at], heap[above]
        at = above


@njit(cache=True)
def augment(begin, who, worth, u, v, row_of, col_of):  # type: ignore[no-untyped-def]
    """Shortest augmenting paths: match every row to a column or to nothing (worth 0), the sum of worth largest.

    u, v: prices of rows and columns, u + v never below the worth of a pair; row_of, col_of: -1 where none.
    """
    rows, columns = len(begin) - 1, len(v)
    far = np.full(columns, np.inf)
    back = np.full(columns, -1, dtype=np.int64)
    done = np.zeros(columns, dtype=np.bool_)
    heap, seen = np.empty(len(who) + 1, dtype=np.int64), np.empty(columns, dtype=np.int64)
    keys = np.empty(len(who) + 1)
    place = np.empty(len(who) + 1, dtype=np.int64)
    for r in range(rows):
        best = 0.0
        for e in range(begin[r], begin[r + 1]):
            best = max(best, worth[e] - v[who[e]])
        u[r] = best
    for start in range(rows):
        count, touched, here, length = 0, 0, start, 0.0
        used = 0
        nothing, nothing_row = np.inf, -1
        end = -1
        while True:
            if length + u[here] < nothing:
                nothing, nothing_row = length + u[here], here
            for e in range(begin[here], begin[here + 1]):
                c = who[e]
                if done[c]:
                    continue
                d = length + u[here] + v[c] - worth[e]
                if d < far[c] and d < nothing:
                    if far[c] == np.inf:
                        seen[touched] = c
                        touched += 1
                    far[c], back[c] = d, here
                    keys[used], place[used] = d, c
                    heap[count] = used
                    _up(heap, keys, count)
                    count += 1
                    used += 1
            c = -1
            while count > 0:
                top = heap[0]
                count -= 1
                heap[0] = heap[count]
                at = 0
                while True:
                    low = 2 * at + 1
                    if low >= count:
                        break
                    if low + 1 < count and keys[heap[low + 1]] < keys[heap[low]]:
                        low += 1
                    if keys[heap[at]] <= keys[heap[low]]:
                        break
                    heap[at], heap[low] = heap[low], heap[at]
                    at = low
                if not done[place[top]] and keys[top] <= far[place[top]]:
                    c, length = place[top], keys[top]
                    break
            if c < 0 or length >= nothing:
                length = nothing
                break
            done[c] = True
            if row_of[c] < 0:
                end = c
                break
            here = row_of[c]
        u[start] -= length
        for k in range(touched):
            c = seen[k]
            if done[c] and far[c] < length:
                v[c] += length - far[c]
                if row_of[c] >= 0:
                    u[row_of[c]] -= length - far[c]
        row = -1
        if end >= 0:
            row = back[end]
            c = end
        elif nothing_row != start:
            row = nothing_row
            c = col_of[row]
            row_of[c] = -1
            col_of[row] = -1
            row = back[c]
        while row >= 0:
            before = col_of[row]
            row_of[c], col_of[row] = row, c
            if row == start:
                break
            c = before
            row = back[c]
        for k in range(touched):
            c = seen[k]
            far[c], done[c], back[c] = np.inf, False, -1
