"""Where does a build sequence press: windows too full, work beyond stations, where the worker stands?

Many slots are drawn as few marks: one path for all slots of an option, one cell for several slots of a station.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from smilecurve.app.pages.pictures.charts import Series, line_chart
from smilecurve.app.pages.pictures.drawing import frame, label, rect
from smilecurve.app.pages.words import Words
from smilecurve.loop.swapping import Sheet

__all__ = ["drift_chart", "overload_map", "sequence_pictures", "window_strip"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WIDTH = 760.0
EDGE = 96.0
END = WIDTH - 14.0
MOST_CELLS = 130
TONES = ("h1", "h2", "h3", "h4", "h5")
SECOND = 1000.0


def sequence_pictures(sheet: Sheet, line: str, words: Words) -> list[tuple[str, Markup]]:
    """Title and picture of what presses on a line's sequence; what the data do not know, or what fits, is left out."""
    here, found = sheet.lines[line], sheet.judged[line]
    h = here.history
    order = found.order
    names = [str(r["option"]) for r in here.facts.ratios]
    drawn: list[tuple[str, Markup]] = []
    if names and order.size > h:
        has = np.asarray(here.rules.has)[order].T
        limits = [(int(str(r["at_most"])), int(str(r["out_of"]))) for r in here.facts.ratios]
        title = words.text("Options along the sequence; red: the slots of windows too full")
        drawn.append((title, window_strip(names, has, limits, h, title)))
    if here.facts.length.size and order.size > h:
        over, begins = found.beyond[:, h:] / SECOND, found.begins[:, h:] / SECOND
        work = np.asarray(here.rules.work)[order[h:]].T / SECOND
        title = words.text("Work beyond each station along the sequence, in seconds")
        if over.any():
            drawn.append((title, overload_map(over, words, title)))
        reach, drift = here.facts.length / SECOND, here.facts.drift / SECOND
        ends = np.minimum(begins + work, (reach + drift)[:, None])
        worst = int(np.lexsort((ends.max(axis=1) / reach, over.sum(axis=1)))[-1])
        title = words.text(
            "Where the worker of station {station} begins and ends, between its limits", station=worst + 1
        )
        drawn.append(
            (title, drift_chart(begins[worst], ends[worst], float(reach[worst]), float(drift[worst]), title, words))
        )
    return drawn


def window_strip(names: Sequence[str], has: Ints, limits: Sequence[tuple[int, int]], history: int, said: str) -> Markup:
    """A row an option: a mark for each slot that has it, red where a window that covers the slot is too full."""
    options, n = has.shape
    step = (END - EDGE) / max(n - history, 1)
    parts: list[Markup] = []
    for row in range(options):
        most, span = limits[row]
        y = 6 + 20 * row
        full = _in_full_window(has[row], most, span, history)
        parts.append(label(EDGE - 8, y + 11, f"{names[row]} {most}/{span}", anchor="end"))
        parts.append(_ticks(np.flatnonzero(full[history:]), step, y, 15, "full"))
        parts.append(_ticks(np.flatnonzero((has[row] == 1)[history:]), step, y + 3, 9, "on"))
    height = 20.0 * options + 26
    parts += _slot_names(n - history, step, height)
    return frame(WIDTH, height, said, parts)


def _in_full_window(has: Ints, most: int, span: int, history: int) -> NDArray[np.bool_]:
    """The slots that lie in a window with too many; windows that end before the first slot to come are past."""
    n = has.size
    total = np.concatenate(([0], np.cumsum(has)))
    full = np.zeros(n + 1, np.int64)
    for end in range(max(history + 1, span), n + 1):
        if total[end] - total[end - span] > most:
            full[end - span] += 1
            full[end] -= 1
    return np.asarray(np.cumsum(full)[:n] > 0)


def _ticks(slots: Ints, step: float, y: float, height: float, name: str) -> Markup:
    """All the marks of one row as one path; neighbours grow together."""
    if not slots.size:
        return Markup("")
    cuts = np.flatnonzero(np.diff(slots) > 1) + 1
    runs = [(int(r[0]), int(r[-1]) + 1) for r in np.split(slots, cuts)]
    moves = "".join(
        f"M{EDGE + a * step:.1f},{y:g}h{max((b - a) * step - min(step / 4, 1), 0.6):.1f}v{height:g}"
        f"h-{max((b - a) * step - min(step / 4, 1), 0.6):.1f}z"
        for a, b in runs
    )
    return Markup('<path d="{}" class="strip {}"/>').format(moves, name)


def _slot_names(n: int, step: float, height: float) -> list[Markup]:
    every = max(1, round(n / 12 / 10) * 10 if n > 60 else round(n / 12))
    return [label(EDGE + (at - 0.5) * step, height - 6, at) for at in range(every, n + 1, every)]


def overload_map(over: Floats, words: Words, said: str) -> Markup:
    """Station by slots: darker where more work does not fit; neighbouring slots share a cell where there are many."""
    stations, n = over.shape
    wide = -(-n // MOST_CELLS)
    padded = np.pad(over, ((0, 0), (0, -n % wide)))
    cells = padded.reshape(stations, -1, wide).sum(axis=2)
    most = float(cells.max(initial=0.0))
    step, tall = (END - EDGE) / n, 12.0 if stations > 16 else 16.0
    parts: list[Markup] = [rect(EDGE, 4, END - EDGE, tall * stations, "floor", round=0)]
    for station, cell in zip(*np.nonzero(cells > 0), strict=True):
        first, last = int(cell) * wide + 1, min((int(cell) + 1) * wide, n)
        told = words.text(
            "station {station}, slots {first} to {last}: {over} s beyond its reach",
            station=int(station) + 1,
            first=first,
            last=last,
            over=words.number(float(cells[station, cell]), 1),
        )
        tone = TONES[min(int(len(TONES) * cells[station, cell] / most), len(TONES) - 1)]
        x = EDGE + (first - 1) * step
        parts.append(rect(x, 4 + tall * station, max((last - first + 1) * step, 1.2), tall - 1, tone, told, round=0))
    every = max(1, round(stations / 10))
    parts += [
        label(EDGE - 8, 4 + tall * (at + 0.8), words.text("station {n}", n=at + 1), anchor="end")
        for at in range(0, stations, every)
    ]
    height = tall * stations + 26
    parts += _slot_names(n, step, height)
    return frame(WIDTH, height, said, parts)


def drift_chart(begins: Floats, ends: Floats, reach: float, drift: float, said: str, words: Words) -> Markup:
    """From the first begin to the last end within each step of slots, between the limits of the station."""
    n = begins.size
    wide = -(-n // 220)
    at = np.arange(0, n, wide)
    low, high = np.minimum.reduceat(begins, at), np.maximum.reduceat(ends, at)
    x = [float(a + 1) for a in at]
    band = [(a, float(b), float(c)) for a, b, c in zip(x, low, high, strict=True)]
    limits = [Series(words.text("end of the station"), [(x[0], reach), (x[-1], reach)])]
    if drift:
        limits += [
            Series(words.text("end of the drift"), [(x[0], reach + drift), (x[-1], reach + drift)]),
            Series(words.text("begin of the drift"), [(x[0], -drift), (x[-1], -drift)]),
        ]
    return line_chart(
        [Series(words.text("worker"), [(a, c) for a, _, c in band], band), *limits], said, words.number, words.number
    )
