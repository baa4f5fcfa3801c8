"""One stage of the tree and sweeps over a network, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def outbound(time, most_in, most_out, cost, above, below, value, choice):  # type: ignore[no-untyped-def]
    """For each outbound service time: the least cost of a stage and what hangs on it, and its inbound time."""
    for out in range(most_out + 1):
        value[out], choice[out] = np.inf, 0
        for inbound in range(max(0, out - time), most_in + 1):
            got = cost[inbound + time - out] + above[inbound]
            if got < value[out]:
                value[out], choice[out] = got, inbound
        value[out] += below[out]


@njit(cache=True)
def inbound(time, most_in, most_out, cost, above, below, value, choice):  # type: ignore[no-untyped-def]
    """For each inbound service time: the least cost of a stage and what hangs on it, and its outbound time."""
    for into in range(most_in + 1):
        value[into], choice[into] = np.inf, 0
        for out in range(min(into + time, most_out) + 1):
            got = cost[into + time - out] + below[out]
            if got < value[into]:
                value[into], choice[into] = got, out
        value[into] += above[into]


@njit(cache=True)
def settled(order, into_begin, into, time, most_out, factor, out, inbound_time):  # type: ignore[no-untyped-def]
    """Cost of these outbound times, inbound times as late as the latest supplier; times that cannot be are cut."""
    total = 0.0
    for j in order:
        latest = 0
        for at in range(into_begin[j], into_begin[j + 1]):
            latest = max(latest, out[into[at]])
        inbound_time[j] = latest
        out[j] = min(out[j], latest + time[j], most_out[j])
        total += factor[j] * np.sqrt(latest + time[j] - out[j])
    return total


@njit(cache=True)
def sweep(order, into_begin, into, time, most_out, factor, out, inbound_time, trial, spare, rounds):  # type: ignore[no-untyped-def]
    """Change one outbound time at a time, to whatever is cheapest for the whole network, until none helps."""
    best = settled(order, into_begin, into, time, most_out, factor, out, inbound_time)
    for _ in range(rounds):
        moved = False
        for j in order[::-1]:
            old = out[j]
            found = old
            for value in range(min(inbound_time[j] + time[j], most_out[j]) + 1):
                if value == old:
                    continue
                trial[:] = out
                trial[j] = value
                got = settled(order, into_begin, into, time, most_out, factor, trial, spare)
                if got < best - 1e-9:
                    best, found = got, value
            if found != old:
                out[j] = found
                settled(order, into_begin, into, time, most_out, factor, out, inbound_time)
                moved = True
        if not moved:
            break
    return best
