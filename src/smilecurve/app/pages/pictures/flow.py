"""Where does the time of a line go, what is lost to what, and what do buffer places bring?"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, Series, Span, line_chart, rank_chart, span_chart
from smilecurve.app.pages.pictures.drawing import scrolled
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["line_rates_picture"]

Look = Callable[..., list[dict[str, object]]]
Rows = list[dict[str, object]]
STATIONS_SHOWN = 40
STATES = (
    ("busy", "main"),
    ("down", "bad"),
    ("unattended", "wait"),
    ("blocked", "over"),
    ("starved", "lack"),
    ("closed", "shut"),
)
CAUSES = {
    "lost_imbalance": "Imbalance",
    "lost_waiting": "Waiting for each other",
    "lost_mix": "Mix of models",
    "lost_rework": "Rework",
    "lost_breakdown": "Breakdowns",
}


def line_rates_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Three pictures for each line: the time of its stations, what is lost to what, the rate against places."""
    parts: list[Markup] = []
    for line in sorted(pc.unique(rows.column("line")).to_pylist()):
        own = rows.filter(pc.equal(rows.column("line"), line)).sort_by("station").to_pylist()
        parts += [_times(str(line), own, words), _losses(own, words), _places(own, words)]
    return Markup("").join(parts)


def _times(line: str, rows: Rows, words: Words) -> Markup:
    """How each station spends its time, with the states that occur explained."""
    spans = []
    for r in rows[:STATIONS_SHOWN]:
        pieces, at = [], 0.0
        for name, tone in STATES:
            wide = as_number(r[name])
            if wide > 0:
                pieces.append((at, at + wide, f"bar {tone}", f"{words.label(name)} {words.percent(wide)}"))
            at += wide
        spans.append(Span(f"{line} {r['station']}", pieces))
    seen = [(name, tone) for name, tone in STATES if any(as_number(r[name]) > 0 for r in rows)]
    ticks = [(v / 4, words.percent(v / 4)) for v in range(5)]
    title = words.text("How stations spend their time")
    return scrolled(span_chart(spans, title, ticks), title) + _legend(
        [(words.label(name), tone) for name, tone in seen]
    )


def _losses(rows: Rows, words: Words) -> Markup:
    """Machines a day lost to each cause, of those that evenly spread work would give; nothing where it was not told."""
    ideal = as_number(rows[0]["ideal_per_day"])
    lost = [(name, as_number(rows[0][name])) for name in CAUSES]
    whole = sum(value for _, value in lost)
    if ideal <= 0 or whole <= 0:
        return Markup("")
    bars = [
        Bar(
            words.text(CAUSES[name]),
            value,
            "bar bad" if value == max(v for _, v in lost) else "bar main",
            told=words.text(
                "{cause}: {machines}, {share} of what is lost",
                cause=words.label(name),
                machines=words.number(value, 1),
                share=words.percent(value / whole),
            ),
        )
        for name, value in lost
    ]
    title = words.text("Of {ideal} machines a day, lost to", ideal=words.number(ideal, 1))
    return _titled(title, rank_chart(bars, title, lambda v: words.number(v, 1)))


def _places(rows: Rows, words: Words) -> Markup:
    """Seconds between machines against the number of places added, each where it then pays most."""
    cycle, takt = as_number(rows[0]["cycle_s"]), as_number(rows[0]["takt_s"])
    turns = [(as_number(r["place_turn"]), as_number(r["cycle_in_turn_s"])) for r in rows if r["place_turn"]]
    if len(turns) < 2 or cycle <= 0:
        return Markup("")
    steps = [(0.0, cycle), *sorted(turns)]
    title = words.text("Seconds between machines against buffer places added, each where it then pays most")
    reached = Series(words.label("cycle_s"), steps)
    asked = Series(words.label("takt_s"), [(steps[0][0], takt), (steps[-1][0], takt)])
    every = max(1, round(len(steps) / 10))
    ticks = [(n, words.number(n)) for n, _ in steps[::every]]
    chart = line_chart([reached, asked], title, words.number, lambda v: words.number(v, 1), zero=False, ticks=ticks)
    names = [(words.label("cycle_s"), "main"), (words.label("takt_s"), "asked")]
    return _titled(title, chart) + _legend(names)


def _titled(title: str, chart: Markup) -> Markup:
    return Markup('<h3 class="chart-title" dir="auto">{}</h3>{}').format(title, scrolled(chart, title))


def _legend(names: list[tuple[str, str]]) -> Markup:
    """What the colours mean."""
    said = [Markup('<li><i class="swatch tone-{}"></i>{}</li>').format(tone, name) for name, tone in names]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(said))
