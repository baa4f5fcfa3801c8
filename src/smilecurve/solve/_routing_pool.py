"""Which of all routes seen make the best plan together?

Routes are kept by who drives them and which visits they make, each in its cheapest order. Choosing among them is set
partitioning, solved by HiGHS (scipy), as in the matheuristic of Pillac, Gueret and Medaglia (2013).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from smilecurve.solve._routing_kernels import EPSILON, FAR, Case, Floats, Ints, Plan, inner

ROUTES = 1 << 16
"""Most routes kept."""


class Pool(NamedTuple):
    """Routes seen: a hash table of keys (0: free) to cost, shift and nodes (-1 after the last); signs hash a node."""

    key: Ints
    cost: Floats
    shift: Ints
    node: Ints
    sign: Ints
    known: Ints


def open_pool(n: int, shifts: int, longest: int) -> Pool:
    """An empty pool."""
    signs = np.random.default_rng(1).integers(1, 1 << 62, n + 1 + shifts)
    size = 2 * ROUTES
    return Pool(
        np.zeros(size, np.int64), np.full(size, FAR), np.zeros(size, np.int64),
        np.full((size, longest), -1, np.int64), signs, np.zeros(1, np.int64),
    )  # fmt: skip


@inner
def keep_route(case: Case, plan: Plan, pool: Pool, k: int) -> None:
    """Remember a route, if it is new or cheaper than the same visits were."""
    size, n = plan.length[k], case.penalty.shape[0]
    if size == 0 or size > pool.node.shape[1] or plan.cost[k] >= FAR:
        return
    key = pool.sign[n + 1 + k]
    for i in range(size):
        if plan.node[k, i] != n:
            key ^= pool.sign[plan.node[k, i]]
    at = key & (pool.key.shape[0] - 1)
    while pool.key[at] != 0 and pool.key[at] != key:
        at = (at + 1) & (pool.key.shape[0] - 1)
    if pool.key[at] == 0:
        if pool.known[0] >= ROUTES:
            return
        pool.known[0] += 1
    elif plan.cost[k] >= pool.cost[at] - EPSILON:
        return
    pool.key[at], pool.cost[at], pool.shift[at] = key, plan.cost[k], k
    for i in range(pool.node.shape[1]):
        pool.node[at, i] = plan.node[k, i] if i < size else -1


def thin_pool(pool: Pool, keep: Ints) -> None:
    """Keep only the routes at these places."""
    key, cost, shift, node = pool.key[keep], pool.cost[keep], pool.shift[keep], pool.node[keep]
    pool.key[:], pool.cost[:] = 0, FAR
    mask = len(pool.key) - 1
    for i in range(len(keep)):
        at = int(key[i]) & mask
        while pool.key[at]:
            at = (at + 1) & mask
        pool.key[at], pool.cost[at], pool.shift[at], pool.node[at] = key[i], cost[i], shift[i], node[i]
    pool.known[0] = len(keep)


def choose_routes(
    pool: Pool, penalty: Floats, shifts: int, least: float, nodes: int, seconds: float | None
) -> tuple[Ints, Ints] | None:
    """Return shifts and nodes of the routes that make the cheapest plan found, None if it is not below `least`.

    Only routes whose reduced cost fits below `least` can be in a better plan; the others leave the pool.
    nodes, seconds   limits of the branch and bound; no limit of time where the same must come out again
    """
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp
    from scipy.sparse import csc_array, hstack, identity, vstack

    n, place = len(penalty), np.nonzero(pool.key)[0]
    shift, node, count = pool.shift[place], pool.node[place], len(place)
    visit = (node >= 0) & (node < n)
    column, _ = np.nonzero(visit)
    cover = hstack([csc_array((np.ones(len(column)), (node[visit], column)), (n, count)), identity(n)], format="csc")
    drive = csc_array((np.ones(count), (shift, np.arange(count))), (shifts, count + n))
    cost = np.append(pool.cost[place], penalty)
    relaxed = linprog(cost, drive, np.ones(shifts), cover, np.ones(n), method="highs")
    if relaxed.status != 0 or relaxed.fun >= least - EPSILON:
        return None
    reduced = cost - cover.T @ relaxed.eqlin.marginals - drive.T @ relaxed.ineqlin.marginals
    near = np.nonzero(reduced < least - relaxed.fun)[0]
    thin_pool(pool, place[near[near < count]])
    rows = vstack([cover, drive], format="csc")[:, near]
    limits = LinearConstraint(rows, np.append(np.ones(n), np.zeros(shifts)), np.ones(n + shifts))
    options = {"node_limit": nodes, "mip_rel_gap": 1e-6} | ({} if seconds is None else {"time_limit": seconds})
    found = milp(cost[near], integrality=np.ones(len(near)), bounds=Bounds(0, 1), constraints=limits, options=options)
    if found.x is None or found.fun >= least - EPSILON:
        return None
    chosen = near[(found.x > 0.5) & (near < count)]
    return shift[chosen], node[chosen]
