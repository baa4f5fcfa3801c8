"""What the pictures of claims, quotes and revenue show."""

from __future__ import annotations

import pytest

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables import table


def drawn(name: str, rows: list[dict[str, object]], language: str = "en") -> str:
    return str(picture(table(name), table(name).rows(rows), speak(language), lambda *_, **__: []))


def claim(number: int, part: str | None, paid: float, back: float, reason: str = "covered") -> dict[str, object]:
    return {"claim": f"C{number}", "machine": "M", "part": part, "covered": paid > 0, "amount": 100.0, "paid": paid,
            "recovered": back, "currency": "CNY", "reason": reason}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_claims_show_what_parts_cost_and_what_comes_back(language: str) -> None:
    rows = [claim(1, "A", 80.0, 30.0), claim(2, "A", 20.0, 0.0), claim(3, "B", 50.0, 50.0),
            claim(4, "B", 0.0, 0.0, "too_old")]  # fmt: skip
    found = drawn("claim_decisions", rows, language)
    assert found.count("<figure") == 2
    assert found.count('class="limit"') == 2
    if language == "en":
        assert "A: 2 claims, CN¥100.00 paid, CN¥30.00 back from suppliers" in found
        assert "covered: 3" in found
    refused = drawn("claim_decisions", [claim(1, "A", 0.0, 0.0, "too_old")], language)
    assert refused.count("<figure") == 1, "nothing paid, nothing to rank"


def test_quotes_of_every_currency_stand_side_by_side() -> None:
    """Two quotes, 10 % and 50 % on top of the price, whatever their currency; one without a rate is left out."""
    same = {"model": "X", "incoterm": "DAP", "quantity": 1, "reason": "r"}
    rows = [
        {**same, "quote": "Q1", "market": "ID", "price": 1e9, "landed": 1.1e9, "currency": "IDR"},
        {**same, "quote": "Q2", "market": "DE", "price": 100.0, "landed": 150.0, "currency": "EUR"},
        {**same, "quote": "Q3", "market": "DE", "price": 100.0, "landed": None, "currency": "EUR"},
    ]
    found = drawn("quotes", rows)
    assert found.index("Q2 · Germany") < found.index("Q1 · Indonesia")
    assert "Q3" not in found
    assert "€150.00 landed for a price of €100.00, DAP" in found
    spec = table("quotes")
    assert picture(spec, spec.rows(rows[2:]), speak("en"), lambda *_, **__: []) is None


def test_revenue_shows_the_latest_year_beside_the_one_before() -> None:
    same = {"scope": "all", "quantity": 1, "currency": "CNY", "reason": "r"}
    rows = [
        {**same, "cut": "model", "value": "X", "period": "2022", "amount": 5e6, "before": 4e6},
        {**same, "cut": "model", "value": "X", "period": "2021", "amount": 4e6, "before": 3e6},
        {**same, "cut": "model", "value": "X", "period": "2023-05", "amount": 9e6, "before": 1e6},
        {**same, "cut": "market", "value": "ID", "period": "2022", "amount": 5e6, "before": 4e6},
    ]
    found = drawn("revenue", rows)
    assert found.count("<figure") == 1
    assert "Revenue of 2022 by model" in found
    assert found.count('class="bar main"') == 1
    spec = table("revenue")
    assert picture(spec, spec.rows(rows[2:3]), speak("en"), lambda *_, **__: []) is None
