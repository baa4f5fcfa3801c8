"""How is a number turned into a place on paper?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = [
    "Scale",
    "circle",
    "figure",
    "frame",
    "hatched",
    "label",
    "legend",
    "line",
    "nice_ticks",
    "path",
    "rect",
    "rules",
    "scrolled",
]


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight or logarithmic way from values to pixels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        if self.logarithmic:
            share = (math.log(max(value, 1e-12)) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            share = (value - self.low) / (self.high - self.low or 1.0)
        return self.start + share * (self.end - self.start)


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two values.

    >>> nice_ticks(0, 100)
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    span = (high - low) or 1.0
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def frame(width: float, height: float, said: str, parts: Sequence[Markup]) -> Markup:
    """The picture with what it says for those who do not see it."""
    name = "chart narrow" if width < 500 else "chart"
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        name, _n(width), _n(height), said, Markup("").join(parts)
    )


def scrolled(drawn: Markup, said: str) -> Markup:
    """A wide picture in a box of its own that scrolls, so that its words stay readable on a narrow screen."""
    return Markup('<div class="wide" tabindex="0" role="region" aria-label="{}">{}</div>').format(said, drawn)


def figure(title: str, drawn: Markup, said: Sequence[str] = ()) -> Markup:
    """A picture under its title, in a box that scrolls, with what else is to be said below it."""
    return Markup(
        '<figure class="drawn"><figcaption class="small quiet" dir="auto">{}</figcaption>{}{}</figure>'
    ).format(title, scrolled(drawn, title), legend(said))


def legend(said: Sequence[str]) -> Markup:
    """What is to be said below a picture, a line each; nothing where there is nothing."""
    listed = Markup("").join(Markup("<li>{}</li>").format(text) for text in said)
    return Markup('<ul class="legend" dir="auto">{}</ul>').format(listed) if said else Markup("")


def rules(y: Scale, ticks: Sequence[float], left: float, right: float, say: Callable[[float], str]) -> list[Markup]:
    """A rule across the picture at each of these values, named at its left end."""
    parts: list[Markup] = []
    for tick in ticks:
        parts += [line(left, y(tick), right, y(tick), "rule"), label(left - 6, y(tick) + 4, say(tick), anchor="end")]
    return parts


def line(x1: float, y1: float, x2: float, y2: float, name: str) -> Markup:
    """A straight line."""
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(_n(x1), _n(y1), _n(x2), _n(y2), name)


def rect(x: float, y: float, width: float, height: float, name: str, title: str = "", *, round: float = 2) -> Markup:
    """A bar, with what it says under the pointer."""
    told = Markup("<title>{}</title>").format(title) if title else Markup("")
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="{}" class="{}">{}</rect>').format(
        _n(x), _n(y), _n(max(width, 0)), _n(max(height, 0)), _n(round), name, told
    )


def hatched(x: float, y: float, width: float, height: float, step: float = 5.0) -> Markup:
    """Slanting lines over a bar: what it shows is not whole yet."""
    moves = []
    for k in range(1, int((width + height) / step) + 1):
        far = k * step
        x1, y1 = x + max(far - height, 0), y + min(far, height)
        x2, y2 = x + min(far, width), y + max(far - width, 0)
        moves.append(f"M{_n(x1)},{_n(y1)}L{_n(x2)},{_n(y2)}")
    return Markup('<path d="{}" class="hatch"/>').format("".join(moves))


def circle(x: float, y: float, radius: float, name: str, title: str = "") -> Markup:
    """A dot, with what it says under the pointer."""
    told = Markup("<title>{}</title>").format(title) if title else Markup("")
    return Markup('<circle cx="{}" cy="{}" r="{}" class="{}">{}</circle>').format(_n(x), _n(y), _n(radius), name, told)


def path(points: Sequence[tuple[float, float]], name: str, *, close: bool = False) -> Markup:
    """A line through points."""
    if not points:
        return Markup("")
    moves = "M" + "L".join(f"{_n(x)},{_n(y)}" for x, y in points) + ("Z" if close else "")
    return Markup('<path d="{}" class="{}"/>').format(moves, name)


def label(x: float, y: float, text: object, *, anchor: str = "middle", name: str = "", turn: float = 0) -> Markup:
    """A word on the picture."""
    turned = Markup(' transform="rotate({} {} {})"').format(_n(turn), _n(x), _n(y)) if turn else Markup("")
    styled = Markup(' class="{}"').format(name) if name else Markup("")
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}{}>{}</text>').format(
        _n(x), _n(y), anchor, styled, turned, escape(text)
    )


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
