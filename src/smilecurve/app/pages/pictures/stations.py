"""How does a line look station by station: its work by task and by model, its order, and what moved?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import (
    Scale,
    circle,
    frame,
    label,
    line,
    path,
    rect,
)
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["station_plan_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
WIDTH, LEFT = 760.0, 46.0
TONES = 8
MOST_LINES = 3
MOST_NAMES = 40
"""Tasks up to which their codes stand beside their dots."""


def station_plan_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """Work by task, work by model, the order coloured by station and the moves, for each of the first lines."""
    parts: list[Markup] = []
    for name in pc.unique(rows.column("line")).to_pylist()[:MOST_LINES]:
        plan = rows.filter(pc.equal(rows.column("line"), name)).sort_by(
            [("station", "ascending"), ("position", "ascending")]
        )
        tasks = [dict(r) for r in plan.to_pylist()]
        own = {"line": name}
        parts.append(_figure(words.text("Work of each station by task, {line}", line=name), _by_task(tasks, words)))
        parts.append(_legend([("m4", words.text("stays")), ("m1", words.text("moved"))]))
        parts += _by_model(tasks, look("task_times", where=own), look("model_mix", where=own), words)
        parts.append(_figure(words.text("Which tasks move, from above to below"), _moves(tasks, words)))
        links = look("precedence", where=own)
        parts.append(
            _figure(words.text("Which task waits for which, coloured by station"), _order(tasks, links, words))
        )
    return Markup('<div class="stack">{}</div>').format(Markup("").join(parts))


def _figure(said: str, drawn: Markup) -> Markup:
    return Markup(
        '<figure class="wide" tabindex="0"><figcaption class="small quiet">{}</figcaption>{}</figure>'
    ).format(said, drawn)


def _legend(entries: Sequence[tuple[str, str]]) -> Markup:
    shown = [Markup('<li><span class="swatch tone {}"></span>{}</li>').format(tone, said) for tone, said in entries]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(shown))


class _Columns:
    """Stations side by side: where each stands, its name under it, and the takt across."""

    def __init__(self, tasks: list[Row], height: float, top: float) -> None:
        self.stations = sorted({int(as_number(r["station"])) for r in tasks})
        self.step = (WIDTH - LEFT) / max(len(self.stations), 1)
        self.at = {station: LEFT + i * self.step for i, station in enumerate(self.stations)}
        self.height, self.foot = height, height - 16
        self.y = Scale(0, top * 1.06, self.foot, 6)

    def names(self, y: float) -> list[Markup]:
        """The stations' numbers, as many as there is room for."""
        every = max(1, -(-len(self.stations) // 30))
        shown = self.stations[::every]
        return [label(self.at[s] + self.step / 2, y, s) for s in shown]

    def takt(self, takt: float, words: Words) -> list[Markup]:
        """The takt line and its number."""
        return [
            line(LEFT, self.y(takt), WIDTH, self.y(takt), "limit"),
            label(LEFT - 4, self.y(takt) + 4, words.number(takt), anchor="end"),
            label(LEFT - 4, self.foot - 2, "s", anchor="end"),
        ]


def _by_task(tasks: list[Row], words: Words) -> Markup:
    """Every task a box on its station, as high as its time; left and right beside each other where both are worked."""
    takt = max(as_number(r["takt_s"]) for r in tasks)
    top = max([takt, *(as_number(r["station_time_s"]) / _beside(r) for r in tasks)])
    columns = _Columns(tasks, 190, top)
    gap, filled = min(3.0, columns.step * 0.12), dict.fromkeys(columns.stations, 0.0)
    sided = {r["station"] for r in tasks if r["side"]}
    parts: list[Markup] = []
    for row in tasks:
        station, time = int(as_number(row["station"])), as_number(row["time_s"]) / _beside(row)
        low = as_number(row["start_s"]) / _beside(row) if station in sided else filled[station]
        filled[station] += time
        wide = (columns.step - gap) / (2 if station in sided else 1)
        x = columns.at[station] + gap / 2 + (wide if row["side"] == "right" else 0)
        tone = "box b1" if row["moved"] else "box b4"
        height = columns.y(low) - columns.y(low + time)
        parts.append(rect(x, columns.y(low + time), wide, height, tone, _told(row, words), round=1))
    said = words.text("Work of each station against the takt")
    return frame(WIDTH, 190, said, [*parts, *columns.names(187), *columns.takt(takt, words)])


def _told(row: Row, words: Words) -> str:
    """What a task says under the pointer."""
    return words.text(
        "{task}: {time} s at station {station}",
        task=row["task"],
        time=words.number(as_number(row["time_s"]), 1),
        station=row["station"],
    )


def _beside(row: Row) -> float:
    """Stations side by side: each has so many takts for a machine."""
    return max(as_number(row["parallel"]), 1.0)


def _by_model(tasks: list[Row], times: list[Row], mix: list[Row], words: Words) -> list[Markup]:
    """What each model adds to the work of a station, by its share; a mark where the heaviest model stands."""
    shares = {str(r["model"]): as_number(r["share"]) for r in mix}
    if not shares:
        return []
    own = {(r["task"], str(r["model"])): as_number(r["time_s"]) for r in times}
    work: dict[int, dict[str, float]] = {}
    for row in tasks:
        here = work.setdefault(int(as_number(row["station"])), dict.fromkeys(shares, 0.0))
        for model in shares:
            here[model] += own.get((row["task"], model), as_number(row["time_s"])) / _beside(row)
    takt = max(as_number(r["takt_s"]) for r in tasks)
    columns = _Columns(tasks, 190, max([takt, *(max(here.values()) for here in work.values())]))
    gap = min(3.0, columns.step * 0.12)
    parts: list[Markup] = []
    for station, here in work.items():
        x, low = columns.at[station] + gap / 2, 0.0
        for i, (model, share) in enumerate(shares.items()):
            high = low + share * here[model]
            said = words.text(
                "{model} at station {station}: {time} s",
                model=model,
                station=station,
                time=words.number(here[model], 1),
            )
            tone = f"box b{i % TONES}"
            parts.append(
                rect(x, columns.y(high), columns.step - gap, columns.y(low) - columns.y(high), tone, said, round=0)
            )
            low = high
        peak = max(here.values())
        parts.append(line(x, columns.y(peak), x + columns.step - gap, columns.y(peak), "peak"))
    title = words.text("Work of each station by model; the mark is the heaviest model")
    drawn = frame(WIDTH, 190, title, [*parts, *columns.names(187), *columns.takt(takt, words)])
    return [_figure(title, drawn), _legend([(f"m{i % TONES}", model) for i, model in enumerate(shares)])]


def _moves(tasks: list[Row], words: Words) -> Markup:
    """Stations before above, after below; a line for each task that moved."""
    moved = [r for r in tasks if r["moved"] and r["old_station"] is not None]
    if not moved:
        return Markup('<p class="empty">{}</p>').format(words.text("No task moves."))
    stations = sorted({int(as_number(r[c])) for r in tasks for c in ("station", "old_station") if r[c] is not None})
    columns = _Columns([{"station": s} for s in stations], 150, 1)
    parts = [*columns.names(12), *columns.names(146)]
    half = columns.step / 2
    for row in moved:
        old, new = (columns.at[int(as_number(row[c]))] + half for c in ("old_station", "station"))
        shift = (as_number(row["position"]) % 5 - 2) * half / 4
        curve = [(old + shift, 18.0), (old + shift, 30.0), (new + shift, 120.0), (new + shift, 132.0)]
        parts += [path(curve, "move"), circle(new + shift, 132, 2.8, "dot", _moved(row, words))]
    return frame(WIDTH, 150, words.text("Which tasks move, from above to below"), parts)


def _moved(row: Row, words: Words) -> str:
    return words.text(
        "{task}: from station {old} to {station}", task=row["task"], old=row["old_station"], station=row["station"]
    )


def _order(tasks: list[Row], links: list[Row], words: Words) -> Markup:
    """Every task a dot in its station's column; a line to each task that waits for it."""
    columns = _Columns(tasks, 0, 1)
    deepest = max(as_number(r["position"]) for r in tasks)
    pitch = 20.0 if deepest <= 12 else 12.0
    spot = {
        str(r["task"]): (
            columns.at[int(as_number(r["station"]))]
            + columns.step / 2
            + (as_number(r["position"]) % 2 - 0.5) * min(columns.step * 0.3, 12),
            12 + (as_number(r["position"]) - 0.5) * pitch,
        )
        for r in tasks
    }
    ends = [(spot.get(str(r["before"])), spot.get(str(r["after"]))) for r in links]
    parts = [path([a, b], "link") for a, b in ends if a and b]
    tone = {s: f"node b{i % TONES}" for i, s in enumerate(columns.stations)}
    for row in tasks:
        x, y = spot[str(row["task"])]
        parts.append(circle(x, y, 4.2, tone[int(as_number(row["station"]))], _told(row, words)))
        if len(tasks) <= MOST_NAMES:
            parts.append(label(x + 7, y + 4, row["task"], anchor="start"))
    foot = 12 + deepest * pitch + 16
    return frame(
        WIDTH, foot, words.text("Which task waits for which, coloured by station"), [*parts, *columns.names(foot - 4)]
    )
