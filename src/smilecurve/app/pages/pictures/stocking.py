"""What does each step of spare stock buy, and how far from the curve does what is on hand stand?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Series, line_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["stock_curve_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]


def stock_curve_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Stock value against what is met and against machines that wait; a line from where we stand to the curve."""
    found = sorted(rows.to_pylist(), key=lambda r: as_number(r["step"]))
    curve, here = [r for r in found if r["step"]], [r for r in found if not r["step"]]
    currency = str(found[0]["currency"])
    drawn = _against("fill", curve, here, words, currency, lambda v: words.percent(v, 0))
    return drawn + _against("machines_waiting", curve, here, words, currency, words.short)


def _against(
    column: str, curve: list[Row], here: list[Row], words: Words, currency: str, say: Callable[[float], str]
) -> Markup:
    points = [(as_number(r["value"]), as_number(r[column])) for r in curve]
    series = [Series(words.text("best stock"), points)]
    said = []
    for r in here:
        value, got = as_number(r["value"]), as_number(r[column])
        best = float(np.interp(value, [p[0] for p in points], [p[1] for p in points]))
        series.append(Series(words.text("you are here"), [(value, got), (value, best)]))
        said.append(
            words.text(
                "You are here: {value} {currency} on hand give {got}, well placed they would give {best}",
                value=words.short(value),
                currency=currency,
                got=say(got),
                best=say(best),
            )
        )
    title = words.text("{what} against the value of stock, {currency}", what=words.label(column), currency=currency)
    return figure(title, line_chart(series, title, words.short, say), said)
