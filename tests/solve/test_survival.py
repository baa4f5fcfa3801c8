"""Weibull fits: against published fits, against brute force, and the score at the top."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from smilecurve.solve.lives import age_limits, exact_lives, grouped_lives
from smilecurve.solve.survival import (
    b_life,
    fit_weibull,
    life_at_known_shape,
    lived_power,
    shape_shared_by,
)
from smilecurve.solve.survival_bounds import b_life_bounds

BALL_BEARINGS = [
    17.88, 28.92, 33.0, 41.52, 42.12, 45.60, 48.40, 51.84, 51.96, 54.12, 55.56, 67.80,
    68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40,
]  # fmt: skip  # millions of revolutions: Lieblein & Zelen, J. Res. NBS 57, 1956


def table(path: Path):
    return list(csv.DictReader(path.read_text().splitlines()))


def log_likelihood(lives, m, a, rows=slice(None)):
    """The likelihood written out plainly, one row at a time."""
    b, eta = np.exp(a), np.exp(m)
    total = 0.0
    for entry, low, high, w in zip(
        lives.entry[rows], lives.lower[rows], lives.upper[rows], lives.weight[rows], strict=True
    ):
        survive = lambda t: np.exp(-((t / eta) ** b))  # noqa: E731
        if low == high:
            p = b / eta * (low / eta) ** (b - 1) * survive(low)
        elif np.isinf(high):
            p = survive(low)
        else:
            p = survive(low) - survive(high)
        total += w * (np.log(p) - np.log(survive(entry)))
    return total


def mixed_lives(seed=3, n=400):
    """Exact, interval, left- and right-censored lives with late entries, in four strata."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 4, n)
    life = 50.0 * (1 + stratum) * rng.weibull(1.7, n)
    entry = np.where(rng.random(n) < 0.4, rng.uniform(0, 20, n), 0.0)
    keep = life > entry
    stratum, life, entry = stratum[keep], life[keep], entry[keep]
    end = entry + rng.uniform(20, 120, life.size)
    kind = rng.integers(0, 3, life.size)
    width = 15.0
    low = np.where(kind == 0, life, np.maximum(np.floor(life / width) * width, entry))
    high = np.where(kind == 0, life, np.floor(life / width) * width + width)
    over = life > end
    return age_limits(
        np.where(over, end, low), np.where(over, np.inf, high), stratum=stratum, entry=entry,
        weight=rng.integers(1, 4, life.size),
    )  # fmt: skip


def test_ball_bearings_of_lieblein_and_zelen():
    fits = fit_weibull(exact_lives(BALL_BEARINGS, np.ones(23, bool)))
    assert fits.shape[0] == pytest.approx(2.10184686376493, rel=1e-6)
    assert fits.scale[0] == pytest.approx(81.8745587241069, rel=1e-6)
    assert fits.loglik[0] == pytest.approx(-113.69195908769, rel=1e-9)


def test_bearing_cage_b10_interval_of_meeker_and_escobar(shared_data: Path):
    rows = table(shared_data / "learn/smrd/bearingcage.csv")
    lives = exact_lives(
        [float(r["hours"]) for r in rows],
        [r["event"] == "Failed" for r in rows],
        weight=[float(r["count"]) for r in rows],
    )
    fits = fit_weibull(lives)
    assert (b_life(fits)[0][0]) == pytest.approx(3903, abs=0.5)
    low, high = b_life_bounds(lives, fits, confidence=0.95)
    assert low[0] == pytest.approx(2094, abs=2)
    assert high[0] == pytest.approx(22144, abs=2)


@pytest.mark.parametrize("name", ["bearingcage", "fan", "lzbearing", "locomotivecontrol", "deviceh", "heatexchanger"])
def test_published_sets_to_six_digits(shared_data: Path, name: str):
    oracle = next(
        r
        for r in table(shared_data / "learn/oracle_survreg.csv")
        if r["dataset"] == name and r["dist"] == "weibull" and r["subset"] == "all"
    )
    fits = fit_weibull(read_lives(shared_data / f"learn/smrd/{name}.csv"))
    assert fits.settled.all()
    assert fits.scale[0] == pytest.approx(float(oracle["eta"]), rel=1e-6)
    assert fits.shape[0] == pytest.approx(float(oracle["beta"]), rel=1e-6)
    assert fits.loglik[0] == pytest.approx(float(oracle["loglik"]), rel=1e-6)
    assert np.sqrt(fits.var_scale[0]) == pytest.approx(float(oracle["se_mu"]), rel=1e-5)
    assert np.sqrt(fits.var_shape[0]) == pytest.approx(float(oracle["se_logsigma"]), rel=1e-5)


def read_lives(path: Path):
    rows = table(path)
    weight = [float(r.get("count", 1)) for r in rows]
    if "lower" in rows[0]:
        low = [0.0 if r["event"] == "Left" else float(r["lower"]) for r in rows]
        high = [np.inf if r["event"] == "Right" else float(r["upper"]) for r in rows]
        return age_limits(low, high, weight=weight)
    age = next(k for k in rows[0] if k not in ("event", "count"))
    failed = [r.get("event", "Failed").startswith(("Fail", "F")) for r in rows]
    return exact_lives([float(r[age]) for r in rows], failed, weight=weight)


@pytest.mark.parametrize(
    ("mode", "beta", "eta"), [("Surge", 0.67099273, 449.468909), ("Wearout", 4.33728223, 340.384188)]
)
def test_device_g_one_mode_with_the_other_censored(shared_data: Path, mode: str, beta: float, eta: float):
    rows = table(shared_data / "learn/smrd/deviceg.csv")
    fits = fit_weibull(exact_lives([float(r["kilocycles"]) for r in rows], [r["mode"] == mode for r in rows]))
    assert fits.shape[0] == pytest.approx(beta, rel=1e-6)
    assert fits.scale[0] == pytest.approx(eta, rel=1e-6)


def test_log_likelihood_equals_the_one_written_out():
    lives = mixed_lives()
    fits = fit_weibull(lives)
    for s in range(lives.strata):
        rows = slice(lives.offset[s], lives.offset[s + 1])
        plain = log_likelihood(lives, fits.log_scale[s], fits.log_shape[s], rows)
        assert fits.loglik[s] == pytest.approx(plain, rel=1e-10)


def test_top_cannot_be_improved_and_information_is_its_curvature():
    lives = mixed_lives()
    fits = fit_weibull(lives)
    assert fits.settled.all()
    assert fits.decrement.max() < 1e-8
    step = 1e-3
    for s in range(lives.strata):
        rows = slice(lives.offset[s], lives.offset[s + 1])
        f = lambda dm, da, s=s, rows=rows: log_likelihood(lives, fits.log_scale[s] + dm, fits.log_shape[s] + da, rows)  # noqa: E731
        here = f(0, 0)
        around = [f(dm, da) for dm in (-step, 0, step) for da in (-step, 0, step) if dm or da]
        assert max(around) < here
        assert abs(f(step, 0) - f(-step, 0)) / (2 * step) < 1e-3 * abs(here)
        mm = (f(step, 0) - 2 * here + f(-step, 0)) / step**2
        aa = (f(0, step) - 2 * here + f(0, -step)) / step**2
        ma = (f(step, step) - f(step, -step) - f(-step, step) + f(-step, -step)) / (4 * step**2)
        inverse = np.linalg.inv(-np.array([[mm, ma], [ma, aa]]))
        assert fits.var_scale[s] == pytest.approx(inverse[0, 0], rel=1e-3)
        assert fits.cov[s] == pytest.approx(inverse[0, 1], rel=1e-2, abs=1e-6)
        assert fits.var_shape[s] == pytest.approx(inverse[1, 1], rel=1e-3)


def test_strata_are_fitted_as_if_alone():
    lives = mixed_lives()
    together = fit_weibull(lives)
    for s in range(lives.strata):
        rows = slice(lives.offset[s], lives.offset[s + 1])
        alone = fit_weibull(
            age_limits(lives.lower[rows], lives.upper[rows], entry=lives.entry[rows], weight=lives.weight[rows])
        )
        assert alone.log_shape[0] == pytest.approx(together.log_shape[s], abs=1e-12)


def test_no_failures_and_runaway_shapes_are_named_not_invented():
    lives = exact_lives([5.0, 9.0, 7.0, 7.0, 7.0], [False, False, True, True, True], stratum=[0, 0, 1, 1, 1])
    fits = fit_weibull(lives)
    assert fits.settled.tolist() == [False, False]
    assert np.isnan(fits.shape).all()


def test_prior_holds_a_sparse_shape_and_lets_a_rich_one_go():
    rng = np.random.default_rng(8)
    ages = 100 * rng.weibull(3.0, 503)
    lives = exact_lives(ages, np.ones(503, bool), stratum=np.r_[np.zeros(500, int), np.ones(3, int)])
    free = fit_weibull(lives)
    held = fit_weibull(lives, towards=0.0, spread=0.1)
    assert abs(held.log_shape[0] - free.log_shape[0]) < 0.2
    assert abs(held.log_shape[1]) < 0.35 * abs(free.log_shape[1])


def test_shared_shape_is_the_top_of_the_profile():
    lives = mixed_lives()
    centre, spread = shape_shared_by(lives, [0, 0, 0, 0])
    scales = fit_weibull(lives).log_scale[:, None] + np.linspace(-0.5, 0.5, 151)

    def profile(a):
        rows = [slice(lives.offset[s], lives.offset[s + 1]) for s in range(4)]
        return sum(max(log_likelihood(lives, m, a, rows[s]) for m in scales[s]) for s in range(4))

    values = [profile(centre[0] + d) for d in (-0.06, -0.03, 0.0, 0.03, 0.06)]
    assert int(np.argmax(values)) == 2
    assert values[1] == pytest.approx(values[3], abs=0.1)
    assert spread[0] >= 0.1


def test_group_of_one_stratum_has_nothing_to_borrow():
    lives = exact_lives(BALL_BEARINGS, np.ones(23, bool))
    centre, spread = shape_shared_by(lives, [0])
    assert np.exp(centre[0]) == pytest.approx(2.1018, abs=1e-4)
    assert np.isinf(spread[0])


def test_likelihood_interval_is_where_the_profile_falls():
    lives = exact_lives(BALL_BEARINGS, np.ones(23, bool))
    fits = fit_weibull(lives)
    low, high = b_life_bounds(lives, fits, 0.10, 0.90)
    level = np.log(-np.log(0.9))
    for end in (low[0], high[0]):
        shapes = np.linspace(0.2, 1.2, 20001)
        best = max(log_likelihood(lives, np.log(end) - level / np.exp(a), a) for a in shapes[::40])
        assert fits.loglik[0] - best == pytest.approx(0.5 * 1.6448536**2, abs=2e-3)


def test_delta_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(11)
    strata, n = 400, 60
    ages = 100 * rng.weibull(1.5, strata * n)
    lives = exact_lives(np.minimum(ages, 80.0), ages <= 80.0, stratum=np.repeat(np.arange(strata), n))
    _, low, high = b_life(fit_weibull(lives), 0.10, 0.90)
    true = 100 * (-np.log(0.9)) ** (1 / 1.5)
    assert 0.85 <= np.mean((low <= true) & (true <= high)) <= 0.95


def test_life_without_failures_grows_with_the_lives_lived():
    lives = exact_lives([10.0, 10.0, 40.0], [False] * 3, stratum=[0, 1, 1])
    middle, low, high = life_at_known_shape(lives, 0.0, 0, (0.5, 0.0))
    assert (low < middle).all()
    assert (middle < high).all()
    assert low[1] / low[0] == pytest.approx(5.0)
    assert lived_power(lives, 0.0).tolist() == [10.0, 50.0]


def test_grouped_life_tables_come_near_the_exact_fit():
    rng = np.random.default_rng(2)
    ages = 30 * rng.weibull(1.8, 4000)
    end = rng.uniform(0, 36, 4000)
    seen, failed = np.minimum(ages, end), ages <= end
    month = seen.astype(int)
    months = np.arange(month.max() + 1)
    fails = np.bincount(month, failed, months.size)
    gone = np.bincount(month, ~failed, months.size)
    entered = 4000 - np.r_[0, np.cumsum(fails + gone)[:-1]]
    exact = fit_weibull(exact_lives(seen, failed))
    grouped = fit_weibull(grouped_lives(months, months + 1, entered, fails, gone))
    assert grouped.shape[0] == pytest.approx(exact.shape[0], rel=0.01)
    assert grouped.scale[0] == pytest.approx(exact.scale[0], rel=0.01)
