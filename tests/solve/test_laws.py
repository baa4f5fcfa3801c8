"""Laws of lives beside Weibull: published fits, the likelihood written out, and laws that must agree with each other."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from smilecurve.solve.laws import fit_law, zero_hour
from smilecurve.solve.lives import Lives, age_limits, exact_lives
from smilecurve.solve.survival import fit_weibull

SETS = [
    ("bearingcage", "all"), ("deviceg", "any"), ("deviceg", "Surge"), ("deviceg", "Wearout"), ("locomotivecontrol", "all"),
    ("fan", "all"), ("lzbearing", "all"), ("deviceh", "all"), ("heatexchanger", "all"),
]  # fmt: skip


def table(path: Path):
    return list(csv.DictReader(path.read_text().splitlines()))


def read_lives(path: Path, subset: str) -> Lives:
    rows = table(path)
    weight = [float(r.get("count", 1)) for r in rows]
    if "lower" in rows[0]:
        low = [0.0 if r["event"] == "Left" else float(r["lower"]) for r in rows]
        return age_limits(low, [np.inf if r["event"] == "Right" else float(r["upper"]) for r in rows], weight=weight)
    age = next(k for k in rows[0] if k not in ("event", "count", "mode"))
    if "mode" in rows[0]:
        failed = [r["mode"] in (("Surge", "Wearout") if subset == "any" else (subset,)) for r in rows]
    else:
        failed = [r.get("event", "Failed").startswith("F") for r in rows]
    return exact_lives([float(r[age]) for r in rows], failed, weight=weight)


@pytest.mark.parametrize(("name", "subset"), SETS)
@pytest.mark.parametrize("law", ["weibull", "lognormal"])
def test_published_sets_to_six_digits(shared_data: Path, name: str, subset: str, law: str):
    oracle = next(
        r
        for r in table(shared_data / "learn/oracle_survreg.csv")
        if (r["dataset"], r["subset"], r["dist"]) == (name, subset, law)
    )
    fit = fit_law(read_lives(shared_data / f"learn/smrd/{name}.csv", subset), law)
    place, spread = fit.theta[0]
    sigma = np.exp(-spread if law == "weibull" else spread)
    errors = np.sqrt(np.diag(fit.covariance[0]))
    assert place == pytest.approx(float(oracle["mu"]), rel=1e-6)
    assert sigma == pytest.approx(float(oracle["sigma"]), rel=1e-6)
    assert fit.loglik[0] == pytest.approx(float(oracle["loglik"]), rel=1e-6)
    assert errors == pytest.approx([float(oracle["se_mu"]), float(oracle["se_logsigma"])], rel=1e-5)


def test_limited_failures_of_integrated_circuits(shared_data: Path):
    """Meeker, Technometrics 29, 1987: 0.674 % of 4,156 circuits can fail, sigma 2.02, log life 3.35."""
    fit = fit_law(read_lives(shared_data / "learn/smrd/lfp1370.csv", "all"), "limited")
    logit, log_scale, log_shape = fit.theta[0]
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(0.00674, abs=5e-6)
    assert np.exp(-log_shape) == pytest.approx(2.02, abs=5e-3)
    assert log_scale == pytest.approx(3.35, abs=6e-3)


def test_two_modes_of_device_g_known_and_masked(shared_data: Path):
    """Known modes part the likelihood: it is the sum of the two fits, each with the other's failures as survivors."""
    rows = table(shared_data / "learn/smrd/deviceg.csv")
    mode = [{"Surge": 1, "Wearout": 2}.get(r["mode"], 0) for r in rows]
    age = [float(r["kilocycles"]) for r in rows]
    lives = age_limits(age, [a if k else np.inf for a, k in zip(age, mode, strict=True)], mode=mode)
    fit = fit_law(lives, "two_modes")
    assert np.exp(fit.theta[0]) == pytest.approx([449.46890867, 0.67099273, 340.38418772, 4.33728223], rel=1e-6)
    assert fit.loglik[0] == pytest.approx(-101.364206375953 - 47.1622098935636, rel=1e-8)
    masked = fit_law(age_limits(lives.lower, lives.upper), "two_modes")
    one = fit_law(age_limits(lives.lower, lives.upper), "weibull")
    assert masked.loglik[0] > one.loglik[0] + 1.0, "two modes tell the bathtub better than one law"


def censored(seed: int, draw) -> tuple[Lives, list[tuple[float, float, float, float]]]:
    """Exact, interval-, left- and right-censored lives with late entries, and the same as plain rows."""
    rng = np.random.default_rng(seed)
    life = draw(rng, 300)
    entry = np.where(rng.random(300) < 0.3, rng.uniform(0.1, 4.0, 300), 0.0)
    keep = life > entry
    life, entry = life[keep], entry[keep]
    end = entry + rng.uniform(3.0, 30.0, life.size)
    kind = rng.integers(0, 3, life.size)
    low = np.where(kind == 0, life, np.maximum(np.floor(life / 5) * 5, entry))
    high = np.where(kind == 0, life, np.floor(life / 5) * 5 + 5)
    low, high = np.where(life > end, end, low), np.where(life > end, np.inf, high)
    weight = rng.integers(1, 4, life.size).astype(float)
    return age_limits(low, high, entry=entry, weight=weight), list(
        zip(entry.tolist(), low.tolist(), high.tolist(), weight.tolist(), strict=True)
    )


def written_out(rows, density, alive):
    total = 0.0
    for entry, low, high, w in rows:
        p = density(low) if low == high else alive(low) - (0.0 if np.isinf(high) else alive(high))
        total += w * (np.log(p) - np.log(alive(entry) if entry > 0 else 1.0))
    return total


def limited_law(theta):
    p, eta, b = 1 / (1 + np.exp(-theta[0])), np.exp(theta[1]), np.exp(theta[2])
    own = stats.weibull_min(b, scale=eta)
    return (lambda t: p * own.pdf(t)), (lambda t: 1 - p * own.cdf(t))


def two_laws(theta):
    one, two = (stats.weibull_min(np.exp(theta[k + 1]), scale=np.exp(theta[k])) for k in (0, 2))
    return (lambda t: one.pdf(t) * two.sf(t) + two.pdf(t) * one.sf(t)), (lambda t: one.sf(t) * two.sf(t))


WAYS = {
    "exponential": (
        lambda rng, n: rng.exponential(20.0, n),
        lambda v: (stats.expon(scale=np.exp(v[0])).pdf, stats.expon(scale=np.exp(v[0])).sf),
    ),
    "lognormal": (
        lambda rng, n: rng.lognormal(2.5, 0.8, n),
        lambda v: (
            stats.lognorm(np.exp(v[1]), scale=np.exp(v[0])).pdf, stats.lognorm(np.exp(v[1]), scale=np.exp(v[0])).sf,
        ),
    ),
    "limited": (
        lambda rng, n: np.where(rng.random(n) < 0.4, 6.0 * rng.weibull(1.5, n), 1e6),
        limited_law,
    ),
    "two_modes": (
        lambda rng, n: np.minimum(40.0 * rng.weibull(0.7, n), 18.0 * rng.weibull(4.0, n)),
        two_laws,
    ),
}  # fmt: skip


@pytest.mark.parametrize("law", sorted(WAYS))
def test_likelihood_is_the_one_written_out_and_its_top_cannot_be_improved(law):
    draw, parts = WAYS[law]
    lives, rows = censored(4, draw)
    fit = fit_law(lives, law)
    assert fit.settled.all()
    assert fit.decrement[0] < 1e-10
    here = written_out(rows, *parts(fit.theta[0]))
    assert fit.loglik[0] == pytest.approx(here, rel=1e-9)
    for j in range(fit.theta.shape[1]):
        for step in (-1e-3, 1e-3):
            aside = fit.theta[0].copy()
            aside[j] += step
            assert written_out(rows, *parts(aside)) < here


def test_covariance_is_the_inverse_of_the_curvature():
    lives, rows = censored(4, WAYS["limited"][0])
    fit = fit_law(lives, "limited")
    h = 1e-3
    curve = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            one, two = h * np.eye(3)[i], h * np.eye(3)[j]
            at = [written_out(rows, *limited_law(fit.theta[0] + x * one + y * two)) for x in (1, -1) for y in (1, -1)]
            curve[i, j] = (at[0] - at[1] - at[2] + at[3]) / (4 * h * h)
    assert fit.covariance[0] == pytest.approx(np.linalg.inv(-curve), rel=1e-3)


def test_weibull_here_is_weibull_there_with_unknown_starts_too():
    rng = np.random.default_rng(8)
    n = 200
    stratum = np.repeat([0, 1, 2, 3], n // 4)
    life = 20.0 * (1 + stratum) * rng.weibull(1.7, n)
    end = rng.uniform(5, 40, n)
    low = np.where(life > end, end, np.floor(life))
    high = np.where(life > end, np.inf, np.floor(life) + 1)
    later = np.where(np.isfinite(high), high + 3.0, np.inf)
    twice = lambda a, b: np.stack([a, b], axis=1).ravel()  # noqa: E731
    lives = age_limits(
        twice(low, low + 3.0), twice(high, later), stratum=np.repeat(stratum, 2), unit=np.repeat(np.arange(n), 2),
        share=np.tile([0.7, 0.3], n),
    )  # fmt: skip
    fast, slow = fit_weibull(lives), fit_law(lives, "weibull")
    assert slow.theta[:, 0] == pytest.approx(fast.log_scale, rel=1e-7)
    assert slow.theta[:, 1] == pytest.approx(fast.log_shape, rel=1e-6)
    assert slow.loglik == pytest.approx(fast.loglik, rel=1e-10)
    assert slow.covariance[:, 1, 1] == pytest.approx(fast.var_shape, rel=1e-5)


def test_a_mode_known_within_a_month_takes_nearly_its_own_share():
    """Against the integral of h1 S over the month: the shares of the cumulative hazards are right to 1 %, wide as it is."""
    one, two = stats.weibull_min(0.7, scale=449.0), stats.weibull_min(4.3, scale=340.0)
    low, high = 240.0, 270.0
    true = integrate.quad(lambda t: one.pdf(t) * two.sf(t), low, high)[0]
    h = lambda law: law.logsf(low) - law.logsf(high)  # noqa: E731
    alive = lambda t: one.sf(t) * two.sf(t)  # noqa: E731
    assert (alive(low) - alive(high)) * h(one) / (h(one) + h(two)) == pytest.approx(true, rel=1e-2)


def test_interval_of_the_share_failed_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(2)
    strata, n = 300, 150
    life = rng.lognormal(3.0, 1.0, strata * n)
    lives = exact_lives(np.minimum(life, 15.0), life <= 15.0, stratum=np.repeat(np.arange(strata), n))
    middle, low, high = fit_law(lives, "lognormal").failed_by(12.0, 0.90)
    true = stats.norm.cdf((np.log(12.0) - 3.0) / 1.0)
    assert 0.86 <= np.mean((low <= true) & (true <= high)) <= 0.94
    assert np.all((low < middle) & (middle < high))


def test_no_failures_have_no_law():
    fit = fit_law(exact_lives([5.0, 7.0, 3.0, 4.0, 9.0], [0, 0, 1, 1, 1], stratum=[0, 0, 1, 1, 1]), "weibull")
    assert fit.settled.tolist() == [False, True]
    assert np.isnan(fit.theta[0]).all()
    assert np.isinf(fit.aic[0])


def test_zero_hours_are_counted_apart():
    found = zero_hour([0, 3, 5], [50, 100, 5], 0.95)
    assert found.share.tolist() == [0.0, 0.03, 1.0]
    assert found.low == pytest.approx([0.0, 0.0062, 0.4782], abs=1e-4)  # Clopper & Pearson 1934
    assert found.high == pytest.approx([0.0711, 0.0852, 1.0], abs=1e-4)
