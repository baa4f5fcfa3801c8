"""Where along a supply chain does safety stock lie, when every stage promises a service time it always keeps?

Method    guaranteed service (Simpson, Operations Research 6(6), 1958): demand is met in full up to a bound; a stage
          holds what its net replenishment time, inbound service time + own time - outbound service time, can ask for.
          Trees by dynamic programming (Graves and Willems, MSOM 2(1), 2000); other networks without circles by the tree
          that weighs most, made to fit, and sweeps over single service times from several starts
Proof     a tree is solved exactly; of another network, the chain without the links that close a second way costs no
          more than the whole, so the exact value of its tree is a lower bound
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Chain", "Safety", "place_safety", "pooled_spread"]

_SWEEPS = 50
_TREES = 4
_SHAKES = 8


@dataclass(frozen=True)
class Chain:
    """Stages that supply each other.

    time      (stages,) whole periods from when all inputs are there until a piece is ready
    holding   (stages,) cost of holding one piece for the time the answer is asked for (a year)
    bound     (stages,) demand above the mean that is met in one period, in pieces: z times the spread; over t periods
              it is bound x sqrt(t)
    links     (links, 2) supplier, consumer
    promise   (stages,) the most that its outbound service time may be; -1: no limit of its own (internal stages)
    """

    time: Ints
    holding: Floats
    bound: Floats
    links: Ints
    promise: Ints


@dataclass(frozen=True)
class Safety:
    """Service times, safety stock and its cost at each stage, and the least that any service times cost."""

    inbound: Ints
    outbound: Ints
    stock: Floats
    cost: Floats
    value: float
    least: float


def pooled_spread(spread: Floats, links: Ints, pieces: Floats, pool: float = 2.0) -> Floats:
    """Return the spread of demand at every stage, from that of customers (stages,) up the chain.

    links (links, 2) supplier, consumer; pieces (links,) of the supplier in one of the consumer
    pool   1: spreads add up; 2: independent demands
    """
    found = spread**pool
    for j in _order(len(spread), links)[::-1].tolist():
        for k in np.nonzero(links[:, 0] == j)[0].tolist():
            found[j] += pieces[k] ** pool * found[links[k, 1]]
    return np.asarray(found ** (1 / pool))


def place_safety(chain: Chain, *, seed: int = 1) -> Safety:
    """Decide the service time of every stage so that safety stock costs least.

    Raises ValueError when stages supply each other in a circle or the numbers make no sense.

    >>> two = Chain(np.array([3, 1]), np.array([1.0, 4.0]), np.ones(2), np.array([[0, 1]]), np.array([-1, 0]))
    >>> got = place_safety(two)  # stock at both: 1 x sqrt(3) + 4 x sqrt(1) = 5.73; at the end alone 4 x sqrt(4) = 8
    >>> got.outbound.tolist(), round(got.value, 2), round(got.least, 2)
    ([0, 0], 5.73, 5.73)
    """
    _check(chain)
    order = _order(len(chain.time), chain.links)
    longest = chain.time.copy()
    for j in order.tolist():
        for i in chain.links[chain.links[:, 1] == j, 0].tolist():
            longest[j] = max(longest[j], longest[i] + chain.time[j])
    most_out = np.where(chain.promise < 0, longest, np.minimum(chain.promise, longest))
    factor = chain.holding * chain.bound
    draw = np.random.default_rng(seed)
    best, value, least = np.zeros(len(order), np.int64), np.inf, 0.0
    for turn in range(_TREES):
        kept = _tree(chain, factor, draw if turn else None)
        out, tree_value = _solve_tree(chain, chain.links[kept], longest, most_out, factor)
        least = max(least, tree_value)
        out, got = _fit(chain, order, most_out, factor, out, draw)
        if got < value:
            best, value = out, got
        if kept.all():
            break
    into = np.zeros(len(order), np.int64)
    np.maximum.at(into, chain.links[:, 1], best[chain.links[:, 0]])
    stock = chain.bound * np.sqrt(into + chain.time - best)
    return Safety(into, best, stock, chain.holding * stock, float(value), float(min(least, value)))


def _check(chain: Chain) -> None:
    for name in ("time", "holding", "bound"):
        values = getattr(chain, name)
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError(f"{name} must be finite and not negative")


def _order(stages: int, links: Ints) -> Ints:
    """Stages with every supplier before its consumers."""
    waits = np.bincount(links[:, 1], minlength=stages) if len(links) else np.zeros(stages, np.int64)
    ready = [j for j in range(stages) if waits[j] == 0]
    found: list[int] = []
    after: dict[int, list[int]] = {}
    for i, j in links.tolist():
        after.setdefault(i, []).append(j)
    while ready:
        i = ready.pop()
        found.append(i)
        for j in after.get(i, ()):
            waits[j] -= 1
            if waits[j] == 0:
                ready.append(j)
    if len(found) != stages:
        raise ValueError("some stages supply each other in a circle")
    return np.array(found, dtype=np.int64)


def _tree(chain: Chain, factor: Floats, draw: np.random.Generator | None) -> NDArray[np.bool_]:
    """Links that close no second way: the heaviest consumers first, or drawn by chance."""
    weight = factor[chain.links[:, 1]] + factor[chain.links[:, 0]] if len(chain.links) else np.zeros(0)
    order = np.argsort(-weight, kind="stable") if draw is None else draw.permutation(len(weight))
    root = list(range(len(chain.time)))

    def top(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    kept = np.zeros(len(weight), dtype=bool)
    for k in order.tolist():
        a, b = top(int(chain.links[k, 0])), top(int(chain.links[k, 1]))
        if a != b:
            root[a] = b
            kept[k] = True
    return kept


def _solve_tree(chain: Chain, links: Ints, longest: Ints, most_out: Ints, factor: Floats) -> tuple[Ints, float]:
    """Outbound times of a forest, and its cost (Graves and Willems 2000)."""
    from smilecurve.solve._guaranteed_kernels import inbound, outbound

    n = len(chain.time)
    near: list[list[tuple[int, bool]]] = [[] for _ in range(n)]
    for i, j in links.tolist():
        near[i].append((j, True))
        near[j].append((i, False))
    parent, down, walk = _walk(near)
    room = longest - chain.time
    above = [np.zeros(int(m) + 1) for m in room]
    below = [np.zeros(int(m) + 1) for m in most_out]
    choices: list[Ints] = [np.zeros(0, np.int64)] * n
    out, into, total = np.zeros(n, np.int64), np.zeros(n, np.int64), 0.0
    picks: list[Ints] = [np.zeros(0, np.int64)] * n
    for k in walk[::-1]:
        cost = factor[k] * np.sqrt(np.arange(longest[k] + 1))
        size = int(most_out[k] if down[k] or parent[k] < 0 else room[k]) + 1
        value, choice = np.zeros(size), np.zeros(size, dtype=np.int64)
        way = outbound if down[k] or parent[k] < 0 else inbound
        way(int(chain.time[k]), int(room[k]), int(most_out[k]), cost, above[k], below[k], value, choice)
        choices[k] = choice
        if parent[k] < 0:
            out[k] = int(value.argmin())
            total += float(value.min())
        elif down[k]:
            picks[k] = _running(value, len(above[parent[k]]))
            above[parent[k]] += value[picks[k]]
        else:
            picks[k] = _running_back(value, len(below[parent[k]]))
            below[parent[k]] += np.where(picks[k] < 0, np.inf, value[picks[k]])
    for k in walk:
        if parent[k] < 0:
            into[k] = choices[k][out[k]]
        elif down[k]:
            out[k] = picks[k][into[parent[k]]]
            into[k] = choices[k][out[k]]
        else:
            into[k] = picks[k][out[parent[k]]]
            out[k] = choices[k][into[k]]
    return out, total


def _walk(near: list[list[tuple[int, bool]]]) -> tuple[list[int], list[bool], list[int]]:
    """From the first stage of each piece outwards: who leads to each stage, is that its consumer, and the order."""
    n = len(near)
    parent, down, walk = [-1] * n, [False] * n, []
    seen = [False] * n
    for start in range(n):
        if seen[start]:
            continue
        seen[start] = True
        waiting = [start]
        while waiting:
            k = waiting.pop()
            walk.append(k)
            for other, is_consumer in near[k]:
                if not seen[other]:
                    seen[other], parent[other], down[other] = True, k, not is_consumer
                    waiting.append(other)
    return parent, down, walk


def _running(value: Floats, size: int) -> Ints:
    """For each limit: where the least value up to it stands (the last one beyond the end)."""
    at = np.arange(len(value))
    best = np.minimum.accumulate(value)
    first = np.maximum.accumulate(np.where(np.r_[True, best[1:] < best[:-1]], at, 0))
    return np.asarray(first[np.minimum(np.arange(size), len(value) - 1)])


def _running_back(value: Floats, size: int) -> Ints:
    """For each limit: where the least value from it on stands; -1 beyond the end."""
    n = len(value)
    turned = n - 1 - _running(value[::-1], n)
    at = np.arange(size)
    return np.where(at < n, turned[::-1][np.minimum(at, n - 1)], -1)


def _fit(
    chain: Chain, order: Ints, most_out: Ints, factor: Floats, out: Ints, draw: np.random.Generator
) -> tuple[Ints, float]:
    """Make the times fit every link; where they are no tree, sweep, and sweep again from times changed by chance."""
    from smilecurve.solve._guaranteed_kernels import settled, sweep

    ranked = np.argsort(chain.links[:, 1], kind="stable")
    begin = np.r_[0, np.cumsum(np.bincount(chain.links[:, 1], minlength=len(order)))]
    into, spare = np.zeros(len(order), np.int64), np.zeros(len(order), np.int64)
    found, suppliers = out.copy(), np.ascontiguousarray(chain.links[ranked, 0])
    args = (order, begin, suppliers, chain.time, most_out, factor)
    value = settled(*args, found, into)
    if len(chain.links) >= len(order):
        value = sweep(*args, found, into, found.copy(), spare, _SWEEPS)
        for _ in range(_SHAKES):
            other = found.copy()
            some = draw.integers(0, len(order), min(3, len(order)))
            other[some] = draw.integers(0, most_out[some] + 1)
            got = sweep(*args, other, into, other.copy(), spare, _SWEEPS)
            if got < value - 1e-9:
                found, value = other, got
    return found, float(value)
