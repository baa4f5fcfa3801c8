"""Can a whole leasing fair be matched in seconds, and is nothing better left?

A drawn fair of the size of the issue: 1,500 offers (sales and leases of 40 models) and 20,000 wants all over the world.
Peer in the same run: scipy's sparse min_weight_full_bipartite_matching on the same pairs, with nothing as a choice of
every offer. CPU seconds of one thread, compiled before. Run: python benchmarks/renew_match.py
"""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from smilecurve.solve.matching import REASONS, Fair, Pairs, best_refused, fitting_pairs, match_pairs
from thread_fleet.telling import Bar, say

OFFERS, WANTS, MODELS, FAMILIES = 1500, 20_000, 40, 8


def drawn(offers: int, wants: int, seed: int = 1) -> Fair:
    rng = np.random.default_rng(seed)
    new = rng.uniform(40_000, 900_000, MODELS)

    def places(n: int) -> np.ndarray:
        spots = rng.normal(size=(12, 3))[rng.integers(0, 12, n)] + 0.15 * rng.normal(size=(n, 3))
        return spots / np.linalg.norm(spots, axis=1, keepdims=True)

    model, age = rng.integers(0, MODELS, offers), rng.uniform(6, 96, offers)
    lease, grade = rng.random(offers) < 0.6, rng.integers(0, 4, offers)
    worth = new[model] * 0.8 * np.exp(-0.012 * age) * np.array([1.06, 1, 0.88, 0.68])[grade]
    ask = worth * np.exp(rng.normal(0, 0.12, offers)) * np.where(lease, 0.03, 1.0)
    offer = [lease, model, model % FAMILIES, age * 100, grade, ask]
    wish, rents = rng.integers(0, MODELS, wants), rng.random(wants) < 0.6
    any_model = rng.random(wants) < 0.3
    most = new[wish] * rng.uniform(0.25, 0.8, wants) * np.where(rents, 0.03, 1.0)
    want = [rents, np.where(any_model, -1, wish), np.where(any_model, wish % FAMILIES, -1),
            np.where(rents, rng.choice([6, 12, 24], wants), 1), most, rng.choice([2000, 5000, 9000, np.inf], wants),
            rng.integers(1, 4, wants), rng.choice([1000, 5000, 20_000], wants)]  # fmt: skip
    heavy = np.array([new[model] / 40])
    return Fair(
        np.column_stack([*offer, places(offers), heavy.T]).astype(np.float64),
        np.column_stack([*want, places(wants)]).astype(np.float64),
        np.array([0.06, 0.1, 0.0004]),
    )


def peer(pairs: Pairs) -> float:
    rows, columns = len(pairs.begin) - 1, len(pairs.counts)
    high = float(pairs.worth.max()) + 1.0
    owner = np.repeat(np.arange(rows), np.diff(pairs.begin))
    cost = np.concatenate([high - pairs.worth, np.full(rows, high)])
    at = (np.concatenate([owner, np.arange(rows)]), np.concatenate([pairs.who, columns + np.arange(rows)]))
    graph = sparse.csr_array((cost, at), shape=(rows, columns + rows))
    row, column = min_weight_full_bipartite_matching(graph)
    return float(rows * high - sum(graph[r, c] for r, c in zip(row, column, strict=True)))


def main() -> None:
    small = drawn(40, 80)
    best_refused(small, match_pairs(fitting_pairs(small)), 2)
    fair = drawn(OFFERS, WANTS)
    begun = time.process_time()
    pairs = fitting_pairs(fair)
    judged = time.process_time()
    best = match_pairs(pairs)
    matched = time.process_time()
    best_refused(fair, best, 2)
    done = time.process_time()
    say("offers, wants, pairs, pairs that fit", f"{OFFERS:,}, {WANTS:,}, {OFFERS * WANTS:,}, {len(pairs.who):,}")
    Bar("all of it, CPU s", 10).told(done - begun)
    say("  every pair judged and counted, s", f"{judged - begun:.2f}")
    say("  matched, s", f"{matched - judged:.2f}")
    say("  best refused offers of each want, s", f"{done - matched:.2f}")
    say("pairs made, worth", f"{int((best.want >= 0).sum()):,}, {best.value:,.2f}")
    say("bound, gap", f"{best.bound:,.2f}, {1 - best.value / best.bound:.2e}")
    begun = time.process_time()
    theirs = peer(pairs)
    say("scipy, sparse full matching: worth, s", f"{theirs:,.2f}, {time.process_time() - begun:.2f}")
    stable = match_pairs(pairs, "stable")
    say("stable matching: worth, share of the most", f"{stable.value:,.2f}, {stable.value / best.value:.1%}")
    counts = pairs.counts.sum(axis=0)
    say("pairs by first reason", ", ".join(f"{n} {c:,}" for n, c in zip(REASONS, counts.tolist(), strict=True)))
    Bar("pairs without a reason", 0).told(float(OFFERS * WANTS - counts.sum()))


if __name__ == "__main__":
    main()
