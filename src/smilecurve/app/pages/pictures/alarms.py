"""How many strata became alarms, how many of those are explained and contained, and how many days lay between?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import cut
from smilecurve.app.pages.pictures.drawing import Scale, figure, frame, label, line, rect
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["alarms_picture"]

Row = Mapping[str, object]
Look = Callable[..., list[dict[str, object]]]

WIDTH, LEFT, RIGHT = 760.0, 240.0, 690.0
MOST_ALARMS = 15
TICKS = 6


def alarms_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The funnel from strata looked at to alarms contained, each alarm from its beginning to its raising and now."""
    found = rows.to_pylist()
    alarms = [r for r in found if r["alarm"]]
    suspects = look("suspect_lots")
    explained = {str(s["issue"]) for s in suspects if s["issue"]}
    held = {str(s["issue"]) for s in suspects if s["issue"] and s["hold"]}
    tested = max((as_number(r["tested"]) for r in found if r["tested"] is not None), default=0.0)
    steps = (
        (words.text("strata looked at"), tested),
        (words.text("near an alarm, or one"), float(len(found))),
        (words.text("alarms"), float(len(alarms))),
        (words.text("still above the level"), float(sum("fading" not in str(r["reason"]) for r in alarms))),
        (words.text("explained by suspect lots"), float(sum(r["issue"] in explained for r in alarms))),
        (words.text("contained: a lot on hold"), float(sum(r["issue"] in held for r in alarms))),
    )
    drawn = _funnel([s for s in steps if s[1] or s[0] != steps[0][0]], words)
    return drawn + _spans(alarms, held, words) if alarms else drawn


def _funnel(steps: list[tuple[str, float]], words: Words) -> Markup:
    """One bar a step, by the logarithm, as thousands of strata stand beside a handful of alarms."""
    x = Scale(0.5, max([2.0, *(count for _, count in steps)]), LEFT, RIGHT, logarithmic=True)
    parts: list[Markup] = []
    for row, (name, count) in enumerate(steps):
        y, end = 4 + 22 * row, x(max(count, 0.5))
        parts += [
            label(LEFT - 8, y + 14, name, anchor="end"),
            rect(LEFT, y + 2, end - LEFT, 16, "bar bad" if row >= 2 else "bar main", f"{name}: {words.number(count)}"),
            label(end + 6, y + 14, words.number(count), anchor="start"),
        ]
    title = words.text("From strata looked at to alarms contained (bars by the logarithm)")
    return figure(title, frame(WIDTH, 22 * len(steps) + 8, title, parts))


def _spans(alarms: list[dict[str, object]], held: set[str], words: Words) -> Markup:
    shown = sorted(alarms, key=lambda r: (_day(r["since"]), str(r["issue"])))[-MOST_ALARMS:]
    first, last = min(_day(r["since"]) for r in shown), max(_day(r["seen"]) for r in shown) + 7
    x, foot = Scale(float(first), float(last), LEFT, RIGHT), 22 * len(shown) + 4
    parts: list[Markup] = []
    for k in range(TICKS + 1):
        day = first + (last - first) * k // TICKS
        parts += [
            line(x(day), 0, x(day), foot, "rule"),
            label(x(day), foot + 16, words.short_day(dt.date.fromordinal(day))),
        ]
    for row, r in enumerate(shown):
        y, since, raised, now = 4 + 22 * row, _day(r["since"]), _day(r["raised"] or r["seen"]) + 7, _day(r["seen"]) + 7
        unseen, known = (
            words.text("{issue}: {days} days from its beginning to the alarm", issue=r["issue"], days=raised - since),
            words.text("{issue}: {days} days since the alarm", issue=r["issue"], days=now - raised),
        )
        parts += [
            label(LEFT - 8, y + 14, cut(str(r["issue"]), 36), anchor="end"),
            rect(x(since), y + 3, x(raised) - x(since), 14, "bar over", unseen),
            rect(x(raised), y + 3, x(now) - x(raised), 14, "bar main" if r["issue"] in held else "bar bad", known),
            label(RIGHT + 8, y + 14, f"{raised - since} + {now - raised}", anchor="start"),
        ]
    title = words.text("Days from the beginning of each issue to its alarm, and from there until now")
    said = (
        words.text("orange: begun and not yet noticed"),
        words.text("red: alarm raised, no lot of it on hold"),
        words.text("blue-green: alarm raised, a lot of it on hold"),
    )
    return figure(title, frame(WIDTH, foot + 22, title, parts), said)


def _day(value: object) -> int:
    return value.toordinal() if isinstance(value, dt.date) else 0
