"""How many tasks must move when the takt gets five per cent shorter, against a fresh balance and a constraint solver?

Every graph of Scholl (1993) with 21 tasks or more, twenty of them. The line as it stands is the shortest takt found for
a seventh as many stations as tasks (fewer where one task is longer than the new takt). The new takt is 0.95 of that.
A fresh balance plans it from nothing (another seed, as another planner would); re-balancing uses no more stations and
moves as few tasks as it can, with a bound. Beside it, at the CPU time that re-balancing took (2 s at least), the same
question to OR-Tools CP-SAT with numbered stations, one worker, started cold.

Bars: at most 60 % of the moves of the fresh balance on 18 of 20; the minimum proved on 12 of 20 at 60 CPU s each.

Run: python benchmarks/line_rebalance.py [seconds]   (CPU s a graph, default 60; needs `../shared/data/line/salbp`)
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import numpy as np
from ortools.sat.python import cp_model

from smilecurve.solve._zoning_clock import Limit, stopping
from smilecurve.solve.packing import fewest_stations, shortest_takt
from smilecurve.solve.zoning import Zones, pack_in_zones

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", SHARED)) / "line" / "salbp" / "scholl_in2"
GRAPHS = (
    *("MITCHELL", "ROSZIEG", "HESKIA", "BUXEY", "SAWYER30", "LUTZ1", "GUNTHER", "KILBRID", "HAHN", "WARNECKE"),
    *("TONGE70", "WEE-MAG", "ARC83", "LUTZ2", "LUTZ3", "MUKHERJE", "ARC111", "BARTHOLD", "BARTHOL2", "SCHOLL"),
)
Arcs = list[tuple[int, int]]


def read(path: Path) -> tuple[np.ndarray, Arcs]:
    cells = re.split(r"[\s\x1a]+", path.read_text("cp437").strip())
    n = int(cells[0])
    pairs = [tuple(int(v) for v in cell.split(",")) for cell in cells[n + 1 :] if re.fullmatch(r"\d+,\d+", cell)]
    return np.array([int(v) for v in cells[1 : n + 1]]), [(a - 1, b - 1) for a, b in pairs]


def standing(times: np.ndarray, arcs: Arcs) -> tuple[np.ndarray, int]:
    """The line as it stands, and the new takt."""
    for stations in range(max(round(times.size / 7), 2), 1, -1):
        found = shortest_takt(times, arcs, stations)
        if times.max() <= found.takt * 95 // 100:
            return found.station, found.takt * 95 // 100
    raise ValueError("no line of two stations or more can go faster")


def by_constraints(times: np.ndarray, arcs: Arcs, takt: int, old: np.ndarray, most: int, seconds: float) -> int | None:
    """Tasks moved by CP-SAT, started cold, numbered stations; None if it finds no plan."""
    model = cp_model.CpModel()
    inside = [[model.new_bool_var("") for _ in range(most)] for _ in times]
    at = [sum(k * x for k, x in enumerate(row)) for row in inside]
    for row in inside:
        model.add_exactly_one(row)
    for k in range(most):
        model.add(sum(int(t) * row[k] for t, row in zip(times, inside, strict=True)) <= takt)
    for before, after in arcs:
        model.add(at[before] <= at[after])
    model.minimize(len(times) - sum(row[k] for row, k in zip(inside, old, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    limit = Limit(0.0, until=time.process_time() + seconds)
    with stopping(solver, limit):
        status = solver.solve(model)
    return int(solver.objective_value) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] != "all" else 60.0
    print("graph     tasks  stations    takt  fresh  moved  bound  share  proved  CP-SAT cold  CPU s")
    few = proved = 0
    for name in GRAPHS:
        times, arcs = read(DATA / f"{name}.IN2")
        old, takt = standing(times, arcs)
        fresh = fewest_stations(times, arcs, takt, seed=1)
        most = max(fresh.stations, int(old.max()) + 1)
        moved = int((fresh.station != old).sum())
        begin = time.process_time()
        plan = pack_in_zones(
            times, arcs, takt, Zones(old=old), places=most, enough=fresh.stations, until=begin + seconds
        )
        spent = time.process_time() - begin
        peer = by_constraints(times, arcs, takt, old, most, max(spent, 2.0))
        few += plan.moved <= 0.6 * moved
        proved += plan.moved == plan.moved_bound
        share, sure = plan.moved / max(moved, 1), "yes" if plan.moved == plan.moved_bound else "no"
        print(
            f"{name:9} {times.size:5}  {int(old.max()) + 1:3} > {plan.stations:2}  {takt:6}  {moved:5}  "
            f"{plan.moved:5}  "
            f"{plan.moved_bound:5}  {share:5.0%}  {sure:>6}  {'no plan' if peer is None else peer:>11}  {spent:5.1f}",
            flush=True,
        )
    print(f"at most 60 % of a fresh balance's moves: {few} of 20 (asked 18): {'met' if few >= 18 else 'short'}")
    print(f"minimum proved at {seconds:g} CPU s: {proved} of 20 (asked 12): {'met' if proved >= 12 else 'short'}")


if __name__ == "__main__":
    main()
