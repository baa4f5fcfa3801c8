"""Hours on a meter never go down: a slip waits in quarantine, a new meter is left as it is."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from smilecurve.connect import convert, parse_mapping
from smilecurve.connect.meters import out_of_line

MAPPING = parse_mapping(
    'target = "events"\n[columns]\nkind = "kind"\nmachine = "machine"\nevent_time = "day"\nquantity = "hours"\n'
)
READINGS = [
    ("meter_reading", "M1", "2023-01-01", "100"),
    ("meter_reading", "M1", "2023-02-01", "9000"),
    ("meter_reading", "M2", "2023-02-01", "50"),
    ("meter_reading", "M1", "2023-03-01", "250"),
    ("lease_end", "M1", "2023-04-01", "400"),
    ("meter_reading", "M2", "2023-01-01", "50"),
]


def test_one_reading_out_of_line_waits_in_quarantine(tmp_path: Path) -> None:
    """9,000 h between 100 h and 250 h is one slip, not two; equal readings and other kinds are none."""
    path = tmp_path / "hours.csv"
    rows = [*READINGS, ("start_up", "M1", "2023-05-01", "3")]
    path.write_text("kind,machine,day,hours\n" + "\n".join(",".join(r) for r in rows) + "\n")
    found = convert(path, MAPPING)
    (bad,) = found.rejected.to_pylist()
    assert (bad["line"], bad["column"], bad["value"]) == (3, "hours", "9000")
    assert bad["reason"] == "goes against the other readings of the machine: hours never go down"
    assert bad["hint"].startswith("correct the reading or its day")
    assert found.good + found.rejected.num_rows == len(rows)


@given(st.lists(st.integers(0, 6), max_size=8))
def test_a_slip_fits_neither_neighbour_and_its_neighbours_fit(readings: list[int]) -> None:
    aside = out_of_line([float(v) for v in readings])
    assert (not aside) or readings != sorted(readings), "readings that rise hold no slip"
    for i in aside:
        before = next(readings[k] for k in range(i - 1, -1, -1) if k not in aside)
        assert before <= readings[i + 1]
        assert readings[i] < before or readings[i] > readings[i + 1]


def test_a_new_meter_is_no_slip(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    rows = [("meter_reading", "M1", f"2023-0{k + 1}-01", h) for k, h in enumerate(("4000", "5000", "20", "300", "700"))]
    path.write_text("kind,machine,day,hours\n" + "\n".join(",".join(r) for r in rows) + "\n")
    assert convert(path, MAPPING).rejected.num_rows == 0
