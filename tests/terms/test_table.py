"""A contract lists every breach at once, with row and value."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.terms.errors import DataRejected, NotFound
from smilecurve.terms.table import Spec, code, currency, date, market, money, number, share, whole
from smilecurve.terms.tables import TABLES, table

PUMPS = Spec(
    "pumps",
    "pumps to test with",
    "line",
    "given",
    (
        code("pump", "its code"),
        code("state", "its state", "new", "used"),
        number("flow_l", "flow", "l/min", least=0, most=100),
        whole("teeth", "teeth", least=1, optional=True),
        share("worn", "share worn", optional=True),
        market(),
        money("price", "price"),
        currency(),
        date("made", "day made", optional=True),
    ),
    ("pump",),
)
GOOD = {
    "pump": ["a", "b"],
    "state": ["new", "used"],
    "flow_l": [1.0, 100.0],
    "market": ["ID", "DE"],
    "price": [3.5, 0.0],
    "currency": ["CNY", "EUR"],
}


def said(**columns: list[object]) -> list[str]:
    return [b.what for b in PUMPS.breaches(pa.table(GOOD | columns))]


def test_good_rows_pass_and_absent_optional_columns_become_empty():
    rows = PUMPS.check(pa.table(GOOD))
    assert rows.column_names == list(PUMPS.columns)
    assert rows.column("teeth").to_pylist() == [None, None]


def test_every_breach_is_listed_at_once():
    with pytest.raises(DataRejected) as caught:
        PUMPS.check(
            pa.table(
                {
                    "pump": ["a", "a"],
                    "state": ["new", "lost"],
                    "flow_l": [-1.0, 101.0],
                    "market": ["XX", "ID"],
                    "price": [1.0, None],
                    "currency": ["CNY", "GOLD"],
                }
            )
        )
    assert [b.what for b in caught.value.breaches] == [
        "state lost is not a known code",
        "flow_l -1.0 is below 0",
        "flow_l 101.0 is above 100",
        "market XX is not an ISO 3166-1 alpha-2 code",
        "price is empty",
        "currency GOLD is not an ISO 4217 code",
        "key pump=a stands twice",
    ]
    first = caught.value.breaches[0]
    assert (first.row, first.column, first.value, first.do) == (1, "state", "lost", "use one of new, used")


def test_text_that_is_no_number_is_named_by_row():
    assert said(flow_l=["7", "seven"]) == ["flow_l seven is not a number"]


def test_text_numbers_and_dates_are_read():
    rows = PUMPS.check(pa.table(GOOD | {"flow_l": ["7", "8.5"], "made": ["2023-05-12", None]}))
    assert rows.column("flow_l").to_pylist() == [7.0, 8.5]
    assert rows.column("made").to_pylist() == [dt.date(2023, 5, 12), None]


def test_numbers_that_are_not_finite_are_refused():
    assert "flow_l nan is not finite" in said(flow_l=[float("nan"), 1.0])


def test_an_absent_column_says_what_it_means():
    rows = pa.table({k: v for k, v in GOOD.items() if k != "flow_l"})
    assert [b.what for b in PUMPS.breaches(rows)] == ["table pumps lacks the column flow_l (flow)"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-5, 105)), min_size=1, max_size=30))
def test_a_row_is_named_exactly_when_its_value_breaks_the_limits(flows: list[float | None]):
    n = len(flows)
    rows = pa.table(
        {
            "pump": [str(i) for i in range(n)],
            "state": ["new"] * n,
            "flow_l": pa.array([None if f is None else float(f) for f in flows], pa.float64()),
            "market": ["ID"] * n,
            "price": [1.0] * n,
            "currency": ["CNY"] * n,
        }
    )
    named = {b.row for b in PUMPS.breaches(rows)}
    assert named == {i for i, f in enumerate(flows) if f is None or not 0 <= f <= 100}


def test_an_empty_table_of_every_contract_keeps_it():
    for spec in TABLES.values():
        assert spec.breaches(spec.empty()) == []


def test_a_misspelt_table_gets_its_nearest_names():
    with pytest.raises(NotFound, match=r"perhaps .*tickets"):
        table("tikets")
