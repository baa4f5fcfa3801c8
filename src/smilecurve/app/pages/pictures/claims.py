"""Which parts do warranty claims cost most, what comes back from suppliers, and why are claims refused?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["claims_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
MOST_BARS = 12


def claims_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Paid by part, with what suppliers pay back; claims by what was decided."""
    found = rows.to_pylist()
    currency = Counter(str(r["currency"]) for r in found).most_common(1)[0][0]
    paid: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for r in found:
        if r["currency"] == currency and r["part"] is not None:
            for i, value in enumerate((as_number(r["paid"]), as_number(r["recovered"]), 1.0)):
                paid[str(r["part"])][i] += value
    dear = sorted((k for k, v in paid.items() if v[0]), key=lambda k: (-paid[k][0], k))[:MOST_BARS]
    said = words.text("Claims by what was decided")
    reasons = Counter(str(r["reason"]) for r in found).most_common()
    counted = [Bar(words.code(reason), float(number), "bar main") for reason, number in reasons]
    last = figure(said, rank_chart(counted, said, words.number))
    if not dear:
        return last
    bars = [
        Bar(
            part,
            spent,
            "bar main",
            mark=back,
            told=words.text(
                "{part}: {claims} claims, {paid} paid, {back} back from suppliers",
                part=part,
                claims=words.number(claims),
                paid=words.money(spent, currency),
                back=words.money(back, currency),
            ),
        )
        for part in dear
        for spent, back, claims in (paid[part],)
    ]
    title = words.text("Paid on warranty, by part")
    line = [words.text("line: back from suppliers")]
    return figure(title, rank_chart(bars, title, lambda v: words.money(v, currency)), line) + last
