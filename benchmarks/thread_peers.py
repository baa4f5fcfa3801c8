"""Which machines hold a lot? The thread beside PostgreSQL, SQLite, a graph store and ClickHouse, in one run.

    python benchmarks/thread_peers.py [MACHINES]

The same seeded fleet of three levels and 40 links a machine in each. The peers get every favour: whole numbers for
lots and machines, indexes for this question, no other data, the answer fetched as plain rows. Each is asked the same
lots, warm, and must find as many machines as the thread; ratios are of medians by the clock.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from thread_fleet.fleet import DIRECT, SCATTERED, Fleet
from thread_fleet.peers import Clickhouse, Edges, Graph, Ours, Postgres, Sqlite, Store
from thread_fleet.telling import say


def questions(fleet: Fleet) -> dict[str, list[str]]:
    """The lots that are asked for, by kind."""
    rng = np.random.default_rng(2)
    n = fleet.machines
    direct = [f"P{j}-{int(rng.integers(0, max(1, n // fleet.sizes[j])))}" for j in rng.integers(0, DIRECT, 15).tolist()]
    deep = [f"POWDER-{i}" for i in rng.integers(0, max(1, n // fleet.pack_size // 6), 10).tolist()]
    wide = [f"P{DIRECT + i % SCATTERED}-{int(rng.integers(0, fleet.scatter))}" for i in range(10)]
    return {
        "a direct lot": direct,
        "a powder, three levels down": deep,
        "a scattered lot": wide,
        "a raw lot": ["RAW-0"],
    }


def timed(store: Store, lots: list[str]) -> tuple[float, list[int]]:
    """The median time of these questions in milliseconds, each asked once before, and what each found."""
    found = [store.ask(lot) for lot in lots]
    took = []
    for lot in lots:
        began = time.perf_counter()
        store.ask(lot)
        took.append((time.perf_counter() - began) * 1000)
    return float(np.median(took)), found


def main() -> int:
    machines = int(sys.argv[1]) if len(sys.argv) > 1 else 140_000
    folder = Path(tempfile.mkdtemp(prefix="smilecurve-peers-"))
    os.chmod(folder, 0o755)  # PostgreSQL runs as a user of its own
    fleet = Fleet(machines)
    edges = Edges(fleet)
    print(f"{machines:,} machines x 40 links; load by the clock: {os.getloadavg()[0]:.1f}")
    stores: list[Store] = []
    medians: dict[str, dict[str, float]] = {}
    wrong = 0
    try:
        postgres = Postgres(folder / "postgres")
        stores = [Ours(folder / "ours"), postgres, Postgres(folder, postgres), Sqlite(folder / "sqlite")]
        stores += [Graph(folder / "graph"), Clickhouse(folder / "clickhouse")]
        right: dict[str, list[int]] = {}
        for store in stores:
            began = time.perf_counter()
            store.take(edges)
            say(store.name, f"taken in after {time.perf_counter() - began:,.0f} s")
            for what, lots in questions(fleet).items():
                median, found = timed(store, lots)
                medians.setdefault(what, {})[store.name] = median
                say(f"  {what}", f"{median:>12,.1f} ms")
                if found != right.setdefault(what, found):
                    wrong += 1
                    say(store.name, f"{what}: finds {found}, the thread {right[what]}")
        for what, by in medians.items():
            print(f"\n{what} ({int(np.median(right[what])):,} machines)")
            for name, median in by.items():
                say(f"  {name}", f"{median:>12,.1f} ms   {median / by['the thread']:>8,.1f} x the thread")
        chosen = medians["a powder, three levels down"]
        ratio = chosen["PostgreSQL, the plan it chooses"] / chosen["the thread"]
        say("\nPostgreSQL's own plan, recursive", f"{ratio:,.0f} x   bar >= 100   {'met' if ratio >= 100 else 'short'}")
    finally:
        for store in reversed(stores):
            store.close()
        shutil.rmtree(folder, ignore_errors=True)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
