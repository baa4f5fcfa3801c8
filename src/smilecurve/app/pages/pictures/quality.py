"""How do control charts, capability and sampling plans look?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import (
    Scale,
    circle,
    figure,
    frame,
    label,
    line,
    nice_ticks,
    path,
    rect,
    rules,
)
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

if TYPE_CHECKING:
    from smilecurve.solve.sampling import Plan

__all__ = ["control_picture", "verdicts_picture"]

Row = Mapping[str, object]
Look = Callable[..., list[dict[str, object]]]

MOST_POINTS = 80
LEFT, RIGHT, WIDE = 64.0, 724.0, 760.0
BINS = 24


def control_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The chart that signals most: its points with the rules they break, its spread, and its capability."""
    worst = rows.group_by("characteristic").aggregate([("signal", "sum"), ("subgroup", "max")])
    worst = worst.sort_by([("signal_sum", "descending"), ("characteristic", "ascending")])
    name = worst.column("characteristic")[0].as_py()
    kept = rows.filter(pc.equal(rows.column("characteristic"), name)).sort_by("subgroup").to_pylist()[-MOST_POINTS:]
    shown = [_chart(kept, str(name), words)]
    if any(row["spread_upper"] is not None for row in kept):
        shown.append(_spread(kept, str(name), words))
    about = look("characteristics", where={"characteristic": name})
    if about and kept[-1]["capability_note"] not in (None, "counted"):
        shown.append(_capability(kept, about[0], look("measurements", where={"characteristic": name}), words))
    return Markup("").join(shown)


def _chart(kept: Sequence[Row], name: str, words: Words) -> Markup:
    """Limits step with phase and sample; a signal bears the number of its rule."""
    x = _along(kept)
    values = [as_number(row[c]) for row in kept for c in ("mean", "lower", "upper")]
    y = _up(values, 214.0, 20.0)
    parts = _paper(y, 214.0, words)
    parts += _base(kept, x, words)
    for bound, look in (("upper", "limit"), ("lower", "limit"), ("centre", "axis")):
        parts += [path(_steps(phase, bound, x, y), look) for phase in _phases(kept)]
    for phase in _phases(kept):
        parts.append(path([(x(at), y(as_number(row["mean"]))) for at, row in phase], "track"))
    for at, row in enumerate(kept):
        here = (x(at), y(as_number(row["mean"])))
        rule = words.code(str(row["reason"]))
        told = words.text(
            "subgroup {subgroup}: {value}, {rule}",
            subgroup=row["subgroup"],
            value=words.number(as_number(row["mean"]), 4),
            rule=rule,
        )
        parts.append(circle(*here, 4.6 if row["signal"] else 2.4, "bar bad" if row["signal"] else "dot", told))
        if row["signal"]:
            above = as_number(row["mean"]) >= as_number(row["centre"])
            parts.append(label(here[0], here[1] - 8 if above else here[1] + 16, row["rule"], name="marked"))
    every = max(1, round(len(kept) / 12))
    parts += [label(x(at), 230, row["subgroup"]) for at, row in enumerate(kept) if at % every == 0]
    for phase in _phases(kept)[1:]:
        edge, named = x(phase[0][0] - 0.5), words.text("phase {phase}", phase=phase[0][1]["phase"])
        parts += [line(edge, 8, edge, 214, "mark"), label(edge + 4, 16, named, anchor="start", name="marked")]
    title = words.text("Control chart of {name} ({chart})", name=name, chart=words.code(str(kept[0]["chart"] or "")))
    return figure(title, frame(WIDE, 236, title, parts), _legend(kept, words))


def _spread(kept: Sequence[Row], name: str, words: Words) -> Markup:
    x = _along(kept)
    y = _up([0.0, *(as_number(row[c]) for row in kept for c in ("spread", "spread_upper"))], 92.0, 8.0)
    parts = _paper(y, 92.0, words)
    parts += [path(_steps(phase, "spread_upper", x, y), "limit") for phase in _phases(kept)]
    for phase in _phases(kept):
        parts.append(path([(x(at), y(as_number(row["spread"]))) for at, row in phase], "track"))
    for at, row in enumerate(kept):
        out = as_number(row["spread"]) > as_number(row["spread_upper"])
        said = f"{row['subgroup']}: {words.number(as_number(row['spread']), 4)}"
        parts.append(circle(x(at), y(as_number(row["spread"])), 4.6 if out else 2.0, "bar bad" if out else "dot", said))
    title = words.text("Spread of {name}", name=name)
    return figure(title, frame(WIDE, 98, title, parts))


def _capability(kept: Sequence[Row], about: Row, measured: Sequence[Row], words: Words) -> Markup:
    """A histogram of the present phase against the specification, with Cpk and its interval or why there is none."""
    first = min(int(as_number(row["subgroup"])) for row in kept if row["phase"] == kept[-1]["phase"])
    values = [as_number(row["value"]) for row in measured if as_number(row["subgroup"]) >= first]
    marks = {c: about[c] for c in ("lower_spec", "target", "upper_spec") if about.get(c) is not None}
    ends = [*values, *(as_number(v) for v in marks.values())]
    low, high = min(ends), max(ends)
    room = (high - low or 1.0) * 0.06
    x = Scale(low - room, high + room, 16, 464)
    width = (x.high - x.low) / BINS
    count = Counter(min(int((value - x.low) / width), BINS - 1) for value in values)
    y = Scale(0, max(count.values(), default=1) * 1.08, 168, 26)
    parts = [line(16, 168, 464, 168, "axis")]
    for at, many in sorted(count.items()):
        begin = x.low + at * width
        told = f"{words.number(begin, 4)} – {words.number(begin + width, 4)}: {words.number(many)}"
        below, above = as_number(marks.get("lower_spec", -math.inf)), as_number(marks.get("upper_spec", math.inf))
        tone = "bar bad" if begin + width <= below or begin >= above else "bar"
        parts.append(rect(x(begin) + 0.5, y(many), x(begin + width) - x(begin) - 1, 168 - y(many), tone, told))
    for column, value in marks.items():
        place = x(as_number(value))
        parts += [line(place, 22, place, 168, "limit" if column != "target" else "mark")]
        anchor = "start" if place < 120 else "end" if place > 360 else "middle"
        parts.append(label(place, 16, f"{words.label(column)} {words.number(as_number(value), 4)}", anchor=anchor))
    parts += [label(x(tick), 184, words.number(tick, 4)) for tick in nice_ticks(x.low, x.high, 6)]
    title = words.text("Values of {name} against its specification", name=about["name"])
    said = [_index(kept[-1], name, words) for name in _stated(kept[-1])] or [_why_not(kept[-1], words)]
    return figure(title, frame(480, 190, title, parts), said)


def _stated(row: Row) -> list[str]:
    return [name for name in ("capability", "cp", "ppk", "pp", "cpm") if row[name] is not None]


def _index(row: Row, name: str, words: Words) -> str:
    low, high = (words.number(as_number(row[f"{name}_{end}"]), 2) for end in ("low", "high"))
    said = "Cpk" if name == "capability" else name.capitalize()
    return f"{said} {words.number(as_number(row[name]), 2)} ({low} – {high})"


def _why_not(row: Row, words: Words) -> str:
    return words.text("No capability: {note}", note=words.code(str(row["capability_note"])))


def verdicts_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The operating characteristic of the plan that met the newest rejected lot (or any), and its supplier's lots."""
    rejected = rows.filter(pc.equal(rows.column("verdict"), "rejected"))
    row = (rejected if rejected.num_rows else rows).sort_by([("inspected", "descending")]).to_pylist()[0]
    plan, level = _plan_of(row, look)
    most = min(1.0, max(2.2 * (row["limiting"] or 0.5), 2 * (level or 0.0)))
    curve = _curve(plan, most)
    x, y = Scale(0.0, most, 46, 466), Scale(0.0, 1.0, 168, 10)
    parts: list[Markup] = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [line(46, y(tick), 466, y(tick), "rule"), label(40, y(tick) + 4, words.percent(tick), anchor="end")]
    parts += [label(x(tick), 186, words.percent(tick, 1)) for tick in nice_ticks(0.0, most, 6)]
    parts.append(path([(x(share), y(chance)) for share, chance in curve], "fit"))
    for share, chance in curve[::3]:
        told = words.text(
            "{share} defective: {chance} accepted", share=words.percent(share, 2), chance=words.percent(chance, 1)
        )
        parts.append(circle(x(share), y(chance), 2.6, "dot", told))
    if level is not None and level <= most:
        parts.append(line(x(level), 10, x(level), 168, "mark"))
        said = words.text("quality level {share}", share=words.percent(level, 2))
        parts.append(label(x(level) + 5, 164, said, anchor="start", name="marked"))
    title = words.text(
        "Operating characteristic of {part} from {supplier}, {standing}: {size} pieces, accept {accept}",
        part=row["part"],
        supplier=row["supplier"],
        standing=words.code(str(row["standing"])),
        size=plan.sizes[0],
        accept=max(plan.accept[0], 0),
    )
    history = rows.filter(
        pc.and_(pc.equal(rows.column("part"), row["part"]), pc.equal(rows.column("supplier"), row["supplier"]))
    )
    return figure(title, frame(480, 192, title, parts)) + _history(history.sort_by("inspected").to_pylist(), words)


def _plan_of(row: Row, look: Look) -> tuple[Plan, float | None]:
    """The plan a lot met, and the quality level as a share."""
    from smilecurve.solve.sampling import Plan
    from smilecurve.solve.sampling_tables import table_plan

    kept = look("inspection_plans", where={"part": row["part"]})
    own = next((k for k in kept if k["supplier"] == row["supplier"]), kept[0] if kept else None)
    if own is None or row["letter"] is None or own["aql"] is None:
        accept, reject = (int(as_number(row[name])) for name in ("accept", "reject"))
        return Plan.single(int(as_number(row["asked"])), accept, max(reject, accept + 1)), None
    severity = "tightened" if row["standing"] == "discontinued" else row["standing"]
    aql = as_number(own["aql"])
    plan = table_plan(severity, str(row["letter"]), aql, own["kind"] or "single")  # type: ignore[arg-type]
    return plan, aql / 100.0


def _curve(plan: Plan, most: float) -> list[tuple[float, float]]:
    """Shares of defectives and the chance that each is accepted."""
    import numpy as np

    from smilecurve.solve.sampling import protect

    shares = np.linspace(0.0, most, 61)
    return list(zip(shares.tolist(), protect(plan, shares).accept.tolist(), strict=True))


def _history(lots: Sequence[Row], words: Words) -> Markup:
    """One box a lot, newest last: its verdict, and below it how strictly it was looked at."""
    lots = lots[-24:]
    tones = {"accepted": "bar", "rejected": "bar bad", "waits": "bar over"}
    step = 448 / max(len(lots), 1)
    parts: list[Markup] = []
    for at, row in enumerate(lots):
        told = f"{row['lot']}: {words.code(str(row['verdict']))}, {words.code(str(row['standing']))}"
        parts.append(rect(16 + at * step, 8, min(step - 2, 30), 22, tones[str(row["verdict"])], told))
    for standing, group in groupby(enumerate(lots), key=lambda pair: pair[1]["standing"]):
        places = [at for at, _ in group]
        begin, end = 16 + places[0] * step, 16 + places[-1] * step + min(step - 2, 30)
        parts.append(line(begin, 36, end, 36, "mark" if standing != "normal" else "axis"))
        if end - begin > 40:
            parts.append(label((begin + end) / 2, 50, words.code(str(standing))))
    title = words.text("Verdicts on the last lots")
    return figure(title, frame(480, 56, title, parts))


def _along(kept: Sequence[Row]) -> Scale:
    return Scale(-0.5, max(len(kept) - 0.5, 0.5), LEFT, RIGHT)


def _up(values: Sequence[float], foot: float, top: float) -> Scale:
    low, high = min(values), max(values)
    room = (high - low or abs(high) or 1.0) * 0.05
    return Scale(low - (0 if low == 0 else room), high + room, foot, top)


def _paper(y: Scale, foot: float, words: Words) -> list[Markup]:
    ticks = nice_ticks(y.low, y.high, 5 if foot > 100 else 3)
    digits = max(0, min(4, 1 - math.floor(math.log10(abs(ticks[1] - ticks[0]))))) if len(ticks) > 1 else 2
    return rules(y, ticks, LEFT, RIGHT, lambda tick: words.number(tick, digits))


def _base(kept: Sequence[Row], x: Scale, words: Words) -> list[Markup]:
    """A band behind the subgroups that set the limits."""
    parts: list[Markup] = []
    for monitored, group in groupby(enumerate(kept), key=lambda pair: (pair[1]["phase"], pair[1]["monitored"])):
        places = [at for at, _ in group]
        if monitored[1] is False:
            begin, end = x(places[0] - 0.5), x(places[-1] + 0.5)
            parts.append(rect(begin, 20, end - begin, 194, "band", words.text("limits set")))
    return parts


def _phases(kept: Sequence[Row]) -> list[list[tuple[int, Row]]]:
    """The subgroups with their places, phase by phase."""
    return [list(group) for _, group in groupby(enumerate(kept), key=lambda pair: pair[1]["phase"])]


def _steps(phase: Sequence[tuple[int, Row]], column: str, x: Scale, y: Scale) -> list[tuple[float, float]]:
    """A line that steps half way between subgroups."""
    return [(x(at + side), y(as_number(row[column]))) for at, row in phase for side in (-0.5, 0.5)]


def _legend(kept: Sequence[Row], words: Words) -> list[str]:
    """How often each rule fired, with the number that marks it."""
    fired = Counter(
        (int(as_number(row["rule"])), str(row["reason"]).removesuffix("_no_lot")) for row in kept if row["signal"]
    )
    return [f"{rule} {words.code(reason)}: {words.number(many)}" for (rule, reason), many in sorted(fired.items())]
