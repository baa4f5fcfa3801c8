"""How does the worth of a machine fall with age and hours, and where do our own sales lie?"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import Scale, circle, figure, frame, label, nice_ticks, path, rules
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["residuals_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
WIDTH, HEIGHT = 760, 240


def residuals_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """Two fans of the model and market with most sales, in the condition sold most: by age, by hours, sales as dots."""
    most = rows.sort_by([("sales_seen", "descending"), ("model", "ascending"), ("market", "ascending")]).slice(0, 1)
    place = {k: most.column(k)[0].as_py() for k in ("model", "market")}
    currency = most.column("currency")[0].as_py()
    sales = [r for r in look("resales", where=place) if r["currency"] == currency]
    grades = [str(r["grade"]) for r in sales]
    grade = max(sorted(set(grades)), key=grades.count) if grades else most.column("grade")[0].as_py()
    kept = pc.and_(pc.equal(rows.column("model"), place["model"]), pc.equal(rows.column("market"), place["market"]))
    fan = rows.filter(pc.and_(kept, pc.equal(rows.column("grade"), grade))).sort_by("age_months").to_pylist()
    mine = [r for r in sales if r["grade"] == grade]
    told = {"model": place["model"], "market": place["market"], "grade": grade, "currency": currency}
    by_age = words.text("Worth of {model} in {market}, grade {grade}, by age in months, {currency}", **told)
    by_hours = words.text("Worth of {model} in {market}, grade {grade}, by hours, {currency}", **told)
    said = [words.text("{sales} own sales as dots", sales=words.number(len(mine)))]
    return _fan("age_months", fan, mine, words, by_age, []) + _fan("hours", fan, mine, words, by_hours, said)


def _fan(column: str, fan: list[Row], sales: list[Row], words: Words, title: str, said: list[str]) -> Markup:
    points = [(as_number(r[column]), *(as_number(r[c]) for c in ("low", "value", "high"))) for r in fan]
    dots = [(as_number(r[column]), as_number(r["price"])) for r in sales]
    far = max([p[0] for p in points] + [d[0] for d in dots]) or 1.0
    high = max([p[3] for p in points] + [d[1] for d in dots]) or 1.0
    x, y = Scale(0.0, far, 64, WIDTH - 40), Scale(0.0, high * 1.04, HEIGHT - 24, 8)
    parts = rules(y, nice_ticks(0.0, high), 64, WIDTH - 40, words.short)
    parts += [label(x(t), HEIGHT - 6, words.number(t)) for t in nice_ticks(0.0, far, 8)]
    upper, lower = [(x(p[0]), y(p[3])) for p in points], [(x(p[0]), y(p[1])) for p in reversed(points)]
    parts.append(path(upper + lower, "band", close=True))
    parts.append(path([(x(p[0]), y(p[2])) for p in points], "track"))
    for at, price in dots:
        parts.append(circle(x(at), y(price), 2.6, "dot", f"{words.number(at)}: {words.number(price)}"))
    return figure(title, frame(WIDTH, HEIGHT, title, parts), said)
