"""Numbered events for processes that are killed, and whether what was acknowledged is there, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from smilecurve.terms.event import EVENTS
from smilecurve.thread.store import Thread
from thread_fleet.telling import Bar, say

T0 = datetime(2024, 1, 1, tzinfo=UTC)


def batch(source: str, first: int, size: int) -> list[dict[str, object]]:
    """So many events of a source, by number."""
    return [
        {"kind": "fault", "event_time": T0, "machine": f"M{n % 97}", "code": "E", "source": source, "seq": n}
        for n in range(first, first + size)
    ]  # fmt: skip


def reckon(thread: Thread, acked: Mapping[str, Iterable[int]], ended: Counter[str]) -> None:
    """Print what was lost and what is doubled of the numbers acknowledged, by source."""
    say("ended", ", ".join(f"{name} {n}" for name, n in ended.items()))
    held = Counter(thread.view(EVENTS)["event_id"].to_pylist())
    safe = {f"{source}#{n}" for source, numbers in acked.items() for n in numbers}
    Bar("acknowledged events lost", 0).told(len(safe - held.keys()), f"of {len(safe):,} acknowledged")
    Bar("events doubled", 0).told(sum(n - 1 for n in held.values()))
    rebuilt, health = thread.rebuild(), thread.health(deep=True)
    say("derived again, and whole", f"{rebuilt.equal} over {rebuilt.chunks} chunks, {health.ok} {health.problems}")
