"""Who calls for help, for how long already, and what does each station of the line do at this moment?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from smilecurve.app.pages.stations import line_rows, told_ago
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.app.stationing import WHY

__all__ = ["Call", "Cell", "calls", "line_now"]

MOST_CLOSED = 12


@dataclass(frozen=True, slots=True)
class Call:
    """One call: where, why, in which state, for how many seconds it stands (or stood)."""

    call: str
    line: str
    station: int | None
    place: str
    machine: str
    why: str
    state: str
    opened: str
    stands_s: int
    stands: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One station of the line now."""

    station: int
    state: str
    said: str
    work: str
    model: str
    done: int


def calls(read: Reading, words: Words, *, line: str = "", station: int = 0) -> tuple[list[Call], list[Call]]:
    """The calls that stand, the longest first, and those closed last."""
    where: dict[str, object] = {k: v for k, v in (("line", line), ("station", station)) if v}
    rows = read.rows("help_calls", where=where, order=("-opened", "call"))
    now, standing = read.thread.clock(), "clock" in read.thread.meta()
    found = [_call(row, words, now, standing) for row in rows]
    waiting = [c for c in found if c.state != "closed"]
    order = {"open": 0, "taken": 1}
    waiting.sort(key=lambda c: (order[c.state], -c.stands_s, c.call))
    return waiting, [c for c in found if c.state == "closed"][:MOST_CLOSED]


def _call(row: dict[str, object], words: Words, now: dt.datetime, standing: bool) -> Call:
    opened, closed = row["opened"], row["closed"]
    why = str(row["why"] or "other")
    if isinstance(closed, dt.datetime) and isinstance(opened, dt.datetime):
        seconds = 0 if standing else int((closed - opened).total_seconds())
    else:
        seconds = int(told_ago(row["told"], opened, now, standing))
    station = row["station"]
    return Call(
        str(row["call"]),
        str(row["line"] or ""),
        station if isinstance(station, int) else None,
        str(row["place"] or ""),
        str(row["work_order"] or row["machine"] or ""),
        words.text(WHY[why]) if why in WHY else why,
        str(row["state"]),
        words.moment(opened) if isinstance(opened, dt.datetime) else "",
        seconds,
        f"{seconds // 60}:{seconds % 60:02d}" if seconds or not standing or not closed else "",
    )


def line_now(read: Reading, words: Words, line: str) -> list[Cell]:
    """Every station of a line: what it works on, whether it calls, how many machines it finished today."""
    about = next((r for r in line_rows(read) if r["line"] == line), None)
    if about is None:
        return []
    progress = {r["station"]: r for r in read.rows("station_progress", where={"line": line})}
    waiting, _ = calls(read, words, line=line)
    if not progress and not waiting:
        return []
    calling = {c.station: c for c in reversed(waiting)}
    models = {str(r["machine"]): str(r["model"]) for r in read.rows("machines", where={"line": line, "status": "line"})}
    every = range(1, int(str(about["stations"])) + 1)
    return [_cell(n, progress.get(n), calling.get(n), models, words) for n in every]


def _cell(
    station: int, progress: dict[str, object] | None, call: Call | None, models: dict[str, str], words: Words
) -> Cell:
    busy = progress is not None and bool(progress["at_work"])
    state = ("calls" if call.state == "open" else "helped") if call else "busy" if busy else "idle"
    said = call.why if call else words.text("works") if busy else words.text("waits")
    if progress is None:
        return Cell(station, state, said, "", "", 0)
    work = str(progress["work_order"] or progress["machine"] or "") if busy else ""
    model = models.get(str(progress["machine"]), "") if busy else ""
    done = progress["finished_today"]
    return Cell(station, state, said, work, model, done if isinstance(done, int) else 0)
