"""How does an example maker come into a thread?"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["Seeded", "seed_world"]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What came in: tables, events, the world's own now, and the seconds it took."""

    tables: int
    events: int
    now: dt.datetime
    seconds: float


def seed_world(thread: Thread, name: str, *, seed: int = 1, scale: float | None = None) -> Seeded:
    """Generate a world and bring its tables and events in through the one door; refused where one stands."""
    from smilecurve.worlds import WORLDS

    standing = thread.meta().get("world")
    if standing:
        raise OptionRejected(
            Breach(f"this thread holds the world {standing}", "--thread", "name another folder, or remove this one")
        )
    began = time.perf_counter()
    make = WORLDS[name]
    world = make(seed=seed) if scale is None else make(seed=seed, scale=scale)
    for code, rows in world.tables.items():
        thread.put(table(code), rows, by=f"world {name}")
    thread.load(world.events)
    thread.set_clock(world.now)
    for key, value in (dict(world.meta) | {"world": name, "seed": str(seed), "scale": str(world.scale)}).items():
        thread.set_meta(key, value)
    return Seeded(len(world.tables), world.events.num_rows, world.now, time.perf_counter() - began)
