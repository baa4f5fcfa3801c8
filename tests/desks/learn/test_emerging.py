"""learn.emerging: what fails more than it did."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from smilecurve.desks.learn._field import _at_one, read_field
from smilecurve.desks.learn._voices import with_complaints
from smilecurve.desks.learn.emerging import find_emerging_issues
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn import LOT_COHORTS, PART_FIXES
from smilecurve.terms.tables.learn_claims import CONFIG_PARTS, FIELD_FAILURES, SERVICE_COHORTS
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.learn_voices import COMPLAINT_COUNTS

# British coal mine disasters a year, 1851-1961: Jarrett, Biometrika 66, 1979
COAL = [
    4, 5, 4, 0, 1, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3, 2,
    2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 0, 2,
    3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]  # fmt: skip
MONDAY = date(2024, 1, 1)
CODES = {
    "model": "M",
    "family": "F",
    "market": "DE",
    "climate": "hot",
    "channel": "dealer",
    "line": "L1",
    "built": MONDAY,
}


def weekly(counts, *, part="pump", lot="", late=0, start=MONDAY, **codes) -> list[dict]:
    """Failures week by week, all heard `late` weeks later."""
    return [
        {
            "part": part, "lot": lot, "supplier": "S1", "started": start, "week": start + timedelta(weeks=k),
            "heard": start + timedelta(weeks=k + late), "failures": int(y), **CODES, **codes,
        }
        for k, y in enumerate(counts) if y
    ]  # fmt: skip


def said(counts, *, system="hydraulics", fault="leak", market="DE", start=MONDAY):
    """Complaints week by week."""
    return [
        {
            "part": f"{system}:{fault}", "system": system, "fault": fault, "family": "F", "climate": "hot",
            "market": market, "week": start + timedelta(weeks=k), "failures": int(y), "exposure": 1000.0,
        }
        for k, y in enumerate(counts) if y
    ]  # fmt: skip


def decide(failures, *, parts=("pump",), machines=1000, fixes=(), lots=(), start=MONDAY, complaints=(), **options):
    cohorts = [{"config": "1", "shipped": start, "started": start, "ended": None, "machines": machines, **CODES}]
    config = [{"config": "1", "part": p, "supplier": "S1", "places": 1, "safety": False} for p in parts]
    return find_emerging_issues(
        SERVICE_COHORTS.rows(cohorts), CONFIG_PARTS.rows(config), FIELD_FAILURES.rows(list(failures)),
        LOT_COHORTS.rows(list(lots)), PART_LIFE.empty(), PART_FIXES.rows(list(fixes)),
        COMPLAINT_COUNTS.rows(list(complaints)), **options,
    )  # fmt: skip


def of(decision, level, part="pump") -> dict:
    (row,) = [r for r in decision.rows.to_pylist() if r["level"] == level and r["part"] == part]
    return row


def test_by_hand():
    """One failure a week of 1,000 pumps for 60 weeks, then 8 in each of the last two: 16 where 2 are expected.

    All are heard in their week. 2 x 8 failures against the baseline of 1 a week, which 40 weeks before the 22 watched
    make: the tail of a negative binomial of mean 2. Every level holds the same machines, so that each tells the same.
    """
    decision = decide(weekly([1] * 60 + [8, 8]), watch_weeks=22)
    row = of(decision, "part")
    assert row["since"] == MONDAY + timedelta(weeks=60)
    assert row["seen"] == row["raised"] == MONDAY + timedelta(weeks=61)
    assert (row["weeks"], row["failures"]) == (2, 16)
    assert row["expected"] == pytest.approx(2.0, rel=0.02)
    assert row["days_between"] == pytest.approx(14 / 16)
    assert row["days_usual"] == pytest.approx(7.0, rel=0.02)
    assert row["evidence"] > row["threshold"]
    exact = stats.poisson.sf(15, 2.0)
    assert -np.log(1 / row["evidence"]) == pytest.approx(-np.log(exact), rel=0.4)
    assert (row["alarm"], row["reason"], row["issue"]) == (True, "new_alarm", "part-pump-F")
    said = find_emerging_issues.sentence(row)
    assert said == "16 failures against 2.0 expected in 2 weeks, began about 2025-02-24."
    assert decision.proof.value <= decision.proof.against * (1 + 1e-9)


def test_complaints_of_a_system_are_watched_beside_failures():
    """One leak and one noise a week for 60 weeks, then 12 leaks in each of the last two: 26 where 4 are expected.

    24 of the 26 are leaks; failures stay as they were, and the pump is quiet.
    """
    leaks, noises = said([1] * 60 + [12, 12]), said([1] * 62, fault="noise")
    decision = decide(weekly([1] * 62), complaints=leaks + noises, watch_weeks=22)
    rows = decision.rows.to_pylist()
    assert {r["level"] for r in rows if r["alarm"]} == {"system", "system_market"}
    row = of(decision, "system_market", "hydraulics")
    assert (row["market"], row["family"], row["weeks"], row["failures"]) == ("DE", "F", 2, 26)
    assert row["expected"] == pytest.approx(4.0, rel=0.02)
    assert (row["shared"], row["shares"], row["common"]) == (24, "fault", "leak")
    assert row["reason"] == "new_complaints_shared"
    assert find_emerging_issues.sentence(row) == (
        f"26 complaints against {row['expected']:.1f} expected in 2 weeks, began about 2025-02-24. 24 of 26 share leak."
    )
    assert not [r for r in rows if r["level"] == "part" and r["alarm"]]


def test_complaints_leave_claims_as_they_are():
    """Weeks of failures heard late keep their delay, though complaints are heard at once; quiet complaints are quiet."""
    claims = weekly([1] * 60 + [8, 8], late=2)
    alone = decide(claims, watch_weeks=22)
    both = decide(claims, complaints=said([3] * 62), watch_weeks=22)
    quiet = [r for r in both.rows.to_pylist() if r["level"] in ("system", "system_market")]
    assert not [r for r in quiet if r["alarm"]]
    for level in ("part", "market"):
        one, two = of(alone, level), of(both, level)
        assert [one[c] for c in ("failures", "since", "alarm")] == [two[c] for c in ("failures", "since", "alarm")]
        assert one["expected"] == pytest.approx(two["expected"], rel=1e-6)


def test_meets_published_results():
    """Coal mining read backwards, a year as a week: the rate rises to three times from 1891 on (Carlin et al. 1992)."""
    backwards = COAL[::-1]
    row = of(decide(weekly(backwards[:104]), watch_weeks=40), "part")
    assert row["alarm"]
    assert 1961 - (row["since"] - MONDAY).days // 7 == 1891
    assert row["ratio"] == pytest.approx(3.4, abs=0.6)
    assert decide(weekly(backwards[:64]), watch_weeks=26).figures["alarms"] == 0


def test_two_sentences_say_what_the_failures_share():
    """14 failures where 2 are expected; 11 of them come from one lot, which few others do."""
    old = [r for k in range(60) for r in weekly([0] * k + [1], lot=f"A{k % 20}")]
    new = weekly([0] * 60 + [5, 6], lot="L-2207") + weekly([0] * 60 + [2, 1], lot="A3")
    row = of(decide(old + new, watch_weeks=20), "part")
    assert (row["shared"], row["shares"], row["common"], row["reason"]) == (11, "lot", "L-2207", "new_alarm_shared")
    assert find_emerging_issues.sentence(row).endswith("began about 2025-02-24. 11 of 14 share L-2207.")


def test_a_lot_is_seen_among_its_machines():
    lots = [{"part": "pump", "lot": "B", "supplier": "S1", "started": MONDAY, "ended": None, "machines": 40}]
    failures = weekly([4] * 70) + weekly([0] * 66 + [1, 2, 1, 2], lot="B")
    decision = decide(failures, lots=lots, watch_weeks=26)
    row = of(decision, "lot")
    assert row["alarm"]
    assert row["lot"] == "B"
    assert row["expected"] < 1.0


def test_a_fix_closes_the_issue_and_arms_it_anew():
    fix = {"part": "pump", "fixable": 0.9, "cost": 1.0, "currency": "CNY", "fixed_on": MONDAY + timedelta(weeks=70)}
    before = [1] * 60 + [8] * 10
    assert of(decide(weekly([*before, *[1] * 6]), watch_weeks=30), "part")["alarm"]
    repaired = decide(weekly([*before, *[1] * 6]), watch_weeks=30, fixes=[fix])
    assert not [r for r in repaired.rows.to_pylist() if r["alarm"] and r["level"] in ("part", "climate", "market")]
    again = of(decide(weekly([*before, *[1] * 6, 8, 9]), watch_weeks=30, fixes=[fix]), "part")
    assert again["alarm"]
    assert again["since"] == MONDAY + timedelta(weeks=76)


def test_what_may_hurt_people_alarms_sooner():
    failures = weekly([1] * 63 + [3, 3, 4]) + weekly([1] * 63 + [3, 3, 4], part="seal")
    config = [
        {"config": "1", "part": p, "supplier": "S1", "places": 1, "safety": p == "pump"} for p in ("pump", "seal")
    ]
    cohorts = [{"config": "1", "shipped": MONDAY, "started": MONDAY, "ended": None, "machines": 1000, **CODES}]
    tables = (
        SERVICE_COHORTS.rows(cohorts), CONFIG_PARTS.rows(config), FIELD_FAILURES.rows(failures), LOT_COHORTS.empty(),
        PART_LIFE.empty(), PART_FIXES.empty(), COMPLAINT_COUNTS.empty(),
    )  # fmt: skip
    for level in np.geomspace(10.0, 1e5, 60):
        decision = find_emerging_issues(*tables, watch_weeks=20, watch_share=1e-6, false_share=1.0, false_alarms=level)
        pump, seal = of(decision, "part"), of(decision, "part", "seal")
        if pump["alarm"]:
            break
    assert pump["safety"]
    assert pump["evidence"] == pytest.approx(seal["evidence"], rel=0.2)
    assert not seal["alarm"], "the same failures of a part that hurts nobody need more"


@given(st.lists(st.integers(0, 6), min_size=40, max_size=60), st.integers(1, 50), st.randoms())
@settings(max_examples=8, deadline=None)
def test_holds_its_laws(counts, later, random):
    """Order of rows and the calendar mean nothing; more failures last week never weaken the odds of the part."""
    rows = weekly([*counts[:-1], counts[-1] + 1]) + weekly([1] * len(counts), part="seal")
    both = {"parts": ("pump", "seal"), "watch_weeks": 20, "watch_share": 1e-9}
    first = decide(rows, **both)
    assert decide(random.sample(rows, len(rows)), **both).rows.equals(first.rows)
    moved = [{**r, **{c: r[c] + timedelta(weeks=later) for c in ("started", "week", "heard")}} for r in rows]
    again = decide(moved, **both, start=MONDAY + timedelta(weeks=later))
    assert again.rows["evidence"].to_pylist() == pytest.approx(first.rows["evidence"].to_pylist())
    assert all(not r["alarm"] or r["ratio"] >= 1.5 for r in first.rows.to_pylist())
    assert first.proof.value <= first.proof.against * (1 + 1e-9)


def test_refuses_bad_data():
    with pytest.raises(OptionRejected) as refused:
        decide(weekly([1] * 30), false_alarms=0.0, watch_weeks=0, false_share=2.0)
    assert [b.what for b in refused.value.breaches] == [
        "0 false alarms cannot be kept",
        "a share of 2 is out of 0 .. 1",
        "0 weeks to watch are out of 1 .. 260",
    ]
    with pytest.raises(DataRejected, match="pump was heard of before it failed"):
        decide([{**weekly([1])[0], "heard": MONDAY - timedelta(weeks=1)}])
    rows = weekly([1, 2])
    rows[0]["failures"] = -1
    with pytest.raises(DataRejected, match="failures -1 is below 0"):
        decide(rows)
    few = decide(weekly([1, 2]))
    assert (few.status, few.clash[0].what) == ("none", "2 weeks of service are known, 9 are needed")
    assert np.isfinite(few.proof.value)


def test_a_part_nobody_lists_and_a_week_53_are_no_trouble():
    """2026 has a week 53; a failure of a part that no configuration holds belongs to no stratum."""
    start = date(2026, 6, 1)
    decision = decide(weekly([1] * 40, start=start) + weekly([5] * 40, part="ghost", start=start), start=start)
    assert not decision.figures["alarms"]
    assert {r["part"] for r in decision.rows.to_pylist()} <= {"pump", "ghost"}


def test_claims_told_twice_are_counted_beside_what_is_decided():
    """The thread leaves them out of the failures; how many there were stands on the decision."""
    found = decide(weekly([1] * 60 + [8, 8], doubled=1), watch_weeks=22)
    plain = decide(weekly([1] * 60 + [8, 8]), watch_weeks=22)
    assert (found.figures["doubled"], plain.figures["doubled"]) == (62, 0)
    assert found.rows.equals(plain.rows)


def test_a_part_stands_at_a_rate_of_one_so_that_its_own_failures_are_told_once():
    """10,000 machines over 62 weeks: 620,000 machine-weeks of the part (by steps of four weeks of age), however many failed.

    Its market expects what all its failures make: 62 and 186, and the half that is added. A stratum with a course of
    its own keeps it: half the exposure in its first week, scaled to the sum at a rate of 1.
    """
    exposure = {}
    for each in (1, 3):
        failures = with_complaints(FIELD_FAILURES.rows(weekly([each] * 62)), COMPLAINT_COUNTS.empty())
        cohorts = [{"config": "1", "shipped": MONDAY, "started": MONDAY, "ended": None, "machines": 10_000, **CODES}]
        config = [{"config": "1", "part": "pump", "supplier": "S1", "places": 1, "safety": False}]
        field = read_field(
            SERVICE_COHORTS.rows(cohorts),
            CONFIG_PARTS.rows(config),
            failures,
            LOT_COHORTS.empty(),
            PART_LIFE.empty(),
            62,
        )
        sums = field.exposure.sum(axis=1)
        exposure[each] = {
            level: float(sums[field.level.index(level)]) for level in ("part", "supplier", "line", "market")
        }
    for told in exposure.values():
        assert [told[level] for level in ("part", "supplier", "line")] == pytest.approx([620_000.0] * 3, rel=2e-3)
    assert [told["market"] for told in exposure.values()] == pytest.approx([62.5, 186.5], rel=1e-9)
    at_one = _at_one(np.array([[3.0, 1.0, 2.0], [0.0, 0.0, 0.0]]), np.array([[10.0, 10.0, 10.0], [0.0, 0.0, 0.0]]))
    assert at_one.tolist() == [[15.0, 5.0, 10.0], [0.0, 0.0, 0.0]]
