"""How close is the flow engine to exact lines, how honest are its intervals, how fast is it against SimPy?

Each bar beside what we reach. Exact lines: the 38 of the data set and 40 more solved here by solve.flow_exact, unequal
and with stops, 2,000,000 parts each (the warm-up of each of the 200 runs among them), plain and freed from luck by
control variates. Intervals: 200 seeds on four lines. Speed: the same 30-station lines written for SimPy, CPU seconds a
part, both in this run, SimPy on fewer parts because its cost a part does not change. Decomposition: 36 balanced and 8
uneven lines of 30 stations that stand up to 3 % of their working time, then 12 beyond. Places: against brute force.

Run: python benchmarks/line_simulate.py [all]   (without `all` every third decomposed line; needs `../shared/data/line`)
"""

from __future__ import annotations

import csv
import os
import random
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
import simpy

from smilecurve.solve._flow_running import controlled, interval, replicate
from smilecurve.solve.flow import Line, throughput
from smilecurve.solve.flow_decomposition import decomposed
from smilecurve.solve.flow_exact import exact_throughput
from smilecurve.solve.flow_loss import losses
from smilecurve.solve.flow_places import PlaceTrial

SHARED = os.environ.get("SMILECURVE_SHARED_DATA") or Path(__file__).resolve().parents[1].parent / "shared" / "data"
DATA = Path(SHARED) / "line" / "flowline" / "exact_exponential_lines.csv"
PARTS, RUNS, WARM = 2_000_000, 200, 500
STATIONS, PLACES = 30, 2


def told(bar: str, reached: str, met: bool) -> None:
    print(f"  {'met  ' if met else 'SHORT'}  {bar}: {reached}")


def given_lines() -> list[tuple[str, Line, float]]:
    """The lines of the data set, read as they are; none where the data are absent."""
    if not DATA.exists():
        return []
    found = []
    with DATA.open() as file:
        for row in csv.DictReader(file):
            rates = np.array([float(v) for v in row["service_rates"].split()])
            fails = [float(v) for v in row["fail_rates_per_up_time_while_working"].split()]
            mends = [float(v) for v in row["repair_rates"].split()]
            repair = [1.0 / m if m else 0.0 for m in mends]
            line = Line(1 / rates, [int(v) for v in row["buffers"].split()], cv=1.0, stop_rate=fails, repair=repair)
            found.append((row["id"], line, float(row["throughput_exact"])))
    return found


def own_lines() -> list[tuple[str, Line, float]]:
    """Forty lines of 2 to 4 stations drawn by number, unequal, every second one with stops."""
    found = []
    for number in range(40):
        rng = random.Random(number)
        stations = 2 + number % 3
        mean = [round(rng.uniform(0.6, 1.4), 2) for _ in range(stations)]
        buffers = [rng.randint(0, 3) for _ in range(stations - 1)]
        stop = [round(rng.uniform(0.01, 0.08), 3) if number % 2 else 0.0 for _ in range(stations)]
        line = Line(
            mean, buffers, cv=1.0, stop_rate=stop, repair=[round(rng.uniform(1, 4), 1) for _ in range(stations)]
        )
        found.append((f"S{number + 1:02d}", line, exact_throughput(line)))
    return found


def exact_lines() -> None:
    print(f"exact lines, {PARTS:,} parts each in {RUNS} runs, bar: within 0.1 %")
    for name, cases in (("data set", given_lines()), ("solved here", own_lines())):
        off, plain, held = [], [], 0
        begin = time.process_time()
        for _, line, exact in cases:
            flow = throughput(line, jobs=PARTS // RUNS - WARM, warm=WARM, replications=RUNS, seed=1)
            off.append(abs(flow.rate / exact - 1))
            plain.append(abs(flow.plain / exact - 1))
            held += flow.low <= exact <= flow.high
        if not cases:
            print(f"  none   {name}: no data")
            continue
        spent = time.process_time() - begin
        within = sum(o <= 1e-3 for o in off)
        by_luck = sum(p <= 1e-3 for p in plain)
        told(
            f"{len(cases)} lines, {name}",
            f"{within} within, worst {max(off):.3%}; plain mean {by_luck} within, worst {max(plain):.3%}; "
            f"{held} intervals hold; {spent:.1f} CPU s",
            within == len(cases),
        )


def coverage() -> None:
    print("intervals of 95 %, 200 seeds each, bar: 90 to 99 % hold the exact value")
    cases = {
        "3 exponential stations, no place": Line([1.0] * 3, [0, 0], cv=1.0),
        "2 exponential stations, 8 places": Line([1.0] * 2, [8], cv=1.0),
        "4 unequal stations": Line([1.0, 0.7, 0.9, 0.8], [1, 0, 2], cv=1.0),
        "3 stations with stops": Line([1.0, 0.8, 1.0], [1, 2], cv=1.0, stop_rate=[0.1, 0.0, 0.05], repair=2.0),
    }
    for name, line in cases.items():
        exact = 1 / exact_throughput(line)
        held = np.zeros(2)
        for seed in range(200):
            runs = replicate(line.figures, 1_000, 300, 40, seed)
            for k, found in enumerate((interval(runs.cycles), controlled(runs))):
                held[k] += abs(found.mean - exact) <= found.half
        told(
            name,
            f"plain {held[0] / 200:.1%}, freed from luck {held[1] / 200:.1%}",
            bool(((held >= 180) & (held <= 198)).all()),
        )


def by_simpy(parts: int, stop_rate: float, repair: float) -> float:
    """CPU seconds a part of the same line in SimPy: a process a station, a store a buffer, a part kept until it fits.

    Its time a part must lie where ours lies, so that both simulate the same line.
    """
    env = simpy.Environment()
    stores = [simpy.Store(env, capacity=PLACES) for _ in range(STATIONS - 1)]
    rng, done, gone = random.Random(1), env.event(), [0]

    def station(at: int):
        life = rng.expovariate(stop_rate) if stop_rate else float("inf")
        while True:
            part = (yield stores[at - 1].get()) if at else 1
            left = 1.0
            while life < left:
                yield env.timeout(life)
                left -= life
                yield env.timeout(rng.expovariate(1 / repair))
                life = rng.expovariate(stop_rate)
            yield env.timeout(left)
            life -= left
            if at < STATIONS - 1:
                yield stores[at].put(part)
            else:
                gone[0] += 1
                if gone[0] == parts:
                    done.succeed()

    for at in range(STATIONS):
        env.process(station(at))
    begin = time.process_time()
    env.run(done)
    spent = time.process_time() - begin
    line = Line([1.0] * STATIONS, [PLACES] * (STATIONS - 1), stop_rate=stop_rate, repair=repair)
    ours = replicate(line.figures, parts, 0, 20, 0).cycles
    assert abs(env.now / parts - ours.mean()) < 4 * ours.std() + 0.03, "SimPy simulates another line"
    return spent / parts


def by_flow(parts: int, stop_rate: float, repair: float, *, crew: bool = False) -> float:
    """CPU seconds a part of the same line here; with a crew that is never short in number, event by event."""
    line = Line([1.0] * STATIONS, [PLACES] * (STATIONS - 1), stop_rate=stop_rate, repair=repair)
    if crew:
        line = Line([1.0] * STATIONS, [PLACES] * (STATIONS - 1), stop_rate=stop_rate, repair=repair, crew=0, people=[2])
    replicate(line.figures, 10, 0, 1, 0)
    begin = time.process_time()
    replicate(line.figures, parts, 0, 1, 0)
    return (time.process_time() - begin) / parts


def speed() -> None:
    print(f"speed, {STATIONS} stations, {PLACES} places a gap, CPU seconds a part against SimPy {simpy.__version__}")
    for name, stop_rate, bar in (("deterministic", 0.0, 1_000), ("with breakdowns", 0.01, 200)):
        peer = min(by_simpy(1_500, stop_rate, 5.0) for _ in range(3))
        ours = min(by_flow(200_000, stop_rate, 5.0) for _ in range(3))
        told(
            f"{name}, >= {bar:,} x",
            f"{peer * 1e6:.0f} us against {ours * 1e6:.3f} us: {peer / ours:,.0f} x",
            peer / ours >= bar,
        )
    peer, ours = by_simpy(1_500, 0.01, 5.0), min(by_flow(10_000, 0.01, 5.0, crew=True) for _ in range(2))
    print(f"  by events (two repairers): {ours * 1e6:.1f} us a part, {peer / ours:,.0f} x SimPy without repairers")


def decomposition(every: int) -> None:
    print("decomposition against simulation, 30 unreliable stations, bar: within 3 %")
    usual = [(s, r, b, 0.0) for s in (0.005, 0.015, 0.03) for r in (2.0, 6.0, 20.0) for b in (1, 3, 8, 20)]
    uneven = [(s, r, b, 0.1) for s in (0.015, 0.03) for r in (2.0, 6.0) for b in (2, 8)]
    beyond = [(0.06, r, b, 0.0) for r in (2.0, 6.0, 20.0) for b in (1, 3, 8, 20)]
    for name, cases in (
        ("balanced", usual[::every]),
        ("uneven by 10 %", uneven[::every]),
        ("beyond: 6 % standing", beyond[::every]),
    ):
        off, spent = [], 0.0
        for stands, repair, places, spread in cases:
            mean = 1.0 + spread * np.random.default_rng(places).uniform(-1, 1, STATIONS)
            line = Line(mean, [places] * (STATIONS - 1), stop_rate=stands / repair, repair=repair)
            begin = time.process_time()
            guess = decomposed(line).rate
            spent += time.process_time() - begin
            off.append(abs(guess / throughput(line, jobs=50_000, warm=5_000, replications=6).rate - 1))
        within = sum(o <= 0.03 for o in off)
        told(
            f"{len(cases)} lines {name}",
            f"{within} within, mean {np.mean(off):.2%}, worst {max(off):.2%}; {spent / len(cases) * 1e3:.0f} ms each",
            within == len(cases),
        )


def places() -> None:
    print("buffer places against every way to lay them out, solved exactly")
    for mean, more in (([1.0] * 4, 4), ([1.0, 1.3, 1.0, 0.9], 3), ([0.8, 1.0, 1.0, 1.2], 4)):
        found = PlaceTrial(Line(mean, [0] * 3, cv=1.0), jobs=20_000, replications=4).lay_out(more)
        rates = {w: exact_throughput(Line(mean, w)) for w in product(range(more + 1), repeat=3) if sum(w) == more}
        ours, best = rates[tuple(found.places[:-1].tolist())], max(rates.values())
        told(
            f"{more} places on {mean}",
            f"{ours:.5f} of at best {best:.5f}, {found.tried} tried of {len(rates)}",
            ours >= 0.999 * best,
        )


def split() -> None:
    print("loss split, bar: sums to 100 %")
    work = [[1.0, 1.1, 0.9, 1.2], [1.2, 0.8, 1.1, 1.0]]
    line = Line(work, [1, 1, 1], cv=0.2, stop_rate=0.01, repair=4.0, sequence=[0, 1, 1])
    shares = losses(line).shares
    said = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    told("2 models on 4 stations", said, abs(sum(shares.values()) - 1) < 1e-9)


def main() -> None:
    whole = "all" in sys.argv[1:]
    throughput(Line([1.0, 1.0], [1], cv=1.0, stop_rate=0.1, repair=1.0), jobs=10, warm=0, replications=2)
    exact_lines()
    coverage()
    speed()
    decomposition(1 if whole else 3)
    places()
    split()


if __name__ == "__main__":
    main()
