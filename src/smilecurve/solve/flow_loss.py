"""Where does the rate go that a line does not give?

The line is made ideal step by step with the same luck throughout: no stops, nothing sent back, the mean of the models
in place of the mix, no waiting for one another, work spread evenly. What each step brings is lost to its cause; the
steps add up to all that is lost. The order matters where causes meet, and is always this one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from smilecurve.solve._flow_figures import Figures
from smilecurve.solve._flow_running import replicate
from smilecurve.solve.flow import Line

__all__ = ["Losses", "losses"]


@dataclass(frozen=True)
class Losses:
    """Jobs a unit of time: what the work would allow if spread evenly, what the line gives, and what is lost to what.

    imbalance: the slowest station has more work than the mean; waiting: stations wait for one another because work
    varies and places are few; mix: models take turns; rework: machines go back; breakdown: stations stop, alone and by
    holding up others.
    """

    ideal: float
    real: float
    imbalance: float
    waiting: float
    mix: float
    rework: float
    breakdown: float

    @property
    def shares(self) -> dict[str, float]:
        """Each cause's share of what is lost; all 0 where nothing is."""
        lost = self.ideal - self.real
        names = ("imbalance", "waiting", "mix", "rework", "breakdown")
        return {n: getattr(self, n) / lost if lost > 1e-12 * self.ideal else 0.0 for n in names}


def losses(line: Line, *, jobs: int = 4_000, warm: int = 1_000, replications: int = 10, seed: int = 0) -> Losses:
    """Split what the line loses against evenly spread work without any trouble.

    >>> split = losses(Line(mean=[2.0, 4.0], buffers=[0]), jobs=100, warm=10, replications=2)
    >>> round(split.ideal, 3), round(split.real, 3), round(split.imbalance, 3)       # 1/3 evenly, 1/4 as it is
    (0.333, 0.25, 0.083)
    """
    asis = line.figures
    calm = replace(asis, stop_rate=np.zeros(asis.stations))
    straight = replace(calm, fails=np.zeros(asis.stations))
    alike = replace(straight, work=asis.mean[None, :], models=np.zeros(1, np.int64))
    seen: list[float] = []
    before: Figures | None = None
    for figures in (asis, calm, straight, alike):
        if before is not None and _same(before, figures):
            seen.append(seen[-1])
        else:
            seen.append(1.0 / float(replicate(figures, jobs, warm, replications, seed).cycles.mean()))
        before = figures
    slowest = 1.0 / alike.slowest
    ideal = float((asis.posts * asis.open_share).sum() / asis.mean.sum())
    real, no_stops, no_rework, no_mix = seen
    return Losses(
        ideal, real, ideal - slowest, slowest - no_mix, no_mix - no_rework, no_rework - no_stops, no_stops - real
    )


def _same(one: Figures, other: Figures) -> bool:
    """Do two lines differ in nothing that a step takes away?"""
    alike = one.work.shape == other.work.shape and one.models.size == other.models.size
    return alike and np.array_equal(one.stop_rate, other.stop_rate) and np.array_equal(one.fails, other.fails)
