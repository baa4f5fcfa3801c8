"""How far are our build sequences from the best known, and from a constraint solver at the same CPU time?

(1) CSPLib prob001: option windows overfilled, against a reference run; CP-SAT cold with one worker in the same CPU
time, at least 2 s. (2) Mixed-model sequences: work overload against a reference (proved for S). (3) ROADEF'2005 set
X, Renault's days: the challenge's score (weights 1e6, 1e3, 1 by rank) against the finals' best.

Run: python benchmarks/line_sequence.py [moves]   (needs `../shared/data/line`; default 400000 moves)
"""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
from ortools.sat.python import cp_model

from smilecurve.solve.sequencing import Rules, Sequencing, sequence

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "line"


def rows_of(path: Path) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(";")] for line in path.read_text().splitlines() if line.strip()]


def timed(start: np.ndarray, rules: Rules, moves: int, **fixed: int) -> tuple[Sequencing, float]:
    begin = time.process_time()
    found = sequence(start, rules, moves=moves, **fixed)
    return found, time.process_time() - begin


def csplib(path: Path) -> Rules:
    lines = [
        [int(v) for v in line.split()] for line in path.read_text().splitlines() if line.strip() and line[0] != "%"
    ]
    has = [row[2:] for row in lines[3:] for _ in range(row[1])]
    return Rules(has=has, at_most=lines[1], out_of=lines[2], ratio_weight=[1] * len(lines[1]))


def by_constraints(rules: Rules, seconds: float) -> int | None:
    """Violations CP-SAT reaches when it starts cold; None if it finds no order."""
    classes, count = np.unique(np.asarray(rules.has), axis=0, return_counts=True)
    n, model = int(count.sum()), cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in classes] for _ in range(n)]
    for row in x:
        model.add_exactly_one(row)
    for kind, many in enumerate(count):
        model.add(sum(row[kind] for row in x) == int(many))
    excess = []
    for option, (most, span) in enumerate(zip(rules.at_most, rules.out_of, strict=True)):
        with_it = np.flatnonzero(classes[:, option])
        for slot in range(n - span + 1):
            over = model.new_int_var(0, span, "")
            model.add(over >= sum(x[at][k] for at in range(slot, slot + span) for k in with_it) - most)
            excess.append(over)
    model.minimize(sum(excess))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    return int(solver.objective_value) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def renault(folder: Path) -> tuple[Rules, int]:
    """The rules of one Renault day, and how many machines of the day before stand in front."""
    goals = {row[1]: 10 ** (9 - 3 * int(row[0])) for row in rows_of(folder / "optimization_objectives.txt")[1:]}
    ratios = rows_of(folder / "ratios.txt")[1:]
    head, *cars = rows_of(folder / "vehicles.txt")
    weight = {"1": 0, "0": 0}
    for name, value in goals.items():
        if name.startswith("high"):
            weight["1"] = value
        elif name.startswith("low"):
            weight["0"] = value
    day = cars[-1][0]
    history = sum(car[0] != day for car in cars)
    columns = [head.index(row[2]) for row in ratios]
    spans = [[int(v) for v in row[0].split("/")] for row in ratios]
    rules = Rules(
        has=[[int(car[at]) for at in columns] for car in cars],
        at_most=[most for most, _ in spans],
        out_of=[span for _, span in spans],
        ratio_weight=[weight[row[1]] for row in ratios],
        open_end=True,
        colour=[int(car[3]) for car in cars],
        colour_weight=goals["paint_color_batches"],
        batch_limit=int(rows_of(folder / "paint_batch_limit.txt")[1][0]),
        batch_weight=10**7,
        batch_hard=True,
    )
    return rules, history


def main() -> None:
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    rng = np.random.default_rng(0)
    timed(np.arange(3), Rules(has=[[1], [1], [0]], at_most=[1], out_of=[2], ratio_weight=[1]), 10)
    with (DATA / "carseq/csplib001/reference_violations.csv").open() as file:
        reference = {row["instance"]: int(row["violations_found_here_8cpu_s"]) for row in csv.DictReader(file)}
    print("CSPLib prob001: ours, reference (8 CPU s), CPU s, CP-SAT cold")
    for name, least in reference.items():
        rules = csplib(DATA / f"carseq/csplib001/hard/{name}.txt")
        found, spent = timed(rng.permutation(len(np.asarray(rules.has))), rules, moves)
        peer = by_constraints(rules, max(2.0, spent)) if name in ("p01", "pb_200_04") else ""
        print(f"{name:10s} {found.cost:4d} {least:4d} {spent:6.2f} {'none' if peer is None else peer!s:>5}")
    print("mixed-model overload: ours, bound, reference, ratio, CPU s")
    for name, values in json.loads((DATA / "mmsp/reference.json").read_text()).items():
        case = json.loads((DATA / f"mmsp/{name}.json").read_text())
        units = np.repeat(np.arange(len(case["demand"])), case["demand"])
        work = Rules(work=np.array(case["times"])[units], length=case["station_length"], takt=case["takt"])
        found, spent = timed(rng.permutation(units.size), work, moves)
        known = values["sa"]
        print(f"{name:10s} {found.cost:6d} {found.bound:6d} {known:6d} {found.cost / known:7.3f} {spent:6.2f}")
    print("ROADEF'2005 set X: ours, finals' best, ratio, CPU s")
    for row in rows_of_csv(DATA / "carseq/roadef2005/best_known_X.csv"):
        rules, history = renault(DATA / "carseq/roadef2005/Instances_set_X" / row["instance"])
        start = np.arange(len(np.asarray(rules.has)))
        found, spent = timed(start, rules, moves, history=history)
        best = int(row["finals_best_score_recalled"])
        print(f"{row['instance']:32s} {found.cost:10d} {best:10d} {found.cost / best:8.3f} {spent:6.2f}")


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
