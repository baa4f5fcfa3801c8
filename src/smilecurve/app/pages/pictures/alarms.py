"""How many strata became alarms, how many are explained, contained and put right, and how many days lay between?

Days between steps are medians over the alarms that have come as far; the week of an alarm counts until its end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from statistics import median

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import cut
from smilecurve.app.pages.pictures.drawing import Scale, circle, figure, frame, label, line, rect
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["alarms_picture"]

Row = Mapping[str, object]
Look = Callable[..., list[dict[str, object]]]

Step = tuple[str, float, float | None]

WIDTH, LEFT, RIGHT = 760.0, 240.0, 650.0
MOST_ALARMS = 15
TICKS = 6


def alarms_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The funnel from strata looked at to alarms contained, each alarm from its beginning to its raising and now."""
    found = rows.to_pylist()
    alarms = [r for r in found if r["alarm"]]
    suspects = look("suspect_lots")
    explained = {str(s["issue"]) for s in suspects if s["issue"]}
    held = {str(s["issue"]) for s in suspects if s["issue"] and s["hold"]}
    told = {str(s["issue"]): s for s in look("alarm_steps")} if alarms else {}
    days = [_days(r, told.get(str(r["issue"]), {})) for r in alarms]
    tested = max((as_number(r["tested"]) for r in found if r["tested"] is not None), default=0.0)
    steps: tuple[Step, ...] = (
        (words.text("strata looked at"), tested, None),
        (words.text("near an alarm, or one"), float(len(found)), None),
        (words.text("alarms"), float(len(alarms)), _between(days, 1)),
        (words.text("still above the level"), float(sum("fading" not in str(r["reason"]) for r in alarms)), None),
        (
            words.text("explained by suspect lots"),
            float(sum(r["issue"] in explained for r in alarms)),
            _between(days, 2),
        ),
        (words.text("contained: a lot on hold"), float(sum(r["issue"] in held for r in alarms)), _between(days, 3)),
        (words.text("answered by a campaign"), float(sum(d[4] is not None for d in days)), _between(days, 4)),
        (words.text("put right: no machine waits"), float(sum(d[5] is not None for d in days)), _between(days, 5)),
    )
    drawn = _funnel([s for s in steps if s[1] or s[0] != steps[0][0]], words)
    return drawn + _spans(alarms, days, held, words) if alarms else drawn


def _days(alarm: Row, told: Row) -> list[int | None]:
    """Day of the beginning, the alarm, and each step after it, none before the one it follows."""
    found: list[int | None] = [_day(alarm["since"]), _day(alarm["raised"] or alarm["seen"]) + 7]
    last = found[1] or 0
    for step in ("named", "held", "called", "done"):
        day = _day(told.get(step)) or None
        last = last if day is None else max(day, last)
        found.append(None if day is None else last)
    return found


def _between(days: Sequence[Sequence[int | None]], step: int) -> float | None:
    """Median days from the step before that was taken."""
    spans = []
    for taken in days:
        day, before = taken[step], [d for d in taken[:step] if d is not None]
        if day is not None and before:
            spans.append(day - max(before))
    return float(median(spans)) if spans else None


def _funnel(steps: list[Step], words: Words) -> Markup:
    """One bar a step, by the logarithm, as thousands of strata stand beside a handful of alarms."""
    x = Scale(0.5, max([2.0, *(count for _, count, _ in steps)]), LEFT, RIGHT, logarithmic=True)
    parts: list[Markup] = []
    for row, (name, count, days) in enumerate(steps):
        y, end, said = 4 + 22 * row, x(max(count, 0.5)), words.number(count)
        if days is not None:
            said = words.text("{count} · {days} days", count=said, days=words.number(days, 1))
        parts += [
            label(LEFT - 8, y + 14, name, anchor="end"),
            rect(LEFT, y + 2, end - LEFT, 16, "bar bad" if row >= 2 else "bar main", f"{name}: {words.number(count)}"),
            label(end + 6, y + 14, said, anchor="start"),
        ]
    title = words.text("From strata looked at to alarms contained (bars by the logarithm)")
    said = words.text("days: median from the step before")
    return figure(title, frame(WIDTH, 22 * len(steps) + 8, title, parts), (said,))


def _spans(alarms: list[dict[str, object]], days: list[list[int | None]], held: set[str], words: Words) -> Markup:
    order = sorted(range(len(alarms)), key=lambda k: (_day(alarms[k]["since"]), str(alarms[k]["issue"])))[-MOST_ALARMS:]
    first = min(_day(alarms[k]["since"]) for k in order)
    now = max(max(_day(alarms[k]["seen"]) + 7, *(d or 0 for d in days[k])) for k in order)
    x, foot = Scale(float(first), float(now), LEFT, RIGHT), 22 * len(order) + 4
    parts: list[Markup] = []
    for k in range(TICKS + 1):
        day = first + (now - first) * k // TICKS
        parts += [
            line(x(day), 0, x(day), foot, "rule"),
            label(x(day), foot + 16, words.short_day(dt.date.fromordinal(day))),
        ]
    for row, k in enumerate(order):
        end = max(_day(alarms[k]["seen"]) + 7, *(d or 0 for d in days[k]))
        parts += _span(4.0 + 22 * row, str(alarms[k]["issue"]), days[k], end, str(alarms[k]["issue"]) in held, x, words)
    title = words.text(
        "Days from the beginning of each issue to its alarm, to its containment, and from there until now"
    )
    said = (
        words.text("orange: begun and not yet noticed"),
        words.text("red: alarm raised, no lot of it on hold"),
        words.text("blue-green: alarm raised, a lot of it on hold"),
        words.text("dots: suspect lot named, campaign begun, campaign done"),
    )
    return figure(title, frame(WIDTH, foot + 22, title, parts), said)


def _span(y: float, issue: str, days: list[int | None], now: int, held: bool, x: Scale, words: Words) -> list[Markup]:
    """One alarm: not yet noticed, raised, contained; the other steps as dots on it."""
    since, raised = days[0] or 0, days[1] or 0
    contained = (days[3] if days[3] is not None else raised) if held else now
    spans = [
        raised - since,
        *([contained - raised] if contained > raised else []),
        *([now - contained] if held else []),
    ]
    parts = [
        label(LEFT - 8, y + 14, cut(issue, 36), anchor="end"),
        rect(
            x(since), y + 3, x(raised) - x(since), 14, "bar over",
            words.text("{issue}: {days} days from its beginning to the alarm", issue=issue, days=raised - since),
        ),
    ]  # fmt: skip
    if contained > raised:
        said = words.text("{issue}: {days} days since the alarm", issue=issue, days=now - raised)
        if held:
            said = words.text(
                "{issue}: {days} days from the alarm to a lot on hold", issue=issue, days=contained - raised
            )
        parts.append(rect(x(raised), y + 3, x(contained) - x(raised), 14, "bar bad", said))
    if held:
        said = words.text("{issue}: {days} days since a lot of it is on hold", issue=issue, days=now - contained)
        parts.append(rect(x(contained), y + 3, x(now) - x(contained), 14, "bar main", said))
    dots = (
        (days[2], words.text("{issue}: suspect lot named", issue=issue)),
        (days[4], words.text("{issue}: campaign begun", issue=issue)),
        (days[5], words.text("{issue}: campaign done", issue=issue)),
    )
    parts += [circle(x(day), y + 10, 3.5, "dot", said) for day, said in dots if day is not None]
    return [*parts, label(RIGHT + 8, y + 14, " + ".join(map(str, spans)), anchor="start")]


def _day(value: object) -> int:
    return value.toordinal() if isinstance(value, dt.date) else 0
