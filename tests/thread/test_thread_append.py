from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.terms.errors import DataRejected
from smilecurve.terms.event import EVENTS
from smilecurve.thread.appending import _rows, _sound
from smilecurve.thread.store import Thread
from smilecurve.thread.tidying import tidied

T0 = datetime(2023, 5, 1, 12, tzinfo=UTC)
FAILURE = {"kind": "failure", "event_time": T0, "machine": "M1", "part": "PUMP", "quantity": 12.5}


def test_the_same_event_again_adds_nothing_and_says_so(empty: Thread) -> None:
    first = empty.append([FAILURE])
    again = empty.append([FAILURE])
    assert (first.added, first.repeated) == (1, 0)
    assert (again.added, again.repeated) == (0, 1)
    assert first.event_ids == again.event_ids
    assert empty.count(EVENTS) == 1


def test_a_sent_id_or_number_decides_which_event_it_is(empty: Thread) -> None:
    assert (
        empty.append([{**FAILURE, "event_id": "a"}, {**FAILURE, "event_id": "b"}, {**FAILURE, "event_id": "a"}]).added
        == 2
    )
    numbered = [{**FAILURE, "source": "station 4", "seq": n} for n in (1, 2, 3)]
    assert empty.append(numbered).event_ids == ("station 4#1", "station 4#2", "station 4#3")
    assert empty.append([{**FAILURE, "source": "station 4", "seq": 2, "machine": "M7"}]).repeated == 1
    assert empty.append([{**FAILURE, "source": "station 5", "seq": 2}]).added == 1


def test_repeats_are_known_after_sealing_and_after_loading(empty: Thread, events: list[dict[str, object]]) -> None:
    sent = events + [{**FAILURE, "source": "gateway", "seq": n} for n in (1, 2, 5)] + [{**FAILURE, "event_id": "mine"}]
    assert empty.append(sent).repeated == 0
    assert empty.seal() == len(sent)
    assert empty.append(sent).added == 0
    assert empty.load(sent).added == 0
    gap = [{**FAILURE, "source": "gateway", "seq": n, "quantity": 1.0} for n in (3, 4)]
    assert empty.append(gap).added == 2
    assert empty.load(gap).added == 0
    assert empty.append(sent + gap).added == 0
    assert empty.count(EVENTS) == len(sent) + 2


def test_a_source_that_skips_most_numbers_is_known_too(empty: Thread) -> None:
    sent = [{**FAILURE, "source": "odd", "seq": n * n} for n in range(1, 200)]
    assert empty.append(sent).added == 199
    empty.seal()
    assert empty.ledger.number("select count(*) from span") == 0
    assert empty.append(sent).added == 0
    assert empty.load(sent).added == 0


def test_one_content_has_one_id_on_every_way_in(empty: Thread, events: list[dict[str, object]]) -> None:
    by_record = empty.append(events)
    rows, _ = _sound(events, source="", now=empty.clock(), refuse=True)
    assert tuple(rows.column("event_id").to_pylist()) == by_record.event_ids
    assert empty.append(rows.drop_columns(["event_id"])).added == 0
    assert empty.load(rows.drop_columns(["event_id"])).added == 0


def test_every_breach_is_listed_at_once(empty: Thread) -> None:
    bad = [
        FAILURE,
        {"kind": "failure", "event_time": T0, "machine": "M1"},
        {"kind": "explosion", "event_time": T0},
    ]
    with pytest.raises(DataRejected) as error:
        empty.append(bad)
    assert [(b.row, b.column) for b in error.value.breaches] == [(2, "kind"), (1, "part")]
    assert "kind explosion is not a known code" in str(error.value)
    worse = [
        {"kind": "failure", "event_time": T0, "machine": "M1"},
        {**FAILURE, "market": "XX", "currency": "YUAN", "quantity": float("nan")},
        {**FAILURE, "details": "[1]"},
        {
            "kind": "assembling",
            "event_time": T0,
            "machine": "M1",
            "components": [{"component": "pump", "part": "PUMP"}],
        },
        {**FAILURE, "event_time": "yesterday"},
    ]
    with pytest.raises(DataRejected) as error:
        empty.append(worse)
    said = [(b.row, b.column) for b in error.value.breaches]
    assert set(said) >= {
        (0, "part"),
        (1, "market"),
        (1, "currency"),
        (1, "quantity"),
        (2, "details"),
        (3, "components"),
        (4, "event_time"),
    }
    assert "part is empty, but failure needs it" in str(error.value)
    assert empty.count(EVENTS) == 0


def test_money_has_a_currency_and_nobody_claims_less_than_nothing(empty: Thread) -> None:
    """One by one, in a table, and from a gateway that asks for what was refused."""
    claim = {"kind": "claim", "event_time": T0, "machine": "M1", "ref": "C1", "amount": 120.0, "currency": "EUR"}
    bad: list[dict[str, object]] = [
        {**claim, "currency": None},
        {**claim, "amount": -120.0},
        {"kind": "repairing", "event_time": T0, "machine": "M1", "amount": -1.0, "currency": "EUR"},
        {"kind": "retail_selling", "event_time": T0, "machine": "M1", "amount": 900.0},
    ]
    told = [
        "currency is empty beside an amount",
        "currency is empty beside an amount",
        "amount -120 is below 0",
        "amount -1 is below 0",
    ]
    for event in bad:
        with pytest.raises(DataRejected) as one:
            empty.append([event])
        assert [b.what for b in one.value.breaches] == [told[{0: 0, 3: 1, 1: 2, 2: 3}[bad.index(event)]]]
    with pytest.raises(DataRejected) as all_of_them:
        empty.append(bad)
    assert [b.what for b in all_of_them.value.breaches] == told
    acked = empty.append([claim, *bad], refuse=False)
    assert (acked.added, [b.row for b in acked.breaches]) == (1, [1, 4, 2, 3])
    paid_back = {"kind": "cost", "event_time": T0, "code": "sales", "amount": -5.0, "currency": "EUR"}
    assert empty.append([paid_back]).added == 1


def test_sound_rows_go_in_when_asked_and_the_others_come_back(empty: Thread) -> None:
    acked = empty.append(
        [FAILURE, {"kind": "failure", "event_time": T0}, {"kind": "no such kind", "event_time": T0}], refuse=False
    )
    assert acked.added == 1
    assert {b.row for b in acked.breaches} == {1, 2}
    with pytest.raises(DataRejected, match="an event has no column colour"):
        empty.append([{**FAILURE, "colour": "red"}], refuse=False)


def test_absent_cells_are_filled_and_details_may_be_a_mapping(empty: Thread) -> None:
    empty.append([{**FAILURE, "details": {"b": 1, "a": "x"}}])
    row = empty.view(EVENTS).to_pylist()[0]
    assert row["record_time"] == empty.clock()
    assert (row["source"], row["details"]) == ("local", '{"a":"x","b":1}')
    assert EVENTS.breaches(empty.view(EVENTS)) == []


def test_a_table_may_lack_columns_and_have_other_time_units(empty: Thread) -> None:
    table = pa.table(
        {
            "kind": ["fault", "fault"],
            "event_time": pa.array([T0, T0], pa.timestamp("s")),
            "machine": ["M1", "M2"],
            "code": ["E1", "E1"],
        }
    )
    assert empty.append(table).added == 2
    assert set(empty.view(EVENTS)["event_time"].to_pylist()) == {T0}


cells = st.one_of(st.none(), st.sampled_from(["M1", "", "x\x1fy", "日本"]))
records = st.fixed_dictionaries(
    {"kind": st.sampled_from(["fault", "failure", "assembling", "answer", "nothing"]), "event_time": st.datetimes(datetime(1970, 1, 2), datetime(2030, 1, 1))},
    optional={
        "machine": cells, "part": cells, "code": cells, "ref": cells, "source": cells, "event_id": cells,
        "market": st.sampled_from(["ID", "XX", None]), "currency": st.sampled_from(["CNY", "ZZZZ", None]),
        "seq": st.one_of(st.none(), st.integers(-2, 1 << 61)), "quantity": st.one_of(st.none(), st.integers(-5, 5), st.floats()),
        "amount": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        "record_time": st.one_of(st.none(), st.datetimes(datetime(1970, 1, 2), datetime(2030, 1, 1), timezones=st.just(UTC))),
        "details": st.sampled_from([None, {}, {"b": 1, "a": [2]}, '{"a":1}', "nonsense"]),
        "components": st.sampled_from([None, [], [{"component": "c", "part": "p", "lot": "l"}], [{"part": "p", "lot": "l"}], [{"part": "p"}]]),
    },
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(records, min_size=1, max_size=3))
def test_the_short_way_in_says_yes_only_where_the_full_check_does(sent: list[dict[str, object]]) -> None:
    now = T0 + timedelta(days=1)
    short = tidied(sent, source="here", now_us=int(now.timestamp()) * 1_000_000)
    if short is not None:
        full, breaches = _sound(sent, source="here", now=now, refuse=True)
        assert breaches == []
        assert short.rows() == _rows(full)
