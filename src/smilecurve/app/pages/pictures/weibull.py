"""How does a part's life look on Weibull paper?

Points are Kaplan-Meier estimates at the months in which components failed, with their pointwise 90 % limits (Greenwood,
log-log; Kalbfleisch and Prentice 2002); the line is the decided Weibull life; B10 stands where it crosses 10 %. Thick
bars are the decided 90 % intervals: of B10 along 10 %, of the share failed up and down at 36 months. Where two modes
compete, each has a line of its own: the share that would have failed by it alone, between its 90 % limits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import Scale, circle, frame, label, legend, line, path
from smilecurve.app.pages.words import Words

__all__ = ["Point", "kaplan_meier", "mode_limits", "weibull_plot"]

Row = Mapping[str, object]
MODES = ("early", "late")
LEVELS = (0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 0.632, 0.9, 0.99)
Z90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Point:
    """The share failed by an age, with its limits."""

    age: float
    failed: float
    low: float
    high: float


def kaplan_meier(groups: Sequence[Row]) -> list[Point]:
    """The share failed by the end of each month in which something failed.

    groups: rows of `service_lives` of one stratum; those dead on arrival count nowhere, those last seen in a month for
    the part of it that they lived. Entered 10, failed 1, then entered 9, failed 3:

    >>> rows = [dict(age_month=0, entered=10, failed=1, censored=0), dict(age_month=1, entered=9, failed=3, censored=0)]
    >>> [round(p.failed, 3) for p in kaplan_meier(rows)]
    [0.1, 0.4]
    """
    points: list[Point] = []
    alive, variance = 1.0, 0.0
    for row in sorted(groups, key=lambda r: _of(r, "age_month")):
        entered, failed = _of(row, "entered") - _of(row, "zero_hour"), _of(row, "failed")
        part = row.get("censored_part")
        exposed = entered - _of(row, "censored") * (1 - (part if isinstance(part, float) else 0.5))
        if failed <= 0 or exposed <= failed:
            continue
        alive *= 1 - failed / exposed
        variance += failed / (exposed * (exposed - failed))
        spread = Z90 * math.sqrt(variance) / abs(math.log(alive))
        points.append(
            Point(
                _of(row, "age_month") + 1,
                1 - alive,
                1 - alive ** math.exp(-spread),
                1 - alive ** math.exp(spread),
            )
        )
    return points


def weibull_plot(life: Row, groups: Sequence[Row], words: Words) -> Markup:
    """The Weibull plot of one row of `part_life` with the months it was fitted to."""
    points = kaplan_meier(groups)
    shape, scale = max(_of(life, "shape"), 1e-6), max(_of(life, "scale_months"), 1e-6)
    b10 = _of(life, "b10_months")
    ages = [p.age for p in points]
    x = Scale(max(0.5, min([*ages, b10, 12.0]) * 0.6), max([*ages, b10, 12.0]) * 1.8, 46, 366, logarithmic=True)
    lowest = min([p.failed for p in points] + [0.01])
    floor = max((v for v in LEVELS if v <= max(lowest, LEVELS[0])), default=LEVELS[0])
    y = Scale(_weibull_y(floor), _weibull_y(0.99), 218, 8)
    parts = [*_paper(x, y, floor, words)]
    parts.append(_life_line(x, y, shape, scale, "fit"))
    modes = [m for m in MODES if _of(life, f"{m}_shape") > 0 and _of(life, f"{m}_scale") > 0]
    for mode in modes:
        parts += _mode_lines(life, mode, x, y)
    parts += _bounds(life, x, y)
    for side in ("low", "high"):
        edge = [(x(p.age), y(_weibull_y(getattr(p, side)))) for p in points if getattr(p, side) >= floor]
        parts.append(path(edge, "edge"))
    if x.low < b10 < x.high:
        parts.append(line(x(b10), 8, x(b10), 218, "mark"))
        said = words.text("B10 {months} months", months=words.number(b10, 1))
        parts.append(label(x(b10) + 12, 214, said, anchor="start", name="marked", turn=-90))
    parts += [circle(x(p.age), y(_weibull_y(p.failed)), 2.6, "dot", _told(p, words)) for p in points]
    title = words.text("Weibull plot of {part}", part=life.get("part"))
    return frame(384, 240, title, parts) + legend([_mode_told(life, mode, words) for mode in modes])


def _life_line(x: Scale, y: Scale, shape: float, scale: float, name: str) -> Markup:
    """A Weibull life: straight on this paper."""
    ages = [x.low * (x.high / x.low) ** (i / 40) for i in range(41)]
    points = [(x(t), y(_weibull_y(1 - math.exp(-((t / scale) ** shape))))) for t in ages]
    return path([p for p in points if 8 <= p[1] <= 218], name)


def _mode_lines(life: Row, mode: str, x: Scale, y: Scale) -> list[Markup]:
    """The life by one mode alone, between its limits."""
    ages = [x.low * (x.high / x.low) ** (i / 40) for i in range(41)]
    limits = [mode_limits(life, mode, t) for t in ages]
    parts = [_life_line(x, y, _of(life, f"{mode}_shape"), _of(life, f"{mode}_scale"), f"mode {mode}")]
    for side in range(2):
        edge = [(x(t), y(_weibull_y(ends[side]))) for t, ends in zip(ages, limits, strict=True) if ends]
        parts.append(path([p for p in edge if 8 <= p[1] <= 218], f"mode {mode} ends"))
    return parts


def mode_limits(life: Row, mode: str, age: float) -> tuple[float, float] | None:
    """Pointwise 90 % limits of the share failed by `age` if this mode were alone; None where no interval is told.

    Normal on the log(-log) scale (delta method), from the intervals of shape and scale and how they hang together. At
    the age of the scale only the scale's own doubt counts: between (10 / 12.1)^2 and (10 / 8.264)^2 here.

    >>> told = dict(shape=2.0, shape_low=1.5, shape_high=2.667, scale=10.0, scale_low=8.264, scale_high=12.1, tie=0.5)
    >>> low, high = mode_limits({f"late_{k}": v for k, v in told.items()}, "late", 10.0)
    >>> round(-math.log(1 - low), 3), round(-math.log(1 - high), 3)
    (0.683, 1.464)
    """
    names = ("shape", "shape_low", "shape_high", "scale", "scale_low", "scale_high")
    shape, shape_low, shape_high, scale, scale_low, scale_high = (_of(life, f"{mode}_{n}") for n in names)
    if min(shape_low, scale_low) <= 0:
        return None
    far = math.log(age / scale)
    steep, wide = far * 0.5 * math.log(shape_high / shape_low), 0.5 * math.log(scale_high / scale_low)
    reach = shape * math.sqrt(max(steep**2 + wide**2 - 2 * _of(life, f"{mode}_tie") * steep * wide, 0.0))
    low, high = (-math.expm1(-math.exp(shape * far + way * reach)) for way in (-1, 1))
    return low, high


def _mode_told(life: Row, mode: str, words: Words) -> str:
    names = ("shape", "shape_low", "shape_high", "scale", "scale_low", "scale_high")
    told = {n: words.number(_of(life, f"{mode}_{n}"), 1 if n.startswith("scale") else 2) for n in names}
    if mode == "early":
        return words.text(
            "early mode (amber): shape {shape} ({shape_low} – {shape_high}), "
            "scale {scale} months ({scale_low} – {scale_high})",
            **told,
        )
    return words.text(
        "late mode (violet): shape {shape} ({shape_low} – {shape_high}), "
        "scale {scale} months ({scale_low} – {scale_high})",
        **told,
    )


def _bounds(life: Row, x: Scale, y: Scale) -> list[Markup]:
    """The decided intervals of B10 and of the share failed at 36 months, as far as they lie on the paper."""
    parts: list[Markup] = []
    low, high = (min(max(_of(life, c), x.low), x.high) for c in ("b10_low", "b10_high"))
    if high > low:
        parts.append(line(x(low), y(_weibull_y(0.1)), x(high), y(_weibull_y(0.1)), "bound"))
    few, many = (min(max(y(_weibull_y(_of(life, c))), 8), 218) for c in ("failed_36_low", "failed_36_high"))
    if life.get("failed_36_low") is not None and x.low < 36 < x.high and few > many:
        parts.append(line(x(36), few, x(36), many, "bound"))
    return parts


def _paper(x: Scale, y: Scale, floor: float, words: Words) -> list[Markup]:
    parts: list[Markup] = []
    last = -99.0
    for level in (v for v in reversed(LEVELS) if v >= floor):
        at = y(_weibull_y(level))
        parts.append(line(46, at, 366, at, "axis" if level == 0.632 else "rule"))
        if at - last >= 11 and level != 0.9:
            parts.append(label(41, at + 4, words.percent(level, 2), anchor="end"))
            last = at
    for age in (1, 2, 3, 6, 12, 24, 48, 96, 192, 384):
        if x.low <= age <= x.high:
            parts += [line(x(age), 8, x(age), 218, "rule"), label(x(age), 234, words.number(age))]
    return parts


def _told(point: Point, words: Words) -> str:
    return f"{words.number(point.age)}: {words.percent(point.failed, 2)}"


def _weibull_y(failed: float) -> float:
    return math.log(-math.log(1 - min(max(failed, 1e-9), 1 - 1e-9)))


def _of(row: Row, name: str) -> float:
    value = row.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0
