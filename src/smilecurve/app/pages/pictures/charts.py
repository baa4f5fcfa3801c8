"""How are bars, lines and spans drawn for any table?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import Scale, circle, frame, label, line, nice_ticks, path, rect, rules

__all__ = ["Bar", "Series", "Span", "column_chart", "cut", "line_chart", "rank_chart", "span_chart"]

Say = Callable[[float], str]
NEAR = 60.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, value, class, a second value drawn as a mark, and the ends of a whisker across its end."""

    name: str
    value: float
    tone: str = "bar"
    mark: float | None = None
    told: str = ""
    whisker: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One line through points, perhaps with a band around it."""

    name: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """One row of a span picture: its name and pieces (from, to, class, what it says)."""

    name: str
    pieces: Sequence[tuple[float, float, str, str]]


def column_chart(
    bars: Sequence[Bar],
    said: str,
    say: Say,
    *,
    limit: float | None = None,
    width: float = 760,
    height: float = 120,
    unit: str = "",
    names: bool = True,
) -> Markup:
    """Standing bars, with a limit across: station load against takt."""
    top = max([b.value for b in bars] + [limit or 0, 1e-9]) * 1.06
    foot = height - (16 if names else 2)
    y = Scale(0, top, foot, 6)
    step = (width - 46) / max(len(bars), 1)
    gap = min(3.0, step * 0.12)
    parts = [
        rect(
            46 + i * step + gap / 2,
            y(b.value),
            step - gap,
            y(0) - y(b.value),
            b.tone,
            b.told or f"{b.name}: {say(b.value)}",
        )
        for i, b in enumerate(bars)
    ]
    every = max(1, round(len(bars) / 15))
    parts += [label(46 + (i + 0.5) * step, height - 3, b.name) for i, b in enumerate(bars) if names and i % every == 0]
    if limit is not None:
        parts += [line(46, y(limit), width, y(limit), "limit"), label(42, y(limit) + 4, say(limit), anchor="end")]
    parts.append(label(42, foot - 2, unit, anchor="end"))
    return frame(width, height, said, parts)


def rank_chart(bars: Sequence[Bar], said: str, say: Say, *, width: float = 760) -> Markup:
    """Lying bars from the largest: a Pareto, a ranking, a fill rate before (mark) and after (bar)."""
    height = 22 * len(bars) + 8
    low = min([0.0, *(b.value for b in bars)])
    high = max([v for b in bars for v in (b.value, b.mark or 0.0, *(b.whisker or ()))] + [1e-9])
    x = Scale(low, high, 190, width - 86)
    parts: list[Markup] = []
    for row, bar in enumerate(bars):
        y = 4 + 22 * row
        left, right = min(x(0), x(bar.value)), max(x(0), x(bar.value))
        end = max(right, x(bar.whisker[1]) if bar.whisker else right)
        near = bar.mark is not None and end - 3 <= x(bar.mark) <= end + NEAR
        parts += [
            label(182, y + 14, cut(bar.name, 30), anchor="end"),
            rect(left, y + 2, max(right - left, 1), 16, bar.tone, bar.told or f"{bar.name}: {say(bar.value)}"),
            label((x(bar.mark or 0.0) if near else end) + 6, y + 14, say(bar.value), anchor="start"),
        ]
        if bar.whisker is not None:
            a, b = x(bar.whisker[0]), x(bar.whisker[1])
            ends = [(a, y + 10, b, y + 10), (a, y + 6, a, y + 14), (b, y + 6, b, y + 14)]
            parts += [line(*end, name) for name in ("halo", "axis") for end in ends]
        if bar.mark is not None:
            parts += [line(x(bar.mark), y, x(bar.mark), y + 20, name) for name in ("halo", "limit")]
    if low < 0:
        parts.append(line(x(0), 0, x(0), height, "axis"))
    return frame(width, max(height, 30), said, parts)


def line_chart(
    series: Sequence[Series],
    said: str,
    say_x: Say,
    say_y: Say,
    *,
    width: float = 760,
    height: float = 240,
    zero: bool = True,
    ticks: Sequence[tuple[float, str]] = (),
) -> Markup:
    """Lines over a common axis, each with its band."""
    xs = [p[0] for s in series for p in s.points] or [0.0, 1.0]
    ys = [p[1] for s in series for p in s.points] + [v for s in series for b in s.band for v in b[1:]] or [0.0, 1.0]
    low, high = min([*ys, 0.0] if zero else ys), max(ys)
    pad = 0 if zero and low == 0 else (high - low) * 0.06
    x = Scale(min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1, 64, width - 40)
    y = Scale(low - pad, (high if high > low else low + 1) + pad, height - 24, 8)
    parts = rules(y, nice_ticks(y.low, y.high), 64, width - 40, say_y)
    for at, name in ticks or [(t, say_x(t)) for t in nice_ticks(x.low, x.high, 8)]:
        parts.append(label(x(at), height - 6, name))
    for i, s in enumerate(series):
        if s.band:
            upper, lower = [(x(b[0]), y(b[2])) for b in s.band], [(x(b[0]), y(b[1])) for b in reversed(s.band)]
            parts.append(path(upper + lower, "band", close=True))
        parts.append(path([(x(a), y(b)) for a, b in s.points], "track" if i == 0 else "edge"))
        if len(s.points) <= 40:
            parts += [circle(x(a), y(b), 2.6, "dot", f"{s.name} {say_x(a)}: {say_y(b)}") for a, b in s.points]
    return frame(width, height, said, parts)


def span_chart(spans: Sequence[Span], said: str, ticks: Sequence[tuple[float, str]], *, width: float = 760) -> Markup:
    """Pieces from a time to a time, a row each: a Gantt, a promise with its odds, a tour."""
    height = 22 * len(spans) + 26
    values = [v for s in spans for p in s.pieces for v in p[:2]] + [t for t, _ in ticks] or [0.0, 1.0]
    x = Scale(min(values), max(values), 150, width - 20)
    parts: list[Markup] = []
    for at, name in ticks:
        parts += [line(x(at), 0, x(at), height - 20, "rule"), label(x(at), height - 6, name)]
    for row, span in enumerate(spans):
        parts.append(label(142, 22 * row + 15, cut(span.name, 22), anchor="end"))
        parts += [rect(x(a), 22 * row + 4, max(x(b) - x(a), 2.5), 14, tone, told) for a, b, tone, told in span.pieces]
    return frame(width, height, said, parts)


def cut(text: str, most: int) -> str:
    """A text that has so many letters at most."""
    return text if len(text) <= most else text[: most - 1] + "…"
