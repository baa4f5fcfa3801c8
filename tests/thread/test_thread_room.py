"""A disk without room: what was acknowledged is safe, what was not is told plainly, and with room it goes on."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smilecurve.terms.errors import Breach, StoreFull
from smilecurve.terms.event import EVENTS
from smilecurve.terms.tables.market import MARKETS
from smilecurve.thread import store, upkeep
from smilecurve.thread.store import Thread, open_thread

Events = Callable[[Thread, int], list[dict[str, object]]]


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def thread(tmp_path: Path) -> Iterator[Thread]:
    with open_thread(tmp_path / "thread") as opened:
        yield opened


@pytest.fixture
def events() -> Events:
    def batch(thread: Thread, first: int) -> list[dict[str, object]]:
        at = thread.clock()
        return [
            {"kind": "fault", "event_time": at, "machine": f"M{n}", "code": "E", "source": "gate", "seq": n}
            for n in range(first, first + 500)
        ]

    return batch


def test_an_append_without_room_is_refused_whole_and_goes_in_later(thread: Thread, events: Events) -> None:
    acked = 0

    def until_full() -> None:
        nonlocal acked
        while acked < 100_000:
            thread.append(events(thread, acked))
            acked += 500

    with no_file_above(600_000), pytest.raises(StoreFull, match="make room on that disk"):
        until_full()
    assert acked, "some went in before"
    assert thread.count(EVENTS) == acked
    assert thread.append(events(thread, acked)).added == 500
    assert thread.health(deep=True).ok


def test_a_sealing_without_room_leaves_the_tail_and_no_file(thread: Thread, events: Events) -> None:
    for first in range(0, 3000, 500):
        thread.append(events(thread, first))
    with no_file_above(5000), pytest.raises(StoreFull):
        thread.seal()
    assert not [p for p in (thread.folder / "segments").rglob("*.*") if p.is_file()]
    assert thread.health().tail == thread.count(EVENTS) == 3000
    assert thread.seal() == 3000
    assert thread.rebuild().equal


def test_what_is_safe_is_acknowledged_though_the_sealing_behind_it_finds_no_room(
    thread: Thread, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> int:
        raise StoreFull(Breach("full", "disk", "make room"))

    monkeypatch.setattr(store, "SEAL_AT", 1)
    monkeypatch.setattr(upkeep, "MUCH_WAITS", 500)
    monkeypatch.setattr(thread.sealer, "seal", full)
    acked = [thread.append(events(thread, first)).added for first in range(0, 2000, 500)]
    assert acked == [500] * 4
    assert thread.health().problems[0].startswith("2,000 events wait to be sealed")


def test_a_table_without_room_is_refused(thread: Thread) -> None:
    rows = MARKETS.rows(
        [
            {
                "market": "DE",
                "name": "Germany",
                "climate": "cold",
                "depot": "DE",
                "latitude": 0.0,
                "longitude": 0.0,
                "home": False,
                "currency": "EUR",
                "region": "EU",
            }
        ]
    )
    with no_file_above(100), pytest.raises(StoreFull):
        thread.put(MARKETS, rows)
    thread.put(MARKETS, rows)
    assert thread.view(MARKETS).num_rows == 1
