"""From when to when: promises, tours?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Span, span_chart
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["promises_picture", "routes_picture"]

Look = Callable[..., list[dict[str, object]]]
MOST_BARS = 18


def promises_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """From the middle day of each promise to the day held with chance 95 %, latest first."""
    kept = rows.sort_by([("late_days", "descending")]).slice(0, MOST_BARS).to_pylist()
    spans = [
        Span(
            str(r["sales_order"]),
            [
                (_day(r["p50"]), _day(r["p80"]), "bar main", f"p50 {r['p50']} p80 {r['p80']}"),
                (_day(r["p80"]), _day(r["p95"]), "bar", f"p95 {r['p95']}"),
                *(
                    [(_day(r["wanted"]), _day(r["wanted"]), "bar bad", f"{words.label('wanted')} {r['wanted']}")]
                    if r["wanted"]
                    else []
                ),
            ],
        )
        for r in kept
    ]
    return span_chart(spans, words.text("Promised days, from p50 to p95"), _day_ticks(spans, words))


def routes_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Visits of each technician over the coming days."""
    gone = rows.filter(pc.is_valid(rows.column("technician")))
    teams: dict[str, list[tuple[float, float, str, str]]] = {}
    for r in gone.sort_by([("technician", "ascending"), ("day", "ascending")]).to_pylist():
        start = 24 * as_number(r["day"]) + as_number(r["arrive_h"])
        end = 24 * as_number(r["day"]) + as_number(r["leave_h"])
        tone = "bar main" if r["kind"] == "ticket" else "bar over"
        teams.setdefault(str(r["technician"]), []).append((start, end, tone, f"{r['visit']} {r['machine']}"))
    spans = [Span(name, pieces) for name, pieces in list(teams.items())[:MOST_BARS]]
    days = sorted({int(as_number(d)) for d in pc.unique(gone.column("day")).to_pylist() if d is not None})
    ticks = [(24.0 * d + 8, words.text("day {n}", n=words.number(d + 1))) for d in days]
    return span_chart(spans, words.text("Who goes when"), ticks)


def _day(value: object) -> float:
    return float(value.toordinal()) if isinstance(value, dt.date) else 0.0


def _day_ticks(spans: list[Span], words: Words) -> list[tuple[float, str]]:
    days = [v for s in spans for p in s.pieces for v in p[:2]]
    low, high = min(days), max(days)
    step = max(1, round((high - low) / 6))
    return [
        (low + i * step, dt.date.fromordinal(int(low + i * step)).isoformat())
        for i in range(int((high - low) / step) + 1)
    ]
