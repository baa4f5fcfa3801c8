"""How few stations hold this takt, and which task goes where?

Reads     lines, tasks, task_times, precedence

Decides   station_plan

Proof     lower bound on the number of stations in use

Method    station-by-station search with bounds LB1-LB3 (solve.packing); rules, and tasks kept where they stand, by
constraint programming (solve.zoning)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.desks.line._tasks import group_numbers, refuse_broken_tasks
from smilecurve.terms.decision import Clash, Decision, Proof, Status
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.line import LINES, PRECEDENCE, STATION_PLAN, TASK_TIMES, TASKS

if TYPE_CHECKING:
    from smilecurve.solve.zoning import ZonedPacking

__all__ = ["balance_line"]

Ints = NDArray[np.int64]
Row = dict[str, object]

TICKS = 1000
"""Ticks in a second: times are whole numbers of milliseconds inside, rounded up, the takt rounded down."""

REASONS = {
    "fixed": "must stay at station {station}, which is loaded {load:.0%} of takt",
    "kept": "stays at station {station}, which is loaded {load:.0%} of takt",
    "moved": "moves from station {old_station} to {station}, which is then loaded {load:.0%} of takt",
    "fits": "fits station {station}, which is loaded {load:.0%} of takt",
}


@desk(
    "line.balance",
    question="How few stations hold this takt, and which task goes where?",
    reads=(LINES, TASKS, TASK_TIMES, PRECEDENCE),
    decides=STATION_PLAN,
    reasons=REASONS,
    needs=("lines", "tasks"),
)
def balance_line(
    lines: pa.Table,
    tasks: pa.Table,
    task_times: pa.Table,
    precedence: pa.Table,
    *,
    takt_s: float | None = None,
    spare_stations: int = 0,
    peak: bool = False,
    seed: int = 0,
) -> Decision:
    """The station of every task of every line: fewest stations first, then fewest tasks moved.

    takt_s: takt to plan for instead of each line's own; spare_stations: stations beyond the fewest that may be used
    so that more tasks stay where they stand; peak: take each task's longest time over the models instead of its mean
    over the mix.
    """
    if takt_s is not None and takt_s <= 0:
        raise OptionRejected(
            Breach(f"a takt of {takt_s:g} s is not positive", "takt_s", "give the seconds between machines")
        )
    if spare_stations < 0:
        raise OptionRejected(Breach(f"spare_stations is {spare_stations}", "spare_stations", "give 0 or more"))
    refuse_broken_tasks(lines, tasks, task_times, precedence)
    done = [
        _balance(row, _Line.of(row, tasks, task_times, precedence, takt_s, peak), spare_stations, seed)
        for row in lines.sort_by("line").to_pylist()
        if row["line"] in set(tasks["line"].to_pylist())
    ]
    clashes = tuple(clash for plan in done for clash in plan.clashes)
    rows = pa.concat_tables([plan.rows for plan in done]) if done else STATION_PLAN.empty()
    used, bound = sum(plan.used for plan in done), sum(plan.bound for plan in done)
    proof = Proof("optimal" if used == bound else "bound", used, bound, "stations", "LB1-LB3 and exhausted search")
    work = sum(plan.work_s for plan in done)
    figures = {
        "stations": float(used),
        "tasks_moved": float(sum(plan.moved for plan in done)),
        "efficiency": work / sum(plan.room_s for plan in done) if used else 0.0,
    }
    status: Status = "none" if clashes or not done else "best" if used == bound else "good"
    if not done:
        clashes = (Clash("no line has tasks", "tasks", "load the tasks of a line"),)
    return Decision(rows, proof, status, clashes, headline=_fullest(rows), figures=figures)


@dataclass(frozen=True)
class _Line:
    """The tasks of one line as arrays."""

    name: str
    task: list[str]
    ticks: Ints
    arcs: Ints
    takt: int
    old: Ints
    fixed: NDArray[np.bool_]
    together: Ints
    apart: Ints

    @staticmethod
    def of(
        line: Row, tasks: pa.Table, task_times: pa.Table, precedence: pa.Table, takt_s: float | None, peak: bool
    ) -> _Line:
        """Pick one line's rows, in the order of their task codes."""
        name = str(line["line"])
        own = tasks.filter(pc.equal(tasks["line"], name)).sort_by("task")
        number = {task: at for at, task in enumerate(own["task"].to_pylist())}
        seconds = own["time_s"].to_numpy().copy()
        if peak:
            for row in task_times.filter(pc.equal(task_times["line"], name)).to_pylist():
                seconds[number[row["task"]]] = max(seconds[number[row["task"]]], row["time_s"])
        links = precedence.filter(pc.equal(precedence["line"], name))
        pairs = zip(links["before"].to_pylist(), links["after"].to_pylist(), strict=True)
        arcs = np.array([(number[before], number[after]) for before, after in pairs], np.int64).reshape(-1, 2)
        takt = float(takt_s or line["takt_s"])  # type: ignore[arg-type]
        return _Line(
            name,
            list(number),
            np.ceil(np.round(seconds * TICKS, 6)).astype(np.int64),
            arcs,
            int(np.floor(round(takt * TICKS, 6))),
            pc.fill_null(own["station"], 0).to_numpy() - 1,
            pc.fill_null(own["fixed"], False).to_numpy(zero_copy_only=False),
            group_numbers(own["together"]),
            group_numbers(own["apart"]),
        )


@dataclass(frozen=True)
class _Plan:
    rows: pa.Table
    used: int
    bound: int
    moved: int
    work_s: float
    room_s: float
    clashes: tuple[Clash, ...] = ()


def _balance(row: Row, line: _Line, spare: int, seed: int) -> _Plan:
    """Plan one line, or say what cannot hold together."""
    from smilecurve.solve.packing import fewest_stations
    from smilecurve.solve.zoning import Zones, pack_in_zones

    clashes = _clashes(line)
    if clashes:
        return _no_plan(*clashes)
    places = max(int(str(row["stations"])), int(line.old.max(initial=-1)) + 1)
    zones = Zones(np.where(line.fixed, line.old, -1), line.together, line.apart, line.old)
    enough = fewest_stations(line.ticks, line.arcs, line.takt, seed=seed).stations + spare if spare else 0
    plan = pack_in_zones(line.ticks, line.arcs, line.takt, zones, places=places, enough=enough, seed=seed)
    if plan.station.size == 0:
        said = f"the rules of line {line.name} leave no plan in {places} stations at a takt of {line.takt / TICKS:g} s"
        what = said if plan.impossible else f"no plan was found: {said} that the search could reach"
        return _no_plan(Clash(what, "tasks", "free a fixed task, or slow the takt"))
    return _Plan(
        _rows(line, plan),
        plan.stations,
        plan.lower_bound,
        plan.moved,
        float(line.ticks.sum()) / TICKS,
        plan.stations * line.takt / TICKS,
    )


def _no_plan(*clashes: Clash) -> _Plan:
    return _Plan(STATION_PLAN.empty(), 0, 0, 0, 0.0, 0.0, clashes)


def _rows(line: _Line, plan: ZonedPacking) -> pa.Table:
    """Lay out the plan, station by station, tasks in an order their precedence allows."""
    rank = _ranks(line)
    order = np.lexsort((rank, plan.station))
    station = plan.station[order]
    seconds = line.ticks / TICKS
    load = np.bincount(plan.station, weights=seconds)
    first = np.searchsorted(station, station)
    moved = (line.old >= 0) & (line.old != plan.station)
    reason = np.where(line.fixed, "fixed", np.where(moved, "moved", np.where(line.old >= 0, "kept", "fits")))
    columns: dict[str, object] = {
        "line": [line.name] * order.size,
        "task": [line.task[at] for at in order],
        "station": station + 1,
        "position": np.arange(order.size) - first + 1,
        "time_s": seconds[order],
        "station_time_s": load[station],
        "takt_s": np.full(order.size, line.takt / TICKS),
        "load": load[station] * TICKS / line.takt,
        "old_station": [int(at) + 1 if at >= 0 else None for at in line.old[order]],
        "moved": moved[order],
        "reason": reason[order].tolist(),
    }
    return pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in STATION_PLAN.fields})


def _ranks(line: _Line) -> Ints:
    """Give each task the length of the longest chain before it: a rank that never runs against the precedence."""
    rank = np.zeros(len(line.task), np.int64)
    for _ in range(len(line.task)):
        higher = rank.copy()
        np.maximum.at(higher, line.arcs[:, 1], rank[line.arcs[:, 0]] + 1)
        if (higher == rank).all():
            break
        rank = higher
    return rank


def _clashes(line: _Line) -> tuple[Clash, ...]:
    """Name what no plan can hold: tasks longer than the takt, groups and fixed stations with too much work."""
    takt = line.takt / TICKS
    found: list[Clash] = []
    long = [f"{line.task[at]} ({line.ticks[at] / TICKS:g} s)" for at in np.flatnonzero(line.ticks > line.takt)]
    if long:
        what = f"takt of {takt:g} s is shorter than {', '.join(long)}"
        found.append(Clash(what, "takt_s", "split the task, add a parallel station, or slow the takt"))
    for label, group in (("together", line.together), ("fixed", np.where(line.fixed, line.old, -1))):
        for at in np.unique(group[group >= 0]):
            members = np.flatnonzero(group == at)
            work = float(line.ticks[members].sum()) / TICKS
            if work > takt and members.size > 1:
                names = ", ".join(line.task[m] for m in members)
                where = f"must share a station ({label}" + (f" at {at + 1})" if label == "fixed" else ")")
                found.append(
                    Clash(f"{names} {where} and take {work:g} s, more than the takt of {takt:g} s", "tasks", "free one")
                )
    return tuple(found)


def _fullest(rows: pa.Table) -> int | None:
    """Give the first row of the fullest station."""
    return int(np.argmax(rows["load"].to_numpy())) if rows.num_rows else None
