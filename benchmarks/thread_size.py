"""Does the thread hold a year of fourteen million machines?

    python benchmarks/thread_size.py [MACHINES] [--merge] [--rebuild] [--keep FOLDER]

Builds a seeded fleet (three levels, 40 links and about 21 events a machine), takes its history in part by part, and
prints every bar beside what was reached. Times are of this machine as it is; CPU seconds are of all threads.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from smilecurve.thread.store import Thread, open_thread
from thread_fleet.asking import ask, tell
from thread_fleet.fleet import END, Fleet, furnish
from thread_fleet.telling import Bar, say

LINKS = 40


def load(thread: Thread, fleet: Fleet) -> None:
    """Take the whole history in."""
    made, wall, events = 0.0, 0.0, 0
    cpu = time.process_time()
    with thread.history() as history:
        for part in fleet.parts():
            made += time.process_time() - cpu
            began = time.perf_counter()
            events += history.add(part)
            wall += time.perf_counter() - began
            cpu = time.process_time()
    n, links = fleet.machines, fleet.machines * LINKS
    rest = history.cpu - history.links_cpu
    say(
        "taken in",
        f"{events:,} events, {links:,} links: {history.cpu:.1f} s CPU, {wall:.0f} s wall (made: {made:.0f} s)",
    )
    Bar("links a CPU-second", 5e6, at_least=True).told(links / history.links_cpu)
    Bar("events a CPU-second", 2e6, at_least=True).told(events / rest)
    Bar("memory at most, GB", 8).told(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
    sizes: dict[str, int] = {}
    for segment in thread.segments.live():
        sizes[segment.tbl] = sizes.get(segment.tbl, 0) + segment.bytes
    shares = ", ".join(f"{t} {b / n:.0f}" for t, b in sorted(sizes.items(), key=lambda item: -item[1]) if b / n >= 1)
    Bar("bytes a machine at rest", 350).told(sum(sizes.values()) / n, shares)
    Bar("disk, GB", 12).told(sum(sizes.values()) / 1e9)


def merge(folder: Path) -> None:
    """Put the events of each machine together."""
    with open_thread(folder) as thread:
        rows = sum(s.rows for s in thread.segments.live() if s.tbl == "event")
        wall, cpu = time.perf_counter(), time.process_time()
        files = thread.merge()
        used, took = time.process_time() - cpu, time.perf_counter() - wall
        size = sum(s.bytes for s in thread.segments.live() if s.tbl == "event") / 1e9
    say(
        "merged by machine", f"{files} event files, {rows:,} events, {size:.2f} GB: {used:.1f} s CPU, {took:.0f} s wall"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("machines", nargs="?", type=int, default=140_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rebuild", action="store_true", help="also derive everything again and compare by hash")
    parser.add_argument("--merge", action="store_true", help="put the event files of all parts together before asking")
    parser.add_argument("--keep", type=Path, default=None, help="keep the thread in this folder")
    chosen = parser.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="smilecurve-bench-"))
    print(f"{chosen.machines:,} machines x {LINKS} links, seed {chosen.seed}")
    try:
        fleet = Fleet(chosen.machines, chosen.seed)
        if not (folder / "fleet" / "ledger.sqlite").exists():
            with open_thread(folder / "fleet") as thread:
                thread.set_clock(datetime.fromtimestamp(END / 1e6, UTC))
                furnish(thread)
                load(thread, fleet)
        if chosen.merge:
            merge(folder / "fleet")
        ask(folder / "fleet", fleet)
        if chosen.rebuild:
            with open_thread(folder / "fleet") as thread:
                cpu = time.process_time()
                found = thread.rebuild()
                say("derived again", f"equal: {found.equal} {found.differing} {time.process_time() - cpu:.0f} s CPU")
        tell(folder)
    finally:
        if chosen.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
