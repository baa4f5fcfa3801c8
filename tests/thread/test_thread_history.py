from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from smilecurve.terms.errors import DataRejected
from smilecurve.terms.event import EVENT_SCHEMA, EVENTS
from smilecurve.terms.tables import TABLES
from smilecurve.thread import unpacking
from smilecurve.thread.store import Thread, open_thread

T0 = datetime(2023, 1, 1, tzinfo=UTC)
Event = dict[str, object]


def in_parts(events: list[Event], count: int, *, coded: bool = True) -> list[pa.Table]:
    """Events as parts by time, each in the order of machine and time; numbered as they come."""
    ordered = sorted(events, key=lambda e: e["event_time"])  # type: ignore[arg-type,return-value]
    size = -(-len(ordered) // count)
    parts, number = [], 0
    cuts = [ordered[i : i + size] for i in range(0, len(ordered), size)]
    for cut in cuts:
        cut.sort(key=lambda e: (e.get("machine") is None, str(e.get("machine")).encode(), e["event_time"]))
        cells: dict[str, pa.Array] = {}
        for f in EVENT_SCHEMA:
            values = [e.get(f.name) for e in cut]
            if f.name == "details":
                values = [
                    json.dumps(v, sort_keys=True, separators=(",", ":")) if isinstance(v, dict) else v for v in values
                ]
            if f.name == "components":
                values = [v or None for v in values]
            column = pa.array(values, f.type)
            cells[f.name] = column.dictionary_encode() if coded and pa.types.is_string(f.type) else column
        cells["source"] = pa.array(["file"] * len(cut))
        cells["seq"] = pa.array(range(number, number + len(cut)))
        number += len(cut)
        parts.append(pa.table(cells))
    return parts


def plain(part: pa.Table) -> pa.Table:
    """A part with its texts as texts."""
    return pa.table({f.name: part.column(f.name).cast(f.type) for f in EVENT_SCHEMA})


def take_in(thread: Thread, parts: list[pa.Table]) -> tuple[int, int]:
    with thread.history() as history:
        for part in parts:
            history.add(part)
    return history.added, history.repeated


def seen(thread: Thread, *names: str) -> dict[str, list[dict[str, object]]]:
    """Every table, without what depends on positions and numbers given."""
    found = {}
    for spec in TABLES.values():
        if names and spec.name not in names:
            continue
        rows = thread.view(spec).to_pylist()
        for row in rows:
            for name in ("event_id", "source", "seq", "heard", "act"):
                row.pop(name, None)
        found[spec.name] = sorted(rows, key=str)
    return found


@pytest.mark.parametrize(("count", "coded"), [(1, True), (3, False)])
def test_a_history_in_parts_is_the_thread_that_appending_makes(
    furnished: Callable[[Path], Thread], tmp_path: Path, events: list[Event], count: int, coded: bool
) -> None:
    told = furnished(tmp_path / "told")
    with open_thread(tmp_path / "taken") as taken:
        taken.set_clock(told.clock())
        for name in ("models", "markets", "parts", "warranty_terms"):
            taken.put(TABLES[name], told.view(TABLES[name]))
        assert take_in(taken, in_parts(events, count, coded=coded)) == (len(events), 0)
        assert taken.health(deep=True).ok
        assert taken.rebuild().differing == ()
        assert taken.rebuild().chunks == count
        assert seen(taken) == seen(told)
        for lot in ("PACK-1", "CELL-1", "POW-1", "PU-1", "PU-9"):
            assert taken.containment(lot).equals(told.containment(lot)), lot
        assert taken.components("M1").equals(told.components("M1"))
        more = [{"kind": "decommissioning", "event_time": told.clock(), "machine": "M1"}]
        for thread in (taken, told):
            assert thread.append(more).added == 1
            thread.seal()
        assert taken.rebuild().equal
        assert seen(taken) == seen(told)
    told.close()


def test_a_history_again_adds_nothing_and_its_gaps_are_filled(empty: Thread, events: list[Event]) -> None:
    first, second, third = in_parts(events, 3)
    assert take_in(empty, [first, third]) == (first.num_rows + third.num_rows, 0)
    assert take_in(empty, [first, second, third]) == (second.num_rows, first.num_rows + third.num_rows)
    assert take_in(empty, [first, second, third]) == (0, len(events))
    assert empty.append(plain(second)).added == 0
    assert empty.load(plain(second)).added == 0
    assert empty.count(EVENTS) == len(events)
    assert empty.rebuild().equal


def test_a_history_that_ends_badly_leaves_nothing(empty: Thread, events: list[Event]) -> None:
    first, second = in_parts(events, 2)

    def torn() -> None:
        with empty.history() as history:
            history.add(first)
            raise RuntimeError("torn")

    with pytest.raises(RuntimeError, match="torn"):
        torn()
    assert empty.count(EVENTS) == 0
    assert empty.segments.sweep() != []
    assert take_in(empty, [first, second]) == (len(events), 0)
    assert empty.health(deep=True).ok


def test_what_is_told_meanwhile_counts_once(empty: Thread, events: list[Event]) -> None:
    (part,) = in_parts(events, 1)
    with empty.history() as history:
        history.add(part)
        assert empty.append(plain(part).slice(0, 5)).added == 5
    assert empty.count(EVENTS) == len(events)
    assert empty.health().tail == 0


def test_a_part_may_tell_of_lots_alone(empty: Thread) -> None:
    nested = {
        "kind": "assembling",
        "event_time": T0,
        "lot": "A",
        "components": [{"component": "x", "part": "P", "lot": "B"}],
    }
    built = {
        **nested,
        "event_time": T0 + timedelta(days=1),
        "lot": None,
        "machine": "M1",
        "components": [{"component": "y", "part": "Q", "lot": "A"}],
    }
    assert take_in(empty, in_parts([nested, built], 2)) == (2, 0)
    assert empty.rebuild().equal
    assert empty.containment("B")["machine"].to_pylist() == ["M1"]


def test_a_history_is_judged_as_any_events_are(empty: Thread) -> None:
    fault = {"kind": "fault", "event_time": T0, "machine": "M1", "code": "E1"}
    (good,) = in_parts([fault, {**fault, "machine": "M2"}], 1)
    bad = in_parts([{**fault, "code": None}, {**fault, "kind": "explosion"}], 1)[0]
    with pytest.raises(DataRejected) as error, empty.history() as history:
        history.add(bad)
    assert {b.column for b in error.value.breaches} == {"kind", "code"}
    claim = {"kind": "claim", "event_time": T0, "machine": "M1", "ref": "C", "amount": -1.0, "currency": "EUR"}
    for wrong, said in (
        (in_parts([{**claim, "amount": 1.0, "currency": None}], 1)[0], "currency is empty beside an amount"),
        (in_parts([claim], 1)[0], "amount -1 is below 0"),
        (good.take([1, 0]), "not in the order of machine and time"),
        (good.drop_columns(["seq"]), "known by source and number"),
        (good.append_column("colour", good.column("kind")), "no column colour"),
    ):
        with pytest.raises(DataRejected, match=said), empty.history() as history:
            history.add(wrong)
    older = in_parts([{**fault, "event_time": T0 - timedelta(days=1)}], 1)[0].set_column(5, "seq", pa.array([9]))
    with pytest.raises(DataRejected, match="older than the part before"):
        take_in(empty, [good, older])
    assert empty.count(EVENTS) == 0


codes = st.sampled_from(["A", "B", "C", "D", None])
lots = st.sampled_from(["L1", "L2", "L3", "A", "B"])
pieces = st.lists(
    st.fixed_dictionaries({"component": st.sampled_from(["x", "y", None]), "part": st.sampled_from(["P", "Q"]), "lot": lots}),
    min_size=1, max_size=3,
)  # fmt: skip
told = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([
            "commissioning", "assembling", "storing", "shipping", "receiving", "retail_selling", "start_up", "meter_reading", "failure",
            "replacing", "removing", "lease_end", "decommissioning", "price", "picking", "grade", "error_declaration",
        ]),
        "event_time": st.integers(0, 40).map(lambda d: T0 + timedelta(days=d)), "machine": codes, "part": st.sampled_from(["P", "Q"]),
        "component": st.sampled_from(["x", None]), "lot": st.one_of(st.none(), lots), "place": st.sampled_from(["S", "T", None]),
        "market": st.sampled_from(["ID", "DE", None]), "party": st.sampled_from(["C1", "C2", None]), "ref": st.sampled_from(["R1", "R2"]),
        "code": st.sampled_from(["A", "B"]), "disposition": st.sampled_from(["returned", "second_hand", None]),
        "quantity": st.sampled_from([1.0, 2.5]), "amount": st.sampled_from([10.0, 20.0, None]), "currency": st.sampled_from(["CNY", None]),
        "corrects": st.integers(0, 30).map(lambda n: f"file#{n}"), "details": st.sampled_from([None, '{"removed":"L1"}', '{"n":1}']),
        "components": st.one_of(st.none(), pieces),
    }
)  # fmt: skip


def sound(event: Event) -> Event:
    """The event with what its kind needs."""
    found = dict(event)
    if found["kind"] in ("assembling", "picking"):
        found["components"] = found["components"] or [{"component": "x", "part": "P", "lot": "L1"}]
    if found["kind"] != "error_declaration":
        found["corrects"] = None
    if found["kind"] not in ("assembling", "picking", "price", "error_declaration"):
        found["machine"] = found["machine"] or "A"
    if found["kind"] == "storing":
        found["place"] = found["place"] or "S"
    if found["kind"] == "removing":
        found["lot"] = found["lot"] or "L2"
    found["amount"] = found["amount"] or (5.0 if found["kind"] == "price" else None)
    found["currency"] = found["currency"] or ("EUR" if found["amount"] else None)
    return found


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(told.map(sound), min_size=1, max_size=25), st.integers(1, 3), st.integers(0, 10))
def test_every_derived_table_follows_from_a_history_as_from_a_load(
    tmp_path_factory: pytest.TempPathFactory, history: list[Event], count: int, before: int
) -> None:
    """Whatever is told, in parts, on a thread that knew some of it: the rebuild derives the same, and so does a load."""
    parts = in_parts(history, count)
    with (
        open_thread(tmp_path_factory.mktemp("taken")) as taken,
        open_thread(tmp_path_factory.mktemp("loaded")) as loaded,
    ):
        for thread in (taken, loaded):
            thread.set_clock(T0 + timedelta(days=90))
            thread.append([{**e, "source": "before", "seq": n, "corrects": None} for n, e in enumerate(history[:before])
                           if e["kind"] != "error_declaration"])  # fmt: skip
        take_in(taken, parts)
        for part in parts:
            loaded.load(plain(part))
        assert taken.rebuild().differing == ()
        assert taken.health(deep=True).ok
        shown = ("events", "machines", "components", "lot_machines", "story")
        assert seen(taken, *shown) == seen(loaded, *shown)


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(told.map(sound), min_size=5, max_size=40), st.lists(st.integers(0, 40), max_size=3), st.integers(0, 41),
    st.sampled_from([0, 10_000]),
)  # fmt: skip
def test_what_is_asked_of_one_machine_or_lot_is_what_the_whole_table_says(
    tmp_path_factory: pytest.TempPathFactory, history: list[Event], seals: list[int], day: int, least: int
) -> None:
    """Sealed, unsealed or half of each, with swaps, nested lots, machines in machines and corrections; by files, and by
    their unpacked copies."""
    with (
        pytest.MonkeyPatch.context() as patch,
        open_thread(tmp_path_factory.mktemp("asked")) as thread,
    ):
        patch.setattr(unpacking, "LEAST", least)
        thread.set_clock(T0 + timedelta(days=90))
        ends = sorted({min(n, len(history)) for n in seals} | {len(history)})
        for first, last in zip([0, *ends[:-1]], ends, strict=True):
            thread.append([{**e, "source": "file", "seq": n, "record_time": e["event_time"]}
                           for n, e in enumerate(history[first:last], first)])  # fmt: skip
            if last in seals:
                thread.seal()
        then = T0 + timedelta(days=day)
        lives = thread.view(TABLES["machines"])
        for n, machine in enumerate(lives["machine"].to_pylist()):
            where = {"machine": machine}
            assert thread.view(TABLES["machines"], where=where).equals(lives.slice(n, 1).combine_chunks())
            whole = thread.view(TABLES["story"], where=where, order=("event_time", "record_time"))
            assert thread.story(machine).equals(whole)
            for as_of in (None, then):
                whole = thread.view(TABLES["components"], where=where, as_of=as_of, order=BY_LEVEL)
                assert thread.components(machine, as_of=as_of).equals(whole)
        for as_of in (None, then):
            held = thread.view(TABLES["lot_machines"], as_of=as_of)
            for lot in {*held["lot"].to_pylist(), "L1"}:
                whole = thread.view(TABLES["lot_machines"], as_of=as_of, where={"lot": lot})
                assert thread.containment(lot, as_of=as_of).equals(whole)


BY_LEVEL = ("level", "within", "component", "since")
