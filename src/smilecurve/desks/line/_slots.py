"""The rows of line.sequence: every work order in its slot, with what it brings there and why."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._orders import TICKS, LineFacts, Queue, Row
from smilecurve.terms.tables.line import BUILD_SEQUENCE

if TYPE_CHECKING:
    from smilecurve.solve.sequencing import Sequencing

REASONS = {
    "held": "on hold: its kit has lot {held_lot} of {held_part}",
    "frozen": "frozen in slot {slot}",
    "late": "leaves the line {late_days} days after its due day {due}",
    "overfills": "{violations} option windows are too full with it, {tight_option} most",
    "overload": "brings {overload_s:.0f} s of work beyond the reach of its stations",
    "joins": "joins the sequence in slot {slot}",
    "moved": "moved by {moved:+d} slots from slot {old_slot} for the sake of the whole sequence",
    "kept": "keeps slot {slot}",
    "waits": "stands in slot {slot} behind the days that are sequenced",
}


def slot_rows(name: str, queue: Queue, facts: LineFacts, found: Sequencing | None, today: date, days: int) -> pa.Table:
    """Lay out the sequence, held machines last."""
    free, order = queue.free, found.order if found else np.zeros(0, np.int64)
    places = [free[at] for at in order] + [at for at, lot in enumerate(queue.held) if lot is not None]
    running = len(order)
    records: list[Row] = []
    for slot, at in enumerate(places):
        row, lot, old = queue.rows[at], queue.held[at], queue.old_slot[at]
        due, day = row["due"], slot // facts.slots_per_day
        running_here = found is not None and slot < running
        tight = int(found.tight[slot]) if found is not None and running_here else -1
        record: Row = {
            "line": name,
            "slot": slot + 1,
            "start_s": facts.start_s(slot),
            **{key: row[key] for key in ("work_order", "model", "market", "colour", "due")},
            "late_days": max((today - due).days + day, 0) if isinstance(due, date) else 0,
            "frozen": lot is None and slot < queue.frozen,
            "held": lot is not None,
            "held_part": lot[0] if lot else None,
            "held_lot": lot[1] if lot else None,
            "old_slot": old,
            "moved": slot + 1 - old if old is not None else 0,
            "overload_s": float(found.overload[slot]) / TICKS if found is not None and running_here else 0.0,
            "violations": int(found.overfilled[slot]) if found is not None and running_here else 0,
            "tight_option": facts.ratios[tight]["option"] if tight >= 0 else None,
        }
        records.append(record | {"reason": _reason(record, slot >= days * facts.slots_per_day)})
    return BUILD_SEQUENCE.rows(records)


def _reason(row: Row, behind: bool) -> str:
    """Give the first of the reasons that holds for this row."""
    tests = {
        "held": row["held"],
        "frozen": row["frozen"],
        "waits": behind,
        "late": row["late_days"],
        "overfills": row["violations"],
        "overload": row["overload_s"],
        "joins": row["old_slot"] is None,
        "moved": row["moved"],
    }
    return next((reason for reason, holds_here in tests.items() if holds_here), "kept")


def headline_of(rows: pa.Table) -> int | None:
    """Give the first machine on hold, else the one that brings most overload."""
    if rows.num_rows == 0:
        return None
    held = pc.index(rows["held"], True).as_py()
    return int(held) if held >= 0 else int(np.argmax(rows["overload_s"].to_numpy()))


def colour_changes(rows: pa.Table) -> int:
    """Count the changes of colour from one machine to the next that is built on the same line."""
    built = rows.filter(pc.invert(rows["held"])).select(["line", "colour"]).to_pylist()
    pairs = itertools.pairwise(built)
    return sum(one["line"] == other["line"] and one["colour"] != other["colour"] for one, other in pairs)
