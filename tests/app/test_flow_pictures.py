"""The pictures of line_rates: times of stations, what is lost to what, the curve of places."""

from __future__ import annotations

import re

import pyarrow as pa

from smilecurve.app.pages.pictures.flow import line_rates_picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables.line import LINE_RATES

SHARES = {"busy": 0.8, "starved": 0.1, "blocked": 0.06, "down": 0.03, "unattended": 0.01, "closed": 0.0}
SUMS = {
    "cycle_s": 62.0, "cycle_low_s": 61.0, "cycle_high_s": 63.0, "takt_s": 60.0, "ideal_per_day": 100.0,
    "lost_imbalance": 2.0, "lost_waiting": 6.0, "lost_mix": 1.0, "lost_rework": 0.0, "lost_breakdown": 1.0,
}  # fmt: skip


def rates(**instead: object) -> pa.Table:
    return LINE_RATES.rows(
        [
            {
                "line": "A", "station": k + 1, "work_s": 50.0, **SHARES, "gain_per_day": 1.0, "rank": k + 1,
                "parallel": 1, "places": 0, "places_best": 1, "cycle_best_s": 61.0,
                "place_turn": k + 1 if k < 3 else None, "cycle_in_turn_s": 62.0 - k if k < 3 else None,
                "reason": "runs", **SUMS, **instead,
            }
            for k in range(4)
        ]
    )  # fmt: skip


def drawn(rows: pa.Table) -> str:
    return str(line_rates_picture(rows, speak("en"), lambda *_, **__: []))


def test_each_line_has_its_three_pictures_and_only_colours_that_occur_are_explained() -> None:
    said = drawn(rates())
    assert said.count("<svg") == 3
    assert "Of 100 machines a day, lost to" in said
    assert "Lost to waiting for each other (machines a day): 6, 60 % of what is lost" in said
    assert "Unattended" in said
    assert "Closed" not in said


def test_the_bars_of_a_station_fill_its_time() -> None:
    bars = re.findall(
        r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*class="bar (?:main|bad|wait|over|lack)"', drawn(rates())
    )
    first = [(float(x), float(w)) for x, w in bars[:5]]
    assert abs(sum(w for _, w in first) - (740 - 150)) < 2.5


def test_rates_of_an_older_store_still_draw() -> None:
    """Rows decided before the loss was split and places had a turn lack those columns: the times alone are drawn."""
    bare = dict.fromkeys((*list(SUMS)[4:], "place_turn", "cycle_in_turn_s", "unattended", "closed"))
    assert drawn(rates(**bare)).count("<svg") == 1


def test_wide_pictures_scroll_in_boxes_of_their_own() -> None:
    assert drawn(rates()).count('<div class="wide" tabindex="0"') == 3
