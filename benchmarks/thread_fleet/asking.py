"""Questions to the thread at size, and what is told to it."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.learn_lives import LIFE_GROUPS
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.questions import answer
from smilecurve.thread.store import Thread, open_thread
from thread_fleet.fleet import DAY, DIRECT, END, SCATTERED, Fleet
from thread_fleet.telling import Bar, say


def clocked(what: str, bar_ms: float, work: Callable[[], int]) -> None:
    """One question, once."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = work()
    took = (time.perf_counter() - wall) * 1000
    Bar(f"{what}, ms", bar_ms).told(took, f"CPU {(time.process_time() - cpu) * 1000:,.0f} ms, {rows:,} rows")


def percentiles(what: str, bar_ms: float, questions: list[str], ask_one: Callable[[str], int]) -> None:
    """Many questions of one kind: the 95th percentile by the clock, and by the CPU."""
    walls, cpus, rows = [], [], []
    for question in questions:
        wall, cpu = time.perf_counter(), time.process_time()
        rows.append(ask_one(question))
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    p50, p95 = np.percentile(walls, [50, 95])
    cpu50, cpu95 = np.percentile(cpus, [50, 95])
    more = f"p50 {p50:.1f} ms; CPU p50 {cpu50:.1f}, p95 {cpu95:.1f} ms; {int(np.median(rows)):,} rows"
    Bar(f"{what}, p95 ms", bar_ms).told(float(p95), more)


def ask(folder: Path, fleet: Fleet) -> None:
    """Every question of the issue, cold and warm."""
    rng = np.random.default_rng(2)
    n = fleet.machines
    thread = open_thread(folder)
    places = rng.integers(0, DIRECT, 60)
    direct = [f"P{j}-{int(rng.integers(0, max(1, n // fleet.sizes[j])))}" for j in places.tolist()]
    clocked("first containment after opening", 200, lambda: thread.containment(direct[0]).num_rows)
    percentiles("containment of a direct lot", 25, direct, lambda lot: thread.containment(lot).num_rows)
    powders = max(1, n // fleet.pack_size // 6)
    deep = [f"POWDER-{i}" for i in rng.integers(0, powders, 40).tolist()]
    percentiles("containment three levels down", 40, deep, lambda lot: thread.containment(lot).num_rows)
    wide = [f"P{DIRECT + i % SCATTERED}-{int(rng.integers(0, fleet.scatter))}" for i in range(20)]
    percentiles("containment of a scattered lot", 100, wide, lambda lot: thread.containment(lot).num_rows)
    clocked("containment of one raw lot", 2000, lambda: thread.containment("RAW-0").num_rows)
    serials = [f"SN{u:09d}" for u in rng.integers(0, n, 60).tolist()]
    percentiles(
        "story with two levels of components", 40, serials,
        lambda s: thread.story(s).num_rows + _two_levels(thread.components(s)),
    )  # fmt: skip
    clocked("failures by part, month in service, group", 2000, lambda: thread.view(LIFE_GROUPS).num_rows)
    at = datetime.fromtimestamp((END - 300 * DAY) / 1e6, UTC)
    for when in ("for the first time", "again"):
        clocked(
            f"where the whole fleet stood, {when}", 700, lambda: answer(thread.viewer, "whereabouts", at=at).num_rows
        )
    clocked("10,000 new events, and seen", 1000, lambda: _seen_again(thread, n))
    Bar("memory at most while asking, GB", 8).told(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
    thread.close()


def _two_levels(found: pa.Table) -> int:
    return sum(1 for level in found["level"].to_pylist() if level <= 2)


def _seen_again(thread: Thread, n: int) -> int:
    """Ten thousand readings from all over the fleet, until one of those machines shows its own."""
    rng = np.random.default_rng(3)
    some = rng.choice(n, min(n, 10_000), replace=False)
    at = thread.clock()
    gate = f"gate {time.time_ns()}"  # a thread that was kept knows those of the last run
    told = [
        {"kind": "meter_reading", "event_time": at, "machine": f"SN{u:09d}", "quantity": 9000.0, "source": gate,
         "seq": i}
        for i, u in enumerate(some.tolist())
    ]  # fmt: skip
    thread.append(told)
    shown = thread.view(MACHINES, where={"machine": f"SN{int(some[0]):09d}"})
    assert shown["hours"].to_pylist() == [9000.0]
    return len(told)


def _in_line(thread: Thread, at: datetime, callers: int = 8, rounds: int = 400) -> None:
    """One event at a time, by several callers of one process: those that wait share a commit."""

    def send(name: int) -> None:
        for n in range(rounds):
            said = {"kind": "fault", "event_time": at, "machine": f"M{n % 97}", "code": "E1"}
            thread.append([{**said, "source": f"caller {name}", "seq": n}])

    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(send, range(callers)))
    took, used = time.perf_counter() - wall, time.process_time() - cpu
    n = callers * rounds
    Bar(f"durable events a second, {callers} callers of one each", 2500.0, at_least=True).told(
        n / took, f"{used / n * 1e6:.1f} us CPU an event"
    )


def tell(folder: Path) -> None:
    """Durable appends: how many a second, alone and in batches; the same file again."""
    thread = open_thread(folder / "appends")
    at = datetime(2025, 1, 1, tzinfo=UTC)
    for batch, rounds, bar in ((1, 2000, 2500.0), (1000, 60, 150_000.0), (10_000, 8, 150_000.0)):
        sent = [
            [
                {"kind": "fault", "event_time": at, "machine": f"M{i % 97}", "code": "E1", "source": f"gate {batch}",
                 "seq": r * batch + i}
                for i in range(batch)
            ]
            for r in range(rounds)
        ]  # fmt: skip
        sealed = thread.health().events - thread.health().tail
        wall, cpu = time.perf_counter(), time.process_time()
        for events in sent:
            thread.append(events)
        took, used = time.perf_counter() - wall, time.process_time() - cpu
        sealed = thread.health().events - thread.health().tail - sealed
        Bar(f"durable events a second, batches of {batch:,}", bar, at_least=True).told(
            batch * rounds / took,
            f"{used / batch / rounds * 1e6:.1f} us CPU an event, {sealed:,} events sealed meanwhile",
        )
    _in_line(thread, at)
    many = 1_000_000
    file = pa.table({
        "kind": pa.array(["fault"] * many), "event_time": pa.array([at] * many, pa.timestamp("us", "UTC")),
        "machine": pa.array([f"M{i % 9973}" for i in range(many)]), "code": pa.array(["E1"] * many),
        "source": pa.array(["file"] * many), "seq": pa.array(np.arange(many)),
    })  # fmt: skip
    first = thread.load(file).added
    wall, cpu = time.perf_counter(), time.process_time()
    again = thread.load(file).added
    took = time.perf_counter() - wall
    Bar("a file of 1 M events again, s", 30).told(
        took, f"{time.process_time() - cpu:.1f} s CPU; first {first:,}, again {again}"
    )
    say("", "")
    thread.close()
