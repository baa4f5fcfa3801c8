"""Which part costs most to come, what do customers complain of, and where along the smile is value added?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, Series, column_chart, line_chart
from smilecurve.app.pages.pictures.drawing import Scale, circle, figure, frame, label, line, path, rect
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["backlog_picture", "complaints_picture", "smile_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_BARS, MOST_SYSTEMS, WEEKS = 15, 6, 52
LEFT, RIGHT = 190.0, 650.0


def backlog_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """A Pareto of the cost to come: bars at the lower bound, whiskers to the rate seen, and the running share."""
    found = sorted(rows.to_pylist(), key=lambda r: -as_number(r["lifetime_cost"]))
    whole = sum(as_number(r["lifetime_cost"]) for r in found) or 1.0
    shown = found[:MOST_BARS]
    seen = [_at_rate_seen(r) for r in shown]
    x, along = Scale(0.0, max([*seen, 1e-9]), LEFT, RIGHT), Scale(0.0, 1.0, LEFT, RIGHT)
    parts: list[Markup] = []
    running, curve = 0.0, []
    for k, (r, high) in enumerate(zip(shown, seen, strict=True)):
        y, low = 4 + 22 * k, as_number(r["lifetime_cost"])
        running += low
        curve.append((along(running / whole), y + 10))
        told = words.text(
            "{part}, {family}: {low} at the lower bound, {rate} at the rate seen; a change saves {saving}",
            part=r["part"],
            family=words.code(str(r["family"])),
            low=words.short(low),
            rate=words.short(high),
            saving=words.short(as_number(r["saving"])),
        )
        parts += [
            label(182, y + 14, f"{r['part']} · {words.code(str(r['family']))}"[:30], anchor="end"),
            rect(LEFT, y + 3, max(x(low) - LEFT, 1), 14, "bar main", told),
            line(x(low), y + 10, x(high), y + 10, "axis"),
            line(x(high), y + 5, x(high), y + 15, "axis"),
            label(RIGHT + 8, y + 14, words.short(low), anchor="start"),
            label(752, y + 14, words.percent(running / whole, 0), anchor="end"),
        ]
    parts.append(path(curve, "edge"))
    parts += [circle(px, py, 2.4, "dot") for px, py in curve]
    title = words.text("Cost to come by part: bar at the lower 80 % bound of its rate, whisker to the rate seen")
    currency = str(shown[0]["currency"]) if shown else ""
    said = [words.text("Running share of the cost to come (dots)"), currency]
    return figure(title, frame(760, 22 * len(shown) + 8, title, parts), said)


def _at_rate_seen(row: Row) -> float:
    low = as_number(row["rate_low"])
    return as_number(row["lifetime_cost"]) * (as_number(row["rate_year"]) / low if low > 0 else 1.0)


def complaints_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """New complaints a week of the systems that customers complain of most, one small column chart each."""
    kept = [r for r in rows.to_pylist() if r["counts"] and r["system"]]
    if not kept:
        return Markup("")
    days = [r["said_on"] for r in kept if isinstance(r["said_on"], dt.date)]
    last = max(days) - dt.timedelta(days=max(days).weekday())
    weekly: dict[str, list[int]] = {}
    for r in kept:
        said_on = r["said_on"]
        if isinstance(said_on, dt.date):
            back = (last - said_on + dt.timedelta(days=6)).days // 7
            if back < WEEKS:
                weekly.setdefault(str(r["system"]), [0] * WEEKS)[WEEKS - 1 - back] += 1
    systems = sorted(weekly, key=lambda s: (-sum(weekly[s]), s))[:MOST_SYSTEMS]
    drawn = []
    for system in systems:
        counts = weekly[system]
        mean = sum(counts[:-8]) / max(len(counts) - 8, 1)
        bars = [
            Bar(
                "" if k % 6 else _week(last, k, words),
                float(n),
                "bar bad" if n > 3 * max(mean, 1.0) else "bar main",
                told=f"{_week(last, k, words)}: {words.number(n)}",
            )
            for k, n in enumerate(counts)
        ]
        title = words.text(
            "{system}: complaints a week; the line is their mean until eight weeks ago", system=words.code(system)
        )
        drawn.append(figure(title, column_chart(bars, title, words.number, limit=mean, height=110)))
    return Markup("").join(drawn)


def _week(last: dt.date, place: int, words: Words) -> str:
    return words.short_day(last - dt.timedelta(weeks=WEEKS - 1 - place))


def smile_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """The smile of the last full year beside the year before, and how much each stage has moved."""
    found = [r for r in rows.to_pylist() if r["family"] == "*" and r["market"] == "*"]
    if not found:
        return Markup("")
    years = sorted({str(r["year"]) for r in found})
    year, before = years[-1], years[-2] if len(years) > 1 else None
    now = _of_year(found, year)
    ticks = [(as_number(r["position"]), words.code(str(r["stage"]))) for r in now]
    series = [Series(year, _shares(now))]
    if before is not None:
        series.append(Series(before, _shares(_of_year(found, before))))
        title = words.text("Value added over revenue by stage: {year}, and {before} dashed", year=year, before=before)
    else:
        title = words.text("Value added over revenue by stage, {year}", year=year)
    drawn = figure(title, line_chart(series, title, lambda v: "", words.percent, ticks=ticks))
    return drawn + _moved(now, before, words) if before is not None else drawn


def _of_year(rows: list[Row], year: str) -> list[Row]:
    return sorted((r for r in rows if str(r["year"]) == year), key=lambda r: as_number(r["position"]))


def _shares(rows: list[Row]) -> list[tuple[float, float]]:
    return [(as_number(r["position"]), as_number(r["share_of_revenue"])) for r in rows]


def _moved(rows: list[Row], before: str, words: Words) -> Markup:
    """Bars to the right for stages whose share rose, to the left for those whose share fell."""
    changes = [as_number(r["change"]) for r in rows]
    most = max([abs(c) for c in changes] + [1e-9])
    x = Scale(-most, most, 260, 660)
    parts: list[Markup] = [line(x(0), 0, x(0), 22 * len(rows) + 8, "axis")]
    for k, (r, change) in enumerate(zip(rows, changes, strict=True)):
        y = 4 + 22 * k
        left, right = sorted((x(0), x(change)))
        said = words.percent(change, 2, signed=True)
        parts += [
            label(182, y + 14, words.code(str(r["stage"])), anchor="end"),
            rect(left, y + 3, max(right - left, 1), 14, "bar main" if change >= 0 else "bar bad", said),
            label(right + 6 if change >= 0 else left - 6, y + 14, said, anchor="start" if change >= 0 else "end"),
        ]
    title = words.text("Change of each stage's share of revenue since {year}, in points", year=before)
    return figure(title, frame(760, 22 * len(rows) + 8, title, parts))
