"""What is counted with the seals is what counting machine by machine says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.learn_lives import LIFE_GROUPS
from smilecurve.thread.renewing import complete
from smilecurve.thread.steps import sql_text
from smilecurve.thread.store import Thread, open_thread
from smilecurve.worlds import WORLDS

T0 = datetime(2023, 1, 1, tzinfo=UTC)
THIN = {"excavators": 0.02, "small_machines": 0.0005}
Check = Callable[..., None]
Event = dict[str, object]
MACHINES = ("A", "B", "C", "D")
pieces = st.lists(
    st.fixed_dictionaries({
        "component": st.sampled_from(["x", "y"]), "part": st.sampled_from(["PUMP", "CELL"]), "lot": st.sampled_from(["L1", "L2", "A"])
    }),
    min_size=1, max_size=2,
)  # fmt: skip
told = st.one_of(
    st.fixed_dictionaries({
        "kind": st.sampled_from(["commissioning", "shipping", "receiving", "retail_selling", "start_up", "lease_end", "decommissioning"]),
        "machine": st.sampled_from(MACHINES), "part": st.sampled_from(["X20", "G2", None]), "market": st.sampled_from(["ID", "DE", None]),
        "place": st.sampled_from(["S", "T", None]), "disposition": st.sampled_from(["returned", None]),
    }),
    st.fixed_dictionaries({"kind": st.just("assembling"), "machine": st.sampled_from(MACHINES), "components": pieces}),
    st.fixed_dictionaries({
        "kind": st.sampled_from(["failure", "replacing"]), "machine": st.sampled_from(MACHINES), "part": st.sampled_from(["PUMP", "CELL"]),
        "component": st.sampled_from(["x", "y"]), "lot": st.sampled_from(["L1", "L3"]),
    }),
    st.fixed_dictionaries({"kind": st.just("error_declaration"), "corrects": st.integers(0, 40).map(lambda n: f"file#{n}")}),
)  # fmt: skip


def needed(event: Event, number: int, hours: int) -> Event:
    """The event, numbered and dated, with what its kind needs."""
    found = {**event, "source": "file", "seq": number, "event_time": T0 + timedelta(hours=hours)}
    if found["kind"] == "commissioning":
        found["part"] = found["part"] or "X20"
    if found["kind"] == "failure":
        found["code"] = "seal"
    return found | {"record_time": found["event_time"]}


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(st.tuples(told, st.integers(0, 900)), min_size=5, max_size=40), st.lists(st.integers(0, 40), max_size=3),
    st.integers(0, 40), st.lists(st.integers(0, 900), min_size=1, max_size=3), st.booleans(),
)  # fmt: skip
def test_counts_follow_whatever_is_told(
    tmp_path_factory: pytest.TempPathFactory,
    counted_as_uncounted: Check,
    history: list[tuple[Event, int]],
    seals: list[int],
    day: int,
    hours: list[int],
    again: bool,
) -> None:
    """Sealed at once, in parts or not yet; told late, taken back, built twice, returned; now and as of a day."""
    events = [needed(event, n, hour) for n, (event, hour) in enumerate(history)]
    ends = sorted({min(n, len(history)) for n in seals} | {len(history)})
    at = [T0 + timedelta(hours=h) for h in hours]
    with open_thread(tmp_path_factory.mktemp("counted")) as thread:
        thread.set_clock(T0 + timedelta(days=60))
        for first, last in zip([0, *ends[:-1]], ends, strict=True):
            thread.append(events[first:last])
            counted_as_uncounted(thread, None, *at)
            if last in seals:
                thread.seal()
        counted_as_uncounted(thread, None, *at)
        counted_as_uncounted(thread, T0 + timedelta(days=day))
        thread.seal()
        counted_as_uncounted(thread, None, *at)
        assert thread.rebuild().differing == ()
        if again:
            forget(thread)
            assert complete(thread.sealer) > 0 or not any(s.tbl in ("build", "stay") for s in thread.segments.live())
            counted_as_uncounted(thread, None, *at)
            assert thread.rebuild().differing == ()


def forget(thread: Thread) -> None:
    """A thread of the version before counts were kept."""
    with thread.ledger.writing() as con:
        con.execute("delete from segment where tbl in ('exposure', 'failing', 'moves')")
        con.execute("update counter set value = value + 1 where name = 'change'")


LIVES = """with lives as (
  select b.config, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer) as age_month, count(*) as n
  from fleet f join built_as b on b.unit = f.unit group by all),
ends as (
  select p.part, g.family, g.climate, g.age_month, sum(g.n * p.places) as n
  from lives g join placed p on p.config = g.config and p.spare = 1 group by all),
failing_here as (
  select x.part, f.family, f.climate, cast(floor((f.until - f.started) / 30.4375) as integer) as end_month,
         cast(floor((greatest(f.started, least(x.failed, f.until)) - f.started) / 30.4375) as integer) as age_month, count(*) as n
  from first_failure x join fleet f on f.unit = x.unit
  join (select distinct b.unit, p.part from first_failure y join built_as b on b.unit = y.unit
        join placed p on p.config = b.config and p.spare = 1 and p.part = y.part) o on o.unit = x.unit and o.part = x.part
  group by all),
counted as ("""
"""The first half of life_groups, from machines."""


@pytest.mark.parametrize("name", sorted(THIN))
def test_lives_of_a_world_are_those_of_its_machines(name: str, tmp_path: Path, counted_as_uncounted: Check) -> None:
    """With late failures, a return and a swap in the tail; as of half a year ago; and by a thread that kept no counts."""
    world = WORLDS[name](scale=THIN[name])
    with open_thread(tmp_path) as thread:
        for table, rows in world.tables.items():
            thread.put(TABLES[table], rows)
        thread.set_clock(world.now)
        thread.load(world.events)
        same(thread, None)
        same(thread, world.now - timedelta(days=180))
        failed = thread.view(TABLES["events"], where={"kind": "failure"}, limit=3).to_pylist()
        late = [
            {"kind": "failure", "event_time": f["event_time"] - timedelta(days=1), "machine": f["machine"], "part": f["part"], "code": "E"}
            for f in failed
        ]  # fmt: skip
        one = failed[0]["machine"]
        thread.append([
            *late,
            {"kind": "replacing", "event_time": world.now, "machine": one, "part": failed[0]["part"], "component": "x", "lot": "NEW"},
            {"kind": "receiving", "event_time": world.now, "machine": one, "place": "HUB", "disposition": "returned"},
            {"kind": "error_declaration", "event_time": world.now, "corrects": failed[1]["event_id"]},
        ])  # fmt: skip
        same(thread, None)
        counted_as_uncounted(thread, None, world.now - timedelta(days=90, hours=5), world.now)
        thread.seal()
        same(thread, None)
        assert thread.rebuild().equal
        forget(thread)
    with open_thread(tmp_path) as again:
        same(again, None)
        assert again.rebuild().equal


def same(thread: Thread, as_of: datetime | None) -> None:
    """The lives as shown, and from every machine."""
    shown = thread.view(LIFE_GROUPS, as_of=as_of)
    assert shown.num_rows > 0
    sql = sql_text("views/life_groups.sql")
    whole = LIVES + sql[sql.index("counted as (") + len("counted as (") :]
    with thread.viewer.looking(as_of) as frame:
        frame.ensure_all("fleet", "first_failure", "built_as", "placed")
        assert frame.table(f"{whole} order by all").to_pylist() == shown.to_pylist()
