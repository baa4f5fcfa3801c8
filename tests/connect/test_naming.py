from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.connect.naming import name_rows

ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.text(max_size=3)),
        st.one_of(st.none(), st.floats(allow_nan=False, width=32)),
        st.one_of(st.none(), st.integers(-5, 5)),
    ),
    min_size=1,
    max_size=10,
)


def _table(rows: list[tuple[object, ...]]) -> pa.Table:
    types = (pa.string(), pa.float64(), pa.int64())
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)]
    return pa.table(columns, names=["a", "b", "c"])


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_names_follow_content_alone(rows: list[tuple[object, ...]]) -> None:
    """No two rows share a name; shuffled rows, other column orders and empty columns keep the set of names."""
    names = name_rows(_table(rows)).to_pylist()
    assert len(set(names)) == len(rows)
    shuffled = sorted(rows, key=repr)
    other = _table(shuffled).select(["c", "a", "b"]).append_column("d", pa.nulls(len(rows), pa.string()))
    assert set(name_rows(other).to_pylist()) == set(names)
    first = dict(zip(map(repr, reversed(rows)), reversed(names), strict=True))
    alone = name_rows(_table(rows[:1])).to_pylist()
    assert alone == [first[repr(rows[0])]]


def test_names_are_the_same_for_ever() -> None:
    """Names are stored: they must not change from release to release."""
    table = pa.table({"part": ["A", "泵", None, "A"], "quantity": [1.5, None, -0.0, 1.5], "n": [1, 2, None, 1]})
    assert name_rows(table).to_pylist() == [
        "row:3e14596cbaa770ff1977d7ff08a86d73",
        "row:433adbeddb522c4b6bf9b72980a9333f",
        "row:7653cd9aa72635e664391626833e9c43",
        "row:9c71069f24f144ac59436da5c3275a4f",
    ]
    assert len(name_rows(pa.table({"part": pa.array([], pa.string())}))) == 0
