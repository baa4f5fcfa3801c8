"""How are the figures of a decision told: which are numbers, and which a day and hour?"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.app.pages.words import Words

__all__ = ["told_figures"]


def told_figures(figures: Mapping[str, float], rows: pa.Table | None, words: Words) -> list[tuple[str, str]]:
    """Label and text of each figure; hours until the end of dated rows are told as the moment they end."""
    ends = rows is not None and rows.num_rows and "end" in rows.column_names
    told: list[tuple[str, str]] = []
    for name, value in figures.items():
        if name == "end_h" and rows is not None and ends:
            told.append((words.label("end"), words.moment(pc.max(rows.column("end")).as_py())))
        else:
            told.append((words.label(name), words.number(value, 3)))
    return told
