"""Are failures to come foretold with bands that hold, and are late reports completed no worse than left alone?

- RAA triangle against Mack (1993): 52,135.23 to come, standard error 26,909.01.
- Bearing cages (Meeker & Escobar 1998): failures of the next 300 h, 5.058.
- Simulated worlds, 2,000 strata of 2 to 60 failures a week a seed, 104 weeks known, reports still coming in: share of
  the sums of the next 13 weeks within the bands of 80 % and 95 %. Gamma: negative binomial weeks; lognormal: lognormal
  weeks that hang together and vary by stratum.
- The two example makers, several seeds: every 13 weeks of their history with 26 weeks before and 13 after it, by part,
  against what was foretold from what had been heard before; fleets and shapes of lives as known today. Counts are
  whole numbers, so a band of 80 % holds more than that of small ones; the share `exactly held` counts the ends of a
  band by the part of their probability that lies in it (Czado, Gneiting & Held 2009), which is 80 % of a true law.
  Standard errors by clusters of a seed and a span.
- Delay laws that change: error of the last eight weeks' events, completed against naive counts, looked at in each of
  the 20 weeks after the change. Beside it chain ladder on all the past, and who knows the true laws and the rate: at
  one event a week even that is on average no closer than naive counts, for mostly nothing is missing.

Run: python benchmarks/learn_claims.py [seeds, default 4, or all = 12] [first seed, default 0]; the data are
looked for in $SMILECURVE_SHARED_DATA or ../shared/data.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import nbinom

from smilecurve.desks.learn._coming import adding_up, lay_out, learnt
from smilecurve.desks.learn._strata import days_of, in_order
from smilecurve.solve.baselines import learn
from smilecurve.solve.lives import exact_lives
from smilecurve.solve.outlook import count_band, failing_next, predicted
from smilecurve.solve.reporting import complete, delay_law
from smilecurve.solve.survival import fit_weibull
from smilecurve.solve.triangles import chain_ladder
from smilecurve.terms.tables.learn_claims import FIELD_FAILURES, SERVICE_COHORTS

Floats = NDArray[np.float64]
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "learn"
STRATA, KNOWN, AHEAD, DELAYS = 2_000, 104, 13, 9
LEAST = 0.5  # failures foretold of a part, for it to be looked at


def verdict(met: bool) -> str:
    return "met" if met else "SHORT"


def published() -> None:
    with (DATA / "RAA_triangle.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    found = chain_ladder([[float("nan") if c == "NA" else float(c) for c in row[1:]] for row in rows])
    print(f"RAA to come {found.total:,.2f} (52,135.23) {verdict(abs(found.total - 52135.23) < 0.01)}")
    print(
        f"RAA standard error {found.total_error:,.2f} (26,909.01) {verdict(abs(found.total_error - 26909.01) < 0.01)}"
    )
    with (DATA / "smrd" / "bearingcage.csv").open() as file:
        cages = list(csv.DictReader(file))
    hours, count = (np.array([float(r[c]) for r in cages]) for c in ("hours", "count"))
    failed = np.array([r["event"] == "Failed" for r in cages])
    fit = fit_weibull(exact_lives(hours, failed, weight=count))
    chance = failing_next(hours, 300.0, np.exp(fit.log_shape[0]), np.exp(fit.log_scale[0]))
    expected = float((count * ~failed * chance).sum())
    print(f"bearing cages, next 300 h: {expected:.3f} (5.058) {verdict(abs(expected - 5.058) < 0.0005)}")


def held(family: str, seed: int) -> NDArray[np.bool_]:
    """Which sums of the next 13 weeks lie within the bands of 80 % and 95 %."""
    rng = np.random.default_rng([seed, len(family)])
    group = rng.integers(0, 20, STRATA)
    rate = np.exp(rng.uniform(np.log(2.0), np.log(60.0), 20))[group] * rng.gamma(8.0, 1 / 8.0, STRATA)
    exposure = np.exp(rng.normal(0.0, 0.3, STRATA)[:, None] * np.linspace(-1.0, 1.0, KNOWN + AHEAD))
    size = np.exp(rng.uniform(np.log(4.0), np.log(30.0), 20))[group] * np.exp(
        rng.normal(0, 0.3, STRATA) * (family != "gamma")
    )
    law = 0.6 ** np.arange(DELAYS)
    law /= law.sum()
    wave, wide = rng.normal(size=STRATA), np.sqrt(np.log1p(1.0 / size))
    known, triangle, total = np.zeros((STRATA, KNOWN)), np.zeros((1, KNOWN, DELAYS)), np.zeros(STRATA)
    for week in range(KNOWN + AHEAD):
        wave = 0.3 * wave + np.sqrt(1 - 0.09) * rng.normal(size=STRATA)
        factor = rng.gamma(size, 1 / size) if family == "gamma" else np.exp(wide * wave - wide**2 / 2)
        told = rng.poisson((rate * exposure[:, week] * factor)[:, None] * law)
        if week < KNOWN:
            triangle[0, week] = told.sum(axis=0)
            known[:, week] = told[:, : KNOWN - week].sum(axis=1)
        else:
            total += told.sum(axis=1)
    base = learn(known, exposure[:, :KNOWN], group, cdf=delay_law(triangle).cdf)
    mean, inverse = predicted(base, exposure[:, KNOWN:])
    bands = [count_band(mean, inverse, share) for share in (0.80, 0.95)]
    return np.array([(total >= low) & (total <= high) for low, high in bands])


def makers(seeds: range) -> None:
    from smilecurve.app.seeding import seed_world
    from smilecurve.desks.learn.claims import forecast_claims
    from smilecurve.desks.learn.hazard import fit_part_life
    from smilecurve.thread.store import open_thread

    for name in ("excavators", "small_machines"):
        spans = []
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder, open_thread(Path(folder)) as thread:
                seed_world(thread, name, seed=seed + 1)
                tables = {s.name: thread.view(s) for s in forecast_claims.contract.reads}
                lives = fit_part_life(**{s.name: thread.view(s) for s in fit_part_life.contract.reads}).rows
            spans += backtest(tables["service_cohorts"], tables["config_parts"], tables["field_failures"], lives)
        told = np.array(spans)
        sums = told.sum(axis=0)
        share = sums / sums[0]
        error = np.sqrt(((told - told[:, :1] * share) ** 2).sum(axis=0)) / sums[0]
        print(f"{name}: {sums[0]:.0f} parts and spans, {sums[5] / sums[6]:.3f} came of what was foretold")
        for k, (band, low, high) in enumerate((("80 %", 0.78, 0.82), ("95 %", 0.93, 0.97))):
            met = verdict(low <= share[1 + k] <= high)
            exact, closed = f"{share[1 + k]:.1%} +- {error[1 + k]:.1%}", f"{share[3 + k]:.1%}"
            print(f"  band of {band}: exactly held {exact} ({low:.0%}-{high:.0%}) {met}, with its ends {closed}")


def backtest(cohorts: pa.Table, config: pa.Table, failures: pa.Table, lives: pa.Table) -> list[list[float]]:
    """A row a span: parts, exactly held of 80 % and 95 %, held with the ends, failures that came, and foretold."""
    failures, cohorts = in_order(failures, FIELD_FAILURES), in_order(cohorts, SERVICE_COHORTS)
    heard, week = (days_of(failures.column(c)) for c in ("heard", "week"))
    parts, number = np.array(failures.column("part").to_pylist()), failures.column("failures").to_numpy()
    begun, origin = int(days_of(cohorts.column("started")).min()), int(heard.max()) - 7 * 2 * AHEAD
    found = []
    while (weeks := (origin - begun) // 7) > 2 * AHEAD:
        known = failures.filter(pa.array(heard <= origin))
        field = lay_out(cohorts, config, known, lives, {}, weeks=min(weeks, KNOWN), ahead=AHEAD)
        base, mean = adding_up(field, learnt(field, field.weeks))
        rows = np.array([k for k, key in enumerate(field.keys) if key[0] == "part"])
        rate = (base.shape / base.rate)[rows, None]
        expected, inverse = predicted(base.of(rows), mean[rows, field.weeks :] / rate)
        inside = (week >= field.running) & (week < field.running + 7 * AHEAD)
        came = np.array([number[inside & (parts == field.keys[k][1])].sum() for k in rows])
        some = expected >= LEAST
        y, m, inv = came[some], expected[some], inverse[some]
        bands = [count_band(m, inv, share) for share in (0.80, 0.95)]
        closed = [float(((y >= low) & (y <= high)).sum()) for low, high in bands]
        exact = [float(exactly_held(m, inv, y, share).sum()) for share in (0.80, 0.95)]
        found.append([float(some.sum()), *exact, *closed, float(y.sum()), float(m.sum())])
        origin -= 7 * AHEAD
    return found


def exactly_held(mean: Floats, inverse: Floats, came: Floats, share: float) -> Floats:
    """The part of the probability of each count that lies in the middle `share` of its law."""
    size = 1.0 / np.maximum(inverse, 1e-9)
    chance = size / (size + mean)
    below, upto = nbinom.cdf(came - 1, size, chance), nbinom.cdf(came, size, chance)
    inside = np.minimum(upto, 0.5 * (1.0 + share)) - np.maximum(below, 0.5 * (1.0 - share))
    return np.asarray(np.clip(inside, 0.0, None) / np.maximum(upto - below, 1e-300))


def delays(seeds: range) -> None:
    slow, fast = (q ** np.arange(DELAYS) / (q ** np.arange(DELAYS)).sum() for q in (0.75, 0.25))
    print("error of the last eight weeks over that of naive counts, mean and root mean square (bar: at most 1)")
    for mean in (1.0, 5.0, 40.0, 200.0):
        for said, before, after in (("faster", slow, fast), ("slower", fast, slow), ("steady", slow, slow)):
            error = np.zeros((2, 4))
            for seed in seeds if mean > 1.0 else range(seeds.start, seeds.start + 10 * len(seeds)):
                rng = np.random.default_rng([seed, int(mean)])
                laws = np.stack([before if w < 60 else after for w in range(90)])
                told = rng.poisson(mean * laws)[None].astype(float)
                true = told[0].sum(axis=1)
                for now in range(61, 81):
                    guesses = _guesses(told[:, :now], laws, mean)
                    off = np.array([g[-8:].sum() for g in guesses]) - true[now - 8 : now].sum()
                    error += np.abs(off), off**2
            ours, peer, truth = np.array([error[0], np.sqrt(error[1])])[:, 1:].T / [error[0, 0], np.sqrt(error[1, 0])]
            print(
                f"  {mean:4.0f} a week, {said:6}: ours {ours[0]:.2f} {verdict(ours[0] <= 1)}, {ours[1]:.2f} "
                f"{verdict(ours[1] <= 1)}; chain ladder {peer[0]:.2f}, {peer[1]:.2f}; "
                f"true law {truth[0]:.2f}, {truth[1]:.2f}"
            )


def _guesses(told: Floats, laws: Floats, mean: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Events of each week known by now: naive, ours, chain ladder, and by who knows the laws and the rate."""
    now = told.shape[1]
    late = np.arange(now)[:, None] + np.arange(DELAYS)
    seen = np.where(late < now, told[0], 0.0)
    heard = seen.sum(axis=1)
    missing = np.where(late < now, 0.0, laws[:now]).sum(axis=1)
    ours = complete(heard[None], delay_law(told).cdf)[0]
    return heard, ours, complete(heard[None], _all_the_past(seen), prior=0.0)[0], heard + mean * missing


def _all_the_past(seen: Floats) -> Floats:
    """Shares heard within d weeks by chain ladder on all weeks."""
    now = seen.shape[0]
    cdf = np.ones(DELAYS)
    for d in range(DELAYS - 1, 0, -1):
        past = seen[: now - d, : d + 1]
        cdf[d - 1] = cdf[d] * (1 - past[:, d].sum() / max(past.sum(), 1.0))
    return cdf[None]


def main() -> None:
    asked = sys.argv[1] if len(sys.argv) > 1 else "4"
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    seeds = range(first, first + (12 if asked == "all" else int(asked)))
    published()
    for family in ("gamma", "lognormal"):
        found = np.concatenate([held(family, seed) for seed in seeds], axis=1).mean(axis=1)
        met = 0.78 <= found[0] <= 0.82, 0.93 <= found[1] <= 0.97
        print(
            f"{family}: {len(seeds) * STRATA:,} strata, held {found[0]:.1%} (78-82) {verdict(met[0])}, "
            f"{found[1]:.1%} (93-97) {verdict(met[1])}"
        )
    makers(seeds)
    delays(seeds)


if __name__ == "__main__":
    main()
