"""learn.hazard: how long each part lives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.hazard import fit_part_life
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables.learn_lives import SERVICE_LIVES, START_DELAYS, USAGE_RATES

# Lieblein & Zelen 1956: millions of revolutions to failure of 23 deep-groove ball bearings
BALL_BEARINGS = [
    17.88, 28.92, 33.0, 41.52, 42.12, 45.60, 48.40, 51.84, 51.96, 54.12, 55.56, 67.80,
    68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40,
]  # fmt: skip
# Abernethy, Breneman, Medlin & Reinman, AFWAL-TR-83-2079, 1983: 1,703 bearing cages, hours
CAGES_FAILED = {230: 1, 334: 1, 423: 1, 990: 1, 1009: 1, 1510: 1}
CAGES_ALIVE = {
    50: 288, 150: 148, 250: 124, 350: 111, 450: 106, 550: 99, 650: 110, 750: 114, 850: 119, 950: 127, 1050: 123,
    1150: 93, 1250: 47, 1350: 41, 1450: 27, 1550: 11, 1650: 6, 1850: 1, 2050: 2,
}  # fmt: skip


def life_table(failed: dict[int, int], alive: dict[int, int], part="P", family="F", climate="hot") -> list[dict]:
    """Rows of service_lives from the months in which components failed or were last seen."""
    entered, rows = sum(failed.values()) + sum(alive.values()), []
    for month in range(max([*failed, *alive]) + 1):
        down, gone = failed.get(month, 0), alive.get(month, 0)
        rows.append(
            {
                "part": part, "family": family, "climate": climate, "age_month": month,
                "entered": entered, "failed": down, "censored": gone,
            }
        )  # fmt: skip
        entered -= down + gone
    return rows


def decide(*tables: list[dict], delays=(), usage=(), **options):
    lives = SERVICE_LIVES.rows([row for rows in tables for row in rows])
    return fit_part_life(lives, START_DELAYS.rows(list(delays)), USAGE_RATES.rows(list(usage)), **options)


def drawn(seed, shape, scale, n, months, part="P", family="F", climate="hot"):
    """A simulated life table: n components that started evenly over `months`."""
    rng = np.random.default_rng(seed)
    life, end = scale * rng.weibull(shape, n), rng.uniform(0.0, months, n)
    month = np.minimum(life, end).astype(int)
    down = np.bincount(month, life <= end).astype(int)
    gone = np.bincount(month, life > end).astype(int)
    pick = lambda counts: {k: int(v) for k, v in enumerate(counts) if v}  # noqa: E731
    return life_table(pick(down), pick(gone), part=part, family=family, climate=climate)


def test_by_hand():
    """Ten seals, none failed, all last seen in month 4: 10 x 4.5 = 45 component-months, shape 1 assumed.

    The 95 % point of gamma(1/2) is 1.92073, so eta is above 45 / 1.92073 = 23.43 months and B10 above
    23.43 x -ln 0.9 = 2.4685 months. Two climates of a pump, one month each: 30 of 100 fail (70 last seen, so 65 at risk)
    and 10 of 100 (55 at risk): 40 / 120 = 1/3 expected, 21.67 and 18.33. Ratios 1.3846 and 0.5455 spread by
    (21.67 x 0.3846^2 + 18.33 x 0.4545^2) / 40 - 2 / 40 = 0.1248, plus 2 / 40 of standard error, so the gamma law has
    shape 1 / 0.1748 = 5.72 and the first ratio becomes (5.72 + 30) / (5.72 + 21.67) = 1.304.
    """
    rows = decide(
        life_table({}, {4: 10}, part="seal"),
        life_table({0: 30}, {0: 70}, part="pump"),
        life_table({0: 10}, {0: 90}, part="pump", climate="cold"),
    ).rows.to_pylist()
    cold, hot, seal = rows
    assert seal["reason"] == "no_failures"
    assert (seal["components"], seal["failures"], seal["shape"], seal["pooled"]) == (10, 0, 1.0, 1.0)
    assert seal["b10_low"] == pytest.approx(2.4685, abs=1e-3)
    assert fit_part_life.sentence(seal) == "none of 10 failed: 95 % sure that fewer than a tenth fail before 2.5 months"
    assert hot["against_others"] == pytest.approx(1.304, abs=1e-3)
    assert cold["against_others"] == pytest.approx((5.72 + 10) / (5.72 + 18.33), abs=1e-3)
    assert (hot["components"], hot["failures"]) == (100, 30)


def test_meets_published_results():
    """Ball bearings: shape 2.102, scale 81.88 (tenths as months); bearing cages: shape 2.035, scale 11,792, B10 3,903 h."""
    tenths: dict[int, int] = {}
    for age in BALL_BEARINGS:
        tenths[int(age * 10)] = tenths.get(int(age * 10), 0) + 1
    decision = decide(
        life_table(tenths, {}, part="ball bearing"), life_table(CAGES_FAILED, CAGES_ALIVE, part="bearing cage")
    )
    ball, cage = decision.rows.to_pylist()
    assert ball["shape"] == pytest.approx(2.1018, abs=2e-3)
    assert ball["scale_months"] == pytest.approx(818.75, abs=0.7)
    assert ball["reason"] == "wears_out"
    assert cage["components"] == 1703
    assert cage["shape"] == pytest.approx(2.0353, abs=5e-3)
    assert cage["scale_months"] == pytest.approx(11792, rel=5e-3)
    assert cage["b10_months"] == pytest.approx(3903, rel=3e-3)
    assert cage["b10_low"] < 3903 < cage["b10_high"]
    assert decision.proof.gap is not None
    assert decision.proof.gap < 1e-9


ends = st.dictionaries(st.integers(0, 30), st.integers(1, 20), min_size=1, max_size=8)


@given(st.lists(st.tuples(ends, ends), min_size=1, max_size=4), st.integers(2, 5), st.randoms())
@settings(max_examples=25, deadline=None)
def test_holds_its_laws(strata, times, random):
    """Order of rows means nothing; `times` as many components fail as much; every stratum is finite and inside its bounds."""
    rows = [r for k, (down, gone) in enumerate(strata) for r in life_table(down, gone, family=f"F{k}")]
    first = decide(rows)
    random.shuffle(rows)
    assert decide(rows).rows.equals(first.rows)
    for row in first.rows.to_pylist():
        down, gone = strata[int(row["family"][1:])]
        assert row["components"] == sum(down.values()) + sum(gone.values())
        assert row["failures"] == sum(down.values())
        assert row["warning"] != "no_failures"
        assert row["failed_36_low"] <= row["failed_36"] * (1 + 1e-9)
        assert row["failed_36"] <= row["failed_36_high"] * (1 + 1e-9)
        assert row["b10_low"] <= row["b10_months"] * (1 + 1e-9)
        assert row["b10_months"] <= row["b10_high"] * (1 + 1e-9)
        assert row["shape_low"] <= row["shape"] <= row["shape_high"]
    assert first.proof.against - first.proof.value <= 1e-6 * abs(first.proof.value) + 1e-9
    (row, *others) = first.rows.to_pylist()
    if not others and row["pooled"] == 0.0 and row["failures"] >= 3:
        more = [{**r, **{c: r[c] * times for c in ("entered", "failed", "censored")}} for r in rows]
        again = decide(more).rows.to_pylist()[0]
        assert again["shape"] == pytest.approx(row["shape"], rel=1e-4)
        assert again["rate_year"] == pytest.approx(row["rate_year"], rel=1e-3)


def test_refuses_bad_data():
    rows = life_table({1: 2}, {3: 5}, part="pump")
    rows[1]["failed"] = 9
    gap = life_table({0: 1}, {2: 4}, part="seal")[:2]
    with pytest.raises(DataRejected) as refused:
        decide(rows, gap)
    said = [b.what for b in refused.value.breaches]
    assert said == [
        "pump, F, hot, month 1: 7 entered but 9 failed or were last seen",
        "seal, F, hot, month 1: 4 stayed but 0 entered the next month",
    ]
    with pytest.raises(DataRejected, match="more failed or were last seen with a guessed start than in all"):
        decide([{**row, "failed_guessed": 3} for row in life_table({1: 2}, {3: 5})[1:2]])
    assert refused.value.breaches[1].do == "add the missing month, or count them as last seen"
    with pytest.raises(DataRejected, match="entered -1 is below 0"):
        decide([{**rows[0], "entered": -1}])
    nothing = decide([])
    assert (nothing.status, nothing.clash[0].what) == ("none", "no component has been under observation")
    assert np.isclose(nothing.proof.value, 0.0)


def test_dead_on_arrival_are_a_mass_of_their_own():
    """Three of a hundred never worked: they are counted, and change no life."""
    plain, with_dead = life_table({5: 4, 9: 6}, {12: 87}), life_table({5: 4, 9: 6}, {12: 87})
    with_dead[0]["entered"] += 3
    with_dead[0]["zero_hour"] = 3
    without, dead = decide(plain).rows.to_pylist()[0], decide(with_dead).rows.to_pylist()[0]
    assert dead["zero_hour"] == 3
    assert dead["components"] == without["components"] + 3
    for column in ("shape", "scale_months", "b10_low", "failures"):
        assert dead[column] == pytest.approx(without[column])


def test_a_guessed_start_is_integrated_out():
    """Everyone's start is guessed and truly later by one of five delays: the life is found, a fixed guess is not."""
    rng = np.random.default_rng(12)
    delays = np.array([-3.0, -1.0, 0.0, 4.0, 10.0])
    life, late = 14.0 * rng.weibull(2.5, 6000), rng.choice(delays, 6000)
    end = rng.uniform(12.0, 24.0, 6000)
    seen = np.minimum(life, end - late) + late
    month = np.maximum(seen, 0.0).astype(int)
    failed = life <= end - late
    rows = life_table(
        {k: int(v) for k, v in enumerate(np.bincount(month, failed)) if v},
        {k: int(v) for k, v in enumerate(np.bincount(month, ~failed)) if v},
    )
    guessed = [{**r, "failed_guessed": r["failed"], "censored_guessed": r["censored"]} for r in rows]
    law = dict(zip(("p10", "p30", "p50", "p70", "p90"), (delays * 30.4375).tolist(), strict=True))
    known = [{"climate": "hot", "machines": 500, "median_days": 60.0, **law}]
    fixed, mixed = decide(rows).rows.to_pylist()[0], decide(guessed, delays=known).rows.to_pylist()[0]
    assert mixed["shape"] == pytest.approx(2.5, rel=0.06)
    assert mixed["scale_months"] == pytest.approx(14.0, rel=0.03)
    assert abs(fixed["scale_months"] - 14.0) > 3 * abs(mixed["scale_months"] - 14.0)
    assert (mixed["guessed"], mixed["warning"]) == (1.0, "starts_guessed")
    assert decide(guessed).rows.to_pylist()[0]["scale_months"] == pytest.approx(fixed["scale_months"])


def test_the_same_life_in_hours_of_work():
    """Wear counts hours; machines work 100 h a month, half or double as often as not: the hours law is found."""
    rng = np.random.default_rng(4)
    spread, n = 0.6, 20_000
    rate = 100.0 * np.exp(spread * rng.standard_normal(n))
    life, end = 3000.0 * rng.weibull(2.0, n) / rate, rng.uniform(0.0, 36.0, n)
    month, failed = np.minimum(life, end).astype(int), life <= end
    rows = life_table(
        {k: int(v) for k, v in enumerate(np.bincount(month, failed)) if v},
        {k: int(v) for k, v in enumerate(np.bincount(month, ~failed)) if v},
    )
    usage = {
        "market": "ID", "model": "X", "family": "F", "climate": "hot", "machines": 50, "impossible": 0,
        "log_mean": float(np.log(100.0)), "log_spread": spread,
    }  # fmt: skip
    row = decide(rows, usage=[usage]).rows.to_pylist()[0]
    assert row["shape_hours"] == pytest.approx(2.0, rel=0.08)
    assert row["scale_hours"] == pytest.approx(3000.0, rel=0.06)
    assert row["b10_hours_low"] < row["b10_hours"] < row["b10_hours_high"]
    assert row["shape"] < row["shape_hours"], "mixed usage makes the months look more like chance than the wear is"
    wrong = decide(rows, usage=[{**usage, "impossible": 20}]).rows.to_pylist()[0]
    assert wrong["warning"] == "meters_doubtful"
    assert decide(rows).rows.to_pylist()[0]["scale_hours"] is None


def test_laws_are_told_apart_where_failures_are_many():
    rng = np.random.default_rng(3)

    def table(life, part):
        end = rng.uniform(20.0, 36.0, life.size)
        month, failed = np.minimum(life, end).astype(int), life <= end
        return life_table(
            {k: int(v) for k, v in enumerate(np.bincount(month, failed)) if v},
            {k: int(v) for k, v in enumerate(np.bincount(month, ~failed)) if v},
            part=part,
        )

    limited = table(np.where(rng.random(8000) < 0.1, 6.0 * rng.weibull(2.0, 8000), 1e5), "limited")
    bathtub = table(np.minimum(900.0 * rng.weibull(0.5, 8000), 30.0 * rng.weibull(5.0, 8000)), "bathtub")
    wear = table(40.0 * rng.weibull(2.0, 8000), "wear")
    found = {r["part"]: r for r in decide(limited, bathtub, wear).rows.to_pylist()}
    assert [found[p]["law"] for p in ("limited", "bathtub", "wear")] == ["limited", "two_modes", "weibull"]
    assert found["limited"]["can_fail"] == pytest.approx(0.1, abs=0.01)
    assert found["bathtub"]["late_shape"] == pytest.approx(5.0, rel=0.15)
    assert found["bathtub"]["early_shape"] == pytest.approx(0.5, rel=0.15)
    for mode, shape, scale in (("early", 0.5, 900.0), ("late", 5.0, 30.0)):
        told = {k.removeprefix(f"{mode}_"): v for k, v in found["bathtub"].items() if k.startswith(mode)}
        assert told["shape_low"] < shape < told["shape_high"]
        assert told["scale_low"] < scale < told["scale_high"]
        assert told["shape_low"] * told["shape_high"] == pytest.approx(told["shape"] ** 2)
        assert told["scale_low"] * told["scale_high"] == pytest.approx(told["scale"] ** 2)
        assert -1.0 < told["tie"] < 1.0
    assert found["wear"]["can_fail"] is None
    assert found["wear"]["early_shape"] is None


@pytest.mark.parametrize(
    ("rows", "warning", "method"),
    [
        (life_table({}, {9: 40}), "no_failures", "limit"),
        (life_table({3: 2, 7: 5}, {}), "all_failed", "own"),
        (life_table({4: 6}, {9: 5}), "one_age", "own"),
        (life_table({4: 6}, {2: 5}), "one_age", "stated"),
        (life_table({4: 1}, {9: 30}), "none", "stated"),
        (life_table({2: 5, 4: 6, 7: 9}, {9: 5}), "none", "own"),
    ],
    ids=["none failed", "all failed", "one distinct age", "one distinct age, the last", "one failure", "plain"],
)
def test_thin_and_odd_lives_are_answered_with_their_method_and_a_warning(rows, warning, method):
    row = decide(rows).rows.to_pylist()[0]
    assert (row["warning"], row["method"]) == (warning, method)
    numbers = [
        row[c] for c in ("shape_low", "shape", "shape_high", "b10_low", "b10_months", "b10_high", "scale_months")
    ]
    assert np.isfinite(numbers).all()
    assert numbers[0] <= numbers[1] <= numbers[2]
    assert numbers[3] <= numbers[4] <= numbers[5]


def test_the_rate_now_is_that_of_the_ages_in_service():
    """Wear-out seen under warranty to month 12; those at work today are 30 months old and fail accordingly more."""
    rows = drawn(6, 3.0, 40.0, 4000, 12.0)
    young = decide(rows).rows.to_pylist()[0]
    aged = [*rows, *(
        {"part": "P", "family": "F", "climate": "hot", "age_month": k, "entered": 0, "failed": 0, "censored": 0,
         "in_service": 100 if k == 30 else 0}
        for k in range(12, 31)
    )]  # fmt: skip
    old = decide(aged).rows.to_pylist()[0]
    assert old["shape"] == pytest.approx(young["shape"])
    b, eta = old["shape"], old["scale_months"]
    assert old["rate_year"] == pytest.approx(12 * ((31 / eta) ** b - (30 / eta) ** b))
    assert old["rate_year"] > 2 * young["rate_year"]
