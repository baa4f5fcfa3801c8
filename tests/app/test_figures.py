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


def test_without_rows_each_figure_is_a_number() -> None:
    assert told_figures({"end_h": 84.033}, None, speak("en"))[0][1] == "84.033"
