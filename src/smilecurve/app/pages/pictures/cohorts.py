"""How do shipments and months of building fare: the Nevada table, the layer cake, and failures of a thousand by age?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import (
    Scale,
    figure,
    frame,
    hatched,
    label,
    legend,
    line,
    nice_ticks,
    rect,
    rules,
)
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["build_months_picture", "shipments_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

WIDTH, LEFT, RIGHT = 760.0, 62.0, 752.0
MOST_MONTHS = 24
MOST_LAYERS = 8
TINTS = 4
STILL_YOUNG = 3


def shipments_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """The Nevada table and the layer cake of the family with most failures."""
    family, kept = _worst_family(rows.to_pylist())
    told = [r for r in kept if as_number(r["age_months"]) >= 0]
    return _nevada(family, kept, words) + _layer_cake(family, told, words)


def build_months_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """A row of columns for every age, one a month of building, of the family with most failures."""
    family, kept = _worst_family(rows.to_pylist())
    keys = (
        words.text("solid: every machine was watched to this age"),
        words.text("hatched: some are not so old yet; dashed: none is"),
        words.text("red: more than machines built in other months let expect"),
        words.text("whisker: 90 % interval; line across: what other months let expect"),
    )
    drawn = []
    for age in sorted({int(as_number(r["months"])) for r in kept}):
        found = {_day(r["built"]): r for r in kept if r["months"] == age}
        months = _told_months(found)
        if not months:
            continue
        title = words.text(
            "Failures of a thousand machines by {months} months of service, by month of building: {family}",
            months=words.number(age),
            family=words.code(family),
        )
        drawn.append(figure(title, _columns([(m, found.get(m)) for m in months], title, words)))
    if not drawn:
        said = words.text(
            "{family}: none of its machines has been watched to any of these ages yet", family=words.code(family)
        )
        return Markup('<p class="quiet" dir="auto">{}</p>').format(said)
    return Markup("").join([*drawn, legend(keys)])


def _told_months(found: Mapping[dt.date, Row]) -> list[dt.date]:
    """The newest months of building that are old enough to tell, and a few that are not yet."""
    old = [month for month, r in found.items() if r["per_thousand"] is not None]
    return _newest({*old, *sorted(m for m in found if m > max(old))[:STILL_YOUNG]}) if old else []


def _columns(months: Sequence[tuple[dt.date, Row | None]], said: str, words: Words) -> Markup:
    known = [r for _, r in months if r is not None and r["per_thousand"] is not None]
    top = max(
        [as_number(r["per_thousand"]) for r in known] + [as_number(r["high"]) for r in known if r["mature"]] + [1.0]
    )
    foot, y = 118.0, Scale(0.0, top * 1.05, 118.0, 8.0)
    step = (RIGHT - LEFT) / max(len(months), 1)
    wide = min(step * 0.72, 30.0)
    parts = rules(y, nice_ticks(0.0, top, 3), LEFT, RIGHT, words.number)
    every = max(1, -(-len(months) // 12))
    for k, (month, row) in enumerate(months):
        middle = LEFT + (k + 0.5) * step
        if k % every == 0:
            parts.append(label(middle, foot + 15, _short(month)))
        if row is None:
            continue
        parts += _column(row, month, middle, wide, y, words)
    return frame(WIDTH, foot + 22, said, parts)


def _column(row: Row, month: dt.date, middle: float, wide: float, y: Scale, words: Words) -> list[Markup]:
    """The bar of one month with its whisker, hatched while immature, an empty box while none is so old."""
    if row["per_thousand"] is None:
        told = words.text(
            "{month}: none of {machines} machines is so old",
            month=_short(month),
            machines=words.number(as_number(row["machines"])),
        )
        return [rect(middle - wide / 2, y(y.high * 0.12), wide, y(0) - y(y.high * 0.12), "bar void", told)]
    rate, low, high = (as_number(row[c]) for c in ("per_thousand", "low", "high"))
    told = words.text(
        "{month}: {rate} of a thousand ({low} – {high}); {reached} of {machines} machines are so old",
        month=_short(month),
        rate=words.number(rate, 1),
        low=words.number(low, 1),
        high=words.number(high, 1),
        reached=words.number(as_number(row["reached"])),
        machines=words.number(as_number(row["machines"])),
    )
    left, bar = middle - wide / 2, y(0) - y(rate)
    parts = [rect(left, y(rate), wide, bar, "bar bad" if row["reason"] == "worse" else "bar main", told)]
    if not row["mature"]:
        parts.append(hatched(left, y(rate), wide, bar))
    ends = y(min(low, y.high)), y(min(high, y.high))
    parts.append(line(middle, ends[0], middle, ends[1], "axis"))
    parts += [
        line(middle - 3, v, middle + 3, v, "axis") for v, at in zip(ends, (low, high), strict=True) if at <= y.high
    ]
    if row["usual"] is not None:
        parts.append(line(left - 2, y(as_number(row["usual"])), left + wide + 2, y(as_number(row["usual"])), "limit"))
    return parts


def _nevada(family: str, rows: list[Row], words: Words) -> Markup:
    """Months of shipping down, months of failures across; the deeper the red, the more of a thousand in that month."""
    shipped, months = (_newest({_day(r[c]) for r in rows}) for c in ("shipped", "month"))
    cells = {(_day(r["shipped"]), _day(r["month"])): r for r in rows}
    wide, high, left = (RIGHT - 124.0) / max(len(months), 1), 18.0, 124.0
    shares = {key: as_number(r["failures"]) / max(as_number(r["machines"]), 1.0) for key, r in cells.items()}
    most = max([s for key, s in shares.items() if not _aside(cells[key])] + [1e-9])
    parts = [label(54, 12, words.label("shipped"), anchor="end"), label(116, 12, words.label("machines"), anchor="end")]
    every = max(1, -(-len(months) // 12))
    parts += [label(left + (k + 0.5) * wide, 12, _short(m)) for k, m in enumerate(months) if k % every == 0]
    for row, ship in enumerate(shipped):
        y = 18 + high * row
        machines = next(as_number(r["machines"]) for (s, _), r in cells.items() if s == ship)
        parts += [
            label(54, y + 13, _short(ship), anchor="end"),
            label(116, y + 13, words.number(machines), anchor="end"),
        ]
        for k, month in enumerate(months):
            cell = cells.get((ship, month))
            if cell is not None:
                box = (left + k * wide + 0.5, y + 0.5, wide - 1, high - 1)
                parts += _cell(cell, box, min(shares[ship, month] / most, 1.0), words)
    title = words.text(
        "Failures by month of shipping and month of failure (Nevada table): {family}", family=words.code(family)
    )
    said = (
        words.text("The deeper the red, the more of a thousand machines failed in that month"),
        words.text("hatched: reports of this month are still to come"),
        words.text("framed: stands out against other shipments of that age"),
        words.text("dashed frame: set aside"),
    )
    return figure(title, frame(WIDTH, 22 + high * len(shipped), title, parts), said)


def _cell(cell: Row, box: tuple[float, float, float, float], depth: float, words: Words) -> list[Markup]:
    x, y, wide, high = box
    failures = as_number(cell["failures"])
    told = words.text(
        "{shipped}, {month}: {failures} failures in {machines} machines",
        shipped=_short(_day(cell["shipped"])),
        month=_short(_day(cell["month"])),
        failures=words.number(failures),
        machines=words.number(as_number(cell["machines"])),
    )
    tint = "floor" if failures == 0 or _aside(cell) else f"h{min(int(depth * TINTS) + 1, TINTS)}"
    parts = [rect(x, y, wide, high, tint, told)]
    if cell["young"]:
        parts.append(hatched(x, y, wide, high))
    if failures:
        parts.append(label(x + wide / 2, y + high - 4.5, words.number(failures), name="told"))
    if _aside(cell) or cell["reason"] == "stands_out":
        parts.append(rect(x + 1, y + 1, wide - 2, high - 2, "aside" if _aside(cell) else "stands"))
    return parts


def _layer_cake(family: str, rows: list[Row], words: Words) -> Markup:
    """Failures of every month, stacked by when their machines were shipped, the oldest at the bottom."""
    ages = sorted({_half(_day(r["shipped"])) for r in rows})
    layers = ages[-MOST_LAYERS:]
    months = sorted({_day(r["month"]) for r in rows})[-3 * MOST_MONTHS // 2 :]
    total: dict[tuple[str, dt.date], float] = {}
    for r in rows:
        if not _aside(r):
            key = max(_half(_day(r["shipped"])), layers[0]), _day(r["month"])
            total[key] = total.get(key, 0.0) + as_number(r["failures"])
    top = max([sum(total.get((s, m), 0.0) for s in layers) for m in months] + [1.0])
    foot, y = 178.0, Scale(0.0, top * 1.05, 178.0, 8.0)
    step = (RIGHT - LEFT) / max(len(months), 1)
    parts = rules(y, nice_ticks(0.0, top, 4), LEFT, RIGHT, words.number)
    every, newest = max(1, -(-len(months) // 12)), {_day(r["month"]) for r in rows if r["young"]}
    for k, month in enumerate(months):
        x, base = LEFT + k * step + 1, 0.0
        if k % every == 0:
            parts.append(label(x + step / 2, foot + 15, _short(month)))
        for place, layer in enumerate(layers):
            many = total.get((layer, month), 0.0)
            if many:
                told = f"{_short(month)}: {words.number(many)} · {layer}"
                parts.append(rect(x, y(base + many), step - 2, y(base) - y(base + many), f"b{place}", told, round=0))
                base += many
        if month in newest:
            parts.append(hatched(x, y(base), step - 2, y(0) - y(base)))
    title = words.text(
        "Failures by month, layered by the half-year their machines were shipped in: {family}",
        family=words.code(family),
    )
    names = Markup("").join(
        Markup('<li><span class="swatch tone m{}"></span><bdi>{}</bdi></li>').format(
            place, f"≤ {layer}" if place == 0 and len(ages) > len(layers) else layer
        )
        for place, layer in enumerate(layers)
    )
    drawn = figure(title, frame(WIDTH, foot + 22, title, parts))
    return Markup('{}<ul class="legend">{}<li>{}</li></ul>').format(
        drawn, names, words.text("hatched: reports of this month are still to come")
    )


def _worst_family(rows: list[Row]) -> tuple[str, list[Row]]:
    """The family with most failures and its rows."""
    total: dict[str, float] = {}
    for r in rows:
        total[str(r["family"])] = total.get(str(r["family"]), 0.0) + as_number(r["failures"])
    family = max(sorted(total), key=lambda f: total[f])
    return family, [r for r in rows if r["family"] == family]


def _aside(cell: Mapping[str, object]) -> bool:
    return cell["reason"] in ("more_than_shipped", "before_shipping")


def _newest(months: set[dt.date]) -> list[dt.date]:
    return sorted(months)[-MOST_MONTHS:]


def _half(day: dt.date) -> str:
    return f"{day.year} {'H1' if day.month <= 6 else 'H2'}"


def _short(month: dt.date) -> str:
    return month.strftime("%y-%m")


def _day(value: object) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.min
