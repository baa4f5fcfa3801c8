"""Are sites chosen as well as published, and how soon is that proved?

Beside their known values: OR-Library p-medians (`../shared/data/serve/network/pmed`), single-source capacitated
location (`sscflp`; a spread sample, `all` for every file), and made worlds: 10,000 cities that want help within 400 km,
1,500 of them may have a depot, 130 get one. Peer: the plain assignment program in HiGHS, in the same run.

Figures in CPU seconds of one process. Run: python benchmarks/serve_network.py [all]
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from smilecurve.solve.siting import appoint_sites, place_sites
from thread_fleet.telling import Bar, say

Floats = NDArray[np.float64]
SHARED = Path(os.environ.get("SMILECURVE_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
DATA = SHARED / "serve" / "network"
SAMPLE = (1, 7, 13, 20, 26, 28, 35, 41, 48, 57)
EARTH_KM = 6371.0


def graph(path: Path) -> tuple[Floats, int]:
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    nodes, number = int(rows[0][0]), int(rows[0][2])
    edge = np.zeros((nodes, nodes))
    for a, b, length in rows[1:]:
        edge[int(a) - 1, int(b) - 1] = edge[int(b) - 1, int(a) - 1] = float(length)
    return np.asarray(shortest_path(sparse.csr_array(edge), directed=False)), number


def medians() -> None:
    known = dict(line.split()[:2] for line in (DATA / "bounds.txt").read_text().splitlines() if line.strip())
    files = sorted((DATA / "pmed").glob("*.txt"), key=lambda p: int(p.stem[4:]))
    slowest, proved = 0.0, 0
    for path in files:
        cost, number = graph(path)
        begun = time.process_time()
        got = place_sites(cost, np.zeros(len(cost)), number=number)
        took = time.process_time() - begun
        best = float(known[path.stem])
        proved += abs(got.value - best) < 1e-6 and abs(got.bound - best) < 1e-6
        slowest = max(slowest, took)
        more = ""
        if path.stem in ("pmed1", "pmed5"):
            begun = time.process_time()
            plain(cost, number)
            more = f"; plain program {time.process_time() - begun:.1f} s"
        say(
            f"  {path.stem}, {number} of {len(cost)}",
            f"{got.value:,.0f}, known {best:,.0f}, proved {got.bound:,.0f}, {took:.1f} s{more}",
        )
    Bar(f"medians found and proved, of {len(files)}", len(files), at_least=True).told(proved)
    Bar("slowest, s", 60).told(slowest)


def plain(cost: Floats, number: int) -> None:
    """The textbook program: who is served where, by each open site."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = len(cost)
    who, site = np.divmod(np.arange(n * n), n)
    one = sparse.csr_array((np.ones(n * n), (who, n + np.arange(n * n))), shape=(n, n + n * n))
    link = sparse.csr_array(
        (np.r_[np.ones(n * n), -np.ones(n * n)], (np.tile(np.arange(n * n), 2), np.r_[n + np.arange(n * n), site])),
        shape=(n * n, n + n * n),
    )
    total = sparse.csr_array(np.r_[np.ones(n), np.zeros(n * n)][None, :])
    limits = [LinearConstraint(one, 1, 1), LinearConstraint(link, -np.inf, 0), LinearConstraint(total, number, number)]
    milp(np.r_[np.zeros(n), cost.ravel()], constraints=limits, bounds=Bounds(0, 1),
         integrality=np.r_[np.ones(n), np.zeros(n * n)], options={"time_limit": 120})  # fmt: skip


def capacitated(every: bool) -> None:
    folder = DATA / "sscflp" / "Lib_1"
    known = [float(x) for x in (folder / "os").read_text().split()]
    numbers = range(1, len(known) + 1) if every else SAMPLE
    worst, off = 0.0, 0.0
    for number in numbers:
        values = np.array((folder / f"p{number}").read_text().split(), dtype=float)
        sites, customers = int(values[0]), int(values[1])
        capacity, opening, load, rest = np.split(values[2:], np.cumsum([sites, sites, customers]))
        begun = time.process_time()
        got = appoint_sites(rest.reshape(customers, sites), opening, load, capacity, gap=5e-4)
        gap, best = 1 - got.bound / got.value, known[number - 1]
        worst, off = max(worst, gap), max(off, got.value / best - 1)
        say(f"  p{number}, {sites} sites, {customers} customers",
            f"{got.value:,.0f}, known {best:,.0f}, gap {gap:.3%}, {time.process_time() - begun:.1f} s")  # fmt: skip
    Bar(f"single source, {len(numbers)} files: worst proved gap, %", 0.1).told(100 * worst)
    Bar("  worst above the known best, %", 0.1).told(100 * off)


def world(seed: int) -> tuple[Floats, Floats, Floats]:
    """Where 10,000 cities of a made world lie, how many live there, where a depot may stand."""
    draw = np.random.default_rng(seed)
    lands = np.c_[np.degrees(np.arcsin(draw.uniform(-0.6, 0.9, 120))), draw.uniform(-180, 180, 120)]
    weight = draw.pareto(1.1, 120) + 0.3
    land = draw.choice(120, 10_000, p=weight / weight.sum())
    wide = np.c_[draw.uniform(2, 8, 120), draw.uniform(2, 10, 120)]
    place = np.radians(lands[land] + draw.normal(0, 1, (10_000, 2)) * wide[land])
    people = draw.pareto(1.2, 10_000) + 1
    east = np.c_[np.cos(place[:, 0]) * np.cos(place[:, 1]), np.cos(place[:, 0]) * np.sin(place[:, 1])]
    at = np.c_[east, np.sin(place[:, 0])] * EARTH_KM
    return at, people, np.argsort(-people)[:1500]


def covered() -> None:
    for seed in (1, 2, 3):
        at, people, may = world(seed)
        reach = 2 * EARTH_KM * np.sin(400 / EARTH_KM / 2)
        away = np.linalg.norm(at[:, None, :] - at[None, may, :], axis=2)
        cost = np.where(away <= reach, 0.0, np.inf)
        begun = time.process_time()
        got = place_sites(cost, np.zeros(len(may)), number=130, far=people, rounds=300, seconds=30)
        took = time.process_time() - begun
        served = people.sum() - got.value
        gap = (got.value - got.bound) / served
        Bar(f"made world {seed}: 130 of 1,500 depots, s", 45).told(
            took, f"{served / people.sum():.2%} of people within 400 km"
        )
        Bar("  gap of people served, %", 0.0).told(100 * gap)


if __name__ == "__main__":
    if DATA.is_dir():
        medians()
        capacitated("all" in sys.argv[1:])
    else:
        print("published networks: no data folder beside the repository, left out")
    covered()
