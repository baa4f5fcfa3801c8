"""What is there to simulate: the work of each model at each station, and what the stations do besides?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.desks.line._hours import LineHours
from smilecurve.terms.cell import as_number

if TYPE_CHECKING:
    from smilecurve.solve.flow import Line

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = dict[str, object]


@dataclass(frozen=True)
class FlowLine:
    """One line: its row, its stations in order, the work of each model at each, the models in build order."""

    row: Row
    stations: list[Row]
    work: Floats
    models: Ints
    parallel: Ints
    hours: LineHours

    @property
    def places(self) -> list[int]:
        """Places behind each station today."""
        return [int(str(r["buffer_places"])) for r in self.stations]

    @property
    def mean(self) -> Floats:
        """Mean work a machine at each station."""
        return np.asarray(self.work[self.models].mean(axis=0))

    @staticmethod
    def of(
        line: Row, stations: pa.Table, tasks: pa.Table, task_times: pa.Table, plan: pa.Table, sequence: pa.Table,
        shifts: pa.Table,
    ) -> FlowLine:  # fmt: skip
        """Pick one line's rows; a task stands where the plan puts it, else where it stands today."""
        own = [_rows(t, str(line["line"])) for t in (stations, tasks, task_times, plan, sequence, shifts)]
        rows = sorted(own[0], key=lambda r: int(str(r["station"])))
        number = {r["station"]: at for at, r in enumerate(rows)}
        stands = {r["task"]: (r["station"], as_number(r["time_s"])) for r in own[1]}
        stands |= {r["task"]: (r["station"], as_number(r["time_s"])) for r in own[3]}
        built = sorted((r for r in own[4] if not r["held"]), key=lambda r: int(str(r["slot"])))
        names = list(dict.fromkeys(str(r["model"]) for r in built)) or [""]
        work = np.zeros((len(names), len(rows)))
        for station, seconds in stands.values():
            if station in number:
                work[:, number[station]] += seconds
        for r in own[2]:
            station, seconds = stands.get(r["task"], (None, 0.0))
            if r["model"] in names and station in number:
                work[names.index(str(r["model"])), number[station]] += as_number(r["time_s"]) - seconds
        beside = {r["station"]: r.get("parallel") for r in own[3] if r.get("parallel")}
        parallel = [int(str(beside.get(r["station"]) or r["parallel"] or 1)) for r in rows]
        order = [names.index(str(r["model"])) for r in built] or [0]
        day_s = as_number(line["takt_s"]) * int(str(line["slots_per_day"]))
        hours = LineHours.of(own[5], [int(str(r["station"])) for r in rows], day_s)
        return FlowLine(
            line, rows, work.clip(0), np.array(order, np.int64), np.array(parallel, np.int64), hours
        )  # fmt: skip

    def to_solve(self, variation: float, lognormal: bool) -> Line:
        """Say it in the figures of solve.flow."""
        from smilecurve.solve.flow import Line

        number = {r["station"]: at for at, r in enumerate(self.stations)}
        last = len(self.stations) - 1
        onward = [number[r["joins"]] if r["joins"] else at + 1 for at, r in enumerate(self.stations)]
        onward[last] = -1
        mtbf = np.array([as_number(r["mtbf_s"]) for r in self.stations])
        return Line(
            self.work, self.places, variation, np.divide(1.0, mtbf, out=np.zeros_like(mtbf), where=mtbf > 0),
            [as_number(r["mttr_s"]) for r in self.stations],
            kind="lognormal" if lognormal else "gamma",
            sequence=self.models,
            posts=self.parallel,
            to=onward,
            timed=[bool(r["stops_waiting"]) for r in self.stations],
            crew=0 if self.row["repairers"] else -1,
            people=[int(as_number(self.row["repairers"]))],
            fails=[as_number(r["rework_share"]) for r in self.stations],
            back=[number[r["rework_to"]] if r["rework_to"] else at for at, r in enumerate(self.stations)],
            bay=[as_number(r["rework_s"]) for r in self.stations],
            group=self.hours.group,
            hours=self.hours.turns,
            cycle=self.hours.day_s,
        )  # fmt: skip


def _rows(table: pa.Table, line: str) -> list[Row]:
    found: list[Row] = table.filter(pc.equal(table["line"], line)).to_pylist()
    return found
