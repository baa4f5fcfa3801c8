"""How much less stock does the system approach need than parts planned one by one, and how near is it to the bound?

Three figures: (1) a seeded maker of 120 parts, 12 depots: cost for a 95 % fill against the Lagrangian bound and against
the item approach (every part meets 95 % by itself); (2) METRIC and VARI-METRIC against exact expected backorders;
(3) half of 2,674 car parts (`../shared/data/serve/demand`, if there): stocked on 27 months, judged on the next 12.

Run: python benchmarks/serve_spares.py
"""

from __future__ import annotations

import csv
import gzip
import itertools
import resource
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, nbinom, poisson

from smilecurve.solve.echelon import Network, shortfall
from smilecurve.solve.stocking import plan_stock

Floats = NDArray[np.float64]
DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "serve" / "demand" / "carparts.csv.gz"
FILL = 0.95


def maker(seed: int, parts: int, bases: int) -> Network:
    draw = np.random.default_rng(seed)
    size = draw.lognormal(0.0, 0.8, bases)
    use = draw.lognormal(-1.0, 1.2, parts)
    rate = use[:, None] * size[None, :] / size.sum() * draw.lognormal(0.0, 0.3, (parts, bases)) / 10
    return Network(
        rate, draw.integers(15, 90, parts).astype(float), draw.uniform(3, 30, bases), draw.lognormal(5, 1.2, parts)
    )


def system_against_item() -> None:
    net = maker(7, 120, 12)
    begun = time.process_time()
    plan = plan_stock(net, target=(1 - FILL) * float(net.rate.sum()))
    spent = time.process_time() - begun
    item = 0.0
    for p in range(len(net.cost)):
        one = Network(net.rate[p : p + 1], net.resupply[p : p + 1], net.transit, net.cost[p : p + 1])
        item += plan_stock(one, target=(1 - FILL) * float(one.rate.sum())).cost
    met = 1 - shortfall(net, plan.depot, plan.base, "unfilled").sum() / net.rate.sum()
    print(f"system approach  {plan.cost:12,.0f}   fill {met:.4f}   {spent:.1f} s CPU")
    print(f"bound            {plan.bound:12,.0f}   gap {1 - plan.bound / plan.cost:.4%}")
    print(f"item approach    {item:12,.0f}   ratio {item / plan.cost:.3f} (each part meets {FILL:.0%} by itself)")


def exact(rate: Floats, resupply: float, transit: Floats, depot: int, base: int) -> float:
    """Expected backorders by exact disaggregation of the depot's backorders (Graves 1985)."""
    cut, total = 80, float(rate.sum())
    k = np.arange(cut)
    late = poisson.pmf(depot + k, total * resupply)
    late[0] = poisson.cdf(depot, total * resupply)
    found = 0.0
    for r, through in zip(rate / total, transit, strict=True):
        thin = binom.pmf(k[None, :], k[:, None], r)
        both = np.convolve(late @ thin, poisson.pmf(k, r * total * through))
        found += float(np.maximum(np.arange(len(both)) - base, 0) @ both)
    return found


def approximations() -> None:
    rate, transit = np.array([0.1, 0.2, 0.3]), np.array([3.0, 2.0, 1.0])
    worst = {False: 0.0, True: 0.0}
    for depot, level in itertools.product((0, 2, 4, 6, 8), (0, 1, 2, 3)):
        true = exact(rate, 10.0, transit, depot, level)
        for pooled in worst:
            net = Network(rate[None, :], np.array([10.0]), transit, np.ones(1), pooled)
            got = float(shortfall(net, np.array([depot]), np.full((1, 3), level)).sum())
            if true >= 0.05:
                worst[pooled] = max(worst[pooled], abs(got / true - 1))
    print(f"worst error of backorders of 0.05 or more: METRIC {worst[False]:.1%}, VARI-METRIC {worst[True]:.2%}")


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
        stocks[name] = plan_stock(net, target=(1 - FILL) * float(rate.sum())).base[:, 0]
    for name, stock in stocks.items():
        met = np.minimum(future, stock[:, None]).sum() / future.sum()
        print(f"car parts, {name}: {int(stock.sum()):6d} pieces meet {met:.1%} of the 12 months that follow")


if __name__ == "__main__":
    begun = time.perf_counter()
    system_against_item()
    approximations()
    car_parts()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - begun:.1f} s in all, {peak:.0f} MB at most")
