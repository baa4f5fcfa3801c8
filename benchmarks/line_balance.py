"""How far are our line balances from the best known, and from a constraint solver at the same CPU time?

Instances of Otto, Otto & Scholl (2013), 20, 50, 100 and 1000 tasks: stations used over the best known upper bound,
share proved, CPU seconds, and on a few the same model given cold to OR-Tools CP-SAT with one worker and at least 2 s.

Run: python benchmarks/line_balance.py [step]   (needs `../shared/data/line/salbp`; every step-th file, default 21)
"""

from __future__ import annotations

import csv
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np
from ortools.sat.python import cp_model

from smilecurve.solve.packing import fewest_stations, station_bounds

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "line" / "salbp" / "otto2013"
Task = tuple[list[int], list[tuple[int, int]], int]


def read(path: Path) -> Task:
    sections = dict(re.findall(r"<([^>]+)>\n(.*?)(?=\n<|\Z)", path.read_text().replace("\r", ""), re.DOTALL))
    times = [int(line.split()[1]) for line in sections["task times"].splitlines() if line.strip()]
    links = [line.split(",") for line in sections["precedence relations"].splitlines() if line.strip()]
    return times, [(int(a) - 1, int(b) - 1) for a, b in links], int(sections["cycle time"])


def best_known() -> dict[str, tuple[int, int]]:
    known: dict[str, tuple[int, int]] = {}
    for name in ("best_known.csv", "reference_run_bounds.csv"):
        with (DATA / name).open() as file:
            for row in csv.DictReader(file):
                low, high = known.get(row["instance"], (0, 10**9))
                known[row["instance"]] = max(low, int(row["lower_bound"])), min(high, int(row["upper_bound"]))
    return known


def by_constraints(task: Task, seconds: float, most: int) -> int | None:
    """Stations CP-SAT uses when it starts cold with `most` stations to choose from; None if it finds no plan."""
    times, arcs, takt = task
    model = cp_model.CpModel()
    at = [model.new_int_var(0, most - 1, "") for _ in times]
    inside = [[model.new_bool_var("") for _ in range(most)] for _ in times]
    for row, place in zip(inside, at, strict=True):
        model.add_exactly_one(row)
        model.add(place == sum(k * x for k, x in enumerate(row)))
    for k in range(most):
        model.add(sum(t * row[k] for t, row in zip(times, inside, strict=True)) <= takt)
    for before, after in arcs:
        model.add(at[before] <= at[after])
    last = model.new_int_var(max(station_bounds(times, takt).values()) - 1, most - 1, "")
    model.add_max_equality(last, at)
    model.minimize(last)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    return int(solver.objective_value) + 1 if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def main() -> None:
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    known = best_known()
    fewest_stations([6, 6, 5, 4, 4, 4], [(0, 1)], 10)
    print("tasks  files  best known met  proved  mean stations / best known  mean CPU s  max CPU s")
    for folder, every in (("small", 1), ("medium", 1), ("large", 1), ("verylarge", 1)):
        files = sorted((DATA / folder).glob("*.alb"))[:: step * every]
        ratios, proved, spent = [], 0, []
        for path in files:
            task = read(path)
            begin = time.process_time()
            found = fewest_stations(*task)
            spent.append(time.process_time() - begin)
            ratios.append(found.stations / known[path.stem][1])
            proved += found.proof != "open"
        met = sum(ratio <= 1 for ratio in ratios)
        print(
            f"{len(task[0]):5d}  {len(files):5d}  {met:14d}  {proved:6d}  {np.mean(ratios):26.4f}"
            f"  {np.mean(spent):10.3f}  {np.max(spent):9.3f}"
        )
    print("\nagainst CP-SAT, cold, one worker, at least 2 s: stations ours, CP-SAT's, best known")
    for folder, at in (("medium", 30), ("medium", 200), ("large", 30), ("large", 200), ("large", 350)):
        path = sorted((DATA / folder).glob("*.alb"))[at]
        task = read(path)
        begin = time.process_time()
        ours = fewest_stations(*task).stations
        seconds = max(2.0, time.process_time() - begin)
        peer = by_constraints(task, seconds, ours + 3)
        print(f"{path.stem:18s} {ours:4d} {peer if peer is not None else 'none':>5} {known[path.stem][1]:4d}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
