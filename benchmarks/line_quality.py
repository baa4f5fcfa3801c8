"""How many characteristics can be watched at once, against one chart at a time, and are the numbers the published ones?

100,000 seeded characteristics of 30 subgroups of five pieces: means, ranges, limits from 25 subgroups, the eight rules
of Nelson, and Cpk with its interval, in one call each. The peer is what one would write otherwise: numpy over one
characteristic at a time, rules by convolution, on a sample in the same run. Then every published number of
../shared/data/learn that concerns charts and sampling plans (SMILECURVE_SHARED_DATA names another folder), and how
often the charts call although nothing changed, beside theory. CPU seconds of one thread; the first call compiles and
is not counted.

Run: python benchmarks/line_quality.py [all]
"""

from __future__ import annotations

import csv
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.control import charts, counted, distance, moving_ranges
from smilecurve.solve.control_capability import central_index, near_index, width_index
from smilecurve.solve.control_constants import range_constants
from smilecurve.solve.control_memory import cusum, cusum_run_length, ewma, ewma_run_length
from smilecurve.solve.control_rules import RULE_SETS, read_patterns
from smilecurve.solve.sampling import Plan, accepted
from smilecurve.solve.sampling_tables import code_letter, table_plan

Floats = NDArray[np.float64]
CHARTS, GROUPS, PIECES, BASE, PEERS = 100_000, 30, 5, 25, 1_000
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "learn"
PRINTED = (2.326, 0.8640855)
"""d2 and d3 of five pieces as the tables of R's qcc print them."""


def watch(values: Floats) -> tuple[NDArray[np.uint16], Floats]:
    """Every chart at once: the patterns at each point, and Cpk."""
    means = values.mean(axis=2)
    ranges = values.max(axis=2) - values.min(axis=2)
    base = np.broadcast_to(np.arange(values.shape[1]) < BASE, means.shape)
    limits = charts(means, ranges, PIECES, base)
    z = distance(means, limits.centre[:, None], limits.sigma[:, None] / np.sqrt(PIECES))
    bits = read_patterns(z, "nelson")
    pieces = np.full(len(values), float(BASE * PIECES))
    low, high = limits.centre - 5.0, limits.centre + 4.5
    return bits, near_index(limits.centre, limits.sigma, low, high, pieces).value


def peer(values: Floats, d2: float) -> tuple[list[bool], float]:
    """One chart by plain numpy: does each point complete a pattern, and Cpk."""
    means, ranges = values.mean(axis=1), np.ptp(values, axis=1)
    centre, sigma = means[:BASE].mean(), ranges[:BASE].mean() / d2
    z = (means - centre) / (sigma / np.sqrt(PIECES))
    called = np.abs(z) > 3

    def ending(mark: NDArray[np.bool_], window: int, least: int) -> NDArray[np.bool_]:
        found = np.convolve(mark, np.ones(window), "full")[: mark.size] >= least
        return found & mark

    for side in (z, -z):
        called |= ending(side > 0, 9, 9) | ending(side > 2, 3, 2) | ending(side > 1, 5, 4)
        rising = np.append(False, np.diff(side) > 0)
        called |= ending(rising, 5, 5)
    steps = np.sign(np.append(0.0, np.diff(z)))
    turns = np.append(False, steps[1:] * steps[:-1] < 0)
    called |= ending(turns, 12, 12) | ending(np.abs(z) < 1, 15, 15) | ending(np.abs(z) > 1, 8, 8)
    return called.tolist(), float(min(5.0, 4.5) / (3 * sigma))


def spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def speed(peers: int) -> None:
    """Time both on the same values and compare their answers."""
    draws = np.random.default_rng(7).standard_normal((CHARTS, GROUPS, PIECES))
    watch(draws[:10])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = spent(lambda: watch(draws))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bits, able = watch(draws)
    sample = np.linspace(0, CHARTS - 1, peers).astype(int)
    d2 = range_constants(PIECES)[0]
    theirs: list[tuple[list[bool], float]] = []
    other = spent(lambda: theirs.extend(peer(draws[at], d2) for at in sample))
    same = sum((bits[at] > 0).tolist() == called for at, (called, _) in zip(sample, theirs, strict=True))
    apart = max(abs(able[at] - cpk) for at, (_, cpk) in zip(sample, theirs, strict=True))
    print(f"{CHARTS:,} characteristics, {GROUPS} subgroups of {PIECES}: {CHARTS * GROUPS * PIECES:,} values")
    print(f"  all at once        {seconds:8.2f} s CPU   {CHARTS / seconds:12,.0f} a second")
    print(f"  peak memory        {after / 1024:8,.0f} MB, {(after - before) / 1024:,.0f} MB of it above the values")
    print(f"  one at a time      {other * CHARTS / peers:8.2f} s CPU   {peers / other:12,.0f} a second", end="")
    print(f"   (measured on {peers:,}, evenly spread)   ours {other * CHARTS / peers / seconds:,.0f} x")
    met = same == peers and apart < 1e-9
    print(f"  same signals on {same} of {peers}, Cpk apart by {apart:.1e} at most: {'met' if met else 'SHORT'}")


def false_alarms() -> None:
    """Share of points that call on an unchanged process with known limits, and run lengths, beside theory."""
    from scipy.stats import norm

    draws = np.random.default_rng(3).standard_normal((4_000, 1_000))
    theory = {"limits": 2 * norm.sf(3), "western_electric": None, "nelson": None}
    print("\nfalse alarms of an unchanged process        measured     theory")
    for rules in RULE_SETS:
        bits = read_patterns(draws, rules) > 0
        known = theory[rules]
        print(f"  {rules:20s} share of points  {bits.mean():12.5f} {known if known else '':10.7}")
        if rules == "western_electric":
            first = np.where(bits.any(axis=1), bits.argmax(axis=1) + 1, draws.shape[1])
            off = 3 * first.std() / np.sqrt(first.size)
            met = "met" if abs(first.mean() - 91.75) < off else "SHORT"
            print(
                f"  {'':20s} points to first  {first.mean():12.2f} {91.75:10} {met} (Champ & Woodall 1987, -+{off:.1f})"
            )
    above, below = cusum(draws)
    out = np.maximum(above, below) > 4
    first = np.where(out.any(axis=1), out.argmax(axis=1) + 1, draws.shape[1])
    missed = 1 - np.exp(-1000 / cusum_run_length(0.5, 4.0))
    print(f"  cusum 0.5, 4         out in 1,000     {out.any(axis=1).mean():12.4f} {missed:10.4f} (about)")


def close(got: list[float], wanted: list[float], within: float) -> int:
    return sum(abs(a - b) <= within for a, b in zip(got, wanted, strict=True))


def told(what: str, met: int, of: int) -> None:
    print(f"  {what:44s} {met:11,} {of:9,}  {'met' if met == of else 'SHORT'}")


def oracles() -> None:
    """Count the published numbers that are met."""
    if not DATA.is_dir():
        print(f"\nno published numbers: {DATA.name} is not there")
        return
    print("\npublished numbers                                      met        of")
    met, total = qcc()
    told("R qcc 2.7, charts and capability, 1e-8", met, total)
    with (DATA / "oracle_spc_arl.csv").open() as file:
        rows = list(csv.DictReader(file, restkey="rest"))
    met = 0
    for row in rows:
        one, two, shift = (float(v) for v in re.findall(r"=(-?[\d.]+)", f"{row['params']}{row.get('rest')}"))
        length = cusum_run_length if "cusum" in row["metric"] else ewma_run_length
        met += abs(length(one, two, shift) - float(row["value"])) <= 1e-4
    told("R spc 0.6.7, run lengths, 1e-4", met, len(rows))
    with (DATA / "oracle_z14_single.csv").open() as file:
        rows = list(csv.DictReader(file))
    met = 0
    for row in rows:
        lot = int(row["lot"].rstrip("+").split("-")[-1])
        plan = table_plan(row["plan"].lower(), code_letter(lot, row["level"]), float(row["aql"]))  # type: ignore[arg-type]
        met += plan == Plan.single(int(row["n"]), int(row["Ac"]), int(row["Re"]))
    told("MIL-STD-105E single plans, exactly", met, len(rows))
    with (DATA / "oracle_acceptance_oc.csv").open() as file:
        rows = list(csv.DictReader(file))
    met = 0
    for row in rows:
        plan, share = Plan.single(int(row["n"]), int(row["c"])), float(row["p"])
        met += abs(accepted(plan, share) - float(row["Pa_binomial"])) <= 1e-8
        met += abs(accepted(plan, share, law="poisson") - float(row["Pa_poisson"])) <= 1e-8
        met += abs(accepted(plan, share, law="hypergeometric", lot=1000) - float(row["Pa_hyper_N1000"])) <= 1e-8
    whole = 3 * len(rows)
    told("chances to accept, three laws, 1e-8", met, whole)


def qcc() -> tuple[int, int]:
    """How many of the numbers that R's qcc printed are met, and how many there are."""
    said: dict[str, list[float]] = {}
    for text in (DATA / "oracle_qcc27.txt").read_text().splitlines():
        name = re.match(r"[A-Za-z_. ]+", text)
        if name and not text.startswith(" "):
            said[name.group().strip()] = [float(v) for v in re.findall(r"(?<![\w.])-?\d+\.?\d*(?![\w.])", text)]

    def column(name: str, at: int) -> Floats:
        lines = (DATA / "qcc" / name).read_text().splitlines()[1:]
        return np.array([float(text.split()[at]) for text in lines if text.strip()])

    values = column("pistonrings.txt", 0).reshape(-1, 5)
    means, base = values.mean(axis=1)[None], np.arange(40)[None] < 25
    rings = charts(means, np.ptp(values, axis=1)[None], 5, base, constants=PRINTED)
    deviations = charts(means, values.std(axis=1, ddof=1)[None], 5, base, spread="deviation")
    low, high, target, pieces = (np.array([v]) for v in (73.95, 74.05, 74.0, 125.0))
    c, s, step = rings.centre, rings.sigma, rings.sigma / np.sqrt(5)
    one = column("viscosity.txt", 1)[None, :20]
    single = charts(one, moving_ranges(one), 1, constants=(1.128, 0.853))
    smoothed = ewma(means, c, step)
    above, _ = cusum(distance(means, c[:, None], step[:, None]))
    p = counted("p", column("orangejuice.txt", 1)[None, :30], np.full((1, 30), 50.0))
    defects = counted("c", column("circuit.txt", 1)[None, :26], np.full((1, 26), 100.0))
    units = counted("u", column("pcmanufact.txt", 0)[None], column("pcmanufact.txt", 1)[None])
    indices = {
        "Cp": width_index(s, low, high, pieces),
        "Cp_k": near_index(c, s, low, high, pieces),
        "Cpm": central_index(c, s, low, high, target, pieces),
    }
    out = np.flatnonzero((p.value[0] > p.upper[0]) | (p.value[0] < p.lower[0])) + 1.0
    got: dict[str, list[Floats]] = {
        "xbar center": [c, s, rings.lower, rings.upper],
        "R center": [rings.spread_centre, s, rings.spread_lower, rings.spread_upper],
        "S center": [deviations.spread_centre, deviations.sigma, deviations.spread_lower, deviations.spread_upper],
        "p chart orangejuice center": [p.centre[:, 0], p.lower[:, 0], p.upper[:, 0], *out[:, None]],
        "c chart circuit center": [defects.centre[:, 0], defects.lower[:, 0], defects.upper[:, 0]],
        "u chart pcmanufact center": [units.centre[:, 0], units.lower[:, 0], units.upper[:, 0]],
        "xbar.one viscosity center": [single.centre, single.sigma, single.lower, single.upper],
        **{name: [index.value, index.low, index.high] for name, index in indices.items()},
    }
    met = sum(close([float(v[0]) for v in values], said[name], 1e-8) for name, values in got.items())
    met += close(smoothed.value[0, 36:].tolist(), said["ewma"][-6:-2], 1e-8)
    met += close([float(smoothed.lower[0, -1]), float(smoothed.upper[0, -1])], said["ewma"][-2:], 5e-7)  # printed so
    met += close(above[0, 36:].tolist(), said["cusum"][-8:-4], 1e-8)
    met += close((np.flatnonzero(above[0] > 5) + 1.0).tolist(), said["cusum"][-4:], 0.0)
    return met, sum(len(said[name]) for name in got) + 6 + 8


def main() -> None:
    speed(CHARTS if "all" in sys.argv[1:] else PEERS)
    false_alarms()
    oracles()


if __name__ == "__main__":
    main()
