"""The figures of a decision as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from smilecurve.app.pages.figures import told_figures
from smilecurve.app.pages.words import speak


def test_hours_to_the_end_are_told_as_the_moment_of_the_last_end() -> None:
    ends = [datetime(2023, 7, 3, 18, 2, tzinfo=UTC), datetime(2023, 7, 1, 6, 0, tzinfo=UTC)]
    rows = pa.table({"end": pa.array(ends, pa.timestamp("us", "UTC"))})
    told = told_figures({"end_h": 84.033, "late_h": 2.8}, rows, speak("en"))
    assert told[0] == ("End", speak("en").moment(ends[0]))
    assert told[1][1] == "2.8"


def test_figures_are_rounded_named_with_their_unit_and_told_in_words() -> None:
    """385.4185 s is 385.4; a share is per cent; a takt that is held, or perhaps, is a word."""
    figures = {"cycle_s": 385.4185, "takt_s": 360.0, "efficiency": 0.97375, "lost_mix": 0.5241, "holds_takt": 0.5}
    assert told_figures(figures, None, speak("en")) == [
        ("Cycle time (s)", "385.4"),
        ("Takt (s)", "360"),
        ("Efficiency", "97.4 %"),
        ("Lost to the mix of models (machines a day)", "0.5241"),
        ("Holds the takt", "not sure"),
    ]
    assert told_figures({"holds_takt": 1.0}, None, speak("zh")) == [("守住节拍", "是")]


def test_without_rows_each_figure_is_a_number() -> None:
    assert told_figures({"end_h": 84.033}, None, speak("en"))[0][1] == "84.03"
