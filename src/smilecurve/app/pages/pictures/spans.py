"""From when to when is each order promised?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Span, span_chart
from smilecurve.app.pages.words import Words

__all__ = ["promises_picture"]

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
