"""What the pictures of returns show: worth, costs and margin of each machine, and the way from why to route."""

from __future__ import annotations

import pytest

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables import table


def planned(rma: str, route: str, margin: float, **more: object) -> dict[str, object]:
    base: dict[str, object] = {"rma": rma, "machine": f"M-{rma}", "model": "G2", "grade": "C", "age_months": 12.0}
    base |= {"route": route, "worth": margin + 50.0, "cost": 50.0, "parts_cost": 0.0, "margin": margin, "why": "defect"}
    return base | {"margin_low": margin, "margin_high": margin, "currency": "CNY", "reason": "best"} | more


def draw(rows: list[dict[str, object]], language: str = "en") -> str:
    spec = table("return_plan")
    return str(picture(spec, spec.rows(rows), speak(language), lambda *_, **__: []))


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_every_machine_falls_from_worth_to_margin(language: str) -> None:
    rows = [
        planned("R1", "refurbish", 500.0, level="full", parts_cost=20.0, worth=570.0),
        planned("R2", "inspect", 300.0, inspection_price=10.0, worth=360.0, why=None),
        planned("R3", "scrap", -20.0, worth=30.0, grade="D", inspection_price=10.0),
    ]
    drawn = draw(rows, language)
    assert drawn.count("<figure") == 2
    assert "style=" not in drawn
    assert drawn.count('class="bar over"') == 3, "each has a cost of work"
    assert drawn.count('class="bar wait"') == 1, "one takes parts"
    assert drawn.count('class="bar bad"') == 2, "one loss, and one inspection that is paid: that of R3 is only offered"
    assert drawn.count('class="ribbon') == 3 + 3, "from why to grade, from grade to route"
    if language == "en":
        assert "M-R1: refurbish · full, worth 570, margin 500 CNY" in drawn
        assert "3 machines of 3, those that bring most" in drawn
        assert "not said 1" in drawn


def test_machines_are_counted_by_their_grade() -> None:
    spec = table("machine_grades")
    rows = spec.rows([{"rma": f"R{i}", "grade": grade} for i, grade in enumerate("BBA")])
    drawn = str(picture(spec, rows, speak("en"), lambda *_, **__: []))
    assert drawn.count('class="bar main"') == 2


def test_another_currency_and_rows_of_an_older_plan_are_left_out() -> None:
    rows = [planned("R1", "resell", 10.0), planned("R2", "resell", 10.0), planned("R3", "resell", 10.0, currency="EUR")]
    assert "2 machines of 3" in draw(rows)
    assert draw([planned("R1", "resell", 10.0, worth=None)]).count("<figure") == 1
