"""Which cuts of which numbers explain what is left, one small tree after the other?

Compiled loops behind `solve.boosting`: trees grown best leaf first over counted bins.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def worth(total, count, ridge, low, high):  # type: ignore[no-untyped-def]
    """The best value of a leaf between its limits, and the squared error it saves (halved)."""
    value = min(max(total / (count + ridge), low), high)
    return value, total * value - 0.5 * (count + ridge) * value * value


@njit(cache=True)
def best_cut(total, count, bins, sign, asked, ridge, least, low, high):  # type: ignore[no-untyped-def]
    """The cut of one leaf that saves most: gain, feature, last bin of the left side, values left and right."""
    sums, rows = 0.0, 0.0
    for b in range(bins[0]):
        sums += total[0, b]
        rows += count[0, b]
    now = worth(sums, rows, ridge, low, high)[1]
    gain, feature, cut, left_value, right_value = 1e-9, -1, 0, 0.0, 0.0
    for f in range(len(bins)):
        if not asked[f]:
            continue
        left, left_rows = 0.0, 0.0
        for b in range(bins[f] - 1):
            left += total[f, b]
            left_rows += count[f, b]
            if left_rows < least:
                continue
            if rows - left_rows < least:
                break
            a, saved_a = worth(left, left_rows, ridge, low, high)
            z, saved_z = worth(sums - left, rows - left_rows, ridge, low, high)
            if sign[f] * (z - a) < 0.0:
                continue
            if saved_a + saved_z - now > gain:
                gain, feature, cut, left_value, right_value = saved_a + saved_z - now, f, b, a, z
    return gain, feature, cut, left_value, right_value


@njit(cache=True)
def count_bins(binned, rest, clip, drawn, order, start, end, total, count):  # type: ignore[no-untyped-def]
    """Sums (each within the clip) and numbers of the drawn rows order[start:end] by feature and bin."""
    total[:] = 0.0
    count[:] = 0.0
    for i in range(start, end):
        row = order[i]
        if drawn[row]:
            g = min(max(rest[row], -clip), clip)
            for f in range(binned.shape[1]):
                b = binned[row, f]
                total[f, b] += g
                count[f, b] += 1.0


@njit(cache=True)
def next_draw(state):  # type: ignore[no-untyped-def]
    """The next state of a 32-bit xorshift generator (Marsaglia, J. Stat. Software 8(14), 2003)."""
    state ^= (state << np.uint64(13)) & np.uint64(0xFFFFFFFF)
    state ^= state >> np.uint64(17)
    state ^= (state << np.uint64(5)) & np.uint64(0xFFFFFFFF)
    return state


@njit(cache=True)
def boost(binned, target, bins, sign, rounds, leaves, rate, ridge, least, clip, rows_share, features_share, seed):  # type: ignore[no-untyped-def]
    """Grow `rounds` trees on what is left of target: (feature, cut, child, value), each (rounds, nodes).

    The children of a node are child and child + 1; feature -1 marks a leaf.
    """
    n, width = binned.shape
    nodes = 2 * leaves - 1
    feature = np.full((rounds, nodes), -1, np.int16)
    cut = np.zeros((rounds, nodes), np.int16)
    child = np.zeros((rounds, nodes), np.int16)
    value = np.zeros((rounds, nodes))
    rest, order, spare = target.copy(), np.arange(n), np.empty(n, np.int64)
    drawn, asked = np.ones(n, np.bool_), np.ones(width, np.bool_)
    top = bins.max()
    total, count = np.zeros((nodes, width, top)), np.zeros((nodes, width, top))
    first, last = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    low, high, gain = np.zeros(nodes), np.zeros(nodes), np.zeros(nodes)
    found_left, found_right = np.zeros(nodes), np.zeros(nodes)
    found_feature, found_cut = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    state, scale = np.uint64(seed * 2654435761 % 4294967291 + 1), 1.0 / 4294967296.0
    for t in range(rounds):
        for i in range(n):
            state = next_draw(state)
            drawn[i] = state * scale < rows_share
        first[0], last[0], low[0], high[0] = 0, n, -np.inf, np.inf
        count_bins(binned, rest, clip, drawn, order, 0, n, total[0], count[0])
        value[t, 0] = worth(total[0, 0].sum(), count[0, 0].sum(), ridge, low[0], high[0])[0]
        used, fresh = 1, 0
        while True:
            for k in range(fresh, used):
                any_asked = False
                for f in range(width):
                    state = next_draw(state)
                    asked[f] = state * scale < features_share
                    any_asked = any_asked or asked[f]
                if not any_asked:
                    asked[:] = True
                found = best_cut(total[k], count[k], bins, sign, asked, ridge, least, low[k], high[k])
                gain[k], found_feature[k], found_cut[k], found_left[k], found_right[k] = found
            fresh = used
            k = -1
            for j in range(used):
                if feature[t, j] < 0 and found_feature[j] >= 0 and (k < 0 or gain[j] > gain[k]):
                    k = j
            if k < 0 or used + 2 > nodes:
                break
            f, c, a, z = found_feature[k], found_cut[k], found_left[k], found_right[k]
            place, kept = first[k], 0
            for i in range(first[k], last[k]):
                row = order[i]
                if binned[row, f] <= c:
                    order[place] = row
                    place += 1
                else:
                    spare[kept] = row
                    kept += 1
            for i in range(kept):
                order[place + i] = spare[i]
            one, two = used, used + 1
            feature[t, k], cut[t, k], child[t, k] = f, c, one
            value[t, one], value[t, two] = a, z
            first[one], last[one], first[two], last[two] = first[k], place, place, last[k]
            low[one], high[one], low[two], high[two] = low[k], high[k], low[k], high[k]
            middle = 0.5 * (a + z)
            if sign[f] < 0:
                low[one], high[two] = middle, middle
            elif sign[f] > 0:
                high[one], low[two] = middle, middle
            few, many = (one, two) if place - first[k] <= last[k] - place else (two, one)
            count_bins(binned, rest, clip, drawn, order, first[few], last[few], total[few], count[few])
            total[many] = total[k] - total[few]
            count[many] = count[k] - count[few]
            used += 2
        for k in range(used):
            value[t, k] *= rate
            if feature[t, k] < 0:
                for i in range(first[k], last[k]):
                    rest[order[i]] -= value[t, k]
    return feature, cut, child, value


@njit(cache=True)
def add_trees(binned, feature, cut, child, value, out):  # type: ignore[no-untyped-def]
    """Add every tree's value of every row to out."""
    for t in range(len(feature)):
        for row in range(len(binned)):
            k = 0
            while feature[t, k] >= 0:
                k = child[t, k] + (1 if binned[row, feature[t, k]] > cut[t, k] else 0)
            out[row] += value[t, k]


@njit(cache=True)
def lay_trees(binned, feature, cut, child, value, axes, out):  # type: ignore[no-untyped-def]
    """Add the trees to each row's box of bins of three features, as what changes from bin to bin.

    axes (features,): which axis of the box, 0 to 2, each feature is, -1 if none; out (rows, bins + 1 each): sum it up
    along the three axes, then what stands in a bin is the trees' value there, whatever the row's own bins of these.
    """
    most = feature.shape[1]
    node = np.zeros(most, np.int64)
    begin, end = np.zeros((most, 3), np.int64), np.zeros((most, 3), np.int64)
    low, high = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for row in range(len(binned)):
        for t in range(len(feature)):
            waiting = 1
            node[0] = 0
            for a in range(3):
                begin[0, a], end[0, a] = 0, out.shape[a + 1] - 1
            while waiting > 0:
                waiting -= 1
                k = node[waiting]
                for a in range(3):
                    low[a], high[a] = begin[waiting, a], end[waiting, a]
                while feature[t, k] >= 0:
                    f, c, one = feature[t, k], cut[t, k], child[t, k]
                    axis = axes[f]
                    if axis < 0:
                        k = one + (1 if binned[row, f] > c else 0)
                    elif c < low[axis]:
                        k = one + 1
                    elif c >= high[axis] - 1:
                        k = one
                    else:
                        node[waiting] = one + 1
                        for a in range(3):
                            begin[waiting, a], end[waiting, a] = low[a], high[a]
                        begin[waiting, axis] = c + 1
                        waiting += 1
                        high[axis] = c + 1
                        k = one
                v = value[t, k]
                out[row, low[0], low[1], low[2]] += v
                out[row, high[0], low[1], low[2]] -= v
                out[row, low[0], high[1], low[2]] -= v
                out[row, high[0], high[1], low[2]] += v
                out[row, low[0], low[1], high[2]] -= v
                out[row, high[0], low[1], high[2]] += v
                out[row, low[0], high[1], high[2]] += v
                out[row, high[0], high[1], high[2]] -= v
