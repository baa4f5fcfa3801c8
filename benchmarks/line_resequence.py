"""What does it cost to sequence a day anew when ten machines go on hold, and how soon is a swap answered?

1,300 machines, 200 of them frozen, 10 put on hold: (1) a day of Renault's (ROADEF'2005 set X, 024_EP_RAF_ENP_S49_J2:
two priorities, colours, hard batch limit, the day before) by weights; (2) a made line of 30 stations with every kind of
trouble at work. Each is sequenced and released first; then ten machines of it, evenly spread, are held. Beside it: the
same ten held with nothing but closing up, and the day sequenced from scratch. (3) Swaps on the takt board of the made
day over HTTP.

Bars: 2 CPU s after compiling, moved machines listed, frozen part untouched; a swap answered within 150 ms.

Run: python benchmarks/line_resequence.py   (needs `../shared/data/line` for Renault's day)
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import tempfile
import threading
import time
import urllib.parse
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from smilecurve.connect.presets import load_preset
from smilecurve.desks.line.sequence import sequence_line
from smilecurve.terms.decision import Decision
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.line import (
    KITS,
    LINES,
    OPTION_RATIOS,
    STATION_PLAN,
    STATIONS,
    TAIL_MACHINES,
    TASK_TIMES,
    TASKS,
    WORK_ORDERS,
)

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "line"
DAY = date(2026, 3, 2)
MACHINES, FROZEN, HELD = 1_300, 200, 10
RATIOS = (("a", 1, 2, 1), ("b", 2, 5, 1), ("c", 1, 4, 1), ("d", 1, 3, 2), ("e", 1, 8, 2), ("f", 2, 3, 2))
SHARE = (0.3, 0.25, 0.15, 0.2, 0.06, 0.4)
Tables = dict[str, pa.Table]
Row = dict[str, object]


def line(frozen: int) -> pa.Table:
    row = {"line": "A", "name": "A", "takt_s": 60.0, "stations": 30, "slots_per_day": MACHINES}
    return LINES.rows([row | {"shift_start_h": 6.0, "frozen_slots": frozen}])


def order(at: int, colour: str, options: str, model: str = "car") -> Row:
    about = {"work_order": f"W{at:05d}", "line": "A", "model": model, "colour": colour, "options": options}
    return about | {"due": DAY, "rank": at + 1}


def made_day() -> Tables:
    """30 stations, 8 models, 12 colours, 6 options."""
    rng = np.random.default_rng(1)
    stations = [{"line": "A", "station": k + 1, "length_s": 75.0, "buffer_places": 0} for k in range(30)]
    tasks = [{"line": "A", "task": f"t{k}", "name": "work", "time_s": 54.0, "station": k + 1} for k in range(30)]
    times = [
        {"line": "A", "task": f"t{k}", "model": f"m{m}", "time_s": round(54 * rng.uniform(0.8, 1.25), 1)}
        for k in range(30)
        for m in range(8)
    ]
    orders = [
        order(
            at,
            f"c{rng.integers(12)}",
            " ".join(r[0] for r, p in zip(RATIOS, SHARE, strict=True) if rng.random() < p),
            f"m{rng.integers(8)}",
        )
        for at in range(MACHINES)
    ]
    return _day(orders, [dict(zip(("option", "at_most", "out_of", "priority"), r, strict=True)) for r in RATIOS]) | {
        "stations": STATIONS.rows(stations),
        "tasks": TASKS.rows(tasks),
        "task_times": TASK_TIMES.rows(times),
    }


def renault_day(folder: Path) -> Tables:
    """The first 1,300 machines of a day of Renault's, and the day before."""
    ratios, _, cars, _ = load_preset("roadef", folder)
    assert ratios.table is not None
    assert cars.events is not None
    told = [json.loads(str(e["details"])) for e in cars.events.to_pylist()]
    orders = [order(at, str(t["colour"]), str(t["options"])) for at, t in enumerate(t for t in told if not t["fixed"])]
    before = [t for t in told if t["fixed"]][::-1]
    tail = [
        {
            "line": "A",
            "place": at,
            "work_order": f"B{at}",
            "model": "car",
            "colour": t["colour"],
            "options": t["options"],
        }
        for at, t in enumerate(before, 1)
    ]
    return _day(orders[:MACHINES], ratios.table.to_pylist()) | {"tail_machines": TAIL_MACHINES.rows(tail)}


def _day(orders: list[Row], ratios: list[Row]) -> Tables:
    specs = (STATIONS, TASKS, TASK_TIMES, STATION_PLAN, KITS, TAIL_MACHINES)
    return {s.name: s.empty() for s in specs} | {
        "lines": line(0),
        "option_ratios": OPTION_RATIOS.rows([r | {"line": "A"} for r in ratios]),
        "work_orders": WORK_ORDERS.rows(orders),
    }


def released(tables: Tables, found: Decision) -> Tables:
    """The day with this sequence released, 200 slots frozen, ten machines kitted from a lot on hold."""
    slots = {r["work_order"]: r["slot"] for r in found.rows.to_pylist()}
    rows = [r | {"rank": slots[r["work_order"]]} for r in tables["work_orders"].to_pylist()]
    at_slot = {slot: code for code, slot in slots.items()}
    spread = [at_slot[at] for at in np.linspace(50, MACHINES - 50, HELD).astype(int).tolist()]
    kits = [{"work_order": code, "component": "pump", "part": "pump", "lot": "L9"} for code in spread]
    return tables | {"lines": line(FROZEN), "work_orders": WORK_ORDERS.rows(rows), "kits": KITS.rows(kits)}


def suspect() -> pa.Table:
    lot: Row = {"part": "pump", "lot": "L9", "rank": 1, "machines": 9, "failures": 5, "expected": 1.0, "ratio": 5.0}
    return SUSPECT_LOTS.rows([lot | {"evidence": 4.0, "hold": True, "reason": "explains_issue"}])


def report(name: str, tables: Tables, **options: object) -> Tables:
    """Sequence, release, hold ten, sequence again; print it beside closing up and starting from scratch."""
    first = sequence_line(**tables, today=DAY, days=1, move_s=0.0, **options)
    after = released(tables, first)
    before = time.process_time()
    found = sequence_line(**after, suspect_lots=suspect(), today=DAY, days=1, **options)
    spent = time.process_time() - before
    closed = sequence_line(**after, suspect_lots=suspect(), today=DAY, days=1, moves=0, **options)
    rows = found.rows.to_pylist()
    icy = sorted((r for r in after["work_orders"].to_pylist() if r["rank"] <= FROZEN), key=lambda r: r["rank"])
    held = {r["work_order"] for r in rows if r["held"]}
    kept = [r["work_order"] for r in icy if r["work_order"] not in held]
    whole = [r["work_order"] for r in rows[: len(kept)]] == kept
    moved = [r for r in rows if r["shift"] and not r["held"]]
    said = all(r["reason"] in sequence_line.contract.reasons and sequence_line.sentence(r) for r in moved)
    print(f"{name}: {MACHINES} machines, {FROZEN} frozen, {len(held)} put on hold")
    _bar("CPU s after compiling", spent, 2.0, spent <= 2.0)
    _bar("frozen part untouched", len(kept), len(kept), whole)
    listed = said and len(moved) == found.figures["moved"]
    _bar("machines moved, each listed with its reason", len(moved), len(moved), listed)
    proof, still = found.proof, closed.proof.value
    print(f"   cost {proof.value:.0f} s, bound {proof.against:.0f} s; closing up only {still:.0f} s")
    return after


def _bar(what: str, value: object, bar: object, met: bool) -> None:
    shown = f"{value:.2f}" if isinstance(value, float) else value
    print(f"   {what:46s} {shown!s:>8} of {bar!s:>5}   {'met' if met else 'SHORT'}")


def swaps_over_http(tables: Tables, tries: int = 30) -> None:
    """Serve the made day and swap slots on its board."""
    import uvicorn

    from smilecurve.app.http.server import create_app
    from smilecurve.loop.run import run_desk
    from smilecurve.terms.tables import table
    from smilecurve.thread.store import open_thread

    with tempfile.TemporaryDirectory() as folder:
        with open_thread(Path(folder)) as thread:
            for name in ("lines", "stations", "tasks", "task_times", "option_ratios"):
                thread.put(table(name), tables[name], by="bench")
            thread.append([_event(r) for r in tables["work_orders"].to_pylist()])
            code = run_desk(thread, "line.sequence", {"today": DAY, "days": 1, "moves": 50_000}).decision
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(create_app(Path(folder)), port=port, log_level="error"))
        serving = threading.Thread(target=server.run, daemon=True)
        serving.start()
        while not server.started:
            time.sleep(0.05)
        calls = http.client.HTTPConnection("127.0.0.1", port)
        calls.request("GET", f"/decisions/{code}")
        calls.getresponse().read()
        rng, wall, cpu = np.random.default_rng(3), [], []
        for _ in range(tries):
            one, other = rng.choice(np.arange(FROZEN + 1, MACHINES), 2, replace=False)
            body = urllib.parse.urlencode({"line": "A", "swap": f"{one},{other}"})
            began, spent = time.perf_counter(), time.process_time()
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            calls.request("POST", f"/decisions/{code}/swaps/look", body, form)
            answer = calls.getresponse()
            assert answer.status == 200, answer.read()
            json.loads(answer.read())
            wall.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - spent))
        server.should_exit = True
        serving.join(timeout=15)
    print(f"takt board: a swap among {MACHINES} machines over HTTP, {tries} tries")
    _bar("CPU ms, median", statistics.median(cpu), 150, statistics.median(cpu) <= 150)
    _bar("wall ms, median", statistics.median(wall), 150, statistics.median(wall) <= 150)
    print(f"   wall ms, longest {max(wall):.0f}")


def _event(row: Row) -> Row:
    details = {k: row[k] for k in ("colour", "options", "rank")} | {"due": str(row["due"])}
    about: Row = {"kind": "work_order", "event_time": datetime(2026, 3, 1, tzinfo=UTC), "source": "bench"}
    return about | {"ref": row["work_order"], "part": row["model"], "place": "A", "details": json.dumps(details)}


def main() -> None:
    made = made_day()
    sequence_line(**made, today=DAY, days=1, moves=100)
    folder = DATA / "carseq/roadef2005/Instances_set_X/024_EP_RAF_ENP_S49_J2"
    if folder.is_dir():
        report("Renault 024_EP_RAF_ENP_S49_J2", renault_day(folder), open_end=True, batch_limit=10)
    else:
        print("Renault's day: no folder shared/data beside the repository")
    report("a made line of 30 stations", made)
    swaps_over_http(made | {"lines": line(FROZEN)})


if __name__ == "__main__":
    main()
