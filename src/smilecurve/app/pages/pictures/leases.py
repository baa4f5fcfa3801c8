"""How is what the machines on lease will fetch spread, and where do the books stand in it?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import Scale, figure, frame, label, line, nice_ticks, rect
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["leases_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
MOST_ROWS = 14
WIDTH, LEFT, RIGHT, STEP, TALL, TOP = 760.0, 190.0, 96.0, 30.0, 14.0, 12.0


def leases_picture(rows: pa.Table, words: Words, _: Look) -> Markup | None:
    """Bands of what they fetch as a share of the books: half of the times, nine of ten times; all machines first."""
    held = [r for r in rows.to_pylist() if r["machines"] and as_number(r["book"]) > 0 and r["p5"] is not None]
    if not held:
        return None
    held.sort(key=lambda r: (-as_number(r["book"]), str(r["model"]), str(r["market"])))
    shown = held[:MOST_ROWS]
    bands = [_band(words.text("All together"), held[0], "fleet_", "fleet_book", "fleet_above", words)]
    bands += [_band(f"{r['model']} · {r['market']}", r, "", "book", "above_books", words) for r in shown]
    low, high = min(1.0, *(b[1][0] for b in bands)), max(1.0, *(b[1][3] for b in bands))
    x = Scale(low, high, LEFT, WIDTH - RIGHT)
    foot = TOP + STEP * len(bands)
    parts = []
    for tick in nice_ticks(low, high, 6):
        parts += [line(x(tick), 4, x(tick), foot, "rule"), label(x(tick), foot + 14, words.percent(tick, 0))]
    for k, band in enumerate(bands):
        parts += _drawn(band, TOP + STEP * k, x, main=k == 0)
    parts.append(line(x(1.0), 2, x(1.0), foot, "limit"))
    title = words.text("What machines on lease will fetch at their ends, as a share of what the books hold")
    said = [
        words.text("thin band: nine of ten times; thick band: half of the times; line: the books"),
        words.text("at the right: chance that they fetch what the books hold"),
    ]
    if len(held) > len(shown):
        told = {"shown": words.number(len(shown)), "all": words.number(len(held))}
        said.append(words.text("{shown} of {all}, those with most in the books", **told))
    return figure(title, frame(WIDTH, foot + 20, title, parts), said)


Band = tuple[str, Sequence[float], str, str]


def _band(name: str, row: Row, of: str, book: str, above: str, words: Words) -> Band:
    held = as_number(row[book])
    ends = [as_number(row[f"{of}{end}"]) for end in ("p5", "p25", "p75", "p95")]
    told = words.text(
        "{name}: the books hold {book}, half of the times they fetch {low} to {high} {currency}",
        name=name,
        book=words.number(held),
        low=words.number(ends[1]),
        high=words.number(ends[2]),
        currency=row["currency"],
    )
    return name, [end / held for end in ends], words.percent(as_number(row[above]), 0), told


def _drawn(band: Band, top: float, x: Scale, *, main: bool) -> list[Markup]:
    name, ends, chance, told = band
    tone = "bar main" if main else "bar"
    return [
        label(LEFT - 8, top + TALL, name, anchor="end", name="told"),
        rect(x(ends[0]), top + TALL / 2 - 2, x(ends[3]) - x(ends[0]), 7, tone, told, round=1),
        rect(x(ends[1]), top, x(ends[2]) - x(ends[1]), TALL + 3, tone, told),
        label(WIDTH - RIGHT + 10, top + TALL, chance, anchor="start", name="told"),
    ]
