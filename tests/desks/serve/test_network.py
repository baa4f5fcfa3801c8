"""serve.network: which partners are appointed, and whose jobs each takes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve._jobs import first_time_shares
from smilecurve.desks.serve.network import WEEKS_YEAR, appoint_partners
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import TECHNICIANS
from smilecurve.terms.tables.serve_network import PARTNER_OFFERS
from smilecurve.terms.tables.serve_tickets import CAUSES, TICKETS

START = datetime(2026, 1, 1, tzinfo=UTC)


def offer(partner: str, longitude: float = 0.5, **more: object) -> dict[str, object]:
    base = {"partner": partner, "name": partner, "market": "ID", "latitude": 0.5, "longitude": longitude,
            "skills": "hydraulics", "fee_year": 1000.0, "job_cost": 100.0, "week_jobs": 50.0, "exclusive": False,
            "change_cost": 0.0, "first_time": 1.0, "appointed": False, "currency": "CNY"}  # fmt: skip
    return base | more


def visits(count: int, longitude: float = 0.5, **more: object) -> list[dict[str, object]]:
    """`count` visits spread over ten weeks."""
    at = [START + timedelta(weeks=10) * (i / max(count - 1, 1)) for i in range(count)]
    base = {"model": "X", "family": "f", "market": "ID", "symptom": "leak", "cause": "hose", "remedy": "visit",
            "latitude": 0.5, "longitude": longitude}  # fmt: skip
    return [base | {"ticket": f"T{longitude}-{i}", "machine": f"M{longitude}-{i}", "opened": day, "closed": day} | more
            for i, day in enumerate(at)]  # fmt: skip


def run(offers: list[dict[str, object]], tickets: list[dict[str, object]], **options: object) -> Decision:
    causes = [{"family": "f", "symptom": "leak", "cause": c, "weight": 1.0, "remedy": "visit", "guide": "g",
               "skill": skill, "minutes": 60} for c, skill in (("hose", "hydraulics"), ("fuse", "electrics"))]  # fmt: skip
    market = {"market": "ID", "name": "Indonesia", "region": "r", "climate": "hot", "currency": "IDR",
              "latitude": 0.5, "longitude": 0.5, "home": False}  # fmt: skip
    return appoint_partners(PARTNER_OFFERS.rows(offers), TICKETS.rows(tickets), CAUSES.rows(causes),
                            MARKETS.rows([market]), TECHNICIANS.rows([]), **{"weeks": 1} | options)  # fmt: skip


def test_by_hand() -> None:
    """20 visits in ten weeks at one spot: 2 a week. NEAR stands there and asks 100 a job and 1,000 a year, FAR one degree
    (111.2 km) away asks 10 and 100 a year: 10 + 2 x 3 x 111.2 = 677 a job. NEAR costs 1,000 + 2 x 52.18 x 100 = 11,436 a
    year, FAR 70,780: NEAR is appointed, and parting from FAR is free.
    """
    far = offer("FAR", 1.5, job_cost=10.0, fee_year=100.0, appointed=True)
    got = run([offer("NEAR"), far], visits(20))
    rows = {r["partner"]: r for r in got.rows.to_pylist()}
    assert (rows["NEAR"]["reason"], rows["FAR"]["reason"]) == ("appoint", "dismiss")
    assert rows["NEAR"]["jobs_week"] == pytest.approx(2.0)
    assert rows["FAR"]["own_job"] == pytest.approx(10 + 6 * 111.195, rel=1e-4)
    assert got.proof.value == pytest.approx(1000 + 2 * WEEKS_YEAR * 100)
    assert got.proof.against == pytest.approx(got.proof.value)
    assert got.figures["cost_year_before"] == pytest.approx(100 + 2 * WEEKS_YEAR * (10 + 6 * 111.195), rel=1e-4)
    assert appoint_partners.sentence(rows["FAR"]) == (
        "part from it: jobs of ID cost 100 CNY done by others, 677 when it goes, and 100 a year"
    )
    kept = run([offer("NEAR"), far | {"change_cost": 3 * 60_000.0}], visits(20))
    assert {r["partner"]: r["reason"] for r in kept.rows.to_pylist()}["FAR"] == "bound_to_keep"


def test_meets_published_results(shared_data: Path) -> None:
    """pmed1 as a desk would be given it is no map; its optimum stands in tests/solve/test_siting.py. Here: the same
    single-source file of Delmaire by capacity and fee, jobs of one place a customer, cost by price alone."""
    numbers = np.array((shared_data / "serve/network/sscflp/Lib_1/p1").read_text().split(), dtype=float)
    sites, customers = int(numbers[0]), int(numbers[1])
    capacity, opening, load, _ = np.split(numbers[2:], np.cumsum([sites, sites, customers]))
    offers = [offer(f"P{j:02d}", fee_year=opening[j] * WEEKS_YEAR, week_jobs=capacity[j], job_cost=0.0)
              for j in range(sites)]  # fmt: skip
    tickets = visits(int(load.sum()) * 10)
    got = run(offers, tickets, km_cost=0.0)
    worth = min(
        sum(opening[list(some)]) for size in range(1, sites + 1) for some in itertools.combinations(range(sites), size)
        if sum(capacity[list(some)]) >= load.sum()
    )  # fmt: skip
    assert got.proof.value == pytest.approx(worth * WEEKS_YEAR, rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_holds_its_laws(seed: int) -> None:
    """Never dearer than the best of all subsets, capacities and markets kept, jobs add up, one more offer never costs
    more, order changes nothing."""
    draw = np.random.default_rng(seed)
    offers = [
        offer(f"P{j}", float(draw.integers(0, 4)) + 0.5, fee_year=float(draw.integers(0, 40)) * 1000,
              job_cost=float(draw.integers(50, 400)), week_jobs=float(draw.integers(1, 4)),
              exclusive=bool(draw.random() < 0.2), appointed=bool(draw.random() < 0.5),
              first_time=float(draw.uniform(0.5, 1.0)))
        for j in range(5)
    ]  # fmt: skip
    tickets = [t for k in range(3) for t in visits(int(draw.integers(2, 20)), float(k) + 0.5)]
    got = run(offers, tickets)
    rows = got.rows.to_pylist()
    assert got.proof.against <= got.proof.value * (1 + 1e-9)
    before = [o for o in offers if o["appointed"]]
    assert got.worth.amount >= -1e-6 * got.proof.value or any(o["exclusive"] for o in before)
    given_out = sum(r["jobs_week"] for r in rows)
    assert given_out + got.figures["own_people"] * got.figures["jobs_week"] == pytest.approx(got.figures["jobs_week"])
    for r in rows:
        assert r["jobs_week"] <= r["week_jobs"] + 1e-6
        assert r["appointed"] or r["jobs_week"] == 0
        assert appoint_partners.sentence(r)
    chosen = [r["partner"] for r in rows if r["appointed"]]
    assert len(chosen) <= 1 or not any(o["exclusive"] for o in offers if o["partner"] in chosen)
    best = min(
        run([o for o, t in zip(offers, take, strict=True) if t], tickets).proof.value
        for take in itertools.product((0, 1), repeat=5) if sum(take) == 4
    )  # fmt: skip
    assert got.proof.value <= best * (1 + 2e-4)
    assert run(offers[::-1], tickets[::-1]).rows.equals(got.rows)


def test_the_plan_is_tried_on_a_quarter() -> None:
    """20 visits in ten weeks at one spot, so 26 or so in a quarter. NEAR stands there: nobody drives, each call is
    answered next morning at eight, within 32 hours; a job costs 100 and its part of the fee. FAR of today is 111.2 km
    away, 1.3 times as long by road: 289.1 km there and back where no two jobs share a tour.
    """
    far = offer("FAR", 1.5, job_cost=10.0, fee_year=100.0, appointed=True)
    got = run([offer("NEAR"), far], visits(20), weeks=13)
    rows, told = {r["partner"]: r for r in got.rows.to_pylist()}, got.figures
    jobs = told["jobs_played"]
    assert 10 < jobs < 45
    assert (rows["NEAR"]["played_jobs"], rows["FAR"]["today_jobs"]) == (jobs, jobs)
    assert (rows["NEAR"]["today_jobs"], rows["FAR"]["played_jobs"]) == (0, 0)
    assert (told["answered"], told["km_job"]) == (1.0, 0.0)
    assert 0 < told["response_h"] <= 24 < 26 <= told["response_h"] + 24
    assert told["cost_job"] == pytest.approx(100 + 1000 * 13 / WEEKS_YEAR / jobs)
    assert 0.5 * 2 * 1.3 * 111.195 < told["km_job_before"] <= 2 * 1.3 * 111.195 + 1e-3
    paid = 10 + 3 * told["km_job_before"] + 100 * 13 / WEEKS_YEAR / jobs
    assert told["cost_job_before"] == pytest.approx(paid)
    assert rows["NEAR"]["played_load"] == pytest.approx(jobs / 13 / 50, abs=0.005)
    assert got.clash == ()
    assert "partners instead of" in appoint_partners.answer(got.answer, told)


def test_a_plan_that_does_not_answer_in_time_is_told() -> None:
    """One partner 390 km off is within eight hours' drive of every job, but each is a journey of days."""
    got = run([offer("FAR", 4.0, appointed=True, week_jobs=9.0)], visits(60), weeks=13)
    assert got.figures["within"] == 1.0
    assert got.figures["answered"] < 0.9
    (clash,) = got.clash
    assert clash.what.startswith(f"played over 13 weeks, {got.figures['answered']:.0%} of ")
    assert clash.what.endswith("answered within 48 h, where 100% are planned within reach in time")
    assert clash.do.endswith("slowest: FAR")


def test_a_skill_is_needed_and_repeats_are_learnt() -> None:
    """Electric jobs cannot go to who has hydraulics alone; who comes again often costs more than his price says."""
    got = run([offer("H")], visits(10, cause="fuse"))
    assert got.rows.to_pylist()[0]["reason"] == "no_jobs"
    assert got.figures["own_people"] == 1.0
    twice = [t | {"partner": "BAD", "machine": "M1", "ticket": f"B{i}", "opened": START + timedelta(days=10 * i),
                  "closed": START + timedelta(days=10 * i + 1)} for i, t in enumerate(visits(41))]  # fmt: skip
    shares = first_time_shares(TICKETS.rows(twice), {"BAD": 0.9, "NEW": 0.9})
    assert shares["NEW"] == pytest.approx(0.9)
    assert shares["BAD"] == pytest.approx((41 - 40 + 20 * 0.9) / 61)


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected, match="offers are made in CNY, EUR"):
        run([offer("A"), offer("B", currency="EUR")], visits(3))
    with pytest.raises(OptionRejected) as refused:
        run([offer("A")], visits(3), reach_h=0.0, cell=-1.0)
    assert [b.what for b in refused.value.breaches] == ["reach_h of 0 is not above 0", "cell of -1 is not above 0"]
    nothing = run([offer("A")], [])
    assert (nothing.status, nothing.rows.to_pylist()[0]["reason"]) == ("best", "no_jobs")
