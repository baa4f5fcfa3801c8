"""In which order do the next machines go on the line?

Reads     lines, stations, tasks, task_times, station_plan, option_ratios, work_orders, kits, tail_machines, bom,
          lot_holds; hears suspect_lots

Decides   build_sequence

Proof     a lower bound for each kind of trouble, in seconds of work beyond a station; strict goals in their order

Method    local search with incremental windows (solve.sequencing), even pace by assignment (solve.levelling)
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._orders import Weights
from smilecurve.desks.line._refusing import refuse_data, refuse_options
from smilecurve.desks.line._shifts import Shift, clash_of, frozen_beyond, sequenced
from smilecurve.desks.line._slots import REASONS, colour_changes, headline_of
from smilecurve.desks.line._ticks import TICKS
from smilecurve.desks.line.judging import GOALS, standings
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.line import (
    BUILD_SEQUENCE,
    KITS,
    LINES,
    OPTION_RATIOS,
    STATION_PLAN,
    STATIONS,
    TAIL_MACHINES,
    TASK_TIMES,
    TASKS,
    WORK_ORDERS,
)
from smilecurve.terms.tables.line_quality import LOT_HOLDS
from smilecurve.terms.tables.supply import BOM

__all__ = ["sequence_line"]


@desk(
    "line.sequence",
    question="In which order do the next machines go on the line?",
    reads=(
        LINES,
        STATIONS,
        TASKS,
        TASK_TIMES,
        STATION_PLAN,
        OPTION_RATIOS,
        WORK_ORDERS,
        KITS,
        TAIL_MACHINES,
        BOM,
        LOT_HOLDS,
    ),
    decides=BUILD_SEQUENCE,
    reasons=REASONS,
    feedback=(SUSPECT_LOTS,),
    needs=("lines", "work_orders"),
    version="2",
)
def sequence_line(
    lines: pa.Table,
    stations: pa.Table,
    tasks: pa.Table,
    task_times: pa.Table,
    station_plan: pa.Table,
    option_ratios: pa.Table,
    work_orders: pa.Table,
    kits: pa.Table,
    tail_machines: pa.Table | None = None,
    bom: pa.Table | None = None,
    lot_holds: pa.Table | None = None,
    *,
    suspect_lots: pa.Table | None = None,
    today: date | None = None,
    days: int = 2,
    goals: str = "",
    must_s: float = 600.0,
    wished_s: float = 60.0,
    colour_change_s: float = 30.0,
    batch_limit: int = 0,
    late_day_s: float = 3600.0,
    early_day_s: float = 7200.0,
    move_s: float = 10.0,
    level_s: float = 0.0,
    use_s: float = 0.0,
    open_end: bool = False,
    free_options: str = "",
    moves: int = 300_000,
    seed: int = 0,
) -> Decision:
    """The slot of every work order of every line; machines whose kit has a held lot stand behind the last slot.

    today: day of slot 1 (default: the earliest due day); days: how many days of slots are sequenced, the rest follows
    by due day. What goes wrong is weighed in seconds of work beyond a station: must_s and wished_s a window too full
    of an option of priority 1 and 2, colour_change_s a change, late_day_s a day late, early_day_s a day before its
    parts are there, move_s a machine that leaves its place among those that stay, level_s and use_s a machine or piece
    that a model or part is off its even pace in a slot. goals: instead of weights, goals in strict order, for example
    "must colour wished"; what is not named costs nothing. batch_limit: machines of one colour in a row (0: any), never
    more save in frozen slots. open_end: windows cut short by the last slot count too. free_options: options without a
    ratio (* = any).
    """
    weights = Weights(
        must_s,
        wished_s,
        colour_change_s,
        batch_limit,
        late_day_s,
        early_day_s,
        move_s,
        level_s,
        use_s,
        goals,
        open_end,
        free_options,
    )
    tables = {
        "lines": lines,
        "stations": stations,
        "tasks": tasks,
        "task_times": task_times,
        "station_plan": station_plan,
        "option_ratios": option_ratios,
        "work_orders": work_orders,
        "kits": kits,
        "tail_machines": tail_machines,
        "bom": bom,
        "suspect_lots": suspect_lots,
        "lot_holds": lot_holds,
    }
    refuse_options(days, weights)
    refuse_data(tables, weights)
    there = standings(tables, weights, today=today, days=days)
    found = [(here, *clash_of(here)) for here in there]
    done = [sequenced(here, moves, seed) for here, clash, _ in found if clash is None]
    clashes = tuple(clash for _, clash, _ in found if clash)
    if not done or (clashes and not any(shift.rows.num_rows for shift in done)):
        return _no_plan(sum(beyond for *_, beyond in found), clashes)
    clashes += tuple(clash for shift in done for clash in frozen_beyond(shift.here))
    rows = pa.concat_tables([shift.rows for shift in done])
    proof = _proof(done, weights)
    return Decision(
        rows,
        proof,
        "best" if proof.kind == "optimal" and not clashes else "good",
        clashes,
        headline=headline_of(rows),
        figures=_figures(rows, done),
        urgent=bool(pc.any(rows["held"]).as_py()),
    )


def _no_plan(beyond: int, clashes: tuple[Clash, ...]) -> Decision:
    """On no line an order keeps the batch limit, or there is none: nothing is decided, the counting is the proof."""
    no_line = Clash("there is no line", "lines", "load the lines of the plant")
    proof = Proof("bound", float(beyond), float(beyond), "machines", "counting the batches that other colours part")
    return Decision(BUILD_SEQUENCE.empty(), proof, "none", clashes or (no_line,))


def _proof(done: list[Shift], weights: Weights) -> Proof:
    """The cost against one bound for each kind of trouble; strict goals stop at the first that is not proved."""
    if not weights.strict:
        cost, bound = (
            sum(values) / TICKS for values in zip(*((s.found.cost, s.found.bound) for s in done), strict=True)
        )
        return Proof("optimal" if cost == bound else "bound", cost, bound, "s", "one bound for each kind of trouble")
    value, bound = 0, 0
    goal = weights.strict[0]
    for goal in weights.strict:
        value = sum(shift.here.counts(shift.found)[goal] for shift in done)
        bound = sum(shift.goal_bounds[goal] for shift in done)
        if value > bound:
            break
    by = "goals in strict order; told of the first that is not proved, or of the last"
    return Proof("optimal" if value == bound else "bound", value, bound, GOALS[goal], by)


def _figures(rows: pa.Table, done: list[Shift]) -> dict[str, float]:
    """What people look for: machines by their fate, and each kind of trouble beside what no order beats."""
    running = rows.filter(pc.invert(rows["held"]))
    thawed = running.filter(pc.invert(running["frozen"]))
    found = {
        "machines": float(rows.num_rows),
        "held": float(pc.sum(rows["held"]).as_py() or 0),
        "moved": float(pc.sum(pc.not_equal(thawed["shift"], 0)).as_py() or 0),
        "late": float(pc.sum(pc.greater(running["late_days"], 0)).as_py() or 0),
        "before_parts": float(pc.sum(pc.greater(running["early_days"], 0)).as_py() or 0),
        "overload_s": float(pc.sum(rows["overload_s"]).as_py() or 0.0),
        "windows_overfilled": float(sum(int(shift.found.violations.sum()) for shift in done)),
        "colour_changes": float(colour_changes(rows)),
        "tail_machines": float(sum(shift.here.history for shift in done)),
    }
    for goal in done[0].here.weights.strict:
        found[f"goal_{goal}"] = float(sum(shift.here.counts(shift.found)[goal] for shift in done))
        found[f"goal_{goal}_bound"] = float(sum(shift.goal_bounds[goal] for shift in done))
    if not done[0].here.weights.strict:
        found["saved_s"] = sum(shift.before.cost - shift.found.cost for shift in done) / TICKS
        for part in done[0].found.parts:
            cost = sum(shift.found.parts[part] for shift in done)
            if cost:
                found[f"{part}_cost_s"] = cost / TICKS
                found[f"{part}_bound_s"] = sum(shift.found.bounds[part] for shift in done) / TICKS
        if together := sum(shift.found.bounds["together"] for shift in done):
            found["together_bound_s"] = together / TICKS
    return found
