"""renew.match: who meets whom at a fair, and why not the next best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from smilecurve.desks.renew.match import COUNTS, match_fair
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew_fair import FAIR_OFFERS, FAIR_WANTS

Row = dict[str, object]
DEGREE = 6371.0088 * np.pi / 180


def offer(name: str, price: float, **more: object) -> Row:
    base = {
        "offer": name,
        "party": "S",
        "deal": "sale",
        "model": "E6",
        "market": "FR",
        "latitude": 0.0,
        "longitude": 0.0,
    }
    return base | {"hours": 0.0, "grade": "B", "price": price, "currency": "EUR"} | more


def want(name: str, limit: float, **more: object) -> Row:
    base = {
        "want": name,
        "party": "B",
        "deal": "sale",
        "model": "E6",
        "market": "FR",
        "latitude": 0.0,
        "longitude": 0.0,
    }
    return base | {"grade_least": "B", "limit": limit, "currency": "EUR"} | more


def run(offers: Sequence[Row], wants: Sequence[Row], **options: object) -> Decision:
    models = [{"model": m, "name": m, "family": "excavator", "hs": "8429", "price": 1.0, "currency": "EUR",
               "length_m": 1.0, "width_m": 1.0, "height_m": 1.0, "mass_kg": 1000.0} for m in ("E6", "E8")]  # fmt: skip
    return match_fair(FAIR_OFFERS.rows(list(offers)), FAIR_WANTS.rows(list(wants)), MODELS.rows(models), **options)


def test_by_hand() -> None:
    """A pays 100, B 90; the machines cost 50 and 60, and B lies one degree away from both: 111.2 t km at 0.1 are 11.1.

    Either way both are served and the pairs are worth 100 + 90 - 50 - 60 - 11.1 = 68.9. C pays 55 and would be served
    by the first alone; without it B or A would lose more. The third machine is of another model.
    """
    offers = [offer("O1", 50.0), offer("O2", 60.0), offer("O3", 1.0, model="E8")]
    wants = [want("A", 100.0), want("B", 90.0, latitude=1.0), want("C", 55.0)]
    got = run(offers, wants, tonne_km=0.1, shown=1)
    rows = {(r["want"], r["place"]): r for r in got.rows.to_pylist()}
    assert got.proof.value == pytest.approx(190 - 110 - 0.1 * DEGREE)
    assert got.proof.gap == pytest.approx(0.0, abs=1e-9)
    assert {rows["A", 0]["offer"], rows["B", 0]["offer"]} == {"O1", "O2"}
    assert rows["B", 0]["km"] == pytest.approx(DEGREE)
    assert rows["B", 0]["freight"] == pytest.approx(0.1 * DEGREE)
    assert (rows["C", 0]["reason"], rows["C", 1]["reason"], rows["C", 1]["offer"]) == ("outbid", "taken", "O1")
    assert [rows["C", 0][name] for name in COUNTS] == [1, 0, 1, 0, 0, 1, 0, 0]
    assert match_fair.sentence(rows["C", 1]) == (
        "O1 fits and would be worth 5 EUR, but it went elsewhere or he got another"
    )


def test_meets_published_results() -> None:
    """Wikipedia's Hungarian algorithm, cleaning 8, sweeping 4, washing 7 / 5 2 3 / 9 4 8 dollars: 15 is the least."""
    costs = [[8.0, 4.0, 7.0], [5.0, 2.0, 3.0], [9.0, 4.0, 8.0]]
    assert np.array(costs)[linear_sum_assignment(costs)].sum() == 15.0
    from smilecurve.solve.matching import Pairs, match_pairs

    worth = 100.0 - np.array(costs)
    got = match_pairs(
        Pairs(np.array([0, 3, 6, 9]), np.tile(np.arange(3), 3), worth.ravel(), np.zeros((3, 8), np.int64))
    )
    assert 300 - got.value == pytest.approx(15.0)
    assert got.bound == pytest.approx(got.value)


names = st.sampled_from(["E6", "E8"])
spots = st.floats(-60, 60)


@settings(max_examples=25, deadline=None)
@given(
    prices=st.lists(st.tuples(st.floats(10, 90), names, spots, st.sampled_from("ABCD")), min_size=1, max_size=6),
    limits=st.lists(st.tuples(st.floats(10, 120), names, spots, st.sampled_from("ABCD")), min_size=1, max_size=8),
    how=st.sampled_from(["most", "stable"]),
)
def test_holds_its_laws(prices: list[tuple], limits: list[tuple], how: str) -> None:
    """Every pair is counted once; nobody gets two, or what breaks a rule; order changes nothing; a want more costs none."""
    offers = [offer(f"O{i}", p, model=m, latitude=s, grade=g) for i, (p, m, s, g) in enumerate(prices)]
    wants = [want(f"W{i}", p, model=m, latitude=s, grade_least=g) for i, (p, m, s, g) in enumerate(limits)]
    got = run(offers, wants, how=how, tonne_km=0.002)
    rows = got.rows.to_pylist()
    first = [r for r in rows if r["place"] == 0]
    assert all(sum(r[name] for name in COUNTS) == len(offers) for r in first)
    given_away = [r["offer"] for r in first if r["reason"] == "matched"]
    assert len(set(given_away)) == len(given_away)
    assert all(r["price"] + r["freight"] <= r["limit"] + 1e-6 for r in first if r["reason"] == "matched")
    assert all(r["grade"] <= r["grade_least"] for r in first if r["reason"] == "matched")
    assert got.proof.value <= got.proof.against + 1e-6
    assert sum(r["worth"] for r in first if r["reason"] == "matched") == pytest.approx(got.proof.value, abs=1e-5)
    assert run(offers[::-1], wants[::-1], how=how, tonne_km=0.002).rows.to_pylist() == rows
    if how == "most":
        assert run(offers, wants[1:], tonne_km=0.002).proof.value <= got.proof.value + 1e-6


def test_each_reason_is_told_with_its_figures() -> None:
    """A lease of 10 months at 6 with freight of 55.6: 60 + 55.6 exceeds the 100 that 10 a month for 10 months allow."""
    lease = {"deal": "lease", "months": 10}
    offers = [
        offer("O1", 5.0, hours=900.0),
        offer("O2", 5.0, grade="D"),
        offer("O3", 50.0),
        offer("O4", 5.0, latitude=80.0),
        offer("O5", 6.0, deal="lease", latitude=5.0),
    ]
    wants = [
        want("A", 10.0, hours_most=500.0, grade_least="C", km_most=1000.0),
        want("B", 10.0, **lease),
    ]
    rows = run(offers, wants, shown=5, tonne_km=0.1).rows.to_pylist()
    assert {r["offer"]: r["reason"] for r in rows if r["want"] == "A" and r["place"]} == {
        "O1": "hours", "O2": "grade", "O3": "too_dear", "O4": "too_far"
    }  # fmt: skip
    (lease_row,) = [r for r in rows if r["want"] == "B" and r["place"]]
    assert match_fair.sentence(lease_row) == ("O5 costs 6 EUR and 56 to carry over 556 km, at most 10 are paid")
    none = next(r for r in rows if r["want"] == "B" and not r["place"])
    assert (none["reason"], none["not_deal"], none["not_freight"]) == ("nothing_fits", 4, 1)


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([offer("O1", -1.0, currency=None)], [want("W", 1.0, months=0)])
    assert [b.what for b in refused.value.breaches] == [
        "price -1.0 is below 0",
        "currency is empty",
        "months 0 is below 1",
    ]
    with pytest.raises(DataRejected) as refused:
        run([offer("O1", 1.0, model="E9"), offer("O2", 1.0, currency="CNY")], [want("W", 1.0, deal="lease")])
    assert [b.what for b in refused.value.breaches] == [
        "model E9 is unknown",
        "want W leases for no time",
        "offers and wants are in CNY, EUR",
    ]
    with pytest.raises(OptionRejected, match="how best"):
        run([], [], how="best")
