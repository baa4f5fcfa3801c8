"""How does one spare part stand at every echelon: on hand, wanted, missing, and how many days from the one above?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, cut, rank_chart
from smilecurve.app.pages.pictures.drawing import figure, frame, label, line, rect
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["ladder_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
ROW, STEP, LEFT, BARS, WIDTH = 34.0, 34.0, 16.0, 300.0, 800.0
MOST_BARS = 15


def ladder_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The ladder of the part that waits most (or of the one the filter leaves), and the parts that wait most."""
    found = rows.to_pylist()
    waits: dict[str, float] = defaultdict(float)
    for r in found:
        waits[str(r["part"])] += as_number(r["backorders"])
    ranked = sorted(waits, key=lambda p: (-waits[p], p))
    own = {str(r["depot"]): r for r in found if r["part"] == ranked[0]}
    ladder = _ladder(ranked[0], own, look("depots"), words)
    if len(ranked) == 1:
        return ladder
    title = words.text(
        "Pieces of a part that are waited for on average, over all depots; filter by part to see its ladder"
    )
    bars = [Bar(part, waits[part], "bar main") for part in ranked[:MOST_BARS]]
    return ladder + figure(title, rank_chart(bars, title, lambda v: words.number(v, 2)))


def _ladder(part: str, own: dict[str, Row], depots: list[Row], words: Words) -> Markup:
    """A row each depot under the one that resupplies it, the centre on top."""
    below: dict[str, list[Row]] = defaultdict(list)
    known = {str(d["depot"]) for d in depots}
    for d in depots:
        below[str(d["parent"]) if d["parent"] and str(d["parent"]) in known else ""].append(d)
    order: list[tuple[Row, int]] = []

    def walk(above: str, level: int) -> bool:
        """Lay down the depots below this one that hold the part or stand above one that does."""
        any_held = False
        for d in sorted(below[above], key=lambda d: str(d["depot"])):
            place = len(order)
            order.append((d, level))
            held = walk(str(d["depot"]), level + 1) or str(d["depot"]) in own
            if not held:
                del order[place:]
            any_held = any_held or held
        return any_held

    walk("", 0)
    title = words.text("{part}: on hand (bar) against the target (mark) at every echelon", part=part)
    if not order:
        return Markup('<p class="empty">{}</p>').format(words.text("No depot of the ladder holds {part}.", part=part))
    most = max([as_number(r[c]) for r in own.values() for c in ("on_hand", "target")] + [1.0])
    parts: list[Markup] = []
    places: dict[str, float] = {}
    for n, (depot, level) in enumerate(order):
        parts += _rung(depot, level, n, own.get(str(depot["depot"])), places, most, words)
        places[str(depot["depot"])] = n * ROW
    said = [
        words.text(
            "Red: less on hand than wanted. Waiting is what is asked for and not there, on average, with the target."
        )
    ]
    return figure(title, frame(WIDTH, ROW * len(order) + 8, title, parts), said)


def _rung(
    depot: Row, level: int, n: int, row: Row | None, places: dict[str, float], most: float, words: Words
) -> list[Markup]:
    """One depot: the way from the one above with its days, its name, stock against target, what is waited for."""
    y, x = n * ROW + 4, LEFT + level * STEP
    parts: list[Markup] = []
    above = places.get(str(depot["parent"] or ""))
    if above is not None:
        stem = x - STEP + 6
        parts += [line(stem, above + 24, stem, y + 13, "link"), line(stem, y + 13, x, y + 13, "link")]
    days = words.text("{n} d", n=words.number(as_number(depot["resupply_days"])))
    name = cut(f"{depot['name']} ({depot['depot']})", max(12, 30 - 5 * level))
    parts += [label(x + 4, y + 17, name, anchor="start", name="told"), label(BARS - 12, y + 17, days, anchor="end")]
    if row is None:
        return parts
    hand, target = as_number(row["on_hand"]), as_number(row["target"])
    unit = (WIDTH - BARS - 240) / most
    told = words.text(
        "{depot}: {hand} on hand, {target} wanted",
        depot=depot["name"],
        hand=words.number(hand),
        target=words.number(target),
    )
    tone = "bar bad" if hand < target else "bar main"
    parts += [
        rect(BARS, y + 5, WIDTH - BARS - 240, 16, "bar shut"),
        rect(BARS, y + 5, max(hand * unit, 0.5), 16, tone, told),
        line(BARS + target * unit, y + 1, BARS + target * unit, y + 25, "stands"),
        label(WIDTH - 230, y + 17, f"{words.number(hand)} / {words.number(target)}", anchor="start", name="told"),
        label(
            WIDTH - 4,
            y + 17,
            words.text("{n} waiting, {fill} at once", n=words.number(as_number(row["backorders"]), 2),
                       fill=words.percent(as_number(row["fill"]), 0)),
            anchor="end",
        ),
    ]  # fmt: skip
    return parts
