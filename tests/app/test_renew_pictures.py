"""Pictures of the second life: fans of used prices with the own sales as dots."""

from __future__ import annotations

import re

from smilecurve.app.pages.pictures.residuals import residuals_picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables.renew import RESIDUAL_VALUES

Row = dict[str, object]


def worth(market: str, age: int, value: float, sales: int, grade: str = "B") -> Row:
    return {"model": "E6", "market": market, "grade": grade, "age_months": age, "hours": age * 100.0, "low": value * 0.8,
            "value": value, "high": value * 1.2, "of_new": value / 200, "currency": "EUR", "sales_seen": sales,
            "reason": "own"}  # fmt: skip


def sold(age: float, price: float, grade: str = "B", currency: str = "EUR") -> Row:
    return {"age_months": age, "hours": age * 90.0, "price": price, "grade": grade, "currency": currency}


def test_fans_of_the_place_with_most_sales_show_its_sales_of_one_grade_and_currency() -> None:
    rows = [worth("DE", 0, 90.0, 1), worth("FR", 12, 70.0, 4), worth("FR", 0, 100.0, 4), worth("FR", 0, 60.0, 4, "C")]
    asked: list[object] = []

    def look(name: str, **how: object) -> list[Row]:
        asked.append((name, how["where"]))
        return [sold(6, 80.0), sold(12, 75.0), sold(3, 50.0, "C"), sold(4, 1.0, currency="CNY")]

    drawn = residuals_picture(RESIDUAL_VALUES.rows(rows), speak("en"), look)
    assert asked == [("resales", {"model": "E6", "market": "FR"})]
    assert "Worth of E6 in FR, grade B, by age in months, EUR" in drawn
    assert "2 own sales as dots" in drawn
    assert drawn.count('class="dot"') == 4
    first = drawn.split("</figure>")[0]
    # value 100 at age 0 and 70 at age 12: y runs from 216 at 0 to 8 at 1.04 x 120
    track = re.search(r'd="M64,([\d.]+)L720,([\d.]+)" class="track"', first)
    assert track
    assert [float(v) for v in track.groups()] == [round(216 - 208 * v / 124.8, 1) for v in (100, 70)]


def test_a_fan_without_sales_stands_alone() -> None:
    drawn = residuals_picture(RESIDUAL_VALUES.rows([worth("FR", 0, 100.0, 0)]), speak("zh"), lambda *_, **__: [])
    assert drawn.count('class="dot"') == 0
    assert drawn.count('class="band"') == 2
