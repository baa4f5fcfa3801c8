"""Which equipment does what when? A Gantt of every operation, drawn by the page's script as far as it is in sight.

Without script the first equipment is drawn here, as far as a picture can hold it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Span, span_chart
from smilecurve.app.pages.pictures.drawing import scrolled
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["gantt_picture"]

Look = Callable[..., list[dict[str, object]]]
MOST_EQUIPMENT = 18
MOST_PIECES = 400


def gantt_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """The shop schedule: a row for each equipment, a bar for each operation, its set-up before it."""
    bars = rows.sort_by([("shop", "ascending"), ("equipment", "ascending"), ("turn", "ascending")])
    said = words.text("Which equipment does what when")
    return Markup(
        '<div class="gantt" data-gantt data-late="{late}" data-setup="{setup}" data-said="{said}">'
        '<p class="row gantt-bar" hidden><button type="button" data-zoom="0.5" aria-label="{out}">−</button>'
        '<button type="button" data-zoom="2" aria-label="{into}">+</button>'
        '<button type="button" data-zoom="0">{whole}</button>'
        '<span class="small quiet" data-told aria-live="polite">{how}</span></p>'
        "<div data-still>{still}</div>{legend}</div>"
    ).format(
        late=words.text("late by {h} h", h="{h}"),
        setup=words.text("set-up {s} s", s="{s}"),
        said=said,
        out=words.text("Show more time"),
        into=words.text("Show less time"),
        whole=words.text("All"),
        how=words.text("Arrow keys walk from operation to operation; plus and minus change the scale."),
        still=_still(bars, said, words),
        legend=_legend(words),
    )


def _still(bars: pa.Table, said: str, words: Words) -> Markup:
    """The first equipment as a still picture."""
    zero = min(bars["start"].to_pylist())
    spans: dict[str, list[tuple[float, float, str, str]]] = {}
    for row in bars.slice(0, MOST_PIECES).to_pylist():
        start, end = _hours(row["start"], zero), _hours(row["end"], zero)
        told = f"{row['shop_order']} {row['position']} · {row['start']:%m-%d %H:%M} – {row['end']:%m-%d %H:%M}"
        pieces = spans.setdefault(str(row["equipment"]), [])
        if row["setup_s"]:
            pieces.append((start - as_number(row["setup_s"]) / 3600, start, "bar", told))
        pieces.append((start, end, "bar bad" if as_number(row["late_h"]) > 0 else "bar main", told))
    shown = [Span(name, pieces) for name, pieces in list(spans.items())[:MOST_EQUIPMENT]]
    last = max(piece[1] for span in shown for piece in span.pieces)
    step = max(1, round(last / 24 / 6))
    ticks = [(24.0 * day, f"{zero + dt.timedelta(days=day):%m-%d %H:%M}") for day in range(0, int(last / 24) + 1, step)]
    names = (("main", words.text("in time")), ("bad", words.text("late")), ("lack", words.text("set-up")))
    return scrolled(span_chart(shown, said, ticks), said) + _listed([(f"swatch tone-{tone}", n) for tone, n in names])


def _legend(words: Words) -> Markup:
    """What the script's colours and marks mean."""
    colours = Markup("").join(Markup('<i class="swatch tone m{}"></i>').format(i) for i in range(3))
    said = words.text("each shop order has its colour; it names itself under the pointer")
    marks = [("gantt-late", words.text("late")), ("gantt-setup", words.text("set-up"))]
    return Markup('<ul class="legend" hidden><li>{}{}</li>{}</ul>').format(colours, said, _entries(marks))


def _listed(names: list[tuple[str, str]]) -> Markup:
    return Markup('<ul class="legend">{}</ul>').format(_entries(names))


def _entries(names: list[tuple[str, str]]) -> Markup:
    return Markup("").join(Markup('<li><i class="{}"></i>{}</li>').format(look, name) for look, name in names)


def _hours(when: dt.datetime, zero: dt.datetime) -> float:
    return (when - zero) / dt.timedelta(hours=1)
