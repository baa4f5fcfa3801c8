"""Is the stock of spares the cheapest, is what is promised of it true, and how large a network fits in how little time?

Every bar stands beside its known value: LINDO's METRIC case; expected backorders against the exact evaluation on 500
parts and against orders played out; 100 tiny networks against every stock there is; 20,000 parts at 130 depots; the
same model in plain Python. Then the system approach against parts planned one by one, and car parts
(`../shared/data/serve/demand`, if there) stocked on 27 months and judged on the next 12.

Figures in CPU seconds of one process. Run: python benchmarks/serve_spares.py
"""

from __future__ import annotations

import csv
import gzip
import itertools
import math
import resource
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from smilecurve.solve.echelon import Network, exact_shortfall, shortfall
from smilecurve.solve.echelon_events import played_shortfall
from smilecurve.solve.stocking import plan_stock, price_stock
from thread_fleet.telling import Bar, say

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "serve" / "demand" / "carparts.csv.gz"
FILL = 0.95


def maker(seed: int, parts: int, bases: int, above: Ints | None = None) -> Network:
    """Parts with skewed use and prices at places of skewed size below one depot."""
    draw = np.random.default_rng(seed)
    size = np.r_[0.0, draw.lognormal(0.0, 0.8, bases)]
    use = draw.lognormal(-3.0, 1.5, parts)
    rate = use[:, None] * size[None, :] / size.sum() * draw.lognormal(0.0, 0.3, (parts, bases + 1))
    days = np.r_[0.0, draw.uniform(3, 30, bases)]
    return Network(rate, draw.integers(15, 90, parts).astype(float), days, draw.lognormal(5, 1.2, parts), above)


def known() -> None:
    """The published case, the exact evaluation, orders played out, every stock there is."""
    rate, days = np.array([[0.0, 0.1, 0.1]]), np.array([0.0, 2.0, 2.0])
    lindo = Network(rate, np.array([14.0]), days, np.ones(1), pooled=False)
    got = float(shortfall(lindo, np.array([[3, 1, 1]])).backorders.sum())
    Bar("LINDO case, METRIC: off 0.198079 by", 5e-7).told(abs(got - 0.198079), f"{got:.7f}")
    draw = np.random.default_rng(11)
    net = maker(11, 500, 20)
    point = price_stock(net, 20_000.0)
    stock = np.maximum(point.stock + draw.integers(-1, 2, point.stock.shape), 0)
    exact = exact_shortfall(net, stock).backorders.sum(axis=1)
    for pooled, name in ((True, "VARI-METRIC"), (False, "METRIC")):
        one = Network(net.rate, net.resupply, net.transit, net.cost, pooled=pooled)
        off = np.abs(shortfall(one, stock).backorders.sum(axis=1) / exact - 1)[exact > 1e-3]
        more = f"{name}; median {np.median(off):.3%}, {len(off)} parts"
        if pooled:
            Bar("expected backorders off the exact, worst of 500, %", 3).told(100 * off.max(), more)
        else:
            say("  the same by plain METRIC", f"worst {off.max():.1%}, median {np.median(off):.2%}")
    others = np.concatenate([_off_the_exact(seed) for seed in range(12, 16)])
    say("  four other draws of 500", f"worst {others.max():.1%}, {(others > 0.03).sum()} of {len(others)} over 3 %")
    few = Network(net.rate[:20], net.resupply[:20], net.transit, net.cost[:20])
    seen = played_shortfall(few, stock[:20], days=40_000, seed=3).backorders.sum()
    say(
        "  orders of 20 parts played out", f"{seen / exact[:20].sum() - 1:+.2%} backorders against the exact evaluation"
    )
    worst = max(_off_the_best(seed) for seed in range(100))
    Bar("100 tiny networks: off the best of all stocks by", 1e-9).told(worst)


def _off_the_exact(seed: int) -> Floats:
    """Backorders of 500 parts near their best stock by VARI-METRIC: distance to the exact evaluation."""
    draw = np.random.default_rng(seed)
    net = maker(seed, 500, 20)
    stock = np.maximum(price_stock(net, 20_000.0).stock + draw.integers(-1, 2, net.rate.shape), 0)
    exact = exact_shortfall(net, stock).backorders.sum(axis=1)
    return np.abs(shortfall(net, stock).backorders.sum(axis=1) / exact - 1)[exact > 1e-3]


def _off_the_best(seed: int) -> float:
    """Priced stock against every stock of up to 12 pieces a place: relative distance."""
    draw = np.random.default_rng(seed)
    above = (None, np.array([-1, 0, 1]))[seed % 2]
    net = Network(draw.uniform(0.02, 0.2, (1, 3)), draw.uniform(1, 8, 1), draw.uniform(0, 4, 3), np.ones(1), above)
    stocks = np.array(list(itertools.product(range(13), repeat=3)))
    n, price = len(stocks), float(draw.uniform(2, 40))
    every = Network(np.repeat(net.rate, n, 0), np.repeat(net.resupply, n), net.transit, np.ones(n), above)
    best = float((stocks.sum(axis=1) + price * shortfall(every, stocks).backorders.sum(axis=1)).min())
    got = price_stock(net, price)
    return abs(got.cost + price * got.missed - best) / best


def size() -> None:
    """20,000 parts at 130 depots: one price, a curve of twenty, three levels, a target; beside plain Python."""
    net = maker(1, 20_000, 130)
    price_stock(maker(1, 2, 3), 10.0)
    begun = time.process_time()
    point = price_stock(net, 20_000.0)
    one = time.process_time() - begun
    missed = shortfall(net, point.stock)
    more = f"gap {point.cost + 20_000 * point.missed - point.bound:.2g}, fill {_fill(net, missed.unfilled):.3f}"
    Bar("20,000 parts x 130 depots, one price point, s", 8).told(one, more)
    begun = time.process_time()
    fills = [_fill(net, shortfall(net, price_stock(net, p).stock).unfilled) for p in np.geomspace(200, 2e5, 20)]
    Bar("a curve of 20 points, s", 90).told(time.process_time() - begun, f"fill {fills[0]:.3f} to {fills[-1]:.3f}")
    begun = time.process_time()
    late = exact_shortfall(net, point.stock).backorders.sum()
    say(
        "  what is reported of it, exact",
        f"{time.process_time() - begun:.1f} s; {late / missed.backorders.sum() - 1:+.3%}",
    )
    Bar("memory at most, GB", 1).told(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
    deep = maker(1, 5_000, 130, np.r_[-1, np.zeros(10, np.int64), 1 + np.arange(120) % 10])
    begun = time.process_time()
    price_stock(deep, 20_000.0)
    say("  5,000 parts, ten regions of twelve depots", f"{time.process_time() - begun:.1f} s for one price point")
    few = Network(net.rate[:40], net.resupply[:40], net.transit, net.cost[:40])
    begun = time.process_time()
    plain = sum(_plain(few, part, 20_000.0) for part in range(40))
    slow = (time.process_time() - begun) / 40
    mine = price_stock(few, 20_000.0)
    same = abs(plain / (mine.cost + 20_000 * mine.missed) - 1)
    Bar("against a plain Python loop, times as quick", 50, at_least=True).told(
        slow / (one / 20_000), f"same within {same:.1e}"
    )


def _plain(net: Network, part: int, price: float) -> float:
    """One part in plain Python, the same model: every depot level up to the last that can pay, each base by margin."""
    rate, cost = net.rate[part], float(net.cost[part])
    whole = float(rate.sum())
    mean = whole * float(net.resupply[part])
    best, held, late, square, cube, chance = math.inf, 0, mean, mean + mean * mean, mean**3, math.exp(-mean)
    below = chance
    none_late = sum(_base(r * d, r * d, cost, price) for r, d in zip(rate[1:], net.transit[1:], strict=True))
    while True:
        value = cost * held
        for r, days in zip(rate[1:].tolist(), net.transit[1:].tolist(), strict=True):
            share = r / whole
            into = r * days + share * late
            wide = share * share * max(square - late * late - late, 0.0)
            skew = share**3 * (cube - 3 * (square - late) * late + 2 * late**3)
            if wide > 0 and into > 0 and skew > 2 * wide * wide / into:
                wide += 2 * (skew - 2 * wide * wide / into) * math.sqrt(into + wide) / (3 * into)
            value += _base(into, into + wide, cost, price)
        best = min(best, value)
        if cost * (held + 1) + none_late >= best or held > mean + 8 * math.sqrt(mean) + 6:
            return best
        square, late = max(square - 2 * late + 1 - below, 0.0), max(late - (1 - below), 0.0)
        cube = max(cube - 3 * max(square - late, 0.0), 0.0)
        held += 1
        chance *= mean / held
        below = min(below + chance, 1.0)


def _base(mean: float, variance: float, cost: float, price: float) -> float:
    """Least cost of one base by adding pieces while they pay."""
    if mean <= 0 or price <= cost:
        return price * mean
    wide = variance > mean * (1 + 1e-9)
    a, b = (mean * mean / variance, (variance - mean) / variance) if wide else (mean, 0.0)
    chance = (
        math.exp(-mean * mean / (variance - mean) * math.log1p((variance - mean) / mean)) if wide else math.exp(-mean)
    )
    held, below, missed = 0, chance, mean
    while price * (1 - below) > cost:
        missed -= 1 - below
        held += 1
        chance *= (a + b * (held - 1)) / held
        below += chance
    return cost * held + price * max(missed, 0.0)


def _fill(net: Network, unfilled: Floats) -> float:
    return 1 - float(unfilled.sum()) / float(net.rate.sum())


def system_against_item() -> None:
    net = maker(7, 120, 12)
    begun = time.process_time()
    plan = plan_stock(net, target=(1 - FILL) * float(net.rate.sum()))
    spent = time.process_time() - begun
    item = 0.0
    for p in range(len(net.cost)):
        one = Network(net.rate[p : p + 1], net.resupply[p : p + 1], net.transit, net.cost[p : p + 1])
        item += plan_stock(one, target=(1 - FILL) * float(one.rate.sum())).cost
    met = _fill(net, shortfall(net, plan.stock).unfilled)
    say("120 parts, 12 depots, 95 % fill", f"{plan.cost:,.0f} (fill {met:.4f}), {spent:.1f} s")
    say("  gap to the bound", f"{1 - plan.bound / plan.cost:.4%}")
    say("  each part meets 95 % by itself", f"{item:,.0f}, x {item / plan.cost:.3f}")


def car_parts() -> None:
    if not DATA.is_file():
        print("car parts: no data folder beside the repository, left out")
        return
    with gzip.open(DATA, "rt") as file:
        rows = list(csv.reader(file))[1:]
    sold = np.array([[float(x) if x else np.nan for x in row[1:]] for row in rows])
    sold = sold[~np.isnan(sold).any(axis=1)][::2]
    past, future = sold[:, :-12], sold[:, -12:]
    mean, spread = past.mean(axis=1), past.var(axis=1, ddof=1)
    rate = np.maximum(mean, 0.5 / past.shape[1])
    wide = np.maximum(spread, rate * 1.0001)
    share = rate / wide
    chance = nbinom.cdf(np.arange(60)[None, :], (rate * share / (1 - share))[:, None], share[:, None])
    stocks = {"item by item, 95 % of months without stock-out": (chance < FILL).sum(axis=1)}
    for name, lumps in (
        ("system, single pieces", np.ones(len(rate))),
        ("system, lumpy", np.maximum(spread / rate, 1.0)),
    ):
        net = Network(rate[:, None], np.zeros(len(rate)), np.ones(1), np.ones(len(rate)), spread=lumps)
        stocks[name] = plan_stock(net, target=(1 - FILL) * float(rate.sum())).stock[:, 0]
    for name, stock in stocks.items():
        met = np.minimum(future, stock[:, None]).sum() / future.sum()
        print(f"car parts, {name}: {int(stock.sum()):6d} pieces meet {met:.1%} of the 12 months that follow")


if __name__ == "__main__":
    known()
    size()
    system_against_item()
    car_parts()
