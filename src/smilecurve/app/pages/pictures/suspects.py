"""Which lots stand out, where are the machines of the held ones now, and how far has the campaign come?"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import Scale, figure, frame, label, rect
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["suspects_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_BARS = 15
WHERE = ("line", "stock", "ship", "dealer", "customer", "lease", "returned")
DONE = (("repaired", "bar"), ("open", "bar over"), ("unreachable", "bar bad"))


def suspects_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """Failures of every suspect against expectation; of held lots the map and the campaign."""
    found = sorted(rows.to_pylist(), key=lambda r: as_number(r["rank"]))
    drawn = _ranking(found[:MOST_BARS], words)
    held = {(r["part"], r["lot"]) for r in found if r["hold"]}
    there = [r for r in look("contained_machines") if (r["part"], r["lot"]) in held]
    if not there:
        return drawn
    return drawn + _map(there, look("markets"), words) + _campaign(there, words)


def _ranking(rows: list[Row], words: Words) -> Markup:
    bars = [
        Bar(
            f"{r['rank']}. {r['part']} {r['lot']}",
            as_number(r["failures"]),
            "bar bad" if r["hold"] else "bar main",
            as_number(r["expected"]),
            words.text(
                "{lot}: {failures} failures in {machines} machines, {expected} expected",
                lot=r["lot"],
                failures=words.number(as_number(r["failures"])),
                machines=words.number(as_number(r["machines"])),
                expected=words.number(as_number(r["expected"]), 1),
            ),
        )
        for r in rows
    ]
    title = words.text("Failures by suspicious lot, those on hold in red; the line is what was expected")
    return figure(title, rank_chart(bars, title, words.number))


def _map(there: list[Row], markets: list[Row], words: Words) -> Markup:
    places = {str(m["market"]): m for m in markets}
    sums: dict[str, list[float]] = {}
    for r in there:
        if str(r["market"]) in places:
            total = sums.setdefault(str(r["market"]), [0.0, 0.0])
            total[0] += as_number(r["machines"])
            total[1] += as_number(r["open"]) + as_number(r["unreachable"])
    most = max((m for m, _ in sums.values()), default=1.0)
    marks = [
        Mark(
            as_number(places[market]["latitude"]),
            as_number(places[market]["longitude"]),
            machines / most,
            "here",
            words.text(
                "{market}: {machines} machines, {open} open",
                market=words.market(market),
                machines=words.number(machines),
                open=words.number(left),
            ),
        )
        for market, (machines, left) in sorted(sums.items())
    ]
    title = words.text("Where the machines of held lots are now")
    box = Markup('<div class="mapbox" data-map>{}<p class="bubble" hidden></p></div>')
    return figure(title, box.format(world_map(marks, title)))


def _campaign(there: list[Row], words: Words) -> Markup:
    """One bar a status: machines put right, open, and unreachable."""
    states = [s for s in WHERE if any(r["status"] == s for r in there)]
    sums = {
        s: {c: sum(as_number(r[c]) for r in there if r["status"] == s) for c in ("machines", *dict(DONE))}
        for s in states
    }
    x = Scale(0.0, max((t["machines"] for t in sums.values()), default=1.0), 190, 674)
    parts: list[Markup] = []
    for row, (state, total) in enumerate(sums.items()):
        y, at = 4 + 22 * row, 0.0
        parts.append(label(182, y + 14, words.code(state), anchor="end"))
        told = words.text(
            "{status}: {repaired} put right, {open} open, {unreachable} unreachable",
            status=words.code(state),
            **{c: words.number(total[c]) for c in dict(DONE)},
        )
        for column, tone in DONE:
            parts.append(rect(x(at), y + 2, x(at + total[column]) - x(at), 16, tone, told))
            at += total[column]
        parts.append(label(x(at) + 6, y + 14, words.number(total["machines"]), anchor="start"))
    title = words.text("How far the campaign has come, by where the machines are")
    whole = {c: sum(t[c] for t in sums.values()) for c in dict(DONE)}
    said = [
        f"{words.text('put right')}: {words.number(whole['repaired'])}",
        f"{words.text('not yet')}: {words.number(whole['open'])}",
        f"{words.text('unreachable')}: {words.number(whole['unreachable'])}",
    ]
    return figure(title, frame(760, 22 * len(sums) + 8, title, parts), said)
