"""What the picture of alarms shows: the funnel, and the days between beginning, alarm and now."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from smilecurve.app.pages.alarmsteps import alarm_steps, looking
from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.words import speak
from smilecurve.app.reading import Reading
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.scope import MAKER
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread, open_thread

ISSUE = {
    "issue": "part-PUMP-F", "level": "part", "part": "PUMP", "family": "F", "climate": "hot", "since": date(2024, 1, 1),
    "raised": date(2024, 2, 5), "seen": date(2024, 3, 4), "failures": 9, "expected": 2.0, "ratio": 4.5, "evidence": 9e6,
    "threshold": 1e5, "tested": 1200, "alarm": True, "reason": "open_alarm",
}  # fmt: skip
NEAR = ISSUE | {"issue": "part-SEAL-F", "part": "SEAL", "alarm": False, "raised": None, "reason": "watched"}
FADING = ISSUE | {"issue": "lot-HOSE-L1", "part": "HOSE", "since": date(2023, 12, 4), "reason": "fading"}


def draw(rows: list[dict], lots: list[dict], language: str = "en", steps: list[dict] | None = None) -> str:
    seen = {"suspect_lots": lots, "alarm_steps": steps or []}
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
    steps = [
        {
            "issue": "part-PUMP-F",
            "named": date(2024, 2, 15),
            "held": date(2024, 2, 22),
            "called": date(2024, 3, 5),
            "done": None,
        }
    ]
    drawn = draw([ISSUE, NEAR, FADING], lots, language, steps)
    assert drawn.count("<figure") == 2
    assert drawn.count('role="img" aria-label="') == 2
    assert "style=" not in drawn
    if language == "en":
        for told in (
            "strata looked at: 1,200", "near an alarm, or one: 3", "alarms: 2", "still above the level: 1",
            "explained by suspect lots: 2", "contained: a lot on hold: 1",
            "part-PUMP-F: 42 days from its beginning to the alarm", "part-PUMP-F: 10 days from the alarm to a lot on hold",
            "part-PUMP-F: 18 days since a lot of it is on hold", "part-PUMP-F: suspect lot named",
            ">2 · 56 days<", ">2 · 3 days<", ">1 · 7 days<", ">1 · 12 days<", ">0<", "answered by a campaign: 1",
            "lot-HOSE-L1: 70 days from its beginning to the alarm",
        ):  # fmt: skip
            assert told in drawn
        assert ">42 + 10 + 18<" in drawn
        assert ">70 + 28<" in drawn
        assert drawn.count("<circle") == 2


def test_without_alarms_the_funnel_ends_and_without_rows_there_is_none() -> None:
    quiet = draw([NEAR], [])
    assert quiet.count("<figure") == 1
    assert "alarms: 0" in quiet
    assert draw([], []) == ""


def recorded(thread: Thread, desk: str, name: str, rows: list[dict], day: date) -> None:
    thread.set_clock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    thread.record(desk, table(name), Decision(table(name).rows(rows), Proof("rule", 1, 1, "n")), basis={})


def test_the_day_of_each_step_is_that_of_the_decision_or_the_act_that_took_it(tmp_path: Path) -> None:
    """Named before the alarm does not count; named on 12 February, held on the 20th; a person held it on the 16th."""
    lot = {
        "part": "PUMP", "lot": "L1", "issue": ISSUE["issue"], "rank": 1, "machines": 2, "failures": 9, "expected": 2.0,
        "ratio": 4.5, "evidence": 8.0, "hold": False, "reason": "watched",
    }  # fmt: skip

    def told(kind: str, day: int, **more: object) -> dict[str, object]:
        return {"kind": kind, "event_time": datetime(2024, 2, day, tzinfo=UTC), "part": "PUMP", **more}

    with open_thread(tmp_path) as thread:
        recorded(thread, "learn.emerging", "emerging_issues", [ISSUE, NEAR, FADING], date(2024, 1, 20))
        recorded(thread, "learn.contain", "suspect_lots", [lot], date(2024, 1, 20))
        recorded(thread, "learn.contain", "suspect_lots", [lot], date(2024, 2, 12))
        recorded(thread, "learn.contain", "suspect_lots", [lot | {"hold": True}], date(2024, 2, 20))
        read = Reading(thread, MAKER)
        found = {str(r["issue"]): r for r in alarm_steps(read)}
        assert set(found) == {ISSUE["issue"], FADING["issue"]}
        assert [found["part-PUMP-F"][s] for s in ("named", "held", "called", "done")] == [
            date(2024, 2, 12), date(2024, 2, 20), None, None,
        ]  # fmt: skip
        assert [found["lot-HOSE-L1"][s] for s in ("named", "held", "called", "done")] == [None] * 4
        built = [
            {"kind": "assembling", "event_time": datetime(2023, 6, 1, tzinfo=UTC), "machine": m,
             "components": [{"component": "pump", "part": "PUMP", "lot": "L1"}]}
            for m in ("M1", "M2")
        ]  # fmt: skip
        thread.append([*built, told("holding", 16, lot="L1", party="inspector"), told("campaign_repair", 3, machine="M0"),
                       told("campaign_call", 22, machine="M1", disposition="reached"), told("campaign_repair", 24, machine="M1")])  # fmt: skip
        steps = next(r for r in looking(Reading(thread, MAKER))("alarm_steps") if r["issue"] == ISSUE["issue"])
        assert (steps["held"], steps["called"], steps["done"]) == (date(2024, 2, 16), date(2024, 2, 22), None)
        thread.append([told("campaign_repair", 27, machine="M2")])
        done = {r["issue"]: r["done"] for r in looking(Reading(thread, MAKER))("alarm_steps")}
        assert done == {ISSUE["issue"]: date(2024, 2, 27), FADING["issue"]: None}
