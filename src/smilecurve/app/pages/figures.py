"""How are the figures of a decision told: which are numbers, which shares, and which a day and hour?"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.app.pages.words import Words

__all__ = ["told_figure", "told_figures"]

SHARES = (
    "efficiency",
    "fill",
    "fill_before",
    "pace",
    "above_low",
    "below_high",
    "held_80",
    "held_95",
    "within",
    "within_before",
    "done",
    "done_before",
    "answered",
    "answered_before",
    "met",
    "met_before",
)


def told_figures(figures: Mapping[str, float], rows: pa.Table | None, words: Words) -> list[tuple[str, str]]:
    """Label and text of each figure; hours until the end of dated rows are told as the moment they end."""
    ends = rows is not None and rows.num_rows and "end" in rows.column_names
    told: list[tuple[str, str]] = []
    for name, value in figures.items():
        if name == "end_h" and rows is not None and ends:
            told.append((words.label("end"), words.moment(pc.max(rows.column("end")).as_py())))
        else:
            told.append((words.label(name), told_figure(name, value, words)))
    return told


def told_figure(name: str, value: float | None, words: Words) -> str:
    """One figure as text, by its name: a share per cent, what holds or not as a word."""
    if value is None:
        return words.figure(None)
    if name.startswith("holds_"):
        return {0.0: words.text("no"), 1.0: words.text("yes")}.get(value, words.text("not sure"))
    return words.percent(value) if name in SHARES else words.figure(value)
