"""Are lives found as published, are their intervals honest, and how many lives a second?

Every bar stands beside its known value: published fits (R 4.2.2, survival 3.5-3), mean cumulative functions, coverage
of 95 % intervals on monthly ages over 2,000 simulated strata, grouped against ungrouped data; then speed against
lifelines and surpyval in the same run, and 14 million machines into 10,000 interval-censored fits with bounds.

The peers get what we get: a million machines with ages in completed months, failed or not, in one stratum. They take a
million rows; we count them first, which is part of our time. lifelines fits right-censored mid-month ages (its
interval-censored fit takes longer still; measured on a twentieth of the rows), surpyval both ways.

Figures in CPU seconds of one process. Run: python benchmarks/learn_hazard.py [oracles] [coverage] [peers] [size]
"""

from __future__ import annotations

import csv
import os
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.laws import fit_law
from smilecurve.solve.lives import Lives, age_limits, counted_lives, exact_lives
from smilecurve.solve.recurrence import mean_cumulative
from smilecurve.solve.survival import fit_weibull
from smilecurve.solve.survival_bounds import failed_by_bounds, shape_bounds

Floats = NDArray[np.float64]
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")) / "learn"


def bar(what: str, figure: float, limit: float, *, most: bool = True, unit: str = "") -> None:
    met = figure <= limit if most else figure >= limit
    print(f"  {what:<66} {figure:>12.4g} {'<=' if most else '>='} {limit:g}{unit}   {'met' if met else 'SHORT'}")


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def published(name: str, subset: str) -> Lives:
    """One of the published sets as lives."""
    rows = table(DATA / f"smrd/{name}.csv")
    weight = [float(r.get("count", 1)) for r in rows]
    if "lower" in rows[0]:
        low = [0.0 if r["event"] == "Left" else float(r["lower"]) for r in rows]
        return age_limits(low, [np.inf if r["event"] == "Right" else float(r["upper"]) for r in rows], weight=weight)
    age = next(k for k in rows[0] if k not in ("event", "count", "mode"))
    modes = ("Surge", "Wearout") if subset == "any" else (subset,)
    failed = [r["mode"] in modes if "mode" in r else r.get("event", "Failed").startswith("F") for r in rows]
    return exact_lives([float(r[age]) for r in rows], failed, weight=weight)


def oracles() -> None:
    print("published fits: R survreg, 18 fits of 9 sets; R survfit, mean cumulative functions")
    worst = {"eta, mu": 0.0, "beta, sigma": 0.0, "log-likelihood": 0.0, "standard errors": 0.0}
    for r in table(DATA / "oracle_survreg.csv"):
        lives = published(r["dataset"], r["subset"])
        fits = [fit_law(lives, "weibull" if r["dist"] == "weibull" else "lognormal")]
        found = [(f.theta[0], np.sqrt(np.diag(f.covariance[0])), f.loglik[0]) for f in fits]
        if r["dist"] == "weibull":
            fast = fit_weibull(lives)
            errors = np.sqrt([fast.var_scale[0], fast.var_shape[0]])
            found.append((np.array([fast.log_scale[0], fast.log_shape[0]]), errors, fast.loglik[0]))
        for theta, errors, loglik in found:
            sigma = np.exp(-theta[1] if r["dist"] == "weibull" else theta[1])
            place = np.exp(theta[0]) / float(r["eta"]) if r["dist"] == "weibull" else theta[0] / float(r["mu"])
            off = (place, sigma / float(r["sigma"]), loglik / float(r["loglik"]))
            for key, value in zip(worst, (abs(v - 1.0) for v in off), strict=False):
                worst[key] = max(worst[key], value)
            for k, name in enumerate(("se_mu", "se_logsigma")):
                worst["standard errors"] = max(worst["standard errors"], abs(errors[k] / float(r[name]) - 1.0))
    for name, value in worst.items():
        bar(f"{name}: worst relative distance", value, 1e-5 if name.startswith("standard") else 1e-6)
    recurrent()


def recurrent() -> None:
    blocks: list[list[list[float]]] = []
    for line in (DATA / "oracle_mcf_survival.txt").read_text().splitlines():
        words = line.split()
        if words[:1] == ["q"]:
            blocks.append([])
        elif blocks and len(words) == 4:
            blocks[-1].append([float(w) for w in words[1:]])
    ways = (("valveseat", "engine", "days", blocks[0][:-1]), ("machineh", "unit", "hours", blocks[1]))
    for name, unit, age, known in ways:
        rows = table(DATA / f"smrd/{name}.csv")
        place = {u: i for i, u in enumerate(sorted({r[unit] for r in rows}))}
        end = np.zeros(len(place))
        for r in rows:
            if r["event"].lower() == "end":
                end[place[r[unit]]] = float(r[age])
        events = [r for r in rows if r["event"].lower() != "end"]
        found = mean_cumulative([place[r[unit]] for r in events], [float(r[age]) for r in events], end)
        mine = np.array([[float(v) for v in found.at(q)[:2]] for q, _, _ in known])
        off = np.abs(mine / np.array([k[1:] for k in known]) - 1.0)
        bar(f"{name}: mean cumulative function, worst relative distance", float(off.max()), 1e-6)
    end_of = found.mean[-1]
    print(
        f"  machineh at its end: {end_of:.6f} (known 38.082820), robust error {found.robust_error[-1]:.6f} (1.001604)"
    )


def simulate(seed: int, strata: int, units: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], Floats, Floats]:
    """Whole-month ages, failed or not, of machines that started evenly over 60 months; true shape and F(36)."""
    rng = np.random.default_rng(seed)
    shape = rng.lognormal(np.log(1.5), 0.25, strata)
    share = rng.uniform(0.03, 0.3, strata)
    scale = 36.0 / (-np.log1p(-share)) ** (1.0 / shape)
    life = scale[:, None] * rng.exponential(size=(strata, units)) ** (1.0 / shape[:, None])
    end = rng.uniform(6.0, 60.0, (strata, units))
    return np.floor(np.minimum(life, end)).astype(np.int64), life <= end, shape, share


def coverage(strata: int = 2000, units: int = 400) -> None:
    print(
        f"95 % likelihood-ratio intervals, monthly ages, {strata:,} strata of {units} machines (standard error 0.5 %)"
    )
    for seed in (1, 2):
        age, failed, shape, share = simulate(seed, strata, units)
        stratum = np.repeat(np.arange(strata), units)
        lives = counted_lives(age.ravel(), failed.ravel(), stratum=stratum, strata=strata)
        fits = fit_weibull(lives)
        for name, (low, high), true in (
            ("beta", shape_bounds(lives, fits, 0.95), shape),
            ("F(36 months)", failed_by_bounds(lives, fits, 36.0, 0.95), share),
        ):
            held = 100.0 * float(np.mean((low <= true) & (true <= high)))
            met = "met" if 94.0 <= held <= 96.0 else "SHORT"
            said = f"{name} covered, seed {seed}; failures {fits.failures.min():.0f} to {fits.failures.max():.0f}"
            print(f"  {said:<66} {held:>12.2f} in 94..96 %   {met}")
    ungrouped = age_limits(
        np.where(failed, age, age + 0.5).ravel(), np.where(failed, age + 1.0, np.inf).ravel(), stratum=stratum
    )
    alone = fit_weibull(ungrouped)
    off = max(
        float(np.nanmax(np.abs(a / b - 1.0)))
        for a, b in ((fits.scale, alone.scale), (fits.shape, alone.shape), (fits.loglik, alone.loglik))
    )
    bar("grouped against ungrouped, worst relative distance", off, 1e-10)


def clock(work: object, times: int = 1) -> tuple[float, object]:
    """CPU seconds of one call."""
    began = time.process_time()
    for _ in range(times):
        found = work()  # type: ignore[operator]
    return (time.process_time() - began) / times, found


def peers(rows: int = 1_000_000) -> None:
    print(f"speed, {rows:,} rows of one stratum, whole months; CPU seconds")
    rng = np.random.default_rng(1)
    life, end = 60.0 * rng.weibull(1.5, rows), rng.uniform(0.0, 36.0, rows)
    failed = life <= end
    age = np.floor(np.minimum(life, end)).astype(np.int32)
    fit_weibull(counted_lives(age[:1000], failed[:1000]))
    ours, fits = clock(lambda: fit_weibull(counted_lives(age, failed)), 10)
    print(
        f"  ours, counted and fitted as intervals   {ours:9.4f} s   shape {fits.shape[0]:.4f} scale {fits.scale[0]:.3f}"
    )  # type: ignore[attr-defined]
    try:
        import lifelines
        import surpyval
    except ImportError:
        print("  lifelines and surpyval are not installed: pip install lifelines surpyval")
        return
    middle = age + 0.5
    ends = np.stack([np.where(failed, age, middle), np.where(failed, age + 1.0, middle)], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        surpyval.Weibull.fit(x=middle[:500], c=(~failed[:500]).astype(int))
        lifelines.WeibullFitter().fit(middle[:500], failed[:500])
        exact, one = clock(lambda: surpyval.Weibull.fit(x=middle, c=(~failed).astype(int)))
        inside, two = clock(lambda: surpyval.Weibull.fit(x=ends, c=np.where(failed, 2, 1)))
        right, three = clock(lambda: lifelines.WeibullFitter().fit(middle, failed))
        few = slice(0, rows // 20)
        upper = np.where(failed, age + 1.0, np.inf)
        part, _ = clock(lambda: lifelines.WeibullFitter().fit_interval_censoring(ends[few, 0], upper[few]))
    print(f"  surpyval, mid-month                     {exact:9.4f} s   {one.params[::-1]}")  # type: ignore[attr-defined]
    print(f"  surpyval, intervals                     {inside:9.4f} s   {two.params[::-1]}")  # type: ignore[attr-defined]
    print(f"  lifelines, mid-month                    {right:9.4f} s   [{three.rho_} {three.lambda_}]")  # type: ignore[attr-defined]
    print(f"  lifelines, intervals, a twentieth       {part:9.4f} s")
    bar("times slower: lifelines (its faster way)", right / ours, 500.0, most=False, unit=" x")
    bar("times slower: surpyval (its faster way)", min(exact, inside) / ours, 20.0, most=False, unit=" x")


def size(machines: int = 14_000_000, strata: int = 10_000) -> None:
    print(
        f"{machines:,} machines into {strata:,} interval-censored fits with likelihood-ratio bounds of beta and F(36)"
    )
    rng = np.random.default_rng(5)
    stratum = rng.integers(0, strata, machines, dtype=np.int32)
    shape = rng.lognormal(np.log(1.5), 0.25, strata).astype(np.float32)
    share = rng.uniform(0.002, 0.2, strata)
    scale = (36.0 / (-np.log1p(-share)) ** (1.0 / shape)).astype(np.float32)
    failed = np.empty(machines, bool)
    age = np.empty(machines, np.int16)
    for a in range(0, machines, 1_000_000):
        s = stratum[a : a + 1_000_000]
        life = scale[s] * rng.standard_exponential(s.size, np.float32) ** (1.0 / shape[s])
        end = 48.0 * rng.random(s.size, np.float32)
        failed[a : a + s.size] = life <= end
        age[a : a + s.size] = np.minimum(life, end)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def work() -> tuple[object, ...]:
        lives = counted_lives(age, failed, stratum=stratum, strata=strata)
        fits = fit_weibull(lives)
        return lives, fits, shape_bounds(lives, fits, 0.95), failed_by_bounds(lives, fits, 36.0, 0.95)

    spent, (lives, fits, (low, high), _) = clock(work)  # type: ignore[misc]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    few, rows = int((fits.failures < 20).sum()), lives.weight.size
    print(f"  {rows:,} rows after counting; settled {fits.settled.mean():.2%}; {few:,} strata below 20 failures")
    held = float(np.mean((low <= shape) & (shape <= high)))
    print(f"  beta covered {100 * held:.2f} %; worst Newton decrement {np.nanmax(fits.decrement[fits.settled]):.1e}")
    bar("CPU seconds, counting, fits and all four bounds", spent, 5.0)
    bar(f"memory, MB (machines in memory before: {before:,.0f})", peak, 2000.0)


WAYS = {"oracles": oracles, "coverage": coverage, "size": size, "peers": peers}


def main() -> None:
    for name in sys.argv[1:] or WAYS:
        WAYS[name]()


if __name__ == "__main__":
    main()
