"""What does a station do next, on which machine, and how far is it?

One machine, one step at a time. The steps follow from the tasks of the station, the bill of material and the
characteristics; what is done already follows from the events of the station. Which machine: one that was begun here,
else the next that the station before has finished, else (at the first station) the next of the sequence.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.terms.errors import Breach, NotFound

__all__ = ["PLATE", "Screen", "Step", "Work", "held_lots", "line_rows", "station_screen", "told_ago"]

Row = Mapping[str, object]
NEWEST = ("-event_time", "-heard")
MOST_ACTS = 1000
FINISH = "finish"
PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: plate (give the machine its serial), scan (build a component in), do, measure, finish."""

    step: str
    kind: str
    title: str = ""
    component: str = ""
    part: str = ""
    part_name: str = ""
    unit: str = ""
    lower: float | None = None
    upper: float | None = None
    done: bool = False
    lot: str = ""
    value: float | None = None
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """The machine at hand: its serial once it has one, its work order, and what the order says."""

    machine: str
    work_order: str
    model: str
    market: str = ""
    colour: str = ""
    options: str = ""
    due: str = ""

    @property
    def key(self) -> str:
        """What names it on the line: the work order, else the serial."""
        return self.work_order or self.machine


@dataclass(frozen=True, slots=True)
class Screen:
    """A station as it stands; acts: step and lot (of a plate: serial) of what was done on the machine, by act."""

    line: str
    line_name: str
    station: int
    stations: int
    takt_s: float
    work: Work | None
    steps: tuple[Step, ...]
    upcoming: tuple[Work, ...]

    @property
    def at(self) -> Step | None:
        """The step to do now."""
        return next((s for s in self.steps if not s.done), None)

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(1 for s in self.steps if s.done)


def line_rows(read: Reading) -> list[dict[str, object]]:
    """The lines with their number of stations as they stand."""
    counts: dict[str, int] = {}
    for row in read.rows("stations"):
        counts[str(row["line"])] = max(counts.get(str(row["line"]), 0), int(str(row["station"])))
    return [row | {"stations": counts.get(str(row["line"]), row["stations"])} for row in read.rows("lines")]


def held_lots(read: Reading) -> dict[tuple[str, str], str]:
    """Every (part, lot) on hold, and who or what holds it."""
    held = {(str(r["part"]), str(r["lot"])): "learn.contain" for r in read.rows("suspect_lots", where={"hold": True})}
    return {(str(r["part"]), str(r["lot"])): str(r["source"]) for r in read.rows("lot_holds")} | held


def station_screen(
    read: Reading, words: Words, line: str, station: int, asked: str = "", *, upcoming: bool = True
) -> Screen:
    """The screen of a station; `asked` names a machine or work order that was brought to it.

    upcoming: whether to say what comes next, which an act need not know.
    """
    about = next((r for r in line_rows(read) if r["line"] == line), None)
    if about is None or not 1 <= station <= int(str(about["stations"])):
        what = words.text("there is no station {station} on line {line}", station=station, line=line)
        raise NotFound(Breach(what, "station", words.text("choose one of the list of stations")))
    near: dict[str, object] = {"line": line, "station": [station - 1, station]}
    acts = read.rows("station_acts", where=near, order=NEWEST, limit=MOST_ACTS)[::-1] if upcoming or not asked else []
    coming = _coming(read, line, station, acts) if upcoming or not asked else []
    work = _named(read, words, line, asked) if asked else (coming[0] if coming else None)
    if work is not None and not asked and not _may_begin(work, station, acts):
        work = None
    here = _done_here(read, line, station, work) if work is not None else []
    return Screen(
        line,
        str(about["name"]),
        station,
        int(str(about["stations"])),
        float(str(about["takt_s"])),
        work,
        tuple(_steps(read, line, station, work, here)) if work is not None else (),
        tuple(w for w in coming if work is None or w.key != work.key)[:5],
    )


def _done_here(read: Reading, line: str, station: int, work: Work) -> list[dict[str, object]]:
    """What was done on this machine at this station, in order."""
    name = "work_order" if work.work_order else "machine"
    where = {"line": line, "station": station, name: work.key}
    return read.rows("station_acts", where=where, order=("event_time", "heard"))


def _key(act: Row) -> str:
    return str(act["work_order"] or act["machine"] or "")


def _finished(acts: list[dict[str, object]], station: int) -> set[str]:
    return {_key(a) for a in acts if a["kind"] == "station_done" and a["station"] == station}


def _coming(read: Reading, line: str, station: int, acts: list[dict[str, object]]) -> list[Work]:
    """The machines and work orders that come to a station, in their order: those begun here first."""
    gone = _finished(acts, station)
    begun = [_key(a) for a in acts if a["station"] == station and _key(a) not in gone]
    before = [_key(a) for a in acts if a["kind"] == "station_done" and a["station"] == station - 1]
    on_line = {
        str(r["work_order"] or r["machine"]): r
        for r in read.rows("machines", where={"line": line, "status": "line"}, order=("since", "machine"))
    }
    keys = [k for k in dict.fromkeys([*begun, *before]) if k not in gone]
    keys += [k for k in on_line if k not in gone and k not in keys and (station == 1 or k in set(before))]
    found = [w for w in (_work(read, k, on_line.get(k)) for k in keys[:8]) if w is not None]
    seen = {w.key for w in found} | {_key(a) for a in acts}
    return found + [w for w in _sequence(read, line) if w.key not in seen][: max(0, 6 - len(found))]


def _may_begin(work: Work, station: int, acts: list[dict[str, object]]) -> bool:
    """A machine comes by itself where it was begun, where the station before let it go, and to the first station."""
    if station == 1:
        return True
    keys = {_key(a) for a in acts if a["station"] == station} | _finished(acts, station - 1)
    return work.key in keys


def _sequence(read: Reading, line: str) -> list[Work]:
    """The next work orders in their decided order, those on hold left out."""
    rows = read.rows("build_sequence", where={"line": line}, order=("slot",), limit=40)
    if rows:
        rows = [r for r in rows if not r["held"]]
    else:
        rows = read.rows("work_orders", where={"line": line}, order=("rank", "work_order"), limit=12)
    waiting = {str(r["work_order"]) for r in read.rows("work_orders", where={"line": line})}
    return [
        Work("", str(r["work_order"]), str(r["model"]), str(r["market"] or ""), str(r["colour"] or ""))
        for r in rows
        if str(r["work_order"]) in waiting
    ][:12]


def _named(read: Reading, words: Words, line: str, asked: str) -> Work:
    """The machine or work order of this name; NotFound if it is not of this line."""
    rows = read.rows("machines", where={"machine": asked}) or read.rows("machines", where={"work_order": asked})
    rows = [r for r in rows if r["line"] == line]
    if rows and rows[0]["status"] not in ("line", None):
        stands = words.code(str(rows[0]["status"]))
        what = words.text("{machine} has left the line: it is at {stage}", machine=asked, stage=stands)
        raise NotFound(Breach(what, "machine", words.text("scan a machine that stands on this line")))
    key = str(rows[0]["work_order"] or rows[0]["machine"]) if rows else asked
    work = _work(read, key, rows[0] if rows else None)
    if work is None:
        what = words.text("there is no machine or work order {asked} on {line}", asked=asked, line=line)
        raise NotFound(Breach(what, "machine", words.text("scan its plate or work order again")))
    return work


def _work(read: Reading, key: str, machine: Row | None) -> Work | None:
    """What is known of a machine on the line, from its work order and its serial."""
    orders = read.rows("events", where={"kind": "work_order", "ref": key}, order=("-event_time",), limit=1)
    if machine is None and not orders:
        return None
    if machine is None:
        machine = next(iter(read.rows("machines", where={"work_order": key}, limit=1)), {})
    order = orders[0] if orders else {}
    said = json.loads(str(order.get("details") or "{}"))
    return Work(
        str(machine.get("machine") or ""),
        key if orders or machine.get("work_order") else "",
        str(machine.get("model") or order.get("part") or ""),
        str(order.get("market") or ""),
        str(said.get("colour") or ""),
        str(said.get("options") or ""),
        str(said.get("due") or ""),
    )


def _steps(read: Reading, line: str, station: int, work: Work, here: list[dict[str, object]]) -> list[Step]:
    """The steps of the station on this machine, with what is done of them."""
    done: dict[str, Row] = {str(a["step"]): a for a in here if _key(a) in (work.work_order, work.machine)}
    built = read.once("bom by model", ("bom",), lambda: _built(read)).get(work.model, {})
    measured = read.once("characteristics by part", ("characteristics",), lambda: _measured(read))
    names = read.once("names of parts", ("parts",), lambda: _part_names(read))
    steps: list[Step] = [] if work.machine and PLATE not in done else [Step(PLATE, "plate")]
    asked: set[str] = set()
    tasks = read.once(f"tasks {line}", ("tasks", "station_plan"), lambda: _tasks(read, line)).get(station, [])
    last = {str(t["component"]): str(t["task"]) for t in tasks if t["component"]}
    for task in tasks:
        component = str(task["component"] or "")
        part = built.get(component, "")
        if component and built and not part:
            continue
        kind = "scan" if part and component not in asked else "do"
        asked.add(component)
        name = str(task["name"])
        steps.append(Step(f"task:{task['task']}", kind, name, component, part, names.get(part, "")))
        if last.get(component) == task["task"]:
            steps += [_measure(c) for c in measured.get(part, ())]
    if station == 1:
        steps += [_measure(c) for c in measured.get(work.model, ())]
    steps.append(Step(FINISH, FINISH))
    return [_with_act(s, done.get(s.step)) for s in steps]


def _built(read: Reading) -> dict[str, dict[str, str]]:
    """The part at each place of each model."""
    found: dict[str, dict[str, str]] = {}
    for row in read.rows("bom"):
        found.setdefault(str(row["parent"]), {})[str(row["component"])] = str(row["part"])
    return found


def _tasks(read: Reading, line: str) -> dict[int, list[dict[str, object]]]:
    """The tasks of each station in the order of the plan; as they stand where there is no plan."""
    tasks = {str(t["task"]): t for t in read.rows("tasks", where={"line": line}, order=("task",))}
    plan = read.rows("station_plan", where={"line": line}, order=("station", "position"))
    placed = [(p["station"], str(p["task"])) for p in plan] or [(t["station"], k) for k, t in tasks.items()]
    found: dict[int, list[dict[str, object]]] = {}
    for station, task in placed:
        if isinstance(station, int) and task in tasks:
            found.setdefault(station, []).append(tasks[task])
    return found


def _measured(read: Reading) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in read.rows("characteristics", order=("characteristic",)):
        found.setdefault(str(row["part"]), []).append(row)
    return found


def _measure(row: Row) -> Step:
    lower, upper = row["lower_spec"], row["upper_spec"]
    return Step(
        f"measure:{row['characteristic']}",
        "measure",
        str(row["name"]),
        part=str(row["part"]),
        unit=str(row["unit"]),
        lower=float(str(lower)) if lower is not None else None,
        upper=float(str(upper)) if upper is not None else None,
    )


def _part_names(read: Reading) -> dict[str, str]:
    return {str(r["part"]): str(r["name"] or "") for r in read.rows("parts")}


def _with_act(step: Step, act: Row | None) -> Step:
    if act is None:
        return step
    bad = act["verdict"] == "non_conformant"
    value = act["value"]
    return replace(
        step,
        done=not bad,
        bad=bad,
        lot=str(act["lot"] or ""),
        value=float(str(value)) if isinstance(value, (int, float)) else None,
    )


def told_ago(told: object, opened: object, now: dt.datetime, standing: bool) -> float:
    """Seconds since a call: by the caller's own clock where the thread's clock stands still."""
    begun = opened if isinstance(opened, dt.datetime) else now
    if standing and told:
        try:
            begun = dt.datetime.fromisoformat(str(told))
        except ValueError:
            begun = now
        begun = begun if begun.tzinfo else begun.replace(tzinfo=dt.UTC)
        return max(0.0, (dt.datetime.now(dt.UTC) - begun).total_seconds())
    return max(0.0, (now - begun).total_seconds())
