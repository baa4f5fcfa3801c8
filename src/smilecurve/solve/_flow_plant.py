"""The records a plant is simulated on, made anew for each run of the event kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._flow_events import CLOCK, LANE, POST, STATION, Records, run_plant
from smilecurve.solve._flow_figures import Figures

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Plant:
    """Stations and posts at rest, the feeders of each station, and how much room queues, lanes and bays need."""

    stations: Records
    posts: Records
    feeders: Ints
    room: int

    @staticmethod
    def of(f: Figures) -> Plant:
        """Lay out a line at rest."""
        m = f.stations
        stations = cast("Records", np.zeros(m, STATION))
        feeders = [np.flatnonzero(f.to == j) for j in range(m)]
        ends = np.cumsum([own.size for own in feeders])
        posts = np.cumsum(f.posts)
        lane = LANE if (f.fails > 0).any() else 0
        bay = LANE if (f.bay > 0).any() else 0
        queue = m + np.cumsum(f.places) - f.places
        lanes = m + int(f.places.sum())
        columns = {
            "kind": f.kind, "first_sample": f.first_sample[:-1], "last_sample": f.first_sample[1:], "timed": f.timed,
            "places": f.places, "to": f.to, "first_feeder": ends - [own.size for own in feeders], "last_feeder": ends,
            "first_post": posts - f.posts, "last_post": posts, "crew": f.crew, "back_to": f.back, "group": f.group,
            "shut": f.group >= 0, "at_queue": queue, "at_lane": lanes + lane * np.arange(m),
            "at_bay": lanes + lane * m + bay * np.arange(m), "spread": f.spread, "stop_rate": f.stop_rate,
            "repair": f.repair, "fails": f.fails, "bay": f.bay,
        }  # fmt: skip
        for name, value in columns.items():
            stations[name] = value
        places = cast("Records", np.zeros(int(posts[-1]), POST))
        places["station"] = np.repeat(np.arange(m), f.posts)
        return Plant(stations, places, np.concatenate(feeders).astype(np.int64), lanes + (lane + bay) * m)

    def run(self, f: Figures, seed: int, run: int, warm: int, jobs: int) -> tuple[int, float, Floats]:
        """Run once: a code (0 = fine), the span after the warm-up, time by station and mode."""
        size = self.posts.size
        bays = size + (size if f.timed.any() else 0)
        groups = bays + (f.stations if (f.bay > 0).any() else 0)
        when = np.full(groups + f.hours.shape[0], np.inf)
        when[groups:] = f.hours[:, 0]
        clock = cast("Records", np.zeros(1, CLOCK))
        free = f.people.copy() if f.people.size else np.zeros(1, np.int64)
        spent = run_plant(
            self.stations.copy(), self.posts.copy(), clock, when, np.zeros(self.room, np.int64), free, self.feeders,
            f.work, f.models, f.samples, f.hours, f.cycle, bays, groups, seed, run, warm, jobs,
        )  # fmt: skip
        return int(clock["code"][0]), float(clock["time"][0] - clock["warmed"][0]), spent
