"""How far are our job shops from the best known, how far at most from the best possible, and from plain CP-SAT?

Job shops ft, la, orb (Fisher & Thompson, Lawrence, Applegate & Cook) and ta (Taillard), known values from
`../shared/data/line/jobshop/bounds.csv`: gap to the best known and to our own bound at equal CPU seconds on one thread,
each beside OR-Tools CP-SAT cold with one worker in the same run. Then flexible shops with set-ups, breaks, releases and
due days, made here from a seed: the best rule, our plan, and its bound.

Run: python benchmarks/line_shops.py [seconds] [all]   (default 60 CPU seconds each on a named sample; all: every
instance, which takes hours.)
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from ortools.sat.python import cp_model

from smilecurve.solve._jobshop_clock import Budget, run
from smilecurve.solve.jobshop import shortest
from smilecurve.solve.jobshop_flexible import Shop, plan_shop

HERE = Path(__file__).resolve().parents[1].parent
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", HERE / "shared" / "data")) / "line" / "jobshop"
SAMPLE = {
    "ft, la, orb": (0.005, ("ft10", "la21", "la29", "la38", "orb03")),
    "ta01-ta10": (0.015, ("ta01", "ta06")),
    "ta21-ta30": (0.035, ("ta21", "ta26")),
}
Case = tuple[np.ndarray, np.ndarray, np.ndarray]


def every(known: dict[str, int]) -> dict[str, tuple[float, tuple[str, ...]]]:
    """All instances of the bars."""
    small = tuple(n for n in known if n.startswith(("ft", "la", "orb")))
    return {
        "ft, la, orb": (0.005, small),
        "ta01-ta10": (0.015, tuple(f"ta{n:02d}" for n in range(1, 11))),
        "ta21-ta30": (0.035, tuple(f"ta{n:02d}" for n in range(21, 31))),
    }


def cold(case: Case, seconds: float) -> tuple[int | None, int]:
    """The length and bound that CP-SAT reaches from nothing in as many CPU seconds."""
    job, place, length = case
    model, horizon = cp_model.CpModel(), int(length.sum())
    start = [model.new_int_var(0, horizon, "") for _ in length]
    whole = model.new_int_var(0, horizon, "")
    pieces = [model.new_fixed_size_interval_var(s, int(t), "") for s, t in zip(start, length, strict=True)]
    for p in np.unique(place):
        model.add_no_overlap([pieces[o] for o in np.flatnonzero(place == p)])
    for o, (begin, t) in enumerate(zip(start, length, strict=True)):
        follows = o + 1 < job.size and job[o + 1] == job[o]
        model.add((start[o + 1] if follows else whole) >= begin + int(t))
    model.minimize(whole)
    solver, found, _ = run(model, 0, 0.0, Budget(seconds))
    return (round(solver.objective_value) if found else None), int(np.ceil(solver.best_objective_bound - 1e-6))


def job_shops(seconds: float, whole: bool) -> None:
    with (DATA / "bounds.csv").open() as file:
        known = {row["instance"]: int(row["upper_bound"]) for row in csv.DictReader(file)}
    cases = json.loads((DATA / "jsp_benchmarks.json").read_text())
    shortest([0, 0, 1, 1], [0, 1, 1, 0], [2, 2, 2, 3], moves=100)
    print(
        f"job shops at {seconds:g} CPU s, one thread, CP-SAT cold at as much as ours used\n"
        "instance   ours  bound  known     gap  to bound  CPU s   CP-SAT cold (bound)"
    )
    for name, (bar, names) in (every(known) if whole else SAMPLE).items():
        gaps, peers, bounds = [], [], []
        for instance in names:
            place, length = (np.array(cases[instance][k]) for k in ("machines_matrix", "duration_matrix"))
            case = np.repeat(np.arange(len(place)), place.shape[1]), place.ravel(), length.ravel()
            begin = time.process_time()
            plan = shortest(*case, seconds=seconds)
            spent = time.process_time() - begin
            peer, low = cold(case, max(spent, 5.0))
            best = known[instance]
            gaps.append(plan.length / best - 1)
            bounds.append(1 - plan.bound / plan.length)
            peers.append((peer or 10 * best) / best - 1)
            print(
                f"{instance:8s} {plan.length:6d} {plan.bound:6d} {best:6d} {gaps[-1]:7.2%} {bounds[-1]:9.2%}"
                f" {spent:6.1f}   {peer if peer is not None else 'none'} ({low})",
                flush=True,
            )
        mean = float(np.mean(gaps))
        print(
            f"{name}: mean gap {mean:.2%}, bar {bar:.1%}: {'met' if mean <= bar else 'short'};"
            f" CP-SAT cold {np.mean(peers):.2%}; mean distance to our own bound {np.mean(bounds):.2%}\n"
        )


def flexible(jobs: int, places: int, work: int, seed: int) -> Shop:
    """A shop by chance: one to three ways an operation, six families, a break every shift, releases and due days."""
    rng = np.random.default_rng(seed)
    job = np.repeat(np.arange(jobs), work)
    ways = [
        (o, int(p), int(rng.integers(60, 600)))
        for o in range(job.size)
        for p in rng.choice(places, int(rng.integers(1, 4)), replace=False)
    ]
    operation, place, length = zip(*ways, strict=True)
    matrix = rng.integers(30, 200, (6, 6))
    np.fill_diagonal(matrix, 0)
    span = int(job.size * 330 / places)
    release = rng.integers(0, int(span * 0.8) + 1, jobs)
    return Shop(
        job,
        operation,
        place,
        length,
        release=release,
        due=release + rng.integers(work * 500, work * 1_600, jobs),
        weight=rng.integers(1, 4, jobs),
        family=rng.integers(0, 6, jobs)[job],
        setups=dict.fromkeys(range(0, places, 2), matrix),
        closed=[(p, at, at + 1_800) for p in range(places) for at in range(14_400, 4 * span, 28_800)],
    )


def flexible_shops(seconds: float) -> None:
    print("flexible shops with set-ups, breaks, releases, due days: cost = 10 * weighted seconds late + seconds in all")
    print("operations   best rule   ours, fixed work (CPU s)   ours, CPU seconds (CPU s)       bound  windows")
    plan_shop(flexible(3, 3, 2, 0), work=100)
    for jobs, places, work in ((40, 8, 5), (300, 20, 5), (1_200, 40, 5), (2_000, 60, 5)):
        shop = flexible(jobs, places, work, 1)
        rule = plan_shop(shop, work=0, windows=0, patience=0.0)
        begin = time.process_time()
        plan = plan_shop(shop)
        middle = time.process_time()
        timed = plan_shop(shop, seconds=seconds)
        end = time.process_time()
        print(
            f"{jobs * work:10d} {rule.cost:11d} {plan.cost:14d} ({middle - begin:5.1f})"
            f" {timed.cost:18d} ({end - middle:5.1f}) {max(plan.bound, timed.bound):15d} {timed.windows:8d}",
            flush=True,
        )


def main() -> None:
    numbers = [float(word) for word in sys.argv[1:] if word != "all"]
    seconds = numbers[0] if numbers else 60.0
    job_shops(seconds, "all" in sys.argv[1:])
    flexible_shops(min(seconds, 20.0))


if __name__ == "__main__":
    main()
