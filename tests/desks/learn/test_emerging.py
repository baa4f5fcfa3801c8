"""learn.emerging: which part fails more than it did."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.emerging import find_emerging_issues
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn import CLAIM_COUNTS

# British coal mine disasters a year, 1851-1961: Jarrett, Biometrika 66, 1979
COAL = [
    4, 5, 4, 0, 1, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3, 2,
    2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 0, 2,
    3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]  # fmt: skip
MONDAY = date(2024, 1, 1)


def weekly(failures, *, part="pump", family="F", climate="hot", exposure=100.0, start=MONDAY) -> list[dict]:
    return [
        {
            "part": part, "family": family, "climate": climate, "week": start + timedelta(weeks=k),
            "failures": int(y), "exposure": float(exposure),
        }
        for k, y in enumerate(failures)
    ]  # fmt: skip


def decide(*tables, **options):
    return find_emerging_issues(CLAIM_COUNTS.rows([row for rows in tables for row in rows]), **options)


def test_by_hand():
    """One failure a week of 100 pumps for 40 weeks, then 12 in each of two weeks: 24 where 0.01 x 200 = 2 are expected.

    The 34 weeks of history give the part a gamma law of shape 34 / sqrt 2 = 24.04 and rate 2,404; with the stratum's own 40
    failures in 4,000 component-weeks the baseline is gamma(64.04, 6,404). A rise by r in the last two weeks has the
    likelihood ratio r^24 ((6,404 + 200) / (6,404 + 200 r))^(64.04 + 24): 6.1e14 for r = 10, far less for the other four
    factors, so the mean of the five is 1.22e14. The threshold is 1,000 years of 52.18 weeks.
    """
    decision = decide(weekly([1] * 40 + [12, 12]), window_weeks=8)
    (row,) = decision.rows.to_pylist()
    assert row["since"] == MONDAY + timedelta(weeks=40)
    assert row["seen"] == MONDAY + timedelta(weeks=41)
    assert row["failures"] == 24
    assert row["expected"] == pytest.approx(2.0, rel=1e-6)
    assert row["ratio"] == pytest.approx(12.0, rel=1e-6)
    assert row["evidence"] == pytest.approx(1.22e14, rel=0.01)
    assert row["threshold"] == pytest.approx(52178.6, abs=0.1)
    assert (row["alarm"], row["reason"], row["issue"]) == (True, "new_alarm", "pump-F-hot")
    said = find_emerging_issues.sentence(row)
    assert said == "24 failures since 2024-10-07, 2.0 expected: 12.0 times the baseline"
    assert decision.proof.value <= decision.proof.against * (1 + 1e-12)


def test_meets_published_results():
    """Coal mining read backwards, a year as a week: the rate rises to three times from 1891 on (Carlin et al. 1992)."""
    backwards = COAL[::-1]
    decision = decide(weekly(backwards[:90]))
    (row,) = decision.rows.to_pylist()
    assert row["alarm"]
    assert 1961 - (row["since"] - MONDAY).days // 7 == 1891
    assert row["ratio"] == pytest.approx(3.4, abs=0.5)
    assert decide(weekly(backwards[:60])).figures["alarms"] == 0


@given(st.lists(st.integers(0, 6), min_size=30, max_size=60), st.integers(1, 50), st.floats(0.1, 10.0), st.randoms())
@settings(max_examples=25, deadline=None)
def test_holds_its_laws(failures, later, heavier, random):
    """Order of rows, the calendar and the unit of exposure mean nothing; more failures last week never weaken an alarm."""
    quiet = weekly([1] * len(failures), part="seal")
    rows = weekly(failures) + quiet
    first = decide(rows, watch_share=1e-9)
    shuffled = random.sample(rows, len(rows))
    assert decide(shuffled, watch_share=1e-9).rows.equals(first.rows)
    moved = [{**r, "week": r["week"] + timedelta(weeks=later), "exposure": r["exposure"] * heavier} for r in rows]
    again = decide(moved, watch_share=1e-9)
    assert again.rows["evidence"].to_pylist() == pytest.approx(first.rows["evidence"].to_pylist(), rel=1e-6)
    more = decide(weekly([*failures[:-1], failures[-1] + 5]) + quiet, watch_share=1e-9)
    pump = lambda d: max([r["evidence"] for r in d.rows.to_pylist() if r["part"] == "pump"], default=0.0)  # noqa: E731
    assert pump(more) >= pump(first) * (1 - 1e-9)
    assert all(not r["alarm"] or r["ratio"] >= 1.5 for r in first.rows.to_pylist())


def test_refuses_bad_data():
    with pytest.raises(OptionRejected) as refused:
        decide(weekly([1] * 30), false_alarms=0.0, window_weeks=1)
    assert [b.what for b in refused.value.breaches] == [
        "0 false alarms cannot be kept",
        "a window of 1 weeks is out of 2 .. 104",
    ]
    rows = weekly([1, 2])
    rows[0]["failures"] = -1
    with pytest.raises(DataRejected, match="failures -1 is below 0"):
        decide(rows)
    few = decide(weekly([1, 2]))
    assert (few.status, few.clash[0].what) == ("none", "fewer than 8 weeks of failures are known")
    assert np.isfinite(few.proof.value)


def test_many_strata_can_be_held_to_a_share_of_false_alarms():
    """Evidence of 1e14 passes any share; with an allowance of one in a billion a single weaker alarm does not."""
    strong, weak = weekly([1] * 40 + [12, 12]), weekly([1] * 40 + [5, 6], part="seal")
    found = lambda share: [  # noqa: E731
        r["part"]
        for r in decide(strong, weak, window_weeks=8, false_alarms=1e5, false_share=share).rows.to_pylist()
        if r["alarm"]
    ]
    assert sorted(found(1.0)) == ["pump", "seal"]
    assert found(1e-9) == ["pump"]
