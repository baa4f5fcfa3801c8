"""What comes on top of the price of each quote, and which models and regions bring how much more than a year before?"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["quotes_picture", "revenue_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
MOST_BARS = 12


def quotes_picture(rows: pa.Table, words: Words, _: Look) -> Markup | None:
    """What freight, insurance and duties put on top of the price: quotes of every currency side by side."""
    known = [r for r in rows.to_pylist() if r["landed"] is not None and as_number(r["price"]) > 0]
    known.sort(key=lambda r: -as_number(r["landed"]) / as_number(r["price"]))
    bars = [
        Bar(
            f"{r['quote']} · {words.market(str(r['market']))}",
            as_number(r["landed"]) / as_number(r["price"]) - 1,
            "bar main",
            told=words.text(
                "{quote}: {landed} landed for a price of {price}, {incoterm}",
                quote=r["quote"],
                landed=words.money(as_number(r["landed"]), str(r["currency"])),
                price=words.money(as_number(r["price"]), str(r["currency"])),
                incoterm=r["incoterm"],
            ),
        )
        for r in known[:MOST_BARS]
    ]
    title = words.text("Landed cost on top of the price")
    return figure(title, rank_chart(bars, title, lambda v: words.percent(v, 1))) if bars else None


def revenue_picture(rows: pa.Table, words: Words, _: Look) -> Markup | None:
    """The latest year by model and by region, with the year before."""
    found = [r for r in rows.to_pylist() if r["scope"] == "all" and r["before"] is not None]
    years = sorted({str(r["period"]) for r in found if len(str(r["period"])) == 4})
    parts = [Markup("")]
    for cut, said in (("model", "Revenue of {year} by model"), ("region", "Revenue of {year} by region")):
        some = [r for r in found if years and r["cut"] == cut and r["period"] == years[-1]]
        some.sort(key=lambda r: (-as_number(r["amount"]), str(r["value"])))
        if some:
            title = words.text(said, year=years[-1])
            bars = [
                Bar(words.code(str(r["value"])), as_number(r["amount"]), "bar main", mark=as_number(r["before"]))
                for r in some[:MOST_BARS]
            ]
            parts.append(figure(title, rank_chart(bars, title, words.short), [words.text("line: the year before")]))
    return Markup("").join(parts) or None
