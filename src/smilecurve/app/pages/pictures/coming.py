"""How many failures are still to come, week by week, what came of what was foretold, and which parts will fail most?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Series, line_chart
from smilecurve.app.pages.pictures.drawing import Scale, figure, frame, label, line, number_of, rect
from smilecurve.app.pages.words import Words

__all__ = ["coming_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_PARTS = 15
LEFT, RIGHT = 190.0, 690.0


def coming_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """The fan of all failures week by week beside what came, and the parts from which most is to come."""
    of_all = rows.filter(pc.and_(pc.equal(rows["level"], "all"), pc.equal(rows["weeks"], 1))).sort_by("week")
    ahead = pc.and_(pc.greater(rows["weeks"], 1), pc.invert(rows["past"]))
    parts = rows.filter(pc.and_(ahead, pc.equal(rows["level"], "part")))
    return _fan(of_all.to_pylist(), words) + _parts(parts.to_pylist(), words)


def _fan(weeks: list[Row], words: Words) -> Markup:
    if not weeks:
        return Markup("")
    at = [float(k) for k in range(len(weeks))]
    bands = {
        share: [(x, number_of(r[f"low{share}"]), number_of(r[f"high{share}"])) for x, r in zip(at, weeks, strict=True)]
        for share in ("95", "80")
    }
    foretold = [(x, number_of(r["expected"])) for x, r in zip(at, weeks, strict=True)]
    told = [(x, r) for x, r in zip(at, weeks, strict=True) if r["past"] and r["reason"] != "too_early"]
    came = Series(words.label("completed"), [(x, number_of(r["completed"])) for x, r in told])
    series = [
        Series(words.label("expected"), foretold, bands["95"]),
        Series(words.label("expected"), foretold, bands["80"]),
    ]
    every = max(1, round(len(weeks) / 8))
    ticks = [(x, _day(r["week"], words)) for x, r in list(zip(at, weeks, strict=True))[::every]]
    title = words.text(
        "Failures a week: foretold with bands of 80 and 95 %, and what came (dots), late reports completed"
    )

    def said(x: float) -> str:
        return _day(weeks[int(x)]["week"], words)

    drawn = line_chart([*series, came] if told else series, title, said, words.number, ticks=ticks, zero=False)
    return figure(title, drawn)


def _parts(found: list[Row], words: Words) -> Markup:
    shown = sorted(found, key=lambda r: (-number_of(r["expected"]), str(r["part"])))[:MOST_PARTS]
    if not shown:
        return Markup("")
    x = Scale(0.0, max(number_of(r["high80"]) for r in shown) or 1.0, LEFT, RIGHT)
    drawn: list[Markup] = []
    for k, r in enumerate(shown):
        y = 4 + 22 * k
        low, expected, high = (number_of(r[c]) for c in ("low80", "expected", "high80"))
        told = words.text(
            "{part}: {expected} failures, {low} to {high} in 80 % of cases",
            part=r["part"],
            expected=words.number(expected, 1),
            low=words.number(low),
            high=words.number(high),
        )
        drawn += [
            label(182, y + 14, str(r["part"]), anchor="end"),
            rect(LEFT, y + 3, max(x(expected) - LEFT, 1), 14, "bar main", told),
            line(x(low), y + 10, x(high), y + 10, "axis"),
            line(x(low), y + 6, x(low), y + 14, "axis"),
            line(x(high), y + 6, x(high), y + 14, "axis"),
            label(752, y + 14, words.number(expected), anchor="end"),
        ]
    title = words.text("Failures to come by part, with their band of 80 %")
    return figure(title, frame(760, 22 * len(shown) + 8, title, drawn))


def _day(week: object, words: Words) -> str:
    return words.short_day(week) if isinstance(week, dt.date) else ""
