"""How far are the technicians' routes from the best known ones, and from another solver's?

(1) Technician routing with skills, tools, parts and a stop at the depot (Pillac, Gueret and Medaglia 2013; best known
from Pillac's thesis): duration found over best known. (2) The same instances without tools and parts, which PyVRP can
state too (one profile a technician): ours over PyVRP's in the same time.

Run: python benchmarks/serve_dispatch.py   (needs `../shared/data/serve/dispatch`, else a seeded instance for (2) alone)
"""

from __future__ import annotations

import csv
import re
import resource
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyvrp import Model
from pyvrp.stop import MaxRuntime

from smilecurve.solve.routing import Shifts, Visits, route_technicians

Floats = NDArray[np.float64]
DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "serve" / "dispatch" / "trsp"
ROW = re.compile(r"\s*\d+" + r"\s+([\d.]+)" * 5 + r"\s+\[(.*?)\]" * 3)
PENALTY = 1000.0
CREW = 25


def load(path: Path) -> tuple[Floats, Visits, Shifts]:
    rows = [m.groups() for m in map(ROW.match, path.read_text().splitlines()) if m]
    numbers = np.array([[float(x) for x in row[:5]] for row in rows])
    lists = [[[int(x) for x in cell.split(",") if x.strip()] for cell in row[5:]] for row in rows]
    spot = np.vstack([numbers[CREW + 1 :, :2], numbers[:1, :2], numbers[1 : CREW + 1, :2]])
    travel = np.hypot(*(spot[:, None, :] - spot[None, :, :]).transpose(2, 0, 1))
    work, staff, jobs = numbers[CREW + 1 :], lists[1 : CREW + 1], lists[CREW + 1 :]
    able, tooled = (np.array([[set(j[c]) <= set(p[c]) for j in jobs] for p in staff]) for c in (0, 1))
    need, van = np.array([j[2] or [0] * 5 for j in jobs]), np.array([p[2] or [0] * 5 for p in staff])
    visits = Visits(work[:, 2], work[:, 3], work[:, 4], np.full(len(jobs), PENALTY), need)
    return travel, visits, Shifts(numbers[1 : CREW + 1, 2], numbers[1 : CREW + 1, 3], van, able, tooled)


def seeded() -> tuple[Floats, Visits, Shifts]:
    draw = np.random.default_rng(3)
    n = 100
    spot = draw.uniform(0, 80, (n + 1 + CREW, 2))
    travel = np.hypot(*(spot[:, None, :] - spot[None, :, :]).transpose(2, 0, 1))
    early = draw.uniform(0, 160, n)
    visits = Visits(early, early + 40, np.full(n, 10.0), np.full(n, PENALTY), np.zeros((n, 0), np.int64))
    able = draw.random((CREW, n)) < 0.6
    shifts = Shifts(np.zeros(CREW), np.full(CREW, 230.0), np.zeros((CREW, 0), np.int64), able, np.ones_like(able))
    return travel, visits, shifts


def plain(visits: Visits, shifts: Shifts) -> tuple[Visits, Shifts]:
    bare = Visits(visits.early, visits.late, visits.service, visits.penalty, visits.need[:, :0])
    return bare, Shifts(shifts.start, shifts.end, shifts.van[:, :0], shifts.able, np.ones_like(shifts.able))


def by_pyvrp(travel: Floats, visits: Visits, shifts: Shifts, seconds: float) -> float:
    """The same plan by PyVRP in hundredths: one profile a technician, edges too long without the skill."""
    n, scale, far = len(visits.early), 100, 10_000_000
    model = Model()
    places = [model.add_location(float(i), 0.0) for i in range(n + CREW)]
    homes = [model.add_depot(places[n + k]) for k in range(CREW)]
    for v in range(n):
        model.add_client(
            places[v],
            service_duration=round(scale * visits.service[v]),
            tw_early=round(scale * visits.early[v]),
            tw_late=int(scale * visits.late[v]),
            prize=round(scale * visits.penalty[v]),
            required=False,
        )
    whole = np.round(scale * np.delete(np.delete(travel, n, 0), n, 1)).astype(np.int64)
    for k in range(CREW):
        profile = model.add_profile()
        model.add_vehicle_type(
            1,
            start_depot=homes[k],
            end_depot=homes[k],
            tw_early=round(scale * shifts.start[k]),
            tw_late=round(scale * shifts.end[k]),
            unit_distance_cost=0,
            unit_duration_cost=1,
            profile=profile,
        )
        for a in range(n + CREW):
            for b in range(n + CREW):
                if a != b:
                    barred = b < n and not shifts.able[k, b]
                    go = far if barred else int(whole[a, b])
                    model.add_edge(places[a], places[b], distance=go, duration=go, profile=profile)
    found = model.solve(MaxRuntime(seconds), seed=1, display=False).best
    if not found.is_feasible():
        return float("inf")
    left = n - sum(route.num_clients() for route in found.routes())
    return float(sum(route.duration() for route in found.routes())) / scale + PENALTY * left


def main() -> None:
    files = sorted(DATA.glob("*.txt"))[::7]
    route_technicians(*seeded()[:2], seeded()[2], rounds=1)  # compiled before the clock runs
    if files:
        known = {
            r["instance"]: float(r["bks_duration"]) for r in csv.DictReader((DATA / "bks.csv").read_text().splitlines())
        }
        ratios = []
        for path in files:
            travel, visits, shifts = load(path)
            begun = time.process_time()
            got = route_technicians(travel, visits, shifts, depot=True, rounds=12_000, seed=1)
            ratios.append(got.cost / known[path.stem])
            print(
                f"{path.stem[:8]:9s} {got.cost:10.2f}  best known {known[path.stem]:10.2f}  ratio {ratios[-1]:.4f}  "
                f"bound {got.bound:9.2f}  {time.process_time() - begun:.1f} s CPU"
            )
        print(f"geometric mean over best known: {np.exp(np.mean(np.log(ratios))):.4f} ({len(ratios)} instances)")
    for name, case in [(p.stem[:8], load(p)) for p in files[1:3]] or [("seeded", seeded())]:
        travel, (visits, shifts) = case[0], plain(case[1], case[2])
        begun = time.perf_counter()
        ours = route_technicians(travel, visits, shifts, rounds=6000, seed=1).cost
        spent = time.perf_counter() - begun
        peer = by_pyvrp(travel, visits, shifts, spent)
        print(f"{name:9s} skills, windows: ours {ours:.2f}, PyVRP {peer:.2f} in {spent:.1f} s, ratio {ours / peer:.4f}")


if __name__ == "__main__":
    begun = time.perf_counter()
    main()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - begun:.1f} s in all, {peak:.0f} MB at most")
