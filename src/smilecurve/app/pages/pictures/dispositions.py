"""What does each returned machine bring after what it costs, and which way do returns take?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import Scale, figure, frame, label, line, nice_ticks, path, rect
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["dispositions_picture", "grades_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_ROWS = 14
WIDTH, LEFT, RIGHT, STEP = 760.0, 210.0, 84.0, 34.0
TALL, GAP, NODE, DEEP = 300.0, 8.0, 12.0, 30.0
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
    """Three columns of nodes joined by bands: why it came back, its grade, its way."""
    trips = [(str(r["why"] or ""), str(r["grade"]), str(r["route"])) for r in found]
    columns: list[list[tuple[str, int]]] = []
    for k in range(3):
        seen = Counter(trip[k] for trip in trips)
        columns.append(sorted(seen.items(), key=(lambda e: e[0]) if k == 1 else (lambda e: (-e[1], e[0]))))
    unit = (TALL - GAP * (max(len(c) for c in columns) - 1)) / len(trips)
    lefts = (150.0, WIDTH / 2 - NODE / 2, WIDTH - 150.0 - NODE)
    spots: list[dict[str, float]] = []
    for column in columns:
        top = DEEP
        starts: dict[str, float] = {}
        for name, count in column:
            starts[name] = top
            top += count * unit + GAP
        spots.append(starts)
    parts = _bands(trips, columns, spots, lefts, unit)
    heads = (words.label("why"), words.label("grade"), words.label("route"))
    for k, column in enumerate(columns):
        parts.append(label(lefts[k] + NODE / 2, 16, heads[k], name="told"))
        for name, machines in column:
            shown = name if k == 1 else words.code(name) if name else words.text("not said")
            text = f"{shown} {words.number(machines)}"
            parts.append(rect(lefts[k], spots[k][name], NODE, machines * unit, "bar main", text, round=1))
            middle = spots[k][name] + machines * unit / 2 + 4
            side = (lefts[k] - 8, "end") if k == 0 else (lefts[k] + NODE + 8, "start")
            parts.append(label(side[0], middle, text, anchor=side[1], name="told"))
    title = words.text("Why machines came back, their condition, and the way they go")
    return figure(title, frame(WIDTH, TALL + DEEP + 10, title, parts))


def _bands(
    trips: Sequence[tuple[str, str, str]], columns: Sequence[Sequence[tuple[str, int]]],
    spots: Sequence[dict[str, float]], lefts: Sequence[float], unit: float,
) -> list[Markup]:  # fmt: skip
    parts = []
    for k in (0, 1):
        joined = Counter((trip[k], trip[k + 1]) for trip in trips)
        out: dict[str, float] = defaultdict(float)
        into: dict[str, float] = defaultdict(float)
        for source, _ in columns[k]:
            for target, _ in columns[k + 1]:
                wide = joined[source, target] * unit
                if wide <= 0:
                    continue
                y1, y2 = spots[k][source] + out[source], spots[k + 1][target] + into[target]
                out[source] += wide
                into[target] += wide
                parts.append(_band((lefts[k] + NODE, y1), (lefts[k + 1], y2), wide))
    return parts


def _band(start: tuple[float, float], end: tuple[float, float], wide: float) -> Markup:
    """A band that swings from one node to another."""
    steps = [i / 16 for i in range(17)]
    ease = [3 * s**2 - 2 * s**3 for s in steps]
    upper = [
        (start[0] + s * (end[0] - start[0]), start[1] + e * (end[1] - start[1]))
        for s, e in zip(steps, ease, strict=True)
    ]
    lower = [(x, y + wide) for x, y in reversed(upper)]
    return path([*upper, *lower], "band", close=True)
