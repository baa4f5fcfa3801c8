"""How few stations hold this takt, and which task goes where?

Reads     lines, tasks, task_times, precedence, stations, model_mix

Decides   station_plan

Proof     lower bound on the number of stations in use, on the takt, on their product or on the moves, as the goal asks

Method    station-by-station search with bounds (solve.packing); rules, and tasks kept where they stand, by constraint
programming (solve.zoning)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from smilecurve.desks.line._balance_clashes import clashes, too_few_places
from smilecurve.desks.line._line_work import LineTables, LineWork
from smilecurve.desks.line._plan_rows import plan_rows
from smilecurve.desks.line._tasks import refuse_broken_tasks
from smilecurve.desks.line._ticks import TICKS
from smilecurve.terms.decision import Clash, Decision, Proof, Status
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.line import LINES, MODEL_MIX, PRECEDENCE, STATION_PLAN, STATIONS, TASK_TIMES, TASKS

if TYPE_CHECKING:
    from smilecurve.solve.zoning import ZonedPacking

__all__ = ["balance_line"]

LONGEST_TAKT_S = 10_000_000
MOST_SPARE = 10_000
GOALS: Mapping[str, tuple[str, str]] = {
    "stations": ("stations", "LB1-LB3, exhausted search and constraint programming"),
    "moves": ("tasks moved", "constraint programming from the line as it stands"),
    "takt": ("s of takt", "LB1-LB3, exhausted search and constraint programming"),
    "efficiency": ("s of station time a machine", "LB1-LB3 for every number of stations"),
}
"""What may be made least, in which unit it is proved, and how."""

REASONS = {
    "fixed": "must stay at station {station}, which is loaded {load:.0%} of takt",
    "long": "takes {time_s:.0f} s of a takt of {takt_s:.0f} s: station {station} stands {parallel} times side by side",
    "kept": "stays at station {station}, which is loaded {load:.0%} of takt",
    "moved": "moves from station {old_station} to {station}, which is then loaded {load:.0%} of takt",
    "fits": "fits station {station}, which is loaded {load:.0%} of takt",
}

ANSWERS = {
    "stations": "{stations:.0f} stations hold a takt of {takt_s:g} s; proved that fewer cannot",
    "stations_open": "{stations:.0f} stations hold a takt of {takt_s:g} s; fewer than {stations_least:.0f} cannot",
    "moves": "{tasks_moved:.0f} tasks move for a takt of {takt_s:g} s; proved that fewer cannot",
    "moves_open": "{tasks_moved:.0f} tasks move for a takt of {takt_s:g} s; fewer than {tasks_moved_least:.0f} cannot",
    "takt": "{stations:.0f} stations hold a takt of {takt_s:g} s; proved that none shorter can be held",
    "takt_open": "{stations:.0f} stations hold a takt of {takt_s:g} s; "
    "proved that none below {takt_least_s:g} s can be held",
    "efficiency": "{stations:.0f} stations at a takt of {takt_s:g} s work {efficiency:.1%} of their time; "
    "proved the most",
    "efficiency_open": "{stations:.0f} stations at a takt of {takt_s:g} s work {efficiency:.1%} of their time",
    "lines": "{stations:.0f} stations on {lines:.0f} lines; proved that fewer cannot hold their takts",
    "lines_open": "{stations:.0f} stations on {lines:.0f} lines; "
    "fewer than {stations_least:.0f} cannot hold their takts",
}
"""What is said over all lines: of one line by what was made least, of several in short."""


@desk(
    "line.balance",
    question="How few stations hold this takt, and which task goes where?",
    reads=(LINES, TASKS, TASK_TIMES, PRECEDENCE, STATIONS, MODEL_MIX),
    decides=STATION_PLAN,
    reasons=REASONS,
    needs=("lines", "tasks"),
    version="2",
    answers=ANSWERS,
)
def balance_line(
    lines: pa.Table,
    tasks: pa.Table,
    task_times: pa.Table,
    precedence: pa.Table,
    stations: pa.Table,
    model_mix: pa.Table,
    *,
    takt_s: float | None = None,
    goal: str = "stations",
    spare_stations: int = 0,
    parallel: int = 1,
    peak: bool = False,
    seed: int = 0,
) -> Decision:
    """The station of every task of every line: what `goal` names is made least, then the tasks moved.

    takt_s: takt to plan for instead of each line's own; goal: stations (fewest that hold the takt), moves (fewest tasks
    moved, in the stations that stand there), takt (shortest that those stations hold) or efficiency (least stations
    times takt, at a takt not longer than asked); spare_stations: stations beyond the fewest that may be used so that
    more tasks stay; parallel: most stations side by side at one place; peak: besides the mean over the mix, every
    model's work at a station must fit the station's length, or the takt where it has none.
    """
    _refuse_options(takt_s, goal, spare_stations, parallel)
    refuse_broken_tasks(lines, tasks, task_times, precedence, stations, model_mix)
    tables = LineTables(tasks, task_times, precedence, stations, model_mix)
    own = set(tasks["line"].to_pylist())
    asked = [row for row in lines.sort_by("line").to_pylist() if row["line"] in own]
    done = [_balance(tables.of(row, takt_s, peak, parallel), goal, spare_stations, seed) for row in asked]
    found = tuple(clash for plan in done for clash in plan.clashes)
    rows = pa.concat_tables([plan.rows for plan in done]) if done else STATION_PLAN.empty()
    unit, by = GOALS[goal]
    value, bound = sum(plan.value for plan in done), sum(plan.bound for plan in done)
    proof = Proof("optimal" if value == bound else "bound", value, bound, unit, by)
    status: Status = "none" if found or not done else "best" if value == bound else "good"
    if not done:
        found = (Clash("no line has tasks", "tasks", "load the tasks of a line"),)
    figures = _figures(done, goal)
    answer = "" if status == "none" else _answer(goal, done, value == bound)
    return Decision(rows, proof, status, found, headline=_fullest(rows), figures=figures, answer=answer)


def _refuse_options(takt_s: float | None, goal: str, spare_stations: int, parallel: int) -> None:
    found: list[Breach] = []
    if takt_s is not None and not 0 < takt_s <= LONGEST_TAKT_S:
        said = f"a takt of {takt_s} s is not above 0 and at most {LONGEST_TAKT_S} s"
        found.append(Breach(said, "takt_s", "give the seconds between machines"))
    if goal not in GOALS:
        found.append(Breach(f"{goal} is no goal", "goal", f"use one of {', '.join(GOALS)}"))
    if not 0 <= spare_stations <= MOST_SPARE:
        found.append(Breach(f"spare_stations is {spare_stations}", "spare_stations", f"give 0 to {MOST_SPARE}"))
    if not 1 <= parallel <= 9:
        found.append(Breach(f"parallel is {parallel}", "parallel", "give 1 to 9 stations side by side"))
    if found:
        raise OptionRejected(found)


@dataclass(frozen=True)
class _Plan:
    """One line's plan: what the goal reached and its bound, and the figures people look for."""

    rows: pa.Table
    value: float = 0.0
    bound: float = 0.0
    stations: int = 0
    stations_least: int = 0
    moved: int = 0
    moved_least: int = 0
    takt_s: float = 0.0
    work_s: float = 0.0
    room_s: float = 0.0
    clashes: tuple[Clash, ...] = ()


def _balance(line: LineWork, goal: str, spare: int, seed: int) -> _Plan:
    """Plan one line, or say what cannot hold together."""
    takt = line.takt if goal != "takt" else int(line.ticks.sum())
    found = clashes(line, takt)
    if found:
        return _Plan(STATION_PLAN.empty(), clashes=found)
    plan, bound = _solved(line, goal, spare, seed)
    if plan.station.size == 0:
        clash = too_few_places(line, plan.lower_bound, takt)
        if not plan.impossible:
            clash = Clash(f"no plan was found: {clash.what} that the search could reach", clash.at, clash.do)
        return _Plan(STATION_PLAN.empty(), clashes=(clash,))
    workers = plan.copies[np.unique(plan.station * 2 + plan.side) // 2]
    values = {
        "stations": (plan.stations, plan.lower_bound),
        "moves": (plan.moved, plan.moved_bound),
        "takt": (plan.takt / TICKS, plan.takt_bound / TICKS),
        "efficiency": (plan.stations * plan.takt / TICKS, bound / TICKS),
    }
    return _Plan(
        plan_rows(line, plan),
        *values[goal],
        plan.stations,
        plan.lower_bound,
        plan.moved,
        plan.moved_bound,
        plan.takt / TICKS,
        float(line.ticks.sum()) / TICKS,
        float(workers.sum()) * plan.takt / TICKS,
    )


def _solved(line: LineWork, goal: str, spare: int, seed: int) -> tuple[ZonedPacking, int]:
    """Give the plan for a goal, and for efficiency the bound on stations times takt."""
    from smilecurve.solve.zoning import pace_in_zones, pack_in_zones, thrift_in_zones

    zones, places, stand = line.zones(), line.places, int(line.stands.parallel.sum())
    if goal == "takt":
        return pace_in_zones(line.ticks, line.arcs, zones, places=places, stations=stand, seed=seed), 0
    if goal == "efficiency":
        return thrift_in_zones(line.ticks, line.arcs, line.takt, zones, places=places, seed=seed)
    enough = stand if goal == "moves" else 0
    plan = pack_in_zones(line.ticks, line.arcs, line.takt, zones, places=places, enough=enough, seed=seed)
    if spare and goal == "stations" and plan.moved:
        enough = plan.stations + spare
        plan = pack_in_zones(line.ticks, line.arcs, line.takt, zones, places=places, enough=enough, seed=seed)
    return plan, 0


def _answer(goal: str, done: list[_Plan], proved: bool) -> str:
    """Which answer says it: what was made least on one line, stations on several."""
    if len(done) > 1:
        goal, proved = "lines", all(plan.stations == plan.stations_least for plan in done)
    return goal if proved else f"{goal}_open"


def _figures(done: list[_Plan], goal: str) -> dict[str, float]:
    room = sum(plan.room_s for plan in done)
    several = {"takt_s": done[0].takt_s} if len(done) == 1 else {"lines": float(len(done))}
    least = {"takt_least_s": done[0].bound} if len(done) == 1 and goal == "takt" else {}
    return (
        several
        | least
        | {
            "stations": float(sum(plan.stations for plan in done)),
            "stations_least": float(sum(plan.stations_least for plan in done)),
            "tasks_moved": float(sum(plan.moved for plan in done)),
            "tasks_moved_least": float(sum(plan.moved_least for plan in done)),
            "efficiency": sum(plan.work_s for plan in done) / room if room else 0.0,
        }
    )


def _fullest(rows: pa.Table) -> int | None:
    """Give the first row of the fullest station."""
    return int(np.argmax(rows["load"].to_numpy())) if rows.num_rows else None
