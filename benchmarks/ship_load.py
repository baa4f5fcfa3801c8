"""How full are our containers against the best known, when every box must be fully supported?

Bischoff & Ratcliff's classes BR1, BR2, BR3 and BR7 (30 cases each; `../shared/data/serve/container`): mean fill after
one packing without chance, after 100 and after 1,600 packings, over the best known fill (packingsolver, boxes may hang
over), and CPU seconds a case. Then a seeded yard of excavators: containers taken against the bound no plan can beat.

Run: python benchmarks/ship_load.py [step]   (every step-th case, default 2)
"""

from __future__ import annotations

import csv
import resource
import sys
import time
from pathlib import Path

import numpy as np

from smilecurve.solve.containers import pack_all
from smilecurve.solve.loading import Boxes, Room, pack_room

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "serve" / "container"
ROOM = Room(587, 233, 220)


def cases(name: str) -> dict[int, Boxes]:
    kinds: dict[int, list[dict[str, str]]] = {}
    for row in csv.DictReader((DATA / f"{name}.csv").read_text().splitlines()):
        kinds.setdefault(int(row["case"]), []).append(row)
    return {
        case: Boxes.of(
            [[int(r[s]) for s in "lwh"] for r in rows],
            [int(r["qty"]) for r in rows],
            upright=[[r[f"{s}_up"] == "1" for s in "lwh"] for r in rows],
        )
        for case, rows in kinds.items()
    }


def against_best_known(step: int) -> None:
    rows = csv.DictReader((DATA / "best_known.csv").read_text().splitlines())
    best = {(r["class"], int(r["case"])): float(r["best_utilisation"]) for r in rows}
    for name in ("BR1", "BR2", "BR3", "BR7"):
        chosen = {case: boxes for case, boxes in cases(name).items() if case % step == 1 % step}
        known = np.mean([best[name, case] for case in chosen])
        cells = []
        for tries in (1, 100, 1600):
            begun = time.process_time()
            fill = np.mean([pack_room(boxes, ROOM, tries=tries).volume / ROOM.volume for boxes in chosen.values()])
            spent = (time.process_time() - begun) / len(chosen)
            cells.append(f"{tries:4d} packings {fill:6.2%} = {fill / known:.3f} of best in {spent:5.3f} s")
        print(f"{name} ({len(chosen)} cases, best known {known:.2%}): " + "; ".join(cells))


def yard(machines: int = 300) -> None:
    """Sizes in millimetres and masses of eight excavators; containers, high cubes and flat racks."""
    size = [[3600, 990, 2320], [4850, 1700, 2480], [5850, 1920, 2600], [6120, 2220, 2670]]
    size += [[7750, 2490, 2820], [9480, 2800, 3040], [10980, 3190, 3300], [11750, 3340, 3620]]
    mass = [1520.0, 3550.0, 5950.0, 7500.0, 13600.0, 20800.0, 33600.0, 48900.0]
    many = np.random.default_rng(7).multinomial(machines, [0.1, 0.12, 0.18, 0.14, 0.14, 0.2, 0.08, 0.04])
    rooms = [Room(5900, 2350, 2390, 28200), Room(12030, 2350, 2390, 28800), Room(12030, 2350, 2690, 28600)]
    rooms += [Room(5640, 2400, 3700, 31000), Room(12080, 3450, 4100, 52000)]
    begun = time.process_time()
    got = pack_all(Boxes.of(size, many, mass, bears=False, floor=True), rooms, [0.62, 1.0, 1.05, 1.25, 1.9], tries=20)
    spent = time.process_time() - begun
    cost = f"cost {got.cost:.2f}, bound {got.bound:.2f}, gap {got.cost / got.bound - 1:.1%}"
    print(f"yard of {machines}: {len(got.room)} containers, {cost}, {spent:.1f} s")


def main() -> None:
    pack_room(Boxes.of([[1, 1, 1]], [1]), Room(2, 2, 2), tries=3)
    if DATA.is_dir():
        against_best_known(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    else:
        print("the Bischoff-Ratcliff instances are not here: no folder container beside the repository")
    yard()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
