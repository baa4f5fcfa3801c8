"""Is safety stock placed as published, and how large a chain is placed how soon?

Beside its known value: the bulldozer chain (`../shared/data/serve/meio`; Graves and Willems 2003); 30 random trees of
20 stages against stockpyl (in an environment of its own, made at the first run), and trees of 5 against every choice;
a tree of 1,000 stages; networks.

Figures in CPU seconds of one process. Run: python benchmarks/supply_replenish.py
"""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import numpy as np

from peers import asked
from smilecurve.solve.guaranteed import Chain, place_safety, pooled_spread
from thread_fleet.telling import Bar, say

SHARED = Path(os.environ.get("SMILECURVE_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
DATA = SHARED / "serve" / "meio"
STOCKPYL = "stockpyl==1.0.2"


def bulldozer() -> None:
    rows = [line.split(",") for line in (DATA / "bulldozer.txt").read_text().splitlines()[1:] if line.strip()]
    at = {row[0]: k for k, row in enumerate(rows)}
    ups = {row[0]: [cell for cell in row[8:] if cell][::2] for row in rows}
    added = {row[0]: float(row[3]) for row in rows}

    def whole(name: str) -> float:
        return added[name] + sum(whole(up) for up in ups[name])

    links = np.array([(at[up], at[name]) for name, some in ups.items() for up in some])
    spread = pooled_spread(np.array([float(row[6] or 0) for row in rows]), links, np.ones(len(links)))
    promise = np.array([int(row[2]) if row[2] else -1 for row in rows])
    cost = 0.3 * np.array([whole(name) for name in at])
    got = place_safety(Chain(np.array([int(r[1]) for r in rows]), cost, 1.645 * spread, links, promise))
    Bar("bulldozer chain: off 632,720 by, %", 0.02).told(abs(got.value / 632_720 - 1) * 100, f"{got.value:,.2f}")


def tree(seed: int, stages: int, extra: int = 0) -> Chain:
    """A random tree whose ends promise 0 to 2 periods; `extra` links more make it a network."""
    draw = np.random.default_rng(seed)
    links = [
        (int(draw.integers(max(0, j - 30), j)), j)
        if draw.random() < 0.7
        else (j, int(draw.integers(max(0, j - 30), j)))
        for j in range(1, stages)
    ]
    links = [(min(a, b), max(a, b)) for a, b in links]
    while extra:
        a, b = sorted(draw.integers(0, stages, 2).tolist())
        if a != b and (a, b) not in links:
            links.append((a, b))
            extra -= 1
    pairs = np.array(links)
    ends = ~np.isin(np.arange(stages), pairs[:, 0])
    return Chain(draw.integers(1, 10, stages), draw.uniform(1, 9, stages), draw.uniform(0.5, 3, stages), pairs,
                 np.where(ends, draw.integers(0, 3, stages), -1))  # fmt: skip


def tiny() -> None:
    worst = 0.0
    for seed in range(30):
        chain = tree(seed, 5)
        small = Chain(chain.time % 4, chain.holding, chain.bound, chain.links, chain.promise)
        most = np.where(small.promise < 0, small.time.sum(), np.minimum(small.promise, small.time.sum()))
        best = np.inf
        for out in itertools.product(*(range(int(m) + 1) for m in most)):
            into = np.zeros(5, np.int64)
            np.maximum.at(into, small.links[:, 1], np.array(out)[small.links[:, 0]])
            net = into + small.time - np.array(out)
            if (net >= 0).all():
                best = min(best, float((small.holding * small.bound * np.sqrt(net)).sum()))
        worst = max(worst, abs(place_safety(small).value - best))
    Bar("30 trees of 5 stages: off the best of all choices by", 1e-9).told(worst)


def beside_stockpyl() -> None:
    ours, values, given = 0.0, [], {}
    for seed in range(30):
        chain = tree(seed, 20)
        own = np.where(chain.promise >= 0, chain.bound, 0.0)
        spread = pooled_spread(own, chain.links, np.ones(len(chain.links)))
        same = {"time": chain.time, "holding": chain.holding, "promise": chain.promise, "links": chain.links}
        given |= {f"{name}:{seed}": numbers for name, numbers in (same | {"own": own}).items()}
        begun = time.process_time()
        values.append(place_safety(Chain(chain.time, chain.holding, spread, chain.links, chain.promise)).value)
        ours += time.process_time() - begun
    theirs = asked("30 trees of 20 stages beside stockpyl", STOCKPYL, "chains.py", **given)
    if theirs:
        worst = float(np.abs(np.array(values) / theirs["cost"] - 1).max())
        quick = f"{float(theirs['seconds']) / ours:.0f} times as quick"
        Bar("30 trees of 20 stages beside stockpyl: off by", 1e-6).told(worst, quick)


def size() -> None:
    begun = time.process_time()
    got = place_safety(tree(1, 1000))
    Bar("a tree of 1,000 stages, s", 10).told(time.process_time() - begun, f"{got.value:,.0f}, proved {got.least:,.0f}")
    for stages, extra in ((100, 30), (200, 100)):
        begun = time.process_time()
        got = place_safety(tree(2, stages, extra))
        say(f"  a network of {stages} stages, {extra} links more than a tree",
            f"{time.process_time() - begun:.1f} s, gap {1 - got.least / got.value:.2%}")  # fmt: skip


if __name__ == "__main__":
    if DATA.is_dir():
        bulldozer()
    else:
        print("bulldozer chain: no data folder beside the repository, left out")
    tiny()
    beside_stockpyl()
    size()
