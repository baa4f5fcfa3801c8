"""Replications of a line and the interval they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._flow_figures import Figures

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TROUBLE = {1: "the line came to rest with no event left", 2: "more machines go back than the line can work off"}


@dataclass(frozen=True)
class Runs:
    """Replications: mean time between departures [run], shares of time [run, station, mode], and by how much the times
    drawn lay above their mean [run, station] (none where they were not booked).

    modes: busy, starved, blocked, under repair, waiting for a repairer, outside its hours.
    """

    cycles: Floats
    shares: Floats
    excess: Floats


class Estimate(NamedTuple):
    """A mean and half its 95 % interval."""

    mean: float
    half: float


def replicate(figures: Figures, jobs: int, warm: int, replications: int, seed: int) -> Runs:
    """Run the line `replications` times, each with chance of its own that depends on the seed alone."""
    one = _serial_run if figures.serial else _plant_run
    found = [one(figures, jobs, warm, seed, run) for run in range(replications)]
    cycles, shares, excess = (np.array([f[k] for f in found]) for k in range(3))
    return Runs(cycles, shares, excess)


def interval(values: Floats) -> Estimate:
    """Mean of independent values with half its 95 % interval by Student's t."""
    from scipy.special import stdtrit

    if values.size < 2:
        return Estimate(float(values.mean()), float("inf"))
    return Estimate(
        float(values.mean()), float(stdtrit(values.size - 1, 0.975) * values.std(ddof=1) / values.size**0.5)
    )


def controlled(runs: Runs) -> Estimate:
    """Mean cycle freed from the luck of the times drawn, whose means are known (control variates by regression).

    Used where there are three times as many runs as stations with chance and ten more; else the plain interval. Source:
    Lavenberg & Welch (1981), Management Science 27:322-335.
    """
    from scipy.special import stdtrit

    plain = interval(runs.cycles)
    moved = runs.excess[:, runs.excess.std(axis=0) > 0] if runs.excess.size else runs.excess
    count, free = moved.shape[0], moved.shape[0] - moved.shape[1] - 1
    if not moved.size or count < 3 * moved.shape[1] + 10:
        return plain
    design = np.column_stack((np.ones(count), moved))
    answer, *_ = np.linalg.lstsq(design, runs.cycles, rcond=None)
    rest = runs.cycles - design @ answer
    spread = float(rest @ rest) / free * float(np.linalg.pinv(design.T @ design)[0, 0])
    return Estimate(float(answer[0]), float(stdtrit(free, 0.975) * spread**0.5))


def _serial_run(f: Figures, jobs: int, warm: int, seed: int, run: int) -> tuple[float, Floats, Floats]:
    from smilecurve.solve._flow_kernels import run_serial

    spent = run_serial(
        f.work, f.models, f.kind, f.spread, f.samples, f.first_sample, f.stop_rate, f.repair, f.places[:-1], seed, run,
        warm, jobs,
    )  # fmt: skip
    shares = np.zeros((f.stations, 6))
    shares[:, :4] = spent[:, :4] / spent[:, 4:5]
    seen = np.bincount(f.models[np.arange(warm, warm + jobs) % f.models.size], minlength=f.work.shape[0]) / jobs
    asked = seen @ f.work * (1.0 + f.stop_rate * f.repair)
    return float(spent[-1, 4] / jobs), shares, (spent[:, 0] + spent[:, 3]) / jobs - asked


def _plant_run(f: Figures, jobs: int, warm: int, seed: int, run: int) -> tuple[float, Floats, Floats]:
    from smilecurve.solve._flow_plant import Plant

    plant = Plant.of(f)
    code, span, spent = plant.run(f, seed, run, warm, jobs)
    if code:
        raise ValueError(TROUBLE[code])
    shares = spent[:, [1, 0, 2, 3, 4, 5]] / (span * f.posts[:, None])
    return span / jobs, shares, np.zeros(0)
