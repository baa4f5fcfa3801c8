"""learn.hazard: how long each part lives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.hazard import fit_part_life
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables.learn import LIFE_GROUPS

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
    """Rows of life_groups from the months in which components failed or were last seen."""
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


def decide(*tables: list[dict], **options):
    return fit_part_life(LIFE_GROUPS.rows([row for rows in tables for row in rows]), **options)


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
    first = fit_part_life(LIFE_GROUPS.rows(rows))
    random.shuffle(rows)
    assert fit_part_life(LIFE_GROUPS.rows(rows)).rows.equals(first.rows)
    for row in first.rows.to_pylist():
        down, gone = strata[int(row["family"][1:])]
        assert row["components"] == sum(down.values()) + sum(gone.values())
        assert row["failures"] == sum(down.values())
        assert row["b10_low"] <= row["b10_months"] * (1 + 1e-9)
        assert row["b10_months"] <= row["b10_high"] * (1 + 1e-9)
        assert row["shape_low"] <= row["shape"] <= row["shape_high"]
    assert first.proof.against - first.proof.value <= 1e-6 * abs(first.proof.value) + 1e-9
    (row, *others) = first.rows.to_pylist()
    if not others and row["pooled"] == 0.0 and row["failures"] >= 3:
        more = [{**r, **{c: r[c] * times for c in ("entered", "failed", "censored")}} for r in rows]
        again = fit_part_life(LIFE_GROUPS.rows(more)).rows.to_pylist()[0]
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
    assert refused.value.breaches[1].do == "add the missing month, or count them as last seen"
    with pytest.raises(DataRejected, match="entered -1 is below 0"):
        fit_part_life(pa.table({**LIFE_GROUPS.rows(rows[:1]).to_pydict(), "entered": [-1]}))
    nothing = fit_part_life(LIFE_GROUPS.empty())
    assert (nothing.status, nothing.clash[0].what) == ("none", "no component has been under observation")
    assert np.isclose(nothing.proof.value, 0.0)
