"""The rows of line.sequence: every work order in its slot, with what it brings there and why."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._orders import Row
from smilecurve.desks.line._ticks import TICKS

if TYPE_CHECKING:
    from smilecurve.desks.line.judging import Standing
    from smilecurve.solve.sequencing import Sequencing

REASONS = {
    "held": "on hold: its kit has lot {held_lot} of {held_part}",
    "frozen": "frozen in slot {slot}",
    "awaits": "stands behind the days that are sequenced: its parts are there from {ready}",
    "waits": "stands in slot {slot} behind the days that are sequenced",
    "parts": "goes on the line {early_days} days before its parts are there on {ready}",
    "late": "leaves the line {late_days} days after its due day {due}",
    "overfills": "{violations} option windows are too full with it, {tight_option} most",
    "overload": "brings {overload_s:.0f} s of work beyond the reach of its stations",
    "by_hand": "put into slot {slot} by hand",
    "joins": "joins the sequence in slot {slot}",
    "ready": "goes from slot {old_slot} to slot {slot}: its parts are there from {ready}",
    "level": "goes from slot {old_slot} to slot {slot}: {model} is {off_pace:+.1f} machines off its even pace",
    "moved": "goes from slot {old_slot} to slot {slot} for the sake of the whole sequence",
    "closes_up": "closes up from slot {old_slot} to slot {slot}",
    "kept": "keeps slot {slot}",
}


TELLING = ("held", "parts", "late", "overfills", "overload", "by_hand", "ready", "awaits", "joins", "level", "moved")
"""Reasons that a reader should hear of first, in this order."""


def slot_records(here: Standing, found: Sequencing, by_hand: Collection[str]) -> list[Row]:
    """Lay out the whole queue in the order found, held machines last; `by_hand`: work orders a person moved."""
    queue, facts, h = here.queue, here.facts, here.history
    free = queue.free
    places = [free[at - h] for at in found.order[h:]] + [at for at, lot in enumerate(queue.held) if lot is not None]
    running, pace, levels = found.order.size - h, _off_pace(here, found), here.weights.levels
    records: list[Row] = []
    for slot, at in enumerate(places):
        row, lot, old = queue.rows[at], queue.held[at], queue.old_slot[at]
        on, day = slot < running, slot // facts.slots_per_day
        tight = int(found.tight[h + slot]) if on else -1
        record: Row = {
            "line": here.line,
            "slot": slot + 1,
            "start_s": facts.start_s(slot),
            **{key: row[key] for key in ("work_order", "model", "market", "colour", "due", "ready")},
            "late_days": _days_after(row["due"], here.today, day),
            "early_days": -min(_days_after(row["ready"], here.today, day, signed=True), 0) if on else 0,
            "frozen": lot is None and slot < queue.frozen,
            "held": lot is not None,
            "held_part": lot[0] if lot else None,
            "held_lot": lot[1] if lot else None,
            "old_slot": old,
            "moved": slot + 1 - old if old is not None else 0,
            "shift": slot - int(found.order[h + slot] - h) if on and old is not None else 0,
            "off_pace": pace[slot] if slot < len(pace) else None,
            "overload_s": float(found.overload[h + slot]) / TICKS if on else 0.0,
            "violations": int(found.overfilled[h + slot]) if on else 0,
            "tight_option": facts.ratios[tight]["option"] if tight >= 0 else None,
        }
        behind = slot >= here.span - h and on
        records.append(record | {"reason": _reason(record, here, behind, row["work_order"] in by_hand, levels)})
    return records


def _days_after(day: object, today: date, slot_day: int, *, signed: bool = False) -> int:
    """Count the days that a slot's day is after a day; 0 without one, or before it unless signed."""
    days = (today - day).days + slot_day if isinstance(day, date) else 0
    return days if signed else max(days, 0)


def _off_pace(here: Standing, found: Sequencing) -> list[float]:
    """Say for each sequenced slot how many machines its model is ahead of its even pace; empty where none is asked."""
    if not here.weights.levels:
        return []
    kind = np.asarray(here.rules.kind)[found.order[here.history : here.span]]
    share = np.bincount(kind)[kind] / max(kind.size, 1)
    seen = (np.cumsum(kind[:, None] == np.arange(kind.max(initial=0) + 1), axis=0))[np.arange(kind.size), kind]
    return [round(float(off), 3) for off in seen - share * np.arange(1, kind.size + 1)]


def _reason(row: Row, here: Standing, behind: bool, by_hand: bool, levels: bool) -> str:
    """Give the first of the reasons that holds for this row."""
    ready, slots = row["ready"], here.facts.slots_per_day
    old = row["old_slot"]
    unready = isinstance(ready, date) and isinstance(old, int) and (ready - here.today).days > (old - 1) // slots
    tests = {
        "held": row["held"],
        "frozen": row["frozen"],
        "awaits": behind and isinstance(ready, date) and ready > here.last,
        "waits": behind,
        "parts": row["early_days"],
        "late": row["late_days"],
        "overfills": row["violations"],
        "overload": row["overload_s"],
        "by_hand": by_hand,
        "joins": old is None,
        "ready": unready and row["shift"],
        "level": levels and row["shift"],
        "moved": row["shift"],
        "closes_up": row["moved"],
    }
    return next((reason for reason, holds_here in tests.items() if holds_here), "kept")


def headline_of(rows: pa.Table) -> int | None:
    """Give the row that tells most: on hold, without parts, late, too full a window, most overload, moved."""
    if rows.num_rows == 0:
        return None
    reasons = rows["reason"].to_pylist()
    weight = np.array([TELLING.index(r) if r in TELLING else len(TELLING) for r in reasons])
    return int(np.lexsort((-rows["overload_s"].to_numpy(), weight))[0])


def colour_changes(rows: pa.Table) -> int:
    """Count the changes of colour from one machine to the next that is built on the same line."""
    built = rows.filter(pc.invert(rows["held"])).select(["line", "colour"]).to_pylist()
    pairs = itertools.pairwise(built)
    return sum(one["line"] == other["line"] and one["colour"] != other["colour"] for one, other in pairs)
