"""The work orders of one line as arrays for line.sequence: who waits, who is held, what each needs at each station."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.desks.line._ticks import TICKS

Ints = NDArray[np.int64]
Row = dict[str, object]

MOST_PARTS = 24
"""Parts whose use is levelled at once: those that differ most from model to model."""


@dataclass(frozen=True)
class Weights:
    """What each thing that can go wrong costs, in seconds of work beyond a station, or the goals in strict order."""

    must_s: float
    wished_s: float
    colour_change_s: float
    batch_limit: int
    late_day_s: float
    early_day_s: float
    move_s: float
    level_s: float
    use_s: float
    goals: str
    open_end: bool
    free_options: str

    @property
    def strict(self) -> tuple[str, ...]:
        """Give the goals in their order; none where all is weighed."""
        return tuple(self.goals.replace(",", " ").split())

    @property
    def levels(self) -> bool:
        """Say whether models are to keep an even pace."""
        return "level" in self.strict if self.strict else self.level_s > 0

    @property
    def evens_parts(self) -> bool:
        """Say whether parts are to be used at an even pace."""
        return "use" in self.strict if self.strict else self.use_s > 0


def held_work_orders(tables: Mapping[str, pa.Table | None]) -> dict[str, tuple[str, str]]:
    """Give the work orders on hold, each with the part and lot of its kit that holds it."""
    kits = tables["kits"]
    return holds(kits, held_lots(tables.get("suspect_lots"), tables.get("lot_holds"))) if kits is not None else {}


def held_lots(suspect_lots: pa.Table | None, lot_holds: pa.Table | None) -> dict[tuple[str, str], int]:
    """List the (part, lot) to hold with their rank: those the field blames, then those that wait for an answer here."""
    found: dict[tuple[str, str], int] = {}
    if suspect_lots is not None:
        rows = suspect_lots.select(["part", "lot", "rank", "hold"]).to_pylist()
        found = {(row["part"], row["lot"]): row["rank"] for row in rows if row["hold"]}
    if lot_holds is None:
        return found
    last = max(found.values(), default=0)
    for rank, row in enumerate(lot_holds.sort_by("since").select(["part", "lot"]).to_pylist(), last + 1):
        found.setdefault((row["part"], row["lot"]), rank)
    return found


def holds(kits: pa.Table, lots: dict[tuple[str, str], int]) -> dict[str, tuple[str, str]]:
    """Give, for each work order whose kit has a lot on hold, the part and the lot that weighs most."""
    found: dict[str, tuple[str, str]] = {}
    if not lots:
        return found
    likely = kits.filter(pc.is_in(kits["lot"], pa.array([lot for _, lot in lots])))
    for row in likely.select(["work_order", "part", "lot"]).to_pylist():
        key, known = (row["part"], row["lot"]), found.get(row["work_order"])
        if key in lots and (known is None or lots[key] < lots[known]):
            found[row["work_order"]] = key
    return found


@dataclass(frozen=True)
class Queue:
    """The work orders of a line in their present order; the first `frozen` of those not held may not move."""

    rows: list[Row]
    held: list[tuple[str, str] | None]
    old_slot: list[int | None]
    frozen: int

    @staticmethod
    def of(orders: list[Row], frozen_slots: int, held: dict[str, tuple[str, str]]) -> Queue:
        """Order by the released sequence, then by due day; number the released ones from 1."""
        far = 1 << 60
        rows = sorted(orders, key=lambda r: (far if r["rank"] is None else r["rank"], r["due"], r["work_order"]))
        slots: list[int | None] = [None if row["rank"] is None else at + 1 for at, row in enumerate(rows)]
        on_hold = [held.get(str(row["work_order"])) for row in rows]
        early = [at for at, slot in enumerate(slots) if slot is not None and slot <= frozen_slots]
        return Queue(rows, on_hold, slots, sum(on_hold[at] is None for at in early))

    def without_parts(self, last: date, room: int) -> Queue:
        """Put machines whose parts come after the last sequenced day behind the `room` machines of those days."""
        unready = {
            at
            for nth, at in enumerate(self.free)
            if nth >= self.frozen and isinstance(day := self.rows[at]["ready"], date) and day > last
        }
        if not unready:
            return self
        ready = [at for at in range(len(self.rows)) if at not in unready]
        placed = np.cumsum([self.held[at] is None for at in ready])
        cut = int(np.searchsorted(placed, room)) + 1
        order = [*ready[:cut], *sorted(unready), *ready[cut:]]
        return Queue(
            [self.rows[at] for at in order],
            [self.held[at] for at in order],
            [self.old_slot[at] for at in order],
            self.frozen,
        )

    @property
    def free(self) -> list[int]:
        """Give the places of the work orders that are not held."""
        return [at for at, lot in enumerate(self.held) if lot is None]


@dataclass(frozen=True)
class LineFacts:
    """What the line allows: takt, stations with their reach, work of each model at each station, option ratios."""

    takt: int
    slots_per_day: int
    length: Ints
    drift: Ints
    work: dict[str, Ints]
    ratios: list[Row]

    @staticmethod
    def of(
        line: Row, stations: pa.Table, tasks: pa.Table, task_times: pa.Table, station_plan: pa.Table, ratios: pa.Table
    ) -> LineFacts:
        """Pick one line's rows; a task stands where the plan puts it, else where it stands today."""
        name = str(line["line"])
        own = [
            table.filter(pc.equal(table["line"], name)) for table in (stations, tasks, task_times, station_plan, ratios)
        ]
        there = own[0].sort_by("station").to_pylist()
        reach = {row["station"]: _ticks(row["length_s"]) for row in there}
        number = {station: at for at, station in enumerate(reach)}
        stands = {row["task"]: (row["station"], row["time_s"]) for row in own[1].to_pylist()}
        for row in own[3].to_pylist():
            if row["task"] in stands:
                stands[row["task"]] = (row["station"], stands[row["task"]][1])
        mean = np.zeros(len(reach), np.int64)
        for station, seconds in stands.values():
            if station in number:
                mean[number[station]] += _ticks(seconds)
        work: dict[str, Ints] = {"": mean}
        for row in own[2].to_pylist():
            station, seconds = stands.get(row["task"], (None, 0.0))
            if station in number:
                model = work.setdefault(row["model"], mean.copy())
                model[number[station]] += _ticks(row["time_s"]) - _ticks(seconds)
        return LineFacts(
            _ticks(line["takt_s"]),
            int(str(line["slots_per_day"])),
            np.array(list(reach.values()), np.int64),
            np.array([_ticks(row["drift_s"] or 0.0) for row in there], np.int64),
            work,
            own[4].sort_by("option").to_pylist(),
        )

    def start_s(self, slot: int) -> float:
        """Give the seconds from the start of the first shift to a slot, slots counted from 0."""
        day, within = divmod(slot, self.slots_per_day)
        return day * 86400.0 + within * self.takt / TICKS


def _ticks(seconds: object) -> int:
    return round(float(str(seconds)) * TICKS)


def due_slots(rows: list[Row], today: date, slots_per_day: int) -> Ints:
    """Give the last slot, from 0, that is still in time for each work order."""
    days = [(due - today).days for row in rows if isinstance(due := row["due"], date)]
    return (np.array(days, np.int64) + 1) * slots_per_day - 1


def ready_slots(rows: list[Row], today: date, slots_per_day: int) -> Ints:
    """Give the first slot, from 0, at which all parts of each work order are there."""
    days = [(ready - today).days if isinstance(ready := row["ready"], date) else 0 for row in rows]
    return np.maximum(np.array(days, np.int64), 0) * slots_per_day


def tail_of(tail_machines: pa.Table | None, line: str, ratios: list[Row]) -> list[Row]:
    """Give the machines built last on a line that the next windows reach back to, the last one at the end."""
    if tail_machines is None:
        return []
    reach = max([1, *(int(str(ratio["out_of"])) - 1 for ratio in ratios)])
    own = tail_machines.filter(pc.equal(tail_machines["line"], line)).sort_by("place").slice(0, reach)
    return [dict(row) for row in reversed(own.to_pylist())]


def part_uses(rows: list[Row], bom: pa.Table | None) -> Ints:
    """Count the pieces of each part in each work order, for the parts that models use most unevenly."""
    models = [str(row["model"]) for row in rows]
    if bom is None or not models:
        return np.zeros((len(models), 0), np.int64)
    own = bom.filter(pc.is_in(bom["parent"], pa.array(sorted(set(models))))).to_pylist()
    parts = sorted({str(row["part"]) for row in own})
    number, row_of = (
        {part: at for at, part in enumerate(parts)},
        {model: at for at, model in enumerate(sorted(set(models)))},
    )
    pieces = np.zeros((len(row_of), len(parts)), np.int64)
    for row in own:
        pieces[row_of[row["parent"]], number[row["part"]]] += round(row["quantity"])
    used = pieces[[row_of[model] for model in models]]
    spread = used.var(axis=0) if parts else np.zeros(0)
    uneven = np.sort(np.argsort(-spread, kind="stable")[:MOST_PARTS])
    return np.asarray(used[:, uneven[spread[uneven] > 0]], np.int64)


def option_columns(rows: list[Row], ratios: list[Row]) -> Ints:
    """Mark which work order has which option that has a ratio."""
    chosen = [set(str(row["options"] or "").split()) for row in rows]
    marks = [[int(ratio["option"] in own) for ratio in ratios] for own in chosen]
    return np.array(marks, np.int64).reshape(len(rows), len(ratios))
