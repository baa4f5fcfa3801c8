"""What the pictures of cohorts show: the Nevada table, the layer cake, and failures of a thousand by month of building."""

from __future__ import annotations

from datetime import date

import pytest

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables import table


def draw(name: str, rows: list[dict], language: str = "en") -> str:
    drawn = picture(table(name), table(name).rows(rows), speak(language), lambda asked, **_: [])
    return "" if drawn is None else str(drawn)


def cell(shipped: int, month: int, failures: int, reason: str = "in_step", machines: int = 100) -> dict:
    return {
        "family": "F", "shipped": date(2024, shipped, 1), "month": date(2024, month, 1), "age_months": month - shipped,
        "machines": machines, "failures": failures, "so_far": failures, "per_thousand": 10.0 * failures,
        "young": reason == "young", "reason": reason,
    }  # fmt: skip


CELLS = [
    cell(1, 1, 2), cell(1, 2, 9, "stands_out"), cell(1, 3, 1, "young"), cell(2, 1, 5, "before_shipping"),
    cell(2, 2, 300, "more_than_shipped"), cell(2, 3, 0, "young"), {**cell(1, 1, 1), "family": "G"},
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_the_nevada_table_frames_what_stands_out_and_what_is_set_aside(language: str) -> None:
    drawn = draw("shipment_failures", CELLS, language)
    assert drawn.count("<figure") == 2
    assert drawn.count('class="stands"') == 1
    assert drawn.count('class="aside"') == 2
    assert drawn.count('class="hatch"') == 2 + 1, "two young cells, and the month of them in the layer cake"
    assert "style=" not in drawn
    assert drawn.count('role="img" aria-label="') == 2
    if language == "en":
        assert "24-01, 24-02: 9 failures in 100 machines" in drawn


def test_cells_set_aside_deepen_no_red_and_stand_in_no_layer() -> None:
    drawn = draw("shipment_failures", CELLS)
    assert drawn.count('class="h4"') == 1, "9 of 100 is the deepest, not 300 of 100"
    assert "24-02: 9 · 2024 H1" in drawn
    assert "300 · " not in drawn


def rate(built: int, months: int, per_thousand: float | None, *, mature: bool = True, reason: str = "as_usual") -> dict:
    known = per_thousand is not None
    return {
        "family": "F", "built": date(2024, built, 1), "months": months, "machines": 50, "reached": 50 if mature else 20,
        "failures": 3, "per_thousand": per_thousand, "low": per_thousand / 2 if known else None,
        "high": 2 * per_thousand if known else None, "usual": 40.0 if known else None, "mature": mature, "reason": reason,
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_months_of_building_are_solid_hatched_or_empty(language: str) -> None:
    rows = [rate(1, 3, 60.0), rate(2, 3, 90.0, reason="worse"), rate(3, 3, 30.0, mature=False, reason="immature")]
    rows += [rate(4, 3, None, mature=False, reason="too_young")]
    rows += [rate(b, 24, None, mature=False, reason="too_young") for b in range(1, 5)]
    drawn = draw("build_month_rates", rows, language)
    assert drawn.count("<figure") == 1, "nothing is drawn of an age that no machine has reached"
    assert [drawn.count(f'class="bar {tone}"') for tone in ("main", "bad", "void")] == [2, 1, 1]
    assert drawn.count('class="hatch"') == 1
    assert drawn.count('class="limit"') == 3
    if language == "en":
        assert "24-03: 30 of a thousand (15 – 60); 20 of 50 machines are so old" in drawn


def test_without_rows_or_old_machines_there_is_no_picture() -> None:
    assert draw("shipment_failures", []) == ""
    young = draw("build_month_rates", [rate(1, 3, None, mature=False, reason="too_young")])
    assert "<figure" not in young
    assert "none of its machines has been watched to any of these ages yet" in young
