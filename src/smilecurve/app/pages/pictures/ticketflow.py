"""What do owners see, what do we do about it, and what comes of it?"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import figure, frame, label, rect
from smilecurve.app.pages.words import Words

__all__ = ["flow_chart", "tickets_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
Flow = tuple[str, str, str]
MOST_NAMES = 9
LAST_CLOSED = 4000
BACK = dt.timedelta(days=30)
WIDTH, BAR = 760.0, 12.0
TONES = 8
HEAD = 26.0


def tickets_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """Open tickets from symptom by next step to likely cause; solved ones by remedy to whether it lasted."""
    steps = Counter(
        (words.code(str(r["symptom"])), words.code(str(r["step"])), words.code(str(r["cause"])))
        for r in rows.to_pylist()
    )
    title = words.text("Open tickets: what is seen, what to do now, what most likely lies behind it")
    drawn = figure(title, flow_chart(_gathered(steps, words.text("other causes")), title, words))
    solved = look("tickets", order=("-closed",), where=None, limit=LAST_CLOSED)
    lasted = _lasted([r for r in solved if r["closed"] is not None and r["remedy"]], words)
    if not lasted:
        said = words.text("No ticket has been solved long enough ago to say what lasted.")
        return drawn + Markup('<p class="empty">{}</p>').format(said)
    title = words.text("The last solved tickets: what was seen, how it was solved, whether it came back within 30 days")
    return drawn + figure(title, flow_chart(lasted, title, words))


def _gathered(flows: Mapping[Flow, int], rest: str) -> dict[Flow, int]:
    """The same with small ends gathered under one name."""
    ends: Counter[str] = Counter()
    for (_, _, end), n in flows.items():
        ends[end] += n
    kept = {name for name, _ in sorted(ends.items(), key=lambda e: (-e[1], e[0]))[:MOST_NAMES]}
    found: dict[Flow, int] = defaultdict(int)
    for (a, b, end), n in flows.items():
        found[a, b, end if end in kept else rest] += n
    return dict(found)


def _lasted(solved: list[Row], words: Words) -> dict[Flow, int]:
    """Solved tickets whose 30 days are over within these rows, by whether the machine had the same fault again."""
    opened: dict[tuple[object, object], list[dt.datetime]] = defaultdict(list)
    for r in solved:
        opened[r["machine"], r["symptom"]].append(cast(dt.datetime, r["opened"]))
    last = max((cast(dt.datetime, r["closed"]) for r in solved), default=None)
    found: dict[Flow, int] = defaultdict(int)
    for r in solved:
        closed = cast(dt.datetime, r["closed"])
        if last is None or closed > last - BACK:
            continue
        again = any(closed < at <= closed + BACK for at in opened[r["machine"], r["symptom"]])
        end = words.text("came back") if again else words.text("lasted")
        found[words.code(str(r["symptom"])), words.code(str(r["remedy"])), end] += 1
    return dict(found)


def flow_chart(
    flows: Mapping[Flow, int], said: str, words: Words, *, heads: Sequence[str] = (), by_name: int | None = None
) -> Markup:
    """Three columns of bars, named above, with ribbons between them, each as thick as what goes there is many.

    The most stand first in a column; in that of `by_name` names stand in their order.
    """
    total = sum(flows.values())
    columns = [dict(sorted(found.items())) if k == by_name else found for k, found in enumerate(_columns(flows))]
    gap = 9.0
    height = max(300.0, 26.0 * max(len(c) for c in columns) + 20)
    unit = (height - 16 - gap * (max(len(c) for c in columns) - 1)) / max(total, 1)
    xs = (150.0, (WIDTH - BAR) / 2, WIDTH - 190.0)
    tones = {name: f"b{n % TONES}" for n, name in enumerate(columns[0])}
    deep = HEAD if heads else 0.0
    tops = [{name: deep + y for name, y in _tops(column, unit, gap, height).items()} for column in columns]
    parts = _ribbons(flows, columns, tops, xs, unit, tones, words)
    for k, column in enumerate(columns):
        parts += [label(xs[k] + BAR / 2, HEAD - 8, head, name="told") for head in heads[k : k + 1]]
        for name, n in column.items():
            y, tall = tops[k][name], max(n * unit, 1.0)
            told = f"{name}: {words.number(n)} · {words.percent(n / total, 0)}"
            parts.append(rect(xs[k], y, BAR, tall, tones[name] if k == 0 else "bar", told))
            at, anchor = (xs[k] - 6, "end") if k == 0 else (xs[k] + BAR + 6, "start")
            parts.append(label(at, y + tall / 2 + 4, f"{name} {words.number(n)}", anchor=anchor, name="told halo"))
    return frame(WIDTH, height + deep, said, parts)


def _columns(flows: Mapping[Flow, int]) -> list[dict[str, int]]:
    """The names of each column, the most first."""
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for names, n in flows.items():
        for count, name in zip(counts, names, strict=True):
            count[name] += n
    return [dict(sorted(count.items(), key=lambda c: (-c[1], c[0]))) for count in counts]


def _tops(column: Mapping[str, int], unit: float, gap: float, height: float) -> dict[str, float]:
    """The upper end of each bar, the column in the middle of the picture."""
    y = (height - sum(column.values()) * unit - gap * (len(column) - 1)) / 2
    found = {}
    for name, n in column.items():
        found[name] = y
        y += n * unit + gap
    return found


def _ribbons(
    flows: Mapping[Flow, int], columns: Sequence[Mapping[str, int]], tops: Sequence[Mapping[str, float]],
    xs: Sequence[float], unit: float, tones: Mapping[str, str], words: Words,
) -> list[Markup]:  # fmt: skip
    """A ribbon for each symptom between neighbouring bars, in the order of the bars, so that they cross least."""
    parts: list[Markup] = []
    order = [{name: n for n, name in enumerate(column)} for column in columns]
    for k in (0, 1):
        left, right = dict(tops[k]), dict(tops[k + 1])
        sums: Counter[Flow] = Counter()
        for names, n in flows.items():
            sums[names[k], names[k + 1], names[0]] += n
        pairs = sorted(sums, key=lambda f: (order[k][f[0]], order[k + 1][f[1]], order[0][f[2]]))
        starts: dict[Flow, float] = {}
        for f in pairs:
            starts[f] = left[f[0]]
            left[f[0]] += sums[f] * unit
        for f in sorted(sums, key=lambda f: (order[k + 1][f[1]], order[k][f[0]], order[0][f[2]])):
            thick = sums[f] * unit
            told = f"{f[0]} → {f[1]}: {words.number(sums[f])}" + (f" ({f[2]})" if k else "")
            parts.append(_ribbon(xs[k] + BAR, starts[f], xs[k + 1], right[f[1]], thick, f"ribbon {tones[f[2]]}", told))
            right[f[1]] += thick
    return parts


def _ribbon(x1: float, y1: float, x2: float, y2: float, thick: float, name: str, told: str) -> Markup:
    half = (x1 + x2) / 2
    there = f"M{x1:.1f},{y1:.1f}C{half:.1f},{y1:.1f} {half:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"
    low, high = y2 + thick, y1 + thick
    back = f"V{low:.1f}C{half:.1f},{low:.1f} {half:.1f},{high:.1f} {x1:.1f},{high:.1f}Z"
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(name, there + back, told)
