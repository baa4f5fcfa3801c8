"""How fast are demands exploded and pegged, against frePPLe's published run and a plain program in the same run?

The instances of `../shared/data/plan/synth` (5 levels, 4,220 to 4,600 items): CPU seconds of netting with pegging both
ways, over frePPLe 9.18's CPU seconds for its unconstrained plan (peer.json, measured elsewhere, solve only). On the two
smaller ones the same rules written plainly with dictionaries run beside it and must plan the same pieces. Without those
data a seeded instance of 10,000 orders, 5,000 items and 6 levels stands alone.

Run: python benchmarks/supply_explode.py
"""

from __future__ import annotations

import json
import resource
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from smilecurve.solve.netting import Bom, Dated, Explosion, Items, explode

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "plan" / "synth"
Case = tuple[Items, Bom, Dated]


def load(name: str) -> Case:
    items, bom, orders = (pq.read_table(DATA / f"{name}_{kind}.parquet") for kind in ("items", "bom", "orders"))
    known = Items.of(items.num_rows, items["on_hand"], items["lead_time_days"], items["lot_min"])
    return (
        known,
        Bom.of(bom["parent"], bom["child"], bom["qty"]),
        Dated.of(orders["item"], orders["due_day"], orders["qty"]),
    )


def seeded(orders: int = 10_000, items: int = 5_000, levels: int = 6) -> Case:
    draw = np.random.default_rng(7)
    level = np.sort(draw.integers(0, levels, items))
    first = np.searchsorted(level, np.arange(levels + 1))
    parent = np.repeat(np.arange(first[levels - 1]), 3)
    child = np.array([draw.integers(first[level[p] + 1], first[level[p] + 2]) for p in parent])
    known = Items.of(items, draw.integers(0, 20, items), draw.integers(1, 15, items), draw.integers(1, 20, items))
    demand = Dated.of(draw.integers(0, first[1], orders), draw.integers(15, 365, orders), draw.integers(1, 10, orders))
    return known, Bom.of(parent, child, draw.integers(1, 4, len(parent))), demand


def plainly(case: Case, level: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[int, float]:
    """The same rules with dictionaries: pieces planned of each item."""
    items, bom, demand = case
    inside: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for parent, child, quantity in zip(bom.parent.tolist(), bom.child.tolist(), bom.quantity.tolist(), strict=True):
        inside[parent].append((child, quantity))
    needs: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for item, day, quantity in zip(demand.item.tolist(), demand.day.tolist(), demand.quantity.tolist(), strict=True):
        needs[item][day] += quantity
    planned: dict[int, float] = defaultdict(float)
    for item in np.argsort(level, kind="stable").tolist():
        there = float(items.on_hand[item])
        for day in sorted(needs[item]):
            there -= needs[item][day]
            if there < -1e-9:
                lot = max(float(items.lot_min[item]), -there)
                planned[item] += lot
                there += lot
                for child, quantity in inside[item]:
                    needs[child][day - int(items.lead_days[item])] += lot * quantity
    return planned


def timed(case: Case) -> tuple[Explosion, float]:
    begun = time.process_time()
    found = explode(*case, bound=False)
    return found, time.process_time() - begun


def told(name: str, case: Case, peer: float | None) -> None:
    timed(case)
    found, spent = timed(case)
    against = f", {peer / spent:5.1f} times frePPLe's {peer:g} s" if peer else ""
    size = f"{len(case[2].item):7d} orders {len(case[0].on_hand):5d} items"
    work = f"{len(found.order_item):7d} planned orders, {len(found.peg_need):8d} pegs"
    print(f"{name:6s} {size}: {work} in {spent:6.3f} s CPU{against}")


def against_plain(case: Case) -> None:
    found, spent = timed(case)
    begun = time.process_time()
    planned = plainly(case, found.level)
    plain = time.process_time() - begun
    ours = found.planned_quantity(len(case[0].on_hand))
    same = np.allclose(ours, [planned.get(item, 0.0) for item in range(len(ours))])
    print(f"plain program, without pegging: {plain:.2f} s CPU, {plain / spent:.0f} times ours; same pieces: {same}")
    if not same:
        raise SystemExit("the two plans differ")


def main() -> None:
    if not DATA.is_dir():
        told("seeded", seeded(), None)
        against_plain(seeded())
        return
    peer = json.loads((DATA / "peer.json").read_text())["frepple"]["unconstrained_cpu_s"]
    told("seeded", seeded(), None)
    for name in ("s2k", "s10k", "s100k"):
        told(name, load(name), peer.get(name))
    against_plain(load("s2k"))
    against_plain(load("s10k"))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
