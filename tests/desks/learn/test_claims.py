"""learn.claims: failures still to come."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.claims import forecast_claims
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn import FAILURE_COSTS
from smilecurve.terms.tables.learn_claims import CONFIG_PARTS, FIELD_FAILURES, SERVICE_COHORTS
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES
from smilecurve.terms.tables.serve_claims import WARRANTY_TERMS
from smilecurve.terms.tables.supply import PARTS

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
PART = {
    "part": "pump", "name": "Pump", "system": "hydraulics", "source": "buy", "lead_days": 1, "lot_least": 1.0,
    "lot_multiple": 1.0, "scrap": 0.0, "cost": 10.0, "currency": "EUR", "spare": True,
}  # fmt: skip
TERM = {"family": "F", "market": "*", "system": "*", "months": 24, "supplier_share": 0.0}
COST = {
    "part": "pump", "family": "F", "failures": 10, "cost": 2000.0, "currency": "EUR", "machines": 1, "mean_age_months": 1.0,
}  # fmt: skip


def weekly(counts, *, part="pump", late=0, **codes) -> list[dict]:
    """Failures week by week, all heard `late` weeks later."""
    return [
        {
            "part": part, "lot": "", "supplier": "S1", "started": MONDAY, "week": MONDAY + timedelta(weeks=k),
            "heard": MONDAY + timedelta(weeks=k + late), "failures": int(y), **CODES, **codes,
        }
        for k, y in enumerate(counts) if y
    ]  # fmt: skip


def decide(failures, *, machines=1000, terms=(TERM,), costs=(COST,), life=(), parts=("pump",), campaign=(), **options):
    cohorts = [{"config": "1", "shipped": MONDAY, "started": MONDAY, "ended": None, "machines": machines, **CODES}]
    config = [{"config": "1", "part": p, "supplier": "S1", "places": 1, "safety": False} for p in parts]
    return forecast_claims(
        SERVICE_COHORTS.rows(cohorts), CONFIG_PARTS.rows(config), FIELD_FAILURES.rows(list(failures)),
        PART_LIFE.rows(list(life)), PARTS.rows([{**PART, "part": p} for p in parts]), WARRANTY_TERMS.rows(list(terms)),
        FAILURE_COSTS.rows(list(costs)), CAMPAIGN_MACHINES.rows(list(campaign)), **options,
    )  # fmt: skip


def of(decision, level, *, past=False) -> list[dict]:
    """Rows of a level: past ones, or those week by week ahead."""
    rows = [r for r in decision.rows.to_pylist() if r["level"] == level and r["past"] == past]
    return rows if past else [r for r in rows if r["weeks"] == 1]


def summed(decision, level) -> list[dict]:
    """Rows of a level over all weeks ahead."""
    return [r for r in decision.rows.to_pylist() if r["level"] == level and not r["past"] and r["weeks"] > 1]


def test_by_hand():
    """1,000 pumps fail 10 times a week, for 60 weeks, all heard at once; the newest week is not over.

    Without ageing 10 a week are to come, 80 % of them within 6 .. 14 (Poisson, with a little doubt about the rate). The
    warranty holds 24 months = 104 weeks: all of the next 13 weeks. A failure has cost 200 EUR: 13 x 10 x 200 = 26,000.
    """
    decision = decide(weekly([10] * 61), weeks_ahead=13)
    first = of(decision, "part")[0]
    assert first["week"] == MONDAY + timedelta(weeks=60)
    assert first["machines"] == 1000
    assert first["expected"] == pytest.approx(10.0, rel=0.01)
    assert (first["low80"], first["high80"]) == (6.0, 14.0)
    assert first["reserve"] == pytest.approx(2000.0, rel=0.01)
    assert decision.figures["reserve"] == pytest.approx(26_000.0, rel=0.01)
    assert decision.worth.currency == "EUR"
    (market,) = summed(decision, "market")
    assert (market["market"], market["weeks"]) == ("DE", 13)
    assert market["expected"] == pytest.approx(130.0, rel=0.02)
    assert market["expected"] == pytest.approx(sum(r["expected"] for r in of(decision, "market")))
    (all_of_it,) = summed(decision, "all")
    assert all_of_it["reserve"] == pytest.approx(26_000.0, rel=0.01)
    assert all_of_it["reserve_low"] < all_of_it["reserve"] < all_of_it["reserve_high"]
    assert forecast_claims.sentence(first) == "1000 components at their age: 10.0 failures, 6 to 14 in 80 % of cases"
    assert decision.proof.value == pytest.approx(130.0)
    assert decision.proof.against == pytest.approx(130.0, rel=0.02)


def test_meets_published_results(shared_data: Path):
    """RAA as claims of ten years' cohorts: what chain ladder says is still to come, which is Mack's 52,135.23."""
    from smilecurve.solve.triangles import chain_ladder

    with (shared_data / "learn" / "RAA_triangle.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    triangle = np.array([[float("nan") if c == "NA" else float(c) for c in row[1:]] for row in rows])
    found = chain_ladder(triangle)
    assert found.total == pytest.approx(52_135.23, abs=0.005)
    assert found.total_error == pytest.approx(26_909.01, abs=0.005)


def test_late_reports_are_completed():
    """Half of each week's 20 is heard at once, the other half four weeks later."""
    failures = weekly([10] * 70) + weekly([10] * 66, late=4)
    past = of(decide(failures, weeks_ahead=8), "all", past=True)
    assert past[-1]["heard"] == 10
    assert past[-1]["completed"] == pytest.approx(20.0, rel=0.1)
    assert past[-1]["reason"] == "as_foretold"


def test_a_week_hardly_heard_of_is_not_judged():
    """A tenth of each week's 20 is heard at once, the rest four weeks later: the last week says too little."""
    found = decide(weekly([2] * 70) + weekly([18] * 66, late=4), weeks_ahead=8)
    past = of(found, "all", past=True)
    assert past[-1]["reason"] == "too_early"
    assert past[0]["reason"] == "as_foretold"
    assert found.answer == "coming"
    assert found.figures["expected_low"] < found.figures["expected"] < found.figures["expected_high"]


def test_a_part_that_wears_out_fails_more_as_it_ages():
    life = [
        {
            "part": "pump", "family": "F", "climate": "hot", "shape": 3.0, "scale_months": 60.0, "shape_low": 2.5,
            "shape_high": 3.5, "b10_months": 28.0, "b10_low": 25.0, "b10_high": 31.0, "rate_year": 0.1, "components": 1000,
            "failures": 100, "pooled": 0.0, "against_others": 1.0, "reason": "wears_out",
        }
    ]  # fmt: skip
    """Of 10,000 pumps 200 failed until week 60, by the square of the age: (111 / 60)^2 = 3.4 times as many a week then.

    Of 1,000 pumps so many fail, and are replaced by new ones, that they hardly fail more often any longer.
    """
    many, few = (
        of(decide(weekly([max(1, k // 8) for k in range(60)]), machines=n, life=life, weeks_ahead=52), "part")
        for n in (10_000, 1_000)
    )
    assert many[-1]["expected"] == pytest.approx(3.0 * many[0]["expected"], rel=0.2)
    assert few[-1]["expected"] < 1.3 * few[0]["expected"]


def test_what_the_warranty_no_longer_covers_is_not_reserved():
    rows = of(decide(weekly([5] * 61), terms=[{**TERM, "months": 12}], weeks_ahead=4), "part")
    assert [r["reserve"] for r in rows] == [0.0] * 4
    assert rows[0]["expected"] > 4


def test_what_is_heard_today_counts_today():
    """10 a week, then 30 by Wednesday of the week that runs: without today they are not learnt from."""
    failures = weekly([*[10] * 60, 30])
    blind, seen = (decide(failures, weeks_ahead=4, today=day) for day in (None, MONDAY + timedelta(weeks=60, days=2)))
    assert summed(blind, "part")[0]["expected"] == pytest.approx(40.0, rel=0.01)
    assert summed(seen, "part")[0]["expected"] > 41.0
    quiet = decide(weekly([*[10] * 60, 4]), weeks_ahead=4, today=MONDAY + timedelta(weeks=60, days=2))
    assert summed(quiet, "part")[0]["expected"] == pytest.approx(40.0, rel=0.01)


def test_a_part_is_as_unsure_as_its_failures_are_few():
    """8 failures in 60 weeks, 26 weeks ahead: 3.5 expected, of variance 3.5 + 3.5^2 / 8 = 5; surer with 160 failures.

    The square root of it is 2.2: the middle 95 % are 9 wide or so, 7 were the rate known.
    """
    few = summed(decide(weekly([1, 0, 0, 0, 0, 0, 0] * 8 + [0, 0, 0, 0, 1]), weeks_ahead=26), "part")[0]
    assert few["expected"] == pytest.approx(3.5, rel=0.15)
    assert few["high95"] - few["low95"] >= 8.0


def test_failures_not_paid_yet_make_none_cheaper():
    """10 failures, 5 of them paid, cost 2,000 EUR: 400 each; a part without costs is reserved at what all cost."""
    decision = decide(weekly([5] * 61), costs=[{**COST, "paid": 5}], weeks_ahead=4, parts=("pump", "seal"))
    pump, seal = summed(decision, "part")
    for row in (pump, seal):
        assert row["reserve"] / row["covered"] == pytest.approx(400.0)


def test_pieces_for_campaigns_stand_in_rows_of_their_own():
    """Two machines wait in Germany, one is done, one stands in the yard."""
    machine = {"model": "M", "part": "pump", "lot": "L", "market": "DE", "status": "customer", "done": False}
    waiting = [{**machine, "machine": f"S{i}", "done": i == 2} for i in range(3)]
    decision = decide(weekly([1] * 30), campaign=[*waiting, {**machine, "machine": "S9", "status": "stock"}])
    (field,), (yard,) = summed(decision, "campaign"), summed(decision, "yard")
    assert (field["market"], field["expected"], field["low95"], field["high95"]) == ("DE", 2.0, 2.0, 2.0)
    assert (yard["market"], yard["expected"]) == (None, 1.0)
    assert decision.figures["campaign"] == 3.0
    assert forecast_claims.sentence(field) == "2 components of suspect lots wait in the field for a visit: a piece each"


def test_zero_failures_are_answered_with_a_bound():
    decision = decide(weekly([2] * 40), parts=("pump", "seal"), weeks_ahead=4)
    seal = next(r for r in of(decision, "part") if r["part"] == "seal")
    assert seal["reason"] == "no_failures_yet"
    assert 0 < seal["expected"] < 0.5


@given(st.lists(st.integers(0, 9), min_size=30, max_size=50), st.randoms())
@settings(max_examples=10, deadline=None)
def test_holds_its_laws(counts, random):
    """Order of rows means nothing; bands are nested around what is expected; all adds up.

    Weeks add up to their sum, markets to their part, parts to all.
    """
    rows = weekly([*counts, 1]) + weekly([1] * (len(counts) + 1), part="seal", market=None)
    first = decide(rows, parts=("pump", "seal"), weeks_ahead=6)
    again = decide(random.sample(rows, len(rows)), parts=("pump", "seal"), weeks_ahead=6)
    assert again.rows.equals(first.rows)
    for r in first.rows.to_pylist():
        assert r["low95"] <= r["low80"] <= r["high80"] <= r["high95"]
        assert r["low95"] <= r["expected"] + 1
        assert r["expected"] <= r["high95"] + 1
        assert r["completed"] is None or r["completed"] >= r["heard"] - 1e-6
    total = {level: sum(r["expected"] for r in summed(first, level)) for level in ("all", "part", "market")}
    assert total["part"] == pytest.approx(total["all"]) == pytest.approx(total["market"])
    for level in ("all", "part"):
        assert sum(r["expected"] for r in of(first, level)) == pytest.approx(total[level])


def test_refuses_bad_data():
    with pytest.raises(OptionRejected, match="0 weeks ahead from 5 weeks of history are out of their limits"):
        decide(weekly([1] * 30), weeks_ahead=0, history_weeks=5)
    with pytest.raises(DataRejected, match=r"costs stand in 2 currencies \(CNY, EUR\)"):
        decide(weekly([1] * 30), costs=[COST, {**COST, "family": "G", "currency": "CNY"}])
    with pytest.raises(DataRejected, match="currency is empty"):
        decide(weekly([1] * 30), costs=[{**COST, "currency": None}])
    few = decide(weekly([1] * 5))
    assert (few.status, few.clash[0].what) == ("none", "4 weeks of service are known, 13 are needed")


def test_failures_nobody_could_have_are_left_out_and_counted():
    """A part no machine holds is left out; more failures than components are told: 12 of 5 machines."""
    decision = decide(weekly([1] * 30) + weekly([1] * 12, part="ghost"), machines=5, weeks_ahead=4)
    assert decision.figures["left_out"] == 12
    assert decision.figures["more_than_shipped"] == 2
    assert {r["part"] for r in decision.rows.to_pylist()} == {"*", "pump"}


def test_claims_told_twice_are_counted_beside_what_is_decided():
    """The thread leaves them out of the failures; how many there were stands on the decision."""
    found = decide(weekly([10] * 61, doubled=1), weeks_ahead=13)
    plain = decide(weekly([10] * 61), weeks_ahead=13)
    assert (found.figures["doubled"], plain.figures["doubled"]) == (61, 0)
    assert found.rows.equals(plain.rows)
