"""serve.warranty: covered or not, why, how much, and what comes back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.warranty import add_months, decide_claims
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn_claims import CLAIM_FORECAST
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.serve_claims import CLAIMS, WARRANTY_TERMS

START = date(2024, 3, 1)


def claim(name: str, **more: object) -> dict[str, object]:
    base = {"claim": name, "machine": f"M-{name}", "model": "E6", "family": "excavator", "market": "ID", "part": "PUMP"}
    base |= {"system": "hydraulics", "supplier": "S9", "claimed": date(2025, 2, 1), "started": START, "hours": 900.0}
    return base | {"amount": 1000.0, "currency": "CNY", "verified": True} | more


def term(market: str, system: str, months: int, **more: object) -> dict[str, object]:
    base = {"family": "excavator", "market": market, "system": system, "months": months, "supplier_share": 0.0}
    return base | more


def run(claims: list[dict[str, object]], terms: list[dict[str, object]], **options: object) -> Decision:
    rates = CURRENCY_RATES.rows([{"currency": "EUR", "day": START, "in_cny": 8.0}])
    return decide_claims(CLAIMS.rows(claims), WARRANTY_TERMS.rows(terms), rates, **options)


def test_by_hand() -> None:
    """Started 2024-03-01, 12 months end on 2025-03-01. 1,000 asked, 100 EUR = 800 CNY at most, 60 % of it back = 480."""
    terms = [term("*", "*", 24), term("ID", "*", 12, most=100.0, currency="EUR", supplier_share=0.6, hours=1000.0)]
    got = run(
        [claim("A"), claim("B", claimed=date(2025, 3, 2)), claim("C", hours=1001.0), claim("D", market="FR")], terms
    )
    rows = {row["claim"]: row for row in got.rows.to_pylist()}
    assert (rows["A"]["reason"], rows["A"]["paid"], rows["A"]["recovered"]) == ("capped", 800.0, 480.0)
    assert rows["A"]["supplier"] == "S9"
    assert (rows["B"]["reason"], rows["B"]["paid"]) == ("too_old", 0.0)
    assert decide_claims.sentence(rows["B"]) == "12.0 months in service, 12 are covered"
    assert decide_claims.sentence(rows["C"]) == "1001 hours on the meter, 1000 are covered"
    assert (rows["D"]["reason"], rows["D"]["paid"], rows["D"]["months"]) == ("covered", 1000.0, 24)
    assert (got.figures["asked"], got.figures["paid"], got.figures["recovered"]) == (4000.0, 1800.0, 480.0)
    assert got.proof.gap == 0.0


def test_what_cannot_be_meant_is_refused_before_any_term() -> None:
    """Before building, after scrapping, of a serial nobody knows, below 0: the day of building or scrapping still counts."""
    told = [
        claim("A", known=False), claim("B", built=date(2025, 2, 2)), claim("C", scrapped=date(2025, 1, 31)),
        claim("D", known=True, built=date(2025, 2, 1), scrapped=date(2025, 2, 1)), claim("E", amount=-5.0),
    ]  # fmt: skip
    got = run(told, [term("*", "*", 24)])
    rows = got.rows.to_pylist()
    assert [r["reason"] for r in rows] == ["serial_unknown", "before_built", "after_scrap", "covered", "below_zero"]
    assert decide_claims.sentence(rows[0]) == "no machine M-A was ever built or sold: look at the serial"
    assert (rows[-1]["amount"], rows[-1]["paid"]) == (-5.0, 0.0)
    assert (got.figures["covered"], got.proof.gap) == (1.0, 0.0)


def test_meets_published_results() -> None:
    """Directive (EU) 2019/771, article 10(1): the seller is liable for what shows within two years of delivery."""
    delivered = date(2022, 2, 28)
    last = claim("A", market="DE", started=delivered, claimed=date(2024, 2, 28))
    late = claim("B", market="DE", started=delivered, claimed=date(2024, 2, 29))
    rows = run([last, late], [term("DE", "*", 24)]).rows.to_pylist()
    assert [row["reason"] for row in rows] == ["covered", "too_old"]


@settings(max_examples=40, deadline=None)
@given(
    ages=st.lists(st.integers(-20, 900), max_size=8),
    months=st.integers(0, 36),
    most=st.one_of(st.none(), st.floats(0, 2000)),
    share=st.floats(0, 1),
)
def test_holds_its_laws(ages: list[int], months: int, most: float | None, share: float) -> None:
    """Paid is at most asked and at most the limit; recovered at most paid; an older claim is never better covered."""
    claims = [claim(f"C{i}", claimed=START + timedelta(days=age)) for i, age in enumerate(ages)]
    got = run(claims, [term("*", "*", months, most=most, supplier_share=share)])
    rows = got.rows.to_pylist()
    assert sorted(row["claim"] for row in rows) == sorted(str(c["claim"]) for c in claims)
    for row in rows:
        assert 0 <= row["recovered"] <= row["paid"] <= row["amount"]
        assert row["paid"] <= (most if most is not None else 1000.0) + 1e-9
        assert decide_claims.sentence(row)
    covered = [row["covered"] for row in sorted(rows, key=lambda row: row["age_months"])]
    assert covered == sorted(covered, reverse=True)
    assert got.proof.value == pytest.approx(got.proof.against)


def test_the_first_reason_to_refuse_stands_and_the_most_particular_term_counts() -> None:
    terms = [term("*", "*", 6), term("*", "hydraulics", 36), term("ID", "*", 12), term("ID", "engine", 24)]
    claims = [
        claim("A"),
        claim("B", machine="M-A"),
        claim("C", verified=False),
        claim("D", started=None),
        claim("E", family="tiller"),
        claim("F", market="FR", claimed=date(2026, 12, 1)),
        claim("G", system="engine", claimed=date(2025, 12, 1)),
        claim("H", market=None, system=None, claimed=date(2024, 12, 1)),
        claim("I", claimed=date(2024, 2, 1)),
    ]
    rows = run(claims, terms).rows.to_pylist()
    assert {row["claim"]: (row["reason"], row["months"]) for row in rows} == {
        "A": ("covered", 12), "B": ("twice", 12), "C": ("not_verified", 12), "D": ("start_unknown", 12),
        "E": ("no_terms", None), "F": ("covered", 36), "G": ("covered", 24), "H": ("too_old", 6), "I": ("covered", 12),
    }  # fmt: skip
    unread = run([claim("A", hours=None)], [term("*", "*", 12, hours=500.0)]).rows.to_pylist()[0]
    assert unread["reason"] == "hours_unknown"
    late = [claim("A", claimed=date(2025, 3, 9))]
    assert run(late, [term("*", "*", 12)], grace_days=8).rows["covered"].to_pylist() == [True]
    assert add_months(date(2023, 12, 31), 2) == date(2024, 2, 29)


def test_what_is_foretold_is_set_aside() -> None:
    """1,000 paid, 600 of it back. 200 EUR foretold over 26 weeks, 150 to 260: 1,600 CNY, of which 960 come back."""
    week = {"level": "all", "part": "*", "week": date(2025, 2, 3), "past": False, "machines": 9.0, "currency": "EUR"}
    week |= {"expected": 3.0, "low80": 1.0, "high80": 5.0, "low95": 0.0, "high95": 6.0, "reason": "foretold"}
    told = [week | {"weeks": 1, "covered": 0.1, "reserve": 10.0, "reserve_low": 0.0, "reserve_high": 20.0}]
    told += [week | {"weeks": 26, "covered": 2.0, "reserve": 200.0, "reserve_low": 150.0, "reserve_high": 260.0}]
    told += [told[1] | {"week": date(2024, 8, 5), "past": True}]
    terms = [term("*", "*", 24, supplier_share=0.6)]
    got = run([claim("A")], terms, claim_forecast=CLAIM_FORECAST.rows(told))
    names = ("reserve", "reserve_low", "reserve_high", "recovery", "foretold", "weeks")
    assert [got.figures[n] for n in names] == pytest.approx([1600.0, 1200.0, 2080.0, 960.0, 2.0, 26.0])
    assert decide_claims.answer(got.answer, got.figures) == (
        "covered 1 of 1 claims; put 1600 aside for 2 failures under warranty in the next 26 weeks, 1200 to 2080 in 80 % of "
        "cases, of which suppliers pay back 960"
    )
    none = run([claim("A")], terms)
    assert decide_claims.answer(none.answer, none.figures) == (
        "covered 1 of 1 claims; no failures are foretold: no reserve can be told"
    )


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([claim("A", hours=-5.0), claim("A", currency="YUAN")], [term("*", "*", 12, supplier_share=1.4)])
    assert [b.what for b in refused.value.breaches] == [
        "hours -5.0 is below 0",
        "currency YUAN is not an ISO 4217 code",
        "key claim=A stands twice",
        "supplier_share 1.4 is above 1",
    ]
    with pytest.raises(DataRejected, match="no rate is known for USD"):
        run([claim("A", currency="USD")], [term("*", "*", 12)])
    with pytest.raises(OptionRejected, match="grace_days of -1 is below 0"):
        run([], [], grace_days=-1)
