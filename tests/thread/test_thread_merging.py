from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smilecurve.terms.errors import StoreBroken
from smilecurve.terms.event import EVENTS
from smilecurve.terms.tables import TABLES
from smilecurve.thread import merging
from smilecurve.thread.merging import merge_events
from smilecurve.thread.segments import pruned
from smilecurve.thread.store import Thread, open_thread

Event = dict[str, object]
NAMES = ("machines", "components", "claims", "life_groups", "lot_machines", "failure_costs")


def sealed_in(thread: Thread, events: list[Event], count: int) -> None:
    """Take events in and seal them, a few at a time, in the order of time."""
    ordered = sorted(events, key=lambda e: e["event_time"])  # type: ignore[arg-type,return-value]
    size = -(-len(ordered) // count)
    for first in range(0, len(ordered), size):
        thread.append(ordered[first : first + size], source="hand")
        thread.seal()


def told(thread: Thread) -> dict[str, list[dict[str, object]]]:
    """Every life, and tables that follow from all of them."""
    machines = [str(m) for m in thread.view(TABLES["machines"])["machine"].to_pylist()]
    lives = {m: thread.story(m).to_pylist() for m in machines}
    return lives | {n: thread.view(TABLES[n]).to_pylist() for n in NAMES} | {"events": thread.view(EVENTS).to_pylist()}


@pytest.mark.parametrize("rows", [3, 40, 10_000])
def test_a_life_lies_in_one_place_and_is_what_it_was(bare: Thread, events: list[Event], rows: int) -> None:
    sealed_in(bare, events, 5)
    before = told(bare)
    assert merge_events(bare.sealer, rows=rows) == 5
    files = pruned(bare.segments.live(), "event")
    assert {(s.first_chunk, s.chunk) for s in files} == {(1, 5)}
    assert sum(s.rows for s in files) == len(events)
    if rows > 3:
        assert len([s for s in pruned(files, "event", ["M1"]) if s.lo]) == 1
    assert told(bare) == before
    assert bare.health(deep=True).ok
    assert bare.rebuild().differing == ()


def test_what_comes_later_is_merged_with_what_was(bare: Thread, events: list[Event]) -> None:
    sealed_in(bare, events, 3)
    assert bare.merge() == 3
    assert bare.merge() == 0
    assert bare.append(events, source="hand").added == 0
    later: list[Event] = [
        {"kind": "meter_reading", "event_time": datetime(2024, 1, 1, tzinfo=UTC) - timedelta(days=d), "machine": m,
         "quantity": 100.0}
        for d, m in ((400, "M1"), (1, "M1"), (1, "A-new"))
    ]  # fmt: skip
    bare.append(later)
    bare.seal()
    before = told(bare)
    assert bare.merge() == 3
    assert told(bare) == before
    assert bare.rebuild().equal
    assert bare.segments.sweep() == []


def test_a_merged_thread_opens_again(bare: Thread, events: list[Event]) -> None:
    sealed_in(bare, events, 2)
    before = bare.story("M1")
    bare.merge()
    with open_thread(bare.place) as again:
        assert again.story("M1").equals(before)


def test_files_of_many_groups_of_rows_are_merged(empty: Thread) -> None:
    """Five thousand machines, built in one seal of several groups of rows and read in the next."""
    machines = [f"M{n:05d}" for n in range(5000)]
    pieces = [[{"component": c, "part": f"P{c}", "lot": f"L{c}-{n // 7}"} for c in "ab"] for n in range(len(machines))]
    for told in (
        {"kind": "assembling", "components": pieces},
        {"kind": "meter_reading", "quantity": [float(n) for n in range(len(machines))]},
    ):
        at = datetime(2023, 1, 1 if "components" in told else 9, tzinfo=UTC)
        more = {c: v for c, v in told.items() if c != "kind"}
        empty.load([
            {"kind": told["kind"], "event_time": at, "machine": m, **{c: v[n] for c, v in more.items()}}
            for n, m in enumerate(machines)
        ])  # fmt: skip
    before = [empty.story(m) for m in machines[::997]]
    assert empty.merge() == 2
    assert [empty.story(m) for m in machines[::997]] == before
    assert all(story.num_rows == 2 for story in before)
    assert empty.rebuild().differing == ()


def test_long_serials_are_merged_whole(tmp_path: Path) -> None:
    """A footer may cut long texts short, so that its greatest is less than what it holds: nothing may be lost by that."""
    serials = [f"{'S' * 300}-{n:04d}" for n in range(60)]
    with open_thread(tmp_path / "thread") as thread:
        for hour in range(3):
            at = datetime(2024, 1, 1, hour, tzinfo=UTC)
            thread.append([{"kind": "meter_reading", "event_time": at, "machine": s, "quantity": 1.0} for s in serials])
            thread.seal()
        before = thread.view(EVENTS).to_pylist()
        assert merge_events(thread.sealer, rows=50) == 3
        assert thread.view(EVENTS).to_pylist() == before


def test_a_merge_that_would_lose_an_event_changes_nothing(
    bare: Thread, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    for some in (events[:20], events[20:]):
        bare.append(some)
        bare.seal()
    before, ranges = bare.view(EVENTS), merging._ranges
    monkeypatch.setattr(merging, "_ranges", lambda sources, a_file: ranges(sources, a_file)[:-1])
    with pytest.raises(StoreBroken, match=f"read {len(events)} events and wrote"):
        bare.merge()
    monkeypatch.undo()
    assert bare.view(EVENTS).equals(before)
    assert bare.merge() == 2
    assert bare.view(EVENTS).equals(before)
