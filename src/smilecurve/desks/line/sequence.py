"""In which order do the next machines go on the line?

Reads     lines, stations, tasks, task_times, station_plan, option_ratios, work_orders, kits; hears suspect_lots

Decides   build_sequence

Proof     lower bound on the weighted seconds of what goes wrong

Method    simulated annealing over swaps, insertions and reversals with incremental windows (solve.sequencing)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._orders import (
    TICKS,
    LineFacts,
    Queue,
    Row,
    Weights,
    due_slots,
    held_lots,
    holds,
    option_columns,
)
from smilecurve.desks.line._slots import REASONS, colour_changes, headline_of, slot_rows
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.line import (
    BUILD_SEQUENCE,
    KITS,
    LINES,
    OPTION_RATIOS,
    STATION_PLAN,
    STATIONS,
    TASK_TIMES,
    TASKS,
    WORK_ORDERS,
)

if TYPE_CHECKING:
    from smilecurve.solve.sequencing import Rules

__all__ = ["sequence_line"]


@desk(
    "line.sequence",
    question="In which order do the next machines go on the line?",
    reads=(LINES, STATIONS, TASKS, TASK_TIMES, STATION_PLAN, OPTION_RATIOS, WORK_ORDERS, KITS),
    decides=BUILD_SEQUENCE,
    reasons=REASONS,
    feedback=(SUSPECT_LOTS,),
    needs=("lines", "work_orders"),
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
    *,
    suspect_lots: pa.Table | None = None,
    today: date | None = None,
    days: int = 2,
    must_s: float = 600.0,
    wished_s: float = 60.0,
    colour_change_s: float = 30.0,
    batch_limit: int = 0,
    late_day_s: float = 3600.0,
    move_s: float = 10.0,
    level_s: float = 0.0,
    moves: int = 400_000,
    seed: int = 0,
) -> Decision:
    """The slot of every work order of every line; machines whose kit has a held lot stand behind the last slot.

    today: day of slot 1 (default: the earliest due day); days: how many days of slots are sequenced, the rest follows
    by due day. What goes wrong is weighed in seconds of work beyond a station: must_s and wished_s a window too full
    of an option of priority 1 and 2, colour_change_s a change, late_day_s a day late, move_s a machine that leaves
    its slot, level_s a machine that a model is off its even pace in a slot. batch_limit: machines of one colour in a
    row (0: any).
    """
    weights = Weights(must_s, wished_s, colour_change_s, batch_limit, late_day_s, move_s, level_s)
    _refuse(lines, work_orders, days, weights)
    held = holds(kits, held_lots(suspect_lots))
    first = today or (pc.min(work_orders["due"]).as_py() if work_orders.num_rows else date.min)
    done: list[_Shift] = []
    for line in lines.sort_by("line").to_pylist():
        orders = work_orders.filter(pc.equal(work_orders["line"], line["line"])).to_pylist()
        facts = LineFacts.of(line, stations, tasks, task_times, station_plan, option_ratios)
        queue = Queue.of(orders, line["frozen_slots"], held)
        done.append(_sequence(str(line["line"]), queue, facts, weights, first, days, moves, seed))
    rows = pa.concat_tables([shift.rows for shift in done]) if done else BUILD_SEQUENCE.empty()
    cost, bound = sum(shift.cost for shift in done) / TICKS, sum(shift.bound for shift in done) / TICKS
    proof = Proof("optimal" if cost == bound else "bound", cost, bound, "s", "one bound for each kind of trouble")
    return Decision(
        rows,
        proof,
        "best" if cost == bound else "good",
        headline=headline_of(rows),
        figures=_figures(rows, done, cost),
        urgent=bool(pc.any(rows["held"]).as_py()),
    )


@dataclass(frozen=True)
class _Shift:
    rows: pa.Table
    cost: int
    bound: int
    before: int
    ratio_excess: int


def _sequence(
    name: str, queue: Queue, facts: LineFacts, weights: Weights, today: date, days: int, moves: int, seed: int
) -> _Shift:
    """Sequence one line: search over the first days, then look at the whole queue as it will stand."""
    from smilecurve.solve.sequencing import judge, sequence

    free = queue.free
    if not free:
        return _Shift(slot_rows(name, queue, facts, None, today, days), 0, 0, 0, 0)
    units = [queue.rows[at] for at in free]
    rules = _rules(units, queue, facts, weights, today)
    span = min(max(days * facts.slots_per_day, queue.frozen), len(units))
    start = np.arange(len(units))
    before = judge(start[:span], rules, fixed=queue.frozen)
    found = sequence(start[:span], rules, fixed=queue.frozen, seed=seed, moves=min(moves, 2_000 * span))
    if before.cost <= found.cost:
        found = before
    whole = judge(np.concatenate((found.order, start[span:])), rules, fixed=queue.frozen)
    rows = slot_rows(name, queue, facts, whole, today, days)
    return _Shift(rows, found.cost, found.bound, before.cost, int(found.violations.sum()))


def _rules(units: list[Row], queue: Queue, facts: LineFacts, weights: Weights, today: date) -> Rules:
    """Say what the units are and what costs how much, in ticks."""
    from smilecurve.solve.sequencing import Rules

    models = sorted({str(row["model"]) for row in units})
    colours = sorted({str(row["colour"] or "") for row in units})
    mean = facts.work[""]
    price = {1: weights.must_s, 2: weights.wished_s}
    late = round(weights.late_day_s * TICKS / facts.slots_per_day)
    place = [slot is not None for at, slot in enumerate(queue.old_slot) if queue.held[at] is None]
    return Rules(
        has=option_columns(units, facts.ratios),
        at_most=[int(str(r["at_most"])) for r in facts.ratios],
        out_of=[int(str(r["out_of"])) for r in facts.ratios],
        ratio_weight=[round(price[int(str(r["priority"]))] * TICKS) for r in facts.ratios],
        colour=[colours.index(str(row["colour"] or "")) for row in units],
        colour_weight=round(weights.colour_change_s * TICKS),
        batch_limit=weights.batch_limit,
        batch_weight=round(weights.must_s * TICKS),
        work=np.array([facts.work.get(str(row["model"]), mean) for row in units], np.int64),
        length=facts.length,
        takt=facts.takt,
        due=due_slots(units, today, facts.slots_per_day),
        late_weight=max(late, 1) if weights.late_day_s > 0 else 0,
        reference=np.where(place, np.arange(len(units)), -1),
        move_weight=round(weights.move_s * TICKS),
        kind=[models.index(str(row["model"])) for row in units],
        level_weight=max(round(weights.level_s * TICKS / len(units)), 1) if weights.level_s > 0 else 0,
    )


def _figures(rows: pa.Table, done: list[_Shift], cost: float) -> dict[str, float]:
    before = sum(shift.before for shift in done) / TICKS
    return {
        "machines": float(rows.num_rows),
        "held": float(pc.sum(rows["held"]).as_py() or 0),
        "moved": float(pc.sum(pc.and_not(pc.not_equal(rows["moved"], 0), rows["held"])).as_py() or 0),
        "late": float(pc.sum(pc.and_not(pc.greater(rows["late_days"], 0), rows["held"])).as_py() or 0),
        "overload_s": float(pc.sum(rows["overload_s"]).as_py() or 0.0),
        "windows_overfilled": float(sum(shift.ratio_excess for shift in done)),
        "colour_changes": float(colour_changes(rows)),
        "saved_s": before - cost,
    }


def _refuse(lines: pa.Table, work_orders: pa.Table, days: int, weights: Weights) -> None:
    """Refuse options out of their limits and work orders for a line nobody knows."""
    wrong = [
        Breach(f"{name} is {value:g}", name, "give 0 or more") for name, value in vars(weights).items() if value < 0
    ]
    if days < 1:
        wrong.append(Breach(f"days is {days}", "days", "give 1 or more"))
    if wrong:
        raise OptionRejected(wrong)
    known = set(lines["line"].to_pylist())
    found = [
        Breach(
            f"work order {row['work_order']} is for line {row['line']}, which nobody knows",
            f"work_orders.line, row {at + 1}",
            "name a line of lines",
            "work_orders",
            at,
            "line",
            row["line"],
        )
        for at, row in enumerate(work_orders.select(["work_order", "line"]).to_pylist())
        if row["line"] not in known
    ]
    if found:
        raise DataRejected(found)
