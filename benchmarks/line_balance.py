"""How far are our line balances from the best known, and from a constraint solver at the same CPU time?

Otto, Otto & Scholl (2013), 20, 50, 100 and 1000 tasks: stations against the best known, share proved, CPU seconds of
one thread, each bar beside its figure; some of 100 tasks also given cold to OR-Tools CP-SAT, one worker, as much CPU.
Scholl's graphs (1993): shortest takts for given numbers of stations (SALBP-2), stations and takt together (SALBP-E).

Run: python benchmarks/line_balance.py [all]   (needs `../shared/data/line/salbp`; without `all` a spread sample)
"""

from __future__ import annotations

import csv
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ortools.sat.python import cp_model

from smilecurve.solve.packing import Packing, best_efficiency, fewest_stations, shortest_takt, station_bounds

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", SHARED)) / "line" / "salbp"
OTTO = DATA / "otto2013"
Task = tuple[list[int], list[tuple[int, int]], int]
SETS = ((20, "small", 1, 10.0), (50, "medium", 1, 10.0), (100, "large", 14, 10.0), (1000, "verylarge", 15, 30.0))
"""Tasks, folder, every so many files in the sample, CPU seconds a file."""
COLD = (71, 136, 281, 354, 508)
"""Numbers of the instances of 100 tasks that CP-SAT is given cold."""
STATIONS = {
    "BUXEY": (7, 14), "GUNTHER": (6, 15), "KILBRID": (3, 11), "LUTZ1": (8, 12), "LUTZ2": (9, 28), "SAWYER30": (7, 14),
    "TONGE70": (3, 25), "ARC83": (3, 22), "ARC111": (3, 27), "HAHN": (3, 10), "WARNECKE": (3, 29), "WEE-MAG": (3, 30),
    "LUTZ3": (3, 23), "MUKHERJE": (3, 26), "BARTHOLD": (3, 15), "BARTHOL2": (27, 51), "SCHOLL": (25, 52),
}  # fmt: skip
"""The 302 problems of SALBP-2: for each graph the fewest and the most stations."""
RECALLED = {"BUXEY": (47, 41, 37, 34, 32, 28, 27, 25), "KILBRID": (184, 138, 111, 92, 79, 69, 62, 56, 55)}
"""Shortest takts of some of them, recalled from Scholl (1999), not from the data."""


@dataclass(frozen=True)
class Run:
    """One file solved: the best known bounds of both references, the published upper bound, CPU seconds."""

    name: str
    found: Packing
    known: tuple[int, int]
    published: int
    seconds: float

    @property
    def gap(self) -> float:
        """Give the share of the stations above the better bound, ours or the published one."""
        return 1 - max(self.found.lower_bound, self.known[0]) / self.found.stations


def read(path: Path) -> Task:
    sections = dict(re.findall(r"<([^>]+)>\n(.*?)(?=\n<|\Z)", path.read_text().replace("\r", ""), re.DOTALL))
    times = [int(line.split()[1]) for line in sections["task times"].splitlines() if line.strip()]
    links = [line.split(",") for line in sections["precedence relations"].splitlines() if line.strip()]
    return times, [(int(a) - 1, int(b) - 1) for a, b in links], int(sections["cycle time"])


def read_graph(path: Path) -> tuple[list[int], list[tuple[int, int]]]:
    numbers = [int(word) for word in re.findall(r"-?\d+", path.read_bytes().decode("latin-1"))]
    n = numbers[0]
    pairs = list(zip(numbers[n + 1 :: 2], numbers[n + 2 :: 2], strict=False))
    return numbers[1 : n + 1], [(a - 1, b - 1) for a, b in pairs[: pairs.index((-1, -1))]]


def bounds_in(name: str) -> dict[str, tuple[int, int]]:
    with (OTTO / name).open() as file:
        return {row["instance"]: (int(row["lower_bound"]), int(row["upper_bound"])) for row in csv.DictReader(file)}


def runs(folder: str, step: int, seconds: float) -> Iterator[Run]:
    published, reference = bounds_in("best_known.csv"), bounds_in("reference_run_bounds.csv")
    files = sorted((OTTO / folder).glob("*.alb"), key=lambda path: int(path.stem.rsplit("_", 1)[1]))
    for path in files[step // 2 :: step]:
        times, arcs, takt = read(path)
        begin = time.thread_time()
        found = fewest_stations(times, arcs, takt, seconds=seconds)
        spent = time.thread_time() - begin
        low, high = published[path.stem]
        also = reference.get(path.stem, (low, high))
        yield Run(path.stem, found, (max(low, also[0]), min(high, also[1])), high, spent)


def bar(text: str, value: float, limit: float, *, least: bool) -> None:
    met = value >= limit if least else value <= limit
    sign = ">=" if least else "<="
    print(f"    {text:62s} {value:9.4g}   bar {sign} {limit:<7g} {'met' if met else 'short'}")


def otto(n: int, folder: str, step: int, seconds: float) -> None:
    done = list(runs(folder, step, seconds))
    share, stations = 1.0 / len(done), sum(run.found.stations for run in done)
    proved = share * sum(run.found.proof != "open" for run in done)
    above = sum(run.found.stations > run.published for run in done)
    over = sum(run.found.stations > run.known[1] for run in done)
    below = share * sum(run.found.stations < run.published for run in done)
    spent = [run.seconds for run in done]
    known = sum(run.known[1] for run in done)
    print(
        f"{n} tasks, {len(done)} files: {stations} stations, best known {known}; CPU s mean {np.mean(spent):.2f},"
        f" median {np.median(spent):.3f}, most {max(spent):.1f}"
    )
    if n == 20:
        bar("share proved", proved, 1.0, least=True)
        bar("CPU s, of the whole set by the mean", 420 * float(np.mean(spent)), 60.0, least=False)
    elif n == 50:
        bar("share proved at 10 s", proved, 0.99, least=True)
        bar("files above the reference run", over, 0, least=False)
    elif n == 100:
        bar("files above the published upper bound", above, 0, least=False)
        bar("stations over the best known, less 1", stations / known - 1, 0.0035, least=False)
        bar("share proved at 10 s", proved, 0.82, least=True)
    else:
        bar("share not above the published upper bound", 1 - share * above, 0.99, least=True)
        bar("share strictly below it", below, 0.57, least=True)
        bar(
            "mean gap to the best bound, ours or published",
            float(np.mean([run.gap for run in done])),
            0.018,
            least=False,
        )
    better = [f"{run.name} {run.found.stations} < {run.known[1]}" for run in done if run.found.stations < run.known[1]]
    if n <= 100 and better:
        print("    below the best known:", "; ".join(better))


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
    begin, done = time.process_time(), threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            if time.process_time() - begin > seconds:
                solver.stop_search()

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = solver.solve(model)
    done.set()
    watcher.join()
    return int(solver.objective_value) + 1 if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def against_constraints(seconds: float) -> None:
    print(f"\nCP-SAT cold, one worker, {seconds:g} CPU s, as many: stations ours (proof), CP-SAT's, best known")
    known, none = bounds_in("reference_run_bounds.csv"), 0
    for number in COLD:
        path = OTTO / "large" / f"instance_n=100_{number}.alb"
        task = read(path)
        ours = fewest_stations(*task, seconds=seconds)
        peer = by_constraints(task, seconds, ours.stations + 3)
        none += peer is None
        shown = "none" if peer is None else str(peer)
        print(f"    {path.stem:18s} {ours.stations:4d} ({ours.proof:6s}) {shown:>5} {known[path.stem][1]:4d}")
    print(f"    CP-SAT found no plan for {none} of {len(COLD)}")


def scholl(whole: bool) -> None:
    seconds = 10.0 if whole else 2.0
    print(
        f"\nScholl's graphs, SALBP-2 at {seconds:g} CPU s: stations: takt (= proved best, or its bound), recalled takt"
    )
    proved = total = 0
    for name, (fewest, most) in STATIONS.items():
        times, arcs = read_graph(DATA / "scholl_in2" / f"{name}.IN2")
        cells = []
        for m in range(fewest, most + 1) if whole else sorted({fewest + 1, (fewest + most) // 2, most}):
            found = shortest_takt(times, arcs, m, seconds=seconds)
            total, proved = total + 1, proved + (found.proof != "open")
            cell = f"{m}: {found.takt} " + ("=" if found.proof != "open" else f"(>= {found.lower_bound})")
            cells.append(cell + (f" recalled {RECALLED[name][m - fewest]}" if name in RECALLED else ""))
        print(f"    {name:9s} {len(times):4d} tasks  " + ", ".join(cells))
    print(f"    proved {proved} of {total}")
    print(f"SALBP-E at {seconds:g} CPU s, takts from the longest task to three times that: stations x takt = product")
    for name in STATIONS if whole else ("BUXEY", "KILBRID", "TONGE70", "HAHN"):
        times, arcs = read_graph(DATA / "scholl_in2" / f"{name}.IN2")
        plan = best_efficiency(times, arcs, (max(times), 3 * max(times)), seconds=seconds)
        shown = "=" if plan.proof != "open" else f"(>= {plan.lower_bound})"
        print(f"    {name:9s} {plan.stations} x {plan.takt} = {plan.product} {shown}  work {sum(times)}")


def main() -> None:
    whole = "all" in sys.argv[1:]
    fewest_stations([6, 6, 5, 4, 4, 4], [(0, 1)], 10)
    for n, folder, step, seconds in SETS:
        otto(n, folder, 1 if whole else step, seconds)
    against_constraints(10.0)
    scholl(whole)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
