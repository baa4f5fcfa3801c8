"""Is a world whole: every table kept, every event sound, every name known, the same again from the same seed?"""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from smilecurve.terms.event import EVENT_SCHEMA, KINDS
from smilecurve.terms.tables import TABLES
from smilecurve.worlds import WORLDS, World

THIN = {"excavators": 0.01, "small_machines": 0.0002}


def of(world: World, kind: str) -> pa.Table:
    return world.events.filter(pc.equal(world.events["kind"], kind))


def lots_in(events: pa.Table) -> set[str]:
    return set(pc.list_flatten(events["components"]).combine_chunks().field("lot").to_pylist())


def test_every_given_table_is_there_and_keeps_its_contract(thin_world: World) -> None:
    given = {name for name, spec in TABLES.items() if spec.origin == "given"}
    assert set(thin_world.tables) == given
    for name in sorted(given):
        assert TABLES[name].breaches(thin_world.tables[name]) == [], name
        assert thin_world.tables[name].num_rows or name == "desk_options", name


@pytest.mark.parametrize("name", sorted(THIN))
def test_people_stand_on_the_globe_whatever_the_seed(name: str) -> None:
    """Fiji lies at 178 degrees: of seed 101 a partner stands beyond the line where the date changes."""
    for seed in (3, 101, 1234):
        tables = WORLDS[name](scale=THIN[name] / 10, seed=seed).tables
        for given in ("partners", "technicians"):
            assert TABLES[given].breaches(tables[given]) == [], (seed, given)


def test_every_event_says_what_its_kind_needs(thin_world: World) -> None:
    assert thin_world.events.schema == EVENT_SCHEMA
    for kind in pc.unique(thin_world.events["kind"]).to_pylist():
        events = of(thin_world, kind)
        for column in KINDS[kind].needs:
            assert events[column].null_count == 0, (kind, column)
    assert TABLES["events"].breaches(thin_world.events.drop_columns(["components"])) == []


def test_a_whole_life_is_told(thin_world: World) -> None:
    told = set(pc.unique(thin_world.events["kind"]).to_pylist())
    wanted = {"work_order", "picking", "commissioning", "assembling", "inspecting", "storing", "sales_order"}
    wanted |= {"shipping", "receiving", "retail_selling", "start_up", "meter_reading", "ticket", "answer"}
    wanted |= {"ticket_closed", "failure", "claim", "repairing", "replacing", "grade", "regrade", "decommissioning"}
    wanted |= {"cost", "error_declaration"}
    assert wanted <= told
    if thin_world.name == "excavators":
        assert {"lease_out", "lease_end"} <= told


def test_events_are_numbered_by_source_in_the_order_they_were_heard(thin_world: World) -> None:
    events = thin_world.events
    heard = events["record_time"].cast(pa.int64()).to_numpy()
    happened = events["event_time"].cast(pa.int64()).to_numpy()
    now = thin_world.now.timestamp() * 1e6
    assert (np.diff(heard) >= 0).all()
    assert (heard >= happened).all()
    assert heard.max() <= now
    ids = events["event_id"]
    assert pc.count_distinct(ids).as_py() == events.num_rows
    for source in pc.unique(events["source"]).to_pylist():
        seq = events.filter(pc.equal(events["source"], source))["seq"].to_numpy()
        assert (seq == np.arange(1, len(seq) + 1)).all()


def test_late_news_is_late(thin_world: World) -> None:
    failures = of(thin_world, "failure")
    late = failures["record_time"].cast(pa.int64()).to_numpy() - failures["event_time"].cast(pa.int64()).to_numpy()
    days = np.median(late) / 86400e6
    assert 3 < days < 40


def test_every_name_is_known(thin_world: World) -> None:
    events, tables = thin_world.events, thin_world.tables
    parts = tables["parts"]["part"].to_pylist()
    known = {
        "market": tables["markets"]["market"],
        "part": pa.chunked_array([pa.array(parts)]),
    }
    for column, names in known.items():
        used = pc.unique(pc.drop_null(events[column]))
        assert pc.all(pc.is_in(used, names.combine_chunks())).as_py(), column
    inner = pc.list_flatten(pc.drop_null(events["components"])).combine_chunks()
    assert set(pc.unique(inner.field("part")).to_pylist()) <= set(parts)
    machines = of(thin_world, "commissioning")["machine"]
    used = pc.unique(pc.drop_null(events["machine"]))
    assert pc.all(pc.is_in(used, machines.combine_chunks())).as_py()
    causes = set(tables["causes"]["cause"].to_pylist())
    assert set(of(thin_world, "ticket_closed")["code"].to_pylist()) <= causes
    questions = set(tables["questions"]["question"].to_pylist())
    assert set(of(thin_world, "answer")["code"].to_pylist()) <= questions
    partners = set(tables["partners"]["partner"].to_pylist())
    assert set(of(thin_world, "start_up")["party"].to_pylist()) <= partners


def test_every_lot_was_built_in_fitted_or_kitted(thin_world: World) -> None:
    seen = lots_in(of(thin_world, "assembling")) | lots_in(of(thin_world, "picking"))
    seen |= set(of(thin_world, "replacing")["lot"].to_pylist())
    assert set(of(thin_world, "failure")["lot"].to_pylist()) <= seen


def test_every_made_lot_in_a_machine_says_what_it_was_made_of(thin_world: World) -> None:
    made = of(thin_world, "assembling")
    told = set(made["lot"].to_pylist())
    bom = thin_world.tables["bom"]["parent"].combine_chunks()
    inner = pc.list_flatten(made["components"]).combine_chunks()
    whole = inner.filter(pc.is_in(inner.field("part"), bom))
    assert len(whole) > 1000
    assert set(pc.unique(whole.field("lot")).to_pylist()) <= told


def test_a_lot_is_of_one_part(thin_world: World) -> None:
    inner = pc.list_flatten(pc.drop_null(thin_world.events["components"])).combine_chunks()
    pairs = pa.table({"lot": inner.field("lot"), "part": inner.field("part")}).group_by(["lot", "part"]).aggregate([])
    assert pc.count_distinct(pairs["lot"]).as_py() == pairs.num_rows


def test_a_second_failure_is_of_the_lot_put_in_at_the_first(thin_world: World) -> None:
    put_in = of(thin_world, "replacing")
    removed = [json.loads(d)["removed"] for d in put_in["details"].to_pylist()]
    keys = list(zip(put_in["machine"].to_pylist(), put_in["component"].to_pylist(), strict=True))
    last: dict[tuple[str, str], str] = {}
    checked = 0
    order = np.argsort(put_in["event_time"].cast(pa.int64()).to_numpy(), kind="stable")
    lots = put_in["lot"].to_pylist()
    for i in order.tolist():
        if keys[i] in last:
            assert removed[i] == last[keys[i]]
            checked += 1
        last[keys[i]] = lots[i]
    assert checked > 0


def test_steps_of_a_life_come_in_order(thin_world: World) -> None:
    when: dict[str, dict[str, int]] = {}
    for kind in ("commissioning", "shipping", "receiving", "retail_selling", "start_up"):
        events = of(thin_world, kind)
        events = events.filter(pc.is_null(events["disposition"]))
        times = events["event_time"].cast(pa.int64()).to_pylist()
        when[kind] = dict(zip(events["machine"].to_pylist(), times, strict=True))
    steps = list(when.values())
    for before, after in pairwise(steps):
        assert after
        assert all(before[m] < t for m, t in after.items())


def test_what_waits_is_not_thinned(thin_world: World) -> None:
    per_day = thin_world.tables["lines"]["slots_per_day"][0].as_py()
    assert of(thin_world, "picking").num_rows == per_day
    built = set(of(thin_world, "commissioning")["ref"].to_pylist())
    waiting = [r for r in of(thin_world, "work_order")["ref"].to_pylist() if r not in built]
    assert 600 <= len(waiting) <= 1300
    closed = set(of(thin_world, "ticket_closed")["ref"].to_pylist())
    tickets = [t for t in of(thin_world, "ticket")["ref"].to_pylist() if t not in closed]
    assert 60 <= len(tickets) <= 150
    shipped = set(of(thin_world, "shipping")["machine"].to_pylist())
    assert 30 <= len([m for m in of(thin_world, "storing")["machine"].to_pylist() if m not in shipped]) <= 60


def test_some_machines_never_report_their_start(thin_world: World) -> None:
    sold = of(thin_world, "retail_selling")["machine"].to_pylist()
    started = set(of(thin_world, "start_up")["machine"].to_pylist())
    missing = 1 - len(started) / len(set(sold))
    assert missing > 0.01
    if thin_world.name == "excavators":
        assert missing < 0.10


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_the_same_seed_gives_the_same_bytes(name: str, thin_world: World) -> None:
    if thin_world.name != name:
        thin_world = WORLDS[name](scale=THIN[name])
    again = WORLDS[name](scale=THIN[name])
    other = WORLDS[name](scale=THIN[name], seed=2)
    assert again.events.equals(thin_world.events)
    assert all(again.tables[n].equals(t) for n, t in thin_world.tables.items())
    assert not other.events.equals(thin_world.events)
    assert again.planted == other.planted


def test_a_check_lies_behind_all_that_its_station_builds(thin_world: World) -> None:
    """A part is checked once it is built in: every task of a station comes before the station's check."""
    tasks = thin_world.tables["tasks"].to_pylist()
    before = {(r["before"], r["after"]) for r in thin_world.tables["precedence"].to_pylist()}
    checks = {r["station"]: r["task"] for r in tasks if r["name"].startswith("Check ")}
    assert set(checks) == {r["station"] for r in tasks}
    for row in tasks:
        assert row["task"] == checks[row["station"]] or (row["task"], checks[row["station"]]) in before


def test_no_shop_runs_at_night(thin_world: World) -> None:
    """Every night is a break, also the one in which the first day begins."""
    zero = thin_world.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for row in thin_world.tables["equipment_breaks"].to_pylist():
        assert row["begin"] <= zero < row["end"]
        assert row["every_h"] == 24.0
