"""The pictures of a station plan: every task is drawn, moves are marked, and a long line stays a picture."""

from __future__ import annotations

import pytest

from smilecurve.app.pages.pictures.stations import station_plan_picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables.line import STATION_PLAN

Rows = list[dict[str, object]]


def plan(tasks: int, per_station: int, **more: object) -> Rows:
    return [
        {
            "line": "A",
            "task": f"t{k:03d}",
            "station": k // per_station + 1,
            "position": k % per_station + 1,
            "time_s": 10.0,
            "station_time_s": 10.0 * per_station,
            "takt_s": 60.0,
            "load": 1.0,
            "old_station": k // per_station + 1 + (k % 7 == 0),
            "moved": k % 7 == 0,
            "start_s": 10.0 * (k % per_station),
            "parallel": 1,
            "reason": "kept",
            **more,
        }
        for k in range(tasks)
    ]


def drawn(rows: Rows, **tables: Rows) -> str:
    return str(station_plan_picture(STATION_PLAN.rows(rows), speak("en"), lambda name, **_: tables.get(name, [])))


@pytest.mark.parametrize(("tasks", "per_station"), [(1, 1), (20, 5), (300, 6)])
def test_every_task_is_drawn_and_every_move_marked(tasks: int, per_station: int) -> None:
    links: Rows = [{"before": f"t{k:03d}", "after": f"t{k + 1:03d}"} for k in range(tasks - 1)]
    shown = drawn(plan(tasks, per_station), precedence=links)
    moved = len(range(0, tasks, 7))
    assert (shown.count('class="box b1"'), shown.count('class="box b4"')) == (moved, tasks - moved)
    assert (shown.count('class="node'), shown.count('class="link"'), shown.count('class="move"')) == (
        tasks,
        tasks - 1,
        moved,
    )
    assert "style=" not in shown
    assert len(shown) < 700 * tasks + 8_000


def test_a_line_as_it_stands_says_that_nothing_moves() -> None:
    assert "No task moves." in drawn(plan(10, 5, moved=False))


def test_models_are_stacked_by_their_share() -> None:
    """Two models, one with a time of its own: two boxes a station and a mark for the heavier one."""
    mix: Rows = [{"model": "M", "share": 0.75}, {"model": "N", "share": 0.25}]
    shown = drawn(plan(10, 5), model_mix=mix, task_times=[{"task": "t000", "model": "N", "time_s": 20.0}])
    assert shown.count('class="peak"') == 2
    assert "N at station 1: 60 s" in shown
    assert "M at station 1: 50 s" in shown


def test_left_and_right_stand_beside_each_other() -> None:
    """Left from 0 to 10 s, right from 10 to 20 s: two boxes of half the width, one above the other's end."""
    rows = plan(2, 2)
    rows[0]["side"], rows[1]["side"] = "left", "right"
    shown = drawn(rows)
    whole = drawn(plan(2, 2))
    width = lambda text: float(text.split('class="box')[0].rsplit('width="', 1)[1].split('"')[0])  # noqa: E731
    assert width(shown) == pytest.approx(width(whole) / 2, abs=0.1)
