"""How do repairs and their cost pile up on a machine as it ages?

The mean cumulative functions of the family and climate that cost most, each with its 90 % band.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Series, line_chart
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["burden_picture"]


def burden_picture(rows: pa.Table, words: Words, _: Callable[..., list[dict[str, object]]]) -> Markup:
    """Repairs and cost a machine by month of service, one under the other."""
    found = rows.to_pylist()
    worst = max(found, key=lambda r: as_number(r["cost"]))
    kept = [r for r in found if (r["family"], r["climate"]) == (worst["family"], worst["climate"])]
    kept.sort(key=lambda r: as_number(r["age_month"]))
    named = {"family": words.code(str(worst["family"])), "climate": words.code(str(worst["climate"]))}
    count = words.text("Repairs a machine by month of service: {family}, {climate}", **named)
    cost = words.text(
        "Cost a machine by month of service, {currency}: {family}, {climate}", currency=worst["currency"], **named
    )
    drawn = (
        _curve(kept, "repairs", count, lambda v: words.number(v, 2)),
        _curve(kept, "cost", cost, words.short),
    )
    parts = [
        Markup('<figure><figcaption class="small">{}</figcaption>{}</figure>').format(said, curve)
        for said, curve in zip((count, cost), drawn, strict=True)
    ]
    return Markup("").join(parts)


def _curve(rows: list[dict[str, object]], name: str, said: str, say: Callable[[float], str]) -> Markup:
    """One mean cumulative function with its band, from nothing at month 0."""
    points = [(0.0, 0.0), *((as_number(r["age_month"]), as_number(r[name])) for r in rows)]
    band = [
        (0.0, 0.0, 0.0),
        *((as_number(r["age_month"]), as_number(r[f"{name}_low"]), as_number(r[f"{name}_high"])) for r in rows),
    ]
    step = 3 if len(rows) <= 18 else 6
    ticks = [(float(m), f"{m}") for m in range(0, len(rows) + 1, step)]
    return line_chart([Series(said, points, band)], said, str, say, height=180, ticks=ticks)
