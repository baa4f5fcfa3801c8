"""How near the best are the routes of returned machines, and how fast?

1. 200 generated cases of 12 machines (routes, a look with two findings, places, workshop hours, part budgets and
   harvested parts worth less the more there are) against the best of all plans (a dynamic program).
2. 10,000 generated machines of 20 models: 6 routes, a look with 4 findings, 8 workshops, 40 part budgets, places, 60
   parts of 8 tranches. Peers in the same run: HiGHS on the whole model, one minute of the clock, and a greedy.

Figures in CPU seconds of one process. Run: python benchmarks/renew_route.py [machines]
"""

from __future__ import annotations

import sys
import time

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from smilecurve.solve.disposing import Goods, Options, dispose, dispose_whole
from smilecurve.solve.disposing_exact import best_of_all
from thread_fleet.telling import Bar, say

Floats = NDArray[np.float64]
CASES, UNITS, GRAIN = 200, 12, 0.5
MODELS, WORKSHOPS, BUDGETS, PARTS, FINDINGS = 20, 8, 40, 60, 4
PLACED = (1, 2, 3, 4)
MINUTE = 60.0


def tiny(seed: int) -> tuple[Options, Floats, Goods]:
    """Twelve machines: refurbish (a place, hours, perhaps a part), part out (a place, two parts), resell, scrap."""
    draw = np.random.default_rng(seed)
    unit, branch, gain = [], [], []
    takes, yields = [], []
    for i in range(UNITS):
        worth, lift, price = draw.uniform(1, 10), draw.uniform(-4, 4), draw.uniform(0, 1)
        hours, kit = int(draw.integers(1, 4)), int(draw.integers(0, 2))
        need = np.array([[1, hours, kit], [0, 0, 0], [1, 1, 0], [0, 0, 0]], dtype=np.float64)
        gives = np.array([[0, 0], [0, 0], draw.integers(0, 3, 2), [0, 0]], dtype=np.float64)
        for b in range(3):
            chance, found = (1.0, 0.0) if b == 0 else (0.5, lift if b == 1 else -lift)
            earns = np.array([10 - draw.uniform(0, 3), worth + found, 1.0, 0.3 - 0.1 * found])
            unit += [i] * 4
            branch += [b] * 4
            gain += (chance * earns - (price if b == 1 else 0.0)).tolist()
            takes.append(chance * need)
            yields.append(chance * gives)
    options = Options(
        np.array(unit), np.array(branch), np.array(gain), sparse.csr_array(np.vstack(takes)),
        sparse.csr_array(np.vstack(yields)),
    )  # fmt: skip
    capacity = np.array([draw.integers(2, 7), draw.integers(3, 9), draw.integers(0, 4)], dtype=np.float64)
    return options, capacity, Goods(-np.sort(-draw.uniform(0, 4, (2, 3)), axis=1), np.ones((2, 3)))


def sized(machines: int, seed: int = 0) -> tuple[Options, Floats, Goods]:
    """Machines worth 50,000 to 400,000 new; what is found out moves what they are worth by 15 % of that."""
    draw = np.random.default_rng(seed)
    model = draw.integers(MODELS, size=machines)
    new = draw.uniform(5e4, 4e5, machines)
    worth = new * draw.uniform(0.2, 0.8, machines)
    chance = np.c_[np.ones(machines), draw.dirichlet(np.full(FINDINGS, 2.0), machines)]
    shift = draw.normal(0, 0.15, (machines, FINDINGS)) * new[:, None]
    shift = np.c_[np.zeros(machines), shift - (chance[:, 1:] * shift).sum(axis=1, keepdims=True)]
    noise = draw.normal(0, 0.03, (machines, 6)) * new[:, None]
    value = (worth[:, None] + shift)[:, :, None]
    flat = np.broadcast_to(new[:, None, None], value.shape)
    earns = np.concatenate(
        [0.88 * value - 0.02 * flat, 0.58 * flat, 0.6075 * flat, 0.1 * flat, 0.95 * value - 0.05 * flat, 0.02 * flat],
        axis=2,
    )
    gain = chance[:, :, None] * (earns + noise[:, None, :])
    gain[:, 1] -= 0.01 * new[:, None]
    n = gain.size
    option = np.arange(n).reshape(gain.shape)
    kits = np.array([draw.choice(BUDGETS, 4, replace=False) for _ in range(MODELS)])
    insides = np.array([draw.choice(PARTS, 12, replace=False) for _ in range(MODELS)])
    pieces = 0.8 * draw.integers(1, 4, (MODELS, 12))
    rows, columns, amounts = [], [], []
    for route, hours in ((1, 10.0), (2, 30.0)):
        rows += [option[:, :, route].ravel(), np.repeat(option[:, :, route].ravel(), 4)]
        columns += [np.repeat(model % WORKSHOPS, FINDINGS + 1)]
        columns += [WORKSHOPS + np.repeat(kits[model], FINDINGS + 1, axis=0).ravel()]
        amounts += [hours * chance.ravel(), route * np.repeat(chance.ravel(), 4)]
    for k, route in enumerate(PLACED):
        rows.append(option[:, :, route].ravel())
        columns.append(np.full(chance.size, WORKSHOPS + BUDGETS + k))
        amounts.append(chance.ravel())
    capacity = np.r_[
        np.full(WORKSHOPS, 1.0 * machines), np.full(BUDGETS, 0.03 * machines), np.full(len(PLACED), 0.2 * machines)
    ]
    takes = sparse.csr_array(
        (np.concatenate(amounts), (np.concatenate(rows), np.concatenate(columns))), shape=(n, len(capacity))
    )
    out = option[:, :, 3].ravel()
    yields = sparse.csr_array(
        (
            (chance[:, :, None] * pieces[model][:, None, :]).ravel(),
            (np.repeat(out, 12), np.repeat(insides[model], FINDINGS + 1, axis=0).ravel()),
        ),
        shape=(n, PARTS),
    )
    tranches = -np.sort(-draw.uniform(0.05, 1, (PARTS, 8)), axis=1) * draw.uniform(1e3, 2e4, (PARTS, 1))
    size = draw.integers(1, int(2 + 0.01 * machines), (PARTS, 8)).astype(np.float64)
    unit = np.repeat(np.arange(machines), 6 * (FINDINGS + 1))
    branch = np.tile(np.repeat(np.arange(FINDINGS + 1), 6), machines)
    return Options(unit, branch, gain.ravel(), takes, yields), capacity, Goods(tranches, size)


def greedy(options: Options, capacity: Floats, goods: Goods) -> float:
    """Machine after machine, the one that earns most first: what earns most at once, of what still has room."""
    takes, yields = options.takes.tocsr(), options.yields.tocsr()
    left, pieces, total = capacity.copy(), np.zeros(len(goods.size)), 0.0
    direct = np.flatnonzero(options.branch == 0).reshape(-1, 6)
    before = np.cumsum(goods.size, axis=1) - goods.size
    for mine in direct[np.argsort(-options.gain[direct].max(axis=1), kind="stable")]:
        best, earns = -1, -np.inf
        for k in mine.tolist():
            at = slice(takes.indptr[k], takes.indptr[k + 1])
            if (takes.data[at] > left[takes.indices[at]]).any():
                continue
            at = slice(yields.indptr[k], yields.indptr[k + 1])
            good, more = yields.indices[at], yields.data[at]
            room = np.clip(pieces[good, None] + more[:, None] - before[good], 0, goods.size[good])
            room -= np.clip(pieces[good, None] - before[good], 0, goods.size[good])
            gain = float(options.gain[k] + (goods.worth[good] * room).sum())
            if gain > earns:
                best, earns = k, gain
        at = slice(takes.indptr[best], takes.indptr[best + 1])
        left[takes.indices[at]] -= takes.data[at]
        at = slice(yields.indptr[best], yields.indptr[best + 1])
        pieces[yields.indices[at]] += yields.data[at]
        total += earns
    return total


def equal_cases() -> int:
    """How many of the small cases are decided as the best of all plans."""
    same = 0
    for seed in range(CASES):
        options, capacity, goods = tiny(seed)
        got, best = dispose(options, capacity, goods), best_of_all(options, capacity, goods, grain=GRAIN)
        same += abs(got.value - best) <= 1e-6 * max(1.0, abs(best))
    return same


def main() -> None:
    machines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    start = time.process_time()
    same = equal_cases()
    say(f"{CASES} cases of {UNITS} machines, ours and all plans", f"{time.process_time() - start:.1f} s")
    Bar(f"cases of {UNITS} machines equal to the best of all", CASES, at_least=True).told(same)
    options, capacity, goods = sized(machines)
    say("machines, options, capacities, parts", f"{machines}, {len(options.unit)}, {len(capacity)}, {PARTS}")
    start = time.process_time()
    got = dispose(options, capacity, goods)
    spent = time.process_time() - start
    Bar("decided, CPU s", 10).told(spent)
    say("gap to the bound", f"{100 * got.gap:.4f} %   bar <= 0.1 %   {'met' if got.gap <= 1e-3 else 'short'}")
    start = time.process_time()
    plain = greedy(options, capacity, goods)
    say(
        "peer, greedy: CPU and gap to our bound",
        f"{time.process_time() - start:.1f} s, {100 * (1 - plain / got.bound):.2f} %",
    )
    start = time.process_time()
    try:
        whole = dispose_whole(options, capacity, goods, seconds=MINUTE)
        told = f"{time.process_time() - start:.1f} s, {100 * (1 - whole.value / got.bound):.3f} %"
    except ValueError:
        told = f"{time.process_time() - start:.1f} s, no plan found"
    say(f"peer, HiGHS on the whole model, {MINUTE:.0f} s of the clock: CPU and gap to our bound", told)


if __name__ == "__main__":
    main()
