"""learn.builds: failures of a thousand by month of building and age."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.builds import rate_build_months
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn_claims import FIELD_FAILURES, SERVICE_COHORTS

MONDAY = date(2023, 1, 2)


def week(n: int) -> date:
    return MONDAY + timedelta(weeks=n)


def began(machines: int, started: int, ended: int | None = None, built: date | None = date(2022, 12, 1)) -> dict:
    return {
        "config": "0", "model": "M", "family": "F", "market": "DE", "climate": "temperate", "channel": "direct",
        "line": "L", "built": built, "shipped": date(2022, 12, 1), "started": week(started),
        "ended": None if ended is None else week(ended), "machines": machines,
    }  # fmt: skip


def failed(at: int, started: int, failures: int = 1, heard: int | None = None, built: date | None = date(2022, 12, 1)):
    return {
        "part": "PUMP", "model": "M", "family": "F", "market": "DE", "climate": "temperate", "channel": "direct",
        "line": "L", "built": built, "lot": "", "started": week(started), "week": week(at),
        "heard": week(at if heard is None else heard), "failures": failures,
    }  # fmt: skip


def decide(cohorts: list[dict], failures: list[dict], **options):
    return rate_build_months(SERVICE_COHORTS.rows(cohorts), FIELD_FAILURES.rows(failures), **options)


def test_by_hand():
    """100 machines from week 0, 50 more from week 10, watched until week 20: 13 weeks are 3 months.

    2 failures at age 1 of 150 at risk, 1 at age 12 of 100: 1000 x (2 / 150 + 1 / 100) = 23.33; 100 of 150 are so old.
    Limits: variance 1e6 (2 / 150^2 + 1 / 100^2) = 188.9, ratio to the sum 8.095; gamma quantiles as in Fay and Feuer.
    """
    decision = decide(
        [began(100, 0), began(50, 10)],
        [failed(1, 0), failed(11, 10), failed(12, 0), failed(20, 0, heard=20)],
        ages=(3, 6),
        late_weeks=0,
    )
    three, six = decision.rows.to_pylist()
    assert three["per_thousand"] == pytest.approx(1000 * (2 / 150 + 1 / 100))
    assert (three["machines"], three["reached"], three["failures"], three["mature"]) == (150, 100, 3, False)
    assert rate_build_months.sentence(three) == (
        "23.3 failures of a thousand by 3 months so far: 100 of 150 machines are so old"
    )
    assert three["low"] < three["per_thousand"] < three["high"]
    assert (six["per_thousand"], six["reason"]) == (None, "too_young")
    assert rate_build_months.sentence(six) == "none of 150 machines has been watched to 6 months"


def test_meets_published_results(shared_data: Path):
    """Valve seats of 41 engines (Nelson 1995): means of 0.02439 by 61.5 days, 0.39024 by 258.5, 0.68354 by 404.5.

    A day is taken for thirteen weeks, which are three months.
    """
    rows = list(csv.DictReader((shared_data / "learn/smrd/valveseat.csv").read_text().splitlines()))
    ends = {r["engine"]: int(r["days"]) for r in rows if r["event"] == "end"}
    first = {engine: 13 * (1000 - end) - 1 for engine, end in ends.items()}
    cohorts = [began(1, day) | {"config": engine} for engine, day in first.items()]
    replaced = [(r["engine"], int(r["days"])) for r in rows if r["event"] == "replacement"]
    failures = [failed(first[e] + 13 * days, first[e]) | {"lot": str(k)} for k, (e, days) in enumerate(replaced)]
    failures.append(failed(13_000, 0, built=None))
    options = {"ages": (3 * 62, 3 * 259, 3 * 405), "late_weeks": 0}
    found = decide(cohorts, failures, **options).rows.to_pylist()
    assert len(ends) == 41
    published = [24.390244, 390.243902, 683.536585]
    assert [r["per_thousand"] for r in found] == pytest.approx(published)


cohort_lists = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 40), st.none() | st.integers(1, 30), st.integers(0, 2)),
    min_size=1,
    max_size=8,
)
failure_lists = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(0, 2)), max_size=20)


@given(cohort_lists, failure_lists, st.randoms())
@settings(max_examples=40, deadline=None)
def test_holds_its_laws(cohorts, failures, random):
    """Order means nothing; rates rise with age; limits hold them; fewer are reached with age; no failure is lost."""
    built = [date(2022, m, 1) for m in (10, 11, 12)]
    began_rows = [
        began(n, s, None if e is None else s + e, built[b]) | {"config": str(k)}
        for k, (n, s, e, b) in enumerate(cohorts)
    ]
    failed_rows = [failed(a, s, built=built[b]) | {"lot": str(k)} for k, (a, s, b) in enumerate(failures)]
    options = {"ages": (1, 3, 9), "late_weeks": 0}
    first = decide(began_rows, failed_rows, **options)
    random.shuffle(began_rows)
    random.shuffle(failed_rows)
    assert decide(began_rows, failed_rows, **options).rows.equals(first.rows)
    before: dict = {}
    for r in first.rows.to_pylist():
        last = before.get(r["built"])
        before[r["built"]] = r
        assert r["reached"] <= (last["reached"] if last else r["machines"])
        assert r["reason"] in ("immature", "worse") or r["mature"] or r["per_thousand"] is None
        if r["per_thousand"] is None:
            assert r["reached"] == 0
            continue
        assert r["low"] <= r["per_thousand"] <= r["high"]
        if last:
            assert r["per_thousand"] >= last["per_thousand"] - 1e-9
    old = decide(began_rows, failed_rows, ages=(40,), late_weeks=0)
    newest = max([a for a, _, _ in failures], default=0)
    there = {r["built"] for r in began_rows}
    known = sum(a < newest and built[b] in there for a, _, b in failures)
    told = sum(r["failures"] for r in old.rows.to_pylist())
    assert told + old.figures["before_service"] + old.figures["unwatched"] >= known


def test_a_bad_month_stands_out_and_its_reports_may_be_late():
    months = [date(2022, m, 1) for m in range(1, 13)]
    cohorts = [began(200, 0, built=m) for m in months]
    failures = [failed(w, 0, 1, built=m) for m in months for w in range(0, 12, 2)]
    bad = [failed(5, 0, 30, built=months[4]), failed(30, 0, built=months[0])]
    rows = {r["built"]: r for r in decide(cohorts, [*failures, *bad], ages=(3,)).rows.to_pylist()}
    worst = rows[months[4]]
    assert worst["reason"] == "worse"
    assert rate_build_months.sentence(worst) == (
        "180.0 failures of a thousand by 3 months, 30.0 of those built in other months: 36 against 6.0 expected"
    )
    assert {r["reason"] for m, r in rows.items() if m != months[4]} == {"as_usual"}
    early = decide(cohorts, [*failures, *bad], ages=(3,), late_weeks=20).rows.to_pylist()
    assert {r["reason"] for r in early} == {"too_young"}, "30 weeks less 20 are no 3 months"


def test_failures_without_machines_or_before_service_are_counted_apart():
    decision = decide(
        [began(10, 5), began(10, 5, built=None)],
        [failed(3, 5), failed(8, 5, built=date(2020, 1, 1)), failed(40, 5), failed(9, 5)],
        ages=(3,),
        late_weeks=0,
    )
    assert decision.figures["before_service"] == 1.0
    assert decision.figures["unwatched"] == 1.0
    assert decision.figures["without_month"] == 10.0
    assert decision.rows.to_pylist()[0]["failures"] == 1


def test_refuses_bad_data():
    with pytest.raises(DataRejected) as refused:
        decide([began(10, 0, built=date(2022, 12, 5))], [])
    assert [b.what for b in refused.value.breaches] == ["built 2022-12-05 is not the first day of a month"]
    with pytest.raises(OptionRejected, match="out of their limits"):
        decide([began(10, 0)], [], ages=(0,))
    nothing = decide([began(10, 0, built=None)], [])
    assert (nothing.status, nothing.clash[0].what) == ("none", "no machine with a month of building has begun service")
