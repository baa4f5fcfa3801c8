"""How does a plan of one line read as rows of station_plan?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from smilecurve.desks.line._line_work import LineWork
from smilecurve.desks.line._ticks import TICKS
from smilecurve.terms.tables.line import STATION_PLAN

if TYPE_CHECKING:
    from smilecurve.solve.zoning import ZonedPacking

SIDES = np.array(["left", "right"], dtype=object)


def plan_rows(line: LineWork, plan: ZonedPacking) -> pa.Table:
    """Lay out a plan, station by station, tasks in the order they start."""
    order = np.lexsort((plan.side, plan.start, plan.station))
    station = plan.station[order]
    ends, both = np.zeros(plan.copies.size, np.int64), np.zeros(plan.copies.size, np.bool_)
    both[: line.places] = line.stands.sides == 3
    np.maximum.at(ends, plan.station, plan.start + line.ticks)
    load = np.bincount(plan.station, weights=line.ticks, minlength=ends.size)
    needs = np.where(both, ends, load) / TICKS
    copies = np.maximum(plan.copies, 1)
    takt = plan.takt / TICKS
    columns: dict[str, object] = {
        "line": [line.name] * order.size,
        "task": [line.task[at] for at in order],
        "station": station + 1,
        "position": np.arange(order.size) - np.searchsorted(station, station) + 1,
        "time_s": line.ticks[order] / TICKS,
        "station_time_s": needs[station],
        "takt_s": np.full(order.size, takt),
        "load": (needs / (copies * takt))[station],
        "old_station": [int(at) + 1 if at >= 0 else None for at in line.old[order]],
        "moved": ((line.old >= 0) & (line.old != plan.station))[order],
        "side": [SIDES[plan.side[at]] if both[plan.station[at]] else None for at in order],
        "start_s": plan.start[order] / TICKS,
        "parallel": copies[station],
        "reason": _reasons(line, plan)[order].tolist(),
    }
    return pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in STATION_PLAN.fields})


def _reasons(line: LineWork, plan: ZonedPacking) -> np.ndarray:
    """Say why each task stands where it does."""
    moved = (line.old >= 0) & (line.old != plan.station)
    stands = np.where(moved, "moved", np.where(line.old >= 0, "kept", "fits"))
    long = line.ticks > plan.takt
    reason: np.ndarray = np.where(line.fixed, "fixed", np.where(long, "long", stands))
    return reason
