"""Pipelines down a tree of places, compiled: one part at a time, places in preorder, `end` one past each subtree.

A pipeline is what a place has ordered and not yet received. It is a Poisson or, with a larger variance, a negative
binomial count; both obey p(k + 1) = p(k) (a + b k) / (k + 1) (Panjer, ASTIN Bulletin 12(1), 1981).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_STEPS = 400
_NODE, _CHILD, _STOCK, _PASSED, _OPEN, _REACH, _STRIDE = range(7)
_P, _A, _B, _BELOW, _EMPTY, _LATE, _SQUARE, _BEST, _BOUND, _VALUE, _LEAST, _CUBE = range(12)
_ABOVE = 2.0


@njit(cache=True)
def opening(mean, variance):  # type: ignore[no-untyped-def]
    """The first count worth looking at, its probability, and a and b of the recursion."""
    wide = variance > mean * (1.0 + 1e-9) + 1e-15
    size = mean * mean / (variance - mean) if wide else 0.0
    a, b = (mean * mean / variance, (variance - mean) / variance) if wide else (mean, 0.0)
    log_none = -size * math.log1p((variance - mean) / mean) if wide else -mean
    if log_none > -600.0:
        return 0, math.exp(log_none), a, b
    k = max(1, int(mean - 9.0 * math.sqrt(max(variance, mean))))
    while True:
        if wide:
            chance = math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1.0) + log_none + k * math.log(b)
        else:
            chance = k * math.log(mean) - mean - math.lgamma(k + 1.0)
        if chance > -600.0:
            return k, math.exp(chance), a, b
        k *= 2


@njit(cache=True)
def shelf(mean, variance, rate, cost, price, unfilled):  # type: ignore[no-untyped-def]
    """Least cost x stock + price x missed at a place that feeds no other: the value and the stock."""
    worst = price * (rate if unfilled else mean)
    if price * (rate if unfilled else min(mean, 1.0)) <= cost or mean <= 0.0:
        return (0.0 if mean <= 0.0 and not unfilled else worst), 0
    k, p, a, b = opening(mean, variance)
    if not unfilled:
        s, below, missed = k, p, mean - k
        while price * (1.0 - below) > cost and (s < mean or p > 1e-18):
            missed -= 1.0 - below
            s += 1
            p *= (a + b * (s - 1)) / s
            below += p
        return cost * s + price * max(missed, 0.0), s
    best, at, s, below = worst, 0, k, 0.0
    while cost * (s + 1) < best and (s <= mean or worst * p > cost):
        below += p
        s += 1
        p *= (a + b * (s - 1)) / s
        value = cost * s + worst * max(1.0 - below, 0.0)
        if value < best:
            best, at = value, s
    return best, at


@njit(cache=True)
def third(mean, variance):  # type: ignore[no-untyped-def]
    """Third factorial moment of a pipeline, E[x (x - 1) (x - 2)]."""
    more = (variance - mean) / (mean * mean) if mean > 0.0 else 0.0
    return mean * mean * mean * (1.0 + more) * (1.0 + 2.0 * more)


@njit(cache=True)
def late_at(mean, variance, stock):  # type: ignore[no-untyped-def]
    """Mean, second and third factorial moment of what is on backorder with this stock; chance of an empty shelf."""
    late, square, cube = mean, variance + mean * mean, third(mean, variance)
    if mean <= 0.0:
        return 0.0, 0.0, 0.0, 1.0 if stock == 0 else 0.0
    k, p, a, b = opening(mean, variance)
    below, empty = 0.0, 1.0
    for s in range(stock):
        if s == k:
            below = p
        elif s > k:
            p *= (a + b * (s - 1)) / s
            below += p
        empty = max(1.0 - below, 0.0)
        square = max(square - 2.0 * late + empty, 0.0)
        late = max(late - empty, 0.0)
        cube = max(cube - 3.0 * max(square - late, 0.0), 0.0)
    return late, square, cube, empty


@njit(cache=True)
def skewed(late, square, cube):  # type: ignore[no-untyped-def]
    """Second and third factorial cumulant of backorders."""
    pairs = square - late
    return pairs - late * late, cube - 3.0 * pairs * late + 2.0 * late * late * late


@njit(cache=True)
def inflow(child, node, late, wide, skew, transit, whole, lumps, pooled):  # type: ignore[no-untyped-def]
    """Mean and variance of a child's pipeline, from the backorders of the place above it and their cumulants.

    A negative binomial has a skewness of its own; what the backorders have beyond it widens the pipeline by as much as
    it adds two standard deviations above the mean, where stock is decided.
    """
    share = whole[child] / whole[node]
    under_way = whole[child] * transit[child]
    mean = under_way + share * late
    extra = (lumps - 1.0) * under_way
    if pooled and wide > 0.0 and mean > 0.0:
        extra += share * share * wide
        beyond = share * share * share * skew - 2.0 * extra * extra / mean
        if beyond > 0.0:
            extra += _ABOVE * beyond * math.sqrt(mean + extra) / (3.0 * mean)
    return mean, mean + extra


@njit(cache=True)
def floors(cost, price, unfilled, end, rate, whole, transit, lumps, low, bite):  # type: ignore[no-untyped-def]
    """For each subtree: its least value if nothing above it were ever late, and what a late piece can add to that."""
    for node in range(len(end) - 1, -1, -1):
        low[node] = 0.0
        bite[node] = 0.0
        if whole[node] <= 0.0:
            continue
        if end[node] == node + 1:
            mean = whole[node] * transit[node]
            low[node] = shelf(mean, lumps * mean, rate[node], cost, price, unfilled)[0]
            continue
        child = node + 1
        while child < end[node]:
            low[node] += low[child]
            child = end[child]
        if unfilled:
            for below in range(node + 1, end[node]):
                bite[node] += price * rate[below] * whole[below] / whole[node]


@njit(cache=True)
def enter(node, mean, variance, whom, state):  # type: ignore[no-untyped-def]
    """Begin to look at the levels of a place that feeds others: none in stock, nothing found yet."""
    k, p, a, b = opening(mean, variance) if mean > 0.0 else (0, 1.0, 0.0, 0.0)
    reach = int(mean + 8.0 * math.sqrt(max(variance, mean)) + 6.0)
    whom[_NODE], whom[_CHILD], whom[_STOCK], whom[_PASSED] = node, node + 1, 0, 0
    whom[_OPEN], whom[_REACH], whom[_STRIDE] = k, reach, 1 + reach // _STEPS
    state[_P], state[_A], state[_B], state[_BELOW], state[_EMPTY] = p, a, b, 0.0, 1.0
    state[_LATE], state[_SQUARE], state[_CUBE] = mean, variance + mean * mean, third(mean, variance)
    state[_BEST], state[_BOUND], state[_VALUE], state[_LEAST] = np.inf, np.inf, 0.0, 0.0


@njit(cache=True)
def own_missed(price, unfilled, rate, whole, whom, state):  # type: ignore[no-untyped-def]
    """Price x what the own customers of a place miss at the level looked at; its children are to be settled anew."""
    node = whom[_NODE]
    missed = price * rate[node] * (state[_EMPTY] if unfilled else state[_LATE] / whole[node])
    state[_VALUE], state[_LEAST] = missed, missed
    whom[_CHILD] = node + 1


@njit(cache=True)
def next_level(whom, state):  # type: ignore[no-untyped-def]
    """Go to the next level worth settling; False when there is none."""
    whom[_PASSED] = 0
    while whom[_STOCK] < whom[_REACH]:
        held = whom[_STOCK]
        if held == whom[_OPEN]:
            state[_BELOW] = state[_P]
        elif held > whom[_OPEN]:
            state[_P] *= (state[_A] + state[_B] * (held - 1)) / held
            state[_BELOW] += state[_P]
        empty = max(1.0 - state[_BELOW], 0.0)
        state[_EMPTY] = empty
        state[_SQUARE] = max(state[_SQUARE] - 2.0 * state[_LATE] + empty, 0.0)
        state[_LATE] = max(state[_LATE] - empty, 0.0)
        state[_CUBE] = max(state[_CUBE] - 3.0 * max(state[_SQUARE] - state[_LATE], 0.0), 0.0)
        whom[_STOCK] = held + 1
        if whom[_STOCK] % whom[_STRIDE] == 0 or whom[_STOCK] == whom[_REACH]:
            return True
        whom[_PASSED] += 1
    return False


@njit(cache=True)
def settle(  # type: ignore[no-untyped-def]
    mean, variance, cost, price, unfilled, pooled, lumps, end, rate, whole, transit, low, bite, stock, keep, who, states
):
    """Least cost x stock + price x missed of the whole tree: what was reached and what no stock beats.

    A place that feeds others is looked at level by level; at each level every place below it is settled for what then
    comes down. The places that are being looked at, from the top down, stand in `who` and `states`, a row a depth (no
    recursion: compiled, it cannot be read back from the cache). `stock` holds the best stock afterwards.
    """
    if end[0] == 1:
        value, stock[0] = shelf(mean, variance, rate[0], cost, price, unfilled)
        return value, value
    depth = 0
    enter(0, mean, variance, who[0], states[0])
    own_missed(price, unfilled, rate, whole, who[0], states[0])
    while True:
        whom, state = who[depth], states[depth]
        node, down = whom[_NODE], False
        late = state[_LATE]
        wide, skew = skewed(late, state[_SQUARE], state[_CUBE])
        while whom[_CHILD] < end[node]:
            child = whom[_CHILD]
            if whole[child] > 0.0:
                mean, variance = inflow(child, node, late, wide, skew, transit, whole, lumps, pooled)
                if end[child] > child + 1:
                    down = True
                    break
                value, stock[child] = shelf(mean, variance, rate[child], cost, price, unfilled)
                state[_VALUE] += value
                state[_LEAST] += value
            whom[_CHILD] = end[child]
        if down:
            depth += 1
            enter(whom[_CHILD], mean, variance, who[depth], states[depth])
            own_missed(price, unfilled, rate, whole, who[depth], states[depth])
            continue
        held = whom[_STOCK]
        state[_BOUND] = min(state[_BOUND], state[_LEAST] + cost * (held - whom[_PASSED]))
        if state[_VALUE] + cost * held < state[_BEST]:
            state[_BEST] = state[_VALUE] + cost * held
            stock[node] = held
            keep[depth, node : end[node]] = stock[node : end[node]]
        worth = cost * (held + 1) + low[node] - bite[node] * state[_LATE] < state[_BEST]
        if worth and next_level(whom, state):
            own_missed(price, unfilled, rate, whole, whom, state)
            continue
        stock[node : end[node]] = keep[depth, node : end[node]]
        if depth == 0:
            return state[_BEST], min(state[_BOUND], state[_BEST])
        depth -= 1
        states[depth, _VALUE] += state[_BEST]
        states[depth, _LEAST] += min(state[_BOUND], state[_BEST])
        who[depth, _CHILD] = end[node]


@njit(cache=True)
def wholes(end, rate, whole):  # type: ignore[no-untyped-def]
    """What is asked of each place by its own customers and by every place below it."""
    for node in range(len(end)):
        whole[node] = rate[node : end[node]].sum()


@njit(cache=True)
def price_parts(price, unfilled, pooled, costs, resupply, wider, lumps, end, rates, loads, transit, levels, stock):  # type: ignore[no-untyped-def]
    """Best stock of every part at one price of what is missed; returns the value reached and what none beats."""
    n, places = rates.shape
    whole, low, bite = np.zeros(places), np.zeros(places), np.zeros(places)
    keep = np.zeros((levels, places), dtype=np.int64)
    who, states = np.zeros((levels, 7), dtype=np.int64), np.zeros((levels, 12))
    total, bound = 0.0, 0.0
    for part in range(n):
        rate, cost, spread = rates[part], costs[part], lumps[part]
        wholes(end, loads[part], whole)
        stock[part, :] = 0
        if whole[0] <= 0.0:
            continue
        floors(cost, price, unfilled, end, rate, whole, transit, spread, low, bite)
        mean = whole[0] * (resupply[part] + transit[0])
        value, least = settle(
            mean, spread * mean + wider[part], cost, price, unfilled, pooled, spread, end, rate, whole, transit, low,
            bite, stock[part], keep, who, states,
        )  # fmt: skip
        total += value
        bound += least
    return total, bound


@njit(cache=True)
def missed_part(stock, pooled, resupply, wider, lumps, end, load, transit, whole, mean, variance, late, empty):  # type: ignore[no-untyped-def]
    """Of one part with this stock: pieces that each place owes on average, and the chance that it has none to give."""
    wholes(end, load, whole)
    late[:] = 0.0
    empty[:] = 0.0
    if whole[0] <= 0.0:
        return
    mean[0] = whole[0] * (resupply + transit[0])
    variance[0] = lumps * mean[0] + wider
    for node in range(len(end)):
        if whole[node] <= 0.0:
            continue
        late[node], square, cube, empty[node] = late_at(mean[node], variance[node], stock[node])
        wide, skew = skewed(late[node], square, cube)
        child = node + 1
        while child < end[node]:
            if whole[child] > 0.0:
                mean[child], variance[child] = inflow(
                    child, node, late[node], wide, skew, transit, whole, lumps, pooled
                )
            child = end[child]


@njit(cache=True)
def missed_parts(stock, pooled, resupply, wider, lumps, end, loads, transit, late, empty):  # type: ignore[no-untyped-def]
    """`missed_part` of every part."""
    n, places = loads.shape
    whole, mean, variance = np.zeros(places), np.zeros(places), np.zeros(places)
    for part in range(n):
        missed_part(
            stock[part], pooled, resupply[part], wider[part], lumps[part], end, loads[part], transit, whole, mean,
            variance, late[part], empty[part],
        )  # fmt: skip


@njit(cache=True)
def missed_by_customers(late, empty, rate, whole, unfilled):  # type: ignore[no-untyped-def]
    """Pieces a day not there when asked for, or pieces waited for, by the own customers of all places together."""
    total = 0.0
    for node in range(len(rate)):
        if rate[node] > 0.0:
            total += rate[node] * (empty[node] if unfilled else late[node] / whole[node])
    return total


@njit(cache=True)
def lean_out(  # type: ignore[no-untyped-def]
    order, slack, unfilled, pooled, costs, resupply, wider, lumps, end, rates, loads, transit, stock
):
    """Take single pieces out, part by part in this order, while no more than `slack` is missed for it."""
    places = rates.shape[1]
    whole, mean, variance = np.zeros(places), np.zeros(places), np.zeros(places)
    late, empty = np.zeros(places), np.zeros(places)
    for part in order:
        mine, rate, load = stock[part], rates[part], loads[part]
        while costs[part] > 0.0:
            missed_part(mine, pooled, resupply[part], wider[part], lumps[part], end, load, transit, whole, mean,
                        variance, late, empty)  # fmt: skip
            here = missed_by_customers(late, empty, rate, whole, unfilled)
            least, at = np.inf, -1
            for place in range(places):
                if mine[place] == 0:
                    continue
                mine[place] -= 1
                missed_part(mine, pooled, resupply[part], wider[part], lumps[part], end, load, transit, whole, mean,
                            variance, late, empty)  # fmt: skip
                mine[place] += 1
                more = missed_by_customers(late, empty, rate, whole, unfilled) - here
                if more < least:
                    least, at = more, place
            if at < 0 or least > slack:
                break
            mine[at] -= 1
            slack -= max(least, 0.0)
