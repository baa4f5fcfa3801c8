"""Which share of machines comes back soon after the sale, by model and by channel, and what is lost on them?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["returns_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_BARS = 12
ALARMS = ("too_many", "too_dear")


def returns_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Shares back within 90 days with their limits, alarms marked, and the money lost by model."""
    found = rows.to_pylist()
    rates = [
        r for r in found if r["rate_90"] is not None and (r["level"] in ("model", "channel") or r["reason"] in ALARMS)
    ]
    rates.sort(key=lambda r: (r["reason"] in ALARMS, as_number(r["low_90"]), as_number(r["rate_90"])), reverse=True)
    lost = sorted(
        (r for r in found if r["level"] == "model" and as_number(r["lost"])), key=lambda r: -as_number(r["lost"])
    )
    return _rates(rates[:MOST_BARS], words) + _lost(lost[:MOST_BARS], words)


def _name(row: Row, words: Words) -> str:
    parts: Iterable[str] = (
        words.market(str(row[c])) if c == "market" else words.code(str(row[c])) if c == "channel" else str(row[c])
        for c in ("model", "market", "channel")
        if row[c] != "*"
    )
    return " · ".join(parts)


def _rates(rows: list[Row], words: Words) -> Markup:
    bars = [
        Bar(
            f"{_name(r, words)} · {words.code(str(r['family']))}" if r["level"] == "channel" else _name(r, words),
            as_number(r["rate_90"]),
            "bar over" if r["reason"] in ALARMS else "bar main",
            told=words.text(
                "{name}: {rate} back within 90 days ({low} – {high}), {returned} of {machines} machines",
                name=_name(r, words),
                rate=words.percent(as_number(r["rate_90"]), 1),
                low=words.percent(as_number(r["low_90"]), 1),
                high=words.percent(as_number(r["high_90"]), 1),
                returned=words.number(as_number(r["returned"])),
                machines=words.number(as_number(r["machines"])),
            ),
            whisker=(as_number(r["low_90"]), as_number(r["high_90"])),
        )
        for r in rows
    ]
    if not bars:
        return Markup("")
    title = words.text("Share back within 90 days of the sale, with its 90 % interval")
    said = words.text("orange: more than the others let expect, or more than the margin bears")
    return figure(title, rank_chart(bars, title, lambda v: words.percent(v, 1)), [said])


def _lost(rows: list[Row], words: Words) -> Markup:
    if not rows:
        return Markup("")
    bars = [Bar(_name(r, words), as_number(r["lost"]), "bar main") for r in rows]
    title = words.text("Lost on machines that came back, by model")
    return figure(title, rank_chart(bars, title, lambda v: words.money(v, str(rows[0]["currency"]))))
