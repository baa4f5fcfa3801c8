"""Which tasks and precedences does an assembly-line balancing file hold?

Reads .alb (tagged text; Otto, Otto and Scholl 2013) and .IN2 (n, n task times, pairs i,j until -1,-1; Scholl 1993).
Times are taken as seconds. An .IN2 file names no cycle time: it gives tasks and precedence, no line.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from smilecurve.connect.loaded import Loaded
from smilecurve.connect.presets.preset import Preset, Refused, checked
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.line import LINES, PRECEDENCE, TASKS

__all__ = ["ASSEMBLY_LINES"]

NAME = "assembly_lines"
_SHIFT_S = 8 * 3600


@dataclass
class _Graph:
    """What the lines of a file say: times by task, pairs with their line, cycle time, announced tasks, odd lines."""

    times: dict[int, float] = field(default_factory=dict)
    pairs: list[tuple[int, int, int]] = field(default_factory=list)
    cycle: float | None = None
    tasks: int | None = None
    odd: list[Refused] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ended: bool = False

    def refuse(self, line: int, text: str, reason: str, hint: str) -> None:
        self.odd.append(Refused(line, "", text, reason, hint, {"(whole line)": text}))


def fits(path: Path) -> bool:
    """By its ending: .alb or .IN2."""
    return path.is_file() and path.suffix.lower() in (".alb", ".in2")


def load(path: Path) -> tuple[Loaded, ...]:
    """Line (where a cycle time is named), tasks and precedence."""
    lines = path.read_text("cp437").splitlines()
    graph = _read_alb(lines) if path.suffix.lower() == ".alb" else _read_in2(lines)
    if not graph.times:
        raise DataRejected(Breach(f"{path.name} holds no task times", path.name, "give a whole .alb or .IN2 file"))
    _check(graph, path.name)
    line = path.stem
    tasks: list[dict[str, object]] = [
        {"line": line, "task": str(task), "name": f"task {task}", "time_s": time}
        for task, time in sorted(graph.times.items())
    ]
    pairs: list[dict[str, object]] = [{"line": line, "before": str(i), "after": str(j)} for i, j, _ in graph.pairs]
    return (
        *_line(graph, line, path.name),
        checked(TASKS, tasks, NAME, file=path.name, notes=("times are taken as seconds", *graph.remarks)),
        checked(PRECEDENCE, pairs, NAME, file=path.name, refused=graph.odd),
    )


def _line(graph: _Graph, line: str, file: str) -> tuple[Loaded, ...]:
    if graph.cycle is None:
        return ()
    record: dict[str, object] = {
        "line": line,
        "name": line,
        "takt_s": graph.cycle,
        "stations": max(1, math.ceil(sum(graph.times.values()) / graph.cycle)),
        "slots_per_day": max(1, int(_SHIFT_S // graph.cycle)),
        "shift_start_h": 0.0,
        "frozen_slots": 0,
    }
    notes = ("takt is the file's cycle time; stations the least that the work needs; one shift of 8 hours a day",)
    return (checked(LINES, [record], NAME, file=file, notes=notes),)


def _read_alb(lines: list[str]) -> _Graph:
    graph = _Graph()
    part = ""
    for number, text in enumerate(lines, 1):
        line = text.strip()
        if line.startswith("<"):
            part = line.strip("<>").lower()
        elif line and part == "number of tasks" and line.isdigit():
            graph.tasks = int(line)
        elif line and part == "cycle time":
            graph.cycle = _number(line)
        elif line and part == "task times":
            cells = line.split()
            time = _number(cells[-1])
            if len(cells) != 2 or not cells[0].isdigit() or time is None or time < 0:
                graph.refuse(number, line, "is no task and time", "write the task and its time: 3 140")
            else:
                graph.times[int(cells[0])] = time
        elif line and part == "precedence relations":
            _pair(graph, number, line)
    return graph


def _read_in2(lines: list[str]) -> _Graph:
    graph = _Graph()
    for number, text in enumerate(lines, 1):
        line = text.strip()
        if not line or graph.ended:
            graph.remarks += [line] if line.strip("\x1a") else []
            continue
        if line.replace(" ", "") == "-1,-1":
            graph.ended = True
            continue
        if graph.tasks is None:
            if not line.isdigit():
                graph.refuse(number, line, "is no number of tasks", "begin the file with the number of tasks")
                return graph
            graph.tasks = int(line)
        elif len(graph.times) < graph.tasks:
            time = _number(line)
            if time is None or time < 0:
                graph.refuse(number, line, "is no task time", "write one time a line")
            graph.times[len(graph.times) + 1] = max(0.0, time or 0.0)
        else:
            _pair(graph, number, line)
    return graph


def _number(text: str) -> float | None:
    found = re.fullmatch(r"\d+([.,]\d+)?", text.strip())
    return float(found[0].replace(",", ".")) if found else None


def _pair(graph: _Graph, number: int, line: str) -> None:
    found = re.fullmatch(r"(\d+)\s*,\s*(\d+)", line)
    if found is None:
        graph.refuse(number, line, "is no pair of tasks", "write the earlier and the later task: 3,7")
    else:
        graph.pairs.append((int(found[1]), int(found[2]), number))


def _check(graph: _Graph, file: str) -> None:
    """Pairs must name tasks of the file, once; the number of tasks must be the one announced."""
    if graph.tasks is not None and graph.tasks != len(graph.times):
        what = f"{file} announces {graph.tasks} tasks and times {len(graph.times)}"
        raise DataRejected(Breach(what, file, "give every task its time"))
    kept: list[tuple[int, int, int]] = []
    seen: set[tuple[int, int]] = set()
    for i, j, line in graph.pairs:
        if i not in graph.times or j not in graph.times or i == j:
            graph.refuse(line, f"{i},{j}", "names a task that the file does not time", "use tasks of the file")
        elif (i, j) in seen:
            graph.refuse(line, f"{i},{j}", "stands twice", "keep one of the two")
        else:
            seen.add((i, j))
            kept.append((i, j, line))
    graph.pairs = kept


ASSEMBLY_LINES = Preset(NAME, "assembly-line balancing files (.alb, .IN2)", fits, load)
