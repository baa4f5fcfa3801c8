"""What does each returned machine bring after what it costs, and which way do returns take?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import Scale, figure, frame, label, line, nice_ticks, rect
from smilecurve.app.pages.pictures.ticketflow import flow_chart
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["dispositions_picture", "grades_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_ROWS = 14
WIDTH, LEFT, RIGHT, STEP = 760.0, 210.0, 84.0, 34.0
COSTS = ("cost", "parts_cost", "inspection_price")
TONES = {"cost": "bar over", "parts_cost": "bar wait", "inspection_price": "bar bad"}


def dispositions_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Worth, cost and margin of the machines that bring most; why machines came back, their grade, their way."""
    found = rows.to_pylist()
    return _falls(found, words) + _flow(found, words)


def grades_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """How many machines are in each condition."""
    count = Counter(rows.column("grade").to_pylist())
    bars = [Bar(grade, float(number), "bar main") for grade, number in sorted(count.items())]
    return rank_chart(bars, words.label("grade"), lambda v: words.number(v))


def _falls(found: Sequence[Row], words: Words) -> Markup:
    """A waterfall for each machine: from its worth one cost after the other is taken off, the margin is left."""
    known = [r for r in found if r["worth"] is not None]
    currency = Counter(str(r["currency"]) for r in known).most_common(1)
    if not currency:
        return Markup("")
    money = currency[0][0]
    shown = sorted((r for r in known if r["currency"] == money), key=lambda r: -as_number(r["margin"]))[:MOST_ROWS]
    low = min(0.0, *(as_number(r["margin"]) for r in shown))
    high = max(*(as_number(r["worth"]) for r in shown), 1.0)
    x = Scale(low, high, LEFT, WIDTH - RIGHT)
    foot = 8 + STEP * len(shown)
    parts = []
    for tick in nice_ticks(low, high, 5):
        parts += [line(x(tick), 4, x(tick), foot, "rule"), label(x(tick), foot + 14, words.short(tick))]
    for k, row in enumerate(shown):
        parts += _fall(row, 8 + STEP * k, x, words)
    title = words.text("From worth to margin, machine by machine, in {currency}", currency=money)
    keys = [
        words.text("teal: margin that is left; amber: cost of work; brown: parts it takes; red: paid inspection"),
        words.text("{shown} machines of {all}, those that bring most", shown=words.number(len(shown)),
                   all=words.number(len(found))),
    ]  # fmt: skip
    return figure(title, frame(WIDTH, foot + 20, title, parts), keys)


def _fall(row: Row, top: float, x: Scale, words: Words) -> list[Markup]:
    """One machine: margin from nothing, then its costs up to its worth, each a step lower on the page."""
    margin, at = as_number(row["margin"]), as_number(row["worth"])
    told = words.text(
        "{machine}: {way}, worth {worth}, margin {margin} {currency}",
        machine=row["machine"],
        way=_way(row, words),
        worth=words.number(at),
        margin=words.number(margin),
        currency=row["currency"],
    )
    parts = [
        label(LEFT - 8, top + 11, str(row["machine"]), anchor="end", name="told"),
        label(LEFT - 8, top + 24, _way(row, words), anchor="end"),
        rect(min(x(0.0), x(margin)), top, abs(x(margin) - x(0.0)), 24, "bar main" if margin >= 0 else "bar bad", told),
    ]
    for name in COSTS:
        if name == "inspection_price" and row["route"] != "inspect":
            continue
        amount = as_number(row[name] or 0.0)
        if amount > 0:
            said = f"{words.label(name)} {words.number(amount)}"
            parts.append(rect(x(at - amount), top + 4, x(at) - x(at - amount), 16, TONES[name], said, round=0))
            at -= amount
    end = x(max(as_number(row["worth"]), margin, 0.0))
    return [*parts, label(end + 6, top + 16, words.short(margin), anchor="start", name="told")]


def _way(row: Row, words: Words) -> str:
    return words.code(str(row["route"])) + (f" · {row['level']}" if row["level"] else "")


def _flow(found: Sequence[Row], words: Words) -> Markup:
    """Why machines came back, their grade, their way."""
    none = words.text("not said")
    trips = Counter(
        (words.code(str(r["why"])) if r["why"] else none, str(r["grade"]), words.code(str(r["route"]))) for r in found
    )
    title = words.text("Why machines came back, their condition, and the way they go")
    heads = (words.label("why"), words.label("grade"), words.label("route"))
    return figure(title, flow_chart(trips, title, words, heads=heads, by_name=1))
