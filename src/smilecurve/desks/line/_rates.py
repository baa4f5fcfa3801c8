"""What does a simulated line say, station by station?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.line._flow_line import FlowLine
from smilecurve.terms.tables.line import LINE_RATES

if TYPE_CHECKING:
    from smilecurve.solve.flow_places import PlaceTrial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REASONS = {
    "holds_back": "holds the line back: works {busy:.0%} and stands {down:.0%} of the time",
    "add_place": "one more buffer place behind it gives {gain_per_day:.1f} machines a day, more than anywhere else",
    "add_places": "of the extra places it gets some: {places_best} behind it in place of {places}",
    "unattended": "stands {unattended:.0%} of the time because no repairer is free",
    "starved": "waits for machines {starved:.0%} of the time",
    "blocked": "cannot pass its machine on {blocked:.0%} of the time",
    "runs": "works {busy:.0%} of the time",
}
CAUSES = ("imbalance", "waiting", "mix", "rework", "breakdown")
HARDLY = 0.02
MOST_TURNS, FEW_TURNS = 30, 4


@dataclass(frozen=True)
class Effort:
    """What to simulate: how work varies, machines, of these not counted, runs, the seed, extra places to lay out."""

    variation: float
    lognormal: bool
    jobs: int
    warm: int
    replications: int
    seed: int
    extra_places: int


@dataclass(frozen=True)
class LineRates:
    """The rows of one line and its sums: seconds a machine with their interval, machines a day, lost to each cause."""

    rows: pa.Table
    cycle_s: float
    low_s: float
    high_s: float
    least_s: float
    best_s: float
    takt_s: float
    a_day: float
    ideal_a_day: float
    lost: dict[str, float]

    @staticmethod
    def of(flow_line: FlowLine, effort: Effort) -> LineRates:
        """Simulate one line as it is, without each kind of trouble, and with more places."""
        from smilecurve.solve.flow import throughput
        from smilecurve.solve.flow_loss import losses
        from smilecurve.solve.flow_places import PlaceTrial

        line = flow_line.to_solve(effort.variation, effort.lognormal)
        counted = effort.jobs - effort.warm
        how = {"jobs": counted, "warm": effort.warm, "replications": effort.replications, "seed": effort.seed}
        flow = throughput(line, **how)
        split = losses(line, **how)
        lighter = {"jobs": min(counted, 800), "warm": min(effort.warm, 200), "replications": 3, "seed": effort.seed}
        serial = {**how, "replications": min(effort.replications, 4)}
        trial = PlaceTrial(line, **(serial if line.figures.serial else lighter))
        day_s = flow_line.hours.day_s
        shares = np.array(
            [flow.busy, flow.starved, flow.blocked, flow.down, flow.unattended, flow.shut]
        ).clip(0, 1)  # fmt: skip
        places = _Places.of(trial, len(flow_line.stations), effort.extra_places, flow.rate, day_s)
        sums = {"ideal_per_day": split.ideal * day_s}
        sums |= {f"lost_{cause}": getattr(split, cause) * day_s for cause in CAUSES}
        cycle = (1.0 / flow.rate, 1.0 / flow.high, 1.0 / max(flow.low, 1e-12))
        rows = _table(flow_line, shares, places, cycle, sums)
        takt = float(str(flow_line.row["takt_s"]))
        lost = {cause: sums[f"lost_{cause}"] for cause in CAUSES}
        return LineRates(
            rows, *cycle, 1.0 / flow.limit, places.best_s, takt, flow.rate * day_s, sums["ideal_per_day"], lost
        )  # fmt: skip


@dataclass(frozen=True)
class _Places:
    """What places bring: machines a day and whether that is sure, rank, who gets one in turn and the seconds a machine
    then, the best layout.
    """

    gain: Floats
    sure: NDArray[np.bool_]
    rank: Ints
    turn: list[int | None]
    in_turn_s: list[float | None]
    best: Ints
    best_s: float

    @staticmethod
    def of(trial: PlaceTrial, stations: int, extra: int, rate: float, day_s: float) -> _Places:
        """Try one place more everywhere, then for one station after the other, then the extra ones laid out best.

        The trial is shorter than the simulation: what it brings is carried over as a ratio of rates.
        """
        gain, sure = np.zeros(stations), np.zeros(stations, np.bool_)
        means, halves = trial.gains()
        gain[trial.gaps], sure[trial.gaps] = means * day_s, means - halves > 0
        order = np.concatenate(
            (trial.gaps[np.argsort(-gain[trial.gaps], kind="stable")], np.flatnonzero(trial.figures.to < 0))
        )
        rank = np.empty(stations, np.int64)
        rank[order] = np.arange(1, stations + 1)
        turn: list[int | None] = [None] * stations
        seconds: list[float | None] = [None] * stations
        chosen, rates = trial.in_turn(MOST_TURNS if trial.figures.serial else FEW_TURNS)
        for at, station in enumerate(chosen.tolist()):
            turn[station], seconds[station] = at + 1, float(rates[0] / rates[at + 1] / rate)
        layout = trial.lay_out(extra)
        return _Places(gain, sure, rank, turn, seconds, layout.places, layout.before / layout.rate / rate)


def _table(
    flow_line: FlowLine, shares: Floats, places: _Places, cycle: tuple[float, float, float], sums: dict[str, float]
) -> pa.Table:
    """The rows of line_rates for one line."""
    busy, starved, blocked, down, unattended, closed = shares
    n = len(flow_line.stations)
    stands = np.array(flow_line.places)
    slowest = int(np.argmax(busy + down + unattended))
    more = places.best > stands
    each: dict[str, object] = {
        "line": flow_line.row["line"], "cycle_s": cycle[0], "cycle_low_s": cycle[1], "cycle_high_s": cycle[2],
        "takt_s": flow_line.row["takt_s"], "cycle_best_s": places.best_s, **sums,
    }  # fmt: skip
    columns: dict[str, object] = {name: [value] * n for name, value in each.items()}
    columns |= {
        "station": [r["station"] for r in flow_line.stations],
        "work_s": flow_line.mean,
        "busy": busy,
        "starved": starved,
        "blocked": blocked,
        "down": down,
        "unattended": unattended,
        "closed": closed,
        "gain_per_day": places.gain,
        "rank": places.rank,
        "parallel": flow_line.parallel,
        "places": stands,
        "places_best": places.best,
        "place_turn": places.turn,
        "cycle_in_turn_s": places.in_turn_s,
        "reason": [
            "holds_back" if at == slowest
            else "add_place" if places.rank[at] == 1 and places.sure[at]
            else "add_places" if more[at]
            else _waiting(starved[at], blocked[at], unattended[at])
            for at in range(n)
        ],
    }  # fmt: skip
    return pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in LINE_RATES.fields})


def _waiting(starved: float, blocked: float, unattended: float) -> str:
    """Say why a station waits, if it does."""
    if max(starved, blocked, unattended) < HARDLY:
        return "runs"
    if unattended >= max(starved, blocked):
        return "unattended"
    return "starved" if starved >= blocked else "blocked"
