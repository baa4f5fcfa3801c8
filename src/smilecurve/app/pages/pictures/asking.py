"""How long will offered machines stand, and how does that hang on what is asked for them?"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import Scale, circle, figure, frame, label, line, nice_ticks, rules
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["asks_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 760.0, 280.0, 64.0, 24.0, 10.0, 34.0
SHORTEST = 1.0


def asks_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """A dot for each offer: ask as a share of its worth across, days to its sale upwards, eight of ten as a line."""
    found = rows.to_pylist()
    shares = [as_number(r["ask_share"]) for r in found]
    low, high = (
        max(SHORTEST, min(as_number(r["days_low"]) for r in found)),
        max(as_number(r["days_high"]) for r in found),
    )
    x = Scale(min([*shares, 0.95]) - 0.02, max([*shares, 1.05]) + 0.02, LEFT, WIDTH - RIGHT)
    y = Scale(low / 1.2, max(high, 2 * low) * 1.1, HEIGHT - FOOT, TOP, logarithmic=True)
    ticks = [d for p in range(5) for d in (10.0**p, 3 * 10.0**p) if y.low <= d <= y.high]
    parts = rules(y, ticks, LEFT, WIDTH - RIGHT, words.short)
    parts += [label(x(t), HEIGHT - FOOT + 16, words.percent(t, 0)) for t in nice_ticks(x.low, x.high, 7)]
    for row in sorted(found, key=lambda r: (r["reason"] != "keep", str(r["offer"]))):
        at, days = x(as_number(row["ask_share"])), as_number(row["days"])
        ends = [y(max(as_number(row[end]), y.low)) for end in ("days_low", "days_high")]
        told = words.text(
            "{offer}: at {ask} {currency} half are sold within {days} days; {best} is expected to bring most",
            offer=row["offer"],
            ask=words.number(as_number(row["ask"])),
            currency=row["currency"],
            days=words.number(days),
            best=words.number(as_number(row["best_ask"])),
        )
        tone = "dot" if row["reason"] == "keep" else "dot bad" if row["reason"] == "lower" else "dot wait"
        parts += [line(at, ends[0], at, ends[1], "axis"), circle(at, y(max(days, y.low)), 4.0, tone, told)]
    title = words.text("Days to a sale by the price asked, as a share of the worth")
    said = [
        words.text("dot: half are sold sooner; line: eight of ten are sold between its ends"),
        words.text("red: a lower price is expected to bring more; amber: a higher one"),
    ]
    return figure(title, frame(WIDTH, HEIGHT, title, parts), said)
