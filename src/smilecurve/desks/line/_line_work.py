"""What do the tables say of one line, as numbers? Times, order, rules and stations for line.balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.desks.line._tasks import Ints, Row, group_numbers
from smilecurve.desks.line._ticks import TICKS

if TYPE_CHECKING:
    from smilecurve.solve.zoning import Zones


TASK_SIDES = {None: 0, "either": 0, "left": 1, "right": 2}
STATION_SIDES: dict[object, int] = {None: 0, "left": 1, "right": 2, "both": 3}


@dataclass(frozen=True)
class Places:
    """What the stations of a line offer, in flow order; a place without a row offers everything, within the takt.

    skills: None where a station has them all; strain_most: 0 where nothing binds; limit: what a station gives one
    machine of any model, 0 for the takt; parallel: stations that stand side by side there.
    """

    sides: Ints
    skills: list[set[str] | None]
    strain_most: Ints
    limit: Ints
    parallel: Ints

    @staticmethod
    def of(stations: pa.Table, places: int) -> Places:
        """Pick so many places from the rows of one line."""
        rows: dict[object, Row] = {row["station"]: row for row in stations.to_pylist()}
        here = [rows.get(at + 1, {}) for at in range(places)]
        most = [row.get("strain_most") for row in here]
        return Places(
            np.array([STATION_SIDES[row.get("side")] for row in here], np.int64),
            [None if row.get("skills") is None else set(str(row["skills"]).split()) for row in here],
            np.array([0 if m is None else max(_down(m), 1) for m in most], np.int64),
            np.array([_down(row["length_s"]) if row else 0 for row in here], np.int64),
            np.array([row.get("parallel") or 1 for row in here], np.int64),
        )


@dataclass(frozen=True)
class LineWork:
    """The tasks of one line as arrays, in the order of their codes, and the stations that stand there.

    models: at the peak, the time of each task on each model that has times of its own; beside: most stations that may
    stand side by side at each place.
    """

    name: str
    task: list[str]
    ticks: Ints
    arcs: Ints
    takt: int
    old: Ints
    fixed: NDArray[np.bool_]
    together: Ints
    apart: Ints
    side: Ints
    skill: list[str | None]
    strain: Ints
    models: dict[str, Ints]
    stands: Places
    beside: Ints

    @property
    def places(self) -> int:
        """Count the places of the line."""
        return self.stands.sides.size

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Give tasks x stations: which station has the skill that a task needs."""
        able = [[skill is None or has is None or skill in has for has in self.stands.skills] for skill in self.skill]
        return np.array(able, np.bool_).reshape(len(self.task), self.places)

    def zones(self) -> Zones:
        """Give the rules as solve.zoning reads them."""
        from smilecurve.solve.zoning import Zones

        stands = self.stands
        loads, caps = list(self.models.values()), [stands.limit] * len(self.models)
        if stands.strain_most.any():
            loads.append(self.strain)
            caps.append(np.where(stands.strain_most > 0, stands.strain_most, self.strain.sum() + 1))
        return Zones(
            np.where(self.fixed, self.old, -1),
            self.together,
            self.apart,
            self.old,
            self.side,
            stands.sides,
            self.allowed if any(has is not None for has in stands.skills) else np.zeros(0),
            np.array(loads, np.int64),
            np.array(caps, np.int64),
            self.beside,
        )


@dataclass(frozen=True)
class LineTables:
    """The tables line.balance reads, to pick one line's rows from."""

    tasks: pa.Table
    task_times: pa.Table
    precedence: pa.Table
    stations: pa.Table
    model_mix: pa.Table

    def of(self, line: Row, takt_s: float | None, peak: bool, parallel: int) -> LineWork:
        """Pick one line's rows."""
        name = str(line["line"])
        tasks, times, links, stations, mix = (
            table.filter(pc.equal(table["line"], name))
            for table in (self.tasks, self.task_times, self.precedence, self.stations, self.model_mix)
        )
        tasks = tasks.sort_by("task")
        number = {task: at for at, task in enumerate(tasks["task"].to_pylist())}
        models = _model_seconds(tasks["time_s"].to_numpy(), number, times)
        pairs = zip(links["before"].to_pylist(), links["after"].to_pylist(), strict=True)
        old = pc.fill_null(tasks["station"], 0).to_numpy() - 1
        stands = Places.of(stations, max(int(str(line["stations"])), int(old.max(initial=-1)) + 1))
        return LineWork(
            name,
            list(number),
            _up(_mean_seconds(tasks["time_s"].to_numpy(), models, mix)),
            np.array([(number[before], number[after]) for before, after in pairs], np.int64).reshape(-1, 2),
            _down(takt_s or line["takt_s"]),
            old,
            pc.fill_null(tasks["fixed"], False).to_numpy(zero_copy_only=False),
            group_numbers(tasks["together"]),
            group_numbers(tasks["apart"]),
            np.array([TASK_SIDES[side] for side in tasks["side"].to_pylist()], np.int64),
            tasks["skill"].to_pylist(),
            _up(pc.fill_null(tasks["strain"], 0.0).to_numpy()),
            {model: _up(seconds) for model, seconds in models.items()} if peak else {},
            stands,
            np.maximum(stands.parallel, parallel),
        )


def _model_seconds(
    standard: NDArray[np.float64], number: dict[str, int], times: pa.Table
) -> dict[str, NDArray[np.float64]]:
    """Give the time of each task on each model that has times of its own; the standard time where it has none."""
    models = {model: standard.copy() for model in sorted(set(times["model"].to_pylist()))}
    for row in times.to_pylist():
        models[row["model"]][number[row["task"]]] = row["time_s"]
    return models


def _mean_seconds(
    standard: NDArray[np.float64], models: dict[str, NDArray[np.float64]], mix: pa.Table
) -> NDArray[np.float64]:
    """Weigh the times of the models by the mix; without a mix the standard times are the mean already."""
    if not mix.num_rows:
        return standard
    shares = zip(mix["model"].to_pylist(), mix["share"].to_pylist(), strict=True)
    mean: NDArray[np.float64] = np.sum([share * models.get(m, standard) for m, share in sorted(shares)], axis=0)
    return mean


def _up(seconds: NDArray[np.float64]) -> Ints:
    return np.ceil(np.round(seconds * TICKS, 4)).astype(np.int64)


def _down(seconds: object) -> int:
    return int(np.floor(round(float(str(seconds)) * TICKS, 6)))
