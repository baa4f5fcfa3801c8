"""How fast does the thread load, and how fast does it answer, at a fleet's size?

    python benchmarks/thread_load.py --machines 140000 --links 40

Builds a synthetic fleet with powder -> cell -> pack -> machine lots (sizes log-uniform 50-5000, 3 % stragglers), loads
it in cohorts, and prints load rates, bytes a machine, containment and story times, and durable append rates. Seeded.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from smilecurve.terms.event import COMPONENTS_TYPE
from smilecurve.terms.tables.learn import LIFE_GROUPS, LOT_EXPOSURE
from smilecurve.terms.tables.market import MARKETS, MODELS
from smilecurve.terms.tables.supply import PARTS
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.store import Thread, open_thread

DAY = 86_400_000_000
T0 = 1_640_995_200_000_000
CODES = ("ID", "IN", "AE", "SA", "TR", "DE", "FR", "ES", "IT", "US", "BR", "TH")
COHORT = 70_000


def codes(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Codes such as PACK-17 for an array of numbers, dictionary-built."""
    values, index = np.unique(numbers, return_inverse=True)
    texts = pa.array([f"{prefix}-{v}" for v in values.tolist()])
    return pa.DictionaryArray.from_arrays(pa.array(index.ravel(), pa.int32()), texts).cast(pa.string())


def components(columns: list[tuple[str, str, pa.Array]]) -> pa.Array:
    """One list of (component, part, lot) a row from a column of lots a place."""
    n, width = len(columns[0][2]), len(columns)
    order = pa.array((np.arange(n)[:, None] + np.arange(width)[None, :] * n).ravel())
    lots = pa.concat_arrays([lot for _, _, lot in columns]).take(order)
    index = pa.array(np.tile(np.arange(width), n), pa.int32())
    places = [
        pa.DictionaryArray.from_arrays(index, pa.array([c[k] for c in columns])).cast(pa.string())
        for k in (0, 1)
    ]  # fmt: skip
    pieces = pa.StructArray.from_arrays([*places, lots], fields=list(COMPONENTS_TYPE.value_type))
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1) * width, pa.int32()), pieces)


class Fleet:
    """A synthetic fleet, given out cohort by cohort."""

    def __init__(self, machines: int, links: int, seed: int) -> None:
        self.machines = machines
        self.rng = np.random.default_rng(seed)
        self.direct = links - 4
        self.sizes = np.exp(self.rng.uniform(np.log(50), np.log(5000), self.direct + 1)).astype(int)
        self.seq = 0

    def cohorts(self) -> Iterator[pa.Table]:
        """The events of one cohort of machines after the other."""
        for first in range(0, self.machines, COHORT):
            yield self._cohort(np.arange(first, min(first + COHORT, self.machines)))

    def _lots(self, place: int, units: np.ndarray) -> np.ndarray:
        size = self.sizes[place]
        straggle = (self.rng.random(len(units)) < 0.03) * self.rng.integers(0, 3, len(units))
        return np.maximum(units // size - straggle, 0)

    def _cohort(self, units: np.ndarray) -> pa.Table:
        rng, n = self.rng, len(units)
        serial = pa.array([f"SN{u:09d}" for u in units.tolist()])
        built = T0 + (units * (1095 * DAY / self.machines)).astype(np.int64)
        market = np.array(CODES)[rng.integers(0, len(CODES), n)]
        model = np.array([f"M{i}" for i in range(24)])[rng.integers(0, 24, n)]
        packs = self._lots(self.direct, units)
        sold = built + 65 * DAY
        found = [self._lot_events(np.unique(packs), int(built[0]))]

        def add(kind: str, rows: np.ndarray, at: np.ndarray, **cells: object) -> None:
            fixed = {"kind": pa.array([kind] * len(rows)), "event_time": pa.array(at, pa.timestamp("us", "UTC"))}
            found.append(pa.table({**fixed, "machine": serial.take(pa.array(rows)), **cells}))

        every = np.arange(n)
        add("commissioning", every, built, part=model, place=["L1"] * n, ref=codes("WO", units))
        lots = [(f"place {j}", f"P{j}", codes(f"P{j}", self._lots(j, units))) for j in range(self.direct)]
        add(
            "assembling",
            every,
            built + DAY // 24,
            components=components([*lots, ("pack", "PACK", codes("PACK", packs))]),
        )
        add("storing", every, built + DAY, place=["STORE"] * n, ref=codes("SO", units // 5))
        add("shipping", every, built + 20 * DAY, market=market, place=["CNSHA"] * n, ref=codes("SO", units // 5))
        add("receiving", every, built + 50 * DAY, market=market, party=np.char.add("D-", market))
        add(
            "retail_selling",
            every,
            sold,
            market=market,
            party=codes("C", units),
            amount=rng.uniform(1e3, 1e5, n).round(),
            currency=["CNY"] * n,
            code=["dealer"] * n,
        )
        add("start_up", every, sold + DAY, market=market, party=np.char.add("SP-", market))
        for reading in range(12):
            add("meter_reading", every, sold + (reading + 1) * 45 * DAY, quantity=np.full(n, 150.0 * (reading + 1)))
        some = every[rng.random(n) < 0.19]
        parts = [f"P{j}" for j in rng.integers(0, self.direct, len(some)).tolist()]
        failed = sold[some] + rng.integers(10, 400, len(some)) * DAY
        add("failure", some, failed, part=parts, quantity=rng.uniform(10, 2000, len(some)).round())
        add(
            "claim",
            some,
            failed + 4 * DAY,
            part=parts,
            ref=codes("CL", units[some]),
            amount=rng.uniform(10, 900, len(some)).round(),
            currency=["CNY"] * len(some),
        )
        add(
            "replacing",
            some,
            failed + 5 * DAY,
            part=parts,
            component=[f"place {p[1:]}" for p in parts],
            lot=codes("SPARE", units[some] // 50),
        )
        table = pa.concat_tables(found, promote_options="default").sort_by("event_time")
        numbers = pa.array(np.arange(self.seq, self.seq + table.num_rows))
        self.seq += table.num_rows
        return table.append_column("source", pa.array(["bench"] * table.num_rows)).append_column("seq", numbers)

    def _lot_events(self, packs: np.ndarray, at: int) -> pa.Table:
        """Packs of two cell lots and a BMS lot; cell lots of powder lots, six cell lots each."""
        n = len(packs)
        inside = components(
            [
                ("cell a", "CELL", codes("CELL", packs)),
                ("cell b", "CELL", codes("CELL", packs + 1)),
                ("bms", "BMS", codes("BMS", packs // 4)),
            ]
        )
        cells = np.unique(np.concatenate([packs, packs + 1]))
        powder = components([("powder", "POWDER", codes("POWDER", cells // 6))])
        return pa.table({
            "kind": ["assembling"] * (n + len(cells)),
            "event_time": pa.array([at - DAY] * (n + len(cells)), pa.timestamp("us", "UTC")),
            "lot": pa.concat_arrays([codes("PACK", packs), codes("CELL", cells)]),
            "components": pa.concat_arrays([inside, powder]),
        })  # fmt: skip


def furnish(thread: Thread, links: int) -> None:
    zero = {"latitude": 0.0, "longitude": 0.0, "home": False, "currency": "CNY", "region": "R"}
    thread.put(
        MARKETS,
        MARKETS.rows(
            [
                {"market": m, "name": m, "climate": ("hot", "temperate", "cold")[i % 3], "depot": m, **zero}
                for i, m in enumerate(CODES)
            ]
        ),
    )
    size = {
        "length_m": 1.0,
        "width_m": 1.0,
        "height_m": 1.0,
        "mass_kg": 1.0,
        "price": 1.0,
        "currency": "CNY",
        "hs": "8432",
    }
    thread.put(MODELS, MODELS.rows([{"model": f"M{i}", "name": "m", "family": f"F{i % 4}", **size} for i in range(24)]))
    part = {
        "name": "p",
        "system": "s",
        "source": "buy",
        "supplier": "S",
        "lead_days": 1,
        "lot_least": 0.0,
        "lot_multiple": 1.0,
        "scrap": 0.0,
        "cost": 1.0,
        "currency": "CNY",
    }
    names = [f"P{j}" for j in range(links - 4)] + ["PACK", "CELL", "BMS", "POWDER"]
    thread.put(PARTS, PARTS.rows([{"part": p, "spare": True, **part} for p in names]))


def say(what: str, text: str) -> None:
    print(f"{what:<44} {text}", flush=True)


def clocked(what: str, work: Callable[[], int]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    rows = work()
    say(what, f"{rows:>12,} rows   {time.perf_counter() - wall:8.2f} s wall   {time.process_time() - cpu:8.2f} s CPU")


def percentiles(what: str, questions: list[str], ask: Callable[[str], pa.Table]) -> None:
    walls, cpus, rows = [], [], []
    for question in questions:
        wall, cpu = time.perf_counter(), time.process_time()
        rows.append(ask(question).num_rows)
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    p50, p95 = np.percentile(walls, [50, 95])
    say(
        what,
        f"p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   CPU p50 {np.median(cpus):7.1f} ms   rows {int(np.median(rows)):,}",
    )


def load(thread: Thread, fleet: Fleet, links: int) -> None:
    wall = cpu = 0.0
    events = 0
    for cohort in fleet.cohorts():
        before = time.perf_counter(), time.process_time()
        events += thread.load(cohort).added
        wall += time.perf_counter() - before[0]
        cpu += time.process_time() - before[1]
    n = fleet.machines
    say("load", f"{events:,} events + {n * links:,} links in {wall:.1f} s wall, {cpu:.1f} s CPU")
    say(
        "load rate",
        f"{events / cpu:,.0f} events and {n * links / cpu:,.0f} links a CPU-s; {events / wall:,.0f} events/s wall",
    )
    sizes: dict[str, int] = {}
    for segment in thread.segments.live():
        sizes[segment.tbl] = sizes.get(segment.tbl, 0) + segment.bytes
    shares = ", ".join(f"{t} {b / n:.0f}" for t, b in sorted(sizes.items(), key=lambda item: -item[1]) if b / n >= 1)
    say("bytes a machine", f"{sum(sizes.values()) / n:.0f} ({shares})")


def ask(folder: Path, fleet: Fleet) -> None:
    rng = np.random.default_rng(2)
    thread = open_thread(folder)
    clocked("open, first view of machines", lambda: thread.view(MACHINES).num_rows)
    first = "PACK-0"
    clocked("first containment", lambda: thread.containment(first).num_rows)
    direct = [
        f"P{j}-{rng.integers(0, max(1, fleet.machines // fleet.sizes[j]))}"
        for j in rng.integers(0, fleet.direct, 60).tolist()
    ]
    powder = max(1, fleet.machines // int(fleet.sizes[fleet.direct]) // 6)
    percentiles("containment of a direct lot", direct, thread.containment)
    percentiles(
        "containment of powder, three levels down",
        [f"POWDER-{i}" for i in rng.integers(0, powder, 30).tolist()],
        thread.containment,
    )
    serials = [f"SN{u:09d}" for u in rng.integers(0, fleet.machines, 60).tolist()]
    percentiles("story of a machine", serials, thread.story)
    percentiles("components of a machine", serials, thread.components)
    clocked("life groups (part x family x climate x month)", lambda: thread.view(LIFE_GROUPS).num_rows)
    clocked("lot exposure (part x lot x climate)", lambda: thread.view(LOT_EXPOSURE).num_rows)
    ticket = {"kind": "ticket", "event_time": thread.clock(), "machine": serials[0], "ref": "T-1", "code": "leak"}
    wall = time.perf_counter()
    thread.append([ticket])
    seen = thread.view(MACHINES, where={"machine": serials[0]}).num_rows
    say("one event in, its machine seen again", f"{(time.perf_counter() - wall) * 1000:,.0f} ms ({seen} row)")
    thread.close()


def append(folder: Path) -> None:
    thread = open_thread(folder)
    at = datetime(2025, 1, 1, tzinfo=UTC)
    for batch, rounds in ((1, 2000), (10, 300), (100, 100), (1000, 20), (10_000, 3)):
        sent = [
            [
                {"kind": "fault", "event_time": at, "machine": f"M{i % 97}", "code": "E1", "source": f"gate {batch}",
                 "seq": r * batch + i}
                for i in range(batch)
            ]
            for r in range(rounds)
        ]  # fmt: skip
        wall, cpu = time.perf_counter(), time.process_time()
        for events in sent:
            thread.append(events)
        took, used = time.perf_counter() - wall, time.process_time() - cpu
        say(
            f"durable append, batches of {batch:,}",
            f"{batch * rounds / took:>12,.0f} events/s wall   {used / batch / rounds * 1e6:8.1f} us CPU an event",
        )
    thread.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--machines", type=int, default=140_000)
    parser.add_argument("--links", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, default=None, help="keep the thread here instead of in a temporary folder"
    )
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="smilecurve-bench-"))
    print(f"{chosen.machines:,} machines x {chosen.links} links, seed {chosen.seed}")
    try:
        fleet = Fleet(chosen.machines, chosen.links, chosen.seed)
        thread = open_thread(folder / "fleet")
        thread.set_clock(datetime(2025, 6, 1, tzinfo=UTC))
        furnish(thread, chosen.links)
        load(thread, fleet, chosen.links)
        thread.close()
        ask(folder / "fleet", fleet)
        append(folder / "appends")
    finally:
        if chosen.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
