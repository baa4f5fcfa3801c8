"""How many failures are still to come, week by week, what came of what was foretold, and which parts will fail most?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, Series, line_chart, rank_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["coming_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_PARTS = 15


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
        share: [(x, as_number(r[f"low{share}"]), as_number(r[f"high{share}"])) for x, r in zip(at, weeks, strict=True)]
        for share in ("95", "80")
    }
    foretold = [(x, as_number(r["expected"])) for x, r in zip(at, weeks, strict=True)]
    told = [(x, r) for x, r in zip(at, weeks, strict=True) if r["past"] and r["reason"] != "too_early"]
    came = Series(words.label("completed"), [(x, as_number(r["completed"])) for x, r in told])
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
    shown = sorted(found, key=lambda r: (-as_number(r["expected"]), str(r["part"])))[:MOST_PARTS]
    if not shown:
        return Markup("")
    bars = []
    for r in shown:
        low, expected, high = (as_number(r[c]) for c in ("low80", "expected", "high80"))
        told = words.text(
            "{part}: {expected} failures, {low} to {high} in 80 % of cases",
            part=r["part"],
            expected=words.number(expected, 1),
            low=words.number(low),
            high=words.number(high),
        )
        bars.append(Bar(str(r["part"]), expected, "bar main", told=told, whisker=(low, high)))
    title = words.text("Failures to come by part, with their band of 80 %")
    return figure(title, rank_chart(bars, title, words.number))


def _day(week: object, words: Words) -> str:
    return words.short_day(week) if isinstance(week, dt.date) else ""
