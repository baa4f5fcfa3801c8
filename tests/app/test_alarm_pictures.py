"""What the picture of alarms shows: the funnel, and the days between beginning, alarm and now."""

from __future__ import annotations

from datetime import date

import pytest

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables import table

ISSUE = {
    "issue": "part-PUMP-F", "level": "part", "part": "PUMP", "family": "F", "climate": "hot", "since": date(2024, 1, 1),
    "raised": date(2024, 2, 5), "seen": date(2024, 3, 4), "failures": 9, "expected": 2.0, "ratio": 4.5, "evidence": 9e6,
    "threshold": 1e5, "tested": 1200, "alarm": True, "reason": "open_alarm",
}  # fmt: skip
NEAR = ISSUE | {"issue": "part-SEAL-F", "part": "SEAL", "alarm": False, "raised": None, "reason": "watched"}
FADING = ISSUE | {"issue": "lot-HOSE-L1", "part": "HOSE", "since": date(2023, 12, 4), "reason": "fading"}


def draw(rows: list[dict], lots: list[dict], language: str = "en") -> str:
    seen = {"suspect_lots": lots}
    drawn = picture(
        table("emerging_issues"), table("emerging_issues").rows(rows), speak(language), lambda n, **_: seen[n]
    )
    return "" if drawn is None else str(drawn)


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_the_funnel_narrows_and_the_days_between_are_told(language: str) -> None:
    lots = [
        {"issue": "part-PUMP-F", "hold": True},
        {"issue": "lot-HOSE-L1", "hold": False},
        {"issue": None, "hold": True},
    ]
    drawn = draw([ISSUE, NEAR, FADING], lots, language)
    assert drawn.count("<figure") == 2
    assert drawn.count('role="img" aria-label="') == 2
    assert "style=" not in drawn
    if language == "en":
        for told in (
            "strata looked at: 1,200", "near an alarm, or one: 3", "alarms: 2", "still above the level: 1",
            "explained by suspect lots: 2", "contained: a lot on hold: 1",
            "part-PUMP-F: 42 days from its beginning to the alarm", "part-PUMP-F: 28 days since the alarm",
            "lot-HOSE-L1: 70 days from its beginning to the alarm",
        ):  # fmt: skip
            assert told in drawn
        assert ">42 + 28<" in drawn


def test_without_alarms_the_funnel_ends_and_without_rows_there_is_none() -> None:
    quiet = draw([NEAR], [])
    assert quiet.count("<figure") == 1
    assert "alarms: 0" in quiet
    assert draw([], []) == ""
