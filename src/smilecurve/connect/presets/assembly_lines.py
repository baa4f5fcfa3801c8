"""Which tasks and precedences does an assembly-line balancing file hold?

Reads .alb (tagged text; Otto, Otto and Scholl 2013) and .IN2 (n, n task times, pairs i,j until -1,-1; Scholl 1993).
Times are taken as seconds, with a decimal point or comma. An .IN2 file names no cycle time: it gives tasks and
precedence, no line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
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
    odd_times: list[Refused] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ended: bool = False

    def refuse(self, line: int, text: str, reason: str, hint: str) -> None:
        """Keep a line that is no good pair."""
        self.odd.append(Refused(line, "", text, reason, hint, {"(whole line)": text}))

    def refuse_time(self, line: int, text: str, reason: str, hint: str) -> None:
        """Keep a line that is no good time."""
        self.odd_times.append(Refused(line, "", text, reason, hint, {"(whole line)": text}))

    def put(self, number: int, line: str, task: int, text: str) -> None:
        """Take the time of a task, once."""
        if task in self.times:
            self.refuse_time(number, line, f"task {task} stands twice", "keep one of the two times")
        elif (time := _time(self.refuse_time, number, line, text)) is not None:
            self.times[task] = time


def fits(path: Path) -> bool:
    """By its ending: .alb or .IN2."""
    return path.is_file() and path.suffix.lower() in (".alb", ".in2")


def load(path: Path) -> tuple[Loaded, ...]:
    """Line (where a cycle time is named), tasks and precedence."""
    lines = _text(path.read_bytes()).splitlines()
    graph = _read_alb(lines) if path.suffix.lower() == ".alb" else _read_in2(lines)
    _check(graph, path.name)
    _check_pairs(graph)
    line = path.stem
    tasks: list[dict[str, object]] = [
        {"line": line, "task": str(task), "name": f"task {task}", "time_s": time}
        for task, time in sorted(graph.times.items())
    ]
    pairs: list[dict[str, object]] = [{"line": line, "before": str(i), "after": str(j)} for i, j, _ in graph.pairs]
    notes = ("times are taken as seconds", *_too_long(graph), *graph.remarks)
    return (
        *_line(graph, line, path.name),
        checked(TASKS, tasks, NAME, file=path.name, refused=graph.odd_times, notes=notes),
        checked(PRECEDENCE, pairs, NAME, file=path.name, refused=graph.odd),
    )


def _text(data: bytes) -> str:
    """UTF-8, with or without a byte order mark, else the code page of the program that wrote the classic files."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp437")


def _too_long(graph: _Graph) -> tuple[str, ...]:
    if graph.cycle is None:
        return ()
    long = [f"{task} ({time:g})" for task, time in sorted(graph.times.items()) if time > graph.cycle]
    said = f"longer than the cycle time of {graph.cycle:g}: task {', '.join(long)}; it needs parallel stations"
    return (said,) if long else ()


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
    part, number = "", 0
    for number, text in enumerate(lines, 1):
        line = text.strip()
        if line.startswith("<"):
            part = line.strip("<>").lower()
            graph.ended = part == "end"
        elif line and part == "number of tasks" and line.isdigit():
            graph.tasks = int(line)
        elif line and part == "cycle time":
            graph.cycle = _time(graph.refuse, number, line, line)
        elif line and part == "task times":
            task, _, time = line.partition(" ") if " " in line else line.partition("\t")
            if task.isdigit() and time:
                graph.put(number, line, int(task), time.strip())
            else:
                graph.refuse_time(number, line, "is no task and time", "write the task and its time: 3 140")
        elif line and part == "precedence relations":
            _pair(graph, number, line)
    if not graph.ended:
        graph.refuse(number, "", "the file stops without <end>", "give the whole file: it may have been cut off")
    return graph


def _read_in2(lines: list[str]) -> _Graph:
    graph = _Graph()
    task = number = 0
    for number, text in enumerate(lines, 1):
        line = text.strip()
        if not line or graph.ended:
            graph.remarks += [line] if line.strip("\x1a") else []
        elif line.replace(" ", "") == "-1,-1":
            graph.ended = True
        elif graph.tasks is None:
            if not line.isdigit():
                graph.refuse(number, line, "is no number of tasks", "begin the file with the number of tasks")
                return graph
            graph.tasks = int(line)
        elif task < graph.tasks:
            task += 1
            graph.put(number, line, task, line)
        else:
            _pair(graph, number, line)
    if not graph.ended:
        graph.refuse(number, "", "the file stops without -1,-1", "give the whole file: it may have been cut off")
    return graph


def _time(refuse: Callable[[int, str, str, str], None], number: int, line: str, text: str) -> float | None:
    """A time above zero, with a decimal point or comma; None, and the line refused, where it is none."""
    found = re.fullmatch(r"([-+]?\d+(?:[.,]\d+)?)\s*([A-Za-z]*)", text)
    if found is None:
        refuse(number, line, f"{text} is no time", "write a number: 140 or 14,5")
    elif found[2]:
        hint = f"write every time in seconds, without a unit: this one is in {found[2]}"
        refuse(number, line, f"{text} carries a unit", hint)
    elif float(found[1].replace(",", ".")) <= 0:
        refuse(number, line, f"{text} is not above zero", "give its time, or leave the task out")
    else:
        return float(found[1].replace(",", "."))
    return None


def _pair(graph: _Graph, number: int, line: str) -> None:
    found = re.fullmatch(r"(\d+)\s*,\s*(\d+)", line)
    if found is None:
        graph.refuse(number, line, "is no pair of tasks", "write the earlier and the later task: 3,7")
    else:
        graph.pairs.append((int(found[1]), int(found[2]), number))


def _check(graph: _Graph, file: str) -> None:
    """A file that times nothing, or not the number of tasks it announces, is refused with all that is odd in it."""
    seen = len(graph.times) + len(graph.odd_times)
    if graph.times and graph.tasks in (None, seen):
        return
    what = f"{file} announces {graph.tasks} tasks and times {seen}" if seen else f"{file} holds no task times"
    hint = "give every task its time" if seen else "give a whole .alb or .IN2 file"
    odd = [
        Breach(f"{r.value}: {r.reason}" if r.value else r.reason, f"{file}, line {r.line}" if r.line else file, r.hint)
        for r in (*graph.odd_times, *graph.odd)
    ]
    raise DataRejected([Breach(what, file, hint), *odd])


def _check_pairs(graph: _Graph) -> None:
    """Pairs must name tasks of the file, once, and never lead back to where they began."""
    kept: list[tuple[int, int, int]] = []
    after: dict[int, set[int]] = {}
    for i, j, line in graph.pairs:
        way = _way(after, j, i) if i != j and i in graph.times and j in graph.times else []
        if i == j:
            graph.refuse(line, f"{i},{j}", f"task {i} waits for itself", "remove the pair")
        elif i not in graph.times or j not in graph.times:
            graph.refuse(line, f"{i},{j}", "names a task that the file does not time", "use tasks of the file")
        elif j in after.get(i, ()):
            graph.refuse(line, f"{i},{j}", "stands twice", "keep one of the two")
        elif way:
            circle = " > ".join(str(task) for task in (i, *way))
            graph.refuse(line, f"{i},{j}", f"closes a circle: {circle}", "remove one of these pairs")
        else:
            after.setdefault(i, set()).add(j)
            kept.append((i, j, line))
    graph.pairs = kept


def _way(after: dict[int, set[int]], begin: int, end: int) -> list[int]:
    """A way from one task to another along the pairs; empty where there is none.

    >>> _way({1: {2}, 2: {3}}, 1, 3)
    [1, 2, 3]
    """
    came: dict[int, int] = {begin: begin}
    left = [begin]
    while left:
        task = left.pop()
        if task == end:
            way = [task]
            while way[-1] != begin:
                way.append(came[way[-1]])
            return way[::-1]
        for later in sorted(after.get(task, ())):
            if later not in came:
                came[later] = task
                left.append(later)
    return []


ASSEMBLY_LINES = Preset(NAME, "assembly-line balancing files (.alb, .IN2)", fits, load)
