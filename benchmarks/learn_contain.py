"""Is the bad lot named first among 8,000, eight weeks after its first failures, and what does a scan of all links cost?

Worlds: 300,000 machines of 40 parts, built over two years. 8,000 lots of 50 to 5,000 pieces (sizes log-uniform), each
part in two streams of lots that follow one another, 3 in 100 pieces used up to ten weeks late. Two climates, one twice
as hard. The lot of one piece drawn evenly is bad: five times the hazard of its part. Lives are Weibull of a shape
nobody knows (0.8 to 2), 1.5 to 5 in 100 fail in the first year; failures are told some ten days late. We look 56 days
after the third failure among the machines with the lot, and all 8,000 lots of all parts are suspects. Expected failures
come from Weibull lives fitted to the whole fleet by climate (the bad lot included), at the age of every machine, as
learn.hazard has them. Lots of three failures and more are ranked by log-likelihood ratio; beside it, on the same
failures, by their share of failed machines, and by the number of failures. A tie counts against us.

The decision: the suspicious lots of the scan go to learn.contain as the table `lot_mixes` holds them.

The scan: links of 14 million machines sorted by lot, two columns of 32-bit integers (lot, unit) in one Parquet file a
part, as the thread seals them. What is timed is reading them, finding where each lot begins, and summing failures and
expectation of every lot. One part in ten has its lots scattered over all machines. By default 4 of the 40 parts, one of
them scattered; with `all` every one.

Run: python benchmarks/learn_contain.py [worlds, default 100, or all = 200 worlds and 40 parts]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from smilecurve.desks.learn.contain import find_suspect_lots
from smilecurve.solve.blaming import group_score
from smilecurve.solve.lives import exact_lives
from smilecurve.solve.survival import fit_weibull
from smilecurve.solve.tracing import sums_over_links
from smilecurve.terms.tables.learn import EMERGING_ISSUES, LOT_EXPOSURE, LOT_MIXES
from smilecurve.terms.tables.learn_lives import PART_LIFE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MACHINES, PARTS, LOTS, DAYS, MONTH = 300_000, 40, 8_000, 730.0, 30.4375
GREAT, WATCH_DAYS, RATIO, WORLDS_A_FLEET = 14_000_000, 56.0, 5.0, 25
SIZES = ((0, 200), (200, 1000), (1000, 10**9))


@dataclass(frozen=True)
class Fleet:
    """Machines and their lots; links sorted by lot."""

    begin: Ints
    member: NDArray[np.int32]
    started: Floats
    hard: NDArray[np.bool_]


def fleet(seed: int) -> Fleet:
    rng = np.random.default_rng([seed, 1])
    begins, members = [np.zeros(1, np.int64)], []
    for part in range(PARTS):
        size = np.exp(rng.uniform(np.log(50), np.log(5000), LOTS // PARTS))
        edges = np.cumsum(size / size.sum())[:-1]
        place = (np.arange(MACHINES) + 0.5) / MACHINES
        late = rng.random(MACHINES) < 0.03
        place[late] = np.maximum(place[late] - rng.uniform(0.0, 0.1, int(late.sum())), 0.0)
        lot = np.searchsorted(edges, (place + rng.integers(0, 2, MACHINES)) / 2)
        members.append(np.argsort(lot, kind="stable").astype(np.int32))
        begins.append(part * MACHINES + np.cumsum(np.bincount(lot, minlength=size.size)))
    built = np.sort(rng.uniform(0, DAYS, MACHINES))
    started = built + 10.0 + rng.exponential(20.0, MACHINES)
    return Fleet(np.concatenate(begins), np.concatenate(members), started, rng.random(MACHINES) < 0.4)


@dataclass(frozen=True)
class Seen:
    """What is known on the day we look; `bad`: the lot to be found."""

    bad: int
    size: int
    failed: NDArray[np.bool_]
    months: Floats
    working: NDArray[np.bool_]


def failures(world: Fleet, seed: int) -> Seen:
    rng = np.random.default_rng([seed, 2])
    shape, year_rate = rng.uniform(0.8, 2.0), np.exp(rng.uniform(np.log(0.015), np.log(0.05)))
    scale = 12.0 / year_rate ** (1.0 / shape)
    while True:
        bad = int(np.searchsorted(world.begin, rng.integers(0, world.member.size), side="right")) - 1
        mine = world.member[world.begin[bad] : world.begin[bad + 1]]
        stress = np.where(world.hard, 2.0, 1.0)
        stress[mine] *= RATIO
        life = scale * (rng.exponential(size=MACHINES) / stress) ** (1.0 / shape) * MONTH
        day = world.started + life
        third = float(np.partition(day[mine], 2)[2])
        if third < DAYS:
            break
    now = third + WATCH_DAYS
    heard = day + rng.exponential(10.0, MACHINES)
    working = world.started < now
    failed = (heard <= now) & working
    months = np.where(working, np.where(failed, day, now) - world.started, 0.0) / MONTH
    return Seen(bad, mine.size, failed, np.maximum(months, 0.0), working)


def expected(world: Fleet, seen: Seen) -> Floats:
    """Failures that a Weibull life of each climate, fitted to whole months, lets expect of each machine."""
    there = np.flatnonzero(seen.working)
    month, gone = np.floor(seen.months[there]).astype(np.int64), seen.failed[there]
    cell = (month * 2 + gone) * 2 + world.hard[there]
    found, number = np.unique(cell, return_counts=True)
    age, down, hard = found // 4 + 0.5, (found // 2) % 2 == 1, found % 2
    order = np.argsort(hard, kind="stable")
    fits = fit_weibull(
        exact_lives(age[order], down[order], stratum=hard[order], weight=number[order].astype(np.float64), strata=2)
    )
    which = world.hard.astype(np.int64)
    due = (seen.months / fits.scale[which]) ** fits.shape[which]
    return np.asarray(due * seen.failed.sum() / due.sum())


def places(sums: Floats, held: Floats, bad: int, total: float) -> dict[str, int]:
    """The place of the bad lot in each ranking, from 1; ties count against it."""
    few = sums[:, 0] < 3
    score = np.where(few, -1.0, group_score(sums[:, 0], sums[:, 1], total))
    share = np.where(few, -1.0, sums[:, 0] / np.maximum(held, 1.0))
    ranked = {"ours": score, "by share": share, "by number": sums[:, 0]}
    return {name: int((v >= v[bad]).sum()) for name, v in ranked.items()}


def decided(world: Fleet, seen: Seen, due: Floats, sums: Floats) -> tuple[bool, int]:
    """Is the bad lot held by learn.contain, and how many sound ones beside it?"""
    o, e = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where((o >= 3) & (o > 1.5 * e), o * np.log(o / e) - o + e, 0.0)
    some = np.argsort(-score)[:30]
    some = some[score[some] >= 3.0]
    inside = np.zeros((MACHINES, some.size), bool)
    for k, lot in enumerate(some):
        inside[world.member[world.begin[lot] : world.begin[lot + 1]], k] = True
    packed = np.packbits(inside, axis=1) if some.size else np.zeros((MACHINES, 1), np.uint8)
    key = np.zeros(MACHINES, np.int64)
    for column in packed.T:
        key = key * 256 + column
    key[~seen.working] = -1
    found, first, cell = np.unique(key, return_index=True, return_inverse=True)
    machines, failed, hoped = (np.bincount(cell, v) for v in (np.ones(MACHINES), seen.failed, due))
    rows = []
    for c in range(found.size):
        if found[c] < 0:
            continue
        lots = [("part", f"L{some[k]:04d}") for k in np.flatnonzero(inside[first[c]])] or [("", "")]
        rows += [
            {
                "failing": "part", "mix": str(c), "part": part, "lot": lot, "supplier": None,
                "machines": int(machines[c]), "failures": int(failed[c]), "expected": float(hoped[c]), "to_come": 0.0,
                "tried": LOTS,
            }
            for part, lot in lots
        ]  # fmt: skip
    own = LOT_EXPOSURE.rows(
        [
            {
                "part": "part",
                "lot": "-",
                "supplier": None,
                "climate": "hot",
                "machines": 1,
                "service_months": 1.0,
                "failures": 0,
            }
        ]
    )
    told = find_suspect_lots(own, LOT_MIXES.rows(rows), EMERGING_ISSUES.empty(), PART_LIFE.empty()).rows.to_pylist()
    held = {r["lot"] for r in told if r["hold"]}
    return f"L{seen.bad:04d}" in held, len(held - {f"L{seen.bad:04d}"})


def worlds(count: int) -> None:
    print(f"{count} worlds of {MACHINES:,} machines x {PARTS} parts, {LOTS:,} lots, hazard ratio {RATIO:g}, "
          f"{WATCH_DAYS:.0f} days after the third failure")  # fmt: skip
    first: dict[str, list[bool]] = {}
    top: list[bool] = []
    sizes, holds, sound, spent = [], [], [], 0.0
    for seed in range(count):
        if seed % WORLDS_A_FLEET == 0:
            world = fleet(seed)
        seen = failures(world, seed)
        begun = time.process_time()
        due = expected(world, seen)
        sums = sums_over_links(world.begin, world.member, np.stack([seen.failed, due], axis=1))
        spent += time.process_time() - begun
        held = sums_over_links(world.begin, world.member, np.stack([seen.working, due], axis=1))[:, 0]
        for name, place in places(sums, held, seen.bad, float(seen.failed.sum())).items():
            first.setdefault(name, []).append(place == 1)
            if name == "ours":
                top.append(place <= 3)
        hit, others = decided(world, seen, due, sums)
        sizes.append(seen.size)
        holds.append(hit)
        sound.append(others)
    size = np.array(sizes)
    for name, hits in first.items():
        share = float(np.mean(hits))
        met = "" if name != "ours" else f"  bar 90 %: {'met' if share >= 0.9 else 'SHORT'}"
        print(f"  true lot first, {name:>9}: {share:6.1%}{met}")
        for low, high in SIZES:
            mine = (size >= low) & (size < high)
            if mine.any():
                said = f"{low:,} to {high:,}" if high < 10**9 else f"{low:,} and more"
                print(
                    f"      lots of {said:>14} machines ({mine.sum():3d} worlds): {np.mean(np.array(hits)[mine]):6.1%}"
                )
    print(f"  among the first three: {np.mean(top):.1%}; held by learn.contain: {np.mean(holds):.1%}; "
          f"worlds with a sound lot held too: {np.mean(np.array(sound) > 0):.1%}")  # fmt: skip
    print(f"  {spent / count:.2f} CPU s a world: lives fitted, {MACHINES * PARTS:,} links summed")


def part_file(folder: Path, part: int, rng: np.random.Generator) -> Path:
    """The links of one part of the great fleet, sealed as the thread seals them."""
    size = np.exp(rng.uniform(np.log(50), np.log(5000), GREAT // 1400))
    edges = np.cumsum(size / size.sum())[:-1]
    place = (np.arange(GREAT) + 0.5) / GREAT
    strays = rng.random(GREAT) < (1.0 if part % 10 == 9 else 0.03)
    place[strays] = rng.random(int(strays.sum()))
    lot = np.searchsorted(edges, place).astype(np.int32)
    order = np.argsort(lot, kind="stable").astype(np.int32)
    path = folder / f"part-{part}.parquet"
    table = pa.table({"lot": lot[order], "unit": order})
    packed = {"lot": "DELTA_BINARY_PACKED", "unit": "DELTA_BINARY_PACKED"}
    pq.write_table(table, path, compression="zstd", column_encoding=packed, use_dictionary=False)
    return path


def summed(path: Path, figures: Floats) -> tuple[Floats, int]:
    """Failures and expectation of every lot of one file, piece by piece, and the links read."""
    total, links = np.zeros((GREAT // 1400, 2)), 0
    for piece in pq.ParquetFile(path).iter_batches(batch_size=1 << 20, use_threads=False):
        lot, unit = (column.to_numpy() for column in piece.columns)
        begin = np.concatenate([[0], np.flatnonzero(lot[1:] != lot[:-1]) + 1, [lot.size]])
        total[lot[begin[:-1]]] += sums_over_links(begin, unit, figures)
        links += lot.size
    return total, links


def scan(parts: list[int]) -> None:
    rng = np.random.default_rng(14)
    figures = np.stack([rng.random(GREAT) < 0.004, rng.gamma(1.0, 0.004, GREAT)], axis=1)
    spent, lots, links, bytes_read = 0.0, 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        for part in parts:
            path = part_file(Path(name), part, rng)
            bytes_read += path.stat().st_size
            begun = time.process_time()
            sums, read = summed(path, figures)
            group_score(sums[:, 0], sums[:, 1], float(figures[:, 0].sum()))
            spent += time.process_time() - begun
            lots, links = lots + sums.shape[0], links + read
            path.unlink()
    whole = spent * PARTS / len(parts)
    some = "" if len(parts) == PARTS else f", from parts {', '.join(map(str, parts))} by their number"
    print(f"{GREAT:,} machines: {links:,} links of {lots:,} lots read and summed in {spent:.1f} CPU s")
    print(f"  {bytes_read / 1e6:,.0f} MB of Parquet")
    met = "met" if whole <= 20 else "SHORT"
    print(f"  all {PARTS} parts, {GREAT * PARTS:,} links: {whole:.1f} CPU s{some}  bar 20 s: {met}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  most memory of the run: {most:.1f} GB  bar 8 GB: {'met' if most <= 8 else 'SHORT'}")


def main() -> None:
    asked = sys.argv[1] if len(sys.argv) > 1 else "100"
    sums_over_links([0, 1], np.zeros(1, np.int32), np.zeros((1, 2)))
    worlds(200 if asked == "all" else int(asked))
    scan(list(range(PARTS)) if asked == "all" else [0, 13, 26, 39])


if __name__ == "__main__":
    main()
